"""Stimuli by hand: neurons that are silenced, and courses that are added to what they receive."""

import runpy
from typing import Any

import numpy as np
import pytest
from test_network_determinism import coba, spikes

from snnlab.errors import NetworkError
from snnlab.model.neuron import Neuron
from snnlab.model.synapse import Synapse
from snnlab.network.connectors import OneToOne
from snnlab.network.inputs import PoissonInput, SpikeSource, TimedArray
from snnlab.network.network import Network

TARGETS = pytest.mark.parametrize("target", ["c", "numpy"])
COUNTING = """
I = 1 mV
v = v + I : init = 0
g_exc = g_exc
spike: v > 3 mV
reset: v = 0
"""
RATE = "I = 1\nr = I"


def counting(n: Any = 20, dt=1.0, **options):
    """Neurons that spike in each fourth step while I is 1 mV."""
    net = Network(dt=dt, seed=1, **options)
    return net, net.add(n, Neuron.from_cell(COUNTING, "Counting"), name="P")


def train(net, name="P"):
    """(time in ms, neuron) of each spike."""
    frame = net.spikes[name]
    return list(zip(frame["time"].tolist(), frame["neuron"].tolist(), strict=True))


# Silence ----------------------------------------------------------------------------------


@TARGETS
@pytest.mark.parametrize("threads", [1, 2])
def test_silenced_neurons_emit_no_spikes(target, threads):
    net, group = counting(1000, target=target, threads=threads)
    net.simulate(4)
    net.silence(group, neurons=slice(0, 990))
    net.simulate(8)
    net.silence(group, neurons=[0, 1], on=False)
    net.silence(group[2:4], on=False)
    net.simulate(4)

    awake = range(990, 1000)
    expected = [(3.0, n) for n in range(1000)]
    expected += [(7.0, n) for n in awake] + [(11.0, n) for n in awake]
    expected += [(15.0, n) for n in (0, 1, 2, 3, *awake)]
    assert train(net) == expected
    assert np.array_equal(np.flatnonzero(~group.silenced), [0, 1, 2, 3, *awake])
    assert group.v.tolist() == [0.0] * 1000  # the equations went on


@TARGETS
def test_nobody_receives_what_silenced_neurons_would_send(target):
    net, group = counting(4, target=target)
    post = net.add(4, Neuron.from_cell(COUNTING, "Counting"), name="Q")
    post.I = 0.0
    net.connect(group, post, "exc", OneToOne(), weight=1.0)
    net.silence(group, neurons=[1, 2])

    net.simulate(6)

    assert post.g_exc.tolist() == [1.0, 0.0, 0.0, 1.0]


@TARGETS
@pytest.mark.parametrize(
    "given", [PoissonInput(500.0), SpikeSource([[3.0, 8.0]] * 6)], ids=["Poisson", "given spikes"]
)
def test_inputs_are_silenced(target, given):
    net = Network(dt=1.0, seed=3, target=target)
    source = net.add(6, given, name="S")
    net.silence(source, neurons=[0, 5])
    net.simulate(20)

    assert sorted(set(net.spikes["S"]["neuron"])) == [1, 2, 3, 4]


def test_schedule_has_a_phase_only_while_neurons_are_silenced():
    net, group = counting()
    kinds = [phase.kind for phase in net.schedule.phases]
    net.silence(group, neurons=3)
    masked = [phase.kind for phase in net.schedule.phases]
    net.silence(group, on=False)

    assert masked == [*kinds[:-1], "mask", "collect"]
    assert [phase.kind for phase in net.schedule.phases] == kinds


def test_reset_goes_back_to_those_who_were_silenced_before_the_first_step():
    net, group = counting((2, 3))
    net.silence(group[0])
    net.simulate(2)
    net.silence(group)
    assert group.silenced.all()
    assert group[1].silenced.tolist() == [True, True, True]

    net.reset()

    assert group.silenced.tolist() == [[True] * 3, [False] * 3]
    net.simulate(4)
    assert train(net) == [(3.0, n) for n in (3, 4, 5)]
    assert net.log.code() == (
        "P = net.populations['P']\nnet.silence(P, neurons=[0, 1, 2])\nnet.simulate(4.0)\n"
    )


