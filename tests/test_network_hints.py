"""Hints: sentences about real networks, each whole, and none about one that is well."""

import threading

import numpy as np
import pytest

from snnlab import AllToAll, FixedProbability, Network, Neuron, PoissonInput, Uniform

LIF = """
tau   = 20 ms
E_L   = -70 mV
V_th  = -50 mV
I     = 15 mV
t_ref = 2 ms
tau * dv/dt = E_L - v + I     : init = E_L
spike: v > V_th
reset: v = E_L
refractory: t_ref
"""
# Vogels & Abbott 2005, J. Neurosci. 25, 10786-10795, as the notebook on balanced networks has it.
COBA = """
tau = 20 ms ; tau_e = 5 ms ; tau_i = 10 ms
E_L = -60 mV ; E_e = 0 mV ; E_i = -80 mV ; V_th = -50 mV ; V_r = -60 mV
I = 20 mV
tau * dv/dt = E_L - v + g_exc * (E_e - v) + g_inh * (E_i - v) + I   : init = E_L
tau_e * dg_exc/dt = -g_exc
tau_i * dg_inh/dt = -g_inh
spike: v > V_th
reset: v = V_r
refractory: 5 ms
"""


def lif(cell=LIF, n=4, dt=0.1, **values):
    net = Network(dt=dt, seed=1)
    group = net.add(n, Neuron.from_cell(cell, "LIF"), name="E")
    for name, value in values.items():
        setattr(group, name, value)
    return net, group


def balanced(**options):
    net = Network(dt=0.1, seed=1, **options)
    coba = Neuron.from_cell(COBA, "COBA")
    exc, inh = net.add(3200, coba, name="E"), net.add(800, coba, name="I")
    net.connect(exc, [exc, inh], "exc", FixedProbability(0.02), weight=0.6)
    net.connect(inh, [exc, inh], "inh", FixedProbability(0.02), weight=6.7)
    exc.v, inh.v = Uniform(-60, -50), Uniform(-60, -50)
    return net


def test_a_network_that_is_well_gives_no_hint():
    net = balanced()

    before = net.hints()
    net.simulate(500)

    assert (before, net.hints()) == ([], [])
    assert len(net.spikes["E"]) > 3200


@pytest.mark.parametrize("target", ["c", "numpy"])
def test_a_silent_population_tells_how_far_it_is_from_threshold(target):
    net = Network(dt=0.1, seed=1, target=target)
    group = net.add(3, Neuron.from_cell(LIF, "LIF"), name="E")
    group.I = [5.0, 16.9, 10.0]

    net.simulate(200)

    # After ten time constants v = E_L + I.
    assert net.hints() == ["E: silent; the strongest input reaches -53.1 mV, threshold is -50 mV"]


def test_a_silence_is_told_in_the_unit_of_the_threshold():
    cell = LIF.replace("-50 mV", "-0.05 V")
    net, _ = lif(cell, I=16.9)

    net.simulate(200)

    assert net.hints() == ["E: silent; the strongest input reaches -0.0531 V, threshold is -0.05 V"]


def test_a_potential_just_below_threshold_is_told_apart_from_it():
    net, _ = lif(I=19.99)

    net.simulate(400)

    assert net.hints() == ["E: silent; the strongest input reaches -50.01 mV, threshold is -50 mV"]


@pytest.mark.parametrize(
    ("spike", "sentence"),
    [
        ("0.5 < x and t > 1", "E: silent; the highest x is 0.25, threshold is 0.5"),
        ("x > 0.5 + y", "E: silent; the highest x is 0.25, threshold is 1"),
        ("x * x > 2", "E: silent"),
    ],
    ids=["turned", "adaptive", "no threshold"],
)
def test_a_silence_is_told_whatever_the_condition(spike, sentence):
    net, _ = lif(f"tau = 10\ny = 0.5\ntau * dx/dt = 0.25 - x : init = 0.25\nspike: {spike}")

    net.simulate(100)

    assert net.hints() == [sentence]


