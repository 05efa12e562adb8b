"""Write a syntax tree as text in the cell language; reading it again gives the same model."""

from __future__ import annotations

from itertools import groupby

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
    names,
    walk,
)

_CONDITIONAL, _OR, _AND, _NOT, _COMPARE, _SUM, _PRODUCT, _UNARY, _POWER, _ATOM = range(10)


def rank(expression: Expression) -> int:
    """How tightly the outermost operator binds; a part that binds less needs brackets."""
    match expression:
        case Conditional():
            return _CONDITIONAL
        case Logic(operator=operator):
            return _OR if operator == "or" else _AND
        case Unary(operator="not"):
            return _NOT
        case Comparison():
            return _COMPARE
        case Chain(operators=operators):
            return _SUM if operators[0] in "+-" else _PRODUCT
        case Unary():
            return _UNARY
        case Power():
            return _POWER
        case Number(unit=unit):
            return _ATOM if unit is None else _POWER
        case Name() | Call() | Derivative():
            return _ATOM


def expression_text(expression: Expression) -> str:
    """The expression as a person would write it."""
    match expression:
        case Number(text=text, unit=unit):
            if unit is None:
                return text
            return text + (unit.name[1:] if unit.name.startswith("1/") else f" {unit.name}")
        case Name(name=name):
            return name
        case Derivative(variable=variable):
            return f"d{variable}/dt"
        case Call(function=function, arguments=arguments):
            return f"{function}({', '.join(map(expression_text, arguments))})"
        case Unary(operator="not", operand=operand):
            return f"not {_within(operand, _NOT)}"
        case Unary(operator=operator, operand=operand):
            return f"{operator}{_within(operand, _UNARY)}"
        case Chain(operators=operators, operands=operands):
            own = rank(expression)
            first = _within(operands[0], own)
            rest = (
                f" {operator} {_within(operand, own + 1)}"
                for operator, operand in zip(operators, operands[1:], strict=True)
            )
            return first + "".join(rest)
        case Power(base=base, exponent=exponent):
            return f"{_within(base, _ATOM)}^{_within(exponent, _UNARY)}"
        case Comparison(operators=operators, operands=operands):
            rest = (
                f" {operator} {_within(operand, _SUM)}"
                for operator, operand in zip(operators, operands[1:], strict=True)
            )
            return _within(operands[0], _SUM) + "".join(rest)
        case Logic(operator=operator, operands=operands):
            return f" {operator} ".join(_within(o, rank(expression) + 1) for o in operands)
        case Conditional(condition=condition, then=then, otherwise=otherwise):
            choice = f"{_within(then, _OR)} if {_within(condition, _OR)}"
            return f"{choice} else {_within(otherwise, _CONDITIONAL)}"


def _within(expression: Expression, least: int) -> str:
    text = expression_text(expression)
    return f"({text})" if rank(expression) < least else text


def statement_text(statement: Statement) -> str:
    """One parameter line, assignment or differential equation."""
    match statement:
        case Gradient(left=left, right=right):
            line = f"{expression_text(left)} = {expression_text(right)}"
        case Definition(name=name, operator=operator, value=value, range=limits):
            line = f"{name} {operator} {expression_text(value)}"
            if limits is not None:
                line += f" [{expression_text(limits[0])}, {expression_text(limits[1])}]"
    line += _flags_text(statement.flags)
    return f"{line}  # {statement.help}" if statement.help else line


def _flags_text(flags: tuple[Flag, ...]) -> str:
    if not flags:
        return ""
    words = (
        flag.name if flag.value is None else f"{flag.name} = {expression_text(flag.value)}"
        for flag in flags
    )
    return "  : " + ", ".join(words)


def _function_text(function: Function) -> str:
    arguments = ", ".join(argument.name for argument in function.arguments)
    return f"{function.name}({arguments}) = {expression_text(function.body)}"


def _section_text(section: Section) -> str:
    head = section.kind if section.label == "spike" else f"{section.kind} {section.label}"
    if section.kind == "spike" and section.label != "spike":
        head = f"event {section.label}"
    if section.expression is not None:
        return f"{head}: {expression_text(section.expression)}{_flags_text(section.flags)}"
    lines = [statement_text(statement) for statement in section.statements]
    if len(lines) == 1 and not section.statements[0].help:
        return f"{head}: {lines[0]}"
    return "\n".join([f"{head}:", *(f"    {line}" for line in lines)])


def model_text(syntax: ModelSyntax) -> str:
    """The whole model as a cell."""
    statements = "\n".join(map(statement_text, syntax.statements))
    if _needs_headers(syntax):
        # Without its header a line would be taken for the other kind.
        runs = groupby(syntax.statements, key=lambda statement: statement.place)
        statements = "\n".join(_block(place, list(run)) for place, run in runs)
    blocks = [
        '"""' + syntax.description.replace('"""', "'''") + '"""' if syntax.description else "",
        "\n".join(map(_function_text, syntax.functions)),
        statements,
        "\n".join(map(_section_text, syntax.sections)),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _block(place: str | None, statements: list[Statement]) -> str:
    lines = map(statement_text, statements)
    if place is None:
        return "\n".join(lines)
    return "\n".join([f"{place}:", *(f"    {line}" for line in lines)])


def _needs_headers(syntax: ModelSyntax) -> bool:
    """Whether some line, standing free in a cell, might be read as another kind."""
    definitions = [s for s in syntax.statements if isinstance(s, Definition)]
    constants = {s.name for s in definitions if s.place == "parameters" or not names(s.value)}
    return any(
        # Names and calls, of which some are drawn anew in every step elsewhere.
        (s.place == "parameters" and any(isinstance(p, Name | Call) for p in walk(s.value)))
        or (s.place == "equations" and s.operator == "=" and names(s.value) <= constants)
        for s in definitions
    )
