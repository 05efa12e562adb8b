"""Spikes and traces handed on while a network runs.

A stream holds what came since the last `take`; a reader that does not come loses the oldest,
so that memory stays bounded. One thread writes, another takes. Who reads several streams of a
running network takes each until the same step: what is later waits for the next time.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Piece = tuple[NDArray[np.int64], NDArray]  # steps and values of one slice


def join(pieces: Sequence[Piece]) -> Piece:
    """Pieces that follow one another as one; a single one is not copied."""
    if len(pieces) == 1:
        return pieces[0]
    return np.concatenate([p[0] for p in pieces]), np.concatenate([p[1] for p in pieces])


class _Stream:
    def __init__(self, limit: int, on_close: Callable[[], None]) -> None:
        self._chunks: deque[Piece] = deque()
        self._held = 0
        self._limit = limit
        self._lock = threading.Lock()
        self._on_close = on_close

    def put(self, steps: NDArray[np.int64], values: NDArray) -> None:
        if not len(steps):
            return
        with self._lock:
            self._chunks.append((steps, values))
            self._held += values.size
            while self._held > self._limit and len(self._chunks) > 1:
                self._held -= self._chunks.popleft()[1].size

    def clear(self) -> None:
        with self._lock:
            self._chunks.clear()
            self._held = 0

    def cut(self, step: int) -> None:
        """Forget what came from ``step`` on: time has gone back to it."""
        with self._lock:
            while self._chunks and self._chunks[-1][0][-1] >= step:
                steps, values = self._chunks.pop()
                n = int(np.searchsorted(steps, step))
                self._held -= values[n:].size
                if n > 0:
                    self._chunks.append((steps[:n], values[:n]))

    def take_pieces(self, end: int | None = None) -> list[Piece]:
        """What `take` returns, as it came: in one piece for each slice of the run."""
        taken = []
        with self._lock:
            while self._chunks:
                steps, values = self._chunks[0]
                n = len(steps)
                # Looked for in one chunk only: searching gives the GIL away, and a network that
                # computes in Python returns it after 5 ms.
                if end is not None and steps[-1] >= end:
                    n = int(np.searchsorted(steps, end))
                if n == 0:
                    break
                self._chunks.popleft()
                self._held -= values[:n].size
                taken.append((steps[:n], values[:n]))
                if n < len(steps):
                    self._chunks.appendleft((steps[n:], values[n:]))
        return taken

    def close(self) -> None:
        """Stop the flow."""
        self._on_close()


class SpikeStream(_Stream):
    """Spikes of one population as they come."""

    def __init__(self, on_close: Callable[[], None], limit: int = 4_000_000) -> None:
        super().__init__(limit, on_close)

    def take(self, end: int | None = None) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Steps (n,) and neurons (n,) since the last call, by step, then by neuron.

        Those of steps before ``end``; all if it is not given.
        """
        pieces = self.take_pieces(end)
        return join(pieces) if pieces else (np.zeros(0, np.int64), np.zeros(0, np.int32))


class TraceStream(_Stream):
    """Samples of one variable of chosen neurons as they come."""

    def __init__(
        self, neurons: NDArray[np.int32], on_close: Callable[[], None], limit: int = 4_000_000
    ) -> None:
        super().__init__(limit, on_close)
        self.neurons = neurons

    def take(self, end: int | None = None) -> tuple[NDArray[np.int64], NDArray]:
        """Steps (n,) and values (n, n_neurons) since the last call.

        Those of steps before ``end``; all if it is not given.
        """
        pieces = self.take_pieces(end)
        return join(pieces) if pieces else (np.zeros(0, np.int64), np.zeros((0, len(self.neurons))))
