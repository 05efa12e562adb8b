"""The rules that a model is checked against, one function for each."""

from __future__ import annotations

from collections.abc import Container, Mapping, Set
from dataclasses import replace

import sympy
from sympy import Expr, Symbol

from snnlab.errors import ModelError
from snnlab.language.expressions import suggestion
from snnlab.language.printer import expression_text
from snnlab.language.source import Source, Span
from snnlab.language.syntax import (
    Chain,
    Definition,
    Expression,
    Flag,
    Gradient,
    ModelSyntax,
    Name,
    Number,
    Power,
    Section,
    Statement,
    Unary,
    names,
    walk,
)
from snnlab.model.flags import Flags
from snnlab.model.functions import BUILT_IN, DISTRIBUTIONS, NUMBERS
from snnlab.model.integrators import FOR_NOISE, LINEAR_ONLY, SYNONYMS
from snnlab.model.ir import DifferentialEquation
from snnlab.model.propagators import propagates
from snnlab.model.scope import Value
from snnlab.model.stochastic import is_diagonal, noise_parts
from snnlab.model.updates import Block, linear_parts

OPERATIONS = ("sum", "max", "min", "mean")
MAX_IMPLICIT = 6  # the determinant of a larger system is too long an expression


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
            pair = (first[name], statement)
            equation = next((line for line in pair if isinstance(line, Gradient)), None)
            jump = next((line for line in pair if _is_jump(line)), None)
            if equation is not None and jump is not None:
                _check_jump(jump, equation)
                first[name] = equation
                continue
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


def _is_jump(statement: Statement) -> bool:
    """Whether the line changes a variable beside its differential equation."""
    return isinstance(statement, Definition) and statement.operator != "="


def _check_jump(statement: Statement, equation: Gradient) -> None:
    if statement.flags:
        raise statement.source.error(
            statement.span,
            f"'{statement.flags[0].name}' belongs to the equation of the variable; write it on "
            f"line {equation.span.line}.",
        )


def check_neuron_sections(syntax: ModelSyntax, spiking: bool) -> None:
    """``reset`` and ``refractory`` belong to an event that exists."""
    events = [section.label for section in syntax.sections if section.kind == "spike"]
    axonal = syntax.section("axon_spike") is not None
    check_sections_once(syntax)
    for section in syntax.sections:
        if section.kind in ("reset", "refractory") and section.label not in events:
            raise section.source.error(
                section.span,
                f"'{section.kind}' follows an event '{section.label}' that is not there; "
                f"add a section `{_header(section.label)}: condition`.",
            )
        if section.kind == "axon_reset" and not axonal:
            raise section.source.error(
                section.span,
                "'axon_reset' follows an axonal spike that is not there; "
                "add a section `axon_spike: condition`.",
            )
        if section.kind == "axon_spike" and not spiking:
            raise section.source.error(
                section.span,
                "'axon_spike' is a second kind of spike, and the model has no first; "
                "add a section `spike: condition`.",
            )


def check_synapse_sections(syntax: ModelSyntax) -> None:
    """Sections of a synapse have no labels of their own and stand once."""
    check_sections_once(syntax)
    for section in syntax.sections:
        if section.label != "spike":
            raise section.source.error(
                section.span,
                f"'{section.kind}' takes no name, and '{section.label}' is one; remove it.",
            )


def check_sections_once(syntax: ModelSyntax) -> None:
    """No section stands twice."""
    seen: set[tuple[str, str]] = set()
    for section in syntax.sections:
        if (section.kind, section.label) in seen:
            raise section.source.error(
                section.span, f"the section '{section.kind}' stands twice; join the two."
            )
        seen.add((section.kind, section.label))


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


def check_noise_is_linear(gradient: Gradient, equation: DifferentialEquation) -> None:
    """White noise stands alone or with a factor, not in a function or a product with another."""
    for xi in equation.noise:
        if sympy.diff(equation.rhs, xi).free_symbols & set(equation.noise):
            raise gradient.source.error(
                gradient.span,
                f"d{gradient.variable}/dt is not linear in the white noise '{xi}'; "
                "write the noise as a term `factor * xi`.",
            )


