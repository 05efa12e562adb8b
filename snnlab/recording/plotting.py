"""What of a run is to be drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

    from snnlab.recording.export import TracesOf
    from snnlab.recording.results import TraceRecord
    from snnlab.recording.store import StoredTrace

MOST_COLUMNS = 20  # neurons of one recording that are looked at
POTENTIALS = ("v", "V", "V_m", "vm")  # a spike is a stroke above them


@dataclass(frozen=True)
class SpikesOf:
    """Spikes of a population that are to be drawn."""

    population: str
    chosen: NDArray[np.int32]  # (n,) the neurons that have a place in the raster, ascending
    times: NDArray[np.floating]  # (n_spikes,) ms
    neurons: NDArray[np.integer]  # (n_spikes,)


@dataclass(frozen=True)
class SamplesOf:
    """Samples of a variable of some neurons or synapses that are to be drawn."""

    owner: str
    variable: str
    unit: str  # "" when the model gives none
    times: NDArray[np.floating]  # (n_samples,) ms
    values: NDArray[np.floating]  # (n_samples, n)
    elements: NDArray[np.int32]  # (n,) neurons or synapses
    n_recorded: int  # of how many these are the first
    marks_spikes: bool  # each spike of the neuron is a stroke above its line


@dataclass(frozen=True)
class RecordedRun:
    """What was recorded from ``begin`` to ``end`` (ms)."""

    begin: float
    end: float
    dt: float  # ms
    spikes: Sequence[SpikesOf]
    samples: Sequence[SamplesOf]
    inhibits: Mapping[str, bool]  # all populations in order, for their colours


def recorded_parts(
    spikes: Mapping[str, pd.DataFrame],
    traces: TracesOf,
    *,
    sizes: Mapping[str, int],
    chosen: Mapping[str, NDArray[np.int32] | None],
    span: tuple[float, float],
    dt: float,
    inhibits: Mapping[str, bool],
) -> RecordedRun:
    """What happened from the first to the second time of ``span`` (ms).

    Parameters
    ----------
    spikes, traces
        All that was recorded, by owner; traces by variable, too.
    sizes
        How many neurons each population has.
    chosen
        What is drawn, and which neurons or synapses where not all; empty for everything.
    dt
        ms
    inhibits
        All populations in order.
    """
    begin, end = span
    drawn = []
    for name, table in spikes.items():
        if chosen and name not in chosen:
            continue
        wanted = chosen.get(name)
        times, neurons = table["time"].to_numpy(), table["neuron"].to_numpy()
        known = (times >= begin) & (times <= end)
        if wanted is not None:
            known &= np.isin(neurons, wanted)
        all_of_it = np.arange(sizes[name], dtype=np.int32)
        places = all_of_it if wanted is None else wanted
        drawn.append(SpikesOf(name, places, times[known], neurons[known]))
    samples = []
    for owner, records in traces.items():
        if chosen and owner not in chosen:
            continue
        for variable, record in records.items():
            some = _samples(owner, variable, record, chosen.get(owner), span)
            if len(some.times) and len(some.elements):
                samples.append(some)
    return RecordedRun(begin, end, dt, drawn, samples, inhibits)


def _samples(
    owner: str,
    variable: str,
    record: TraceRecord | StoredTrace,
    wanted: NDArray[np.int32] | None,
    span: tuple[float, float],
) -> SamplesOf:
    times, values = record.times_and_samples()
    first = int(np.searchsorted(times, span[0]))
    last = int(np.searchsorted(times, span[1] * (1 + 1e-12), side="right"))
    elements = record.neurons
    columns = np.arange(len(elements)) if wanted is None else np.isin(elements, wanted).nonzero()[0]
    columns = columns[:MOST_COLUMNS]
    return SamplesOf(
        owner,
        variable,
        record.unit,
        times[first:last],
        values[first:last][:, columns],
        elements[columns],
        len(elements) if wanted is None else int(np.isin(elements, wanted).sum()),
        variable.rpartition(".")[2] in POTENTIALS,
    )


def checked_span(
    where: str, begin: object, end: object, *, last: float, error: type[Exception]
) -> tuple[float, float]:
    """The times (ms) between which a run of ``last`` ms is drawn; None for its ends.

    Raises
    ------
    error
        If they are no times, or nothing lies between them.
    """
    times = []
    for name, given, default in (("begin", begin, 0.0), ("end", end, last)):
        time = default if given is None else given
        if not isinstance(time, int | float | np.integer | np.floating) or not np.isfinite(time):
            raise error(f"{where}: {name} = {given!r}; give a time in ms, or none.")
        times.append(float(time))
    start, stop = times
    if not start < min(stop, last):
        raise error(
            f"{where}: nothing lies between begin = {start:g} ms and end = {stop:g} ms; give times "
            f"from 0 to {last:g} ms, the first one before the second."
        )
    return max(start, 0.0), min(stop, last)
