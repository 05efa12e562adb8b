"""Files of what a dashboard shows: tables of its data, and pages with figures."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from snnlab.plots.still import STILL_HEIGHT, Series, StillFigure, still_page, still_pages
from snnlab.plots.traces import trace_label
from snnlab.widgets.feed import Content
from snnlab.widgets.printed import hidden_in_notebooks

SMOOTHING = 5.0  # ms, least width of the average a rate is drawn with, as on the screen
DIGITS = 6  # after the point of a time in ms: 0.3, not 0.30000000000000004


@dataclass(frozen=True)
class File:
    """What the browser saves."""

    name: str
    mime: str
    data: bytes


def file_of(content: Content, figure: str, kind: str) -> File | None:
    """The figure ``raster``, ``traces`` or ``rates`` as ``csv`` or ``html``; None otherwise.

    ``all figures`` are one page.
    """
    if (figure, kind) == (ALL, "html"):
        return File("figures.html", "text/html", page_of(content, "figures").encode())
    makers = {"raster": _raster, "traces": _traces, "rates": _rates}
    if figure not in makers or kind not in ("csv", "html"):
        return None
    table, page = makers[figure](content)
    if kind == "csv":
        text = table.to_csv(index=False, lineterminator="\n")
        return File(f"{figure}.csv", "text/csv", text.encode())
    series, y_label, unit = page
    title = figure if content.earlier is None else f"{figure}, {content.earlier.text}"
    text = still_page(title, series, y_label=y_label, unit=unit, points=figure == "raster")
    return File(f"{figure}.html", "text/html", text.encode())


ALL = "all figures"  # as the menu calls them


def page_of(content: Content, title: str) -> str:
    """All figures as one HTML page that needs neither a kernel nor the internet."""
    return still_pages(title, _figures(content))


def _figures(content: Content) -> list[StillFigure]:
    """Those in which something is to be seen."""
    figures = []
    for make in (_raster, _traces, _rates):
        _, (series, label, unit) = make(content)
        if any(len(one.x) for one in series):
            figures.append(StillFigure(series, label, unit, points=make is _raster))
    return figures


def embedded(content: Content, title: str) -> str:
    """The page as part of another one; notebooks with a live dashboard do not show it.

    JupyterLab, Notebook and VS Code have the live widget above; a page that was exported from
    the notebook has not.
    """
    figures = _figures(content)
    page = still_pages(title, figures)
    height = 16 + len(figures) * STILL_HEIGHT
    return (
        f"{hidden_in_notebooks('snn-still')}"
        f'<iframe class="snn-still" loading="lazy" title="last state of the network" '
        f'sandbox="allow-scripts" style="width:100%;height:{height}px;border:0" '
        f'srcdoc="{html.escape(page)}"></iframe>'
    )


EARLIER = "earlier run"  # as the dashboard's legend calls it
Page = tuple[list[Series], str, str]  # what is drawn, label of the axis, unit of the values


def _raster(content: Content) -> tuple[pd.DataFrame, Page]:
    tables, series = [], []
    first = 0
    for band, colour, (times, neurons) in zip(
        content.picture.bands, content.picture.band_colours, content.spikes, strict=True
    ):
        # Whole numbers, also beside a silent population.
        about = {"population": band.population, "neuron": neurons.astype(np.int64)}
        tables.append(pd.DataFrame({"time_ms": times.round(DIGITS)} | about))
        rows = first, first + band.n_neurons - 1
        stacked = first + neurons.astype(float)
        series.append(Series(band.population, colour.light, times, stacked, rows=rows))
        first += band.n_neurons
    table = pd.concat(tables) if tables else pd.DataFrame()
    return table, (series, "neuron, populations stacked", "")


def _traces(content: Content) -> tuple[pd.DataFrame, Page]:
    tables, series = [], []
    earlier = content.earlier
    runs = [("", content.samples)] if earlier is None else [("now", content.samples)]
    if earlier is not None:
        runs.append((EARLIER, earlier.samples))
    for run, samples in runs:
        for trace, (times, values) in zip(content.picture.traces, samples, strict=True):
            faint = run == EARLIER
            if faint and not len(times):
                continue
            about = {
                "time_ms": times.round(DIGITS),
                "population": trace.population,
                "neuron": trace.neuron,
                "variable": trace.variable,
                "value": values,
            }
            tables.append(pd.DataFrame(about | ({"run": run} if run else {})))
            label = f"{trace.variable} {trace.label}{f', {EARLIER}' if faint else ''}"
            series.append(Series(label, trace.colour.light, times, values, faint))
    units = {trace.unit for trace in content.picture.traces}
    unit = units.pop() if len(units) == 1 else ""
    table = pd.concat(tables) if tables else pd.DataFrame()
    return table, (series, trace_label(content.picture.traces), unit)


def _rates(content: Content) -> tuple[pd.DataFrame, Page]:
    """Tables hold the rate of each column, lines its running mean."""
    times, earlier = content.column_times, content.earlier
    table = pd.DataFrame({"time_ms": times.round(DIGITS)})
    series = []
    runs = [("", content.rates)]
    if earlier is not None:
        runs.append((f", {EARLIER}", earlier.rates))
    for run, rates in runs:
        for band, colour, column in zip(
            content.picture.bands, content.picture.band_colours, rates.T, strict=True
        ):
            label = f"{band.population}{run}"
            table[f"{label} (Hz)"] = column
            line = running_mean(times, column)
            if not run or len(line[0]):
                series.append(Series(label, colour.light, *line, faint=bool(run)))
    return table, (series, "rate (Hz)", "Hz")


def running_mean(
    times: NDArray[np.floating], rates: NDArray[np.floating]
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Means over `SMOOTHING`: their times (ms) and values, without those that are not known.

    Parameters
    ----------
    times
        Shape (column,): ms, the middle of each column.
    rates
        Shape (column,): Hz, nan where it is not known.

    A run begins with means of the columns that there are, a later window with whole means.
    """
    if len(times) < 2:
        return times, rates
    width = times[1] - times[0]
    reach = max(1, math.ceil(SMOOTHING / width - 1e-6))  # late times are not that exact
    columns = pd.Series(rates).rolling(reach, min_periods=1)
    counts, means = np.asarray(columns.count()), np.asarray(columns.mean())
    shown = np.isfinite(rates) & ((counts == reach) | (times[0] < width))
    return (times - (counts - 1) / 2 * width)[shown], means[shown]
