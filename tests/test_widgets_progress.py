"""The progress bar: silent for short runs, one line in a terminal, a bar in a notebook."""

import io
import os
import subprocess
import sys
import threading

import pytest

from snnlab import AllToAll, Network, Neuron
from snnlab.network import presentation
from snnlab.network.presentation import set_worker
from snnlab.widgets import progress
from snnlab.widgets.progress import Progress, TerminalBar, Work, bar_html, bar_line
from snnlab.wiring import connect_layers

LEAKY = "tau = 10 ms\ntau * dv/dt = -v + g_exc\nspike: v > 20\nreset: v = 0\n"


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Paper:
    """A surface that remembers."""

    def __init__(self) -> None:
        self.drawn: list[tuple[float, str]] = []
        self.last: tuple[float, str] | None = None

    def draw(self, part: float, text: str) -> None:
        self.drawn.append((part, text))

    def finish(self, part: float, text: str) -> None:
        self.last = (part, text)


def run(duration: float, seconds: float, until: float | None = None) -> Paper:
    """Report a run of ``duration`` ms that takes ``seconds``, in a hundred updates."""
    clock, paper = Clock(), Paper()
    bar = Progress(duration, paper, clock)
    for done in range(1, 101):
        if until is not None and done > until:
            break
        clock.now = 100.0 + seconds * done / 100
        bar.update(duration * done / 100)
    bar.close()
    return paper


def test_short_run_shows_nothing():
    paper = run(duration=1000.0, seconds=0.4)

    assert paper.drawn == []
    assert paper.last is None


def test_long_run_is_updated_ten_times_a_second_at_most():
    paper = run(duration=1000.0, seconds=2.0)

    assert 10 <= len(paper.drawn) <= 16
    assert paper.drawn[0] == (0.25, "250 of 1,000 ms, 1.5 s left")


def test_finished_run_says_how_fast_it_was():
    paper = run(duration=1000.0, seconds=2.0)

    assert paper.last == (1.0, "1,000 ms in 2.0 s (0.5 x real time)")


def test_interrupted_run_says_how_far_it_came():
    paper = run(duration=100_000.0, seconds=200.0, until=40)

    assert paper.last == (0.4, "stopped after 40,000 ms in 1 min 20 s (0.5 x real time)")


class Page(Paper):
    """A surface that lets a test wait until something is drawn."""

    def __init__(self) -> None:
        super().__init__()
        self.written = threading.Event()

    def draw(self, part: float, text: str) -> None:
        super().draw(part, text)
        self.written.set()


def test_long_work_says_what_is_done_while_it_waits():
    clock, page = Clock(), Page()
    work = Work(page, clock, patience=0.0)

    clock.now += 2
    work.stage(1, 4, "making the synapses of <E>")
    assert page.written.wait(10)
    clock.now += 1
    work.close()

    assert page.drawn[0] == (0.25, "making the synapses of <E>, 2.0 s")
    assert page.last == (1.0, "ready, 3.0 s")
    assert "of &lt;E&gt;, 2.0 s" in bar_html(*page.drawn[0])


def test_work_that_fails_says_where():
    clock, page = Clock(), Page()

    def fail() -> None:
        with presentation.work() as tell:
            tell(1, 2, "compiling E")
            assert page.written.wait(10)
            raise ValueError("no")

    set_worker(lambda: Work(page, clock, patience=0.0))
    try:
        with pytest.raises(ValueError, match="no"):
            fail()
    finally:
        connect_layers()

    assert page.last == (0.5, "stopped while compiling E, 0.0 s")


def test_quick_work_shows_nothing():
    page = Page()
    work = Work(page)

    work.stage(0, 1, "compiling E")
    work.close()

    assert page.drawn == []
    assert page.last is None


def test_network_tells_what_it_builds():
    told = []

    class Told:
        def stage(self, done: int, total: int, text: str) -> None:
            told.append((done, total, text))

        def close(self) -> None:
            told.append("closed")

    net = Network(dt=0.1, seed=1)
    cells = net.add(3, Neuron.from_cell(LEAKY, "leaky"), name="E")
    net.connect(cells, cells, "exc", AllToAll(), weight=0.1)
    set_worker(Told)
    try:
        net.build()
        net.simulate(1.0)
    finally:
        connect_layers()

    assert told == [
        (0, 3, "making the synapses of E->E exc"),
        (1, 3, "compiling E"),
        (2, 3, "putting the parts together"),
        "closed",
    ]


def test_terminal_bar_writes_over_its_line_and_ends_it():
    stream = io.StringIO()
    bar = TerminalBar(stream)

    bar.draw(0.5, "half of it, and more")
    bar.finish(1.0, "all")

    assert stream.getvalue() == (
        "\r[###############...............] half of it, and more"
        "\r[##############################] all" + " " * 17 + "\n"
    )


@pytest.mark.parametrize(
    ("room", "line"),
    [
        (80, "[##############..............] run 5 of 8, layer five.I = 26.6667 mV; 0.3 s left"),
        (60, "[####....] run 5 of 8, layer five.I = 26.6667 mV; 0.3 s left"),
        (40, "[####....] run 5 of 8, la…mV; 0.3 s left"),
    ],
)
def test_terminal_bar_takes_one_line_of_a_narrow_terminal(room, line):
    text = "run 5 of 8, layer five.I = 26.6667 mV; 0.3 s left"

    assert bar_line(0.5, text, room) == line
    assert len(line) <= room


def test_terminal_bar_is_as_wide_as_its_terminal(monkeypatch):
    monkeypatch.setattr(progress.os, "get_terminal_size", lambda _: os.terminal_size((40, 24)))
    stream = io.StringIO()
    monkeypatch.setattr(stream, "fileno", lambda: 2, raising=False)
    bar = TerminalBar(stream)

    bar.draw(0.5, "making the synapses of layer five pyramidal cells, 12 s")

    assert len(stream.getvalue()) == 1 + 39


def test_notebook_bar_is_a_progress_element_with_its_text():
    assert bar_html(0.25, "1 of 4 ms") == (
        '<div style="display:flex;gap:10px;align-items:center;font-size:13px">'
        '<progress value="0.2500" max="1" style="width:240px" aria-label="progress">'
        "</progress><span>1 of 4 ms</span></div>"
    )


@pytest.mark.parametrize("terminal", [True, False])
def test_terminal_gets_a_bar_and_a_pipe_none(monkeypatch, terminal):
    monkeypatch.setattr(progress, "get_ipython", lambda: None)
    monkeypatch.setattr("sys.stderr", io.StringIO())
    monkeypatch.setattr("sys.stderr.isatty", lambda: terminal, raising=False)

    surface = progress._surface_here()

    assert isinstance(surface, TerminalBar) == terminal


def test_a_script_loads_no_notebook_to_find_out_that_it_runs_in_none():
    program = f"""
import sys
from snnlab import Network, Neuron
net = Network(dt=0.1, seed=1)
net.add(3, Neuron.from_cell({LEAKY!r}, "leaky"))
net.simulate(0.1)
print("IPython" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert (done.stderr, done.stdout) == ("", "False\n")
