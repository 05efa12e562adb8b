"""Rules that say which neurons are connected.

A connector turns sizes and a random key into a `Connectivity`; it knows nothing of weights and
populations. To add one, subclass `Connector` and write `rows`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from snnlab.engine.randomness import Key
from snnlab.engine.stepper import bernoulli_rows
from snnlab.errors import NetworkError


@dataclass(frozen=True)
class Connectivity:
    """Synapses by pre neuron: those of row i are ``ends[i] <= k < ends[i + 1]``."""

    ends: NDArray[np.int64]  # (n_pre + 1,)
    targets: NDArray  # (n_synapses,), whole numbers, ascending within a row
    weights: NDArray | None = None  # (n_synapses,), where the rule gives them
    delays: NDArray | None = None  # (n_synapses,), ms, where the rule gives them

    @property
    def sources(self) -> NDArray[np.int32]:
        """(n_synapses,) pre neuron of every synapse."""
        return np.repeat(np.arange(len(self.ends) - 1, dtype=np.int32), np.diff(self.ends))


@dataclass(frozen=True)
class Connector(ABC):
    """A connectivity rule."""

    @property
    def allows_self(self) -> bool:
        """Whether a neuron may connect to itself; if not, the projection drops such pairs."""
        return getattr(self, "self_connections", True)

    @abstractmethod
    def connect(self, n_pre: int, n_post: int, key: Key) -> Connectivity:
        """Connect ``n_pre`` with ``n_post`` neurons.

        Raises
        ------
        NetworkError
            If the rule does not fit the sizes.
        """


@dataclass(frozen=True)
class AllToAll(Connector):
    """Every neuron with every other; with itself only if ``self_connections``."""

    self_connections: bool = False

    def connect(self, n_pre: int, n_post: int, key: Key) -> Connectivity:
        ends = np.arange(n_pre + 1, dtype=np.int64) * n_post
        return Connectivity(ends, np.tile(np.arange(n_post, dtype=np.int32), n_pre))


@dataclass(frozen=True)
class OneToOne(Connector):
    """Neuron i with neuron i; both sides have the same size."""

    def connect(self, n_pre: int, n_post: int, key: Key) -> Connectivity:
        if n_pre != n_post:
            raise NetworkError(
                f"OneToOne: {n_pre} neurons cannot be paired with {n_post}; "
                f"connect parts of equal size, for example pre[:{min(n_pre, n_post)}]."
            )
        ends = np.arange(n_pre + 1, dtype=np.int64)
        return Connectivity(ends, np.arange(n_pre, dtype=np.int32))


@dataclass(frozen=True)
class FixedProbability(Connector):
    """Every pair with probability ``p``, independently.

    Pairs of a neuron with itself are left out unless ``self_connections``.
    """

    p: float
    self_connections: bool = False

    def __post_init__(self) -> None:
        if not 0.0 <= self.p <= 1.0:
            raise NetworkError(
                f"FixedProbability: p = {self.p:g} is no probability; give a number from 0 to 1."
            )

    def connect(self, n_pre: int, n_post: int, key: Key) -> Connectivity:
        ends, targets = bernoulli_rows(key, n_pre, n_post, self.p)
        return Connectivity(ends, targets)
