"""What a run leaves behind: spikes, traces, and their times."""

import numpy as np
import pandas as pd
import pytest
from models import LIF

from snnlab.errors import NetworkError
from snnlab.model.neuron import Neuron
from snnlab.network.network import Network
from snnlab.recording.results import SpikeRecord, TraceRecord
from snnlab.recording.streams import SpikeStream, TraceStream

COUNT = """
gain = 2
total = total + 1 : population
v = v + 1 : init = 10
n = n + 1 : int
u = gain*v
spike: v > 14
reset: v = 0
"""


def counting(n=5, threads=1):
    net = Network(dt=0.1, seed=1, threads=threads)
    return net, net.add(n, Neuron.from_cell(COUNT, "count"), name="C")


def test_trace_holds_the_values_at_the_end_of_each_step():
    net, group = counting()
    group.v = [10, 11, 12, 13, 14]
    net.record(group, ["v", "u"])

    net.simulate(0.3)

    traces = net.traces["C"]
    assert list(traces) == ["v", "u"]
    assert traces["v"].tolist() == [[11, 12, 13, 14, 0], [12, 13, 14, 0, 1], [13, 14, 0, 1, 2]]
    assert traces["u"][0].tolist() == [22, 24, 26, 28, 30]
    np.testing.assert_allclose(traces.times, [0.1, 0.2, 0.3])


def test_spikes_are_a_table_by_time_then_neuron():
    net, group = counting()
    group.v = [10, 12, 11, 12, 13]

    net.simulate(0.5)

    frame = net.spikes["C"]
    expected = {"time": [0.1, 0.2, 0.2, 0.3, 0.4], "neuron": [4, 1, 3, 2, 0]}
    assert isinstance(frame, pd.DataFrame)
    assert frame["neuron"].tolist() == expected["neuron"]
    np.testing.assert_allclose(frame["time"], expected["time"])


@pytest.mark.parametrize("threads", [1, 3])
def test_neurons_of_many_threads_stay_in_order(threads):
    net, group = counting(500, threads)
    group.v = np.arange(500) % 15
    net.record(group, ["v"])

    net.simulate(1.5)

    steps = np.arange(1, 16)[:, np.newaxis]
    np.testing.assert_array_equal(net.traces["C"]["v"], (np.arange(500) % 15 + steps) % 15)
    frame = net.spikes["C"]
    assert len(frame) == 500
    order = np.lexsort((frame["neuron"], frame["time"]))
    np.testing.assert_array_equal(order, np.arange(500))


@pytest.mark.parametrize(
    ("options", "columns", "neurons"),
    [
        ({"neurons": [3, 1]}, [1, 3], [1, 3]),
        ({"neurons": range(2)}, [0, 1], [0, 1]),
        ({}, [0, 1, 2, 3, 4], [0, 1, 2, 3, 4]),
    ],
    ids=["list", "range", "all"],
)
def test_chosen_neurons_are_recorded(options, columns, neurons):
    net, group = counting()
    group.v = [0, 1, 2, 3, 4]

    net.record(group, "v", **options)
    net.step()

    assert net.traces["C"].neurons("v").tolist() == neurons
    assert net.traces["C"]["v"].tolist() == [[1 + c for c in columns]]


def test_view_records_its_own_neurons():
    net, group = counting()
    group.v = [0, 1, 2, 3, 4]

    net.record(group[[4, 2]], "v")
    net.step()

    assert net.traces["C"].neurons("v").tolist() == [2, 4]
    assert net.traces["C"]["v"].tolist() == [[3, 5]]


@pytest.mark.parametrize("pieces", [[7.0], [0.1] * 70, [0.3, 2.6, 4.1]], ids=["one", "70", "3"])
def test_samples_keep_their_rhythm_over_runs(pieces):
    net, group = counting(1)
    net.record(group, "n", every=0.5)

    for piece in pieces:
        net.simulate(piece)

    # The first sample is that of the next step, then every fifth.
    assert net.traces["C"]["n"][:, 0].tolist() == list(range(1, 71, 5))
    np.testing.assert_allclose(net.traces["C"].times, 0.1 * np.arange(1, 71, 5))


def test_recording_may_begin_later():
    net, group = counting(1)
    net.record(group, "n")
    net.simulate(0.2)

    net.record(group, "v")
    net.simulate(0.2)

    traces = net.traces["C"]
    assert traces["n"][:, 0].tolist() == [1, 2, 3, 4]
    assert traces["v"][:, 0].tolist() == [13, 14]
    np.testing.assert_allclose(traces.times_of("v"), [0.3, 0.4])


def test_recording_anew_begins_an_empty_trace():
    net, group = counting(1)
    net.record(group, "n")
    net.simulate(0.5)

    net.record(group, "n")
    net.simulate(0.2)

    assert net.traces["C"]["n"][:, 0].tolist() == [6, 7]


def test_population_wide_variable_is_one_column():
    net, group = counting(200)
    net.record(group, "total")

    net.simulate(0.3)

    assert net.traces["C"]["total"].tolist() == [[1], [2], [3]]


def test_no_spikes_are_an_empty_table():
    net = Network(dt=0.1, seed=1)
    net.add(2, Neuron.from_cell(LIF, "LIF"), name="quiet").I = 0.0

    net.simulate(5)

    frame = net.spikes["quiet"]
    assert list(frame.columns) == ["time", "neuron"]
    assert len(frame) == 0


