"""Which traces a dashboard shows, chosen on the page."""

from __future__ import annotations

from typing import Any

from snnlab.plots.live import Picture
from snnlab.plots.palette import Colour
from snnlab.plots.traces import Traced
from snnlab.widgets.feed import colours_of, first_traces, picture_of, traced_variable, unit_of

MAX_TRACES = 8


class Selection:
    """The traces of a dashboard: the first ones until a person changes them."""

    def __init__(self, network: Any) -> None:
        self._network = network
        self._traced: list[Traced] | None = None
        self._hues: dict[Traced, Colour | None] = {}  # of the traces; None: their population's

    def picture(self) -> Picture:
        """What is to be shown; a trace that stays keeps its colour."""
        own = colours_of(self._network)
        picture = picture_of(self._network, self._traced, self._hues)
        self._hues = {
            trace.key: None if trace.colour == own.get(trace.population) else trace.colour
            for trace in picture.traces
        }
        return picture

    def choices(self) -> list[dict[str, object]]:
        """What may be traced, as plain JSON: every variable of every population."""
        return [
            {
                "population": name,
                "neurons": population.size,
                "first": traced_variable(population.neuron.model),
                "variables": [
                    {"name": variable.name, "unit": unit_of(population.neuron.model, variable.name)}
                    for variable in population.neuron.model.variables
                ],
            }
            for name, population in list(self._network.populations.items())
        ]

    def add(self, population: str, variable: str | None, neuron: int) -> str:
        """Trace a variable of a neuron, by default its first one; return why not, or ""."""
        known = self._network.populations.get(population)
        if known is None:
            return f"Trace: there is no population '{population}'; reload the dashboard."
        model = known.neuron.model
        variable = variable or traced_variable(model)
        if variable is None or variable not in [v.name for v in model.variables]:
            return f"Trace: {population} has no variable '{variable}'; choose one from the list."
        if not 0 <= neuron < known.size:
            return (
                f"Trace: {population} has no neuron {neuron}; "
                f"type a number from 0 to {known.size - 1}."
            )
        traced = self._current()
        if len(traced) >= MAX_TRACES:
            return f"Trace: {MAX_TRACES} traces are shown already; remove one first."
        if (population, variable, neuron) not in traced:
            self._traced = [*traced, (population, variable, neuron)]
        return ""

    def remove(self, population: str, variable: str, neuron: int) -> None:
        """Show a trace no longer; nothing happens when it is not shown."""
        self._traced = [t for t in self._current() if t != (population, variable, neuron)]

    def _current(self) -> list[Traced]:
        return list(first_traces(self._network)) if self._traced is None else self._traced
