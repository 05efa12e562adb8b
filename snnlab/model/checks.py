"""The rules that a model is checked against, one function for each."""

from __future__ import annotations

from collections.abc import Container, Mapping

from sympy import Expr, Symbol

from snnlab.errors import ModelError
from snnlab.language.expressions import suggestion
from snnlab.language.syntax import (
    Definition,
    Expression,
    Gradient,
    ModelSyntax,
    Name,
    Section,
    Statement,
    walk,
)
from snnlab.model.functions import BUILT_IN, DISTRIBUTIONS, NUMBERS
from snnlab.model.integrators import LINEAR_ONLY, linear_parts
from snnlab.model.ir import DifferentialEquation
from snnlab.model.scope import Value

OPERATIONS = ("sum", "max", "min", "mean")


def check_definitions(syntax: ModelSyntax, predefined: tuple[str, ...]) -> None:
    """Every name is defined once, and is no name of the language."""
    first: dict[str, Statement] = {}
    for statement in syntax.statements:
        match statement:
            case Definition(name=name):
                pass
            case Gradient(variable=name):
                pass
        source, span = statement.source, statement.span
        if name.startswith("_") or "__" in name:
            raise source.error(
                span,
                f"the name '{name}' starts with '_' or holds '__'; rename it.",
            )
        if name in predefined or name in NUMBERS:
            raise source.error(span, f"'{name}' is a name of the language; choose another name.")
        if name in BUILT_IN or name in DISTRIBUTIONS or name == "sum":
            raise source.error(
                span, f"'{name}' is a function of the language; choose another name."
            )
        if name in first:
            raise source.error(
                span,
                f"'{name}' is defined twice, first on line {first[name].span.line}; remove one.",
            )
        first[name] = statement
    for function in syntax.functions:
        if function.name in BUILT_IN or function.name in first:
            raise function.source.error(
                function.span, f"'{function.name}' is defined already; choose another name."
            )


def check_neuron_sections(syntax: ModelSyntax, spiking: bool) -> None:
    """``reset`` and ``refractory`` belong to an event that exists."""
    events = [section.label for section in syntax.sections if section.kind == "spike"]
    seen: set[tuple[str, str]] = set()
    for section in syntax.sections:
        if (section.kind, section.label) in seen:
            raise section.source.error(
                section.span, f"the section '{section.kind}' stands twice; join the two."
            )
        seen.add((section.kind, section.label))
        if section.kind in ("reset", "refractory") and section.label not in events:
            raise section.source.error(
                section.span,
                f"'{section.kind}' follows an event '{section.label}' that is not there; "
                f"add a section `{_header(section.label)}: condition`.",
            )


def _header(label: str) -> str:
    return "spike" if label == "spike" else f"event {label}"


def check_rate_neuron(syntax: ModelSyntax, defined: Container[str]) -> None:
    """A neuron without ``spike`` transmits its rate ``r``."""
    if "r" not in defined:
        message = (
            "the model has neither a `spike:` section nor a rate `r`; "
            "add `spike: condition`, or an equation for `r`."
        )
        raise ModelError(f"{syntax.name}: {message}")


def check_gradient_is_linear(gradient: Gradient, factor: Expr, slope: Symbol) -> None:
    """The derivative stands alone or with a factor, not in a function."""
    if factor.has(slope):
        raise gradient.source.error(
            gradient.span,
            f"the equation is not linear in {slope}; write it as `{slope} = ...`.",
        )
    if factor == 0:
        raise gradient.source.error(
            gradient.span, f"{slope} cancels out of the equation; correct the left side."
        )


def check_method(gradient: Gradient, equation: DifferentialEquation) -> None:
    """Methods for linear equations get one."""
    if equation.method in LINEAR_ONLY and linear_parts(equation) is None:
        flag = next(
            (f for f in gradient.flags if f.value is None and f.name[:3] == equation.method[:3]),
            gradient,
        )
        other = "exponential-euler" if equation.method == "exponential" else "rk4"
        name = gradient.variable
        way_out = (
            f"make it linear in {name}." if equation.method == "event-driven" else f"use `{other}`."
        )
        raise gradient.source.error(
            flag.span,
            f"d{name}/dt is not linear in {name}, so '{equation.method}' cannot solve it; "
            f"{way_out}",
        )


def check_init(
    statement: Statement,
    init: Expression,
    known: Mapping[str, Value],
    parameters: Container[str],
) -> None:
    """A start value is made of numbers and parameters."""
    for part in walk(init):
        if isinstance(part, Name) and part.name in known and part.name not in parameters:
            raise statement.source.error(
                part.span,
                f"'{part.name}' has no value yet when 'init' is computed; use parameters only.",
            )


def check_range(
    line: Definition,
    typed: tuple[Expression, Expression],
    value: Expr,
    limits: tuple[float, float],
) -> None:
    """A slider's range goes upwards and holds the value."""
    low, high = limits
    if low >= high:
        raise line.source.error(
            typed[0].span, f"the range [{low:g}, {high:g}] is empty; write the lower end first."
        )
    if value.is_number and not low <= float(value) <= high:
        raise line.source.error(
            line.value.span,
            f"the value {float(value):g} of '{line.name}' is outside its range "
            f"[{low:g}, {high:g}]; widen the range or change the value.",
        )


def check_reset_target(statement: Definition, parameters: Container[str]) -> None:
    """An event changes variables, not parameters."""
    if statement.name in parameters:
        raise statement.source.error(
            statement.span,
            f"'{statement.name}' is a parameter and cannot be changed here; "
            "make it a variable with an equation.",
        )


def check_refractory(section: Section, typed: Expression, period: Expr) -> None:
    """A refractory period is no negative number."""
    if period.is_negative:
        raise section.source.error(
            typed.span, f"'refractory' is negative ({period} ms); give 0 or more."
        )


def check_reaction(kind: str, statement: Definition, parameters: Container[str]) -> None:
    """``g_target`` is only added to, and only when a presynaptic spike arrives."""
    if statement.name == "g_target":
        if kind == "post_spike":
            raise statement.source.error(
                statement.span,
                "'g_target' in 'post_spike' acts on nothing; move the line to 'pre_spike'.",
            )
        if statement.operator not in ("+=", "-="):
            raise statement.source.error(
                statement.span,
                f"'g_target {statement.operator}' would overwrite what other "
                "synapses add; write `g_target += ...`.",
            )
    check_reset_target(statement, parameters)


def check_operation(section: Section) -> str:
    """The reduction over a neuron's synapses is one of four."""
    expression = section.expression
    name = expression.name if isinstance(expression, Name) else ""
    if name in OPERATIONS:
        return name
    choices = ", ".join(f"`{operation}`" for operation in OPERATIONS)
    span = section.span if expression is None else expression.span
    way_out = suggestion(name, OPERATIONS) or f"write one of {choices}."
    raise section.source.error(span, f"unknown operation '{name}'; {way_out}")


def check_section_statement(kind: str, statement: Statement) -> None:
    """Events change values at once; they hold no differential equations."""
    if isinstance(statement, Gradient):
        raise statement.source.error(
            statement.span,
            f"'{kind}' holds assignments only; move this equation out of the section.",
        )
