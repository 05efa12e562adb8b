"""Turn syntax into sympy, node by node, resolving every name on the way.

Names that a model does not know are errors at their column. Values come out in internal units.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, assert_never, cast

import sympy
from sympy import Basic, Expr, Float, Integer, Piecewise, Rational, S
from sympy.logic.boolalg import Boolean

from snnlab.errors import ModelError
from snnlab.language.expressions import suggestion
from snnlab.language.source import Source, Span
from snnlab.language.syntax import (
    Call,
    Chain,
    Comparison,
    Conditional,
    Derivative,
    Expression,
    Function,
    Logic,
    Name,
    Number,
    Power,
    Unary,
)
from snnlab.model.functions import (
    BUILT_IN,
    DISTRIBUTIONS,
    GLOBAL_OPERATIONS,
    NUMBERS,
    distribution_fault,
)
from snnlab.model.ir import RandomDraw, symbol

MAX_EXPONENT = 64
MAX_SIZE = 10_000  # parts of an expression, functions put in; sympy is slow beyond
_MAX_EXACT = 2**53
_MAX_FLOAT = 1.7e308
_MAX_CALLS = 20
OTHER_WORDS = {  # functions as other programs call them, with what says the same here
    "rand": "Uniform(0, 1)",
    "random": "Uniform(0, 1)",
    "randn": "Normal(0, 1)",
    "heaviside": "1 if x > 0 else 0",
    "Heaviside": "1 if x > 0 else 0",
    "int": "floor",
    "relu": "pos",
    "where": "ite",
}

NOISE = re.compile(r"xi(_\w+)?", re.ASCII)  # names of white noise

_RELATION: dict[str, Any] = {
    "<": sympy.StrictLessThan,
    "<=": sympy.LessThan,
    ">": sympy.StrictGreaterThan,
    ">=": sympy.GreaterThan,
    "==": sympy.Eq,
    "!=": sympy.Ne,
}

# sympy's stubs do not know that these take `evaluate`.
_AND: Any = sympy.And
_OR: Any = sympy.Or

Value = Expr | Boolean


@dataclass
class Scope:
    """The names that a model's expressions may use, and what was found while using them."""

    names: dict[str, Value]  # parameters, variables, predefined names
    functions: dict[str, Function] = field(default_factory=dict)
    kind: str = "neuron"
    spiking: bool = True
    draws: list[RandomDraw] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    sizes: dict[Basic, int] = field(default_factory=dict)  # of what has been built

    def size(self, e: Basic) -> int:
        """How many parts an expression has, each counted wherever it stands."""
        if e not in self.sizes:
            self.sizes[e] = 1 + sum(map(self.size, e.args))
        return self.sizes[e]

    def number(self, expression: Expression, source: Source) -> Expr:
        """The expression as a number; a condition counts as 1 or 0."""
        return _Builder(self, source).number(expression)

    def condition(self, expression: Expression, source: Source) -> Boolean:
        """The expression as a condition; a number holds when it is not 0."""
        return _Builder(self, source).condition(expression)

    def value(self, expression: Expression, source: Source) -> Value:
        """The expression as it is."""
        return _Builder(self, source).build(expression)

    def unknown(self, name: str, span: Span, source: Source) -> ModelError:
        """The error for a name that stands for nothing here."""
        if NOISE.fullmatch(name):
            return source.error(
                span,
                f"white noise '{name}' stands outside a differential equation; "
                "write `Normal(0, 1)` here.",
            )
        way_out = suggestion(name, [*self.names, "pi", "True", "False"]) or (
            f"define it with a line `{name} = value`."
        )
        return source.error(span, f"unknown name '{name}'; {way_out}")


def as_number(value: Value) -> Expr:
    """A condition as 1 or 0."""
    if isinstance(value, Boolean) and not isinstance(value, sympy.Symbol):
        if value == S.true or value == S.false:
            return Integer(1 if value == S.true else 0)
        # Not evaluated: sympy would divide conditions by their factors, 0 among them.
        return Piecewise((Integer(1), value), (Integer(0), True), evaluate=False)
    return value


def as_condition(value: Value) -> Boolean:
    """A number as a condition: whether it is not 0."""
    if isinstance(value, Boolean) and not isinstance(value, sympy.Symbol):
        return value
    return cast(Boolean, sympy.Ne(value, 0))