def silencing(net):
    inhibition = net.populations["I"]
    net.silence(inhibition, neurons=slice(None, None, 2))
    net.simulate(10)
    net.silence(net.populations["E"], neurons=[1, 5, 7])
    net.simulate(7)
    net.silence(inhibition, on=False)
    net.simulate(13)


@TARGETS
def test_silence_is_replayed_from_log_and_code(target, tmp_path):
    net = coba(300, target=target)
    silencing(net)
    first = spikes(net)
    script = tmp_path / "session.py"
    script.write_text(net.log.code())

    net.replay(net.log)
    for part in (3.3, 9.7, 17.0):
        net.simulate(part)
    again = spikes(net)
    fresh = coba(300, target=target)
    runpy.run_path(str(script), {"net": fresh})

    assert again == first
    assert spikes(fresh) == first


def test_silence_does_not_depend_on_the_number_of_threads():
    found = []
    for threads in (1, 2, 3):
        net = coba(1200, threads=threads)
        silencing(net)
        found.append(spikes(net))

    assert found[0] == found[1] == found[2]


@TARGETS
def test_silence_is_in_snapshots_and_files(target, tmp_path):
    net, group = counting(6, target=target)
    net.simulate(2)
    awake = net.snapshot()
    net.silence(group, neurons=[0, 1, 2])
    net.store(tmp_path / "state.npz")
    asleep = net.snapshot()
    net.silence(group)

    net.restore(awake)
    net.simulate(2)
    assert train(net) == [(3.0, n) for n in range(6)]
    net.restore(asleep)
    net.simulate(2)
    assert train(net) == [(3.0, n) for n in (3, 4, 5)]
    fresh, other = counting(6, target=target)
    fresh.load(tmp_path / "state.npz")
    assert other.silenced.tolist() == [True] * 3 + [False] * 3
    fresh.simulate(2)
    assert train(fresh) == [(3.0, n) for n in (3, 4, 5)]


def test_silence_of_what_does_not_spike_is_refused():
    net, group = counting()
    rate = net.add(3, Neuron.from_cell(RATE, "Rate"), name="R")
    other, _ = counting()

    def refused(act) -> str:
        with pytest.raises(NetworkError) as caught:
            act()
        return str(caught.value)

    assert refused(lambda: net.silence(rate)) == (
        "Population 'R': neurons 'Rate' have rates and no spikes, so they cannot be silenced; "
        "change what they receive, or one of their parameters."
    )
    assert refused(lambda: net.silence(group, neurons=[3, 20])) == (
        "Population 'P': neurons [3, 20] lie outside its 20 neurons; use indices below 20."
    )
    assert refused(lambda: net.silence(group[:5], neurons=5)) == (
        "Population 'P[0:5]': neurons [5] lie outside its 5 neurons; use indices below 5."
    )
    assert refused(lambda: net.silence(group, on=1)) == (  # pyright: ignore[reportArgumentType]
        "Population 'P': silence: on = 1; give True or False."
    )
    assert refused(lambda: net.silence("P")) == (  # pyright: ignore[reportArgumentType]
        "Network: net.silence = 'P' is no population; give one that net.add returned."
    )
    assert refused(lambda: other.silence(group)) == (
        "Population 'P': belongs to another network; connect populations of one network."
    )
    assert not group.silenced.any()
    assert len(net.log) == 0


# Courses ----------------------------------------------------------------------------------

READING = """
I = 0 mV
E = 1 mV : population
n = 3 : int
half = n / 2
u = I + 0 * u : init = 0
v = v + I : init = 0
spike: v > 1000 mV
"""


def reading(n=4, **options):
    """Neurons whose ``u`` is what the equations read as I in each step."""
    net = Network(dt=0.5, seed=1, **options)
    group = net.add(n, Neuron.from_cell(READING, "Reading"), name="P")
    net.record(group, "u")
    return net, group


