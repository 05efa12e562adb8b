"""Rows of synapses: however targets lie in memory, every synapse counts once."""

from typing import Literal

import numpy as np
import pytest

from snnlab.model.neuron import Neuron
from snnlab.model.synapse import Synapse
from snnlab.network.connectors import AllToAll, Connector, FromMatrix, FromPairs
from snnlab.network.network import Network

RATE = "r = 0.0\nx = sum(exc)\n"


def matrix(rng, n_pre, n_post, density):
    weights = rng.normal(size=(n_pre, n_post))
    weights[rng.uniform(size=weights.shape) >= density] = np.nan
    return weights


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("density", [1.0, 0.3])
def test_summed_input_is_the_dense_product(rng, density, threads):
    weights, rates = matrix(rng, 70, 150, density), rng.normal(size=70)
    net = Network(dt=1.0, seed=1, threads=threads)
    model = Neuron.from_cell(RATE, "rate")
    pre, post = net.add(70, model), net.add(150, model)
    pre.r = rates
    net.connect(pre, post, "exc", FromMatrix(weights))

    net.step()

    expected = rates @ np.nan_to_num(weights)
    np.testing.assert_allclose(post.x, expected, rtol=0, atol=1e-12)
    assert np.abs(expected).max() > 1


@pytest.mark.parametrize("operation", ["max", "min", "mean", "sum"])
@pytest.mark.parametrize("density", [1.0, 0.2])
def test_psp_of_each_operation_is_that_of_the_matrix(rng, operation, density):
    weights, rates = matrix(rng, 60, 70, density), rng.normal(size=60)
    net = Network(dt=1.0, seed=1)
    model = Neuron.from_cell(RATE, "rate")
    pre, post = net.add(60, model), net.add(70, model)
    pre.r = rates
    synapse = Synapse(psp="w * pre.r - 0.5 * post.r", operation=operation)
    net.connect(pre, post, "exc", FromMatrix(weights), synapse=synapse)
    post.r = 2 * rng.uniform(size=70)

    net.step()

    reduced = {"max": np.nanmax, "min": np.nanmin, "mean": np.nanmean, "sum": np.nansum}
    each = weights * rates[:, np.newaxis] - 0.5 * post.r
    np.testing.assert_allclose(post.x, reduced[operation](each, axis=0), rtol=0, atol=1e-12)


def test_two_synapses_between_a_pair_add_up():
    """A row with a target twice is as long as one without gaps."""
    net = Network(dt=1.0, seed=1)
    model = Neuron.from_cell(RATE, "rate")
    pre, post = net.add(2, model), net.add(8, model)
    pre.r = [1.0, 10.0]
    pairs = FromPairs([0, 0, 0, 0, 1, 1, 1], [1, 1, 3, 4, 4, 5, 6], weights=[1, 2, 3, 4, 5, 6, 7])
    net.connect(pre, post, "exc", pairs)

    net.step()

    assert post.x.tolist() == [0, 3, 0, 3, 54, 60, 70, 0]


HEBB = """
tau = 10
tau * dw/dt = pre.r * exp(-w) - w : explicit
psp: w * pre.r
"""


def learn(rng, connector: Connector, threads: int, target: Literal["c", "numpy"] = "c"):
    net = Network(dt=1.0, seed=1, threads=threads, target=target)
    model = Neuron.from_cell("x = sum(exc)\nr = 2 + sin(0.1 * t) + tanh(x)\n", "rate")
    pre, post = net.add(200, model), net.add(300, model)
    synapse = Synapse.from_cell(HEBB, "hebb")
    projection = net.connect(pre, post, "exc", connector, weight=0.2, synapse=synapse)
    net.simulate(20)
    return projection.w, post.r


@pytest.mark.parametrize("density", [1.0, 0.4])
def test_learnt_weights_do_not_depend_on_the_number_of_threads(rng, density):
    connector = FromMatrix(np.abs(matrix(rng, 200, 300, density)))

    weights, rates = learn(rng, connector, 1)

    assert np.ptp(weights) > 0.001
    for threads in (2, 3, 5):
        same_weights, same_rates = learn(rng, connector, threads)
        np.testing.assert_array_equal(same_weights, weights)
        np.testing.assert_array_equal(same_rates, rates)


def test_learnt_weights_are_those_of_numpy(rng):
    connector = FromMatrix(np.abs(matrix(rng, 200, 300, 0.4)))

    compiled, _ = learn(rng, connector, 1, "c")
    numpy, _ = learn(rng, connector, 1, "numpy")

    np.testing.assert_allclose(compiled, numpy, rtol=1e-13)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("density", [1.0, 0.5])
def test_post_spikes_reach_every_synapse_of_their_neuron(rng, density, threads):
    net = Network(dt=1.0, seed=1, threads=threads)
    model = Neuron.from_cell("v = 0.0\nn = n + 1\nx = g_exc\nspike: n == 1\n", "once")
    pre, post = net.add(90, model), net.add(150, model)
    pre.v, post.v = np.arange(90.0), np.arange(150.0)
    post.n = np.where(np.arange(150) % 3 == 0, 0, 5)
    text = "post_spike: w = w + 1000 * pre.v + post.v"
    rule = Synapse.from_cell(text, "mark")
    connector = FromMatrix(matrix(rng, 90, 150, density)) if density < 1 else AllToAll()
    projection = net.connect(pre, post, "exc", connector, synapse=rule)
    before = projection.w.copy()

    net.step()

    spiked = projection.targets % 3 == 0
    change = np.where(spiked, 1000.0 * projection.sources + projection.targets, 0)
    np.testing.assert_allclose(projection.w, before + change, rtol=1e-15)


@pytest.mark.parametrize("density", [1.0, 0.3])
def test_gap_junction_currents_sum_to_zero(rng, density):
    """What one neuron loses the other gains, where both sides conduct alike."""
    n = 90
    upper = np.triu(rng.uniform(0.1, 1, (n, n)), 1)
    upper[rng.uniform(size=upper.shape) >= density] = 0
    weights = upper + upper.T
    net = Network(dt=0.1, seed=1)
    text = "dv/dt = 0 : init = 0, explicit\nx = g_gap\nspike: v > 1000\n"
    group = net.add(n, Neuron.from_cell(text, "coupled"))
    group.v = rng.uniform(-70, -50, n)
    synapse = Synapse(psp="w * (pre.v - post.v)", name="gap")
    given = weights if density == 1 else np.where(weights > 0, weights, np.nan)
    net.connect(group, group, "gap", FromMatrix(given), synapse=synapse)

    net.step()

    expected = weights.T @ group.v - weights.sum(axis=0) * group.v
    np.testing.assert_allclose(group.x, expected, rtol=0, atol=1e-10)
    assert abs(group.x.sum()) <= 1e-10 < np.abs(group.x).max()
