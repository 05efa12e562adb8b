"""The figures of a dashboard: raster, traces and rates over one time axis."""

from __future__ import annotations

from dataclasses import dataclass

from bokeh.embed import json_item
from bokeh.layouts import column
from bokeh.models import Range1d

from snnlab.plots.frames import Band
from snnlab.plots.palette import Colour
from snnlab.plots.raster import raster_figure
from snnlab.plots.rates import rates_figure
from snnlab.plots.style import share_time_axis
from snnlab.plots.traces import Trace, traces_figure


@dataclass(frozen=True)
class Picture:
    """What the figures show; a dashboard that shows something else gets another picture."""

    bands: tuple[Band, ...]  # populations that spike
    band_colours: tuple[Colour, ...]
    traces: tuple[Trace, ...]

    def describe(self) -> dict[str, object]:
        """What the viewer must know to fill the figures, as plain JSON."""
        return {
            "bands": [
                {
                    "name": band.population,
                    "neurons": band.n_neurons,
                    "first_row": band.first_row,
                    "rows": band.n_rows,
                    "colour": {"light": colour.light, "dark": colour.dark},
                }
                for band, colour in zip(self.bands, self.band_colours, strict=True)
            ],
            "traces": [
                {
                    "label": trace.label,
                    "population": trace.population,
                    "variable": trace.variable,
                    "neuron": trace.neuron,
                    "unit": trace.unit,
                    "colour": {"light": trace.colour.light, "dark": trace.colour.dark},
                }
                for trace in self.traces
            ],
        }


def figure_item(picture: Picture) -> dict[str, object]:
    """The linked figures as one JSON item that BokehJS embeds; a new one for every viewer."""
    time = Range1d(start=0, end=1, name="time")
    plots = []
    if picture.bands:
        plots.append(raster_figure(picture.bands, time))
    if picture.traces:
        traces = traces_figure(picture.traces, time)
        traces.yaxis.major_label_text_alpha = 0  # until the viewer has the first values
        plots.append(traces)
    if picture.bands:
        plots.append(rates_figure(time))
    if plots:
        share_time_axis(plots, "time (ms)")
    return dict(json_item(column(*plots, sizing_mode="stretch_width", spacing=0)))
