"""The grammar of cells and of string fields: from text to a `ModelSyntax`.

Each rule stands under an example of what it reads. Names are not resolved here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from snnlab.language.expressions import parse_expression, suggestion
from snnlab.language.source import Source, Span
from snnlab.language.syntax import (
    Call,
    Definition,
    Derivative,
    Expression,
    Flag,
    Function,
    Gradient,
    ModelSyntax,
    Name,
    Place,
    Section,
    Statement,
    walk,
)
from snnlab.language.tokens import (
    ASSIGNMENTS,
    Line,
    Token,
    find,
    logical_lines,
    span_of,
    split,
)

STATEMENT_SECTIONS = (
    "reset", "axon_reset", "pre_spike", "post_spike", "pre_axon_spike", "apply",
)  # fmt: skip
PLACES: tuple[Place, ...] = ("parameters", "equations")
OTHER_WORDS = {  # of other simulators
    "threshold": "spike", "on_pre": "pre_spike", "on_post": "post_spike",
}  # fmt: skip
NEURON_SECTIONS = (
    "spike", "reset", "refractory", "axon_spike", "axon_reset", "functions", *PLACES,
)  # fmt: skip
SYNAPSE_SECTIONS = (
    "pre_spike", "post_spike", "psp", "operation", "pre_axon_spike", "apply", "creating",
    "pruning", "functions", *PLACES,
)  # fmt: skip
# After a number these are names of the language, not units.
_PREDEFINED = frozenset({"t", "dt", "t_last", "t_pre", "t_post", "w", "pi"})
_DOCSTRING = re.compile(r'\s*("""|\'\'\'|"|\')(.*?)\1[ \t]*(?:\r?\n|$)', re.DOTALL)


def parse_cell(text: str, name: str, sections: tuple[str, ...]) -> ModelSyntax:
    """Read the text of a ``%%neuron`` or ``%%synapse`` cell.

    Parameters
    ----------
    sections
        The sections that this kind of model may have.

    Raises
    ------
    ModelError
        At the first piece of text that the grammar does not know.
    """
    source = Source(text, name)
    description, skip = _description(text)
    lines = logical_lines(source, skip)
    parser = _Parser(source, sections, _defined(lines))
    parser.read_cell(lines)
    return ModelSyntax(
        name,
        description,
        tuple(parser.statements),
        tuple(parser.functions),
        tuple(parser.sections),
        source,
    )


def parse_fields(
    fields: Mapping[str, str], name: str, sections: tuple[str, ...], description: str = ""
) -> ModelSyntax:
    """Read a model given as one text for each field: ``{"equations": "...", "spike": "..."}``."""
    sources = {kind: Source(text, f"{name} {kind}") for kind, text in fields.items()}
    lines = {kind: logical_lines(source) for kind, source in sources.items()}
    defined = frozenset().union(*map(_defined, lines.values()))
    statements: list[Statement] = []
    functions: list[Function] = []
    read: list[Section] = []
    for kind, source in sources.items():
        if not lines[kind]:
            continue
        parser = _Parser(source, sections, defined)
        label, _, event = kind.partition(" ")
        parser.read_section(label, event or "spike", Span(1, 0, 0), lines[kind])
        statements += parser.statements
        functions += parser.functions
        read += [replace(section, span=_first_span(lines[kind])) for section in parser.sections]
    return ModelSyntax(name, description, tuple(statements), tuple(functions), tuple(read), None)


def parse_functions(source: Source) -> tuple[Function, ...]:
    """Read lines such as ``sigmoid(x) = 1 / (1 + exp(-x))``."""
    lines = logical_lines(source)
    parser = _Parser(source, ("functions",), _defined(lines))
    parser.read_section("functions", "", Span(1, 0, 0), lines)
    return tuple(parser.functions)


def _first_span(lines: tuple[Line, ...]) -> Span:
    return span_of(lines[0].tokens)


