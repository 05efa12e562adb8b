"""NEST's side: its built-in models with the benchmarks' numbers.

``python -m benchmarks.sides.nest_side NETWORK THREADS DTYPE`` in an environment that has NEST.
Its conductance-based neurons use an adaptive Runge-Kutta method, which is more exact and slower.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import nest
import numpy as np

from benchmarks import networks as facts
from benchmarks.sides.protocol import Answer, serve

# Above this size pairs are not asked one by one: the mean in-degree is used instead.
MOST_PAIRS = 10_000 * 10_000


def joined(
    network: facts.Balanced, neurons: Any, weights: tuple[float, float], delay: float
) -> None:
    """Each fifth with its own weight, onto all."""
    n = network.n_excitatory
    for group, weight in ((neurons[:n], weights[0]), (neurons[n:], weights[1])):
        rule: dict[str, Any] = {"rule": "pairwise_bernoulli", "p": network.probability}
        if network.n**2 > MOST_PAIRS:
            degree = round(network.in_degree * len(group) / network.n)
            rule = {"rule": "fixed_indegree", "indegree": degree}
        nest.Connect(group, neurons, rule, {"weight": weight, "delay": delay})


def build(network: facts.Network) -> Any:
    """The network; the neurons whose rate is measured."""
    rng = np.random.default_rng(1)
    match network:
        case facts.Conductance():
            leak = 10.0  # nS, of which the weights are multiples
            neurons = nest.Create(
                "iaf_cond_exp",
                network.n,
                {
                    "C_m": leak * network.tau_m, "g_L": leak, "E_L": network.e_l,
                    "V_th": network.v_th, "V_reset": network.v_reset, "t_ref": network.t_ref,
                    "E_ex": network.e_exc, "E_in": network.e_inh, "I_e": leak * network.drive,
                    "tau_syn_ex": network.tau_exc, "tau_syn_in": network.tau_inh,
                },
            )  # fmt: skip
            neurons.V_m = rng.uniform(network.v_reset, network.v_th, network.n)
            weights = (leak * network.w_exc, -leak * network.w_inh)
            joined(network, neurons, weights, network.dt)
        case facts.Current():
            c_m = 200.0  # pF
            neurons = nest.Create(
                "iaf_psc_exp",
                network.n,
                {
                    "C_m": c_m, "tau_m": network.tau_m, "E_L": network.e_l, "I_e": 0.0,
                    "V_th": network.v_th, "V_reset": network.v_reset, "t_ref": network.t_ref,
                    "tau_syn_ex": network.tau_exc, "tau_syn_in": network.tau_inh,
                },
            )  # fmt: skip
            neurons.V_m = rng.uniform(network.v_reset, network.v_th, network.n)
            per_mv = c_m / network.tau_m
            weights = (per_mv * network.w_exc, per_mv * network.w_inh)
            joined(network, neurons, weights, network.dt)
        case facts.HodgkinHuxley():
            neurons = nest.Create(
                "hh_cond_exp_traub",
                network.n,
                {
                    "C_m": network.c_m, "g_L": network.g_l, "E_L": network.e_l,
                    "E_K": network.e_k, "E_Na": network.e_na, "g_Na": network.g_na,
                    "g_K": network.g_k, "V_T": network.v_t, "t_ref": network.t_ref,
                    "E_ex": network.e_exc, "E_in": network.e_inh,
                    "tau_syn_ex": network.tau_exc, "tau_syn_in": network.tau_inh,
                },
            )  # fmt: skip
            neurons.V_m = rng.normal(*network.v_start, network.n)
            joined(network, neurons, (network.w_exc, -network.w_inh), network.dt)
            start = nest.Create("spike_generator", params={"spike_times": [network.dt]})
            for sign, (mean, sd) in ((1, network.g_exc_start), (-1, network.g_inh_start)):
                # One spike at the start makes the conductances that the others begin with.
                values = sign * np.maximum(rng.normal(mean, sd, network.n), 0.0)
                weights = {"weight": values[:, np.newaxis], "delay": network.dt}
                nest.Connect(start, neurons, "all_to_all", weights)
        case facts.Delta():
            neurons = nest.Create(
                "iaf_psc_delta",
                network.n,
                {
                    "C_m": 1.0, "tau_m": network.tau_m, "E_L": 0.0, "I_e": 0.0,
                    "V_th": network.v_th, "V_reset": network.v_reset, "t_ref": network.t_ref,
                },
            )  # fmt: skip
            neurons.V_m = rng.uniform(0, network.v_th, network.n)
            joined(network, neurons, (network.j, -network.g * network.j), network.delay)
            rate = network.external_rate * network.n_external
            outside = nest.Create("poisson_generator", params={"rate": rate})
            nest.Connect(outside, neurons, syn_spec={"weight": network.j, "delay": network.delay})
        case facts.Plastic():
            neurons = plastic(network)
        case facts.Microcircuit():
            neurons = microcircuit(network, rng)
        case other:
            raise SystemExit(f"NEST has no built-in model for a network of kind '{other.kind}'.")
    return neurons


def plastic(network: facts.Plastic) -> Any:
    leak = 10.0  # nS
    neurons = nest.Create(
        "iaf_cond_exp",
        network.n,
        {
            "C_m": leak * network.tau_m, "g_L": leak, "E_L": network.e_l, "V_th": network.v_th,
            "V_reset": network.v_reset, "t_ref": 0.0, "E_ex": network.e_exc,
            "tau_syn_ex": network.tau_exc, "V_m": network.v_reset, "tau_minus": network.tau_minus,
        },
    )  # fmt: skip
    outside = nest.Create("poisson_generator", params={"rate": network.rate})
    sources = nest.Create("parrot_neuron", network.n_sources)
    nest.Connect(outside, sources)
    most = leak * network.w_max
    rule = {
        "synapse_model": "stdp_synapse", "weight": nest.random.uniform(0.0, most),
        "delay": network.dt, "lambda": network.a_plus, "Wmax": most, "mu_plus": 0.0,
        "mu_minus": 0.0, "alpha": network.a_minus / network.a_plus, "tau_plus": network.tau_plus,
    }  # fmt: skip
    nest.Connect(sources, neurons, "all_to_all", rule)
    return neurons


def microcircuit(network: facts.Microcircuit, rng: np.random.Generator) -> Any:
    groups = []
    for k, size in enumerate(network.sizes):
        group = nest.Create(
            "iaf_psc_exp",
            size,
            {
                "C_m": network.c_m, "tau_m": network.tau_m, "E_L": network.e_l,
                "V_th": network.v_th, "V_reset": network.e_l, "t_ref": network.t_ref,
                "tau_syn_ex": network.tau_syn, "tau_syn_in": network.tau_syn,
                "I_e": network.current(k),
            },
        )  # fmt: skip
        group.V_m = rng.normal(facts.START_MEAN[k], facts.START_SD[k], size)
        rate = network.background * network.external_degree(k)
        outside = nest.Create("poisson_generator", params={"rate": rate})
        weight = {"weight": network.external_weight, "delay": network.delays[0]}
        nest.Connect(outside, group, syn_spec=weight)
        groups.append(group)
    for a, post in enumerate(groups):
        for b, pre in enumerate(groups):
            n, mean, delay = network.counts[a][b], network.weight(a, b), network.delays[b % 2]
            if not n:
                continue
            limits = {"min": 0.0} if mean > 0 else {"max": 0.0}
            weights = nest.math.redraw(
                nest.random.normal(mean, network.weight_sd * abs(mean)),
                **({"min": -np.inf, "max": np.inf} | limits),
            )
            times = nest.math.redraw(
                nest.random.normal(delay, network.delay_sd * delay),
                min=network.dt / 2 + 1e-6,
                max=np.inf,
            )
            rule = {"rule": "fixed_total_number", "N": n}
            nest.Connect(pre, post, rule, {"weight": weights, "delay": times})
    whole = groups[0]
    for group in groups[1:]:
        whole = whole + group
    return whole


def main() -> None:
    name, threads, _ = sys.argv[1:]
    network = facts.named(name)
    start = time.perf_counter()
    nest.verbosity = nest.VerbosityLevel.ERROR
    nest.ResetKernel()
    nest.set(resolution=network.dt, local_num_threads=int(threads), rng_seed=1, print_time=False)
    neurons = build(network)
    recorder = nest.Create("spike_recorder")
    nest.Connect(neurons, recorder)
    nest.Simulate(network.dt)
    built = time.perf_counter() - start

    def run(seconds: float) -> Answer:
        recorder.n_events = 0
        start = time.perf_counter()
        nest.Simulate(1000 * seconds)
        wall = time.perf_counter() - start
        return {"seconds": wall, "rate": recorder.n_events / len(neurons) / seconds}

    serve({"build": built}, run)


if __name__ == "__main__":
    main()
