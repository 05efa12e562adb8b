"""Neurons against their analytic solutions: intervals, rates, potentials, refractory steps."""

import math
from typing import Literal

import numpy as np
import pytest

from snnlab.model.neuron import Neuron
from snnlab.network.network import Network

CONSTANT_INPUT = """
tau = 20 ms
R = 0.1 GOhm
I = 250 pA [0, 1000]
theta = 20 mV
tau * dv/dt = R*I - v
spike: v > theta
reset: v = 0
refractory: 2 ms
"""


def constant_input_network(currents, dt=0.1, dtype: Literal["float64", "float32"] = "float64"):
    net = Network(dt=dt, seed=1, dtype=dtype)
    group = net.add(len(currents), Neuron.from_cell(CONSTANT_INPUT, "LIF"))
    group.I = np.array(currents, float)
    return net, group


def interval(current, *, tau=20.0, resistance=0.1, theta=20.0, t_ref=2.0):
    """ms between two spikes: t_ref + tau ln(RI/(RI - theta))."""
    drive = resistance * current
    return t_ref + tau * math.log(drive / (drive - theta))


CURRENTS = [205.0, 210.0, 250.0, 300.0, 400.0, 600.0, 1000.0]  # pA; the rheobase is 200


@pytest.mark.parametrize("dt", [0.1, 0.05, 0.5])
def test_lif_spikes_at_the_analytic_times(dt):
    net, group = constant_input_network(CURRENTS, dt)

    net.simulate(1000)

    frame = net.spikes[group.name]
    for neuron, current in enumerate(CURRENTS):
        times = frame["time"][frame["neuron"] == neuron].to_numpy()
        assert len(times) > 5
        # A spike waits for the end of its step, so an interval is longer by less than a step.
        late = np.diff(times) - interval(current)
        assert (late > -1e-9).all()
        assert (late < dt + 1e-9).all()
        first = times[0] + dt - (interval(current) - 2.0)
        assert -1e-9 < first < dt + 1e-9


def test_lif_rate_follows_the_f_i_curve():
    currents = np.linspace(100.0, 1000.0, 46)
    net, group = constant_input_network(currents, dt=0.01)

    net.simulate(1000)

    counts = net.spikes[group.name].groupby("neuron").size().reindex(range(46), fill_value=0)
    silent = currents <= 200
    assert silent.sum() > 3
    assert (counts[silent] == 0).all()
    # Each interval is longer than the analytic one by up to a step; the first has no pause.
    analytic = np.array([1000 / interval(c) for c in currents[~silent]])
    per_step = 1000 / (1000 / analytic + 0.01)
    found = counts[~silent].to_numpy()
    assert (found <= analytic + 1).all()
    assert (found >= np.floor(per_step)).all()


def test_lif_in_float32_spikes_as_often():
    double, group = constant_input_network(CURRENTS)
    single, _ = constant_input_network(CURRENTS, dtype="float32")

    double.simulate(500)
    single.simulate(500)

    counts = [net.spikes[group.name].groupby("neuron").size() for net in (double, single)]
    assert single.populations[group.name].v.dtype == np.float32
    assert len(counts[0]) == len(CURRENTS)
    assert (counts[0] - counts[1]).abs().max() <= 1


EXPONENTIAL_PSP = """
tau = 20 ms
tau_s = 5 ms
tau * dv/dt = -v + g_exc
tau_s * dg_exc/dt = -g_exc
spike: v > 1000
"""
ONE_SPIKE = """
r = r + 1 : init = 0
spike: r == 1
"""


def psp(t, tau, tau_s, weight):
    """Potential at ``t`` ms after a current of ``weight`` began to decay with ``tau_s``."""
    if tau == tau_s:
        return weight * t / tau * np.exp(-t / tau)
    return weight * tau_s / (tau_s - tau) * (np.exp(-t / tau_s) - np.exp(-t / tau))


def psp_error(tau_s, dt, text=EXPONENTIAL_PSP):
    """Largest distance of a simulated potential from the closed form, of a peak above 0.4."""
    net = Network(dt=dt, seed=1)
    source = net.add(1, Neuron.from_cell(ONE_SPIKE, "one"), name="source")
    target = net.add(1, Neuron.from_cell(text, "psp"), name="target")
    target.tau_s = tau_s
    net.connect(source, target, "exc", weight=3.0)
    net.record(target, ["v"])

    net.simulate(100)

    # The spike of step 0 arrives at the beginning of step 1.
    times = net.traces["target"].times - dt
    expected = psp(times, 20.0, tau_s, 3.0)
    assert expected.max() > 0.4
    return np.abs(net.traces["target"]["v"][:, 0] - expected).max()


def solved_by(method):
    """The equations of the potential and of its input, each solved by ``method``."""
    text = EXPONENTIAL_PSP.replace("+ g_exc", f"+ g_exc : {method}")
    return text.replace("= -g_exc", f"= -g_exc : {method}")


@pytest.mark.parametrize("tau_s", [5.0, 19.999, 20.0, 50.0])
def test_exponential_psp_is_the_closed_form(tau_s):
    assert psp_error(tau_s, 0.1) < 1e-10


