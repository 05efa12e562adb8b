"""Synapses that learn: traces, the STDP window, and the order of events in a step."""

from typing import Any

import numpy as np
import pytest
from models import STDP

from snnlab.model.neuron import Neuron
from snnlab.model.synapse import Synapse
from snnlab.network.connectors import AllToAll, OneToOne
from snnlab.network.network import Network

TAU_PLUS, TAU_MINUS = 20.0, 20.0  # ms, of the model
A_PLUS, A_MINUS = 0.01, 0.0105

AT_A_STEP = """
when = -1
r = r + 1
x = g_exc
spike: r == when + 1
"""
WITH_CLOCK = STDP.replace(": event-driven", ": exponential")


def pair_network(pre_steps, post_steps, *, synapse=STDP, weight: Any = 0.5):
    """Synapse k joins a pre neuron and a post neuron that spike once, in the given steps."""
    net = Network(dt=0.1, seed=1)
    model = Neuron.from_cell(AT_A_STEP, "once")
    pre = net.add(len(pre_steps), model, name="pre")
    post = net.add(len(post_steps), model, name="post")
    pre.when, post.when = np.array(pre_steps, float), np.array(post_steps, float)
    rule = Synapse.from_cell(synapse, "STDP")
    return net, net.connect(pre, post, "exc", OneToOne(), weight=weight, synapse=rule)


def window(difference):
    """Change of the weight for a post spike ``difference`` steps of 0.1 ms after an arrival.

    Traces are known at the ends of steps. A spike that arrives at the beginning of a step
    and a post spike of this step are one step apart: pre first.
    """
    if difference >= 0:
        return A_PLUS * np.exp(-(difference + 1) * 0.1 / TAU_PLUS)
    return -A_MINUS * np.exp((difference + 1) * 0.1 / TAU_MINUS)


DIFFERENCES = np.concatenate([np.arange(-100, 101), [-900, -450, 450, 900]])  # steps


@pytest.mark.parametrize("synapse", [STDP, WITH_CLOCK], ids=["event-driven", "clock-driven"])
def test_stdp_window_is_the_closed_form(synapse):
    arrival = 1000
    pre_steps = np.full(len(DIFFERENCES), arrival - 1)  # a delay of one step
    net, projection = pair_network(pre_steps, arrival + DIFFERENCES, synapse=synapse)

    net.simulate(200)

    expected = np.array([window(d) for d in DIFFERENCES])
    assert len(np.unique(projection.w)) > 200
    assert window(0) > 0 > window(-1)
    np.testing.assert_allclose(projection.w - 0.5, expected, rtol=0, atol=1e-10)


def test_pair_of_the_same_emission_step_is_post_first():
    """The pre spike still travels when the post neuron has spiked."""
    net, projection = pair_network([50], [50])

    net.simulate(10)

    assert projection.w[0] == pytest.approx(0.5 + window(-1), abs=1e-12)


def test_weights_stay_within_their_bounds():
    net, projection = pair_network([10, 10], [12, 5], weight=[0.999, 0.001])

    net.simulate(5)

    assert projection.w.tolist() == [1.0, 0.0]


def random_network(synapse, rng):
    net = Network(dt=0.1, seed=1)
    text = "p = 0.01\nx = g_exc\nspike: Uniform(0, 1) < p\n"
    model = Neuron.from_cell(text, "poisson")
    pre, post = net.add(30, model, name="pre"), net.add(200, model, name="post")
    rule = Synapse.from_cell(synapse, "STDP")
    weights = rng.uniform(0.2, 0.8, 30 * 200)
    options = {"weight": weights, "delay": 0.5, "synapse": rule}
    return net, net.connect(pre, post, "exc", AllToAll(), **options)


def test_event_driven_traces_equal_clock_driven_ones(rng):
    weights = rng.bit_generator.state
    event_net, event = random_network(STDP, rng)
    rng.bit_generator.state = weights
    clock_net, clock = random_network(WITH_CLOCK, rng)

    event_net.simulate(300)
    clock_net.simulate(300)

    assert len(event_net.spikes["pre"]) > 500
    assert np.abs(event.w - clock.w).max() <= 1e-9
    assert np.ptp(event.w) > 0.6
    # A trace is kept as of its last event; bring both to the end of the run.
    touched = event.touched
    elapsed = (event_net.step_index - touched) * 0.1
    np.testing.assert_allclose(event.x * np.exp(-elapsed / TAU_PLUS), clock.x, atol=1e-9)
    np.testing.assert_allclose(event.y * np.exp(-elapsed / TAU_MINUS), clock.y, atol=1e-9)


def test_both_targets_learn_the_same(rng):
    seed = rng.bit_generator.state
    weights = []
    for target in ("c", "numpy"):
        rng.bit_generator.state = seed
        net = Network(dt=0.1, seed=1, target=target)
        model = Neuron.from_cell("p = 0.02\nx = g_exc\nspike: Uniform(0, 1) < p\n", "poisson")
        pre, post = net.add(10, model), net.add(20, model)
        given = rng.uniform(0.2, 0.8, 200)
        rule = Synapse.from_cell(STDP, "STDP")
        projection = net.connect(pre, post, "exc", AllToAll(), weight=given, synapse=rule)
        net.simulate(30)
        weights.append(projection.w - given)

    assert np.abs(weights[0]).max() > 0.005
    np.testing.assert_allclose(weights[0], weights[1], atol=1e-12)


def test_conductance_comes_before_other_statements_of_an_event():
    text = "pre_spike:\n    w = w + 1\n    g_target += w\n"
    net, projection = pair_network([0], [1000], synapse=text, weight=5.0)
    net.record(net.populations["post"], "x")

    net.simulate(0.3)

    assert net.traces["post"]["x"][:, 0].tolist() == [0, 5, 0]
    assert projection.w.tolist() == [6.0]


def test_equations_of_synapses_run_every_step():
    text = "tau = 10\ntau*dc/dt = 1 - c\ncount = count + 1\npre_spike: g_target += w*c\n"
    net, projection = pair_network([99], [0], synapse=text, weight=2.0)
    net.record(net.populations["post"], "x")

    net.simulate(20)

    assert projection.count.tolist() == [200]
    assert projection.c[0] == pytest.approx(1 - np.exp(-2), rel=1e-12)
    arrived = net.traces["post"]["x"][:, 0]
    assert np.flatnonzero(arrived).tolist() == [100]
    assert arrived[100] == pytest.approx(2 * (1 - np.exp(-1)), rel=1e-12)


def test_post_spike_sees_this_steps_synapse():
    text = "count = count + 1\nseen = seen : init = 0\npost_spike: seen = count\n"
    net, projection = pair_network([500], [7], synapse=text)

    net.simulate(2)

    # Equations of the synapse run before post_spike in the step of the spike, the eighth.
    assert projection.seen.tolist() == [8]


def test_reset_gives_back_weights_and_traces():
    net, projection = pair_network([10, 30], [20, 20])
    net.simulate(10)
    learnt = projection.w.copy()

    net.reset()
    fresh = projection.w.copy()
    net.simulate(10)

    assert fresh.tolist() == [0.5, 0.5]
    assert np.abs(learnt - 0.5).min() > 0.001
    np.testing.assert_array_equal(projection.w, learnt)


def test_learning_rate_may_change_between_runs():
    net, projection = pair_network([10, 130], [20, 140])

    net.simulate(10)
    projection.A_plus = 0.02
    net.simulate(10)

    first, second = projection.w - 0.5
    assert second == pytest.approx(2 * first, rel=1e-12)
    assert first > 0.005