def check_method(gradient: Gradient, equation: DifferentialEquation) -> None:
    """The method that an equation names can solve it."""
    method, name = equation.method, gradient.variable
    if equation.noise and method not in FOR_NOISE:
        raise gradient.source.error(
            _method_span(gradient, method),
            f"'{method}' knows no white noise, and d{name}/dt has '{equation.noise[0]}'; "
            "use `euler-maruyama`, `milstein` or `heun`.",
        )
    drift, strengths = noise_parts(equation)
    if method in LINEAR_ONLY and linear_parts(replace(equation, rhs=drift)) is None:
        other = "exponential-euler" if method == "exponential" else "rk4"
        other = "euler-maruyama" if equation.noise else other
        way_out = f"make it linear in {name}." if method == "event-driven" else f"use `{other}`."
        raise gradient.source.error(
            _method_span(gradient, method),
            f"d{name}/dt is not linear in {name}, so '{method}' cannot solve it; {way_out}",
        )
    if method == "exponential" and any(g.has(equation.variable) for g in strengths.values()):
        raise gradient.source.error(
            _method_span(gradient, method),
            f"the strength of the noise depends on {name}, so 'exponential' cannot solve "
            f"d{name}/dt; use `milstein`.",
        )


def check_block(block: Block, gradients: Mapping[Symbol, Gradient]) -> None:
    """Methods that solve several equations at once fit all of those that name them."""
    together = tuple(e for e in block if e.method == "propagator")
    if together and not propagates(together):
        gradient = gradients[together[0].variable]
        raise gradient.source.error(
            _method_span(gradient, "propagator"),
            "'propagator' solves linear equations that feed each other in one direction, over "
            "at most 4 variables in a row, and these are others; use `exponential` or `rk4`.",
        )
    implicit = tuple(e for e in block if e.method == "implicit")
    variables = {e.variable for e in implicit}
    for equation in implicit:
        slopes = [sympy.diff(equation.rhs, x) for x in variables]
        if any(slope.free_symbols & variables for slope in slopes):
            gradient = gradients[equation.variable]
            raise gradient.source.error(
                _method_span(gradient, "implicit"),
                f"d{equation.variable}/dt is not linear in {_listed(variables)}, so 'implicit' "
                "cannot solve it; use `rk4`.",
            )
    if len(implicit) > MAX_IMPLICIT:
        gradient = gradients[implicit[0].variable]
        raise gradient.source.error(
            _method_span(gradient, "implicit"),
            f"'implicit' solves at most {MAX_IMPLICIT} equations together, and these are "
            f"{len(implicit)}; use `semi-implicit` or `exponential`.",
        )
    for equation in block:
        if equation.method == "milstein" and not is_diagonal(equation, block):
            gradient = gradients[equation.variable]
            raise gradient.source.error(
                _method_span(gradient, "milstein"),
                f"'milstein' needs one noise for d{equation.variable}/dt alone, whose strength "
                f"depends on {equation.variable} only; use `euler-maruyama` or `heun`.",
            )


def _listed(variables: set[Symbol]) -> str:
    return ", ".join(sorted(map(str, variables)))


def _method_span(gradient: Gradient, method: str) -> Span:
    """Where the method is named: the flag, whatever its spelling."""
    for flag in gradient.flags:
        named = SYNONYMS.get(flag.name, flag.name)
        if named == method or (named, method) == ("explicit", "euler-maruyama"):
            return flag.span
    return gradient.span


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


def check_range_place(statement: Statement) -> None:
    """A range for a slider belongs to a parameter."""
    if isinstance(statement, Definition) and statement.range is not None:
        raise statement.source.error(
            statement.range[0].span,
            f"'{statement.name}' is no parameter, so it takes no range; "
            "remove the brackets, or write `min` and `max` as flags.",
        )


