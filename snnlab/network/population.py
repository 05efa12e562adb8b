"""Populations: neurons of one model, their state as NumPy arrays, and views of parts of them."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeGuard, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sympy import Expr, Symbol

from snnlab.engine.memory import aligned_zeros, padded_size
from snnlab.engine.randomness import Key
from snnlab.errors import NetworkError
from snnlab.model.evaluate import evaluate
from snnlab.model.ir import NeuronModel, Parameter, SynapseModel, Variable, symbol
from snnlab.model.neuron import Neuron
from snnlab.network import distributions
from snnlab.network.changes import SILENCED, Change, How, OwnerKind, change_of, changed
from snnlab.network.distributions import Distribution
from snnlab.network.inputs import PoissonPlayer, TimedArray
from snnlab.network.limits import Bounds, check_values, is_bound
from snnlab.network.live_array import LiveArray, live
from snnlab.network.values import as_array, check_fits
from snnlab.units import Unit

if TYPE_CHECKING:
    from snnlab.network.inputs import Player, ValuePlayer
    from snnlab.network.network import Network

Values = float | ArrayLike | Distribution
DTYPES = {"int": np.int32, "bool": np.uint8}
NOTHING = np.zeros(())  # to add to


def is_number(value: Values) -> TypeGuard[float]:
    """Whether ``value`` is one number, for all elements."""
    return not isinstance(value, Distribution) and np.ndim(value) == 0


@dataclass(frozen=True, eq=False)
class Given:
    """The parameters of a `State` at one moment."""

    table: NDArray[np.float64]
    individual: dict[str, NDArray]
    n_drawn: int
    courses: dict[str, ValuePlayer] = field(default_factory=dict)
    stimuli: tuple[Change, ...] = ()
    first_stimuli: tuple[Change, ...] = ()

    @property
    def arrays(self) -> list[NDArray]:
        return [self.table, *self.individual.values()]


class State:
    """The numbers of a group of elements: one array a variable, one table of parameters.

    Parameters
    ----------
    model
        Its parameters and variables.
    n_elements
        How many neurons or synapses there are.
    real
        NumPy type of floating-point arrays.
    key
        Of the random numbers for initial values.
    where
        Names the owner in errors.
    n_post
        Length of the variables that synapses share for each post neuron.
    lengths
        Asked, once the parameters have their values, for the lengths of variables that have another
        length than their locality says.
    """

    def __init__(
        self,
        model: NeuronModel | SynapseModel,
        n_elements: int,
        real: type,
        key: Key,
        where: str,
        n_post: int = 0,
        lengths: Callable[[State], Mapping[str, int]] | None = None,
    ) -> None:
        self.model = model
        self._lengths: dict[str, int] = {}
        self.n_elements = n_elements
        self._sizes = {"local": n_elements, "postsynaptic": n_post}
        self.where = where
        self.key = key
        self.parameters: dict[str, Parameter] = {p.name: p for p in model.parameters}
        self.variables: dict[str, Variable] = {v.name: v for v in model.variables}
        self.real = real
        self.bounds: dict[str, Bounds] = {}  # of parameters, as far as they were asked for
        self.n_drawn = 0
        self._order = [p.name for p in model.parameters]
        self.table = np.zeros(max(1, len(self._order)))  # value of every parameter, as written
        self.arrays: dict[str, NDArray] = {}
        self.individual: set[str] = set()  # parameters with a value for each element
        for parameter in model.parameters:
            self._set_default(parameter)
        if lengths is not None:
            self._lengths.update(lengths(self))
        for variable in model.variables:
            length = self._length(variable.name)
            self.arrays[variable.name] = self._new(length, variable.dtype)
            self._initialise(variable)

    def new_array(self, dtype: str = "float", locality: str = "local") -> NDArray:
        return self._new(self._sizes.get(locality, 1), dtype)

    def _new(self, length: int, dtype: str) -> NDArray:
        return aligned_zeros(padded_size(length), DTYPES.get(dtype, self.real))

    def _length(self, name: str) -> int:
        locality = self.variables[name].locality if name in self.variables else "local"
        return self._lengths.get(name, self._sizes.get(locality, 1))

    def values(self, name: str) -> NDArray:
        """The array of ``name`` without its padding."""
        return self.arrays[name][: self._length(name)]

    def internal(self, name: str) -> Any:
        """The values of ``name`` in internal units, one number where there is one for all."""
        if name not in self.parameters:
            return self.values(name)
        value = self.values(name) if name in self.individual else self.number(name)
        return value * self._scale(self.parameters[name])

    def spread(self, name: str, values: NDArray) -> None:
        """Give a variable that had fewer values one for each element."""
        del self._lengths[name]
        self.arrays[name] = self.new_array(self.variables[name].dtype)
        self.values(name)[:] = values

    def number(self, name: str) -> float:
        """The one value of a parameter."""
        return float(self.table[self._order.index(name)])

    def type_of(self, name: str) -> type:
        """The NumPy type of the array of ``name``."""
        owner = self.variables.get(name) or self.parameters[name]
        return DTYPES.get(owner.dtype, self.real)

    def unit_of(self, name: str) -> Unit | None:
        """The unit in which a person reads and writes ``name``, if the model gives one."""
        owner = self.variables.get(name) or self.parameters.get(name)
        return None if owner is None else owner.unit

    def has_each(self, name: str) -> bool:
        """Whether each element has its own value of ``name``."""
        return name in self._each_element()

    def storage(self, name: str) -> NDArray:
        """Where the values of ``name`` lie: its array, or shape () for one parameter's value."""
        if name in self.parameters and name not in self.individual:
            n = self._order.index(name)
            return self.table[n : n + 1].reshape(())
        return self.values(name)

    def set_number(self, name: str, value: float) -> None:
        """Give a parameter one value, and follow it with the parameters derived from it."""
        self.table[self._order.index(name)] = value
        if name in self.individual:
            self.arrays[name][: self.n_elements] = value
        self._update_derived(name)

    def set_values(
        self, name: str, values: NDArray, indices: NDArray[np.int32] | None = None
    ) -> None:
        """Give elements values of a variable or of an individual parameter."""
        self.values(name)[slice(None) if indices is None else indices] = values
        if name in self.parameters:
            self._update_derived(name)

    def check_values(
        self, name: str, new: NDArray, indices: NDArray[np.int32] | None = None
    ) -> None:
        """``name`` can have the values ``new``, of all elements or of those at ``indices``.

        Raises
        ------
        NetworkError
            If it cannot hold them, or the model has no value with them.
        """
        self._check_fits(name, new)
        if name not in self.parameters:
            return
        if indices is not None or new.ndim:
            self.check_individual(name)
        check_values(self, self.where, self.parameters[name], new, indices)
        if not new.ndim and indices is None:
            self._check_draws(name, float(new))

    def check_course(
        self,
        name: str,
        rows: NDArray,
        base: NDArray = NOTHING,
        elements: NDArray[np.int32] | None = None,
    ) -> None:
        """``name`` can have these values one after the other.

        Parameters
        ----------
        rows
            (n_rows,) for all elements alike, or (n_rows, n_elements).
        base
            What they are added to: of shape (), or one value for each of ``elements``.
        elements
            As in `check_values`.

        Raises
        ------
        NetworkError
            As `check_values`.
        """
        if not base.size:
            return  # of no neuron
        if name in self.parameters and is_bound(self, name):
            for row in np.unique(rows, axis=0):
                self.check_values(name, base + row, elements)
            return
        with np.errstate(over="ignore"):
            ends = np.array([base.min() + rows.min(), base.max() + rows.max()])
        self._check_fits(name, ends)

    def _check_fits(self, name: str, new: NDArray) -> None:
        parameter = self.parameters.get(name)
        scale = 1.0 if parameter is None else self._scale(parameter)
        unit = None if parameter is None else parameter.unit
        check_fits(self.where, name, new, self.type_of(name), scale=scale, unit=unit)

    def _check_draws(self, name: str, value: float) -> None:
        """Random parameters that follow ``name`` can be drawn."""
        draws = {symbol(draw.name) for draw in self.model.draws}
        followers = self.derived_from(name)
        if any(self.parameters[one].value.free_symbols & draws for one in followers):
            trial = copy.copy(self)
            trial.table = self.table.copy()
            kept = {n: self.arrays[n].copy() for n in (name, *followers) if n in self.individual}
            trial.arrays = {**self.arrays, **kept}
            trial.set_number(name, value)

    def given(self) -> Given:
        """A copy of all parameters."""
        arrays = {name: self.arrays[name].copy() for name in sorted(self.individual)}
        return Given(self.table.copy(), arrays, self.n_drawn)

    def give(self, given: Given) -> bool:
        """Take parameters back; whether other parameters have a value for each element now."""
        self.table[:] = given.table
        self.n_drawn = given.n_drawn
        changed = self.individual != set(given.individual)
        self.individual = set(given.individual)
        for name, values in given.individual.items():
            if name not in self.arrays or self.arrays[name].shape != values.shape:
                self.arrays[name] = values.copy()
                changed = True
            self.arrays[name][...] = values
        return changed

    def resize(self, n_elements: int) -> None:
        """Make room for another number of elements; their values are to be set."""
        self.n_elements = self._sizes["local"] = n_elements
        for name in self._each_element():
            self.arrays[name] = self.new_array(self.dtype_of(name))

    def gather(self, lengths: Mapping[str, int]) -> None:
        """Let variables have one value for each of so many neurons, all others one an element."""
        affected = {*self._lengths, *lengths}
        self._lengths = dict(lengths)
        for name in affected:
            variable = self.variables[name]
            self.arrays[name] = self._new(self._length(name), variable.dtype)
            self._initialise(variable)

    def dtype_of(self, name: str) -> str:
        of = self.variables[name] if name in self.variables else self.parameters[name]
        return of.dtype

    def rearrange(self, origin: NDArray[np.int64], new: Mapping[str, float]) -> None:
        """Take over the values of element ``origin[i]`` as element i; -1 is a new element.

        New elements have the value in ``new``, or the model's initial one.
        """
        old = {name: self.values(name).copy() for name in self._each_element()}
        self.n_elements = self._sizes["local"] = len(origin)
        kept = origin >= 0
        for name, values in old.items():
            dtype = self.variables[name].dtype if name in self.variables else "float"
            self.arrays[name] = self.new_array(dtype)
            if name in self.individual:
                self.arrays[name][:] = self.number(name)
            else:
                self._initialise(self.variables[name])
            if name in new:
                self.values(name)[~kept] = new[name]
            self.values(name)[kept] = values[origin[kept]]

    def _each_element(self) -> list[str]:
        """Names with one value for each element."""
        local = [v.name for v in self.model.variables if v.locality == "local"]
        return [*(name for name in local if name not in self._lengths), *self.individual]

    def check_individual(self, name: str) -> None:
        """A parameter, and those derived from it, may differ between elements.

        Raises
        ------
        NetworkError
            If one of them is declared as one value.
        """
        for one in [name, *self.derived_from(name)]:
            if self.parameters[one].locality not in (None, "local"):
                raise NetworkError(
                    f"{self.where}: '{one}' is one value for all "
                    f"('{self.parameters[one].locality}' in the model), so it takes no array; "
                    f"remove the flag, or give one number."
                )

    def make_individual(self, name: str) -> None:
        """Give a parameter, and those derived from it, a value for each element."""
        self.check_individual(name)
        for one in [name, *self.derived_from(name)]:
            if one not in self.individual:
                self.arrays[one] = self.new_array(self.parameters[one].dtype)
                self.arrays[one][:] = self.number(one)
                self.individual.add(one)

    def derived_from(self, name: str) -> list[str]:
        """Parameters whose values follow that of ``name``, near ones first."""
        found: list[str] = []
        for other in self.model.parameters:
            if {symbol(n) for n in (name, *found)} & other.value.free_symbols:
                found.append(other.name)
        return found

    def _update_derived(self, name: str) -> None:
        for other in self.derived_from(name):
            parameter = self.parameters[other]
            value = self._evaluated(parameter.value, parameter)
            if other in self.individual:
                self.arrays[other][: self.n_elements] = value
            else:
                self.table[self._order.index(other)] = value

    def draw(self, distribution: Distribution, n: int) -> NDArray[np.float64]:
        self.n_drawn += 1
        return distribution.sample(self.key, self.n_drawn, n)

    def _set_default(self, parameter: Parameter) -> None:
        self.table[self._order.index(parameter.name)] = 0.0
        if parameter.locality == "local":
            self.make_individual(parameter.name)
        value = self._evaluated(parameter.value, parameter)
        self._check_fits(parameter.name, np.asarray(value))
        if np.ndim(value):
            self.make_individual(parameter.name)
            self.arrays[parameter.name][: self.n_elements] = value
        else:
            self.set_number(parameter.name, float(value))

    def _initialise(self, variable: Variable) -> None:
        values = self.values(variable.name)
        number = float(variable.init) if variable.init.is_Number else None
        new = self._evaluated(variable.init, None, len(values)) if number is None else number
        check_fits(self.where, variable.name, np.asarray(new), self.type_of(variable.name))
        values[:] = new

    def _evaluated(
        self, e: Expr, parameter: Parameter | None, n_elements: int | None = None
    ) -> Any:
        """The value of an initial value (internal units) or of a parameter (its own unit).

        ``n_elements`` random numbers are drawn, one for each neuron or synapse if not given.
        """
        if e.is_Number:
            return float(e)
        draws = {symbol(d.name): d for d in self.model.draws}
        known: dict[Symbol, Any] = {}
        # Sorted, because the order of the draws decides their numbers.
        for s in sorted(cast(set[Symbol], e.free_symbols), key=str):
            if s in draws:
                arguments = [float(self._evaluated(a, None)) for a in draws[s].arguments]
                kind = getattr(distributions, draws[s].distribution)
                n = self.n_elements if n_elements is None else n_elements
                known[s] = self.draw(kind(*arguments), n)
            elif s.name in self.parameters:
                scale = self._scale(self.parameters[s.name])
                individual = s.name in self.individual
                one = self.values(s.name) if individual else np.float64(self.number(s.name))
                known[s] = one * scale
            else:
                known[s] = self.values(s.name)
        with np.errstate(all="ignore"):
            value = evaluate(e, known)
        if not np.isfinite(value).all():
            what = "an initial value" if parameter is None else f"'{parameter.name}'"
            raise NetworkError(
                f"{self.where}: {what} = {e} is no real number with the present parameters; "
                f"change them first."
            )
        return value / self._scale(parameter) if parameter is not None else value

    @staticmethod
    def _scale(parameter: Parameter) -> float:
        return parameter.unit.scale if parameter.unit is not None else 1.0


