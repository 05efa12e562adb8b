"""Run the networks in snnlab, its peers and the limit programs, and show medians and ratios."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from statistics import median

from benchmarks.contenders import DTYPES, PEERS, SIMULATORS, Contender, environment
from benchmarks.growth import Curve, growth
from benchmarks.networks import LARGE, NETWORKS, named
from benchmarks.page import page
from benchmarks.places import BUILD
from benchmarks.race import Race, Row, race
from benchmarks.tables import HEAD, cells, figure, table

# The peers' programs of these compile in less than a minute each, and they run in seconds.
QUICK = ("cuba4k", "coba4k", "cobahh4k", "brunel", "stdp100", "rate1k")
FIRST_STEP = "COBA 4,000, from the text of the neuron to the first step, imports done"


def listed(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split(",")))


def network_names(text: str) -> tuple[str, ...]:
    """Names apart by commas; what holds ``=`` belongs to the name before it."""
    names: list[str] = []
    for part in listed(text):
        if names and ":" in names[-1] and "=" in part:
            names[-1] += f",{part}"
        else:
            names.append(part)
    return tuple(names)


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The options; a wrong one ends the program with a sentence."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    add = parser.add_argument
    add("--networks", type=network_names, default=QUICK, metavar="A,B:n=100")
    add("--simulators", type=listed, default=SIMULATORS, metavar="A,B")
    add("--threads", type=listed, default=("1", "2"), metavar="1,2")
    add("--dtypes", type=listed, default=("float64",), metavar="float64,float32")
    add("--repeats", type=int, default=3, metavar="N", help="rounds; 3 if not given")
    add("--seconds", type=float, help="of biology in a run; each network has its own")
    add("--longest", type=float, default=2.0, help="s of wall time a run may take; 2 if not given")
    add("--all", action="store_true", help="all networks and types of numbers, and growth")
    add("--first-step", action=argparse.BooleanOptionalAction, default=True)
    add("--growth", action="store_true", help="curves over neurons, synapses and threads")
    add("--html", type=Path, default=BUILD / "index.html", metavar="FILE")
    add("--json", type=Path, metavar="FILE", help="keep every figure here")
    options = parser.parse_args(arguments)
    if options.all:
        options.networks = tuple(name for name in NETWORKS if name not in LARGE)
        options.dtypes, options.growth = DTYPES, True
    check(options)
    return options


def check(options: argparse.Namespace) -> None:
    try:
        for name in options.networks:
            named(name)
    except ValueError as problem:
        raise SystemExit(f"benchmarks: {problem}") from None
    for given, known, what in (
        (options.simulators, SIMULATORS, "simulator"),
        (options.dtypes, DTYPES, "type of numbers"),
    ):
        for name in given:
            if name not in known:
                raise SystemExit(f"benchmarks: no {what} '{name}'; choose from {', '.join(known)}.")
    for name in options.threads:
        if not name.isdigit() or int(name) < 1:
            raise SystemExit(f"benchmarks: --threads {name} is no number of threads; give 1, 2 ...")
    if options.repeats < 1:
        raise SystemExit(f"benchmarks: --repeats {options.repeats} is no round; give 1, 2 ...")


def contenders(options: argparse.Namespace) -> list[Contender]:
    """Peers run with float64 alone: their float32 is not what anybody uses."""
    return [
        Contender(simulator, int(threads), dtype)
        for dtype in options.dtypes
        for threads in options.threads
        for simulator in options.simulators
        if dtype == "float64" or simulator not in PEERS
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


def first_step_rows(runs: dict[str, list[dict[str, float]]]) -> list[Sequence[str]]:
    """Medians, and the fastest of each; the head first."""
    head = ("", "first step s", "fastest s", "compiler s", "one-step call ms")
    rows: list[Sequence[str]] = [
        (
            name,
            figure(median(run["seconds"] for run in answers)),
            figure(min(run["seconds"] for run in answers)),
            figure(median(run["compile"] or 0.0 for run in answers)),
            figure(1000 * median(run["call"] for run in answers)),
        )
        for name, answers in runs.items()
    ]
    return [head, *rows]


def growth_rows(curves: Iterable[Curve]) -> list[Sequence[str]]:
    """Every point of every curve; the head first."""
    head = ("axis", "network", "program", "", "s per s", "peak MB", "note")
    rows: list[Sequence[str]] = [
        (
            curve.axis,
            curve.network,
            curve.simulator,
            f"{x:.0f}",
            figure(row.time),
            figure(row.megabytes),
            row.problem.partition("\n")[0],
        )
        for curve in curves
        for x, row in curve.points
    ]
    return [head, *rows]


def figures(network: str, row: Row, note: str) -> dict[str, object]:
    """Every number of one row."""
    return {
        "network": network,
        "simulator": row.contender.simulator,
        "threads": row.contender.threads,
        "dtype": row.contender.dtype,
        "build": row.build,
        "bytes": row.bytes,
        "megabytes": row.megabytes,
        "times": row.times,
        "rates": row.rates,
        "note": note,
    }


def machine() -> str:
    """What the figures belong to."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                cpu = line.partition(":")[2].strip()
                break
    return f"{date.today()}, {cpu}, {os.cpu_count()} cores, Python {platform.python_version()}"


def main() -> None:
    options = parse()
    title = f"{machine()}, {options.repeats} rounds"
    print(title)
    races: list[Race] = []
    tables: dict[str, list[Sequence[str]]] = {}
    curves: list[Curve] = []

    def keep() -> None:
        """Whatever there is so far, in case that the rest is broken off."""
        options.html.parent.mkdir(parents=True, exist_ok=True)
        options.html.write_text(page(title, races, tables, curves), encoding="utf-8")
        if options.json:
            found = [figures(r.network.name, row, r.note(row)) for r in races for row in r.rows]
            grown = [figures(row.network.name, row, "") for c in curves for _, row in c.points]
            kept = {"machine": title, "races": found, "growth": grown, "tables": tables}
            options.json.write_text(json.dumps(kept, indent=1))

    for name in options.networks:
        one = race(
            named(name),
            contenders(options),
            repeats=options.repeats,
            seconds=options.seconds,
            longest=options.longest,
        )
        races.append(one)
        print(f"\n{one.network.title}\n{table(HEAD, cells(one))}", flush=True)
        keep()
    if options.first_step:
        tables[FIRST_STEP] = first_step_rows(first_steps(options.repeats))
        print(f"\n{FIRST_STEP}\n{table(tables[FIRST_STEP][0], tables[FIRST_STEP][1:])}")
        keep()
    if options.growth:
        simulators = [s for s in options.simulators if s not in PEERS]
        for curve in growth(simulators, options.repeats, options.longest):
            curves.append(curve)
            keep()
        tables["Growth"] = growth_rows(curves)
        print(f"\nGrowth\n{table(tables['Growth'][0], tables['Growth'][1:])}")
        keep()
    print(f"\nThe same with figures: {options.html}")


if __name__ == "__main__":
    main()
