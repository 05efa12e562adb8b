"""The raster: which neuron spiked when, as a bitmap that the viewer fills while it runs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from bokeh.models import ColumnDataSource, FixedTicker, Range1d
from bokeh.plotting import figure

from snnlab.plots.frames import Band
from snnlab.plots.style import blank_figure

MIN_HEIGHT = 120  # px
ROW_HEIGHTS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16)  # px; whole pixels keep every row alike


def raster_figure(bands: Sequence[Band], x_range: Range1d) -> figure:
    """Populations stacked from the bottom; the source ``raster`` holds one RGBA image."""
    n_rows = sum(band.n_rows for band in bands)
    fitting = [height for height in ROW_HEIGHTS if height * n_rows >= MIN_HEIGHT]
    height = n_rows * (fitting or ROW_HEIGHTS[-1:])[0]
    plot = blank_figure(
        height=height,
        x_range=x_range,
        y_range=Range1d(start=0, end=n_rows, bounds=(0, n_rows)),
        y_label="",
        name="raster-figure",
    )
    blank = np.zeros((1, 1), np.uint32)
    source = ColumnDataSource(
        {"image": [blank], "x": [0.0], "dw": [1.0], "y": [0.0], "dh": [float(n_rows)]},
        name="raster",
    )
    plot.image_rgba("image", x="x", y="y", dw="dw", dh="dh", source=source)

    middles = [band.first_row + band.n_rows / 2 for band in bands]
    plot.yaxis.ticker = FixedTicker(ticks=middles)
    plot.yaxis.major_label_overrides = {
        middle: f"{band.population}\n{band.n_neurons:,}"
        for middle, band in zip(middles, bands, strict=True)
    }
    plot.yaxis.major_tick_line_color = None
    plot.ygrid.ticker = FixedTicker(ticks=[band.first_row for band in bands[1:]])
    return plot
