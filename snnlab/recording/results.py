"""Recorded spikes and traces, kept in the chunks in which they arrive.

Knows steps, indices and arrays; nothing of populations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd


class SpikeRecord:
    """Spikes of one population since the last reset, oldest dropped beyond ``limit`` spikes."""

    def __init__(self, dt: float, limit: int = 50_000_000) -> None:
        self._dt = dt
        self._limit = limit
        self._chunks: list[tuple[int, NDArray[np.int64], NDArray[np.int32]]] = []
        self._n_spikes = 0
        self.n_dropped = 0

    def append(
        self, first_step: int, counts: NDArray[np.int64], neurons: NDArray[np.int32]
    ) -> None:
        """Add the spikes of ``len(counts)`` steps; ``neurons`` are in the order of the steps."""
        if len(neurons) == 0:
            return
        self._chunks.append((first_step, counts, neurons))
        self._n_spikes += len(neurons)
        while self._n_spikes > self._limit and len(self._chunks) > 1:
            dropped = len(self._chunks.pop(0)[2])
            self._n_spikes -= dropped
            self.n_dropped += dropped

    def clear(self) -> None:
        self._chunks.clear()
        self._n_spikes = self.n_dropped = 0

    def __len__(self) -> int:
        return self._n_spikes

    def steps_and_neurons(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Step index and neuron of every spike, by step, then by neuron."""
        chunks = list(self._chunks)
        if not chunks:
            return np.zeros(0, np.int64), np.zeros(0, np.int32)
        steps = [
            np.repeat(np.arange(first, first + len(counts)), counts) for first, counts, _ in chunks
        ]
        return np.concatenate(steps), np.concatenate([neurons for _, _, neurons in chunks])

    def frame(self) -> pd.DataFrame:
        """Columns ``time`` (ms, the beginning of the step) and ``neuron``."""
        import pandas as pd

        steps, neurons = self.steps_and_neurons()
        return pd.DataFrame({"time": steps * self._dt, "neuron": neurons})


class TraceRecord:
    """One variable of chosen neurons, sampled at the end of every ``period``-th step."""

    def __init__(self, neurons: NDArray[np.int32], dt: float) -> None:
        self.neurons = neurons
        self._dt = dt
        self._steps: list[NDArray[np.int64]] = []
        self._values: list[NDArray] = []

    def append(self, steps: NDArray[np.int64], values: NDArray) -> None:
        if len(steps):
            self._steps.append(steps)
            self._values.append(values)

    def clear(self) -> None:
        self._steps.clear()
        self._values.clear()

    @property
    def times(self) -> NDArray[np.floating]:
        """Time of each sample (ms): the end of its step."""
        if not self._steps:
            return np.zeros(0)
        return (np.concatenate(self._steps) + 1) * self._dt

    @property
    def samples(self) -> NDArray:
        """(n_samples, n_neurons)"""
        if not self._values:
            return np.zeros((0, len(self.neurons)))
        if len(self._values) > 1:
            self._values = [np.concatenate(self._values)]
            self._steps = [np.concatenate(self._steps)]
        return self._values[0]


class Traces(Mapping[str, NDArray]):
    """The traces of one population: ``traces["v"]`` is an array (time, neuron)."""

    def __init__(self, records: Mapping[str, TraceRecord], owner: str) -> None:
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
