"""Fixed degrees and totals: exact numbers, and every choice equally likely."""

import numpy as np
import pytest
from scipy import stats

from snnlab.errors import NetworkError
from snnlab.model.neuron import Neuron
from snnlab.network.connectors import FixedInDegree, FixedOutDegree, FixedProbability, FixedTotal
from snnlab.network.network import Network

SWITCHES = pytest.mark.parametrize(
    ("itself", "multapses"), [(False, False), (False, True), (True, False), (True, True)]
)
SEEDS = pytest.mark.parametrize("seed", range(20))


def groups(*sizes, seed=1):
    net = Network(dt=0.1, seed=seed)
    model = Neuron.from_cell("v = v + g_exc\nspike: v > 0.5", "relay")
    return net, *(net.add(n, model, name=f"P{k}") for k, n in enumerate(sizes))


def matrix(projection):
    counts = np.zeros((projection.pre.size, projection.post.size), int)
    np.add.at(counts, (projection.sources, projection.targets), 1)
    return counts


def in_order(projection):
    """Synapses stand by pre, then by post neuron."""
    place = projection.sources.astype(np.int64) * projection.post.size + projection.targets
    return bool((np.diff(place) >= 0).all())


@SWITCHES
def test_in_degree_is_exact(itself, multapses):
    net, group = groups(30)

    projection = net.connect(group, group, "exc", FixedInDegree(7, itself, multapses))
    counts = matrix(projection)

    assert (counts.sum(axis=0) == 7).all()
    assert counts.max() <= (7 if multapses else 1)
    assert itself or np.trace(counts) == 0
    assert in_order(projection)


@SWITCHES
def test_out_degree_is_exact(itself, multapses):
    net, group = groups(30)

    projection = net.connect(group, group, "exc", FixedOutDegree(7, itself, multapses))
    counts = matrix(projection)

    assert (counts.sum(axis=1) == 7).all()
    assert counts.max() <= (7 if multapses else 1)
    assert itself or np.trace(counts) == 0
    assert in_order(projection)


@SWITCHES
@pytest.mark.parametrize("n", [0, 50, 100, 125])
def test_total_is_exact(itself, multapses, n):
    net, group = groups(12)

    projection = net.connect(group, group, "exc", FixedTotal(n, itself, multapses))
    counts = matrix(projection)

    assert projection.size == n
    assert multapses or counts.max(initial=0) <= 1
    assert itself or np.trace(counts) == 0
    assert in_order(projection)


@pytest.mark.parametrize("rule", [FixedInDegree(4), FixedOutDegree(4)])
def test_everyone_else_can_be_chosen(rule):
    net, group = groups(5)

    counts = matrix(net.connect(group, group, "exc", rule))

    np.testing.assert_array_equal(counts, 1 - np.eye(5, dtype=int))


def test_total_of_all_pairs_leaves_out_only_the_same_neurons():
    net, group = groups(6)

    counts = matrix(net.connect(group[1:5], group[2:], "exc", FixedTotal(13)))

    expected = np.zeros((6, 6), int)
    expected[1:5, 2:] = 1
    np.fill_diagonal(expected, 0)
    np.testing.assert_array_equal(counts, expected)


@pytest.mark.parametrize("rule", [FixedInDegree(3), FixedInDegree(3, multapses=True)])
def test_degrees_in_overlapping_views_are_exact(rule):
    net, group = groups(20)

    counts = matrix(net.connect(group[[9, 4, 5, 7, 2]], group[5:15], "exc", rule))

    assert counts[:, 5:15].sum(axis=0).tolist() == [3] * 10
    assert counts.sum() == 30
    assert np.trace(counts) == 0


@SEEDS
@pytest.mark.parametrize("multapses", [False, True])
def test_sources_of_fixed_in_degree_are_equally_likely(seed, multapses):
    net, pre, post = groups(40, 2000, seed=seed)

    projection = net.connect(pre, post, "exc", FixedInDegree(10, multapses=multapses))
    sent = np.bincount(projection.sources, minlength=40)

    # Without repetition a source is in a choice or not: variance n p (1 - p), and the 40 counts
    # add up, which gives 39 degrees of freedom.
    variance = 2000 * 0.25 * (1.0 if multapses else 0.75 * 40 / 39)
    spread = ((sent - 500.0) ** 2).sum() / variance
    assert 1e-4 < stats.chi2.sf(spread, 39) < 1 - 1e-4


@SEEDS
@pytest.mark.parametrize("multapses", [False, True])
def test_targets_of_fixed_out_degree_are_equally_likely(seed, multapses):
    net, pre, post = groups(2000, 40, seed=seed)

    projection = net.connect(pre, post, "exc", FixedOutDegree(10, multapses=multapses))
    got = np.bincount(projection.targets, minlength=40)

    variance = 2000 * 0.25 * (1.0 if multapses else 0.75 * 40 / 39)
    spread = ((got - 500.0) ** 2).sum() / variance
    assert 1e-4 < stats.chi2.sf(spread, 39) < 1 - 1e-4


