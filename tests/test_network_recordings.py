"""Recordings: any subset, synapses, moments of a step, what is kept, pauses."""

import asyncio

import numpy as np
import pytest

from snnlab.engine.schedule import OffGridWarning
from snnlab.errors import NetworkError, SimulationError
from snnlab.model.neuron import Neuron
from snnlab.model.synapse import Synapse
from snnlab.network.connectors import AllToAll, FixedProbability, OneToOne
from snnlab.network.inputs import PoissonInput, SpikeSource
from snnlab.network.network import Network
from snnlab.recording.blocks import PARTS
from snnlab.recording.results import SPARE, SpikeRecord, TraceRecord

TARGETS = pytest.mark.parametrize("target", ["c", "numpy"])
COUNT = """
total = total + 1 : population
v = v + 1 mV : init = 10 mV
u = 2*v
spike: v > 14
reset: v = 0
"""
DECAYING = """
tau = 10 ms
tau * dg_exc/dt = -g_exc
v = g_exc + g_now
spike: v > 1000000
"""
LEARNING = """
eta = 0.5
w = w : min = -1000
total = total + 1 : projection
pre_spike:
    g_target += w
    w += eta
"""


def counting(n=5, **options):
    net = Network(dt=0.1, seed=1, **options)
    return net, net.add(n, Neuron.from_cell(COUNT, "count"), name="C")


def played(net, n_steps):
    """Play until ``n_steps`` have been run, or a few more; the step that was reached."""
    reached = []

    def look():
        if net.step_index >= n_steps:
            net.pause()
            reached.append(net.step_index)

    task = net._every(100, look)
    net.play()
    player = net._simulator._player
    assert player is not None
    player.join(60)
    net._cancel(task)
    assert reached
    return reached[0]


def learning(text=LEARNING, **options):
    net = Network(dt=0.1, seed=1, **options)
    source = net.add(3, SpikeSource([[0.1, 0.3], [0.1], []]), name="S")
    group = net.add(2, Neuron.from_cell(DECAYING, "Decaying"), name="T")
    synapse = Synapse.from_cell(text, "Learning")
    made = net.connect(source, group, "exc", AllToAll(), synapse=synapse, weight=1.0, name="L")
    return net, made


# Which elements ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("neurons", "columns"),
    [
        (slice(1, 4), [1, 2, 3]),
        (slice(None, None, -2), [0, 2, 4]),
        (np.array([True, False, False, True, False]), [0, 3]),
        (np.array([4, 0], np.uint8), [0, 4]),
        ([-1, 0], [0, 4]),
        ([], []),
        (3, [3]),
    ],
    ids=["slice", "backwards", "mask", "array", "from the end", "none", "one"],
)
@TARGETS
def test_neurons_may_be_chosen_in_many_ways(neurons, columns, target):
    net, group = counting(target=target)
    group.v = [0, 1, 2, 3, 4]

    recording = net.record(group, "v", neurons=neurons)
    net.step()

    assert recording.neurons().tolist() == columns
    assert recording["v"].tolist() == [[1 + c for c in columns]]


def test_a_slice_of_a_view_counts_within_the_view():
    net, group = counting(10)
    group.v = np.arange(10)

    recording = net.record(group[4:], "v", neurons=slice(2))
    net.step()

    assert recording.neurons().tolist() == [4, 5]
    assert recording["v"].tolist() == [[5, 6]]


@TARGETS
@pytest.mark.parametrize("threads", [1, 2])
def test_synapses_are_recorded_in_the_order_of_w(target, threads):
    net, made = learning(target=target, threads=threads)
    every = net.record(made, "w")
    some = net.record(made, ["w"], every=0.2, synapses=[5, 0], name="some")

    net.simulate(0.6)

    w = np.ones(6)
    expected = []
    for step in range(6):
        if step == 2:  # the spikes of step 1 arrive
            w[:4] += 0.5
        if step == 4:
            w[:2] += 0.5
        expected.append(w.copy())
    assert every["w"].tolist() == np.array(expected).tolist()
    assert made.w.tolist() == w.tolist()
    assert some["w"].tolist() == [[e[0], e[5]] for e in expected[::2]]
    np.testing.assert_allclose(some.times(), [0.1, 0.3, 0.5])
    assert list(net.traces["L"]) == ["w", "some.w"]


