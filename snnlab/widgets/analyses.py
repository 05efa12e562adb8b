"""The analyses that a dashboard shows below its figures: which, and their newest numbers.

They are computed a few times a second, and only while one is shown.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnlab.plots.analyses import (
    MAX_SIDE,
    Blocks,
    Points,
    phase_points,
    rate_spectrum,
    weight_histogram,
    weight_matrix,
)
from snnlab.plots.analysis_page import analysis_page
from snnlab.plots.traces import Traced
from snnlab.widgets.feed import Feed, colours_of, unit_of

MAX_ANALYSES = 6
PERIOD = 0.5  # s between two computations, or more:
MAX_SHARE = 0.04  # of the pump's time that computing may take
MAX_WEIGHTS = 200_000  # looked at for a histogram
MAX_IN_MATRIX = 1_000_000  # weights looked at for a matrix
RATE_BIN = 1.0  # ms
RATE_SPAN = 2000.0  # ms of rate at least, whatever the window is


@dataclass(frozen=True)
class Weights:
    """How the weights of a projection are distributed."""

    projection: str


@dataclass(frozen=True)
class Matrix:
    """The weights of a projection by pre and post neuron."""

    projection: str


@dataclass(frozen=True)
class Phase:
    """One variable of a neuron against another over the time window."""

    population: str
    neuron: int
    x: str
    y: str

    @property
    def keys(self) -> tuple[Traced, Traced]:
        return (self.population, self.x, self.neuron), (self.population, self.y, self.neuron)


@dataclass(frozen=True)
class Spectrum:
    """The power spectrum of a population's rate."""

    population: str


Analysis = Weights | Matrix | Phase | Spectrum


