"""Projections: weights, synapse models, and what they refuse."""

from typing import Any

import numpy as np
import pytest
from models import LIF, STDP
from scipy import stats

from snnlab.errors import NetworkError
from snnlab.model.neuron import Neuron
from snnlab.model.synapse import Synapse
from snnlab.network.connectors import AllToAll, FixedProbability, OneToOne
from snnlab.network.distributions import Normal, Uniform
from snnlab.network.network import Network

SENDER = """
r = r + 1
spike: True
"""
COLLECTOR = """
v = v + g_exc
spike: v > 1000000
"""
WEIGHT_IN_TWO_PARTS = """
pre_spike:
    g_target += w
    w = w
"""


def connected(weight: Any = 1.0, rule=None, n_pre=3, n_post=4, synapse=None, **options):
    net = Network(dt=0.1, seed=1, **options)
    pre = net.add(n_pre, Neuron.from_cell(SENDER, "sender"), name="A")
    post = net.add(n_post, Neuron.from_cell(COLLECTOR, "collector"), name="B")
    return net, net.connect(pre, post, "exc", rule, weight=weight, synapse=synapse)


def received(net, n_steps=2):
    """What each post neuron got from the spikes of one step."""
    net.step(n_steps)
    return net.populations["B"].v.copy()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_one_weight_is_stored_once(dtype):
    net, projection = connected(0.5, dtype=dtype)

    assert received(net).tolist() == [1.5] * 4
    assert projection.weights.shape == ()
    assert projection.weight == 0.5
    assert projection.w.tolist() == [0.5] * 12


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_weight_array_is_by_pre_then_post(dtype):
    weights = np.arange(12.0)
    net, projection = connected(weights, dtype=dtype)

    np.testing.assert_array_equal(received(net), weights.reshape(3, 4).sum(axis=0))
    assert projection.weight == weights.mean()


def test_weights_change_in_place_between_runs():
    net, projection = connected(np.ones(12))
    received(net)

    projection.w[:4] = 10.0

    assert received(net, 1).tolist() == [3 + 12.0] * 4


@pytest.mark.parametrize(
    "synapse",
    [None, "pre_spike: g_target += w*1\n", "a = 2\npre_spike: g_target += w*a/2\n"],
    ids=["no model", "static model", "generated model"],
)
def test_one_weight_becomes_an_array_and_a_number_again(synapse):
    model = None if synapse is None else Synapse.from_cell(synapse, "scaled")
    net, projection = connected(1.0, synapse=model)
    first = received(net)

    projection.w = np.arange(12.0)
    second = received(net, 1)
    projection.weight = 2.0
    third = received(net, 1)

    assert first.tolist() == [3.0] * 4
    assert (second - first).tolist() == [12.0, 15.0, 18.0, 21.0]
    assert (third - second).tolist() == [6.0] * 4
    assert projection.w.tolist() == [2.0] * 12


def test_random_weights_have_their_distribution():
    net, projection = connected(Normal(1.0, 0.2), n_pre=60, n_post=80)

    assert stats.kstest(projection.w, stats.norm(1.0, 0.2).cdf).pvalue > 1e-4
    np.testing.assert_allclose(received(net), projection.w.reshape(60, 80).sum(axis=0))


def test_every_draw_of_a_projection_is_another():
    text = "a = 1\nb = 1\npre_spike: g_target += a*b*w\n"
    _, projection = connected(
        Uniform(0, 1), n_pre=40, n_post=50, synapse=Synapse.from_cell(text, "product")
    )
    weights = projection.w.copy()

    projection.a = Uniform(0, 1)
    projection.b = Uniform(0, 1)
    projection.w = Uniform(0, 1)

    samples = [weights, projection.a, projection.b, projection.w]
    correlations = np.corrcoef(samples)[np.triu_indices(4, 1)]
    assert (np.abs(correlations) < 4 / np.sqrt(2000)).all()


def test_random_initial_values_are_not_the_weights():
    text = "x = x : init = Uniform(0, 1)\npre_spike: g_target += w*x\n"
    _, projection = connected(
        Uniform(0, 1), n_pre=40, n_post=50, synapse=Synapse.from_cell(text, "random")
    )

    correlation = np.corrcoef(projection.w, projection.x)[0, 1]

    assert abs(correlation) < 4 / np.sqrt(2000)


