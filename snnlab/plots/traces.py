"""Traces of single neurons: one line each, and a stroke at every spike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bokeh.models import Range1d
from bokeh.plotting import figure

from snnlab.plots.palette import Colour
from snnlab.plots.style import blank_figure

Traced = tuple[str, str, int]  # population, variable, neuron


@dataclass(frozen=True)
class Trace:
    """One line of the picture: a variable of one neuron."""

    population: str
    variable: str
    neuron: int
    unit: str  # "" when the model gives none
    colour: Colour

    @property
    def key(self) -> Traced:
        return self.population, self.variable, self.neuron

    @property
    def label(self) -> str:
        return f"{self.population}[{self.neuron}]"


def trace_label(traces: Sequence[Trace]) -> str:
    """What the vertical axis says: the variables and their unit when they share one."""
    variables = ", ".join(dict.fromkeys(trace.variable for trace in traces))
    units = {trace.unit for trace in traces}
    unit = units.pop() if len(units) == 1 else ""
    return f"{variables} ({unit})" if unit else variables


def traces_figure(traces: Sequence[Trace], x_range: Range1d, *, height: int = 140) -> figure:
    """The frame of the lines of all traces."""
    return blank_figure(
        height=height,
        x_range=x_range,
        y_range=Range1d(start=0, end=1, name="trace-range"),
        y_label=trace_label(traces),
        name="traces-figure",
    )
