"""Turn sympy expressions, as a person builds them in Python, into the syntax of the language.

The result is printed and read again like any text, so that expressions made in a class are
checked by the same rules. Whatever the language does not know is refused by name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import cast

import sympy
from sympy import Basic, Expr, Integer, S, Symbol

from snnlab.errors import ModelError
from snnlab.language.source import Span
from snnlab.language.syntax import (
    Call,
    Chain,
    Comparison,
    Conditional,
    Expression,
    Logic,
    Name,
    Number,
    Power,
    Unary,
)
from snnlab.model import functions

_NOWHERE = Span(1, 0, 0)
_NAME = re.compile(r"[A-Za-z]\w*(\.[A-Za-z]\w*)*", re.ASCII)
_FUNCTIONS: dict[type[Basic], str] = {
    sympy.exp: "exp",
    sympy.log: "log",
    sympy.sin: "sin",
    sympy.cos: "cos",
    sympy.tan: "tan",
    sympy.asin: "asin",
    sympy.acos: "acos",
    sympy.atan: "atan",
    sympy.atan2: "atan2",
    sympy.sinh: "sinh",
    sympy.cosh: "cosh",
    sympy.tanh: "tanh",
    sympy.Abs: "abs",
    sympy.floor: "floor",
    sympy.ceiling: "ceil",
    sympy.sign: "sign",
    sympy.Min: "min",
    sympy.Max: "max",
    functions.Clip: "clip",
    functions.PositivePart: "pos",
    functions.NegativePart: "neg",
    functions.Modulo: "modulo",
    functions.Round: "round",
    functions.Exprel: "exprel",
    functions.IsNan: "isnan",
    functions.IsFinite: "isfinite",
}
_RELATIONS: dict[type[Basic], str] = {
    sympy.Lt: "<",
    sympy.Le: "<=",
    sympy.Gt: ">",
    sympy.Ge: ">=",
    sympy.Eq: "==",
    sympy.Ne: "!=",
}


class NamedCall(sympy.Function):
    """A call that the language knows and sympy does not, as ``Normal(0, 1)`` or ``sum(exc)``.

    Its arguments are a symbol with the function's name, a number that tells two random draws
    from each other (0 for other calls), and the arguments of the call.
    """

    is_real = True


@dataclass(frozen=True)
class SyntaxWriter:
    """Writes expressions; ``where`` names the method that made them in errors."""

    where: str

    def expression(self, e: Basic) -> Expression:
        """The syntax of ``e``."""
        match e:
            case Symbol():
                return self._name(e)
            case sympy.Integer() | sympy.Float():
                return self._number(e)
            case sympy.Rational():
                return _chain("/", [self._number(Integer(e.p)), self._number(Integer(e.q))])
            case sympy.Add():
                return self._sum(e)
            case sympy.Mul():
                return self._product(e)
            case sympy.Pow():
                return self._power(e)
            case sympy.Piecewise():
                return self._cases(e)
            case sympy.And() | sympy.Or():
                operator = "and" if isinstance(e, sympy.And) else "or"
                parts = tuple(self.expression(part) for part in _ordered(e))
                return Logic(operator, parts, _NOWHERE)
            case sympy.Not():
                return Unary("not", self.expression(e.args[0]), _NOWHERE)
            case NamedCall():
                head, _, *arguments = e.args
                return Call(str(head), tuple(map(self.expression, arguments)), _NOWHERE)
            case _ if e in (S.true, S.false):
                return Name("True" if e == S.true else "False", _NOWHERE)
            case _ if e == S.Pi:
                return Name("pi", _NOWHERE)
            case _ if e == S.Exp1:
                return Call("exp", (self._number(Integer(1)),), _NOWHERE)
        return self._function(e)

    def _function(self, e: Basic) -> Expression:
        for relation, operator in _RELATIONS.items():
            if isinstance(e, relation):
                return Comparison((operator,), tuple(map(self.expression, e.args)), _NOWHERE)
        if type(e) in _FUNCTIONS:
            arguments = tuple(self.expression(part) for part in _ordered(e))
            return Call(_FUNCTIONS[type(e)], arguments, _NOWHERE)
        raise ModelError(
            f"{self.where}: '{type(e).__name__}' of sympy is no function of the language; "
            "write it with functions such as `exp`, `tanh` or `Piecewise`."
        )

    def _name(self, s: Symbol) -> Expression:
        if not _NAME.fullmatch(s.name):
            raise ModelError(
                f"{self.where}: the symbol {s.name[:40]!r} is no name of the language; "
                "use letters, digits and `_`."
            )
        return Name(s.name, _NOWHERE)

    def _number(self, e: Expr) -> Expression:
        value = int(e) if isinstance(e, Integer) else float(e)
        if not -1e308 < value < 1e308:
            raise ModelError(f"{self.where}: {e} is no finite number; change the expression.")
        number = Number(repr(abs(value)), abs(value), None, _NOWHERE)
        return Unary("-", number, _NOWHERE) if value < 0 else number

    def _sum(self, e: sympy.Add) -> Expression:
        terms = [cast(Expr, term) for term in e.as_ordered_terms()]
        # Positive terms first, so that a sum does not begin with a minus sign.
        terms.sort(key=lambda term: term.could_extract_minus_sign())
        signs = ["-" if term.could_extract_minus_sign() else "+" for term in terms[1:]]
        parts = [terms[0], *(-t if s == "-" else t for s, t in zip(signs, terms[1:], strict=True))]
        return Chain(tuple(signs), tuple(map(self.expression, parts)), _NOWHERE)

    def _product(self, e: sympy.Mul) -> Expression:
        if e.could_extract_minus_sign():
            return _negative(self.expression(-e))
        above: list[Expression] = []
        below: list[Expression] = []
        for factor in e.as_ordered_factors():
            if isinstance(factor, sympy.Rational) and not isinstance(factor, Integer):
                if factor.p != 1:
                    above.append(self._number(Integer(factor.p)))
                below.append(self._number(Integer(factor.q)))
            elif isinstance(factor, sympy.Pow) and factor.exp.is_Rational and factor.exp < 0:
                below.append(self.expression(sympy.Pow(factor.base, -factor.exp)))
            else:
                above.append(self.expression(factor))
        first = _chain("*", above or [self._number(Integer(1))])
        if not below:
            return first
        # The divisors make one bracket, `a/(b*c)`, which rounds once.
        return _chain("/", [first, _chain("*", below)])

    def _power(self, e: sympy.Pow) -> Expression:
        if e.base == S.Exp1:
            return Call("exp", (self.expression(e.exp),), _NOWHERE)
        if e.exp == S.Half:
            return Call("sqrt", (self.expression(e.base),), _NOWHERE)
        if e.exp.is_Rational and e.exp < 0:
            whole = self.expression(sympy.Pow(e.base, -e.exp))
            return _chain("/", [self._number(Integer(1)), whole])
        return Power(self.expression(e.base), self.expression(e.exp), _NOWHERE)

    def _cases(self, e: sympy.Piecewise) -> Expression:
        pairs = [(pair.args[0], pair.args[1]) for pair in e.args]
        if pairs[-1][1] != S.true:
            raise ModelError(
                f"{self.where}: a Piecewise has no value where none of its conditions holds; "
                "end it with `(value, True)`."
            )
        result = self.expression(pairs[-1][0])
        for value, condition in reversed(pairs[:-1]):
            result = Conditional(
                self.expression(condition), self.expression(value), result, _NOWHERE
            )
        return result


def _negative(e: Expression) -> Expression:
    """``-x / tau``: the sign goes to the first factor."""
    if isinstance(e, Chain) and e.operators[0] in "*/":
        return replace(e, operands=(_negative(e.operands[0]), *e.operands[1:]))
    return Unary("-", e, _NOWHERE)


def _chain(operator: str, parts: list[Expression]) -> Expression:
    """``a * b * c``, or its only part."""
    if len(parts) == 1:
        return parts[0]
    return Chain((operator,) * (len(parts) - 1), tuple(parts), _NOWHERE)


def _ordered(e: Basic) -> tuple[Basic, ...]:
    """The arguments, in an order that does not change from run to run."""
    if isinstance(e, sympy.Min | sympy.Max | sympy.And | sympy.Or):
        return tuple(sorted(e.args, key=sympy.default_sort_key))
    return e.args
