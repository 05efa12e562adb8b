"""What a reset brings back: the arrays that steps change, as they were before the first step."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from snnlab.network.assembly import PopulationParts, ProjectionParts

if TYPE_CHECKING:
    from snnlab.network.projection import Projection

Owner = tuple[str, str]  # "population" or "projection", and its name
Parts = Iterable[tuple[Owner, PopulationParts | ProjectionParts]]


class Beginning:
    """The state of one network before its first step; of what joined it later, before that."""

    def __init__(self) -> None:
        self._arrays: dict[Owner, dict[str, NDArray]] | None = None

    @property
    def known(self) -> bool:
        """Whether a step may have been run since."""
        return self._arrays is not None

    def keep(self, all_parts: Parts) -> None:
        """Steps are about to be run: copy what is not known yet."""
        begins = self._arrays is None
        kept = {} if self._arrays is None else self._arrays
        self._arrays = kept
        for owner, parts in all_parts:
            if begins and isinstance(parts, PopulationParts):
                parts.forget()
            if owner not in kept:
                kept[owner] = {name: array.copy() for name, array in parts.state().items()}

    def put_back(self, all_parts: Parts) -> None:
        """The first step is still to come; arrays whose shape has changed stay."""
        if self._arrays is None:
            return
        for owner, parts in all_parts:
            saved = self._arrays.get(owner, {})
            for name, array in parts.state().items():
                if name in saved and saved[name].shape == array.shape:
                    array[...] = saved[name]
        self._arrays = None

    def drop(self, projection: Projection) -> None:
        """A reset cannot bring back synapses: those that there are keep their state."""
        if self._arrays is not None:
            self._arrays["projection", projection.name] = {}

    def move(self, projection: Projection, moved: Iterable[tuple[str, NDArray]]) -> None:
        """Of each variable element i was element ``origin[i]`` before; pairs (name, origin)."""
        saved = (self._arrays or {}).get(("projection", projection.name), {})
        for name, origin in moved:
            if name in saved:
                initial = np.zeros_like(projection.state.arrays[name])
                initial[: len(origin)] = saved[name][origin]
                saved[name] = initial
