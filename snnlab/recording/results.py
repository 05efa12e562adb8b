"""Recorded spikes and traces, kept in the chunks in which they arrive.

Knows steps, indices and arrays; nothing of populations.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

# Bytes of one record that a network keeps while it plays with no end in sight.
PLAYING_BUDGET = 256 * 2**20


class _Lineage:
    """Which run the recorded steps are of: a step from which on, and a mark, for each run.

    Two records that have a mark in common were one until the next mark of either.
    """

    def __init__(self) -> None:
        self._runs: tuple[tuple[int, object], ...] = ((0, object()),)

    def leave(self, step: int) -> None:
        """What comes from ``step`` on is of another run."""
        self._runs = (*(run for run in self._runs if run[0] < step), (step, object()))

    def go_on_from(self, other: _Lineage, step: int) -> None:
        """Be what ``other`` is until ``step``; what comes then is of a run of its own."""
        self._runs = other._runs
        self.leave(step)

    def parting(self, other: _Lineage) -> int | None:
        """The step from which on the two differ; None if they do not."""
        for mine, yours in zip_longest(self._runs, other._runs):
            if mine != yours:
                return min(run[0] for run in (mine, yours) if run is not None)
        return None


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
        self._chunks: list[tuple[int, NDArray[np.int64], NDArray[np.int32]]] = []
        self._n_spikes = 0
        self._end = 0  # the step after the last one that is recorded
        self._held_from = 0  # the step from which on nothing was dropped
        self._lineage = _Lineage()
        self.n_dropped = 0

    def append(
        self, first_step: int, counts: NDArray[np.int64], neurons: NDArray[np.int32]
    ) -> None:
        """Add the spikes of ``len(counts)`` steps; ``neurons`` are in the order of the steps."""
        if self.paused:
            return
        self._end = first_step + len(counts)
        if self.sink is not None:
            self.sink.append(first_step, counts, neurons)
        if len(neurons):
            self._chunks.append((first_step, counts, neurons))
            self._n_spikes += len(neurons)
        if self.keep is not None:
            oldest = self._end - self.keep
            while self._chunks and self._chunks[0][0] + len(self._chunks[0][1]) <= oldest:
                self._drop()
        if self._limit is not None:
            self._limit_to(self._limit)

    def trim(self, n_bytes: int) -> None:
        """Drop the oldest spikes beyond about ``n_bytes`` of memory."""
        self._limit_to(n_bytes // 4)

    def _limit_to(self, n_spikes: int) -> None:
        while self._n_spikes > n_spikes and len(self._chunks) > 1:
            self._drop()

    def _drop(self) -> None:
        first, counts, neurons = self._chunks.pop(0)
        self._held_from = first + len(counts)
        self._n_spikes -= len(neurons)
        self.n_dropped += len(neurons)

    def clear(self) -> None:
        if self.sink is not None:
            self.sink.cut(0)
        self._lineage.leave(0)
        self._chunks.clear()
        self._n_spikes = self.n_dropped = self._held_from = 0

    def cut(self, step: int) -> None:
        """Forget what happened from ``step`` on; a sink forgets it, too."""
        if self._end > step:
            self._lineage.leave(step)
            if self.sink is not None:
                self.sink.cut(step)
        kept = []
        for first, counts, neurons in self._chunks:
            n_steps = step - first
            if n_steps >= len(counts):
                kept.append((first, counts, neurons))
            elif n_steps > 0:
                kept.append((first, counts[:n_steps], neurons[: counts[:n_steps].sum()]))
        self._chunks = [chunk for chunk in kept if len(chunk[2])]
        self._n_spikes = sum(len(neurons) for _, _, neurons in self._chunks)
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
            for first, counts, neurons in other._chunks:
                n = max(0, begin - first)
                if n < len(counts):
                    self.sink.append(first + n, counts[n:], neurons[counts[:n].sum() :])
        self._chunks = list(other._chunks)
        self._n_spikes, self.n_dropped = other._n_spikes, other.n_dropped
        self._end, self._held_from = other._end, other._held_from
        self._lineage.go_on_from(other._lineage, other._end)

    def __len__(self) -> int:
        return self._n_spikes

    def steps_and_neurons(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Step index and neuron of every spike, by step, then by neuron."""
        chunks = list(self._chunks)
        if not chunks:
            return np.zeros(0, np.int64), np.zeros(0, np.int32)
        steps = np.concatenate(
            [np.repeat(np.arange(first, first + len(n)), n) for first, n, _ in chunks]
        )
        neurons = np.concatenate([neurons for _, _, neurons in chunks])
        if self.keep is None:
            return steps, neurons
        first_kept = np.searchsorted(steps, self._end - self.keep)
        return steps[first_kept:], neurons[first_kept:]

    def frame(self) -> pd.DataFrame:
        """Columns ``time`` (ms, the beginning of the step) and ``neuron``."""
        return spike_frame(*self.steps_and_neurons(), self._dt)


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
        self._lineage = _Lineage()
        self._dt = dt
        self._steps: list[NDArray[np.int64]] = []
        self._values: list[NDArray] = []

    def append(self, steps: NDArray[np.int64], values: NDArray) -> None:
        if not len(steps):
            return
        if self.sink is not None:
            self.sink.append(steps, values)
        self._end = int(steps[-1]) + 1
        self._steps.append(steps)
        self._values.append(values)
        if self.keep is not None:
            while self._steps[0][-1] <= steps[-1] - self.keep:
                self._drop()

    def trim(self, n_bytes: int) -> None:
        """Drop the oldest samples beyond about ``n_bytes`` of memory."""
        while len(self._values) > 1 and sum(v.nbytes for v in self._values) > n_bytes:
            self._drop()

    def _drop(self) -> None:
        steps = self._steps.pop(0)
        self._held_from = int(steps[-1]) + 1
        self.n_dropped += len(steps)
        self._values.pop(0)

    def clear(self) -> None:
        if self.sink is not None:
            self.sink.cut(0)
        self._lineage.leave(0)
        self._steps.clear()
        self._values.clear()
        self.n_dropped = self._end = self._held_from = 0

    @property
    def steps(self) -> NDArray[np.int64]:
        """The step of each sample."""
        self._join()
        return self._steps[0] if self._steps else np.zeros(0, np.int64)

    def cut(self, step: int) -> None:
        """Forget what happened from ``step`` on; a sink forgets it, too."""
        if self._end > step:
            self._lineage.leave(step)
            self._end = step
            if self.sink is not None:
                self.sink.cut(step)
        ends = [int(np.searchsorted(steps, step)) for steps in self._steps]
        chunks = zip(self._values, ends, strict=True)
        self._values = [values[:end] for values, end in chunks if end]
        self._steps = [steps[:end] for steps, end in zip(self._steps, ends, strict=True) if end]

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
            for steps, values in zip(other._steps, other._values, strict=True):
                n = int(np.searchsorted(steps, begin))
                if n < len(steps):
                    self.sink.append(steps[n:], values[n:])
        self._steps, self._values = list(other._steps), list(other._values)
        self.n_dropped, self._end = other.n_dropped, other._end
        self._held_from = other._held_from
        self._lineage.go_on_from(other._lineage, other._end)

    def is_like(self, other: TraceRecord) -> bool:
        """Whether both have samples of the same elements at the same moment of a step."""
        return self.moment == other.moment and np.array_equal(self.neurons, other.neurons)

    @property
    def times(self) -> NDArray[np.floating]:
        """Time of each sample (ms): the end of its step, or its beginning."""
        return (self.steps + (self.moment == "end")) * self._dt

    @property
    def samples(self) -> NDArray:
        """(n_samples, n_neurons)"""
        self._join()
        return self._values[0] if self._values else np.zeros((0, len(self.neurons)))

    def _join(self) -> None:
        """One chunk of everything that is kept."""
        if len(self._values) > 1:
            self._values = [_joined(self._values)]
            self._steps = [np.concatenate(self._steps)]
        if self.keep is not None and self._steps:
            first = np.searchsorted(self._steps[0], self._steps[0][-1] - self.keep, side="right")
            if first:
                self._held_from = int(self._steps[0][first - 1]) + 1
                self._values = [self._values[0][first:].copy()]
                self._steps = [self._steps[0][first:].copy()]
                self.n_dropped += int(first)

    def frame(self) -> pd.DataFrame:
        """One row a time (ms), one column a neuron or synapse."""
        return trace_frame(self.times, self.samples, self.neurons, self.unit)


class Traces(Mapping[str, NDArray]):
    """The traces of one population: ``traces["v"]`` is an array (time, neuron)."""

    def __init__(self, records: Mapping[str, Any], owner: str) -> None:
        self._records = records
        self._owner = owner

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
                f"Population '{self._owner}': '{variable}' was not recorded ({known} was); call "
                f"net.record(population, ['{variable}']) before the run."
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
