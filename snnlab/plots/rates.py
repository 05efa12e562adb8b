"""Population rates over time, in spikes per second and neuron."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
from bokeh.models import ColumnDataSource, GlyphRenderer, LegendItem, Range1d
from bokeh.plotting import figure

from snnlab.plots.palette import Colour
from snnlab.plots.style import blank_figure
from snnlab.plots.traces import add_legend


def rates_figure(
    populations: Sequence[str], colours: Sequence[Colour], x_range: Range1d, *, height: int = 90
) -> figure:
    """One line per population; the sources are ``rate-0``, ``rate-1`` ..."""
    plot = blank_figure(
        height=height,
        x_range=x_range,
        y_range=Range1d(start=0, end=10, name="rate-range"),
        y_label="rate (Hz)",
        name="rates-figure",
    )
    items: list[LegendItem] = []
    for index, (population, colour) in enumerate(zip(populations, colours, strict=True)):
        blank = np.full(1, np.nan)  # one point, so that the legend has a line to show
        source = ColumnDataSource({"x": blank, "y": blank}, name=f"rate-{index}")
        line = plot.line("x", "y", source=source, color=colour.light, line_width=1.8)
        line.glyph.name = f"rate-glyph-{index}"
        items.append(LegendItem(label=population, renderers=[cast(GlyphRenderer, line)]))
    add_legend(plot, items)
    return plot
