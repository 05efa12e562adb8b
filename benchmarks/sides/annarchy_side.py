"""ANNarchy's side: its equations, compiled to C++ with OpenMP.

``python -m benchmarks.sides.annarchy_side NETWORK THREADS DTYPE`` in an environment that has it.
"""

from __future__ import annotations

import math
import sys
import time
from typing import Any

import ANNarchy as ann  # noqa: N813 (its own convention)
import numpy as np

from benchmarks import networks as facts
from benchmarks.places import BUILD, file_name
from benchmarks.sides.protocol import Answer, serve

CONDUCTANCE = """
tau_m * dv/dt = (e_l - v) + g_exc * (e_exc - v) + g_inh * (e_inh - v) + drive : exponential
tau_exc * dg_exc/dt = -g_exc : exponential
tau_inh * dg_inh/dt = -g_inh : exponential
"""
CURRENT = """
tau_m * dv/dt = (e_l - v) + g_exc + g_inh : exponential
tau_exc * dg_exc/dt = -g_exc : exponential
tau_inh * dg_inh/dt = -g_inh : exponential
"""
HODGKIN_HUXLEY = """
am = 0.32 * (13.0 - v + v_t) / (exp((13.0 - v + v_t) / 4.0) - 1.0)
bm = 0.28 * (v - v_t - 40.0) / (exp((v - v_t - 40.0) / 5.0) - 1.0)
ah = 0.128 * exp((17.0 - v + v_t) / 18.0)
bh = 4.0 / (1.0 + exp((40.0 - v + v_t) / 5.0))
an = 0.032 * (15.0 - v + v_t) / (exp((15.0 - v + v_t) / 5.0) - 1.0)
bn = 0.5 * exp((10.0 - v + v_t) / 40.0)
dm/dt = am * (1.0 - m) - bm * m : exponential
dn/dt = an * (1.0 - n) - bn * n : exponential
dh/dt = ah * (1.0 - h) - bh * h : exponential
c_m * dv/dt = gl * (e_l - v) + g_exc * (e_exc - v) + g_inh * (e_inh - v) - gna * m * m * m * h * (v - e_na) - gk * n * n * n * n * (v - e_k) : exponential
tau_exc * dg_exc/dt = -g_exc : exponential
tau_inh * dg_inh/dt = -g_inh : exponential
since = ite(since > 0.0, since - dt, 0.0)
seen = ite(since > 0.0, -100.0, v)
"""  # noqa: E501
DELTA = """
outside = Binomial({n}, {p:.10f})
v = decay * v + jump * outside + g_exc - g_inh
"""
PLASTIC = """
tau_m * dv/dt = (e_l - v) + g_exc * (e_exc - v)
tau_exc * dg_exc/dt = -g_exc
"""
RATES = """
tau * dx/dt = -x + sum(rec)
r = tanh(x)
"""
MICROCIRCUIT = """
outside = Binomial({n}, {p:.10f})
tau_m * dv/dt = (e_l - v) + tau_m / c_m * (g_syn + i_0) : exponential
tau_syn * dg_syn/dt = -g_syn + w_ext * outside * tau_syn / dt : exponential
"""


def parameters(network: facts.Network, *names: str) -> dict[str, float]:
    return {name: float(getattr(network, name)) for name in names}


def joined(
    net: Any, network: facts.Balanced, neurons: Any, weights: tuple[float, float], **options
):
    n = network.n_excitatory
    for group, target, weight in (
        (neurons[:n], "exc", weights[0]),
        (neurons[n:], "inh", weights[1]),
    ):
        synapses = net.connect(group, neurons, target)
        synapses.fixed_probability(
            probability=network.probability, weights=weight, allow_self_connections=True, **options
        )


