"""From the syntax of a model to its meaning: names found, equations solved for their derivative.

One function for neurons and one for synapses; both do the same steps in the same order.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import cast

import sympy
from sympy import Expr, Integer, Symbol

from snnlab.language.expressions import suggestion
from snnlab.language.source import Source
from snnlab.language.syntax import (
    Call,
    Definition,
    Expression,
    Gradient,
    ModelSyntax,
    Name,
    Number,
    Section,
    Statement,
    Unary,
    names,
    walk,
)
from snnlab.model import checks, integrators
from snnlab.model.dimensions import check_dimensions
from snnlab.model.flags import Flags, read_flags
from snnlab.model.functions import DISTRIBUTIONS, NUMBERS
from snnlab.model.ir import (
    Assignment,
    DifferentialEquation,
    Equation,
    Event,
    Locality,
    NeuronModel,
    Parameter,
    RandomDraw,
    StructuralRule,
    SynapseModel,
    Variable,
    symbol,
)
from snnlab.model.scope import NOISE, Scope, Value, as_condition, as_number
from snnlab.units import DIMENSIONLESS, TIME, Dimension, Unit, internal_name, power

PREDEFINED = {"neuron": ("t", "dt", "t_last"), "synapse": ("t", "dt", "t_pre", "t_post")}


def analyse_neuron(syntax: ModelSyntax) -> NeuronModel:
    """The checked model of a neuron.

    Raises
    ------
    ModelError
        At the first rule of the language that the model breaks.
    """
    spiking = syntax.section("spike") is not None
    work = _prepare(syntax, "neuron", spiking)
    checks.check_neuron_sections(syntax, spiking)
    equations = _equations(work)
    defaults = [name for name in work.conductances if name not in work.defined]
    for name in defaults:
        # The input of this step acts once: it is cleared after all equations have used it.
        equations.append(Assignment(symbol(name), Integer(0)))
    events = tuple(
        _event(work, section, section.expression)
        for section in syntax.sections
        if section.kind in ("spike", "axon_spike") and section.expression is not None
    )
    variables = _variables(work, "local")
    variables += [Variable(name, Integer(0), unit=work.unit(name)) for name in defaults]
    if not spiking:
        checks.check_rate_neuron(syntax, work.defined)
    targets = [name.removeprefix("g_") for name in work.conductances]
    return NeuronModel(
        syntax.name,
        tuple(_parameters(work)),
        tuple(variables),
        tuple(equations),
        events,
        tuple(work.scope.draws),
        tuple(dict.fromkeys([*targets, *work.scope.targets])),
        syntax.description,
        syntax.source,
    )


def analyse_synapse(syntax: ModelSyntax) -> SynapseModel:
    """The checked model of a synapse; ``w`` is a parameter of its own where no line sets it."""
    spiking = syntax.section("pre_spike") is not None or syntax.section("post_spike") is not None
    work = _prepare(syntax, "synapse", spiking)
    checks.check_synapse_sections(syntax)
    equations = _equations(work)
    pre_spike, post_spike, pre_axon_spike, applied = (
        _reactions(work, syntax.section(kind))
        for kind in ("pre_spike", "post_spike", "pre_axon_spike", "apply")
    )
    psp = syntax.section("psp")
    transmitted = None
    if psp is not None and psp.expression is not None:
        transmitted = work.scope.number(psp.expression, psp.source)
    creating, pruning = (
        _structural_rule(work, syntax.section(kind)) for kind in ("creating", "pruning")
    )
    parameters = _parameters(work)
    variables = _variables(work, "local")
    if "w" not in work.defined:
        if "w" in work.updated:
            variables.insert(0, _variable(work, "w", work.updated["w"], "local"))
        else:
            parameters.insert(0, Parameter("w", Integer(0), locality="local"))
    return SynapseModel(
        syntax.name,
        tuple(parameters),
        tuple(variables),
        tuple(equations),
        pre_spike,
        post_spike,
        transmitted,
        _operation(syntax),
        tuple(work.scope.draws),
        syntax.description,
        pre_axon_spike,
        applied,
        creating,
        pruning,
        syntax.source,
    )


@dataclass
class _Work:
    """What is known of a model while it is analysed."""

    syntax: ModelSyntax
    kind: str
    spiking: bool
    scope: Scope
    constants: dict[str, Definition] = field(default_factory=dict)  # parameters
    states: dict[str, Definition] = field(default_factory=dict)  # start values, changed by events
    dynamics: list[Statement] = field(default_factory=list)  # equations, in the order of the text
    flags: dict[str, Flags] = field(default_factory=dict)  # of every name
    updated: dict[str, Definition] = field(default_factory=dict)  # by events
    conductances: list[str] = field(default_factory=list)  # g_exc ... used by a neuron
    dimensions: dict[str, Dimension] = field(default_factory=dict)

    @property
    def defined(self) -> dict[str, Statement]:
        """Every name with the line that defines it: its differential equation, if it has one."""
        dynamic = {_target(statement): statement for statement in self.dynamics}
        solved = {s.variable: s for s in self.dynamics if isinstance(s, Gradient)}
        return {**self.constants, **self.states, **dynamic, **solved}

    def unit(self, name: str) -> Unit | None:
        """The internal unit of a variable, if it is known."""
        found = self.dimensions.get(name)
        if found is None or found == DIMENSIONLESS:
            return None
        return Unit(internal_name(found), 1.0, found)


def _target(statement: Statement) -> str:
    match statement:
        case Definition(name=name):
            return name
        case Gradient(variable=variable):
            return variable


def _prepare(syntax: ModelSyntax, kind: str, spiking: bool) -> _Work:
    """Find all names, and check what can be checked without their values."""
    scope = Scope({}, {f.name: f for f in syntax.functions}, kind, spiking)
    work = _Work(syntax, kind, spiking, scope)
    checks.check_definitions(syntax, PREDEFINED[kind])
    for section in syntax.sections:
        checks.check_section_flags(section)
        for statement in section.statements:
            checks.check_section_statement(section.kind, statement, PREDEFINED[kind])
        for statement in _assignments(section):
            work.updated.setdefault(statement.name, statement)
    _classify(work)
    checks.check_derived(work.constants)
    for statement in (*work.dynamics, *work.states.values(), *work.updated.values()):
        checks.check_range_place(statement)
    for statement in (*work.defined.values(), *syntax.statements, *work.updated.values()):
        if _target(statement) not in work.flags:
            work.flags[_target(statement)] = read_flags(statement, kind)
    for name in work.states.keys() & work.updated.keys():
        # The limits of a variable may stand where it starts or where it changes.
        first, later = work.flags[name], read_flags(work.updated[name], kind)
        work.flags[name] = replace(
            first,
            minimum=first.minimum or later.minimum,
            maximum=first.maximum or later.maximum,
        )
    predefined = {name: symbol(name) for name in PREDEFINED[kind]}
    scope.names |= {**predefined, **{name: symbol(name) for name in work.defined}}
    if kind == "synapse":
        scope.names["w"] = symbol("w")
        _event_variables(work)
    elif spiking:
        _find_conductances(work)
    literals = {
        name: _literal(definition.value)[1]
        for name, definition in work.constants.items()
        if _is_literal(definition.value)
    }
    noise = {n for s in work.dynamics if isinstance(s, Gradient) for n in _noise_names(work, s)}
    # Everything that is no number with or without a unit takes its dimension from the equations.
    work.dimensions = check_dimensions(
        syntax,
        {name: unit.dimension for name, unit in literals.items() if unit is not None},
        dict.fromkeys(noise, power(TIME, Fraction(-1, 2))),
        frozenset(scope.names) - literals.keys() - predefined.keys(),
    )
    return work


def _classify(work: _Work) -> None:
    """Tell parameters from equations.

    A line whose right side is made of numbers and parameters alone is a parameter, unless it
    stands under ``equations:``. If an event changes the name, the number is where it starts.
    """
    statements = work.syntax.statements
    open_lines = {
        s.name: s
        for s in statements
        if isinstance(s, Definition)
        and s.place != "equations"
        and (s.operator == "=" or s.place == "parameters")
        and not _reads_network(s.value)
        and (s.place == "parameters" or s.name in work.updated or not _is_random(s.value))
    }
    found: dict[str, Definition] = {}
    grew = True
    while grew:
        grew = False
        for name, line in open_lines.items():
            known = found.keys() - work.updated.keys() | NUMBERS.keys()
            if name not in found and (line.place == "parameters" or names(line.value) <= known):
                found[name] = line
                grew = True
    for statement in statements:
        if _target(statement) not in found:
            work.dynamics.append(statement)
        elif _target(statement) in work.updated and _may_start_here(statement):
            work.states[_target(statement)] = found[_target(statement)]
        else:
            work.constants[_target(statement)] = found[_target(statement)]


def _may_start_here(statement: Statement) -> bool:
    """Whether the line can be the start value of a variable: not when declared a parameter."""
    return statement.place != "parameters" or _target(statement) == "w"


def _is_random(value: Expression) -> bool:
    """Whether a distribution stands in the expression."""
    return any(isinstance(p, Call) and p.function in DISTRIBUTIONS for p in walk(value))


def _reads_network(value: Expression) -> bool:
    """Whether a sum over inputs or over the population stands in the expression."""
    calls = [p for p in walk(value) if isinstance(p, Call)]
    return any(
        c.function in ("sum", "mean", "norm1", "norm2", "pre.sum", "post.sum")
        or (c.function in ("min", "max") and len(c.arguments) == 1)
        for c in calls
    )


def _expressions(syntax: ModelSyntax) -> list[tuple[Expression, Source]]:
    """Every expression that reads names, with its text; flags left out."""
    found: list[tuple[Expression, Source]] = []
    statements = [*syntax.statements, *(s for c in syntax.sections for s in c.statements)]
    for statement in statements:
        match statement:
            case Definition(value=value):
                found.append((value, statement.source))
            case Gradient(left=left, right=right):
                found += [(left, statement.source), (right, statement.source)]
    found += [(s.expression, s.source) for s in syntax.sections if s.expression is not None]
    return found


def _find_conductances(work: _Work) -> None:
    """Every ``g_<target>`` that a spiking neuron uses and that is not a parameter."""
    used = [
        part.name
        for expression, _ in _expressions(work.syntax)
        for part in walk(expression)
        if isinstance(part, Name) and part.name.startswith("g_") and len(part.name) > 2
    ]
    dynamic = [name for name in work.defined if name.startswith("g_")]
    inputs = [name for name, flags in work.flags.items() if flags.is_input]
    for name in dict.fromkeys([*used, *dynamic, *inputs]):
        if name not in work.constants:
            work.conductances.append(name)
            work.scope.names[name] = symbol(name)
    own = frozenset(dynamic) | frozenset(work.constants)
    for expression, source in _expressions(work.syntax):
        for part in walk(expression):
            if isinstance(part, Name) and part.name in work.conductances:
                checks.check_conductance_spelling(part, own, source)


def _event_variables(work: _Work) -> None:
    """Names that only ``pre_spike`` or ``post_spike`` set are variables of the synapse."""
    known = work.scope.names
    for name, statement in work.updated.items():
        if name in known:
            continue
        if name == "g_target":
            continue
        near = suggestion(name, [*known, "g_target"])
        if name.startswith("g_") or near:
            raise statement.source.error(
                statement.span,
                f"unknown name '{name}'; {near or 'a synapse acts through `g_target`.'}",
            )
        known[name] = symbol(name)


def _parameters(work: _Work) -> list[Parameter]:
    return [_parameter(work, name, line) for name, line in work.constants.items()]


def _parameter(work: _Work, name: str, line: Definition) -> Parameter:
    """A parameter with its value and range in the unit that the author wrote."""
    flags = work.flags[name]
    number, unit = _literal(line.value)
    scope = replace(work.scope, names=_constant_names(work))
    value = as_number(scope.value(number, line.source))
    low, high = None, None
    if line.range is not None:
        low, high = (_limit(work, limit, unit, line) for limit in line.range)
        checks.check_range(line, line.range, value, (low, high))
    return Parameter(
        name,
        value,
        unit if _is_literal(line.value) else work.unit(name),
        low,
        high,
        cast(Locality | None, flags.locality or ("local" if _is_random(line.value) else None)),
        flags.dtype,
        line.help,
        line.span,
    )


def _constant_names(work: _Work) -> dict[str, Value]:
    """Names that may stand in start values and derived parameters."""
    return {name: symbol(name) for name in work.constants}


def _literal(value: Expression) -> tuple[Expression, Unit | None]:
    """``-70 mV`` as its number ``-70`` and its unit; other expressions have none of their own."""
    match value:
        case Number(unit=unit):
            return replace(value, unit=None), unit
        case Unary(operator="-" | "+", operand=Number(unit=unit) as number):
            return replace(value, operand=replace(number, unit=None)), unit
        case _:
            return value, None


def _is_literal(value: Expression) -> bool:
    """Whether the value is one number, with or without a sign and a unit."""
    return isinstance(_literal(value)[0], Number) or (
        isinstance(value, Unary) and isinstance(value.operand, Number)
    )


def _limit(work: _Work, limit: Expression, unit: Unit | None, line: Definition) -> float:
    """One end of a slider's range, in the parameter's unit."""
    number, own = _literal(limit)
    if own is not None and (unit is None or own.dimension != unit.dimension):
        wanted = f"in {unit.name}" if unit is not None else "without a unit"
        raise line.source.error(
            limit.span, f"the range is in {own.name}, the value {wanted}; give both the same unit."
        )
    scope = replace(work.scope, names={})
    value = float(scope.number(number, line.source))
    return value if own is None or unit is None else value * own.scale / unit.scale


def _variables(work: _Work, locality: Locality) -> list[Variable]:
    """Every variable in the order in which it is defined, those of events last."""
    found: list[Variable] = []
    for name, statement in work.defined.items():
        if name in work.constants:
            continue
        found.append(_variable(work, name, statement, locality))
    if work.kind == "synapse":
        for name, statement in work.updated.items():
            if name not in work.defined and name not in ("w", "g_target"):
                found.append(_variable(work, name, statement, locality))
    return found


def _variable(work: _Work, name: str, statement: Statement, locality: Locality) -> Variable:
    flags = work.flags[name]
    init: Expr = Integer(0)
    scope = replace(work.scope, names=_constant_names(work))
    if name in work.states:
        init = scope.number(work.states[name].value, statement.source)
    elif flags.init is not None:
        checks.check_init(statement, flags.init, work.scope.names, work.constants)
        init = scope.number(flags.init, statement.source)
    bounds = [
        None if bound is None else work.scope.number(bound, statement.source)
        for bound in (flags.minimum, flags.maximum)
    ]
    return Variable(
        name,
        init,
        bounds[0],
        bounds[1],
        cast(Locality, flags.locality or locality),
        flags.dtype,
        work.unit(name),
        statement.help,
        statement.span,
    )


def _equations(work: _Work) -> list[Equation]:
    """All equations in the order of the text, each differential one with its method."""
    equations: list[Equation] = []
    for statement in work.dynamics:
        match statement:
            case Definition():
                equations.append(_assignment(work, statement))
            case Gradient():
                equations.append(_differential(work, statement))
    gradients = {symbol(s.variable): s for s in work.dynamics if isinstance(s, Gradient)}
    section = work.syntax.section("reset")
    reset = frozenset(symbol(s.name) for s in _assignments(section)) if section else frozenset()
    localities = {s: work.flags[s.name].locality or "local" for s in gradients}
    return _with_methods(equations, gradients, reset, localities)


def _assignment(work: _Work, statement: Definition) -> Assignment:
    """``x += a`` becomes ``x = x + a``."""
    target = symbol(statement.name)
    flags = read_flags(statement, work.kind)
    value = work.scope.value(statement.value, statement.source)
    if statement.operator != "=":
        number = as_number(value)
        match statement.operator:
            case "+=":
                value = target + number
            case "-=":
                value = target - number
            case "*=":
                value = target * number
            case _:
                value = target / number
    elif work.flags[statement.name].dtype == "bool":
        value = as_condition(value)
    else:
        value = as_number(value)
    return Assignment(
        target, cast(Expr, value), statement.operator, flags.unless_post, statement.span
    )


def _differential(work: _Work, gradient: Gradient) -> DifferentialEquation:
    """Solve ``tau * dv/dt + v = I`` for the derivative, which must stand there linearly."""
    noise = {name: symbol(name) for name in _noise_names(work, gradient)}
    scope = replace(work.scope, names={**work.scope.names, **noise})
    left = scope.number(gradient.left, gradient.source)
    right = scope.number(gradient.right, gradient.source)
    slope = symbol(f"d{gradient.variable}/dt")
    factor = sympy.diff(left, slope)
    checks.check_gradient_is_linear(gradient, factor, slope)
    rest = left.subs(slope, 0)
    x = symbol(gradient.variable)
    rhs = cast(Expr, (right - rest) / factor)
    method = work.flags[gradient.variable].method or ""
    if noise and method == "explicit":
        method = "euler-maruyama"
    present = tuple(xi for xi in noise.values() if rhs.has(xi))
    equation = DifferentialEquation(x, rhs, method, noise=present, span=gradient.span)
    checks.check_noise_is_linear(gradient, equation)
    for xi in present:
        if xi.name not in [draw.name for draw in work.scope.draws]:
            work.scope.draws.append(RandomDraw(xi.name, "Normal", (Integer(0), Integer(1))))
    if method:
        checks.check_method(gradient, equation)
    return equation


def _noise_names(work: _Work, gradient: Gradient) -> list[str]:
    """Names such as ``xi`` and ``xi_1`` that the model does not define."""
    read = names(gradient.left) | names(gradient.right)
    return sorted(n for n in read if NOISE.fullmatch(n) and n not in work.scope.names)


def _with_methods(
    equations: list[Equation],
    gradients: dict[Symbol, Gradient],
    reset: frozenset[Symbol],
    localities: dict[Symbol, str],
) -> list[Equation]:
    """Choose a method for the equations that name none, block by block.

    Variables that are one for many are solved apart from those of each neuron or synapse.
    """
    chosen: dict[Symbol, tuple[str, str]] = {}
    block: list[DifferentialEquation] = []
    for equation in [*equations, None]:
        if isinstance(equation, DifferentialEquation):
            block.append(equation)
        elif block:
            checks.check_block(tuple(block), gradients)
            for place in sorted({localities[e.variable] for e in block}):
                together = tuple(e for e in block if localities[e.variable] == place)
                chosen |= integrators.choose(together, reset=reset)
            block = []
    result: list[Equation] = []
    for equation in equations:
        if isinstance(equation, DifferentialEquation) and not equation.method:
            method, reason = chosen[equation.variable]
            equation = replace(equation, method=method, reason=reason)
        result.append(equation)
    return result


def _event(work: _Work, section: Section, expression: Expression) -> Event:
    """A condition with its reset and refractory period."""
    condition = work.scope.condition(expression, section.source)
    checks.check_event_condition(section, expression, _truths(work))
    axonal = section.kind == "axon_spike"
    name, kind = ("axon_spike", "axon_reset") if axonal else (section.label, "reset")
    reset: tuple[Assignment, ...] = ()
    if (statements := work.syntax.section(kind, section.label)) is not None:
        for statement in _assignments(statements):
            if statement.name not in work.scope.names:
                raise work.scope.unknown(statement.name, statement.span, statement.source)
            checks.check_reset_target(statement, work.constants)
        reset = tuple(_assignment(work, s) for s in _assignments(statements))
    refractory = None
    period = None if axonal else work.syntax.section("refractory", section.label)
    if period is not None and period.expression is not None:
        refractory = work.scope.number(period.expression, period.source)
        checks.check_refractory(period, period.expression, refractory)
    return Event(name, condition, reset, refractory, section.span)


def _truths(work: _Work) -> set[str]:
    """Names that are true or false: flagged so, or parameters given as ``True`` or ``False``."""
    flagged = {name for name, flags in work.flags.items() if flags.dtype == "bool"}
    constants = {"True", "False", "true", "false"}
    given = {
        name
        for name, line in work.constants.items()
        if isinstance(line.value, Name) and line.value.name in constants
    }
    return flagged | given | constants


def _reactions(work: _Work, section: Section | None) -> tuple[Assignment, ...]:
    """The statements of ``pre_spike`` or ``post_spike``."""
    if section is None:
        return ()
    found: list[Assignment] = []
    for statement in _assignments(section):
        checks.check_reaction(section.kind, statement, work.constants)
        if statement.name in work.flags:
            checks.check_own_value(section.kind, statement, work.flags[statement.name])
        if statement.name == "g_target":
            work.scope.names["g_target"] = symbol("g_target")
        found.append(_assignment(work, statement))
        work.scope.names.pop("g_target", None)
    return tuple(found)


def _structural_rule(work: _Work, section: Section | None) -> StructuralRule | None:
    """``creating: pre.r * post.r > 1 : proba = 0.5, w = 0.1, d = 2``."""
    if section is None or section.expression is None:
        return None
    given = {
        flag.name: work.scope.number(value, section.source)
        for flag, value in checks.check_structural_flags(section)
    }
    return StructuralRule(
        work.scope.condition(section.expression, section.source),
        given.get("proba", Integer(1)),
        given.get("w"),
        given.get("d"),
        section.span,
    )


def _assignments(section: Section) -> tuple[Definition, ...]:
    """The statements of a section; `checks` has seen to it that all are assignments."""
    return tuple(s for s in section.statements if isinstance(s, Definition))


def _operation(syntax: ModelSyntax) -> str:
    section = syntax.section("operation")
    if section is None:
        return "sum"
    return checks.check_operation(section)
