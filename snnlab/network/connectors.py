"""Rules that say which neurons are connected.

A connector turns two groups of neurons and a random key into a `Connectivity`; it knows nothing of
populations. To add one, subclass `Connector` and write `connect`, or `GroupConnector` and write
`connect_groups` where the rule asks who is the same neuron or where neurons lie. Where each pre
neuron chooses by itself, subclass `RowConnector` and write `rule`: its synapses need not be stored.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from snnlab.engine.construction import Rule, Space, chance_rows
from snnlab.engine.randomness import Key, stream_key
from snnlab.engine.rows import (
    ends_of,
    make_columns,
    make_dense,
    make_rows,
    make_space,
    meanwhile,
    narrow,
    order_of_pairs,
    taken,
)
from snnlab.engine.segments import distinct
from snnlab.errors import NetworkError
from snnlab.network.values import as_array, is_number

DRAWS = 3  # last part of the path of a rule's own random streams
PAIRS_AT_ONCE = 250_000  # of a function: what it computes stays in the cache
ROWS_TO_GUESS = 50


@dataclass(frozen=True)
class Connectivity:
    """Synapses by pre neuron: those of row i are ``ends[i] <= k < ends[i + 1]``."""

    ends: NDArray[np.int64]  # (n_pre + 1,)
    targets: NDArray  # (n_synapses,), whole numbers, ascending within a row
    weights: NDArray | None = None  # (n_synapses,), where the rule gives them
    delays: NDArray | None = None  # (n_synapses,), ms, where the rule gives them

    @property
    def size(self) -> int:
        """Number of synapses."""
        return len(self.targets)

    @property
    def sources(self) -> NDArray[np.int32]:
        """(n_synapses,) pre neuron of every synapse."""
        return np.repeat(np.arange(len(self.ends) - 1, dtype=np.int32), np.diff(self.ends))

    def targets_of(self, synapses: NDArray[np.int64]) -> NDArray:
        """Post neurons of some synapses."""
        return self.targets[synapses]

    @cached_property
    def distinct(self) -> bool:
        """Whether no pre neuron has two synapses onto the same post neuron."""
        return distinct(self.ends, self.targets)

    def all_to_all(self, n_post: int) -> bool:
        """Whether every neuron is connected once to each of ``n_post`` neurons."""
        return self.distinct and bool((np.diff(self.ends) == n_post).all())


@dataclass(frozen=True, eq=False)
class Groups:
    """The neurons that a rule may connect, by their places in the two groups."""

    n_pre: int
    n_post: int
    shared: int = 0  # neurons of the population that both groups belong to; 0: two populations
    pre_grid: tuple[tuple[int, ...], NDArray[np.int32]] | None = None  # shape, neurons (n_pre,)
    post_grid: tuple[tuple[int, ...], NDArray[np.int32]] | None = None

    @cached_property
    def same_pre(self) -> NDArray[np.int32] | None:
        """(n_post,) place of the same neuron in pre, or -1; None for two populations."""
        return self._places(self.pre_grid, self.post_grid)

    @cached_property
    def same_post(self) -> NDArray[np.int32] | None:
        """(n_pre,) place of the same neuron in post, or -1; None for two populations."""
        return self._places(self.post_grid, self.pre_grid)

    def _places(
        self,
        among: tuple[tuple[int, ...], NDArray[np.int32]] | None,
        of: tuple[tuple[int, ...], NDArray[np.int32]] | None,
    ) -> NDArray[np.int32] | None:
        if not self.shared or among is None or of is None:
            return None
        return place_of(among[1], self.shared)[of[1]]

    @cached_property
    def pre_positions(self) -> NDArray[np.float64] | None:
        """(n_pre, n_dimensions), each in [0, 1]; None if the neurons have no positions."""
        return None if self.pre_grid is None else _positions(*self.pre_grid)

    @cached_property
    def post_positions(self) -> NDArray[np.float64] | None:
        """(n_post, n_dimensions), each in [0, 1]; None if the neurons have no positions."""
        return None if self.post_grid is None else _positions(*self.post_grid)


def place_of(neurons: NDArray[np.int32], size: int) -> NDArray[np.int32]:
    """(size,) where each neuron of a population stands among ``neurons``, or -1."""
    place = np.full(size, -1, np.int32)
    place[neurons] = np.arange(len(neurons), dtype=np.int32)
    return place


def _positions(shape: tuple[int, ...], neurons: NDArray[np.int32]) -> NDArray[np.float64]:
    """(n_neurons, n_dimensions): places on a grid that is stretched over [0, 1]."""
    axes = [np.arange(n) / (n - 1) if n > 1 else np.array([0.5]) for n in shape]
    places = np.unravel_index(neurons, shape)
    return np.stack([axis[place] for axis, place in zip(axes, places, strict=True)], axis=1)


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

    def check(self, groups: Groups) -> None:
        """What the rule was given fits the groups, as far as it can be told at once.

        Raises
        ------
        NetworkError
            If it does not.
        """
        return  # most rules fit any groups

    def connect_groups(self, groups: Groups, key: Key) -> Connectivity:
        """Connect two groups of which more is known than their sizes."""
        return self.connect(groups.n_pre, groups.n_post, key)

    def expected(self, groups: Groups) -> int | None:
        """About how many synapses there will be; None if only building tells."""
        return None

    @property
    def gives_weights(self) -> bool:
        """Whether each synapse gets a weight from the rule."""
        return False


class GroupConnector(Connector):
    """A rule that asks who is the same neuron, or where neurons lie."""

    @property
    def leaves_out_self(self) -> bool:
        return True

    def connect(self, n_pre: int, n_post: int, key: Key) -> Connectivity:
        return self.connect_groups(Groups(n_pre, n_post), key)

    @abstractmethod
    def connect_groups(self, groups: Groups, key: Key) -> Connectivity: ...


class RowConnector(GroupConnector):
    """A rule by which each pre neuron chooses its targets, whatever the others do."""

    @abstractmethod
    def rule(self, groups: Groups, key: Key) -> Rule:
        """How the rows of pre neurons are made.

        Raises
        ------
        NetworkError
            If the rule does not fit the sizes.
        """

    def connect_groups(self, groups: Groups, key: Key) -> Connectivity:
        return Connectivity(*make_rows(self.rule(groups, key)))


@dataclass(frozen=True)
class AllToAll(RowConnector):
    """Every neuron with every other; with itself only if ``self_connections``."""

    self_connections: bool = False

    def rule(self, groups: Groups, key: Key) -> Rule:
        skipped = None if self.self_connections else groups.same_post
        return Rule("everyone", key, groups.n_pre, groups.n_post, skipped=skipped)

    def expected(self, groups: Groups) -> int:
        return groups.n_pre * groups.n_post


@dataclass(frozen=True)
class OneToOne(RowConnector):
    """Neuron i with neuron i; both sides have the same size."""

    def check(self, groups: Groups) -> None:
        n_pre, n_post = groups.n_pre, groups.n_post
        if n_pre != n_post:
            raise NetworkError(
                f"OneToOne: {n_pre} neurons cannot be paired with {n_post}; "
                f"connect parts of equal size, for example pre[:{min(n_pre, n_post)}]."
            )

    def rule(self, groups: Groups, key: Key) -> Rule:
        self.check(groups)
        return Rule("counterpart", key, groups.n_pre, groups.n_post)

    def expected(self, groups: Groups) -> int:
        return min(groups.n_pre, groups.n_post)


@dataclass(frozen=True)
class FixedProbability(RowConnector):
    """Every pair with probability ``p``, independently.

    Pairs of a neuron with itself are left out unless ``self_connections``.
    """

    p: float
    self_connections: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.p, int | float | np.number) or not 0.0 <= self.p <= 1.0:
            raise NetworkError(
                f"FixedProbability: p = {self.p!r} is no probability; give a number from 0 to 1."
            )

    def rule(self, groups: Groups, key: Key) -> Rule:
        skipped = None if self.self_connections else groups.same_post
        return Rule("bernoulli", key, groups.n_pre, groups.n_post, p=self.p, skipped=skipped)

    def expected(self, groups: Groups) -> int:
        return round(groups.n_pre * groups.n_post * self.p)


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

    def check(self, groups: Groups) -> None:
        skipped = None if self.self_connections else groups.same_pre
        _check_degree(self, "pre", groups.n_pre, skipped)

    def connect_groups(self, groups: Groups, key: Key) -> Connectivity:
        self.check(groups)
        skipped = None if self.self_connections else groups.same_pre
        kind = "repeated" if self.multapses else "distinct"
        by_post = Rule(kind, key, groups.n_post, groups.n_pre, n=self.n, skipped=skipped)
        return Connectivity(*make_columns(by_post))

    def expected(self, groups: Groups) -> int:
        return self.n * groups.n_post


@dataclass(frozen=True)
class FixedOutDegree(RowConnector):
    """Every pre neuron sends ``n`` synapses to post neurons drawn at random.

    With ``multapses`` one pair may have several synapses, as if each were drawn anew. A neuron is
    never its own target unless ``self_connections``; the number stays ``n`` all the same.
    """

    n: int
    self_connections: bool = False
    multapses: bool = False

    def __post_init__(self) -> None:
        _check_count("FixedOutDegree", self.n)

    def check(self, groups: Groups) -> None:
        skipped = None if self.self_connections else groups.same_post
        _check_degree(self, "post", groups.n_post, skipped)

    def rule(self, groups: Groups, key: Key) -> Rule:
        self.check(groups)
        skipped = None if self.self_connections else groups.same_post
        kind = "repeated" if self.multapses else "distinct"
        return Rule(kind, key, groups.n_pre, groups.n_post, n=self.n, skipped=skipped)

    def expected(self, groups: Groups) -> int:
        return self.n * groups.n_pre


@dataclass(frozen=True)
class FixedTotal(RowConnector):
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

    def _possible(self, groups: Groups) -> NDArray[np.int64]:
        """(n_pre,) how many targets each pre neuron may have."""
        possible = np.full(groups.n_pre, groups.n_post)
        if not self.self_connections and groups.same_post is not None:
            possible -= groups.same_post >= 0
        return possible

    def check(self, groups: Groups) -> None:
        n_possible = int(self._possible(groups).sum())
        if self.n > n_possible and (not self.multapses or n_possible == 0):
            raise NetworkError(
                f"FixedTotal: {self.n} of {n_possible} pairs cannot be chosen; "
                f"give n up to {n_possible}{_or_multapses(n_possible)}."
            )

    def rule(self, groups: Groups, key: Key) -> Rule:
        self.check(groups)
        skipped = None if self.self_connections else groups.same_post
        possible = self._possible(groups)
        random = _generator(key)
        if self.n == 0:
            lengths = np.zeros(groups.n_pre, np.int64)
        elif self.multapses:
            lengths = random.multinomial(self.n, possible / possible.sum())
        else:
            lengths = _shares(random, possible, self.n)
        kind = "repeated" if self.multapses else "distinct"
        ends = ends_of(lengths)
        return Rule(kind, key, groups.n_pre, groups.n_post, ends=ends, skipped=skipped)

    def expected(self, groups: Groups) -> int:
        return self.n


def _shares(random: np.random.Generator, possible: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """How many of ``n`` pairs, all different, fall into each row of ``possible`` pairs.

    Each pair is taken with the probability that gives ``n`` on average. What is then too much or
    too little is left out or added again, every pair with the same chance.
    """
    lengths = random.binomial(possible, n / int(possible.sum()))
    surplus = int(lengths.sum()) - n
    sign, pool = (-1, lengths) if surplus > 0 else (1, possible - lengths)
    ends = np.cumsum(pool)
    chosen = random.choice(int(ends[-1]), abs(surplus), replace=False, shuffle=False)
    rows = np.searchsorted(ends, chosen, side="right")
    return lengths + sign * np.bincount(rows, minlength=len(lengths))


def _generator(key: Key) -> np.random.Generator:
    """NumPy's methods over a stream of ``key`` of its own."""
    low, high = stream_key(key[0], key[1], DRAWS)
    return np.random.Generator(np.random.Philox(key=low | high << 32))