class Analyses:
    """The analyses of one dashboard; the pump guards it together with its feed."""

    def __init__(self, network: Any, feed: Feed) -> None:
        self._network = network
        self._feed = feed
        self._shown: dict[int, Analysis] = {}
        self._last = 0  # number of the newest one
        self._next = float("-inf")  # s, when they may be computed again
        self._blocks: dict[str, tuple[Any, Blocks]] = {}  # by projection, with what they are of
        self._stale = False  # a frame has gone out without them

    def choices(self) -> dict[str, object]:
        """What there is to be analysed, as plain JSON."""
        populations = self._network.populations
        return {
            "weights": list(self._network.projections),
            "matrix": [
                name
                for name, projection in list(self._network.projections.items())
                if not projection.procedural
            ],
            "phase": [
                {"population": name, "neurons": populations[name].size, "variables": variables}
                for name in populations
                if len(variables := local_variables(populations[name])) > 1
            ],
            "spectrum": [band.population for band in self._feed.picture.bands],
        }

    def add(self, analysis: Analysis) -> str:
        """Show an analysis; return why not, or ""."""
        reason = self._refusal(analysis)
        if not reason and analysis not in self._shown.values():
            self._last += 1
            self._shown[self._last] = analysis
            self._pin()
        return reason

    def _refusal(self, analysis: Analysis) -> str:
        if len(self._shown) >= MAX_ANALYSES and analysis not in self._shown.values():
            return f"Plots: {MAX_ANALYSES} analyses are shown already; remove one first."
        match analysis:
            case Weights(projection) | Matrix(projection):
                if projection not in self._network.projections:
                    return f"Plots: there is no projection '{projection}'; reload the dashboard."
                stored = not self._network.projections[projection].procedural
                if isinstance(analysis, Matrix) and not stored:
                    return (
                        f"Plots: the synapses of '{projection}' are not stored, so they have no "
                        f"matrix; choose the histogram of its weights."
                    )
            case Phase(population, neuron, x, y):
                known = self._network.populations.get(population)
                if known is None:
                    return f"Plots: there is no population '{population}'; reload the dashboard."
                variables = local_variables(known)
                for name in (x, y):
                    if name not in variables:
                        return (
                            f"Plots: {population} has no variable '{name}' of each neuron; "
                            f"choose one from the list."
                        )
                if x == y:
                    return f"Plots: '{x}' stands on both axes; choose two variables."
                if not 0 <= neuron < known.size:
                    return (
                        f"Plots: {population} has no neuron {neuron}; "
                        f"type a number from 0 to {known.size - 1}."
                    )
            case Spectrum(population):
                if population not in [band.population for band in self._feed.picture.bands]:
                    return f"Plots: no population '{population}' spikes; choose one from the list."
        return ""

    def remove(self, number: int) -> None:
        """Show an analysis no longer; nothing happens when it is not shown."""
        self._shown.pop(number, None)
        self._pin()

    def _pin(self) -> None:
        matrices = [shown.projection for shown in self._shown.values() if isinstance(shown, Matrix)]
        self._blocks = {name: self._blocks[name] for name in matrices if name in self._blocks}
        phases = [shown for shown in self._shown.values() if isinstance(shown, Phase)]
        self._feed.pin([key for phase in phases for key in phase.keys])

    def describe(self) -> list[dict[str, object]]:
        """What a page must know to draw them, as plain JSON."""
        return [{"number": number, **self._text(shown)} for number, shown in self._shown.items()]

    def _text(self, analysis: Analysis) -> dict[str, object]:
        populations, projections = self._network.populations, self._network.projections
        match analysis:
            case Weights(name):
                population = projections[name].pre.name
                text = {
                    "kind": "weights",
                    "title": f"Weights of {name}",
                    "x": {"name": "weight", "unit": weight_unit(projections[name])},
                    "y": {"name": "synapses", "unit": ""},
                }
            case Matrix(name):
                projection = projections[name]
                pre, post = projection.pre, projection.post
                population = pre.name
                text = {
                    "kind": "matrix",
                    "title": f"Weight matrix of {name}",
                    "x": {"name": f"{pre.name} (pre)", "population": pre.name, "neurons": pre.size},
                    "y": {
                        "name": f"{post.name} (post)",
                        "population": post.name,
                        "neurons": post.size,
                    },
                    "blocks": MAX_SIDE,
                    "value": {"name": "weight", "unit": weight_unit(projection)},
                }
            case Phase(population, neuron, x, y):
                model = populations[population].neuron.model
                text = {
                    "kind": "phase",
                    "title": f"{y} against {x} of {population}[{neuron}]",
                    "x": {"name": x, "unit": unit_of(model, x)},
                    "y": {"name": y, "unit": unit_of(model, y)},
                }
            case Spectrum(population):
                text = {
                    "kind": "spectrum",
                    "title": f"Spectrum of the rate of {population}",
                    "x": {"name": "frequency", "unit": "Hz"},
                    "y": {"name": "power", "unit": "Hz²/Hz"},
                }
        colour = colours_of(self._network)[population]
        return {**text, "colour": {"light": colour.light, "dark": colour.dark}}

    def page(self, number: int) -> tuple[str, str] | None:
        """The kind of an analysis and an HTML page with what it shows now; None without it."""
        analysis = self._shown.get(number)
        if analysis is None:
            return None
        about = self._text(analysis)
        return str(about["kind"]), analysis_page(about, self._points(analysis))

    def due(self, now: float) -> bool:
        """Whether a frame should go out because of them."""
        return self._stale and bool(self._shown) and now >= self._next

    def arrays(self, now: float, *, whole: bool) -> dict[str, NDArray[np.float64]]:
        """Their part of a frame: all of them, or nothing if it is too early."""
        if not self._shown:
            return {}
        self._stale = not whole and now < self._next
        if self._stale:
            return {}
        # What this thread computed: on a busy machine it waits longer, which is nobody's cost.
        begin = time.thread_time()
        arrays = {}
        for number, analysis in self._shown.items():
            arrays[f"analysis-{number}-x"], arrays[f"analysis-{number}-y"] = self._points(analysis)
        self._next = now + max(PERIOD, (time.thread_time() - begin) / MAX_SHARE)
        return arrays

    def _points(self, analysis: Analysis) -> Points:
        feed = self._feed
        match analysis:
            case Weights(name):
                projection = self._network.projections[name]
                weights = projection.some_weights(MAX_WEIGHTS)
                return weight_histogram(weights, projection.size if len(weights) else 0)
            case Matrix(name):
                return self._matrix(self._network.projections[name])
            case Phase():
                x, y = (feed.samples(key) for key in analysis.keys)
                return phase_points(x, y, feed.start, feed.end)
            case Spectrum(population):
                return self._spectrum(population)

    def _matrix(self, projection: Any) -> Points:
        of = projection.connectivity if projection.is_built else None
        known, blocks = self._blocks.get(projection.name, (None, None))
        if of is None:
            return np.zeros(0), np.zeros(0)
        if blocks is None or known is not of:  # synapses have come or gone
            sizes = projection.pre.size, projection.post.size
            sources, targets = projection.some_ends(MAX_IN_MATRIX)
            blocks = Blocks.of(sources, targets, sizes)
            self._blocks[projection.name] = of, blocks
        weights = projection.some_weights(MAX_IN_MATRIX)
        if len(weights) not in (1, len(blocks.of_synapse)):  # they are coming or going just now
            return np.zeros(0), np.zeros(0)
        return weight_matrix(weights, blocks, of.size)

    def _spectrum(self, population: str) -> Points:
        dt = self._network.dt
        bin_steps = max(1, round(RATE_BIN / dt))
        span = max(self._feed.window.duration, RATE_SPAN)
        end = self._feed.end // bin_steps * bin_steps
        start = max(0, end - round(span / dt / bin_steps) * bin_steps)
        counts = self._feed.counts(population, start, end, bin_steps)
        size = self._network.populations[population].size
        return rate_spectrum(counts, bin_steps * dt, size)


def local_variables(population: Any) -> list[str]:
    """Variables that each neuron has."""
    variables = population.neuron.model.variables
    return [variable.name for variable in variables if variable.locality == "local"]


def weight_unit(projection: Any) -> str:
    """The unit that a synapse model gives its weight, or ""."""
    model = projection.model
    if model is None:
        return ""
    known = {each.name: each.unit for each in (*model.parameters, *model.variables)}
    unit = known.get("w")
    return unit.name if unit is not None else ""
