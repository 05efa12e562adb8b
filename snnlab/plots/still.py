"""Figures that stand still: what a dashboard shows, as a page of its own that can be zoomed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from bokeh.embed import file_html
from bokeh.layouts import column
from bokeh.models import ColumnDataSource, HoverTool, Range1d
from bokeh.plotting import figure
from bokeh.resources import Resources
from numpy.typing import NDArray

from snnlab.plots.style import blank_figure

HEIGHT = 420  # px
TOGETHER_HEIGHT = 190  # px, of the frame of each of several figures
POINTS = 1.3, 4.0  # px, the smallest and the largest
COVERED = 0.3  # of the figure, at most, by points that could be larger
USUAL_WIDTH = 800  # px
FAINT = 0.4  # of the ink of other lines
NOWHERE = np.array([np.nan])
STILL_HEIGHT = TOGETHER_HEIGHT + 80  # px, with axis and legend


@dataclass(frozen=True)
class Series:
    """One line, or the points of one population."""

    label: str
    colour: str
    x: NDArray[np.floating]  # ms
    y: NDArray[np.floating]
    faint: bool = False  # of an earlier run
    rows: tuple[float, float] | None = None  # values that are seen, whether or not there are some


def still_page(
    title: str, series: Sequence[Series], *, y_label: str, unit: str, points: bool
) -> str:
    """An HTML page with one figure; it needs no network.

    Parameters
    ----------
    title
        Of the page.
    series
        What is drawn over time.
    y_label, unit
        What the vertical axis and the values under the pointer say.
    points
        Draw points instead of lines.
    """
    plot = _still_figure(series, y_label, unit, points)
    resources = Resources(mode="inline", minified=True)
    return file_html(plot, resources, title)


@dataclass(frozen=True)
class StillFigure:
    """One of several figures over the same time."""

    series: Sequence[Series]
    y_label: str
    unit: str
    points: bool = False


def still_pages(title: str, figures: Sequence[StillFigure]) -> str:
    """An HTML page with figures one below the other, zoomed together in time."""
    plots = [_still_figure(one.series, one.y_label, one.unit, one.points) for one in figures]
    time = _range([series.x for one in figures for series in one.series])
    for plot in plots:
        plot.x_range = time
        plot.frame_height = TOGETHER_HEIGHT
    resources = Resources(mode="inline", minified=True)
    return file_html(column(*plots, sizing_mode="stretch_width"), resources, title)


def _still_figure(series: Sequence[Series], y_label: str, unit: str, points: bool) -> figure:
    rows = [np.array(one.rows) for one in series if one.rows is not None]
    plot = blank_figure(
        height=HEIGHT,
        x_range=_range([one.x for one in series]),
        y_range=_range([*(one.y for one in series), *rows], margin=0.05),
        y_label=y_label,
        name="still-figure",
    )
    plot.xaxis.axis_label = "time (ms)"
    plot.toolbar.autohide = False
    size = _point_size(sum(len(one.x) for one in series))
    for one in series:
        # Bokeh's key draws nothing where there is no point, not even one without a place.
        x, y = (one.x, one.y) if len(one.x) else (NOWHERE, NOWHERE)
        source = ColumnDataSource({"x": x, "y": y})
        style = {"source": source, "color": one.colour, "legend_label": one.label}
        if points:
            drawn = plot.scatter("x", "y", size=size, **style)
        else:
            alpha = FAINT if one.faint else 1.0
            drawn = plot.line("x", "y", line_width=1.6, line_alpha=alpha, **style)
        value = f"@y{{0}} {unit}" if points else f"@y{{0.000}} {unit}"
        tooltips = [("time", "@x{0.00} ms"), (one.label, value)]
        plot.add_tools(HoverTool(renderers=[drawn], tooltips=tooltips))
    plot.legend.click_policy = "hide"
    plot.legend.orientation = "horizontal"
    for legend in plot.legend:
        legend.update(border_line_color=None, padding=2, margin=2)
        plot.add_layout(legend, "above")  # where it covers no spikes
    plot.background_fill_color = plot.border_fill_color = "white"
    return plot


def _point_size(n: int) -> float:
    """Points so large that ``n`` of them leave ground to be seen."""
    size = np.sqrt(COVERED * USUAL_WIDTH * TOGETHER_HEIGHT / max(n, 1))
    return float(np.clip(size, *POINTS))


def _range(values: Sequence[NDArray[np.floating]], margin: float = 0.0) -> Range1d:
    known = np.concatenate([np.zeros(0), *values])
    known = known[np.isfinite(known)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    room = margin * (high - low) or (0.5 if low == high else 0.0)
    return Range1d(start=low - room, end=high + room)
