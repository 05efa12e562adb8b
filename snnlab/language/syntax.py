"""What was typed: the syntax tree of a model, with the place of every part.

Closed trees of frozen dataclasses. Nothing here knows what a name stands for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from snnlab.language.source import Source, Span
from snnlab.units import Unit


@dataclass(frozen=True)
class Number:
    text: str  # as typed, without sign and unit
    value: int | float
    unit: Unit | None
    span: Span


@dataclass(frozen=True)
class Name:
    name: str  # "v", "pre.r"
    span: Span


@dataclass(frozen=True)
class Unary:
    operator: str  # "-", "+", "not"
    operand: Expression
    span: Span


@dataclass(frozen=True)
class Chain:
    """``a - b + c`` or ``a * b / c``: operators of one rank, applied from left to right."""

    operators: tuple[str, ...]  # all of "+", "-", or all of "*", "/", "%"
    operands: tuple[Expression, ...]  # one more than operators
    span: Span


@dataclass(frozen=True)
class Power:
    base: Expression
    exponent: Expression
    span: Span


@dataclass(frozen=True)
class Comparison:
    """``a < b <= c``: true when every neighbouring pair holds."""

    operators: tuple[str, ...]
    operands: tuple[Expression, ...]
    span: Span


@dataclass(frozen=True)
class Logic:
    operator: str  # "and", "or"
    operands: tuple[Expression, ...]
    span: Span


@dataclass(frozen=True)
class Call:
    function: str
    arguments: tuple[Expression, ...]
    span: Span  # of the function's name


@dataclass(frozen=True)
class Conditional:
    condition: Expression
    then: Expression
    otherwise: Expression
    span: Span


@dataclass(frozen=True)
class Derivative:
    """``dv/dt`` on a left side."""

    variable: str
    span: Span


Expression = (
    Number | Name | Unary | Chain | Power | Comparison | Logic | Call | Conditional | Derivative
)


@dataclass(frozen=True)
class Flag:
    """``init = 0`` or ``population`` after the colon of a line."""

    name: str
    value: Expression | None
    span: Span


Place = Literal["parameters", "equations"]


@dataclass(frozen=True)
class Definition:
    """``name = value``, also with ``+=`` and its kin: a parameter or an assignment."""

    name: str
    operator: str
    value: Expression
    flags: tuple[Flag, ...]
    range: tuple[Expression, Expression] | None
    help: str
    place: Place | None  # the section it stands in, when the author said so
    source: Source
    span: Span  # of the name


@dataclass(frozen=True)
class Gradient:
    """A differential equation as typed; ``left`` holds the derivative of ``variable``."""

    variable: str
    left: Expression
    right: Expression
    flags: tuple[Flag, ...]
    help: str
    place: Place | None
    source: Source
    span: Span  # of the derivative


@dataclass(frozen=True)
class Function:
    """``f(x, k) = body``."""

    name: str
    arguments: tuple[Name, ...]
    body: Expression
    source: Source
    span: Span  # of the name


Statement = Definition | Gradient


@dataclass(frozen=True)
class Section:
    """``spike: v > v_th``: a condition or value, or ``reset:`` with its statements."""

    kind: str  # "spike", "reset", ...
    label: str  # name of the event it belongs to; "spike" unless written
    expression: Expression | None
    statements: tuple[Statement, ...]
    flags: tuple[Flag, ...]
    source: Source
    span: Span  # of the header


@dataclass(frozen=True)
class ModelSyntax:
    """A whole cell, or the strings of a model object."""

    name: str
    description: str
    statements: tuple[Statement, ...]
    functions: tuple[Function, ...]
    sections: tuple[Section, ...]
    source: Source | None  # None when the fields are texts of their own

    def section(self, kind: str, label: str = "spike") -> Section | None:
        """The section of this kind, if the model has it."""
        return next((s for s in self.sections if (s.kind, s.label) == (kind, label)), None)


def children(expression: Expression) -> tuple[Expression, ...]:
    """The direct parts of an expression."""
    match expression:
        case Number() | Name() | Derivative():
            return ()
        case Unary(operand=operand):
            return (operand,)
        case Chain(operands=parts) | Comparison(operands=parts) | Logic(operands=parts):
            return parts
        case Power(base=base, exponent=exponent):
            return (base, exponent)
        case Call(arguments=arguments):
            return arguments
        case Conditional(condition=condition, then=then, otherwise=otherwise):
            return (condition, then, otherwise)


def walk(expression: Expression) -> tuple[Expression, ...]:
    """The expression and all its parts, in the order of the text."""
    found: list[Expression] = []
    waiting = [expression]
    while waiting:
        part = waiting.pop()
        found.append(part)
        waiting.extend(reversed(children(part)))
    return tuple(found)


def names(expression: Expression) -> frozenset[str]:
    """Every name that is read in an expression, functions and their target names excepted."""
    return frozenset(part.name for part in walk(expression) if isinstance(part, Name))


def substituted(expression: Expression, values: Mapping[str, Expression]) -> Expression:
    """The expression with other expressions in the place of some names."""

    def inside(parts: tuple[Expression, ...]) -> tuple[Expression, ...]:
        return tuple(substituted(part, values) for part in parts)

    match expression:
        case Name(name=name):
            return values.get(name, expression)
        case Number() | Derivative():
            return expression
        case Unary(operand=operand):
            return replace(expression, operand=substituted(operand, values))
        case Chain(operands=parts) | Comparison(operands=parts) | Logic(operands=parts):
            return replace(expression, operands=inside(parts))
        case Power(base=base, exponent=exponent):
            base, exponent = inside((base, exponent))
            return replace(expression, base=base, exponent=exponent)
        case Call(function="sum" | "pre.sum" | "post.sum"):
            return expression  # its argument is a target
        case Call(arguments=arguments):
            return replace(expression, arguments=inside(arguments))
        case Conditional(condition=condition, then=then, otherwise=otherwise):
            condition, then, otherwise = inside((condition, then, otherwise))
            return Conditional(condition, then, otherwise, expression.span)