def test_synapses_of_many_threads_are_complete():
    traces = []
    for threads in (1, 4):
        net = Network(dt=0.1, seed=3, threads=threads)
        source = net.add(200, PoissonInput(500.0), name="S")
        group = net.add(300, Neuron.from_cell(DECAYING, "Decaying"), name="T")
        synapse = Synapse.from_cell(LEARNING, "Learning")
        made = net.connect(source, group, "exc", FixedProbability(0.2), synapse=synapse)
        recording = net.record(made, "w", every=0.5, synapses=slice(None, None, 3))
        net.simulate(10)
        traces.append(recording["w"])

    assert traces[0].shape[0] == 20
    assert len(np.unique(traces[0][-1])) > 5
    np.testing.assert_array_equal(*traces)


SHARED = """
w = w : min = -1000
total = total + 1 : projection
seen = seen + post.v : postsynaptic
psp: w * pre.v
"""


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@TARGETS
def test_what_synapses_share_is_recorded(target, dtype):
    net = Network(dt=1.0, seed=1, target=target, dtype=dtype, threads=3)
    pre = net.add(3, Neuron.from_cell("v = 1\nr = v", "One"), name="S")
    post = net.add(2000, Neuron.from_cell("v = t + 0 * sum(exc)\nr = v", "Clock"), name="T")
    synapse = Synapse.from_cell(SHARED, "Shared")
    made = net.connect(pre, post, "exc", AllToAll(), synapse=synapse, name="L")
    every = net.record(made, ["total", "seen"])
    some = net.record(made, "seen", synapses=[1999, 2000 + 1999, 7], name="some", every=2.0)

    net.simulate(3)

    assert every["total"].tolist() == [[1.0], [2.0], [3.0]]
    assert every["seen"].dtype == dtype
    assert every["seen"].shape == (3, 2000)
    assert every["seen"][:, 0].tolist() == every["seen"][:, -1].tolist() == [0.0, 1.0, 3.0]
    assert some.neurons().tolist() == [7, 1999]
    assert some["seen"].tolist() == [[0.0, 0.0], [3.0, 3.0]]


@pytest.mark.parametrize("wrong", [{"variables": ["spikes", "u2"]}, {"to": 3}], ids=str)
def test_refused_recording_leaves_the_spikes_as_they_are_kept(wrong):
    net, group = counting()
    asked: dict = {"variables": "spikes", "keep": 10.0, **wrong}

    with pytest.raises((NetworkError, SimulationError)):
        net.record(group, **asked)

    assert net._recordings.spikes["C"].keep is None


def test_interval_below_the_step_is_told_with_the_step():
    net, group = counting()

    with pytest.warns(OffGridWarning) as caught:
        recording = net.record(group, "v", every=0.04, keep=0.01)

    net.simulate(0.5)
    assert [str(w.message) for w in caught] == [
        "keep: 0.01 ms is shorter than dt = 0.1 ms; 0.1 ms is used.",
        "every: 0.04 ms is shorter than dt = 0.1 ms; 0.1 ms is used.",
    ]
    np.testing.assert_allclose(recording.times(), [0.5])


def test_synapses_that_change_their_number_end_the_run():
    text = LEARNING + "pruning: w > 1.2\n"
    net, made = learning(text)
    net.record(made, "w")
    made.start_pruning()

    with pytest.raises(SimulationError) as error:
        net.simulate(0.5)

    assert str(error.value) == (
        "Projection 'L': it has 2 synapses, and 'w' of 6 was to be recorded; stop that recording "
        "before synapses are created or pruned."
    )


# When in a step ---------------------------------------------------------------------------


