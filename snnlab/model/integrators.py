"""From differential equations to the update of one step.

Each integrator is a function from equations to a `StateUpdate`; nothing here knows about
arrays, generated code or threads. Temporaries start with an underscore, which no name of a
model does.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace
from typing import cast

import sympy
from sympy import Expr, Integer, Rational, Symbol

from snnlab.model.functions import Exprel
from snnlab.model.ir import DifferentialEquation, symbol
from snnlab.model.propagators import propagates, propagator
from snnlab.model.stochastic import (
    euler_maruyama,
    is_additive,
    is_diagonal,
    milstein,
    noise_parts,
    with_increments,
)
from snnlab.model.updates import Block, Integrator, StateUpdate, linear_parts

EVENT_DRIVEN = "event-driven"
_HALF = cast(Rational, Rational(1, 2))
_ZERO, _ONE = Integer(0), Integer(1)


def explicit(block: Block, dt: Symbol) -> StateUpdate:
    """Forward Euler, ``x + dt f(x)``: order 1 (Euler 1768, Institutiones calculi integralis)."""
    return StateUpdate((), tuple((e.variable, e.variable + dt * e.rhs) for e in block))


def exponential(block: Block, dt: Symbol) -> StateUpdate:
    """Advance linear equations exactly while everything but their own variable holds still.

    ``dx/dt = a + b x`` gives ``x* + (x - x*) exp(b dt)`` with ``x* = -a/b`` (Rotter & Diesmann
    1999, Biol. Cybern. 81, 381-402). Where b may be 0 the equal form
    ``x + dt (a + b x) exprel(b dt)`` divides by nothing. Additive noise of strength g adds a
    normal number of variance ``g^2 dt exprel(2 b dt)``, that of the Ornstein-Uhlenbeck process
    (Gillespie 1996, Phys. Rev. E 54, 2084-2091).
    """
    temporaries: list[tuple[Symbol, Expr]] = []
    updates: list[tuple[Symbol, Expr]] = []
    kicks: dict[Symbol, Expr] = {}
    for noisy in block:
        x = noisy.variable
        drift, strengths = noise_parts(noisy)
        equation = replace(noisy, rhs=drift, noise=())
        parts = linear_parts(equation)
        if parts is None:
            raise ValueError(f"d{x}/dt is not linear in {x}")
        a, b = parts
        for xi, strength in strengths.items():
            deviation = symbol(f"_deviation_{xi}_{x}")
            temporaries.append((deviation, strength * sympy.sqrt(dt * Exprel(2 * b * dt))))
            kicks[x] = kicks.get(x, _ZERO) + deviation * xi
        if b == 0:
            updates.append((x, x + dt * a))
        elif a == 0:
            updates.append((x, x * sympy.exp(b * dt)))
        elif _never_zero(b):
            decay, fixed_point = symbol(f"_decay_{x}"), symbol(f"_rest_{x}")
            temporaries += [(decay, sympy.exp(b * dt)), (fixed_point, _quotient(-a, b))]
            updates.append((x, fixed_point + (x - fixed_point) * decay))
        else:
            temporary = _relative_gain(x, b, dt)
            temporaries.append(temporary)
            updates.append((x, x + equation.rhs * temporary[0]))
    kicked = tuple((x, value + kicks.get(x, _ZERO)) for x, value in updates)
    return StateUpdate(tuple(temporaries), kicked)


def exponential_euler(block: Block, dt: Symbol) -> StateUpdate:
    """``x + dt f(x) exprel(dt f'(x))``: exact for a linear equation, order 2 for another one.

    The exponential fit of Pope 1963, Commun. ACM 6, 491-493. Each variable is advanced with
    the others held still, so that equations which depend on each other have order 1.
    """
    temporaries = tuple(
        _relative_gain(e.variable, sympy.diff(e.rhs, e.variable), dt) for e in block
    )
    updates = tuple(
        (e.variable, e.variable + e.rhs * gain)
        for e, (gain, _) in zip(block, temporaries, strict=True)
    )
    return StateUpdate(temporaries, updates)


def semi_implicit(block: Block, dt: Symbol) -> StateUpdate:
    """``x + dt f(x) / (1 - b dt)`` for linear equations: implicit in x, explicit in the rest."""
    updates: list[tuple[Symbol, Expr]] = []
    for equation in block:
        x = equation.variable
        parts = linear_parts(equation)
        if parts is None:
            raise ValueError(f"d{x}/dt is not linear in {x}")
        updates.append((x, x + dt * equation.rhs / (1 - parts[1] * dt)))
    return StateUpdate((), tuple(updates))


def implicit(block: Block, dt: Symbol) -> StateUpdate:
    """Backward Euler, ``x' = x + dt f(x')``, for a linear system, solved by Cramer's rule."""
    variables = [e.variable for e in block]
    nothing = [(x, _ZERO) for x in variables]
    jacobian = sympy.Matrix([[sympy.diff(e.rhs, x) for x in variables] for e in block])
    if jacobian.has(*variables):
        raise ValueError("the system is not linear")
    matrix = sympy.eye(len(block)) - dt * jacobian
    right = sympy.Matrix([e.variable + dt * e.rhs.subs(nothing) for e in block])
    determinant = symbol("_determinant")
    updates: list[tuple[Symbol, Expr]] = []
    for column, x in enumerate(variables):
        replaced = matrix.copy()
        replaced[:, column] = right
        updates.append((x, replaced.det(method="berkowitz") / determinant))
    temporaries = ((determinant, matrix.det(method="berkowitz")),)
    return StateUpdate(temporaries, tuple(updates))


