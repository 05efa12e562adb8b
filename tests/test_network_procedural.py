"""Synapses that are not stored: the same network, spike for spike, without their memory."""

import numpy as np
import pytest

from snnlab.errors import NetworkError
from snnlab.model.neuron import Neuron
from snnlab.model.synapse import Synapse
from snnlab.network.connectors import (
    AllToAll,
    FixedInDegree,
    FixedOutDegree,
    FixedProbability,
    FixedTotal,
    FromPairs,
    OneToOne,
)
from snnlab.network.distributions import LogNormal, Normal, Uniform
from snnlab.network.network import Network
from snnlab.network.population import Values

LEAKY = Neuron.from_cell(
    """
tau = 20
tau * dv/dt = 1.2 - v + 0.3 * g_exc : init = Uniform(0, 1)
5 * dg_exc/dt = -g_exc
spike: v > 1
reset: v = 0
refractory: 2 ms
""",
    "leaky",
)
RULES = [
    AllToAll(),
    AllToAll(self_connections=True),
    OneToOne(),
    FixedProbability(0.05),
    FixedProbability(0.7),
    FixedOutDegree(20),
    FixedOutDegree(200, multapses=True),
    FixedOutDegree(180),
    FixedTotal(3000),
    FixedTotal(3000, multapses=True),
]


def recurrent(rule, weight: Values = 0.1, *, procedural, views=None, delay=1.5, **options):
    net = Network(dt=0.1, seed=7, **options)
    group = net.add(200, LEAKY, name="E")
    pre, post = (group, group) if views is None else (group[views[0]], group[views[1]])
    projection = net.connect(
        pre, post, "exc", rule, weight=weight, delay=delay, procedural=procedural
    )
    return net, projection


def spikes(net, duration=60.0):
    net.simulate(duration)
    return net.spikes["E"], net.populations["E"].v.copy()


def assert_same(one, other):
    assert one[0].equals(other[0])
    assert len(one[0]) > 100
    np.testing.assert_array_equal(one[1], other[1])


@pytest.mark.parametrize("rule", RULES, ids=str)
@pytest.mark.parametrize("weight", [0.1, Normal(0.1, 0.02)], ids=["one", "drawn"])
def test_spikes_are_those_of_stored_synapses(rule, weight):
    stored, _ = recurrent(rule, weight, procedural=False, threads=1)
    expected = spikes(stored)

    for threads in (1, 2, 3):
        net, _ = recurrent(rule, weight, procedural=True, threads=threads)
        assert_same(spikes(net), expected)


@pytest.mark.parametrize("rule", [AllToAll(), FixedProbability(0.1), FixedOutDegree(20)], ids=str)
@pytest.mark.parametrize("weight", [0.1, LogNormal(-2.3, 0.2)], ids=["one", "drawn"])
def test_numpy_makes_the_same_synapses(rule, weight):
    net, _ = recurrent(rule, weight, procedural=True, target="numpy")
    stored, _ = recurrent(rule, weight, procedural=False, target="numpy")

    assert_same(spikes(net, 25.0), spikes(stored, 25.0))


@pytest.mark.parametrize(
    "views",
    [
        (slice(20, 90), slice(50, 180)),
        (slice(None), slice(0, 64)),
        ([1, 5, 6, 130, 199], slice(None)),
        (slice(None, None, 2), [3, 9, 70, 71, 72, 150]),
    ],
)
@pytest.mark.parametrize("rule", [AllToAll(), FixedProbability(0.5), FixedOutDegree(3)], ids=str)
def test_views_are_connected_alike(views, rule):
    one, stored = recurrent(rule, Uniform(0, 3), procedural=False, views=views)
    other, projection = recurrent(rule, Uniform(0, 3), procedural=True, views=views, threads=2)

    np.testing.assert_array_equal(projection.sources, stored.sources)
    np.testing.assert_array_equal(projection.targets, stored.targets)
    np.testing.assert_array_equal(projection.w, stored.w)
    assert projection.size == len(projection) == stored.size
    assert_same(spikes(other), spikes(one))


def test_float32_rounds_as_stored_synapses_do():
    rule, weight = FixedProbability(0.2), Normal(0.1, 0.02)
    one, stored = recurrent(rule, weight, procedural=False, dtype="float32")
    other, projection = recurrent(rule, weight, procedural=True, dtype="float32")

    assert projection.w.dtype == np.float32
    np.testing.assert_array_equal(projection.w, stored.w)
    assert_same(spikes(other), spikes(one))


def test_several_projections_add_in_the_order_in_which_they_were_made():
    def both(procedural):
        net, _ = recurrent(FixedProbability(0.1), 0.1, procedural=procedural)
        group = net.populations["E"]
        net.connect(group, group, "exc", FixedTotal(2000), weight=0.07, delay=0.3)
        net.connect(group, group, "exc", AllToAll(), weight=1e-3, procedural=procedural)
        return spikes(net)

    assert_same(both(True), both(False))


