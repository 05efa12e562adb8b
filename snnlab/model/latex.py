r"""LaTeX of a model, in the author's own form: ``tau * dv/dt = ...`` stays as it was typed.

Printed from the syntax tree. A name is split and rebuilt from letters, digits and known
symbols, so no text of a model reaches LaTeX unescaped.
"""

from __future__ import annotations

import re
from dataclasses import replace

from snnlab.language.printer import rank
from snnlab.language.syntax import (
    Call,
    Chain,
    Comparison,
    Conditional,
    Definition,
    Derivative,
    Expression,
    Flag,
    Function,
    Gradient,
    Logic,
    ModelSyntax,
    Name,
    Number,
    Power,
    Section,
    Statement,
    Unary,
    substituted,
)
from snnlab.model.functions import BUILT_IN, DISTRIBUTIONS
from snnlab.units import Unit

GREEK = re.compile(
    "alpha|beta|gamma|delta|epsilon|zeta|eta|theta|iota|kappa|lambda|mu|nu|xi|pi|rho|sigma|tau|"
    "upsilon|phi|chi|psi|omega|Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Upsilon|Phi|Psi|Omega"
)
_UNIT_PIECE = re.compile(r"([*/]?)([A-Za-z]+)(?:\^(-?\d+))?")
_SPECIAL = {"dt": r"\Delta t", "inf": r"\infty"}
_RELATIONS = {"<": "<", ">": ">", "<=": r"\le", ">=": r"\ge", "==": "=", "!=": r"\ne"}
_DISTRIBUTIONS = {"Uniform": r"\mathcal{U}", "Normal": r"\mathcal{N}"}
_OPERATORS = {"=": r"\leftarrow", "+=": r"\mathrel{+}=", "-=": r"\mathrel{-}=",
              "*=": r"\mathrel{\times}=", "/=": r"\mathrel{/}="}  # fmt: skip


def name_latex(name: str) -> str:
    r"""``tau_m`` as ``\tau_{m}``, ``V_th`` as ``V_{\mathrm{th}}``."""
    if name in _SPECIAL:
        return _SPECIAL[name]
    side, dot, attribute = name.rpartition(".")
    if dot:
        return f"{name_latex(attribute)}^{{{_word(side)}}}"
    base, *subscripts = [part for part in name.split("_") if part] or [""]
    letters = base.rstrip("0123456789")
    digits = base[len(letters) :]
    if digits and letters:
        base, subscripts = letters, [digits, *subscripts]
    if not subscripts:
        return _word(base)
    return f"{_word(base)}_{{{','.join(map(_word, subscripts))}}}"


def _word(part: str) -> str:
    if GREEK.fullmatch(part):
        return "\\" + part
    if len(part) == 1 or part.isdigit():
        return part
    safe = "".join(c if c.isalnum() else r"\_" for c in part if c.isalnum() or c == "_" or c == ".")
    return rf"\mathrm{{{safe}}}"


def unit_latex(unit: Unit) -> str:
    r"""``nS/mV`` as ``\mathrm{nS/mV}``, ``1/mV/ms`` as ``\mathrm{mV^{-1}\,ms^{-1}}``."""
    inverse = unit.name.startswith("1/")
    text = ""
    for sign, name, exponent in _UNIT_PIECE.findall(unit.name.removeprefix("1")):
        name = name.replace("Ohm", r"\Omega{}")
        name = r"\mu{}" + name[1:] if name[0] == "u" else name
        power = str(int(exponent or 1) * (-1 if inverse and sign == "/" else 1))
        sign = r"\," if sign and (inverse or sign == "*") else sign
        text += (sign if text else "") + name + ("" if power == "1" else f"^{{{power}}}")
    return rf"\mathrm{{{text}}}"


def number_latex(text: str) -> str:
    r"""``1e-3`` as ``10^{-3}``, ``20.`` as ``20``."""
    mantissa, letter, exponent = text.lower().partition("e")
    mantissa = mantissa.rstrip(".") or "0"
    if mantissa.startswith("."):
        mantissa = "0" + mantissa
    if not letter:
        return mantissa
    power = f"10^{{{int(exponent)}}}"
    return power if mantissa == "1" else rf"{mantissa} \cdot {power}"


