"""One colour per population, readable by colour-blind people, on white and on black.

The hues are those of Okabe & Ito (2008, Color Universal Design): excitatory populations take
the cold ones, inhibitory populations the warm ones, so the two kinds stay apart however many
populations there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Colour:
    """One hue, as ``#rrggbb`` for a light and for a dark background."""

    light: str
    dark: str


COLD = (
    Colour("#0072b2", "#56b4e9"),
    Colour("#00805d", "#2fc79a"),
    Colour("#4f52a3", "#a3a6ee"),
)
WARM = (
    Colour("#c95500", "#ff8f4a"),
    Colour("#a3407f", "#e79ac8"),
    Colour("#96700a", "#f0c040"),
)


def population_colours(inhibitory: Sequence[bool]) -> tuple[Colour, ...]:
    """A colour for each population; the hues repeat after three of one kind."""
    colours = []
    used = {False: 0, True: 0}
    for warm in inhibitory:
        hues = WARM if warm else COLD
        colours.append(hues[used[warm] % len(hues)])
        used[warm] += 1
    return tuple(colours)
