"""Check units through the equations of a model, where units are given.

Every expression has a dimension, or none is known: a parameter without a unit fits
everything. Plain numbers fit every sum, and count as 1 in products. The dimensions of
variables are found from their equations.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from snnlab.errors import ModelError
from snnlab.language.source import Source
from snnlab.language.syntax import (
    Call,
    Chain,
    Comparison,
    Conditional,
    Definition,
    Derivative,
    Expression,
    Gradient,
    Logic,
    ModelSyntax,
    Name,
    Number,
    Power,
    Statement,
    Unary,
    walk,
)
from snnlab.model.functions import BUILT_IN
from snnlab.units import (
    DIMENSIONLESS,
    TIME,
    Dimension,
    internal_name,
    multiply,
    power,
)

# A known dimension; "free" for a plain number, which fits a sum of any dimension; None: unknown.
Found = Dimension | str | None
FREE = "free"
_TIMES = ("t", "dt", "t_last", "t_pre", "t_post")


@dataclass
class Dimensions:
    """The dimensions of a model's names, and the errors found while looking."""

    known: dict[str, Dimension]  # parameters with units, t, dt; variables as they are found
    variables: frozenset[str]  # names whose dimension follows from the equations

    def of(self, expression: Expression, source: Source) -> Found:
        """The dimension of an expression; its parts must fit together."""
        match expression:
            case Number(unit=unit):
                return FREE if unit is None else unit.dimension
            case Name(name=name):
                return self.known.get(name)
            case Derivative(variable=variable):
                found = self.known.get(variable)
                return None if found is None else multiply(found, power(TIME, -1))
            case Unary(operand=operand):
                return self.of(operand, source)
            case Chain(operators=operators, operands=operands) if operators[0] in "+-":
                return self._common(operands, source, "a sum")
            case Chain():
                return self._product(expression, source)
            case Power(base=base, exponent=exponent):
                return self._raised(base, exponent, source)
            case Comparison(operands=operands):
                self._common(operands, source, "a comparison")
                return None
            case Logic(operands=operands):
                for operand in operands:
                    self.of(operand, source)
                return None
            case Conditional(condition=condition, then=then, otherwise=otherwise):
                self.of(condition, source)
                return self._common((then, otherwise), source, "the two cases")
            case Call():
                return self._call(expression, source)

    def _common(self, parts: tuple[Expression, ...], source: Source, place: str) -> Found:
        """The one dimension of all parts; parts of unknown dimension take it."""
        first: tuple[Expression, Dimension] | None = None
        unknown: list[Expression] = []
        free = True
        for part in parts:
            found = self.of(part, source)
            if found is None:
                unknown.append(part)
            if isinstance(found, tuple):
                if first is not None and found != first[1]:
                    raise source.error(
                        part.span,
                        f"{place} joins {internal_name(first[1])} and {internal_name(found)}; "
                        "give both the same unit.",
                    )
                first = first or (part, found)
            free = free and found == FREE
        if first is None:
            return FREE if free else None
        for part in unknown:
            self.learn(part, first[1], source)
        return first[1]

    def learn(self, expression: Expression, found: Dimension, source: Source) -> None:
        """Note the dimension of a variable that stands alone or with known factors."""
        match expression:
            case Name(name=name) if name in self.variables:
                self.known.setdefault(name, found)
            case Unary(operator="-" | "+", operand=operand):
                self.learn(operand, found, source)
            case Chain(operators=operators, operands=operands) if operators[0] in "*/":
                self._learn_factor(("*", *operators), operands, found, source)
            case _:
                pass

    def _learn_factor(
        self,
        operators: tuple[str, ...],
        operands: tuple[Expression, ...],
        product: Dimension,
        source: Source,
    ) -> None:
        """The one unknown factor of a product follows from the others."""
        unknown: tuple[str, Expression] | None = None
        rest = product
        for operator, operand in zip(operators, operands, strict=True):
            found = self.of(operand, source)
            if found is None:
                if unknown is not None or operator == "%":
                    return
                unknown = (operator, operand)
            else:
                rest = multiply(rest, power(_tuple(found), 1 if operator == "/" else -1))
        if unknown is not None:
            self.learn(unknown[1], rest if unknown[0] == "*" else power(rest, -1), source)

    def _product(self, chain: Chain, source: Source) -> Found:
        result: Found = FREE
        for operator, operand in zip(("*", *chain.operators), chain.operands, strict=True):
            found = self.of(operand, source)
            if operator == "%":
                continue
            if found is None or result is None:
                result = None
            elif found != FREE:
                factor = power(_tuple(found), -1 if operator == "/" else 1)
                result = multiply(_tuple(result), factor)
        return result

    def _raised(self, base: Expression, exponent: Expression, source: Source) -> Found:
        found = self.of(base, source)
        self._without_unit(exponent, source, "an exponent")
        if not isinstance(found, tuple):
            return found
        sign = 1
        if isinstance(exponent, Unary) and exponent.operator == "-":
            exponent, sign = exponent.operand, -1
        if isinstance(exponent, Number):
            return power(found, sign * Fraction(exponent.value).limit_denominator(12))
        return found if found == DIMENSIONLESS else None

    def _without_unit(self, expression: Expression, source: Source, place: str) -> None:
        found = self.of(expression, source)
        if isinstance(found, tuple) and found != DIMENSIONLESS:
            unit = internal_name(found)
            raise source.error(
                expression.span,
                f"{place} must have no unit, and this is in {unit}; "
                f"divide it by a quantity of the same unit, as in `x / (1 {unit})`.",
            )
        if found is None:
            self.learn(expression, DIMENSIONLESS, source)

    def _call(self, call: Call, source: Source) -> Found:
        arguments = call.arguments
        if call.function == "ite" and len(arguments) == 3:
            self.of(arguments[0], source)
            return self._common(arguments[1:], source, "the two cases")
        if call.function in ("mean", "min", "max") and len(arguments) == 1:
            return self.of(arguments[0], source)
        if call.function in ("Uniform", "DiscreteUniform", "Normal"):
            return self._common(arguments, source, f"'{call.function}'")
        if call.function not in BUILT_IN:
            return None
        match BUILT_IN[call.function].dimensions:
            case "number":
                for argument in arguments:
                    self._without_unit(argument, source, f"the argument of '{call.function}'")
                return DIMENSIONLESS
            case "same":
                return self._common(arguments, source, f"'{call.function}'")
            case "root":
                found = self.of(arguments[0], source)
                return power(found, Fraction(1, 2)) if isinstance(found, tuple) else found
            case "power":
                return self._raised(arguments[0], arguments[1], source)
            case "product" | "first":
                return None


