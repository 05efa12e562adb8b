"""The raster: which neuron spiked when, as a picture that the viewer paints while it runs."""

from __future__ import annotations

from collections.abc import Sequence

from bokeh.models import FixedTicker, Range1d
from bokeh.plotting import figure

from snnlab.plots.frames import Band
from snnlab.plots.style import blank_figure, thousands

MIN_HEIGHT = 120  # px
LINE_HEIGHT = 15  # px, of a label
LONGEST_NAME = 10  # letters, for which there is room beside the frame
ROW_HEIGHTS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16)  # px; whole pixels keep every row alike


def raster_figure(bands: Sequence[Band], x_range: Range1d) -> figure:
    """The frame of populations that are stacked from the bottom."""
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
    middles = [band.first_row + band.n_rows / 2 for band in bands]
    plot.yaxis.ticker = FixedTicker(ticks=middles)
    row_height = height / n_rows if n_rows else 0.0
    plot.yaxis.major_label_overrides = {
        middle: band_label(band, band.n_rows * row_height)
        for middle, band in zip(middles, bands, strict=True)
    }
    plot.yaxis.major_tick_line_color = None
    plot.ygrid.ticker = FixedTicker(ticks=[band.first_row for band in bands[1:]])
    return plot


def band_label(band: Band, height: float) -> str:
    """Name and number of neurons as far as ``height`` px have room; the pointer tells the rest."""
    name = band.population
    if len(name) > LONGEST_NAME:
        name = f"{name[: LONGEST_NAME - 1]}…"
    if height >= 2 * LINE_HEIGHT:
        return f"{name}\n{thousands(band.n_neurons)}"
    return name if height >= LINE_HEIGHT - 3 else ""
