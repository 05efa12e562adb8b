"""snnlab's side: one run for each line of input, one line of JSON for each run."""

import json
import sys
import time

import network as facts

from snnlab import FixedProbability, Network, Neuron, Uniform


def build(neuron: Neuron) -> Network:
    """The network, ready for its first step."""
    net = Network(dt=facts.DT, seed=facts.SEED, threads=1)
    excitatory = net.add(facts.N_EXCITATORY, neuron, name="E")
    inhibitory = net.add(facts.N_INHIBITORY, neuron, name="I")
    everyone = [excitatory, inhibitory]
    rule = FixedProbability(facts.PROBABILITY)
    net.connect(excitatory, everyone, "exc", rule, weight=facts.WEIGHT_EXCITATORY)
    net.connect(inhibitory, everyone, "inh", rule, weight=facts.WEIGHT_INHIBITORY)
    excitatory.v = Uniform(-60, -50)
    inhibitory.v = Uniform(-60, -50)
    return net


def main() -> None:
    neuron = Neuron.from_cell(facts.NEURON, "COBA")
    print("ready", flush=True)
    for _ in sys.stdin:
        net = build(neuron)
        net.build()  # compiled and connected: Brian2's figure does not contain this either
        start = time.perf_counter()
        net.simulate(facts.DURATION)
        seconds = time.perf_counter() - start
        n_spikes = sum(len(spikes) for spikes in net.spikes.values())
        n_neurons = facts.N_EXCITATORY + facts.N_INHIBITORY
        rate = n_spikes / n_neurons / facts.DURATION * 1000
        net.close()
        print(json.dumps({"seconds": seconds, "rate": rate}), flush=True)


if __name__ == "__main__":
    main()
