"""Cut the text of a model into tokens and logical lines, keeping every position.

Knows characters, brackets, comments and line continuation; not what a line means.
"""

from __future__ import annotations

import re
import unicodedata
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
    r"|(?P<operator>\*\*|\+=|-=|\*=|/=|==|!=|<=|>=|[-+*/^%<>=(),:;\[\]]|[−·⋅×≤≥≠])",
    re.ASCII,
)

ASSIGNMENTS = ("=", "+=", "-=", "*=", "/=")
_OPENING = {"(": ")", "[": "]"}
_WORD_OPERATORS = frozenset({"and", "or", "not", "is", "if", "else"})
_INFIX = ("+", "-", "*", "/", "**", "^", "%", "<", ">", "<=", ">=", "==", "!=", "and", "or", ",")
_UNFINISHED = frozenset({*_INFIX, *ASSIGNMENTS, "not", "else"})
_CONTINUING = frozenset({*_INFIX, "else", ")", "]"})

_PRINTED = {"−": "-", "·": "*", "⋅": "*", "×": "*", "≤": "<=", "≥": ">=", "≠": "!="}  # in papers
_MISSPELT = {
    "&": "write `and`",
    "|": "write `or`, or `abs(x)` for a magnitude",
    "!": "write `not`",
    "@": "write `*`",
    "{": "write `(`",
    "}": "write `)`",
    "?": "write `a if condition else b` for a choice",
    "²": "write `^2`",
    "³": "write `^3`",
    "√": "write `sqrt(...)`",
    "←": "write `=`",
    "–": "write `-`",
    "µ": "write `mu`, or `u` in a unit",
    "μ": "write `mu`, or `u` in a unit",
    "Ω": "write `Omega`, or `Ohm` for the unit",
}


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
            raise _unknown_character(source, number, column, text)
        kind = match.lastgroup
        if kind == "comment":
            comment = match.group()[1:].strip()
        elif kind in ("number", "name", "operator"):
            word = _PRINTED.get(match.group(), match.group())
            tokens.append(Token(kind, word, Span(number, column, match.end())))
        column = match.end()
    return Line(tuple(tokens), len(text) - len(text.lstrip()), comment)


def _unknown_character(source: Source, line: int, column: int, text: str):
    span = Span(line, column, column + 1)
    character = text[column]
    greek = re.fullmatch(r"GREEK (SMALL|CAPITAL) LETTER ([A-Z]+)", unicodedata.name(character, ""))
    if character in _MISSPELT:
        fix = _MISSPELT[character]
    elif greek is not None:
        name = greek[2].lower() if greek[1] == "SMALL" else greek[2].capitalize()
        fix = f"write `{name.replace('amda', 'ambda')}`"  # Unicode spells lambda without its b
    elif (
        character in "'′"
        and text.count(character) == 1
        and (name := re.search(r"[A-Za-z]\w*$", text[:column], re.ASCII))
    ):
        fix = f"write `d{name.group()}/dt` for a derivative"
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
