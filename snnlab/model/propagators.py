"""The exact step of linear systems: the matrix exponential in closed form.

For a triangular matrix every entry of exp(A dt) is a sum over the paths through the system,
product of the couplings times a divided difference of the exponential (Davis 1973, Linear
Algebra Appl. 6, 193-199). The divided differences are written so that equal and nearly equal
time constants are no special case: nothing is divided by their difference when that is small.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from itertools import combinations, pairwise
from math import factorial
from typing import cast

import sympy
from sympy import Expr, Integer, Piecewise, Rational, Symbol

from snnlab.model.functions import Exprel
from snnlab.model.ir import symbol
from snnlab.model.updates import Block, StateUpdate

MAX_PATH = 4  # variables on one path, a constant input included
_SERIES_TERMS = 12
_SERIES_SPREAD = Rational(1, 2)


@dataclass(frozen=True)
class LinearSystem:
    """``dx_i/dt = sum_j couplings[i, j] x_j + inputs[i]``, ordered so that j <= i."""

    variables: tuple[Symbol, ...]
    couplings: dict[tuple[int, int], Expr]
    inputs: tuple[Expr, ...]

    def paths(self, end: int) -> list[tuple[int, ...]]:
        """All ways of influence that lead to variable ``end``, beginning with itself."""
        longer = [
            (end, *path)
            for source in range(end)
            if (end, source) in self.couplings
            for path in self.paths(source)
        ]
        return [(end,), *longer]


def linear_system(block: Block) -> LinearSystem | None:
    """The system that the equations make, or None if it is not linear or not triangular.

    Quantities that are no variables of the block hold still over the step.
    """
    variables = {e.variable for e in block}
    waiting = {e.variable: e for e in block}
    ordered: list[Symbol] = []
    while waiting:
        ready = [
            x
            for x, e in waiting.items()
            if not (e.rhs.free_symbols & variables) - {x} - set(ordered)
        ]
        if not ready:
            return None
        ordered += ready
        for x in ready:
            del waiting[x]
    couplings: dict[tuple[int, int], Expr] = {}
    inputs: list[Expr] = []
    by_variable = {e.variable: e for e in block}
    nothing = [(x, Integer(0)) for x in ordered]
    for row, x in enumerate(ordered):
        rhs = by_variable[x].rhs
        for column, y in enumerate(ordered[: row + 1]):
            slope = sympy.diff(rhs, y)
            if slope.free_symbols & variables:
                return None
            if slope != 0:
                couplings[row, column] = slope
        inputs.append(rhs.subs(nothing))
    return LinearSystem(tuple(ordered), couplings, tuple(inputs))


def propagates(block: Block) -> bool:
    """Whether `propagator` can solve the equations."""
    system = linear_system(block)
    if system is None:
        return False
    return all(
        len(path) + (system.inputs[path[-1]] != 0) <= MAX_PATH
        for end in range(len(system.variables))
        for path in system.paths(end)
    )


def propagator(block: Block, dt: Symbol) -> StateUpdate:
    """Advance a linear system exactly: ``x(t + dt) = exp(A dt) x(t) + ...``.

    Rotter & Diesmann 1999, Biol. Cybern. 81, 381-402. The factors depend on parameters and the
    step alone.
    """
    system = linear_system(block)
    if system is None:
        raise ValueError("the system is not linear and triangular")
    factors = _Factors(system, dt)
    updates: dict[Symbol, Expr] = {}
    for end, x in enumerate(system.variables):
        weights: dict[int, Expr] = {}
        drive: Expr = Integer(0)
        for path in system.paths(end):
            product = sympy.Mul(*(system.couplings[pair] for pair in pairwise(path)))
            reached = product * dt ** (len(path) - 1) * factors.difference(path)
            weights[path[-1]] = weights.get(path[-1], Integer(0)) + reached
            if system.inputs[path[-1]] != 0:
                added = product * dt ** len(path) * factors.difference(path, driven=True)
                drive += added * system.inputs[path[-1]]
        terms = [
            system.variables[source] * factors.named(f"_p_{x}_{system.variables[source]}", weight)
            for source, weight in weights.items()
        ]
        updates[x] = sympy.Add(*terms, drive)
    temporaries = tuple(factors.temporaries)
    return StateUpdate(temporaries, tuple((e.variable, updates[e.variable]) for e in block))


@dataclass
class _Factors:
    """Divided differences of exp at the rates of a path, each computed once."""

    system: LinearSystem
    dt: Symbol
    temporaries: list[tuple[Symbol, Expr]] = field(default_factory=list)
    known: dict[tuple[Expr, ...], Expr] = field(default_factory=dict)

    def difference(self, path: tuple[int, ...], *, driven: bool = False) -> Expr:
        """exp[rates of the path], with rate 0 of a constant input if it is driven."""
        rates = [self.system.couplings.get((i, i), Integer(0)) * self.dt for i in path]
        if driven:
            rates.append(Integer(0))
        # The order does not matter to a divided difference, so equal sets share one factor.
        key = tuple(sorted(rates, key=sympy.default_sort_key))
        if key not in self.known:
            value = self._value(list(key))
            name = f"_e{len(self.known)}_{self.system.variables[0]}"
            self.known[key] = value if value.is_number else self.named(name, value)
        return self.known[key]

    def named(self, name: str, value: Expr) -> Expr:
        """A temporary for the value, unless it is one already."""
        if value.is_Symbol or value.is_number:
            return value
        self.temporaries.append((symbol(name), value))
        return symbol(name)

    def _value(self, rates: list[Expr]) -> Expr:
        match rates:
            case [rate]:
                return cast(Expr, sympy.exp(rate))
            case [first, second]:
                if first == 0:
                    return cast(Expr, Exprel(second))
                return sympy.exp(first) * Exprel(second - first)
        if len(set(rates)) == 1:
            return sympy.exp(rates[0]) / factorial(len(rates) - 1)
        stem = f"_s{len(self.known)}_{self.system.variables[0]}"
        return self._of_sorted(self._sorted(rates, stem), stem)

    def _sorted(self, rates: list[Expr], stem: str) -> list[Expr]:
        """The rates in rising order, by a sorting network of minima and maxima."""
        lines = [self.named(f"{stem}_rate{n}", rate) for n, rate in enumerate(rates)]
        for end in range(len(lines) - 1, 0, -1):
            for i in range(end):
                low, high = sympy.Min(*lines[i : i + 2]), sympy.Max(*lines[i : i + 2])
                lines[i] = self.named(f"{stem}_low{end}{i}", low)
                lines[i + 1] = self.named(f"{stem}_high{end}{i}", high)
        return lines

    def _of_sorted(self, rates: list[Expr], stem: str) -> Expr:
        """The difference at three or more rates in rising order.

        Far rates: the difference of two differences over their distance, which is stable because
        the two differ by a factor. Near rates: the Taylor series about their mean.
        """
        if len(rates) == 2:
            return sympy.exp(rates[1]) * Exprel(rates[0] - rates[1])
        spread = self.named(f"{stem}_spread", rates[-1] - rates[0])
        upper = self.named(f"{stem}_upper", self._of_sorted(rates[1:], stem + "u"))
        lower = self.named(f"{stem}_lower", self._of_sorted(rates[:-1], stem + "l"))
        far = (upper - lower) / sympy.Max(spread, _SERIES_SPREAD)
        mean = self.named(f"{stem}_mean", sympy.Add(*rates) / len(rates))
        offsets = [
            self.named(f"{stem}_offset{n}", cast(Expr, rate - mean)) for n, rate in enumerate(rates)
        ]
        near = sympy.exp(mean) * self._series(offsets, stem)
        return Piecewise((near, spread < _SERIES_SPREAD), (far, True), evaluate=False)

    def _series(self, offsets: list[Expr], stem: str) -> Expr:
        """``sum_k h_k(offsets) / (k + n)!`` with the complete homogeneous polynomials h_k.

        The offsets sum to 0; with their elementary polynomials e_i, ``h_k`` is the sum of
        ``(-1)^(i-1) e_i h_(k-i)``.
        """
        n = len(offsets)
        elementary = [
            self.named(f"{stem}_sum{i}", _elementary(offsets, i)) for i in range(2, n + 1)
        ]
        marks = [Symbol(f"e{i}") for i in range(2, n + 1)]
        polynomial = _homogeneous_series(n)
        return cast(Expr, polynomial.xreplace(dict(zip(marks, elementary, strict=True))))


def _elementary(values: list[Expr], degree: int) -> Expr:
    """The sum of all products of ``degree`` of the values."""
    return sympy.Add(*(sympy.Mul(*chosen) for chosen in combinations(values, degree)))


@cache
def _homogeneous_series(n: int) -> Expr:
    """The series over symbols ``e2`` .. ``en``, in Horner's form."""
    marks = {i: Symbol(f"e{i}") for i in range(2, n + 1)}
    terms: list[Expr] = [Integer(1)]
    for k in range(1, _SERIES_TERMS + 1):
        parts = [(-1) ** (i - 1) * e * terms[k - i] for i, e in marks.items() if i <= k]
        terms.append(sympy.expand(sympy.Add(*parts)))
    total = sympy.Add(*(h / factorial(k + n - 1) for k, h in enumerate(terms)))
    return cast(Expr, sympy.horner(sympy.expand(total), *marks.values()))
