"""Cut the text of a model into tokens and logical lines, keeping every position.

Knows characters, brackets, comments and line continuation; not what a line means.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from snnlab.language.source import Source, Span

MAX_BYTES = 65_536
MAX_TOKENS = 40_000
MAX_DEPTH = 100

Kind = Literal["number", "name", "operator"]

_TOKEN = re.compile(
    r"(?P<space>[ \t]+)"
    r"|(?P<comment>\#.*)"
    r"|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+(?![A-Za-z_]))?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)"
    r"|(?P<operator>\*\*|\+=|-=|\*=|/=|==|!=|<=|>=|[-+*/^%<>=(),:;\[\]])",
    re.ASCII,
)

ASSIGNMENTS = ("=", "+=", "-=", "*=", "/=")
_OPENING = {"(": ")", "[": "]"}
_WORD_OPERATORS = frozenset({"and", "or", "not", "is", "if", "else"})
_INFIX = ("+", "-", "*", "/", "**", "^", "%", "<", ">", "<=", ">=", "==", "!=", "and", "or", ",")
_UNFINISHED = frozenset({*_INFIX, *ASSIGNMENTS, "not", "else"})
_CONTINUING = frozenset({*_INFIX, "else", ")", "]"})

_MISSPELT = {"&": "and", "|": "or", "!": "not", "@": "*", "{": "(", "}": ")"}


@dataclass(frozen=True)
class Token:
    kind: Kind
    text: str
    span: Span

    def reads(self, *texts: str) -> bool:
        """Whether the token is one of these texts."""
        return self.text in texts

    @property
    def is_operand(self) -> bool:
        return self.kind == "number" or (self.kind == "name" and self.text not in _WORD_OPERATORS)


@dataclass(frozen=True)
class Line:
    """A logical line: its tokens may stand on several lines of the text."""

    tokens: tuple[Token, ...]
    indent: int
    comment: str  # of its first line that has one, without "#"


def join(first: Span, last: Span) -> Span:
    """From the start of one piece to the end of another, cut at the end of the first line."""
    end = last.end if last.line == first.line else first.end
    return Span(first.line, first.column, max(first.end, end))


def span_of(tokens: tuple[Token, ...]) -> Span:
    """The place of a run of tokens; it must not be empty."""
    first = tokens[0].span
    last = [token.span for token in tokens if token.span.line == first.line][-1]
    return join(first, last)


def logical_lines(source: Source, skip: int = 0) -> tuple[Line, ...]:
    """Cut ``source`` into logical lines, leaving out its first ``skip`` lines.

    Raises
    ------
    ModelError
        For a text over the size limits, an unknown character or an unbalanced bracket.
    """
    size = len(source.text.encode())
    if size > MAX_BYTES:
        raise source.error(
            None, f"the text has {size} bytes, more than {MAX_BYTES}; split the model."
        )
    physical = [
        _cut(source, number, text)
        for number, text in enumerate(source.text.splitlines(), start=1)
        if number > skip
    ]
    if sum(len(line.tokens) for line in physical) > MAX_TOKENS:
        raise source.error(None, f"the text has more than {MAX_TOKENS} tokens; split the model.")
    lines: list[Line] = []
    for line in physical:
        if not line.tokens:
            continue
        if lines and _continues(lines[-1], line):
            before = lines[-1]
            lines[-1] = Line(
                before.tokens + line.tokens, before.indent, before.comment or line.comment
            )
        else:
            lines.append(line)
    for line in lines:
        _check_brackets(source, line.tokens)
    return tuple(lines)


def _cut(source: Source, number: int, text: str) -> Line:
    """The tokens of one physical line."""
    tokens: list[Token] = []
    comment = ""
    column = 0
    while column < len(text):
        match = _TOKEN.match(text, column)
        if match is None:
            raise _unknown_character(source, number, column, text[column])
        kind = match.lastgroup
        if kind == "comment":
            comment = match.group()[1:].strip()
        elif kind in ("number", "name", "operator"):
            tokens.append(Token(kind, match.group(), Span(number, column, match.end())))
        column = match.end()
    return Line(tuple(tokens), len(text) - len(text.lstrip()), comment)


def _unknown_character(source: Source, line: int, column: int, character: str):
    span = Span(line, column, column + 1)
    if character in _MISSPELT:
        fix = f"write `{_MISSPELT[character]}`"
    elif character in "\"'":
        fix = "texts in quotes are only allowed as a description at the top"
    else:
        fix = "use letters a to z, digits, `_` and operators"
    return source.error(span, f"the character {character!r} is not part of the language; {fix}.")


def _continues(before: Line, line: Line) -> bool:
    """Whether ``line`` belongs to the statement begun in ``before``."""
    if _depth(before.tokens) > 0:
        return not _has_assignment(line.tokens)
    if line.tokens[0].text in _CONTINUING:
        return True
    last = before.tokens[-1]
    if last.reads(":") or (last.reads(",") and find(before.tokens, (":",)) is not None):
        # `r = if v > 0:` and `x = y : init=0,` go on; `reset:` begins a section.
        return _has_assignment(before.tokens)
    return last.text in _UNFINISHED and not _has_assignment(line.tokens)


def _has_assignment(tokens: tuple[Token, ...]) -> bool:
    """Whether an assignment operator comes before any colon."""
    for token in tokens:
        if token.reads(":"):
            return False
        if token.text in ASSIGNMENTS:
            return True
    return False


def _depth(tokens: tuple[Token, ...]) -> int:
    opened = sum(token.text in _OPENING for token in tokens)
    return opened - sum(token.text in _OPENING.values() for token in tokens)


def _check_brackets(source: Source, tokens: tuple[Token, ...]) -> None:
    """Every bracket has its partner, and none stands deeper than `MAX_DEPTH`."""
    waiting: list[Token] = []
    for token in tokens:
        if token.text in _OPENING:
            waiting.append(token)
        elif token.text in _OPENING.values():
            if not waiting:
                raise source.error(
                    token.span, f"'{token.text}' closes nothing; remove it or open it before."
                )
            expected = _OPENING[waiting.pop().text]
            if token.text != expected:
                raise source.error(
                    token.span, f"'{token.text}' stands where '{expected}' must; exchange them."
                )
        if len(waiting) > MAX_DEPTH:
            raise source.error(
                token.span,
                f"brackets are nested more than {MAX_DEPTH} deep; split the equation.",
            )
    if waiting:
        opened = waiting[-1]
        raise source.error(
            opened.span, f"'{opened.text}' is never closed; add '{_OPENING[opened.text]}'."
        )


def split(tokens: tuple[Token, ...], separator: str) -> list[tuple[Token, ...]]:
    """Cut a run of tokens at every ``separator`` outside brackets."""
    parts: list[tuple[Token, ...]] = []
    depth = start = 0
    for index, token in enumerate(tokens):
        depth += (token.text in _OPENING) - (token.text in _OPENING.values())
        if depth == 0 and token.reads(separator):
            parts.append(tokens[start:index])
            start = index + 1
    return [*parts, tokens[start:]]


def find(tokens: tuple[Token, ...], wanted: tuple[str, ...], start: int = 0) -> int | None:
    """Index of the first of the ``wanted`` tokens outside brackets, if any."""
    depth = 0
    for index in range(start, len(tokens)):
        text = tokens[index].text
        depth += (text in _OPENING) - (text in _OPENING.values())
        if depth == (1 if text in _OPENING else 0) and text in wanted:
            return index
    return None
