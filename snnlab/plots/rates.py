"""Population rates over time, in spikes per second and neuron."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from bokeh.models import ColumnDataSource, Range1d
from bokeh.plotting import figure

from snnlab.plots.palette import Colour
from snnlab.plots.style import blank_figure


def rates_figure(colours: Sequence[Colour], x_range: Range1d, *, height: int = 90) -> figure:
    """One line per population; the sources are ``rate-0``, ``rate-1`` ..."""
    plot = blank_figure(
        height=height,
        x_range=x_range,
        y_range=Range1d(start=0, end=10, name="rate-range"),
        y_label="rate (Hz)",
        name="rates-figure",
    )
    for index, colour in enumerate(colours):
        blank = np.zeros(0)
        source = ColumnDataSource({"x": blank, "y": blank}, name=f"rate-{index}")
        line = plot.line("x", "y", source=source, color=colour.light, line_width=1.8)
        line.glyph.name = f"rate-glyph-{index}"
    return plot
