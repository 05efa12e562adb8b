"""The notebooks that come with snnlab run from top to bottom and are stored without outputs."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def run(path: Path) -> nbformat.NotebookNode:
    """The notebook with its outputs; a cell that raises or a minute that passes is an error."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": FOLDER}}
    )
    return client.execute()


def printed(notebook: nbformat.NotebookNode) -> str:
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    return "".join(output.text for output in outputs if output.get("name") == "stdout")


@pytest.fixture(autouse=True)
def kernel_sees_this_checkout(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PYTHONPATH", str(FOLDER.parent))
    monkeypatch.setenv("SNNLAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_stored_without_outputs(path):
    cells = nbformat.read(path, as_version=4).cells

    kept = [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")]

    assert cells != []
    assert kept == []


def test_first_neuron_agrees_with_theory():
    text = printed(run(FOLDER / "01_first_neuron.ipynb"))

    interval = re.search(r"interval: ([\d.]+) ms simulated, ([\d.]+) ms predicted", text)
    assert interval is not None
    simulated, predicted = map(float, interval.groups())
    assert predicted == 24.1
    assert predicted <= simulated <= predicted + 0.1  # one time step


def test_balanced_network_fires_at_its_known_rate():
    text = printed(run(FOLDER / "02_balanced_network.ipynb"))

    measured = re.search(r"mean rate ([\d.]+) Hz, coefficient of variation ([\d.]+)", text)
    assert measured is not None
    rate, variation = map(float, measured.groups())
    assert rate == pytest.approx(20.5, rel=0.1)  # Hz
    assert 1.3 < variation < 2.2  # 1.87 over ten seconds in Brian2; one second cuts long pauses off
