"""The model builder: a neuron chosen or written in a form, which hands back the text of its cell.

The text is the truth: the table of parameters is read from it, and what is changed in the table
is written into it. Nothing of it is run; the language's own parser reads it.
"""

from __future__ import annotations

import re
from typing import Any

import anywidget
import ipywidgets

from snnlab.errors import ModelError
from snnlab.model import library
from snnlab.model.ir import Parameter
from snnlab.model.neuron import Neuron
from snnlab.widgets import assets, card_text
from snnlab.widgets.parameters import readable
from snnlab.widgets.subshell import keep_to_the_browsers_subshell

NEW = '''"""What the neuron is."""
tau = 20 ms  [5, 100]   # membrane time constant
E_L = -70 mV            # resting potential
V_th = -50 mV           # threshold
I = 25 mV  [0, 60]      # constant input

tau * dv/dt = E_L - v + I + g_exc : init = E_L
5 ms * dg_exc/dt = -g_exc

spike: v > V_th
reset: v = E_L
refractory: 2 ms
'''
FIELDS = ("value", "unit", "low", "high", "help")
LONGEST = 65_536  # characters of a text
_DEFINITION = re.compile(r"^(\s*)([A-Za-z_]\w*)(\s*=\s*)(.*)$")


def row(parameter: Parameter) -> dict[str, object]:
    """One line of the table of parameters as plain JSON."""
    symbol, subscript = readable(parameter.name)
    return {
        "name": parameter.name,
        "symbol": symbol,
        "subscript": subscript,
        "line": parameter.span.line if parameter.span is not None else 0,
        "value": card_text.value_text(parameter),
        "unit": card_text.unit_text(parameter),
        "low": "" if parameter.low is None else f"{parameter.low:g}",
        "high": "" if parameter.high is None else f"{parameter.high:g}",
        "help": parameter.help,
    }


def with_parameter(text: str, line: int, name: str, fields: dict[str, str]) -> str:
    """``text`` with another definition of the parameter ``name`` in ``line`` (1-based).

    Flags after a colon stay, and so do other definitions in the line and then its comment. The
    fields are words of one line each; whether they make sense is for the parser to say.
    """
    lines = text.split("\n")
    if not 0 < line <= len(lines):
        return text
    code, hash_sign, comment = lines[line - 1].partition("#")
    pieces = code.split(";")
    matches = [_DEFINITION.match(piece) for piece in pieces]
    named = [(k, found) for k, found in enumerate(matches) if found and found[2] == name]
    if not named:
        return text
    place, found = named[0]
    clean = {key: " ".join(fields.get(key, "").split()) for key in FIELDS}
    pieces[place] = _definition(found, clean) + (" " if place < len(pieces) - 1 else "")
    new = ";".join(pieces).rstrip()
    if len(pieces) > 1:
        new += f"  #{comment}" if hash_sign else ""
    elif clean["help"]:
        new += f"  # {clean['help']}"
    lines[line - 1] = new
    return "\n".join(lines)


def _definition(found: re.Match[str], clean: dict[str, str]) -> str:
    """``tau = 20 ms  [5, 100]  : flags``, begun as it was."""
    indent, name, equals, right = found.groups()
    flags = right.partition(":")[2].strip()
    new = f"{indent}{name}{equals}{clean['value']}"
    if clean["unit"]:
        new += f" {clean['unit']}"
    if clean["low"] or clean["high"]:
        new += f"  [{clean['low']}, {clean['high']}]"
    if flags:
        new += f"  : {flags}"
    return new


def cell_text(name: str, text: str) -> str:
    """The whole cell."""
    return f"%%neuron {name}\n{text.strip(chr(10))}\n"


class BuilderPanel(anywidget.AnyWidget):
    """The form of a builder; `Builder` puts the mathematics beside it."""

    _esm = assets.javascript("builder.js")
    _css = assets.stylesheet("colours.css", "theme.css", "model_card.css", "builder.css")

    def __init__(self, owner: Builder, **options: Any) -> None:
        self._owner = owner
        super().__init__(**options)
        keep_to_the_browsers_subshell(self.comm)
        self.on_msg(self._hear)

    def _hear(self, _: object, content: object, buffers: object) -> None:
        """Answer one message of a page; what is not understood is ignored."""
        owner = self._owner
        match content:
            case {"type": "join"}:
                self.send({"type": "setup", "library": library.names("neuron")})
                self.tell(rewritten=True)
            case {"type": "edit", "name": str(name), "text": str(text)}:
                owner.edit(name, text[:LONGEST])
                self.tell(rewritten=False)
            case {"type": "choose", "name": str(name)}:
                owner.choose(name)
                self.tell(rewritten=True)
            case {
                "type": "parameter",
                "line": int(line),
                "name": str(name),
                "fields": dict(fields),
            }:
                words = {key: value for key, value in fields.items() if isinstance(value, str)}
                owner.edit(owner.name, with_parameter(owner.body, line, name, words)[:LONGEST])
                self.tell(rewritten=True)

    def tell(self, *, rewritten: bool) -> None:
        """Send what the text means, and the text itself where the kernel has changed it."""
        owner = self._owner
        error = owner.error
        self.send(
            {
                "type": "state",
                "name": owner.name,
                "text": owner.body,
                "rewritten": rewritten,
                "cell": owner.cell,
                "rows": [row(p) for p in owner.model.parameters] if owner.model else None,
                "error": str(error) if error is not None else "",
                "line": error.line if error is not None else None,
                "column": error.column if error is not None else None,
            }
        )


class Builder(ipywidgets.VBox):
    """A neuron in the making: `cell` is the text of its cell, `model` the neuron it means.

    Parameters
    ----------
    start
        A name of the library, or a neuron to start from.

    Raises
    ------
    ModelError
        If the library has no such neuron.
    """

    def __init__(self, start: str | Neuron | None = None) -> None:
        self.name, self.body = "Mine", NEW
        self.model: Neuron | None = None  # None as long as the text has an error
        self.error: ModelError | None = None
        self._equations = ipywidgets.HTMLMath()
        if isinstance(start, Neuron):
            self.name, self.body = start.name, start.text
        elif start is not None:
            self.name, self.body = start, library.text(start)
        self._read()
        self.panel = BuilderPanel(self)
        super().__init__([self.panel, self._equations])
        self.add_class("snn-builder-box")

    @property
    def cell(self) -> str:
        """The text of the cell that defines the neuron."""
        return cell_text(self.name, self.body)

    def choose(self, name: str) -> None:
        """Start again from a neuron of the library."""
        if name in library.names("neuron"):
            self.edit(name, library.text(name))

    def edit(self, name: str, text: str) -> None:
        """Take another text; a text with an error keeps the mathematics of the last good one."""
        self.name, self.body = name.strip(), text
        self._read()

    def _read(self) -> None:
        try:
            if not self.name.isidentifier():
                raise ModelError(
                    f"Name '{self.name[:40]}': this is no name for a model; use letters, digits "
                    f"and '_'."
                )
            # The line of the magic counts, so that errors name the lines that the cell shows.
            self.model = Neuron.from_cell("\n" + self.body, self.name)
        except ModelError as error:
            self.model, self.error = None, error
            self._equations.add_class("snn-stale")
            return
        self.error = None
        self._equations.remove_class("snn-stale")
        self._equations.value = card_text.equations_html(self.model)

    def __repr__(self) -> str:
        return self.cell

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = super()._repr_mimebundle_(**options)  # type: ignore[misc]
        return {**bundle, "text/plain": self.cell}
