"""Non-linear neurons against an adaptive solver: potentials to 1e-6 mV, spikes to a step."""

import math
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from snnlab.model.neuron import Neuron
from snnlab.network.network import Network

DT = 0.01  # ms

ADEX = """
I = 65
20*dv/dt = -70 - v + 2*exp((v + 50)/2) + I - w : init = -70, rk4
100*dw/dt = 0.5*(v + 70) - w : init = 0, rk4
spike: v > -40
reset:
    v = -58
    w += 7
"""
IZHIKEVICH = """
I = 10
dv/dt = 0.04*v**2 + 5*v + 140 - u + I : init = -70, rk4
du/dt = 0.02*(0.2*v - u) : init = -14, rk4
spike: v > 30
reset:
    v = -65
    u += 8
"""
HODGKIN_HUXLEY = """
I = 10
dv/dt = I - 120*m**3*h*(v - 50) - 36*n**4*(v + 77) - 0.3*(v + 54.4) : init = -65, rk4
dm/dt = 0.1*(v + 40)/(1 - exp(-(v + 40)/10))*(1 - m) - 4*exp(-(v + 65)/18)*m : init = 0.05, rk4
dh/dt = 0.07*exp(-(v + 65)/20)*(1 - h) - h/(1 + exp(-(v + 35)/10)) : init = 0.6, rk4
dn/dt = 0.01*(v + 55)/(1 - exp(-(v + 55)/10))*(1 - n) - 0.125*exp(-(v + 65)/80)*n : init = 0.32, rk4
above = (1 if v > 0 else 0)
was = before
before = above
spike: above > 0.5 and was < 0.5
"""


def adex(t, y):
    v, w = y
    dv = (-70 - v + 2 * math.exp((v + 50) / 2) + 65 - w) / 20
    return [dv, (0.5 * (v + 70) - w) / 100]


def izhikevich(t, y):
    v, u = y
    return [0.04 * v**2 + 5 * v + 140 - u + 10, 0.02 * (0.2 * v - u)]


def hodgkin_huxley(t, y):
    v, m, h, n = y
    alpha_m = 0.1 * (v + 40) / (1 - math.exp(-(v + 40) / 10))
    alpha_n = 0.01 * (v + 55) / (1 - math.exp(-(v + 55) / 10))
    return [
        10 - 120 * m**3 * h * (v - 50) - 36 * n**4 * (v + 77) - 0.3 * (v + 54.4),
        alpha_m * (1 - m) - 4 * math.exp(-(v + 65) / 18) * m,
        0.07 * math.exp(-(v + 65) / 20) * (1 - h) - h / (1 + math.exp(-(v + 35) / 10)),
        alpha_n * (1 - n) - 0.125 * math.exp(-(v + 65) / 80) * n,
    ]


@dataclass
class Crossing:
    """Where the potential rises above a threshold; the solver stops there."""

    threshold: float
    terminal: bool = True
    direction: int = 1

    def __call__(self, t, y):
        return y[0] - self.threshold


def solve(slope, start, threshold, reset, duration):
    """Spike times, and the solution up to the first spike at the ends of the steps."""

    crossing = Crossing(threshold)
    options = {"rtol": 1e-11, "atol": 1e-11, "method": "DOP853", "events": crossing}
    spikes, first, t, y = [], None, 0.0, start
    while True:
        solution = solve_ivp(slope, (t, duration), y, dense_output=True, **options)
        if first is None:
            times = np.arange(1, int(solution.t[-1] / DT) + 1) * DT
            first = solution.sol(times)[0]
        if not len(solution.t_events[0]):
            return np.array(spikes), first
        t = solution.t_events[0][0]
        spikes.append(t)
        y = reset(solution.y_events[0][0])
        if reset is unchanged:  # leave the threshold behind
            away = solve_ivp(slope, (t, t + 0.5), y, rtol=1e-11, atol=1e-11, method="DOP853")
            t, y = t + 0.5, away.y[:, -1]


def unchanged(y):
    return y


@pytest.mark.parametrize(
    ("text", "slope", "start", "upstroke", "threshold", "reset", "duration", "n_spikes"),
    [
        (ADEX, adex, [-70, 0], -45, -40, lambda y: [-58, y[1] + 7], 300, 3),
        (IZHIKEVICH, izhikevich, [-70, -14], 0, 30, lambda y: [-65, y[1] + 8], 300, 5),
        (HODGKIN_HUXLEY, hodgkin_huxley, [-65, 0.05, 0.6, 0.32], -40, 0, unchanged, 100, 5),
    ],
    ids=["AdEx", "Izhikevich", "Hodgkin-Huxley"],
)
def test_neuron_follows_the_adaptive_solver(
    text, slope, start, upstroke, threshold, reset, duration, n_spikes
):
    expected, potential = solve(slope, start, threshold, reset, duration)
    net = Network(dt=DT, seed=1)
    group = net.add(1, Neuron.from_cell(text, "neuron"), name="N")
    net.record(group, "v")

    net.simulate(duration)

    # In the upstroke of a spike the potential changes by millivolts a step.
    before = np.flatnonzero(potential < upstroke)
    assert len(before) > 100
    trace = net.traces["N"]["v"][before, 0]
    np.testing.assert_allclose(trace, potential[before], rtol=0, atol=1e-6)
    # A spike waits for the end of its step, and the reset with it: a step late each time.
    spikes = net.spikes["N"]["time"].to_numpy() + DT
    assert len(spikes) == len(expected) >= n_spikes
    late = spikes - expected
    assert (late > -1e-9).all()
    assert (late < DT * (1 + 3 * np.arange(len(late))) + 1e-9).all()
