"""Compare the time step with the fastest time constant of each equation."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import sympy
from sympy import Symbol

from snnlab.codegen.lower import Steps
from snnlab.codegen.numpy_target import FUNCTIONS, evaluate
from snnlab.model.ir import DifferentialEquation, symbol
from snnlab.network.population import Population

# Methods that solve a linear decay exactly: a large step is no error of the decay itself.
EXACT_FOR_DECAY = ("exponential", "exponential-euler", "propagator", "event-driven")
LIMIT = 0.5  # of the time constant: beyond it the other methods are far off, at 2 they blow up


def time_step_warnings(populations: Iterable[Population], dt: float) -> list[str]:
    """One sentence for every equation that ``dt`` is too large for."""
    found = []
    for population in populations:
        for equation in population.neuron.model.equations:
            if isinstance(equation, DifferentialEquation):
                constant = time_constant(population, equation)
                if constant is not None and dt > LIMIT * constant:
                    found.append(_sentence(population, equation, dt, constant))
    return [sentence for sentence in found if sentence]


def time_constant(population: Population, equation: DifferentialEquation) -> float | None:
    """The shortest time constant (ms) of an equation at the present state, if it decays."""
    slope = sympy.diff(equation.rhs, equation.variable)
    if slope.has(sympy.Derivative, sympy.Subs) or not _is_known(slope):
        return None
    state = population.state
    values = {}
    for s in slope.free_symbols:
        if not isinstance(s, Symbol):
            return None
        if s.name in state.parameters:
            unit = state.parameters[s.name].unit
            scale = unit.scale if unit is not None else 1.0
            individual = s.name in state.individual
            values[s] = (state.values(s.name) if individual else state.number(s.name)) * scale
        elif s.name in state.variables:
            values[s] = state.values(s.name)
        elif s == symbol("t"):
            values[s] = 0.0
        else:
            return None
    rate = float(np.min(evaluate(slope, values)))
    return -1.0 / rate if rate < 0 else None


def _is_known(e: sympy.Basic) -> bool:
    """Whether every function in ``e`` can be evaluated here."""
    functions = e.atoms(sympy.Function) - e.atoms(sympy.Piecewise, Steps)
    return all(type(f).__name__ in FUNCTIONS for f in functions)


def _sentence(
    population: Population, equation: DifferentialEquation, dt: float, constant: float
) -> str:
    name = equation.variable.name
    where = f"Population '{population.name}': dt = {dt:g} ms is {dt / constant:.2g} of the time "
    where += f"constant of {name} ({constant:.3g} ms)"
    if equation.method in EXACT_FOR_DECAY:
        if dt <= 2 * constant:
            return ""
        return f"{where}, so {name} follows its input in leaps; take dt below {constant:.2g} ms."
    return (
        f"{where}, too much for the method '{equation.method}'; "
        f"take dt below {constant / 10:.2g} ms."
    )
