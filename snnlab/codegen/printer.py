"""Print sympy expressions as C99, with no spelling left to sympy.

Numbers are printed for one floating-point type, small powers are products, conditions are
`int` expressions, conditionals are ternaries. A function that is not in the table is an
error: nothing is printed that C would not understand.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from typing import Literal, cast

import sympy
from sympy import Basic, Expr, Symbol
from sympy.logic.boolalg import Boolean

Real = Literal["double", "float"]

# C functions of one or two real arguments, by the name of the sympy class. The names of
# snnlab's own functions (model/functions.py) are in SPECIAL below.
MATH = {
    "exp": "snn_exp",
    "log": "log",
    "sin": "sin",
    "cos": "cos",
    "tan": "tan",
    "asin": "asin",
    "acos": "acos",
    "atan": "atan",
    "atan2": "atan2",
    "sinh": "sinh",
    "cosh": "cosh",
    "tanh": "tanh",
    "asinh": "asinh",
    "acosh": "acosh",
    "atanh": "atanh",
    "floor": "floor",
    "ceiling": "ceil",
    "Abs": "fabs",
    "Exprel": "snn_exprel",
}

_ADD, _MUL, _UNARY, _ATOM = 1, 2, 3, 4
_POWERS_OF_2 = frozenset(2**k for k in range(1, 31))
_RELATIONS = {
    sympy.Gt: ">",
    sympy.Ge: ">=",
    sympy.Lt: "<",
    sympy.Le: "<=",
    sympy.Eq: "==",
    sympy.Ne: "!=",
}


class CPrinter:
    """Prints expressions over symbols whose C names are given."""

    def __init__(
        self,
        names: Mapping[Symbol, str],
        real: Real = "double",
        integers: Container[Symbol] = frozenset(),
    ) -> None:
        self._names = names
        self._suffix = "f" if real == "float" else ""
        self._integers = integers
        self._whole = False  # numbers are printed without a point
        self.functions_used: set[str] = set()

    def __call__(self, expression: Basic) -> str:
        return self._print(expression)[0]

    def integer(self, expression: Basic) -> str:
        """``expression`` as an `int32_t`, in integer arithmetic where that is exact."""
        if not self._is_whole(expression):
            return f"(int32_t)({self(expression)})"
        self._whole = True
        text = self(expression)
        self._whole = False
        return text

    def _is_whole(self, e: Basic) -> bool:
        if isinstance(e, Symbol):
            return e in self._integers
        if type(e).__name__ == "Steps" or isinstance(e, sympy.Integer):
            return True
        if isinstance(e, sympy.Piecewise):
            return all(self._is_whole(value) for value, _ in branches(e))
        return isinstance(e, sympy.Add | sympy.Mul) and all(self._is_whole(a) for a in e.args)

    def _number(self, value: float) -> str:
        if self._whole and value == int(value):
            return str(int(value))
        if value != value or value in (float("inf"), float("-inf")):
            return {"inf": "SNN_INFINITY", "-inf": "(-SNN_INFINITY)"}.get(repr(value), "SNN_NAN")
        text = repr(float(value))
        return text + self._suffix

    def _function(self, name: str, *arguments: Basic) -> str:
        self.functions_used.add(name)
        return f"{name}{self._suffix}({', '.join(self(a) for a in arguments)})"

    def _at(self, expression: Basic, level: int) -> str:
        text, own = self._print(expression)
        return text if own >= level else f"({text})"

    def _print(self, e: Basic) -> tuple[str, int]:
        if isinstance(e, Symbol):
            return self._names[e], _ATOM
        if e.is_Number or isinstance(e, sympy.NumberSymbol):
            value = float(cast(Expr, e))
            return self._number(value), _ATOM if value >= 0 else _UNARY
        if isinstance(e, sympy.Add):
            return self._sum(e)
        if isinstance(e, sympy.Mul):
            return self._product(e)
        if isinstance(e, sympy.Pow):
            return self._power(e)
        if isinstance(e, sympy.Piecewise):
            return self._conditional(e), _ATOM
        if isinstance(e, Boolean):
            return self._condition(e), _ATOM
        return self._call(e), _ATOM

    def _sum(self, e: sympy.Add) -> tuple[str, int]:
        terms = [cast(Expr, term) for term in e.as_ordered_terms()]
        # Positive terms first, so that a sum does not begin with a minus sign.
        terms.sort(key=lambda term: term.could_extract_minus_sign())
        text = self._at(terms[0], _ADD)
        for term in terms[1:]:
            if term.could_extract_minus_sign():
                text += f" - {self._at(-term, _MUL)}"
            else:
                text += f" + {self._at(term, _MUL)}"
        return text, _ADD

    def _product(self, e: sympy.Mul) -> tuple[str, int]:
        if e.could_extract_minus_sign():
            return f"-{self._at(cast(Expr, -e), _MUL)}", _UNARY
        above: list[Expr] = []
        below: list[Expr] = []
        for factor in e.as_ordered_factors():
            if _is_inverse_exprel(factor):
                above.append(factor)
            elif isinstance(factor, sympy.Pow) and factor.exp.is_Rational and factor.exp < 0:
                below.append(
                    sympy.Pow(factor.base, -factor.exp, evaluate=False)
                    if factor.exp != -1
                    else factor.base
                )
            elif (
                isinstance(factor, sympy.Rational) and factor.p == 1 and factor.q in _POWERS_OF_2
            ):  # exact; by another number a product is as exact and many times as fast
                below.append(sympy.Integer(factor.q))
            else:
                above.append(factor)
        text = "*".join(self._at(f, _UNARY) for f in above) if above else self._number(1.0)
        if len(below) == 1:
            text += f"/{self._at(below[0], _UNARY)}"
        elif below:
            text += f"/({'*'.join(self._at(f, _UNARY) for f in below)})"
        return text, _MUL

    def _power(self, e: sympy.Pow) -> tuple[str, int]:
        base, exponent = e.base, e.exp
        if _is_inverse_exprel(e):
            return self._function("snn_inverse_exprel", *base.args), _ATOM
        if exponent == -1:
            return f"{self._number(1.0)}/{self._at(base, _UNARY)}", _MUL
        if exponent == sympy.Rational(1, 2):
            return self._function("sqrt", base), _ATOM
        if exponent == sympy.Rational(-1, 2):
            return f"{self._number(1.0)}/{self._function('sqrt', base)}", _MUL
        if exponent.is_Integer and exponent < 0:
            return f"{self._number(1.0)}/{self._at(sympy.Pow(base, -exponent), _UNARY)}", _MUL
        if exponent.is_Integer and exponent <= 4 and isinstance(base, Symbol):
            return "*".join([self._names[base]] * int(exponent)), _MUL
        return self._function("pow", base, exponent), _ATOM

    def _conditional(self, e: sympy.Piecewise) -> str:
        text = self._number(0.0)
        for value, condition in reversed(branches(e)):
            if condition == sympy.true:
                text = self._at(value, _ADD)
            else:
                text = f"({self(condition)} ? {self(value)} : {text})"
        return text

    def _condition(self, e: Boolean) -> str:
        if e == sympy.true:
            return "1"
        if e == sympy.false:
            return "0"
        if isinstance(e, sympy.And | sympy.Or):
            # & and | evaluate both sides: no branch, so the loop can be vectorised.
            sign = " & " if isinstance(e, sympy.And) else " | "
            return "(" + sign.join(sorted(self(a) for a in e.args)) + ")"
        if isinstance(e, sympy.Not):
            return f"(!{self(e.args[0])})"
        if isinstance(e, sympy.ITE):  # what sympy makes of a conditional within a condition
            condition, then, otherwise = e.args
            return f"({self(condition)} ? {self(then)} : {self(otherwise)})"
        for relation, sign in _RELATIONS.items():
            if isinstance(e, relation):
                left, right = e.args
                whole, self._whole = self._whole, self._is_whole(left) and self._is_whole(right)
                text = f"({self._at(left, _ADD)} {sign} {self._at(right, _ADD)})"
                self._whole = whole
                return text
        if type(e).__name__ == "IsNan":
            text = self._at(e.args[0], _ATOM)
            return f"({text} != {text})"
        if type(e).__name__ == "IsFinite":
            text = self._at(e.args[0], _ATOM)
            return f"({text} - {text} == {self._number(0.0)})"
        raise TypeError(f"codegen: no C form for the condition {e}; add it to CPrinter.")

    def _call(self, e: Basic) -> str:
        name = type(e).__name__
        if name in MATH:
            return self._function(MATH[name], *e.args)
        if name in SPECIAL:
            return SPECIAL[name](self, *e.args)
        raise TypeError(f"codegen: no C form for the function {name}; add it to CPrinter.")


def _is_inverse_exprel(e: Expr) -> bool:
    """Whether ``e`` is ``x/(exp(x) - 1)``, which takes one division and not two."""
    return isinstance(e, sympy.Pow) and e.exp == -1 and type(e.base).__name__ == "Exprel"


def branches(e: sympy.Piecewise) -> list[tuple[Basic, Basic]]:
    """Values and conditions of a conditional, in their order."""
    return [(pair.args[0], pair.args[1]) for pair in e.args]


def _steps(printer: CPrinter, duration: Expr, dt: Expr) -> str:
    whole, printer._whole = printer._whole, False
    text = f"(int32_t){printer._function('rint', duration / dt)}"
    printer._whole = whole
    return text


# snnlab's own functions, by class name.
SPECIAL: dict[str, Callable[..., str]] = {
    "Steps": _steps,
}
