"""Synapses that are not stored: their rows are made anew from the seed whenever they are needed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from snnlab.engine.construction import Rule
from snnlab.engine.rows import make_rows, narrow, row_ends
from snnlab.network.connectors import Connectivity


@dataclass(frozen=True, eq=False)
class Procedure:
    """How the synapses of a projection are made, and between whom."""

    rule: Rule
    rows: NDArray[np.int32] | None  # (n_pre,) row of each pre neuron or -1; None: its number
    post_neurons: NDArray[np.int32] | None  # of each candidate, ascending; None: its number
    n_pre: int
    n_post: int

    @cached_property
    def ends(self) -> NDArray[np.int64]:
        """(n_rows + 1,) where each row of synapses ends."""
        return row_ends(self.rule)

    @property
    def size(self) -> int:
        """Number of synapses."""
        return int(self.ends[-1])

    def connectivity(self) -> Connectivity:
        """All synapses, as they would be stored."""
        ends, targets = make_rows(self.rule)
        if self.rows is not None:
            lengths = np.where(self.rows >= 0, np.diff(ends, append=ends[-1])[self.rows], 0)
            ends = np.concatenate([[0], np.cumsum(lengths)])
        if self.post_neurons is not None:
            targets = self.post_neurons[targets].astype(narrow(self.n_post))
        return Connectivity(ends, targets)
