"""Which variables of a synapse are the same for all synapses of a neuron.

A trace of the pre neuron's spikes needs one number a neuron, not one a synapse: Song, Miller &
Abbott 2000, Nat. Neurosci. 3, 919-926, write it so. The equations tell; nobody declares it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from sympy import Basic, Symbol

from snnlab.model.integrators import EVENT_DRIVEN
from snnlab.model.ir import Assignment, DifferentialEquation, SynapseModel, symbol


@dataclass(frozen=True)
class Traces:
    """Event-driven variables with one value for each pre, or for each post neuron.

    ``followed`` says that post spikes read those of the pre neurons, so that they are brought up to
    date in every step; else they are at a pre neuron's spikes.
    """

    pre: frozenset[str] = frozenset()
    post: frozenset[str] = frozenset()
    followed: bool = False

    @property
    def names(self) -> frozenset[str]:
        return self.pre | self.post


NO_TRACES = Traces()


def neuron_traces(
    model: SynapseModel, individual: frozenset[str] = frozenset(), *, one_delay: bool = True
) -> Traces:
    """Find the variables of ``model`` that belong to neurons.

    Such a variable is event-driven, only spikes of one side change it, and nothing in its equation
    or in these changes differs between the synapses of a neuron. With delays of their own
    (not ``one_delay``) synapses of a pre neuron learn of its spikes at different times.

    Parameters
    ----------
    individual
        Parameters with a value for each synapse.
    """
    if model.pre_axon_spike or model.creating is not None:
        return NO_TRACES
    changed = {a.target for a in (*model.pre_spike, *model.post_spike)}
    shared = {
        symbol(p.name)
        for p in model.parameters
        if p.name not in individual and p.locality != "local"
    }
    shared |= {symbol(v.name) for v in model.variables if v.locality == "projection"} - changed
    candidates = _candidates(model, shared)
    sides = []
    for own, other in (
        (model.pre_spike, model.post_spike),
        (model.post_spike, model.pre_spike),
    ):
        elsewhere = {a.target for a in (*other, *model.apply)}
        sides.append(_unchanged_by_synapses(own, candidates - elsewhere, shared))
    pre, post = sides
    if not one_delay:
        pre = set()
    read = _symbols(a.value for a in model.post_spike)
    names = frozenset(s.name for s in pre), frozenset(s.name for s in post)
    return Traces(*names, followed=bool(pre & read))


def _candidates(model: SynapseModel, shared: set[Symbol]) -> set[Symbol]:
    """Event-driven variables whose own course is the same for all synapses."""
    driven = {
        e.variable: e
        for e in model.equations
        if isinstance(e, DifferentialEquation) and e.method == EVENT_DRIVEN
    }
    # Equations of every step and `psp` read what a synapse knew at its latest event.
    read = _symbols(
        e.rhs if isinstance(e, DifferentialEquation) else e.value
        for e in model.equations
        if not (isinstance(e, DifferentialEquation) and e.variable in driven)
    )
    if model.psp is not None:
        read |= _symbols([model.psp])
    found = set()
    for variable in model.variables:
        s = symbol(variable.name)
        if s not in driven or s in read or variable.locality != "local":
            continue
        fixed = [variable.init, variable.minimum, variable.maximum]
        own = _symbols(e for e in fixed if e is not None) | (_symbols([driven[s].rhs]) - {s})
        if variable.dtype == "float" and own <= shared:
            found.add(s)
    return found


def _unchanged_by_synapses(
    statements: tuple[Assignment, ...], candidates: set[Symbol], shared: set[Symbol]
) -> set[Symbol]:
    """Those of the variables that ``statements`` change, and all change alike."""
    found = candidates & {a.target for a in statements}
    allowed = shared | {symbol("t"), symbol("dt")}
    while True:
        differing = {
            a.target
            for a in statements
            if a.target in found and (a.unless_post or not _symbols([a.value]) <= allowed | found)
        }
        if not differing:
            return found
        found -= differing


def _symbols(values: Iterable[Basic]) -> set[Symbol]:
    return {s for value in values for s in cast(set[Symbol], value.free_symbols)}
