"""Delays of single synapses: a spike arrives in step j + D of its synapse."""

import warnings
from typing import Literal

import numpy as np
import pytest

from snnlab.engine import memory
from snnlab.engine.schedule import OffGridWarning
from snnlab.errors import NetworkError
from snnlab.model.neuron import Neuron
from snnlab.model.synapse import Synapse
from snnlab.network.connectors import AllToAll, FixedProbability, FromMatrix
from snnlab.network.distributions import DiscreteUniform, Normal, Uniform
from snnlab.network.network import Network

TARGETS = pytest.mark.parametrize("target", ["c", "numpy"])
EVERY = """
r = r + 1
spike: modulo(r, 7) == 0
"""
COLLECTOR = """
v = v + g_exc
spike: v > 1000000
"""
LIF = """
20 ms * dv/dt = -60 mV - v + g_exc + 14 mV : init = -60 mV
5 ms * dg_exc/dt = -g_exc
spike: v > -50 mV
reset: v = -60 mV
"""
TRACED = """
20 ms * dx/dt = -x : event-driven
20 ms * dy/dt = -y : event-driven
pre_spike:
    g_target += w
    x += 0.05
    w = clip(w - y, 0, 2)
post_spike:
    y += 0.04
    w = clip(w + x, 0, 2)
"""


def pair(n_pre=1, n_post=1, **options):
    net = Network(dt=0.1, seed=1, **options)
    pre = net.add(n_pre, Neuron.from_cell(EVERY, "every7"), name="pre")
    return net, pre, net.add(n_post, Neuron.from_cell(COLLECTOR, "collector"), name="post")


