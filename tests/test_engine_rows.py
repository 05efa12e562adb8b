"""Rows of synapses and random values: the same on any number of threads and in any pieces."""

from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import numpy as np
import pytest
from scipy import stats

from snnlab.engine import rows
from snnlab.engine.construction import Rule
from snnlab.engine.randomness import stream_key
from snnlab.errors import NetworkError
from snnlab.model.neuron import Neuron
from snnlab.network.connectors import (
    AllToAll,
    DifferenceOfGaussians,
    FixedInDegree,
    FixedOutDegree,
    FixedProbability,
    FixedTotal,
    FromFunction,
    FromPairs,
    Gaussian,
    OneToOne,
)
from snnlab.network.distributions import (
    Bernoulli,
    Binomial,
    DiscreteUniform,
    Distribution,
    Exponential,
    Gamma,
    LogNormal,
    Normal,
    Poisson,
    Uniform,
)
from snnlab.network.network import Network

KEY = stream_key(5, 2, 0)
RELAY = Neuron.from_cell("v = v + g_exc\nspike: v > 0.5", "relay")
DRAWN = np.random.default_rng(3).integers(0, 90, (2, 5000))
DISTRIBUTIONS = [
    (Uniform(-1.0, 2.0), stats.uniform(-1, 3)),
    (Normal(3.0, 2.0), stats.norm(3, 2)),
    (Normal(1.0, 2.0, 0.0, 2.0), stats.truncnorm(-0.5, 0.5, 1, 2)),
    (LogNormal(0.5, 0.3), stats.lognorm(0.3, scale=np.exp(0.5))),
    (Exponential(4.0), stats.expon(scale=0.25)),
    (Gamma(2.5, 0.5), stats.gamma(2.5, scale=0.5)),
    (DiscreteUniform(2, 9), stats.randint(2, 10)),
    (Binomial(12, 0.3), stats.binom(12, 0.3)),
    (Binomial(500, 0.9), stats.binom(500, 0.9)),
    (Poisson(2.5), stats.poisson(2.5)),
    (Bernoulli(0.3), stats.bernoulli(0.3)),
]


@pytest.fixture
def threads(monkeypatch):
    """Sets how many threads build, however little there is to do."""

    def use(n):
        monkeypatch.setattr("os.cpu_count", lambda: n)
        monkeypatch.setattr(rows, "WORTH_A_THREAD", 1)

    return use


def by_distance(i, j):
    return np.exp(-np.abs(i - j) / 30)


@pytest.mark.parametrize(
    "rule",
    [
        AllToAll(),
        OneToOne(),
        FixedProbability(0.2),
        FixedInDegree(7),
        FixedInDegree(7, multapses=True),
        FixedOutDegree(60),
        FixedOutDegree(7, multapses=True),
        FixedTotal(900),
        FixedTotal(900, multapses=True),
        Gaussian(1.0, 0.1),
        DifferenceOfGaussians(1.0, 0.1, 0.5, 0.2),
        FromPairs(*DRAWN, weights=np.arange(5000.0)),
        FromFunction(by_distance, weights=lambda i, j: i + j),
    ],
    ids=lambda rule: str(rule).split("(")[0],
)
def test_synapses_do_not_depend_on_the_threads_that_build(threads, rule):
    built = []
    for n in (1, 2, 5):
        threads(n)
        net = Network(dt=0.1, seed=1)
        group = net.add(90, RELAY)
        projection = net.connect(group, group, "exc", rule, weight=2.0, delay=Uniform(0.1, 3.0))
        built.append((projection.connectivity.ends, projection.targets, projection.w,
                      projection.delay))  # fmt: skip

    for other in built[1:]:
        for one, same in zip(built[0], other, strict=True):
            np.testing.assert_array_equal(one, same)


@pytest.mark.parametrize(("distribution", "expected"), DISTRIBUTIONS)
@pytest.mark.parametrize("seed", range(20))
def test_values_follow_their_distribution(distribution, expected, seed):
    values = distribution.sample(stream_key(seed, 2, 0), 7, 5000)

    if isinstance(expected.dist, stats.rv_continuous):
        assert stats.kstest(values, expected.cdf).pvalue > 1e-4
    else:
        values, counts = np.unique(values, return_counts=True)
        assert expected.pmf(values).all()
        common = expected.pmf(values) * 5000 >= 5
        rest = 5000 * (1 - expected.pmf(values[common]).sum()), 5000 - counts[common].sum()
        wanted, found = expected.pmf(values[common]) * 5000, counts[common]
        if rest[0] > 1e-6:
            wanted, found = [*wanted, rest[0]], [*found, rest[1]]
        assert stats.chisquare(found, wanted).pvalue > 1e-4


@pytest.mark.parametrize("distribution", [d for d, _ in DISTRIBUTIONS], ids=str)
def test_value_depends_on_its_number_alone(threads, distribution):
    whole = distribution.sample(KEY, 3, 1000)

    threads(3)

    np.testing.assert_array_equal(distribution.sample(KEY, 3, 1000), whole)
    for first in (1, 2, 31, 32, 64, 77):
        np.testing.assert_array_equal(distribution.sample(KEY, 3, 70, first=first),
                                      whole[first : first + 70])  # fmt: skip
    narrow = distribution.sample(KEY, 3, 1000, dtype=np.float32)
    np.testing.assert_array_equal(narrow, whole.astype(np.float32))
    assert not np.array_equal(distribution.sample(KEY, 4, 1000), whole)