def midpoint(block: Block, dt: Symbol) -> StateUpdate:
    """``x + dt f(x + dt/2 f(x))``: order 2 (Runge 1895, Math. Ann. 46, 167-178)."""
    first = _slopes(block, 1, {}, _ZERO, dt)
    second = _slopes(block, 2, _advanced(block, 1, dt * _HALF), _HALF, dt)
    updates = tuple((e.variable, e.variable + dt * _slope(e, 2)) for e in block)
    return StateUpdate(first + second, updates)


def heun(block: Block, dt: Symbol) -> StateUpdate:
    """``x + dt/2 (f(x) + f(x + dt f(x)))``: order 2 (Heun 1900, Z. Math. Phys. 45, 23-38).

    With noise the solution is that of Stratonovich, of strong order 1 for one noise (Ruemelin 1982,
    SIAM J. Numer. Anal. 19, 604-613).
    """
    block = with_increments(block, dt)
    first = _slopes(block, 1, {}, _ZERO, dt)
    second = _slopes(block, 2, _advanced(block, 1, dt), _ONE, dt)
    updates = tuple(
        (e.variable, e.variable + dt * _HALF * (_slope(e, 1) + _slope(e, 2))) for e in block
    )
    return StateUpdate(first + second, updates)


def rk4(block: Block, dt: Symbol) -> StateUpdate:
    """The classical Runge-Kutta method: order 4 (Kutta 1901, Z. Math. Phys. 46, 435-453)."""
    stages = _slopes(block, 1, {}, _ZERO, dt)
    stages += _slopes(block, 2, _advanced(block, 1, dt * _HALF), _HALF, dt)
    stages += _slopes(block, 3, _advanced(block, 2, dt * _HALF), _HALF, dt)
    stages += _slopes(block, 4, _advanced(block, 3, dt), _ONE, dt)
    updates: list[tuple[Symbol, Expr]] = []
    for equation in block:
        k1, k2, k3, k4 = (_slope(equation, stage) for stage in (1, 2, 3, 4))
        step = dt * Rational(1, 6) * (k1 + 2 * k2 + 2 * k3 + k4)
        updates.append((equation.variable, equation.variable + step))
    return StateUpdate(stages, tuple(updates))


METHODS: dict[str, Integrator] = {
    "explicit": explicit,
    "exponential": exponential,
    "propagator": propagator,
    "exponential-euler": exponential_euler,
    "implicit": implicit,
    "semi-implicit": semi_implicit,
    "midpoint": midpoint,
    "heun": heun,
    "rk4": rk4,
    "euler-maruyama": euler_maruyama,
    "milstein": milstein,
}

# Other names of the same methods.
SYNONYMS: dict[str, str] = {
    "euler": "explicit",
    "semiimplicit": "semi-implicit",
    "exponential_euler": "exponential-euler",
    "rk2": "midpoint",
    "runge-kutta4": "rk4",
    "euler_maruyama": "euler-maruyama",
    "exact": EVENT_DRIVEN,
    "event_driven": EVENT_DRIVEN,
}

LINEAR_ONLY = ("exponential", "semi-implicit", EVENT_DRIVEN)
FOR_NOISE = ("exponential", "heun", "euler-maruyama", "milstein")  # methods that know `xi`


