"""Structural plasticity: synapses that are pruned and created while a network runs."""

import numpy as np
import pytest

from snnlab import AllToAll, FixedProbability, Network, NetworkError, Neuron, OneToOne, Synapse

COUNT = Neuron(equations="r += 1", name="Count")
HELD = Neuron(equations="r = r", name="Held")
SUM = Neuron(equations="r = sum(exc)", name="Sum")
AGEING = Synapse(
    parameters="limit = 5.0 : projection",
    equations="age += pre.r : init = 0.0",
    psp="w * pre.r",
    pruning="age > limit",
    name="Ageing",
)
GROWING = Synapse(
    parameters="theta = 1.5 : projection",
    equations="age += 1 : init = 0.0",
    psp="w * pre.r",
    creating="pre.r + post.r > theta : w = 0.25",
    name="Growing",
)


def pairs(projection):
    return set(zip(projection.sources.tolist(), projection.targets.tolist(), strict=True))


@pytest.mark.parametrize("target", ["c", "numpy"])
def test_pruned_synapses_are_gone_and_transmit_no_more(target):
    net = Network(dt=1.0, seed=1, target=target)
    pre, post = net.add(3, HELD), net.add(2, SUM)
    pre.r = [1.0, 0.1, 2.0]
    projection = net.connect(pre, post, "exc", AllToAll(), weight=1.0, synapse=AGEING)
    projection.start_pruning(period=1.0)

    net.simulate(4)

    # Ages are 4 * r: above 5 only for the third neuron.
    assert pairs(projection) == {(0, 0), (0, 1), (1, 0), (1, 1)}
    assert projection.age.tolist() == pytest.approx([4, 4, 0.4, 0.4])
    net.simulate(1)
    assert post.r.tolist() == pytest.approx([1.1, 1.1])
    assert "age" in projection.attributes


@pytest.mark.parametrize("target", ["c", "numpy"])
def test_created_synapses_have_the_weight_of_the_rule(target):
    net = Network(dt=1.0, seed=1, target=target)
    pre, post = net.add(3, HELD), net.add(3, SUM)
    pre.r = [1.0, 0.0, 2.0]
    projection = net.connect(pre, post, "exc", OneToOne(), weight=0.5, synapse=GROWING)
    projection.start_creating(period=2.0)

    net.simulate(2)

    # The post rates are 0.5, 0 and 1, so that pre + post exceeds 1.5 for these three new pairs.
    assert pairs(projection) == {(0, 0), (1, 1), (2, 2), (2, 0), (2, 1), (0, 2)}
    new = projection.sources != projection.targets
    assert projection.w[new].tolist() == [0.25] * 3
    assert projection.w[~new].tolist() == [0.5] * 3
    assert projection.age[new].tolist() == [0.0] * 3
    assert projection.age[~new].tolist() == [2.0] * 3


def test_synapses_are_pruned_with_the_probability_of_the_rule():
    rule = Synapse(psp="w * pre.r", equations="x = 1", pruning="x > 0 : proba = 0.3", name="Lossy")
    net = Network(dt=1.0, seed=3)
    pre, post = net.add(200, HELD), net.add(200, SUM)
    projection = net.connect(pre, post, "exc", AllToAll(), weight=1.0, synapse=rule)
    projection.start_pruning(period=1.0)

    net.simulate(1)

    assert projection.size == pytest.approx(40_000 * 0.7, abs=5 * np.sqrt(40_000 * 0.21))


def test_pruning_goes_on_until_it_is_stopped():
    net = Network(dt=1.0, seed=3)
    pre, post = net.add(20, HELD), net.add(20, SUM)
    pre.r = 1.0
    rule = FixedProbability(0.5)
    projection = net.connect(pre, post, "exc", rule, weight=1.0, synapse=AGEING)
    size = projection.size
    projection.start_pruning()
    projection.stop_pruning()

    net.simulate(10)

    assert projection.size == size