@pytest.mark.parametrize("weight", ["one", "array"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_generated_kernel_delivers_what_the_engine_does(dtype, weight, rng):
    given = 0.3 if weight == "one" else rng.normal(size=50 * 60)
    results = []
    for text in ("pre_spike: g_target += w\n", WEIGHT_IN_TWO_PARTS):
        net, projection = connected(
            given, AllToAll(), 50, 60, Synapse.from_cell(text, "static"), dtype=dtype
        )
        results.append((projection.static, received(net, 5)))

    assert [static for static, _ in results] == [True, False]
    assert np.abs(results[0][1]).min() > 0
    np.testing.assert_array_equal(results[0][1], results[1][1])


def test_parameters_of_a_synapse_are_attributes():
    _, projection = connected(0.5, synapse=Synapse.from_cell(STDP, "STDP"))

    projection.A_plus = 0.02
    projection.x[:] = 0.25
    projection.y = np.arange(12) / 100

    assert projection.A_plus == 0.02
    assert projection.x.tolist() == [0.25] * 12
    assert projection.y[3] == 0.03
    assert projection.w.tolist() == [0.5] * 12


def test_parameter_of_a_synapse_may_have_a_value_each():
    text = "gain = 1\npre_spike: g_target += gain*w\n"
    net, projection = connected(1.0, synapse=Synapse.from_cell(text, "gain"))
    first = received(net)

    projection.gain = np.arange(12.0)

    assert (received(net, 1) - first).tolist() == [12.0, 15.0, 18.0, 21.0]


def test_pre_and_post_values_reach_the_synapse():
    text = "pre_spike: g_target += w*pre.r*post.v\n"
    net, _ = connected(0.5, OneToOne(), 3, 3, synapse=Synapse.from_cell(text, "product"))
    net.populations["B"].v = [2.0, 4.0, 6.0]
    net.populations["A"].r = [1.0, 10.0, 0.0]

    net.step(2)

    # r is 2, 11 and 1 when the spikes of step 0 arrive in step 1.
    expected = [2 + 0.5 * 2 * 2, 4 + 0.5 * 11 * 4, 6 + 0.5 * 1 * 6]
    assert net.populations["B"].v.tolist() == expected


def test_projection_says_what_it_is():
    _, static = connected(rule=FixedProbability(0.5))
    _, plastic = connected(synapse=Synapse.from_cell(STDP, "STDP"))

    assert repr(static) == "Projection 'A->B exc': static synapses, delay 0.1 ms"
    assert repr(plastic) == "Projection 'A->B exc': STDP synapses, delay 0.1 ms"


def test_projection_says_that_nothing_is_stored():
    net, pre, post = pair()

    projection = net.connect(pre, post, "exc", AllToAll(), procedural=True)

    expected = "Projection 'A->B exc': static, procedural synapses, delay 0.1 ms"
    assert repr(projection) == expected
    assert "| AllToAll(self\\_connections=False) | 1 | 0.1 | static, procedural |" in str(
        net.report()
    )


def pair():
    net = Network(dt=0.1, seed=1)
    model = Neuron.from_cell(LIF, "LIF")
    return net, net.add(3, model, name="A"), net.add(4, model, name="B")


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (
            lambda net, a, b: net.connect(a, b, "ext"),
            "Projection 'A->B ext': neuron 'LIF' has no target 'ext'; did you mean 'exc'?",
        ),
        (
            lambda net, a, b: net.connect(a, b, "gap"),
            "Projection 'A->B gap': neuron 'LIF' has no target 'gap'; it has 'exc', 'inh'.",
        ),
        (
            lambda net, a, b: net.connect(a, b, "no name"),
            "Projection 'A->B no name': target = 'no name' is no name; "
            "give for example 'exc' for g_exc.",
        ),
        (
            lambda net, a, b: net.connect(a, b, "exc", delay=-1),
            "Projection 'A->B exc': delay = -1 ms; give a number from 0.1 ms on.",
        ),
        (
            lambda net, a, b: net.connect(a, b, "exc", delay=float("nan")),
            "Projection 'A->B exc': delay = nan ms; give a number from 0.1 ms on.",
        ),
        (
            lambda net, a, b: net.connect(a, b, "exc", delay="long"),
            "Projection 'A->B exc': delay = 'long'; give a number from 0.1 ms on.",
        ),
        (
            lambda net, a, b: net.connect(a, b, "exc", 0.02),
            "Projection 'A->B exc': 0.02 is no connector; "
            "give for example AllToAll(), OneToOne() or FixedProbability(0.1).",
        ),
        (
            lambda net, a, b: net.connect(a, b, "exc", synapse="STDP"),
            "Projection 'A->B exc': 'STDP' is no synapse model; define one with %%synapse.",
        ),
        (
            lambda net, a, b: net.connect(a, 5, "exc"),
            "Network: cannot connect to 5; give a population that net.add returned.",
        ),
        (
            lambda net, a, b: net.connect("A", b, "exc"),
            "Network: pre = 'A' is no population; give one that net.add returned.",
        ),
        (
            lambda net, a, b: net.connect(a, pair()[2], "exc"),
            "Population 'B': belongs to another network; connect populations of one network.",
        ),
        (
            lambda net, a, b: (
                net.connect(a, b, "exc", name="first"),
                net.connect(a, b, "exc", name="first"),
            ),
            "Network: the name 'first' is taken; choose another name, or none.",
        ),
        (
            lambda net, a, b: net.connect(a, b, "exc", weight=[1, 2, 3]).w,
            "Projection 'A->B exc': 'w' has 12 values, one for each synapse, not shape (3,); "
            "give one number or 12. 'A->B exc' is taken out of the network again.",
        ),
        (
            lambda net, a, b: net.connect(a, b, "exc", weight=float("nan")),
            "Projection 'A->B exc': 'w' cannot be NaN; give a number.",
        ),
        (
            lambda net, a, b: net.connect(a, b, "exc", weight="strong"),
            "Projection 'A->B exc': 'w' takes numbers, not 'strong'; "
            "give a number or an array of numbers.",
        ),
        (
            lambda net, a, b: net.connect(a, b, "exc", weight=np.inf),
            "Projection 'A->B exc': 'w' cannot be infinite; give a finite number.",
        ),
        (
            lambda net, a, b: net.connect(a, b, "exc", weight=-np.inf, procedural=True),
            "Projection 'A->B exc': 'w' cannot be infinite; give a finite number.",
        ),
        (
            lambda net, a, b: setattr(net.connect(a, b, "exc"), "w", [*(11 * [1.0]), np.inf]),
            "Projection 'A->B exc': 'w' cannot be infinite; give a finite number.",
        ),
        (
            lambda net, a, b: setattr(net.connect(a, b, "exc"), "weight", float("nan")),
            "Projection 'A->B exc': 'w' cannot be NaN; give a number.",
        ),
        (
            lambda net, a, b: setattr(net.connect(a, b, "exc"), "w", [*(11 * [1.0]), np.nan]),
            "Projection 'A->B exc': 'w' cannot be NaN; give a number.",
        ),
        (
            lambda net, a, b: net.connect(a, b, "exc").wieght,
            "Projection 'A->B exc': no attribute 'wieght'; did you mean 'weight'?",
        ),
        (
            lambda net, a, b: setattr(net.connect(a, b, "exc"), "A_plus", 1),
            "Projection 'A->B exc': no attribute 'A_plus'; "
            "it has w, weight, delay, size, sources, targets.",
        ),
        (
            lambda net, a, b: net.connect(a, b, "exc").state,
            "Projection 'A->B exc': static synapses have a weight and nothing else; "
            "give net.connect(..., synapse=...) a model.",
        ),
    ],
    ids=[
        "near target",
        "unknown target",
        "target is no name",
        "negative delay",
        "NaN delay",
        "delay in words",
        "no connector",
        "no synapse",
        "no post",
        "no pre",
        "other network",
        "taken name",
        "number of weights",
        "NaN weight",
        "weight in words",
        "infinite weight",
        "infinite procedural weight",
        "weights with an infinite one",
        "weight set to NaN",
        "weights with NaN",
        "near attribute",
        "unknown attribute",
        "static state",
    ],
)
def test_mistake_is_one_sentence(action, expected):
    net, a, b = pair()

    with pytest.raises((NetworkError, AttributeError)) as error:
        action(net, a, b)

    assert str(error.value) == expected


