"""Brian2's side: generated C++, compiled once, which then answers by itself.

``python -m benchmarks.sides.brian2_side NETWORK THREADS DTYPE`` in an environment that has Brian2.
The loop over lines of input is put into the program that Brian2 generates, and this process
becomes that program, so that time and memory are those of the compiled code alone.
"""

from __future__ import annotations

import os
import sys
import time
from itertools import pairwise
from typing import Any

import brian2
import numpy as np
from brian2 import (
    Hz,
    Network,
    NeuronGroup,
    PoissonGroup,
    PoissonInput,
    SpikeMonitor,
    Synapses,
    ms,
    mV,
    nS,
    pA,
    pF,
)

from benchmarks import networks as facts
from benchmarks.places import BUILD, file_name

CONDUCTANCE = """
dv/dt = (e_l - v + g_exc * (e_exc - v) + g_inh * (e_inh - v) + drive) / tau_m
    : volt (unless refractory)
dg_exc/dt = -g_exc / tau_exc : 1
dg_inh/dt = -g_inh / tau_inh : 1
"""
CURRENT = """
dv/dt = (e_l - v + g_exc + g_inh) / tau_m : volt (unless refractory)
dg_exc/dt = -g_exc / tau_exc : volt
dg_inh/dt = -g_inh / tau_inh : volt
"""
HODGKIN_HUXLEY = """
dv/dt = (g_l * (e_l - v) + g_exc * (e_exc - v) + g_inh * (e_inh - v)
         - g_na * (m * m * m) * h * (v - e_na) - g_k * (n * n * n * n) * (v - e_k)) / c_m : volt
dm/dt = alpha_m * (1 - m) - beta_m * m : 1
dn/dt = alpha_n * (1 - n) - beta_n * n : 1
dh/dt = alpha_h * (1 - h) - beta_h * h : 1
dg_exc/dt = -g_exc / tau_exc : siemens
dg_inh/dt = -g_inh / tau_inh : siemens
u = (v - v_t) / mV : 1
alpha_m = 1.28 / exprel((13 - u) / 4) / ms : Hz
beta_m = 1.4 / exprel((u - 40) / 5) / ms : Hz
alpha_h = 0.128 * exp((17 - u) / 18) / ms : Hz
beta_h = 4 / (1 + exp((40 - u) / 5)) / ms : Hz
alpha_n = 0.16 / exprel((15 - u) / 5) / ms : Hz
beta_n = 0.5 * exp((10 - u) / 40) / ms : Hz
"""
STDP = """
w : 1
dx/dt = -x / tau_plus : 1 (event-driven)
dy/dt = -y / tau_minus : 1 (event-driven)
"""
ON_PRE = """
g_exc += w
x += a_plus * w_max
w = clip(w - y, 0, w_max)
"""
ON_POST = """
y += a_minus * w_max
w = clip(w + x, 0, w_max)
"""
# `brian::network` has run for one step when this begins.
LOOP = """
{{
    const char *spent = std::getenv("BENCH_SECONDS");
    const auto peak = [] {{
        double kilobytes = 0;
        char line[256];
        if (FILE *file = std::fopen("/proc/self/status", "r")) {{
            while (std::fgets(line, sizeof line, file))
                if (!std::strncmp(line, "VmHWM:", 6)) kilobytes = std::atof(line + 6);
            std::fclose(file);
        }}
        return kilobytes / 1024;
    }};
    std::printf("{{\\"build\\": %.6f, \\"megabytes\\": %.2f}}\\n",
                std::atof(spent) + (double)std::clock() / CLOCKS_PER_SEC, peak());
    std::fflush(stdout);
    char line[64];
    while (std::fgets(line, sizeof line, stdin)) {{
        const double seconds = std::atof(line), before = {count};
        network.run(seconds, NULL, 10.0);
        std::printf("{{\\"seconds\\": %.6f, \\"rate\\": %.6f, \\"megabytes\\": %.2f}}\\n",
                    Network::_last_run_time, {rate}, peak());
        std::fflush(stdout);
    }}
}}
"""
HEADERS = ("<cstdio>", "<cstdlib>", "<cstring>", "<cmath>", "<ctime>")


