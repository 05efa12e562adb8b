"""Rates over currents of LIF, AdEx, Izhikevich and Hodgkin-Huxley against an adaptive solver.

A spike is noted at the end of the step in which the threshold is crossed, and the reset is done
there. The reference keeps this rule; between the spikes it knows nothing of steps.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from reference_neurons import adex, hodgkin_huxley, izhikevich, leaky, rk4
from scipy.integrate import solve_ivp

from snnlab import Network

DT = 0.01  # ms
DURATION = 1000.0  # ms
STEPS_OF_UPSTROKE = 50
TOLERANCES = {"rtol": 1e-10, "atol": 1e-12, "method": "DOP853"}


@dataclass(frozen=True)
class Case:
    model: str  # of the library
    potential: str
    current: str
    currents: tuple[float, ...]
    slope: Callable
    start: tuple[float, ...]
    threshold: float
    reset: Callable | None  # None: the potential falls by itself


CASES = [
    Case("LIF", "V", "I", (15.0, 20.5, 21.0, 25.0, 40.0, 80.0), leaky, (-5.0,), 20.0,
         lambda s: [-5.0]),
    Case("AdExIF", "V", "I", (3.0, 8.0, 12.0, 20.0, 30.0, 50.0), adex, (-65.0, 0.0), -55.0,
         lambda s: [-68.0, s[1] + 1]),
    Case("Izhikevich", "v", "i_offset", (2.0, 4.5, 6.0, 10.0, 20.0), izhikevich, (-65.0, -13.0),
         30.0, lambda s: [-65.0, s[1] + 8]),
    Case("HH", "V", "I", (3.0, 8.0, 20.0), hodgkin_huxley,
         (-65.0, 0.0529325, 0.5961207, 0.3176769), 20.0, None),
]  # fmt: skip


def simulated(case):
    """Traces (time, current) and the steps of the spikes at each current."""
    net = Network(dt=DT, seed=1)
    population = net.add(len(case.currents), rk4(case.model), name="P")
    setattr(population, case.current, np.array(case.currents))
    net.record(population, [case.potential])
    net.simulate(DURATION)
    spikes = net.spikes["P"]
    steps = np.rint(spikes["time"].to_numpy() / DT).astype(int)
    neurons = spikes["neuron"].to_numpy()
    trace = net.traces["P"][case.potential]
    return trace, [steps[neurons == i] for i in range(len(case.currents))]


def reference(case, current):
    """Potential at the end of each step up to the first spike, and the steps of all spikes."""

    def crosses(_, state, *rest):
        return state[0] - case.threshold

    crosses.direction = 1  # pyright: ignore[reportFunctionMemberAccess]
    crosses.terminal = case.reset is not None  # pyright: ignore[reportFunctionMemberAccess]
    ends = np.arange(1, round(DURATION / DT) + 1) * DT
    trace, spikes, now, state = ends[:0], [], 0.0, np.array(case.start)
    while now < DURATION:
        solution = solve_ivp(
            case.slope, (now, DURATION), state, args=(current,), events=crosses,
            dense_output=len(trace) == 0, **TOLERANCES,
        )  # fmt: skip
        if len(trace) == 0:
            first = min([*solution.t_events[0], DURATION + DT])
            trace = solution.sol(ends[ends < first])[0]
        now, state = solution.t[-1], solution.y[:, -1]
        # A spike in the step from n dt to (n + 1) dt has the step n.
        spikes += [math.ceil(t / DT) - 1 for t in solution.t_events[0]]
        if case.reset is not None and now < DURATION:
            end = (spikes[-1] + 1) * DT
            state = solve_ivp(case.slope, (now, end), state, args=(current,), **TOLERANCES).y[:, -1]
            now, state = end, np.array(case.reset(state))
    return trace, np.array([s for s in spikes if s < round(DURATION / DT)], dtype=int)


@pytest.mark.parametrize("case", CASES, ids=[case.model for case in CASES])
def test_rates_over_currents_follow_an_adaptive_solver(case):
    traces, spikes = simulated(case)

    rates = []
    for i, current in enumerate(case.currents):
        expected, steps = reference(case, current)
        error = np.abs(traces[: len(expected), i] - expected)
        # In the upstroke the potential moves by 300 mV/ms, and 1e-7 ms of phase are 3e-5 mV: there
        # rk4 is as near as its order allows, a 16th at half the step.
        speed = np.abs(np.gradient(expected, DT))
        assert error[:-STEPS_OF_UPSTROKE].max() < 1e-6
        assert (error < 1e-6 + 2e-7 * speed).all()
        np.testing.assert_allclose(spikes[i], steps, atol=1)  # also: the same number
        rates.append(len(steps))
    assert rates == sorted(rates)
    assert rates[0] <= 1 < 25 < rates[-1]