@TARGETS
@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("weight", ["one", "each"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_each_synapse_has_its_own_delay(target, threads, weight, dtype):
    net, pre, post = pair(20, 130, target=target, threads=threads, dtype=dtype)
    delays = np.arange(20 * 130) % 31 + 1
    weights = 0.5 if weight == "one" else np.arange(20 * 130) % 8 / 4
    net.connect(pre, post, "exc", AllToAll(), weight=weights, delay=delays * 0.1)
    net.record(post, "v")

    net.simulate(6)

    expected = np.zeros((60, 130))
    each = np.broadcast_to(weights, 20 * 130).reshape(20, 130)
    for emitted in range(6, 60, 7):
        for (_, j), delay, w in zip(np.ndindex(20, 130), delays, each.ravel(), strict=True):
            if emitted + delay < 60:
                expected[emitted + delay :, j] += w
    np.testing.assert_array_equal(net.traces["post"]["v"], expected)


@TARGETS
def test_delays_beyond_a_byte_arrive_in_time(target):
    net, pre, post = pair(1, 3, target=target)
    projection = net.connect(pre, post, "exc", delay=[0.1, 25.5, 30.0])
    net.record(post, "v")

    net.simulate(31)

    assert projection.delays.dtype == np.uint16
    first = [int(np.argmax(v > 0)) for v in net.traces["post"]["v"].T]
    assert first == [6 + 1, 6 + 255, 6 + 300]


def test_delay_gives_the_values_in_the_order_of_the_synapses():
    net, pre, post = pair(2, 3)

    projection = net.connect(pre[[1, 0]], post, "exc", delay=[1, 2, 3, 4, 5, 6])

    assert projection.sources.tolist() == [0, 0, 0, 1, 1, 1]
    assert projection.targets.tolist() == [0, 1, 2, 0, 1, 2]
    np.testing.assert_allclose(projection.delay, [1, 2, 3, 4, 5, 6])
    assert projection.delays.dtype == np.uint8
    assert repr(projection) == (
        "Projection 'pre[2 neurons]->post exc': static synapses, delay 1 to 6 ms"
    )


def test_equal_delays_are_as_one_delay():
    """The sum runs in the same order: spikes and voltages are equal to the last bit."""
    voltages = []
    for delay in (0.8, np.full(60 * 50, 0.8)):
        net = Network(dt=0.1, seed=4)
        pre = net.add(60, Neuron.from_cell(LIF, "LIF"), name="pre")
        pre.v = Uniform(-60, -50)
        post = net.add(50, Neuron.from_cell(LIF, "LIF"), name="post")
        weight = np.linspace(0.1, 0.7, 60 * 50)
        net.connect(pre, post, "exc", weight=weight, delay=delay)
        net.simulate(100)
        assert len(net.spikes["post"]) > 100
        voltages.append(post.v.copy())

    np.testing.assert_array_equal(voltages[0], voltages[1])


def recurrent(synapse=None, **options):
    net = Network(dt=0.1, seed=4, **options)
    group = net.add(300, Neuron.from_cell(LIF, "LIF"), name="P")
    group.v = Uniform(-60, -50)
    model = None if synapse is None else Synapse.from_cell(synapse, "traced")
    projection = net.connect(
        group,
        group,
        "exc",
        FixedProbability(0.2),
        weight=Uniform(0.0, 0.3),
        delay=Normal(2.0, 1.0, low=0.1, high=6.0),
        synapse=model,
    )
    net.simulate(60)
    return net.spikes["P"], projection.w.copy()


@pytest.mark.parametrize("synapse", [None, TRACED], ids=["static", "plastic"])
def test_spikes_do_not_depend_on_threads_or_target(synapse):
    spikes, weights = recurrent(synapse, threads=1)

    assert len(spikes) > 300
    for options in ({"threads": 2}, {"threads": 3}):
        other_spikes, other_weights = recurrent(synapse, **options)
        assert other_spikes.equals(spikes)
        np.testing.assert_array_equal(other_weights, weights)
    interpreted_spikes, interpreted_weights = recurrent(synapse, target="numpy")
    assert interpreted_spikes.equals(spikes)
    # Absolute: a weight near its bound 0 is the difference of numbers that are larger.
    np.testing.assert_allclose(interpreted_weights, weights, rtol=0, atol=1e-14)


@TARGETS
def test_plastic_synapses_see_a_spike_when_it_arrives(target):
    net, pre, post = pair(1, 4, target=target)
    counting = Synapse.from_cell("n = 0\npre_spike:\n    g_target += w\n    w += 1\n", "counting")
    delays = np.array([1, 3, 9, 20])
    projection = net.connect(pre, post, "exc", delay=delays * 0.1, synapse=counting)

    net.simulate(3)

    emitted = np.arange(6, 30, 7)
    arrived = [(emitted + d < 30).sum() for d in delays]
    assert projection.w.tolist() == [1 + n for n in arrived]
    assert post.v.tolist() == [n * (n + 1) / 2 for n in arrived]


def test_drawn_delays_follow_their_distribution_and_the_seed():
    net, pre, post = pair(100, 100)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        projection = net.connect(pre, post, "exc", delay=Uniform(1.0, 3.0))
        delays = projection.delays
    again = pair(100, 100)
    repeated = again[0].connect(*again[1:], "exc", delay=Uniform(1.0, 3.0))

    assert delays.min() == 10
    assert delays.max() == 30
    # Ends of the range are rounded from half an interval; 21 values.
    expected = np.array([0.5, *[1] * 19, 0.5]) * 10_000 / 20
    counts = np.bincount(delays, minlength=31)[10:]
    assert ((counts - expected) ** 2 / expected).sum() < 55  # chi2(20) beyond p = 4e-5
    np.testing.assert_array_equal(repeated.delays, delays)


def test_whole_milliseconds_can_be_drawn():
    net, pre, post = pair(10, 10)

    projection = net.connect(pre, post, "exc", delay=DiscreteUniform(1, 3))

    assert set(np.rint(projection.delay * 10).tolist()) == {10.0, 20.0, 30.0}


def test_delays_off_the_grid_warn_once():
    net, pre, post = pair(1, 3)
    projection = net.connect(pre, post, "exc", delay=[0.1, 0.26, 0.33])

    with pytest.warns(OffGridWarning) as caught:
        net.simulate(1)

    assert [str(w.message) for w in caught] == [
        "Projection 'pre->post exc': delay: 2 of 3 values are no multiples of dt = 0.1 ms; "
        "the nearest are used, for example 0.3 ms for 0.26 ms."
    ]
    np.testing.assert_allclose(projection.delay, [0.1, 0.3, 0.3])


def test_delays_below_the_time_step_become_one_step():
    net, pre, post = pair(1, 2)
    projection = net.connect(pre, post, "exc", delay=Uniform(0.01, 0.04))

    with pytest.warns(UserWarning, match="shorter than dt") as caught:
        delays = projection.delays

    assert [str(w.message) for w in caught] == [
        "Projection 'pre->post exc': 2 of 2 delays are shorter than dt; 0.1 ms is used for them."
    ]
    assert delays.tolist() == [1, 1]


@pytest.mark.parametrize(
    ("delay", "message"),
    [
        (
            [0.1, -1.0],
            "Projection 'pre->post exc': delay -1 ms of synapse 1 is not possible; "
            "give numbers from 0 on.",
        ),
        (
            [np.inf, 1.0],
            "Projection 'pre->post exc': delay inf ms of synapse 0 is not possible; "
            "give numbers from 0 on.",
        ),
        (
            [np.nan, 1.0],
            "Projection 'pre->post exc': 'delay' cannot be NaN; give a number.",
        ),
        (
            [1.0, 2.0, 3.0],
            "Projection 'pre->post exc': 'delay' has 2 values, one for each synapse, not shape "
            "(3,); give one number or 2. 'pre->post exc' is taken out of the network again.",
        ),
        (
            Normal(-3.0, 0.0),
            "Projection 'pre->post exc': delay -3 ms of synapse 0 is not possible; "
            "give numbers from 0 on. 'pre->post exc' is taken out of the network again.",
        ),
        (
            [1.0, 6553.6],
            "Projection 'pre->post exc': a delay of 6553.6 ms is more than 65535 steps; "
            "give shorter ones, or a longer dt. "
            "'pre->post exc' is taken out of the network again.",
        ),
    ],
    ids=["negative", "infinite", "nan", "wrong number", "drawn below 0", "too long"],
)
def test_impossible_delays_are_refused(delay, message):
    net, pre, post = pair(1, 2)

    with pytest.raises(NetworkError) as error:
        _ = net.connect(pre, post, "exc", delay=delay).delay
    assert str(error.value) == message


COUNT = "r = r + 1 : init = 5\n"


@TARGETS
def test_rates_arrive_after_the_delay_of_their_synapse(target):
    net = Network(dt=1.0, seed=1, target=target)
    pre = net.add(1, Neuron.from_cell(COUNT, "Count"))
    post = net.add(4, Neuron.from_cell("r = sum(exc)", "Copy"), name="post")
    net.connect(pre, post, "exc", delay=[1.0, 2.0, 3.0, 1.0])
    net.record(post, "r")

    net.simulate(5)
    first = net.traces["post"]["r"].T.tolist()
    net.reset()
    net.simulate(2)
    net.simulate(3)

    assert first == [[5, 6, 7, 8, 9], [5, 5, 6, 7, 8], [5, 5, 5, 6, 7], [5, 6, 7, 8, 9]]
    assert net.traces["post"]["r"].T.tolist() == first


WAVES = """
phase = 0.0
r = sin(0.3 * t + phase)
"""


def waves(rng, threads, target: Literal["c", "numpy"] = "c", operation="sum", n_steps=30):
    """A step's input, and what it should be."""
    net = Network(dt=1.0, seed=1, threads=threads, target=target)
    pre = net.add(80, Neuron.from_cell(WAVES, "Waves"))
    pre.phase = rng.uniform(0, 6, 80)
    post = net.add(200, Neuron.from_cell("r = sum(exc)", "Sum"))
    synapse = Synapse(psp="w * pre.r + 0.1", operation=operation)
    delays = rng.integers(1, 9, (80, 200))
    weights = rng.normal(size=(80, 200))
    weights[rng.uniform(size=weights.shape) < 0.5] = np.nan
    net.connect(pre, post, "exc", FromMatrix(weights, delays=delays), synapse=synapse)
    net.simulate(n_steps)
    times = n_steps - 1 - delays
    return post.r, weights * np.sin(0.3 * times + pre.phase[:, np.newaxis]) + 0.1


@TARGETS
@pytest.mark.parametrize("operation", ["sum", "max", "mean"])
def test_delayed_rates_are_reduced_like_those_of_the_matrix(rng, target, operation):
    found, each = waves(rng, 1, target, operation)

    reduced = {"sum": np.nansum, "max": np.nanmax, "mean": np.nanmean}[operation](each, axis=0)
    np.testing.assert_allclose(found, reduced, rtol=0, atol=1e-12)


def test_delayed_rates_do_not_depend_on_the_number_of_threads():
    one, _ = waves(np.random.default_rng(2), 1)

    for threads in (2, 3):
        many, _ = waves(np.random.default_rng(2), threads)
        np.testing.assert_array_equal(many, one)


def test_delayed_rates_under_way_survive_a_new_projection():
    net = Network(dt=1.0, seed=1)
    pre = net.add(1, Neuron.from_cell(COUNT, "Count"))
    post = net.add(2, Neuron.from_cell("r = sum(exc)", "Copy"), name="post")
    net.connect(pre, post, "exc", delay=[1.0, 4.0])
    net.simulate(6)

    net.connect(post, post, "exc", weight=0.0)
    net.simulate(2)

    assert post.r.tolist() == [12, 9]


def test_spikes_under_way_survive_a_new_projection():
    net, pre, post = pair(1, 2)
    net.connect(pre, post, "exc", delay=[1.0, 1.5])
    net.simulate(1.4)  # the spikes of steps 6 and 13 are under way

    other = net.add(1, Neuron.from_cell(COLLECTOR, "collector"), name="other")
    net.connect(pre, other, "exc", delay=3.0)
    net.simulate(1.5)

    assert post.v.tolist() == [2.0, 2.0]


def test_pruned_synapses_take_their_delays_along():
    net, pre, post = pair(2, 3)
    model = Synapse.from_cell("pre_spike:\n    g_target += w\npruning:\n    w < 2.5\n", "pruned")
    projection = net.connect(
        pre, post, "exc", synapse=model, weight=[1, 2, 3, 4, 1, 6], delay=[1, 2, 3, 4, 5, 6]
    )
    projection.start_pruning()

    net.simulate(0.2)

    np.testing.assert_allclose(projection.delay, [3, 4, 6])


def test_synapses_with_delays_of_their_own_are_not_created():
    net, pre, post = pair(2, 3)
    model = Synapse.from_cell("pre_spike:\n    g_target += w\ncreating:\n    w < 2\n", "made")
    projection = net.connect(pre, post, "exc", synapse=model, delay=np.ones(6))

    with pytest.raises(NetworkError) as error:
        projection.start_creating()

    assert str(error.value) == (
        "Projection 'pre->post exc': each synapse has a delay of its own, so a new one would have "
        "none; give net.connect one delay to let synapses be created."
    )


@TARGETS
@pytest.mark.parametrize("first", [1.0, "each"])
def test_changed_weights_reach_synapses_with_delays(target, first):
    net, pre, post = pair(1, 3, target=target)
    weight = np.array([1.0, 2.0, 3.0]) if first == "each" else first
    projection = net.connect(pre, post, "exc", weight=weight, delay=[0.3, 0.1, 0.2])
    net.simulate(1)
    before = post.v.copy()

    projection.w = [10.0, 20.0, 30.0]
    net.simulate(0.7)

    assert before.tolist() == np.broadcast_to(weight, 3).tolist()
    assert (post.v - before).tolist() == [10.0, 20.0, 30.0]


@TARGETS
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_inputs_under_way_follow_from_the_spikes(target, threads):
    """An inbox is no state: emptied at any moment, it is as it was, to the last bit."""

    def run(spoiled):
        net = Network(dt=0.1, seed=4, target=target, threads=threads)
        group = net.add(200, Neuron.from_cell(LIF, "LIF"), name="P")
        group.v = Uniform(-60, -50)
        for name in ("first", "second"):
            rule, weight, delay = FixedProbability(0.2), Uniform(0.0, 0.4), Uniform(0.1, 6.0)
            net.connect(group, group, "exc", rule, weight=weight, delay=delay, name=name)
        net.connect(group, group, "exc", FixedProbability(0.1), weight=0.1, delay=2.0)
        for _ in range(8):
            net.step(25)
            inbox = net._linkage.projection_parts["first"].inbox
            assert inbox is not None
            assert inbox is net._linkage.projection_parts["second"].inbox
            if spoiled:
                inbox.arrays[0][...] = np.nan
                inbox.forget()
        assert len(net.spikes["P"]) > 200
        return net.spikes["P"].to_numpy().tolist(), group.v.tobytes(), group.g_exc.tobytes()

    assert run(spoiled=True) == run(spoiled=False)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("way", ["inbox", "order"])
def test_sums_are_those_of_the_interpreter_to_the_last_bit(monkeypatch, way, dtype):
    if way == "order":
        monkeypatch.setattr(memory, "SMALL_INBOX", 0)

    def run(target, threads):
        net = Network(dt=0.1, seed=4, target=target, threads=threads, dtype=dtype)
        pre = net.add(120, Neuron.from_cell(EVERY, "every7"), name="pre")
        pre.r = np.arange(120) % 7
        post = net.add(150, Neuron.from_cell(COLLECTOR, "collector"), name="post")
        for weight in (Uniform(0, 1), 0.1):
            rule = FixedProbability(0.1)
            net.connect(pre, post, "exc", rule, weight=weight, delay=Uniform(0.1, 6.0))
        net.simulate(15)
        net.simulate(5)
        inboxes = [parts.inbox is None for parts in net._linkage.projection_parts.values()]
        assert inboxes == [way == "order"] * 2
        return post.v.tobytes()

    expected = run("numpy", 1)
    for threads in (1, 2, 3):
        assert run("c", threads) == expected


@TARGETS
@pytest.mark.parametrize("last", [3.0, 30.0], ids=["inbox", "order"])
@pytest.mark.parametrize("weight", [[1.0, 2.0], 2.0], ids=["each", "one"])
def test_a_changed_weight_acts_on_spikes_under_way(target, last, weight):
    net, pre, post = pair(1, 2, target=target)
    projection = net.connect(pre, post, "exc", weight=weight, delay=[0.2, last])
    net.simulate(0.8)  # the spike of step 6 is under way, and those of later steps as well

    projection.w = np.multiply(weight, 10)
    net.simulate(last)

    arrived = [
        sum(e + round(d * 10) < 8 + last * 10 for e in range(6, 400, 7)) for d in (0.2, last)
    ]
    assert post.v.tolist() == (np.array(arrived) * np.broadcast_to(weight, 2) * 10).tolist()


@TARGETS
def test_a_reset_takes_inputs_under_way_back(target):
    net, pre, post = pair(1, 2, target=target)
    net.connect(pre, post, "exc", delay=[0.2, 3.0])
    net.simulate(2)

    net.reset()
    net.simulate(0.7)

    assert post.v.tolist() == [0.0, 0.0]
