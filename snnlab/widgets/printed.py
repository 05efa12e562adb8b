"""What a page that was made from a notebook shows in the place of a widget.

Such a page draws widgets with scripts from the internet, or not at all. So a second output, which
notebooks hide, holds what there is to read.
"""

from __future__ import annotations

from typing import Any

from IPython.display import display

# JupyterLab and Notebook have the panel of a notebook around their outputs, VS Code its own body.
ELSEWHERE = (
    "<style>.{name} {{ display: none }} "
    "body:not([class*=vscode]) .{name} {{ display: block }} "
    ".jp-NotebookPanel .{name} {{ display: none !important }}</style>"
)


def hidden_in_notebooks(name: str) -> str:
    """A style that hides what is of the class ``name`` where widgets live."""
    return ELSEWHERE.format(name=name)


def display_with_print(bundle: dict[str, Any], metadata: dict[str, Any], html: str) -> None:
    """Display a widget, and ``html`` for pages without it."""
    display({**bundle, "text/html": ""}, metadata=metadata, raw=True)
    printed = f"{hidden_in_notebooks('snn-printed')}<div class='snn-printed'>{html}</div>"
    display({"text/html": printed}, raw=True)
