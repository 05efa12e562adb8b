"""The JavaScript and CSS that snnlab's widgets send to the page.

A widget's module reaches the browser as one text, so the modules it imports from its own
folder are written before it. BokehJS comes from the installed ``bokeh`` package: no network
is needed and its version always fits the figures.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import bokeh
from bokeh.resources import Resources

FOLDER = Path(__file__).parent
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([a-z_]+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)


def javascript(name: str) -> str:
    """The module ``name`` and all it imports, as one module."""
    done: list[str] = []
    texts: list[str] = []

    def visit(module: str) -> None:
        if module in done:
            return
        done.append(module)
        text = (FOLDER / module).read_text(encoding="utf-8")
        for imported in _IMPORT.findall(text):
            visit(imported)
        texts.append(_EXPORT.sub("", _IMPORT.sub("", text)))

    visit(name)
    return "\n".join(texts)


def stylesheet(*names: str) -> str:
    """The style sheets ``names``, one after the other."""
    return "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in names)


def bokeh_version() -> str:
    return bokeh.__version__


@cache
def bokeh_javascript() -> bytes:
    """BokehJS of the installed package, as a classic script."""
    resources = Resources(mode="inline", components=["bokeh"], log_level="warn", minified=True)
    return "\n".join(resources.js_raw).encode()
