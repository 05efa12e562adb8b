"""Four published networks, as the simulators ran them that made data/network_statistics.npz."""

import numpy as np

from snnlab.model.neuron import Neuron
from snnlab.network.connectors import FixedProbability, FixedTotal, FromPairs
from snnlab.network.distributions import Normal, Uniform
from snnlab.network.network import Network

# Brian2 keeps the potential still for one step less than the refractory time; NEST does not.

CUBA = """
tau_m * dv/dt = E_L - v + g_exc + g_inh
tau_e * dg_exc/dt = -g_exc
tau_i * dg_inh/dt = -g_inh
tau_m = 20 ms
tau_e = 5 ms
tau_i = 10 ms
E_L = -49 mV
spike: v > -50 mV
reset: v = -60 mV
refractory: 4.9 ms
"""

COBA = """
tau_m * dv/dt = E_L - v + g_exc * (E_e - v) + g_inh * (E_i - v) + I
tau_e * dg_exc/dt = -g_exc
tau_i * dg_inh/dt = -g_inh
tau_m = 20 ms
tau_e = 5 ms
tau_i = 10 ms
E_L = -60 mV
E_e = 0 mV
E_i = -80 mV
I = 20 mV
spike: v > -50 mV
reset: v = -60 mV
refractory: 4.9 ms
"""

BRUNEL = """
tau_m = 20 ms
J = 0.1 mV
v += g_exc + J * Binomial(800, 0.0025)   # before the leak: Brian2 tests the threshold first
tau_m * dv/dt = -v
spike: v > 20 mV
reset: v = 10 mV
refractory: 1.9 ms
"""

MICROCIRCUIT = """
C_m = 250 pF
tau_m = 10 ms
tau_syn = 0.5 ms
E_L = -65 mV
I = 0 pA
w_ext = 277.675 pA
k_ext = 0.1                  # mean number of outer spikes in a step
C_m * dv/dt = C_m / tau_m * (E_L - v) + g_syn + I
tau_syn * dg_syn/dt = -g_syn
g_syn += w_ext * Poisson(k_ext)
spike: v > -50 mV
reset: v = E_L
refractory: 2 ms
"""


def balanced(text, weights, seed):
    """CUBA or COBA on the connectivity that the reference runs share; v(0) is drawn."""
    net = Network(dt=0.1, seed=seed)
    neuron = Neuron.from_cell(text, "balanced")
    populations = [net.add(3200, neuron, name="E"), net.add(800, neuron, name="I")]
    rng = np.random.default_rng(7)
    for pre, target, weight in zip(populations, ("exc", "inh"), weights, strict=True):
        sources, targets = np.nonzero(rng.random((pre.size, 4000)) < 0.02)
        for post, first in zip(populations, (0, 3200), strict=True):
            mine = (targets >= first) & (targets < first + post.size)
            pairs = FromPairs(sources[mine], targets[mine] - first)
            net.connect(pre, post, target, pairs, weight=weight)
    for population in populations:
        population.v = Uniform(-60, -50)
    return net


def cuba(seed):
    """Vogels & Abbott (2005), current-based: Brette et al. (2007), benchmark 2."""
    return balanced(CUBA, (1.62, -9.0), seed)


def coba(seed):
    """Vogels & Abbott (2005), conductance-based: Brette et al. (2007), benchmark 1."""
    return balanced(COBA, (0.6, 6.7), seed)


def brunel(seed):
    """Brunel (2000), model A: 10,000 neurons, g = 5, external rate twice the threshold's."""
    net = Network(dt=0.1, seed=seed)
    neuron = Neuron.from_cell(BRUNEL, "brunel")
    populations = [net.add(8000, neuron, name="E"), net.add(2000, neuron, name="I")]
    rule = FixedProbability(0.1, self_connections=True)
    for pre, weight in zip(populations, (0.1, -0.5), strict=True):
        net.connect(pre, populations, "exc", rule, weight=weight, delay=1.5)
    for population in populations:
        population.v = Uniform(0, 20)
    return net


# Potjans & Diesmann (2014), Cereb. Cortex 24, 785-806, tables 1 and 5, at 10 % of neurons and
# in-degrees; the direct current gives back the mean input lost by that. Rows are targets.
LAYERS = ("L23E", "L23I", "L4E", "L4I", "L5E", "L5I", "L6E", "L6I")
SIZES = (2068, 583, 2192, 548, 485, 106, 1440, 295)
OUTER_RATES = (1280, 1200, 1680, 1520, 1600, 1520, 2320, 1680)  # Hz
CURRENTS = (29.035, 112.371, 112.970, 114.990, 125.418, 151.684, 43.847, 153.710)  # pA
FIRST_V = (  # mV: mean, standard deviation
    (-68.28, 5.36),
    (-63.16, 4.57),
    (-63.33, 4.74),
    (-63.45, 4.94),
    (-63.11, 4.94),
    (-61.66, 4.55),
    (-66.72, 5.46),
    (-61.43, 4.48),
)
N_SYNAPSES = (
    (454998, 223236, 202536, 96709, 32936, 0, 22714, 0),
    (174437, 50188, 41053, 16901, 22212, 0, 3535, 0),
    (35037, 7566, 244828, 174136, 7145, 70, 146244, 0),
    (81143, 928, 99335, 52233, 878, 0, 88109, 0),
    (106136, 18171, 55078, 1519, 20407, 24079, 14390, 0),
    (12414, 1694, 6077, 129, 3196, 4304, 1324, 0),
    (46812, 5561, 67276, 13202, 41122, 3050, 83726, 108277),
    (22608, 172, 2200, 81, 4016, 252, 28884, 13543),
)
WEIGHT = 277.675  # pA


def microcircuit(seed):
    """A tenth of Potjans & Diesmann's cortical microcircuit."""
    net = Network(dt=0.1, seed=seed)
    neuron = Neuron.from_cell(MICROCIRCUIT, "microcircuit")
    populations = [
        net.add(size, neuron, name=name) for name, size in zip(LAYERS, SIZES, strict=True)
    ]
    for population, rate, current, (mean, sd) in zip(
        populations, OUTER_RATES, CURRENTS, FIRST_V, strict=True
    ):
        population.k_ext, population.I = rate * net.dt / 1000, current
        population.v = Normal(mean, sd)
    for post, row in zip(populations, N_SYNAPSES, strict=True):
        for pre, n in zip(populations, row, strict=True):
            if n:
                net.connect(
                    pre,
                    post,
                    "syn",
                    FixedTotal(n, self_connections=True, multapses=True),
                    weight=_weight(pre.name, post.name),
                    delay=_delay(pre.name),
                )
    return net


def _weight(pre, post):
    if pre.endswith("I"):
        return Normal(-4 * WEIGHT, 0.4 * WEIGHT, high=0)
    mean = (2 if (pre, post) == ("L4E", "L23E") else 1) * WEIGHT
    return Normal(mean, 0.1 * mean, low=0)


def _delay(pre):
    mean = 1.5 if pre.endswith("E") else 0.75
    return Normal(mean, mean / 2, low=0.0501)  # ms; at least one step once rounded
