"""One seed, one result: whatever the threads, the slices, or the order of things."""

import hashlib

import numpy as np
import pytest
from models import STDP

from snnlab.model.neuron import Neuron
from snnlab.model.synapse import Synapse
from snnlab.network.connectors import FixedProbability
from snnlab.network.distributions import Uniform
from snnlab.network.network import Network

COBA = """
tau_m = 20 ms
tau_e = 5 ms
tau_i = 10 ms
E_L = -60 mV
E_e = 0 mV
E_i = -80 mV
I = 20 mV
tau_m * dv/dt = E_L - v + g_exc*(E_e - v) + g_inh*(E_i - v) + I : init = E_L
tau_e * dg_exc/dt = -g_exc
tau_i * dg_inh/dt = -g_inh
spike: v > -50 mV
reset: v = E_L
refractory: 5 ms
"""
NOISY = COBA.replace("+ I :", "+ I*Uniform(0.5, 1.5) :")


def coba(n=4000, text=COBA, seed=1, plastic=False, **options):
    """The network of Vogels & Abbott (2005) with conductances, at any size."""
    net = Network(dt=0.1, seed=seed, **options)
    model = Neuron.from_cell(text, "COBA")
    exc, inh = net.add(n * 4 // 5, model, name="E"), net.add(n // 5, model, name="I")
    exc.v = Uniform(-60, -50)
    inh.v = Uniform(-60, -50)
    rule = FixedProbability(0.02 * 4000 / n)
    net.connect(exc, [exc, inh], "exc", rule, weight=0.6)
    net.connect(inh, [exc, inh], "inh", rule, weight=6.7)
    if plastic:
        synapse = Synapse.from_cell(STDP, "STDP")
        net.connect(exc, inh, "exc", rule, weight=Uniform(0, 1), synapse=synapse, name="plastic")
    return net


def spikes(net):
    """Every spike of every population, as bytes that can be compared."""
    frames = [net.spikes[name] for name in net.populations]
    assert all(len(frame) > 50 for frame in frames)
    return hashlib.sha256(b"".join(f.to_numpy().tobytes() for f in frames)).hexdigest()


def state(net):
    """Every variable of every neuron, as bytes that can be compared."""
    parts = [getattr(p, x).tobytes() for p in net.populations.values() for x in p.state.variables]
    return hashlib.sha256(b"".join(parts)).hexdigest()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_threads_do_not_change_a_spike(dtype):
    nets = {threads: coba(dtype=dtype, threads=threads) for threads in (1, 2, 3, 8)}

    for net in nets.values():
        net.simulate(100)

    assert len({spikes(net) for net in nets.values()}) == 1
    assert len({state(net) for net in nets.values()}) == 1


CELL = """
20 ms * dv/dt = 30 - v + g_exc + g_inh
5 ms * dg_exc/dt = -g_exc
5 ms * dg_inh/dt = -g_inh
spike: v > 20
reset: v = 0
axon_spike: v > 19
"""
GAIN = "gain = mean(v) + 1 : population"  # of all neurons, so that other phases wait for it
READERS = {
    "input of the pre neuron": ("pre_spike:\n    g_target += w * pre.g_exc", CELL),
    "value of the post population": ("pre_spike:\n    g_target += w * post.gain", GAIN + CELL),
    "pre neuron, at an axonal spike": ("pre_axon_spike:\n    g_target += w * pre.v", CELL),
    "input of the pre neuron, always": ("psp: w * pre.g_exc", CELL),
}


@pytest.mark.parametrize(("synapse", "cell"), READERS.values(), ids=READERS.keys())
def test_threads_do_not_change_what_synapses_read_of_neurons(synapse, cell):
    found = []
    for threads in (1, 2, 8):
        net = Network(dt=0.1, seed=3, threads=threads)
        cells = net.add(1600, Neuron.from_cell(cell, "Cell"), name="E")
        cells.v = Uniform(0, 20)
        rule, reader = FixedProbability(0.1), Synapse.from_cell(synapse, "Reader")
        net.connect(cells, cells, "exc", rule, weight=0.01)
        net.connect(cells, cells, "inh", rule, synapse=reader, weight=-1e-4)
        net.simulate(20)
        assert cells.g_inh.max() < 0
        found.append(state(net))

    assert len(set(found)) == 1


@pytest.mark.parametrize("target", ["c", "numpy"])
def test_synapses_read_inputs_of_pre_neurons_as_the_last_step_left_them(target):
    net = Network(dt=1.0, target=target)
    pre = net.add(1, Neuron.from_cell("v = g_exc\n10 ms * dg_exc/dt = -g_exc\nspike: v < 0", "A"))
    post = net.add(2, Neuron.from_cell("r = sum(exc)", "B"))
    net.drive(pre, "exc", rate=1e6, weight=1.0)  # a thousand spikes a step
    for neuron in range(2):  # before and after the drive was added
        reader = Synapse.from_cell("psp: w * pre.g_exc", "Reader")
        net.connect(pre, post[neuron : neuron + 1], "exc", synapse=reader)
    pre.g_exc = 5.0
    net.record(pre, "g_exc")
    net.record(post, "r")

    net.simulate(3)

    expected = np.append(5.0, net.traces[pre.name]["g_exc"][:-1, 0])
    np.testing.assert_array_equal(net.traces[post.name]["r"], np.stack([expected] * 2, axis=1))


@pytest.mark.parametrize("target", ["c", "numpy"])
def test_equations_of_synapses_read_inputs_of_pre_neurons_as_they_are(target):
    net = Network(dt=1.0, seed=1, target=target)
    pre = net.add(1, Neuron.from_cell("r = sum(exc)", "A"))
    post = net.add(1, Neuron.from_cell("r = sum(exc)", "B"))
    net.drive(pre, "exc", rate=1e6, weight=1.0)
    last = Synapse.from_cell("u = pre.sum(exc)\npsp: w * pre.sum(exc)", "Reader")
    projection = net.connect(pre, post, "exc", synapse=last)
    net.record(pre, "r")
    net.record(post, "r")
    net.record(projection, "u")

    net.simulate(4)

    inputs = net.traces[pre.name]["r"][:, 0].tolist()
    assert len(set(inputs)) == 4
    assert net.traces[projection.name]["u"][:, 0].tolist() == inputs
    assert net.traces[post.name]["r"][:, 0].tolist() == [0.0, *inputs[:-1]]


def test_a_whole_number_of_numpy_is_a_seed():
    drawn = []
    for seed in (3, np.int64(3)):
        group = Network(seed=seed).add(5, Neuron("a = Uniform(0, 1)", "r = a"))
        drawn.append(group.a.tolist())

    assert drawn[0] == drawn[1]


@pytest.mark.parametrize("threads", [1, 2])
def test_slices_do_not_change_a_spike(threads):
    whole, cut = coba(1000, threads=threads), coba(1000, threads=threads)

    whole.simulate(100)
    for _ in range(10):
        cut.simulate(10)

    assert (whole.step_index, cut.step_index) == (1000, 1000)
    assert spikes(whole) == spikes(cut)
    assert state(whole) == state(cut)


def test_single_steps_do_not_change_a_spike():
    whole, stepped = coba(500), coba(500)

    whole.simulate(50)
    for _ in range(500):
        stepped.step()

    assert spikes(whole) == spikes(stepped)


@pytest.mark.parametrize("threads", [2, 3, 8])
def test_random_draws_and_plastic_weights_do_not_depend_on_threads(threads):
    alone = coba(1000, NOISY, plastic=True, threads=1)
    shared = coba(1000, NOISY, plastic=True, threads=threads)

    alone.simulate(100)
    shared.simulate(100)

    assert spikes(alone) == spikes(shared)
    weights = [net.projections["plastic"].w for net in (alone, shared)]
    assert np.ptp(weights[0]) > 0.5
    np.testing.assert_array_equal(weights[0], weights[1])


def test_another_seed_is_another_network():
    first, second = coba(500, seed=1), coba(500, seed=2)

    first.simulate(50)
    second.simulate(50)

    assert spikes(first) != spikes(second)


def test_without_a_seed_every_network_is_another():
    assert Network().seed != Network().seed


def test_float32_is_another_but_near_network():
    double, single = coba(dtype="float64"), coba(dtype="float32")

    double.simulate(300)
    single.simulate(300)

    counts = [sum(len(net.spikes[name]) for name in "EI") for net in (double, single)]
    assert spikes(double) != spikes(single)
    assert counts[0] == pytest.approx(counts[1], rel=0.15)


def test_time_is_the_number_of_steps_times_dt():
    net = coba(100)

    for _ in range(7):
        net.simulate(0.3)

    assert net.step_index == 21
    assert net.time == 21 * 0.1
