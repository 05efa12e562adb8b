"""The checked model: frozen dataclasses over sympy expressions.

What a neuron or a synapse *means*, whatever text, class or widget it came from. Nothing
here knows about arrays, generated code or threads.

Symbols are `real` sympy symbols made by `symbol`. Besides the names of parameters and
variables these are used, exactly as a person writes them: ``t`` and ``dt`` (ms), ``t_last``
(time of the neuron's previous spike), ``t_pre`` and ``t_post``, ``pre.x`` and ``post.x`` (neuron
attributes seen from a synapse), ``g_target`` (the conductance that a projection drives),
``sum(exc)`` (the weighted sum of a target), ``mean(v)`` and its kin (population-wide
operations), ``xi`` or ``xi_a`` (white noise, of which each step
draws one normal number) and ``draw(0)``, ``draw(1)`` ... (random draws).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from sympy import Expr, Symbol
from sympy.logic.boolalg import Boolean

from snnlab.language.source import Source, Span
from snnlab.units import Unit

Locality = Literal["local", "population", "postsynaptic", "projection"]
DType = Literal["float", "int", "bool"]


@cache
def symbol(name: str) -> Symbol:
    """The symbol for ``name``; two calls give the same object."""
    return Symbol(name, real=True)


@dataclass(frozen=True)
class Parameter:
    """A constant of the model that a person may change between two steps."""

    name: str
    value: Expr  # a number in `unit`, or an expression of other parameters (derived)
    unit: Unit | None = None
    low: float | None = None  # slider range, in `unit`
    high: float | None = None
    locality: Locality | None = None  # None: one value, until an array is assigned
    dtype: DType = "float"
    help: str = ""
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Variable:
    """A quantity that the equations change."""

    name: str
    init: Expr  # over parameters and random draws; 0 when not given
    minimum: Expr | None = None
    maximum: Expr | None = None
    locality: Locality = "local"
    dtype: DType = "float"
    unit: Unit | None = None  # internal unit, inferred when the model gives units
    help: str = ""
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True)
class RandomDraw:
    """One random number a step for each element; ``name`` is the symbol that stands for it."""

    name: str  # "draw(0)"
    distribution: str  # "Uniform", "Normal", ...
    arguments: tuple[Expr, ...]


@dataclass(frozen=True)
class DifferentialEquation:
    """``d variable/dt = rhs``, solved by ``method``."""

    variable: Symbol
    rhs: Expr  # [variable]/ms
    method: str  # a name in `integrators.METHODS`, or "event-driven"
    reason: str = ""  # why this method, when the model did not name one
    noise: tuple[Symbol, ...] = ()  # white noise in `rhs`; each is a standard normal draw, too
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Assignment:
    """``target = value``; ``x += a`` is stored as ``x = x + a`` with ``operator`` "+="."""

    target: Symbol
    value: Expr | Boolean
    operator: str = "="
    unless_post: bool = False
    span: Span | None = field(default=None, compare=False)


Equation = DifferentialEquation | Assignment


@dataclass(frozen=True)
class Event:
    """What happens in a neuron when ``condition`` holds after the update of a step.

    ``spike`` is transmitted and recorded. ``axon_spike`` is transmitted to synapses with
    ``pre_axon_spike``; it is tested in the refractory period, too, and only where no spike is.
    """

    name: str  # "spike", "axon_spike", or the author's own
    condition: Boolean
    reset: tuple[Assignment, ...] = ()
    refractory: Expr | None = None  # ms
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True)
class NeuronModel:
    """A checked neuron."""

    name: str
    parameters: tuple[Parameter, ...]
    variables: tuple[Variable, ...]
    equations: tuple[Equation, ...]  # in the order of the text
    events: tuple[Event, ...] = ()
    draws: tuple[RandomDraw, ...] = ()
    targets: tuple[str, ...] = ()  # ("exc", "inh"): every g_<target> and sum(<target>)
    description: str = ""
    source: Source | None = field(default=None, compare=False)

    @property
    def spiking(self) -> bool:
        """Whether the neuron emits spikes, not a rate."""
        return any(event.name == "spike" for event in self.events)

    def conductance(self, target: str) -> str:
        """The variable that spikes for ``target`` add to: ``g_<target>``, or an ``input``."""
        names = [variable.name for variable in self.variables]
        return target if f"g_{target}" not in names and target in names else f"g_{target}"


@dataclass(frozen=True)
class StructuralRule:
    """When a synapse is created or pruned."""

    condition: Boolean
    probability: Expr  # that it happens in a step in which the condition holds
    weight: Expr | None = None  # of a new synapse
    delay: Expr | None = None  # of a new synapse, ms; None: that of the projection
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True)
class SynapseModel:
    """A checked synapse. ``w`` is always one of the variables or parameters."""

    name: str
    parameters: tuple[Parameter, ...]
    variables: tuple[Variable, ...]
    equations: tuple[Equation, ...] = ()  # includes the event-driven ones
    pre_spike: tuple[Assignment, ...] = ()
    post_spike: tuple[Assignment, ...] = ()
    psp: Expr | None = None  # continuous transmission
    operation: str = "sum"
    draws: tuple[RandomDraw, ...] = ()
    description: str = ""
    pre_axon_spike: tuple[Assignment, ...] = ()  # on an axonal spike: adds to g_target
    apply: tuple[Assignment, ...] = ()  # when `projection.apply()` is called
    creating: StructuralRule | None = None
    pruning: StructuralRule | None = None
    source: Source | None = field(default=None, compare=False)
