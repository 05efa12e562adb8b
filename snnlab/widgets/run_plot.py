"""A run that was recorded, as a cell shows it: figures that need neither a kernel nor a network."""

from __future__ import annotations

import base64
import gzip
import json
import os
from functools import cache
from pathlib import Path
from uuid import uuid4

from bokeh.embed import file_html, json_item
from bokeh.models import Column
from bokeh.resources import Resources

from snnlab.errors import SimulationError
from snnlab.plots.run import run_drawing
from snnlab.recording.export import checked_path
from snnlab.recording.plotting import RecordedRun
from snnlab.widgets import assets


class RunPlot:
    """Figures of a run; a notebook shows them in the colours of its page.

    Attributes
    ----------
    layout
        The figures as a column of Bokeh, for ``bokeh.io.show`` and to change them.
    """

    def __init__(self, run: RecordedRun) -> None:
        self._run = run
        self._drawing = run_drawing(run)

    @property
    def layout(self) -> Column:
        return self._drawing.layout

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the figures as an HTML page that needs no internet.

        Raises
        ------
        SimulationError
            If the name does not end in .html, or the file cannot be written.
        """
        place = Path(checked_path("Plot", path))
        if place.suffix != ".html":
            raise SimulationError(
                f"Plot: cannot write '{place.name}'; use a name that ends in .html."
            )
        page = file_html(self.layout, Resources(mode="inline", minified=True), place.stem)
        try:
            place.write_text(page, encoding="utf-8")
        except OSError as error:
            raise SimulationError(
                f"Plot: cannot write '{place}' ({error}); give another path."
            ) from error

    def __repr__(self) -> str:
        run = self._run
        n_spikes = sum(len(one.times) for one in run.spikes)
        traced = [f"{some.owner}.{some.variable}" for some in run.samples]
        spikes = [f"{n_spikes:,} spikes of {one.population}" for one in run.spikes[:1]]
        if len(run.spikes) > 1:
            spikes = [f"{n_spikes:,} spikes of {len(run.spikes)} populations"]
        return (
            f"Plot of {run.begin:g} to {run.end:g} ms: {', '.join([*spikes, *traced])}; "
            f"plot.save('run.html') writes a page"
        )

    def _repr_html_(self) -> str:
        """Figures with all that draws them: they are there when the notebook is opened again."""
        drawing = self._drawing
        name = f"snn-run-{uuid4().hex}"
        content = {
            "item": json_item(drawing.layout),
            "colours": [[colour.light, colour.dark] for colour in drawing.colours],
            "ramps": drawing.ramps,
        }
        call = ", ".join(
            json.dumps(text)
            for text in (
                name,
                assets.bokeh_version(),
                _packed_bokeh(),
                _packed(json.dumps(content)),
            )
        )
        script = f"(() => {{\n{assets.javascript('run_plot.js')}\nshowRun({call});\n}})();"
        return (
            f"<style>{assets.stylesheet('colours.css', 'run_plot.css')}</style>"
            f'<div class="snn snn-run" id="{name}"></div>'
            f"<script>{script}</script>"
        )


def _packed(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


@cache
def _packed_bokeh() -> str:
    return _packed(assets.bokeh_javascript().decode())
