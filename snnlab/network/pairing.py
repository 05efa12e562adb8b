"""Which neurons of two groups are connected: what a connector gives, checked, as it is stored."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from snnlab.engine.randomness import Key
from snnlab.engine.rows import ends_of, fill_rows, narrow, row_ends
from snnlab.engine.segments import Segments, segments_pay
from snnlab.errors import NetworkError
from snnlab.network.connectors import Connectivity, Connector, Groups, RowConnector, place_of
from snnlab.network.population import Population
from snnlab.network.procedural import Procedure

SYNAPSES_AT_ONCE = 1_000_000


@dataclass(frozen=True, eq=False)
class Pairing:
    """A connector between neurons of two populations."""

    where: str  # for errors
    connector: Connector
    key: Key
    pre: Population
    post: Population
    pre_indices: NDArray[np.int32]
    post_indices: NDArray[np.int32]

    @property
    def groups(self) -> Groups:
        """What the connector is told of the two groups."""
        pre, post = self.pre_indices, self.post_indices
        grids = (self.pre.shape, pre), (self.post.shape, post)
        shared = self.pre.size if self.pre is self.post else 0
        return Groups(len(pre), len(post), shared, *grids)

    @property
    def is_whole(self) -> bool:
        """Whether the groups are whole populations, in their order."""
        pre, post = self.pre_indices, self.post_indices
        return _is_whole(pre, self.pre.size) and _is_whole(post, self.post.size)

    @property
    def is_ascending(self) -> bool:
        """Whether the neurons of both groups are in ascending order."""
        return _ascending(self.pre_indices) and _ascending(self.post_indices)

    def rows_as_stored(self) -> Connectivity | Segments | None:
        """Static synapses between whole populations, made as they are stored.

        None where a connector does more than the engine's rules.
        """
        connector, n_pre, n_post = self.connector, self.pre.size, self.post.size
        plain = type(connector).connect_groups is RowConnector.connect_groups
        if not (self.is_whole and plain and connector.leaves_out_self):
            return None
        rule = cast(RowConnector, connector).rule(self.groups, self.key)
        if (rule.n_rows, rule.n_candidates) != (n_pre, n_post):
            return None
        ends = row_ends(rule)
        if segments_pay(n_pre, n_post, int(ends[-1])):
            return Segments.of_rule(rule, ends)
        return Connectivity(ends, fill_rows(rule, ends))

    def stored(self, rows: Connectivity, *, static: bool) -> Connectivity | Segments:
        """The synapses alone, in segments where that saves memory; generated code knows none."""
        n_post = self.post.size
        if static and segments_pay(self.pre.size, n_post, rows.size):
            return Segments.of(rows.ends, rows.targets, n_post)
        return replace(rows, weights=None, delays=None)

    def procedure(self) -> Procedure:
        """How synapses that are not stored are made anew, by a `RowConnector`."""
        pre, post, sizes = self.pre_indices, self.post_indices, (self.pre.size, self.post.size)
        rule = cast(RowConnector, self.connector).rule(self.groups, self.key)
        rows = None if _is_whole(pre, sizes[0]) else place_of(pre, sizes[0])
        return Procedure(rule, rows, None if _is_whole(post, sizes[1]) else post, *sizes)

    def synapses(self) -> Connectivity:
        """Ask the connector, then translate the positions in views to neurons.

        Raises
        ------
        NetworkError
            If a connector of one's own gives what does not fit the groups.
        """
        pre, post = self.pre_indices, self.post_indices
        rule = self.connector.connect_groups(self.groups, self.key)
        self._check_rule(rule, len(pre), len(post))
        whole = self.is_whole
        drops = (
            self.pre is self.post
            and not self.connector.allows_self
            and not (whole and self.connector.leaves_out_self)
        )
        itself = _self_connections(rule, pre, post) if drops else np.zeros(0, np.int64)
        targets, weights, delays = rule.targets, rule.weights, rule.delays
        if whole and not len(itself):
            return Connectivity(rule.ends, _narrowed(targets, self.post.size), weights, delays)
        sources, targets = pre[rule.sources], post[targets]
        if len(itself):
            kept = np.ones(len(targets), bool)
            kept[itself] = False
            sources, targets = sources[kept], targets[kept]
            weights, delays = _taken(weights, kept), _taken(delays, kept)
        if not self.is_ascending:
            order = np.lexsort((targets, sources))
            sources, targets = sources[order], targets[order]
            weights, delays = _taken(weights, order), _taken(delays, order)
        ends = ends_of(np.bincount(sources, minlength=self.pre.size))
        return Connectivity(ends, _narrowed(targets, self.post.size), weights, delays)

    def _check_rule(self, rule: Connectivity, n_pre: int, n_post: int) -> None:
        """What a connector of one's own returns fits the groups.

        Raises
        ------
        NetworkError
            If it does not.
        """
        where = f"{self.where}: {type(self.connector).__name__}"
        ends, targets = rule.ends, rule.targets
        if len(ends) != n_pre + 1 or ends[0] != 0 or ends[-1] != len(targets):
            raise NetworkError(
                f"{where} gave {len(ends)} row ends, the last {ends[-1] if len(ends) else None}, "
                f"for {n_pre} pre neurons and {len(targets)} synapses; "
                f"give {n_pre + 1}, from 0 to {len(targets)}."
            )
        if len(targets) and (targets.min() < 0 or targets.max() >= n_post):
            wrong = targets[(targets < 0) | (targets >= n_post)][0]
            raise NetworkError(
                f"{where} gave the target {wrong}, and there are {n_post} post neurons; "
                f"give numbers from 0 to {n_post - 1}."
            )
        if isinstance(self.connector, RowConnector):
            return  # the engine has made the rows
        if (np.diff(ends) < 0).any():
            row = int(np.argmax(np.diff(ends) < 0))
            raise NetworkError(
                f"{where} gave the row ends {ends[row]} and then {ends[row + 1]}; "
                f"give ascending numbers."
            )
        disorder = _first_disorder(ends, targets)
        if disorder is not None:
            row = int(np.searchsorted(ends, disorder, "right")) - 1
            raise NetworkError(
                f"{where} gave the pre neuron {row} the target {targets[disorder]} after "
                f"{targets[disorder - 1]}; give those of a neuron in ascending order."
            )


def _taken(values: NDArray | None, chosen: NDArray) -> NDArray | None:
    return None if values is None else values[chosen]


def _self_connections(
    rule: Connectivity, pre: NDArray[np.int32], post: NDArray[np.int32]
) -> NDArray[np.int64]:
    """The synapses from a neuron to itself."""
    found = []
    rows = max(1, len(pre) * SYNAPSES_AT_ONCE // max(1, len(rule.targets)))
    for first in range(0, len(pre), rows):
        last = min(first + rows, len(pre))
        own = slice(rule.ends[first], rule.ends[last])
        sources = np.repeat(pre[first:last], np.diff(rule.ends[first : last + 1]))
        found.append(np.flatnonzero(sources == post[rule.targets[own]]) + rule.ends[first])
    return np.concatenate(found) if found else np.zeros(0, np.int64)


def _first_disorder(ends: NDArray[np.int64], targets: NDArray) -> int | None:
    """The first synapse with a target below that of the synapse before it in its row."""
    for first in range(0, len(targets) - 1, SYNAPSES_AT_ONCE):
        some = targets[first : first + SYNAPSES_AT_ONCE + 1]
        falls = np.flatnonzero(some[1:] < some[:-1]) + first + 1
        within = falls[ends[np.searchsorted(ends, falls)] != falls]
        if len(within):
            return int(within[0])
    return None


def _narrowed(targets: NDArray, n_post: int) -> NDArray:
    return np.ascontiguousarray(targets, narrow(n_post))


def _is_whole(indices: NDArray[np.int32], size: int) -> bool:
    return len(indices) == size and bool((indices == np.arange(size)).all())


def _ascending(indices: NDArray[np.int32]) -> bool:
    return bool((np.diff(indices) > 0).all())
