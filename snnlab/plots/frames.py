"""What a live picture needs, decimated on the way from the engine to the screen.

Time is cut into columns of a whole number of steps. A raster is a bitmap of spike counts,
(column, row), a trace is the two extremes of each column in the order they came, a rate is
the number of spikes of a population in a column. All of them live in rings of as many columns
as the window shows, so memory does not grow and a frame is the few columns that are new.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from snnlab.engine.columns import count_spikes, count_values, find_extremes, pack_counts
from snnlab.recording.blocks import Room

MAX_ROWS = 240  # rows of a raster bitmap, one a pixel; larger networks share a row
MIN_ROWS = 20  # of a population, so that a small one next to a large one stays visible
MAX_COLUMNS = 400


@dataclass(frozen=True)
class Band:
    """The rows of one population in the raster, counted from the bottom."""

    population: str
    n_neurons: int
    first_row: int
    n_rows: int


def stack_bands(sizes: Mapping[str, int], max_rows: int = MAX_ROWS) -> tuple[Band, ...]:
    """Share ``max_rows`` rows between populations by their number of neurons."""
    total = sum(sizes.values())
    bands = []
    first_row = 0
    for population, n_neurons in sizes.items():
        n_rows = n_neurons
        if total > max_rows:
            share = round(max_rows * n_neurons / total)
            n_rows = min(n_neurons, max(share, MIN_ROWS))
        bands.append(Band(population, n_neurons, first_row, n_rows))
        first_row += n_rows
    return tuple(bands)


@dataclass(frozen=True)
class Window:
    """How much time a picture shows: ``n_columns`` columns of ``column_steps`` steps."""

    column_steps: int
    n_columns: int
    dt: float  # ms

    @classmethod
    def of(cls, duration: float, dt: float) -> Window:
        """The window of about ``duration`` ms, at most `MAX_COLUMNS` columns wide."""
        n_steps = max(1, round(duration / dt))
        column_steps = -(-n_steps // MAX_COLUMNS)
        return cls(column_steps, -(-n_steps // column_steps), dt)

    @property
    def duration(self) -> float:
        return self.n_columns * self.column_steps * self.dt

    @property
    def column_duration(self) -> float:
        return self.column_steps * self.dt


class Ring:
    """Which columns a picture holds; ``newest`` is the largest one seen, -1 before any."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.newest = -1

    @property
    def oldest(self) -> int:
        return max(0, self.newest - self.window.n_columns + 1)

    def slots(self, first: int, last: int) -> NDArray[np.int64]:
        """Where the columns ``first..last`` are kept."""
        return np.arange(first, last + 1) % self.window.n_columns

    def enter(self, column: int) -> NDArray[np.int64]:
        """Make ``column`` the newest one; return the slots that must be cleared."""
        first = max(self.newest + 1, column - self.window.n_columns + 1)
        if column <= self.newest:
            return np.arange(0)
        self.newest = column
        return self.slots(first, column)


