"""From tokens to an expression tree, by way of Python's own expression grammar.

The tokens are rewritten so that Python's parser sees nothing but operators and numbered
placeholders ``_0``, ``_1`` ...; the number leads back to the token and its place. The result
of `ast.parse` is converted node by node from a whitelist and is never compiled or run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches

from snnlab.errors import ModelError
from snnlab.language.source import Source, Span
from snnlab.language.syntax import (
    Call,
    Chain,
    Comparison,
    Conditional,
    Derivative,
    Expression,
    Logic,
    Name,
    Number,
    Power,
    Unary,
)
from snnlab.language.tokens import MAX_DEPTH, Token, find, join, span_of
from snnlab.units import UNITS, Unit

MAX_NODES = 5_000
_EXACT_INTEGER = 2**53

_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Mod: "%",
}
_RANK = {"+": 0, "-": 0, "*": 1, "/": 1, "%": 1}
_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Is: "==",
    ast.IsNot: "!=",
}
_UNARY: dict[type[ast.unaryop], str] = {ast.USub: "-", ast.UAdd: "+", ast.Not: "not"}
_PREFIX = ("-", "+", "not")


def suggestion(name: str, candidates: Iterable[str]) -> str:
    """``did you mean `x`?`` for the nearest of the candidates, or an empty text."""
    known = sorted(set(candidates))
    lowered = {candidate.lower(): candidate for candidate in reversed(known)}
    near = get_close_matches(name, known, n=1, cutoff=0.6)
    if not near and name.lower() in lowered:
        near = [lowered[name.lower()]]
    return f"did you mean `{near[0]}`?" if near else ""


def parse_expression(
    tokens: tuple[Token, ...],
    source: Source,
    *,
    names: frozenset[str] = frozenset(),
    gradient: bool = False,
) -> Expression:
    """Build the tree of one expression.

    Parameters
    ----------
    names
        Names that the model defines: ``5 mV / V`` divides by a parameter ``V`` if there is one,
        by the volt if not.
    gradient
        Whether ``dv/dt`` is a derivative here, as it is on left sides.

    Raises
    ------
    ModelError
        For text that is not an expression of the language, at its column.
    """
    if len(tokens) > MAX_NODES:
        raise source.error(
            tokens[0].span,
            f"the expression has more than {MAX_NODES} parts; split it over several equations.",
        )
    reader = _Reader(source, names, gradient)
    pieces = reader.read(tokens)
    too_deep = source.error(
        tokens[0].span,
        f"the expression is nested more than {MAX_DEPTH} deep; split it over several equations.",
    )
    if _prefix_run(tokens) > MAX_DEPTH:
        raise too_deep
    try:
        tree = ast.parse(" ".join(pieces), mode="eval")
    except (RecursionError, MemoryError):
        raise too_deep from None
    except (SyntaxError, ValueError):
        raise source.error(
            span_of(tokens), "this is not an expression; check its operators and commas."
        ) from None
    return _Converter(source, reader.operands, too_deep).convert(tree.body, 0)


def _prefix_run(tokens: tuple[Token, ...]) -> int:
    """Length of the longest run of prefix operators."""
    longest = run = 0
    for token in tokens:
        run = run + 1 if token.text in _PREFIX else 0
        longest = max(longest, run)
    return longest


@dataclass
class _Reader:
    """Rewrites tokens to placeholders and Python operators, checking that they may meet."""

    source: Source
    names: frozenset[str]
    gradient: bool
    operands: list[Number | Name | Derivative] = field(default_factory=list)

    def read(self, tokens: tuple[Token, ...]) -> list[str]:
        """The pieces of the rewritten text."""
        if tokens and tokens[0].reads("if"):
            tokens, condition, then, otherwise = _branches(tokens, self.source)
            return [
                "(", "(", *self.read(then), ")", "if", "(", *self.read(condition), ")",
                "else", "(", *self.read(otherwise), ")", ")",
            ]  # fmt: skip
        pieces: list[str] = []
        expects_operand = True
        index = 0
        while index < len(tokens):
            token = tokens[index]
            if token.is_operand:
                if not expects_operand:
                    raise self._two_operands(tokens[index - 1], token)
                operand, index = self._operand(tokens, index)
                pieces.append(f"_{len(self.operands)}")
                self.operands.append(operand)
                expects_operand = False
                continue
            index += 1
            match token.text:
                case "(":
                    called = not expects_operand
                    if called and tokens[index - 2].kind != "name":
                        raise self._two_operands(tokens[index - 2], token)
                    if called and tokens[index].reads(")"):
                        pieces += ["(", ")"]
                        index += 1
                        continue
                    expects_operand = True
                case ")":
                    self._must_follow_operand(expects_operand, token)
                case "-" | "+" if expects_operand:
                    pass
                case "not":
                    negated = index >= 2 and tokens[index - 2].reads("is")
                    if not expects_operand and not negated:
                        raise self._two_operands(tokens[index - 2], token)
                    expects_operand = True
                case "," | "**" | "^" | "*" | "/" | "%" | "+" | "-" | "and" | "or" | "if" | "else":
                    self._must_follow_operand(expects_operand, token)
                    expects_operand = True
                case "<" | ">" | "<=" | ">=" | "==" | "!=" | "is":
                    self._must_follow_operand(expects_operand, token)
                    expects_operand = True
                case "=":
                    raise self.source.error(
                        token.span, "'=' compares nothing; write `==` to compare."
                    )
                case _:
                    raise self.source.error(
                        token.span, f"'{token.text}' cannot stand inside an expression; remove it."
                    )
            pieces.append("**" if token.reads("^") else token.text)
        if expects_operand:
            raise self._unfinished(tokens)
        return pieces

    def _operand(
        self, tokens: tuple[Token, ...], index: int
    ) -> tuple[Number | Name | Derivative, int]:
        """The operand that starts at ``index`` and the index after it."""
        token = tokens[index]
        if token.kind == "number":
            unit, after = read_unit(tokens, index + 1, self.source, self.names)
            value = number_value(token, self.source)
            span = join(token.span, tokens[after - 1].span)
            return Number(token.text, value, unit, span), after
        is_gradient = (
            self.gradient
            and len(token.text) > 1
            and token.text.startswith("d")
            and [t.text for t in tokens[index + 1 : index + 3]] == ["/", "dt"]
        )
        if is_gradient:
            return (
                Derivative(token.text[1:], join(token.span, tokens[index + 2].span)),
                index + 3,
            )
        return Name(token.text, token.span), index + 1

    def _must_follow_operand(self, expects_operand: bool, token: Token) -> None:
        if expects_operand:
            raise self.source.error(
                token.span, f"a value is missing before '{token.text}'; add it or remove the sign."
            )

    def _two_operands(self, left: Token, right: Token) -> ModelError:
        return self.source.error(
            right.span,
            f"an operator is missing between '{left.text}' and '{right.text}'; "
            f"write `{left.text} * {right.text}` for a product."
            if right.is_operand
            else f"an operator is missing between '{left.text}' and '{right.text}'; add it.",
        )

    def _unfinished(self, tokens: tuple[Token, ...]) -> ModelError:
        if not tokens:
            return self.source.error(None, "an expression is empty; write a value.")
        last = tokens[-1]
        return self.source.error(
            last.span, f"a value is missing after '{last.text}'; add it or remove the sign."
        )


def number_value(token: Token, source: Source) -> int | float:
    """The value of a number token: an int if it is whole and exact, else a float."""
    value = float(token.text)
    if value == float("inf"):
        raise source.error(
            token.span, f"the number {token.text[:20]} is too large; stay below 1e308."
        )
    return int(value) if value.is_integer() and value <= _EXACT_INTEGER else value


def read_unit(
    tokens: tuple[Token, ...], index: int, source: Source, names: frozenset[str]
) -> tuple[Unit | None, int]:
    """The unit that starts at ``index`` after a number, if any, and the index after it.

    ``0.1/mV`` is a number with a unit, too, but not with the units of one letter, which are
    more often forgotten parameters.
    """
    if index >= len(tokens):
        return None, index
    following = tokens[index + 1].text if index + 1 < len(tokens) else ""
    if tokens[index].reads("/") and len(following) > 1 and _is_unit(following, names):
        factor, index = _unit_power(tokens, index + 1, source, names)
        unit = factor.inverse
    elif tokens[index].kind == "name" and tokens[index].is_operand:
        unit, index = _unit_power(tokens, index, source, names)
    else:
        return None, index
    while index + 1 < len(tokens) and tokens[index].text in ("*", "/"):
        if not _is_unit(tokens[index + 1].text, names):
            break
        divided = tokens[index].reads("/")
        factor, index = _unit_power(tokens, index + 1, source, names)
        unit = unit / factor if divided else unit * factor
    return unit, index


def _is_unit(name: str, names: frozenset[str]) -> bool:
    return name in UNITS and name not in names


def _unit_power(
    tokens: tuple[Token, ...], index: int, source: Source, names: frozenset[str]
) -> tuple[Unit, int]:
    """One simple unit and its exponent."""
    token = tokens[index]
    unit = UNITS.get(token.text)
    if unit is None:
        number = tokens[index - 1].text
        way_out = (
            f"write `{number} * {token.text}` for a product."
            if token.text in names
            else suggestion(token.text, UNITS) or "leave it out or use one such as `mV` or `ms`."
        )
        raise source.error(token.span, f"unknown unit '{token.text}'; {way_out}")
    index += 1
    if index + 1 < len(tokens) and tokens[index].text in ("^", "**"):
        sign = -1 if tokens[index + 1].reads("-") else 1
        at = index + (2 if sign < 0 else 1)
        if at < len(tokens) and tokens[at].text in "123456789":
            return unit ** (sign * int(tokens[at].text)), at + 1
    return unit, index


def _branches(tokens: tuple[Token, ...], source: Source) -> tuple[tuple[Token, ...], ...]:
    """Take ``if a: b else: c`` apart: the tokens, condition, then and otherwise."""
    colon = find(tokens, (":",))
    if colon is None:
        raise source.error(
            tokens[0].span, "'if' has no ':'; write `if condition: value else: value`."
        )
    nested = 0
    for index in range(colon + 1, len(tokens) - 1):
        before = tokens[index - 1]
        if tokens[index].reads("if") and before.reads(":"):
            nested += 1
        elif tokens[index].reads("else") and tokens[index + 1].reads(":"):
            if nested == 0:
                return tokens, tokens[1:colon], tokens[colon + 1 : index], tokens[index + 2 :]
            nested -= 1
    raise source.error(
        tokens[0].span, "'if' has no 'else:'; write `if condition: value else: value`."
    )


@dataclass
class _Converter:
    """Converts Python's tree to ours; every class of node that is not named is refused."""

    source: Source
    operands: list[Number | Name | Derivative]
    too_deep: ModelError

    def convert(self, node: ast.expr, depth: int) -> Expression:
        if depth > MAX_DEPTH:
            raise self.too_deep
        match node:
            case ast.Name(id=placeholder):
                return self.operands[int(placeholder[1:])]
            case ast.BinOp(op=ast.Pow()):
                base = self.convert(node.left, depth + 1)
                exponent = self.convert(node.right, depth + 1)
                return Power(base, exponent, _around(base, exponent))
            case ast.BinOp():
                return self._chain(node, depth)
            case ast.UnaryOp():
                operand = self.convert(node.operand, depth + 1)
                return Unary(_UNARY[type(node.op)], operand, operand.span)
            case ast.BoolOp():
                operator = "and" if isinstance(node.op, ast.And) else "or"
                parts = tuple(self.convert(value, depth + 1) for value in node.values)
                return Logic(operator, parts, _around(parts[0], parts[-1]))
            case ast.Compare():
                parts = tuple(
                    self.convert(value, depth + 1) for value in (node.left, *node.comparators)
                )
                operators = tuple(_COMPARE[type(op)] for op in node.ops)
                return Comparison(operators, parts, _around(parts[0], parts[-1]))
            case ast.IfExp():
                condition = self.convert(node.test, depth + 1)
                then = self.convert(node.body, depth + 1)
                otherwise = self.convert(node.orelse, depth + 1)
                return Conditional(condition, then, otherwise, _around(then, otherwise))
            case ast.Call(func=ast.Name(id=placeholder)):
                return self._call(node, self.operands[int(placeholder[1:])], depth)
            case _:
                raise self._refused(node)

    def _chain(self, node: ast.BinOp, depth: int) -> Chain:
        """Flatten ``(a + b) - c`` of the parser to one chain; brackets on the right stay."""
        rank = _RANK[_BINARY[type(node.op)]]
        operators: list[str] = []
        right_nodes: list[ast.expr] = []
        left: ast.expr = node
        while isinstance(left, ast.BinOp) and _RANK.get(_BINARY.get(type(left.op), "")) == rank:
            operators.append(_BINARY[type(left.op)])
            right_nodes.append(left.right)
            left = left.left
        parts = tuple(self.convert(n, depth + 1) for n in (left, *reversed(right_nodes)))
        return Chain(tuple(reversed(operators)), parts, _around(parts[0], parts[-1]))

    def _call(self, node: ast.Call, function: object, depth: int) -> Call:
        if not isinstance(function, Name):
            raise self._refused(node)
        arguments = tuple(self.convert(argument, depth + 1) for argument in node.args)
        return Call(function.name, arguments, function.span)

    def _refused(self, node: ast.expr) -> ModelError:
        used = [n.id for n in ast.walk(node) if isinstance(n, ast.Name)]
        span = self.operands[int(used[0][1:])].span if used else None
        return self.source.error(
            span, "lists and calls of results are not part of the language; remove the comma."
        )


def _around(first: Expression, last: Expression) -> Span:
    """From the start of ``first`` to the end of ``last``."""
    return join(first.span, last.span)
