"""Kernels: what is computed for each element, before any target language.

A `Kernel` is a loop body in single-assignment form: loads, then named values, then stores.
It knows its buffers by name and nothing of memory. A `Program` is one compile unit: the
printed text and the kernels in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sympy import Basic, Symbol

Shape = Literal["neurons", "once", "pre_row", "post_row"]
"""What a kernel runs over: all neurons, once a population (or projection), the synapses of
one pre neuron, or the synapses of one post neuron."""

Index = Literal["element", "shared", "pre", "post", "past"]
"""How a buffer is addressed: by the loop's neuron or synapse, one value for all, by the pre or
post neuron of a synapse, or by the pre neuron and the synapse's own delay."""

Item = Literal["real", "int", "bool"]

Form = Literal["few", "columns", "distances"]
"""How the synapses of a post neuron are told to a kernel: by their numbers and pre neurons, where
they are few in two bytes, or by how far they are apart (`snnlab.engine.incoming`)."""


@dataclass(frozen=True)
class Buffer:
    """An array that the kernel is given."""

    name: str  # as in the model: "v", "w", "pre.v", "post.g_exc"; or a reserved one below
    index: Index = "element"
    item: Item = "real"


# Buffers that the engine fills or reads, whatever the model.
SPIKED = Buffer("(spiked)", item="bool")  # 1 where the neuron spikes in this step
AXON_SPIKED = Buffer("(axon spiked)", item="bool")  # 1 where an axonal spike is emitted
WAIT = Buffer("(wait)", item="int")  # steps until the neuron leaves its refractory period
LAST_SPIKE = Buffer("(last spike)", item="int")  # step of the neuron's latest spike
TARGET = Buffer("post.g_target", "post")  # the conductance that the projection drives
INPUT = Buffer("post.(input)", "post")  # what continuous transmission adds to
TOUCHED = Buffer("(touched)", item="int")  # step of a synapse's latest event
SPIKES_ARRIVED = Buffer("(arrived)", "pre", "int")  # step of a pre neuron's latest arrival


@dataclass(frozen=True)
class Load:
    """``symbol`` is the element's value at the beginning of the step."""

    symbol: Symbol
    buffer: Buffer


@dataclass(frozen=True)
class Let:
    """``symbol = value``, once."""

    symbol: Symbol
    value: Basic
    item: Item = "real"


@dataclass(frozen=True)
class Store:
    """The element's value at the end of the step."""

    buffer: Buffer
    value: Basic


@dataclass(frozen=True)
class Add:
    """``buffer += value``, in the order of the loop."""

    buffer: Buffer
    value: Basic


@dataclass(frozen=True)
class Keep:
    """``buffer`` becomes ``value`` where that is larger ("max") or smaller ("min")."""

    buffer: Buffer
    value: Basic
    extreme: Literal["max", "min"]


Statement = Load | Let | Store | Add | Keep


FIRST_DRAW = 16  # smaller numbers of a stream belong to the engine


@dataclass(frozen=True)
class Draw:
    """A random number of this step and element; ``symbol`` stands for it."""

    symbol: Symbol
    distribution: str
    arguments: tuple[Basic, ...]
    number: int  # which draw of the object it is


@dataclass(frozen=True)
class Kernel:
    """One loop. ``prologue`` holds what does not change within it."""

    name: str  # a C identifier
    shape: Shape
    scalars: tuple[str, ...]  # all parameters of the model, in its order
    body: tuple[Statement | Draw, ...]
    prologue: tuple[Let, ...] = ()

    @property
    def fixed(self) -> tuple[Let, ...]:
        """Of the prologue, what parameters and the time step alone decide: it is computed once a
        run, before the first step."""
        known: set[Basic] = {Symbol(name, real=True) for name in (*self.scalars, "dt")}
        found: list[Let] = []
        for let in self.prologue:
            if let.value.free_symbols <= known:
                known.add(let.symbol)
                found.append(let)
        return tuple(found)

    @property
    def reads_past(self) -> bool:
        """Whether synapses read values of as many steps ago as their own delays."""
        return any(buffer.index == "past" for buffer in self.buffers)

    @property
    def buffers(self) -> tuple[Buffer, ...]:
        """Every buffer that the body touches, each once, in order of first use."""
        seen = dict.fromkeys(
            s.buffer for s in self.body if isinstance(s, Load | Store | Add | Keep)
        )
        return tuple(seen)


@dataclass(frozen=True)
class Program:
    """One compile unit."""

    name: str
    text: str
    kernels: tuple[Kernel, ...]

    def kernel(self, shape_name: str) -> Kernel | None:
        """The kernel whose name ends with ``_<shape_name>``."""
        for kernel in self.kernels:
            if kernel.name.endswith("_" + shape_name):
                return kernel
        return None