_METHODS = {  # what a population shows of the class of its neurons
    "_update_equations": "update",
    "_spiking_equation": "spike",
    "_reset_equations": "reset",
}


class Population:
    """Neurons of one model.

    Parameters and variables of the model are attributes: ``pop.v`` is a NumPy view, shaped
    like the population, of the memory that the engine works on; ``pop.tau = 20`` sets one
    value for all neurons, ``pop.tau = array`` one for each. Values of parameters are in the
    unit that the model gives them, those of variables in ms, mV, pA, nS, pF.
    """

    def __init__(
        self, network: Network, neuron: Neuron, shape: tuple[int, ...], name: str, key: Key
    ) -> None:
        set_ = object.__setattr__
        set_(self, "network", network)
        set_(self, "neuron", neuron)
        set_(self, "shape", shape)
        set_(self, "size", int(np.prod(shape)))
        set_(self, "name", name)
        set_(self, "key", key)
        set_(self, "_run_key", key)
        state = State(neuron.model, self.size, network.real, key, f"Population '{name}'")
        state.arrays[SILENCED] = state.new_array("bool")
        set_(self, "state", state)
        set_(self, "courses", {})
        set_(self, "stimuli", ())
        set_(self, "first_stimuli", ())

    network: Network
    neuron: Neuron
    shape: tuple[int, ...]
    size: int
    name: str
    key: Key
    _run_key: Key  # of what is drawn in steps; another one in the repeats of a sweep
    state: State
    _kind: OwnerKind = "population"
    given_data: Player | None = None  # of given spikes or values
    courses: dict[str, ValuePlayer]  # of parameters and variables that follow a TimedArray
    stimuli: tuple[Change, ...]  # courses that are added to parameters, the earliest first
    first_stimuli: tuple[Change, ...]  # given before the first step: a reset begins them again

    def __len__(self) -> int:
        return self.size

    def __repr__(self) -> str:
        shape = self.size if len(self.shape) == 1 else self.shape
        return f"Population '{self.name}': {shape} neurons '{self.neuron.name}'"

    def __iter__(self) -> Iterator[PopulationView]:
        """A view of each neuron."""
        return (PopulationView(self, one) for one in self.indices[:, np.newaxis])

    def __array__(self, *_: object, **__: object) -> NDArray:
        raise NetworkError(
            f"Population '{self.name}': it is no array; "
            f"take one of its attributes ({', '.join(self.attributes)})."
        )

    def __dir__(self) -> Iterable[str]:
        return [*super().__dir__(), *self.state.parameters, *self.state.variables]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name in _METHODS:
            return self.neuron.template(_METHODS[name])
        return self._get(name)

    def __setattr__(self, name: str, value: Values | TimedArray) -> None:
        self._set(name, value, None)

    def __getitem__(self, index: Any) -> PopulationView:
        numbers = np.arange(self.size, dtype=np.int32).reshape(self.shape)
        try:
            chosen = numbers[index]
        except IndexError as error:
            raise NetworkError(
                f"Population '{self.name}': [{index}] lies outside its shape {self.shape}; "
                f"use indices below the sizes."
            ) from error
        return PopulationView(self, np.atleast_1d(chosen).ravel())

    @property
    def attributes(self) -> list[str]:
        """Names of the model's parameters and variables, those of a class as it declares them."""
        known = [*self.state.parameters, *self.state.variables]
        declared = [name for name in self.neuron.attributes if name in known]
        return [*declared, *(name for name in known if name not in declared)]

    @property
    def indices(self) -> NDArray[np.int32]:
        return np.arange(self.size, dtype=np.int32)

    @property
    def silenced(self) -> NDArray[np.bool_]:
        """Which neurons `Network.silence` keeps from spiking, shaped like the population."""
        return self.state.values(SILENCED).reshape(self.shape) != 0

    def _get(self, name: str) -> Any:
        state = self.state
        if name in state.variables or name in state.individual:
            values = state.values(name)
            if len(values) != self.size:
                return values[0]
            return live(values, self.shape, lambda how, i, new: self._write(name, how, i, new))
        if name in state.parameters:
            return state.number(name)
        raise AttributeError(self._unknown(name))

    def _set(
        self, name: str, value: Values | TimedArray, indices: NDArray[np.int32] | None
    ) -> None:
        """Set an attribute for all neurons or for those at ``indices``."""
        state = self.state
        if name not in state.variables and name not in state.parameters:
            raise AttributeError(self._unknown(name))
        if isinstance(value, LiveArray) and value.is_same(self._part(name, indices)):
            return  # what `group.v += 2` ends with, after the change was made
        if isinstance(value, TimedArray):
            self._play(name, value, indices)
            return
        n = self.size if indices is None else len(indices)
        drawn, n_drawn = None, state.n_drawn
        if isinstance(value, Distribution):
            drawn = value.plain, value.number(state.n_drawn + 1)
            value = state.draw(value, n)
        if isinstance(value, Population | PopulationView):
            raise NetworkError(
                f"Population '{self.name}': '{name}' takes numbers, not {value!r}; "
                f"give one of its variables or parameters, as population.{name}."
            )
        try:
            given = as_array(f"Population '{self.name}'", name, value)
            new = self._checked(name, given, n, whole=indices is None)
            state.check_values(name, new, indices)
            self._check_given(name, new)
        except NetworkError:
            state.n_drawn = n_drawn  # the next values are those that would have come without it
            raise
        self._change(name, new, indices, drawn=drawn)

    def _check_given(self, name: str, new: NDArray) -> None:
        """A rate of random spikes is none below 0.

        Raises
        ------
        NetworkError
            If it is.
        """
        played = self.given_data
        drawn = isinstance(played, PoissonPlayer) and name == played.rate
        if drawn and name in self.state.parameters and (new < 0).any():
            raise NetworkError(
                f"Population '{self.name}': {name} = {new.min():g} Hz is not possible; "
                f"give numbers from 0 Hz on."
            )

    def _write(self, name: str, how: Any, indices: NDArray[np.int32], new: NDArray) -> None:
        """What a `LiveArray` does: set values, or add to them."""
        new = self._checked(name, new, len(indices), whole=False)
        whole = len(indices) == self.size and bool((np.diff(indices) == 1).all())
        self._check_change(name, new, None if whole else indices, how)
        self._change(name, new, None if whole else indices, how)

    def _check_change(
        self, name: str, new: NDArray, indices: NDArray[np.int32] | None, how: How
    ) -> None:
        """What a change makes of the present values is possible; a run may change them till then.

        Raises
        ------
        NetworkError
            If it is not.
        """
        if how != "set":
            with np.errstate(over="ignore"):
                new = np.asarray(changed(self.state.storage(name), indices, new, how))
        self.state.check_values(name, new, indices)
        self._check_given(name, new)

    def _change(
        self,
        name: str,
        new: NDArray,
        indices: NDArray[np.int32] | None,
        how: Any = "set",
        drawn: Any = None,
    ) -> None:
        if self.network.populations.get(self.name) is self:
            self.network._session.change(self, change_of(self, name, new, how, indices, drawn))
        else:  # while the network is built
            self._put(name, new, indices, "set")

    def _put(self, name: str, new: Any, indices: NDArray[np.int32] | None, how: How) -> None:
        """Set, add or multiply values now; no step runs meanwhile."""
        state = self.state
        if name == SILENCED:
            state.set_values(name, new, indices)
            self.network._linkage.reschedule()
            return
        if isinstance(new, TimedArray):
            self._begin_course(name, new)
            return
        if how != "set":
            new = changed(state.storage(name), indices, new, how)
        elif self.courses.pop(name, None) is not None:
            self.network._linkage.relink()
        if name in state.parameters and np.ndim(new) == 0 and indices is None:
            state.set_number(name, float(new))
            return
        if name in state.parameters and name not in state.individual:
            state.make_individual(name)
            self.network._linkage.relink()
        state.set_values(name, new, indices)

    @property
    def _parameter_names(self) -> list[str]:
        return list(self.state.parameters)

    def _parameter(self, name: str) -> NDArray:
        return np.array(self.state.storage(name))

    def _given(self) -> Given:
        return replace(
            self.state.given(),
            courses=dict(self.courses),
            stimuli=self.stimuli,
            first_stimuli=self.first_stimuli,
        )

    def _give(self, given: Given) -> bool:
        changed = self.courses != given.courses
        object.__setattr__(self, "courses", dict(given.courses))
        self._take_stimuli(given.stimuli)
        object.__setattr__(self, "first_stimuli", given.first_stimuli)
        return self.state.give(given) or changed

    def _part(self, name: str, indices: NDArray[np.int32] | None) -> Any:
        """What an attribute of the population, or of a view of it, gives to read."""
        return self._get(name) if indices is None else getattr(PopulationView(self, indices), name)

    def _play(self, name: str, course: TimedArray, indices: NDArray[np.int32] | None) -> None:
        """Let ``name`` follow a course of time from the next step on."""
        state, where = self.state, f"Population '{self.name}'"
        if indices is not None:
            raise NetworkError(
                f"{where}: '{name}' of some neurons cannot follow a TimedArray; set it for the "
                f"population, with rows of {self.size} values."
            )
        owner = state.variables.get(name) or state.parameters[name]
        if owner.locality not in (None, "local"):
            raise NetworkError(
                f"{where}: '{name}' is one value for all ('{owner.locality}' in the model), so it "
                f"cannot follow a TimedArray; remove the flag."
            )
        derived = state.derived_from(name)
        if derived:
            raise NetworkError(
                f"{where}: '{derived[0]}' is computed from '{name}' before the run, so '{name}' "
                f"cannot follow a TimedArray; write '{derived[0]}' as an equation."
            )
        course = course.fixed(self.network.dt)
        course.player(self, name, self.network.dt, np.zeros(self.size))  # to see whether it fits
        state.check_course(name, course.values)
        self._check_given(name, course.values)
        if self.network.populations.get(self.name) is self:
            self.network._session.change(self, Change(-1, self.name, name, course))
        else:  # while the network is built
            self._begin_course(name, course)

    def _check_stimulable(self, name: str) -> None:
        """A course may be added to ``name``: it is a parameter that neurons read as it is now.

        Raises
        ------
        NetworkError
            If it is not.
        """
        state, where = self.state, f"Population '{self.name}'"
        if name in state.variables:
            raise NetworkError(
                f"{where}: '{name}' is a variable, which the equations change, so nothing can be "
                f"added to it for a while; stimulate a parameter that they read, such as a current."
            )
        if name not in state.parameters:
            raise NetworkError(self._unknown(name))
        if state.parameters[name].dtype != "float":
            raise NetworkError(
                f"{where}: '{name}' is a parameter of type {state.parameters[name].dtype}, so no "
                f"course can be added to it; stimulate one that is a real number."
            )
        state.check_individual(name)
        derived = state.derived_from(name)
        if derived:
            raise NetworkError(
                f"{where}: '{derived[0]}' is computed from '{name}' before the run, so '{name}' "
                f"cannot be stimulated; write '{derived[0]}' as an equation."
            )

    def _stimulate(self, change: Change) -> None:
        """Add a course to a parameter from the step of ``change`` on; no step runs meanwhile."""
        if change.name not in self.state.individual:
            self.state.make_individual(change.name)
            self.network._linkage.relink()
        self._take_stimuli((*self.stimuli, change))
        if change.step == 0:
            object.__setattr__(self, "first_stimuli", (*self.first_stimuli, change))

    def _drop_stimuli(self, step: int) -> None:
        """Take away the courses whose last value ended before ``step``."""
        left = tuple(change for change in self.stimuli if change.value.starts[-1] > step)
        if len(left) < len(self.stimuli):
            self._take_stimuli(left)
            self.network._session.forget_given(self)

    def _take_stimuli(self, stimuli: tuple[Change, ...]) -> None:
        """Let these courses be added, and no others."""
        if {change.name for change in self.stimuli} != {change.name for change in stimuli}:
            self.network._linkage.relink()  # kernels read the sum, or the parameter itself
        elif self.stimuli != stimuli:
            self.network._linkage.reschedule()
        object.__setattr__(self, "stimuli", stimuli)

    def _begin_course(self, name: str, course: TimedArray) -> None:
        state = self.state
        if name in state.parameters:
            before = np.broadcast_to(state.storage(name), (self.size,))
        else:
            before = state.values(name).copy()
        player = course.player(self, name, self.network.dt, before)
        if name in state.parameters:
            state.make_individual(name)
        self.courses[name] = player
        self.network._linkage.relink()

    def _checked(self, name: str, new: NDArray, n: int, *, whole: bool) -> NDArray:
        check_finite(f"Population '{self.name}'", name, new, self.state.unit_of(name))
        if new.ndim == 0 or new.size == 1:
            return new.reshape(())
        if new.size != n or (whole and new.shape not in ((n,), self.shape)):
            expected = self.shape if whole else (n,)
            raise NetworkError(
                f"Population '{self.name}': '{name}' has shape {expected}, not {new.shape}; "
                f"give one number or an array of that shape."
            )
        return new.ravel()

    def _unknown(self, name: str) -> str:
        if isinstance(name, str) and (hasattr(type(self), name) or name in self.__dict__):
            return (
                f"Population '{self.name}': '{name}' cannot be changed any more; add the neurons "
                f"anew with net.add."
            )
        known = [*self.state.parameters, *self.state.variables]
        return unknown_attribute(f"Population '{self.name}'", name, known)


