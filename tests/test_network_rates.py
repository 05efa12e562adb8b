"""Rate-coded networks: weighted sums, delays, operations, and population-wide values."""

import numpy as np
import pytest

from snnlab import AllToAll, FixedProbability, Network, Neuron, OneToOne, Synapse, Uniform

COUNTER = Neuron(equations="r += 1 : init=5", name="Counter")
COPY = Neuron(equations="r = sum(exc)", name="Copy")
TARGETS = pytest.mark.parametrize("target", ["c", "numpy"])


@TARGETS
@pytest.mark.parametrize(
    ("delay", "expected"),
    [(1, [5, 6, 7, 8, 9]), (2, [5, 5, 6, 7, 8]), (3, [5, 5, 5, 6, 7])],
    ids=["one step", "two steps", "three steps"],
)
def test_a_delayed_rate_is_the_initial_one_before_it_arrives(target, delay, expected):
    net = Network(dt=1.0, seed=1, target=target)
    pre, post = net.add(1, COUNTER, name="A"), net.add(1, COPY, name="B")
    net.connect(pre, post, "exc", OneToOne(), weight=1.0, delay=delay)
    net.record(post, ["r"])

    net.simulate(5)
    first = net.traces["B"]["r"][:, 0].copy()
    net.reset()
    net.simulate(5)

    assert first.tolist() == expected
    assert net.traces["B"]["r"][:, 0].tolist() == expected


@TARGETS
@pytest.mark.parametrize("threads", [1, 2])
def test_a_weighted_sum_is_the_matrix_product(target, threads):
    net = Network(dt=1.0, seed=5, threads=threads, target=target)
    pre, post = net.add(150, Neuron(equations="r = r", name="Held")), net.add(90, COPY)
    pre.r = Uniform(-1, 1)
    projection = net.connect(pre, post, "exc", FixedProbability(0.3), weight=Uniform(-1, 1))
    matrix = np.zeros((150, 90))
    matrix[projection.sources, projection.targets] = projection.w

    net.simulate(1)

    np.testing.assert_allclose(post.r, pre.r @ matrix, rtol=1e-12, atol=1e-12)


@TARGETS
@pytest.mark.parametrize("operation", ["max", "min", "mean"])
def test_an_operation_reduces_each_projection_and_is_then_added(target, operation):
    net = Network(dt=1.0, seed=5, target=target)
    pre, post = net.add(20, Neuron(equations="r = r", name="Held")), net.add(10, COPY)
    pre.r = Uniform(-1, 1)
    synapse = Synapse(psp="w * pre.r", operation=operation)
    projections = [
        net.connect(pre, post, "exc", FixedProbability(0.4), weight=Uniform(0, 1), synapse=synapse)
        for _ in range(2)
    ]
    expected = np.zeros(10)
    for p in projections:
        for neuron in range(10):
            inputs = (p.w * pre.r[p.sources])[p.targets == neuron]
            if len(inputs):
                expected[neuron] += getattr(np, operation)(inputs)

    net.simulate(1)

    assert expected.std() > 0
    np.testing.assert_allclose(post.r, expected, rtol=1e-12, atol=1e-12)


@TARGETS
def test_a_sum_without_a_target_adds_all_inputs(target):
    net = Network(dt=1.0, seed=5, target=target)
    pre, post = net.add(3, COUNTER), net.add(2, Neuron(equations="r = sum()", name="All"))
    net.connect(pre, post, "exc", AllToAll(), weight=1.0)
    net.connect(pre, post, "other", AllToAll(), weight=-0.5)

    net.simulate(1)

    assert post.r.tolist() == [7.5, 7.5]  # 3 neurons of rate 5, weights 1 and -0.5


@TARGETS
def test_a_neuron_sees_the_population_of_the_step_before(target):
    net = Network(dt=1.0, seed=1, target=target)
    neuron = Neuron(equations="x = t + 1\nm = max(x)\nn = norm2(x)\nr = x", name="Seer")
    population = net.add(4, neuron, name="P")
    net.record(population, ["m", "n"])

    net.simulate(3)

    assert net.traces["P"]["m"][:, 0].tolist() == [0, 1, 2]
    assert net.traces["P"]["n"][:, 0].tolist() == [0, 2, 4]


@TARGETS
def test_a_synapse_sees_the_population_of_this_step(target):
    net = Network(dt=1.0, seed=1, target=target, threads=2)
    pre = net.add(4, Neuron(equations="r = t + 1", name="Clock"))
    post = net.add(3, COPY)
    projection = net.connect(
        pre, post, "exc", synapse=Synapse(equations="y = mean(pre.r)", psp="w * pre.r")
    )

    net.simulate(3)

    assert projection.y.tolist() == [3.0] * 12


@TARGETS
def test_a_postsynaptic_variable_has_one_value_for_each_post_neuron(target):
    tau, dt = 10.0, 1.0
    net = Network(dt=dt, seed=1, target=target, threads=2)
    pre, post = net.add(4, Neuron(equations="r = r", name="Held")), net.add(3, COPY)
    pre.r = 1.0
    synapse = Synapse(
        parameters=f"tau = {tau} : projection",
        equations="tau * dtheta/dt + theta = post.r : postsynaptic, exponential",
        psp="w * pre.r",
    )
    projection = net.connect(pre, post, "exc", synapse=synapse, weight=0.5)

    net.simulate(20)

    expected = 2.0 * (1 - np.exp(-20 * dt / tau))  # the post rate is 4 * 0.5 from the first step
    np.testing.assert_allclose(projection.theta, [expected] * 3, rtol=1e-12)


@TARGETS
def test_a_gap_junction_conserves_current(target):
    cell = "tau = 10 ms\ntau * dv/dt = -v + g_gap\nspike: v > 100"
    net = Network(dt=0.1, seed=2, target=target)
    population = net.add(6, Neuron.from_cell(cell, "Gap"))
    population.v = Uniform(-1, 1)
    net.connect(
        population,
        population,
        "gap",
        AllToAll(),
        weight=0.3,
        synapse=Synapse(psp="w * (pre.v - post.v)"),
    )
    before = population.v.sum()

    net.simulate(0.1)

    # Exchanged currents sum to zero, so that the sum of potentials decays as if uncoupled.
    assert population.v.sum() == pytest.approx(before * np.exp(-0.1 / 10), rel=1e-12)