def _tuple(found: Dimension | str) -> Dimension:
    return found if isinstance(found, tuple) else DIMENSIONLESS


def check_dimensions(
    syntax: ModelSyntax,
    known: dict[str, Dimension],
    noise: dict[str, Dimension],
    variables: frozenset[str],
) -> dict[str, Dimension]:
    """Check every equation and section, and return the dimensions of the names.

    A model without any unit is not checked.

    Parameters
    ----------
    known
        Dimensions of the parameters that have a unit.
    noise
        Dimension of white noise, by name.
    variables
        Names whose dimension may be found from the equations.

    Raises
    ------
    ModelError
        Where two quantities of different units are added, compared or set equal.
    """
    if not known and not _has_unit(syntax):
        return {}
    dimensions = Dimensions({**known, **noise, **dict.fromkeys(_TIMES, TIME)}, variables)
    parameters = known.keys()
    statements = [
        s for s in syntax.statements if isinstance(s, Gradient) or s.name not in parameters
    ]
    before = -1
    while before != len(dimensions.known):
        # Each pass may learn the dimension of a variable that an earlier line uses.
        before = len(dimensions.known)
        for statement in statements:
            _check_statement(dimensions, statement)
        for section in syntax.sections:
            for statement in section.statements:
                _check_statement(dimensions, statement)
            if section.expression is not None:
                _check_section(dimensions, section.kind, section.expression, section.source)
    return dimensions.known


def _has_unit(syntax: ModelSyntax) -> bool:
    """Whether any number of the equations has a unit."""
    expressions = [s.expression for s in syntax.sections if s.expression is not None]
    statements = [*syntax.statements, *(s for c in syntax.sections for s in c.statements)]
    for statement in statements:
        if isinstance(statement, Gradient):
            expressions += [statement.left, statement.right]
        else:
            expressions.append(statement.value)
        expressions += [flag.value for flag in statement.flags if flag.value is not None]
    return any(
        isinstance(part, Number) and part.unit is not None
        for expression in expressions
        for part in walk(expression)
    )


