"""How far a run is: a bar in a notebook, one line in a terminal, nothing for short runs."""

from __future__ import annotations

import contextvars
import html
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TextIO

if TYPE_CHECKING:
    from IPython.display import DisplayHandle

PATIENCE = 0.5  # s until a run is worth a bar
PERIOD = 0.1  # s between two updates
BAR_WIDTH = 30  # characters
LEAST_BAR = 8  # characters, where the text needs the room


class Surface(Protocol):
    """Where a bar is drawn."""

    def draw(self, part: float, text: str) -> None: ...

    def finish(self, part: float, text: str) -> None: ...


class Progress:
    """Reports to ``surface`` how much of ``total_ms`` is done, seldom enough to cost nothing.

    Parameters
    ----------
    total_ms
        Simulated time of the whole run.
    surface
        None shows nothing.
    clock
        Seconds.
    """

    def __init__(
        self,
        total_ms: float,
        surface: Surface | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._total = total_ms
        self._surface = surface
        self._clock = clock
        self._start = clock()
        self._due = self._start + PATIENCE
        self._done = 0.0
        self._shown = False

    def update(self, done_ms: float) -> None:
        self._done = done_ms
        now = self._clock()
        if self._surface is None or now < self._due:
            return
        self._due = now + PERIOD
        self._shown = True
        part = done_ms / self._total
        left = (now - self._start) * (1 / part - 1) if part > 0 else float("inf")
        text = f"{done_ms:,.0f} of {self._total:,.0f} ms, {_seconds(left)} left"
        self._surface.draw(part, text)

    def close(self) -> None:
        """Say what was done, if a bar was shown at all."""
        if self._surface is None or not self._shown:
            return
        seconds = self._clock() - self._start
        factor = self._done / 1000 / seconds if seconds > 0 else 0.0
        text = f"{self._done:,.0f} ms in {_seconds(seconds)} ({factor:.2g} x real time)"
        if self._done < self._total:
            text = f"stopped after {text}"
        self._surface.finish(self._done / self._total, text)


class Work:
    """Shows what is being done and since when; a thread of its own keeps the seconds going.

    What is waited for, a compiler or the drawing of synapses, reports nothing meanwhile.
    """

    def __init__(
        self,
        surface: Surface | None,
        clock: Callable[[], float] = time.monotonic,
        patience: float = PATIENCE,
    ) -> None:
        self._surface = surface
        self._clock = clock
        self._patience = patience
        self._start = clock()
        self._part = 0.0
        self._text = ""
        self._shown = False
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def stage(self, done: int, total: int, text: str) -> None:
        """``done`` parts of ``total`` are complete; the next one is ``text``."""
        self._part, self._text = done / total, text
        if self._surface is not None and self._thread is None:
            # In the context of the cell, so that the bar stands below it.
            run = contextvars.copy_context().run
            self._thread = threading.Thread(
                target=run, args=(self._watch, self._surface), daemon=True
            )
            self._thread.start()

    def close(self) -> None:
        """Say how long it took, if anything was shown."""
        self._stop.set()
        if self._thread is None:
            return
        self._thread.join()
        if self._surface is not None and self._shown:
            self._surface.finish(*self._last_line(self._clock() - self._start))

    def _watch(self, surface: Surface) -> None:
        wait = self._patience
        while not self._stop.wait(wait):
            wait, self._shown = PERIOD, True
            surface.draw(self._part, self._line(self._clock() - self._start))

    def _line(self, seconds: float) -> str:
        return f"{self._text}, {_seconds(seconds)}"

    def _last_line(self, seconds: float) -> tuple[float, str]:
        if sys.exc_info()[0] is None:
            return 1.0, f"ready, {_seconds(seconds)}"
        return self._part, f"stopped while {self._text}, {_seconds(seconds)}"


class Runs(Work):
    """Shows which of many runs goes on, and how long they will take."""

    def __init__(
        self,
        n_runs: int,
        surface: Surface | None,
        clock: Callable[[], float] = time.monotonic,
        patience: float = PATIENCE,
    ) -> None:
        super().__init__(surface, clock, patience)
        self._n_runs = n_runs
        self._done = 0
        self._run = ""
        self._doing = ""

    def begin(self, done: int, text: str) -> None:
        """``done`` runs are complete; the next one is ``text``."""
        self._done, self._run = done, text
        self.stage(done, self._n_runs, text)

    def within(self, part: float) -> None:
        """How much of the present run is done."""
        self._part = (self._done + part) / self._n_runs

    def doing(self, text: str) -> None:
        """What the present run waits for; "" for nothing."""
        self._doing = text

    def _line(self, seconds: float) -> str:
        left = seconds * (1 / self._part - 1) if self._part > 0 else float("inf")
        what = ", ".join(filter(None, [self._run, self._doing]))
        number = min(self._done + 1, self._n_runs)
        return f"run {number} of {self._n_runs}, {what}; {_seconds(left)} left"

    def _last_line(self, seconds: float) -> tuple[float, str]:
        part = self._done / self._n_runs
        if self._done < self._n_runs:
            return part, f"stopped after {self._done} of {self._n_runs} runs, {_seconds(seconds)}"
        return part, f"{self._n_runs} runs, {_seconds(seconds)}"


class NotebookBar:
    """A bar in the output of the running cell, and text where no HTML is shown."""

    def __init__(self) -> None:
        self._handle: DisplayHandle | None = None

    def draw(self, part: float, text: str) -> None:
        from IPython.display import display  # only here: a script shows no cell

        bundle = {"text/plain": text, "text/html": bar_html(part, text)}
        if self._handle is None:
            self._handle = display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)

    def finish(self, part: float, text: str) -> None:
        self.draw(part, text)