@TARGETS
@pytest.mark.parametrize("threads", [1, 2])
def test_a_course_is_added_for_its_time_to_chosen_neurons(target, threads):
    net, group = reading(40, target=target, threads=threads)
    group.I = 1.0
    net.simulate(1.0)
    net.stimulate(group, "I", [2.0, 3.0, 3.5], [10.0, -20.0], neurons=slice(2, 40))
    net.stimulate(group[3:], "I", [2.5, 3.5], [0.25, 0.5])
    net.simulate(1.5)
    assert group.I.tolist() == [1.0] * 40
    group.I = 2.0
    net.simulate(3.0)

    u = net.traces["P"]["u"]
    assert u[:, 0].tolist() == u[:, 1].tolist() == [1.0] * 5 + [2.0] * 6
    assert u[:, 2].tolist() == [1, 1, 1, 1, 11, 12, -18, 2, 2, 2, 2]
    assert u[:, 3].tolist() == [1, 1, 1, 1, 11, 12.25, -17.75, 2.5, 2.5, 2, 2]
    assert (u[:, 3:] == u[:, 3:4]).all()
    assert group.I.tolist() == [2.0] * 40


@TARGETS
def test_a_course_is_added_to_a_course(target):
    net, group = reading(target=target)
    group.I = TimedArray([1.0, 2.0, 4.0], 1.0)
    net.stimulate(group, "I", [0.5, 1.5, 2.5], [10.0, 20.0])
    net.simulate(4.0)

    assert net.traces["P"]["u"][:, 0].tolist() == [1, 11, 12, 22, 24, 4, 4, 4]


def test_what_lies_in_the_past_is_cut_and_of_one_step_the_last_value_counts():
    net, group = reading()
    net.simulate(2.0)
    net.stimulate(group, "I", [0.0, 1.0, 2.5, 2.6, 2.7, 4.0], [1.0, 2.0, 3.0, 4.0, 5.0])
    net.simulate(2.5)

    assert net.traces["P"]["u"][:, 0].tolist() == [0, 0, 0, 0, 2, 5, 5, 5, 0]


@TARGETS
def test_the_rate_of_a_poisson_input_is_stimulated(target):
    net = Network(dt=1.0, seed=3, target=target)
    source = net.add(6, PoissonInput(0.0), name="S")
    net.stimulate(source, "rates", [10.0, 30.0], [1e6], neurons=[1, 4])
    net.simulate(50.0)

    assert train(net, "S") == [(float(t), n) for t in range(10, 30) for n in (1, 4)]


WAVE = [20.0, 0.0, -10.0, 35.0]


def stimulating(net, cut=1):
    excitation = net.populations["E"]
    net.stimulate(excitation, "I", [0.0, 3.0, 6.0, 40.0, 50.0], WAVE)
    for _ in range(cut):
        net.simulate(10.0 / cut)
    net.stimulate(excitation, "I", [9.0, 20.0, 25.0], [5.0, 40.0], neurons=range(0, 480, 3))
    for _ in range(cut):
        net.simulate(20.0 / cut)


@TARGETS
@pytest.mark.parametrize("delay", [1, 3])
def test_synapses_read_a_parameter_of_pre_neurons_with_its_course(target, delay):
    net = Network(dt=1.0, target=target)
    pre = net.add(1, Neuron(parameters="k = 1.0", equations="r = k"), name="P")
    post = net.add(1, Neuron(equations="r = sum(exc)"), name="Q")
    net.connect(pre, post, "exc", synapse=Synapse(psp="w * pre.k"), delay=delay)
    net.record(post, "r")
    net.stimulate(pre, "k", [2, 4], [5.0])

    net.simulate(9)

    expected = np.ones(9)
    expected[2 + delay : 4 + delay] = 6.0
    assert net.traces["Q"]["r"][:, 0].tolist() == expected.tolist()


@TARGETS
def test_courses_are_replayed_from_log_and_code(target, tmp_path):
    net = coba(600, target=target)
    stimulating(net)
    first = spikes(net)
    script = tmp_path / "session.py"
    script.write_text(net.log.code())

    net.replay(net.log)
    for part in (3.3, 9.7, 17.0):
        net.simulate(part)
    again = spikes(net)
    fresh = coba(600, target=target)
    runpy.run_path(str(script), {"net": fresh})

    assert again == first
    assert spikes(fresh) == first