def test_names_are_made_unique():
    net, a, b = pair()

    names = [net.connect(a, b, "exc").name for _ in range(3)]

    assert names == ["A->B exc", "A->B exc 2", "A->B exc 3"]
    assert list(net.projections) == names


def test_a_synapse_that_reads_what_the_neuron_lacks_says_so():
    net = Network(dt=0.1, seed=1)
    neuron = Neuron.from_cell("10 ms * dv/dt = g_exc - v\nspike: v > 1", "LIF")
    population = net.add(2, neuron, name="P")
    synapse = Synapse.from_cell("psp: w * (pre.vm - post.v)", "Gap")

    with pytest.raises(NetworkError) as error:
        net.connect(population, population, "exc", AllToAll(), synapse=synapse)

    assert str(error.value) == (
        "Projection 'P->P exc': synapse 'Gap' reads 'pre.vm', but neuron 'LIF' has no 'vm'; "
        "did you mean 'pre.v'?"
    )


def test_refused_distribution_leaves_the_next_draws_as_they_are():
    text = "tau = 20\ngain = 1\ntau * dx/dt = gain - x\npre_spike: g_target += w * x"
    drawn = []
    for refused in (False, True):
        net = Network(seed=3)
        group = net.add(9, Neuron.from_cell("v = g_exc\nspike: v > 2", "N"), name="D")
        synapse = Synapse.from_cell(text, "Drawn")
        projection = net.connect(group, group, "exc", synapse=synapse)
        if refused:
            with pytest.raises(NetworkError):
                projection.tau = Uniform(-2, -1)
        for name in ("gain", "w"):
            setattr(projection, name, Uniform(0, 1))
        drawn.append([getattr(projection, name).tolist() for name in ("gain", "w")])

    assert drawn[0] == drawn[1]