def balanced(network: facts.Balanced, equations: str, **options: Any) -> tuple[Any, Any, Any]:
    named = {"namespace": constants(network)}
    group = NeuronGroup(network.n, equations, **named, **options)
    on = {"exc": "g_exc_post += w_exc", "inh": "g_inh_post += w_inh"}
    if isinstance(network, facts.Delta):
        named = {"namespace": {**named["namespace"], "jump": network.j * mV}}
        on = {"exc": "v_post += jump", "inh": "v_post -= g * jump"}  # `j` is an index of Brian2
    delay = network.delay * ms if isinstance(network, facts.Delta) else None
    excitation = Synapses(
        group[: network.n_excitatory], group, on_pre=on["exc"], delay=delay, **named
    )
    inhibition = Synapses(
        group[network.n_excitatory :], group, on_pre=on["inh"], delay=delay, **named
    )
    for synapses in (excitation, inhibition):
        synapses.connect(p=network.probability)
    return group, excitation, inhibition


def constants(network: facts.Network) -> dict[str, Any]:
    """Numbers of the network with their units, by name."""
    units = {
        "tau_m": ms, "tau_exc": ms, "tau_inh": ms, "tau_plus": ms, "tau_minus": ms, "tau": ms,
        "tau_syn": ms, "e_l": mV, "e_exc": mV, "e_inh": mV, "e_na": mV, "e_k": mV, "v_t": mV,
        "v_th": mV, "v_reset": mV, "drive": mV, "j": mV,
    }  # fmt: skip
    if isinstance(network, facts.HodgkinHuxley):
        units |= dict.fromkeys(("g_l", "g_na", "g_k", "w_exc", "w_inh"), nS) | {"c_m": pF}
    if isinstance(network, facts.Current):
        units |= {"w_exc": mV, "w_inh": mV}
    if isinstance(network, facts.Microcircuit):
        units |= {"c_m": pF}
    named = {n: getattr(network, n) for n in dir(network) if not n.startswith("_")}
    numbers = {n: x for n, x in named.items() if isinstance(x, int | float)}
    return {n: x * units[n] if n in units else x for n, x in numbers.items()}


def objects(network: facts.Network) -> tuple[list[Any], Any]:
    """Everything that `Network` needs, and the group whose rate is measured."""
    named = {"namespace": constants(network)}
    spiking = {"threshold": "v > v_th", "reset": "v = v_reset"}
    match network:
        case facts.Conductance() | facts.Current():
            conductance = isinstance(network, facts.Conductance)
            group, *synapses = balanced(
                network,
                CONDUCTANCE if conductance else CURRENT,
                refractory=network.t_ref * ms,
                method="exponential_euler" if conductance else "exact",
                **spiking,
            )
            group.v = "v_reset + rand() * (v_th - v_reset)"
            return [group, *synapses], group
        case facts.HodgkinHuxley():
            group, *synapses = balanced(
                network,
                HODGKIN_HUXLEY,
                threshold="v > v_th",
                refractory=network.t_ref * ms,
                method="exponential_euler",
            )
            for name, unit in (("v", "mV"), ("g_exc", "nS"), ("g_inh", "nS")):
                mean, sd = getattr(network, f"{name}_start")
                setattr(group, name, f"({mean} + {sd} * randn()) * {unit}")
            return [group, *synapses], group
        case facts.Delta():
            equation = "dv/dt = -v / tau_m : volt (unless refractory)"
            refractory = network.t_ref * ms
            group, *synapses = balanced(
                network, equation, refractory=refractory, method="exact", **spiking
            )
            group.v = "rand() * v_th"
            n, rate = network.n_external, network.external_rate * Hz
            return [group, *synapses, PoissonInput(group, "v", n, rate, network.j * mV)], group
        case facts.Plastic():
            sources = PoissonGroup(network.n_sources, network.rate * Hz)
            equations = """
                dv/dt = (e_l - v + g_exc * (e_exc - v)) / tau_m : volt
                dg_exc/dt = -g_exc / tau_exc : 1
            """
            group = NeuronGroup(network.n, equations, method="euler", **named, **spiking)
            group.v = network.v_reset * mV
            synapses = Synapses(sources, group, STDP, on_pre=ON_PRE, on_post=ON_POST, **named)
            synapses.connect()
            synapses.w = "rand() * w_max"
            return [sources, group, synapses], group
        case facts.Rates():
            equations = """
                dx/dt = (-x + total) / tau : 1
                r = tanh(x) : 1
                total : 1
            """
            group = NeuronGroup(network.n, equations, method="euler", **named)
            group.x = f"{network.x_start} * randn()"
            synapses = Synapses(group, group, "w : 1\ntotal_post = w * r_pre : 1 (summed)")
            synapses.connect()
            synapses.w = f"{network.gain / np.sqrt(network.n)} * randn()"
            return [group, synapses], group
        case facts.Microcircuit():
            return microcircuit(network)
        case other:
            raise SystemExit(f"no network of kind {other.kind} here")


