"""``%%neuron`` and ``%%synapse``: names, replacement, and errors that leave the old model."""

import sys
from collections.abc import Iterator

import pytest
from IPython.core.interactiveshell import InteractiveShell

from snnlab.engine.build import Build
from snnlab.errors import ModelError, ToolchainError
from snnlab.magics import session as session_module
from snnlab.magics.cells import CellError, load_ipython_extension
from snnlab.magics.session import Session

NEURON = "tau = 20 ms [5, 100]\ntau * dv/dt = -v\nspike: v > 1 mV\nreset: v = 0 mV\n"
SYNAPSE = "pre_spike:\n    g_target += w\n"


class Compiler:
    """Stands for the background compiler: ends when a test says so."""

    def __init__(self) -> None:
        self.builds: list[Build] = []

    def __call__(self, model: object) -> Build:
        self.builds.append(Build("kernel", str(len(self.builds))))
        return self.builds[-1]

    def end(self, number: int, error: ToolchainError | None = None) -> None:
        build = self.builds[number]
        build.state = "failed" if error else "ready"
        build.error = error
        build._done.set()
        for callback in build._callbacks:
            callback()


@pytest.fixture
def compiler(monkeypatch: pytest.MonkeyPatch) -> Compiler:
    compiler = Compiler()
    monkeypatch.setattr(session_module, "compile_model", compiler)
    return compiler


@pytest.fixture
def namespace() -> dict:
    return {}


@pytest.fixture
def session(namespace: dict, compiler: Compiler) -> Session:
    return Session(namespace)


def test_cell_defines_its_name_and_starts_to_compile(session, namespace, compiler):
    card = session.define("neuron", " LIF ", NEURON)

    assert namespace["LIF"].name == "LIF"
    assert len(compiler.builds) == 1
    assert card.panel.status == ("waiting", "compiling …")


def test_synapse_cell_defines_a_synapse(session, namespace):
    session.define("synapse", "S", SYNAPSE)

    assert type(namespace["S"]).__name__ == "Synapse"


def test_changed_cell_replaces_the_model_and_marks_the_old_one(session, namespace, compiler):
    first_card = session.define("neuron", "LIF", NEURON)
    first = namespace["LIF"]

    session.define("neuron", "LIF", NEURON.replace("20", "30"))
    compiler.end(1)

    assert namespace["LIF"] is not first
    assert first.superseded
    assert not namespace["LIF"].superseded
    assert first_card.panel.status == ("replaced", "replaced by a newer cell")


def test_unchanged_cell_keeps_the_model(session, namespace):
    session.define("neuron", "LIF", NEURON)
    first = namespace["LIF"]

    session.define("neuron", "LIF", NEURON + "\n\n")

    assert namespace["LIF"] is first
    assert not first.superseded


def test_cell_with_an_error_leaves_the_previous_model(session, namespace):
    session.define("neuron", "LIF", NEURON)
    first = namespace["LIF"]

    with pytest.raises(ModelError) as error:
        session.define("neuron", "LIF", NEURON.replace("= -v", "= -vv"))

    assert namespace["LIF"] is first
    assert not first.superseded
    assert str(error.value).splitlines()[-1] == "'LIF' is still the model of the earlier cell."


def test_error_counts_lines_as_the_cell_shows_them(session):
    with pytest.raises(ModelError) as error:
        session.define("neuron", "LIF", NEURON.replace("= -v", "= -vv"))

    assert error.value.line == 3  # the line of %%neuron is the first


def test_failed_compilation_brings_the_previous_model_back(session, namespace, compiler):
    session.define("neuron", "LIF", NEURON)
    first = namespace["LIF"]
    compiler.end(0)

    card = session.define("neuron", "LIF", NEURON.replace("20", "30"))
    compiler.end(1, ToolchainError("compiler: none was found; install gcc."))

    assert namespace["LIF"] is first
    assert not first.superseded
    assert card.panel.status == (
        "failed",
        "failed: compiler: none was found; install gcc. "
        "'LIF' is still the model of the earlier cell.",
    )


def test_name_that_the_user_took_for_something_else_is_not_a_previous_model(session, namespace):
    session.define("neuron", "LIF", NEURON)
    first = namespace["LIF"]
    namespace["LIF"] = 3

    session.define("neuron", "LIF", NEURON.replace("20", "30"))

    assert not first.superseded


@pytest.mark.parametrize(
    ("kind", "line", "message"),
    [
        (
            "neuron",
            "  ",
            "%%neuron: the model has no name; write one in the first line, like %%neuron LIF.",
        ),
        (
            "synapse",
            "",
            "%%synapse: the model has no name; write one in the first line, like %%synapse STDP.",
        ),
        (
            "neuron",
            "my neuron",
            "%%neuron: 'my neuron' cannot be the name of a model; use letters, digits and "
            "underscores, like %%neuron LIF.",
        ),
        (
            "neuron",
            "class",
            "%%neuron: 'class' cannot be the name of a model; use letters, digits and "
            "underscores, like %%neuron LIF.",
        ),
    ],
    ids=["no name", "no synapse name", "two words", "a word of Python"],
)
def test_cell_without_a_usable_name_says_how_to_give_one(session, kind, line, message):
    with pytest.raises(ModelError) as error:
        session.define(kind, line, NEURON)

    assert str(error.value) == message


@pytest.fixture
def shell(compiler: Compiler, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    # The shell puts its own module here, which processes of later tests could not start from.
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    shell = InteractiveShell.instance()
    load_ipython_extension(shell)
    yield shell
    shell.magics_manager.registry.pop("ModelMagics")
    shell.reset(new_session=False)


def test_magic_shows_the_card(shell, capsys):
    result = shell.run_cell(f"%%neuron LIF\n{NEURON}")

    assert result.success
    assert capsys.readouterr().out.startswith("neuron LIF: compiling …\n\ntau = 20 ms [5, 100]\n")
    assert shell.user_ns["LIF"].name == "LIF"


def test_magic_shows_an_error_as_its_message_alone(shell, capsys):
    result = shell.run_cell(f"%%neuron LIF\n{NEURON.replace('= -v', '= -vv')}")

    assert isinstance(result.error_in_exec, CellError)
    shown = capsys.readouterr().out
    assert shown == (
        "LIF, line 3, column 16: unknown name 'vv'; did you mean `v`?\n"
        "    tau * dv/dt = -vv\n"
        "                   ^^\n"
    )


def test_extension_loaded_twice_keeps_the_models(shell):
    shell.run_cell(f"%%neuron LIF\n{NEURON}")
    first = shell.user_ns["LIF"]

    load_ipython_extension(shell)
    shell.run_cell(f"%%neuron LIF\n{NEURON.replace('20', '30')}")

    assert first.superseded
