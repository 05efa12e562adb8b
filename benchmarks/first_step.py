"""From the text of the neuron to the first simulated step, in this fresh process."""

import json
import time

import network as facts
from snnlab_coba import build

from snnlab import Neuron
from snnlab.network.compilation import compile_model


def main() -> None:
    start = time.perf_counter()
    neuron = Neuron.from_cell(facts.NEURON, "COBA")
    net = build(neuron)
    net.simulate(facts.DT)
    seconds = time.perf_counter() - start
    compiled = compile_model(neuron)  # known already: this only asks how long it took
    compiled.wait()
    net.close()
    print(json.dumps({"seconds": seconds, "compile": compiled.seconds, "cached": compiled.cached}))


if __name__ == "__main__":
    main()
