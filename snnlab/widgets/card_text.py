"""A model card as static text: HTML, LaTeX and plain text of one model.

Every word of the model is escaped; LaTeX comes from `snnlab.model.latex`, which builds it from
the syntax tree.
"""

from __future__ import annotations

from html import escape

from snnlab.model.ir import DifferentialEquation, Parameter
from snnlab.model.mathml import mathml
from snnlab.model.neuron import Neuron
from snnlab.model.synapse import Synapse

Model = Neuron | Synapse


def kind_of(model: Model) -> str:
    return "neuron" if isinstance(model, Neuron) else "synapse"


def value_text(parameter: Parameter) -> str:
    """``20``, or the expression of a derived parameter."""
    value = parameter.value
    return f"{float(value):g}" if value.is_Number else str(value)


def range_text(parameter: Parameter) -> str:
    if parameter.low is None or parameter.high is None:
        return ""
    return f"{parameter.low:g} to {parameter.high:g}"


def unit_text(parameter: Parameter) -> str:
    return parameter.unit.name if parameter.unit is not None else ""


def methods(model: Model) -> list[tuple[str, str, str]]:
    """Variable, integration method and why, for each differential equation."""
    return [
        (str(equation.variable), equation.method, equation.reason or "chosen in the model")
        for equation in model.model.equations
        if isinstance(equation, DifferentialEquation)
    ]


def equations_html(model: Model) -> str:
    """Title, description, equations and the methods.

    The equations stand there twice, for the page's MathJax and as MathML; `theme.css` shows
    the second where there is no MathJax: VS Code gives its widgets none.
    """
    tex = escape(f"$$ {model.latex} $$")
    return _about(
        model,
        f"<div class='snn-tex'>{tex}</div><div class='snn-mathml'>{mathml(model.latex)}</div>",
    )


def _about(model: Model, equations: str) -> str:
    description = f"<p class='snn-description'>{escape(model.description)}</p>"
    rows = "".join(
        f"<div><dt>{escape(variable)}</dt>"
        f"<dd>solved by <b>{escape(method)}</b>: {escape(reason)}</dd></div>"
        for variable, method, reason in methods(model)
    )
    return (
        "<div class='snn snn-equations'>"
        f"<h3>{escape(model.name)} <small>{kind_of(model)}</small></h3>"
        f"{description if model.description else ''}"
        f"<div class='snn-math'>{equations}</div>"
        f"{f'<dl>{rows}</dl>' if rows else ''}"
        f"<details><summary>Model text</summary><pre>{escape(model.text)}</pre></details>"
        "</div>"
    )


def parameters_html(model: Model) -> str:
    """The parameters as a plain table."""
    head = "".join(f"<th>{name}</th>" for name in ("", "value", "unit", "range", "meaning"))
    rows = "".join(
        "<tr>"
        + "".join(
            f"<td>{escape(text)}</td>"
            for text in (
                parameter.name,
                value_text(parameter),
                unit_text(parameter),
                range_text(parameter),
                parameter.help,
            )
        )
        + "</tr>"
        for parameter in model.parameters
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>" if rows else ""


def static_html(model: Model) -> str:
    """The card where no widget is shown: an exported page, a printed notebook.

    Such a page often has no MathJax, or none without the internet; browsers know MathML.
    """
    return _about(model, mathml(model.latex)) + parameters_html(model)


def latex(model: Model) -> str:
    return f"$$\n{model.latex}\n$$"


def plain(model: Model, status: str) -> str:
    """The card in a terminal."""
    lines = [f"{kind_of(model)} {model.name}: {status}", "", model.text.strip(), ""]
    lines += [f"{variable}: {method} ({reason})" for variable, method, reason in methods(model)]
    return "\n".join(lines).rstrip()
