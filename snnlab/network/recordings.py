"""What `Network.record` asks for: which elements, when, how much of it is kept."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from snnlab.engine.schedule import steps
from snnlab.errors import NetworkError, SimulationError
from snnlab.network import assembly
from snnlab.network.assembly import WEIGHTED_SUM, PopulationParts, ProjectionParts
from snnlab.network.population import Population, PopulationView, population_of
from snnlab.network.projection import Projection
from snnlab.network.values import as_array, beyond_counting, is_number, time_text
from snnlab.recording import export
from snnlab.recording.results import SpikeRecord, TraceRecord

if TYPE_CHECKING:
    import pandas as pd

    from snnlab.engine.stepper import Recorder
    from snnlab.network.network import Network

Moment = Literal["start", "arrival", "end"]
MOMENTS = ("start", "arrival", "end")
SPIKES = "spikes"
Elements = Iterable[int] | slice | int | None


class Tap:
    """One variable of chosen elements on its way from the engine to a record or stream."""

    def __init__(
        self,
        owner: Population | Projection,
        variable: str,
        elements: NDArray[np.int32],
        period: int,
        put: Callable[[NDArray[np.int64], NDArray], None],
        clear: Callable[[], None],
        moment: Moment = "end",
        keeps_all: bool = False,
    ) -> None:
        self.owner = owner
        self.variable = variable
        self.elements = elements
        self.moment: Moment = moment
        self.paused = False
        self._keeps_all = keeps_all
        self.period = period
        self._put = put
        self._clear = clear
        self._next_step: int | None = None
        self._recorder: Recorder | None = None
        of_synapses = isinstance(owner, Projection) and _is_of_each(owner, variable)
        self._n_synapses = owner.size if of_synapses else None

    @property
    def recorder(self) -> Recorder:
        if self._recorder is None:
            raise SimulationError("Network: its recorders are not linked; build it first.")
        return self._recorder

    @property
    def is_linked(self) -> bool:
        return self._recorder is not None

    def link(
        self, parts: PopulationParts | ProjectionParts, step: int, n_threads: int
    ) -> assembly.Recorded:
        """Make the engine's recorder; the rhythm of the samples goes on."""
        if self._recorder is not None:
            self._next_step = self._recorder.next_step
        first = step if self._next_step is None else max(step, self._next_step)
        if isinstance(parts, ProjectionParts):
            projection = parts.projection
            if self._n_synapses not in (None, projection.size):
                raise SimulationError(
                    f"Projection '{projection.name}': it has {projection.size} synapses, and "
                    f"'{self.variable}' of {self._n_synapses} was to be recorded; stop that "
                    f"recording before synapses are created or pruned."
                )
            source = projection.state.arrays[self.variable]
            n_values = len(projection.state.values(self.variable))
            bounds = np.linspace(0, n_values, n_threads + 1).astype(np.int64)
            backend, what = projection.network._backend, "values"
        else:
            source = parts.population.state.arrays[self.variable]
            bounds, backend, what = parts.spikes.bounds, parts.backend, "neurons"
        make = backend.parts.Recorder
        recorder = make(source, self.elements, bounds, self.period, first)
        self._recorder = recorder
        return assembly.Recorded(
            self.owner.name,
            f"{self.variable} of {len(self.elements)} {what}",
            recorder,
            self.moment,
            synaptic=isinstance(parts, ProjectionParts),
        )

    def unlink(self) -> None:
        """No samples from now on; the next one is that of the step in which it is linked again."""
        self._recorder = None
        self._next_step = None

    def prepare(self, step: int, n_steps: int, n_expected: int) -> None:
        """Make room for ``n_steps``; ``n_expected`` steps follow from ``step`` on, if known."""
        self.recorder.prepare(step, n_steps, n_expected if self._keeps_all else 0)

    def collect(self, end: int) -> None:
        """Hand on the samples of a run that ended before step ``end``."""
        self._put(*self.recorder.take(end))

    def move(self, step: int) -> None:
        """Time has gone to ``step``; the rhythm of the samples goes on from there."""
        last = self._next_step if self._recorder is None else self._recorder.next_step
        self._next_step = None if last is None else step + (last - step) % self.period
        self._recorder = None

    def forget(self) -> None:
        """What was handed on is no longer of the network's past."""
        self._clear()

    def restart(self) -> None:
        self._clear()
        self.unlink()