def solve_block(block: Block, dt: Symbol) -> StateUpdate:
    """Advance neighbouring equations together from old values.

    Each method solves the equations that name it, with the others' variables held still;
    event-driven equations are left out.
    """
    temporaries: list[tuple[Symbol, Expr]] = []
    updates: dict[Symbol, Expr] = {}
    for method in dict.fromkeys(e.method for e in block if e.method != EVENT_DRIVEN):
        update = METHODS[method](tuple(e for e in block if e.method == method), dt)
        temporaries += update.temporaries
        updates |= dict(update.updates)
    ordered = tuple((e.variable, updates[e.variable]) for e in block if e.variable in updates)
    return StateUpdate(tuple(temporaries), ordered)


def elapsed(equation: DifferentialEquation, elapsed: Symbol) -> Expr:
    """The value of an event-driven variable ``elapsed`` ms after its last value."""
    x = equation.variable
    parts = linear_parts(equation)
    if parts is None:
        raise ValueError(f"d{x}/dt is not linear in {x}")
    a, b = parts
    if a == 0:
        return x * sympy.exp(b * elapsed)
    if _never_zero(b):
        fixed_point = _quotient(-a, b)
        return fixed_point + (x - fixed_point) * sympy.exp(b * elapsed)
    return x + elapsed * equation.rhs * Exprel(b * elapsed)


def choose(equations: Block, *, reset: Set[Symbol] = frozenset()) -> dict[Symbol, tuple[str, str]]:
    """The method for every equation of a block that names none, with the reason in words.

    Linear equations with constant coefficients that feed each other in one direction get
    ``propagator``, which is exact. An equation that is linear in its own variable gets
    ``exponential``. Where equations depend on each other in a circle and one of them is not
    linear, or has no decay of its own, all of them are advanced together by ``rk4``; but a variable
    that stands in its own exponential and that a spike sets back (``reset``) gets ``explicit``,
    because its upstroke overflows the stages of rk4. Equations with noise get the best of their
    kind.
    """
    chosen: dict[Symbol, tuple[str, str]] = {}
    for group in _circles(equations):
        quiet = tuple(e for e in group if not e.noise)
        chosen |= _choose_for_circle(quiet, reset)
        chosen |= {e.variable: _choose_for_noise(e, equations) for e in group if e.noise}
    for x, others in _chains(equations).items():
        names = ", ".join(map(str, others))
        reason = f"{x} and {names} are linear with constant coefficients: exact for any step"
        chosen[x] = ("propagator", reason)
    return chosen


def _choose_for_noise(equation: DifferentialEquation, block: Block) -> tuple[str, str]:
    x = equation.variable
    drift, _ = noise_parts(equation)
    if is_additive(equation, block):
        if linear_parts(replace(equation, rhs=drift)) is not None:
            return "exponential", f"linear in {x} with additive noise: exact in distribution"
        return "euler-maruyama", "the noise is additive, for which it has order 1"
    if is_diagonal(equation, block):
        return "milstein", f"the strength of the noise depends on {x}"
    return "euler-maruyama", "the strength of the noise depends on several variables"


def _chains(equations: Block) -> dict[Symbol, tuple[Symbol, ...]]:
    """Variables of linear systems that feed each other, each with the others of its system.

    Only equations that name no method take part, and only whole systems: one that depends
    on another kind of equation of the block is left out.
    """
    variables = {e.variable for e in equations}
    linear = {
        e.variable: e
        for e in equations
        if not e.method and not e.noise and _is_linear_in(e, variables)
    }
    while True:
        outside = variables - linear.keys()
        dropped = [x for x, e in linear.items() if e.rhs.free_symbols & outside]
        if not dropped:
            break
        for x in dropped:
            del linear[x]
    found: dict[Symbol, tuple[Symbol, ...]] = {}
    for members in _connected(tuple(linear.values())):
        if len(members) > 1 and propagates(members):
            names = [e.variable for e in members]
            found |= {x: tuple(y for y in names if y != x) for x in names}
    return found


def _is_linear_in(equation: DifferentialEquation, variables: set[Symbol]) -> bool:
    """Whether the right side is linear in all these variables with coefficients free of them."""
    used = equation.rhs.free_symbols & variables
    return not any(sympy.diff(equation.rhs, x).free_symbols & variables for x in used)


