"""Words of the language that act when a network runs, each in both targets."""

import numpy as np
import pytest

from snnlab import (
    AllToAll,
    Constant,
    Network,
    NetworkError,
    Neuron,
    OneToOne,
    Synapse,
    add_function,
)
from snnlab.model import registry

pytestmark = pytest.mark.parametrize("target", ["c", "numpy"])
HELD = Neuron(equations="r = r", name="Held")


def clock(*steps):
    """A neuron that spikes in these steps of 1 ms."""
    condition = " or ".join(f"n == {step + 1}" for step in steps) or "n < 0"
    return Neuron(equations="n += 1 : init = 0\nx = g_exc", spike=condition, name="Clock")


def joined(target, synapse, pre_steps, post_steps, **options):
    """One synapse between two neurons that spike when told."""
    net = Network(dt=1.0, seed=1, target=target)
    pre, post = net.add(1, clock(*pre_steps)), net.add(1, clock(*post_steps), name="post")
    return net, net.connect(pre, post, "exc", OneToOne(), synapse=synapse, **options)


def traced(target, neuron, variable, n_steps):
    net = Network(dt=1.0, seed=1, target=target)
    net.record(net.add(1, neuron, name="P"), [variable])
    net.simulate(n_steps)
    return net.traces["P"][variable][:, 0].tolist()


def test_bounds_of_a_neuron_hold_after_equations_and_not_in_the_reset(target):
    neuron = Neuron(
        equations="v += 2 : init = 0, min = -1, max = 5",
        spike="v > 4",
        reset="v = -7",
        name="Bounded",
    )

    # 6 becomes 5 and spikes; -7 stays until the next equation, whose -5 becomes -1.
    assert traced(target, neuron, "v", 6) == [2, 4, -7, -1, 1, 3]


def test_bounds_of_a_synapse_hold_after_every_event(target):
    synapse = Synapse(
        equations="w = w : min = 0, max = 1",
        pre_spike="g_target += w\nw += 0.4",
        post_spike="w -= 3",
        name="Bounded",
    )
    net, projection = joined(target, synapse, [0, 1, 2], [8], weight=0.5)
    seen = []

    for _ in range(10):
        net.step()
        seen.append(round(float(projection.w[0]), 12))

    assert seen == [0.5, 0.9, 1, 1, 1, 1, 1, 1, 0, 0]


def test_bounds_may_be_flags_of_an_event(target):
    synapse = Synapse(pre_spike="g_target += w\nw += 0.4 : max = 0.7", name="Flagged")
    net, projection = joined(target, synapse, [0, 1], [], weight=0.2)

    net.simulate(2)
    first = projection.w[0]
    net.simulate(2)

    assert first == pytest.approx(0.6)
    assert projection.w[0] == pytest.approx(0.7)


@pytest.mark.parametrize("delay", [1, 4])
def test_unless_post_leaves_out_a_pair_that_spiked_at_once(target, delay):
    synapse = Synapse(
        equations="n = n : init = 0", pre_spike="g_target += w\nn += 1 : unless_post", name="Pairs"
    )
    net, projection = joined(target, synapse, [2, 10, 20], [10, 19], delay=delay)

    net.simulate(30)

    assert projection.n.tolist() == [2]  # those of steps 2 and 20


def test_spike_times_of_both_neurons_are_known_to_the_synapse(target):
    synapse = Synapse(
        equations="a = a : init = 0\nb = b : init = 0",
        pre_spike="g_target += w\na = t - t_post",
        post_spike="b = t - t_pre",
        name="Nearest",
    )
    net, projection = joined(target, synapse, [5, 30], [12], delay=3.0)

    net.simulate(40)

    # The spike of 30 ms arrives at 33 ms; the neurons' own times are those of emission.
    assert projection.a.tolist() == [33 - 12]
    assert projection.b.tolist() == [12 - 5]


def test_named_events_have_their_own_resets_in_the_order_of_the_text(target):
    neuron = Neuron.from_cell(
        """
        v = v + 1   : init = 0
        bursts = bursts : init = 0
        rests = rests   : init = 0
        spike: v > 5
        reset: v = 0
        event burst: v == 3
        reset burst:
            bursts += 1
            v = 4
        event rest: v < 1
        reset rest: rests += 10
        """,
        "Events",
    )
    net = Network(dt=1.0, seed=1, target=target)
    population = net.add(1, neuron, name="P")
    net.record(population, ["v"])

    net.simulate(10)

    # 3 becomes 4 at a burst; 6 is a spike, and its 0 is at once a rest.
    assert net.traces["P"]["v"][:, 0].tolist() == [1, 2, 4, 5, 0, 1, 2, 4, 5, 0]
    assert net.spikes["P"]["time"].tolist() == [4, 9]
    assert (population.bursts[0], population.rests[0]) == (2, 20)