class Recording:
    """What one call of `Network.record` records: its samples, and how to stop it.

    ``recording["v"]`` is the array (time, neuron) of a variable, ``recording["spikes"]`` the table
    of spikes.
    """

    def __init__(
        self,
        network: Network,
        owner: str,
        taps: Sequence[tuple[str, Tap]],
        records: dict[str, TraceRecord],
        spikes: SpikeRecord | None,
    ) -> None:
        self._network = network
        self._owner = owner
        self._taps = list(taps)
        self._records = records
        self._spikes = spikes

    @property
    def variables(self) -> list[str]:
        return [*self._records, *([SPIKES] if self._spikes is not None else [])]

    def __getitem__(self, variable: str) -> Any:
        if variable == SPIKES and self._spikes is not None:
            return self._spikes.frame()
        return self._record(variable).samples

    def times(self, variable: str | None = None) -> NDArray[np.floating]:
        """Times (ms) of the samples of a variable, of the first one if none is named."""
        return self._record(variable or next(iter(self._records), "")).times

    def neurons(self, variable: str | None = None) -> NDArray[np.int32]:
        """The neurons (or synapses) that the columns of a variable belong to, ascending."""
        return self._record(variable or next(iter(self._records), "")).neurons

    def frame(self, variable: str | None = None) -> pd.DataFrame:
        """The samples as a table: one row a time (ms), one column a neuron or synapse."""
        return self._record(variable or next(iter(self._records), "")).frame()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it to a file that ends in .npz, or one variable to a .csv file.

        Raises
        ------
        SimulationError
            If the ending is another one, or a CSV file would hold several tables.
        """
        spikes = {} if self._spikes is None else {self._owner: self._spikes.frame()}
        # Copies: a network that runs meanwhile adds to the records.
        traces = {variable: record.copy() for variable, record in self._records.items()}
        path = export.checked_path("Recording", path)
        export.save(path, spikes, {self._owner: traces})

    def pause(self) -> None:
        """Record nothing until `resume`; what was recorded stays."""
        self._pause(True)

    def resume(self) -> None:
        """Record again, from the next step on."""
        self._pause(False)

    def clear(self) -> None:
        """Forget what was recorded; recording goes on."""

        def carry_out() -> None:
            for record in self._records.values():
                record.clear()
            if self._spikes is not None:
                self._spikes.clear()

        self._network._submit(carry_out)

    def stop(self) -> None:
        """Record no more; what was recorded stays. Spikes are recorded for as long as they come."""
        taps = [tap for _, tap in self._taps]
        self._network._change_taps(lambda now: [tap for tap in now if tap not in taps])

    def __repr__(self) -> str:
        return f"Recording of {', '.join(self.variables)} of '{self._owner}'"

    def _record(self, variable: str) -> TraceRecord:
        if variable not in self._records:
            known = ", ".join(self.variables) or "nothing"
            raise KeyError(f"{self!r}: it has no traces of '{variable}'; it holds {known}.")
        return self._records[variable]

    def _pause(self, paused: bool) -> None:
        def change(taps: list[Tap]) -> list[Tap]:
            for _, tap in self._taps:
                tap.paused = paused
            if self._spikes is not None:
                self._spikes.paused = paused
            return taps

        self._network._change_taps(change)


def chosen_elements(where: str, what: str, n: int, chosen: Elements) -> NDArray[np.intp]:
    """Which of ``n`` elements, ascending: all, a slice, a mask, or numbers, from the end if < 0.

    Raises
    ------
    NetworkError
        If there are no such elements.
    """
    if chosen is None:
        return np.arange(n)
    if isinstance(chosen, slice):
        return np.sort(np.arange(n)[chosen])
    if isinstance(chosen, int | np.integer) or not isinstance(chosen, Iterable):
        chosen = cast(Iterable[int], [chosen])
    given = chosen if isinstance(chosen, np.ndarray) else list(chosen)
    numbers = as_array(where, what, given)
    if numbers.dtype == bool:
        if numbers.shape != (n,):
            raise NetworkError(
                f"{where}: the mask of {what} has shape {numbers.shape}; give one of shape ({n},)."
            )
        return np.flatnonzero(numbers)
    shown = given if isinstance(given, list) and len(given) <= 10 else "those given"
    if numbers.ndim != 1 or (numbers.dtype.kind not in "iu" and numbers.size):
        raise NetworkError(
            f"{where}: {what} {shown} are no list of whole numbers; use indices below {n}."
        )
    if not ((numbers >= -n) & (numbers < n)).all():
        raise NetworkError(
            f"{where}: {what} {shown} lie outside its {n} {what}; use indices below {n}."
        )
    return np.sort(numbers.astype(np.intp) % max(n, 1))


def recorded_neurons(
    group: Population | PopulationView, variable: str, chosen: Elements
) -> NDArray[np.int32]:
    """Neurons of the population, ascending; of a population-wide variable its one element.

    Raises
    ------
    NetworkError
        If the neurons have no such variable, or there are no such neurons.
    """
    population = population_of(group)
    variables = population.state.variables
    where = f"Population '{population.name}'"
    if not isinstance(variable, str) or (
        variable not in variables and not _is_weighted_sum(population, variable)
    ):
        if isinstance(variable, str) and variable in population.state.parameters:
            raise NetworkError(
                f"{where}: '{variable}' is a parameter, which no equation changes; record "
                f"{_listed(variables)}, or add an equation such as 'now = {variable}'."
            )
        hint = _hint(str(variable), variables)
        raise NetworkError(
            f"{where}: '{variable}' is no variable of neuron '{population.neuron.name}'; {hint}"
        )
    places = chosen_elements(f"Population '{group.name}'", "neurons", len(group), chosen)
    if variable in variables and variables[variable].locality != "local":
        return np.zeros(1, np.int32)
    return np.sort(group.indices[places])


def _is_weighted_sum(population: Population, variable: str) -> bool:
    """Whether it is ``sum(target)`` of inputs that there are; its array exists from now on."""
    found = WEIGHTED_SUM.match(variable)
    projections = population.network.projections.values()
    if found is None or found[2] not in assembly.inputs_of(population, projections):
        return False
    population.state.arrays.setdefault(variable, population.state.new_array())
    return True


def recorded_synapses(projection: Projection, variable: str, chosen: Elements) -> NDArray[np.int32]:
    """Synapses in the order of ``projection.w``, ascending.

    Of a variable that synapses of a post neuron share, these neurons; of one that all share, its
    one element.

    Raises
    ------
    NetworkError
        If the synapses have no such variable, or there are no such synapses.
    """
    where = f"Projection '{projection.name}'"
    if projection.static:
        raise NetworkError(
            f"{where}: its synapses are static, so nothing of them changes; "
            f"read projection.w instead."
        )
    state = projection.state
    if variable in state.parameters:
        raise NetworkError(
            f"{where}: '{variable}' is a parameter, which nothing in the model changes; "
            f"read projection.{variable} instead."
        )
    if variable not in state.variables:
        hint = _hint(variable, state.variables)
        raise NetworkError(f"{where}: '{variable}' is no variable of its synapses; {hint}")
    if variable in projection.event_driven:
        raise NetworkError(
            f"{where}: '{variable}' is event-driven, so it is computed at spikes only; give its "
            f"equation another method, for example ': exponential', to record it."
        )
    places = chosen_elements(where, "synapses", projection.size, chosen)
    match state.variables[variable].locality:
        case "local":
            return places.astype(np.int32)
        case "postsynaptic":
            return np.unique(projection.targets[places])
    return np.zeros(1, np.int32)


def _is_of_each(projection: Projection, variable: str) -> bool:
    """Whether each synapse has a value of its own."""
    return projection.state.variables[variable].locality == "local"


def _hint(wanted: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(wanted, list(known), 1)
    return f"did you mean '{near[0]}'?" if near else f"choose from {_listed(known)}."


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


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