def test_a_projection_without_the_rule_says_so():
    net = Network(dt=1.0, seed=3)
    pre, post = net.add(2, HELD), net.add(2, SUM)
    projection = net.connect(pre, post, "exc", AllToAll(), synapse=AGEING, name="P")

    with pytest.raises(NetworkError) as error:
        projection.start_creating()

    assert str(error.value) == (
        "Projection 'P': its synapses have no 'creating' condition; add one to the synapse model."
    )


def test_spikes_reach_the_synapses_that_are_left():
    clock = Neuron(equations="v += 1 : init = 0", spike="v > 0", name="Clock")
    leaky = Neuron(equations="x = g_exc", spike="x > 1000", name="Leaky")
    rule = Synapse(
        equations="n = n : init = 0",
        pre_spike="g_target += w\nn += 1",
        pruning="n > 2.5",
        name="Thrice",
    )
    net = Network(dt=1.0, seed=1, threads=2)
    pre, post = net.add(2, clock), net.add(2, leaky, name="post")
    projection = net.connect(pre, post, "exc", OneToOne(), weight=1.0, synapse=rule)
    projection.start_pruning()
    net.record(post, ["x"])

    net.simulate(8)

    assert net.traces["post"]["x"][:, 0].tolist() == [0, 1, 1, 1, 0, 0, 0, 0]
    assert projection.size == 0


@pytest.mark.parametrize("target", ["c", "numpy"])
def test_a_created_synapse_has_the_delay_of_the_rule(target):
    clock = Neuron(equations="v = 0", spike="(t > 2.5) and (t < 3.5)", name="Clock")
    leaky = Neuron(equations="x = g_exc", spike="x > 1000", name="Leaky")
    rule = Synapse(pre_spike="g_target += w", creating="t < 0.5 : w = 0.25, d = 3", name="Late")
    net = Network(dt=1.0, seed=1, target=target)
    pre, post = net.add(2, clock), net.add(2, leaky, name="post")
    projection = net.connect(pre, post, "exc", OneToOne(), weight=1.0, synapse=rule)
    projection.start_creating()
    net.record(post, ["x"])

    net.simulate(8)

    assert projection.delay.tolist() == [1.0, 3.0, 3.0, 1.0]
    # The spike of step 3 takes one step through an old synapse and three through a new one.
    assert net.traces["post"]["x"][:, 0].tolist() == [0, 0, 0, 0, 1, 0, 0.25, 0]


def test_a_created_synapse_for_rates_has_the_delay_of_its_rule():
    rule = Synapse(psp="w * pre.r", creating="t < 0.5 : d = 3, w = 10", name="Late")
    net = Network(dt=1.0, seed=1)
    pre, post = net.add(2, COUNT), net.add(2, SUM)
    projection = net.connect(pre, post, "exc", OneToOne(), synapse=rule, name="P")
    projection.start_creating()

    net.simulate(6)

    assert projection.delay.tolist() == [1, 3, 3, 1]
    # r is the number of the step after it: 5 came one step, 3 three steps ago.
    assert post.r.tolist() == [5 + 10 * 3, 5 + 10 * 3]


@pytest.mark.parametrize("start", ["start_pruning", "start_creating"])
@pytest.mark.parametrize(
    ("period", "wrong"),
    [
        (-1.0, "-1.0 ms; give an interval above 0 ms."),
        (float("nan"), "nan ms; give an interval above 0 ms."),
        ("often", "'often'; give an interval above 0 ms."),
        (1e300, "1e+300 ms is beyond 2147000000 steps; give a shorter one."),
    ],
    ids=str,
)
def test_impossible_period_is_refused_and_not_logged(start, period, wrong):
    rule = Synapse(
        equations="x = 1", psp="w * pre.r", pruning="x > 2", creating="pre.r > 2", name="Both"
    )
    net = Network(dt=1.0, seed=3)
    projection = net.connect(net.add(2, HELD), net.add(2, SUM), "exc", synapse=rule, name="P")

    with pytest.raises(NetworkError) as error:
        getattr(projection, start)(period)

    assert str(error.value) == f"Projection 'P': period = {wrong}"
    assert len(net.log) == 0
    net.simulate(2)
