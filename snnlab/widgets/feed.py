"""What a dashboard shows of its network: streams in, columns of a window out.

A feed knows neither threads nor messages; the pump calls it from one thread at a time.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnlab.plots.frames import History, RasterColumns, TraceColumns, Window, stack_bands
from snnlab.plots.live import Picture
from snnlab.plots.palette import population_colours
from snnlab.plots.traces import Trace

SPIKE_HISTORY = 1_000_000  # spikes of one population
TRACE_HISTORY = 1_000_000  # samples of one stream
TRACES_PER_POPULATION = 1
MAX_TRACES = 4
DURATIONS = (20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0, 10000.0)  # ms


def picture_of(network: Any) -> Picture:
    """Choose what to show: every spiking population, and a neuron of each of the first ones."""
    populations = network.populations
    inhibiting = {
        projection.pre.name
        for projection in network.projections.values()
        if projection.target.lower().startswith(("inh", "gaba"))
    }
    colours = population_colours([name in inhibiting for name in populations])
    colour_of = dict(zip(populations, colours, strict=True))
    spiking = {
        name: population.size
        for name, population in populations.items()
        if population.neuron.model.spiking
    }
    traces: list[Trace] = []
    for name, population in populations.items():
        shown = traced_variable(population.neuron.model)
        if shown is None or len(traces) >= MAX_TRACES:
            continue
        variable, unit = shown
        neurons = range(min(TRACES_PER_POPULATION, population.size))
        traces += [Trace(name, variable, neuron, unit, colour_of[name]) for neuron in neurons]
    return Picture(stack_bands(spiking), tuple(colour_of[name] for name in spiking), tuple(traces))


def traced_variable(model: Any) -> tuple[str, str] | None:
    """The variable of a neuron that a trace shows first, and its unit: v, r or the first one."""
    local = [variable for variable in model.variables if variable.locality == "local"]
    preferred = [variable for variable in local if variable.name in ("v", "V", "V_m", "r", "u")]
    for variable in preferred or local:
        return variable.name, variable.unit.name if variable.unit is not None else ""
    return None


class Feed:
    """Streams of the shown populations and the columns made of them."""

    def __init__(self, network: Any, picture: Picture, duration: float) -> None:
        self.picture = picture
        self._network = network
        self._spike_streams: list[Any] = []
        self._trace_streams: list[Any] = []
        self._groups = _group(picture.traces)
        self._spikes = [History(SPIKE_HISTORY) for _ in picture.bands]
        self._samples = [History(TRACE_HISTORY) for _ in self._groups]
        self._recalled = [-1] * len(picture.bands)  # newest step taken from the network's record
        self._last_step = -1
        self._set_window(Window.of(duration, network.dt))

    @property
    def open(self) -> bool:
        return bool(self._spike_streams or self._trace_streams)

    @property
    def window(self) -> Window:
        return self._raster.ring.window

    @property
    def newest(self) -> int:
        """The newest column that all streams have reached, -1 before the first step.

        Spikes may be ahead of it: streams are taken one after the other while the engine goes on.
        """
        return self._last_step // self.window.column_steps

    @property
    def oldest(self) -> int:
        return self._raster.ring.oldest

    def listen(self) -> None:
        """Ask the engine for spikes and traces from now on, and recall the spikes until now."""
        populations = self._network.populations
        self._spike_streams = [
            self._network.stream_spikes(populations[band.population]) for band in self.picture.bands
        ]
        self._trace_streams = [
            self._network.stream_traces(populations[population], variable, neurons=neurons)
            for population, variable, neurons, _ in self._groups
        ]
        if self._network.step_index > 0:
            self._recall()

    def _recall(self) -> None:
        """Draw the window from the spikes that the network has recorded.

        The record is read after the streams were opened and gets each slice before them, so
        what it holds up to its newest spike may come again and what is later will come.
        """
        n_steps, record = self._network.step_index, self._network.spikes
        for index, band in enumerate(self.picture.bands):
            known = record[band.population].tail(SPIKE_HISTORY)
            steps = np.rint(known["time"].to_numpy() / self._network.dt).astype(np.int64)
            self._spikes[index].clear()
            self._spikes[index].append(steps, known["neuron"].to_numpy())
            self._recalled[index] = int(steps[-1]) if len(steps) else -1
        self._last_step = n_steps - 1
        self._redraw(self.window)

    def release(self) -> None:
        """Give the engine its buffers back; what was drawn so far stays."""
        for stream in (*self._spike_streams, *self._trace_streams):
            stream.close()
        self._spike_streams, self._trace_streams = [], []

    def drain(self) -> bool:
        """Take what the engine has; return whether time went back (a reset)."""
        n_steps = self._network.step_index
        restarted = n_steps <= self._last_step
        if restarted:
            self.forget()
        for index, stream in enumerate(self._spike_streams):
            steps, neurons = _until(n_steps, *stream.take())
            new = int(np.searchsorted(steps, self._recalled[index], side="right"))
            steps, neurons = steps[new:], neurons[new:]
            self._spikes[index].append(steps, neurons)
            self._raster.add(index, steps, neurons)
        for index, stream in enumerate(self._trace_streams):
            steps, values = _until(n_steps, *stream.take())
            self._samples[index].append(steps, values)
            self._traces.add(self._groups[index][3], steps, values)
        if n_steps > 0:
            self._last_step = n_steps - 1
            self._raster.advance(self._last_step)
            self._traces.advance(self._last_step)
        return restarted

    def forget(self) -> None:
        """Start again from an empty picture."""
        for history in (*self._spikes, *self._samples):
            history.clear()
        self._recalled = [-1] * len(self._recalled)
        self._last_step = -1
        self._set_window(self.window)

    def show(self, duration: float) -> None:
        """Change the length of the window to ``duration`` ms and redraw it from the history."""
        self._redraw(Window.of(duration, self._network.dt))

    def _redraw(self, window: Window) -> None:
        self._set_window(window)
        if self._last_step < 0:
            return
        self._raster.advance(self._last_step)
        self._traces.advance(self._last_step)
        start = self.oldest * self.window.column_steps
        for index, history in enumerate(self._spikes):
            for steps, neurons in history.since(start):
                self._raster.add(index, steps, neurons)
        for (_, _, _, first_trace), history in zip(self._groups, self._samples, strict=True):
            for steps, values in history.since(start):
                self._traces.add(first_trace, steps, values)

    def columns(self, first: int, last: int) -> dict[str, NDArray[Any]]:
        """The arrays of a frame for the columns first..last."""
        slots = self._raster.ring.slots(first, last)
        trace, step = self._spikes_of_traces(first * self.window.column_steps)
        return {
            "raster": self._raster.counts[slots],
            "sums": self._raster.sums[slots],
            "traces": self._traces.pairs(first, last),
            "spike_trace": trace,
            "spike_step": step,
        }

    def _set_window(self, window: Window) -> None:
        self._raster = RasterColumns(self.picture.bands, window)
        self._traces = TraceColumns(len(self.picture.traces), window)

    def _spikes_of_traces(self, start: int) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Which trace spiked at which step, from step ``start`` on."""
        band_of = {band.population: index for index, band in enumerate(self.picture.bands)}
        traces: list[NDArray[np.int32]] = [np.zeros(0, np.int32)]
        found: list[NDArray[np.float64]] = [np.zeros(0)]
        for index, trace in enumerate(self.picture.traces):
            if trace.population not in band_of:
                continue
            for steps, neurons in self._spikes[band_of[trace.population]].since(start):
                mine = steps[(neurons == trace.neuron) & (steps >= start)]
                traces.append(np.full(len(mine), index, np.int32))
                found.append(mine.astype(np.float64))
        return np.concatenate(traces), np.concatenate(found)


Group = tuple[str, str, list[int], int]  # population, variable, neurons, first trace


def _group(traces: Iterable[Trace]) -> list[Group]:
    """Neighbouring traces of one variable of one population share a stream."""
    groups: list[Group] = []
    for index, trace in enumerate(traces):
        if groups and groups[-1][:2] == (trace.population, trace.variable):
            groups[-1][2].append(trace.neuron)
        else:
            groups.append((trace.population, trace.variable, [trace.neuron], index))
    return groups


def _until(
    n_steps: int, steps: NDArray[Any], values: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Drop what is left in a stream from before a reset."""
    if len(steps) and steps[0] > steps[-1]:
        start = int(np.flatnonzero(np.diff(steps) < 0)[-1]) + 1
        return steps[start:], values[start:]
    return steps, values