def microcircuit(network: facts.Microcircuit) -> tuple[list[Any], Any]:
    equations = """
        dv/dt = (e_l - v) / tau_m + (g_syn + i_0) / c_m : volt (unless refractory)
        dg_syn/dt = -g_syn / tau_syn : amp
        i_0 : amp
    """
    group = NeuronGroup(
        network.n,
        equations,
        threshold="v > v_th",
        reset="v = e_l",
        refractory=network.t_ref * ms,
        method="exact",
        namespace=constants(network),
    )
    rng = np.random.default_rng(1)
    first = np.cumsum([0, *network.sizes])
    made: list[Any] = [group]
    parts = [group[int(a) : int(b)] for a, b in pairwise(first)]
    currents, starts = np.zeros(network.n), np.zeros(network.n)
    for k, part in enumerate(parts):
        own = slice(int(first[k]), int(first[k + 1]))
        currents[own] = network.current(k)
        starts[own] = rng.normal(facts.START_MEAN[k], facts.START_SD[k], network.sizes[k])
        weight = network.external_weight * pA
        made.append(
            PoissonInput(part, "g_syn", network.external_degree(k), network.background * Hz, weight)
        )
    group.i_0, group.v = currents * pA, starts * mV
    sources, targets, weights, delays = [], [], [], []
    for a in range(8):
        for b in range(8):
            n, mean, middle = network.counts[a][b], network.weight(a, b), network.delays[b % 2]
            sources.append(first[b] + rng.integers(network.sizes[b], size=n))
            targets.append(first[a] + rng.integers(network.sizes[a], size=n))
            weights.append(mean * truncated(rng, n, 1.0, network.weight_sd, 0.0))
            delays.append(truncated(rng, n, middle, network.delay_sd * middle, network.dt / 2))
    # One object for all projections: each would be compiled on its own.
    synapses = Synapses(group, group, "w : amp", on_pre="g_syn_post += w")
    synapses.connect(i=np.concatenate(sources), j=np.concatenate(targets))
    synapses.w = np.concatenate(weights) * pA
    synapses.delay = np.concatenate(delays) * ms
    return [*made, synapses], group


def truncated(rng: np.random.Generator, n: int, mean: float, sd: float, low: float) -> Any:
    """Gaussian numbers, drawn again where they lie below ``low``."""
    values = rng.normal(mean, sd, n)
    while (below := values < low).any():
        values[below] = rng.normal(mean, sd, np.count_nonzero(below))
    return values


def main() -> None:
    name, threads, _ = sys.argv[1:]
    network = facts.named(name)
    folder = BUILD / "brian2" / file_name(name, threads)
    start = time.perf_counter()
    brian2.set_device("cpp_standalone", directory=str(folder), build_on_run=False)
    brian2.prefs.devices.cpp_standalone.openmp_threads = 0 if threads == "1" else int(threads)
    brian2.prefs.codegen.cpp.headers = list(HEADERS)
    brian2.seed(1)
    brian2.defaultclock.dt = network.dt * ms
    made, group = objects(network)
    if isinstance(network, facts.Rates):
        x = brian2.device.get_array_name(group.variables["x"])
        count = "0"
        rate = (
            f"[&] {{ double sum = 0; for (int i = 0; i < {network.n}; ++i)"
            f" sum += std::pow(std::tanh({x}[i]), 2); return std::sqrt(sum / {network.n}); }}()"
        )
    else:
        monitor = SpikeMonitor(group)
        made.append(monitor)
        count = f"(double){brian2.device.get_array_name(monitor.variables['N'])}[0]"
        rate = f"({count} - before) / {network.n} / seconds"
    net = Network(*made)
    net.run(network.dt * ms, namespace={})
    brian2.device.insert_code("main", LOOP.format(count=count, rate=rate))
    brian2.device.build(directory=str(folder), compile=True, run=False, clean=False, debug=False)
    os.environ["BENCH_SECONDS"] = repr(time.perf_counter() - start)
    os.chdir(folder)
    os.execv("./main", ["main"])  # noqa: S606 (no shell is wanted)


if __name__ == "__main__":
    main()
