"""The functions of the language: what they are called, how many values they take, their meaning.

Functions that sympy lacks, or would rewrite into something slow, are `sympy.Function`s of our
own; each documents the formula that a printer must produce.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import sympy
from sympy import Expr, Function, Integer, Piecewise, S
from sympy.logic.boolalg import Boolean, BooleanFunction


class Clip(Function):
    """``clip(x, low, high)``: min(max(x, low), high)."""

    nargs = 3

    @classmethod
    def eval(cls, *args: Expr) -> Any:  # None: leave the call as it is
        x, low, high = args
        return sympy.Min(sympy.Max(x, low), high) if _are_numbers(args) else None

    def fdiff(self, argindex: int = 1) -> Expr:
        x, low, high = _args(self)
        inside = sympy.And(x > low, x < high)
        return Piecewise((1, {1: inside, 2: x <= low, 3: x >= high}[argindex]), (0, True))


class PositivePart(Function):
    """``pos(x)``: x where it is positive, else 0."""

    nargs = 1

    @classmethod
    def eval(cls, *args: Expr) -> Any:  # None: leave the call as it is
        return sympy.Max(args[0], 0) if _are_numbers(args) else None

    def fdiff(self, argindex: int = 1) -> Expr:
        return Piecewise((1, _args(self)[0] > 0), (0, True))


class NegativePart(Function):
    """``neg(x)``: x where it is negative, else 0."""

    nargs = 1

    @classmethod
    def eval(cls, *args: Expr) -> Any:  # None: leave the call as it is
        return sympy.Min(args[0], 0) if _are_numbers(args) else None

    def fdiff(self, argindex: int = 1) -> Expr:
        return Piecewise((1, _args(self)[0] < 0), (0, True))


class Modulo(Function):
    """``modulo(x, n)``: x - n * floor(x / n), with the sign of n."""

    nargs = 2

    @classmethod
    def eval(cls, *args: Expr) -> Any:  # None: leave the call as it is
        x, n = args
        return x - n * sympy.floor(x / n) if _are_numbers(args) else None

    def fdiff(self, argindex: int = 1) -> Expr:
        x, n = _args(self)
        return Integer(1) if argindex == 1 else -sympy.floor(x / n)


class Round(Function):
    """``round(x)``: the nearest whole number, halves away from zero (C's round)."""

    nargs = 1

    @classmethod
    def eval(cls, *args: Expr) -> Any:  # None: leave the call as it is
        x = args[0]
        nearest = sympy.sign(x) * sympy.floor(sympy.Abs(x) + sympy.Rational(1, 2))
        return nearest if _are_numbers(args) else None

    def fdiff(self, argindex: int = 1) -> Expr:
        return Integer(0)


class Exprel(Function):
    """``exprel(x)``: (exp(x) - 1) / x, and 1 at x = 0.

    A printer writes a function that keeps its digits near 0.
    """

    nargs = 1

    @classmethod
    def eval(cls, *args: Expr) -> Any:  # None: leave the call as it is
        x = args[0]
        if x.is_zero:
            return Integer(1)
        return (sympy.exp(x) - 1) / x if _are_numbers(args) else None

    def fdiff(self, argindex: int = 1) -> Expr:
        x = _args(self)[0]
        return (sympy.exp(x) - Exprel(x)) / x


class IsNan(BooleanFunction):
    """``isnan(x)``: whether x is not a number."""

    nargs = 1


class IsFinite(BooleanFunction):
    """``isfinite(x)``: whether x is neither infinite nor NaN."""

    nargs = 1


def _args(function: Function) -> tuple[Expr, ...]:
    return cast(tuple[Expr, ...], function.args)


def _are_numbers(args: tuple[Expr, ...]) -> bool:
    return all(argument.is_number for argument in args)


# How a result's dimension follows from those of the arguments.
DimensionRule = Literal["number", "same", "root", "product", "power", "first"]


@dataclass(frozen=True)
class BuiltIn:
    """A function of the language."""

    build: Callable[..., Any]  # an Expr or Boolean
    n_arguments: tuple[int, ...]  # the numbers it may be called with
    dimensions: DimensionRule  # "number": arguments and result have no unit
    latex: str  # LaTeX of the call with {0}, {1} ... for the arguments


def _power(base: Expr, exponent: Expr) -> Expr:
    return cast(Expr, base**exponent)


def _operator(name: str) -> str:
    return rf"\operatorname{{{{{name}}}}}\left({{0}}\right)"


def _two(name: str) -> str:
    return rf"\operatorname{{{{{name}}}}}\left({{0}}, {{1}}\right)"


BUILT_IN: dict[str, BuiltIn] = {
    "exp": BuiltIn(sympy.exp, (1,), "number", r"e^{{{0}}}"),
    "exprel": BuiltIn(Exprel, (1,), "number", _operator("exprel")),
    "log": BuiltIn(sympy.log, (1,), "number", r"\ln\left({0}\right)"),
    "ln": BuiltIn(sympy.log, (1,), "number", r"\ln\left({0}\right)"),
    "log10": BuiltIn(lambda x: sympy.log(x, 10), (1,), "number", r"\log_{{10}}\left({0}\right)"),
    "sin": BuiltIn(sympy.sin, (1,), "number", r"\sin\left({0}\right)"),
    "cos": BuiltIn(sympy.cos, (1,), "number", r"\cos\left({0}\right)"),
    "tan": BuiltIn(sympy.tan, (1,), "number", r"\tan\left({0}\right)"),
    "asin": BuiltIn(sympy.asin, (1,), "number", r"\arcsin\left({0}\right)"),
    "acos": BuiltIn(sympy.acos, (1,), "number", r"\arccos\left({0}\right)"),
    "atan": BuiltIn(sympy.atan, (1,), "number", r"\arctan\left({0}\right)"),
    "atan2": BuiltIn(sympy.atan2, (2,), "first", _two("atan2")),
    "sinh": BuiltIn(sympy.sinh, (1,), "number", r"\sinh\left({0}\right)"),
    "cosh": BuiltIn(sympy.cosh, (1,), "number", r"\cosh\left({0}\right)"),
    "tanh": BuiltIn(sympy.tanh, (1,), "number", r"\tanh\left({0}\right)"),
    "sqrt": BuiltIn(sympy.sqrt, (1,), "root", r"\sqrt{{{0}}}"),
    "abs": BuiltIn(sympy.Abs, (1,), "same", r"\left|{0}\right|"),
    "fabs": BuiltIn(sympy.Abs, (1,), "same", r"\left|{0}\right|"),
    "floor": BuiltIn(sympy.floor, (1,), "same", r"\left\lfloor {0} \right\rfloor"),
    "ceil": BuiltIn(sympy.ceiling, (1,), "same", r"\left\lceil {0} \right\rceil"),
    "sign": BuiltIn(sympy.sign, (1,), "first", _operator("sgn")),
    "round": BuiltIn(Round, (1,), "same", _operator("round")),
    "pow": BuiltIn(_power, (2,), "power", r"{{{0}}}^{{{1}}}"),
    "power": BuiltIn(_power, (2,), "power", r"{{{0}}}^{{{1}}}"),
    "modulo": BuiltIn(Modulo, (2,), "same", r"{0} \bmod {1}"),
    "clip": BuiltIn(Clip, (3,), "same", r"\operatorname{{clip}}\left({0}, {1}, {2}\right)"),
    "pos": BuiltIn(PositivePart, (1,), "same", r"\left[{0}\right]^{{+}}"),
    "positive": BuiltIn(PositivePart, (1,), "same", r"\left[{0}\right]^{{+}}"),
    "neg": BuiltIn(NegativePart, (1,), "same", r"\left[{0}\right]^{{-}}"),
    "negative": BuiltIn(NegativePart, (1,), "same", r"\left[{0}\right]^{{-}}"),
    "min": BuiltIn(sympy.Min, (2, 3, 4), "same", r"\min\left({0}\right)"),
    "max": BuiltIn(sympy.Max, (2, 3, 4), "same", r"\max\left({0}\right)"),
    "isnan": BuiltIn(IsNan, (1,), "first", _operator("isnan")),
    "isfinite": BuiltIn(IsFinite, (1,), "first", _operator("isfinite")),
}

# Names that stand for a number wherever they are not defined otherwise.
NUMBERS: dict[str, Expr | Boolean] = {
    "pi": S.Pi,
    "True": S.true,
    "False": S.false,
    "true": S.true,
    "false": S.false,
}

# Population-wide operations over one variable.
GLOBAL_OPERATIONS = ("mean", "max", "min", "norm1", "norm2")

# Random distributions and the numbers of arguments they take.
DISTRIBUTIONS: dict[str, int] = {
    "Uniform": 2,
    "DiscreteUniform": 2,
    "Normal": 2,
    "LogNormal": 2,
    "Exponential": 1,
    "Gamma": 2,
    "Binomial": 2,
    "Bernoulli": 1,
    "Poisson": 1,
}


def distribution_fault(name: str, values: Sequence[float | None]) -> str | None:
    """What is wrong with the numbers given to a distribution, and what to do; None if nothing.

    An argument whose value only a run tells is None.
    """
    first, second = values[0], values[1] if len(values) > 1 else None
    match name:
        case "Uniform" | "DiscreteUniform":
            if first is not None and second is not None and first > second:
                return f"the lower end {first:g} is above the upper end {second:g}; exchange them."
            for end in (first, second) if name == "DiscreteUniform" else ():
                if end is not None and end != int(end):
                    return f"the end {end:g} is no whole number; give whole numbers."
        case "Normal" | "LogNormal":
            if second is not None and second < 0:
                return f"the standard deviation is negative ({second:g}); give 0 or more."
        case "Exponential":
            if first is not None and first <= 0:
                return f"the rate is {first:g}; give a number above 0."
        case "Poisson":
            if first is not None and first < 0:
                return f"the mean is negative ({first:g}); give 0 or more."
        case "Gamma":
            for value, word in ((first, "shape"), (second, "scale")):
                if value is not None and value <= 0:
                    return f"the {word} is {value:g}; give a number above 0."
        case "Binomial" if first is not None and (first < 0 or first != int(first)):
            return f"the number of trials is {first:g}; give a whole number, 0 or more."
        case _:
            pass
    chance = {"Bernoulli": first, "Binomial": second}.get(name)
    if chance is not None and not 0 <= chance <= 1:
        return f"the probability {chance:g} is outside 0 to 1; correct it."
    return None