def build(net: Any, network: facts.Network) -> Any:
    """The network; the neurons whose rate is measured."""
    reset = {"spike": "v > v_th", "reset": "v = v_reset"}
    shared = ("e_l", "v_th", "v_reset", "tau_m", "tau_exc")
    match network:
        case facts.Conductance():
            numbers = parameters(network, *shared, "tau_inh", "e_exc", "e_inh", "drive")
            model = ann.Neuron(numbers, CONDUCTANCE, **reset, refractory=network.t_ref)
            neurons = net.create(geometry=network.n, neuron=model)
            neurons.v = ann.Uniform(network.v_reset, network.v_th)
            joined(net, network, neurons, (network.w_exc, network.w_inh))
        case facts.Current():
            numbers = parameters(network, *shared, "tau_inh")
            model = ann.Neuron(numbers, CURRENT, **reset, refractory=network.t_ref)
            neurons = net.create(geometry=network.n, neuron=model)
            neurons.v = ann.Uniform(network.v_reset, network.v_th)
            joined(net, network, neurons, (network.w_exc, network.w_inh))
        case facts.HodgkinHuxley():
            names = ("e_l", "e_k", "e_na", "c_m", "v_t", "e_exc", "e_inh", "tau_exc", "tau_inh")
            numbers = parameters(network, *names)
            numbers |= {"gl": network.g_l, "gna": network.g_na, "gk": network.g_k}
            spike = f"seen > {network.v_th}"
            reset = {"spike": spike, "reset": f"since = {network.t_ref}"}
            neurons = net.create(
                geometry=network.n, neuron=ann.Neuron(numbers, HODGKIN_HUXLEY, **reset)
            )
            neurons.v = ann.Normal(*network.v_start)
            neurons.g_exc = ann.Normal(*network.g_exc_start)
            neurons.g_inh = ann.Normal(*network.g_inh_start)
            joined(net, network, neurons, (network.w_exc, network.w_inh))
        case facts.Delta():
            numbers = parameters(network, "v_th", "v_reset") | {"jump": network.j}
            numbers["decay"] = math.exp(-network.dt / network.tau_m)
            n = network.n_external
            text = DELTA.format(n=n, p=network.external_spikes / n)
            model = ann.Neuron(numbers, text, **reset, refractory=network.t_ref)
            neurons = net.create(geometry=network.n, neuron=model)
            neurons.v = ann.Uniform(0.0, network.v_th)
            weights = (network.j, network.g * network.j)
            joined(net, network, neurons, weights, delays=network.delay)
        case facts.Plastic():
            model = ann.Neuron(parameters(network, *shared, "e_exc"), PLASTIC, **reset)
            sources = net.create(
                ann.PoissonPopulation(geometry=network.n_sources, rates=network.rate)
            )
            neurons = net.create(geometry=network.n, neuron=model)
            neurons.v = network.v_reset
            rule = ann.STDP(
                tau_plus=network.tau_plus,
                tau_minus=network.tau_minus,
                A_plus=network.a_plus,
                A_minus=network.a_minus,
                w_min=0.0,
                w_max=network.w_max,
            )
            synapses = net.connect(sources, neurons, "exc", rule)
            synapses.all_to_all(weights=ann.Uniform(0.0, network.w_max))
        case facts.Rates():
            neurons = net.create(
                geometry=network.n, neuron=ann.Neuron(parameters(network, "tau"), RATES)
            )
            neurons.x = ann.Normal(0.0, network.x_start)
            weights = ann.Normal(0.0, network.gain / math.sqrt(network.n))
            synapses = net.connect(neurons, neurons, "rec")
            synapses.all_to_all(
                weights=weights, allow_self_connections=True, storage_format="dense"
            )
        case facts.Microcircuit():
            neurons = microcircuit(net, network)
        case other:
            raise SystemExit(f"no network of kind '{other.kind}' here")
    return neurons


def microcircuit(net: Any, network: facts.Microcircuit) -> list[Any]:
    """Every pair with a chance that gives the numbers of synapses on average."""
    numbers = parameters(network, "c_m", "tau_m", "tau_syn", "e_l", "v_th")
    numbers |= {"w_ext": network.external_weight, "i_0": 0.0}
    groups = []
    for k, size in enumerate(network.sizes):
        text = MICROCIRCUIT.format(
            n=network.external_degree(k), p=network.background * network.dt / 1000
        )
        own = numbers | {"i_0": network.current(k)}
        model = ann.Neuron(own, text, spike="v > v_th", reset="v = e_l", refractory=network.t_ref)
        group = net.create(geometry=size, neuron=model)
        group.v = ann.Normal(facts.START_MEAN[k], facts.START_SD[k])
        groups.append(group)
    for a, post in enumerate(groups):
        for b, pre in enumerate(groups):
            mean, delay = network.weight(a, b), network.delays[b % 2]
            if not network.counts[a][b]:
                continue
            chance = network.counts[a][b] / (network.sizes[a] * network.sizes[b])
            limits = {"min": 0.0} if mean > 0 else {"max": 0.0}
            net.connect(pre, post, "syn").fixed_probability(
                probability=chance,
                weights=ann.Normal(mean, network.weight_sd * abs(mean), **limits),
                delays=ann.Normal(delay, network.delay_sd * delay, min=network.dt, max=12.7),
                allow_self_connections=True,
            )
    return groups


def main() -> None:
    name, threads, _ = sys.argv[1:]
    network = facts.named(name)
    start = time.perf_counter()
    ann.setup(dt=network.dt, num_threads=int(threads), seed=1)
    net = ann.Network()
    made = build(net, network)
    groups = made if isinstance(made, list) else [made]
    spiking = not isinstance(network, facts.Rates)
    monitors = [net.monitor(group, ["spike"]) for group in groups] if spiking else []
    net.compile(directory=str(BUILD / "annarchy" / file_name(name, threads)), silent=True)
    net.simulate(network.dt)
    built = time.perf_counter() - start

    def n_spikes() -> int:
        return sum(len(times) for one in monitors for times in one.get("spike").values())

    def run(seconds: float) -> Answer:
        n_spikes()  # those of earlier runs are dropped
        start = time.perf_counter()
        net.simulate(1000 * seconds)
        wall = time.perf_counter() - start
        if not spiking:
            return {"seconds": wall, "rate": float(np.sqrt(np.mean(groups[0].r ** 2)))}
        return {"seconds": wall, "rate": n_spikes() / sum(g.size for g in groups) / seconds}

    serve({"build": built}, run)


if __name__ == "__main__":
    main()