def _connected(equations: Block) -> list[Block]:
    """Equations grouped so that those of different groups do not depend on each other."""
    groups: list[list[DifferentialEquation]] = []
    for equation in equations:
        symbols = equation.rhs.free_symbols | {equation.variable}
        touching = [
            g
            for g in groups
            if any(e.variable in symbols or equation.variable in e.rhs.free_symbols for e in g)
        ]
        groups = [g for g in groups if g not in touching]
        groups.append([*(e for g in touching for e in g), equation])
    return [tuple(e for e in equations if e in group) for group in groups]


def _choose_for_circle(group: Block, reset: Set[Symbol]) -> dict[Symbol, tuple[str, str]]:
    slopes = {e.variable: sympy.diff(e.rhs, e.variable) for e in group}
    linear = {x: not slope.has(x) for x, slope in slopes.items()}
    upstroke = {
        e.variable: e.variable in reset
        and not linear[e.variable]
        and any(power.has(e.variable) for power in e.rhs.atoms(sympy.exp))
        for e in group
    }
    together = len(group) > 1 and any(
        (not linear[x] and not upstroke[x]) or slopes[x] == 0 for x in slopes
    )
    chosen: dict[Symbol, tuple[str, str]] = {}
    for x in slopes:
        if upstroke[x]:
            chosen[x] = (
                "explicit",
                f"{x} stands in its own exponential, whose upstroke overflows methods of stages",
            )
        elif together:
            names = ", ".join(str(other) for other in slopes if other != x)
            chosen[x] = ("rk4", f"{x} depends on {names} in a circle that is not linear")
            if all(linear.values()):
                chosen[x] = ("rk4", f"{x} and {names} drive each other")
        elif not linear[x]:
            chosen[x] = ("rk4", f"the equation is not linear in {x}")
        elif slopes[x] == 0:
            chosen[x] = ("exponential", f"{x} integrates its input, which holds still over a step")
        else:
            chosen[x] = (
                "exponential",
                f"linear in {x}: exact while the other quantities hold still over a step",
            )
    return chosen


def _circles(equations: Block) -> list[Block]:
    """Equations grouped so that each group's variables depend on each other in a circle."""
    by_variable = {e.variable: e for e in equations}
    reach = {x: e.rhs.free_symbols & by_variable.keys() for x, e in by_variable.items()}
    for middle in by_variable:
        for x in by_variable:
            if middle in reach[x]:
                reach[x] = reach[x] | reach[middle]
    groups: list[Block] = []
    placed: set[Symbol] = set()
    for x in by_variable:
        if x in placed:
            continue
        members = [y for y in by_variable if y == x or (y in reach[x] and x in reach[y])]
        placed |= set(members)
        groups.append(tuple(by_variable[y] for y in members))
    return groups


def _never_zero(b: Expr) -> bool:
    """Whether ``b`` is a number over something, as ``-1/tau`` is."""
    numerator, _ = sympy.fraction(b)
    return bool(numerator.is_number and numerator.is_nonzero)


def _quotient(a: Expr, b: Expr) -> Expr:
    """``a / b``, with a common denominator cancelled as ``a / (-1/tau)`` has."""
    return sympy.expand_mul(a / b)


def _relative_gain(x: Symbol, b: Expr, dt: Symbol) -> tuple[Symbol, Expr]:
    """The temporary ``dt exprel(b dt)``, by which the slope at t is multiplied."""
    return symbol(f"_gain_{x}"), dt * Exprel(b * dt)


def _slope(equation: DifferentialEquation, stage: int) -> Symbol:
    return symbol(f"_k{stage}_{equation.variable}")


def _advanced(block: Block, stage: int, step: Expr) -> dict[Symbol, Expr]:
    """The variables ``step`` further along the slopes of ``stage``."""
    return {e.variable: e.variable + step * _slope(e, stage) for e in block}


def _slopes(
    block: Block, stage: int, state: dict[Symbol, Expr], fraction: Rational, dt: Symbol
) -> tuple[tuple[Symbol, Expr], ...]:
    """The slopes at ``state``, ``fraction`` of the step after t."""
    shifted = list(state.items())
    if fraction != 0:
        shifted.append((symbol("t"), symbol("t") + fraction * dt))
    return tuple(
        (_slope(e, stage), cast(Expr, e.rhs.subs(shifted, simultaneous=True))) for e in block
    )