def test_courses_do_not_depend_on_threads_or_slices():
    found = []
    for threads, cut in ((1, 1), (2, 1), (3, 5)):
        net = coba(1200, threads=threads)
        stimulating(net, cut)
        found.append(spikes(net))

    assert found[0] == found[1] == found[2]


def test_the_log_tells_a_course_as_code():
    net, group = reading()
    net.simulate(1.0)
    net.stimulate(group[1:], "I", [1.0, 2.0], [0.5, 0.25])

    assert [repr(change) for change in net.log] == ["step 2: stimulate P.I of 3 2 values"]
    assert net.log.code() == (
        "P = net.populations['P']\nnet.simulate(1.0)\n"
        "net.stimulate(P, 'I', [1.0, 2.0, 3.0], [0.5, 0.25], neurons=[1, 2, 3])\n"
    )


@TARGETS
def test_a_course_that_has_ended_is_gone(target):
    net, group = reading(target=target)
    group.I = 1.0
    plain = [phase.kind for phase in net.schedule.phases]
    net.stimulate(group, "I", [0.0, 1.0], [10.0])
    net.simulate(0.5)
    net.stimulate(group, "I", [1.0, 2.5], [20.0], neurons=1)
    saved = net.snapshot()
    assert len(group.stimuli) == 2
    net.simulate(0.5)
    assert [change.step for change in group.stimuli] == [1]
    net.simulate(0.5)
    net.simulate(2.0)
    ended = net.snapshot()

    assert group.stimuli == ()
    assert [phase.kind for phase in net.schedule.phases] == plain
    assert net.traces["P"]["u"][:, 1].tolist() == [11, 11, 21, 21, 21, 1, 1]
    net.restore(saved)
    assert len(group.stimuli) == 2
    net.simulate(3.0)
    assert net.traces["P"]["u"][:, 1].tolist() == [11, 11, 21, 21, 21, 1, 1]
    net.restore(ended)
    net.reset()
    net.simulate(2.0)
    assert net.traces["P"]["u"][:, 1].tolist() == [11, 11, 1, 1]


def test_reset_keeps_courses_given_before_the_first_step():
    net, group = reading()
    net.stimulate(group, "I", [1.0, 2.0], [3.0], neurons=0)
    net.simulate(1.0)
    net.stimulate(group, "I", [1.5, 2.0], [5.0])
    net.simulate(1.0)
    before = net.traces["P"]["u"].tolist()

    net.reset()
    net.simulate(2.0)
    after = net.traces["P"]["u"].tolist()
    net.replay(net.log)
    net.simulate(2.0)

    assert before == [[0] * 4, [0] * 4, [3, 0, 0, 0], [8, 5, 5, 5]]
    assert after == [[0] * 4, [0] * 4, [3, 0, 0, 0], [3, 0, 0, 0]]
    assert net.traces["P"]["u"].tolist() == after


@TARGETS
def test_courses_are_in_snapshots_and_files(target, tmp_path):
    net, group = reading(target=target)
    net.simulate(1.0)
    without = net.snapshot()
    net.stimulate(group, "I", [1.5, 2.5, 4.0], [3.0, 4.0], neurons=[1, 2])
    net.simulate(1.0)
    half_way = net.snapshot()
    net.store(tmp_path / "state.npz")
    net.simulate(2.0)
    whole = net.traces["P"]["u"].tolist()

    net.restore(half_way)
    net.simulate(2.0)
    assert net.traces["P"]["u"].tolist() == whole
    net.restore(without)
    net.simulate(3.0)
    assert net.traces["P"]["u"].tolist() == [[0] * 4] * 8
    fresh, _ = reading(target=target)
    fresh.load(tmp_path / "state.npz")
    fresh.simulate(2.0)
    assert fresh.traces["P"]["u"].tolist() == whole[4:]
    fresh.replay(fresh.log)
    fresh.simulate(2.0)
    assert fresh.traces["P"]["u"].tolist() == whole[4:]


