"""Rules that say which neurons are connected.

A connector turns two groups of neurons and a random key into a `Connectivity`; it knows nothing of
populations. To add one, subclass `Connector` and write `connect`, or `GroupConnector` and write
`connect_groups` where the rule asks who is the same neuron or where neurons lie.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from snnlab.engine.randomness import Key, stream_key
from snnlab.engine.stepper import bernoulli_rows, choose_rows, rows_of_sources, uniform
from snnlab.errors import NetworkError

DRAWS = 3  # last part of the path of a rule's own random streams
PAIRS_AT_ONCE = 2_000_000
SYNAPSES_PER_THREAD = 200_000


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

    @cached_property
    def distinct(self) -> bool:
        """Whether no pre neuron has two synapses onto the same post neuron."""
        rises = self.targets[1:] > self.targets[:-1]
        first = self.ends[1:-1]
        rises[first[(first > 0) & (first < len(self.targets))] - 1] = True
        return bool(rises.all())

    def all_to_all(self, n_post: int) -> bool:
        """Whether every neuron is connected once to each of ``n_post`` neurons."""
        return self.distinct and bool((np.diff(self.ends) == n_post).all())


@dataclass(frozen=True, eq=False)
class Groups:
    """The neurons that a rule may connect, by their places in the two groups."""

    n_pre: int
    n_post: int
    same_pre: NDArray[np.int32] | None = None  # (n_post,) place of the same neuron in pre, or -1
    same_post: NDArray[np.int32] | None = None  # (n_pre,) place of the same neuron in post, or -1
    pre_positions: NDArray[np.float64] | None = None  # (n_pre, n_dimensions), each in [0, 1]
    post_positions: NDArray[np.float64] | None = None  # (n_post, n_dimensions), each in [0, 1]


@dataclass(frozen=True)
class Connector(ABC):
    """A connectivity rule."""

    @property
    def allows_self(self) -> bool:
        """Whether a neuron may connect to itself; if not, the projection drops such pairs."""
        return getattr(self, "self_connections", True)

    @property
    def leaves_out_self(self) -> bool:
        """Whether the rule leaves such pairs out by itself, where `Groups` names them."""
        return False

    @abstractmethod
    def connect(self, n_pre: int, n_post: int, key: Key) -> Connectivity:
        """Connect ``n_pre`` with ``n_post`` neurons.

        Raises
        ------
        NetworkError
            If the rule does not fit the sizes.
        """

    def connect_groups(self, groups: Groups, key: Key) -> Connectivity:
        """Connect two groups of which more is known than their sizes."""
        return self.connect(groups.n_pre, groups.n_post, key)


class GroupConnector(Connector):
    """A rule that asks who is the same neuron, or where neurons lie."""

    @property
    def leaves_out_self(self) -> bool:
        return True

    def connect(self, n_pre: int, n_post: int, key: Key) -> Connectivity:
        return self.connect_groups(Groups(n_pre, n_post), key)

    @abstractmethod
    def connect_groups(self, groups: Groups, key: Key) -> Connectivity: ...


@dataclass(frozen=True)
class AllToAll(Connector):
    """Every neuron with every other; with itself only if ``self_connections``."""

    self_connections: bool = False

    def connect(self, n_pre: int, n_post: int, key: Key) -> Connectivity:
        ends = np.arange(n_pre + 1, dtype=np.int64) * n_post
        return Connectivity(ends, np.tile(np.arange(n_post, dtype=narrow(n_post)), n_pre))


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
class FixedProbability(GroupConnector):
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

    def connect_groups(self, groups: Groups, key: Key) -> Connectivity:
        n_pre, n_post = groups.n_pre, groups.n_post
        skipped = None if self.self_connections else groups.same_post

        def rows(first: int, last: int) -> tuple[NDArray[np.int64], NDArray]:
            own = None if skipped is None else skipped[first:last]
            return bernoulli_rows(
                key,
                last - first,
                n_post,
                self.p,
                first_row=first,
                skipped=own,
                dtype=narrow(n_post),
            )

        wanted = int(n_pre * n_post * self.p) // SYNAPSES_PER_THREAD
        n_threads = max(1, min(os.cpu_count() or 1, wanted, n_pre))
        if n_threads == 1:
            return Connectivity(*rows(0, n_pre))
        bounds = [n_pre * k // n_threads for k in range(n_threads + 1)]
        with ThreadPoolExecutor(n_threads) as pool:
            pieces = list(pool.map(rows, bounds[:-1], bounds[1:]))
        counts = np.concatenate([np.diff(ends) for ends, _ in pieces])
        return Connectivity(ends_of(counts), np.concatenate([targets for _, targets in pieces]))


@dataclass(frozen=True)
class FixedInDegree(GroupConnector):
    """Every post neuron gets ``n`` synapses from pre neurons drawn at random.

    With ``multapses`` one pair may have several synapses, as if each were drawn anew. A neuron is
    never its own source unless ``self_connections``; the number stays ``n`` all the same.
    """

    n: int
    self_connections: bool = False
    multapses: bool = False

    def __post_init__(self) -> None:
        _check_count("FixedInDegree", self.n)

    def connect_groups(self, groups: Groups, key: Key) -> Connectivity:
        skipped = None if self.self_connections else groups.same_pre
        _check_degree(self, "pre", groups.n_pre, skipped)
        chosen = choose_rows(key, groups.n_post, groups.n_pre, self.n, skipped, self.multapses)
        return Connectivity(*rows_of_sources(chosen, groups.n_pre, narrow(groups.n_post)))


@dataclass(frozen=True)
class FixedOutDegree(GroupConnector):
    """Every pre neuron sends ``n`` synapses to post neurons drawn at random.

    With ``multapses`` one pair may have several synapses, as if each were drawn anew. A neuron is
    never its own target unless ``self_connections``; the number stays ``n`` all the same.
    """

    n: int
    self_connections: bool = False
    multapses: bool = False

    def __post_init__(self) -> None:
        _check_count("FixedOutDegree", self.n)

    def connect_groups(self, groups: Groups, key: Key) -> Connectivity:
        skipped = None if self.self_connections else groups.same_post
        _check_degree(self, "post", groups.n_post, skipped)
        chosen = choose_rows(key, groups.n_pre, groups.n_post, self.n, skipped, self.multapses)
        targets = np.sort(chosen.astype(narrow(groups.n_post)), axis=1)
        return Connectivity(np.arange(groups.n_pre + 1, dtype=np.int64) * self.n, targets.ravel())


@dataclass(frozen=True)
class FixedTotal(GroupConnector):
    """``n`` synapses in all, between pairs drawn at random.

    With ``multapses`` one pair may have several synapses, as if each were drawn anew. Pairs of a
    neuron with itself are left out unless ``self_connections``; the number stays ``n`` all the
    same.
    """

    n: int
    self_connections: bool = False
    multapses: bool = False

    def __post_init__(self) -> None:
        _check_count("FixedTotal", self.n)

    def connect_groups(self, groups: Groups, key: Key) -> Connectivity:
        same = None if self.self_connections else groups.same_post
        n_pairs = groups.n_pre * groups.n_post
        n_possible = n_pairs - (0 if same is None else int((same >= 0).sum()))
        if self.n > n_possible and (not self.multapses or n_possible == 0):
            raise NetworkError(
                f"FixedTotal: {self.n} of {n_possible} pairs cannot be chosen; "
                f"give n up to {n_possible}{_or_multapses(n_possible)}."
            )
        if self.multapses:
            pairs = self._drawn(groups, same, key, self.n)
        elif self.n <= n_possible // 2:
            pairs = self._distinct(groups, same, key, self.n)
        else:
            left_out = np.zeros(n_pairs, bool)
            left_out[self._distinct(groups, same, key, n_possible - self.n)] = True
            if same is not None:
                own = np.flatnonzero(same >= 0)
                left_out[own * groups.n_post + same[own]] = True
            pairs = np.flatnonzero(~left_out)
        sources, targets = np.divmod(np.sort(pairs), groups.n_post)
        return Connectivity(ends_of(np.bincount(sources, minlength=groups.n_pre)), targets)

    def _distinct(
        self, groups: Groups, same: NDArray[np.int32] | None, key: Key, n: int
    ) -> NDArray[np.int64]:
        """``n`` different pairs: more are drawn than needed, and surplus ones left out again."""
        n_pairs = groups.n_pre * groups.n_post
        n_possible = n_pairs - (0 if same is None else int((same >= 0).sum()))
        pairs = np.zeros(0, np.int64)
        attempt = 0
        while len(pairs) < n:
            # Each draw is new with the chance that is left: -N log(1 - n / N) draws on average.
            expected = -n_possible * np.log((n_possible - n) / (n_possible - len(pairs)))
            draws = int(expected + 5 * np.sqrt(expected)) + 5
            fresh = self._drawn(groups, same, key, draws, attempt)
            pairs = np.sort(np.concatenate([pairs, fresh]))
            pairs = pairs[np.concatenate([[True], pairs[1:] != pairs[:-1]])]
            attempt += 1
        surplus = stream_key(key[0], key[1], DRAWS, attempt)
        return np.delete(pairs, choose_rows(surplus, 1, len(pairs), len(pairs) - n, None, False)[0])

    def _drawn(
        self,
        groups: Groups,
        same: NDArray[np.int32] | None,
        key: Key,
        n: int,
        attempt: int = 0,
    ) -> NDArray[np.int64]:
        """``n`` pairs, with repetition; pairs of a neuron with itself are drawn again."""
        own = stream_key(key[0], key[1], DRAWS, attempt)
        found = [np.zeros(0, np.int64)]
        missing, draw = n, 0
        while missing > 0:
            n_pairs = groups.n_pre * groups.n_post
            pairs = (uniform(own, draw, missing) * n_pairs).astype(np.int64)
            if same is not None:
                sources, targets = np.divmod(pairs, groups.n_post)
                pairs = pairs[same[sources] != targets]
            found.append(pairs)
            missing -= len(pairs)
            draw += 1
        return np.concatenate(found)


class _Spatial(GroupConnector):
    """Weights by the distance of two neurons; the smallest are left out.

    Neurons lie on the grid of their population's shape, which is stretched over [0, 1] in each
    direction.
    """

    @property
    def leaves_out_self(self) -> bool:
        return False

    def connect_groups(self, groups: Groups, key: Key) -> Connectivity:
        pre, post = groups.pre_positions, groups.post_positions
        kind = type(self).__name__
        if pre is None or post is None:
            raise NetworkError(f"{kind}: the neurons have no positions; connect populations.")
        if pre.shape[1] != post.shape[1]:
            raise NetworkError(
                f"{kind}: the pre population has {pre.shape[1]} dimensions and the post population "
                f"{post.shape[1]}; give both shapes of equal length in net.add."
            )
        found = [(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))]
        for first, last in _blocks(groups):
            apart = pre[first:last, np.newaxis, :] - post[np.newaxis, :, :]
            weights = self._weights((apart**2).sum(axis=2))
            sources, targets = np.nonzero(np.abs(weights) > self._least)
            found.append((sources + first, targets, weights[sources, targets]))
        sources, targets, weights = (np.concatenate(part) for part in zip(*found, strict=True))
        ends = ends_of(np.bincount(sources, minlength=groups.n_pre))
        return Connectivity(ends, targets, weights)

    @abstractmethod
    def _weights(self, squared_distance: NDArray) -> NDArray: ...

    @property
    @abstractmethod
    def _least(self) -> float:
        """Weights up to this size are left out."""


@dataclass(frozen=True)
class Gaussian(_Spatial):
    """``w = amplitude * exp(-d**2 / (2 sigma**2))`` at the distance d of two neurons.

    Each direction of a population's grid has length 1. Synapses below ``limit`` times the
    amplitude are left out. The weight given to `Network.connect` multiplies these.
    """

    amplitude: float
    sigma: float
    limit: float = 0.01
    self_connections: bool = False

    def __post_init__(self) -> None:
        _check_sigma("Gaussian", "sigma", self.sigma)

    def _weights(self, squared_distance: NDArray) -> NDArray:
        return self.amplitude * np.exp(-squared_distance / (2 * self.sigma**2))

    @property
    def _least(self) -> float:
        return self.limit * abs(self.amplitude)


@dataclass(frozen=True)
class DifferenceOfGaussians(_Spatial):
    """One `Gaussian` minus another: excitation of near neurons, inhibition of farther ones.

    Synapses below ``limit`` times the difference of the amplitudes are left out. The weight given
    to `Network.connect` multiplies these.
    """

    amplitude: float
    sigma: float
    amplitude_minus: float
    sigma_minus: float
    limit: float = 0.01
    self_connections: bool = False

    def __post_init__(self) -> None:
        _check_sigma("DifferenceOfGaussians", "sigma", self.sigma)
        _check_sigma("DifferenceOfGaussians", "sigma_minus", self.sigma_minus)

    def _weights(self, squared_distance: NDArray) -> NDArray:
        return self.amplitude * np.exp(
            -squared_distance / (2 * self.sigma**2)
        ) - self.amplitude_minus * np.exp(-squared_distance / (2 * self.sigma_minus**2))

    @property
    def _least(self) -> float:
        return self.limit * abs(self.amplitude - self.amplitude_minus)


@dataclass(frozen=True, eq=False, repr=False)
class FromPairs(Connector):
    """A synapse from ``sources[k]`` to ``targets[k]`` for every k, in any order.

    ``weights`` and ``delays`` (ms), where given, belong to the same k. The weight given to
    `Network.connect` multiplies the weights.
    """

    sources: ArrayLike
    targets: ArrayLike
    weights: ArrayLike | None = None
    delays: ArrayLike | None = None

    def __repr__(self) -> str:
        return f"FromPairs({np.size(np.asarray(self.sources))} synapses)"

    def connect(self, n_pre: int, n_post: int, key: Key) -> Connectivity:
        sources = _places("FromPairs", "pre", self.sources, n_pre)
        targets = _places("FromPairs", "post", self.targets, n_post)
        n = len(sources)
        weights = _numbers("FromPairs", "weights", self.weights, n)
        delays = _numbers("FromPairs", "delays", self.delays, n)
        if len(targets) != n:
            raise NetworkError(
                f"FromPairs: {n} sources have {len(targets)} targets; give one for each."
            )
        return _sorted(sources, targets, n_pre, weights, delays)


@dataclass(frozen=True, eq=False, repr=False)
class FromMatrix(Connector):
    """Weights from a matrix: row i, column j is the synapse from pre neuron i to post neuron j.

    NaN or None in a dense matrix is no synapse, 0 is one of weight 0. Of a SciPy sparse matrix the
    stored elements are synapses. ``delays`` (ms) is a dense matrix of the same shape. The weight
    given to `Network.connect` multiplies the weights.
    """

    weights: Any
    delays: ArrayLike | None = None

    def __repr__(self) -> str:
        return f"FromMatrix({' x '.join(map(str, np.shape(self.weights)))})"

    def connect(self, n_pre: int, n_post: int, key: Key) -> Connectivity:
        shape = np.shape(self.weights)
        if shape != (n_pre, n_post):
            raise NetworkError(
                f"FromMatrix: the matrix has shape {shape}, and {n_pre} pre neurons are connected "
                f"with {n_post} post neurons; give shape ({n_pre}, {n_post})."
            )
        if hasattr(self.weights, "tocoo"):
            stored = self.weights.tocoo()
            sources, targets = stored.row.astype(np.int64), stored.col.astype(np.int64)
            weights = _finite("FromMatrix", "weight", np.asarray(stored.data))
        else:
            dense = _real_matrix("FromMatrix", self.weights)
            sources, targets = np.nonzero(~np.isnan(dense))
            weights = _finite("FromMatrix", "weight", dense[sources, targets])
        delays = None
        if self.delays is not None:
            times = _real_matrix("FromMatrix", self.delays)
            if times.shape != shape:
                raise NetworkError(
                    f"FromMatrix: 'delays' has shape {times.shape}; give shape {shape}."
                )
            delays = times[sources, targets]
        return _sorted(sources, targets, n_pre, weights, delays)


@dataclass(frozen=True)
class FromFunction(GroupConnector):
    """Each pair with the probability that ``function(i, j)`` gives.

    The function gets the pre neurons as a column and the post neurons as a row of whole numbers,
    and returns a matrix of probabilities, or of True and False. ``weights`` and ``delays`` (ms)
    are functions of the sources and targets of all synapses. The weight given to `Network.connect`
    multiplies the weights.
    """

    function: Callable[[NDArray, NDArray], ArrayLike]
    weights: Callable[[NDArray, NDArray], ArrayLike] | None = None
    delays: Callable[[NDArray, NDArray], ArrayLike] | None = None
    self_connections: bool = False

    def connect_groups(self, groups: Groups, key: Key) -> Connectivity:
        own = stream_key(key[0], key[1], DRAWS)
        found = [(np.zeros(0, np.int64), np.zeros(0, np.int64))]
        for first, last in _blocks(groups):
            shape = last - first, groups.n_post
            rows, columns = np.arange(first, last), np.arange(groups.n_post)
            chance = np.asarray(self.function(rows[:, np.newaxis], columns[np.newaxis, :]))
            if chance.ndim > 2 or any(
                n not in (1, m) for n, m in zip(chance.shape[::-1], shape[::-1], strict=False)
            ):
                raise NetworkError(
                    f"FromFunction: the function gave shape {chance.shape} for {shape[0]} pre and "
                    f"{shape[1]} post neurons; return one value for each pair, shape {shape}."
                )
            if chance.dtype.kind not in "buif" or not ((chance >= 0) & (chance <= 1)).all():
                raise NetworkError(
                    f"FromFunction: the function gave {_first_outside(chance)}, which is no "
                    f"probability; return numbers from 0 to 1, or True and False."
                )
            hit = uniform(own, first, shape[0] * shape[1]).reshape(shape) < chance
            if not self.self_connections and groups.same_post is not None:
                same = groups.same_post[first:last]
                itself = np.flatnonzero(same >= 0)
                hit[itself, same[itself]] = False
            sources, targets = np.nonzero(hit)
            found.append((sources + first, targets))
        sources, targets = (np.concatenate(part) for part in zip(*found, strict=True))
        values = [
            None if f is None else _numbers("FromFunction", name, f(sources, targets), len(sources))
            for name, f in (("weights", self.weights), ("delays", self.delays))
        ]
        ends = ends_of(np.bincount(sources, minlength=groups.n_pre))
        return Connectivity(ends, targets, *values)


def narrow(n: int) -> type:
    """The narrowest unsigned numbers that count ``n`` neurons, of 16 or 32 bits."""
    return np.uint16 if n <= 65_536 else np.uint32


def ends_of(counts: NDArray) -> NDArray[np.int64]:
    """Where each row of synapses ends, from the rows' lengths; a 0 before."""
    ends = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=ends[1:])
    return ends