class _Spatial(GroupConnector):
    """Weights by the distance of two neurons; the smallest are left out.

    Neurons lie on the grid of their population's shape, which is stretched over [0, 1] in each
    direction.
    """

    def check(self, groups: Groups) -> None:
        self._positions(groups)

    def _positions(self, groups: Groups) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where the neurons of both groups lie."""
        pre, post = groups.pre_positions, groups.post_positions
        kind = type(self).__name__
        if pre is None or post is None:
            raise NetworkError(f"{kind}: the neurons have no positions; connect populations.")
        if pre.shape[1] != post.shape[1]:
            raise NetworkError(
                f"{kind}: the pre population has {pre.shape[1]} dimensions and the post population "
                f"{post.shape[1]}; give both shapes of equal length in net.add."
            )
        return pre, post

    def connect_groups(self, groups: Groups, key: Key) -> Connectivity:
        pre, post = self._positions(groups)
        skipped = None if self.allows_self else groups.same_post
        return Connectivity(*make_space(*self._rows(pre, post), skipped))

    def _rows(
        self, pre: NDArray[np.float64], post: NDArray[np.float64]
    ) -> tuple[Space, NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
        """The rule, the places of rows, and which post neurons each looks at."""
        amplitudes, scales, least = self._terms
        firsts, lasts = _near(pre[:, 0], post[:, 0], _reach(amplitudes, scales, least))
        space = Space(np.ascontiguousarray(post.T), amplitudes, scales, least)
        return space, np.ascontiguousarray(pre), firsts, lasts

    def expected(self, groups: Groups) -> int | None:
        """From some rows, evenly chosen."""
        pre, post = self._positions(groups)
        if not len(pre):
            return None
        some = np.unique(np.linspace(0, len(pre) - 1, ROWS_TO_GUESS).round().astype(int))
        space, own, firsts, lasts = self._rows(pre[some], post)
        return round(space.rows(own, firsts, lasts, None).mean() * len(pre))

    @property
    def gives_weights(self) -> bool:
        return True

    @property
    @abstractmethod
    def _terms(self) -> tuple[list[float], list[float], float]:
        """Amplitudes and 1 / (2 sigma**2) of the Gaussians; weights up to the last are none."""


def _reach(amplitudes: list[float], scales: list[float], least: float) -> float:
    """A distance beyond which the sum of Gaussians is below ``least``."""
    if least <= 0:
        return np.inf
    # Each of the terms is below its share there.
    shares = [len(amplitudes) * abs(amplitude) / least for amplitude in amplitudes]
    squared = [np.log(max(1.0, q)) / scale for q, scale in zip(shares, scales, strict=True)]
    return 1e-9 + float(np.sqrt(max(squared)))


def _near(
    pre: NDArray[np.float64], post: NDArray[np.float64], reach: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each pre neuron the range of post neurons that are near in the first direction."""
    if (np.diff(post) < 0).any():
        return np.zeros(len(pre), np.int64), np.full(len(pre), len(post), np.int64)
    return np.searchsorted(post, pre - reach, "left"), np.searchsorted(post, pre + reach, "right")


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
        _check_gaussian(self, "sigma")

    @property
    def _terms(self) -> tuple[list[float], list[float], float]:
        return [self.amplitude], [1 / (2 * self.sigma**2)], self.limit * abs(self.amplitude)


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
        _check_gaussian(self, "sigma", "sigma_minus")

    @property
    def _terms(self) -> tuple[list[float], list[float], float]:
        least = self.limit * abs(self.amplitude - self.amplitude_minus)
        scales = [1 / (2 * sigma**2) for sigma in (self.sigma, self.sigma_minus)]
        return [self.amplitude, -self.amplitude_minus], scales, least


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

    @classmethod
    def from_table(cls, table: Any) -> FromPairs:
        """From a pandas table with a row for each synapse.

        Its columns are ``source`` and ``target``, and ``weight`` and ``delay`` (ms) if there are
        any, as in `Projection.table`.

        Raises
        ------
        NetworkError
            If one of the first two is missing.
        """
        columns = [str(name) for name in getattr(table, "columns", ())]
        for name in ("source", "target"):
            if name not in columns:
                raise NetworkError(
                    f"FromPairs: the table has no column '{name}', but "
                    f"{', '.join(columns) or 'none at all'}; rename one to '{name}'."
                )
        weights, delays = (table[name] if name in columns else None for name in ("weight", "delay"))
        return cls(table["source"], table["target"], weights, delays)

    def __repr__(self) -> str:
        return f"FromPairs({self._pairs[0].size} synapses)"

    @cached_property
    def _pairs(self) -> tuple[NDArray, NDArray]:
        """What was given, as arrays; lists are read once."""
        given = ("sources", self.sources), ("targets", self.targets)
        sources, targets = (as_array("FromPairs", name, one) for name, one in given)
        return sources, targets

    def check(self, groups: Groups) -> None:
        self._check_pairs(groups.n_pre, groups.n_post)

    def _check_pairs(self, n_pre: int, n_post: int) -> None:
        sources, targets = self._pairs
        _check_places("FromPairs", "pre", sources, n_pre)
        _check_places("FromPairs", "post", targets, n_post)
        if len(targets) != len(sources):
            raise NetworkError(
                f"FromPairs: {len(sources)} sources have {len(targets)} targets; give one for each."
            )

    def connect(self, n_pre: int, n_post: int, key: Key) -> Connectivity:
        self._check_pairs(n_pre, n_post)
        sources, targets = self._pairs
        n = len(sources)
        weights = _numbers("FromPairs", "weights", self.weights, n)
        delays = _numbers("FromPairs", "delays", self.delays, n)
        return _sorted(sources, targets, n_pre, n_post, weights, delays)

    def expected(self, groups: Groups) -> int:
        return self._pairs[0].size

    @property
    def gives_weights(self) -> bool:
        return self.weights is not None


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
        self._check_shape(n_pre, n_post)
        shape = n_pre, n_post
        if hasattr(self.weights, "tocoo"):
            found = self._stored_elements(n_pre, n_post)
        else:
            found = self._numbers()
        if self.delays is None:
            return found
        times = _real_matrix("FromMatrix", self.delays)
        if times.shape != shape:
            raise NetworkError(f"FromMatrix: 'delays' has shape {times.shape}; give shape {shape}.")
        return replace(found, delays=times[found.sources, found.targets])

    def check(self, groups: Groups) -> None:
        self._check_shape(groups.n_pre, groups.n_post)

    def _check_shape(self, n_pre: int, n_post: int) -> None:
        stored, given = hasattr(self.weights, "tocoo"), self.weights
        shape = np.shape(given if stored else as_array("FromMatrix", "weights", given))
        if shape != (n_pre, n_post):
            raise NetworkError(
                f"FromMatrix: the matrix has shape {shape}, and {n_pre} pre neurons are connected "
                f"with {n_post} post neurons; give shape ({n_pre}, {n_post})."
            )

    def _stored_elements(self, n_pre: int, n_post: int) -> Connectivity:
        """The synapses of a sparse matrix; one in CSR form has them by row already."""
        matrix = self.weights
        if matrix.format == "csr" and matrix.has_sorted_indices:
            weights = _finite("FromMatrix", "weight", matrix.data[: matrix.nnz])
            ends = matrix.indptr.astype(np.int64)
            return Connectivity(ends, matrix.indices[: matrix.nnz], weights)
        stored = matrix.tocoo()
        weights = _finite("FromMatrix", "weight", np.asarray(stored.data))
        return _sorted(stored.row, stored.col, n_pre, n_post, weights, None)

    def _numbers(self) -> Connectivity:
        """The synapses of a dense matrix."""
        ends, targets, weights = make_dense(_numeric_matrix("FromMatrix", self.weights))
        return Connectivity(ends, targets, _finite("FromMatrix", "weight", weights))

    def expected(self, groups: Groups) -> int:
        stored = getattr(self.weights, "nnz", None)
        return groups.n_pre * groups.n_post if stored is None else int(stored)

    @property
    def gives_weights(self) -> bool:
        return True


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

    def __post_init__(self) -> None:
        if not callable(self.function):
            raise NetworkError(
                f"FromFunction: {self.function!r} is no function; "
                f"give one of the numbers of pre and post neurons."
            )

    def connect_groups(self, groups: Groups, key: Key) -> Connectivity:
        own, type_ = stream_key(key[0], key[1], DRAWS), narrow(groups.n_post)
        same = None if self.self_connections else groups.same_post

        def rows(first: int, last: int, chance: NDArray) -> tuple[NDArray[np.int64], NDArray]:
            return chance_rows(
                own, first, chance, None if same is None else same[first:last], type_
            )

        blocks = (
            (first, last, self._chance(np.arange(first, last), groups.n_post))
            for first, last in _blocks(groups.n_pre, groups.n_post)
        )
        counts, targets = [], []
        for n_of_rows, found in meanwhile(rows, blocks):
            counts.append(n_of_rows)
            targets.append(found)
        ends = ends_of(_joined(counts, np.int64))
        connectivity = Connectivity(ends, _joined(targets, narrow(groups.n_post)))
        if self.weights is None and self.delays is None:
            return connectivity
        pairs = connectivity.sources.astype(np.int64), connectivity.targets.astype(np.int64)
        values = {
            name: _numbers("FromFunction", name, f(*pairs), len(pairs[0]))
            for name, f in (("weights", self.weights), ("delays", self.delays))
            if f is not None
        }
        return replace(connectivity, **values)

    def expected(self, groups: Groups) -> int:
        """From some rows, evenly chosen."""
        if not groups.n_pre or not groups.n_post:
            return 0
        n_rows = max(1, min(ROWS_TO_GUESS, PAIRS_AT_ONCE // groups.n_post))
        some = np.unique(np.linspace(0, groups.n_pre - 1, n_rows).round().astype(int))
        return round(self._chance(some, groups.n_post).sum(axis=1).mean() * groups.n_pre)

    @property
    def gives_weights(self) -> bool:
        return self.weights is not None

    def _chance(self, rows: NDArray, n_post: int) -> NDArray[np.float64]:
        """(n_rows, n_post) probabilities from the function."""
        shape, columns = (len(rows), n_post), np.arange(n_post)
        chance = np.asarray(self.function(rows[:, np.newaxis], columns[np.newaxis, :]))
        if chance.ndim > 2 or any(
            n not in (1, m) for n, m in zip(chance.shape[::-1], shape[::-1], strict=False)
        ):
            raise NetworkError(
                f"FromFunction: the function gave shape {chance.shape} for {shape[0]} pre and "
                f"{shape[1]} post neurons; return one value for each pair, shape {shape}."
            )
        numbers = chance.dtype.kind in "buif"
        if not numbers or (chance.size and not (chance.min() >= 0 and chance.max() <= 1)):
            raise NetworkError(
                f"FromFunction: the function gave {_first_outside(chance)}, which is no "
                f"probability; return numbers from 0 to 1, or True and False."
            )
        return np.broadcast_to(np.require(chance, float, "A"), shape)


def _blocks(n_pre: int, n_post: int) -> Iterator[tuple[int, int]]:
    """Ranges of pre neurons with few enough pairs to hold them at once."""
    rows = max(1, PAIRS_AT_ONCE // max(1, n_post))
    for first in range(0, n_pre, rows):
        yield first, min(first + rows, n_pre)


def _joined(pieces: list[NDArray], dtype: type) -> NDArray:
    return np.concatenate(pieces) if pieces else np.zeros(0, dtype)


def _sorted(
    sources: NDArray,
    targets: NDArray,
    n_pre: int,
    n_post: int,
    weights: NDArray | None,
    delays: NDArray | None,
) -> Connectivity:
    """Synapses by pre neuron, then by post neuron; those of one pair keep their order."""
    narrow_enough = sources.dtype == targets.dtype == np.int32
    sources, targets = (
        np.ascontiguousarray(places, np.int32 if narrow_enough else np.int64)
        for places in (sources, targets)
    )
    ends, targets, order = order_of_pairs(sources, targets, n_pre, n_post)
    if order is None:
        return Connectivity(ends, targets, weights, delays)
    return Connectivity(ends, targets, taken(weights, order), taken(delays, order))


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


def _check_gaussian(rule: Gaussian | DifferenceOfGaussians, *widths: str) -> None:
    """The numbers of a rule by distance are ones that it can have."""
    kind = type(rule).__name__
    for field in fields(rule):
        value = getattr(rule, field.name)
        if not is_number(value):
            raise NetworkError(f"{kind}: {field.name} = {value!r} is no finite number; give one.")
    for name in widths:
        width = getattr(rule, name)
        if not (width > 0 and width * width > 0):
            raise NetworkError(
                f"{kind}: {name} = {width:g} is no width; give a number above 0 (1 is the whole "
                f"side)."
            )
    if rule.limit < 0:
        raise NetworkError(f"{kind}: limit = {rule.limit:g} is negative; give 0 for no limit.")


def _check_places(kind: str, side: str, places: NDArray, n: int) -> None:
    """Numbers of neurons that a user wrote are those of neurons that there are."""
    name = {"pre": "sources", "post": "targets"}[side]
    if places.ndim != 1 or (places.size and places.dtype.kind not in "iu"):
        raise NetworkError(
            f"{kind}: '{name}' has shape {places.shape} and type {places.dtype}; "
            f"give a list of whole numbers."
        )
    if places.size and (places.min() < 0 or places.max() >= n):
        first = int(np.argmax((places < 0) | (places >= n)))
        raise NetworkError(
            f"{kind}: synapse {first} names {side} neuron {places[first]}, and there are {n}; "
            f"give numbers from 0 to {n - 1}."
        )


def _numbers(kind: str, name: str, given: ArrayLike | None, n: int) -> NDArray | None:
    if given is None:
        return None
    values = as_array(kind, name, given)
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
    return values.astype(float, copy=False)


def _numeric_matrix(kind: str, given: Any) -> NDArray:
    """A dense matrix of numbers, as it is if it can be; None becomes NaN."""
    matrix = np.asarray(given)
    return matrix if matrix.dtype.kind in "buif" else _real_matrix(kind, given)


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