def test_pairs_of_normal_numbers_are_independent():
    values = Normal(0.0, 1.0).sample(KEY, 1, 100_000)

    for lag in (1, 2):
        assert abs(np.corrcoef(values[:-lag], values[lag:])[0, 1]) < 4 / np.sqrt(100_000)
        assert abs(np.corrcoef(values[:-lag] ** 2, values[lag:] ** 2)[0, 1]) < 4 / np.sqrt(100_000)


def test_logarithm_and_exponential_are_those_of_the_library():
    u = rows.uniform(KEY, 9, 100_000)

    np.testing.assert_allclose(Exponential(1.0).sample(KEY, 9, 100_000), -np.log(u), rtol=4e-16)
    for sigma in (1.0, 40.0):
        normal = Normal(0.0, sigma).sample(KEY, 9, 100_000)
        lognormal = LogNormal(0.0, sigma).sample(KEY, 9, 100_000)
        np.testing.assert_allclose(lognormal, np.exp(normal), rtol=5e-16)


def test_exponential_beyond_the_range_of_numbers():
    assert LogNormal(-800.0, 1.0).sample(KEY, 1, 50).tolist() == [0.0] * 50
    assert LogNormal(800.0, 1.0).sample(KEY, 1, 50).tolist() == [np.inf] * 50
    assert LogNormal(-740.0, 0.0).sample(KEY, 1, 2) == pytest.approx(np.exp(-740.0), rel=1e-2)


def test_limits_out_of_reach_are_refused():
    with pytest.raises(NetworkError) as error:
        Normal(0.0, 1.0, 50.0, 60.0).sample(KEY, 1, 3)

    assert str(error.value) == (
        "Normal(mu=0.0, sigma=1.0, low=50.0, high=60.0): after 1000 attempts some values still lie "
        "outside [50, 60]; widen the range."
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Uniform(2.0, 1.0),
            "Uniform(low=2.0, high=1.0): the lower end 2 is above the upper end 1; exchange them.",
        ),
        (lambda: Uniform(0.0, np.inf), "Uniform: high = inf is no finite number; give one."),
        (
            lambda: Uniform(cast(float, "0"), 1.0),
            "Uniform: low = '0' is no finite number; give one.",
        ),
        (
            lambda: DiscreteUniform(0.5, 3),  # type: ignore[arg-type]
            "DiscreteUniform(low=0.5, high=3): the end 0.5 is no whole number; give whole numbers.",
        ),
        (
            lambda: Normal(0.0, 1.0, 3.0, 2.0),
            "Normal(mu=0.0, sigma=1.0, low=3.0, high=2.0): the lower end 3 is above the upper end "
            "2; exchange them.",
        ),
        (
            lambda: LogNormal(0.0, -1.0),
            "LogNormal(mu=0.0, sigma=-1.0): the standard deviation is negative (-1); give 0 or "
            "more.",
        ),
        (lambda: Normal(np.nan, 1.0), "Normal: mu = nan is no finite number; give one."),
        (
            lambda: Exponential(0.0),
            "Exponential(rate=0.0): the rate is 0; give a number above 0.",
        ),
        (
            lambda: Gamma(-1.0, 1.0),
            "Gamma(alpha=-1.0, beta=1.0): the shape is -1; give a number above 0.",
        ),
        (
            lambda: Binomial(5, 1.5),
            "Binomial(n=5, p=1.5): the probability 1.5 is outside 0 to 1; correct it.",
        ),
        (lambda: Poisson(-1.0), "Poisson(mean=-1.0): the mean is negative (-1); give 0 or more."),
        (lambda: Bernoulli(np.nan), "Bernoulli: p = nan is no finite number; give one."),
    ],
)
def test_numbers_that_a_distribution_cannot_have_are_refused(make, message):
    with pytest.raises(NetworkError) as error:
        make()

    assert str(error.value) == message


@dataclass(frozen=True)
class Far(Distribution):
    """A user's own distribution with limits that are never met."""

    def values(self, key, draw):
        return Normal(0.0, 1.0, 50.0, 60.0).values(key, draw)


