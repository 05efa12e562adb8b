"""Connections in space, from lists, matrices and functions."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse, stats

from snnlab.errors import NetworkError
from snnlab.model.neuron import Neuron
from snnlab.model.synapse import Synapse
from snnlab.network.changes import change_of
from snnlab.network.connectors import (
    Connectivity,
    Connector,
    DifferenceOfGaussians,
    FixedProbability,
    FromFunction,
    FromMatrix,
    FromPairs,
    Gaussian,
)
from snnlab.network.distributions import Uniform
from snnlab.network.network import Network


def groups(*shapes, seed=1):
    net = Network(dt=0.1, seed=seed)
    model = Neuron.from_cell("v = v + g_exc\nspike: v > 0.5\nreset: v = 0", "relay")
    return net, *(net.add(shape, model, name=f"P{k}") for k, shape in enumerate(shapes))


def matrix(projection):
    weights = np.full((projection.pre.size, projection.post.size), np.nan)
    weights[projection.sources, projection.targets] = projection.w
    return weights


def built(rule, *shapes):
    """What a connector complains about between two populations."""
    net, pre, post = groups(*shapes)
    with pytest.raises(NetworkError) as error:
        _ = net.connect(pre, post, "exc", rule).size
    assert not net.projections
    return str(error.value).removesuffix(" 'P0->P1 exc' is taken out of the network again.")


def test_gaussian_weights_follow_the_distance():
    net, pre, post = groups((5, 4), (3, 9))

    projection = net.connect(pre, post, "exc", Gaussian(2.0, 0.3, limit=0.05))

    x = np.indices((5, 4)).reshape(2, -1).T / [4, 3]
    y = np.indices((3, 9)).reshape(2, -1).T / [2, 8]
    squared = ((x[:, np.newaxis] - y) ** 2).sum(axis=2)
    expected = 2.0 * np.exp(-squared / (2 * 0.3**2))
    expected[expected <= 0.1] = np.nan
    np.testing.assert_allclose(matrix(projection), expected, rtol=1e-14)
    assert np.isnan(expected).any()


def test_difference_of_gaussians_excites_near_and_inhibits_far():
    net, group = groups(41)
    rule = DifferenceOfGaussians(3.0, 0.1, 1.0, 0.3, limit=0.0, self_connections=True)

    projection = net.connect(group, group, "exc", rule)

    d = np.abs(np.subtract.outer(np.arange(41), np.arange(41))) / 40
    expected = 3.0 * np.exp(-(d**2) / 0.02) - np.exp(-(d**2) / 0.18)
    np.testing.assert_allclose(matrix(projection), expected, rtol=1e-12)
    assert matrix(projection)[20, 20] == 2.0
    assert matrix(projection)[20, 40] < 0


def test_spatial_rules_skip_the_neuron_itself_and_take_views():
    net, grid = groups((4, 4))

    projection = net.connect(grid[1:3, :], grid[2:, 1], "exc", Gaussian(1.0, 1.0))

    assert set(projection.sources.tolist()) == set(range(4, 12))
    assert set(projection.targets.tolist()) == {9, 13}
    assert projection.size == 15  # 9 is on both sides
    squared = (1 - 2) ** 2 / 9 + (3 - 1) ** 2 / 9  # from neuron 7 at (1, 3) to neuron 9 at (2, 1)
    assert matrix(projection)[7, 9] == pytest.approx(np.exp(-squared / 2), rel=1e-14)


def test_weight_multiplies_the_weights_of_a_rule():
    net, pre, post = groups(2, 2)

    one = net.connect(pre, post, "exc", FromMatrix([[1, 2], [3, 4]]), weight=10.0)
    each = net.connect(pre, post, "exc", FromMatrix([[1, 2], [3, 4]]), weight=[1, 0, 1, 2])

    assert one.w.tolist() == [10, 20, 30, 40]
    assert one.weight == 25.0
    assert each.w.tolist() == [1, 0, 3, 8]


def test_pairs_come_in_any_order_with_weights_and_delays():
    net, pre, post = groups(3, 4)
    rule = FromPairs([2, 0, 2, 0], [1, 3, 0, 3], weights=[5, 6, 7, 8], delays=[0.1, 0.2, 0.3, 0.4])

    projection = net.connect(pre, post, "exc", rule)

    assert projection.sources.tolist() == [0, 0, 2, 2]
    assert projection.targets.tolist() == [3, 3, 0, 1]
    assert projection.w.tolist() == [6, 8, 7, 5]
    np.testing.assert_allclose(projection.delay, [0.2, 0.4, 0.3, 0.1])
    assert str(rule) == "FromPairs(4 synapses)"


def test_table_of_synapses_connects_alike():
    net, pre, post = groups(30, 40)
    given = net.connect(pre, post, "exc", FixedProbability(0.2), weight=Uniform(1, 2),
                        delay=Uniform(0.1, 2))  # fmt: skip
    mixed = given.table.sample(frac=1.0, random_state=1)

    again = net.connect(pre, post, "exc", FromPairs.from_table(mixed))
    plain = net.connect(pre, post, "exc", FromPairs.from_table(mixed[["target", "source"]]))

    assert given.table.columns.tolist() == ["source", "target", "weight", "delay"]
    assert again.table.equals(given.table)
    assert plain.table.equals(given.table.assign(weight=1.0, delay=0.1))


def test_table_without_sources_is_refused():
    with pytest.raises(NetworkError) as error:
        FromPairs.from_table(pd.DataFrame({"pre": [1], "target": [2]}))
    assert str(error.value) == (
        "FromPairs: the table has no column 'source', but pre, target; rename one to 'source'."
    )


def test_wrong_neuron_of_many_is_named():
    sources = np.zeros(100_000, int)
    targets = np.arange(100_000) % 70
    targets[77_777] = -3

    assert built(FromPairs(sources, targets), 3, 70) == (
        "FromPairs: synapse 77777 names post neuron -3, and there are 70; give numbers from 0 to "
        "69."
    )


@pytest.mark.parametrize("target", ["c", "numpy"])
def test_pairs_carry_spikes(target):
    net = Network(dt=0.1, seed=1, target=target)
    pre = net.add(3, Neuron.from_cell("v = 0\nspike: t < 0.05", "once"), name="pre")
    post = net.add(2, Neuron.from_cell("v = v + g_exc\nspike: v > 1000", "total"), name="post")
    net.record(post, "v")
    net.connect(pre, post, "exc", FromPairs([2, 0, 1], [1, 1, 0], [1, 2, 4], [0.3, 0.2, 0.5]))

    net.simulate(0.8)

    assert net.traces["post"]["v"].tolist() == [
        [0, 0], [0, 0], [0, 2], [0, 3], [0, 3], [4, 3], [4, 3], [4, 3]
    ]  # fmt: skip


def test_weights_of_a_rule_reach_plastic_synapses():
    net, pre, post = groups(2, 2)
    model = Synapse.from_cell("pre_spike:\n    g_target += w\n    w *= 2\n", "doubling")
    projection = net.connect(pre, post, "exc", FromMatrix([[1, None], [3, 4]]), synapse=model)
    pre.v = [1.0, 0.0]
    post.v = -100.0

    net.simulate(0.2)

    assert projection.w.tolist() == [2, 3, 4]


def test_pairs_of_views_are_places_in_the_views():
    net, pre, post = groups(6, 6)

    projection = net.connect(pre[[5, 1]], post[3:], "exc", FromPairs([0, 1], [2, 0]))

    assert projection.sources.tolist() == [1, 5]
    assert projection.targets.tolist() == [3, 5]


@pytest.mark.parametrize("absent", [None, np.nan])
def test_dense_matrix_has_holes(absent):
    net, pre, post = groups(2, 3)
    rule = FromMatrix([[1.0, absent, 0.0], [absent, 2.5, absent]])

    projection = net.connect(pre, post, "exc", rule)

    np.testing.assert_array_equal(matrix(projection), [[1.0, np.nan, 0.0], [np.nan, 2.5, np.nan]])
    assert str(rule) == "FromMatrix(2 x 3)"


def test_matrix_of_delays():
    net, pre, post = groups(2, 2)
    rule = FromMatrix([[1.0, None], [2.0, 3.0]], delays=[[0.5, None], [0.2, 1.0]])

    projection = net.connect(pre, post, "exc", rule)

    np.testing.assert_allclose(projection.delay, [0.5, 0.2, 1.0])


@pytest.mark.parametrize("form", ["csr", "csc", "coo", "lil"])
def test_sparse_matrix_stores_its_synapses(form, rng):
    dense = np.where(rng.random((20, 30)) < 0.2, rng.random((20, 30)), 0.0)
    net, pre, post = groups(20, 30)

    projection = net.connect(pre, post, "exc", FromMatrix(sparse.coo_array(dense).asformat(form)))

    assert projection.size == (dense > 0).sum()
    np.testing.assert_array_equal(np.nan_to_num(matrix(projection)), dense)


@pytest.mark.parametrize("seed", range(20))
def test_function_gives_probabilities(seed):
    net, pre, post = groups(200, 300, seed=seed)
    rule = FromFunction(lambda i, j: np.where((i + j) % 2 == 0, 0.3, 0.05))

    projection = net.connect(pre, post, "exc", rule)
    even = (projection.sources + projection.targets) % 2 == 0

    assert stats.binomtest(int(even.sum()), 30_000, 0.3).pvalue > 1e-4
    assert stats.binomtest(int((~even).sum()), 30_000, 0.05).pvalue > 1e-4


def test_function_that_says_yes_or_no_with_weights_and_delays():
    net, group = groups(5)
    rule = FromFunction(
        lambda i, j: np.abs(i - j) <= 1,
        weights=lambda i, j: 10.0 * i + j,
        delays=lambda i, j: 0.1 * (1 + j),
    )

    projection = net.connect(group, group, "exc", rule)

    pairs = [(0, 1), (1, 0), (1, 2), (2, 1), (2, 3), (3, 2), (3, 4), (4, 3)]
    assert list(zip(projection.sources, projection.targets, strict=True)) == pairs
    assert projection.w.tolist() == [10 * i + j for i, j in pairs]
    np.testing.assert_allclose(projection.delay, [0.1 * (1 + j) for _, j in pairs])


def test_function_sees_large_groups_in_pieces():
    sizes = []

    def neighbours(i, j):
        sizes.append(i.size * j.size)
        return i == j

    net, pre, post = groups(3000, 3000)
    projection = net.connect(pre, post, "exc", FromFunction(neighbours))
    guessed = sum(sizes)
    sizes.clear()

    assert projection.sources.tolist() == projection.targets.tolist() == list(range(3000))
    assert sum(sizes) == 9_000_000
    assert max(sizes) <= 250_000
    assert guessed <= 250_000


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (
            FromPairs([0, 3], [0, 0]),
            "FromPairs: synapse 1 names pre neuron 3, and there are 3; give numbers from 0 to 2.",
        ),
        (
            FromPairs([0, 1], [0, -1]),
            "FromPairs: synapse 1 names post neuron -1, and there are 4; give numbers from 0 to 3.",
        ),
        (
            FromPairs([0.0, 1.0], [0, 1]),
            "FromPairs: 'sources' has shape (2,) and type float64; give a list of whole numbers.",
        ),
        (
            FromPairs([0, 1], [0]),
            "FromPairs: 2 sources have 1 targets; give one for each.",
        ),
        (
            FromPairs([0, 1], [0, 1], weights=[1, 2, 3]),
            "FromPairs: 'weights' has shape (3,) and type int64; give 2 numbers, one for each "
            "synapse.",
        ),
        (
            FromPairs([0, 1], [0, 1], weights=[1, np.inf]),
            "FromPairs: 'weights' of synapse 1 is inf; give finite numbers.",
        ),
        (
            FromMatrix(np.ones((4, 3))),
            "FromMatrix: the matrix has shape (4, 3), and 3 pre neurons are connected with 4 post "
            "neurons; give shape (3, 4).",
        ),
        (
            FromMatrix([["a"] * 4] * 3),
            "FromMatrix: the matrix holds something else than numbers; give numbers, and NaN or "
            "None for no synapse.",
        ),
        (
            FromMatrix([[1, 2, 3, 4], [1, 2], [1]]),
            "FromMatrix: 'weights' has rows of different lengths; give a number or an array of "
            "numbers.",
        ),
        (
            FromPairs([[0], [1, 2]], [0, 1]),
            "FromPairs: 'sources' has rows of different lengths; give a number or an array of "
            "numbers.",
        ),
        (
            FromPairs([0, 1], [0, 1], weights=[[1], [1, 2]]),
            "FromPairs: 'weights' has rows of different lengths; give a number or an array of "
            "numbers.",
        ),
        (
            FromMatrix(np.ones((3, 4)), delays=np.ones((3, 3))),
            "FromMatrix: 'delays' has shape (3, 3); give shape (3, 4).",
        ),
        (
            FromMatrix(np.full((3, 4), np.inf)),
            "FromMatrix: 'weight' of synapse 0 is inf; give finite numbers.",
        ),
        (
            FromFunction(lambda i, j: i + j + 0.5),
            "FromFunction: the function gave 1.5, which is no probability; return numbers from 0 "
            "to 1, or True and False.",
        ),
        (
            FromFunction(lambda i, j: np.ones((2, 2))),
            "FromFunction: the function gave shape (2, 2) for 3 pre and 4 post neurons; return "
            "one value for each pair, shape (3, 4).",
        ),
    ],
    ids=[
        "pre beyond the end",
        "post below 0",
        "fractions",
        "unequal lists",
        "weights too many",
        "infinite weight",
        "transposed",
        "letters",
        "ragged matrix",
        "ragged sources",
        "ragged weights",
        "delays of another shape",
        "infinite matrix",
        "no probability",
        "wrong shape",
    ],
)
def test_what_does_not_fit_is_refused(rule, message):
    assert built(rule, 3, 4) == message


def test_spatial_rules_need_grids_of_one_kind():
    assert built(Gaussian(1.0, 0.1), (2, 2), 4) == (
        "Gaussian: the pre population has 2 dimensions and the post population 1; "
        "give both shapes of equal length in net.add."
    )


@pytest.mark.parametrize(
    ("rule", "numbers", "message"),
    [
        (
            Gaussian,
            (1.0, 0.0),
            "sigma = 0 is no width; give a number above 0 (1 is the whole side)",
        ),
        (
            DifferenceOfGaussians,
            (1.0, 0.1, 0.5, 1e-200),  # its square is 0
            "sigma_minus = 1e-200 is no width; give a number above 0 (1 is the whole side)",
        ),
        (Gaussian, (np.nan, 0.1), "amplitude = nan is no finite number; give one"),
        (Gaussian, (1.0, "wide"), "sigma = 'wide' is no finite number; give one"),
        (Gaussian, (1.0, 0.1, -1.0), "limit = -1 is negative; give 0 for no limit"),
    ],
)
def test_numbers_that_a_gaussian_cannot_have_are_refused(rule, numbers, message):
    with pytest.raises(NetworkError) as error:
        rule(*numbers)
    assert str(error.value) == f"{rule.__name__}: {message}."


def test_probabilities_from_packed_records_are_read_where_they_lie():
    records = np.zeros((3, 4), [("flag", "u1"), ("chance", "f8")])
    records["chance"] = [[0, 1, 0, 1], [1, 0, 0, 0], [0, 0, 0, 1]]
    rule = FromFunction(lambda i, j: records["chance"])

    found = rule.connect(3, 4, (1, 2))

    assert found.sources.tolist() == [0, 0, 1, 2]
    assert found.targets.tolist() == [1, 3, 0, 3]


class Beyond(Connector):
    """A rule that names a neuron that is not there."""

    def connect(self, n_pre, n_post, key):
        return Connectivity(np.arange(n_pre + 1), np.full(n_pre, n_post))


class Short(Connector):
    """A rule that forgets a row."""

    def connect(self, n_pre, n_post, key):
        return Connectivity(np.arange(n_pre), np.zeros(n_pre - 1, np.int32))


class Jumbled(Connector):
    """A rule that names the targets of neuron 1 in any order."""

    def connect(self, n_pre, n_post, key):
        return Connectivity(np.array([0, 2, 4, 4]), np.array([1, 3, 2, 0]))


class Backwards(Connector):
    """A rule whose rows end before they begin."""

    def connect(self, n_pre, n_post, key):
        return Connectivity(np.array([0, 3, 1, 4]), np.array([0, 1, 2, 3]))


def test_connectors_of_ones_own_are_checked():
    assert built(Beyond(), 3, 4) == (
        "Projection 'P0->P1 exc': Beyond gave the target 4, and there are 4 post neurons; "
        "give numbers from 0 to 3."
    )
    assert built(Short(), 3, 4) == (
        "Projection 'P0->P1 exc': Short gave 3 row ends, the last 2, for 3 pre neurons and 2 "
        "synapses; give 4, from 0 to 2."
    )
    assert built(Jumbled(), 3, 4) == (
        "Projection 'P0->P1 exc': Jumbled gave the pre neuron 1 the target 0 after 2; give those "
        "of a neuron in ascending order."
    )
    assert built(Backwards(), 3, 4) == (
        "Projection 'P0->P1 exc': Backwards gave the row ends 3 and then 1; give ascending numbers."
    )


def wired(seed=3):
    """A network that has run and knows two projections already."""
    net, pre, post = groups(30, 40, seed=seed)
    net.connect(pre, post, "exc", FixedProbability(0.2), weight=Uniform(0, 0.4), name="first")
    net.connect(post, pre, "exc", FixedProbability(0.3), weight=0.1, delay=Uniform(0.2, 1))
    net.simulate(2.0)
    return net, pre, post


def history_of(net, pre):
    pre.v = np.linspace(0, 1, 30)
    net.simulate(20.0)
    return net.spikes["P1"], [p.w.copy() for p in net.projections.values()]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"connector": FromPairs([0], [40])},
            "FromPairs: synapse 0 names post neuron 40, and there are 40; give numbers from 0 to "
            "39.",
        ),
        (
            {"connector": FromFunction(lambda i, j: 2.0)},
            "FromFunction: the function gave 2, which is no probability; return numbers from 0 to "
            "1, or True and False.",
        ),
        (
            {"connector": Beyond()},
            "Projection 'wrong': Beyond gave the target 40, and there are 40 post neurons; "
            "give numbers from 0 to 39. 'wrong' is taken out of the network again.",
        ),
        (
            {"connector": FixedProbability(1.0), "weight": [1.0, 2.0]},
            "Projection 'wrong': 'w' has 1200 values, one for each synapse, not shape (2,); give "
            "one number or 1200. 'wrong' is taken out of the network again.",
        ),
        (
            {"connector": FixedProbability(1.0), "delay": [1.0, 2.0]},
            "Projection 'wrong': 'delay' has 1200 values, one for each synapse, not shape (2,); "
            "give one number or 1200. 'wrong' is taken out of the network again.",
        ),
    ],
    ids=["pairs", "function", "connector of one's own", "weights", "delays"],
)
def test_refused_projection_leaves_the_network_as_it_was(options, message):
    plain, plain_pre, plain_post = wired()
    net, pre, post = wired()

    def connect_and_run():
        net.connect(pre, post, "exc", name="wrong", **options)
        net.simulate(1.0)

    with pytest.raises(NetworkError) as error:
        connect_and_run()
    corrected = [
        network.connect(pre, post, "exc", FixedProbability(0.5), weight=0.1, name="wrong")
        for network, pre, post in ((plain, plain_pre, plain_post), (net, pre, post))
    ]

    assert str(error.value) == message
    assert net.time == 2.0
    assert corrected[0].table.equals(corrected[1].table)
    expected, found = history_of(plain, plain_pre), history_of(net, pre)
    assert found[0].equals(expected[0])
    assert len(found[0]) > 20
    for one, other in zip(found[1], expected[1], strict=True):
        np.testing.assert_array_equal(one, other)


def test_later_projections_keep_their_random_numbers_when_one_is_refused():
    net, pre, post = wired()
    wrong = net.connect(pre, post, "exc", Beyond())
    later = net.connect(pre, post, "exc", FixedProbability(0.5), name="later")

    with pytest.raises(NetworkError):
        net.build()
    net.build()
    another = net.connect(pre, post, "exc", FixedProbability(0.5), name="another")

    assert wrong.name not in net.projections
    assert list(net.projections) == ["first", "P1->P0 exc", "later", "another"]
    assert not later.table.equals(another.table)


def test_fault_of_a_users_function_takes_the_projection_out():
    net, pre, post = wired()
    chances: dict[str, float] = {}
    weights = FromFunction(lambda i, j: i == j, weights=lambda i, j: chances["exc"])
    net.connect(pre, post, "exc", weights, name="wrong")

    with pytest.raises(KeyError) as error:
        net.build()

    assert error.value.__notes__ == ["'wrong' is taken out of the network again."]
    assert list(net.projections) == ["first", "P1->P0 exc"]


def test_refused_projection_cannot_be_changed():
    net, pre, post = wired()
    wrong = net.connect(pre, post, "exc", FromPairs([0], [0]), weight=[1.0, 2.0], name="wrong")

    with pytest.raises(NetworkError):
        net.build()
    with pytest.raises(NetworkError) as error:
        net._session.change(wrong, change_of(wrong, "w", 2.0))

    assert str(error.value) == (
        "Network: projection 'wrong' is not part of it any more; connect it anew."
    )


def test_several_targets_are_connected_together_or_not_at_all():
    net, pre, post = wired()

    with pytest.raises(NetworkError) as error:
        net.connect(pre, [post, post[:5]], "exc", FromPairs([0], [7]))

    assert str(error.value) == (
        "FromPairs: synapse 0 names post neuron 7, and there are 5; give numbers from 0 to 4."
    )
    assert list(net.projections) == ["first", "P1->P0 exc"]
