"""From the text of the neuron to the first simulated step, in this fresh process."""

from __future__ import annotations

import json
import time

import snnlab
from benchmarks.networks import NETWORKS
from benchmarks.sides.snnlab_side import fill
from snnlab.network.compilation import compile_model

CALLS = 200


def main() -> None:
    network = NETWORKS["coba4k"]
    start = time.perf_counter()
    net = snnlab.Network(dt=network.dt, seed=1, threads=1)
    fill(net, network)
    net.simulate(network.dt)
    seconds = time.perf_counter() - start
    compiled = compile_model(net.populations["E"].neuron)  # known already: how long did it take?
    compiled.wait()
    each = []
    for _ in range(CALLS):
        begin = time.perf_counter()
        net.simulate(network.dt)
        each.append(time.perf_counter() - begin)
    net.close()
    figures = {"seconds": seconds, "compile": compiled.seconds, "call": sorted(each)[CALLS // 2]}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
