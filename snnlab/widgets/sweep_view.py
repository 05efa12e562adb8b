"""What a cell shows of a sweep: its figure, or a table where nothing can be drawn."""

from __future__ import annotations

from typing import Any

import traitlets
from bokeh.embed import json_item
from IPython.core.getipython import get_ipython
from IPython.display import display

from snnlab.errors import SimulationError
from snnlab.plots.sweeps import COLOURS, sweep_figures
from snnlab.sweeps.result import Sweep
from snnlab.widgets import assets
from snnlab.widgets.cells import show_instead
from snnlab.widgets.figure_widget import FigureWidget
from snnlab.widgets.printed import display_with_print


class SweepView(FigureWidget):
    """The figure of a sweep in the colours of the page; its table where no kernel answers.

    Raises
    ------
    SimulationError
        If the sweep cannot be drawn.
    """

    _esm = assets.javascript("sweep_view.js")
    _css = assets.stylesheet("colours.css", "theme.css", "sweep_view.css")

    item = traitlets.Dict(read_only=True).tag(sync=True)
    colours = traitlets.List(read_only=True).tag(sync=True)
    table = traitlets.Dict(read_only=True).tag(sync=True)
    caption = traitlets.Unicode(read_only=True).tag(sync=True)

    def __init__(self, sweep: Sweep) -> None:
        self.set_trait("item", dict(json_item(sweep_figures(sweep))))
        self.set_trait("colours", [[colour.light, colour.dark] for colour in COLOURS])
        head, rows = sweep.table()
        self.set_trait("table", {"head": head, "rows": rows})
        self.set_trait("caption", repr(sweep))
        super().__init__()

    def _receive(self, kind: str, content: dict[str, Any]) -> None:
        """A page asks for BokehJS alone, which is answered already."""


def show(sweep: Sweep) -> None:
    """Display ``sweep`` in the running cell: as a figure, a table, or in words."""
    shell: Any = get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        print(repr(sweep))
        return
    text, table = {"text/plain": repr(sweep)}, sweep._repr_html_()
    try:
        view = SweepView(sweep)
    except SimulationError:
        display({**text, "text/html": table}, raw=True)
        return
    made = view._repr_mimebundle_()
    data, metadata = made if isinstance(made, tuple) else (made or {}, {})
    display_with_print({**data, **text}, metadata, table)
    show_instead(shell, view.close)