@TARGETS
@pytest.mark.parametrize("threads", [1, 2])
def test_moments_see_conductances_before_and_after_the_spikes(target, threads):
    net = Network(dt=0.1, seed=1, target=target, threads=threads)
    source = net.add(100, SpikeSource([[0.1]] * 100), name="S")
    group = net.add(100, Neuron.from_cell(DECAYING, "Decaying"), name="T")
    net.connect(source, group, "exc", OneToOne(), weight=8.0)
    net.connect(source, group, "now", OneToOne(), weight=3.0)
    at = {
        moment: net.record(group, ["g_exc", "g_now"], moment=moment, name=moment)
        for moment in ("start", "arrival", "end")
    }

    net.simulate(0.5)

    decay = np.exp(-0.1 / 10)
    full = np.array([8 * decay**k for k in range(4)])
    for moment, expected in (
        ("start", [0, 0, 0, full[1], full[2]]),
        ("arrival", [0, 0, full[0], full[1], full[2]]),
        ("end", [0, 0, full[1], full[2], full[3]]),
    ):
        recorded = at[moment]["g_exc"]
        np.testing.assert_allclose(recorded, np.tile(expected, (100, 1)).T, rtol=1e-12)
    # A conductance without an equation holds a spike for one step, so only "arrival" sees it.
    assert at["arrival"]["g_now"][:, 0].tolist() == [0, 0, 3, 0, 0]
    assert not at["end"]["g_now"].any()
    np.testing.assert_allclose(at["arrival"].times(), [0, 0.1, 0.2, 0.3, 0.4])
    np.testing.assert_allclose(at["end"].times(), [0.1, 0.2, 0.3, 0.4, 0.5])


@TARGETS
def test_weighted_sums_are_recorded(target):
    net = Network(dt=0.1, seed=1, target=target)
    source = net.add(2, SpikeSource([[0.1], [0.1, 0.2]]), name="S")
    group = net.add(1, Neuron.from_cell("r = 2 * sum(exc)", "Rate"), name="T")
    net.connect(source, group, "exc", AllToAll(), weight=3.0)
    recording = net.record(group, "sum(exc)")

    net.simulate(0.5)

    assert recording["sum(exc)"][:, 0].tolist() == [0, 0, 6, 3, 0]


# How much is kept -------------------------------------------------------------------------


@pytest.mark.parametrize("pieces", [[10.0], [0.1] * 100, [3.3, 6.7]], ids=["one", "100", "two"])
def test_only_the_latest_samples_are_kept(pieces):
    net, group = counting(1)
    recording = net.record(group, ["u", "spikes"], every=0.2, keep=2.0)
    net.record(group, "total")

    for piece in pieces:
        net.simulate(piece)

    np.testing.assert_allclose(recording.times(), np.arange(8.1, 10, 0.2))
    assert recording["u"].shape == (10, 1)
    assert net.traces["C"]["total"].shape == (100, 1)
    # v counts to 14 and begins at 10 in the step after its reset: spikes at 0.4, 1.9, 3.4, ... ms
    np.testing.assert_allclose(recording["spikes"]["time"], [9.4])
    assert net.spikes["C"].equals(recording["spikes"])


def test_memory_of_a_kept_recording_stays_bounded():
    record = TraceRecord(np.arange(10, dtype=np.int32), dt=0.1, keep=100)

    for first in range(0, 100_000, 50):
        record.append(np.arange(first, first + 50), np.zeros((50, 10)))
        if first % 5000 == 0:
            _ = record.samples

    assert sum(values.nbytes for _, values in record._chunks) <= 200 * 10 * 8
    assert record.steps.tolist() == list(range(99_900, 100_000))
    assert record.n_dropped == 99_900


def test_a_kept_spike_record_forgets_while_nothing_spikes():
    record = SpikeRecord(dt=0.1, keep=10)
    record.append(0, np.array([1, 1]), np.array([3, 4], np.int32))
    record.append(2, np.zeros(9, np.int64), np.zeros(0, np.int32))

    first = record.frame()["neuron"].tolist()
    record.append(11, np.zeros(5, np.int64), np.zeros(0, np.int32))

    assert first == [4]
    assert (len(record), record.n_dropped) == (0, 2)


def test_a_network_that_plays_keeps_a_bounded_memory():
    net, group = counting(10)
    net.recording_budget = 0.008
    net.record(group, "v")

    reached = played(net, 20_000)

    trace = net._recordings.traces["C"]["v"]
    assert trace.n_dropped > 0
    assert net._recordings.spikes["C"].n_dropped > 0
    assert trace.steps[-1] == reached - 1
    np.testing.assert_array_equal(np.diff(trace.steps), 1)


