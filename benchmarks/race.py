"""All contenders of one network, started together and run in turn."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import mean, median

from benchmarks.contenders import Contender, command, environment
from benchmarks.networks import Network
from benchmarks.places import BUILD, UnavailableError, file_name
from benchmarks.ratios import Ratio, agrees, ratio
from benchmarks.session import Program, ProgramError

BUILD_LIMIT = 900.0  # s: a simulator compiles and connects
RUN_LIMIT = 300.0


@dataclass
class Row:
    """What one contender did with one network."""

    network: Network
    contender: Contender
    build: float | None = None  # s
    bytes: float | None = None  # a synapse
    megabytes: float | None = None  # peak of the process
    times: list[float] = field(default_factory=list)  # s of wall time per s of biology
    rates: list[float] = field(default_factory=list)  # Hz
    problem: str = ""

    @property
    def time(self) -> float | None:
        return median(self.times) if self.times else None

    @property
    def rate(self) -> float | None:
        return mean(self.rates) if self.rates else None


@dataclass(frozen=True)
class Race:
    """The rows of one network."""

    network: Network
    rows: Sequence[Row]

    def row(self, simulator: str, threads: int, dtype: str) -> Row | None:
        wanted = Contender(simulator, threads, dtype)
        return next((row for row in self.rows if row.contender == wanted), None)

    def against(self, row: Row, simulator: str) -> Ratio | None:
        """Time of ``row`` over that of ``simulator`` with the same threads and numbers."""
        other = self.row(simulator, row.contender.threads, row.contender.dtype)
        if other is None or other is row:
            return None
        return ratio(row.times, other.times)

    def note(self, row: Row) -> str:
        """What a reader must know of the row: why it is empty, or a rate unlike the others."""
        if row.problem or row.rate is None:
            return row.problem
        rates = [other.rate for other in self.rows if other.rate is not None]
        reference = median(rates)
        if agrees(row.rate, reference, self.network.tolerance):
            return ""
        return f"RATE: {row.rate:.3g}, the median of all is {reference:.3g}"


def race(
    network: Network,
    contenders: Iterable[Contender],
    *,
    repeats: int,
    seconds: float | None = None,
    longest: float = 3.0,
) -> Race:
    """Run ``network``; a contender that fails has a row that says why.

    ``seconds`` of biology in a run, as the network says if not given; less for a contender that
    needs more than ``longest`` s of wall time for them.
    """
    rows = [Row(network, contender) for contender in contenders]
    programs: list[tuple[Row, Program]] = []
    try:
        started = ((row, _start(row)) for row in rows)
        programs.extend((row, program) for row, program in started if program is not None)
        wanted = network.seconds if seconds is None else seconds
        durations = {id(row): _settle(row, program, wanted, longest) for row, program in programs}
        for _ in range(repeats):
            for row, program in programs:
                if not row.problem:
                    _measure(row, program, durations[id(row)])
    finally:
        for _, program in programs:
            program.close()
    return Race(network, rows)


def _start(row: Row) -> Program | None:
    """Build the network; one program after the other, so that none disturbs another."""
    name = f"{row.contender}"
    _say(f"{row.network.name}: {name}")
    try:
        started = command(row.contender, row.network)
        log = BUILD / "log" / f"{file_name(row.network.name, name)}.txt"
        program = Program(name, started, environment(row.contender.threads, started[0]), log)
        built = program.answer(BUILD_LIMIT)
    except (UnavailableError, ProgramError) as problem:
        row.problem = str(problem)
        return None
    row.build, row.bytes = built["build"], built.get("bytes")
    row.megabytes = built["megabytes"]
    return program


def _settle(row: Row, program: Program, wanted: float, longest: float) -> float:
    """Seconds of biology that the contender's runs get, from its first run."""
    settle = row.network.settle
    try:
        answer = program.ask(repr(settle), RUN_LIMIT)
    except ProgramError as problem:
        row.problem = str(problem)
        return wanted
    cost = answer["seconds"] / settle
    return max(0.01, min(wanted, round(longest / max(cost, 1e-9), 2)))


def _measure(row: Row, program: Program, seconds: float) -> None:
    try:
        answer = program.ask(repr(seconds), RUN_LIMIT)
    except ProgramError as problem:
        row.problem = str(problem)
        return
    row.times.append(answer["seconds"] / answer.get("biology", seconds))
    row.rates.append(answer["rate"])
    row.megabytes = max(row.megabytes or 0.0, answer["megabytes"])


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
