"""What a sweep has found, over one or two parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from bokeh.layouts import row
from bokeh.models import (
    BasicTicker,
    BasicTickFormatter,
    ColorBar,
    ColumnDataSource,
    FixedTicker,
    HoverTool,
    LinearColorMapper,
    LogScale,
    LogTicker,
    Range1d,
    Title,
    UIElement,
)
from bokeh.palettes import Viridis256
from bokeh.plotting import figure
from numpy.typing import NDArray

from snnlab.errors import SimulationError
from snnlab.plots.palette import COLD, WARM, Colour
from snnlab.plots.style import FONT, blank_figure

if TYPE_CHECKING:
    from snnlab.sweeps.result import Sweep

Floats = NDArray[np.float64]

HEIGHT = 260  # px
MARGIN = 0.04  # of an axis
FEW = 12  # values that have a tick each
MOST_MAPS = 4
LEAST_WIDTH = 330  # px of a map beside another one
COLOURS = tuple(colour for pair in zip(COLD, WARM, strict=True) for colour in pair)


def colour_of(index: int) -> Colour:
    """Of the curve with this number; they repeat."""
    return COLOURS[index % len(COLOURS)]


def sweep_figures(sweep: Sweep) -> UIElement:
    """What a cell shows: over two parameters a map of each of the first measures.

    Raises
    ------
    SimulationError
        As `sweep_figure`.
    """
    first = sweep_figure(sweep)
    if len(sweep.parameters) < 2 or len(sweep.measures) < 2:
        return first
    maps = [first]
    others = [name for name in sweep.measures[1:] if sweep.is_number(name)]
    for name in others[: MOST_MAPS - 1]:
        maps.append(sweep_figure(sweep, name))
        maps[-1].update(x_range=first.x_range, y_range=first.y_range)
    for plot in maps:
        plot.min_width = LEAST_WIDTH
    # As many beside one another as the page has room for.
    return row(*maps, sizing_mode="stretch_width", styles={"flex-wrap": "wrap"})


def sweep_figure(sweep: Sweep, measure: str | None = None) -> figure:
    """Curves over one parameter, or colours over two.

    Raises
    ------
    SimulationError
        If the parameters or the measure are not numbers, or there are more parameters.
    """
    names = list(sweep.parameters)
    if not sweep.is_grid or len(names) > 2:
        raise SimulationError(
            f"Sweep: {len(names)} parameters cannot be drawn; take the values of one or two, "
            f"as sweep[...], and draw them."
        )
    axes = [_numbers(sweep, name) for name in names]
    shown = list(sweep.measures) if measure is None else [measure]
    if not shown:
        raise SimulationError("Sweep: nothing was measured, so nothing can be drawn.")
    if len(names) == 2:
        return _map(sweep, axes[0], axes[1], shown[0])
    return _curves(sweep, axes[0], shown)


def _numbers(sweep: Sweep, name: str) -> Floats:
    values = sweep.parameters[name]
    if values.dtype.kind not in "biuf":
        raise SimulationError(
            f"Sweep: the values of '{name}' are no numbers, so they have no axis; "
            f"take what was measured, as sweep[...], and draw it."
        )
    return values.astype(float)


def _measured(sweep: Sweep, name: str) -> Floats:
    """(points..., repeats), also where there is one repeat alone."""
    values = sweep[name]
    if values.ndim != len(sweep.shape) or values.dtype.kind not in "biuf":
        raise SimulationError(
            f"Sweep: '{name}' is no number at each point but an array of shape "
            f"{values.shape[len(sweep.shape) :]}; measure one number, or draw sweep['{name}']."
        )
    return values.astype(float).reshape(*values.shape[: len(sweep.parameters)], -1)


def _curves(sweep: Sweep, x: Floats, names: list[str]) -> figure:
    (parameter,) = sweep.parameters
    order = np.argsort(x, kind="stable")
    x = x[order]
    lines = []
    for name in names:
        values = _measured(sweep, name)[order]
        n = np.isfinite(values).sum(axis=1)
        mean = np.where(n > 0, np.nansum(values, axis=1) / np.maximum(n, 1), np.nan)
        squares = np.nansum((values - mean[:, None]) ** 2, axis=1)
        deviation = np.sqrt(squares / np.maximum(n - 1, 1))
        lines.append((name, mean, deviation))
    low = [mean - deviation for _, mean, deviation in lines]
    high = [mean + deviation for _, mean, deviation in lines]
    plot = blank_figure(
        height=HEIGHT,
        x_range=_range(x, logarithmic=_is_geometric(x)),
        y_range=_range(np.concatenate([*low, *high])),
        y_label=_y_label(sweep, names),
        name="sweep-figure",
    )
    plot.xaxis.axis_label = sweep.label(parameter)
    if _is_geometric(x):
        plot.x_scale = LogScale()
        plot.xaxis.ticker = LogTicker(desired_num_ticks=6)
        plot.xgrid.ticker = LogTicker(desired_num_ticks=6)
        plot.xaxis.formatter = BasicTickFormatter(use_scientific=True)
    for index, (name, mean, deviation) in enumerate(lines):
        data = {"x": x, "y": mean, "low": mean - deviation, "high": mean + deviation}
        data["sd"] = deviation
        source = ColumnDataSource(data)
        colour = colour_of(index).light
        label = {"legend_label": name} if len(lines) > 1 else {}
        if sweep.repeats > 1:
            band = plot.varea("x", "low", "high", source=source, fill_alpha=0.18, color=colour)
            band.glyph.name = f"sweep-glyph-{index}"
        line = plot.line("x", "y", source=source, color=colour, line_width=1.8, **label)
        dots = plot.scatter("x", "y", source=source, color=colour, size=5, **label)
        line.glyph.name = dots.glyph.name = f"sweep-glyph-{index}"
        spread = [("standard deviation", "@sd{0.000}")] if sweep.repeats > 1 else []
        tips = [(sweep.label(parameter), "@x"), (sweep.label(name), "@y{0.000}"), *spread]
        plot.add_tools(HoverTool(renderers=[dots], tooltips=tips))
    if len(lines) > 1:
        plot.legend.click_policy = "hide"
        plot.legend.orientation = "horizontal"
        for legend in plot.legend:
            legend.update(border_line_color=None, background_fill_color=None, padding=2, margin=2)
            legend.label_text_font = FONT
            legend.label_text_font_size = "12px"
            plot.add_layout(legend, "above")  # where it covers no curve
    return plot


def _map(sweep: Sweep, x: Floats, y: Floats, name: str) -> figure:
    values = np.asarray(_measured(sweep, name))
    known = np.isfinite(values).any(axis=2)
    n = np.maximum(np.isfinite(values).sum(axis=2), 1)
    mean = np.where(known, np.nansum(values, axis=2) / n, np.nan)
    across, up = list(sweep.parameters)
    x_order, y_order = np.argsort(x, kind="stable"), np.argsort(y, kind="stable")
    x, y, mean = x[x_order], y[y_order], mean[np.ix_(x_order, y_order)]
    left, right = _cells(x)
    bottom, top = _cells(y)
    plot = blank_figure(
        height=HEIGHT + 60,
        x_range=Range1d(start=float(left[0]), end=float(right[-1])),
        y_range=Range1d(start=float(bottom[0]), end=float(top[-1])),
        y_label=sweep.label(up),
        name="sweep-figure",
    )
    plot.xaxis.axis_label = sweep.label(across)
    for axis, places in ((plot.xaxis, x), (plot.yaxis, y)):
        axis.ticker = FixedTicker(ticks=list(places)) if len(places) <= FEW else BasicTicker()
    plot.grid.visible = False
    n_up = len(y)
    data: dict[str, Any] = {
        "left": np.repeat(left, n_up),
        "right": np.repeat(right, n_up),
        "bottom": np.tile(bottom, len(x)),
        "top": np.tile(top, len(x)),
        "x": np.repeat(x, n_up),
        "y": np.tile(y, len(x)),
        "value": mean.ravel(),
    }
    found = mean[np.isfinite(mean)]
    ends = (float(found.min()), float(found.max())) if len(found) else (0.0, 1.0)
    high = ends[1] if ends[1] > ends[0] else ends[0] + 1
    colours = LinearColorMapper(
        palette=Viridis256, low=ends[0], high=high, nan_color="rgba(128, 128, 128, 0.2)"
    )
    cells = plot.quad(
        "left",
        "right",
        "top",
        "bottom",
        source=ColumnDataSource(data),
        fill_color={"field": "value", "transform": colours},
        line_color={"field": "value", "transform": colours},  # else the ground shows between them
    )
    tips = [(sweep.label(across), "@x"), (sweep.label(up), "@y")]
    tips.append((sweep.label(name), "@value{0.000}"))
    plot.add_tools(HoverTool(renderers=[cells], tooltips=tips))
    bar = ColorBar(color_mapper=colours, width=14, padding=6)
    bar.update(background_fill_color=None, major_label_text_font=FONT)
    plot.add_layout(bar, "right")
    measure = Title(text=sweep.label(name), text_font=FONT)
    measure.update(text_font_style="normal", text_font_size="12px")
    plot.add_layout(measure, "above")
    return plot


def _y_label(sweep: Sweep, names: list[str]) -> str:
    units = {sweep.units.get(name, "") for name in names}
    if units == {"Hz"}:
        return "rate (Hz)"
    return sweep.label(names[0]) if len(names) == 1 else ""


def _is_geometric(x: Floats) -> bool:
    """Whether the ratios are alike and the distances are not: `numpy.geomspace`."""
    if len(x) < 4 or not (x > 0).all() or not (np.diff(x) > 0).all():
        return False
    return bool(np.allclose(np.diff(np.log(x)), np.log(x[1] / x[0]), rtol=1e-3))


def _range(values: Floats, *, logarithmic: bool = False) -> Range1d:
    known = values[np.isfinite(values)]
    if not len(known):
        return Range1d(start=0, end=1)
    if logarithmic:
        low, high = np.log(known.min()), np.log(known.max())
        room = MARGIN * (high - low)
        return Range1d(start=float(np.exp(low - room)), end=float(np.exp(high + room)))
    low, high = float(known.min()), float(known.max())
    room = MARGIN * (high - low) or 0.5
    return Range1d(start=low - room, end=high + room)


def _cells(values: Floats) -> tuple[Floats, Floats]:
    """The edges of what stands for each value: halfway to its neighbours."""
    if len(values) == 1:
        return values - 0.5, values + 0.5
    middles = (values[1:] + values[:-1]) / 2
    first, last = values[0] - (middles[0] - values[0]), values[-1] + (values[-1] - middles[-1])
    edges = np.r_[first, middles, last]
    return edges[:-1], edges[1:]