def test_play_for_a_time_keeps_no_more_than_play_without_an_end():
    net, group = counting(10)
    net.recording_budget = 0.008
    net.record(group, "v")

    net.play(2000)
    player = net._simulator._player
    assert player is not None
    player.join(60)

    trace = net._recordings.traces["C"]["v"]
    assert trace.nbytes < (1 + SPARE) * 8000
    assert trace.steps[-1] == 19_999


def test_run_that_is_awaited_keeps_everything():
    net, group = counting(10)
    net.recording_budget = 0.008
    recording = net.record(group, "v")

    asyncio.run(net.run(2000))

    assert recording["v"].shape == (20_000, 10)


def test_recordings_share_the_budget_and_rare_ones_are_kept_whole():
    net, group = counting(10)
    net.record(group, "v")
    net.record(group, "u", neurons=[0], every=1000.0)
    net.recording_budget = 0.05

    played(net, 30_000)

    often, rare = net._recordings.traces["C"]["v"], net._recordings.traces["C"]["u"]
    held = sum(record.nbytes for record in net._recordings.records())
    assert (1 - SPARE) * 50_000 < held < (1 + SPARE) * 50_000
    assert often.n_dropped > 0
    assert (rare.n_dropped, rare.steps[:3].tolist()) == (0, [0, 10_000, 20_000])


def test_who_reads_what_is_no_longer_complete_is_told_once():
    net, group = counting(10)
    net.recording_budget = 0.008
    net.record(group, "v")
    played(net, 20_000)

    with pytest.warns(UserWarning, match="are gone") as told:
        _ = net.traces["C"]["v"], net.traces["C"]["v"], net.spikes["C"]

    (message,) = told
    lost = 0.1 * net._recordings.traces["C"]["v"].steps[0]
    assert message.filename == __file__
    assert str(message.message) == (
        f"Network: samples of 'v' of 'C' before {lost:.10g} ms are gone, since a network that "
        f"plays keeps the latest 0.008 MB of its recordings; raise net.recording_budget, or write "
        f"them to a file with net.record(..., to='run.zarr')."
    )


def test_spikes_that_went_are_told_of_again_after_a_reset():
    net, _ = counting(10)
    net.recording_budget = 0.001
    first_step = "before {:.10g} ms are gone, since a network that plays keeps the latest 0.001 MB"
    for _ in range(2):
        played(net, 20_000)
        lost = 0.1 * (net._recordings.spikes["C"].lost_until)
        with pytest.warns(UserWarning, match="are gone") as told:
            first = net.spikes["C"]["time"].iloc[0]
        assert str(told[0].message).startswith(
            f"Network: spikes of 'C' {first_step.format(lost)} of its recordings; "
        )
        assert first >= lost > 0
        net.reset()
        net.simulate(10)
        assert net.spikes["C"]["time"].iloc[0] < 1  # nothing went, and nothing is told


def test_who_goes_back_before_what_went_is_told_nothing_of_the_new_run():
    net, _ = counting(10)
    saved = net.snapshot()
    net.recording_budget = 0.001
    played(net, 20_000)

    net.restore(saved)
    net.simulate(10)

    assert net.spikes["C"]["time"].iloc[0] < 1
    assert net._recordings.spikes["C"].lost_until == 0


@pytest.mark.parametrize("budget", [0, -1, float("nan"), float("inf"), "256", None])
def test_budget_that_is_no_number_of_megabytes_is_refused(budget):
    net, _ = counting()

    with pytest.raises(NetworkError) as error:
        net.recording_budget = budget

    assert str(error.value) == (
        f"Network: recording_budget = {budget!r}; give a number of MB above 0."
    )
    assert net.recording_budget == 256.0


