"""snnlab's side: any network of the benchmarks.

``python -m benchmarks.sides.snnlab_side NETWORK THREADS DTYPE``
"""

from __future__ import annotations

import sys
import time
from typing import Any, Literal

import numpy as np

import snnlab
from benchmarks import networks as facts
from benchmarks.sides.protocol import Answer, serve
from snnlab import AllToAll, FixedProbability, FixedTotal, Normal, PoissonInput, Uniform

CONDUCTANCE = """
tau_m = {tau_m} ms
tau_exc = {tau_exc} ms
tau_inh = {tau_inh} ms
E_L = {e_l} mV
E_exc = {e_exc} mV
E_inh = {e_inh} mV
V_th = {v_th} mV
V_reset = {v_reset} mV
I = {drive} mV

tau_m * dv/dt = E_L - v + g_exc * (E_exc - v) + g_inh * (E_inh - v) + I
tau_exc * dg_exc/dt = -g_exc
tau_inh * dg_inh/dt = -g_inh

spike: v > V_th
reset: v = V_reset
refractory: {t_ref} ms
"""
CURRENT = """
tau_m = {tau_m} ms
tau_exc = {tau_exc} ms
tau_inh = {tau_inh} ms
E_L = {e_l} mV
V_th = {v_th} mV
V_reset = {v_reset} mV

tau_m * dv/dt = E_L - v + g_exc + g_inh
tau_exc * dg_exc/dt = -g_exc
tau_inh * dg_inh/dt = -g_inh

spike: v > V_th
reset: v = V_reset
refractory: {t_ref} ms
"""
# A potential above the threshold is no second spike for the time t_ref; the currents flow on.
HODGKIN_HUXLEY = """
C_m = {c_m} pF
g_L = {g_l} nS
g_Na = {g_na} nS
g_K = {g_k} nS
E_L = {e_l} mV
E_Na = {e_na} mV
E_K = {e_k} mV
V_T = {v_t} mV
E_exc = {e_exc} mV
E_inh = {e_inh} mV
tau_exc = {tau_exc} ms
tau_inh = {tau_inh} ms
V_th = {v_th} mV
t_ref = {t_ref} ms
held = t_ref - dt / 2

am(u) = 1.28 / exprel((13 - u) / 4) / 1 ms
bm(u) = 1.4 / exprel((u - 40) / 5) / 1 ms
ah(u) = 0.128 * exp((17 - u) / 18) / 1 ms
bh(u) = 4 / (1 + exp((40 - u) / 5)) / 1 ms
an(u) = 0.16 / exprel((15 - u) / 5) / 1 ms
bn(u) = 0.5 * exp((10 - u) / 40) / 1 ms

C_m * dv/dt = g_L * (E_L - v) + g_exc * (E_exc - v) + g_inh * (E_inh - v)
    + g_Na * m^3 * h * (E_Na - v) + g_K * n^4 * (E_K - v) : exponential
dm/dt = am((v - V_T) / 1 mV) * (1 - m) - bm((v - V_T) / 1 mV) * m : exponential
dn/dt = an((v - V_T) / 1 mV) * (1 - n) - bn((v - V_T) / 1 mV) * n : exponential
dh/dt = ah((v - V_T) / 1 mV) * (1 - h) - bh((v - V_T) / 1 mV) * h : exponential
tau_exc * dg_exc/dt = -g_exc
tau_inh * dg_inh/dt = -g_inh

spike: v > V_th and t - t_last > held
"""
DELTA = """
tau_m = {tau_m} ms
V_th = {v_th} mV
V_reset = {v_reset} mV

v = v * exp(-dt / tau_m) + g_exc

spike: v > V_th
reset: v = V_reset
refractory: {t_ref} ms
"""
PLASTIC = """
tau_m = {tau_m} ms
tau_exc = {tau_exc} ms
E_L = {e_l} mV
E_exc = {e_exc} mV
V_th = {v_th} mV
V_reset = {v_reset} mV

tau_m * dv/dt = E_L - v + g_exc * (E_exc - v) : explicit, init = {v_reset}
tau_exc * dg_exc/dt = -g_exc : explicit

spike: v > V_th
reset: v = V_reset
"""
STDP = """
tau_plus = {tau_plus} ms
tau_minus = {tau_minus} ms
w_max = {w_max}
A_plus = {a_plus}
A_minus = {a_minus}

tau_plus * dx/dt = -x : event-driven
tau_minus * dy/dt = -y : event-driven

pre_spike:
    g_target += w
    x += A_plus * w_max
    w = clip(w - y, 0, w_max)
post_spike:
    y += A_minus * w_max
    w = clip(w + x, 0, w_max)
"""
RATES = """
tau = {tau} ms
tau * dx/dt = -x + sum(rec) : explicit
r = tanh(x)
"""
MICROCIRCUIT = """
C_m = {c_m} pF
tau_m = {tau_m} ms
tau_syn = {tau_syn} ms
E_L = {e_l} mV
V_th = {v_th} mV
I = 0 pA

dv/dt = (E_L - v) / tau_m + (g_syn + I) / C_m
tau_syn * dg_syn/dt = -g_syn

spike: v > V_th
reset: v = E_L
refractory: {t_ref} ms
"""


def numbers(network: facts.Network) -> dict[str, Any]:
    """Every number of the network by name, to be put in the text of a model."""
    return {name: getattr(network, name) for name in dir(network) if not name.startswith("_")}


def neuron(text: str, network: facts.Network) -> snnlab.Neuron:
    return snnlab.Neuron.from_cell(text.format(**numbers(network)), network.kind)