def _blocks(groups: Groups) -> Iterator[tuple[int, int]]:
    """Ranges of pre neurons with few enough pairs to hold them at once."""
    rows = max(1, PAIRS_AT_ONCE // max(1, groups.n_post))
    for first in range(0, groups.n_pre, rows):
        yield first, min(first + rows, groups.n_pre)


def _sorted(
    sources: NDArray,
    targets: NDArray,
    n_pre: int,
    weights: NDArray | None,
    delays: NDArray | None,
) -> Connectivity:
    order = np.lexsort((targets, sources))
    return Connectivity(
        ends_of(np.bincount(sources, minlength=n_pre)),
        targets[order],
        None if weights is None else weights[order],
        None if delays is None else delays[order],
    )


def _check_count(kind: str, n: object) -> None:
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 0:
        raise NetworkError(f"{kind}: n = {n!r} is no number of synapses; give 0, 1, 2, ...")


def _check_degree(
    rule: FixedInDegree | FixedOutDegree, side: str, size: int, skipped: NDArray | None
) -> None:
    itself = skipped is not None and bool((skipped >= 0).any())
    possible = size - itself
    if rule.n > possible and (not rule.multapses or possible == 0):
        others = "other " if itself else ""
        raise NetworkError(
            f"{type(rule).__name__}: {rule.n} of {possible} {others}{side} neurons cannot be "
            f"chosen; give n up to {possible}{_or_multapses(possible)}."
        )


def _or_multapses(possible: int) -> str:
    return ", or multapses=True" if possible else ""


def _check_sigma(kind: str, name: str, sigma: float) -> None:
    if not sigma > 0:
        raise NetworkError(
            f"{kind}: {name} = {sigma:g} is no width; give a number above 0 (1 is the whole side)."
        )


def _places(kind: str, side: str, given: ArrayLike, n: int) -> NDArray[np.int64]:
    """Numbers of neurons that a user wrote."""
    name = {"pre": "sources", "post": "targets"}[side]
    places = np.asarray(given)
    if places.ndim != 1 or (places.size and places.dtype.kind not in "iu"):
        raise NetworkError(
            f"{kind}: '{name}' has shape {places.shape} and type {places.dtype}; "
            f"give a list of whole numbers."
        )
    wrong = (places < 0) | (places >= n)
    if wrong.any():
        first = int(np.argmax(wrong))
        raise NetworkError(
            f"{kind}: synapse {first} names {side} neuron {places[first]}, and there are {n}; "
            f"give numbers from 0 to {n - 1}."
        )
    return places.astype(np.int64)


def _numbers(kind: str, name: str, given: ArrayLike | None, n: int) -> NDArray | None:
    if given is None:
        return None
    values = np.asarray(given)
    if values.dtype.kind not in "buif" or values.shape not in ((), (n,)):
        raise NetworkError(
            f"{kind}: '{name}' has shape {values.shape} and type {values.dtype}; give {n} numbers, "
            f"one for each synapse."
        )
    return _finite(kind, name, np.broadcast_to(values, n))


def _finite(kind: str, name: str, values: NDArray) -> NDArray[np.float64]:
    wrong = ~np.isfinite(values)
    if wrong.any():
        first = int(np.argmax(wrong))
        raise NetworkError(
            f"{kind}: '{name}' of synapse {first} is {values[first]:g}; give finite numbers."
        )
    return values.astype(float)


def _real_matrix(kind: str, given: Any) -> NDArray[np.float64]:
    """A dense matrix of numbers; None becomes NaN."""
    try:
        return np.array(given, float)
    except (TypeError, ValueError) as error:
        raise NetworkError(
            f"{kind}: the matrix holds something else than numbers; "
            f"give numbers, and NaN or None for no synapse."
        ) from error


def _first_outside(chance: NDArray) -> object:
    """The first value that is no probability."""
    if chance.dtype.kind not in "buif":
        return chance.dtype
    wrong = ~((chance >= 0) & (chance <= 1))
    return f"{chance[wrong][0]:g}"