def test_limits_of_other_distributions_are_refused_too():
    with pytest.raises(NetworkError) as error:
        Far().sample(KEY, 1, 3)

    assert str(error.value) == (
        "Far(): after 1000 attempts some values still lie outside its limits; widen them."
    )


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("everyone", {}),
        ("counterpart", {}),
        ("bernoulli", {"p": 0.004}),
        ("bernoulli", {"p": 0.5}),
        ("distinct", {"n": 40}),
        ("distinct", {"n": 9000}),
        ("repeated", {"n": 300}),
    ],
)
def test_parts_of_a_row_make_the_row(kind, options):
    """A thread makes only the targets that are its own."""
    skipped = np.arange(5, dtype=np.int32) * 2000
    rule = Rule(kind, KEY, 5, 10_000, skipped=skipped, **options)
    ends, targets = rows.make_rows(rule)

    whole = rule.count(0, 5)
    bounds = [0, 64, 2048, 2049, 7744, 10_000]
    parts = [rule.count(0, 5, a, b) for a, b in pairwise(bounds)]

    assert whole.tolist() == np.diff(ends).tolist()
    for row in range(5):
        own = targets[ends[row] : ends[row + 1]]
        assert (np.diff(own.astype(int)) >= (0 if kind == "repeated" else 1)).all()
        assert kind == "counterpart" or skipped[row] not in own
        assert [int(part[row]) for part in parts] == np.histogram(own, bounds)[0].tolist()


def test_rare_synapses_in_wide_rows_have_their_probability():
    rule = Rule("bernoulli", KEY, 20, 1 << 30, p=1e-6)

    ends, targets = rows.make_rows(rule)

    assert stats.poisson(20 * 1073.74).cdf(ends[-1]) == pytest.approx(0.5, abs=0.4999)
    assert stats.kstest(targets / 2**30, "uniform").pvalue > 1e-4


@pytest.mark.parametrize("n", [3, 50_000])
def test_few_of_many_candidates_are_chosen_evenly(n):
    rule = Rule("distinct", KEY, 2, 1_000_000, n=n)

    _, targets = rows.make_rows(rule)

    assert len(set(targets[:n].tolist())) == n
    assert stats.kstest(targets / 1e6, "uniform").pvalue > 1e-4


def test_order_of_pairs_is_stable():
    sources, targets = DRAWN
    sources, targets = sources % 7, targets % 11

    ends, found, order = rows.order_of_pairs(sources, targets, 8, 12)

    expected = np.lexsort((targets, sources))
    np.testing.assert_array_equal(order, expected)
    np.testing.assert_array_equal(found, targets[expected])
    assert ends.tolist() == [0, *np.cumsum(np.bincount(sources, minlength=8)).tolist()]


def test_pairs_in_order_are_left_alone(monkeypatch):
    monkeypatch.setattr(rows, "WORTH_A_THREAD", 2)  # looked at in pieces of two
    sources = np.array([0, 0, 0, 2, 2, 3])
    targets = np.array([1, 1, 4, 0, 3, 0])

    assert rows.order_of_pairs(sources, targets, 4, 5)[2] is None
    assert rows.order_of_pairs(sources, targets[[0, 2, 1, 3, 4, 5]], 4, 5)[2] is not None
    assert rows.order_of_pairs(sources[::-1].copy(), targets, 4, 5)[2] is not None


@pytest.mark.parametrize("n_post", [1, 2, 300, 70_000])
@pytest.mark.parametrize("dtype", [np.int32, np.int64])
@pytest.mark.parametrize("worth", [50, 10**9])
def test_pairs_are_sorted_whatever_their_types_and_threads(n_post, dtype, worth, monkeypatch, rng):
    """Few rows of many pairs and many of few, in ranges of 50 pairs and in one."""
    monkeypatch.setattr(rows, "WORTH_A_THREAD", worth)
    monkeypatch.setattr(rows.os, "cpu_count", lambda: 5)
    for n_pre in (1, 7, 1000):
        sources = rng.integers(0, n_pre, 3000).astype(dtype)
        targets = rng.integers(0, n_post, 3000).astype(dtype)

        ends, found, order = rows.order_of_pairs(sources, targets, n_pre, n_post)

        expected = np.lexsort((targets, sources))
        assert order is None or order.tolist() == expected.tolist()
        assert found.tolist() == targets[expected].tolist()
        assert ends.tolist() == [0, *np.cumsum(np.bincount(sources, minlength=n_pre)).tolist()]


@pytest.mark.parametrize("worth", [50, 10**9])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int32, bool])
@pytest.mark.parametrize("order", ["C", "F"])
def test_dense_rows_are_those_of_numpy(worth, dtype, order, monkeypatch, rng):
    monkeypatch.setattr(rows, "WORTH_A_THREAD", worth)
    monkeypatch.setattr(rows, "CONVERTED", 100)
    monkeypatch.setattr(rows.os, "cpu_count", lambda: 3)
    matrix = np.array(rng.normal(0, 2, (40, 33)), dtype, order=order)
    if matrix.dtype.kind == "f":
        matrix[rng.random(matrix.shape) < 0.4] = np.nan
        matrix[7] = np.nan

    ends, columns, numbers = rows.make_dense(matrix)

    there = ~np.isnan(matrix.astype(float))
    assert ends.tolist() == [0, *np.cumsum(there.sum(axis=1)).tolist()]
    assert columns.tolist() == np.nonzero(there)[1].tolist()
    assert numbers.tolist() == matrix[there].astype(float).tolist()


def test_results_come_in_the_order_of_the_items():
    seen = []

    def items():
        for k in range(50):
            seen.append(k)
            yield k, k + 1

    results = list(rows.meanwhile(lambda a, b: 100 * a + b, items()))

    assert results == [100 * k + k + 1 for k in range(50)]
    assert seen == list(range(50))
