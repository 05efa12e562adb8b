"""Random values for initial states, parameters and weights.

A distribution is a description; its numbers come from the network's seed when it is used.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import NoReturn

import numpy as np
from numpy.typing import DTypeLike, NDArray

from snnlab.engine.construction import ATTEMPTS, Values
from snnlab.engine.randomness import Key
from snnlab.engine.rows import fill_values
from snnlab.errors import NetworkError
from snnlab.model.functions import DISTRIBUTIONS, distribution_fault


@dataclass(frozen=True)
class Distribution(ABC):
    """Something that random values can be drawn from.

    Raises
    ------
    NetworkError
        If its parameters are no numbers, or none that it can have.
    """

    def __post_init__(self) -> None:
        kind, given = type(self).__name__, {f.name: getattr(self, f.name) for f in fields(self)}
        if kind not in DISTRIBUTIONS:  # one of a user's own
            return
        for n, (name, value) in enumerate(given.items()):
            is_number = isinstance(value, int | float | np.number) and not np.isnan(value)
            if not is_number or (n < DISTRIBUTIONS[kind] and np.isinf(value)):
                raise NetworkError(f"{kind}: {name} = {value!r} is no finite number; give one.")
        fault = distribution_fault(kind, list(given.values())[: DISTRIBUTIONS[kind]])
        if fault is not None:
            raise NetworkError(f"{self}: {fault}")

    @property
    def limited(self) -> bool:
        """Whether `sample` may find too few values within limits."""
        return False

    @abstractmethod
    def values(self, key: Key, draw: int) -> Values:
        """The stream ``draw`` of ``key`` as the engine draws from it."""

    def sample(
        self, key: Key, draw: int, n: int, *, first: int = 0, dtype: DTypeLike = float
    ) -> NDArray:
        """Values ``first`` to first + n - 1, of type float32 or float64.

        Value k is the same for the same ``key``, ``draw`` and k, whatever else was drawn.

        Raises
        ------
        NetworkError
            If values outside the limits are nearly all there are.
        """
        out = np.empty(n, dtype)
        if not fill_values(self.values(key, draw), out, first):
            self._refuse()
        return out

    def fill(self, values: Values, out: NDArray, first: int) -> None:
        """As `sample`, of what `values` gave, by the thread that asks."""
        if not values.fill(first, out):
            self._refuse()

    def _refuse(self) -> NoReturn:
        raise NetworkError(
            f"{self}: after {ATTEMPTS} attempts some values still lie outside its limits; "
            f"widen them."
        )

    def again(self, draw: int) -> Distribution:
        """The values that were drawn as number ``draw``, as a log of changes names them."""
        return _Again(self, draw)

    @property
    def plain(self) -> Distribution:
        """The distribution without the number of a draw."""
        return self

    def number(self, draw: int) -> int:
        """The draw that is made when ``draw`` is the next one."""
        return draw


@dataclass(frozen=True)
class _Again(Distribution):
    """A distribution whose draw is given."""

    distribution: Distribution
    draw: int

    def __post_init__(self) -> None:
        """The distribution was checked already."""

    @property
    def plain(self) -> Distribution:
        return self.distribution

    def number(self, draw: int) -> int:
        return self.draw

    def values(self, key: Key, draw: int) -> Values:
        return self.distribution.values(key, self.draw)

    def _refuse(self) -> NoReturn:
        self.distribution._refuse()


@dataclass(frozen=True)
class Uniform(Distribution):
    """Uniform between ``low`` and ``high``."""

    low: float
    high: float

    def values(self, key: Key, draw: int) -> Values:
        return Values("uniform", key, draw, self.low, self.high)


@dataclass(frozen=True)
class Normal(Distribution):
    """Gaussian with mean ``mu`` and standard deviation ``sigma``, cut to [low, high] if given.

    Values outside are drawn again, so that nothing piles up at the edges.
    """

    mu: float
    sigma: float
    low: float = -np.inf
    high: float = np.inf

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.low > self.high:
            raise NetworkError(
                f"{self}: the lower end {self.low:g} is above the upper end {self.high:g}; "
                f"exchange them."
            )

    @property
    def limited(self) -> bool:
        return self.low > -np.inf or self.high < np.inf

    def values(self, key: Key, draw: int) -> Values:
        return Values("normal", key, draw, self.mu, self.sigma, self.low, self.high)

    def _refuse(self) -> NoReturn:
        raise NetworkError(
            f"{self}: after {ATTEMPTS} attempts some values still lie outside [{self.low:g}, "
            f"{self.high:g}]; widen the range."
        )


@dataclass(frozen=True)
class LogNormal(Distribution):
    """The exponential of a Gaussian with mean ``mu`` and standard deviation ``sigma``."""

    mu: float
    sigma: float

    def values(self, key: Key, draw: int) -> Values:
        return Values("lognormal", key, draw, self.mu, self.sigma)


@dataclass(frozen=True)
class Exponential(Distribution):
    """Exponential with mean ``1 / rate``, as in the equations of a model."""

    rate: float

    def values(self, key: Key, draw: int) -> Values:
        return Values("exponential", key, draw, self.rate)


@dataclass(frozen=True)
class DiscreteUniform(Distribution):
    """Whole numbers from ``low`` to ``high``, both included."""

    low: int
    high: int

    def values(self, key: Key, draw: int) -> Values:
        return Values("discrete uniform", key, draw, self.low, self.high)


@dataclass(frozen=True)
class Gamma(Distribution):
    """Gamma with shape ``alpha`` and scale ``beta``: mean ``alpha * beta``."""

    alpha: float
    beta: float

    def values(self, key: Key, draw: int) -> Values:
        return Values("gamma", key, draw, self.alpha, self.beta)


@dataclass(frozen=True)
class Binomial(Distribution):
    """Successes in ``n`` trials of probability ``p``."""

    n: int
    p: float

    def values(self, key: Key, draw: int) -> Values:
        return Values("binomial", key, draw, self.n, self.p)


@dataclass(frozen=True)
class Poisson(Distribution):
    """Counts with mean ``mean``."""

    mean: float

    def values(self, key: Key, draw: int) -> Values:
        return Values("poisson", key, draw, self.mean)


@dataclass(frozen=True)
class Bernoulli(Distribution):
    """1 with probability ``p``, else 0."""

    p: float

    def values(self, key: Key, draw: int) -> Values:
        return Values("bernoulli", key, draw, self.p)
