"""Neurons of the library written a second time, as slopes for an adaptive solver.

States begin with the potential; currents and times are those of the library's parameters.
"""

import math
import re

from snnlab import Neuron, library


def rk4(name):
    """A model of the library with all its equations solved by rk4."""
    lines = []
    for line in library.text(name).splitlines():
        if re.search(r"d\w+/dt\s*=", line):
            equation, _, flags = line.partition("  : ")
            kept = [f for f in flags.split(", ") if f.startswith("init")]
            line = f"{equation} : {', '.join([*kept, 'rk4'])}"
        lines.append(line)
    return Neuron.from_cell("\n".join(lines), name)


def leaky(_, state, current):
    return [(0.0 - state[0] + current) / 10]


def hodgkin_huxley(_, state, current=10.0):
    v, m, h, n = state
    a_m = 0.1 * (v + 40) / (1 - math.exp(-(v + 40) / 10))
    a_n = 0.01 * (v + 55) / (1 - math.exp(-(v + 55) / 10))
    a_h, b_h = 0.07 * math.exp(-(v + 65) / 20), 1 / (1 + math.exp(-(v + 35) / 10))
    b_m, b_n = 4 * math.exp(-(v + 65) / 18), 0.125 * math.exp(-(v + 65) / 80)
    currents = 120 * m**3 * h * (v - 50) + 36 * n**4 * (v + 77) + 0.3 * (v + 54.387)
    return [
        current - currents,
        a_m * (1 - m) - b_m * m,
        a_h * (1 - h) - b_h * h,
        a_n * (1 - n) - b_n * n,
    ]


def adex(_, state, current):
    v, w = state
    onset = 3.48 * math.exp((v + 59.9) / 3.48)
    return [(-65 - v + onset + current - w) / 10, ((v + 65) - w) / 30]


def izhikevich(_, state, current):
    v, u = state
    return [0.04 * v**2 + 5 * v + 140 - u + current, 0.02 * (0.2 * v - u)]
