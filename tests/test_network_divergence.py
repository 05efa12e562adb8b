"""A value that ceases to be finite: the run ends in the very step in which it does."""

import numpy as np
import pytest

from snnlab import FixedProbability, Network, Neuron, Synapse, Uniform
from snnlab.errors import DivergenceError
from snnlab.network import divergence

LATE = Neuron(
    "due = 1000000000",
    "n = n + 1\nv = sqrt(1 - 2*(n > due))",
    spike="v > -1",
    name="Late",
)
TICKING = Neuron("period = 5", "n = (n + 1) * (n < period)", spike="n >= period", name="Ticking")
COUNTING = Synapse(
    "limit = 7", pre_spike="k += 1\nw = sqrt(1 - 2*(k > limit))", equations="k = k", name="Counting"
)
REMEDY = "take a smaller dt than 0.1 ms, or look for a division by zero in its equations."


def message(net, duration=1000.0):
    with pytest.raises(DivergenceError) as error:
        net.simulate(duration)
    return str(error.value)


def late(due=4567, **options):
    net = Network(dt=0.1, seed=1, **options)
    group = net.add(40, LATE, name="L")
    group.due = np.where(np.arange(40) == 31, due, 10**9)
    return net, group


@pytest.mark.parametrize("options", [{"threads": 1}, {"threads": 2}, {"target": "numpy"}], ids=str)
def test_run_ends_in_the_step_in_which_a_value_becomes_not_a_number(options):
    net, group = late(**options)
    recording = net.record(group, ["n"], every=0.5, neurons=[3])

    said = message(net)

    assert said == f"Population 'L': v of neuron 31 is not a number at t = 456.8 ms; {REMEDY}"
    assert net.step_index == 4568
    assert group.n[0] == 4568
    assert np.flatnonzero(np.isnan(group.v)).tolist() == [31]
    spikes = net.spikes["L"]
    assert len(spikes) == 40 * 4568 - 1
    assert spikes["time"].max() == pytest.approx(456.7)
    np.testing.assert_allclose(recording.times("n"), 0.1 * np.arange(1, 4569, 5))
    np.testing.assert_array_equal(recording["n"][:, 0], np.arange(1, 4569, 5))


def test_step_is_found_after_changes_between_steps():
    net, group = late(due=10**9)
    net.simulate(30)
    group.due[7] = 325.0

    assert message(net) == (
        f"Population 'L': v of neuron 7 is not a number at t = 32.6 ms; {REMEDY}"
    )
    assert net.step_index == 326


def test_run_that_goes_on_records_in_its_rhythm():
    net, group = late(due=123)
    recording = net.record(group, ["n"], every=0.5, neurons=[0])
    message(net)

    group.v, group.due = 0.0, 10**9
    net.simulate(2.6)

    np.testing.assert_allclose(recording.times("n"), 0.1 * np.arange(1, 151, 5))
    np.testing.assert_array_equal(recording["n"][:, 0], np.arange(1, 151, 5))


def plastic(**options):
    """Spikes in every sixth step; at its eighth one a weight becomes NaN."""
    net = Network(dt=0.1, seed=1, **options)
    source = net.add(30, TICKING, name="S")
    source.period = np.where(np.arange(30) == 21, 5, 10**9)
    sink = net.add(20, Neuron(equations="x = 0*g_exc", spike="x > 1", name="Sink"), name="T")
    synapses = net.connect(source, sink, "exc", synapse=COUNTING, name="P")
    net.record(source, "spikes")
    return net, synapses


@pytest.mark.parametrize("target", ["c", "numpy"])
def test_weight_that_becomes_not_a_number_is_named_with_its_neurons(target):
    net, synapses = plastic(target=target)

    said = message(net)

    step = int(net.step_index)
    assert said == (
        f"Projection 'P': w of synapse 420 (21 -> 0) is not a number "
        f"at t = {step * 0.1:.12g} ms; {REMEDY}"
    )
    assert np.isnan(synapses.w).sum() == 20
    assert net.spikes["S"]["time"].max() == pytest.approx((step - 2) * 0.1)
    assert len(net.spikes["S"]) == 8


