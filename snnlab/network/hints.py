"""What a person should look at in a network, as plain sentences with measured numbers.

Reads the present state and the latest spikes; runs nothing and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import sympy
from numpy.typing import NDArray
from sympy import Expr, Symbol
from sympy.core.relational import Ge, Gt, Le, Lt

from snnlab.model.evaluate import evaluate
from snnlab.model.ir import DifferentialEquation, Event, NeuronModel, symbol
from snnlab.network.assembly import sums_all_inputs
from snnlab.network.inputs import PoissonPlayer
from snnlab.network.population import Population, State
from snnlab.network.projection import Projection
from snnlab.network.timescales import values_of

if TYPE_CHECKING:
    from snnlab.network.network import Network

SHORTEST = 100.0  # ms that have to be seen before a population is called silent
NEAR_LIMIT = 0.8  # of the rate that the refractory period allows: runaway
RUNAWAY = 300.0  # Hz, of neurons without a refractory period
COARSE = 0.25  # of a time constant: a step that shows
ENDLESS = 1e12  # of any variable: no model means such a value
FEWEST, OFTEN = 10, 3  # neurons, and times they spike, before it is called synchronous


def hints_of(network: Network) -> list[str]:
    """One sentence for each thing that is probably not meant; none when all is well."""
    found: list[str] = []
    for population in list(network.populations.values()):
        counts = network._recordings.activities[population.name].counts(network.step_index)
        found += _of_activity(population, counts, network.dt)
        found += _of_size(population)
        found += _of_time_step(population, network.dt)
        found += _of_inputs(population, network)
    for projection in list(network.projections.values()):
        found += _of_weights(projection)
    for drive in list(network.drives.values()):
        if not (np.asarray(drive.rate) * drive.n).any():
            found.append(f"{drive.name}: the rate of the Poisson input is 0 Hz")
    return found


def _of_activity(population: Population, counts: NDArray[np.int64], dt: float) -> Iterator[str]:
    """Silent, runaway or all at once; ``counts`` are the spikes in each of the latest steps."""
    name, model, state = population.name, population.neuron.model, population.state
    if population.given_data is not None:
        given = population.given_data
        drawn = given.rate if isinstance(given, PoissonPlayer) else ""
        if drawn in state.parameters and not np.any(state.internal(drawn)):
            yield f"{name}: the rate of the Poisson input is 0 Hz"
        return
    event = next((event for event in model.events if event.name == "spike"), None)
    if event is None or len(counts) * dt < SHORTEST - 0.5 * dt:
        return
    n_spikes = int(counts.sum())
    if n_spikes == 0:
        if not population.silenced.all():  # who silenced them knows
            yield f"{name}: silent{_distance(state, event)}"
        return
    rate = n_spikes * 1000.0 / (population.size * len(counts) * dt)
    refractory = _refractory(state, event)
    # The engine waits whole steps, and crosses the threshold in the step after them.
    reachable = 1000.0 / ((np.rint(refractory / dt) + 1) * dt)
    if refractory > 0:
        if rate > NEAR_LIMIT * reachable:
            limit = f"the refractory limit is {number(1000.0 / refractory)} Hz"
            if dt > COARSE * refractory:
                limit += f", with dt = {number(dt)} ms {number(reachable)} Hz"
            yield f"{name}: runaway; {number(rate)} Hz, {limit}"
    elif rate > min(RUNAWAY, NEAR_LIMIT * reachable):
        yield f"{name}: runaway; {number(rate)} Hz, and no refractory period limits it"
    volleys = counts[counts > 0]
    if population.size >= FEWEST and len(volleys) >= OFTEN and (volleys == population.size).all():
        yield f"{name}: all {population.size} neurons spike in the same steps"


def _of_size(population: Population) -> Iterator[str]:
    """A variable that grows without end, told before it ends the run."""
    state = population.state
    for variable in state.variables.values():
        if variable.dtype != "float" or variable.locality != "local":
            continue
        sizes = np.abs(state.values(variable.name))
        largest = int(np.argmax(sizes))
        if not ENDLESS < sizes[largest] < np.inf:
            continue
        scale, unit = (
            (variable.unit.scale, f" {variable.unit.name}") if variable.unit else (1.0, "")
        )
        value = state.values(variable.name)[largest] / scale
        yield (
            f"{population.name}: {variable.name} of neuron {largest} grows without end, "
            f"it is {value:.1e}{unit}"
        )


def _distance(state: State, event: Event) -> str:
    """How near the neurons come to the threshold, if the condition has one."""
    sides = _threshold(event.condition, state)
    if sides is None:
        return ""
    name, level = sides
    values = values_of(state)
    symbols = cast(set[Symbol], level.free_symbols)
    if not symbols <= values.keys():
        return ""
    with np.errstate(all="ignore"):
        threshold = np.broadcast_to(evaluate(level, values), (state.n_elements,))
    nearest = int(np.argmax(state.values(name) - threshold))
    parameter = state.parameters.get(level.name) if isinstance(level, Symbol) else None
    unit = state.variables[name].unit
    if parameter is not None and parameter.unit is not None:
        unit = parameter.unit  # as the author wrote it
    scale, shown = (unit.scale, f" {unit.name}") if unit is not None else (1.0, "")
    reached, needed = state.values(name)[nearest] / scale, threshold[nearest] / scale
    if not np.isfinite([reached, needed]).all():
        return ""
    first, second = _apart(float(reached), float(needed))
    what = "the strongest input reaches" if name == "v" else f"the highest {name} is"
    return f"; {what} {first}{shown}, threshold is {second}{shown}"


def _threshold(condition: Any, state: State) -> tuple[str, Expr] | None:
    """The variable that has to rise above a level, and the level."""
    parts = condition.args if isinstance(condition, sympy.And) else (condition,)
    for part in parts:
        if not isinstance(part, Gt | Ge | Lt | Le):
            continue
        above, level = part.gts, part.lts
        name = above.name if isinstance(above, Symbol) else ""
        variable = state.variables.get(name)
        if variable is not None and variable.dtype == "float" and variable.locality == "local":
            return name, cast(Expr, level)
    return None


def _refractory(state: State, event: Event) -> float:
    """The shortest refractory period of all neurons (ms); 0 without one."""
    if event.refractory is None:
        return 0.0
    values = values_of(state)
    if not cast(set[Symbol], event.refractory.free_symbols) <= values.keys():
        return 0.0
    return float(np.min(evaluate(event.refractory, values)))


def _of_time_step(population: Population, dt: float) -> Iterator[str]:
    """Time constants that follow from parameters alone; others are told before the run."""
    state = population.state
    told: set[str] = set()
    slopes = _slopes(population.neuron.model)
    if not slopes:
        return
    values = values_of(state)
    for name, slope in slopes:
        with np.errstate(all="ignore"):
            fastest = float(np.min(evaluate(slope, values)))
        if not np.isfinite(fastest) or fastest >= 0 or -fastest * dt < COARSE:
            continue
        tau = -1.0 / fastest
        own = [
            str(s)
            for s in sorted(cast(set[Symbol], slope.free_symbols), key=str)
            if np.isclose(np.min(values[s]), tau, rtol=1e-9)
        ]
        what = own[0] if own else f"the {number(tau)} ms in which {name} decays"
        if what not in told:
            told.add(what)
            yield f"{population.name}: dt is {number(dt / tau)} of {what}"


@lru_cache(maxsize=256)
def _slopes(model: NeuronModel) -> tuple[tuple[str, Expr], ...]:
    """Of each variable that decays at a rate of parameters alone, minus this rate (1/ms)."""
    known = {symbol(parameter.name) for parameter in model.parameters}
    found: list[tuple[str, Expr]] = []
    for equation in model.equations:
        if isinstance(equation, DifferentialEquation) and equation.method != "event-driven":
            slope = sympy.diff(equation.rhs, equation.variable)
            if slope != 0 and slope.free_symbols <= known:
                found.append((equation.variable.name, slope))
    return tuple(found)


def _of_inputs(population: Population, network: Network) -> Iterator[str]:
    """Targets that the equations read and nothing drives, in a network with connections."""
    model = population.neuron.model
    sources = [*network.projections.values(), *network.drives.values()]
    if not sources or sums_all_inputs(model):
        return
    driven = {source.target for source in sources if source.post is population}
    for target in model.targets:
        name = model.conductance(target) if model.spiking else f"sum({target})"
        if target not in driven and name not in population.courses:
            yield f"{population.name}: reads {name}, but no projection drives it"


def _of_weights(projection: Projection) -> Iterator[str]:
    """No synapses, or none that does anything."""
    if projection.is_built and projection.size == 0:
        yield f"{projection.name}: it has no synapses"
    elif _weighs_nothing(projection):
        yield f"{projection.name}: all weights are 0"


def _weighs_nothing(projection: Projection) -> bool:
    weights = projection._weights
    if weights is None or projection.procedural:  # none is drawn or built for a hint
        return not projection.has_weight_each and projection.given_weight == 0.0
    # The first ones mostly tell, without a look at millions.
    return not np.any(weights if weights.ndim == 0 else weights[:1000]) and not np.any(weights)


def number(value: float) -> str:
    """Three digits, or all before the point."""
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _apart(first: float, second: float) -> tuple[str, str]:
    """Two numbers with as few digits as show that they differ."""
    pairs = [(f"{first:.{digits}g}", f"{second:.{digits}g}") for digits in range(3, 8)]
    return next((pair for pair in pairs if pair[0] != pair[1]), pairs[0])