def expression_latex(expression: Expression) -> str:
    """The LaTeX of one expression."""
    match expression:
        case Number(text=text, unit=unit):
            number = number_latex(text)
            return number if unit is None else rf"{number}\,{unit_latex(unit)}"
        case Name(name=name):
            return name_latex(name)
        case Derivative(variable=variable):
            return rf"\frac{{\mathrm{{d}}{name_latex(variable)}}}{{\mathrm{{d}}t}}"
        case Unary(operator="not", operand=operand):
            return rf"\neg {_within(operand, rank(expression) + 1)}"
        case Unary(operator=operator, operand=operand):
            return f"{operator}{_within(operand, rank(expression))}"
        case Chain(operators=operators) if operators[0] in "+-":
            return _sum(expression)
        case Chain():
            return _product(expression)
        case Power(base=base, exponent=exponent):
            return f"{{{_within(base, rank(expression) + 1)}}}^{{{expression_latex(exponent)}}}"
        case Comparison(operators=operators, operands=operands):
            rest = (
                f" {_RELATIONS[operator]} {expression_latex(operand)}"
                for operator, operand in zip(operators, operands[1:], strict=True)
            )
            return expression_latex(operands[0]) + "".join(rest)
        case Logic(operator=operator, operands=operands):
            sign = r" \wedge " if operator == "and" else r" \vee "
            return sign.join(_within(operand, rank(expression) + 1) for operand in operands)
        case Conditional(condition=condition, then=then, otherwise=otherwise):
            return _cases(condition, then, otherwise)
        case Call():
            return _call(expression)


def _within(expression: Expression, least: int) -> str:
    text = expression_latex(expression)
    # Fractions and cases carry their own bracket.
    closed = isinstance(expression, Chain) and expression.operators[-1] == "/"
    if rank(expression) < least and not (closed and rank(expression) + 1 >= least):
        return rf"\left({text}\right)"
    return text


def _operand(operand: Expression, least: int) -> str:
    """What follows an operator; a sign would run into it."""
    text = _within(operand, least)
    return rf"\left({text}\right)" if isinstance(operand, Unary) else text


def _sum(chain: Chain) -> str:
    text = expression_latex(chain.operands[0])
    for operator, operand in zip(chain.operators, chain.operands[1:], strict=True):
        text += f" {operator} {_operand(operand, rank(chain) + 1)}"
    return text


def _product(chain: Chain) -> str:
    """Factors side by side; what follows ``/`` goes under a fraction."""
    least = rank(chain) + 1
    over: list[Expression] = [chain.operands[0]]
    text: str | None = None
    for operator, operand in zip(chain.operators, chain.operands[1:], strict=True):
        match operator:
            case "/":
                above = text if text is not None else _factors(over, least, alone=True)
                text = rf"\frac{{{above}}}{{{expression_latex(operand)}}}"
                over = []
            case "%":
                above = text if text is not None else _factors(over, least)
                text = rf"{above} \bmod {_operand(operand, least)}"
                over = []
            case _ if text is None:
                over.append(operand)
            case _:
                text = rf"{text} \, {_operand(operand, least)}"
    return text if text is not None else _factors(over, least)


def _factors(factors: list[Expression], least: int, *, alone: bool = False) -> str:
    if alone and len(factors) == 1:
        return expression_latex(factors[0])
    text = _within(factors[0], least)
    for factor in factors[1:]:
        part = _operand(factor, least)
        # Two numbers side by side would read as one.
        text += (r" \cdot " if part[0].isdigit() else r" \, ") + part
    return text


def _cases(condition: Expression, then: Expression, otherwise: Expression) -> str:
    rows = [rf"{expression_latex(then)} & \text{{if }} {expression_latex(condition)}"]
    while isinstance(otherwise, Conditional):
        rows.append(
            rf"{expression_latex(otherwise.then)} & \text{{if }} "
            rf"{expression_latex(otherwise.condition)}"
        )
        otherwise = otherwise.otherwise
    rows.append(rf"{expression_latex(otherwise)} & \text{{otherwise}}")
    return r"\begin{cases} " + r" \\ ".join(rows) + r" \end{cases}"


def _call(call: Call) -> str:
    arguments = [expression_latex(argument) for argument in call.arguments]
    name = call.function
    if name == "ite" and len(call.arguments) == 3:
        return _cases(*call.arguments)
    if name.rpartition(".")[2] == "sum":
        side = name.rpartition(".")[0]
        target = expression_latex(call.arguments[0]) if call.arguments else ""
        text = rf"\sum_{{{target}}} w \, r" if target else r"\sum w \, r"
        return text if not side else rf"\left({text}\right)^{{{_word(side)}}}"
    if name in ("mean", "norm1", "norm2") or (name in ("min", "max") and len(arguments) == 1):
        return rf"\operatorname{{{name}}}_{{\mathrm{{pop}}}}\left({', '.join(arguments)}\right)"
    if name in BUILT_IN:
        if name in ("pow", "power") and call.arguments:
            arguments[0] = _within(call.arguments[0], 9)
        if name in ("min", "max"):
            arguments = [", ".join(arguments)]
        return BUILT_IN[name].latex.format(*arguments)
    if name in DISTRIBUTIONS:
        head = _DISTRIBUTIONS.get(name, rf"\operatorname{{{name}}}")
    else:
        head = name_latex(name)
    return rf"{head}\left({', '.join(arguments)}\right)"


