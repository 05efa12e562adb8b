"""When spikes arrive: in step j + D, whatever else is connected."""

from typing import Literal

import numpy as np
import pytest

from snnlab.engine.schedule import OffGridWarning
from snnlab.errors import NetworkError
from snnlab.model.neuron import Neuron
from snnlab.network.connectors import AllToAll, FixedProbability, OneToOne
from snnlab.network.network import Network

COUNTER = """
r = r + 1
spike: modulo(r, {period}) == {phase}
"""
COLLECTOR = """
v = v + g_exc
spike: v > 1000000
"""


def source(net, period=7, phase=0, n=1, name="source"):
    text = COUNTER.format(period=period, phase=phase)
    return net.add(n, Neuron.from_cell(text, f"every{period}"), name=name)


def collector(net, n=1, name="target"):
    return net.add(n, Neuron.from_cell(COLLECTOR, "collector"), name=name)


def arrivals(net, group):
    """Steps in which something arrived, of the whole run."""
    return np.flatnonzero(np.diff(net.traces[group.name]["v"][:, 0], prepend=0.0)).tolist()


@pytest.mark.parametrize("delay", [1, 2, 3, 6, 7, 8, 13, 14, 15, 40])
def test_spike_of_step_j_arrives_in_step_j_plus_d(delay):
    net = Network(dt=0.1, seed=1)
    group = collector(net)
    net.connect(source(net), group, "exc", weight=1.0, delay=0.1 * delay)
    net.record(group, "v")

    net.simulate(20)

    emitted = np.rint(net.spikes["source"]["time"] / 0.1).astype(int)
    assert emitted.tolist() == list(range(6, 200, 7))
    assert arrivals(net, group) == [j + delay for j in emitted if j + delay < 200]


@pytest.mark.parametrize("delay", [3e8, 1e300])
def test_a_delay_of_more_steps_than_are_counted_is_refused(delay):
    net = Network(dt=0.1, seed=1)

    with pytest.raises(NetworkError) as error:
        net.connect(source(net), collector(net), "exc", delay=delay)

    assert str(error.value) == (
        f"Projection 'source->target exc': delay = {delay!r} ms is beyond 2147000000 steps; give a "
        f"shorter one."
    )


def test_only_who_sends_with_a_long_delay_keeps_spikes_for_long():
    net = Network(dt=0.1, seed=1)
    first, second, third = (collector(net, name=name) for name in "abc")
    net.connect(first, second, "exc", delay=100)
    net.connect(second, third, "exc", delay=1)

    net.build()

    rings = [len(net._linkage.parts[name].spikes.neuron) for name in "abc"]
    assert rings == [1001, 11, 2]


def test_arrival_does_not_depend_on_other_delays():
    net = Network(dt=0.1, seed=1)
    sender = source(net)
    delays = [1, 2, 5, 9, 30]
    groups = [collector(net, name=f"after {d}") for d in delays]
    for delay, group in zip(delays, groups, strict=True):
        net.connect(sender, group, "exc", delay=0.1 * delay)
        net.record(group, "v")

    net.simulate(20)

    for delay, group in zip(delays, groups, strict=True):
        assert arrivals(net, group) == list(range(6 + delay, 200, 7))


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_each_neuron_of_a_burst_arrives_in_time(threads):
    """Spike lists hold a whole population at once, across the wrap of their ring."""
    n = 300
    net = Network(dt=0.1, seed=1, threads=threads)
    sender, group = source(net, period=3, n=n), collector(net, n)
    net.connect(sender, group, "exc", OneToOne(), weight=np.arange(1.0, n + 1), delay=0.4)
    net.record(group, "v")

    net.simulate(5)

    bursts = np.zeros(50)
    bursts[[j + 4 for j in range(2, 46, 3)]] = 1
    expected = np.cumsum(bursts)[:, np.newaxis] * np.arange(1.0, n + 1)
    np.testing.assert_array_equal(net.traces["target"]["v"], expected)


def test_spikes_under_way_survive_a_new_projection():
    net = Network(dt=0.1, seed=1)
    sender, group = source(net, period=20), collector(net)
    net.connect(sender, group, "exc", delay=1.0)
    net.record(group, "v")
    net.simulate(2.2)  # the spike of step 19 is under way

    other = collector(net, name="other")
    net.connect(sender, other, "exc", delay=3.0)
    net.simulate(2)

    assert arrivals(net, group) == [29]


def test_without_a_delay_a_spike_takes_one_step():
    net = Network(dt=0.1, seed=1)
    sender, group = source(net), collector(net)

    projection = net.connect(sender, group, "exc")
    net.record(group, "v")
    net.simulate(1)

    assert projection.delay == pytest.approx(0.1)
    assert arrivals(net, group) == [7]


def test_delay_off_the_grid_warns():
    net = Network(dt=0.1, seed=1)
    sender, group = source(net), collector(net)

    with pytest.warns(OffGridWarning) as caught:
        projection = net.connect(sender, group, "exc", delay=0.26)

    assert [str(w.message) for w in caught] == [
        "Projection 'source->target exc': delay: 0.26 ms is no multiple of dt = 0.1 ms; "
        "0.3 ms is used."
    ]
    assert projection.delay == pytest.approx(0.3)


def test_two_projections_add_up():
    net = Network(dt=0.1, seed=1)
    first, second = source(net, phase=1), source(net, phase=1, name="second")
    group = collector(net)
    net.connect(first, group, "exc", weight=2.0, delay=0.5)
    net.connect(second, group, "exc", weight=3.0, delay=0.5)

    net.simulate(0.6)

    assert group.v[0] == 5.0


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("weight", ["one", "each"])
def test_wide_and_narrow_targets_receive_the_same(
    dtype: Literal["float64", "float32"], weight: str
):
    """Above 65,536 post neurons a target takes 32 bits instead of 16."""
    received = []
    for n_post in (65_536, 65_537):
        net = Network(dt=0.1, seed=1, dtype=dtype)
        sender, group = source(net, period=2, n=20), collector(net, n_post)
        rule = FixedProbability(0.02)
        projection = net.connect(sender, group[:65_536], "exc", rule, weight=0.25)
        if weight == "each":
            projection.w = np.arange(projection.size) / 1024
        net.simulate(0.6)
        received.append(group.v[:65_536].copy())

    assert received[0].sum() > 1000
    np.testing.assert_array_equal(received[0], received[1])


def test_default_connector_is_all_to_all():
    net = Network(dt=0.1, seed=1)
    sender, group = source(net, n=4), collector(net, 5)

    projection = net.connect(sender, group, "exc")

    assert projection.connector == AllToAll()
    assert projection.size == 20
