"""What a cell shows is let go when the cell runs again."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from snnlab import Network, Neuron
from snnlab.widgets import dashboard as module
from snnlab.widgets import still
from snnlab.widgets.dashboard import Dashboard

DRIVEN = "tau = 20 ms\ntau * dv/dt = 25 - v\nspike: v > 20\nreset: v = 0\n"


class Notebook:
    """The shell of a kernel: which cell runs, and who listens to the end of cells."""

    def __init__(self) -> None:
        self.parent: dict[str, Any] = {}
        self.listeners: list[Any] = []
        self.events = SimpleNamespace(
            register=lambda _, listener: self.listeners.append(listener),
            unregister=lambda _, listener: self.listeners.remove(listener),
        )

    def get_parent(self) -> dict[str, Any]:
        return self.parent

    def run(self, cell: str, run: str, dashboard: Dashboard) -> None:
        self.parent = {"header": {"msg_id": run}, "metadata": {"cellId": cell}}
        dashboard._ipython_display_()


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Notebook:
    made = Notebook()
    for place in (module, still):
        monkeypatch.setattr(place, "get_ipython", lambda: made)
        monkeypatch.setattr(place, "display", lambda *_, **__: None)
    monkeypatch.setattr(module.answers, "answer_first", lambda *_: None)  # listens to all cells
    return made


@pytest.fixture
def net() -> Network:
    made = Network(dt=0.1, seed=1)
    made.add(3, Neuron.from_cell(DRIVEN, "driven"), name="cells")
    return made


def listeners_of(net: Network) -> int:
    return len(net.changed._listeners)


def test_a_dashboard_is_closed_when_its_cell_shows_another(notebook: Notebook, net: Network):
    made = [Dashboard(net) for _ in range(5)]
    for k, dashboard in enumerate(made):
        notebook.run("cell", f"run {k}", dashboard)

    assert (len(notebook.listeners), listeners_of(net)) == (1, 2)  # its pump and its still
    made[-1].close()
    assert (len(notebook.listeners), listeners_of(net)) == (0, 0)


def test_a_dashboard_that_another_cell_shows_stays(notebook: Notebook, net: Network):
    kept, new = Dashboard(net), Dashboard(net)
    notebook.run("one", "run 1", kept)
    notebook.run("two", "run 2", kept)
    notebook.run("one", "run 3", new)

    assert len(kept._stills) == 1
    assert listeners_of(net) == 4
    kept.close()
    new.close()


def test_a_dashboard_that_is_shown_again_stays(notebook: Notebook, net: Network):
    shown = Dashboard(net)
    for run in ("run 1", "run 2"):
        notebook.run("cell", run, shown)

    assert len(shown._stills) == len(notebook.listeners) == 1
    assert listeners_of(net) == 2
    shown.close()


def test_several_dashboards_of_one_run_stay(notebook: Notebook, net: Network):
    both = Dashboard(net), Dashboard(net)
    for dashboard in both:
        notebook.run("cell", "run 1", dashboard)

    assert [len(dashboard._stills) for dashboard in both] == [1, 1]
    for dashboard in both:
        dashboard.close()


def test_text_below_a_dashboard_tells_no_time_that_goes_on(
    notebook: Notebook, net: Network, monkeypatch: pytest.MonkeyPatch
):
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr(module, "display", lambda data, **_: shown.append(data))
    net.simulate(1)
    dashboard = Dashboard(net)

    notebook.run("cell", "run", dashboard)
    dashboard.close()

    assert [data["text/plain"] for data in shown] == ["Dashboard of cells (3)"]