def test_exponential_psp_by_runge_kutta_is_near_the_closed_form():
    # Fourth order: (dt/tau_s)**4 is 1.6e-7, times 1/120 and the slope.
    assert 0 < psp_error(5.0, 0.1, solved_by("rk4")) < 1e-9


def test_psp_of_separate_exponentials_converges_with_the_step():
    coarse = psp_error(5.0, 0.1, solved_by("exponential"))
    fine = psp_error(5.0, 0.05, solved_by("exponential"))

    # The potential takes its input as constant over a step.
    assert 0 < fine < coarse < 0.02
    assert coarse / fine == pytest.approx(2, rel=0.02)


REFRACTORY = """
dt_ref = 0.3 ms
v = v + 1 : init = 0
dg_exc/dt = -g_exc/(1 ms)
u = u + 1 : init = 0
spike: v > 3
reset: v = 0
refractory: dt_ref
"""


@pytest.mark.parametrize("n_frozen", [0, 1, 3, 7])
def test_refractory_freezes_exactly_its_steps(n_frozen):
    net = Network(dt=0.1, seed=1)
    group = net.add(1, Neuron.from_cell(REFRACTORY, "counter"), name="c")
    group.dt_ref = n_frozen * 0.1
    net.record(group, ["v", "u"])

    net.simulate(4 * (4 + n_frozen) * 0.1)

    period = [1, 2, 3, 0, *n_frozen * [0]]
    assert net.traces["c"]["v"][:, 0].tolist() == 4 * period
    u = [sum(k > 0 for k in [1, 2, 3, 4, *n_frozen * [0]][: i + 1]) for i in range(len(period))]
    assert net.traces["c"]["u"][: len(period), 0].tolist() == u
    spikes = net.spikes["c"]["time"].to_numpy()
    np.testing.assert_allclose(spikes, 0.1 * (3 + (4 + n_frozen) * np.arange(4)), atol=1e-12)


def test_conductances_go_on_during_the_refractory_period():
    net = Network(dt=0.1, seed=1)
    group = net.add(1, Neuron.from_cell(REFRACTORY, "counter"), name="c")
    group.dt_ref = 5.0
    group.g_exc = 2.0
    net.record(group, ["v", "g_exc"])

    net.simulate(3)

    np.testing.assert_array_equal(net.traces["c"]["v"][3:, 0], 0.0)
    expected = 2 * np.exp(-net.traces["c"].times)
    np.testing.assert_allclose(net.traces["c"]["g_exc"][:, 0], expected, rtol=1e-12)


def test_reset_may_change_the_refractory_period():
    text = """
    pause = 0.1 : init = 0.1
    v = v + 1
    spike: v > 1
    reset:
        v = 0
        pause = 2*pause
    refractory: pause
    """
    net = Network(dt=0.1, seed=1)
    group = net.add(1, Neuron.from_cell(text.replace("pause = 0.1 :", "pause = pause :"), "slow"))

    net.simulate(5)

    steps = np.rint(net.spikes[group.name]["time"] / 0.1).astype(int)
    assert np.diff(steps).tolist()[:3] == [4, 6, 10]


def test_equations_are_solved_together_and_assignments_in_order():
    text = """
    dx/dt = -y : init = 1, explicit
    dy/dt = x : init = 0, explicit
    after = x + y
    r = 2*after
    """
    net = Network(dt=0.5, seed=1)
    group = net.add(1, Neuron.from_cell(text, "circle"))

    net.step(2)

    # Euler by hand: (1, 0) -> (1, 0.5) -> (0.75, 1).
    assert (group.x[0], group.y[0]) == (0.75, 1.0)
    assert (group.after[0], group.r[0]) == (1.75, 3.5)


def test_bounds_hold_after_every_equation():
    text = """
    up = up + 3 : init = 0, max = 5
    down = down - 3 : init = 0, min = -4
    r = up - down
    """
    net = Network(dt=1, seed=1)
    group = net.add(1, Neuron.from_cell(text, "bounded"))
    seen = []

    for _ in range(3):
        net.step()
        seen.append((group.up[0], group.down[0], group.r[0]))

    assert seen == [(3, -3, 6), (5, -4, 9), (5, -4, 9)]


def test_population_wide_equation_is_one_value():
    text = """
    a = 2 : population
    total = total + a : population, init = 1
    r = r + total
    """
    net = Network(dt=1, seed=1)
    group = net.add(200, Neuron.from_cell(text, "shared"))

    net.step(3)

    assert group.total == 7
    np.testing.assert_array_equal(group.r, 3 + 5 + 7)


def test_time_of_the_previous_spike_is_known():
    text = """
    r = r + 1
    seen = t - t_last
    spike: modulo(r, 4) == 0
    """
    net = Network(dt=0.5, seed=1)
    group = net.add(1, Neuron.from_cell(text, "clock"), name="c")
    net.record(group, "seen")

    net.simulate(6)

    # Spikes at steps 3, 7, 11; the times are those of the steps.
    seen = net.traces["c"]["seen"][:, 0]
    assert net.spikes["c"]["time"].tolist() == [1.5, 3.5, 5.5]
    np.testing.assert_allclose(seen[4:12], [0.5, 1.0, 1.5, 2.0, 0.5, 1.0, 1.5, 2.0])
    assert seen[0] > 1000
