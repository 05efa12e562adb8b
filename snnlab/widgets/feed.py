"""What a dashboard shows of its network: streams in, columns of a window out.

A feed knows neither threads nor messages; the pump calls it from one thread at a time.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnlab.network.plotting import inhibiting
from snnlab.plots.frames import History, RasterColumns, TraceColumns, Window, stack_bands
from snnlab.plots.live import Picture
from snnlab.plots.palette import Colour, population_colours, trace_colours
from snnlab.plots.traces import Trace, Traced
from snnlab.recording.blocks import size_of
from snnlab.recording.streams import Piece, join
from snnlab.widgets.earlier import Earlier

SPIKE_HISTORY = 1_000_000  # spikes of one population
RECALLED = 2**15  # spikes in a piece of what is recalled: old ones are forgotten piece by piece
TRACE_HISTORY = 1_000_000  # samples of one stream
LONG = 64 * 2**10  # bytes of pieces, in the mean, that are taken as they came
FIRST_TRACES = 4
DURATIONS = (20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0, 10000.0)  # ms


def picture_of(
    network: Any,
    traced: Sequence[Traced] | None = None,
    hues: Mapping[Traced, Colour | None] = MappingProxyType({}),
) -> Picture:
    """Every spiking population, and the traces asked for or else one of each first population.

    Traces keep the ``hues`` that they have; None: their population's.
    """
    populations = dict(network.populations)  # a cell may add another one meanwhile
    colour_of = colours_of(network)
    spiking = {
        name: population.size
        for name, population in populations.items()
        if population.neuron.model.spiking
    }
    wanted = first_traces(network) if traced is None else traced
    shown = [trace for trace in wanted if trace[0] in populations]
    before = [hues[trace] or colour_of[trace[0]] if trace in hues else None for trace in shown]
    colours = trace_colours([name for name, _, _ in shown], colour_of, before)
    return Picture(
        stack_bands(spiking),
        tuple(colour_of[name] for name in spiking),
        tuple(
            Trace(name, variable, neuron, unit_of(populations[name].neuron.model, variable), colour)
            for (name, variable, neuron), colour in zip(shown, colours, strict=True)
        ),
    )


def colours_of(network: Any) -> dict[str, Colour]:
    """The colour of each population: warm for those that inhibit."""
    inhibits = inhibiting(network)
    colours = population_colours(list(inhibits.values()))
    return dict(zip(inhibits, colours, strict=True))


def first_traces(network: Any) -> tuple[Traced, ...]:
    """The first neuron of each of the first populations."""
    found: list[Traced] = []
    for name, population in list(network.populations.items()):
        variable = traced_variable(population.neuron.model)
        if variable is not None and len(found) < FIRST_TRACES:
            found.append((name, variable, 0))
    return tuple(found)


def traced_variable(model: Any) -> str | None:
    """The variable of a neuron that a trace shows first: v, r or the first one."""
    local = [variable.name for variable in model.variables if variable.locality == "local"]
    preferred = [name for name in local if name in ("v", "V", "V_m", "r", "u")]
    return next(iter([*preferred, *local]), None)


def unit_of(model: Any, variable: str) -> str:
    units = {known.name: known.unit for known in model.variables}
    unit = units[variable]
    return unit.name if unit is not None else ""


@dataclass(frozen=True)
class EarlierContent:
    """What the run that was left by going back did in the window."""

    text: str  # what is different now
    samples: list[tuple[NDArray[np.float64], NDArray[np.floating]]]  # of each trace, may be empty
    rates: NDArray[np.floating]  # (column, band), nan where it is not known


@dataclass(frozen=True)
class Content:
    """All that lies in the window, not decimated; times in ms."""

    picture: Picture
    spikes: list[tuple[NDArray[np.float64], NDArray[np.integer]]]  # of each band: times, neurons
    samples: list[tuple[NDArray[np.float64], NDArray[np.floating]]]  # of each trace: times, values
    column_times: NDArray[np.floating]  # (column,) middle of each full column
    rates: NDArray[np.floating]  # (column, band) in spikes per second and neuron
    earlier: EarlierContent | None = None  # if a run was left


@dataclass
class _Source:
    """One stream of the network with its newest samples."""

    history: History
    stream: Any = None  # while somebody looks
    recalled: int = -1  # newest step taken from the network's record

    def close(self) -> None:
        if self.stream is not None:
            self.stream.close()
        self.stream = None


class Feed:
    """Streams of the shown populations and the columns made of them."""

    def __init__(self, network: Any, picture: Picture, duration: float) -> None:
        self.picture = picture
        self.open = False
        self._network = network
        self._spikes: dict[str, _Source] = {}  # by population
        self._samples: dict[Traced, _Source] = {}
        self._pinned: dict[Traced, _Source] = {}  # followed, but in no figure
        self._last_step = -1
        self._n_moves = network.n_moves
        self._lineage = network.lineage.copy()  # of what is known here
        self.earlier = Earlier(network)
        self._make_sources()
        self._set_window(Window.of(duration, network.dt))

    def _make_sources(self) -> None:
        """One source for all that the picture shows; those that there are stay."""
        self._spikes = {
            band.population: self._spikes.get(band.population) or _Source(History(SPIKE_HISTORY))
            for band in self.picture.bands
        }
        self._samples = {
            trace.key: self._samples.get(trace.key) or _Source(History(TRACE_HISTORY))
            for trace in self.picture.traces
        }

    @property
    def window(self) -> Window:
        return self._raster.ring.window

    @property
    def newest(self) -> int:
        """The newest column, -1 before the first step."""
        return self._last_step // self.window.column_steps

    @property
    def oldest(self) -> int:
        return self._raster.ring.oldest

    @property
    def start(self) -> int:
        """The first step of the window."""
        return self.oldest * self.window.column_steps

    @property
    def end(self) -> int:
        """How many steps there are of which all is known."""
        return self._last_step + 1

    def pin(self, keys: Iterable[Traced]) -> None:
        """Follow these variables of neurons, and no others, beside those of the picture."""
        before = self._pinned
        self._pinned = {key: before.get(key) or _Source(History(TRACE_HISTORY)) for key in keys}
        for key, source in before.items():
            if key not in self._pinned:
                source.close()
        if self.open:
            self._open_streams()

    def samples(self, key: Traced) -> tuple[NDArray[np.int64], NDArray[np.floating]]:
        """Steps and values of a pinned variable, from the beginning of the window."""
        chunks = self._pinned[key].history.since(self.start)
        if not chunks:
            return np.zeros(0, np.int64), np.zeros(0)
        steps = np.concatenate([chunk[0] for chunk in chunks])
        return steps, np.concatenate([chunk[1] for chunk in chunks]).reshape(len(steps))

    def counts(self, population: str, start: int, end: int, bin_steps: int) -> NDArray[np.float64]:
        """Spikes of a population in bins from step ``start`` to before ``end``, (bin,).

        The first bins are left out where the spikes of then are no longer known.
        """
        history = self._spikes[population].history
        chunks = history.since(start)
        if chunks and history.forgetful:
            start += -(-max(0, int(chunks[0][0][0]) + 1 - start) // bin_steps) * bin_steps
        counts = np.zeros(max(0, (end - start) // bin_steps))
        for steps, _ in chunks:
            bins = (steps[(steps >= start) & (steps < end)] - start) // bin_steps
            counts += np.bincount(bins, minlength=len(counts))
        return counts

    def listen(self) -> None:
        """Ask the engine for spikes and traces from now on, and recall the spikes until now."""
        self.open = True
        # Read first: the streams have what comes after it.
        self._last_step = self._network.step_index - 1
        self._open_streams()
        self._redraw(self.window)

    def _open_streams(self) -> None:
        """Open what is not yet open; recall the spikes of populations that are new."""
        populations = self._network.populations
        new = [name for name, source in self._spikes.items() if source.stream is None]
        for name in new:
            self._spikes[name].stream = self._network.stream_spikes(populations[name])
        for (name, variable, neuron), source in (*self._samples.items(), *self._pinned.items()):
            if source.stream is None:
                source.stream = self._network.stream_traces(
                    populations[name], variable, neurons=[neuron]
                )
        if new and self._network.step_index > 0:
            self.drain()  # until a step that the new streams begin before
            self._recall(new)

    def _recall(self, populations: Iterable[str]) -> None:
        """Take the spikes that the network has recorded, until the last step that is known.

        The record gets each slice before the streams, which were open at that step: what it holds
        may come again, and what is later will come.
        """
        for name in populations:
            source = self._spikes[name]
            source.history.clear()
            for steps, neurons in self._network.latest_spikes(name, SPIKE_HISTORY, RECALLED):
                source.history.append(steps, neurons)
            source.history.cut(self.end)
            source.recalled = source.history.newest

    def change(self, picture: Picture) -> None:
        """Show another picture; what it shares with the old one is drawn again."""
        before = [*self._spikes.values(), *self._samples.values()]
        self.picture = picture
        self._make_sources()
        kept = [*self._spikes.values(), *self._samples.values()]
        for source in before:
            if not any(source is other for other in kept):
                source.close()
        if self.open:
            self._set_window(self.window)  # of the new picture: what comes meanwhile is drawn
            self._open_streams()
        self._redraw(self.window)

    def release(self) -> None:
        """Give the engine its buffers back; what was drawn so far stays."""
        self.open = False
        for source in self._sources:
            source.close()

    def drain(self) -> bool:
        """Take what the engine has; return whether all must be shown anew, as time went back.

        What was before the time that it went back to stays, unless that was in another run.
        """
        # Read first: a later move is seen the next time.
        n_moves, lineage = self._network.n_moves, self._network.lineage.copy()
        parting, self._lineage = self._lineage.parting(lineage), lineage
        # All until the same step, which all have reached: a fast network goes on meanwhile.
        n_steps = self._network.step_index
        spikes = [_taken(source, n_steps) for source in self._spikes.values()]
        samples = [_taken(source, n_steps) for source in self._samples.values()]
        pinned = [_taken(source, n_steps) for source in self._pinned.values()]
        # A trace has a sample at every step: the first one tells where time went on from.
        firsts = [int(pieces[0][0][0]) for pieces in (*samples, *pinned) if pieces]
        went_on = min([n_steps, *firsts])
        moved, self._n_moves = n_moves != self._n_moves, n_moves
        restarted = moved or went_on <= self._last_step
        if restarted:
            # Of a state that came later than all that is known here, nothing is known.
            known = went_on if went_on <= self._last_step + 1 else 0
            self.cut(known if parting is None else min(known, parting))
        if n_steps > 0:  # first, so that what has left the window already is not drawn
            self._last_step = n_steps - 1
            self._raster.advance(self._last_step)
            self._traces.advance(self._last_step)
        for index, (source, pieces) in enumerate(zip(self._spikes.values(), spikes, strict=True)):
            unknown = [_later_than(source.recalled, piece) for piece in pieces]
            source.history.extend(unknown)
            for steps, neurons in unknown:
                self._raster.add(index, steps, neurons)
        for index, (source, pieces) in enumerate(zip(self._samples.values(), samples, strict=True)):
            source.history.extend(pieces)
            for steps, values in pieces:
                self._traces.add(index, steps, values)
        for source, pieces in zip(self._pinned.values(), pinned, strict=True):
            source.history.extend(pieces)
        if moved and self.open:
            self._recall(self._spikes)  # the record is that of the state that was put back
            self._redraw(self.window)
        left = self.earlier.refresh(self.picture, self.window)
        return restarted or left

    def cut(self, n_steps: int) -> None:
        """Time went back to ``n_steps``: forget what was later, draw what was before."""
        for key, source in self._samples.items():
            self.earlier.leave(key, source.history.cut(n_steps))
        for source in self._sources:
            source.history.cut(n_steps)
            source.recalled = min(source.recalled, n_steps - 1)
        self._last_step = n_steps - 1
        self._redraw(self.window)

    @property
    def _sources(self) -> tuple[_Source, ...]:
        return *self._spikes.values(), *self._samples.values(), *self._pinned.values()

    def forget(self) -> None:
        """Start again from an empty picture."""
        self.cut(0)
        for source in self._sources:
            source.history.clear()
            source.recalled = -1
        self._last_step = -1
        self._set_window(self.window)

    def show(self, duration: float) -> None:
        """Change the length of the window to ``duration`` ms and redraw it from the history."""
        self._redraw(Window.of(duration, self._network.dt))

    def _redraw(self, window: Window) -> None:
        self._set_window(window)
        self.earlier.draw(self.picture, window)
        if self._last_step >= 0:
            self._raster.advance(self._last_step)
            self._traces.advance(self._last_step)
        start = self.oldest * self.window.column_steps
        for index, source in enumerate(self._spikes.values()):
            for steps, neurons in source.history.since(start):
                self._raster.add(index, steps, neurons)
        for index, source in enumerate(self._samples.values()):
            for steps, values in source.history.since(start):
                self._traces.add(index, steps, values)

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
            **self.earlier.columns(first, last),
        }

    def points(
        self, start: float, end: float, rows: tuple[float, float], most: int
    ) -> tuple[int, dict[str, NDArray[Any]]]:
        """Each spike between two times (ms) and two heights of the raster.

        Returns
        -------
        How many there are, and their arrays unless they are more than ``most``: times (ms), rows
        (the height of a neuron's middle), bands and neurons.
        """
        dt = self._network.dt
        first, last = math.ceil(start / dt - 1e-9), math.ceil(end / dt - 1e-9)
        found = []
        for index, (band, source) in enumerate(
            zip(self.picture.bands, self._spikes.values(), strict=True)
        ):
            for steps, neurons in source.history.since(first):
                part = slice(*np.searchsorted(steps, [first, last]))
                heights = band.first_row + (neurons[part] + 0.5) * (band.n_rows / band.n_neurons)
                seen = (heights >= rows[0]) & (heights <= rows[1])
                found.append((steps[part][seen], heights[seen], index, neurons[part][seen]))
        count = sum(len(steps) for steps, *_ in found)
        if count > most:
            return count, {}
        nothing = np.zeros(0)
        bands = [np.full(len(steps), index, np.uint8) for steps, _, index, _ in found]
        return count, {
            "times": np.concatenate([nothing, *(steps * dt for steps, *_ in found)]),
            "rows": np.concatenate([nothing, *(one[1] for one in found)]).astype(np.float32),
            "bands": np.concatenate([np.zeros(0, np.uint8), *bands]),
            "neurons": np.concatenate(
                [np.zeros(0, np.int32), *(one[3].astype(np.int32) for one in found)]
            ),
        }

    def content(self) -> Content:
        """All that lies in the window."""
        window, dt = self.window, self._network.dt
        start = self.oldest * window.column_steps
        full = np.arange(self.oldest, max(self.newest, self.oldest))  # the newest is not full yet
        sizes = np.array([band.n_neurons for band in self.picture.bands], float)
        sums = self._raster.sums[full % window.n_columns].astype(float)
        hertz = 1000 / window.column_duration / sizes
        return Content(
            self.picture,
            # A sample is of the end of its step, a spike of its beginning.
            [_joined(source.history, start, 0, dt) for source in self._spikes.values()],
            [_joined(source.history, start, 1, dt) for source in self._samples.values()],
            (full + 0.5) * window.column_duration,
            sums * hertz,
            self._earlier_content(start, full, hertz),
        )

    def _earlier_content(
        self, start: int, full: NDArray[np.int64], hertz: NDArray[np.float64]
    ) -> EarlierContent | None:
        text = self.earlier.text
        if text is None:
            return None
        end, dt = (self.newest + 1) * self.window.column_steps, self._network.dt
        samples = []
        for trace in self.picture.traces:
            steps, values = self.earlier.samples(trace.key, start, end)
            samples.append(((steps + 1) * dt, values))
        sums = self.earlier.columns(int(full[0]), int(full[-1])) if len(full) else {}
        blank = np.zeros((0, len(self.picture.bands)))
        rates = sums.get("earlier_sums", blank) * hertz
        return EarlierContent(text, samples, rates)

    def _set_window(self, window: Window) -> None:
        self._raster = RasterColumns(self.picture.bands, window)
        self._traces = TraceColumns(len(self.picture.traces), window)

    def _spikes_of_traces(self, start: int) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Which trace spiked at which step, from step ``start`` on."""
        traces: list[NDArray[np.int32]] = [np.zeros(0, np.int32)]
        found: list[NDArray[np.float64]] = [np.zeros(0)]
        for index, trace in enumerate(self.picture.traces):
            source = self._spikes.get(trace.population)
            if source is None:
                continue
            for steps, neurons in source.history.since(start):
                new = int(np.searchsorted(steps, start))
                mine = steps[new:][neurons[new:] == trace.neuron]
                traces.append(np.full(len(mine), index, np.int32))
                found.append(mine.astype(np.float64))
        return np.concatenate(traces), np.concatenate(found)


def _joined(
    history: History, start: int, late: int, dt: float
) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Times (ms) and values from step ``start`` on."""
    chunks = history.since(start)
    if not chunks:
        return np.zeros(0), np.zeros(0)
    steps = np.concatenate([chunk[0] for chunk in chunks])
    values = np.concatenate([chunk[1] for chunk in chunks]).reshape(len(steps))
    known = steps >= start
    return (steps[known] + late) * dt, values[known]


def _taken(source: _Source, end: int) -> list[Piece]:
    """What is new in a stream before step ``end``, without what is left from another past."""
    pieces = source.stream.take_pieces(end) if source.stream is not None else []
    for index in range(len(pieces) - 1, 0, -1):
        if pieces[index - 1][0][-1] >= pieces[index][0][0]:
            return _in_few(pieces[index:])
    return _in_few(pieces)


def _later_than(step: int, piece: Piece) -> Piece:
    steps, values = piece
    if not len(steps) or steps[0] > step:
        return piece
    first = int(np.searchsorted(steps, step, side="right"))
    return steps[first:], values[first:]


def _in_few(pieces: list[Piece]) -> list[Piece]:
    """Short pieces joined: many of them would keep a page waiting.

    Each gives Python's lock away several times, and a network that computes in Python between short
    slices returns it after 5 ms.
    """
    if sum(map(size_of, pieces)) < LONG * len(pieces):
        return [join(pieces)]
    return pieces