def test_weights_can_be_changed():
    changes = [0.3, Uniform(0.0, 0.2), Normal(0.1, 0.05), 0.05]
    results = []
    for procedural in (False, True):
        net, projection = recurrent(FixedProbability(0.1), Normal(0.1, 0.02), procedural=procedural)
        states = []
        for weight in changes:
            net.simulate(20.0)
            projection.w = weight
            states.append(np.array(projection.w))
        results.append((states, spikes(net)))

    for one, other in zip(results[0][0], results[1][0], strict=True):
        np.testing.assert_array_equal(one, other)
    assert_same(results[0][1], results[1][1])


def test_slider_changes_the_one_weight():
    net, projection = recurrent(AllToAll(), 0.1, procedural=True)
    handle = next(h for h in net.handles() if h.owner == projection.name)

    handle.set(0.25)

    assert projection.weight == 0.25
    assert projection.w[:3].tolist() == [0.25] * 3


def test_nothing_is_stored_of_ten_billion_synapses():
    net = Network(dt=0.1, seed=1)
    once = net.add(100_000, Neuron.from_cell("v = 0\nspike: t < 0.05", "once"), name="once")
    total = net.add(100_000, Neuron.from_cell("v = v + g_exc\nspike: v > 1e9", "total"))
    every = net.connect(once[:50], total, "exc", AllToAll(), procedural=True)
    net.connect(once[7:9], total, "exc", FixedProbability(0.5), weight=0.01, procedural=True)
    net.connect(total, total, "exc", AllToAll(), procedural=True)

    net.simulate(0.3)

    assert every.size == 50 * 100_000
    assert set(np.round(total.v, 2).tolist()) == {50.0, 50.01, 50.02}


def test_schedule_says_that_synapses_are_made_anew():
    net, projection = recurrent(AllToAll(), procedural=True)

    phase = next(p for p in net.schedule.phases if p.kind == "generate")

    assert phase.owner == projection.name
    assert phase.what == "spikes of 1.5 ms ago reach g_exc by synapses made anew"


STDP = Synapse.from_cell("pre_spike:\n    g_target += w\n    w = w * 0.9", "worn")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"connector": FixedInDegree(5)},
            "FixedInDegree makes the synapses of all neurons together, so they have to be stored; "
            "take FixedProbability, FixedOutDegree, FixedTotal, AllToAll or OneToOne, ",
        ),
        (
            {"connector": FromPairs([0], [1])},
            "FromPairs makes the synapses of all neurons together, so they have to be stored; "
            "take FixedProbability, FixedOutDegree, FixedTotal, AllToAll or OneToOne, ",
        ),
        (
            {"synapse": STDP},
            "its synapses do more than add a weight at each spike, so they have to be stored; "
            "take synapses without a model from spiking neurons, ",
        ),
        (
            {"delay": Uniform(1.0, 2.0)},
            "synapses with delays of their own have to be stored; give one delay, ",
        ),
        (
            {"weight": [1.0] * 16},
            "procedural synapses are not stored, and neither can a weight of each be; "
            "give one number or a distribution, ",
        ),
        (
            {"pre": [2, 1]},
            "procedural synapses connect neurons in ascending order; "
            "sort the indices of the views, ",
        ),
    ],
)
def test_what_has_to_be_stored_is_refused(options, message):
    net = Network(dt=0.1, seed=1)
    group = net.add(4, LEAKY, name="E")
    pre = group[options.pop("pre")] if "pre" in options else group

    with pytest.raises(NetworkError) as error:
        net.connect(pre, group, "exc", name="P", procedural=True, **options)

    assert str(error.value) == f"Projection 'P': {message}or leave out procedural=True."
    assert not net.projections


def test_array_of_weights_is_refused_later_too():
    _, projection = recurrent(AllToAll(), procedural=True)

    with pytest.raises(NetworkError) as error:
        projection.w = np.ones(projection.size)

    assert str(error.value) == (
        "Projection 'E->E exc': procedural synapses are not stored, and neither can a weight of "
        "each be; give one number or a distribution, or leave out procedural=True."
    )


def test_limits_out_of_reach_are_refused_before_the_run():
    net, _ = recurrent(OneToOne(), Normal(0, 1, 50, 60), procedural=True)

    with pytest.raises(NetworkError) as error:
        net.build()

    assert str(error.value) == (
        "Normal(mu=0, sigma=1, low=50, high=60): after 1000 attempts some values still lie "
        "outside [50, 60]; widen the range. 'E->E exc' is taken out of the network again."
    )
