"""The small figure of a model card: one curve, strokes for spikes, a shaded input."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from bokeh.embed import json_item
from bokeh.models import BoxAnnotation, ColumnDataSource, Range1d, Span
from numpy.typing import NDArray

from snnlab.plots.palette import COLD, WARM
from snnlab.plots.style import blank_figure

MAX_POINTS = 1200
MOST_BESIDE = 2


@dataclass(frozen=True)
class Line:
    """A line beside the curve; NaN divides it into pieces."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    label: str


@dataclass(frozen=True)
class Curve:
    """What a preview shows."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    spikes: NDArray[np.float64]  # positions on the x axis
    shaded: tuple[float, float] | None  # on the x axis
    caption: str
    beside: tuple[Line, ...] = ()  # at most `MOST_BESIDE`


@dataclass(frozen=True)
class Axes:
    """How a preview is labelled."""

    x_label: str
    y_label: str
    zero_lines: bool = False  # a cross at the origin


def thinned(curve: Curve) -> Curve:
    """About `MAX_POINTS` points, keeping gaps and the extremes of what falls together."""
    n = len(curve.x)
    if n <= MAX_POINTS:
        return curve
    width = -(-2 * n // MAX_POINTS)
    gaps = np.isnan(curve.y)
    kept = [0, n - 1, *np.flatnonzero(gaps)]
    # Of a line that turns back on itself the extremes along x count as well.
    returns = bool((np.diff(curve.x[~gaps]) < 0).any())
    for values in (curve.x, curve.y) if returns else (curve.y,):
        low, high = np.where(gaps, np.inf, values), np.where(gaps, -np.inf, values)
        for start in range(0, n, width):
            kept.append(start + int(np.argmin(low[start : start + width])))
            kept.append(start + int(np.argmax(high[start : start + width])))
    chosen = np.unique(np.array(kept, np.int64))
    return replace(curve, x=curve.x[chosen], y=curve.y[chosen])


def preview_item(axes: Axes) -> dict[str, object]:
    """The figure as one JSON item that BokehJS embeds; a new one for every viewer."""
    plot = blank_figure(
        height=170,
        x_range=Range1d(start=0, end=1, name="preview-x"),
        y_range=Range1d(start=0, end=1, name="preview-y"),
        y_label=axes.y_label,
        name="preview-figure",
    )
    plot.xaxis.axis_label = axes.x_label
    plot.xaxis[0].name, plot.yaxis[0].name = "preview-x-axis", "preview-y-axis"
    blank = np.full(1, np.nan)
    if axes.zero_lines:
        for dimension in ("width", "height"):
            plot.add_layout(
                Span(location=0, dimension=dimension, line_width=1, name="preview-zero")
            )
    shade = BoxAnnotation(name="preview-shade", fill_color=WARM[2].light, visible=False)
    shade.fill_alpha = 0.13
    shade.line_color = None
    plot.add_layout(shade)
    for k, colour in enumerate((WARM[0], COLD[1])[:MOST_BESIDE]):
        beside = plot.line(
            "x",
            "y",
            source=ColumnDataSource({"x": blank, "y": blank}, name=f"preview-beside-{k}"),
            line_width=1.4,
            color=colour.light,
        )
        beside.glyph.name = f"preview-beside-glyph-{k}"
    line = plot.line(
        "x",
        "y",
        source=ColumnDataSource({"x": blank, "y": blank}, name="preview-line"),
        line_width=1.7,
        color=COLD[0].light,
    )
    strokes = plot.segment(
        "x",
        "low",
        "x",
        "high",
        source=ColumnDataSource({"x": blank, "low": blank, "high": blank}, name="preview-spikes"),
        line_width=1.7,
        color=COLD[0].light,
    )
    line.glyph.name = strokes.glyph.name = "preview-glyph"
    return dict(json_item(plot))