@pytest.mark.parametrize("keep", [None, 15.1])
@pytest.mark.parametrize("at_once", [1, 3, 1000])
def test_latest_spikes_are_read_without_the_others_piece_by_piece(at_once, keep):
    net, group = counting(10)
    if keep is not None:
        net.record(group, "spikes", keep=keep)
    for _ in range(4):
        net.simulate(100)
    whole = net.spikes["C"]
    assert len(whole) > 20

    for most in (0, 1, 7, len(whole) - 1, len(whole), len(whole) + 5):
        pieces = list(net.latest_spikes("C", most, at_once))
        known = whole.tail(most)
        steps = [step for part, _ in pieces for step in part]
        neurons = [neuron for _, part in pieces for neuron in part]
        np.testing.assert_allclose(np.multiply(steps, 0.1), known["time"])
        assert neurons == known["neuron"].tolist()
        assert all(1 <= len(steps) == len(neurons) <= at_once for steps, neurons in pieces)


def test_a_run_with_an_end_keeps_everything():
    net, group = counting(10)
    net.recording_budget = 0.0008
    net.record(group, "v")

    net.simulate(100)
    net.simulate(100)

    assert net.traces["C"]["v"].shape == (2000, 10)


# Pauses -----------------------------------------------------------------------------------


def test_a_recording_pauses_and_goes_on():
    net, group = counting(1)
    recording = net.record(group, ["total", "spikes"])
    other = net.record(group, "total", name="other")
    net.simulate(0.3)
    recording.pause()
    net.simulate(1.0)
    recording.resume()
    net.simulate(0.7)

    kept = [1, 2, 3, *range(14, 21)]
    assert recording["total"][:, 0].tolist() == kept
    np.testing.assert_allclose(recording.times(), 0.1 * np.array(kept))
    np.testing.assert_allclose(recording["spikes"]["time"], [1.9])
    assert other["total"][:, 0].tolist() == list(range(1, 21))


def test_a_cleared_recording_goes_on_and_a_stopped_one_stays():
    net, group = counting(1)
    recording = net.record(group, "total")
    net.simulate(0.3)
    recording.clear()
    net.simulate(0.2)
    recording.stop()
    net.simulate(0.2)

    assert recording["total"][:, 0].tolist() == [4, 5]
    assert net.traces["C"]["total"][:, 0].tolist() == [4, 5]


def test_periods_of_one_variable_stand_side_by_side():
    net, group = counting(2)
    fine = net.record(group, "total")
    coarse = net.record(group, "total", every=1.0, name="coarse")

    net.simulate(3)

    assert fine["total"].shape == (30, 1)
    assert coarse["total"][:, 0].tolist() == [1, 11, 21]
    assert net.traces["C"]["coarse.total"][:, 0].tolist() == [1, 11, 21]


def test_tables_carry_units():
    net, group = counting(2)
    recording = net.record(group, "v", neurons=[1], every=0.5)
    net.simulate(1)

    frame = recording.frame("v")

    assert frame.index.name == "time"
    assert frame.index.tolist() == pytest.approx([0.1, 0.6])
    assert frame.columns.tolist() == [1]
    assert frame.attrs["units"] == {"time": "ms", "values": "mV"}
    assert net.traces["C"].unit("v") == "mV"
    assert net.traces["C"].frame("v").equals(frame)
    assert net.spikes["C"].attrs["units"] == {"time": "ms"}
    assert repr(recording) == "Recording of v of 'C'"


