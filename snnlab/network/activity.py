"""The spikes of a population in the last half second of biological time, counted by step.

Independent of what is recorded: recordings may be paused, cleared or kept short.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

WINDOW = 500.0  # ms


class Activity:
    """Numbers of spikes in the latest steps that were run one after the other.

    Parameters
    ----------
    dt
        ms
    """

    def __init__(self, dt: float) -> None:
        self._window = max(1, round(WINDOW / dt))
        self._chunks: deque[tuple[int, NDArray[np.int64]]] = deque()
        self._end = 0  # step

    def append(self, first_step: int, counts: NDArray[np.int64]) -> None:
        """Add ``len(counts)`` steps; what was before a jump in time is forgotten."""
        if first_step != self._end:
            self._chunks.clear()
        self._end = first_step + len(counts)
        self._chunks.append((first_step, counts))
        while self._chunks[0][0] + len(self._chunks[0][1]) <= self._end - self._window:
            self._chunks.popleft()

    def counts(self, step: int) -> NDArray[np.int64]:
        """Spikes in each of the latest steps before ``step``, at most `WINDOW` ms of them."""
        if step != self._end or not self._chunks:
            return np.zeros(0, np.int64)
        counts = np.concatenate([counts for _, counts in self._chunks])
        return counts[-self._window :]