def test_variable_that_grows_without_end_is_told_before_it_ends_the_run():
    growing = LIF.replace("E_L - v + I", "v - E_L").replace(
        "V_th\nreset", "V_th and t < 0 ms\nreset"
    )
    net, group = lif(growing)
    group.v = [-70.0, -69.0, -71.0, -70.0]

    net.simulate(100)
    early = net.hints()
    net.simulate(480)

    # exp(580 / 20) mV below rest
    assert not any("without end" in hint for hint in early)
    assert "E: v of neuron 2 grows without end, it is -3.9e+12 mV" in net.hints()


def test_silence_takes_a_while_to_see():
    net, _ = lif()

    net.simulate(99.9)
    early = net.hints()
    net.simulate(0.1)

    assert early == []
    assert net.hints() == ["E: silent; the strongest input reaches -55.1 mV, threshold is -50 mV"]


def test_spikes_of_long_ago_do_not_count():
    net, group = lif(I=[30.0, 29.0, 28.0, 27.0])

    net.simulate(200)
    spiking = net.hints()
    group.I = 0
    net.simulate(450)
    still = net.hints()
    net.simulate(100)

    assert (spiking, still) == ([], [])
    assert net.hints() == ["E: silent; the strongest input reaches -70 mV, threshold is -50 mV"]


def test_a_paused_recording_is_no_silence():
    net, group = lif(I=[30.0, 29.0, 28.0, 27.0])
    net.record(group, "spikes").pause()

    net.simulate(500)

    assert net.hints() == []


def test_silence_is_forgotten_by_a_reset():
    net, _ = lif()
    net.simulate(500)

    net.reset()

    assert net.hints() == []


def test_runaway_tells_the_refractory_limit():
    net, _ = lif(I=[20000.0, 19000.0, 18000.0, 17000.0])

    net.simulate(500)
    n_spikes = len(net.spikes["E"])

    # One step to the threshold after 2 ms of rest: a spike each 2.1 ms.
    assert n_spikes / 4 / 0.5 == pytest.approx(1000 / 2.1, rel=0.01)
    assert net.hints() == ["E: runaway; 478 Hz, the refractory limit is 500 Hz"]


def test_runaway_without_a_refractory_period():
    cell = LIF.replace("refractory: t_ref", "")
    net, group = lif(cell, n=2)
    group.I = [2000.0, 1900.0]

    net.simulate(500)
    rate = len(net.spikes["E"]) / 2 / 0.5

    assert rate > 300
    assert net.hints() == [f"E: runaway; {rate:.0f} Hz, and no refractory period limits it"]


@pytest.mark.parametrize(
    ("dt", "t_ref", "limits"),
    [
        (1.0, 2.0, "334 Hz, the refractory limit is 500 Hz, with dt = 1 ms 333 Hz"),
        (0.5, 1.0, "668 Hz, the refractory limit is 1000 Hz, with dt = 0.5 ms 667 Hz"),
        (0.1, 0.1, "5000 Hz, the refractory limit is 10000 Hz, with dt = 0.1 ms 5000 Hz"),
    ],
    ids=["steps of half the period", "shorter", "one step"],
)
def test_a_coarse_step_lowers_the_refractory_limit(dt, t_ref, limits):
    net, _ = lif(dt=dt, I=1e6, t_ref=t_ref)

    net.simulate(500)

    assert net.hints() == [f"E: runaway; {limits}"]


def test_a_spike_in_each_step_is_runaway_however_long_a_step_is():
    cell = LIF.replace("refractory: t_ref", "").replace("20 ms", "200 ms")
    net, _ = lif(cell, dt=5.0, I=1e6)

    net.simulate(500)

    assert net.hints() == ["E: runaway; 200 Hz, and no refractory period limits it"]


def test_who_was_silenced_is_not_told_to_be_silent():
    net, group = lif(I=30.0)
    net.silence(group)
    net.simulate(500)
    silenced = net.hints()

    net.silence(group, neurons=0, on=False)
    group.I = 0.0
    net.simulate(500)

    assert silenced == []
    assert [hint.split(";")[0] for hint in net.hints()] == ["E: silent"]


def test_neurons_that_spike_all_at_once_are_told():
    net, group = lif(n=20, I=30.0)

    net.simulate(300)
    alike = net.hints()
    group.v = np.linspace(-70, -50, 20)
    net.simulate(600)

    assert alike == ["E: all 20 neurons spike in the same steps"]
    assert net.hints() == []


