"""Four published networks, as the simulators ran them that made data/network_statistics.npz."""

from typing import cast

import numpy as np

from benchmarks import networks
from benchmarks.networks import NETWORKS
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

# The input comes as one number a step, drawn in the equations.
MICROCIRCUIT = """
C_m * dv/dt = C_m / tau_m * (E_L - v) + g_syn + I
tau_syn * dg_syn/dt = -g_syn
g_syn += w_ext * Poisson(k_ext)
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


def microcircuit(seed):
    """A tenth of Potjans & Diesmann's cortical microcircuit."""
    facts = cast(networks.Microcircuit, NETWORKS["pd10"])
    net = Network(dt=facts.dt, seed=seed)
    numbers = {
        "C_m": facts.c_m,
        "tau_m": facts.tau_m,
        "tau_syn": facts.tau_syn,
        "E_L": facts.e_l,
        "V_th": facts.v_th,
        "w_ext": facts.external_weight,
        "I": 0.0,
        "k_ext": 0.0,
    }
    neuron = Neuron(
        parameters=numbers,
        equations=MICROCIRCUIT,
        spike="v > V_th",
        reset="v = E_L",
        refractory=facts.t_ref,
        name="microcircuit",
    )
    populations = []
    for k, name in enumerate(networks.POPULATIONS):
        population = net.add(facts.sizes[k], neuron, name=name)
        population.k_ext, population.I = facts.external_spikes(k), facts.current(k)
        population.v = Normal(networks.START_MEAN[k], networks.START_SD[k])
        populations.append(population)
    for a, post in enumerate(populations):
        for b, pre in enumerate(populations):
            if not facts.counts[a][b]:
                continue
            mean, delay = facts.weight(a, b), facts.delays[b % 2]
            low, high = (0, np.inf) if mean > 0 else (-np.inf, 0)
            net.connect(
                pre,
                post,
                "syn",
                FixedTotal(facts.counts[a][b], self_connections=True, multapses=True),
                weight=Normal(mean, facts.weight_sd * abs(mean), low, high),
                # At least one step once rounded.
                delay=Normal(delay, facts.delay_sd * delay, 0.501 * facts.dt),
            )
    return net
