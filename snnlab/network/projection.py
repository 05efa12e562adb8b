"""Projections: synapses from one population to another, their weights and their state."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray
from sympy import Symbol

from snnlab.engine.memory import aligned_zeros, padded_size
from snnlab.engine.randomness import Key
from snnlab.engine.schedule import steps
from snnlab.engine.segments import Segments
from snnlab.engine.simulator import PeriodicTask
from snnlab.errors import NetworkError
from snnlab.model.evaluate import evaluate
from snnlab.model.integrators import EVENT_DRIVEN, elapsed
from snnlab.model.ir import DifferentialEquation, SynapseModel, symbol
from snnlab.model.synapse import Synapse
from snnlab.model.traces import NO_TRACES, Traces, neuron_traces
from snnlab.network import memory, structure
from snnlab.network.changes import Change, How, OwnerKind, change_of, changed
from snnlab.network.compilation import completed, is_static
from snnlab.network.connectors import (
    Connectivity,
    Connector,
    RowConnector,
)
from snnlab.network.delays import steps_of_delays
from snnlab.network.distributions import Distribution
from snnlab.network.live_array import LiveArray, live, present, shared
from snnlab.network.pairing import SYNAPSES_AT_ONCE, Pairing
from snnlab.network.population import (
    Given,
    Population,
    PopulationView,
    State,
    Values,
    check_finite,
    check_numbers,
    is_number,
    population_of,
    unknown_attribute,
)
from snnlab.network.procedural import Procedure
from snnlab.network.values import as_array, check_fits, check_interval

if TYPE_CHECKING:
    import pandas as pd

    from snnlab.engine.construction import Values as DrawnValues
    from snnlab.network.network import Network


@dataclass(frozen=True, eq=False)
class GivenSynapses:
    """What a projection was given: parameters, weights that nothing changes, and its synapses."""

    parameters: Given | None
    traces: Traces
    weight: Values
    weights: NDArray | None  # of static synapses
    n_drawn: int
    connectivity: Connectivity | Segments | None  # None: they are made anew when they are needed
    delay: Values | int
    delays: NDArray | None

    @property
    def arrays(self) -> list[NDArray]:
        """Those that belong to this moment alone."""
        parameters = [] if self.parameters is None else self.parameters.arrays
        return [*parameters, *([] if self.weights is None else [self.weights])]


DELAY_DRAW = 32_767
FIRST_DRAW = 32_768  # of random weights and values, above those of the state's own draws


class Projection:
    """Synapses that carry the spikes of ``pre`` to the target ``target`` of ``post``.

    The synapses are built when they are first needed. ``weight`` is the number given to
    `Network.connect`; ``w`` the weights of all synapses (n_synapses,), ordered by pre, then by
    post neuron; ``sources`` and ``targets`` (n_synapses,) are their neurons. Parameters and
    variables of the synapse model are attributes too.
    """

    def __init__(
        self,
        network: Network,
        pre: Population | PopulationView,
        post: Population | PopulationView,
        target: str,
        connector: Connector,
        synapse: Synapse | None,
        *,
        weight: Values,
        delay: Values | int,
        name: str,
        key: Key,
        procedural: bool = False,
    ) -> None:
        set_ = object.__setattr__
        set_(self, "network", network)
        set_(self, "pre", population_of(pre))
        set_(self, "post", population_of(post))
        set_(self, "target", target)
        set_(self, "connector", connector)
        set_(self, "synapse", synapse)
        set_(self, "name", name)
        set_(self, "key", key)
        set_(self, "_run_key", key)
        set_(self, "_delay", delay)
        set_(self, "_delays", None)
        spiking = self.pre.neuron.model.spiking
        model = completed(None if synapse is None else synapse.model, spiking=spiking)
        set_(self, "model", model)
        set_(self, "static", model is None or is_static(model))
        where, ends = f"Projection '{name}'", (pre.indices, post.indices)
        set_(self, "_pairing", Pairing(where, connector, key, self.pre, self.post, *ends))
        set_(self, "_weight", weight)
        set_(self, "_connectivity", None)
        set_(self, "_weights", None)
        set_(self, "_state", None)
        set_(self, "_traces", NO_TRACES)
        set_(self, "_touched", None)
        set_(self, "_arrived", None)
        set_(self, "_tasks", {})
        set_(self, "_n_drawn", 0)
        set_(self, "procedural", procedural)
        set_(self, "_procedure", None)
        set_(self, "_expected", -1)
        if procedural:
            set_(self, "_n_drawn", 1)  # as the weights of stored synapses, which are drawn first

    _kind: OwnerKind = "projection"
    network: Network
    pre: Population
    post: Population
    target: str
    connector: Connector
    synapse: Synapse | None
    model: SynapseModel | None  # None: static synapses from spiking neurons
    name: str
    key: Key
    _run_key: Key  # of what is drawn in steps
    static: bool
    procedural: bool  # synapses are made anew when they are needed
    _procedure: Procedure | None
    _expected: int | None  # synapses; -1: not asked yet
    _delay: Values | int  # a number: steps; else ms
    _delays: NDArray | None
    _weight: Values
    _connectivity: Connectivity | Segments | None
    _weights: NDArray | None
    _state: State | None
    _traces: Traces
    _touched: NDArray[np.int32] | None
    _arrived: NDArray[np.int32] | None
    _tasks: dict[str, PeriodicTask]
    _n_drawn: int
    _pairing: Pairing

    def __repr__(self) -> str:
        return f"Projection '{self.name}': {self.synapse_text} synapses, delay {self.delay_text}"

    @property
    def synapse_text(self) -> str:
        """For a reader: the name of the synapse model, and whether synapses are not stored."""
        name = self.synapse.name if self.synapse is not None else "static"
        return f"{name}, procedural" if self.procedural else name

    def __len__(self) -> int:
        return self.size

    def __dir__(self) -> Iterable[str]:
        own = [] if self.model is None else [*self.state.parameters, *self.state.variables]
        return [*super().__dir__(), *own]

    @property
    def connectivity(self) -> Connectivity | Segments:
        """The synapses by neuron of the whole pre population, built on first use.

        Procedural ones are built at every use.
        """
        if self.procedure is not None:
            return self.procedure.connectivity()
        connectivity = self._connectivity
        if connectivity is None:
            memory.check_projections(f"Projection '{self.name}'", [self])
            with self._taken_out_if_refused():
                connectivity = self._make_synapses()
        return connectivity

    def _make_synapses(self) -> Connectivity | Segments:
        """The synapses, and the weights and delays that the rule or the user gave them."""
        pairing = self._pairing
        connectivity = pairing.rows_as_stored() if self.static else None
        weights = delays = None
        if connectivity is None:
            given = pairing.synapses()
            connectivity = pairing.stored(given, static=self.static)
            weights, delays = given.weights, given.delays
            del given
        object.__setattr__(self, "_connectivity", connectivity)
        if delays is not None:
            object.__setattr__(self, "_delay", delays)
        if weights is not None:
            given = self._array("w", self._weight)
            one = given.ndim == 0 and given == 1.0
            object.__setattr__(self, "_weight", weights if one else weights * given)
        object.__setattr__(self, "_delays", self._steps_of_each())
        return connectivity

    @contextmanager
    def _taken_out_if_refused(self) -> Iterator[None]:
        """A projection that cannot be made leaves the network as it was without it."""
        try:
            yield
        except MemoryError:
            raise  # nothing is wrong with it
        except Exception as error:
            if not self.network._take_out(self):
                raise
            told = f"'{self.name}' is taken out of the network again."
            if isinstance(error, NetworkError):
                raise NetworkError(f"{error} {told}") from error
            error.add_note(told)  # of a function or a connector that a user wrote
            raise

    @property
    def procedure(self) -> Procedure | None:
        """How the synapses are made, if they are not stored."""
        if self.procedural and self._procedure is None:
            with self._taken_out_if_refused():
                procedure = self._pairing.procedure()
            object.__setattr__(self, "_procedure", procedure)
        return self._procedure

    @property
    def drawn_weights(self) -> DrawnValues | None:
        """What the weights of procedural synapses are drawn from; None if they are one number."""
        if not isinstance(self._weight, Distribution):
            return None
        return self._weight.values(self.key, FIRST_DRAW + self._n_drawn)

    def prepare(self) -> None:
        """Make what is made once: all synapses, or what procedural ones start from."""
        if self.procedure is None:
            _ = self.weights
        elif isinstance(self._weight, Distribution):
            draw, real = FIRST_DRAW + self._n_drawn, self.network.real
            some = min(self.size, SYNAPSES_AT_ONCE) if real == np.float32 else 0
            end = self.size if self._weight.limited else some
            with self._taken_out_if_refused():  # refused now, not in a run
                for first in range(0, end, SYNAPSES_AT_ONCE):
                    n = min(SYNAPSES_AT_ONCE, end - first)
                    drawn = self._weight.sample(self.key, draw, n, first=first, dtype=real)
                    check_fits(f"Projection '{self.name}'", "w", drawn, real)

    @property
    def attributes(self) -> list[str]:
        """Names of the synapse model's parameters and variables."""
        return [] if self.model is None else [*self.state.parameters, *self.state.variables]

    @property
    def size(self) -> int:
        """Number of synapses."""
        if self.procedure is not None:
            return self.procedure.size
        return self.connectivity.size

    @property
    def expected_size(self) -> int | None:
        """About how many synapses there will be; None if only building tells."""
        if self._expected == -1:
            object.__setattr__(self, "_expected", self.connector.expected(self._pairing.groups))
        return self._expected

    @property
    def is_built(self) -> bool:
        """Whether the synapses are stored already."""
        return self._connectivity is not None

    @property
    def has_weight_each(self) -> bool:
        """Whether each synapse has a weight of its own, as far as it is known before building."""
        return self.connector.gives_weights or not is_number(self._weight)

    @property
    def has_delay_each(self) -> bool:
        """Whether each synapse has a delay of its own."""
        return not isinstance(self._delay, int)

    @property
    def longest_delay_steps(self) -> int:
        """As far as it is known without building the synapses."""
        delay, dt = self._delay, self.network.dt
        if isinstance(delay, int):
            return delay
        if self._delays is not None:
            return self.delay_steps
        if isinstance(delay, Distribution):
            highest = getattr(delay, "high", np.inf)
            return max(1, round(highest / dt)) if highest < np.inf else 1
        return int(np.max(np.asarray(delay, float), initial=dt) / dt) + 1

    @property
    def sources(self) -> NDArray[np.int32]:
        return self.connectivity.sources

    @property
    def targets(self) -> NDArray[np.int32]:
        return self.connectivity.targets.astype(np.int32)

    @property
    def table(self) -> pd.DataFrame:
        """One row a synapse: ``source``, ``target``, ``weight``, ``delay`` (ms)."""
        import pandas as pd

        connectivity = self.connectivity
        columns = {"source": connectivity.sources, "target": connectivity.targets.astype(np.int32)}
        return pd.DataFrame(columns | {"weight": self.w, "delay": self.delay})

    @property
    def delay(self) -> float | NDArray[np.float64]:
        """ms; (n_synapses,) where each synapse has its own."""
        delays = self.delays
        return (self.delay_steps if delays is None else delays) * self.network.dt

    @property
    def delays(self) -> NDArray | None:
        """(n_synapses,) steps, 8 or 16 bits; None if there is one delay for all."""
        if not self.procedural:
            _ = self.connectivity
        return self._delays

    @property
    def delay_steps(self) -> int:
        """The one delay, or the longest."""
        delays = self.delays
        if delays is None:
            return cast(int, self._delay)
        return int(delays.max(initial=1))

    @property
    def delay_text(self) -> str:
        """For a reader: ``1.5 ms`` or ``0.1 to 3 ms``."""
        delay, dt = self._delay, self.network.dt
        if isinstance(delay, Distribution):
            return f"{delay} ms"
        if isinstance(delay, int):
            return f"{delay * dt:g} ms"
        values = np.asarray(delay, float) if self._delays is None else self._delays * dt
        return f"{max(values.min(initial=np.inf), dt):g} to {values.max(initial=dt):g} ms"

    def check_procedural(self) -> None:
        """The synapses can be made anew whenever they are needed.

        Raises
        ------
        NetworkError
            If they have to be stored.
        """
        where, instead = f"Projection '{self.name}'", "or leave out procedural=True."
        if not isinstance(self.connector, RowConnector):
            raise NetworkError(
                f"{where}: {type(self.connector).__name__} makes the synapses of all neurons "
                f"together, so they have to be stored; take FixedProbability, FixedOutDegree, "
                f"FixedTotal, AllToAll or OneToOne, {instead}"
            )
        if self.model is not None and not self.static:
            raise NetworkError(
                f"{where}: its synapses do more than add a weight at each spike, so they have to "
                f"be stored; take synapses without a model from spiking neurons, {instead}"
            )
        if not isinstance(self._delay, int):
            raise NetworkError(
                f"{where}: synapses with delays of their own have to be stored; "
                f"give one delay, {instead}"
            )
        check_procedural_weight(where, self._weight, self.network.real)
        if not self._pairing.is_ascending:
            raise NetworkError(
                f"{where}: procedural synapses connect neurons in ascending order; "
                f"sort the indices of the views, {instead}"
            )

    def _steps_of_each(self) -> NDArray | None:
        """The delays of all synapses as steps, in the narrowest numbers."""
        delay, where = self._delay, f"Projection '{self.name}'"
        if isinstance(delay, int):
            return None
        n_synapses = self.connectivity.size
        given = not isinstance(delay, Distribution)
        if isinstance(delay, Distribution):
            drawn = delay.values(self.key, DELAY_DRAW)

            def of(first: int, last: int) -> NDArray:
                out = np.empty(last - first)
                delay.fill(drawn, out, first)
                return out
        else:
            values = np.asarray(delay, float)
            if values.shape != (n_synapses,):
                raise NetworkError(
                    f"{where}: 'delay' has {n_synapses} values, one for each synapse, not shape "
                    f"{values.shape}; give one number or {n_synapses}."
                )
            check_numbers(where, "delay", values)

            def of(first: int, last: int) -> NDArray:
                return values[first:last]

        return steps_of_delays(where, of, n_synapses, self.network.dt, given=given)

    @property
    def has_one_weight(self) -> bool:
        """Whether all synapses share one number that is stored once."""
        return is_number(self._weight) if self.procedural else np.ndim(self.weights) == 0

    @property
    def traces(self) -> Traces:
        """Event-driven variables with one value for each neuron; the others have one a synapse."""
        _ = self.state
        return self._traces

    @property
    def touched(self) -> NDArray[np.int32]:
        """(n_synapses,) step up to which event-driven variables of synapses have been followed."""
        if self._touched is None:
            now = np.full(self.size, self.network.step_index, np.int32)
            object.__setattr__(self, "_touched", now)
        return cast(NDArray[np.int32], self._touched)

    @property
    def arrived(self) -> NDArray[np.int32]:
        """(n_pre, padded) step up to which traces of pre neurons have been followed."""
        if self._arrived is None:
            now = aligned_zeros(padded_size(self.pre.size), np.int32)
            now[:] = self.network.step_index
            object.__setattr__(self, "_arrived", now)
        return cast(NDArray[np.int32], self._arrived)

    @property
    def event_driven(self) -> dict[str, DifferentialEquation]:
        """Equations of the variables that are computed at spikes."""
        equations = self.model.equations if self.model is not None else ()
        return {
            e.variable.name: e
            for e in equations
            if isinstance(e, DifferentialEquation) and e.method == EVENT_DRIVEN
        }

    def engine_state(self) -> dict[str, NDArray]:
        """Every array that changes while the network runs."""
        if self.static:
            return {}
        arrays = {name: self.state.arrays[name] for name in self.state.variables}
        if self.event_driven.keys() - self.traces.names:
            arrays["(touched)"] = self.touched
        if self.traces.pre and not self.traces.followed:
            arrays["(arrived)"] = self.arrived
        return arrays

    def values(self, name: str) -> NDArray:
        """A variable's values at the present time; of a local one (n_synapses,).

        Event-driven variables are computed now: a later call may give other values.
        """
        equation = self.event_driven.get(name)
        if equation is None:
            return self.state.values(name)
        values = self._at_present(equation)
        if name in self.traces.pre:
            values = values[self.sources]
        elif name in self.traces.post:
            values = values[self.connectivity.targets]
        return present(values, lambda new: setattr(self, name, new))

    def _at_present(self, equation: DifferentialEquation) -> NDArray:
        """The values of an event-driven variable, as they are stored, at the present time."""
        name, state = equation.variable.name, self.state
        values = state.values(name)
        if name in self.traces.names and (self.traces.followed or name in self.traces.post):
            return values.copy()
        since = self.arrived[: self.pre.size] if name in self.traces.pre else self.touched
        passed = symbol("(passed)")
        later = elapsed(equation, passed)
        known: dict[Symbol, Any] = {passed: (self.network.step_index - since) * self.network.dt}
        for s in cast(set[Symbol], later.free_symbols) - {passed}:
            known[s] = values if s == equation.variable else state.internal(s.name)
        return np.array(np.broadcast_to(evaluate(later, known), len(values)), values.dtype)

    def bring_to_present(self) -> None:
        """Follow every event-driven variable up to the present step."""
        if self._state is None:
            return
        driven = self.event_driven
        present = {name: self._at_present(equation) for name, equation in driven.items()}
        for name, values in present.items():
            self.state.values(name)[:] = values
        self.mark_followed(self.network.step_index)

    def mark_followed(self, step: int) -> None:
        """Say that event-driven variables are those of ``step``."""
        for followed in (self._touched, self._arrived):
            if followed is not None:
                followed[:] = step

    def _set_event_driven(self, name: str, new: NDArray) -> None:
        """Give an event-driven variable new values, which hold from the present step on."""
        self.bring_to_present()
        neurons = self._neurons_of(name)
        if neurons is None or new.ndim == 0:
            self.state.values(name)[:] = new
            return
        of_neurons = self.state.values(name).copy()
        of_neurons[neurons] = new
        if (of_neurons[neurons] == new).all():
            self.state.values(name)[:] = of_neurons
            return
        self._part_traces()
        self.state.values(name)[:] = new

    def _neurons_of(self, name: str) -> NDArray | None:
        """(n_synapses,) the neuron of each synapse whose trace ``name`` is; None: its own."""
        if name in self.traces.pre:
            return self.sources
        return self.connectivity.targets if name in self.traces.post else None

    def _part_traces(self) -> None:
        """From now on every synapse has traces of its own, because they differ."""
        if not self.traces.names:
            return
        self.bring_to_present()
        moved = []
        for name in sorted(self.traces.names):
            neurons = cast(NDArray, self._neurons_of(name))
            self.state.spread(name, self.state.values(name)[neurons])
            moved.append((name, neurons))
        object.__setattr__(self, "_traces", NO_TRACES)
        object.__setattr__(self, "_arrived", None)
        self.touched[:] = self.network.step_index
        self.network._beginning.move(self, moved)
        self.network._linkage.relink()

    def _make_individual(self, name: str) -> None:
        """Give a parameter a value for each synapse; traces that depend on it follow."""
        state = self.state
        individual = frozenset({name, *state.derived_from(name)} | state.individual)
        if self._traces_with(individual) != self.traces:
            self._part_traces()
        state.make_individual(name)

    def _traces_with(self, individual: frozenset[str]) -> Traces:
        if self.model is None or self.static or not self.traces.names:
            return NO_TRACES
        return neuron_traces(self.model, individual, one_delay=self.delays is None)

    @property
    def weights(self) -> NDArray:
        """What the engine reads: float64 of shape () for one weight, or (n_synapses,)."""
        weights = self._weights
        if self.procedural and isinstance(self._weight, Distribution):
            draw = FIRST_DRAW + self._n_drawn
            return self._weight.sample(self.key, draw, self.size, dtype=self.network.real)
        if weights is None and self.procedural:
            weights = np.array(self._weight, float)
            object.__setattr__(self, "_weights", weights)
        if weights is None:
            _ = self.connectivity  # the rule may give weights
            weights = self._static_weights() if self.static else self.state.storage("w")
            object.__setattr__(self, "_weights", weights)
        return weights

    def _static_weights(self) -> NDArray:
        with self._taken_out_if_refused():
            if is_number(self._weight):
                return np.array(self._array("w", self._weight), float)
            weights = self._weight_array()
        if not isinstance(self._weight, Distribution):
            object.__setattr__(self, "_weight", weights)  # what was given is let go
        return weights

    def some_weights(self, most: int) -> NDArray:
        """Weights of at most ``most`` synapses (n,), evenly spread; procedural ones: the first.

        Where all synapses have one weight, it stands for all of them: (1,). Nothing is built: as
        long as stored synapses are not, there are none (0,). It may be called from any thread.
        """
        given = self._weight
        if self.procedural and isinstance(given, Distribution):
            draw, n = FIRST_DRAW + self._n_drawn, min(most, self.size)
            return given.sample(self.key, draw, n, dtype=self.network.real)
        if self.procedural:
            return np.atleast_1d(np.array(given, float))
        # A model's weights as they are now; noted here, an old array could outlive its successor.
        weights = self._weights if self._state is None else self._state.storage("w")
        if weights is None or not self.is_built:
            return np.zeros(0)
        weights = np.atleast_1d(weights)
        return weights[:: _stride(len(weights), most)]

    def some_ends(self, most: int) -> tuple[NDArray[np.int64], NDArray]:
        """Pre and post neurons (n,) of the stored synapses that `some_weights` takes.

        Without stored synapses there are none.
        """
        connectivity = self._connectivity
        if connectivity is None:
            return np.zeros(0, np.int64), np.zeros(0, np.int32)
        taken = np.arange(0, connectivity.size, _stride(connectivity.size, most))
        sources = np.searchsorted(connectivity.ends, taken, side="right") - 1
        return sources, connectivity.targets_of(taken)

    @property
    def given_weight(self) -> float:
        """The weight that `Network.connect` was given, or the mean of the weights."""
        return float(self._weight) if is_number(self._weight) else self.weight

    @property
    def weight(self) -> float:
        """The one weight of all synapses, or the mean of the weights; NaN if there are none."""
        weights = self.weights
        if weights.ndim == 0:
            return float(weights)
        return float(weights.mean()) if len(weights) else np.nan

    @weight.setter
    def weight(self, value: Values) -> None:
        self._set_weight(value)

    @property
    def w(self) -> NDArray:
        """Weights of all synapses (n_synapses,)."""
        weights = self.weights
        if weights.ndim == 0:
            return shared(weights, self.size, self._write_one_weight, lambda: self.w)
        if self.procedural:
            return weights
        return live(weights, weights.shape, lambda how, i, new: self._write("w", how, i, new))

    @w.setter
    def w(self, value: Values) -> None:
        self._set_weight(value)

    @property
    def state(self) -> State:
        """Parameters and variables of the synapse model."""
        state = self._state
        if state is None:
            state = self._new_state()
            object.__setattr__(self, "_state", state)
        return state

    def _new_state(self) -> State:
        where = f"Projection '{self.name}'"
        if self.model is None:
            raise NetworkError(
                f"{where}: static synapses have a weight and nothing else; "
                f"give net.connect(..., synapse=...) a model."
            )
        real, n_post, n_synapses = self.network.real, self.post.size, self.size
        lengths = self._trace_lengths
        state = State(self.model, n_synapses, real, self.key, where, n_post=n_post, lengths=lengths)
        with self._taken_out_if_refused():
            if "w" in state.variables and state.variables["w"].locality == "local":
                state.values("w")[:] = self._weight_array()
            elif "w" in state.parameters:
                if is_number(self._weight):
                    state.set_number("w", float(self._array("w", self._weight)))
                else:
                    state.make_individual("w")
                    state.values("w")[:] = self._weight_array()
        return state

    def _trace_lengths(self, state: State) -> dict[str, int]:
        """Find the traces that belong to neurons, and how many neurons there are."""
        individual = set(state.individual)
        if "w" in state.parameters and not is_number(self._weight):
            individual |= {"w", *state.derived_from("w")}
        model, one_delay = cast(SynapseModel, self.model), self.delays is None
        traces = neuron_traces(model, frozenset(individual), one_delay=one_delay)
        object.__setattr__(self, "_traces", traces)
        return {
            **dict.fromkeys(traces.pre, self.pre.size),
            **dict.fromkeys(traces.post, self.post.size),
        }

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if self.model is not None:
            state = self.state
            if name in state.variables or name in state.individual:
                values = self.values(name)
                if name in state.variables and state.variables[name].locality == "projection":
                    return values[0]
                if name in self.event_driven:
                    return values
                return live(values, values.shape, lambda *to: self._write(name, *to))
            if name in state.parameters:
                return state.number(name)
        raise AttributeError(self._unknown(name))

    def __setattr__(self, name: str, value: Values) -> None:
        if name in ("w", "weight"):
            object.__setattr__(self, name, value)  # the property's setter
            return
        if self.model is None:
            raise AttributeError(self._unknown(name))
        state = self.state
        if name not in state.parameters and name not in state.variables:
            raise AttributeError(self._unknown(name))
        if isinstance(value, LiveArray) and value.is_same(getattr(self, name)):
            return  # what `projection.x += 2` ends with, after the change was made
        n_drawn = self._n_drawn
        new = self._array(name, value)
        try:
            state.check_values(name, new)
        except NetworkError:
            self._forget_draws(n_drawn)
            raise
        self._change(name, new, drawn=self._draw_of(value))

    def _write_one_weight(self, how: How, synapses: NDArray[np.int32] | None, new: NDArray) -> None:
        """What a `SharedValue` does; synapses that are told apart get weights of their own."""
        if self.procedural and (synapses is not None or new.ndim):
            where = f"Projection '{self.name}'"
            check_procedural_weight(where, np.atleast_1d(new), self.network.real)
        self._write("w", how, synapses, new)

    def _write(self, name: str, how: How, synapses: NDArray[np.int32] | None, new: NDArray) -> None:
        """What a `LiveArray` does: set values, or add to them."""
        check_finite(f"Projection '{self.name}'", name, new)
        n = self.size if synapses is None else len(synapses)
        whole = n == self.size and (synapses is None or bool((np.diff(synapses) == 1).all()))
        self._check_change(name, new, None if whole else synapses, how)
        self._change(name, new, None if whole else synapses, how)

    def _check_change(
        self, name: str, new: NDArray, synapses: NDArray[np.int32] | None, how: How
    ) -> None:
        """What a change makes of the present values is possible; a run may change them till then.

        Raises
        ------
        NetworkError
            If it is not.
        """
        if name == "w" and how != "set" and self.procedural and not is_number(self._weight):
            raise NetworkError(
                f"Projection '{self.name}': its weights are drawn anew from {self._weight} "
                f"whenever they are needed, so they cannot be scaled or shifted; set projection.w "
                f"to another distribution."
            )
        of_weights = name == "w" and (self.static or "w" not in self.state.parameters)
        if how != "set":
            old = self.weights if name == "w" else self.state.storage(name)
            if of_weights and synapses is None and not new.ndim and old.size:
                old = np.array([old.min(), old.max()])  # there may be millions between them
            with np.errstate(over="ignore"):
                new = np.asarray(changed(old, synapses if old.ndim else None, new, how))
        if of_weights:
            check_fits(f"Projection '{self.name}'", name, new, self.network.real)
        else:
            self.state.check_values(name, new, synapses)

    def _change(
        self,
        name: str,
        new: Any,
        synapses: NDArray[np.int32] | None = None,
        how: Any = "set",
        drawn: Any = None,
    ) -> None:
        self.network._session.change(self, change_of(self, name, new, how, synapses, drawn))

    def _draw_of(self, value: Values) -> tuple[Distribution, int] | None:
        """Where values that were just drawn come from."""
        if not isinstance(value, Distribution):
            return None
        return value.plain, value.number(FIRST_DRAW + self._n_drawn)

    def _put(self, name: str, new: Any, synapses: NDArray[np.int32] | None, how: How) -> None:
        """Set, add or multiply values now; no step runs meanwhile."""
        if name == "w":
            self._put_weights(new, synapses, how)
            return
        state = self.state
        if name in self.event_driven:
            self._set_event_driven(name, np.asarray(new))
            return
        if how != "set":
            new = changed(state.storage(name), synapses, new, how)
        if name in state.parameters and np.ndim(new) == 0 and synapses is None:
            state.set_number(name, float(new))
            return
        if name in state.parameters and name not in state.individual:
            self._make_individual(name)
            self.network._linkage.relink()
        state.set_values(name, new, synapses)

    def _put_weights(self, new: Any, synapses: NDArray[np.int32] | None, how: How) -> None:
        if self.procedural and not (is_number(new) and is_number(self._weight)):
            self._put_procedural(new)
            return
        if (np.ndim(new) or synapses is not None) and self.has_one_weight:
            if self.static:
                weights = np.full(self.size, float(self.weights), self.network.real)
                object.__setattr__(self, "_weight", weights)
            else:
                self._make_individual("w")
            object.__setattr__(self, "_weights", None)
            self.network._linkage.relink()
        weights = self.weights
        if how != "set":
            new = changed(weights, synapses, new, how)
        if synapses is None:
            np.copyto(weights, new)
        else:
            weights[synapses] = new
        if self.procedural:
            object.__setattr__(self, "_weight", float(new))
        self.network._linkage.weights_changed(self)

    def _given(self) -> GivenSynapses:
        """What no step changes but a person may: copied, but for the synapses themselves."""
        drawn = self.procedural and isinstance(self._weight, Distribution)
        return GivenSynapses(
            None if self.static else self.state.given(),
            NO_TRACES if self.static else self.traces,
            self._weight,
            np.array(self.weights) if self.static and not drawn else None,
            self._n_drawn,
            None if self.procedural else self.connectivity,
            self._delay,
            self._delays,
        )

    def _give(self, given: GivenSynapses) -> bool:
        """Take it back; whether the network has to be linked again."""
        set_ = object.__setattr__
        changed = given.connectivity is not None and given.connectivity is not self.connectivity
        changed |= self.procedural and self._weight != given.weight
        set_(self, "_n_drawn", given.n_drawn)
        set_(self, "_weight", given.weight)
        if changed:
            set_(self, "_delay", given.delay)
            set_(self, "_delays", given.delays)
            set_(self, "_weights", None)
        if changed and given.connectivity is not None:
            set_(self, "_connectivity", given.connectivity)
            set_(self, "_touched", None)
            if not self.static:
                self.state.resize(given.connectivity.size)
        if given.parameters is not None:
            if self.traces != given.traces:
                changed = True
                set_(self, "_traces", given.traces)
                set_(self, "_touched", None)
                set_(self, "_arrived", None)
                lengths = dict.fromkeys(given.traces.pre, self.pre.size)
                self.state.gather(lengths | dict.fromkeys(given.traces.post, self.post.size))
            changed |= self.state.give(given.parameters)
            set_(self, "_weights", None)
        if given.weights is not None:
            if self._weights is None or self._weights.shape != given.weights.shape:
                set_(self, "_weights", given.weights.copy())
                changed = True
            np.copyto(self.weights, given.weights)
        return changed

    def apply(self) -> None:
        """Run the model's ``apply`` statements once for every synapse, between two steps.

        Raises
        ------
        NetworkError
            If the model has none.
        """
        if self.model is None or not self.model.apply:
            raise NetworkError(
                f"Projection '{self.name}': its synapses have no 'apply' statements; "
                f"add a method apply() to the synapse class."
            )
        self.network.build()
        self.network._session.change(self, change_of(self, "apply", None, "call"))

    def _apply(self) -> None:
        self.network._linkage.apply(self)

    def start_pruning(self, period: float | None = None) -> None:
        """Test the model's ``pruning`` condition every ``period`` ms; every step if not given.

        Raises
        ------
        NetworkError
            If the model has no such condition, or the period is none.
        """
        self._check_rule_exists("pruning")
        check_interval(f"Projection '{self.name}'", "period", period, self.network.dt)
        self.network._session.change(self, change_of(self, "start_pruning", period, "call"))

    def stop_pruning(self) -> None:
        self.network._session.change(self, change_of(self, "stop_pruning", None, "call"))

    def _start_pruning(self, period: float | None = None) -> None:
        self._start("pruning", structure.prune, period)

    def _stop_pruning(self) -> None:
        self._stop("pruning")

    def start_creating(self, period: float | None = None) -> None:
        """Test the model's ``creating`` condition every ``period`` ms; every step if not given.

        Raises
        ------
        NetworkError
            If the model has no such condition, or the period is none.
        """
        self._check_rule_exists("creating")
        check_interval(f"Projection '{self.name}'", "period", period, self.network.dt)
        self.network._session.change(self, change_of(self, "start_creating", period, "call"))

    def stop_creating(self) -> None:
        self.network._session.change(self, change_of(self, "stop_creating", None, "call"))

    def _start_creating(self, period: float | None = None) -> None:
        self._start("creating", structure.create, period)

    def _stop_creating(self) -> None:
        self._stop("creating")

    def _check_rule_exists(self, rule: str) -> None:
        if self.model is None or getattr(self.model, rule) is None:
            raise NetworkError(
                f"Projection '{self.name}': its synapses have no '{rule}' condition; add one to "
                f"the synapse model."
            )
        if rule == "creating" and self.delays is not None:
            raise NetworkError(
                f"Projection '{self.name}': each synapse has a delay of its own, so a new one "
                f"would have none; give net.connect one delay to let synapses be created."
            )

    def _start(self, rule: str, change: Callable[[Projection], None], period: float | None) -> None:
        self._stop(rule)
        what = f"Projection '{self.name}': period"
        n = 1 if period is None else steps(period, self.network.dt, what=what, least=1)
        self._tasks[rule] = self.network._every(n, lambda: change(self))

    @property
    def _parameter_names(self) -> list[str]:
        return ["w"] if self.static else list(self.state.parameters)

    def _parameter(self, name: str) -> float | NDArray:
        return np.array(self.weights if self.static else self.state.storage(name))

    def _periods(self) -> dict[str, tuple[int, int]]:
        """Period and first step of what creates and prunes."""
        return {rule: (task.period, task.since) for rule, task in self._tasks.items()}

    def _put_tasks(self, tasks: Mapping[str, tuple[int, int]]) -> None:
        """Create and prune with these periods, counted from these steps, and no others."""
        changes = {"pruning": structure.prune, "creating": structure.create}
        for rule in list(self._tasks):
            self._stop(rule)
        for rule, (period, since) in tasks.items():
            self._tasks[rule] = self.network._every(
                period, lambda change=changes[rule]: change(self), since
            )

    def _stop(self, rule: str) -> None:
        task = self._tasks.pop(rule, None)
        if task is not None:
            self.network._cancel(task)

    def replace_synapses(
        self,
        connectivity: Connectivity,
        origin: NDArray[np.int64],
        weight: float,
        delay: float | None = None,
    ) -> None:
        """Take new synapses over: ``origin`` is the old synapse of each, or -1 for a new one.

        New synapses have ``weight``, the model's initial values and ``delay`` (ms). Without one
        they have the projection's delay, or a step where each synapse has its own. Traces that
        belong to neurons stay theirs.
        """
        new_delays = self._delays_with(origin, delay)
        if new_delays is not None and self.delays is None and self.traces.pre:
            self._part_traces()
        old_touched = self._touched
        self.state.rearrange(origin, {"w": weight})
        touched = None
        if old_touched is not None:
            now = np.int32(self.network.step_index)
            touched = np.where(origin >= 0, old_touched[origin], now)
        object.__setattr__(self, "_connectivity", connectivity)
        object.__setattr__(self, "_touched", touched)
        object.__setattr__(self, "_weights", None)
        if new_delays is not None:
            object.__setattr__(self, "_delays", new_delays)
            object.__setattr__(self, "_delay", new_delays * self.network.dt)

    def _delays_with(self, origin: NDArray[np.int64], delay: float | None) -> NDArray | None:
        """Steps of the synapses at ``origin``, ``delay`` (ms) for new ones; None: one delay."""
        old = self.delays
        fresh = 1 if old is not None else self.delay_steps
        if delay is not None:
            what = f"Projection '{self.name}': delay of a new synapse"
            fresh = steps(delay, self.network.dt, what=what, least=1)
        if old is None and fresh == self.delay_steps:
            return None
        kept = np.full(self.size, self.delay_steps) if old is None else old
        delays = np.full(len(origin), fresh)
        delays[origin >= 0] = kept[origin[origin >= 0]]
        return delays.astype(np.uint8 if delays.max(initial=1) < 256 else np.uint16)

    def _set_weight(self, value: Values) -> None:
        if isinstance(value, LiveArray) and value.is_same(self.w):
            return  # what `projection.w += 2` ends with, after the change was made
        if self.procedural and not (is_number(value) and is_number(self._weight)):
            self._set_procedural_weight(value)
            return
        self._change("w", self._array("w", value), drawn=self._draw_of(value))

    def _set_procedural_weight(self, value: Values) -> None:
        """From one number to a distribution, or back, or to another distribution."""
        if not isinstance(value, Distribution):
            check_procedural_weight(f"Projection '{self.name}'", value, self.network.real)
        self.network._session.change(self, Change(-1, self.name, "w", value, of="projection"))

    def _put_procedural(self, value: Values) -> None:
        if isinstance(value, Distribution):
            object.__setattr__(self, "_n_drawn", self._n_drawn + 1)
        object.__setattr__(self, "_weight", value)
        object.__setattr__(self, "_weights", None)
        self.network._linkage.relink()

    def _weight_array(self) -> NDArray:
        """(n_synapses,) weights of the network's type, in memory of their own."""
        if isinstance(self._weight, Distribution):
            drawn = self._drawn(self._weight, self.network.real)
            check_fits(f"Projection '{self.name}'", "w", drawn, self.network.real)
            return drawn
        weights = self._array("w", self._weight)
        return np.broadcast_to(weights, self.size).astype(self.network.real)

    def _array(self, name: str, value: Values) -> NDArray:
        where = f"Projection '{self.name}'"
        dtype = self.network.real if name == "w" else self.state.type_of(name)
        if isinstance(value, Distribution):
            n_drawn = self._n_drawn
            try:
                new = self._drawn(value)
                check_fits(where, name, new, dtype)
            except NetworkError:
                self._forget_draws(n_drawn)
                raise
            return new
        new = as_array(where, name, value)
        check_finite(where, name, new)
        check_fits(where, name, new, dtype)
        if new.ndim and new.shape != (self.size,):
            raise NetworkError(
                f"Projection '{self.name}': '{name}' has {self.size} values, one for each synapse, "
                f"not shape {new.shape}; give one number or {self.size}."
            )
        return new

    def _drawn(self, distribution: Distribution, real: type = float) -> NDArray:
        object.__setattr__(self, "_n_drawn", self._n_drawn + 1)
        return distribution.sample(self.key, FIRST_DRAW + self._n_drawn, self.size, dtype=real)

    def _forget_draws(self, n_drawn: int) -> None:
        """What was drawn and refused leaves no trace: the next values are those without it."""
        object.__setattr__(self, "_n_drawn", n_drawn)

    def _unknown(self, name: str) -> str:
        if not name.startswith("_") and (hasattr(type(self), name) or name in self.__dict__):
            return (
                f"Projection '{self.name}': '{name}' cannot be changed any more; connect the "
                f"neurons anew with net.connect."
            )
        known = ["w", "weight", "delay", "size", "sources", "targets"]
        if self.model is not None:
            known += [*self.state.parameters, *self.state.variables]
        return unknown_attribute(f"Projection '{self.name}'", name, list(dict.fromkeys(known)))


def check_procedural_weight(where: str, weight: Values, real: type) -> None:
    """Synapses that are not stored have one weight, or random ones.

    Raises
    ------
    NetworkError
        If there is a weight for each, or if it is no number of type ``real``.
    """
    if not isinstance(weight, Distribution):
        check_finite(where, "w", np.asarray(weight))
        check_fits(where, "w", np.asarray(weight), real)
        if np.ndim(weight):
            raise NetworkError(
                f"{where}: procedural synapses are not stored, and neither can a weight of each "
                f"be; give one number or a distribution, or leave out procedural=True."
            )


def _stride(n: int, most: int) -> int:
    """The least step through ``n`` things that takes ``most`` of them or less."""
    return max(1, -(-n // most))
