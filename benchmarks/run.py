"""Run the networks in snnlab, its peers and the limit programs, and print medians and ratios."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.contenders import DTYPES, SIMULATORS, Contender, environment
from benchmarks.networks import LARGE, NETWORKS
from benchmarks.race import Race, race
from benchmarks.tables import HEAD, cells, figure, table

PEERS = ("brian2", "annarchy", "nest")  # they run with float64


def listed(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split(",")))


def chosen(names: Sequence[str], known: Sequence[str], what: str) -> tuple[str, ...]:
    for name in names:
        if name not in known:
            raise SystemExit(f"benchmarks: no {what} '{name}'; choose from {', '.join(known)}.")
    return tuple(names)


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    usual = [name for name in NETWORKS if name not in LARGE]
    parser.add_argument("--networks", type=listed, default=usual, metavar="A,B")
    parser.add_argument("--simulators", type=listed, default=SIMULATORS, metavar="A,B")
    parser.add_argument("--threads", type=listed, default=("1", "2"), metavar="1,2")
    parser.add_argument("--dtypes", type=listed, default=("float64",), metavar="float64,float32")
    parser.add_argument("--repeats", type=int, default=3, metavar="N")
    parser.add_argument(
        "--seconds", type=float, help="of biology in a run; each network has its own"
    )
    parser.add_argument(
        "--longest", type=float, default=3.0, help="s of wall time a run may take; 3 if not given"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep every figure here")
    parser.add_argument("--first-step", action=argparse.BooleanOptionalAction, default=True)
    options = parser.parse_args(arguments)
    chosen(options.networks, tuple(NETWORKS), "network")
    chosen(options.simulators, SIMULATORS, "simulator")
    chosen(options.dtypes, DTYPES, "type of numbers")
    return options


def contenders(options: argparse.Namespace) -> list[Contender]:
    """Peers run with float64 alone: their float32 is not what anybody uses."""
    return [
        Contender(simulator, int(threads), dtype)
        for dtype in options.dtypes
        for threads in options.threads
        for simulator in options.simulators
        if dtype == "float64" or simulator not in PEERS
    ]


def figures(races: Sequence[Race]) -> list[dict[str, object]]:
    """Every number that was measured."""
    return [
        {
            "network": one.network.name,
            "simulator": row.contender.simulator,
            "threads": row.contender.threads,
            "dtype": row.contender.dtype,
            "build": row.build,
            "bytes": row.bytes,
            "megabytes": row.megabytes,
            "times": row.times,
            "rates": row.rates,
            "note": one.note(row),
        }
        for one in races
        for row in one.rows
    ]


def first_steps(repeats: int) -> dict[str, list[dict[str, float]]]:
    """Fresh processes with an empty and with a warm cache of kernels."""
    runs: dict[str, list[dict[str, float]]] = {"empty cache": [], "warm cache": []}
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as cache:
            for answers in runs.values():  # the first process fills the cache for the second
                done = subprocess.run(
                    [sys.executable, "-m", "benchmarks.first_step"],
                    env={**environment(1), "SNNLAB_CACHE": cache},
                    stdout=subprocess.PIPE,
                    text=True,
                    check=True,
                )
                answers.append(json.loads(done.stdout.splitlines()[-1]))
    return runs


def first_step_table(runs: dict[str, list[dict[str, float]]]) -> str:
    """Medians, and the fastest of each."""
    head = ("", "first step s", "fastest s", "compiler s", "one-step call ms")
    rows = [
        (
            name,
            figure(median(run["seconds"] for run in answers)),
            figure(min(run["seconds"] for run in answers)),
            figure(median(run["compile"] or 0.0 for run in answers)),
            figure(1000 * median(run["call"] for run in answers)),
        )
        for name, answers in runs.items()
    ]
    return table(head, rows)


def main() -> None:
    options = parse()
    print(f"{os.cpu_count()} cores, {options.repeats} rounds")
    races = []
    for name in options.networks:
        one = race(
            NETWORKS[name],
            contenders(options),
            repeats=options.repeats,
            seconds=options.seconds,
            longest=options.longest,
        )
        races.append(one)
        print(f"\n{one.network.title}\n{table(HEAD, cells(one))}", flush=True)
        if options.json:
            options.json.write_text(json.dumps(figures(races), indent=1))
    if options.first_step:
        runs = first_steps(options.repeats)
        title = "COBA 4,000, from the text of the neuron to the first step, imports done"
        print(f"\n{title}\n{first_step_table(runs)}")


if __name__ == "__main__":
    main()
