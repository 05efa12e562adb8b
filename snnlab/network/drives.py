"""Poisson input onto each neuron of a group, drawn as one count a neuron and step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from snnlab.engine import counts
from snnlab.engine.memory import padded_size
from snnlab.engine.randomness import Key
from snnlab.errors import NetworkError
from snnlab.network.changes import How, OwnerKind, change_of
from snnlab.network.distributions import Distribution
from snnlab.network.handles import ParameterHandle
from snnlab.network.live_array import present
from snnlab.network.population import (
    Population,
    PopulationView,
    Values,
    check_numbers,
    unknown_attribute,
)
from snnlab.network.values import check_fits

if TYPE_CHECKING:
    from snnlab.network.network import Network

WEIGHTS, RATES = 0, 1  # streams of the drive's own draws


class PoissonDrive:
    """``n`` independent Poisson sources onto each neuron of a group.

    The spikes that reach a neuron in one step are one number with a Poisson distribution of mean
    ``n * rate * dt``. Each adds ``weight`` to the conductance, in the step in which it is drawn.
    Made by `Network.drive`.
    """

    _kind: OwnerKind = "drive"

    def __init__(
        self,
        network: Network,
        group: Population | PopulationView,
        target: str,
        *,
        rate: Values,
        n: int,
        weight: Values,
        name: str,
        key: Key,
    ) -> None:
        self.network = network
        self.post = group.population if isinstance(group, PopulationView) else group
        self.indices = group.indices
        self.target = target
        self.name = name
        self.key = self._run_key = key
        self._n_neurons = len(group)
        self._engine: Any = None
        self._n = self._checked_number(n)
        self._weight = self._checked("weight", weight, WEIGHTS)
        self._rate = self._checked("rate", rate, RATES)
        self._counts = self._tabulated(self._rate, self._n)

    def __setattr__(self, name: str, value: Any) -> None:
        if not name.startswith("_") and not hasattr(self, name) and "_counts" in self.__dict__:
            raise AttributeError(unknown_attribute(self.where, name, self._parameter_names))
        object.__setattr__(self, name, value)

    @property
    def where(self) -> str:
        return f"Drive '{self.name}'"

    @property
    def rate(self) -> float | NDArray[np.float64]:
        """Hz of one source; one number, or one for each neuron of the group."""
        return self._value("rate")

    @rate.setter
    def rate(self, rate: Values) -> None:
        self._change("rate", self._checked("rate", rate, RATES))

    @property
    def n(self) -> int:
        """Sources onto each neuron."""
        return self._n

    @n.setter
    def n(self, n: int) -> None:
        self._change("n", self._checked_number(n))

    @property
    def weight(self) -> float | NDArray[np.float64]:
        """What a spike adds; one number, or one for each neuron of the group."""
        return self._value("weight")

    @weight.setter
    def weight(self, weight: Values) -> None:
        self._change("weight", self._checked("weight", weight, WEIGHTS))

    def _value(self, name: str) -> float | NDArray[np.float64]:
        """One number, or a copy that hands back elements which are set in it."""
        values: NDArray[np.float64] = self._parameter(name)
        if values.ndim == 0:
            return float(values)
        return present(values.copy(), lambda new: setattr(self, name, new))

    def handles(self) -> list[ParameterHandle]:
        """The numbers that may be changed while the network runs."""
        found = []
        for name, unit, text in (
            ("rate", "Hz", f"rate of each of {self._n} Poisson sources onto {self.post.name}"),
            ("weight", "", f"weight of their spikes onto {self.target}"),
        ):
            now = getattr(self, name)
            if not isinstance(now, float):
                continue
            low, high = min(0.0, 3.0 * now), max(0.0, 3.0 * now)
            found.append(
                ParameterHandle(
                    self.name,
                    "drive",
                    name,
                    unit,
                    low,
                    high if low < high else 1.0,
                    text,
                    lambda name=name: getattr(self, name),
                    lambda value, name=name: self._write(name, value),
                )
            )
        return found

    def link(self, parts: Any, spikes: Any, out: NDArray) -> Any:
        """The engine's object, a member of the module ``parts``, that adds to ``out``."""
        self._engine = parts.Drive(spikes, self._run_key, out)
        self._give_engine()
        return self._engine

    def __repr__(self) -> str:
        return (
            f"{self.where}: {self._n} Poisson sources onto each of {self._n_neurons} neurons of "
            f"'{self.post.name}', {self.target}"
        )

    def _write(self, name: str, value: float) -> None:
        setattr(self, name, value)
        self.network._submit(self.network.changed.emit)

    def _change(self, name: str, value: Any) -> None:
        """Take over a new value between two steps, if the counts it makes can be drawn."""
        if name != "weight":
            now = {"rate": self._rate, "n": self._n, name: value}
            self._tabulated(**now)
        self.network._session.change(self, change_of(self, name, value))

    def _put(self, name: str, value: Any, neurons: NDArray[np.int32] | None, how: How) -> None:
        """Set a value now; no step runs meanwhile."""
        setattr(self, f"_{name}", int(value) if name == "n" else np.asarray(value, float))
        self._counts = self._tabulated(self._rate, self._n)
        if self._engine is not None:
            self._give_engine()

    @property
    def _parameter_names(self) -> list[str]:
        return ["rate", "n", "weight"]

    def _parameter(self, name: str) -> Any:
        return getattr(self, f"_{name}")

    def _given(self) -> dict[str, Any]:
        return {name: self._parameter(name) for name in self._parameter_names}

    def _give(self, given: dict[str, Any]) -> bool:
        for name, value in given.items():
            self._put(name, value, None, "set")
        return False

    def _give_engine(self) -> None:
        self._engine.draw(*self._counts)
        whole = self._n_neurons == self.post.size
        if self._weight.ndim == 0 and whole:
            self._engine.weigh(self._weight.reshape(1))
            return
        weights = np.zeros(padded_size(self.post.size))
        weights[self.indices] = self._weight
        self._engine.weigh(weights)

    def _tabulated(
        self, rate: NDArray[np.float64], n: int
    ) -> tuple[NDArray[np.uint32], NDArray[np.int32], NDArray[np.int32] | None]:
        """Thresholds, smallest counts, and which of them each neuron has."""
        means = n * rate * self.network.dt / 1000.0
        if means.max(initial=0.0) > counts.LARGEST_MEAN:
            raise NetworkError(
                f"{self.where}: {means.max():g} spikes a step and neuron are more than "
                f"{counts.LARGEST_MEAN:g}; give a lower rate, or a smaller dt."
            )
        if means.ndim == 0 or not means.size:  # a view may be empty
            table = counts.poisson_table(np.full(1, means if means.ndim == 0 else 0.0))
            return table.threshold, table.smallest, None
        distinct, own = np.unique(means, return_inverse=True)
        n_thresholds = len(distinct) * counts.most_thresholds(float(distinct.max(initial=0.0)))
        if n_thresholds > counts.LIMIT:
            raise NetworkError(
                f"{self.where}: {len(distinct)} different rates, {means.max():g} spikes a step at "
                f"most, need a table of {n_thresholds:,} numbers, more than {counts.LIMIT:,}; give "
                f"fewer different rates, or lower ones."
            )
        table = counts.poisson_table(distinct)
        row = np.zeros(padded_size(self.post.size), np.int32)
        row[self.indices] = own
        return table.threshold, table.smallest, row

    def _checked_number(self, n: int) -> int:
        if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 0:
            raise NetworkError(f"{self.where}: n = {n!r} sources; give a whole number from 0 on.")
        return int(n)

    def _checked(self, name: str, value: Values, stream: int) -> NDArray[np.float64]:
        drawn = isinstance(value, Distribution)
        new = value.sample(self.key, stream, self._n_neurons) if drawn else np.asarray(value)
        check_numbers(self.where, name, new)
        if new.ndim and new.shape != (self._n_neurons,):
            raise NetworkError(
                f"{self.where}: '{name}' has shape ({self._n_neurons},), not {new.shape}; "
                f"give one number or an array of that shape."
            )
        lowest = 0.0 if name == "rate" else -np.inf
        if not (np.isfinite(new) & (new >= lowest)).all():
            given = f"{value}, which gives {new.min():g}," if drawn else repr(value)
            raise NetworkError(
                f"{self.where}: {name} = {given} is not possible; "
                f"give finite numbers{' from 0 Hz on' if name == 'rate' else ''}."
            )
        if name == "weight":
            check_fits(self.where, name, new, self.network.real)
        return new.astype(float)
