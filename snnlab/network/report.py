"""A network as the tables that a paper's methods section needs.

The tables follow Nordlie, Gewaltig & Plesser 2009 (PLoS Comput. Biol. 5, e1000456): summary,
populations, connectivity, models, measurements. A `Report` holds them as text cells and writes
them as Markdown, LaTeX or HTML, each with its own escaping.
"""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from snnlab.errors import NetworkError
from snnlab.model.ir import Parameter
from snnlab.model.neuron import Neuron
from snnlab.model.synapse import Synapse
from snnlab.network.distributions import Distribution
from snnlab.network.drives import PoissonDrive
from snnlab.network.population import Population
from snnlab.network.projection import Projection

if TYPE_CHECKING:
    from snnlab.network.network import Network


@dataclass(frozen=True)
class Math:
    """A cell or paragraph that is LaTeX, made by snnlab from a checked model."""

    latex: str


Cell = str | Math


@dataclass(frozen=True)
class Table:
    """One table: ``rows`` below ``head``, then ``equations`` as a displayed block."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    equations: Math | None = None
    text: str = ""


@dataclass(frozen=True)
class Report:
    """The tables of a network; shown as Markdown in a notebook."""

    tables: tuple[Table, ...]

    @property
    def markdown(self) -> str:
        return "\n\n".join(_markdown(table) for table in self.tables) + "\n"

    @property
    def html(self) -> str:
        return "\n".join(_html(table) for table in self.tables) + "\n"

    @property
    def latex(self) -> str:
        """Tables for a document that loads ``amsmath`` and ``booktabs``."""
        return "\n\n".join(_latex(table) for table in self.tables) + "\n"

    def save(self, path: str | Path) -> None:
        """Write the report; the ending chooses the form: .md, .tex or .html.

        Raises
        ------
        NetworkError
            If the ending is another one, or the file cannot be written.
        """
        forms = {".md": "markdown", ".tex": "latex", ".html": "html"}
        path = Path(path)
        if path.suffix not in forms:
            raise NetworkError(
                f"report: cannot write '{path.name}'; use a name that ends in .md, .tex or .html."
            )
        try:
            path.write_text(getattr(self, forms[path.suffix]), encoding="utf-8")
        except OSError as error:
            raise NetworkError(
                f"report: '{path}' cannot be written ({error.strerror or error}); "
                f"choose another path."
            ) from error

    def _repr_markdown_(self) -> str:
        return self.markdown

    def __str__(self) -> str:
        return self.markdown


def network_report(network: Network) -> Report:
    """The tables of ``network`` as it is now."""
    populations = list(network.populations.values())
    projections = list(network.projections.values())
    neurons = {id(p.neuron): p.neuron for p in populations}
    synapses = {id(p.synapse): p.synapse for p in projections if p.synapse is not None}
    tables = [
        _summary(network, list(neurons.values()), list(synapses.values())),
        Table(
            "Populations",
            ("Name", "Neuron", "Size"),
            tuple((p.name, p.neuron.name, " × ".join(map(str, p.shape))) for p in populations),
        ),
    ]
    if projections:
        head = (
            "Name",
            "Source",
            "Target",
            "Receptor",
            "Pattern",
            "Weight",
            "Delay (ms)",
            "Synapse",
        )
        rows = tuple(_projection_row(p) for p in projections)
        tables.append(Table("Connectivity", head, rows))
    if network.drives:
        head = ("Name", "Target", "Receptor", "Sources a neuron", "Rate (Hz)", "Weight")
        drives = tuple(_drive_row(d) for d in network.drives.values())
        tables.append(Table("Poisson input", head, drives))
    tables += [_model_table("Neuron", neuron) for neuron in neurons.values()]
    tables += [_model_table("Synapse", synapse) for synapse in synapses.values()]
    for population in populations:
        tables += _changed_parameters(population)
    measured = [
        (name, variable, str(len(traces.neurons(variable))))
        for name, traces in network.traces.items()
        for variable in traces
    ]
    spiking = [(p.name, "spikes", str(p.size)) for p in populations if p.neuron.model.spiking]
    tables.append(Table("Measurements", ("Population", "What", "Neurons"), (*spiking, *measured)))
    return Report(tuple(tables))


def _summary(network: Network, neurons: list[Neuron], synapses: list[Synapse]) -> Table:
    n_neurons = sum(p.size for p in network.populations.values())
    plastic = [s.name for s in synapses if _is_plastic(s)]
    rows: list[tuple[Cell, ...]] = [
        ("Populations", ", ".join(network.populations) or "none"),
        ("Neurons", str(n_neurons)),
        ("Synapses", str(sum(p.size for p in network.projections.values()))),
        (
            "Connectivity",
            _listed({type(p.connector).__name__ for p in network.projections.values()}),
        ),
        ("Neuron models", _listed(n.name for n in neurons)),
        ("Synapse models", _listed(s.name for s in synapses) if synapses else "static"),
        ("Plasticity", _listed(plastic)),
        ("Time step", f"{network.dt:g} ms"),
        ("Seed", str(network.seed)),
        ("Numbers", "float32" if network.real is np.float32 else "float64"),
    ]
    return Table("Model summary", ("", ""), tuple(rows))


def _is_plastic(synapse: Synapse) -> bool:
    model = synapse.model
    changed = [s.target.name for s in (*model.pre_spike, *model.post_spike)]
    return "w" in changed or any(v.name == "w" for v in model.variables)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _projection_row(projection: Projection) -> tuple[Cell, ...]:
    weight = projection._weight
    if isinstance(weight, Distribution):
        shown = str(weight)
    elif projection.has_one_weight:
        shown = f"{projection.weight:g}"
    else:
        shown = f"mean {projection.weight:g}"
    return (
        projection.name,
        projection.pre.name,
        projection.post.name,
        projection.target,
        str(projection.connector),
        shown,
        projection.delay_text.removesuffix(" ms"),
        projection.synapse_text,
    )


def _drive_row(drive: PoissonDrive) -> tuple[Cell, ...]:
    def shown(values: float | np.ndarray) -> str:
        lowest, highest = np.min(values), np.max(values)
        return f"{lowest:g}" if lowest == highest else f"{lowest:g} to {highest:g}"

    rate, weight = shown(drive.rate), shown(drive.weight)
    return drive.name, drive.post.name, drive.target, str(drive.n), rate, weight


def _model_table(kind: str, model: Neuron | Synapse) -> Table:
    rows = tuple(_parameter_row(p) for p in model.model.parameters)
    return Table(
        f"{kind} {model.name}",
        ("Parameter", "Value", "Unit", "Meaning"),
        rows,
        Math(model.latex),
        model.description,
    )


def _parameter_row(parameter: Parameter) -> tuple[Cell, ...]:
    value = parameter.value
    shown = f"{float(value):g}" if value.is_number else str(value)
    return parameter.name, shown, parameter.unit.name if parameter.unit else "", parameter.help


def _changed_parameters(population: Population) -> list[Table]:
    """Parameters that differ from the model's, or that have one value for each neuron."""
    state = population.state
    rows: list[tuple[Cell, ...]] = []
    for parameter in state.parameters.values():
        if parameter.name in state.individual:
            values = state.values(parameter.name)
            shown = f"{values.min():g} to {values.max():g}"
        elif parameter.value.is_number and state.number(parameter.name) != float(parameter.value):
            shown = f"{state.number(parameter.name):g}"
        else:
            continue
        rows.append((parameter.name, shown, parameter.unit.name if parameter.unit else ""))
    head = ("Parameter", "Value", "Unit")
    title = f"Parameters of population {population.name}"
    return [Table(title, head, tuple(rows))] if rows else []


