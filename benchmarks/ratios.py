"""Times of programs that took turns, as medians and ratios with their spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Ratio:
    """Of two programs over the rounds in which both ran."""

    middle: float
    least: float
    most: float

    def __str__(self) -> str:
        return f"{self.middle:.2f} ({self.least:.2f}..{self.most:.2f})"


def ratio(times: Sequence[float], others: Sequence[float]) -> Ratio | None:
    """``times`` over ``others``, round by round; None if there is no round.

    The two members of a round ran one after the other, so what disturbs the machine for longer
    than a round disturbs both.
    """
    each = [a / b for a, b in zip(times, others, strict=False)]
    return Ratio(median(each), min(each), max(each)) if each else None


def agrees(rate: float, reference: float, tolerance: float) -> bool:
    """Whether two rates are equal within the relative tolerance."""
    return abs(rate - reference) <= tolerance * abs(reference)
