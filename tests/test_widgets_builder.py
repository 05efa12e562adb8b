"""The model builder: what it makes of a text, and how its table changes the text."""

import json

import pytest

from snnlab import build_neuron
from snnlab.errors import ModelError
from snnlab.model import library
from snnlab.model.neuron import Neuron
from snnlab.widgets.builder import NEW, Builder, with_parameter


class Page:
    """The browser's side of a builder."""

    def __init__(self, builder: Builder) -> None:
        self.panel = builder.panel
        self.heard: list[dict] = []
        self.panel.send = self._hear

    def _hear(self, content: dict, buffers: object = None) -> None:
        json.dumps(content, allow_nan=False)
        self.heard.append(content)

    def say(self, **content: object) -> dict:
        self.panel._hear(self.panel, content, [])
        return self.heard[-1]


def test_page_is_told_the_text_and_the_library():
    page = Page(build_neuron())

    state = page.say(type="join")

    assert page.heard[0] == {"type": "setup", "library": library.names("neuron")}
    assert (state["text"], state["error"], state["rewritten"]) == (NEW, "", True)
    assert state["cell"].startswith('%%neuron Mine\n"""What the neuron is."""\ntau = 20 ms')
    assert state["rows"][0] == {
        "name": "tau",
        "symbol": "τ",
        "subscript": "",
        "line": 3,
        "value": "20",
        "unit": "ms",
        "low": "5",
        "high": "100",
        "help": "membrane time constant",
    }


def test_cell_of_the_builder_makes_the_neuron_it_shows():
    builder = build_neuron("HH")

    _, _, body = builder.cell.partition("\n")

    assert builder.cell.startswith("%%neuron HH\n")
    assert Neuron.from_cell(body, "HH").latex == library.load("HH").latex


def test_builder_starts_from_a_neuron():
    neuron = Neuron.from_cell("tau = 5 ms\ntau * dv/dt = -v\nspike: v > 1", "Small")

    assert build_neuron(neuron).model.latex == neuron.latex


def test_error_is_told_with_its_place_and_the_old_mathematics_stays():
    builder = build_neuron()
    page = Page(builder)
    good = builder._equations.value

    state = page.say(type="edit", name="Mine", text="tau = 20 ms\ntau * dv/dt = -w\nspike: v > 1")

    assert (state["line"], state["column"]) == (3, 16)
    assert state["error"].startswith("Mine, line 3, column 16: unknown name 'w'")
    assert state["error"].endswith("tau * dv/dt = -w\n                   ^")
    assert state["rows"] is None
    assert builder._equations.value == good


def test_edit_renews_mathematics_and_table():
    builder = build_neuron()

    state = Page(builder).say(type="edit", name="B", text="q = 2\ndv/dt = -q * v\nspike: v > 1")

    assert [row["name"] for row in state["rows"]] == ["q"]
    assert "q" in builder._equations.value
    assert state["cell"] == "%%neuron B\nq = 2\ndv/dt = -q * v\nspike: v > 1\n"
    assert not state["rewritten"]


def test_bad_name_is_refused():
    state = Page(build_neuron()).say(type="edit", name="my neuron", text=NEW)

    assert state["error"] == (
        "Name 'my neuron': this is no name for a model; use letters, digits and '_'."
    )


def test_neuron_of_the_library_is_chosen():
    builder = build_neuron()
    page = Page(builder)

    state = page.say(type="choose", name="Izhikevich")
    page.say(type="choose", name="../secret")

    assert state["text"] == library.text("Izhikevich")
    assert builder.name == "Izhikevich"


def test_unknown_neuron_to_start_from_is_refused():
    with pytest.raises(ModelError) as error:
        build_neuron("Izikevich")

    assert str(error.value) == (
        "library: there is no model 'Izikevich'; did you mean `Izhikevich`?"
    )


@pytest.mark.parametrize(
    ("line", "fields", "expected"),
    [
        (
            "tau = 20 ms  [5, 100]   # membrane",
            {"value": "30", "unit": "ms", "low": "1", "high": "50", "help": "time constant"},
            "tau = 30 ms  [1, 50]  # time constant",
        ),
        ("a = 1 : population # all", {"value": "2", "help": "all"}, "a = 2  : population  # all"),
        ("  b = a / 2", {"value": "a / 3"}, "  b = a / 3"),
        (
            "b = 1",
            {"value": "2\nspike: True", "help": "x\n%%bash"},
            "b = 2 spike: True  # x %%bash",
        ),
        ("dv/dt = -v", {"value": "2"}, "dv/dt = -v"),
    ],
    ids=["whole", "flags stay", "derived", "one line only", "no parameter"],
)
def test_table_writes_into_the_text(line, fields, expected):
    name = line.partition("=")[0].strip()

    assert with_parameter(f"first\n{line}\nlast", 2, name, fields) == f"first\n{expected}\nlast"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a", "a = 7 mV ; b = 0.2 ; c = -65 : shared  # three"),
        ("b", "a = 0.02 ; b = 7 mV ; c = -65 : shared  # three"),
        ("c", "a = 0.02 ; b = 0.2 ; c = 7 mV  : shared  # three"),
        ("d", "a = 0.02 ; b = 0.2 ; c = -65 : shared  # three"),
    ],
)
def test_definitions_that_share_a_line_stay_there(name, expected):
    fields = {"value": "7", "unit": "mV", "low": "", "high": "", "help": "other"}

    line = "a = 0.02 ; b = 0.2 ; c = -65 : shared  # three"
    assert with_parameter(line, 1, name, fields) == expected


def test_changed_table_is_read_again():
    builder = build_neuron()
    page = Page(builder)
    first = page.say(type="join")["rows"][0]

    fields = {**{k: first[k] for k in ("unit", "low", "high", "help")}, "value": "40"}
    state = page.say(type="parameter", line=first["line"] - 1, name=first["name"], fields=fields)

    assert state["rewritten"]
    assert state["rows"][0]["value"] == "40"
    assert "tau = 40 ms  [5, 100]  # membrane time constant\n" in state["cell"]


def test_text_stays_data():
    state = Page(build_neuron()).say(
        type="edit", name="X", text='a = __import__("os").system("true")\ndv/dt = -v'
    )

    assert state["rows"] is None
    assert state["line"] == 2


def test_messages_that_make_no_sense_are_ignored():
    page = Page(build_neuron())

    page.panel._hear(page.panel, {"type": "edit", "name": 3, "text": None}, [])
    page.panel._hear(page.panel, "join", [])

    assert page.heard == []
