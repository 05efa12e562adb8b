"""Synapses that come and go: the ``pruning`` and ``creating`` rules of a synapse model.

The conditions are evaluated with NumPy at the end of a step, and the projection's tables are
built anew when something changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sympy import Basic, Symbol

from snnlab.codegen.kernel import LAST_SPIKE
from snnlab.engine.randomness import stream_key
from snnlab.engine.rows import narrow, uniform
from snnlab.errors import NetworkError
from snnlab.model.evaluate import evaluate
from snnlab.model.ir import StructuralRule
from snnlab.network.connectors import Connectivity

if TYPE_CHECKING:
    from snnlab.network.population import Population, State
    from snnlab.network.projection import Projection

PRUNING, CREATING = 1, 2  # random streams of a projection
PAIRS_AT_ONCE = 4_000_000


def prune(projection: Projection) -> None:
    """Remove the synapses that the model's ``pruning`` rule hits."""
    model = projection.model
    if model is None or model.pruning is None:
        return
    synapses = np.arange(projection.size)
    values = _Values(projection, projection.sources, projection.targets, synapses)
    hit = _hit(projection, model.pruning, values, len(synapses), PRUNING, 0)
    if not hit.any():
        return
    kept = np.flatnonzero(~hit)
    new = _sorted(projection, projection.sources[kept], projection.targets[kept], kept)
    projection.network._restructure(
        projection, lambda: projection.replace_synapses(*new, weight=0.0)
    )


def create(projection: Projection) -> None:
    """Add a synapse to each unconnected pair that the model's ``creating`` rule hits."""
    model = projection.model
    if model is None or model.creating is None:
        return
    rule = model.creating
    found: list[tuple[NDArray, NDArray]] = []
    for first, sources, targets in _unconnected(projection):
        values = _Values(projection, sources, targets, None)
        hit = _hit(projection, rule, values, len(sources), CREATING, first)
        found.append((sources[hit], targets[hit]))
    n_new = sum(len(sources) for sources, _ in found)
    if n_new == 0:
        return
    weight = 0.0 if rule.weight is None else float(_Values(projection).of(rule.weight))
    delay = None if rule.delay is None else float(_Values(projection).of(rule.delay))
    sources = np.concatenate([projection.sources, *(s for s, _ in found)])
    targets = np.concatenate([projection.targets, *(t for _, t in found)])
    origin = np.concatenate([np.arange(projection.size), np.full(n_new, -1)])
    new = _sorted(projection, sources, targets, origin)
    projection.network._restructure(
        projection, lambda: projection.replace_synapses(*new, weight=weight, delay=delay)
    )


def _unconnected(projection: Projection) -> Iterator[tuple[int, NDArray, NDArray]]:
    """Pairs without a synapse: number of the first pre neuron, sources, targets; in blocks."""
    n_post = projection.post.size
    rows = max(1, PAIRS_AT_ONCE // n_post)
    ends, connected = projection.connectivity.ends, projection.connectivity.targets
    for first in range(0, projection.pre.size, rows):
        last = min(first + rows, projection.pre.size)
        free = np.ones((last - first, n_post), bool)
        own = slice(ends[first], ends[last])
        free[projection.sources[own] - first, connected[own]] = False
        if projection.pre is projection.post and not projection.connector.allows_self:
            diagonal = np.arange(first, last)
            free[diagonal - first, diagonal] = False
        sources, targets = np.nonzero(free)
        yield first, sources + first, targets


def _hit(
    projection: Projection,
    rule: StructuralRule,
    values: _Values,
    n: int,
    purpose: int,
    block: int,
) -> NDArray[np.bool_]:
    """Where the condition holds and a random number lets it happen."""
    holds = np.broadcast_to(values.of(rule.condition), n).astype(bool)
    probability = np.broadcast_to(values.of(rule.probability), n)
    if (probability >= 1).all():
        return holds
    key = stream_key(projection.network.seed, *projection._run_key, purpose, block)
    chance = uniform(key, projection.network.step_index & 0xFFFFFFFF, n)
    return holds & (chance < probability)


def _sorted(
    projection: Projection, sources: NDArray, targets: NDArray, origin: NDArray
) -> tuple[Connectivity, NDArray[np.int64]]:
    order = np.lexsort((targets, sources))
    counts = np.bincount(sources, minlength=projection.pre.size)
    ends = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    narrowed = targets[order].astype(narrow(projection.post.size))
    return Connectivity(ends, narrowed), origin[order].astype(np.int64)


class _Values:
    """Finds the values behind the names of a rule, for pairs of neurons or for synapses."""

    def __init__(
        self,
        projection: Projection,
        sources: NDArray | None = None,
        targets: NDArray | None = None,
        synapses: NDArray | None = None,
    ) -> None:
        self._projection = projection
        self._sides = {
            "pre": (projection.pre, sources),
            "post": (projection.post, targets),
        }
        self._synapses = synapses

    def of(self, e: Basic) -> Any:
        values = {s: self._value(s.name) for s in e.free_symbols if isinstance(s, Symbol)}
        return evaluate(e, values)

    def _value(self, name: str) -> Any:
        network = self._projection.network
        if name == "t":
            return (network.step_index - 1) * network.dt
        if name == "dt":
            return network.dt
        if name in ("t_pre", "t_post"):
            population, index = self._sides[name.removeprefix("t_")]
            return network._linkage.last_spikes(population)[index] * network.dt
        side, _, attribute = name.partition(".")
        if side in self._sides and attribute:
            population, index = self._sides[side]
            return self._of_neurons(population, attribute, index)
        state = self._projection.state
        one = name in state.parameters and name not in state.individual
        if one or (name in state.parameters and self._synapses is None):
            return state.number(name) * _scale(state, name)
        if self._synapses is None:
            raise NetworkError(
                f"Projection '{self._projection.name}': 'creating' reads '{name}', which only "
                f"synapses that exist have; use parameters and values of 'pre.' and 'post.'."
            )
        return self._projection.values(name)[self._synapses] * _scale(state, name)

    def _of_neurons(self, population: Population, attribute: str, index: NDArray | None) -> Any:
        if attribute == LAST_SPIKE.name:
            return self._projection.network._linkage.last_spikes(population)[index]
        state = population.state
        if attribute in state.parameters and attribute not in state.individual:
            return state.number(attribute) * _scale(state, attribute)
        values = state.values(attribute)
        return values[0] if len(values) == 1 else values[index] * _scale(state, attribute)


def _scale(state: State, name: str) -> float:
    parameter = state.parameters.get(name)
    return parameter.unit.scale if parameter is not None and parameter.unit is not None else 1.0
