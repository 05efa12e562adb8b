"""The order of one step, as a list that a person can read.

A schedule names phases; the stepper runs them. `steps` is the one place where a duration becomes a
number of steps.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Literal

PhaseKind = Literal[
    "history",
    "past",
    "clear",
    "drive",
    "deliver",
    "generate",
    "transmit",
    "combine",
    "once",
    "play",
    "update",
    "emit",
    "poisson",
    "mask",
    "stimulate",
    "collect",
    "arrive",
    "fade",
    "barrier",
    "reduce",
    "synapses",
    "post",
    "record",
]


LAST_STEP = 2_147_000_000  # before the numbers of steps leave the 32 bits that kernels have


class OffGridWarning(UserWarning):
    """A duration is no whole number of time steps; the nearest whole number is used."""


def steps(duration: float, dt: float, *, what: str, least: int = 0) -> int:
    """The whole number of steps of ``dt`` ms nearest to ``duration`` ms, but ``least`` of them.

    ``what`` names the duration in the warning that is given when it is off the grid.
    """
    n = max(least, round(duration / dt))
    if duration and abs(duration - n * dt) > 1e-6 * dt * max(1, n):
        wrong = "is shorter than" if 0 < duration < least * dt else "is no multiple of"
        warnings.warn(
            f"{what}: {duration:g} ms {wrong} dt = {dt:g} ms; {n * dt:g} ms is used.",
            OffGridWarning,
            stacklevel=3,
        )
    return n


@dataclass(frozen=True)
class Phase:
    """One entry of the schedule."""

    kind: PhaseKind
    owner: str  # name of the population or projection
    what: str  # for a reader


@dataclass(frozen=True)
class Schedule:
    """The phases of one step in their order; prints as a table."""

    phases: tuple[Phase, ...]

    def __str__(self) -> str:
        width = max((len(p.owner) for p in self.phases), default=0)
        rows = [
            f"{n:>3}  {p.kind:<9} {p.owner:<{width}}  {p.what}"
            for n, p in enumerate(self.phases, start=1)
        ]
        return "\n".join(["one step:", *rows, "     t advances by dt"])

    __repr__ = __str__