def check_numbers(where: str, name: str, new: NDArray, unit: Unit | None = None) -> None:
    """Values of a parameter or variable are numbers; ``unit`` is that in which they are.

    Raises
    ------
    NetworkError
        If they are something else, or NaN.
    """
    if new.dtype.kind not in "buif":
        kinds = {"U": "texts", "S": "texts", "O": "objects", "c": "complex numbers"}
        kind = kinds.get(new.dtype.kind, str(new.dtype))
        found = repr(new.item()) if new.ndim == 0 else f"an array of {kind}"
        meant = f", in {unit.name}" if unit is not None and unit.name else ""
        raise NetworkError(
            f"{where}: '{name}' takes numbers, not {found}; "
            f"give a number or an array of numbers{meant}."
        )
    if np.isnan(new).any():
        raise NetworkError(f"{where}: '{name}' cannot be NaN; give a number.")


def check_finite(where: str, name: str, new: NDArray, unit: Unit | None = None) -> None:
    """Values of a parameter, a variable or weights are finite numbers.

    Raises
    ------
    NetworkError
        If they are something else.
    """
    check_numbers(where, name, new, unit)
    if np.isinf(new).any():
        raise NetworkError(f"{where}: '{name}' cannot be infinite; give a finite number.")


def unknown_attribute(where: str, name: str, known: list[str]) -> str:
    """The message for an attribute that the model does not have."""
    near = difflib.get_close_matches(str(name), known, 1)
    hint = f"did you mean '{near[0]}'?" if near else f"it has {', '.join(known)}."
    return f"{where}: no attribute '{name}'; {hint}"