def balanced(net: snnlab.Network, network: facts.Balanced, text: str) -> tuple[Any, Any]:
    """Two populations, each joined with both."""
    model = neuron(text, network)
    exc = net.add(network.n_excitatory, model, name="E")
    inh = net.add(network.n_inhibitory, model, name="I")
    rule = FixedProbability(network.probability, self_connections=True)
    if isinstance(network, facts.Delta):
        weights, delay, inhibition = (network.j, -network.g * network.j), network.delay, "exc"
    else:
        assert isinstance(network, facts.Conductance | facts.Current | facts.HodgkinHuxley)
        weights, delay, inhibition = (network.w_exc, network.w_inh), None, "inh"
    net.connect(exc, [exc, inh], "exc", rule, weight=weights[0], delay=delay)
    net.connect(inh, [exc, inh], inhibition, rule, weight=weights[1], delay=delay)
    return exc, inh


def fill(net: snnlab.Network, network: facts.Network) -> None:
    """The populations and projections of ``network``."""
    match network:
        case facts.Conductance():
            for group in balanced(net, network, CONDUCTANCE):
                group.v = Uniform(network.v_reset, network.v_th)
        case facts.Current():
            for group in balanced(net, network, CURRENT):
                group.v = Uniform(network.v_reset, network.v_th)
        case facts.HodgkinHuxley():
            for group in balanced(net, network, HODGKIN_HUXLEY):
                group.v = Normal(*network.v_start)
                group.g_exc = Normal(*network.g_exc_start)
                group.g_inh = Normal(*network.g_inh_start)
        case facts.Delta():
            rate, n = network.external_rate, network.n_external
            for group in balanced(net, network, DELTA):
                group.v = Uniform(0, network.v_th)
                net.drive(group, "exc", rate=rate, n=n, weight=network.j)
        case facts.Plastic():
            sources = net.add(network.n_sources, PoissonInput(network.rate), name="sources")
            neurons = net.add(network.n, neuron(PLASTIC, network), name="neurons")
            rule = snnlab.Synapse.from_cell(STDP.format(**numbers(network)), "STDP")
            weights = Uniform(0, network.w_max)
            net.connect(sources, neurons, "exc", AllToAll(), weight=weights, synapse=rule)
        case facts.Rates():
            units = net.add(network.n, neuron(RATES, network), name="units")
            units.x = Normal(0, network.x_start)
            units.r = np.tanh(units.x)
            weights = Normal(0, network.gain / np.sqrt(network.n))
            net.connect(units, units, "rec", AllToAll(self_connections=True), weight=weights)
        case facts.Microcircuit():
            microcircuit(net, network)


def microcircuit(net: snnlab.Network, network: facts.Microcircuit) -> None:
    model = neuron(MICROCIRCUIT, network)
    groups = []
    for k, (name, size) in enumerate(zip(facts.POPULATIONS, network.sizes, strict=True)):
        group = net.add(size, model, name=name)
        group.v = Normal(facts.START_MEAN[k], facts.START_SD[k])
        degree, weight = network.external_degree(k), network.external_weight
        net.drive(group, "syn", rate=network.background, n=degree, weight=weight)
        group.I = network.current(k)
        groups.append(group)
    for a, post in enumerate(groups):
        for b, pre in enumerate(groups):
            if not network.counts[a][b]:
                continue
            mean, delay = network.weight(a, b), network.delays[b % 2]
            low, high = (0, np.inf) if mean > 0 else (-np.inf, 0)
            net.connect(
                pre,
                post,
                "syn",
                FixedTotal(network.counts[a][b], self_connections=True, multapses=True),
                weight=Normal(mean, network.weight_sd * abs(mean), low, high),
                delay=Normal(delay, network.delay_sd * delay, network.dt / 2),
            )


def n_spikes(net: snnlab.Network, network: facts.Network) -> int:
    return sum(len(net.spikes[name]) for name in net.spikes if name != "sources")


def rate(net: snnlab.Network, network: facts.Network, spikes: int, seconds: float) -> float:
    """Hz; of a rate network the root mean square of its rates."""
    if isinstance(network, facts.Rates):
        return float(np.sqrt(np.mean(net.populations["units"].r ** 2)))
    n = sum(p.size for p in net.populations.values() if p.name != "sources")
    return spikes / n / seconds


def bytes_a_synapse(net: snnlab.Network) -> float:
    """What the network's own account says of its synapses, over their number."""
    own = sum(item.nbytes for item in net.memory().items if item.owner in net.projections)
    return own / max(1, sum(p.size for p in net.projections.values()))


def main() -> None:
    name, threads, dtype = sys.argv[1:]
    network = facts.named(name)
    start = time.perf_counter()
    real: Literal["float64", "float32"] = "float32" if dtype == "float32" else "float64"
    net = snnlab.Network(dt=network.dt, seed=1, threads=int(threads), dtype=real)
    try:
        fill(net, network)
        net.build()
    except snnlab.NetworkError as error:  # its table would hide what it says
        sys.exit(str(error).partition("\n")[0])
    built = time.perf_counter() - start

    def run(seconds: float) -> Answer:
        before = n_spikes(net, network)
        start = time.perf_counter()
        net.simulate(1000 * seconds)
        wall = time.perf_counter() - start
        spikes = n_spikes(net, network) - before
        return {"seconds": wall, "rate": rate(net, network, spikes, seconds)}

    serve({"build": built, "bytes": bytes_a_synapse(net)}, run)


if __name__ == "__main__":
    main()
