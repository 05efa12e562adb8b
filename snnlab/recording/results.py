"""Recorded spikes and traces, kept in the chunks in which they arrive.

Knows steps, indices and arrays; nothing of populations.
"""

from __future__ import annotations

import secrets
import threading
import warnings
from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from snnlab.engine.stepper import steps_with_spikes
from snnlab.recording.blocks import Room, size_of

if TYPE_CHECKING:
    import pandas as pd

MOST_APART = 4  # chunks
SPARE = 0.125  # of a budget, beyond it: a long chunk is not copied for each little piece


class Lineage:
    """Which run the steps until now are of: a step from which on, and a mark, for each run.

    Two that have a mark in common were one until the next mark of either.
    """

    def __init__(self, runs: Iterable[tuple[int, str]] = ()) -> None:
        self._runs = tuple(runs) or ((0, _mark()),)

    @property
    def runs(self) -> tuple[tuple[int, str], ...]:
        """The step and the mark of each run; what `Lineage` makes the same one of."""
        return self._runs

    def leave(self, step: int) -> None:
        """What comes from ``step`` on is of another run."""
        self._runs = (*(run for run in self._runs if run[0] < step), (step, _mark()))

    def copy(self) -> Lineage:
        """What it is now."""
        other = Lineage()
        other._runs = self._runs
        return other

    def go_on_from(self, other: Lineage, step: int) -> None:
        """Be what ``other`` is until ``step``; what comes then is of a run of its own."""
        self._runs = other._runs
        self.leave(step)

    def parting(self, other: Lineage) -> int | None:
        """The step from which on the two differ; None if they do not."""
        for mine, yours in zip_longest(self._runs, other._runs):
            if mine != yours:
                return min(run[0] for run in (mine, yours) if run is not None)
        return None


def _mark() -> str:
    """One that no other run has, in no process."""
    return secrets.token_hex(8)


