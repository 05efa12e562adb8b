"""Stimuli by hand: neurons that are silenced, and courses that are added to what they receive."""

import runpy
from typing import Any

import numpy as np
import pytest
from test_network_determinism import coba, spikes

from snnlab.errors import NetworkError
from snnlab.model.neuron import Neuron
from snnlab.network.connectors import OneToOne
from snnlab.network.inputs import PoissonInput, SpikeSource
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