def check_derived(lines: Mapping[str, Definition]) -> None:
    """Parameters do not follow from each other in a circle."""
    done: set[str] = set()
    while ready := [
        n for n in lines.keys() - done if not names(lines[n].value) & lines.keys() - done
    ]:
        done |= set(ready)
    for name, line in lines.items():
        if name not in done:
            raise line.source.error(
                line.span, f"the value of '{name}' depends on itself; give one of them a number."
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
    if kind == "pre_axon_spike" and statement.name != "g_target":
        raise statement.source.error(
            statement.span,
            f"'{statement.name}' cannot change at an axonal spike, which only transmits; "
            "write `g_target += ...`.",
        )
    if statement.name == "g_target":
        if kind in ("post_spike", "apply"):
            raise statement.source.error(
                statement.span,
                f"'g_target' in '{kind}' acts on nothing; move the line to 'pre_spike'.",
            )
        if statement.operator not in ("+=", "-="):
            raise statement.source.error(
                statement.span,
                f"'g_target {statement.operator}' would overwrite what other "
                "synapses add; write `g_target += ...`.",
            )
    check_reset_target(statement, parameters)


def check_own_value(kind: str, statement: Definition, flags: Flags) -> None:
    """A spike changes what belongs to its synapses, not what all synapses share."""
    if kind in ("pre_spike", "post_spike") and flags.locality == "projection":
        raise statement.source.error(
            statement.span,
            f"'{statement.name}' is one value for the projection, and '{kind}' runs for each "
            "synapse, in no order; change it in an equation, or leave out `projection`.",
        )


RULE_FLAGS = {"creating": ("proba", "w", "d"), "pruning": ("proba",)}


def check_structural_flags(section: Section) -> list[tuple[Flag, Expression]]:
    """The flags of a rule are known, have values, and stand once."""
    known = RULE_FLAGS[section.kind]
    found: dict[str, tuple[Flag, Expression]] = {}
    for flag in section.flags:
        if flag.name not in known:
            choices = ", ".join(f"`{name}`" for name in known)
            way_out = suggestion(flag.name, known) or f"'{section.kind}' takes {choices}."
            raise section.source.error(flag.span, f"unknown flag '{flag.name}'; {way_out}")
        if flag.value is None:
            raise section.source.error(
                flag.span, f"the flag '{flag.name}' needs a value; write `{flag.name} = 0.5`."
            )
        if flag.name in found:
            raise section.source.error(
                flag.span, f"the flag '{flag.name}' says again what an earlier one says; keep one."
            )
        found[flag.name] = (flag, flag.value)
    return list(found.values())


def check_section_flags(section: Section) -> None:
    """Only rules of structure have flags of their own."""
    if section.flags and section.kind not in RULE_FLAGS:
        raise section.source.error(
            section.flags[0].span, f"'{section.kind}' takes no flags; remove them."
        )


def check_operation(section: Section) -> str:
    """The reduction over a neuron's synapses is one of four."""
    expression = section.expression
    name = "" if expression is None else expression_text(expression)
    if name in OPERATIONS:
        return name
    choices = ", ".join(f"`{operation}`" for operation in OPERATIONS)
    span = section.span if expression is None else expression.span
    way_out = suggestion(name, OPERATIONS) or f"write one of {choices}."
    raise section.source.error(span, f"unknown operation '{name}'; {way_out}")


def check_event_condition(section: Section, expression: Expression, truths: Set[str]) -> None:
    """A condition compares: a number alone, as ``v`` or ``v - V_th``, is true nearly always."""
    match expression:
        case Name(name=name):
            is_number = name not in truths
        case Number() | Unary() | Chain() | Power():
            is_number = True
        case _:
            is_number = False
    if is_number:
        text = expression_text(expression)
        raise section.source.error(
            expression.span,
            f"'{text}' is a number, not a condition; compare it, as in `{text} > 0`.",
        )


def check_conductance_spelling(name: Name, defined: Set[str], source: Source) -> None:
    """A conductance without an equation is not a misspelling of one that has an equation.

    Misspelt is what has the same letters in another order, or one letter more or less.
    """
    if name.name in defined:
        return
    for other in sorted(defined):
        shorter, longer = sorted((name.name, other), key=len)
        dropped = {longer[:i] + longer[i + 1 :] for i in range(len(longer)) if longer[i].isalpha()}
        if sorted(shorter) == sorted(longer) or shorter in dropped:
            raise source.error(
                name.span,
                f"unknown name '{name.name}'; did you mean `{other}`? "
                f"If not, give `{name.name}` an equation.",
            )


def check_section_statement(kind: str, statement: Statement, predefined: tuple[str, ...]) -> None:
    """Events change values at once; they hold no differential equations."""
    if isinstance(statement, Definition) and statement.name in predefined:
        raise statement.source.error(
            statement.span,
            f"'{statement.name}' is a name of the language and cannot be changed; remove the line.",
        )
    if isinstance(statement, Gradient):
        raise statement.source.error(
            statement.span,
            f"'{kind}' holds assignments only; move this equation out of the section.",
        )