class TerminalBar:
    """One line that is written over; a line that wraps would stay, so none is longer than fits."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._width = 0

    def draw(self, part: float, text: str) -> None:
        line = bar_line(part, text, _columns(self._stream) - 1)  # the cursor needs one, too
        self._stream.write("\r" + line.ljust(self._width))
        self._stream.flush()
        self._width = len(line)

    def finish(self, part: float, text: str) -> None:
        self.draw(part, text)
        self._stream.write("\n")


def bar_line(part: float, text: str, room: int) -> str:
    """The bar in at most ``room`` characters: first the bar is shorter, then the text.

    A text is cut in its middle: it begins with what is done and ends with the time.
    """
    width = max(LEAST_BAR, min(BAR_WIDTH, room - len(text) - 3))
    filled = round(width * min(1.0, part))
    left = max(1, room - width - 3)
    if len(text) > left:
        end = (left - 1) // 2
        text = f"{text[: left - 1 - end]}…{text[len(text) - end :]}"
    return f"[{'#' * filled}{'.' * (width - filled)}] {text}"


def _columns(stream: TextIO) -> int:
    """Of the terminal behind ``stream``; 80 where it does not say."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):  # no terminal, or none that is open
        return 80


def bar_html(part: float, text: str) -> str:
    """The bar; ``text`` may name populations, so it is escaped."""
    return (
        '<div style="display:flex;gap:10px;align-items:center;font-size:13px">'
        f'<progress value="{part:.4f}" max="1" style="width:240px" aria-label="progress">'
        f"</progress><span>{html.escape(text)}</span></div>"
    )


def make_progress(total_ms: float) -> Progress:
    """The reporter of a run of ``total_ms``, for wherever Python is running."""
    return Progress(total_ms, _surface_here())


def make_work() -> Work:
    """What shows that a network is being built, for wherever Python is running."""
    return Work(_surface_here())


def make_runs(n_runs: int) -> Runs:
    """What shows the runs of a sweep, for wherever Python is running."""
    return Runs(n_runs, _surface_here())


def get_ipython() -> Any:
    """The shell that runs here; where none does, a script need not wait until one is loaded."""
    loaded = sys.modules.get("IPython.core.getipython")
    return None if loaded is None else loaded.get_ipython()


def _surface_here() -> Surface | None:
    if threading.current_thread() is not threading.main_thread():
        return None  # a preview or a dashboard computes, no cell is waiting
    shell = get_ipython()
    if shell is not None and hasattr(shell, "kernel"):
        return NotebookBar()
    return TerminalBar(sys.stderr) if sys.stderr.isatty() else None


def _seconds(seconds: float) -> str:
    if seconds == float("inf"):
        return "?"
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
