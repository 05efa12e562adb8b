"""Who is connected with whom: counts, probabilities, self connections, views."""

import numpy as np
import pytest
from scipy import stats

from snnlab.errors import NetworkError
from snnlab.model.neuron import Neuron
from snnlab.network.connectors import (
    AllToAll,
    Connectivity,
    Connector,
    FixedProbability,
    OneToOne,
)
from snnlab.network.distributions import Uniform
from snnlab.network.network import Network

TEXT = """
v = v + g_exc
spike: v > 0.5
reset: v = 0
"""


def populations(*sizes, seed=1):
    net = Network(dt=0.1, seed=seed)
    model = Neuron.from_cell(TEXT, "relay")
    return net, *(net.add(n, model, name=f"P{k}") for k, n in enumerate(sizes))


def pairs(projection):
    return list(zip(projection.sources.tolist(), projection.targets.tolist(), strict=True))


def test_all_to_all_connects_every_pair():
    net, pre, post = populations(3, 4)

    projection = net.connect(pre, post, "exc", AllToAll())

    assert pairs(projection) == [(i, j) for i in range(3) for j in range(4)]


@pytest.mark.parametrize("allowed", [False, True])
def test_self_connections_follow_the_switch(allowed):
    net, group = populations(5)

    every = net.connect(group, group, "exc", AllToAll(self_connections=allowed))
    some = net.connect(group, group, "exc", FixedProbability(1.0, self_connections=allowed))

    expected = [(i, j) for i in range(5) for j in range(5) if allowed or i != j]
    assert pairs(every) == expected
    assert pairs(some) == expected


def test_self_connections_are_told_by_neuron_not_by_position():
    net, group = populations(6)

    projection = net.connect(group[1:4], group[2:], "exc", AllToAll())

    assert pairs(projection) == [(i, j) for i in (1, 2, 3) for j in (2, 3, 4, 5) if i != j]


def test_the_mean_weight_of_no_synapses_is_no_number(recwarn):
    net, group = populations(5)

    none = net.connect(group, group, "exc", FixedProbability(0.0), weight=Uniform(0.0, 1.0))

    assert np.isnan(none.weight)
    assert not recwarn.list


def test_one_to_one_pairs_neurons_in_order():
    net, pre, post = populations(4, 4)

    assert pairs(net.connect(pre, post, "exc", OneToOne())) == [(i, i) for i in range(4)]


def test_one_to_one_connects_a_population_with_itself():
    net, group = populations(3)

    assert pairs(net.connect(group, group, "exc", OneToOne())) == [(0, 0), (1, 1), (2, 2)]


@pytest.mark.parametrize("seed", range(20))
def test_fixed_probability_is_exact(seed):
    net, pre, post = populations(300, 400, seed=seed)

    projection = net.connect(pre, post, "exc", FixedProbability(0.1))

    assert stats.binomtest(projection.size, 300 * 400, 0.1).pvalue > 1e-4
    within = np.bincount(projection.targets, minlength=400)
    spread = ((within - 30.0) ** 2).sum() / (30.0 * 0.9)
    assert 1e-4 < stats.chi2.sf(spread, 400) < 1 - 1e-4


def test_no_pair_is_connected_twice():
    net, pre, post = populations(100, 100)

    projection = net.connect(pre, post, "exc", FixedProbability(0.5))

    assert len(set(pairs(projection))) == projection.size > 4000


def test_projections_of_one_network_differ_and_those_of_one_seed_repeat():
    net, pre, post = populations(50, 50)
    first = pairs(net.connect(pre, post, "exc", FixedProbability(0.3)))
    second = pairs(net.connect(pre, post, "exc", FixedProbability(0.3)))

    again, pre, post = populations(50, 50)

    assert first != second
    assert pairs(again.connect(pre, post, "exc", FixedProbability(0.3))) == first
    assert pairs(again.connect(pre, post, "exc", FixedProbability(0.3))) == second


@pytest.mark.parametrize(
    ("pre_index", "post_index", "expected"),
    [
        (slice(1, 4), slice(None, None, 2), [(1, 0), (2, 2), (3, 4)]),
        ([5, 0], [1, 4], [(0, 4), (5, 1)]),
        (3, -1, [(3, 5)]),
        (np.array([0, 0, 1, 0, 1, 0], bool), slice(2, 4), [(2, 2), (4, 3)]),
        (slice(None, None, -1), slice(None), [(i, 5 - i) for i in range(6)]),
    ],
    ids=["slices", "unordered lists", "single neurons", "boolean", "reversed"],
)
def test_views_connect_their_own_neurons(pre_index, post_index, expected):
    net, pre, post = populations(6, 6)

    projection = net.connect(pre[pre_index], post[post_index], "exc", OneToOne())

    assert pairs(projection) == expected


def test_weights_of_unordered_views_belong_to_their_synapses():
    net, pre, post = populations(6, 6)
    projection = net.connect(pre[[5, 0]], post[[1, 4]], "exc", OneToOne(), weight=[7.0, 8.0])
    pre.v = 1.0
    post.v = -100.0

    net.simulate(0.2)

    # Weights come in the order of the synapses: 0 -> 4, then 5 -> 1.
    assert projection.w.tolist() == [7.0, 8.0]
    assert post.v.tolist() == [-100, -92, -100, -100, -93, -100]


def test_view_of_a_grid_counts_in_rows():
    net = Network(dt=0.1, seed=1)
    grid = net.add((3, 4), Neuron.from_cell(TEXT, "relay"), name="grid")

    assert grid[1].indices.tolist() == [4, 5, 6, 7]
    assert grid[:, 0].indices.tolist() == [0, 4, 8]
    assert grid[1:, 2:].indices.tolist() == [6, 7, 10, 11]
    assert grid[1][1:3].indices.tolist() == [5, 6]


def test_several_posts_make_one_projection_each():
    net, pre, first, second = populations(2, 2, 3)

    projections = net.connect(pre, [first, second], "exc", AllToAll())

    assert [p.name for p in projections] == ["P0->P1 exc", "P0->P2 exc"]
    assert [p.size for p in projections] == [4, 6]


class Ring(Connector):
    """Neuron i with its right neighbour."""

    def connect(self, n_pre, n_post, key):
        targets = (np.arange(n_pre, dtype=np.int32) + 1) % n_post
        return Connectivity(np.arange(n_pre + 1, dtype=np.int64), targets)


def test_connector_of_ones_own():
    net, group = populations(4)

    projection = net.connect(group, group, "exc", Ring())

    assert pairs(projection) == [(0, 1), (1, 2), (2, 3), (3, 0)]


def test_one_to_one_of_different_sizes_says_how_to_cut():
    net, pre, post = populations(4, 6)

    with pytest.raises(NetworkError) as error:
        net.connect(pre, post, "exc", OneToOne())
    assert str(error.value) == (
        "OneToOne: 4 neurons cannot be paired with 6; "
        "connect parts of equal size, for example pre[:4]."
    )


@pytest.mark.parametrize("p", [-0.1, 1.5, float("nan"), "all"])
def test_probability_outside_its_range_is_refused(p):
    with pytest.raises(NetworkError) as error:
        FixedProbability(p)
    assert str(error.value) == (
        f"FixedProbability: p = {p!r} is no probability; give a number from 0 to 1."
    )
