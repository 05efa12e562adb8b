"""Run snnlab and its peers in turn and print medians and ratios."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
BUILD = HERE.parent / "build"
PEER_PYTHON = BUILD / "bench-env" / "bin" / "python"
LIMIT_FLAGS = ("-O3", "-march=native", "-ffast-math", "-std=gnu11")


class Program:
    """A program of the benchmark that waits for a line and answers with one run."""

    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            cwd=HERE.parent,
        )
        while self._answer() != "ready\n":
            pass

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def run(self) -> dict[str, float]:
        assert self._process.stdin is not None
        self._process.stdin.write("run\n")
        self._process.stdin.flush()
        while not (answer := self._answer()).startswith("{"):
            pass
        return json.loads(answer)

    def _answer(self) -> str:
        assert self._process.stdout is not None
        if answer := self._process.stdout.readline():
            return answer
        raise SystemExit(f"benchmark: {self._process.args} ended early; its output says why.")


def commands() -> dict[str, list[str]]:
    """How each program is started."""
    limit = BUILD / "bench-limit"
    BUILD.mkdir(exist_ok=True)
    compiler = os.environ.get("CC", "cc").split()
    subprocess.run(
        [*compiler, *LIMIT_FLAGS, str(HERE / "limit.c"), "-o", str(limit), "-lm"], check=True
    )
    return {
        "limit.c": [str(limit)],
        "snnlab": [sys.executable, str(HERE / "snnlab_coba.py")],
        "brian2": [str(PEER_PYTHON), str(HERE / "brian2_coba.py")],
    }


def one_second(programs: Mapping[str, Sequence[str]], repeats: int) -> dict[str, list[dict]]:
    """The runs of every program, interleaved; a first run of each is not counted."""
    with ExitStack() as stack:
        started = {
            name: stack.enter_context(Program(command)) for name, command in programs.items()
        }
        for program in started.values():
            program.run()
        runs: dict[str, list[dict]] = {name: [] for name in started}
        for _ in range(repeats):
            for name, program in started.items():
                runs[name].append(program.run())
    return runs


def first_steps(repeats: int) -> dict[str, list[dict]]:
    """Fresh processes with an empty and with a warm cache."""
    runs: dict[str, list[dict]] = {"empty cache": [], "warm cache": []}
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as cache:
            for answers in runs.values():  # the first process fills the cache for the second
                done = subprocess.run(
                    [sys.executable, str(HERE / "first_step.py")],
                    env={**os.environ, "SNNLAB_CACHE": cache},
                    stdout=subprocess.PIPE,
                    text=True,
                    check=True,
                )
                answers.append(json.loads(done.stdout.splitlines()[-1]))
    return runs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=7, metavar="N")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep every figure here")
    parser.add_argument("--without", action="append", default=[], metavar="PROGRAM")
    options = parser.parse_args()

    programs = {
        name: command for name, command in commands().items() if name not in options.without
    }
    runs = one_second(programs, options.repeats)
    fresh = first_steps(options.repeats)
    if options.json:
        options.json.write_text(json.dumps({"one second": runs, "first step": fresh}, indent=1))

    own = median(run["seconds"] for run in runs["snnlab"])
    print(
        f"\nCOBA, 4,000 neurons, 1 s of biology, one thread, float64, {options.repeats} runs each"
    )
    print(f"{'program':<10} {'median s':>9} {'fastest s':>10} {'/ snnlab':>9} {'rate Hz':>8}")
    for name, answers in runs.items():
        times = [run["seconds"] for run in answers]
        rate = sum(run["rate"] for run in answers) / len(answers)
        print(
            f"{name:<10} {median(times):>9.3f} {min(times):>10.3f} "
            f"{median(times) / own:>9.2f} {rate:>8.2f}"
        )

    print("\nFrom the neuron's text to the first step, fresh process, imports done")
    print(f"{'':<12} {'median s':>9} {'fastest s':>10} {'compiler s':>11}")
    for name, answers in fresh.items():
        times = [run["seconds"] for run in answers]
        compiling = median(run["compile"] or 0.0 for run in answers)
        print(f"{name:<12} {median(times):>9.3f} {min(times):>10.3f} {compiling:>11.3f}")


if __name__ == "__main__":
    main()