class PopulationView:
    """Some neurons of a population, with the population's attributes."""

    def __init__(self, population: Population, indices: NDArray[np.int32]) -> None:
        object.__setattr__(self, "population", population)
        object.__setattr__(self, "indices", indices)

    population: Population
    indices: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.indices)

    @property
    def size(self) -> int:
        return len(self.indices)

    @property
    def name(self) -> str:
        """The population's name with the indices, as ``E[:100]``."""
        first, last = (self.indices[0], self.indices[-1]) if len(self.indices) else (0, -1)
        if len(self.indices) == last - first + 1:
            return f"{self.population.name}[{first}:{last + 1}]"
        return f"{self.population.name}[{len(self.indices)} neurons]"

    @property
    def silenced(self) -> NDArray[np.bool_]:
        """(size,): which of the neurons `Network.silence` keeps from spiking."""
        return self.population.silenced.ravel()[self.indices]

    def __repr__(self) -> str:
        return f"{len(self)} neurons of {self.population!r}"

    def __iter__(self) -> Iterator[PopulationView]:
        """A view of each neuron."""
        return (PopulationView(self.population, one) for one in self.indices[:, np.newaxis])

    def __array__(self, *_: object, **__: object) -> NDArray:
        return self.population.__array__()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        values = self.population._get(name)
        if np.ndim(values) == 0:
            return values
        flat = values.reshape(-1)
        first, n = (int(self.indices[0]), len(self.indices)) if len(self.indices) else (0, 0)
        if n and np.array_equal(self.indices, np.arange(first, first + n)):
            return flat[first : first + n]  # shares memory
        return flat[self.indices]

    def __setattr__(self, name: str, value: Values | TimedArray) -> None:
        self.population._set(name, value, self.indices)

    def __getitem__(self, index: Any) -> PopulationView:
        try:
            chosen = self.indices[index]
        except IndexError as error:
            raise NetworkError(
                f"Population '{self.name}': [{index}] lies outside its {len(self)} neurons; "
                f"use indices below that."
            ) from error
        return PopulationView(self.population, np.atleast_1d(chosen).ravel())


Group = Population | PopulationView


def population_of(group: Group) -> Population:
    """The population that ``group`` is or belongs to."""
    return group.population if isinstance(group, PopulationView) else group