def _description(text: str) -> tuple[str, int]:
    """The text in quotes at the top of a cell, and how many lines it takes."""
    match = _DOCSTRING.match(text)
    if match is None:
        return "", 0
    words = "\n".join(line.strip() for line in match[2].strip().splitlines())
    return words, text[: match.end()].count("\n") or 1


def _defined(lines: tuple[Line, ...]) -> frozenset[str]:
    """The names that stand on the left of an equals sign, or in a derivative."""
    found: set[str] = set(_PREDEFINED)
    for line in lines:
        for token, after in zip(line.tokens, line.tokens[1:], strict=False):
            if token.kind == "name" and after.text in ASSIGNMENTS:
                found.add(token.text)
            elif token.text.startswith("d") and after.reads("/"):
                found.add(token.text[1:])
    return frozenset(found)


@dataclass
class _Parser:
    """Collects what the lines of one text say."""

    source: Source
    allowed: tuple[str, ...]
    defined: frozenset[str]

    def __post_init__(self) -> None:
        self.statements: list[Statement] = []
        self.functions: list[Function] = []
        self.sections: list[Section] = []

    def read_cell(self, lines: tuple[Line, ...]) -> None:
        """Lines of statements, each section header with its block."""
        index = 0
        while index < len(lines):
            line = lines[index]
            index += 1
            header = self._header(line)
            if header is None:
                self.statements += self._statements(line, None)
                continue
            kind, label, span, rest = header
            block: list[Line] = [replace(line, tokens=rest)] if rest else []
            while index < len(lines) and lines[index].indent > line.indent:
                block.append(lines[index])
                index += 1
            self.read_section(kind, label, span, tuple(block))

    def _header(self, line: Line) -> tuple[str, str, Span, tuple[Token, ...]] | None:
        """``reset:`` or ``reset burst:`` with the tokens that follow on the line."""
        tokens = line.tokens
        if len(tokens) > 1 and tokens[0].is_operand and tokens[1].reads(":"):
            kind, label, rest = tokens[0], "spike", tokens[2:]
        elif len(tokens) > 2 and tokens[1].is_operand and tokens[2].reads(":"):
            kind, label, rest = tokens[0], tokens[1].text, tokens[3:]
        else:
            return None
        if kind.text == "event":
            kind_text = "spike"
        elif kind.text in self.allowed:
            kind_text = kind.text
        else:
            sections = "the sections here are " + ", ".join(f"`{s}`" for s in self.allowed) + "."
            if kind.text in (*NEURON_SECTIONS, *SYNAPSE_SECTIONS):
                other = "neuron" if kind.text in NEURON_SECTIONS else "synapse"
                raise self.source.error(
                    kind.span, f"'{kind.text}' is a section of a {other}; {sections}"
                )
            known = OTHER_WORDS.get(kind.text)
            way_out = suggestion(kind.text, self.allowed) or sections
            if known in self.allowed:
                way_out = f"write `{known}:`."
            raise self.source.error(kind.span, f"unknown section '{kind.text}'; {way_out}")
        return kind_text, label, kind.span, rest

    def read_section(self, kind: str, label: str, span: Span, lines: tuple[Line, ...]) -> None:
        """The lines of one section, whatever its kind."""
        if not lines:
            raise self.source.error(span, f"the section '{kind}' is empty; fill or remove it.")
        if kind in PLACES:
            for line in lines:
                self.statements += self._statements(line, kind)
            return
        if kind == "functions":
            for line in lines:
                self.functions += [self._function(part) for part in _parts(line.tokens)]
            return
        expression, statements, flags = None, (), ()
        if kind in STATEMENT_SECTIONS:
            statements = tuple(s for line in lines for s in self._statements(line, "equations"))
        else:
            tokens = tuple(token for line in lines for token in line.tokens)
            colon = None if tokens[0].reads("if") else find(tokens, (":",))
            flags = () if colon is None else self._flags(tokens[colon + 1 :])
            tokens = tokens if colon is None else tokens[:colon]
            if not tokens:
                raise self.source.error(span, f"the section '{kind}' is empty; fill or remove it.")
            if (equals := find(tokens, ASSIGNMENTS)) is not None:
                raise self.source.error(
                    tokens[equals].span,
                    f"'{kind}' takes one expression, not an assignment; write `==` to compare.",
                )
            expression = self._expression(tokens)
        self.sections.append(Section(kind, label, expression, statements, flags, self.source, span))

    def _statements(self, line: Line, place: Place | None) -> list[Statement]:
        """``tau = 20 ms ; V_th = -50 mV   # help``."""
        found: list[Statement] = []
        for tokens in _parts(line.tokens):
            statement = self._statement(tokens, line.comment, place)
            if statement is not None:
                found.append(statement)
        return found

    def _statement(
        self, tokens: tuple[Token, ...], comment: str, place: Place | None
    ) -> Statement | None:
        """One parameter, equation or function."""
        if len(tokens) > 1 and tokens[0].text in self.allowed and tokens[1].is_operand:
            name = tokens[0].text
            raise self.source.error(
                tokens[0].span, f"the colon after '{name}' is missing; write `{name}: ...`."
            )
        equals = find(tokens, ASSIGNMENTS)
        colon = find(tokens, (":",))
        if equals is None or (colon is not None and colon < equals):
            raise self._no_assignment(tokens)
        operator = tokens[equals]
        left, right = tokens[:equals], tokens[equals + 1 :]
        if not left:
            raise self.source.error(operator.span, "the name before '=' is missing; add it.")
        if not right or right[0].reads(":"):
            raise self.source.error(
                operator.span, f"the value after '{operator.text}' is missing; add it."
            )
        if len(left) > 2 and left[0].is_operand and left[1].reads("(") and left[-1].reads(")"):
            self.functions.append(self._function(tokens))
            return None
        right, flag_tokens = self._cut_flags(right)
        flags = self._flags(flag_tokens)
        if len(left) == 1 and left[0].kind == "name" and left[0].is_operand:
            if "." in left[0].text:
                raise self.source.error(
                    left[0].span,
                    f"'{left[0].text}' belongs to a neuron and cannot be changed from here; "
                    "change it in the neuron's own equations.",
                )
            right, limits = self._range(right)
            return Definition(
                left[0].text,
                operator.text,
                self._expression(right),
                flags,
                limits,
                comment,
                place,
                self.source,
                left[0].span,
            )
        return self._gradient(left, operator, right, flags, comment, place)

    def _no_assignment(self, tokens: tuple[Token, ...]):
        first = tokens[0]
        if len(tokens) > 1 and tokens[1].reads(":"):
            if first.text in self.allowed:
                return self.source.error(
                    first.span,
                    f"the section '{first.text}' cannot begin here; give it without indentation "
                    f"in a cell, and as an argument of its own, `{first.text}=...`, in Python.",
                )
            way_out = suggestion(first.text, self.allowed)
            return self.source.error(
                first.span, f"'{first.text}' has no value; {way_out or 'write `name = value`.'}"
            )
        return self.source.error(
            span_of(tokens),
            "this line assigns nothing; write `name = value` or an equation `dx/dt = ...`.",
        )

    def _gradient(
        self,
        left: tuple[Token, ...],
        operator: Token,
        right: tuple[Token, ...],
        flags: tuple[Flag, ...],
        comment: str,
        place: Place | None,
    ) -> Gradient:
        """``tau * dv/dt + v = I : init = 0``."""
        side = parse_expression(left, self.source, names=self.defined, gradient=True)
        found = [part for part in walk(side) if isinstance(part, Derivative)]
        if not found:
            raise self.source.error(
                span_of(left),
                "the left side is neither a name nor holds a derivative; "
                "write `name = ...` or `dname/dt = ...`.",
            )
        if len(found) > 1:
            raise self.source.error(
                found[1].span, "a second derivative on one line; write one equation for each."
            )
        if not operator.reads("="):
            raise self.source.error(
                operator.span, f"'{operator.text}' after a derivative; write `=`."
            )
        return Gradient(
            found[0].variable,
            side,
            self._expression(right),
            flags,
            comment,
            place,
            self.source,
            found[0].span,
        )

    def _cut_flags(self, tokens: tuple[Token, ...]) -> tuple[tuple[Token, ...], tuple[Token, ...]]:
        """Part ``b : init = 0`` at the colon that is not one of ``if a: b else: c``."""
        cut = find(tokens, (":",))
        used = 0
        for index, token in enumerate(tokens):
            starts = token.reads("if") and (index == 0 or tokens[index - 1].reads(":"))
            ends = token.reads("else") and index + 1 < len(tokens) and tokens[index + 1].reads(":")
            used += starts + ends
        while cut is not None and used > 0:
            cut = find(tokens, (":",), cut + 1)
            used -= 1
        if cut is None:
            return tokens, ()
        if cut == len(tokens) - 1:
            raise self.source.error(
                tokens[cut].span, "no flag follows ':'; write one, such as `init = 0`."
            )
        return tokens[:cut], tokens[cut + 1 :]

    def _flags(self, tokens: tuple[Token, ...]) -> tuple[Flag, ...]:
        """``init = 0, min = 0, event-driven``."""
        if not tokens:
            return ()
        flags: list[Flag] = []
        for part in split(tokens, ","):
            if not part:
                raise self.source.error(
                    tokens[0].span, "a flag between two commas is missing; remove one comma."
                )
            equals = find(part, ("=",))
            words = part if equals is None else part[:equals]
            if not words or any(word.kind != "name" and not word.reads("-") for word in words):
                raise self.source.error(
                    span_of(part), "a flag is a name or `name = value`; correct it."
                )
            value = None
            if equals is not None:
                if equals == len(part) - 1:
                    raise self.source.error(
                        part[equals].span, "the value after '=' is missing; add it."
                    )
                value = self._expression(part[equals + 1 :])
            flags.append(Flag("".join(word.text for word in words), value, span_of(words)))
        return tuple(flags)

    def _range(
        self, tokens: tuple[Token, ...]
    ) -> tuple[tuple[Token, ...], tuple[Expression, Expression] | None]:
        """``20 ms [5, 100]``: the value's tokens and the two limits."""
        opening = find(tokens, ("[",))
        if opening is None:
            return tokens, None
        if opening == 0:
            raise self.source.error(
                tokens[0].span,
                "the value before the range is missing; write `name = value [a, b]`.",
            )
        closing = find(tokens, ("]",), opening + 1)
        inner = tokens[opening + 1 : -1]
        limits = split(inner, ",")
        if (
            closing == len(tokens)
            or not tokens[-1].reads("]")
            or len(limits) != 2
            or not all(limits)
        ):
            raise self.source.error(
                tokens[opening].span, "a range is two numbers at the end; write `[low, high]`."
            )
        low, high = (self._expression(part) for part in limits)
        return tokens[:opening], (low, high)

    def _function(self, tokens: tuple[Token, ...]) -> Function:
        """``f(x, k) = 1 / (1 + exp(-k * x))``, types after a colon are allowed and not needed."""
        equals = find(tokens, ("=",))
        head = tokens[:equals] if equals else ()
        call = self._expression(head) if head else None
        if (
            equals is None
            or not isinstance(call, Call)
            or not all(isinstance(argument, Name) for argument in call.arguments)
            or equals == len(tokens) - 1
        ):
            raise self.source.error(
                span_of(tokens), "this defines no function; write `f(x, y) = expression`."
            )
        body, _types = self._cut_flags(tokens[equals + 1 :])
        arguments = tuple(a for a in call.arguments if isinstance(a, Name))
        return Function(call.function, arguments, self._expression(body), self.source, call.span)

    def _expression(self, tokens: tuple[Token, ...]) -> Expression:
        return parse_expression(tokens, self.source, names=self.defined)


def _parts(tokens: tuple[Token, ...]) -> list[tuple[Token, ...]]:
    """Statements that share a line."""
    return [part for part in split(tokens, ";") if part]