# Mistakes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (
            lambda net, group: net.record(group, "v", neurons=[1.5]),
            "Population 'C': neurons [1.5] are no list of whole numbers; use indices below 5.",
        ),
        (
            lambda net, group: net.record(group, "v", neurons=np.arange(99)),
            "Population 'C': neurons those given lie outside its 5 neurons; use indices below 5.",
        ),
        (
            lambda net, group: net.record(group, "v", neurons=[[1], [2, 3]]),
            "Population 'C': 'neurons' has rows of different lengths; "
            "give a number or an array of numbers.",
        ),
        (
            lambda net, group: net.record(group, "v", neurons=np.ones(4, bool)),
            "Population 'C': the mask of neurons has shape (4,); give one of shape (5,).",
        ),
        (
            lambda net, group: net.record(group, "v", moment="middle"),
            "Network: moment = 'middle'; choose 'start', 'arrival' or 'end' of a step.",
        ),
        (
            lambda net, group: net.record(group, "v", keep=0),
            "Network: keep = 0 ms; give a time above 0 ms.",
        ),
        (
            lambda net, group: net.record(group, "v", synapses=[1]),
            "Network: synapses = ... was given for 'C'; use neurons = ...",
        ),
        (
            lambda net, group: net.record(group, "sum(exc)"),
            "Population 'C': 'sum(exc)' is no variable of neuron 'count'; choose from total, v, u.",
        ),
        (
            lambda net, group: net.record(group, "v")["u"],
            "Recording of v of 'C': it has no traces of 'u'; it holds v.",
        ),
    ],
    ids=["fraction", "many", "ragged", "mask", "moment", "keep", "synapses", "sum", "not recorded"],
)
def test_mistake_is_one_sentence(action, expected):
    net, group = counting()

    with pytest.raises((NetworkError, KeyError)) as error:
        action(net, group)

    assert error.value.args == (expected,)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"variables": "u"}, "'u' is no variable of its synapses; choose from w, total."),
        (
            {"variables": "eta"},
            "'eta' is a parameter, which nothing in the model changes; read projection.eta "
            "instead.",
        ),
        (
            {"variables": "w", "synapses": [6]},
            "synapses [6] lie outside its 6 synapses; use indices below 6.",
        ),
    ],
    ids=["unknown", "parameter", "beyond"],
)
def test_synapses_that_are_not_there_are_refused(options, expected):
    net, made = learning()

    with pytest.raises(NetworkError) as error:
        net.record(made, **options)

    assert str(error.value) == f"Projection 'L': {expected}"


def test_event_driven_variables_have_no_value_in_every_step():
    text = "tau = 10 ms\ntau * dx/dt = -x : event-driven\n" + LEARNING + "    x += 1\n"
    net, made = learning(text)

    with pytest.raises(NetworkError) as error:
        net.record(made, "x")

    assert str(error.value) == (
        "Projection 'L': 'x' is event-driven, so it is computed at spikes only; give its equation "
        "another method, for example ': exponential', to record it."
    )


def test_static_synapses_are_not_recorded():
    net, group = counting()
    target = net.add(2, Neuron.from_cell(DECAYING, "Decaying"), name="T")
    made = net.connect(group, target, "exc", AllToAll(), name="static")

    with pytest.raises(NetworkError) as error:
        net.record(made, "w")

    assert str(error.value) == (
        "Projection 'static': its synapses are static, so nothing of them changes; "
        "read projection.w instead."
    )


@TARGETS
def test_samples_of_a_run_are_joined_whatever_its_slices(target):
    net, population = counting(target=target)
    net.record(population, ["v", "total"], every=0.3)

    net.simulate(20)
    net.step()
    net.simulate(19.9)

    total = net.traces["C"]["total"][:, 0]
    assert total.tolist() == list(range(1, 401, 3))


def test_a_run_is_recorded_without_a_copy():
    net, population = counting()
    net.record(population, ["v"])
    record = net._recordings.traces["C"]["v"]

    net.simulate(50)  # many slices: the first one is a step long

    pieces = [values for _, values in record._chunks]
    assert len(pieces) > 1
    samples = net.traces["C"]["v"]
    assert len(samples) == 500
    assert all(np.shares_memory(samples, piece) for piece in pieces)
    np.testing.assert_array_equal(samples, np.concatenate(pieces))


def test_what_was_read_stays_while_the_run_goes_on():
    net, population = counting()
    net.record(population, ["v"])
    seen = []

    def look():
        samples = net.traces["C"]["v"]
        seen.append((samples, samples.copy()))

    net._every(1, look)
    net.simulate(10)

    assert [len(samples) for samples, _ in seen] == list(range(1, 101))
    assert all(np.array_equal(samples, before) for samples, before in seen)


def test_chunks_that_do_not_lie_side_by_side_are_copied():
    whole = np.arange(12.0).reshape(6, 2)
    record = TraceRecord(np.arange(2, dtype=np.int32), 0.1)
    for step, chunk in enumerate((whole[4:5], whole[0:2], np.full((1, 2), 7.0), whole[2:2])):
        record.append(np.arange(len(chunk)) + 10 * step, chunk)

    assert record.samples.tolist() == [[8, 9], [0, 1], [2, 3], [7, 7]]


