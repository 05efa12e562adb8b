"""One colour per population, readable by colour-blind people, on white and on black.

The hues are those of Okabe & Ito (2008, Color Universal Design): excitatory populations take
the cold ones, inhibitory populations the warm ones, so the two kinds stay apart however many
populations there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


def trace_colours(populations: Sequence[str], colour_of: Mapping[str, Colour]) -> list[Colour]:
    """A colour for each trace: its population's for the first one, then hues not yet in use."""
    chosen: list[Colour] = []
    first = dict(zip(reversed(populations), reversed(range(len(populations))), strict=True))
    taken = {colour_of[name] for name in first}
    spare = [hue for pair in zip(WARM, COLD, strict=True) for hue in pair if hue not in taken]
    used = 0
    for index, name in enumerate(populations):
        if first[name] == index or not spare:
            chosen.append(colour_of[name])
        else:
            chosen.append(spare[used % len(spare)])
            used += 1
    return chosen
