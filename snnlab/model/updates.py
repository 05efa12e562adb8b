"""What an integrator is given and what it returns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy
from sympy import Expr, Symbol

from snnlab.model.ir import DifferentialEquation


@dataclass(frozen=True)
class StateUpdate:
    """The state at t + dt from the state at t.

    The temporaries are evaluated in order from old values, then every new value from old values
    and temporaries, then all are stored together.
    """

    temporaries: tuple[tuple[Symbol, Expr], ...]
    updates: tuple[tuple[Symbol, Expr], ...]


Block = tuple[DifferentialEquation, ...]
Integrator = Callable[[Block, Symbol], StateUpdate]


def linear_parts(equation: DifferentialEquation) -> tuple[Expr, Expr] | None:
    """``(a, b)`` with ``dx/dt = a + b x`` and both free of x, or None."""
    x = equation.variable
    b = sympy.diff(equation.rhs, x)
    if b.has(x):
        return None
    return equation.rhs.subs(x, 0), b