def test_what_a_running_network_records_meanwhile_is_not_lost_to_a_reader(monkeypatch):
    record = TraceRecord(np.arange(2, dtype=np.int32), dt=0.1)
    concatenate = np.concatenate

    def append_meanwhile(arrays):
        monkeypatch.setattr(np, "concatenate", concatenate)
        record.append(np.array([2]), np.full((1, 2), 2.0))  # as the engine's thread does
        return concatenate(arrays)

    for step in range(2):
        record.append(np.array([step]), np.full((1, 2), float(step)))
    monkeypatch.setattr(np, "concatenate", append_meanwhile)

    steps, samples = record.steps_and_samples()
    assert steps.tolist() == samples[:, 0].tolist() == [0, 1]
    steps, samples = record.steps_and_samples()
    assert steps.tolist() == samples[:, 0].tolist() == [0, 1, 2]


def memory_of(record):
    """Bytes of all arrays that a record keeps alive, each counted once."""
    whole = {}
    for chunk in record._chunks:
        for array in chunk:
            while isinstance(array.base, np.ndarray):
                array = array.base
            whole[array.ctypes.data] = array.nbytes
    return sum(whole.values())


def test_rare_spikes_take_little_memory_however_long_it_plays():
    record = SpikeRecord(dt=0.1)
    budget = 100_000

    for first in range(0, 10_000_000, 10_000):  # one spike in 10,000 steps
        counts = np.zeros(10_000, np.int64)
        counts[5000] = 1
        record.append(first, counts, np.array([7], np.int32))
        record.trim(budget)

    assert record.n_dropped == 0
    steps, neurons = record.steps_and_neurons()
    assert steps.tolist() == list(range(5000, 10_000_000, 10_000))
    assert set(neurons.tolist()) == {7}
    assert memory_of(record) < 25 * len(record)
    assert len(record._chunks) < 100  # objects of Python take more than a spike


def test_the_budget_of_spikes_counts_all_their_memory():
    record = SpikeRecord(dt=0.1)

    for step in range(1000):
        record.append(step, np.array([1]), np.array([0], np.int32))
        record.trim(2000)

    kept = len(record)
    assert record.nbytes == sum(array.nbytes for chunk in record._chunks for array in chunk) <= 2000
    assert memory_of(record) <= 2000 * (1 + 1 / PARTS)  # with the place for those to come
    assert kept + record.n_dropped == 1000
    assert 100 - 100 / PARTS <= kept <= 100  # each takes 20 bytes, and the oldest go together
    assert record.steps_and_neurons()[0].tolist() == list(range(1000 - kept, 1000))


def test_samples_of_short_slices_become_few_chunks_while_a_network_plays():
    record = TraceRecord(np.arange(2, dtype=np.int32), dt=0.1)
    budget = 240_000  # 10,000 samples and their steps

    for first in range(0, 50_000, 10):
        samples = np.arange(2.0 * first, 2 * first + 20).reshape(-1, 2)
        record.append(np.arange(first, first + 10), samples)
        record.trim(budget)

    assert len(record._chunks) < 100
    assert memory_of(record) < 1.25 * budget
    steps, samples = record.steps_and_samples()
    assert steps.tolist() == list(range(50_000 - len(steps), 50_000))
    assert len(steps) == pytest.approx(10_000, rel=0.125)
    np.testing.assert_array_equal(samples[:, 0], 2 * steps)
    np.testing.assert_array_equal(samples[:, 1], 2 * steps + 1)


def test_what_was_read_is_forgotten_piece_by_piece():
    record = TraceRecord(np.arange(1, dtype=np.int32), dt=0.1)
    budget = 1000 * 16  # 1000 samples and their steps

    for first in range(0, 5000, 10):
        record.append(np.arange(first, first + 10), np.zeros((10, 1)))
        record.trim(budget)
        steps, samples = record.steps_and_samples()  # as one chunk
        assert len(steps) == len(samples)
        assert len(steps) >= min(first + 10, 990)
        assert len(steps) <= 1150

    assert record.steps[-1] == 4999
    assert record.n_dropped + len(record.steps) == 5000
