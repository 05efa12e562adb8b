"""A model on one page: its words, equations, parameters and integrators.

After the tables of Nordlie, Gewaltig & Plesser 2009, PLoS Comput. Biol. 5, e1000456. All text of an
author is escaped for the format in which it is written.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from snnlab.errors import ModelError
from snnlab.language.printer import expression_text
from snnlab.language.syntax import Definition, ModelSyntax
from snnlab.model.ir import DifferentialEquation, NeuronModel, Parameter, SynapseModel
from snnlab.model.latex import name_latex

Format = Literal["markdown", "latex", "html"]
_LATEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "%": r"\%", "_": r"\_", "^": r"\^{}", "~": r"\~{}", "<": r"\textless{}", ">": r"\textgreater{}",
}  # fmt: skip


@dataclass(frozen=True)
class Table:
    """Rows of cells; the first column holds names, which are printed as mathematics."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def model_tables(model: NeuronModel | SynapseModel, syntax: ModelSyntax) -> tuple[Table, ...]:
    """The parameters, variables and integrators of a model."""
    typed = {
        s.name: expression_text(s.value) for s in syntax.statements if isinstance(s, Definition)
    }
    parameters = tuple(
        (p.name, _value(p, typed), "" if p.unit is None else p.unit.name, p.help)
        for p in model.parameters
    )
    variables = tuple(
        (v.name, str(v.init), "" if v.unit is None else v.unit.name, v.help)
        for v in model.variables
    )
    methods = tuple(
        (e.variable.name, e.method, e.reason or "named by the model")
        for e in model.equations
        if isinstance(e, DifferentialEquation)
    )
    tables = (
        Table("Parameters", ("name", "value", "unit", "meaning"), parameters),
        Table("Variables", ("name", "start", "unit", "meaning"), variables),
        Table("Integrators", ("variable", "method", "reason"), methods),
    )
    return tuple(table for table in tables if table.rows)


def _value(parameter: Parameter, typed: dict[str, str]) -> str:
    """A number in the parameter's unit; what is derived or drawn as it was typed."""
    if parameter.value.is_number:
        return f"{float(parameter.value):g}"
    return typed.get(parameter.name, str(parameter.value))


def model_report(
    model: NeuronModel | SynapseModel, syntax: ModelSyntax, equations: str, form: str
) -> str:
    """The report as ``markdown``, ``latex`` or ``html``.

    Parameters
    ----------
    equations
        The equations in LaTeX.
    """
    if form not in _WRITERS:
        raise ModelError(
            f"{model.name}: there is no report in '{form[:20]}'; "
            "write `markdown`, `latex` or `html`."
        )
    return _WRITERS[form](model, equations, model_tables(model, syntax))


def _markdown(model: NeuronModel | SynapseModel, equations: str, tables: Sequence[Table]) -> str:
    parts = [f"## {_markdown_text(model.name)}", _markdown_text(model.description)]
    parts.append(f"$$\n{equations}\n$$")
    for table in tables:
        lines = [_row(table.head), "|" + " --- |" * len(table.head)]
        lines += [
            _row((f"${name_latex(first)}$", *map(_markdown_text, rest)))
            for first, *rest in table.rows
        ]
        parts.append(f"**{table.caption}**\n\n" + "\n".join(lines))
    return "\n\n".join(part for part in parts if part) + "\n"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _markdown_text(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>#|$])", r"\\\1", " ".join(text.split()))


def _latex(model: NeuronModel | SynapseModel, equations: str, tables: Sequence[Table]) -> str:
    parts = [rf"\section*{{{latex_text(model.name)}}}", latex_text(model.description)]
    parts.append(f"\\[\n{equations}\n\\]")
    for table in tables:
        lines = [rf"\begin{{tabular}}{{{'l' * len(table.head)}}}"]
        lines += [" & ".join(table.head) + r" \\ \hline"]
        lines += [
            " & ".join([f"${name_latex(first)}$", *map(latex_text, rest)]) + r" \\"
            for first, *rest in table.rows
        ]
        parts.append("\n".join([rf"\paragraph{{{table.caption}}}", *lines, r"\end{tabular}"]))
    return "\n\n".join(part for part in parts if part) + "\n"


def latex_text(text: str) -> str:
    """Plain text for LaTeX, with every special character escaped."""
    return "".join(_LATEX.get(character, character) for character in " ".join(text.split()))


def _html(model: NeuronModel | SynapseModel, equations: str, tables: Sequence[Table]) -> str:
    parts = [f"<h2>{html.escape(model.name)}</h2>", f"<p>{html.escape(model.description)}</p>"]
    parts.append(rf"<div>\[{html.escape(equations)}\]</div>")
    for table in tables:
        head = "".join(f"<th>{cell}</th>" for cell in table.head)
        rows = "".join(
            f"<tr><td>\\({html.escape(name_latex(first))}\\)</td>"
            + "".join(f"<td>{html.escape(cell)}</td>" for cell in rest)
            + "</tr>"
            for first, *rest in table.rows
        )
        caption = f"<caption>{table.caption}</caption>"
        parts.append(f"<table>{caption}<tr>{head}</tr>{rows}</table>")
    return "\n".join(parts) + "\n"


_WRITERS: dict[str, Callable[[NeuronModel | SynapseModel, str, Sequence[Table]], str]] = {
    "markdown": _markdown,
    "latex": _latex,
    "html": _html,
}
