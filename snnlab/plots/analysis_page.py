"""An analysis as a page of its own that can be zoomed and tells its values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from bokeh.embed import file_html
from bokeh.models import ColorBar, HoverTool, LinearColorMapper
from bokeh.plotting import figure
from bokeh.resources import Resources
from bokeh.transform import transform

from snnlab.plots.analyses import Points

HEIGHT = 420  # px
N_SHADES = 256


def analysis_page(about: Mapping[str, Any], points: Points) -> str:
    """An HTML page with one analysis; it needs no network.

    Parameters
    ----------
    about
        Kind, title, axes and colour, as a page gets them.
    points
        What is shown, as `weight_histogram`, `weight_matrix`, `phase_points` and
        `rate_spectrum` return it.
    """
    plot = figure(
        height=HEIGHT,
        sizing_mode="stretch_width",
        title=about["title"],
        x_axis_label=_label(about["x"]),
        y_axis_label=_label(about["y"]),
        x_axis_type="log" if about["kind"] == "spectrum" else "linear",
    )
    plot.toolbar.logo = None
    draw = {"weights": _bars, "matrix": _matrix}.get(about["kind"], _points)
    draw(plot, about, *points)
    return file_html(plot, Resources(mode="inline", minified=True), about["title"])


def _label(axis: Mapping[str, Any]) -> str:
    return f"{axis['name']} ({axis['unit']})" if axis.get("unit") else axis["name"]


def _bars(plot: figure, about: Mapping[str, Any], edges: Any, counts: Any) -> None:
    data = {"left": edges[:-1], "right": edges[1:], "top": counts}
    plot.quad("left", "right", "top", 0, source=data, color=about["colour"]["light"])
    unit = about["x"]["unit"]
    tooltips = [("weight", f"@left{{0.0000}} … @right{{0.0000}} {unit}"), ("synapses", "@top{0}")]
    plot.add_tools(HoverTool(tooltips=tooltips))


def _points(plot: figure, about: Mapping[str, Any], x: Any, y: Any) -> None:
    data = {"x": x, "y": y}
    if about["kind"] == "spectrum":
        plot.line("x", "y", source=data, color=about["colour"]["light"], line_width=1.6)
    else:
        plot.scatter("x", "y", source=data, color=about["colour"]["light"], size=3)
    names = {axis: about[axis] for axis in ("x", "y")}
    tooltips = [(n["name"], f"@{axis}{{0.000}} {n['unit']}") for axis, n in names.items()]
    plot.add_tools(HoverTool(tooltips=tooltips, mode="mouse"))


def _matrix(plot: figure, about: Mapping[str, Any], counts: Any, means: Any) -> None:
    """Blocks as wide as the neurons that they stand for, without synapses none."""
    n_post, n_pre = means.shape if means.ndim == 2 else (0, 0)
    rows, columns = np.nonzero(np.isfinite(means)) if n_post else (np.zeros(0, int),) * 2
    sides = {}
    for name, block, n_blocks, axis in (("x", columns, n_pre, "x"), ("y", rows, n_post, "y")):
        size = about[axis]["neurons"]
        sides[f"{name}_from"] = -(-block * size // max(n_blocks, 1))
        sides[f"{name}_to"] = -(-(block + 1) * size // max(n_blocks, 1))
    weights = means[rows, columns] if n_post else np.zeros(0)
    data = {**sides, "weight": weights, "synapses": counts[rows, columns] if n_post else weights}
    mapper = LinearColorMapper(
        palette=_shades(about["colour"]["light"]),
        low=float(weights.min(initial=np.inf)) if len(weights) else 0.0,
        high=float(weights.max(initial=-np.inf)) if len(weights) else 1.0,
    )
    fill = transform("weight", mapper)
    plot.quad("x_from", "x_to", "y_to", "y_from", source=data, fill_color=fill, line_color=None)
    plot.add_layout(ColorBar(color_mapper=mapper, title=_label(about["value"])), "right")
    tooltips = [
        (about["x"]["name"], "@x_from … @x_to (excluded)"),
        (about["y"]["name"], "@y_from … @y_to (excluded)"),
        ("mean weight", f"@weight{{0.0000}} {about['value']['unit']}"),
        ("synapses", "@synapses{0}"),
    ]
    plot.add_tools(HoverTool(tooltips=tooltips))


def _shades(colour: str) -> list[str]:
    """From nearly white to a colour ``#rrggbb``."""
    full = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)], float)
    parts = np.linspace(0.15, 1.0, N_SHADES)[:, None]
    return [
        f"#{r:02x}{g:02x}{b:02x}" for r, g, b in np.rint(255 + parts * (full - 255)).astype(int)
    ]
