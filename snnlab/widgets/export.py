"""Files of what a dashboard shows: tables of its data, and pages with figures."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from snnlab.plots.still import Series, still_page
from snnlab.plots.traces import trace_label
from snnlab.widgets.feed import Content


@dataclass(frozen=True)
class File:
    """What the browser saves."""

    name: str
    mime: str
    data: bytes


def file_of(content: Content, figure: str, kind: str) -> File | None:
    """The figure ``raster``, ``traces`` or ``rates`` as ``csv`` or ``html``; None otherwise."""
    makers = {"raster": _raster, "traces": _traces, "rates": _rates}
    if figure not in makers or kind not in ("csv", "html"):
        return None
    table, page = makers[figure](content)
    if kind == "csv":
        text = table.to_csv(index=False, lineterminator="\n")
        return File(f"{figure}.csv", "text/csv", text.encode())
    series, y_label, unit = page
    text = still_page(figure, series, y_label=y_label, unit=unit, points=figure == "raster")
    return File(f"{figure}.html", "text/html", text.encode())


Page = tuple[list[Series], str, str]  # what is drawn, label of the axis, unit of the values


def _raster(content: Content) -> tuple[pd.DataFrame, Page]:
    tables, series = [], []
    first = 0
    for band, colour, (times, neurons) in zip(
        content.picture.bands, content.picture.band_colours, content.spikes, strict=True
    ):
        tables.append(
            pd.DataFrame({"time_ms": times, "population": band.population, "neuron": neurons})
        )
        series.append(Series(band.population, colour.light, times, first + neurons.astype(float)))
        first += band.n_neurons
    table = pd.concat(tables) if tables else pd.DataFrame()
    return table, (series, "neuron, populations stacked", "")


def _traces(content: Content) -> tuple[pd.DataFrame, Page]:
    tables, series = [], []
    for trace, (times, values) in zip(content.picture.traces, content.samples, strict=True):
        tables.append(
            pd.DataFrame(
                {
                    "time_ms": times,
                    "population": trace.population,
                    "neuron": trace.neuron,
                    "variable": trace.variable,
                    "value": values,
                }
            )
        )
        label = f"{trace.variable} {trace.label}"
        series.append(Series(label, trace.colour.light, times, values))
    units = {trace.unit for trace in content.picture.traces}
    unit = units.pop() if len(units) == 1 else ""
    table = pd.concat(tables) if tables else pd.DataFrame()
    return table, (series, trace_label(content.picture.traces), unit)


def _rates(content: Content) -> tuple[pd.DataFrame, Page]:
    table = pd.DataFrame({"time_ms": content.column_times})
    series = []
    for band, colour, rates in zip(
        content.picture.bands, content.picture.band_colours, content.rates.T, strict=True
    ):
        table[f"{band.population} (Hz)"] = rates
        series.append(Series(band.population, colour.light, content.column_times, rates))
    return table, (series, "rate (Hz)", "Hz")