class RasterColumns:
    """Spike counts of the window: a bitmap for the raster and sums for the rates."""

    def __init__(self, bands: Sequence[Band], window: Window) -> None:
        self.bands = tuple(bands)
        self.ring = Ring(window)
        n_rows = sum(band.n_rows for band in self.bands)
        self.counts = np.zeros((window.n_columns, n_rows), np.uint8)  # saturates at 255
        self.sums = np.zeros((window.n_columns, len(self.bands)), np.float32)

    def advance(self, step: int) -> None:
        """Let time reach the end of ``step``; columns without spikes become empty ones."""
        cleared = self.ring.enter(step // self.ring.window.column_steps)
        self.counts[cleared] = 0
        self.sums[cleared] = 0

    def add(
        self, band_index: int, steps: NDArray[np.integer], neurons: NDArray[np.integer]
    ) -> None:
        """Add spikes of one population, sorted by step."""
        if not len(steps):
            return
        self.advance(int(steps[-1]))
        band, width = self.bands[band_index], self.ring.window.column_steps
        start = int(np.searchsorted(steps, self.ring.oldest * width))
        rows = band.first_row, band.n_rows
        count_spikes(
            *(steps[start:], neurons[start:], width),
            *(self.counts, self.sums, rows, band.n_neurons, band_index),
        )


class TraceColumns:
    """The extremes of several traces in each column of the window."""

    def __init__(self, n_traces: int, window: Window) -> None:
        self.ring = Ring(window)
        shape = (window.n_columns, n_traces)
        self._low = np.full(shape, np.nan, np.float32)
        self._high = np.full(shape, np.nan, np.float32)
        self._low_step = np.zeros(shape, np.int64)
        self._high_step = np.zeros(shape, np.int64)

    def advance(self, step: int) -> None:
        """Let time reach the end of ``step``; columns without samples become gaps."""
        cleared = self.ring.enter(step // self.ring.window.column_steps)
        self._low[cleared] = np.nan
        self._high[cleared] = np.nan

    def add(self, first_trace: int, steps: NDArray[np.integer], values: NDArray) -> None:
        """Add samples, sorted by step; ``values`` is (sample, trace)."""
        if not len(steps):
            return
        self.advance(int(steps[-1]))
        width, oldest = self.ring.window.column_steps, self.ring.oldest
        start = int(np.searchsorted(steps, oldest * width))
        find_extremes(
            *(steps[start:], values[start:], width, first_trace),
            *(self._low, self._high, self._low_step, self._high_step),
        )

    def pairs(self, first: int, last: int) -> NDArray[np.float32]:
        """The two extremes in order of time, (column, trace, 2), of the columns first..last."""
        slots = self.ring.slots(first, last)
        low, high = self._low[slots], self._high[slots]
        rising = self._low_step[slots] <= self._high_step[slots]
        return np.stack([np.where(rising, low, high), np.where(rising, high, low)], axis=-1)


class History:
    """The newest raw samples of one stream, bounded: what a new window is drawn from."""

    def __init__(self, max_values: int) -> None:
        self.max_values = max_values
        self.n_values = 0
        self.forgetful = False  # whether older samples than the first one may be missing
        self._chunks: deque[tuple[NDArray, NDArray]] = deque()
        self._room: Room[tuple[NDArray, NDArray]] = Room(all_mapped=True)

    def append(self, steps: NDArray, values: NDArray) -> None:
        """Keep a chunk and forget the oldest values above ``max_values``."""
        if not len(steps):
            return
        if values.size > self.max_values:  # copied, so that the rest of a long chunk can go
            n = len(steps) * self.max_values // values.size
            steps, values = steps[len(steps) - n :].copy(), values[len(steps) - n :].copy()
            self.clear()
            self.forgetful = True
        value_bytes = values.itemsize + steps.itemsize * len(steps) // max(1, values.size)
        self._room.add(self._chunks, (steps, values), self.n_values * value_bytes)
        self.n_values += values.size
        self.forgetful |= self.n_values >= self.max_values  # of a record, the end is given
        while self.n_values > self.max_values:
            steps, values = self._chunks.popleft()
            excess = -(-(self.n_values - self.max_values) * len(steps) // values.size)
            if excess < len(steps):  # of a long chunk, the rest stays
                self._chunks.appendleft((steps[excess:], values[excess:]))
            self.n_values -= values[:excess].size

    def extend(self, chunks: Sequence[tuple[NDArray, NDArray]]) -> None:
        """Keep chunks, but for those that the later ones would make it forget at once."""
        n_later = sum(values.size for _, values in chunks)
        for steps, values in chunks:
            n_later -= values.size
            if n_later < self.max_values:
                self.append(steps, values)

    def since(self, step: int) -> list[tuple[NDArray, NDArray]]:
        """The chunks that hold samples from ``step`` on, oldest first."""
        return [chunk for chunk in self._chunks if chunk[0][-1] >= step]

    @property
    def newest(self) -> int:
        """Step of the newest sample, -1 without any."""
        return int(self._chunks[-1][0][-1]) if self._chunks else -1

    def cut(self, step: int) -> list[tuple[NDArray, NDArray]]:
        """Forget the samples from ``step`` on; return them, oldest first."""
        cut_off = []
        while self._chunks and self.newest >= step:
            steps, values = self._chunks.pop()
            self.n_values -= values.size
            kept = int(np.searchsorted(steps, step))
            cut_off.append((steps[kept:], values[kept:]))
            self.append(steps[:kept], values[:kept])
        return cut_off[::-1]

    def clear(self) -> None:
        self._chunks.clear()
        self.n_values = 0
        self.forgetful = False


def pack(arrays: Mapping[str, NDArray]) -> tuple[list[dict[str, object]], bytes]:
    """Put arrays into one little-endian buffer and say where each of them lies.

    Every array starts at a multiple of 8 bytes, so that the browser can look at it in place.
    Bytes are packed into few bits: "uint2" and so on, lowest bits first. Where large ones are rare,
    each that is the largest number of so many bits is that plus the next one of the ``rest``.
    A browser takes a message in pieces of about 1,000 bytes, and wakes several threads for each;
    and what it took it clears away only with all that the page ever made.
    """
    layout: list[dict[str, object]] = []
    pieces: list[bytes] = []
    offset = 0

    def put(array: NDArray) -> int:
        nonlocal offset
        data = array.tobytes()
        padding = -len(data) % 8
        pieces.extend([data, b"\0" * padding])
        begin, offset = offset, offset + len(data) + padding
        return begin

    for name, array in arrays.items():
        entry: dict[str, object] = {"name": name, "shape": list(array.shape)}
        little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        if array.dtype == np.uint8:
            bits, rest_bits, n_rest = _few_bits(little)
            packed, rest = pack_counts(little, bits, n_rest)
            entry |= {"dtype": f"uint{bits}", "offset": put(packed)}
            if n_rest:
                packed, _ = pack_counts(rest, rest_bits, 0)
                place = {"dtype": f"uint{rest_bits}", "offset": put(packed), "shape": [n_rest]}
                entry["rest"] = place
        else:
            entry |= {"dtype": array.dtype.name, "offset": put(little)}
        layout.append(entry)
    return layout, b"".join(pieces)


def _few_bits(counts: NDArray[np.uint8]) -> tuple[int, int, int]:
    """How to pack counts into least: bits of each, bits of a rest, and how many have a rest."""
    n_from = np.cumsum(count_values(counts)[::-1])[::-1]  # that are at least so large
    top = int(np.count_nonzero(n_from)) - 1
    choices = []
    for bits in (1, 2, 4, 8):
        largest = (1 << bits) - 1
        rest_bits = 0 if top <= largest else _bits_for(top - largest)
        n_rest = int(n_from[largest]) if rest_bits else 0
        choices.append((bits * counts.size + rest_bits * n_rest, bits, rest_bits, n_rest))
    return min(choices)[1:]


def _bits_for(top: int) -> int:
    return next(bits for bits in (1, 2, 4, 8) if top < 1 << bits)
