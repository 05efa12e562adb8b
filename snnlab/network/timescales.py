"""Compare the time step with the time constants of a network's models, at its present state."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sympy import Symbol

from snnlab.model.ir import symbol
from snnlab.model.timescales import step_warnings
from snnlab.network.population import Population, State
from snnlab.network.projection import Projection


def time_step_warnings(
    populations: Iterable[Population], projections: Iterable[Projection], dt: float
) -> list[str]:
    """One sentence for every variable that ``dt`` is too large for."""
    found: dict[str, None] = {}
    for population in populations:
        state = population.state
        found |= dict.fromkeys(step_warnings(state.model, dt, values_of(state)))
    for projection in projections:
        if projection.model is not None and projection.model.equations:
            state = projection.state
            found |= dict.fromkeys(step_warnings(state.model, dt, values_of(state)))
    return list(found)


def values_of(state: State) -> dict[Symbol, Any]:
    """Parameters and variables in internal units, as numbers or arrays."""
    values: dict[Symbol, Any] = {}
    for name, parameter in state.parameters.items():
        value = state.values(name) if name in state.individual else state.number(name)
        values[symbol(name)] = value * (parameter.unit.scale if parameter.unit is not None else 1.0)
    for name in state.variables:
        values[symbol(name)] = state.values(name)
    return values
