"""Compute expressions with NumPy, node by node; no text is generated and nothing is compiled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import sympy
from sympy import Basic, Symbol

from snnlab.model import functions

Values = Mapping[Symbol, Any]


def _exprel(x: Any) -> Any:
    safe = np.where(x == 0, 1.0, x)
    return np.where(x == 0, 1.0, np.expm1(safe) / safe)


def _round(x: Any) -> Any:
    return np.sign(x) * np.floor(np.abs(x) + 0.5)


_OPERATIONS: dict[type[Basic], Callable[..., Any]] = {
    sympy.exp: np.exp,
    sympy.log: np.log,
    sympy.sin: np.sin,
    sympy.cos: np.cos,
    sympy.tan: np.tan,
    sympy.asin: np.arcsin,
    sympy.acos: np.arccos,
    sympy.atan: np.arctan,
    sympy.atan2: np.arctan2,
    sympy.sinh: np.sinh,
    sympy.cosh: np.cosh,
    sympy.tanh: np.tanh,
    sympy.Abs: np.abs,
    sympy.floor: np.floor,
    sympy.ceiling: np.ceil,
    sympy.sign: np.sign,
    sympy.Lt: np.less,
    sympy.Le: np.less_equal,
    sympy.Gt: np.greater,
    sympy.Ge: np.greater_equal,
    sympy.Eq: np.equal,
    sympy.Ne: np.not_equal,
    sympy.Not: np.logical_not,
    functions.Clip: lambda x, low, high: np.minimum(np.maximum(x, low), high),
    functions.PositivePart: lambda x: np.maximum(x, 0.0),
    functions.NegativePart: lambda x: np.minimum(x, 0.0),
    functions.Modulo: lambda x, n: x - n * np.floor(x / n),
    functions.Round: _round,
    functions.Exprel: _exprel,
    functions.IsNan: np.isnan,
    functions.IsFinite: np.isfinite,
}
_REDUCTIONS: dict[type[Basic], Callable[[Any, Any], Any]] = {
    sympy.Add: np.add,
    sympy.Mul: np.multiply,
    sympy.Min: np.minimum,
    sympy.Max: np.maximum,
    sympy.And: np.logical_and,
    sympy.Or: np.logical_or,
}


def evaluate(e: Basic, values: Values) -> Any:
    """The value of ``e`` with numbers or arrays for its symbols.

    All branches of a conditional are computed, and those that do not hold are thrown away.
    """
    if isinstance(e, Symbol):
        return values[e]
    if e in (sympy.true, sympy.false):
        return bool(e)
    if isinstance(e, sympy.Expr) and e.is_number and not e.args:
        return float(e)
    if isinstance(e, sympy.Pow):
        return _power(e, values)
    if isinstance(e, sympy.Piecewise):
        result: Any = np.nan
        for pair in reversed(e.args):
            chosen, condition = (evaluate(part, values) for part in pair.args)
            result = np.where(condition, chosen, result)
        return result
    arguments = [evaluate(part, values) for part in e.args]
    if type(e) in _REDUCTIONS:
        total = arguments[0]
        for argument in arguments[1:]:
            total = _REDUCTIONS[type(e)](total, argument)
        return total
    return _OPERATIONS[type(e)](*arguments)


def _power(e: sympy.Pow, values: Values) -> Any:
    base = evaluate(e.base, values)
    if e.exp == sympy.S.Half:
        return np.sqrt(base)
    if e.exp == -1:
        return 1.0 / base
    return np.power(np.asarray(base, dtype=float), evaluate(e.exp, values))
