"""The limit of dense rate networks: NumPy's product of matrix and vector in a bare loop.

``python -m benchmarks.sides.blas_side NETWORK THREADS DTYPE``; the environment variables of the
BLAS library say how many threads there are.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from benchmarks import networks as facts
from benchmarks.sides.protocol import Answer, serve


def main() -> None:
    name, _, dtype = sys.argv[1:]
    network = facts.named(name)
    assert isinstance(network, facts.Rates)
    start = time.perf_counter()
    rng = np.random.default_rng(1)
    n, real = network.n, np.dtype(dtype).type
    weights = rng.standard_normal((n, n), real) * real(network.gain / np.sqrt(n))
    x = rng.standard_normal(n, real) * real(network.x_start)
    r = np.tanh(x)
    built = time.perf_counter() - start
    part = real(network.dt / network.tau)

    def run(seconds: float) -> Answer:
        nonlocal x, r
        start = time.perf_counter()
        for _ in range(round(1000 * seconds / network.dt)):
            x += part * (weights @ r - x)
            r = np.tanh(x)
        wall = time.perf_counter() - start
        return {"seconds": wall, "rate": float(np.sqrt(np.mean(r**2)))}

    serve({"build": built, "bytes": weights.itemsize}, run)


if __name__ == "__main__":
    main()