def test_reset_clears_what_was_recorded():
    net, group = counting(1)
    net.record(group, "v")
    net.simulate(1)

    net.reset()

    assert len(net.spikes["C"]) == 0
    assert net.traces["C"]["v"].shape == (0, 1)
    assert net.time == 0.0


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (
            lambda net, group: net.record(group, "voltage"),
            "Population 'C': 'voltage' is no variable of neuron 'count'; "
            "choose from total, v, n, u.",
        ),
        (
            lambda net, group: net.record(group, "totla"),
            "Population 'C': 'totla' is no variable of neuron 'count'; did you mean 'total'?",
        ),
        (
            lambda net, group: net.record(group, "gain"),
            "Population 'C': 'gain' is a parameter, which no equation changes; record total, v, n, "
            "u, or add an equation such as 'now = gain'.",
        ),
        (
            lambda net, group: net.record(group, "v", neurons=[0, 9]),
            "Population 'C': neurons [0, 9] lie outside its 5 neurons; use indices below 5.",
        ),
        (
            lambda net, group: net.traces["C"]["u"],
            "Traces of 'C': 'u' was not recorded (v was); "
            "call net.record(..., ['u']) before the run.",
        ),
        (
            lambda net, group: net.spikes["D"],
            "Network: no population 'D'; it has C.",
        ),
    ],
    ids=["unknown", "near", "parameter", "neuron", "not recorded", "no population"],
)
def test_mistake_is_one_sentence(action, expected):
    net, group = counting()
    net.record(group, "v")

    with pytest.raises((NetworkError, KeyError)) as error:
        action(net, group)

    assert error.value.args == (expected,)


# Records and streams by themselves: steps, indices and arrays.


def test_spike_record_drops_the_oldest_beyond_its_limit():
    record = SpikeRecord(dt=0.5, limit=5)

    for first in range(0, 8, 2):
        record.append(first, np.array([1, 1]), np.array([first, first + 1], np.int32))

    assert (len(record), record.n_dropped) == (4, 4)
    assert record.frame().to_dict("list") == {
        "time": [2.0, 2.5, 3.0, 3.5],
        "neuron": [4, 5, 6, 7],
    }


def test_trace_record_joins_its_chunks():
    record = TraceRecord(np.array([3], np.int32), dt=0.5)

    record.append(np.array([0, 2]), np.array([[1.0], [2.0]]))
    record.append(np.array([], np.int64), np.zeros((0, 1)))
    record.append(np.array([4]), np.array([[3.0]]))

    assert record.samples.tolist() == [[1.0], [2.0], [3.0]]
    assert record.times.tolist() == [0.5, 1.5, 2.5]


def test_stream_is_taken_once():
    stream = SpikeStream(lambda: None)
    stream.put(np.array([1, 2]), np.array([7, 8], np.int32))
    stream.put(np.array([3]), np.array([9], np.int32))

    steps, neurons = stream.take()

    assert (steps.tolist(), neurons.tolist()) == ([1, 2, 3], [7, 8, 9])
    assert [len(part) for part in stream.take()] == [0, 0]


def test_stream_is_taken_until_a_step_and_the_rest_later():
    stream = SpikeStream(lambda: None)
    stream.put(np.array([1, 2]), np.array([7, 8], np.int32))
    stream.put(np.array([3, 5, 5]), np.array([9, 1, 2], np.int32))

    taken = [stream.take(end) for end in (4, 5, None)]

    assert [steps.tolist() for steps, _ in taken] == [[1, 2, 3], [], [5, 5]]
    assert [neurons.tolist() for _, neurons in taken] == [[7, 8, 9], [], [1, 2]]


def test_stream_forgets_what_came_after_the_time_that_was_gone_back_to():
    stream = TraceStream(np.array([0], np.int32), lambda: None, limit=6)
    stream.put(np.arange(3), np.zeros((3, 1)))
    stream.put(np.arange(3, 6), np.zeros((3, 1)))

    stream.cut(2)
    stream.put(np.arange(2, 6), np.ones((4, 1)))  # there is room for six

    steps, values = stream.take()
    assert steps.tolist() == [0, 1, 2, 3, 4, 5]
    assert values[:, 0].tolist() == [0, 0, 1, 1, 1, 1]


def test_stream_that_nobody_takes_stays_bounded():
    stream = TraceStream(np.array([0, 1], np.int32), lambda: None, limit=100)

    for step in range(1000):
        stream.put(np.array([step]), np.full((1, 2), float(step)))

    steps, values = stream.take()
    assert steps.tolist() == list(range(950, 1000))
    np.testing.assert_array_equal(values, steps[:, np.newaxis] * [1.0, 1.0])


def test_closing_a_stream_tells_its_source():
    closed = []

    SpikeStream(lambda: closed.append(True)).close()

    assert closed == [True]


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_memory_that_is_used_again_is_nobodys(threads):
    """Samples in someone's hands stay what they are while others are recorded and forgotten."""
    net = Network(dt=0.1, seed=1, threads=threads)
    group = net.add(200, Neuron.from_cell("v = v + 1\nspike: v > 1e9", "Counting"), name="P")
    whole = net.record(group, "v", keep=1.0, name="whole")
    gaps = net.record(group, "v", keep=1.0, neurons=[0, 3, 4, 199], name="gaps")
    held = []

    for _ in range(40):
        net.simulate(2.0)
        held.append((net.time, whole["v"], gaps["v"]))

    for now, one, other in held:
        expected = np.rint(now / 0.1) - np.arange(10)[::-1]
        np.testing.assert_array_equal(one, np.tile(expected[:, np.newaxis], (1, 200)))
        np.testing.assert_array_equal(other, one[:, :4])