def test_going_back_makes_a_course_again():
    net, group = reading()
    net.history.keep(every=1.0)
    net.simulate(1.0)
    net.stimulate(group, "I", [1.5, 3.0], [3.0])
    net.simulate(3.0)
    whole = net.traces["P"]["u"].tolist()

    net.go_back(2.0)
    net.simulate(2.0)
    assert net.traces["P"]["u"].tolist() == whole
    net.go_back(0.5)
    net.simulate(2.0)
    assert net.traces["P"]["u"].tolist() == [[0] * 4] * 5


@pytest.mark.parametrize(
    ("variable", "times", "values", "expected"),
    [
        ("J", [1, 2], [1], "Population 'P': no attribute 'J'; it has I, E, n, half, u, v."),
        (
            "v",
            [1, 2],
            [1],
            "Population 'P': 'v' is a variable, which the equations change, so nothing can be "
            "added to it for a while; stimulate a parameter that they read, such as a current.",
        ),
        (
            "n",
            [1, 2],
            [1],
            "Population 'P': 'n' is a parameter of type int, so no course can be added to it; "
            "stimulate one that is a real number.",
        ),
        (
            "E",
            [1, 2],
            [1],
            "Population 'P': 'E' is one value for all ('population' in the model), so it takes no "
            "array; remove the flag, or give one number.",
        ),
        (
            "I",
            [1, 2, 3, 4],
            [1, 2],
            "Population 'P': stimulus of 'I': 4 times and 2 values; give a time at which each "
            "value begins, and the end of the last one.",
        ),
        (
            "I",
            [1],
            [1],
            "Population 'P': stimulus of 'I': 1 times and 1 values; give a time at which each "
            "value begins, and the end of the last one.",
        ),
        (
            "I",
            [1, 3, 3, 4],
            [1, 2, 3],
            "Population 'P': stimulus of 'I': the time 3 ms follows 3 ms; give ascending times.",
        ),
        (
            "I",
            [1, 2, 3],
            [1, np.nan],
            "Population 'P': stimulus of 'I': values[1] is nan; give finite numbers.",
        ),
        (
            "I",
            [1, np.inf],
            [1],
            "Population 'P': stimulus of 'I': times[1] is inf; give finite numbers.",
        ),
        (
            "I",
            [],
            [],
            "Population 'P': stimulus of 'I': times have shape (0,) and type float64; "
            "give a list of numbers.",
        ),
        (
            "I",
            [1, 2],
            ["a"],
            "Population 'P': stimulus of 'I': values have shape (1,) and type <U1; "
            "give a list of numbers.",
        ),
        (
            "I",
            [0, 0.5],
            [1],
            "Population 'P': stimulus of 'I': it ends at 0.5 ms, and 0.5 ms have passed; "
            "give later times.",
        ),
        (
            "I",
            [0, 1e12],
            [1],
            "Population 'P': stimulus of 'I': 1e+12 ms is beyond 2147000000 steps; "
            "give earlier times.",
        ),
        (
            "I",
            [5.01, 5.02],
            [1],
            "Population 'P': stimulus of 'I': it lasts from 5.01 to 5.02 ms, within one step of "
            "0.5 ms; give times farther apart.",
        ),
    ],
)
def test_what_is_no_course_is_refused(variable, times, values, expected):
    net, group = reading()
    net.simulate(0.5)

    with pytest.raises(NetworkError) as caught:
        net.stimulate(group, variable, times, values)

    assert str(caught.value) == expected
    assert len(net.log) == 0


def test_course_of_no_neuron_changes_nothing():
    net, group = reading()

    net.stimulate(group, "I", [1, 2], [5], neurons=[])
    net.simulate(3)

    assert net.traces["P"]["u"].shape == (6, 4)
    assert not net.traces["P"]["u"].any()


def test_parameter_that_others_are_computed_from_is_refused():
    net = Network(dt=0.5)
    group = net.add(2, Neuron.from_cell("a = 1\nb = 2 * a\nx = b\nspike: x > 5", "Derived"))

    with pytest.raises(NetworkError) as caught:
        net.stimulate(group, "a", [1, 2], [1])

    assert str(caught.value) == (
        "Population 'Derived': 'b' is computed from 'a' before the run, so 'a' cannot be "
        "stimulated; write 'b' as an equation."
    )