@pytest.mark.parametrize(
    ("dt", "tau", "sentences"),
    [
        (0.1, "tau_e = 0.2 ms", ["E: dt is 0.5 of tau_e"]),
        (0.1, "tau_e = 0.0002 s", ["E: dt is 0.5 of tau_e"]),
        (0.1, "k = 5 kHz", ["E: dt is 0.5 of the 0.2 ms in which x decays"]),
        (0.1, "tau_e = 5 ms", []),
    ],
    ids=["time constant", "in seconds", "rate constant", "small step"],
)
def test_a_large_step_is_told(dt, tau, sentences):
    decay = "dx/dt = -k * x" if "k" in tau else "tau_e * dx/dt = -x"
    net, _ = lif(f"{tau}\n{decay}\nspike: x > 1", dt=dt)

    assert net.hints() == sentences


def test_a_time_constant_is_told_as_it_is_now():
    net, group = lif()

    group.tau = [20.0, 0.2, 20.0, 20.0]

    assert net.hints() == ["E: dt is 0.5 of tau"]


def test_inputs_that_nothing_drives_are_told():
    net = Network(dt=0.1, seed=1)
    coba = Neuron.from_cell(COBA, "COBA")
    exc, noise = net.add(4, coba, name="E"), net.add(4, PoissonInput(rate=10), name="noise")

    alone = net.hints()
    net.connect(noise, exc, "exc", AllToAll())
    connected = net.hints()
    net.drive(exc, "inh", rate=10)

    assert alone == []
    assert connected == ["E: reads g_inh, but no projection drives it"]
    assert net.hints() == []


def test_a_weighted_sum_that_nothing_drives_is_told():
    net = Network(dt=1.0, seed=1)
    rate = Neuron.from_cell("r = sum(exc) - sum(inh)", "rate")
    group = net.add(3, rate, name="R")
    net.connect(group, group, "exc", AllToAll())

    assert net.hints() == ["R: reads sum(inh), but no projection drives it"]


@pytest.mark.parametrize("weight", [0.0, np.zeros(12)], ids=["one", "each"])
def test_weights_of_zero_are_told(weight):
    net, group = lif("tau = 5 ms\ntau * dg_exc/dt = -g_exc\nspike: g_exc > 1")
    projection = net.connect(group, group, "exc", AllToAll(), weight=weight)
    net.build()

    zero = net.hints()
    projection.w = 0.5

    assert zero == ["E->E exc: all weights are 0"]
    assert net.hints() == []


def test_a_projection_without_synapses_is_told():
    net, group = lif("tau = 5 ms\ntau * dg_exc/dt = -g_exc\nspike: g_exc > 1")
    net.connect(group, group, "exc", FixedProbability(0.0)).prepare()

    assert net.hints() == ["E->E exc: it has no synapses"]


def test_poisson_inputs_of_rate_zero_are_told():
    net = Network(dt=0.1, seed=1)
    noise = net.add(4, PoissonInput(rate=0), name="noise")
    exc = net.add(4, Neuron.from_cell(COBA, "COBA"), name="E")
    net.connect(noise, exc, "exc", AllToAll())
    drive = net.drive(exc, "inh", rate=0, name="background")

    zero = net.hints()
    noise.rates, drive.rate = 5.0, 5.0

    assert zero == [
        "noise: the rate of the Poisson input is 0 Hz",
        "background: the rate of the Poisson input is 0 Hz",
    ]
    assert net.hints() == []


def test_hints_are_read_between_steps_while_the_network_plays():
    net = balanced(threads=2)
    heard = threading.Event()
    net.populations["E"].I = net.populations["I"].I = 0
    net.populations["E"].v = net.populations["I"].v = -60

    net.play(150)
    found = [net.hints() for _ in range(20)]
    net.changed.connect(heard.set)
    while net.running:
        heard.wait(0.01)

    silent = "silent; the strongest input reaches -60 mV, threshold is -50 mV"
    assert all(hints in ([], [f"E: {silent}", f"I: {silent}"]) for hints in found)
    assert net.hints() == [f"E: {silent}", f"I: {silent}"]
