"""Integrators for equations with white noise.

In the right side of an equation ``xi`` is white noise, in 1/sqrt(ms); in the update of a step the
same symbol is one standard normal number, so that ``sqrt(dt) xi`` is the increment of the
Wiener process. Equations are read after Ito, by `heun` after Stratonovich.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import sympy
from sympy import Expr, Integer, Rational, Symbol

from snnlab.model.ir import DifferentialEquation
from snnlab.model.updates import Block, StateUpdate

_HALF = Rational(1, 2)


def noise_parts(equation: DifferentialEquation) -> tuple[Expr, dict[Symbol, Expr]]:
    """``f`` and ``{xi: g}`` of ``dx/dt = f + g xi + ...``."""
    nothing = [(xi, Integer(0)) for xi in equation.noise]
    strengths = {xi: cast(Expr, sympy.diff(equation.rhs, xi)) for xi in equation.noise}
    return cast(Expr, equation.rhs.subs(nothing)) if nothing else equation.rhs, strengths


def euler_maruyama(block: Block, dt: Symbol) -> StateUpdate:
    """``x + f dt + g dW``: strong order 1/2, 1 for additive noise.

    Maruyama 1955, Rend. Circ. Mat. Palermo 4, 48-90.
    """
    updates: list[tuple[Symbol, Expr]] = []
    for equation in block:
        drift, strengths = noise_parts(equation)
        updates.append((equation.variable, equation.variable + dt * drift + _kick(strengths, dt)))
    return StateUpdate((), tuple(updates))


def milstein(block: Block, dt: Symbol) -> StateUpdate:
    """``x + f dt + g dW + g g' (dW^2 - dt)/2``: strong order 1, for a noise of its own.

    Milstein 1975, Theory Probab. Appl. 19, 557-562.
    """
    updates: list[tuple[Symbol, Expr]] = []
    for equation in block:
        x = equation.variable
        drift, strengths = noise_parts(equation)
        value = x + dt * drift + _kick(strengths, dt)
        for xi, strength in strengths.items():
            value += _HALF * dt * strength * sympy.diff(strength, x) * (xi**2 - 1)
        updates.append((x, value))
    return StateUpdate((), tuple(updates))


def with_increments(block: Block, dt: Symbol) -> Block:
    """The equations with white noise held still over the step, at ``dW / dt``."""
    scaled = {xi: xi / sympy.sqrt(dt) for e in block for xi in e.noise}
    return tuple(replace(e, rhs=cast(Expr, e.rhs.xreplace(scaled))) for e in block)


def is_diagonal(equation: DifferentialEquation, block: Block) -> bool:
    """Whether the noise is the equation's own, and its strength depends on no other variable."""
    others = {e.variable for e in block} - {equation.variable}
    shared = {xi for e in block if e is not equation for xi in e.noise}
    _, strengths = noise_parts(equation)
    return (
        len(strengths) == 1
        and not shared & strengths.keys()
        and not any(g.free_symbols & others for g in strengths.values())
    )


def is_additive(equation: DifferentialEquation, block: Block) -> bool:
    """Whether the strength of the noise depends on no variable of the block."""
    variables = {e.variable for e in block}
    _, strengths = noise_parts(equation)
    return not any(g.free_symbols & variables for g in strengths.values())


def _kick(strengths: dict[Symbol, Expr], dt: Symbol) -> Expr:
    """The increment that all noises make in a step."""
    return sympy.sqrt(dt) * sympy.Add(*(g * xi for xi, g in strengths.items()))
