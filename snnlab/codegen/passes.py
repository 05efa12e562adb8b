"""Passes over kernels: each takes a kernel and returns a new one that computes the same.

They rely on the single-assignment form of a body: a symbol never changes its value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import cast

import sympy
from sympy import Basic, Expr, Symbol
from sympy.logic.boolalg import Boolean

from snnlab.codegen.kernel import Add, Draw, Keep, Kernel, Let, Load, Statement, Store
from snnlab.codegen.printer import branches

Rewrite = Callable[[Basic], Basic]

# The time of the step changes, so it is no invariant of a run, but it is one of a loop.
LOOP_CONSTANTS = frozenset({"t", "dt", "(step)", "(delay)"})


def expand_functions(kernel: Kernel) -> Kernel:
    """Write the functions of the language that C and NumPy lack with those that both have.

    The formulas are those that `model.functions` documents. Arguments get names, because a
    formula uses them more than once.
    """
    body: list[Statement | Draw] = []
    fresh = _Names("argument")

    def named(e: Basic) -> Basic:
        if not e.args or isinstance(e, Boolean):
            return e
        name = fresh.next()
        body.append(Let(name, e))
        return name

    def rewrite(e: Basic) -> Basic:
        if not e.args:
            return e
        e = _rebuilt(e, [rewrite(a) for a in e.args])
        formula = FORMULAS.get(type(e).__name__)
        return e if formula is None else formula(*(named(a) for a in e.args))

    for statement in kernel.body:
        new = _with_values(statement, rewrite)  # appends what it needs before it
        body.append(new)
    return replace(kernel, body=tuple(body))


def _choice(*pairs: tuple[Basic, Basic | bool]) -> Expr:
    return sympy.Piecewise(*pairs, evaluate=False)


def _clip(x: Expr, low: Expr, high: Expr) -> Expr:
    inside = (low, x < low), (high, x > high), (x, True)
    crossed = low > high  # then the upper limit wins, as in min(max(x, low), high)
    return _choice(*inside) if crossed == sympy.false else _choice((high, crossed), *inside)


def _round(x: Expr) -> Expr:
    half = sympy.Rational(1, 2)
    return _choice((sympy.floor(x + half), x >= 0), (sympy.ceiling(x - half), True))


def _extreme(first_wins: Callable[[Expr, Expr], Boolean]) -> Callable[..., Expr]:
    def formula(*arguments: Expr) -> Expr:
        ordered = sorted(arguments, key=str)
        best = ordered[0]
        for argument in ordered[1:]:
            best = _choice((argument, first_wins(argument, best)), (best, True))
        return best

    return formula


FORMULAS: dict[str, Callable[..., Expr]] = {
    "Clip": _clip,
    "PositivePart": lambda x: _choice((x, x > 0), (sympy.Integer(0), True)),
    "NegativePart": lambda x: _choice((x, x < 0), (sympy.Integer(0), True)),
    "Modulo": lambda x, n: x - n * sympy.floor(x / n),
    "Round": _round,
    "sign": lambda x: _choice(
        (sympy.Integer(1), x > 0), (sympy.Integer(-1), x < 0), (sympy.Integer(0), True)
    ),
    "Min": _extreme(lambda a, b: a < b),
    "Max": _extreme(lambda a, b: a > b),
}


def expand_powers(kernel: Kernel) -> Kernel:
    """Whole powers of anything but a symbol become powers of a named value.

    ``(v - E)**4`` is then four multiplications instead of a call of ``pow``. Higher powers
    are products of squares.
    """
    body: list[Statement | Draw] = []
    fresh = _Names("power")
    known: dict[Expr, Symbol] = {}

    def lift(expression: Expr) -> Symbol:
        if isinstance(expression, Symbol):
            return expression
        if expression not in known:
            known[expression] = fresh.next()
            body.append(Let(known[expression], expression))
        return known[expression]

    def rewrite(e: Basic) -> Basic:
        if not e.args:
            return e
        e = _rebuilt(e, [rewrite(a) for a in e.args])
        if not isinstance(e, sympy.Pow) or not e.exp.is_Integer:
            return e
        exponent = abs(int(e.exp))
        if exponent == 1 or (exponent <= 4 and isinstance(e.base, Symbol)) or exponent > 64:
            return e
        power = _power(lift(e.base), exponent, lift)
        return power if e.exp > 0 else 1 / power

    for statement in kernel.body:
        new = _with_values(statement, rewrite)  # appends what it needs before it
        body.append(new)
    return replace(kernel, body=tuple(body))


def _power(base: Symbol, exponent: int, lift: Callable[[Expr], Symbol]) -> Expr:
    if exponent <= 4:
        return sympy.Pow(base, exponent)
    half = lift(_power(base, exponent // 2, lift))
    square = sympy.Pow(half, 2)
    return square * base if exponent % 2 else square


def share_subexpressions(kernel: Kernel) -> Kernel:
    """Compute once what the body computes twice.

    A subexpression gets a name right before its first use. Function calls inside the branches of
    a conditional get one too: both branches are computed and one is taken, which a
    compiler can vectorise.
    """
    count: Counter[Basic] = Counter()

    def visit(e: Basic) -> None:
        if not e.args or isinstance(e, Boolean):
            for argument in e.args:
                visit(argument)
            return
        count[e] += 1
        if count[e] == 1:
            for argument in e.args:
                visit(argument)

    for statement in kernel.body:
        for value in _values(statement):
            visit(value)

    names: dict[Basic, Symbol] = {}
    fresh = _Names("shared")
    body: list[Statement | Draw] = []

    def rewrite(e: Basic, in_branch: bool = False) -> Basic:
        if not e.args:
            return e
        if e in names:
            return names[e]
        if isinstance(e, sympy.Piecewise):
            pairs = [(rewrite(v, True), rewrite(c, True)) for v, c in branches(e)]
            result: Basic = _choice(*pairs)
        else:
            result = _rebuilt(e, [rewrite(a, in_branch) for a in e.args])
        is_call = isinstance(e, sympy.Function) and not isinstance(e, sympy.Piecewise)
        lifted = in_branch and (is_call or isinstance(e, sympy.Pow))
        if not isinstance(e, Boolean) and (count[e] > 1 or lifted) and _worth_a_name(e):
            names[e] = fresh.next()
            body.append(Let(names[e], result))
            return names[e]
        return result

    for statement in kernel.body:
        if isinstance(statement, Let) and statement.value in names:
            body.append(replace(statement, value=names[statement.value]))
            continue
        new = _with_values(statement, rewrite)
        body.append(new)
    return replace(kernel, body=tuple(body))


def _worth_a_name(e: Basic) -> bool:
    return not (isinstance(e, sympy.Mul) and len(e.args) == 2 and e.args[0] == -1)


def hoist_invariants(kernel: Kernel) -> Kernel:
    """Move what does not depend on the element in front of the loop.

    Sums and products are split: in ``a*b*v`` the factor ``a*b`` is computed once.
    """
    constant = {Symbol(name, real=True) for name in (*kernel.scalars, *LOOP_CONSTANTS)}
    prologue: list[Let] = list(kernel.prologue)
    constant.update(let.symbol for let in prologue)
    names: dict[Basic, Symbol] = {}
    fresh = _Names("fixed")

    def invariant(e: Basic) -> bool:
        return all(s in constant for s in e.free_symbols)

    def named(e: Basic) -> Basic:
        if not e.args or not e.free_symbols:
            return e
        if isinstance(e, Boolean):
            return e
        if isinstance(e, sympy.Mul) and len(e.args) == 2 and e.args[0] == -1:
            return -cast(Expr, named(e.args[1]))
        if e not in names:
            names[e] = fresh.next()
            prologue.append(Let(names[e], e))
        return names[e]

    def rewrite(e: Basic) -> Basic:
        if not e.args:
            return e
        if invariant(e):
            return named(e)
        if isinstance(e, sympy.Piecewise):
            # Value and condition apart: the pair of the two is no number that could get a name.
            return _choice(*((rewrite(value), rewrite(c)) for value, c in branches(e)))
        if isinstance(e, sympy.Add | sympy.Mul):
            fixed = [a for a in e.args if (a.args and invariant(a)) or a.is_number or a in constant]
            if len(fixed) > 1:
                loose = [rewrite(a) for a in e.args if a not in fixed]
                combined = cast(Callable[..., Basic], e.func)
                return combined(named(combined(*fixed)), *loose)
        if isinstance(e, sympy.Pow) and e.exp == -1 and isinstance(e.base, Symbol):
            return e
        return _rebuilt(e, [rewrite(a) for a in e.args])

    body: list[Statement | Draw] = []
    for statement in kernel.body:
        if isinstance(statement, Let) and invariant(statement.value):
            constant.add(statement.symbol)
            prologue.append(statement)
            continue
        body.append(_with_values(statement, rewrite))
    return replace(kernel, body=tuple(body), prologue=tuple(prologue))


def remove_unused(kernel: Kernel) -> Kernel:
    """Drop named values and loads that nothing uses."""
    used: set[Basic] = set()
    body: list[Statement | Draw] = []
    for statement in reversed(kernel.body):
        if isinstance(statement, Let | Load | Draw) and statement.symbol not in used:
            continue
        for value in _values(statement):
            used |= value.free_symbols
        body.append(statement)
    prologue: list[Let] = []
    for let in reversed(kernel.prologue):
        if let.symbol in used:
            used |= let.value.free_symbols
            prologue.append(let)
    return replace(kernel, body=tuple(reversed(body)), prologue=tuple(reversed(prologue)))


class _Names:
    """Fresh symbols; the space keeps them apart from every name that a person can write."""

    def __init__(self, stem: str) -> None:
        self._stem = stem
        self._n = 0

    def next(self) -> Symbol:
        self._n += 1
        return Symbol(f"{self._stem} {self._n}", real=True)


def _rebuilt(e: Basic, arguments: list[Basic]) -> Basic:
    if all(new is old for new, old in zip(arguments, e.args, strict=True)):
        return e
    if isinstance(e, sympy.Piecewise):
        return sympy.Piecewise(*[tuple(a.args) for a in arguments], evaluate=False)
    return e.func(*arguments)


def _values(statement: Statement | Draw) -> tuple[Basic, ...]:
    match statement:
        case Let(_, value, _) | Store(_, value) | Add(_, value) | Keep(_, value, _):
            return (value,)
        case Draw(_, _, arguments, _):
            return arguments
        case Load():
            return ()


def _with_values(statement: Statement | Draw, rewrite: Rewrite) -> Statement | Draw:
    match statement:
        case Let() | Store() | Add() | Keep():
            return replace(statement, value=rewrite(statement.value))
        case Draw():
            return replace(statement, arguments=tuple(rewrite(a) for a in statement.arguments))
        case Load():
            return statement
