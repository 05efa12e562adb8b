"""The progress bar: silent for short runs, one line in a terminal, a bar in a notebook."""

import io

import pytest

from snnlab.widgets import progress
from snnlab.widgets.progress import Progress, TerminalBar, bar_html


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


def test_terminal_bar_writes_over_its_line_and_ends_it():
    stream = io.StringIO()
    bar = TerminalBar(stream)

    bar.draw(0.5, "half of it, and more")
    bar.finish(1.0, "all")

    assert stream.getvalue() == (
        "\r[###############...............] half of it, and more"
        "\r[##############################] all" + " " * 17 + "\n"
    )


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
