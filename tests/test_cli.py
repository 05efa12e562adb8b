"""The command line: which notebook is opened, how, and what the doctor says."""

import io
import subprocess
import sys
from pathlib import Path

import pytest

from snnlab import cli, doctor
from snnlab.cli import CommandError, find_notebook, has_display, jupyter_command, match_shipped
from snnlab.doctor import Finding, report

SHIPPED = ["01_first_neuron.ipynb", "02_balanced_network.ipynb"]


@pytest.mark.parametrize("name", ["02", "02_balanced_network", "02_balanced_network.ipynb"])
def test_shipped_notebook_is_found_by_its_name(name):
    assert match_shipped(name, SHIPPED) == "02_balanced_network.ipynb"


@pytest.mark.parametrize("name", ["3", "03", "0", "balanced"])
def test_unknown_notebook_is_refused(name):
    with pytest.raises(CommandError) as error:
        match_shipped(name, SHIPPED)

    assert str(error.value) == (
        f"{name}: no such notebook; name a file, or one of "
        "01_first_neuron.ipynb, 02_balanced_network.ipynb."
    )


def test_notebooks_are_copied_into_an_empty_folder(tmp_path):
    path = find_notebook(None, tmp_path)

    assert path == tmp_path / "snnlab-notebooks" / "01_first_neuron.ipynb"
    assert sorted(copy.name for copy in path.parent.iterdir()) == SHIPPED


def test_notebooks_of_the_user_are_never_overwritten(tmp_path):
    changed = find_notebook(None, tmp_path)
    changed.write_text("my own text")
    (changed.parent / SHIPPED[1]).unlink()

    find_notebook(None, tmp_path)

    assert changed.read_text() == "my own text"
    assert (changed.parent / SHIPPED[1]).is_file()


def test_notebooks_of_a_checkout_are_opened_in_place(tmp_path):
    own = tmp_path / "notebooks" / "01_first_neuron.ipynb"
    own.parent.mkdir()
    own.touch()

    assert find_notebook(None, tmp_path) == own
    assert list(tmp_path.iterdir()) == [own.parent]


def test_notebook_outside_of_the_folder_is_refused(tmp_path, monkeypatch):
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "mine.ipynb").touch()
    monkeypatch.chdir(inside)

    with pytest.raises(CommandError) as error:
        find_notebook("../mine.ipynb", inside)

    assert str(error.value) == (
        f"../mine.ipynb: lies outside of {inside}, which JupyterLab shows; "
        f"add `--folder {tmp_path}`."
    )


def test_missing_folder_is_refused(tmp_path, capsys):
    status = cli.main(["lab", "--folder", str(tmp_path / "none")])

    assert status == 2
    assert capsys.readouterr().err == (
        f"--folder: {str(tmp_path / 'none')!r} is not a folder; make it or name another.\n"
    )


def test_jupyterlab_shows_the_notebook(tmp_path):
    command = jupyter_command(tmp_path / "my notes" / "a.ipynb", tmp_path, browser=False, root=True)

    assert command == [
        *(sys.executable, "-P", "-m", "jupyterlab"),
        f"--ServerApp.root_dir={tmp_path}",
        "--LabApp.default_url=/lab/tree/my%20notes/a.ipynb",
        "--no-browser",
        "--allow-root",
    ]


def test_options_after_dashes_reach_jupyterlab(tmp_path, monkeypatch):
    started = []
    monkeypatch.setattr(subprocess, "call", lambda command: started.append(command) or 0)

    status = cli.main(["lab", "--folder", str(tmp_path), "--", "--port=9000", "--", "x"])

    assert status == 0
    assert started[0][-3:] == ["--port=9000", "--", "x"]


def test_options_after_dashes_are_refused_by_the_doctor(capsys):
    with pytest.raises(SystemExit):
        cli.main(["doctor", "--", "--port=9000"])

    assert capsys.readouterr().err.endswith(
        "`--` passes options on to JupyterLab; `snnlab doctor` takes none\n"
    )


@pytest.mark.parametrize(
    ("environment", "platform", "expected"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ""}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({}, "darwin", True),
        ({"SSH_CONNECTION": "a"}, "darwin", False),
    ],
)
def test_browser_is_opened_only_where_it_can_be_seen(environment, platform, expected):
    assert has_display(environment, platform) is expected


def test_doctor_fails_when_something_essential_is_missing():
    out = io.StringIO()
    checks = [
        lambda: Finding("Python", True, "3.12"),
        lambda: Finding("C compiler", False, "none found", "install one"),
        lambda: Finding("GPU", False, "no NVIDIA GPU", essential=False),
    ]

    status = report(out, checks)

    assert status == 1
    assert out.getvalue() == (
        "Python      found    3.12\n"
        "C compiler  MISSING  none found\n"
        "                     -> install one\n"
        "GPU         absent   no NVIDIA GPU\n"
        "\n"
        "snnlab cannot work yet; missing: C compiler.\n"
    )


def test_doctor_is_content_without_a_gpu():
    out = io.StringIO()

    status = report(out, [lambda: Finding("GPU", False, "no NVIDIA GPU", essential=False)])

    assert status == 0
    assert out.getvalue().endswith("\nsnnlab is ready.\n")


def test_doctor_sees_this_machine():
    done = subprocess.run(
        [sys.executable, "-m", "snnlab", "doctor"], capture_output=True, text=True, check=True
    )

    found = {line[:12].strip() for line in done.stdout.splitlines() if line[14:21] == "found  "}
    assert found >= {"Python", "C compiler", "OpenMP", "engine", "labextension", "ipykernel"}


def test_doctor_names_an_engine_that_does_not_load():
    code = (
        "import sys; sys.modules['snnlab.engine.stepper'] = None\n"
        "from snnlab.cli import main; sys.exit(main(['doctor']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stdout.endswith("\nsnnlab cannot work yet; missing: engine.\n")


def test_command_line_starts_without_anything_heavy():
    code = "import sys, snnlab.cli; print(*sorted({'numpy', 'sympy', 'bokeh'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "\n"


def test_doctor_refuses_a_cache_that_others_may_write(tmp_path, monkeypatch):
    tmp_path.chmod(0o777)
    monkeypatch.setenv("SNNLAB_CACHE", str(tmp_path))

    finding = doctor.check_cache()

    assert finding == Finding(
        "kernel cache",
        False,
        f"{tmp_path} (0.0 MB, permissions 777): others may write to it",
        f"run `chmod 700 {tmp_path}`",
    )


def test_doctor_names_the_missing_compiler(tmp_path):
    code = "from snnlab.doctor import check_compiler; print(check_compiler().detail)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"CC": "no-such-compiler", "PATH": str(tmp_path)},
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == (
        "none found (looked for 'no-such-compiler' (from the environment variable CC))\n"
    )
