"""The run that was left by going back, in the columns of the present window.

Its rates come from what was recorded (`History.branches`), its traces from the samples that the
dashboard had followed, because traces are recorded only where somebody asked for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnlab.plots.frames import TraceColumns, Window
from snnlab.plots.live import Picture
from snnlab.plots.traces import Traced
from snnlab.widgets.session import line_of

MAX_COLUMNS_KEPT = 40_000  # a hundred windows from the moment that was gone back to
MAX_SAMPLES = 1_000_000  # of one trace
MAX_CHANGES = 2  # named in the legend

Chunk = tuple[NDArray[np.integer], NDArray[Any]]  # steps, values


class Earlier:
    """What the newest branches did after the moment that was last gone back to.

    Where the newest branch had not come as far as an older one, the older one is shown.
    """

    def __init__(self, network: Any) -> None:
        self._network = network
        self._samples: dict[Traced, Chunk] = {}
        self._branches: tuple[Any, ...] = ()
        self._text: str | None = None
        self._n_changes = -1
        self._newest: Any = None  # change
        self._first = 0  # the first column
        self._sums = np.zeros((0, 0), np.float32)  # (column, band)
        self._pairs = np.zeros((0, 0, 2), np.float32)  # (column, trace, 2)

    @property
    def known(self) -> bool:
        return bool(self._branches)

    def leave(self, key: Traced, chunks: Iterable[Chunk]) -> None:
        """Keep the samples of a trace that time going back takes away."""
        cut_off = [(steps, values.reshape(-1)) for steps, values in chunks if len(steps)]
        if not cut_off:
            return
        older = self._samples.get(key)
        if older is not None:
            further = older[0] > cut_off[-1][0][-1]
            cut_off.append((older[0][further], older[1][further]))
        steps = np.concatenate([chunk[0] for chunk in cut_off])
        values = np.concatenate([chunk[1] for chunk in cut_off])
        self._samples[key] = steps[:MAX_SAMPLES], values[:MAX_SAMPLES]

    def refresh(self, picture: Picture, window: Window) -> bool:
        """Look whether a run was left since; return whether one was."""
        branches = tuple(self._network.history.branches)
        if len(branches) == len(self._branches) and all(
            one is other for one, other in zip(branches, self._branches, strict=True)
        ):
            return False
        self._branches = branches
        self._n_changes = -1
        if not branches:
            self._samples.clear()
        self.draw(picture, window)
        return True

    def draw(self, picture: Picture, window: Window) -> None:
        """Make the columns anew, for another window or picture."""
        if not self._branches:
            return
        dt, width = self._network.dt, window.column_steps
        start = round(self._branches[-1].left / dt)
        self._first = start // width
        ends = [round(branch.end / dt) // width for branch in self._branches]  # full columns
        n = min(max(0, max(ends) - self._first), MAX_COLUMNS_KEPT)
        self._sums = np.full((n, len(picture.bands)), np.nan, np.float32)
        filled = 0
        for branch, end in zip(reversed(self._branches), reversed(ends), strict=True):
            reached = min(end - self._first, n)
            if reached <= filled:
                continue
            for index, band in enumerate(picture.bands):
                self._sums[filled:reached, index] = self._counts(
                    branch, band.population, self._first + filled, self._first + reached, width
                )
            filled = reached
        self._pairs = self._traced(picture, Window(width, max(n, 1), window.dt), n)

    def _counts(
        self, branch: Any, population: str, first: int, end: int, width: int
    ) -> NDArray[np.float64]:
        """Spikes in the columns first..end - 1 of ``width`` steps, nan where they are not held."""
        record = branch.records.spikes.get(population)
        if record is None:
            return np.full(end - first, np.nan)
        counts = record.counts(first * width, width, end - first)
        dropped = np.arange(first, end) * width < record.known_from
        return np.where(dropped, np.nan, counts)

    def _traced(self, picture: Picture, window: Window, n: int) -> NDArray[np.float32]:
        columns = TraceColumns(len(picture.traces), window)
        found = np.full((n, len(picture.traces), 2), np.nan, np.float32)
        if not n:
            return found
        first_step, end_step = (c * window.column_steps for c in (self._first, self._first + n))
        columns.advance(end_step - 1)
        for index, trace in enumerate(picture.traces):
            if trace.key in self._samples:
                steps, values = self._samples[trace.key]
                shown = slice(*np.searchsorted(steps, [first_step, end_step]))
                columns.add(index, steps[shown], values[shown].reshape(-1, 1))
        return columns.pairs(self._first, self._first + n - 1)

    def columns(self, first: int, last: int) -> dict[str, NDArray[np.float32]]:
        """The part of a frame with the columns first..last; nothing if no run was left."""
        if not self._branches:
            return {}
        found = {}
        for name, known in (("earlier_sums", self._sums), ("earlier_traces", self._pairs)):
            part = np.full((last + 1 - first, *known.shape[1:]), np.nan, np.float32)
            begin, end = max(first, self._first), min(last + 1, self._first + len(known))
            if begin < end:
                part[begin - first : end - first] = known[begin - self._first : end - self._first]
            found[name] = part
        return found

    def samples(self, key: Traced, start: int, end: int) -> Chunk:
        """Steps and values of a trace from step ``start`` to before ``end``, after going back."""
        if not self._branches or key not in self._samples:
            return np.zeros(0, np.int64), np.zeros(0)
        steps, values = self._samples[key]
        left = round(self._branches[-1].left / self._network.dt)
        shown = slice(*np.searchsorted(steps, [max(start, left), end]))
        return steps[shown], values[shown]

    @property
    def text(self) -> str | None:
        """What the legend says: what is different now; None if no run was left."""
        if not self._branches:
            return None
        log = self._network.log
        # A slider that is dragged at rest leaves its last value only: the log is no longer then.
        if len(log) != self._n_changes or log.newest is not self._newest:
            self._n_changes, self._newest = len(log), log.newest
            branch = self._branches[-1]
            start = round(branch.left / self._network.dt)
            now, then = (self._changes(changes, start) for changes in (log, branch.log))
            parts = [f"now {now}"] if now else []
            parts += [f"then {then}"] if then else []
            self._text = f"earlier run ({'; '.join(parts) or 'nothing was changed'})"
        return self._text

    def _changes(self, log: Any, start: int) -> str:
        """The last change of each parameter from step ``start`` on, in words."""
        last = {change.key: change for change in list(log) if change.step >= start}
        texts = [str(line_of(change, self._network.dt)["text"]) for change in last.values()]
        more = len(texts) - MAX_CHANGES
        return ", ".join(texts[:MAX_CHANGES]) + (f" and {more} more" if more > 0 else "")
