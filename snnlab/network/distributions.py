"""Random values for initial states, parameters and weights.

A distribution is a description; its numbers come from the network's seed when it is used.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from snnlab.engine.randomness import Key
from snnlab.engine.stepper import uniform


@dataclass(frozen=True)
class Distribution(ABC):
    """Something that random values can be drawn from."""

    @abstractmethod
    def sample(self, key: Key, draw: int, n: int) -> NDArray[np.float64]:
        """``n`` values; the same for the same ``key`` and ``draw``, whatever else was drawn."""


@dataclass(frozen=True)
class Uniform(Distribution):
    """Uniform between ``low`` and ``high``."""

    low: float
    high: float

    def sample(self, key: Key, draw: int, n: int) -> NDArray[np.float64]:
        return self.low + (self.high - self.low) * uniform(key, draw, n)


@dataclass(frozen=True)
class Normal(Distribution):
    """Gaussian with mean ``mu`` and standard deviation ``sigma``, cut to [low, high] if given.

    Values outside are drawn again, so that nothing piles up at the edges.
    """

    mu: float
    sigma: float
    low: float = -np.inf
    high: float = np.inf

    def sample(self, key: Key, draw: int, n: int) -> NDArray[np.float64]:
        from snnlab.errors import NetworkError

        values = np.full(n, np.nan)
        for attempt in range(1000):
            missing = ~((values >= self.low) & (values <= self.high))
            if not missing.any():
                return values
            # Box and Muller (1958), Ann. Math. Stat. 29, 610-611.
            radius = np.sqrt(-2.0 * np.log(uniform(key, draw + 2 * attempt * 65536, n)))
            angle = 2.0 * np.pi * uniform(key, draw + (2 * attempt + 1) * 65536, n)
            fresh = self.mu + self.sigma * radius * np.cos(angle)
            values[missing] = fresh[missing]
        raise NetworkError(
            f"{self}: after 1000 attempts some values still lie outside [{self.low:g}, "
            f"{self.high:g}]; widen the range."
        )


@dataclass(frozen=True)
class LogNormal(Distribution):
    """The exponential of a Gaussian with mean ``mu`` and standard deviation ``sigma``."""

    mu: float
    sigma: float

    def sample(self, key: Key, draw: int, n: int) -> NDArray[np.float64]:
        return np.exp(Normal(self.mu, self.sigma).sample(key, draw, n))


@dataclass(frozen=True)
class Exponential(Distribution):
    """Exponential with mean ``1 / rate``, as in the equations of a model."""

    rate: float

    def sample(self, key: Key, draw: int, n: int) -> NDArray[np.float64]:
        return -np.log(uniform(key, draw, n)) / self.rate


@dataclass(frozen=True)
class DiscreteUniform(Distribution):
    """Whole numbers from ``low`` to ``high``, both included."""

    low: int
    high: int

    def sample(self, key: Key, draw: int, n: int) -> NDArray[np.float64]:
        return np.floor(self.low + (self.high - self.low + 1) * uniform(key, draw, n))


@dataclass(frozen=True)
class Gamma(Distribution):
    """Gamma with shape ``alpha`` and scale ``beta``: mean ``alpha * beta``."""

    alpha: float
    beta: float

    def sample(self, key: Key, draw: int, n: int) -> NDArray[np.float64]:
        return _generator(key, draw).gamma(self.alpha, self.beta, n)


@dataclass(frozen=True)
class Binomial(Distribution):
    """Successes in ``n`` trials of probability ``p``."""

    n: int
    p: float

    def sample(self, key: Key, draw: int, n: int) -> NDArray[np.float64]:
        return _generator(key, draw).binomial(int(self.n), self.p, n).astype(float)


@dataclass(frozen=True)
class Poisson(Distribution):
    """Counts with mean ``mean``."""

    mean: float

    def sample(self, key: Key, draw: int, n: int) -> NDArray[np.float64]:
        return _generator(key, draw).poisson(self.mean, n).astype(float)


@dataclass(frozen=True)
class Bernoulli(Distribution):
    """1 with probability ``p``, else 0."""

    p: float

    def sample(self, key: Key, draw: int, n: int) -> NDArray[np.float64]:
        return (uniform(key, draw, n) < self.p).astype(float)


def _generator(key: Key, draw: int) -> np.random.Generator:
    """NumPy's methods over the stream ``draw`` of ``key``."""
    return np.random.Generator(np.random.Philox(key=[key[0] | key[1] << 32, draw]))
