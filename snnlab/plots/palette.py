"""One colour per population, readable by colour-blind people, on white and on black.

The first hues are those of Okabe & Ito (2008, Color Universal Design): excitatory populations take
the cold ones, inhibitory populations the warm ones, so the two kinds stay apart however many
populations there are. From the fourth of a kind on, its own lie between them.
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
    Colour("#00707c", "#4fdcea"),
    Colour("#557a1a", "#a8d65c"),
    Colour("#7a3fb8", "#cf9dff"),
)
WARM = (
    Colour("#c95500", "#ff8f4a"),
    Colour("#a3407f", "#e79ac8"),
    Colour("#96700a", "#f0c040"),
    Colour("#8f1d14", "#ff9d94"),
    Colour("#6b4226", "#d8b08c"),
    Colour("#c2185b", "#ff86b8"),
)


def population_colours(inhibitory: Sequence[bool]) -> tuple[Colour, ...]:
    """A colour for each population; they repeat after six of one kind."""
    colours = []
    used = {False: 0, True: 0}
    for warm in inhibitory:
        own = WARM if warm else COLD
        colours.append(own[used[warm] % len(own)])
        used[warm] += 1
    return tuple(colours)


def trace_colours(
    populations: Sequence[str],
    colour_of: Mapping[str, Colour],
    before: Sequence[Colour | None] | None = None,
) -> list[Colour]:
    """A colour for each trace: its population's for the first one, then hues not yet in use.

    Traces that had one before keep it, but for what is another population's now.
    """
    taken = {colour_of[name] for name in populations}
    spare = [hue for pair in zip(WARM, COLD, strict=True) for hue in pair if hue not in taken]
    known = before or [None] * len(populations)
    chosen = [
        hue if hue in spare or hue == colour_of[name] else None
        for name, hue in zip(populations, known, strict=True)
    ]
    for index, name in enumerate(populations):
        if chosen[index] is None:
            own = colour_of[name]
            worn = [hue for other, hue in zip(populations, chosen, strict=True) if other == name]
            is_free = own not in worn or not spare
            chosen[index] = own if is_free else min(spare, key=chosen.count)
    return [hue for hue in chosen if hue is not None]