@dataclass
class _Builder:
    scope: Scope
    source: Source
    arguments: dict[str, Value] = field(default_factory=dict)  # of the function being inlined
    n_calls: int = 0  # how deep functions call each other here

    def number(self, expression: Expression) -> Expr:
        return as_number(self.build(expression))

    def condition(self, expression: Expression) -> Boolean:
        return as_condition(self.build(expression))

    def build(self, expression: Expression) -> Value:
        """The value of one node, checked to be a finite number if it is one."""
        try:
            value = self._bounded(self._node(expression), expression.span)
        except ModelError:
            raise
        except (TypeError, ValueError, ArithmeticError, RecursionError) as error:
            # What sympy cannot decide, as the sign of a difference that is 0.
            raise self.source.error(
                expression.span, "this cannot be computed; write it in another way."
            ) from error
        if self.scope.size(value) > MAX_SIZE:
            raise self.source.error(
                expression.span,
                f"the expression grows to more than {MAX_SIZE} parts; "
                "split it over several equations.",
            )
        return value

    def _node(self, expression: Expression) -> Value:
        match expression:
            case Number(value=value, unit=unit):
                scale = 1.0 if unit is None else unit.scale
                return exact(value * scale if scale != 1.0 else value)
            case Name(name=name, span=span):
                return self._name(name, span)
            case Unary(operator="not", operand=operand):
                return sympy.Not(self.condition(operand))
            case Unary(operator=operator, operand=operand):
                value = self.number(operand)
                return -value if operator == "-" else value
            case Chain():
                return self._chain(expression)
            case Power(base=base, exponent=exponent):
                return self._power(self.number(base), self.number(exponent), exponent.span)
            case Comparison(operators=operators, operands=operands):
                values = [self.number(operand) for operand in operands]
                pairs = zip(operators, values, values[1:], strict=False)
                tests = [_RELATION[op](a, b, evaluate=False) for op, a, b in pairs]
                return tests[0] if len(tests) == 1 else _AND(*tests, evaluate=False)
            case Logic(operator=operator, operands=operands):
                join = _AND if operator == "and" else _OR
                return join(*map(self.condition, operands), evaluate=False)
            case Call():
                return self._call(expression)
            case Conditional(condition=condition, then=then, otherwise=otherwise):
                return self._conditional(condition, then, otherwise)
            case Derivative(variable=variable):
                return symbol(f"d{variable}/dt")
            case _:
                assert_never(expression)

    def _name(self, name: str, span: Span) -> Value:
        if name in self.arguments:
            return self.arguments[name]
        if name in self.scope.names:
            return self.scope.names[name]
        if self.scope.kind == "synapse" and name.startswith(("pre.", "post.")):
            side, _, attribute = name.partition(".")
            if "." not in attribute and "__" not in attribute and not attribute.startswith("_"):
                return symbol(f"{side}.{attribute}")
        if name in NUMBERS:
            return NUMBERS[name]
        if "." in name and self.scope.kind == "synapse":
            raise self.source.error(
                span, f"'{name}' cannot be read; write the name of a variable, such as `pre.r`."
            )
        if "." in name:
            raise self.source.error(
                span,
                f"'{name}' is no name of this model; only a synapse reads `pre.x` and `post.x`.",
            )
        if name in BUILT_IN or name in self.scope.functions or name in DISTRIBUTIONS:
            raise self.source.error(
                span, f"'{name}' is a function; give it its arguments: `{name}(...)`."
            )
        raise self.scope.unknown(name, span, self.source)

    def _chain(self, chain: Chain) -> Expr:
        values = [self.number(operand) for operand in chain.operands]
        if chain.operators[0] in "+-":
            signed = (
                -value if operator == "-" else value
                for operator, value in zip(chain.operators, values[1:], strict=True)
            )
            return sympy.Add(values[0], *signed)
        result: Expr = values[0]
        for operator, value, operand in zip(
            chain.operators, values[1:], chain.operands[1:], strict=True
        ):
            if operator != "*" and value.is_zero:
                raise self.source.error(operand.span, "division by zero; change the divisor.")
            match operator:
                case "*":
                    result = sympy.Mul(result, value)
                case "/":
                    result = sympy.Mul(result, sympy.Pow(value, -1))
                case _:
                    result = BUILT_IN["modulo"].build(result, value)
        return result

    def _power(self, base: Expr, exponent: Expr, span: Span) -> Expr:
        if exponent.is_number and abs(float(exponent)) > MAX_EXPONENT:
            raise self.source.error(
                span,
                f"the exponent {_short(exponent)} is larger than {MAX_EXPONENT}; "
                "use `exp` or `log`.",
            )
        if base.is_zero and exponent.is_negative:
            raise self.source.error(span, "division by zero; change the exponent or the base.")
        return sympy.Pow(base, exponent)

    def _conditional(self, condition: Expression, then: Expression, otherwise: Expression) -> Value:
        test = self.condition(condition)
        first, second = self.number(then), self.number(otherwise)
        if test == S.true:
            return first
        if test == S.false:
            return second
        return Piecewise((first, test), (second, True), evaluate=False)

    def _call(self, call: Call) -> Value:
        name, arguments = call.function, call.arguments
        if name == "ite":
            self._check_count(call, (3,))
            return self._conditional(*arguments)
        if name in self.scope.functions:
            return self._inline(call, self.scope.functions[name])
        if name == "sum" or name in ("pre.sum", "post.sum"):
            return self._weighted_sum(call)
        if name in GLOBAL_OPERATIONS and len(arguments) == 1:
            return self._global_operation(call)
        if name in DISTRIBUTIONS:
            return self._draw(call)
        if name not in BUILT_IN:
            known = [*BUILT_IN, *self.scope.functions, *DISTRIBUTIONS, *GLOBAL_OPERATIONS]
            way_out = suggestion(name, [*known, "ite", "sum"]) or (
                f"define it with a line `{name}(x) = ...` under `functions:`."
            )
            if name in OTHER_WORDS:
                way_out = f"write `{OTHER_WORDS[name]}`."
            if name in self.scope.names:
                way_out = f"'{name}' is a value; write `{name} * (...)` for a product."
            raise self.source.error(call.span, f"unknown function '{name}'; {way_out}")
        function = BUILT_IN[name]
        self._check_count(call, function.n_arguments)
        values = [self.number(argument) for argument in arguments]
        if name in ("pow", "power"):
            return self._power(values[0], values[1], arguments[1].span)
        return function.build(*values)

    def _check_count(self, call: Call, allowed: tuple[int, ...]) -> None:
        if len(call.arguments) not in allowed:
            wanted = " or ".join(map(str, allowed))
            plural = "argument" if wanted == "1" else "arguments"
            raise self.source.error(
                call.span,
                f"'{call.function}' takes {wanted} {plural}, not {len(call.arguments)}; "
                "correct the call.",
            )

    def _inline(self, call: Call, function: Function) -> Value:
        """The body of a function of the model with the arguments put in."""
        self._check_count(call, (len(function.arguments),))
        if self.n_calls >= _MAX_CALLS:
            raise self.source.error(
                call.span, f"'{call.function}' calls itself; a function may not be recursive."
            )
        values = [self.build(argument) for argument in call.arguments]
        bound = {a.name: value for a, value in zip(function.arguments, values, strict=True)}
        inner = _Builder(self.scope, function.source, bound, self.n_calls + 1)
        return inner.build(function.body)

    def _weighted_sum(self, call: Call) -> Expr:
        if self.scope.kind == "synapse" and call.function == "sum":
            raise self.source.error(
                call.span,
                "a synapse has no inputs of its own; write `pre.sum(...)` or `post.sum(...)`.",
            )
        self._check_count(call, (0, 1))
        target = "" if not call.arguments else _plain_name(call.arguments[0])
        if target is None:
            raise self.source.error(
                call.arguments[0].span, "'sum' takes the name of a target; write `sum(exc)`."
            )
        if target and call.function == "sum" and target not in self.scope.targets:
            self.scope.targets.append(target)
        return symbol(f"{call.function}({target})")

    def _global_operation(self, call: Call) -> Expr:
        variable = _plain_name(call.arguments[0])
        if variable is None:
            raise self.source.error(
                call.arguments[0].span,
                f"'{call.function}' of one value works over a population; "
                f"write a variable's name: `{call.function}(v)`.",
            )
        self._name(variable, call.arguments[0].span)
        return symbol(f"{call.function}({variable})")

    def _draw(self, call: Call) -> Expr:
        self._check_count(call, (DISTRIBUTIONS[call.function],))
        arguments = tuple(self.number(argument) for argument in call.arguments)
        known = [float(a) if a.is_number else None for a in arguments]
        fault = distribution_fault(call.function, known)
        if fault is not None:
            raise self.source.error(call.span, f"'{call.function}': {fault}")
        name = f"draw({len(self.scope.draws)})"
        self.scope.draws.append(RandomDraw(name, call.function, arguments))
        return symbol(name)

    def _bounded(self, value: Value, span: Span) -> Value:
        """Keep numbers small enough to compute with, and refuse those that are none."""
        if not isinstance(value, Expr) or not value.is_number:
            return value
        if value.has(S.NaN, S.ComplexInfinity, S.Infinity, S.NegativeInfinity):
            raise self.source.error(span, "this gives no real number (infinite); change it.")
        if value.is_real is False or value.has(S.ImaginaryUnit):
            raise self.source.error(span, "this gives no real number (complex); change it.")
        if isinstance(value, Rational) and max(abs(value.p), value.q) <= _MAX_EXACT:
            return value
        # 18 digits are enough to see the size without leaving the range of floats.
        near = value.n(18)
        if near.is_real is False:
            raise self.source.error(span, "this gives no real number (complex); change it.")
        if near.is_Float and abs(near) > Float(_MAX_FLOAT):
            raise self.source.error(span, "this number is too large; stay below 1e308.")
        return Float(float(value)) if isinstance(value, (Float, Rational)) else value


def exact(value: int | float) -> Expr:
    """A Python number as sympy's; whole floats become integers, so that powers stay powers."""
    if isinstance(value, int):
        return Integer(value)
    if value.is_integer() and abs(value) <= _MAX_EXACT:
        return Integer(int(value))
    return Float(value)


def _plain_name(expression: Expression) -> str | None:
    return expression.name if isinstance(expression, Name) else None


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 24 else text[:21] + "..."
