"""What a network records: from the request until it is read, cut back, or written to disk."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnlab.engine.schedule import steps
from snnlab.engine.simulator import Simulator
from snnlab.errors import NetworkError
from snnlab.network.activity import Activity
from snnlab.network.assembly import PopulationParts
from snnlab.network.elements import Elements, recorded_neurons, recorded_synapses
from snnlab.network.population import Group, Population, population_of
from snnlab.network.projection import Projection
from snnlab.network.recording import SPIKES, Recording
from snnlab.network.taps import Moment, Tap
from snnlab.network.values import beyond_counting, check_interval, is_number, time_text
from snnlab.recording import export
from snnlab.recording.results import SpikeRecord, TraceRecord, Traces
from snnlab.recording.store import RecordingStore
from snnlab.recording.streams import SpikeStream, TraceStream

MOMENTS = ("start", "arrival", "end")
BUDGET = 256.0  # MB
KEPT_BESIDE_STORE = 1000.0  # ms of what goes to disk that stay in memory


@dataclass(frozen=True, eq=False)
class Records:
    """What had been recorded."""

    spikes: dict[str, SpikeRecord]
    traces: dict[str, dict[str, TraceRecord]]


class Recordings:
    """All that one network records.

    Parameters
    ----------
    dt
        Time step (ms).
    simulator
        Between two of its steps other things are recorded than before.
    reschedule
        Called then: recording is a part of the step.
    """

    def __init__(self, dt: float, simulator: Simulator, reschedule: Callable[[], None]) -> None:
        self._dt = dt
        self._simulator = simulator
        self._reschedule = reschedule
        self.budget = BUDGET
        self.activities: dict[str, Activity] = {}
        self.spikes: dict[str, SpikeRecord] = {}
        self.traces: dict[str, dict[str, TraceRecord]] = {}
        self.taps: list[Tap] = []
        self.stores: dict[str, RecordingStore] = {}  # by path
        self.named: dict[tuple[str, str], Tap] = {}  # by owner and variable
        self.spike_streams: list[tuple[str, SpikeStream]] = []
        self.trace_streams: list[TraceStream] = []
        self._told_lost = False  # that something was not kept

    def add_population(self, name: str) -> None:
        """The spikes of a population are recorded in any case."""
        self.activities[name] = Activity(self._dt)
        self.spikes[name] = SpikeRecord(self._dt)
        self.traces[name] = {}

    def record(
        self,
        group: Group | Projection,
        variables: str | Iterable[str],
        *,
        every: float | None,
        neurons: Elements,
        synapses: Elements,
        moment: Moment,
        keep: float | None,
        to: str | os.PathLike[str] | None,
        name: str | None,
    ) -> Recording:
        """See `Network.record`."""
        owner = group if isinstance(group, Projection) else population_of(group)
        if (neurons if isinstance(group, Projection) else synapses) is not None:
            ends = ("neurons", "synapses")
            wrong, right = ends if isinstance(group, Projection) else reversed(ends)
            raise NetworkError(
                f"Network: {wrong} = ... was given for '{owner.name}'; use {right} = ..."
            )
        moment, kept = checked_moment(moment), kept_steps(keep, self._dt)
        if to is not None and kept is None:
            kept = max(1, round(KEPT_BESIDE_STORE / self._dt))
        check_interval("Network", "every", every, self._dt)
        if name is not None and (not isinstance(name, str) or not name):
            raise NetworkError(f"Network: name = {name!r}; give a text, or none.")
        spikes = None
        found: list[tuple[str, NDArray[np.int32]]] = []
        for variable in checked_variables(owner.name, variables):
            if isinstance(group, Projection):
                found.append((variable, recorded_synapses(group, variable, synapses)))
            elif variable == SPIKES:
                spikes = self.spikes[owner.name]
            else:
                found.append((variable, recorded_neurons(group, variable, neurons)))
        store = None if to is None else self._store_at(to)
        if spikes is not None:
            spikes.keep = kept
            if store is not None:
                spikes.sink = store.spikes(owner.name)
        taps: list[tuple[str, Tap]] = []
        records: dict[str, TraceRecord] = {}
        for variable, indices in found:
            record = TraceRecord(
                indices, self._dt, keep=kept, unit=_unit_of(owner, variable), moment=moment
            )
            known = variable if name is None else f"{name}.{variable}"
            if store is not None:
                dtype = owner.state.arrays[variable].dtype
                record.sink = store.traces(
                    owner.name, known, indices, dtype, unit=record.unit, moment=moment
                )
            before = self.named.get((owner.name, known))
            if before is not None:
                self._remove(before)
            tap = self._add(
                owner,
                variable,
                indices,
                every,
                record.append,
                record.clear,
                moment,
                keeps_all=kept is None,
            )
            self.named[owner.name, known] = tap
            self.traces.setdefault(owner.name, {})[known] = record
            taps.append((variable, tap))
            records[variable] = record
        return Recording(self, owner.name, taps, records, spikes)

    def _store_at(self, path: str | os.PathLike[str]) -> RecordingStore:
        """The store at ``path``: the one that is written already, or a new one."""
        path = export.checked_path("Recording", path)
        place = os.path.realpath(path)
        if place not in self.stores:
            self.stores[place] = RecordingStore(os.fspath(path), self._dt)
        return self.stores[place]

    def stream_spikes(self, population: Population) -> SpikeStream:
        """The spikes of a population as they come."""

        def close() -> None:
            self.spike_streams = [(n, s) for n, s in self.spike_streams if s is not stream]

        stream = SpikeStream(close)
        self.spike_streams = [*self.spike_streams, (population.name, stream)]
        return stream

    def stream_traces(
        self, population: Population, variable: str, neurons: Iterable[int], every: float | None
    ) -> TraceStream:
        """A variable of chosen neurons as it comes; in ascending order of the neurons."""
        indices = recorded_neurons(population, variable, list(neurons))

        def close() -> None:
            self.trace_streams = [other for other in self.trace_streams if other is not stream]
            self._remove(tap)

        stream = TraceStream(indices, close)
        tap = self._add(population, variable, indices, every, stream.put, stream.clear)
        self.trace_streams = [*self.trace_streams, stream]
        return stream

    def _add(
        self,
        owner: Population | Projection,
        variable: str,
        indices: NDArray[np.int32],
        every: float | None,
        put: Callable[[NDArray[np.int64], NDArray], None],
        clear: Callable[[], None],
        moment: Moment = "end",
        *,
        keeps_all: bool = False,
    ) -> Tap:
        period = 1 if every is None else steps(every, self._dt, what="every", least=1)
        tap = Tap(owner, variable, indices, period, put, clear, moment, keeps_all)
        self.change_taps(lambda taps: [*taps, tap])
        return tap

    def _remove(self, tap: Tap) -> None:
        self.change_taps(lambda taps: [t for t in taps if t is not tap])

    def change_taps(self, change: Callable[[list[Tap]], list[Tap]]) -> None:
        """Change who is recorded: between two steps, together with the schedule."""

        def carry_out() -> None:
            self.taps = change(self.taps)
            self._reschedule()

        self.submit(carry_out)

    def submit(self, command: Callable[[], None]) -> None:
        """Do ``command`` between two steps."""
        self._simulator.submit(command)

    # While it runs -----------------------------------------------------------------------

    def prepare(self, step: int, n_steps: int) -> None:
        """Make room for what ``n_steps`` will bring."""
        for tap in self.taps:
            if tap.is_linked:
                tap.prepare(step, n_steps, self._simulator.n_steps_left)

    def collect(
        self, populations: Mapping[str, PopulationParts], first_step: int, n_steps: int
    ) -> None:
        """Take over what ``n_steps`` brought."""
        for name, parts in populations.items():
            counts, neurons = parts.spikes.drain()
            if not len(counts):
                continue
            self.activities[name].append(first_step, counts)
            self.spikes[name].append(first_step, counts, neurons)
            streams = [s for owner, s in self.spike_streams if owner == name]
            if streams and len(neurons):
                when = np.repeat(np.arange(first_step, first_step + len(counts)), counts)
                for stream in streams:
                    stream.put(when, neurons)
        for tap in self.taps:
            if tap.is_linked and n_steps > 0:
                tap.collect(first_step + n_steps)

    def trim(self) -> None:
        """What plays without end is not to fill the memory: the oldest goes.

        A record that needs less than its share leaves the rest of it to the others.
        """
        records = self.records()
        left = share = int(self.budget * 1e6)
        for n, record in enumerate(sorted(records, key=lambda record: record.nbytes)):
            share = left // (len(records) - n)
            left -= min(share, record.nbytes)
        for record in records:
            record.trim(share)

    def records(self) -> list[SpikeRecord | TraceRecord]:
        """Of spikes and of traces."""
        # Copies, because a cell may add a population or a recording meanwhile.
        traces = [list(records.values()) for records in list(self.traces.values())]
        return [*list(self.spikes.values()), *(one for some in traces for one in some)]

    def in_progress(self) -> Iterator[tuple[str, str, Tap, TraceRecord]]:
        """Of what is recorded: owner, name, how it is taken and where it is kept."""
        for (owner, name), tap in self.named.items():
            if tap in self.taps and not tap.paused:
                yield owner, name, tap, self.traces[owner][name]

    # Another time ------------------------------------------------------------------------

    def clear(self) -> None:
        """Forget spikes and traces, also on disk; recording goes on."""
        for spikes in self.spikes.values():
            spikes.clear()
        for records in self.traces.values():
            for record in records.values():
                record.clear()

    def restart(self) -> None:
        """Time is 0 again: nothing has been recorded."""
        self.clear()
        for tap in self.taps:
            tap.restart()
        for _, stream in self.spike_streams:
            stream.clear()
        self._told_lost = False
        self._reschedule()

    def cut(self, step: int) -> None:
        """Forget what was recorded from ``step`` on."""
        for record in list(self.spikes.values()):
            record.cut(step)
        for records in list(self.traces.values()):
            for trace in list(records.values()):
                trace.cut(step)
        for stream in (*(stream for _, stream in self.spike_streams), *self.trace_streams):
            stream.cut(step)

    def copy(self) -> Records:
        """What has been recorded; no step runs meanwhile."""
        spikes = {name: record.copy() for name, record in list(self.spikes.items())}
        traces = {
            name: {variable: record.copy() for variable, record in list(records.items())}
            for name, records in list(self.traces.items())
        }
        return Records(spikes, traces)

    def move_to(self, step: int, common: int, saved: Records | None) -> None:
        """Let ``step`` be the next one, after what was ``saved``.

        Of what was not, steps before ``common`` stay: they are of the same past.
        """
        for name, record in self.spikes.items():
            if saved is not None and name in saved.spikes:
                record.take_over(saved.spikes[name])
                record.cut(step)
            else:
                record.cut(common)
        for name, traces in self.traces.items():
            known = {} if saved is None else saved.traces.get(name, {})
            for variable, trace in traces.items():
                if variable in known and trace.is_like(known[variable]):
                    trace.take_over(known[variable])
                    trace.cut(step)
                else:
                    trace.cut(common)
        for _, stream in self.spike_streams:
            stream.clear()
        kept = set(self.named.values())
        for tap in self.taps:
            tap.move(step)
            if tap not in kept:
                tap.forget()
        self._reschedule()

    def detach(self) -> list[RecordingStore]:
        """Write no more to disk; the stores that were written, for the caller to close."""
        for record in self.records():
            record.sink = None
        stores, self.stores = self.stores, {}
        return list(stores.values())

    # Reading -----------------------------------------------------------------------------

    def spike_tables(self) -> Mapping[str, Any]:
        """DataFrame (time in ms, neuron) of each population, made when it is asked for."""
        return _Frames(self.spikes, self._tell_lost)

    def all_traces(self) -> Mapping[str, Traces]:
        """Of each population and projection, by its name or itself."""
        for owner, records in list(self.traces.items()):
            for variable, record in list(records.items()):
                self._tell_lost(owner, f"samples of '{variable}'", record, stacklevel=4)
        return _AllTraces(
            {name: Traces(records, name) for name, records in list(self.traces.items())}
        )

    def _tell_lost(
        self, owner: str, what: str, record: SpikeRecord | TraceRecord, stacklevel: int = 3
    ) -> None:
        """Warn a reader, once, that what is read does not begin where the run began."""
        if self._told_lost or record.sink is not None or record.lost_until == 0:
            return
        self._told_lost = True
        warnings.warn(
            f"Network: {what} of '{owner}' before {record.lost_until * self._dt:.10g} ms are gone, "
            f"since a network that plays keeps the latest {self.budget:g} MB of its "
            f"recordings; raise net.recording_budget, or write them to a file with "
            f"net.record(..., to='run.zarr').",
            stacklevel=stacklevel,
        )


class _Frames(Mapping[str, Any]):
    def __init__(
        self,
        records: Mapping[str, SpikeRecord],
        tell_lost: Callable[[str, str, SpikeRecord], None],
    ) -> None:
        self._records = records
        self._tell_lost = tell_lost

    def __repr__(self) -> str:
        counts = (f"{name} ({len(record):,})" for name, record in list(self._records.items()))
        return f"Spikes of {', '.join(counts) or 'no population'}"

    def __getitem__(self, name: str | Population) -> Any:
        name = name.name if isinstance(name, Population) else name
        if name not in self._records:
            raise KeyError(
                f"Network: no population '{name}'; it has {', '.join(self._records) or 'none'}."
            )
        self._tell_lost(name, "spikes", self._records[name])
        return self._records[name].frame()

    def __iter__(self) -> Any:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)


class _AllTraces(dict[str, Traces]):
    def __missing__(self, name: object) -> Traces:
        if isinstance(name, Population | Projection):
            return self[name.name]
        raise KeyError(
            f"Network: no population or projection '{name}' with traces; there are "
            f"{', '.join(self) or 'none'}."
        )


def _unit_of(owner: Population | Projection, variable: str) -> str:
    unit = owner.state.variables.get(variable)
    return unit.unit.name if unit is not None and unit.unit is not None else ""


def checked_variables(owner: str, variables: object) -> list[str]:
    """The names of what is to be recorded.

    Raises
    ------
    NetworkError
        If they are no names, or there are none.
    """
    wanted = [variables] if isinstance(variables, str) else variables
    if not isinstance(wanted, Iterable) or not (names := list(wanted)):
        raise NetworkError(
            f"Network: {variables!r} of '{owner}' cannot be recorded; "
            f"name a variable, or several in a list."
        )
    for name in names:
        if not isinstance(name, str):
            raise NetworkError(
                f"Network: {name!r} of '{owner}' cannot be recorded; give names of variables."
            )
    return names


def checked_moment(moment: str) -> Moment:
    if moment not in MOMENTS:
        raise NetworkError(
            f"Network: moment = {moment!r}; choose 'start', 'arrival' or 'end' of a step."
        )
    return moment


def kept_steps(keep: float | None, dt: float) -> int | None:
    """``keep`` ms in steps; None for everything."""
    if keep is None:
        return None
    if not is_number(keep, above=0):
        raise NetworkError(f"Network: keep = {time_text(keep)}; give a time above 0 ms.")
    if beyond_counting(float(keep), dt):
        return None
    return steps(float(keep), dt, what="keep", least=1)
