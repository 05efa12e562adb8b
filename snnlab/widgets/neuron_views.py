"""Other looks at a neuron than a current step: a ramp, its f-I curve, its phase plane."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, Symbol

from snnlab.model import library
from snnlab.model.evaluate import evaluate
from snnlab.model.ir import DifferentialEquation, NeuronModel, Parameter, Variable, symbol
from snnlab.model.neuron import Neuron
from snnlab.model.synapse import Synapse
from snnlab.network.network import Network
from snnlab.plots.preview import Axes, Curve, Line, thinned
from snnlab.widgets.feed import traced_variable
from snnlab.widgets.preview import (
    DRIVEN,
    QUIET,
    NeuronPreview,
    Preview,
    defaults,
    drive_of,
    preview_of,
)

STEP, RAMP, RATES, PLANE = "current step", "ramp", "f-I curve", "phase plane"
RAMP_PIECES = 44
CURRENTS = 41  # of an f-I curve
SETTLING, COUNTING = 100.0, 2000.0  # ms; steps of 0.5 Hz, which no eye sees
GRID = 160  # points of a phase plane in each direction
MARGIN = 0.25  # of the trajectory's extent, around it


def previews_of(model: Neuron | Synapse) -> dict[str, Preview]:
    """What a card can show of a model, by name; the first one first."""
    first = preview_of(model)
    if first is None:
        return {}
    if not isinstance(model, Neuron):
        return {"preview": first}
    views: dict[str, Preview] = {STEP: first}
    drive = drive_of(model.model).parameter
    if drive is not None:
        views[RAMP] = RampPreview(model)
        if model.model.spiking:
            views[RATES] = RatePreview(model, drive)
    if len(plane_of(model.model)) == 2:
        views[PLANE] = PlanePreview(model)
    return views


@cache
def comparable_neurons() -> tuple[str, ...]:
    """The neurons of the library; they are read when they are chosen."""
    return tuple(library.names("neuron"))


@cache
def _library_view(name: str, view: str) -> Preview | None:
    return previews_of(library.load(name)).get(view)


def compared(curve: Curve, name: str, view: str, axes: Axes) -> Curve:
    """``curve`` with the answer of a neuron of the library to its own drive beside it.

    Where the two have other units, the other one is stretched to the same range.

    Raises
    ------
    SnnlabError
        If the other neuron cannot be compiled, or diverges.
    """
    other = _library_view(name, view)
    if other is None:
        return replace(curve, caption=f"{curve.caption}; {name} has no {view}")
    answer = thinned(other.curve(_driven(name)))
    x, y = answer.x, answer.y
    label = name if view == RATES else f"{name}, {answer.caption}"
    if other.axes.x_label != axes.x_label:
        x, label = _stretched(x, curve.x), f"{label} (its {other.axes.x_label} stretched)"
    if other.axes.y_label != axes.y_label:
        y, label = _stretched(y, curve.y), f"{label} (its {other.axes.y_label} stretched)"
    return replace(curve, beside=(Line(x, y, label),))


def _driven(name: str) -> dict[str, float]:
    """The drive of a neuron of the library: the middle of its range where it has none."""
    model = library.load(name).model
    drive = drive_of(model).parameter if isinstance(model, NeuronModel) else None
    if drive is None or drive.low is None or drive.high is None or float(drive.value) != 0:
        return {}
    return {drive.name: 0.5 * (drive.low + drive.high)}


def _stretched(values: NDArray[np.float64], like: NDArray[np.float64]) -> NDArray[np.float64]:
    low, high = values.min(), values.max()
    part = (values - low) / (high - low) if high > low else np.full(len(values), 0.5)
    return like.min() + part * (like.max() - like.min())


class RampPreview(NeuronPreview):
    """One neuron while its drive grows evenly from 0 to its value."""

    def _caption(self, name: str, value: str) -> str:
        return f"{name} grows from 0 to {value}"

    def _step(self, name: str, high: float) -> tuple[float, float]:
        network, population = self._ready()
        setattr(population, name, 0.0)
        network.simulate(QUIET)
        for k in range(RAMP_PIECES):
            setattr(population, name, high * (k + 1) / RAMP_PIECES)
            network.simulate(DRIVEN / RAMP_PIECES)
        return QUIET, QUIET + DRIVEN


class RatePreview:
    """Rates of neurons that are driven with many currents at once."""

    extra: tuple[Parameter, ...] = ()

    def __init__(self, neuron: Neuron, drive: Parameter) -> None:
        self._neuron, self._drive = neuron, drive
        self._network: Network | None = None
        self._population: Any = None
        unit = f" ({drive.unit.name})" if drive.unit is not None else ""
        self.axes = Axes(f"{drive.name}{unit}", "rate (Hz)")
        low, high = drive.low, drive.high
        if low is None or high is None:
            low, high = 0.0, 2.0 * float(drive.value) or 1.0
        self.currents = np.linspace(low, high, CURRENTS)

    def curve(self, values: Mapping[str, float]) -> Curve:
        """Simulate all currents again with these parameters.

        Raises
        ------
        SnnlabError
            If the model cannot be compiled, or diverges.
        """
        if self._network is None:
            self._network = Network(dt=0.1, seed=1, threads=1)
            self._population = self._network.add(CURRENTS, self._neuron, name="preview")
        network, population = self._network, self._population
        network.reset()
        for name, value in {**defaults(self._neuron.parameters), **values}.items():
            setattr(population, name, self.currents if name == self._drive.name else value)
        setattr(population, self._drive.name, self.currents)
        network.simulate(SETTLING + COUNTING)
        spikes = network.spikes["preview"]
        late = spikes["neuron"][spikes["time"] >= SETTLING].to_numpy()
        rates = np.bincount(late, minlength=CURRENTS) * (1000.0 / COUNTING)
        caption = f"rate over {COUNTING / 1000:g} s, {SETTLING:g} ms after the current began"
        return Curve(self.currents, rates.astype(float), np.zeros(0), None, caption)


class PlanePreview(NeuronPreview):
    """The two variables of a neuron against each other, with their nullclines."""

    def __init__(self, neuron: Neuron) -> None:
        super().__init__(neuron)
        self._pair = plane_of(neuron.model)
        (first, _), (second, _) = self._pair
        self.axes = Axes(_label(first), _label(second))

    @property
    def _recorded(self) -> list[str]:
        return [variable.name for variable, _ in self._pair]

    def curve(self, values: Mapping[str, float]) -> Curve:
        """Simulate again, and find where each variable stands still.

        Raises
        ------
        SnnlabError
            If the model cannot be compiled, or diverges.
        """
        answer = super().curve(values)
        network, population = self._ready()
        trace = network.traces[population.name]
        driven = (trace.times >= QUIET) & (trace.times < QUIET + DRIVEN)
        x, y = (trace[name][driven, 0].astype(float) for name in self._recorded)
        # The sample at the time of a spike was taken before the reset.
        resets = np.searchsorted(trace.times[driven], answer.spikes, side="right")
        resets = resets[(resets > 0) & (resets < len(x))]
        own = {**defaults(self._neuron.parameters), **values}
        lines = self._nullclines(_reach(x), _reach(y), own)
        caption = f"{answer.caption}; where each variable stands still"
        # A reset is a jump; no neuron ever was between its ends.
        x, y = (np.insert(values, resets, np.nan) for values in (x, y))
        return replace(
            answer, x=x, y=y, spikes=np.zeros(0), shaded=None, caption=caption, beside=lines
        )

    def _nullclines(
        self, x_range: tuple[float, float], y_range: tuple[float, float], own: Mapping[str, float]
    ) -> tuple[Line, ...]:
        x, y = np.linspace(*x_range, GRID), np.linspace(*y_range, GRID)
        known = _values(self._neuron.model, own)
        (first, _), (second, _) = self._pair
        known[symbol(first.name)], known[symbol(second.name)] = np.meshgrid(x, y)
        lines = []
        for variable, slope in self._pair:
            if slope.free_symbols - known.keys():
                continue  # it follows from a random number
            with np.errstate(all="ignore"):
                field = np.broadcast_to(evaluate(slope, known), (GRID, GRID))
            lines.append(Line(*zero_line(x, y, field), f"d{variable.name}/dt = 0"))
        return tuple(lines)


def plane_of(model: NeuronModel) -> tuple[tuple[Variable, Expr], ...]:
    """The variables that span a neuron's phase plane, and their slopes; none if it has no plane.

    Conductances, sums of inputs and noise count as 0. What is assigned stands for its value.
    """
    silent = _silent(model)
    slopes: dict[str, Expr] = {}
    meaning: dict[Any, Any] = {}
    for e in model.equations:
        if isinstance(e, DifferentialEquation):
            slopes[str(e.variable)] = e.rhs
        elif isinstance(e.value, Expr):
            meaning[e.target] = e.value.subs(meaning)
    pair = [v for v in model.variables if v.name in slopes and symbol(v.name) not in silent]
    if len(pair) != 2 or any(v.locality != "local" or v.dtype != "float" for v in pair):
        return ()
    own = {symbol(v.name) for v in pair}
    meaning = {target: value for target, value in meaning.items() if target not in own}
    found = [(v, slopes[v.name].subs(meaning)) for v in pair]
    known = own | silent | {symbol(p.name) for p in model.parameters if p.dtype == "float"}
    if any(slope.free_symbols - known for _, slope in found):
        return ()
    shown = traced_variable(model)
    if shown is not None and pair[1].name == shown[0]:
        found.reverse()  # the potential lies along x
    return tuple(found)


def _silent(model: NeuronModel) -> set[Symbol]:
    """What other neurons would drive, and noise around 0."""
    silent = {symbol(model.conductance(target)) for target in model.targets}
    silent |= {symbol(f"sum({target})") for target in model.targets}
    silent |= {
        symbol(draw.name)
        for draw in model.draws
        if draw.distribution == "Normal" and draw.arguments[0] == 0
    }
    for equation in model.equations:
        if isinstance(equation, DifferentialEquation):
            silent |= set(equation.noise)
    return silent


def zero_line(
    x: NDArray[np.float64], y: NDArray[np.float64], field: NDArray
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where ``field`` (len(y), len(x)) is 0: short pieces with NaN between them.

    Marching squares: along each edge of the grid the field is taken as linear, and the two points
    on the edges of a square are joined.
    """
    points = [_along_rows(x, y, field)]
    columns = _along_rows(y, x, field.T)
    points.append((columns[0].T, columns[2].T, columns[1].T))
    bottom_top, left_right = points
    (has_h, x_h, y_h), (has_v, x_v, y_v) = bottom_top, left_right
    # The four edges of every square: below, above, left, right.
    has = np.stack([has_h[:-1], has_h[1:], has_v[:, :-1], has_v[:, 1:]])
    px = np.stack([x_h[:-1], x_h[1:], x_v[:, :-1], x_v[:, 1:]])
    py = np.stack([y_h[:-1], y_h[1:], y_v[:, :-1], y_v[:, 1:]])
    rows, cells = np.nonzero(has.sum(axis=0) == 2)
    chosen = has[:, rows, cells]
    first = chosen.argmax(axis=0)
    last = 3 - chosen[::-1].argmax(axis=0)
    gap = np.full(len(rows), np.nan)
    found = [
        np.stack([p[first, rows, cells], p[last, rows, cells], gap], axis=1).ravel()
        for p in (px, py)
    ]
    return found[0], found[1]


