"""The numbers of a network that may be changed while it runs, as sliders need them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from snnlab.errors import NetworkError
from snnlab.model.ir import Parameter
from snnlab.network.changes import Change, change_of
from snnlab.network.distributions import Distribution, Normal, Uniform
from snnlab.network.limits import check_value
from snnlab.network.population import Population, State
from snnlab.network.projection import Projection
from snnlab.network.values import is_number

if TYPE_CHECKING:
    from snnlab.network.network import Network

Owner = Population | Projection
LEAST_PART = 0.01  # of its mean: how near to 0 a value comes that must keep its sign


@dataclass(frozen=True)
class ParameterHandle:
    """A number that may be changed while the network runs.

    Where elements differ, the number is their mean, and setting it moves all of them together;
    of weights that differ it is their mean magnitude.
    """

    owner: str
    owner_kind: str  # "population", "projection" or "drive"
    name: str
    unit: str  # "" when the model gives none
    low: float | None
    high: float | None
    help: str
    read: Callable[[], float]
    write: Callable[[float], None]
    dtype: str = "float"
    elements: Callable[[], NDArray | None] = lambda: None  # their values where they differ
    give_each: Callable[[Distribution], None] | None = None

    @property
    def label(self) -> str:
        return self.name

    @property
    def value(self) -> float:
        return self.read()

    @property
    def extremes(self) -> tuple[float, float] | None:
        """The least and the greatest value where elements have their own, else None."""
        values = self.elements()
        return None if values is None or not len(values) else (values.min(), values.max())

    @property
    def n_elements(self) -> int:
        """How many values there are: what reading them costs."""
        values = self.elements()
        return 1 if values is None else len(values)

    def set(self, value: float) -> None:
        """Change the value between two steps; any thread may call this.

        Raises
        ------
        NetworkError
            If the model does not allow it.
        """
        self.write(float(value))

    def draw(self, distribution: Distribution) -> None:
        """Give each element a value of its own; any thread may call this.

        Raises
        ------
        NetworkError
            If the parameter has one value for all, or the model allows none like these.
        """
        if self.give_each is None:
            raise NetworkError(
                f"{self.owner}: '{self.name}' takes no distribution; give it a number."
            )
        self.give_each(distribution)


def handles_of(network: Network) -> list[ParameterHandle]:
    """Every number that may be changed while the network runs."""
    found: list[ParameterHandle] = []
    for population in list(network.populations.values()):
        found += [
            _parameter(network, population, parameter)
            for parameter in population.neuron.model.parameters
            if not parameter.value.free_symbols
        ]
    for projection in list(network.projections.values()):
        if projection.has_one_weight:
            found.append(_one_weight(network, projection))
        elif not projection.procedural:  # those are drawn anew and cannot be scaled
            found.append(_weights(network, projection))
        if projection.synapse is not None and not projection.static:
            found += [
                _parameter(network, projection, parameter)
                for parameter in projection.synapse.model.parameters
                if not parameter.value.free_symbols and parameter.name != "w"
            ]
    return found


def check_changeable(owner: Owner, name: str, amount: float) -> None:
    """What `Network.scale` and `Network.shift` take.

    Raises
    ------
    NetworkError
        If it is something else.
    """
    where = _where(owner)
    if not is_number(amount):
        raise NetworkError(f"{where}: '{name}' cannot change by {amount!r}; give a finite number.")
    if isinstance(owner, Projection) and name in ("w", "weight"):
        return
    known = _given(owner)
    if name not in known:
        choice = ", ".join(known) or "none"
        raise NetworkError(f"{where}: '{name}' is no parameter; it has {choice}.")


def _given(owner: Owner) -> list[str]:
    """Parameters that do not follow from others."""
    if isinstance(owner, Projection) and owner.model is None:
        return []
    parameters = owner.state.model.parameters
    return [p.name for p in parameters if not p.value.free_symbols]


def _where(owner: Owner) -> str:
    return f"{type(owner).__name__} '{owner.name}'"


def _parameter(network: Network, owner: Owner, parameter: Parameter) -> ParameterHandle:
    name, state, where = parameter.name, owner.state, _where(owner)

    def elements() -> NDArray | None:
        return state.values(name) if name in state.individual else None

    def read() -> float:
        values = elements()
        return state.number(name) if values is None else float(values.mean())

    def write(value: float) -> None:
        check_value(state, where, parameter, value)
        if name in state.individual:
            kind, amount = _to_mean(state, name, value)
            owner._check_change(name, np.asarray(amount), None, kind)
            network._session.change_by(owner, lambda: _to_mean_change(owner, name, value))
        else:
            setattr(owner, name, value)
        network._submit(network.changed.emit)  # after the change, at a step's end

    def give_each(distribution: Distribution) -> None:
        for value in support(distribution):
            check_value(state, where, parameter, value)
        setattr(owner, name, _allowed(distribution, state, where, parameter))
        network._submit(network.changed.emit)

    one_for_all = parameter.locality not in (None, "local") or parameter.dtype != "float"
    return ParameterHandle(
        owner.name,
        type(owner).__name__.lower(),
        name,
        parameter.unit.name if parameter.unit is not None else "",
        parameter.low,
        parameter.high,
        parameter.help,
        read,
        write,
        parameter.dtype,
        elements,
        None if one_for_all or isinstance(owner, Projection) else give_each,
    )


def _allowed(
    distribution: Distribution, state: State, where: str, parameter: Parameter
) -> Distribution:
    """An uncut normal distribution keeps to the sign of its mean where the model needs it."""
    match distribution:
        case Normal(mu=mu, low=low, high=high) if mu and np.isinf([low, high]).all():
            try:
                check_value(state, where, parameter, -mu)
            except NetworkError:
                end = LEAST_PART * mu
                return replace(distribution, **({"low": end} if mu > 0 else {"high": end}))
    return distribution


def support(distribution: Distribution) -> tuple[float, ...]:
    """The finite ends of what a uniform or a cut normal distribution gives, and its middle."""
    match distribution:
        case Uniform(low=low, high=high):
            return low, high
        case Normal(mu=mu, low=low, high=high):
            return tuple(x for x in (low, mu, high) if np.isfinite(x))
    return ()


def _one_weight(network: Network, projection: Projection) -> ParameterHandle:
    def write(value: float) -> None:
        projection.weight = value
        network._submit(network.changed.emit)

    given = projection.given_weight
    low, high = min(0.0, 3.0 * given), max(0.0, 3.0 * given)
    return ParameterHandle(
        projection.name,
        "projection",
        "weight",
        "",
        low if low < high else 0.0,
        high if low < high else 1.0,
        f"weight of the synapses onto {projection.target}",
        lambda: projection.weight,
        write,
    )


def _weights(network: Network, projection: Projection) -> ParameterHandle:
    """Weights that differ: one number that scales them all."""

    def size() -> float:
        weights = projection.weights
        return float(np.abs(weights).mean()) if len(weights) else 0.0

    def write(value: float) -> None:
        if not size() > 0:
            raise NetworkError(
                f"Projection '{projection.name}': all its weights are 0, so there is nothing to "
                f"scale; set projection.w first."
            )
        if not 0 < value < np.inf:
            raise NetworkError(
                f"Projection '{projection.name}': weights of mean size {value:g} could not be "
                f"scaled back; give a number above 0."
            )

        projection._check_change("w", np.asarray(value / size()), None, "scale")
        network._session.change_by(
            projection, lambda: change_of(projection, "w", value / size(), "scale")
        )
        network._submit(network.changed.emit)

    return ParameterHandle(
        projection.name,
        "projection",
        "w",
        "",
        None,
        None,
        f"weights of the synapses onto {projection.target}, all scaled together",
        size,
        write,
        elements=lambda: projection.weights,
    )


def _to_mean(state: State, name: str, mean: float) -> tuple[Literal["scale", "shift"], float]:
    """What gives values this mean: values of one sign are scaled, so that they keep it."""
    values = state.values(name)
    old = float(values.mean())
    if old * mean > 0 and ((values > 0).all() or (values < 0).all()):
        return "scale", mean / old
    return "shift", mean - old


def _to_mean_change(owner: Owner, name: str, mean: float) -> Change:
    kind, amount = _to_mean(owner.state, name, mean)
    return change_of(owner, name, amount, kind)
