"""Brian2's side: compiled once, then one run for each line of input.

Run it with the Python of build/bench-env, which has Brian2. The time is the one that the
compiled program measures around its own loop, so without start and set-up.
"""

import json
import sys

import brian2
import network as facts
from brian2 import ms, mV

FOLDER = "build/bench-brian2"
EQUATIONS = """
dv/dt = (E_L - v + g_exc * (E_e - v) + g_inh * (E_i - v) + I) / (20 * ms) : volt (unless refractory)
dg_exc/dt = -g_exc / (5 * ms) : 1
dg_inh/dt = -g_inh / (10 * ms) : 1
"""


def main() -> None:
    brian2.set_device("cpp_standalone", directory=FOLDER, build_on_run=False)
    brian2.seed(facts.SEED)
    brian2.defaultclock.dt = facts.DT * ms
    n_neurons = facts.N_EXCITATORY + facts.N_INHIBITORY
    neurons = brian2.NeuronGroup(
        n_neurons,
        EQUATIONS,
        threshold="v > -50 * mV",
        reset="v = -60 * mV",
        refractory=5 * ms,
        method="exponential_euler",
        namespace={
            "E_L": -60 * mV,
            "E_e": 0 * mV,
            "E_i": -80 * mV,
            "I": 20 * mV,
        },
    )
    neurons.v = "(-60 + 10 * rand()) * mV"
    excitation = brian2.Synapses(
        neurons[: facts.N_EXCITATORY], neurons, on_pre=f"g_exc += {facts.WEIGHT_EXCITATORY}"
    )
    inhibition = brian2.Synapses(
        neurons[facts.N_EXCITATORY :], neurons, on_pre=f"g_inh += {facts.WEIGHT_INHIBITORY}"
    )
    for synapses in (excitation, inhibition):
        synapses.connect(p=facts.PROBABILITY)
    spikes = brian2.SpikeMonitor(neurons)
    net = brian2.Network(neurons, excitation, inhibition, spikes)
    net.run(facts.DURATION * ms)
    brian2.device.build(directory=FOLDER, compile=True, run=False, debug=False)
    print("ready", flush=True)
    for _ in sys.stdin:
        brian2.device.run(FOLDER, with_output=False, run_args=[])
        rate = spikes.num_spikes / n_neurons / facts.DURATION * 1000
        print(json.dumps({"seconds": brian2.device._last_run_time, "rate": rate}), flush=True)


if __name__ == "__main__":
    main()
