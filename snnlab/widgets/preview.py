"""One neuron, or a few synapses, simulated to show what a model does.

A neuron is driven by what looks like its input current, or else by regular input spikes, or
else left alone. A plastic synapse shows its weight change over the spike-time difference, any
other one the conductance that a train of spikes leaves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from sympy import Float

from snnlab.model.ir import DifferentialEquation, NeuronModel, Parameter, SynapseModel, symbol
from snnlab.model.neuron import Neuron
from snnlab.model.synapse import Synapse
from snnlab.network.connectors import OneToOne
from snnlab.network.network import Network
from snnlab.plots.preview import Axes, Curve
from snnlab.units import Unit, dimension
from snnlab.widgets.feed import traced_variable, unit_of

CURRENT_NAMES = frozenset(
    name.lower()
    for name in (
        "I",
        "I_ext",
        "I_e",
        "I_stim",
        "I_app",
        "I_inj",
        "I_0",
        "I_dc",
        "i_offset",
        "input",
    )
)
QUIET, DRIVEN, AFTER = 30.0, 220.0, 50.0  # ms
INPUT_PERIOD = 20.0  # ms
INPUT_NAME = "input"
WINDOW = 60.0  # ms, of spike-time differences
WINDOW_STEP = 2.5  # ms
TRAIN = np.array([20.0 * k for k in range(8)] + [400.0])  # ms, spikes that probe a synapse


class Preview(Protocol):
    """Computes the curve of a model for given values of its parameters."""

    axes: Axes
    extra: tuple[Parameter, ...]  # sliders that belong to the drive, not to the model

    def curve(self, values: Mapping[str, float]) -> Curve: ...


def preview_of(model: Neuron | Synapse) -> Preview | None:
    """The preview of a model, or None when it cannot stand alone."""
    if isinstance(model, Neuron):
        return NeuronPreview(model)
    if _needs_neighbours(model.model):
        return None
    return WindowPreview(model) if _plastic(model.model) else TrainPreview(model)


@dataclass(frozen=True)
class Drive:
    """How a previewed neuron is excited: a stepped parameter, input spikes, or nothing."""

    parameter: Parameter | None = None
    target: str = ""


def drive_of(model: NeuronModel) -> Drive:
    """Choose the drive of a neuron from its parameters and its first equation."""
    numbers = [p for p in model.parameters if p.value.is_Number]
    named = [p for p in numbers if p.name.lower() in CURRENT_NAMES and p.dtype == "float"]
    currents = [p for p in numbers if p.low is not None and _is_current(p.unit)]
    added = [p for p in numbers if p.low is not None and _is_added(p, model)]
    for candidates in (named, currents, added):
        if candidates:
            return Drive(parameter=candidates[0])
    names = {variable.name for variable in model.variables}
    conductances = [target for target in model.targets if f"g_{target}" in names]
    return Drive(target=conductances[0] if conductances else "")


def _is_current(unit: Unit | None) -> bool:
    return unit is not None and unit.dimension == dimension(current=1)


def _is_added(parameter: Parameter, model: NeuronModel) -> bool:
    """Whether the parameter stands as a term of its own in the first differential equation.

    ``(E_L - v + I) / tau``: only I is added and touches nothing but the time constant.
    """
    first = next((e for e in model.equations if isinstance(e, DifferentialEquation)), None)
    if first is None:
        return False
    own = symbol(parameter.name)
    slope = first.rhs.expand().diff(own)
    others = {symbol(v.name) for v in model.variables}
    if slope == 0 or slope.has(own) or slope.free_symbols & others:
        return False
    return (
        parameter.low is not None
        and parameter.high is not None
        and (parameter.low <= 0 <= parameter.high)
    )


class NeuronPreview:
    """One neuron and its answer to a step of its drive."""

    def __init__(self, neuron: Neuron) -> None:
        self._variable = traced_variable(neuron.model) or ""
        unit = unit_of(neuron.model, self._variable) if self._variable else ""
        self._neuron = neuron
        self._drive = drive_of(neuron.model)
        self._network: Network | None = None
        self._population: Any = None
        self.axes = Axes("time (ms)", f"{self._variable} ({unit})" if unit else self._variable)
        self.extra: tuple[Parameter, ...] = ()
        if self._drive.target:
            self.extra = (
                _number(INPUT_NAME, 1.0, 0.0, 10.0, f"g_{self._drive.target} of a spike"),
            )

    def curve(self, values: Mapping[str, float]) -> Curve:
        """Simulate again with these parameters.

        Raises
        ------
        SnnlabError
            If the model cannot be compiled, or diverges.
        """
        network, population = self._ready()
        network.reset()
        own = {name: value for name, value in values.items() if name != INPUT_NAME}
        own = {**defaults(self._neuron.parameters), **own}
        for name, value in own.items():
            setattr(population, name, value)
        match self._drive:
            case Drive(parameter=Parameter(name=name, value=given, unit=unit)):
                high = own.get(name, float(given))
                value = f"{high:g} {unit.name}" if unit is not None else f"{high:g}"
                caption = self._caption(name, value)
                shaded = self._step(name, high)
            case Drive(target=target) if target:
                size = values.get(INPUT_NAME, 1.0)
                caption = f"g_{target} grows by {size:g} every {INPUT_PERIOD:g} ms"
                shaded = self._spikes(f"g_{target}", size)
            case _:
                caption, shaded = "left alone", None
                network.simulate(QUIET + DRIVEN + AFTER)
        trace = network.traces[population.name]
        spikes = network.spikes[population.name]["time"].to_numpy(dtype=float)
        times = np.asarray(trace.times, dtype=float)
        return Curve(times, trace[self._variable][:, 0].astype(float), spikes, shaded, caption)

    @property
    def _recorded(self) -> list[str]:
        return [self._variable]

    def _ready(self) -> tuple[Network, Any]:
        if self._network is None:
            network = Network(dt=0.1, seed=1, threads=1)
            self._population = network.add(1, self._neuron, name="preview")
            network.record(self._population, self._recorded)
            self._network = network
        return self._network, self._population

    def _caption(self, name: str, value: str) -> str:
        return f"{name} = {value}"

    def _step(self, name: str, high: float) -> tuple[float, float]:
        network, population = self._ready()
        for value, duration in ((0.0, QUIET), (high, DRIVEN), (0.0, AFTER)):
            setattr(population, name, value)
            network.simulate(duration)
        return QUIET, QUIET + DRIVEN

    def _spikes(self, conductance: str, size: float) -> tuple[float, float]:
        network, population = self._ready()
        network.simulate(QUIET)
        for _ in range(round(DRIVEN / INPUT_PERIOD)):
            getattr(population, conductance)[:] += size
            network.simulate(INPUT_PERIOD)
        network.simulate(AFTER)
        return QUIET, QUIET + DRIVEN


# Spikes at chosen times, and a conductance that shows what arrives.
_CLOCK = """
dcountdown/dt = -1        : explicit, init = 1e9
dg_out/dt = -g_out / 5 ms : exponential
spike: countdown < 0.5 * dt
reset: countdown = 1e9
"""


class WindowPreview:
    """Weight change of a plastic synapse over the difference of two spikes, post minus pre."""

    axes = Axes("t_post − t_pre (ms)", "change of w", zero_lines=True)
    extra: tuple[Parameter, ...] = ()

    def __init__(self, synapse: Synapse) -> None:
        self._synapse = synapse
        self._network: Network | None = None
        n_half = round(WINDOW / WINDOW_STEP)
        before = np.arange(-n_half, 0) * WINDOW_STEP
        self.differences = np.concatenate([before, -before[::-1]]).astype(np.float64)  # ms

    def curve(self, values: Mapping[str, float]) -> Curve:
        """Simulate all pairs at once, one synapse each."""
        weight = start_weight(self._synapse.model, values)
        network, pre, post, projection = self._ready(weight)
        network.reset()
        for name, value in {**defaults(self._synapse.parameters), **values}.items():
            setattr(projection, name, value)
        projection.w[:] = weight
        # A spike arrives one step after it was sent, so the pre-neurons spike one step early.
        pre.countdown[:] = WINDOW + 10.0 - network.dt
        post.countdown[:] = WINDOW + 10.0 + self.differences
        network.simulate(2 * WINDOW + 20.0)
        change = np.asarray(projection.w, dtype=float) - weight
        # A gap at zero: the two sides of the window are two curves.
        middle = len(change) // 2
        x = np.insert(self.differences, middle, 0.0)
        y = np.insert(change, middle, np.nan)
        return Curve(x, y, np.zeros(0), None, f"one pair of spikes, w starts at {weight:g}")

    def _ready(self, weight: float) -> tuple[Network, Any, Any, Any]:
        if self._network is None:
            network = Network(dt=0.1, seed=1, threads=1)
            clock = Neuron.from_cell(_CLOCK, "clock")
            pre = network.add(len(self.differences), clock, name="pre")
            post = network.add(len(self.differences), clock, name="post")
            projection = network.connect(
                pre, post, "out", OneToOne(), weight=weight, synapse=self._synapse
            )
            self._network, self._parts = network, (pre, post, projection)
        return self._network, *self._parts


class TrainPreview:
    """Conductance that a train of spikes leaves behind a synapse, and one spike long after."""

    axes = Axes("time (ms)", "g_target")
    extra: tuple[Parameter, ...] = ()

    def __init__(self, synapse: Synapse) -> None:
        self._synapse = synapse
        self._network: Network | None = None

    def curve(self, values: Mapping[str, float]) -> Curve:
        """Simulate the train."""
        network, pre, projection = self._ready()
        network.reset()
        for name, value in {**defaults(self._synapse.parameters), **values}.items():
            setattr(projection, name, value)
        times = 20.0 + TRAIN
        for start, stop in zip([0.0, *times[:-1]], times, strict=True):
            pre.countdown[:] = stop - start
            network.simulate(stop - start)
        network.simulate(60.0)
        trace = network.traces["post"]
        conductance = trace["g_out"][:, 0].astype(float)
        spikes = network.spikes["pre"]["time"].to_numpy(dtype=float)
        caption = "eight spikes at 50 Hz, one later; g decays in 5 ms"
        return Curve(np.asarray(trace.times, dtype=float), conductance, spikes[:0], None, caption)

    def _ready(self) -> tuple[Network, Any, Any]:
        if self._network is None:
            network = Network(dt=0.1, seed=1, threads=1)
            clock = Neuron.from_cell(_CLOCK, "clock")
            pre, post = network.add(1, clock, name="pre"), network.add(1, clock, name="post")
            weight = start_weight(self._synapse.model, {})
            projection = network.connect(
                pre, post, "out", OneToOne(), weight=weight, synapse=self._synapse
            )
            network.record(post, ["g_out"])
            self._network, self._parts = network, (pre, projection)
        return self._network, *self._parts


def defaults(parameters: Sequence[Parameter]) -> dict[str, float]:
    """The values that the model's text gives to what a slider may have changed."""
    return {p.name: float(p.value) for p in parameters if p.low is not None and p.value.is_Number}


def start_weight(model: SynapseModel, values: Mapping[str, float]) -> float:
    """A weight with room on both sides: half of the largest one where the model names it."""
    for parameter in model.parameters:
        if parameter.name in ("w_max", "wmax", "W_max") and parameter.value.is_Number:
            return 0.5 * float(values.get(parameter.name, float(parameter.value)))
    return 0.5


def _plastic(model: SynapseModel) -> bool:
    changed = {statement.target for statement in (*model.pre_spike, *model.post_spike)}
    return symbol("w") in changed


def _needs_neighbours(model: SynapseModel) -> bool:
    """Whether the synapse reads its neurons or transmits all the time."""
    if model.psp is not None:
        return True
    statements = [*model.pre_spike, *model.post_spike]
    used = {s for statement in statements for s in statement.value.free_symbols}
    for equation in model.equations:
        value = equation.rhs if isinstance(equation, DifferentialEquation) else equation.value
        used |= value.free_symbols
    return any("." in str(s) for s in used)


def _number(name: str, value: float, low: float, high: float, text: str) -> Parameter:
    return Parameter(name, Float(value), low=low, high=high, help=text)
