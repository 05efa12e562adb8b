"""What was recorded of a run, drawn: spikes, rates and traces over one time axis.

Figures stand still and hold their data: they are shown, zoomed and saved without a kernel. Their
size is bounded: many spikes are drawn as their density, long traces as their extremes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from bokeh.layouts import column
from bokeh.models import (
    BoxZoomTool,
    Column,
    ColumnDataSource,
    HoverTool,
    LinearColorMapper,
    PanTool,
    Range1d,
    ResetTool,
    SaveTool,
    Title,
    WheelZoomTool,
)
from bokeh.plotting import figure
from numpy.typing import NDArray

from snnlab.plots.frames import Band, stack_bands
from snnlab.plots.palette import COLD, WARM, Colour, population_colours, trace_colours
from snnlab.plots.raster import raster_figure
from snnlab.plots.rates import rates_figure
from snnlab.plots.style import FONT, thousands
from snnlab.plots.traces import Trace, traces_figure
from snnlab.recording.plotting import RecordedRun, SamplesOf, SpikesOf

MOST_POINTS = 20_000  # spikes that are drawn one by one
COLUMNS = 500  # of a density, fewer than a narrow page has pixels
SHADES = 64
MOST_LINES = 4  # in one figure
MOST_SAMPLES = 8000  # of a line
MOST_FIGURES = 6  # of traces, one for each owner and variable
FEWEST_NEURONS = 10  # whose mean rate says something
BINS = 150  # of a rate, at most
STROKE = 0.3  # of a trace's range, above it, at every spike
SIZES = 2.0, 5.0  # px, the smallest and the largest point
TRACE_HEIGHT = 130  # px
RATE_HEIGHT = 100  # px
MUTED = "#767676"  # readable on white and on black
HUES = tuple(colour for pair in zip(COLD, WARM, strict=True) for colour in pair)


@dataclass(frozen=True)
class Drawing:
    """Figures one below the other, and how a page recolours them."""

    layout: Column
    colours: tuple[Colour, ...]  # of the models named "ink-0", "ink-1", ...
    ramps: tuple[tuple[float, ...], ...]  # opacities of the palettes "shades-0", ...


def run_drawing(run: RecordedRun) -> Drawing:
    """The figures of a run: raster, rates, and traces, a figure for each variable."""
    time = Range1d(
        start=run.begin, end=run.end, bounds=(run.begin, run.end), name="time", min_interval=run.dt
    )
    inks = _Inks()
    of_population = _colours_of(run)
    plots, notes = [], []
    if run.spikes:
        plot, note = _raster(run, time, of_population, inks)
        plots.append(plot)
        notes += note
        counted = [one for one in run.spikes if len(one.chosen) >= FEWEST_NEURONS]
        if counted and any(len(one.times) for one in counted):
            plots.append(_rates(run, counted, time, of_population, inks))
    several = len({some.owner for some in run.samples}) > 1
    for samples in run.samples[:MOST_FIGURES]:
        plot, note = _traces(run, samples, time, of_population, inks, named=several)
        plots.append(plot)
        notes += note
    if len(run.samples) > MOST_FIGURES:
        left = ", ".join(f"{some.owner}.{some.variable}" for some in run.samples[MOST_FIGURES:])
        notes.append(f"not drawn, for want of room: {left}")
    _share_time(plots)
    for note in notes:
        told = Title(text=note, text_color=MUTED, text_font=FONT, text_font_size="12px")
        told.update(text_font_style="normal", standoff=4, name="note")
        plots[-1].add_layout(told, "below")
    layout = column(*plots, sizing_mode="stretch_width", spacing=0)
    return Drawing(layout, tuple(inks.colours), tuple(inks.ramps))


class _Inks:
    """Numbers the colours that are used, so that a page finds what has which."""

    def __init__(self) -> None:
        self.colours: list[Colour] = []
        self.ramps: list[tuple[float, ...]] = []

    def name(self, colour: Colour) -> str:
        if colour not in self.colours:
            self.colours.append(colour)
        return f"ink-{self.colours.index(colour)}"

    def palette(self, colour: Colour, opacities: Sequence[float]) -> tuple[list[str], str]:
        """Colours from transparent to full, and the name of what has them."""
        self.ramps.append(tuple(opacities))
        palette = [f"{colour.light}{round(255 * part):02x}" for part in opacities]
        ink = self.name(colour).removeprefix("ink-")
        return palette, f"shades-{len(self.ramps) - 1}-{ink}"


def _colours_of(run: RecordedRun) -> dict[str, Colour]:
    names = list(run.inhibits)
    colours = dict(zip(names, population_colours(list(run.inhibits.values())), strict=True))
    others = dict.fromkeys(some.owner for some in run.samples if some.owner not in colours)
    for index, owner in enumerate(others):  # projections
        colours[owner] = HUES[index % len(HUES)]
    return colours


# Spikes -----------------------------------------------------------------------------------


def _raster(
    run: RecordedRun, time: Range1d, colours: dict[str, Colour], inks: _Inks
) -> tuple[figure, list[str]]:
    bands = stack_bands({one.population: len(one.chosen) for one in run.spikes})
    plot = raster_figure(bands, time)
    _toolbar(plot)
    n_spikes = sum(len(one.times) for one in run.spikes)
    size = _point_size(plot.frame_height or 1, bands)
    for one, band in zip(run.spikes, bands, strict=True):
        colour = colours[one.population]
        if n_spikes > MOST_POINTS:
            _draw_density(plot, run, one, band, colour, inks)
        else:
            _draw_points(plot, one, band, colour, size, inks)
    names = ", ".join(one.population for one in run.spikes)
    if n_spikes == 0:
        return plot, [f"no spikes of {names} from {run.begin:g} to {run.end:g} ms"]
    if n_spikes > MOST_POINTS:
        return plot, [
            f"{thousands(n_spikes)} spikes, drawn as their density; "
            f"plot(begin=…, end=…) of a shorter time draws each"
        ]
    return plot, []


def _point_size(height: float, bands: Sequence[Band]) -> float:
    """As large as one neuron has room."""
    n_rows = sum(band.n_rows for band in bands)
    rooms = [height / n_rows * band.n_rows / band.n_neurons for band in bands if band.n_neurons]
    return float(np.clip(0.8 * min(rooms, default=1.0), *SIZES))


def _heights(one: SpikesOf, band: Band) -> NDArray[np.float64]:
    """Where in the raster each spike lies."""
    place = np.searchsorted(one.chosen, one.neurons).astype(np.float64)
    return band.first_row + (place + 0.5) * (band.n_rows / max(band.n_neurons, 1))


def _draw_points(
    plot: figure, one: SpikesOf, band: Band, colour: Colour, size: float, inks: _Inks
) -> None:
    data = {
        "x": np.asarray(one.times, np.float64),
        "y": _heights(one, band).astype(np.float32),
        "neuron": np.asarray(one.neurons, np.int32),
    }
    drawn = plot.scatter(
        "x",
        "y",
        source=ColumnDataSource(data),
        marker="square",
        size=size,
        color=colour.light,
        line_color=None,
    )
    drawn.glyph.name = inks.name(colour)
    tips = [(one.population, "neuron @neuron"), ("time", "@x{0.0[00]} ms")]
    plot.add_tools(HoverTool(renderers=[drawn], tooltips=tips))


def _draw_density(
    plot: figure, run: RecordedRun, one: SpikesOf, band: Band, colour: Colour, inks: _Inks
) -> None:
    """An image: how many spikes each piece of time and some neurons have."""
    duration = run.end - run.begin
    n_columns = int(min(COLUMNS, max(1, round(duration / run.dt))))
    columns = ((one.times - run.begin) * (n_columns / duration)).astype(np.int64)
    columns = np.clip(columns, 0, n_columns - 1)
    rows = (_heights(one, band) - band.first_row).astype(np.int64)
    cells = np.bincount(rows * n_columns + columns, minlength=band.n_rows * n_columns)
    counts = np.minimum(cells, 255).astype(np.uint8).reshape(band.n_rows, n_columns)
    inked = counts[counts > 0]
    usual = float(np.median(inked)) if len(inked) else 1.0
    high = float(counts.max()) or 1.0
    levels = np.arange(SHADES) / (SHADES - 1) * high
    opacities = np.round(1 - 0.5 ** (1.5 * levels / usual), 3)  # of a usual count about two thirds
    palette, name = inks.palette(colour, list(map(float, opacities)))
    mapper = LinearColorMapper(palette=palette, low=0, high=high, name=name)
    place = {"x": run.begin, "y": band.first_row, "dw": duration, "dh": band.n_rows}
    filled: dict[str, Any] = {"image": [counts], "color_mapper": mapper}
    drawn = plot.image(**place, **filled)
    a_row = band.n_neurons / band.n_rows
    about = "1 neuron" if a_row <= 1 else f"{a_row:.3g} neurons"
    tips = [
        (one.population, f"@image spikes of {about} in {duration / n_columns:.3g} ms"),
        ("time", "$x{0.0} ms"),
    ]
    plot.add_tools(HoverTool(renderers=[drawn], tooltips=tips))


def _rates(
    run: RecordedRun,
    counted: Sequence[SpikesOf],
    time: Range1d,
    colours: dict[str, Colour],
    inks: _Inks,
) -> figure:
    plot = rates_figure(time, height=RATE_HEIGHT)
    _toolbar(plot)
    width = _bin_width(run.end - run.begin, run.dt)
    n_bins = max(1, int((run.end - run.begin) / width + 1e-6))
    middles = run.begin + width * (np.arange(n_bins) + 0.5)
    top = 1.0
    for one in counted:
        bins = ((one.times - run.begin) / width + 1e-6).astype(np.int64)
        counts = np.bincount(bins[bins < n_bins], minlength=n_bins)
        rates = counts * (1000.0 / (width * len(one.chosen)))
        top = max(top, float(rates.max()))
        colour = colours[one.population]
        label: dict[str, Any] = {"legend_label": one.population} if len(counted) > 1 else {}
        source = ColumnDataSource({"x": middles, "y": rates})
        drawn = plot.line("x", "y", source=source, color=colour.light, line_width=1.8, **label)
        drawn.glyph.name = inks.name(colour)
        tips = [(one.population, "@y{0.0} Hz"), ("time", f"@x{{0.0[00]}} ms ± {width / 2:g}")]
        plot.add_tools(HoverTool(renderers=[drawn], tooltips=tips))
    plot.y_range.update(end=1.08 * top)
    _legend_above(plot)
    return plot


def _bin_width(duration: float, dt: float) -> float:
    """A round number of ms, a whole number of steps, so that there are at most `BINS`."""
    least = max(duration / BINS, dt)
    power = 10.0 ** np.floor(np.log10(least))
    rounded = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= least * 0.999)
    return float(np.ceil(rounded / dt - 1e-6) * dt)


# Traces -----------------------------------------------------------------------------------


def _traces(
    run: RecordedRun,
    samples: SamplesOf,
    time: Range1d,
    colours: dict[str, Colour],
    inks: _Inks,
    *,
    named: bool,
) -> tuple[figure, list[str]]:
    """One variable, of as many neurons or synapses as have room; ``named`` also when it is one."""
    chosen = [int(element) for element in samples.elements[:MOST_LINES]]
    hues = trace_colours([samples.owner] * len(chosen), colours)
    traces = [
        Trace(samples.owner, samples.variable, element, samples.unit, colour)
        for element, colour in zip(chosen, hues, strict=True)
    ]
    plot = traces_figure(traces, time, height=TRACE_HEIGHT)
    _toolbar(plot)
    lines = samples.values[:, : len(chosen)].astype(np.float64)
    finite = lines[np.isfinite(lines)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    top = high
    stroke = STROKE * (high - low)
    for trace, values in zip(traces, lines.T, strict=True):
        name = inks.name(trace.colour)
        label: dict[str, Any] = {"legend_label": trace.label} if named or len(traces) > 1 else {}
        look: dict[str, Any] = {"color": trace.colour.light, "line_width": 1.4, **label}
        x, y = thinned(samples.times, values)
        source = ColumnDataSource({"x": x, "y": y.astype(np.float32)})
        drawn = plot.line("x", "y", source=source, **look)
        drawn.glyph.name = name
        value = f"@y{{0.000}} {samples.unit}".strip()
        tips = [(f"{trace.variable} {trace.label}", value), ("time", "@x{0.0[00]} ms")]
        plot.add_tools(HoverTool(renderers=[drawn], tooltips=tips))
        times, crests = _crests(run, samples, trace.neuron, values)
        if stroke > 0 and len(times):
            top = high + stroke
            data = {"x": times, "low": crests, "high": np.full(len(times), top)}
            strokes = plot.segment("x", "low", "x", "high", source=ColumnDataSource(data), **look)
            strokes.glyph.name = name
    room = 0.05 * (top - low) or 0.5
    plot.y_range.update(start=low - room, end=top + room)
    _legend_above(plot)
    if samples.n_recorded == len(traces):
        return plot, []
    n, known = len(traces), thousands(samples.n_recorded)
    what = f"{samples.owner}.{samples.variable}: {n} of {known} recorded"
    if samples.owner not in run.inhibits:
        return plot, [f"{what} synapses drawn"]
    return plot, [f"{what} neurons drawn; a view, as {samples.owner}[{n}:{2 * n}], draws others"]


def _crests(
    run: RecordedRun, samples: SamplesOf, neuron: int, values: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """When a neuron spiked, and what its trace had come to: a stroke begins there."""
    mine = [one for one in run.spikes if one.population == samples.owner and samples.marks_spikes]
    if not mine or not len(values):
        return np.zeros(0), np.zeros(0)
    times = np.asarray(mine[0].times)[np.asarray(mine[0].neurons) == neuron].astype(np.float64)
    # A sample lies at the end of its step, after the reset: the one before it is the higher one.
    after = np.clip(np.searchsorted(samples.times, times + 0.5 * run.dt), 0, len(values) - 1)
    before = np.clip(after - 1, 0, len(values) - 1)
    return times, np.fmax(values[before], values[after])


def thinned(
    times: NDArray[np.floating], values: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """At most `MOST_SAMPLES` samples: the least and the greatest one of each piece of time.

    A piece with samples that are not numbers keeps the first of them, a gap.
    """
    n = len(values)
    if n <= MOST_SAMPLES:
        return np.asarray(times, np.float64), values
    width = -(-3 * n // MOST_SAMPLES)
    n_pieces = -(-n // width)
    padded = np.full(n_pieces * width, np.nan)
    padded[:n] = values
    pieces = padded.reshape(n_pieces, width)
    begins = np.arange(n_pieces) * width
    lost = np.isnan(pieces)
    kept = [
        begins + np.where(lost, np.inf, pieces).argmin(axis=1),
        begins + np.where(lost, -np.inf, pieces).argmax(axis=1),
        (begins + lost.argmax(axis=1))[lost.any(axis=1)],
    ]
    chosen = np.unique(np.concatenate(kept))
    chosen = chosen[chosen < n]
    return np.asarray(times, np.float64)[chosen], values[chosen]


# Together ---------------------------------------------------------------------------------


def _toolbar(plot: figure) -> None:
    """Dragging moves in time; what is seen is saved as PNG."""
    pan = PanTool(dimensions="width")
    tools = [pan, BoxZoomTool(), WheelZoomTool(dimensions="width"), ResetTool(), SaveTool()]
    plot.toolbar.tools = tools
    plot.toolbar.active_drag = pan


def _legend_above(plot: figure) -> None:
    for legend in list(plot.legend):
        legend.update(
            orientation="horizontal",
            click_policy="hide",
            border_line_color=None,
            background_fill_color=None,
            label_text_font=FONT,
            label_text_font_size="11px",
            glyph_width=14,
            padding=0,
            margin=2,
            spacing=10,
        )
        plot.add_layout(legend, "above")  # where it covers nothing


def _share_time(plots: Sequence[figure]) -> None:
    """One time axis, under the lowest figure."""
    for plot in plots[:-1]:
        plot.xaxis.major_label_text_font_size = "0px"
        plot.xaxis.major_tick_line_color = None
        plot.min_border_bottom = 7  # half of the lowest label of the vertical axis
    plots[-1].xaxis.axis_label = "time (ms)"