class SpikeRecord:
    """Spikes of one population since the last reset.

    ``keep`` is the number of latest steps whose spikes are kept, ``limit`` the number of spikes
    beyond which the oldest are dropped; None for all.
    """

    def __init__(self, dt: float, limit: int | None = None, keep: int | None = None) -> None:
        self._dt = dt
        self._limit = limit
        self.keep = keep
        self.paused = False
        self.sink: Any = None  # takes everything that is appended, too
        # Steps with spikes, how many each has, and the neurons.
        self._chunks: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]] = []
        self._room: Room[tuple[NDArray, NDArray, NDArray]] = Room()
        self._n_spikes = self._n_bytes = 0
        self._end = 0  # the step after the last one that is recorded
        self._held_from = 0  # the step from which on nothing was dropped
        self._lineage = Lineage()
        self.n_dropped = 0
        self.lost_until = 0  # the step before which spikes may have gone for lack of room

    def append(
        self, first_step: int, counts: NDArray[np.int64], neurons: NDArray[np.int32]
    ) -> None:
        """Add the spikes of ``len(counts)`` steps; ``neurons`` are in the order of the steps."""
        if self.paused:
            return
        self._end = first_step + len(counts)
        if len(neurons):
            # Few of the steps where spikes are rare.
            chunk = (*steps_with_spikes(first_step, counts), neurons)
            if self.sink is not None:
                self.sink.append(np.repeat(*chunk[:2]), neurons)
            self._room.add(self._chunks, chunk, self._n_bytes)
            self._n_spikes += len(neurons)
            self._n_bytes += size_of(chunk)
        if self.keep is not None:
            while self._chunks and self._chunks[0][0][-1] < self._end - self.keep:
                self._drop()
        if self._limit is not None:
            while self._n_spikes > self._limit and len(self._chunks) > 1:
                self._drop()

    def trim(self, n_bytes: int) -> None:
        """Drop the oldest spikes beyond about ``n_bytes`` of memory."""
        while self._n_bytes > n_bytes and len(self._chunks) > 1:
            self._drop()
            self.lost_until = self._held_from

    def forget_until(self, step: int) -> None:
        """Drop what was before ``step``, as far as memory can be given back for it."""
        while self._chunks and self._chunks[0][0][-1] < step:
            self._drop()
            self.lost_until = self._held_from

    def _drop(self) -> None:
        chunk = self._chunks.pop(0)
        self._held_from = int(chunk[0][-1]) + 1
        self._n_spikes -= len(chunk[2])
        self._n_bytes -= size_of(chunk)
        self.n_dropped += len(chunk[2])

    def clear(self) -> None:
        if self.sink is not None:
            self.sink.cut(0)
        self._lineage.leave(0)
        self._chunks.clear()
        self._n_spikes = self._n_bytes = self.n_dropped = self._held_from = self.lost_until = 0

    def cut(self, step: int) -> None:
        """Forget what happened from ``step`` on; a sink forgets it, too."""
        self.lost_until = min(self.lost_until, step)
        if self._end > step:
            self._lineage.leave(step)
            if self.sink is not None:
                self.sink.cut(step)
        kept = []
        for steps, counts, neurons in self._chunks:
            n = int(np.searchsorted(steps, step))
            if n:
                kept.append((steps[:n], counts[:n], neurons[: counts[:n].sum()]))
        self._chunks = kept
        self._n_spikes = sum(len(neurons) for _, _, neurons in kept)
        self._n_bytes = sum(map(size_of, kept))
        self._end = min(self._end, step)

    def copy(self) -> SpikeRecord:
        """What is held now, without a sink; the two share memory that nobody writes to."""
        other = SpikeRecord(self._dt, self._limit, self.keep)
        other.take_over(self)
        return other

    def take_over(self, other: SpikeRecord) -> None:
        """Hold what ``other`` holds, and let a sink hold it, too."""
        if self.sink is not None:
            begin = _begin_anew(self, other)
            for steps, counts, neurons in other._chunks:
                n = int(np.searchsorted(steps, begin))
                if n < len(steps):
                    late = np.repeat(steps[n:], counts[n:])
                    self.sink.append(late, neurons[len(neurons) - len(late) :])
        self._chunks = list(other._chunks)
        self._n_spikes, self.n_dropped = other._n_spikes, other.n_dropped
        self._n_bytes = other._n_bytes
        self._end, self._held_from = other._end, other._held_from
        self.lost_until = other.lost_until
        self._lineage.go_on_from(other._lineage, other._end)

    def __len__(self) -> int:
        return self._n_spikes

    @property
    def nbytes(self) -> int:
        """Memory of what is held."""
        return self._n_bytes

    @property
    def known_from(self) -> int:
        """The step from which on all spikes are held."""
        return max(self._held_from, self._first_kept)

    def size_from(self, step: int) -> int:
        """Bytes of what was recorded from about ``step`` on."""
        return sum(_size_from(chunk, step) for chunk in self._chunks if chunk[0][-1] >= step)

    def steps_and_neurons(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Step index and neuron of every spike, by step, then by neuron."""
        chunks = list(self._chunks)
        if not chunks:
            return np.zeros(0, np.int64), np.zeros(0, np.int32)
        steps = np.concatenate([np.repeat(steps, counts) for steps, counts, _ in chunks])
        neurons = np.concatenate([neurons for _, _, neurons in chunks])
        first_kept = np.searchsorted(steps, self._first_kept)
        return steps[first_kept:], neurons[first_kept:]

    def latest(
        self, most: int, at_once: int
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int32]]]:
        """Step index and neuron of the latest ``most`` spikes, about ``at_once`` at a time.

        What is recorded meanwhile does not come. Each piece is a copy, so that a reader that keeps
        it keeps no more than that, and needs memory for no more than one at a time.
        """
        chunks, first_kept = list(self._chunks), self._first_kept
        n_before = sum(len(neurons) for _, _, neurons in chunks) - most
        for steps, counts, neurons in chunks:
            skipped = max(0, n_before)
            n_before -= len(neurons)
            if n_before >= 0:
                continue
            ends = np.cumsum(counts)
            known = int(np.searchsorted(steps, first_kept))
            skipped = max(skipped, int(ends[known - 1]) if known else 0)
            for begin in range(skipped, len(neurons), at_once):
                end = min(begin + at_once, len(neurons))
                first, last = np.searchsorted(ends, [begin, end - 1], side="right")
                rows = slice(first, last + 1)
                numbers = np.diff(np.clip(ends[rows], begin, end), prepend=begin)
                yield np.repeat(steps[rows], numbers), neurons[begin:end].copy()

    @property
    def _first_kept(self) -> int:
        return 0 if self.keep is None else self._end - self.keep

    def counts(self, begin: int, width: int, n: int) -> NDArray[np.int64]:
        """Spikes (n,) of all neurons in each of ``n`` spans of ``width`` steps from ``begin`` on.

        Only what lies there is read: a record may hold hours.
        """
        found = np.zeros(n, np.int64)
        for steps, counts, _ in list(self._chunks):
            first, last = np.searchsorted(steps, [begin, begin + n * width])
            np.add.at(found, (steps[first:last] - begin) // width, counts[first:last])
        return found

    def frame(self) -> pd.DataFrame:
        """Columns ``time`` (ms, the beginning of the step) and ``neuron``."""
        return spike_frame(*self.steps_and_neurons(), self._dt)


def _size_from(chunk: tuple[NDArray, ...], step: int) -> int:
    """Bytes of the part of a chunk from about ``step`` on."""
    steps = chunk[0]
    n = len(steps) - int(np.searchsorted(steps, step))
    return size_of(chunk) * n // len(steps)


def spike_frame(steps: NDArray[np.int64], neurons: NDArray[np.int32], dt: float) -> pd.DataFrame:
    """Columns ``time`` (ms, the beginning of the step) and ``neuron``."""
    import pandas as pd

    frame = pd.DataFrame({"time": steps * dt, "neuron": neurons})
    frame.attrs["units"] = {"time": "ms"}
    return frame


def trace_frame(
    times: NDArray[np.floating], values: NDArray, neurons: NDArray[np.int32], unit: str
) -> pd.DataFrame:
    """One row a time (ms), one column a neuron."""
    import pandas as pd

    index = pd.Index(times, name="time")
    columns = pd.Index(neurons, name="neuron")
    frame = pd.DataFrame(values, index=index, columns=columns)
    frame.attrs["units"] = {"time": "ms", "values": unit}
    return frame


def _joined(chunks: list[NDArray]) -> NDArray:
    """The rows of all chunks; not copied where they lie side by side in one array already."""
    whole = chunks[0].base
    if (
        whole is None
        or any(chunk.base is not whole for chunk in chunks)
        or whole.shape[1:] != chunks[0].shape[1:]
        or not all(array.flags.c_contiguous for array in (whole, *chunks))
    ):
        return np.concatenate(chunks)
    begins = [chunk.ctypes.data for chunk in chunks]
    ends = [begin + chunk.nbytes for begin, chunk in zip(begins, chunks, strict=True)]
    if begins[1:] != ends[:-1] or whole.nbytes == 0:
        return np.concatenate(chunks)
    first = (begins[0] - whole.ctypes.data) // (whole.nbytes // len(whole))
    return whole[first : first + sum(len(chunk) for chunk in chunks)]


def _begin_anew(record: SpikeRecord | TraceRecord, other: SpikeRecord | TraceRecord) -> int:
    """Let a sink hold what ``record`` and ``other`` have in common; the step where that ends."""
    parting = record._lineage.parting(other._lineage)
    begin = min(record._end, other._end, *([] if parting is None else [parting]))
    record.sink.cut(begin)
    if begin < other._held_from < other._end:
        lacking = f"{begin * record._dt:g} to {other._held_from * record._dt:g} ms"
        warnings.warn(
            f"{record.sink.where}: it lacks what happened from {lacking}, which memory no longer "
            f"held when the snapshot was taken; record with a longer 'keep'.",
            stacklevel=7,
        )
    return begin


class TraceRecord:
    """One variable of chosen neurons or synapses, sampled in every ``period``-th step.

    Parameters
    ----------
    neurons
        Which; one column each.
    dt
        ms
    keep
        How many of the latest steps are kept; None for all.
    unit
        Of the values, as text.
    moment
        When in its step a sample is taken: "end", or before its time has passed.
    """

    def __init__(
        self,
        neurons: NDArray[np.int32],
        dt: float,
        *,
        keep: int | None = None,
        unit: str = "",
        moment: str = "end",
    ) -> None:
        self.neurons = neurons
        self.keep = keep
        self.unit = unit
        self.moment = moment
        self.sink: Any = None  # takes everything that is appended, too
        self.n_dropped = 0  # samples
        self._end = 0  # the step after that of the last sample
        self._held_from = 0  # the step from which on nothing was dropped
        self._lineage = Lineage()
        self._dt = dt
        # SAFETY: guards the chunks; a cell may read what a running network appends to.
        self._lock = threading.Lock()
        self._chunks: list[tuple[NDArray[np.int64], NDArray]] = []  # steps and their samples
        self._room: Room[tuple[NDArray, NDArray]] = Room()
        self._n_bytes = 0
        self.lost_until = 0  # the step before which samples may have gone for lack of room

    def append(self, steps: NDArray[np.int64], values: NDArray) -> None:
        if not len(steps):
            return
        if self.sink is not None:
            self.sink.append(steps, values)
        with self._lock:
            self._end = int(steps[-1]) + 1
            self._chunks.append((steps, values))
            self._n_bytes += size_of(self._chunks[-1])
            if self.keep is not None:
                while self._chunks[0][0][-1] <= steps[-1] - self.keep:
                    self._drop()

    def trim(self, n_bytes: int) -> None:
        """Drop the oldest samples beyond about ``n_bytes`` of memory.

        Called after each slice of a network that plays; the newest chunks become one. What a run
        with an end records lies side by side already.
        """
        with self._lock:
            newest = []  # the slice in which a network is paused is not followed by a call
            while not self._room.holds(self._chunks) and len(newest) < MOST_APART:
                newest.append(self._chunks.pop())
            for chunk in reversed(newest):
                self._room.add(self._chunks, chunk, self._n_bytes)
            held_from = self._held_from
            self._drop_beyond(n_bytes)
            if self._held_from > held_from:
                self.lost_until = self._held_from

    def _drop_beyond(self, n_bytes: int) -> None:
        while self._n_bytes > n_bytes and self._chunks:
            steps, excess = self._chunks[0][0], self._n_bytes - n_bytes
            size = size_of(self._chunks[0])
            if size <= excess and len(self._chunks) > 1:
                self._drop()
            elif excess > n_bytes * SPARE:  # of a long chunk that somebody read
                self._drop(-(-excess * len(steps) // size))
            else:
                return

    def forget_until(self, step: int) -> None:
        """Drop what was before ``step``, as far as memory can be given back for it."""
        with self._lock:
            while self._chunks and self._chunks[0][0][-1] < step:
                self._drop()
                self.lost_until = self._held_from

    def _drop(self, n: int | None = None) -> None:
        """Forget the oldest chunk, or its first ``n`` samples."""
        steps, values = self._chunks[0]
        n = len(steps) if n is None else n
        rest = [] if n >= len(steps) else [(steps[n:].copy(), values[n:].copy())]
        self._n_bytes += sum(map(size_of, rest)) - size_of(self._chunks[0])
        self._chunks[:1] = rest
        self._held_from = int(steps[n - 1]) + 1
        self.n_dropped += n

    def clear(self) -> None:
        if self.sink is not None:
            self.sink.cut(0)
        self._lineage.leave(0)
        with self._lock:
            self._chunks = []
            self._n_bytes = self.n_dropped = self._end = self._held_from = self.lost_until = 0

    @property
    def steps(self) -> NDArray[np.int64]:
        """The step of each sample."""
        return self.steps_and_samples()[0]

    def cut(self, step: int) -> None:
        """Forget what happened from ``step`` on; a sink forgets it, too."""
        self.lost_until = min(self.lost_until, step)
        if self._end > step:
            self._lineage.leave(step)
            self._end = step
            if self.sink is not None:
                self.sink.cut(step)
        with self._lock:
            ends = [int(np.searchsorted(steps, step)) for steps, _ in self._chunks]
            chunks = zip(self._chunks, ends, strict=True)
            self._chunks = [(steps[:end], values[:end]) for (steps, values), end in chunks if end]
            self._n_bytes = sum(map(size_of, self._chunks))

    def copy(self) -> TraceRecord:
        """What is held now, without a sink; the two share memory that nobody writes to."""
        other = TraceRecord(
            self.neurons, self._dt, keep=self.keep, unit=self.unit, moment=self.moment
        )
        other.take_over(self)
        return other

    def take_over(self, other: TraceRecord) -> None:
        """Hold what ``other`` holds, and let a sink hold it, too."""
        if self.sink is not None:
            begin = _begin_anew(self, other)
            for steps, values in other._chunks:
                n = int(np.searchsorted(steps, begin))
                if n < len(steps):
                    self.sink.append(steps[n:], values[n:])
        with self._lock:
            self._chunks, self._n_bytes = list(other._chunks), other._n_bytes
        self.n_dropped, self._end = other.n_dropped, other._end
        self._held_from, self.lost_until = other._held_from, other.lost_until
        self._lineage.go_on_from(other._lineage, other._end)

    def is_like(self, other: TraceRecord) -> bool:
        """Whether both have samples of the same elements at the same moment of a step."""
        return self.moment == other.moment and np.array_equal(self.neurons, other.neurons)

    @property
    def times(self) -> NDArray[np.floating]:
        """Time of each sample (ms): the end of its step, or its beginning."""
        return self._times(self.steps)

    def _times(self, steps: NDArray[np.int64]) -> NDArray[np.floating]:
        return (steps + (self.moment == "end")) * self._dt

    @property
    def samples(self) -> NDArray:
        """(n_samples, n_neurons)"""
        return self.steps_and_samples()[1]

    def size_from(self, step: int) -> int:
        """Bytes of what was recorded from about ``step`` on."""
        with self._lock:
            return sum(_size_from(chunk, step) for chunk in self._chunks if chunk[0][-1] >= step)

    @property
    def nbytes(self) -> int:
        """Memory of what is held."""
        return self._n_bytes

    def steps_and_samples(self) -> tuple[NDArray[np.int64], NDArray]:
        """Step of each sample (n,), and the samples (n, n_neurons), of one moment of a run."""
        with self._lock:
            chunks = list(self._chunks)
        if not chunks:
            return np.zeros(0, np.int64), np.zeros((0, len(self.neurons)))
        all_steps, all_values = zip(*chunks, strict=True)
        joined = chunks[0]
        if len(chunks) > 1:  # outside the lock: a run does not wait for the copy
            joined = np.concatenate(all_steps), _joined(list(all_values))
        n = 0
        if self.keep is not None:
            steps = joined[0]
            n = int(np.searchsorted(steps, steps[-1] - self.keep, side="right"))
        with self._lock:
            # The last one may have grown meanwhile, and stays apart then.
            end, n_joined = len(chunks), len(joined[0])
            if len(self._chunks) < end or self._chunks[end - 1] is not chunks[-1]:
                end, n_joined = end - 1, n_joined - len(chunks[-1][0])
            held = self._chunks[:end]
            if len(held) == end > 0 and held[0] is chunks[0] and held[-1] is chunks[end - 1]:
                # So that asking again costs nothing.
                self._chunks[:end] = [(joined[0][:n_joined], joined[1][:n_joined])]
                if n:
                    self._drop(min(n, n_joined))
        return joined[0][n:], joined[1][n:]

    def times_and_samples(self) -> tuple[NDArray[np.floating], NDArray]:
        """Time of each sample (ms, (n,)), and the samples (n, n_neurons), of one moment."""
        steps, samples = self.steps_and_samples()
        return self._times(steps), samples

    def frame(self) -> pd.DataFrame:
        """One row a time (ms), one column a neuron or synapse."""
        steps, samples = self.steps_and_samples()
        return trace_frame(self._times(steps), samples, self.neurons, self.unit)


class Traces(Mapping[str, NDArray]):
    """The traces of one population: ``traces["v"]`` is an array (time, neuron)."""

    def __init__(self, records: Mapping[str, Any], owner: str) -> None:
        self._records = records
        self._owner = owner

    def __repr__(self) -> str:
        known = ", ".join(
            f"{name} (neurons: {len(record.neurons)})" for name, record in self._records.items()
        )
        return f"Traces of '{self._owner}': {known or 'none'}"

    def __getitem__(self, variable: str) -> NDArray:
        return self._record(variable).samples

    def __iter__(self) -> Iterator[str]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)

    def _record(self, variable: str) -> TraceRecord:
        if variable not in self._records:
            known = ", ".join(self._records) or "nothing"
            raise KeyError(
                f"Traces of '{self._owner}': '{variable}' was not recorded ({known} was); call "
                f"net.record(..., ['{variable}']) before the run."
            )
        return self._records[variable]

    @property
    def times(self) -> NDArray[np.floating]:
        """Times (ms) of the samples, the same for all variables unless recorded apart."""
        return next(iter(self._records.values())).times if self._records else np.zeros(0)

    def times_of(self, variable: str) -> NDArray[np.floating]:
        return self._record(variable).times

    def neurons(self, variable: str) -> NDArray[np.int32]:
        """The neurons that the columns of ``variable`` belong to."""
        return self._record(variable).neurons

    def frame(self, variable: str) -> pd.DataFrame:
        """A variable as a table: one row a time (ms), one column a neuron."""
        return self._record(variable).frame()

    def unit(self, variable: str) -> str:
        """The unit of the values, as text; empty where the model gives none."""
        return self._record(variable).unit
