"""Population rates over time, in spikes per second and neuron."""

from __future__ import annotations

from bokeh.models import Range1d
from bokeh.plotting import figure

from snnlab.plots.style import blank_figure


def rates_figure(x_range: Range1d, *, height: int = 90) -> figure:
    """The frame of the lines of all populations."""
    return blank_figure(
        height=height,
        x_range=x_range,
        y_range=Range1d(start=0, end=10, name="rate-range"),
        y_label="rate (Hz)",
        name="rates-figure",
    )
