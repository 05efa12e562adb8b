"""What a beginner types by mistake: one sentence each that says what to type instead."""

from typing import Any, cast

import numpy as np
import pytest

from snnlab.errors import NetworkError, SimulationError
from snnlab.model.neuron import Neuron
from snnlab.network.connectors import AllToAll, FixedProbability, FromFunction
from snnlab.network.correlated import CorrelatedInput
from snnlab.network.inputs import SpikeSource, TimedArray
from snnlab.network.network import Network
from snnlab.recording.store import load_recording

CELL = """
tau = 10 ms
I = 20 mV
tau * dv/dt = I - v + g_exc
g_exc = g_exc
spike: v > 15
"""


def build() -> tuple[Any, Any]:  # mistakes are no types that its methods take
    net = Network(dt=0.1, seed=1)
    group = net.add(10, Neuron.from_cell(CELL, "Cell"), name="E")
    return net, group


def wired():
    net, group = build()
    return net, group, net.connect(group, group, "exc", weight=1.0, name="S")


BEYOND = "beyond 2147000000 steps; give a shorter"
MISTAKES = {
    "list of targets": (
        lambda net, group: Network(target=cast(Any, ["c"])),
        "Network: target = ['c']; choose 'c' or 'numpy'.",
    ),
    "type for dtype": (
        lambda net, group: Network(dtype=cast(Any, float)),
        "Network: dtype = <class 'float'>; choose 'float64' or 'float32'.",
    ),
    "dt set late": (
        lambda net, group: setattr(net, "dt", 0.2),
        "Network: dt = 0.2 cannot be set any more, it is 0.1; "
        "build the network with Network(dt=...).",
    ),
    "seed set late": (
        lambda net, group: setattr(net, "seed", 2),
        "Network: seed = 2 cannot be set any more, it is 1; build the network with "
        "Network(seed=...).",
    ),
    "size as text": (
        lambda net, group: net.add("10", group.neuron),
        "Population 'Cell': size '10' is not possible; give whole numbers from 1 on.",
    ),
    "class of connectors": (
        lambda net, group: net.connect(group, group, "exc", FixedProbability),
        "Projection 'E->E exc': FixedProbability is a class of connectors; "
        "give one with its parameters: FixedProbability(...).",
    ),
    "neuron for a synapse": (
        lambda net, group: net.connect(group, group, "exc", synapse=group.neuron),
        "Projection 'E->E exc': the neuron 'Cell' is no synapse model; define one with %%synapse.",
    ),
    "delay with a unit": (
        lambda net, group: net.connect(group, group, "exc", delay="1 ms"),
        "Projection 'E->E exc': delay = '1 ms'; give a number from 0.1 ms on.",
    ),
    "ragged weights": (
        lambda net, group: net.connect(group, group, "exc", weight=[1, [2, 3]]),
        "Projection 'E->E exc': 'weight' has rows of different lengths; "
        "give a number or an array of numbers.",
    ),
    "no function": (
        lambda net, group: FromFunction(cast(Any, 0.1)),
        "FromFunction: 0.1 is no function; give one of the numbers of pre and post neurons.",
    ),
    "duration with a unit": (
        lambda net, group: net.simulate("100 ms"),
        "Network: cannot simulate '100 ms'; give a duration from 0 ms on.",
    ),
    "endless duration": (
        lambda net, group: net.simulate(1e12),
        f"Network: 1e+12 ms are {BEYOND} duration.",
    ),
    "endless play": (
        lambda net, group: net.play(1e300),
        f"Network: 1e+300 ms are {BEYOND} duration.",
    ),
    "ragged values": (
        lambda net, group: setattr(group, "tau", [[1, 2], [3]]),
        "Population 'E': 'tau' has rows of different lengths; "
        "give a number or an array of numbers.",
    ),
    "population for values": (
        lambda net, group: setattr(group, "v", group),
        "Population 'E': 'v' takes numbers, not Population 'E': 10 neurons 'Cell'; "
        "give one of its variables or parameters, as population.v.",
    ),
    "population for an array": (
        lambda net, group: np.mean(group),
        "Population 'E': it is no array; take one of its attributes (tau, I, v, g_exc).",
    ),
    "name set late": (
        lambda net, group: setattr(group, "name", "X"),
        "Population 'E': 'name' cannot be changed any more; add the neurons anew with net.add.",
    ),
    "delay set late": (
        lambda net, group: setattr(net.connect(group, group, "exc"), "delay", 2.0),
        "Projection 'E->E exc': 'delay' cannot be changed any more; "
        "connect the neurons anew with net.connect.",
    ),
    "nothing recorded": (
        lambda net, group: net.record(group, None),
        "Network: None of 'E' cannot be recorded; name a variable, or several in a list.",
    ),
    "empty list recorded": (
        lambda net, group: net.record(group, []),
        "Network: [] of 'E' cannot be recorded; name a variable, or several in a list.",
    ),
    "number recorded": (
        lambda net, group: net.record(group, ["v", 3]),
        "Network: 3 of 'E' cannot be recorded; give names of variables.",
    ),
    "half a neuron recorded": (
        lambda net, group: net.record(group, "v", neurons=2.5),
        "Population 'E': neurons [2.5] are no list of whole numbers; use indices below 10.",
    ),
    "endless interval": (
        lambda net, group: net.record(group, "v", every=1e300),
        f"Network: every = 1e+300 ms is {BEYOND} one.",
    ),
    "recorded to a number": (
        lambda net, group: net.record(group, "v", to=3),
        "Recording: 3 is no path; give that of a file.",
    ),
    "stored to nothing": (
        lambda net, group: net.store(""),
        "net.store: '' is no path; give that of a file.",
    ),
    "loaded from nothing": (
        lambda net, group: net.load(None),
        "net.load: None is no path; give that of a file.",
    ),
    "saved to a number": (
        lambda net, group: net.save_recordings(3),
        "Recording: 3 is no path; give that of a file.",
    ),
    "recording of nothing": (
        lambda net, group: load_recording(cast(Any, None)),
        "Recording: None is no path; give that of a file.",
    ),
    "variable by number": (
        lambda net, group: net.kick(group, 3, 1.0),
        "Population 'E': '3' is no variable of neuron 'Cell'; choose from v, g_exc.",
    ),
    "half a neuron kicked": (
        lambda net, group: net.kick(group, "v", 1.0, neurons=2.5),
        "Population 'E': neurons [2.5] are no list of whole numbers; use indices below 10.",
    ),
    "ragged times": (
        lambda net, group: net.stimulate(group, "I", [0, [1]], [1]),
        "Population 'E': stimulus of 'I': 'times' has rows of different lengths; "
        "give a number or an array of numbers.",
    ),
    "parameter by number": (
        lambda net, group: net.stimulate(group, 3, [0, 1], [1]),
        "Population 'E': no attribute '3'; it has tau, I, v, g_exc.",
    ),
    "memory for a text": (
        lambda net, group: net.memory("1 s"),
        "Network: net.memory of '1 s'; give a duration from 0 ms on.",
    ),
    "ragged spikes": (
        lambda net, group: SpikeSource([[1, [2]]]),
        "SpikeSource: 'times[0]' has rows of different lengths; "
        "give a number or an array of numbers.",
    ),
    "period with a unit": (
        lambda net, group: TimedArray([1, 2], 1, cast(Any, "5 ms")),
        "TimedArray: period = '5 ms'; give a time above 0 ms.",
    ),
    "start with a unit": (
        lambda net, group: TimedArray.pulse(1, cast(Any, "5 ms")),
        "TimedArray: start = '5 ms'; give a time from 0 ms on.",
    ),
    "ramp of texts": (
        lambda net, group: TimedArray.ramp(cast(Any, "a"), 1, 0, 2),
        "TimedArray: first = 'a'; give a number.",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_is_one_sentence_and_changes_nothing(mistake):
    action, expected = MISTAKES[mistake]
    net, group = build()

    with pytest.raises((NetworkError, SimulationError, AttributeError)) as error:
        action(net, group)

    assert str(error.value) == expected
    assert (net.time, net.dt, net.seed, len(net.log)) == (0.0, 0.1, 1, 0)
    assert group.tau == 10.0


def test_members_that_are_not_there_are_told_with_those_that_are():
    net, _, projection = wired()

    for members, expected in (
        (net.populations, "Network: no population 'X'; it has E."),
        (net.projections, "Network: no projection 'X'; it has S."),
        (net.drives, "Network: no drive 'X'; it has none."),
    ):
        with pytest.raises(KeyError) as error:
            members["X"]
        assert error.value.args == (expected,)
    assert net.projections["S"] is projection


def test_numbers_of_numpy_are_numbers():
    numbers: dict[str, Any] = {"dt": np.float64(0.1), "seed": np.int64(1), "threads": np.int64(1)}
    rate: Any = np.float32(10)
    net: Any = Network(**numbers)
    group = net.add([2, 3], Neuron.from_cell(CELL, "Cell"), name="E")
    net.add(2, CorrelatedInput(rate, np.float64(0.1)))
    net.history.keep(every=np.float32(1))
    net.simulate(np.float32(1))

    assert group.v.shape == (2, 3)
    assert net.time == 1.0


def test_recordings_are_found_by_their_population():
    net, group = build()
    net.record(group, "v")
    net.simulate(5)

    assert net.traces[group]["v"].shape == (50, 10)
    assert net.spikes[group].equals(net.spikes["E"])


def test_neurons_of_a_group_come_one_by_one():
    _, group = build()
    group.v = np.arange(10.0)

    assert [neuron.v.tolist() for neuron in group[7:]] == [[7.0], [8.0], [9.0]]
    assert [neuron.size for neuron in group] == [1] * 10


def test_no_neurons_are_kicked_where_none_are_named():
    net, group = build()

    net.kick(group, "v", 1.0, neurons=[])

    assert group.v.tolist() == [0.0] * 10


def test_interval_of_keeping_that_never_ends_keeps_everything():
    net, group = build()
    recording = net.record(group, "v", keep=1e300)
    net.simulate(1)

    assert recording["v"].shape == (10, 10)


def test_one_weight_becomes_many_where_one_is_set():
    net, _, projection = wired()

    projection.w[3] = 2.0

    assert projection.w.tolist() == [1.0] * 3 + [2.0] + [1.0] * (projection.size - 4)
    assert [change.name for change in net.log] == ["w"]


def test_one_weight_that_is_multiplied_stays_one():
    _, _, projection = wired()

    projection.w *= 3.0
    projection.w += 1.0

    assert projection.has_one_weight
    assert projection.weight == 4.0
    projection.w -= np.ones(projection.size)
    assert not projection.has_one_weight
    assert projection.w.tolist() == [3.0] * projection.size
    assert projection.w.sum() == 3.0 * projection.size


def test_one_weight_of_synapses_that_are_not_stored_stays_one():
    net, group = build()
    projection = net.connect(group, group, "exc", AllToAll(), weight=1.0, procedural=True)

    projection.w *= 2.0
    assert projection.weight == 2.0
    with pytest.raises(NetworkError) as error:
        projection.w[0] = 5.0

    assert str(error.value) == (
        "Projection 'E->E exc': procedural synapses are not stored, and neither can a weight of "
        "each be; give one number or a distribution, or leave out procedural=True."
    )