def test_weight_is_traced_to_an_earlier_slice(monkeypatch):
    expected, _ = plastic()
    said = message(expected)
    monkeypatch.setattr(divergence, "SYNAPTIC_VALUES", 7)
    monkeypatch.setattr(divergence, "_bad_neuron", lambda populations: None)
    net, synapses = plastic()
    net._simulator._adapt = lambda n_steps, seconds: setattr(net._simulator, "_slice_steps", 9)
    population = net.populations["S"]
    streams = [net.stream_spikes(population), net.stream_traces(population, "n", neurons=[0])]

    assert message(net) == said
    assert net.step_index == expected.step_index
    spikes, samples = (stream.take()[0].tolist() for stream in streams)
    assert len(spikes) == len(net.spikes["S"])
    assert samples == list(range(net.step_index))
    assert np.isnan(synapses.w).sum() == 20
    assert net.spikes["S"].equals(expected.spikes["S"])


def test_state_that_is_not_copied_is_found_at_the_latest(monkeypatch):
    monkeypatch.setattr(divergence, "LARGEST_COPY", 0)
    net, _ = late()
    net._simulator._adapt = lambda n_steps, seconds: setattr(net._simulator, "_slice_steps", 100)

    assert message(net) == (
        f"Population 'L': v of neuron 31 is not a number at t = 460.1 ms at the latest; {REMEDY}"
    )
    assert net.step_index == 4601


def test_one_value_of_a_population_has_no_neuron():
    net = Network(dt=0.1, seed=1)
    neuron = Neuron(
        equations="y = y * 1e10 : population, init = 1\nx = 0*y", spike="x > 1", name="G"
    )
    net.add(3, neuron, name="G")

    assert message(net) == f"Population 'G': y is infinite at t = 3.1 ms; {REMEDY}"


def test_copies_are_few_where_a_run_goes_on_undisturbed(monkeypatch):
    taken = []
    real = divergence.Watch._take
    monkeypatch.setattr(
        divergence.Watch, "_take", lambda self, step: (taken.append(step), real(self, step))
    )
    monkeypatch.setattr(divergence, "RENEWAL", np.inf)
    net, _ = late(due=10**9)

    net.simulate(300)

    assert taken == [1]


def delayed(due, **options):
    """Random input, and spikes with delays of their own under way."""
    neuron = Neuron(
        "tau = 10\ndue = 1000000000",
        "tau*dv/dt = -v + g_exc\ng_exc = 0.9*g_exc\nn = n + 1\nx = sqrt(1 - 2*(n > due))",
        spike="v > 1",
        reset="v = 0",
        name="Leaky",
    )
    net = Network(dt=0.1, seed=3, **options)
    group = net.add(60, neuron, name="N")
    group.due = due
    rule = FixedProbability(0.2)
    net.connect(group, group, "exc", rule, weight=Uniform(0.1, 0.5), delay=Uniform(0.1, 4.0))
    net.drive(group, "exc", rate=300.0, n=10, weight=0.8)
    return net, group


@pytest.mark.parametrize("options", [{"threads": 1}, {"threads": 2}, {"target": "numpy"}], ids=str)
def test_steps_that_are_run_again_are_the_same(options):
    net, group = delayed(1500, **options)
    expected, other = delayed(10**9, **options)

    said = message(net)
    expected.simulate(net.step_index * 0.1)

    assert said == f"Population 'N': x of neuron 0 is not a number at t = 150.1 ms; {REMEDY}"
    assert len(net.spikes["N"]) > 100
    assert net.spikes["N"].equals(expected.spikes["N"])
    np.testing.assert_array_equal(group.v, other.v)
    np.testing.assert_array_equal(group.g_exc, other.g_exc)
