"""Time and memory against the number of neurons, of synapses and of threads."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.contenders import Contender
from benchmarks.networks import named
from benchmarks.race import Row, race

NEURONS = (1_000, 4_000, 16_000, 64_000)
IN_DEGREES = (100, 300, 1_000, 3_000)  # of 10,000 neurons
SECONDS = 0.2  # of biology in a run


@dataclass(frozen=True)
class Curve:
    """One simulator along one axis."""

    axis: str  # "neurons", "synapses" or "threads"
    network: str  # what grows
    simulator: str
    points: Sequence[tuple[float, Row]]


def growth(simulators: Sequence[str], repeats: int, longest: float) -> Iterator[Curve]:
    """Every curve of ``simulators``, with float64."""
    threads = [2**k for k in range((os.cpu_count() or 1).bit_length())]
    # The weights shrink as synapses are added, so that the network stays in its regime.
    brunel = [(10_000 * k, f"brunel:in_degree={k},j={100 / k:.6g}", 1) for k in IN_DEGREES]
    axes = {
        ("neurons", "COBA, in-degree 80, 1 thread"): [(n, f"coba4k:n={n}", 1) for n in NEURONS],
        ("synapses", "Brunel 10,000, 1 thread"): brunel,
        ("threads", "COBA 40,000"): [(k, "coba40k", k) for k in threads],
    }
    for (axis, title), cases in axes.items():
        points: dict[str, list[tuple[float, Row]]] = {name: [] for name in simulators}
        for x, network, n_threads in cases:
            contenders = [Contender(name, n_threads) for name in simulators]
            one = race(
                named(network), contenders, repeats=repeats, seconds=SECONDS, longest=longest
            )
            for row in one.rows:
                points[row.contender.simulator].append((x, row))
        for name in simulators:
            yield Curve(axis, title, name, points[name])