def _check_section(
    dimensions: Dimensions, kind: str, expression: Expression, source: Source
) -> None:
    found = dimensions.of(expression, source)
    if kind == "refractory" and isinstance(found, tuple) and found != TIME:
        raise source.error(
            expression.span,
            f"'refractory' is a time, and this is in {internal_name(found)}; "
            "give a time such as `5 ms`.",
        )


def _check_statement(dimensions: Dimensions, statement: Statement) -> None:
    source = statement.source
    match statement:
        case Definition(name=name, value=value, operator=operator, span=span):
            found = dimensions.of(value, source)
            if operator in ("*=", "/="):
                return
            _check_equal(dimensions, Name(name, span), value, found, source)
        case Gradient():
            _check_gradient(dimensions, statement)
            name, span = statement.variable, statement.span
    for flag in statement.flags:
        if flag.name in ("init", "min", "max") and flag.value is not None:
            found = dimensions.of(flag.value, source)
            _check_equal(dimensions, Name(name, span), flag.value, found, source)


def _check_equal(
    dimensions: Dimensions, name: Name, value: Expression, found: Found, source: Source
) -> None:
    own = dimensions.known.get(name.name)
    if isinstance(found, tuple):
        if own is None:
            dimensions.learn(name, found, source)
        elif own != found:
            raise source.error(
                value.span,
                f"'{name.name}' is in {internal_name(own)}, and this is in {internal_name(found)}; "
                "give both the same unit.",
            )
    elif found is None and own is not None:
        dimensions.learn(value, own, source)


def _check_gradient(dimensions: Dimensions, gradient: Gradient) -> None:
    left = dimensions.of(gradient.left, gradient.source)
    right = dimensions.of(gradient.right, gradient.source)
    if isinstance(left, tuple) and isinstance(right, tuple):
        if left != right:
            raise _sides_differ(dimensions, gradient, left, right)
    elif isinstance(left, tuple) and right is None:
        dimensions.learn(gradient.right, left, gradient.source)
    elif isinstance(right, tuple) and left is None:
        _learn_variable(dimensions, gradient, right)


def _learn_variable(dimensions: Dimensions, gradient: Gradient, right: Dimension) -> None:
    """Find the variable's dimension from ``tau * dv/dt = right``."""
    factor: Found = DIMENSIONLESS
    left = gradient.left
    if isinstance(left, Chain) and left.operators[0] in "*/":
        for operator, operand in zip(("*", *left.operators), left.operands, strict=True):
            if isinstance(operand, Derivative):
                continue
            found = dimensions.of(operand, gradient.source)
            if found is None:
                return
            factor = multiply(_tuple(factor), power(_tuple(found), -1 if operator == "/" else 1))
    elif not isinstance(left, Derivative):
        return
    if gradient.variable in dimensions.variables:
        found = multiply(multiply(right, TIME), power(_tuple(factor), -1))
        dimensions.known.setdefault(gradient.variable, found)


def _sides_differ(
    dimensions: Dimensions, gradient: Gradient, left: Dimension, right: Dimension
) -> ModelError:
    """The error for the two sides; it names the factor of the derivative that would mend it."""
    source = gradient.source
    variable = dimensions.known.get(gradient.variable)
    factors = [part for part in _factors(gradient.left) if isinstance(part, Name)]
    if variable is not None and len(factors) == 1:
        own = dimensions.known[factors[0].name]
        wanted = multiply(own, multiply(right, power(left, -1)))
        return source.error(
            factors[0].span,
            f"'{factors[0].name}' is in {internal_name(own)}, but d{gradient.variable}/dt needs "
            f"{internal_name(wanted)} here; correct the unit of '{factors[0].name}'.",
        )
    return source.error(
        gradient.right.span,
        f"the left side is in {internal_name(left)}, and the right side in "
        f"{internal_name(right)}; give both the same unit.",
    )


def _factors(left: Expression) -> Iterable[Expression]:
    if isinstance(left, Chain) and left.operators[0] in "*/":
        return left.operands
    return ()