# Forms -----------------------------------------------------------------------------------


def _markdown(table: Table) -> str:
    def cell(value: Cell) -> str:
        return f"${value.latex}$" if isinstance(value, Math) else _escape(value, MARKDOWN)

    lines = [f"### {_escape(table.title, MARKDOWN)}"]
    if table.text:
        lines += ["", _escape(table.text, MARKDOWN)]
    if table.equations is not None:
        lines += ["", "$$", table.equations.latex, "$$"]
    if table.rows:
        lines += ["", _pipes(map(cell, table.head)), _pipes("---" for _ in table.head)]
        lines += [_pipes(map(cell, row)) for row in table.rows]
    return "\n".join(lines)


def _pipes(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _html(table: Table) -> str:
    def cells(tag: str, row: Iterable[Cell]) -> str:
        return "".join(f"<{tag}>{_html_cell(value)}</{tag}>" for value in row)

    lines = [f"<h3>{html.escape(table.title)}</h3>"]
    if table.text:
        lines.append(f"<p>{html.escape(table.text)}</p>")
    if table.equations is not None:
        lines.append(f"<div>$$\n{html.escape(table.equations.latex)}\n$$</div>")
    if table.rows:
        lines += ["<table>", f"<tr>{cells('th', table.head)}</tr>"]
        lines += [f"<tr>{cells('td', row)}</tr>" for row in table.rows]
        lines.append("</table>")
    return "\n".join(lines)


def _html_cell(value: Cell) -> str:
    if isinstance(value, Math):
        return f"${html.escape(value.latex)}$"
    return html.escape(value)


def _latex(table: Table) -> str:
    def cell(value: Cell) -> str:
        return f"${value.latex}$" if isinstance(value, Math) else _escape(value, LATEX)

    lines = [rf"\subsection*{{{_escape(table.title, LATEX)}}}"]
    if table.text:
        lines.append(_escape(table.text, LATEX))
    if table.equations is not None:
        lines += [r"\[", table.equations.latex, r"\]"]
    if table.rows:
        lines += [rf"\begin{{tabular}}{{{'l' * len(table.head)}}}", r"\toprule"]
        if any(table.head):
            lines += [" & ".join(map(cell, table.head)) + r" \\", r"\midrule"]
        lines += [" & ".join(map(cell, row)) + r" \\" for row in table.rows]
        lines += [r"\bottomrule", r"\end{tabular}"]
    return "\n".join(lines)


MARKDOWN = {c: f"\\{c}" for c in "\\`*_{}[]<>#|$"} | {"\n": " "}
LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "×": r"$\times$",
    "[": "{[}",  # after the end of a row it would begin an option
    "\n": " ",
}


def _escape(text: str, table: dict[str, str]) -> str:
    return "".join(table.get(c, c) for c in text)
