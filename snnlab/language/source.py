"""The text of a model and places in it.

Everything that is read from a text keeps its `Span`, so that an error can show the line
with a caret. Knows nothing of what the text means.
"""

from __future__ import annotations

from dataclasses import dataclass

from snnlab.errors import ModelError


@dataclass(frozen=True)
class Span:
    """A piece of one line: ``column`` to ``end``, both 0-based, ``end`` not included."""

    line: int  # 1-based
    column: int
    end: int


@dataclass(frozen=True)
class Source:
    """A model's text and the name under which errors speak of it."""

    text: str
    name: str  # "LIF", or "LIF equations" for one field of a string model

    def error(self, span: Span | None, message: str) -> ModelError:
        """A `ModelError` that says where, shows the line and puts carets under the piece."""
        if span is None:
            return ModelError(f"{self.name}: {message}")
        lines = self.text.splitlines()
        shown = lines[span.line - 1] if span.line <= len(lines) else ""
        shown = shown.replace("\t", " ")
        carets = " " * span.column + "^" * max(1, span.end - span.column)
        where = f"{self.name}, line {span.line}, column {span.column + 1}"
        return ModelError(
            f"{where}: {message}\n    {shown}\n    {carets}",
            line=span.line,
            column=span.column + 1,
        )