def statement_latex(statement: Statement, *, event: bool = False) -> str:
    """One equation with ``&`` before its sign; in an event, an arrow for the change."""
    match statement:
        case Gradient(variable=name, left=left, right=right):
            text = f"{expression_latex(left)} &= {expression_latex(right)}"
        case Definition(name=name, operator=operator, value=value):
            sign = "=" if operator == "=" and not event else _OPERATORS[operator]
            text = f"{name_latex(name)} &{sign} {expression_latex(value)}"
    return text + _bounds(name, statement.flags)


def _bounds(name: str, flags: tuple[Flag, ...]) -> str:
    """``0 <= w <= 1`` after an equation whose variable is kept within limits."""
    limits = {flag.name: expression_latex(flag.value) for flag in flags if flag.value is not None}
    low, high = limits.get("min"), limits.get("max")
    if low is None and high is None:
        return ""
    lower = "" if low is None else rf"{low} \le "
    upper = "" if high is None else rf" \le {high}"
    return rf", \quad {lower}{name_latex(name)}{upper}"


def _function_latex(function: Function) -> str:
    arguments = ", ".join(name_latex(argument.name) for argument in function.arguments)
    head = rf"{name_latex(function.name)}\left({arguments}\right)"
    return f"{head} &= {expression_latex(function.body)}"


_EVENTS = {
    "pre_spike": "on a presynaptic spike",
    "post_spike": "on a postsynaptic spike",
    "pre_axon_spike": "on an axonal spike",
    "apply": "when applied",
}
_RULE_FLAGS = {"proba": "p", "w": "w", "d": "d"}
_RULES = {"creating": "created if", "pruning": "pruned if"}


def _section_rows(section: Section, syntax: ModelSyntax) -> list[str]:
    changes = [statement_latex(statement, event=True) for statement in section.statements]
    condition = "" if section.expression is None else expression_latex(section.expression)
    match section.kind:
        case "spike":
            word = "spike" if section.label == "spike" else "event"
            head = rf"\text{{{word} if }} &\; {condition}"
            if section.label != "spike":
                head += rf" \quad ({_word(section.label)})"
            rows = [head]
            if (reset := syntax.section("reset", section.label)) is not None:
                rows += [statement_latex(s, event=True) for s in reset.statements]
            period = syntax.section("refractory", section.label)
            if period is not None and period.expression is not None:
                rows.append(rf"\text{{refractory for }} &\; {expression_latex(period.expression)}")
            return rows
        case "reset" | "refractory" | "axon_reset":
            return []
        case "axon_spike":
            rows = [rf"\text{{axonal spike if }} &\; {condition}"]
            if (reset := syntax.section("axon_reset")) is not None:
                rows += [statement_latex(s, event=True) for s in reset.statements]
            return rows
        case "creating" | "pruning":
            details = "".join(
                rf",\; {_RULE_FLAGS[flag.name]} = {expression_latex(flag.value)}"
                for flag in section.flags
                if flag.value is not None
            )
            return [rf"\text{{{_RULES[section.kind]} }} &\; {condition}{details}"]
        case "psp":
            return [rf"\text{{transmitted: }} &\; {condition}"]
        case "operation":
            return [rf"\text{{combined by }} &\; {condition}"]
        case kind:
            return [rf"\text{{{_EVENTS[kind]}:}} &", *changes]


def with_numbers(syntax: ModelSyntax, constants: frozenset[str]) -> ModelSyntax:
    """The model with numbers in the place of its constant parameters."""
    values = {
        s.name: s.value
        for s in syntax.statements
        if isinstance(s, Definition) and s.name in constants
    }

    def changed(statement: Statement) -> Statement:
        match statement:
            case Gradient(left=left, right=right):
                left, right = substituted(left, values), substituted(right, values)
                return replace(statement, left=left, right=right)
            case Definition(value=value):
                return replace(statement, value=substituted(value, values))

    def section(old: Section) -> Section:
        expression = None if old.expression is None else substituted(old.expression, values)
        return replace(old, expression=expression, statements=tuple(map(changed, old.statements)))

    def function(old: Function) -> Function:
        own = {argument.name for argument in old.arguments}
        free = {name: value for name, value in values.items() if name not in own}
        return replace(old, body=substituted(old.body, free))

    return replace(
        syntax,
        statements=tuple(map(changed, syntax.statements)),
        functions=tuple(map(function, syntax.functions)),
        sections=tuple(map(section, syntax.sections)),
    )


def model_latex(syntax: ModelSyntax, parameters: frozenset[str]) -> str:
    """The equations, conditions and changes of a whole model as one aligned block.

    Parameters
    ----------
    parameters
        Names whose lines are left out, because a table shows their values.
    """
    rows = [_function_latex(function) for function in syntax.functions]
    rows += [
        statement_latex(statement)
        for statement in syntax.statements
        if not (isinstance(statement, Definition) and statement.name in parameters)
    ]
    for section in syntax.sections:
        rows += _section_rows(section, syntax)
    body = " \\\\\n".join(rows)
    return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"