@SEEDS
@pytest.mark.parametrize("multapses", [False, True])
def test_repeated_choices_of_one_pair_follow_the_switch(seed, multapses):
    net, pre, post = groups(20, 1000, seed=seed)

    counts = matrix(net.connect(pre, post, "exc", FixedInDegree(10, multapses=multapses)))

    if multapses:
        expected = stats.binom.pmf(np.arange(4), 10, 1 / 20) * 20_000
        observed = np.bincount(counts.ravel(), minlength=4)[:3]
        tail = 20_000 - expected[:3].sum(), 20_000 - observed.sum()
        test = stats.chisquare([*observed, tail[1]], [*expected[:3], tail[0]])
        assert test.pvalue > 1e-4
    else:
        assert set(np.unique(counts)) == {0, 1}


@SEEDS
@pytest.mark.parametrize("n", [600, 1900])
def test_pairs_of_fixed_total_are_equally_likely(seed, n):
    net, group = groups(50, seed=seed)

    counts = matrix(net.connect(group, group, "exc", FixedTotal(n)))
    p = n / (50 * 49)

    # Row sums are hypergeometric: 49 of 2450 pairs each.
    variance = n * (49 / 2450) * (1 - 49 / 2450) * (2450 - n) / 2449
    for sums in (counts.sum(axis=0), counts.sum(axis=1)):
        spread = ((sums - 49 * p) ** 2).sum() / variance * 49 / 50
        assert 1e-4 < stats.chi2.sf(spread, 49) < 1 - 1e-4


@SEEDS
def test_fixed_probability_without_self_connections_is_exact(seed):
    net, group = groups(300, seed=seed)

    projection = net.connect(group, group, "exc", FixedProbability(0.1))

    assert np.trace(matrix(projection)) == 0
    assert stats.binomtest(projection.size, 300 * 299, 0.1).pvalue > 1e-4


def test_threads_that_build_do_not_change_the_network(monkeypatch):
    built = []
    for n_cpus in (1, 3):
        monkeypatch.setattr("os.cpu_count", lambda n=n_cpus: n)
        net, group = groups(4000)
        projection = net.connect(group, group, "exc", FixedProbability(0.05))
        built.append((projection.connectivity.ends, projection.connectivity.targets))

    assert len(built[0][1]) > 3 * 200_000
    np.testing.assert_array_equal(built[0][0], built[1][0])
    np.testing.assert_array_equal(built[0][1], built[1][1])


@pytest.mark.parametrize("rule", [FixedInDegree(5), FixedOutDegree(5), FixedTotal(200)])
def test_seed_repeats_and_projections_differ(rule):
    net, pre, post = groups(40, 40)
    first = matrix(net.connect(pre, post, "exc", rule))
    second = matrix(net.connect(pre, post, "exc", rule))
    again, pre, post = groups(40, 40)

    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(matrix(again.connect(pre, post, "exc", rule)), first)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (
            FixedInDegree(5),
            "FixedInDegree: 5 of 4 other pre neurons cannot be chosen; give n up to 4, or "
            "multapses=True.",
        ),
        (
            FixedOutDegree(6, self_connections=True),
            "FixedOutDegree: 6 of 5 post neurons cannot be chosen; give n up to 5, or "
            "multapses=True.",
        ),
        (
            FixedTotal(21),
            "FixedTotal: 21 of 20 pairs cannot be chosen; give n up to 20, or multapses=True.",
        ),
    ],
)
def test_more_than_there_are_is_refused(rule, message):
    net, group = groups(5)

    with pytest.raises(NetworkError) as error:
        net.connect(group, group, "exc", rule)
    assert str(error.value) == message


def test_a_lonely_neuron_has_no_other():
    net, group = groups(1)

    with pytest.raises(NetworkError) as error:
        net.connect(group, group, "exc", FixedInDegree(1, multapses=True))
    assert str(error.value) == (
        "FixedInDegree: 1 of 0 other pre neurons cannot be chosen; give n up to 0."
    )


@pytest.mark.parametrize("rule", [FixedInDegree, FixedOutDegree, FixedTotal])
@pytest.mark.parametrize("n", [-1, 2.5, True, "3"])
def test_numbers_of_synapses_are_whole(rule, n):
    with pytest.raises(NetworkError) as error:
        rule(n)
    assert str(error.value) == (
        f"{rule.__name__}: n = {n!r} is no number of synapses; give 0, 1, 2, ..."
    )
