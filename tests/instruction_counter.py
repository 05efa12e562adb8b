"""Under valgrind: run small networks and write how many instructions the step loop took.

``python instruction_counter.py LIBRARY``: the library begins and ends a measurement
(`test_engine_instructions`). Networks are those of the benchmarks, made small.
"""

import ctypes
import sys

import snnlab
from benchmarks.networks import named
from benchmarks.sides.snnlab_side import fill

# One weight and conductances; traces and weights that learn; delays of each synapse and Poisson
# input. Milliseconds, before and within the measurement.
CASES = {
    "conductances": ("coba4k:n=500,in_degree=80", 50.0, 20.0),
    "plasticity": ("stdp100:n=40", 20.0, 20.0),
    "delays": ("pd10:scale=0.02", 20.0, 20.0),
}


def main() -> None:
    measure = ctypes.CDLL(sys.argv[1])
    for case, (name, before, within) in CASES.items():
        network = named(name)
        net = snnlab.Network(dt=network.dt, seed=1, threads=1)
        fill(net, network)
        net.simulate(before)
        measure.begin()
        net.simulate(within)
        measure.end(case.encode())
        spikes = sum(len(net.spikes[population]) for population in net.spikes)
        print(case, spikes, flush=True)


if __name__ == "__main__":
    main()