def _along_rows(
    along: NDArray[np.float64], across: NDArray[np.float64], field: NDArray
) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]:
    """Which edges along the rows cross 0, and where: coordinates along and across."""
    left, right = field[:, :-1], field[:, 1:]
    crosses = (left < 0) != (right < 0)
    crosses &= np.isfinite(left) & np.isfinite(right)
    with np.errstate(all="ignore"):
        part = np.where(crosses, left / (left - right), 0.0)
    where = along[:-1] + part * np.diff(along)
    return crosses, where, np.broadcast_to(across[:, np.newaxis], where.shape)


def _values(model: NeuronModel, own: Mapping[str, float]) -> dict[Any, Any]:
    """Parameters in internal units, derived ones followed, and conductances of 0."""
    known: dict[Any, Any] = dict.fromkeys(_silent(model), np.float64(0.0))
    for parameter in model.parameters:
        scale = parameter.unit.scale if parameter.unit is not None else 1.0
        name = symbol(parameter.name)
        if parameter.name in own:
            known[name] = np.float64(own[parameter.name] * scale)
        elif parameter.value.is_Number:
            known[name] = np.float64(float(parameter.value) * scale)
        elif parameter.value.free_symbols <= known.keys():
            known[name] = evaluate(parameter.value, known)
    return known


def _reach(values: NDArray[np.float64]) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    room = MARGIN * (high - low) or 1.0
    return low - room, high + room


def _label(variable: Variable) -> str:
    return f"{variable.name} ({variable.unit.name})" if variable.unit is not None else variable.name