def test_projection_wide_variable_is_one_value(target):
    synapse = Synapse(
        parameters="tau = 10.0 : projection",
        equations="""
            tau * dk/dt = mean(post.r) - k : projection, exponential, init = 0
            c = c + k
        """,
        psp="w * pre.r",
        name="Homeostatic",
    )
    net = Network(dt=1.0, seed=1, target=target, threads=2)
    pre, post = net.add(3, HELD), net.add(2, Neuron(equations="r = sum(exc)", name="Sum"))
    pre.r = [1.0, 2.0, 3.0]
    projection = net.connect(pre, post, "exc", AllToAll(), weight=0.5, synapse=synapse)

    net.simulate(20)

    k = [3.0 * (1 - np.exp(-n / 10)) for n in range(1, 21)]  # the mean rate is 0.5 * 6
    assert np.ndim(projection.k) == 0
    assert projection.k == pytest.approx(k[-1], rel=1e-12)
    # What is one for all is solved first: each synapse sees the value of its step.
    np.testing.assert_allclose(projection.c, [sum(k)] * 6, rtol=1e-12)


def test_common_functions_and_constants_run_in_a_network(target, monkeypatch):
    monkeypatch.setattr(registry, "_functions", {})
    monkeypatch.setattr(registry, "_constants", {})
    add_function("half(x) = x / 2")
    add_function("logistic(x, k) = 1 / (1 + exp(-half(k) * x))")
    Constant("steepness", 3.0)
    neuron = Neuron(equations="r = logistic(t - 2, steepness)", name="Common")

    assert traced(target, neuron, "r", 4) == pytest.approx(
        [1 / (1 + np.exp(-1.5 * (t - 2))) for t in range(4)], rel=1e-14
    )


def test_functions_of_a_model_are_its_own(target):
    neuron = Neuron(functions="f(x) = x^2 + 1", equations="r = f(t) - f(1)", name="Own")

    assert traced(target, neuron, "r", 4) == [-1, 0, 3, 8]


@pytest.mark.parametrize(
    "choice",
    ["1 if t > 1 else -1", "if t > 1: 1 else: -1", "ite(t > 1, 1, -1)"],
    ids=["Python", "colons", "ite"],
)
def test_conditions_may_be_written_in_three_ways(target, choice):
    assert traced(target, Neuron(equations=f"r = {choice}", name="C"), "r", 4) == [-1, -1, 1, 1]


def test_assignments_may_change_by_a_value(target):
    neuron = Neuron(equations="a += 2 : init = 1\nb *= 3 : init = 1\nc /= 2 : init = 8\nd -= a\n"
                    "r = a + 10 * b + 100 * c + d", name="Steps")  # fmt: skip

    assert traced(target, neuron, "r", 2) == [3 + 30 + 400 - 3, 5 + 90 + 200 - 8]


def test_a_constant_changes_in_the_networks_that_use_it(target):
    factor = Constant("common_factor", 3.0)
    nets = []
    for seed in (1, 2):
        net = Network(dt=1.0, seed=seed, target=target)
        pre = net.add(2, Neuron(equations="r = common_factor"), name="P")
        own = Neuron(parameters="common_factor = 1.0", equations="r = common_factor")
        other = net.add(2, own, name="own")
        synapse = Synapse(psp="w * common_factor * pre.r")
        post = net.add(2, Neuron(equations="r = sum(exc)"), name="Q")
        net.connect(pre, post, "exc", OneToOne(), synapse=synapse, name="S")
        net.simulate(2)
        nets.append((net, pre, post, other))
    pre.common_factor = 7.0

    assert factor.set(5.0) == 5.0
    for net, pre, post, other in nets:
        net.simulate(2)
        assert pre.r.tolist() == [5.0, 5.0]
        assert post.r.tolist() == [25.0, 25.0]
        assert other.r.tolist() == [1.0, 1.0]
        assert [(c.step, c.owner, c.value) for c in net.log][-2:] == [(2, "P", 5.0), (2, "S", 5.0)]
    assert Neuron(equations="r = common_factor").parameters[0].value == 5


def test_a_constant_that_a_network_cannot_take_is_refused_everywhere(target):
    base = Constant("common_base", 4.0)
    net = Network(dt=1.0, seed=1, target=target)
    first = net.add(1, Neuron(equations="r = common_base"), name="P")
    text = "root = sqrt(common_base)"
    net.add(1, Neuron(parameters=text, equations="r = root"), name="Q")

    with pytest.raises(NetworkError) as error:
        base.set(-4.0)

    assert str(error.value) == (
        "Population 'Q': common_base = -4 leaves 'sqrt(common_base)' in the parameter root without "
        "a finite value; give another number."
    )
    assert first.common_base == 4.0
    assert Neuron(equations="r = common_base").parameters[0].value == 4
