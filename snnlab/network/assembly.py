"""From a network to the engine's objects: compiled kernels, buffers and the schedule.

The order of one step stands in `phases`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray
from sympy import Symbol

from snnlab.codegen.c_target import CTypes, index_buffers, sums_rows
from snnlab.codegen.kernel import (
    AXON_SPIKED,
    INPUT,
    LAST_SPIKE,
    SPIKED,
    SPIKES_ARRIVED,
    TARGET,
    TOUCHED,
    WAIT,
    Buffer,
    Kernel,
    Program,
)
from snnlab.codegen.lower import GLOBAL_OPERATION, lower_apply
from snnlab.codegen.numpy_target import NumpyKernel
from snnlab.codegen.printer import Real
from snnlab.engine import numpy_stepper, stepper
from snnlab.engine.build import Build
from snnlab.engine.incoming import Incoming, form_of, incoming
from snnlab.engine.library import KernelLibrary
from snnlab.engine.memory import aligned_zeros, inbox_pays, padded_size, split_at_vectors
from snnlab.engine.schedule import Phase, PhaseKind, Schedule
from snnlab.engine.segments import Pieces, Segments
from snnlab.engine.stepper import (
    Arguments,
    Clear,
    History,
    Inbox,
    Object,
    Past,
    ProceduralSynapses,
    Recorder,
    Reduction,
    SpikeLists,
    Synapses,
    Update,
)
from snnlab.errors import NetworkError
from snnlab.model.ir import DifferentialEquation, NeuronModel, SynapseModel
from snnlab.network.changes import SILENCED
from snnlab.network.compilation import neuron_program, start, synapse_program
from snnlab.network.connectors import Connectivity
from snnlab.network.population import Population
from snnlab.network.procedural import Procedure
from snnlab.network.projection import Projection

LONG_AGO = -10_000  # steps: the time of a neuron's previous spike before it has spiked
MOST_NUMBERED = 2**32  # synapses: lists of them in another order have numbers of 32 bits
WEIGHTED_SUM = re.compile(r"(?:(pre|post)\.)?sum\((\w+)\)$")


@dataclass
class PopulationParts:
    """What the engine holds of one population."""

    population: Population
    backend: Backend
    spiked: NDArray[np.uint8]
    wait: NDArray[np.int32]  # steps of refractoriness left
    last_spike: NDArray[np.int32]  # step
    spikes: SpikeLists
    axon: SpikeLists | None = None  # spikes of axons, where the neuron has a condition for them
    updates: list[tuple[PhaseKind, Update]] = field(default_factory=list)
    player: Object | None = None  # of given data
    courses: dict[str, Object] = field(default_factory=dict)  # values of parameters and variables
    effective: dict[str, NDArray] = field(default_factory=dict)  # parameters with their stimuli
    clears: list[tuple[str, Clear]] = field(default_factory=list)  # weighted sums
    drives: list[tuple[str, Object]] = field(default_factory=list)  # what, Poisson input
    reductions: dict[str, Reduction] = field(default_factory=dict)  # "mean(v)"
    histories: dict[tuple[str, int], History] = field(default_factory=dict)  # (name, steps)
    pasts: dict[tuple[str, int], Past] = field(default_factory=dict)  # (name, most steps)
    # Inputs: threads add to them while others transmit, who read them as the last step left them.
    driven: frozenset[str] = frozenset()

    def state(self) -> dict[str, NDArray]:
        """Every array that a step changes, but spikes under way: what snapshots hold.

        Whoever gives the engine another array that steps change names it here.
        """
        arrays = self.population.state.arrays
        found = {name: arrays[name] for name in self.population.state.variables}
        found |= {name: arrays[name] for name in self.reductions}
        found |= {name: arrays[name] for name, _ in self.clears}
        found |= {name: arrays[name] for name in self.courses}
        found[SILENCED] = arrays[SILENCED]
        for change in self.population.stimuli:
            found[f"{change.name} with stimuli"] = self.array(change.name)
        found |= {"(spiked)": self.spiked, "(wait)": self.wait, "(last spike)": self.last_spike}
        for (name, delay), history in self.histories.items():
            found[f"{name} of {delay} steps"] = history.ring
            found[f"{name} {delay} steps ago"] = history.out
        for (name, longest), past in self.pasts.items():
            found[f"{name} of up to {longest} steps"] = past.ring
        if self.axon is not None:
            found["(axon spiked)"] = self.axon.spiked
            found["(last axon spike)"] = self.axon.last_spike
        return found

    def transits(self) -> dict[str, SpikeLists]:
        """Every ring of spikes under way."""
        axons = {} if self.axon is None else {"axons": self.axon}
        return {"spikes": self.spikes, **axons}

    def array(self, name: str) -> NDArray:
        """What the equations read as ``name``."""
        return self.effective.get(name, self.population.state.arrays[name])

    def stimuli(self) -> list[tuple[str, Object]]:
        """What adds courses to parameters: (for a reader, object), in the order of the schedule."""
        found: list[tuple[str, Object]] = []
        begun: set[str] = set()
        for change in self.population.stimuli:
            name, course, chosen = change.name, change.value, None
            if change.neurons is not None:
                chosen = aligned_zeros(len(self.spiked), np.uint8)
                chosen[change.neurons] = 1
            base = None if name in begun else self.population.state.arrays[name]
            begun.add(name)
            out = self.effective[name]
            stimulus = self.backend.parts.Stimulus(
                self.spikes, course.starts, course.values, chosen, base, out
            )
            found.append((f"stimulus of {name}", stimulus))
        return found

    def mask(self, spikes: SpikeLists) -> Object:
        """What takes away the spikes of silenced neurons."""
        return self.backend.parts.Mask(spikes, self.population.state.arrays[SILENCED])

    def forget(self) -> None:
        """The past is as the present: before the first step nothing was different."""
        for history in (*self.histories.values(), *self.pasts.values()):
            history.fill()


@dataclass
class ProjectionParts:
    """What the engine holds of one projection."""

    projection: Projection
    synapses: Synapses | ProceduralSynapses
    phases: list[tuple[PhaseKind, str, Object]] = field(default_factory=list)  # kind, what
    reads_neurons: bool = False  # transmission reads variables that the update changes
    scratch: NDArray | None = None  # of a reduction other than a sum
    inbox: Inbox | None = None  # shared with all that add to the same array

    def state(self) -> dict[str, NDArray]:
        """Every array that a step changes: what snapshots hold.

        Not that of an inbox, which follows from the spikes under way and the weights.
        """
        scratch = {} if self.scratch is None else {"(scratch)": self.scratch}
        return {**self.projection.engine_state(), **scratch}


def real_name(real: type) -> Real:
    return "float" if real is np.float32 else "double"


class Library(Protocol):
    """Loaded kernels by name."""

    def address(self, kernel: str) -> Any: ...


def prepare(arguments: Arguments, kernel: Kernel, library: Library | None) -> Arguments:
    """``arguments`` for a compiled kernel, which leaves to its preparation what a run does not
    change."""
    if kernel.fixed and isinstance(library, KernelLibrary):
        arguments.prepare(library.address(f"{kernel.name}_prepare"), len(kernel.fixed))
    return arguments


class _NumpyLibrary:
    def __init__(self, program: Program, real: type) -> None:
        self._kernels = {kernel.name: NumpyKernel(kernel, real) for kernel in program.kernels}

    def address(self, kernel: str) -> NumpyKernel:
        return self._kernels[kernel]


@dataclass(frozen=True)
class Backend:
    """Where kernels run: the engine's classes, typed as those of the compiled stepper."""

    name: str
    parts: Any  # the module `stepper`, or one with the same classes
    compiles: bool

    def load(self, program: Program, build: Build | None, real: type) -> Library:
        """The kernels of ``program``, once they are compiled."""
        if build is None:
            return _NumpyLibrary(program, real)
        return KernelLibrary(build.wait())


BACKENDS = {
    "c": Backend("c", stepper, compiles=True),
    "numpy": Backend("numpy", numpy_stepper, compiles=False),
}


# Programs ---------------------------------------------------------------------------------


def input_name(model: NeuronModel, target: str) -> str:
    """The array that projections to ``target`` add to: a weighted sum, or a conductance."""
    names = _names_in_equations(model)
    conductance = model.conductance(target)
    summed = f"sum({target})" in names or "sum()" in names
    if summed or conductance not in {v.name for v in model.variables}:
        return f"sum({target})"
    return conductance


def inputs_of(population: Population, projections: Iterable[Projection]) -> tuple[str, ...]:
    """The targets of a population whose weighted sums its neurons may read."""
    model = population.neuron.model
    connected = [p.target for p in projections if p.post is population]
    connected += [d.target for d in population.network.drives.values() if d.post is population]
    targets = dict.fromkeys([*model.targets, *connected])
    return tuple(t for t in targets if input_name(model, t) == f"sum({t})")


def _driven_names(population: Population) -> frozenset[str]:
    """The arrays that projections and drives add to."""
    network, model = population.network, population.neuron.model
    owners = (*network.projections.values(), *network.drives.values())
    return frozenset(input_name(model, one.target) for one in owners if one.post is population)


def sums_all_inputs(model: NeuronModel) -> bool:
    """Whether the neuron reads ``sum()``, so that every target is welcome."""
    return "sum()" in _names_in_equations(model)


def _names_in_equations(model: NeuronModel) -> set[str]:
    values = [e.rhs if isinstance(e, DifferentialEquation) else e.value for e in model.equations]
    return {s.name for value in values for s in value.free_symbols if isinstance(s, Symbol)}


def population_program(population: Population, projections: Iterable[Projection] = ()) -> Program:
    return neuron_program(
        population.neuron.model,
        population.neuron.text,
        frozenset(population.state.individual),
        real_name(population.network.real),
        inputs_of(population, projections),
    )


def projection_types(projection: Projection) -> CTypes:
    target = "uint16_t" if projection.post.size <= 65_536 else "uint32_t"
    n_pre, n_post, connectivity = projection.pre.size, projection.post.size, projection.connectivity
    # Where all are connected to all no form is used, and the first needs no further compiling.
    dense = connectivity.all_to_all(n_post)
    form = "few" if dense else form_of(n_pre, n_post, connectivity.size)
    return CTypes(real_name(projection.network.real), target, form)


def projection_program(projection: Projection) -> Program | None:
    """The program of the projection's synapses, or None when the engine delivers by itself."""
    if projection.static or projection.model is None:
        return None
    types = projection_types(projection)
    return synapse_program(
        projection.model,
        projection.synapse.text if projection.synapse is not None else "",
        frozenset(projection.state.individual),
        types,
        tuple(_localities(projection).items()),
        projection.traces,
        projection.delays is not None,
    )


def _localities(projection: Projection) -> dict[str, str]:
    """Which ``pre.x`` and ``post.x`` are one value for their population."""
    return {
        f"{side}.{variable.name}": variable.locality
        for side, group in (("pre", projection.pre), ("post", projection.post))
        for variable in group.neuron.model.variables
        if variable.locality != "local"
    }


def compile_all(
    populations: Iterable[Population], projections: Iterable[Projection], backend: Backend
) -> dict[str, tuple[Program, Build | None]]:
    """Start to compile every program, all at once; by the owner's name."""
    projections = list(projections)
    for projection in projections:
        _spread_parameters(projection)
    programs = {p.name: population_program(p, projections) for p in populations}
    for projection in projections:
        program = projection_program(projection)
        if program is not None:
            programs[projection.name] = program
    if not backend.compiles:
        return {name: (program, None) for name, program in programs.items()}
    return {name: (program, start(program)) for name, program in programs.items()}


def _spread_parameters(projection: Projection) -> None:
    """Parameters of neurons that a synapse reads get an array, because synapses index it."""
    for name in names_in_synapse(projection.model) if projection.model is not None else []:
        side, _, attribute = name.partition(".")
        group = {"pre": projection.pre, "post": projection.post}.get(side)
        if group is not None and attribute in group.state.parameters:
            group.state.make_individual(attribute)


def names_in_synapse(model: SynapseModel) -> list[str]:
    """Names of all symbols in the expressions of a synapse model."""
    statements = (*model.pre_spike, *model.post_spike, *model.pre_axon_spike, *model.apply)
    values = [s.value for s in statements]
    values += [e.rhs if isinstance(e, DifferentialEquation) else e.value for e in model.equations]
    if model.psp is not None:
        values.append(model.psp)
    symbols = {s for value in values for s in value.free_symbols if isinstance(s, Symbol)}
    return sorted(s.name for s in symbols)


# Populations ------------------------------------------------------------------------------


def population_parts(
    population: Population,
    program: Program,
    library: Library,
    inputs: tuple[str, ...],
    *,
    backend: Backend,
    n_threads: int,
    n_slots: int,
    before: PopulationParts | None,
) -> PopulationParts:
    """Buffers and kernels of a population; its state stays what it was ``before``."""
    padded = padded_size(population.size)
    spiked = aligned_zeros(padded, np.uint8)
    if before is not None:
        wait, last_spike = before.wait, before.last_spike
    else:
        wait = aligned_zeros(padded, np.int32)
        last_spike = aligned_zeros(padded, np.int32)
        last_spike[:] = LONG_AGO
    bounds = split_at_vectors(population.size, n_threads)
    spikes = backend.parts.SpikeLists(population.size, spiked, last_spike, bounds, n_slots)
    driven = _driven_names(population)
    parts = PopulationParts(population, backend, spiked, wait, last_spike, spikes, driven=driven)
    state = population.state
    for target in inputs:
        array = state.arrays.setdefault(f"sum({target})", state.new_array())
        parts.clears.append((f"sum({target})", backend.parts.Clear(spikes, array)))
    for drive in population.network.drives.values():
        if drive.post is population:
            driven = state.arrays[input_name(population.neuron.model, drive.target)]
            what = f"Poisson spikes reach {drive.target}"
            parts.drives.append((what, drive.link(backend.parts, spikes, driven)))
    for name in dict.fromkeys(change.name for change in population.stimuli):
        parts.effective[name] = effective = aligned_zeros(padded, state.arrays[name].dtype)
        old = state.arrays[name] if before is None else before.array(name)
        effective[...] = old
    if population.given_data is not None:
        parts.player = population.given_data.link(
            backend.parts, spikes, population, parts.effective
        )
    for name, course in population.courses.items():
        parts.courses[name] = course.link(backend.parts, spikes, population)
    reserved = {SPIKED.name: spiked, WAIT.name: wait, LAST_SPIKE.name: last_spike}
    if any(event.name == "axon_spike" for event in population.neuron.model.events):
        flags, latest = aligned_zeros(padded, np.uint8), aligned_zeros(padded, np.int32)
        parts.axon = backend.parts.SpikeLists(population.size, flags, latest, bounds, n_slots)
        reserved[AXON_SPIKED.name] = flags
    for kernel in program.kernels:
        bound = {**state.arrays, **parts.effective, **reserved}
        buffers = []
        for buffer in kernel.buffers:
            if GLOBAL_OPERATION.match(buffer.name):
                buffers.append(reduced(parts, buffer.name))
            else:
                buffers.append(bound.get(buffer.name))
        arguments = backend.parts.Arguments(buffers, state.table, population._run_key)
        prepare(arguments, kernel, library)
        kind: PhaseKind = "once" if kernel.shape == "once" else "update"
        update = backend.parts.Update(spikes, library.address(kernel.name), arguments)
        parts.updates.append((kind, update))
    return parts


def reduced(parts: PopulationParts, name: str) -> NDArray:
    """The one-element array of a population-wide operation such as "mean(v)"."""
    state = parts.population.state
    found = GLOBAL_OPERATION.match(name)
    if found is None:
        raise ValueError(f"'{name}' is no population-wide operation")
    out = state.arrays.setdefault(name, state.new_array(locality="population"))
    if name not in parts.reductions:
        operation, variable = found.groups()
        source = state.arrays[variable]
        size = parts.population.size
        parts.reductions[name] = parts.backend.parts.Reduction(source, size, out, operation)
    return out


def delayed(
    parts: PopulationParts, name: str, delay: int, before: PopulationParts | None
) -> NDArray:
    """The array of a variable as it was ``delay`` steps ago at the start of a step; of 0, now."""
    source = parts.array(name)
    if delay == 0 or (delay == 1 and name not in parts.driven):
        return source  # the value after the previous step is what the array holds
    if (name, delay) not in parts.histories:
        history = parts.backend.parts.History(parts.spikes, source, delay)
        old = before.histories.get((name, delay)) if before is not None else None
        if old is not None:
            history.ring[...] = old.ring
        parts.histories[name, delay] = history
    return parts.histories[name, delay].out


def past(
    parts: PopulationParts, name: str, longest: int, before: PopulationParts | None
) -> NDArray:
    """The array of a variable in each of the ``longest`` latest steps."""
    if (name, longest) not in parts.pasts:
        made = parts.backend.parts.Past(parts.spikes, parts.array(name), longest)
        old = before.pasts.get((name, longest)) if before is not None else None
        if old is not None:
            made.ring[...] = old.ring
        parts.pasts[name, longest] = made
    return parts.pasts[name, longest].ring


# Projections ------------------------------------------------------------------------------


def projection_parts(
    projection: Projection,
    program: Program | None,
    library: Library | None,
    populations: Mapping[str, PopulationParts],
    *,
    backend: Backend,
    populations_before: Mapping[str, PopulationParts],
) -> ProjectionParts:
    """Buffers and kernels of a projection."""
    pre, post = populations[projection.pre.name], populations[projection.post.name]
    if projection.procedure is not None:
        return _procedural_parts(projection, projection.procedure, pre, post)
    connectivity = projection.connectivity
    target, pieces = _targets_in_pieces(connectivity, post.spikes.bounds)
    driven = _driven_array(projection)
    weights = projection.weights if projection.static else np.zeros(())
    delay = projection.delay_steps
    synapses = backend.parts.Synapses(
        pre.spikes, post.spikes, pieces, target, weights, driven, delay
    )
    model, by_engine = projection.model, program is None or library is None
    if projection.delays is not None and not by_engine and model is not None and model.pre_spike:
        _delay_each(synapses, projection)
    parts = ProjectionParts(projection, synapses)
    arrival = f"spikes of {projection.delay_text} ago reach g_{projection.target}"
    if program is None or library is None:
        parts.phases.append(("deliver", arrival, synapses))
        return parts
    types = projection_types(projection)
    binding = _Binding(
        projection, types, driven, pre, post, populations_before.get(projection.pre.name), library
    )
    for kernel in program.kernels:
        address = library.address(kernel.name)
        match kernel.name.rpartition("_")[2]:
            case "pre":
                arguments = binding.arguments(kernel, {"(target)": target}, pre_delay=1)
                synapses.on_pre(address, arguments)
                parts.phases.append(("deliver", arrival, synapses))
                parts.reads_neurons |= _reads_others(kernel)
            case "arrival":
                arguments = binding.arguments(kernel, {})
                each = backend.parts.Arrivals(pre.spikes, address, arguments, delay)
                parts.phases.append(("arrive", "traces of neurons whose spikes arrive", each))
            case "prefade" | "postfade" as which:
                spikes = pre.spikes if which == "prefade" else post.spikes
                fade = backend.parts.Update(spikes, address, binding.arguments(kernel, {}))
                parts.phases.append(("fade", f"traces of {which[:-4]} neurons", fade))
            case "axon":
                if pre.axon is None:
                    raise NetworkError(
                        f"Projection '{projection.name}': its synapses react to axonal spikes, but "
                        f"neuron '{projection.pre.neuron.name}' has no 'axon_spike'; add one."
                    )
                axonal = backend.parts.Synapses(
                    pre.axon, post.spikes, pieces, target, np.zeros(()), driven, delay
                )
                if projection.delays is not None:
                    _delay_each(axonal, projection)
                axonal.on_pre(address, binding.arguments(kernel, {"(target)": target}, pre_delay=1))
                parts.reads_neurons |= _reads_others(kernel)
                parts.phases.append(("deliver", f"axonal {arrival}", axonal))
            case "psp":
                dense = connectivity.all_to_all(projection.post.size)
                several = backend.compiles and dense and sums_rows(kernel)
                rows = (library.address(f"{kernel.name}_rows"),) if several else ()
                _add_transmission(parts, synapses, kernel, (address, *rows), binding, target)
            case "step":
                synapses.each_step(address, binding.arguments(kernel, {"(target)": target}))
                parts.phases.append(("synapses", "synapse equations", synapses))
            case "post":
                seen = seen_from_targets(projection)
                synapses.on_post(address, binding.arguments(kernel, seen.arrays), seen.ends)
                parts.phases.append(("post", "post_spike statements", synapses))
            case "semi" | "once" as place:
                arguments = binding.arguments(kernel, {})
                update = backend.parts.Update(post.spikes, address, arguments)
                kind: PhaseKind = "update" if place == "semi" else "once"
                parts.phases.append((kind, "equations of each post neuron's synapses", update))
    return parts


def _targets_in_pieces(
    connectivity: Connectivity | Segments, bounds: NDArray[np.int64]
) -> tuple[NDArray, Pieces]:
    """Targets as they are stored, and how threads with neurons between ``bounds`` share them."""
    if isinstance(connectivity, Segments):
        numbers, slabs = connectivity.numbers, connectivity.slabs
        return numbers, Pieces.of(connectivity.segment_ends, numbers, slabs, bounds)
    ends = np.ascontiguousarray(connectivity.ends, np.int64)
    targets, whole = connectivity.targets, bounds[[0, -1]]
    return targets, Pieces.of(ends, targets, whole, bounds)


def _reads_others(kernel: Kernel) -> bool:
    """Whether synapses read neurons that other threads update: all but their post neuron."""
    return any(
        b.index == "pre" or (b.index == "shared" and b.name.startswith(("pre.", "post.")))
        for b in kernel.buffers
    )


def give_delays(
    projections: Iterable[ProjectionParts], populations: Mapping[str, PopulationParts]
) -> None:
    """Let the engine deliver static synapses with delays of their own, in one of two ways.

    Through an inbox, which all projections to an array share, or in the order of the delays
    where an inbox would take more memory than that.
    """
    groups: dict[tuple[str, int], list[ProjectionParts]] = {}
    for parts in projections:
        projection, delays = parts.projection, parts.projection.delays
        if (
            delays is None
            or not projection.static
            or delays.min(initial=255) == delays.max(initial=0)
        ):
            continue  # one delay of all is that of the synapses already
        if delays.dtype != np.uint8:
            _delay_each(_stored(parts), projection)
            continue
        key = projection.post.name, id(_driven_array(projection))
        groups.setdefault(key, []).append(parts)
    for (name, _), members in groups.items():
        post, driven = populations[name], _driven_array(members[0].projection)
        longest = max(parts.projection.delay_steps for parts in members)
        n_synapses = sum(parts.projection.size for parts in members)
        each = [(_stored(parts), cast(NDArray, parts.projection.delays)) for parts in members]
        if inbox_pays(longest, len(driven), n_synapses):
            inbox = post.backend.parts.Inbox(post.spikes, driven, each)
            for parts in members:
                parts.inbox = inbox
            continue
        for parts in members:
            _delay_each(_stored(parts), parts.projection)


def _delay_each(synapses: Synapses, projection: Projection) -> None:
    """Deliver in the order of the delays."""
    _check_numbered(projection)
    synapses.delay_each(cast(NDArray, projection.delays))


def _check_numbered(projection: Projection) -> None:
    """The synapses can be listed in another order than their own.

    Raises
    ------
    NetworkError
        If there are too many for that.
    """
    if projection.size > MOST_NUMBERED:
        raise NetworkError(
            f"Projection '{projection.name}': {projection.size} synapses with delays of their own "
            f"are more than {MOST_NUMBERED}; connect parts of the post population one by one."
        )


def _stored(parts: ProjectionParts) -> Synapses:
    """The synapses of a projection with delays of their own, which are never procedural."""
    return cast(Synapses, parts.synapses)


def _procedural_parts(
    projection: Projection, procedure: Procedure, pre: PopulationParts, post: PopulationParts
) -> ProjectionParts:
    """Synapses that are made anew when a neuron spikes."""
    values = projection.drawn_weights
    synapses = pre.backend.parts.ProceduralSynapses(
        pre.spikes,
        post.spikes,
        procedure.rule,
        procedure.rows,
        procedure.post_neurons,
        np.zeros(()) if values is not None else projection.weights,
        values,
        None if values is None else procedure.ends,
        _driven_array(projection),
        projection.delay_steps,
    )
    what = (
        f"spikes of {projection.delay_text} ago reach g_{projection.target} by synapses made anew"
    )
    return ProjectionParts(projection, synapses, [("generate", what, synapses)])


def _driven_array(projection: Projection) -> NDArray:
    """What the projection adds to."""
    post = projection.post
    return post.state.arrays[input_name(post.neuron.model, projection.target)]


def _add_transmission(
    parts: ProjectionParts,
    synapses: Synapses,
    kernel: Kernel,
    addresses: tuple[Any, ...],
    binding: _Binding,
    target: NDArray,
) -> None:
    projection = parts.projection
    operation = projection.model.operation if projection.model is not None else "sum"
    driven, post = binding.driven, binding.post
    scratch = driven
    if operation != "sum":
        scratch = parts.scratch = projection.post.state.new_array()
        start = {"max": -np.inf, "min": np.inf}.get(operation, 0.0)
        clear = post.backend.parts.Clear(post.spikes, scratch, start)
        parts.phases.append(("clear", f"{operation} of inputs begins", clear))
    index = {"(target)": target}
    if projection.delays is not None:
        index["(delays)"] = projection.delays.astype(np.uint16)
    arguments = binding.arguments(kernel, index, scratch, projection.delay_steps)
    synapses.continuously(addresses[0], arguments, *addresses[1:])
    what = f"input of {projection.delay_text} ago reaches {projection.target}"
    parts.phases.append(("transmit", what, synapses))
    parts.reads_neurons = True
    if operation != "sum":
        targets = projection.connectivity.targets
        n_inputs = np.bincount(targets, minlength=projection.post.size).astype(np.int64)
        combine = post.backend.parts.Combination
        combination = combine(post.spikes, n_inputs, scratch, driven, operation)
        parts.phases.append(("combine", f"{operation} of inputs is added", combination))


def seen_from_targets(projection: Projection) -> Incoming:
    """The synapses by post neuron; nothing is stored where all are connected to all."""
    connectivity = projection.connectivity
    n_pre, n_post = projection.pre.size, projection.post.size
    if connectivity.all_to_all(n_post):
        return Incoming(np.arange(n_post + 1) * n_pre)
    return incoming(connectivity.ends, connectivity.targets, n_post)


@dataclass
class _Binding:
    """Finds the array behind each buffer of a projection's kernels."""

    projection: Projection
    types: CTypes
    driven: NDArray
    pre: PopulationParts
    post: PopulationParts
    pre_before: PopulationParts | None
    library: Library | None = None

    def arguments(
        self,
        kernel: Kernel,
        index: Mapping[str, NDArray | None],
        scratch: NDArray | None = None,
        pre_delay: int = 0,
    ) -> Arguments:
        state = self.projection.state
        buffers: list[NDArray | None] = [
            index[name] for name, _ in index_buffers(kernel, self.types)
        ]
        for buffer in kernel.buffers:
            if buffer == INPUT:
                buffers.append(self.driven if scratch is None else scratch)
            else:
                buffers.append(self.array(buffer, pre_delay))
        delay = self.projection.delay_steps
        make = self.post.backend.parts.Arguments
        connectivity = self.projection.connectivity
        stride = self.post.population.size
        key, distinct = self.projection._run_key, connectivity.distinct
        made = make(buffers, state.table, key, delay, distinct=distinct, stride=stride)
        return prepare(made, kernel, self.library)

    def array(self, buffer: Buffer, pre_delay: int) -> NDArray:
        """The array of ``buffer``; variables of pre neurons as of ``pre_delay`` steps ago."""
        name = buffer.name
        if name == TOUCHED.name:
            return self.projection.touched
        if name == SPIKES_ARRIVED.name:
            return self.projection.arrived
        if name == TARGET.name:
            return self.driven
        if reduction := GLOBAL_OPERATION.match(name):
            operation, inner = reduction.groups()
            side, _, variable = inner.partition(".")
            return reduced(self._group(side), f"{operation}({variable})")
        side, _, attribute = name.partition(".")
        if side not in ("pre", "post") or not attribute:
            return self.projection.state.arrays[name]
        group = self._group(side)
        if attribute == LAST_SPIKE.name:
            return group.last_spike
        if buffer.index == "past":
            return past(group, attribute, self.projection.delay_steps, self.pre_before)
        if side == "pre" and buffer.index == "pre":
            return delayed(group, attribute, pre_delay, self.pre_before)
        return group.array(attribute)

    def _group(self, side: str) -> PopulationParts:
        return self.pre if side == "pre" else self.post


def apply_once(
    parts: ProjectionParts, populations: Mapping[str, PopulationParts], step: int
) -> None:
    """Run the ``apply`` statements of a projection's synapses, once for each."""
    projection = parts.projection
    model = projection.model
    if model is None:
        return
    individual = frozenset(projection.state.individual)
    kernel = lower_apply(
        model,
        per_synapse=individual,
        localities=_localities(projection),
        traces=projection.traces,
    )
    pre, post = populations[projection.pre.name], populations[projection.post.name]
    types, driven = projection_types(projection), _driven_array(projection)
    binding = _Binding(projection, types, driven, pre, post, None)
    NumpyKernel(kernel, projection.network.real).run(
        [binding.array(buffer, 0) for buffer in kernel.buffers],
        projection.state.table,
        step,
        projection.network.dt,
        projection.key,
        projection.delay_steps,
        element=slice(0, projection.size),
        pre=projection.sources,
        post=projection.targets,
    )


# Schedule ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Recorded:
    """A recorder of a population or projection, for the schedule."""

    owner: str
    what: str
    recorder: Recorder
    moment: str = "end"  # "start" of a step, "arrival" of its spikes, or "end"
    synaptic: bool = False


TRANSMISSION: tuple[PhaseKind, ...] = ("deliver", "generate", "clear", "transmit", "combine")


def phases(
    populations: Iterable[PopulationParts],
    projections: Iterable[ProjectionParts],
    recorders: Iterable[Recorded],
) -> tuple[Schedule, list[tuple[str, object]]]:
    """The schedule of one step, for a reader and for the stepper.

    A barrier stands where a phase reads what other threads have written in this step; a last
    one, which is not listed, ends the step.
    """
    populations, projections, recorders = list(populations), list(projections), list(recorders)
    entries: list[tuple[Phase, object]] = []

    def add(kind: PhaseKind, owner: str, what: str, item: object) -> None:
        entries.append((Phase(kind, owner, what), item))

    def add_projections(kinds: tuple[PhaseKind, ...]) -> None:
        for parts in projections:
            for kind, what, item in parts.phases:
                if kind in kinds:
                    add(kind, parts.projection.name, what, item)

    def add_recorders(moment: str, *, synaptic: bool = False) -> bool:
        chosen = [r for r in recorders if r.moment == moment and r.synaptic == synaptic]
        if chosen and synaptic:
            add("barrier", "", "synapses are as they will be recorded", None)
        for recorded in chosen:
            add("record", recorded.owner, recorded.what, recorded.recorder)
        return bool(chosen)

    add_recorders("start")
    if add_recorders("start", synaptic=True):
        add("barrier", "", "synapses have been recorded", None)
    for parts in populations:
        for (name, delay), history in parts.histories.items():
            add("history", parts.population.name, f"{name} of {delay} steps ago", history)
        for (name, longest), one in parts.pasts.items():
            add("past", parts.population.name, f"{name} of up to {longest} steps ago", one)
    if any(parts.histories or parts.pasts for parts in populations):
        add("barrier", "", "delayed values are known", None)
    for parts in populations:
        for name, clear in parts.clears:
            add("clear", parts.population.name, f"{name} begins at 0", clear)
    for parts in populations:
        for what, drive in parts.drives:
            add("drive", parts.population.name, what, drive)
    add_projections(TRANSMISSION)
    add_recorders("arrival")
    if add_recorders("arrival", synaptic=True):
        add("barrier", "", "synapses have been recorded", None)
    if any(parts.reads_neurons for parts in projections):
        add("barrier", "", "synapses have read the neurons", None)
    once = [(p, u) for p in populations for kind, u in p.updates if kind == "once"]
    for parts, update in once:
        add("once", parts.population.name, "population-wide equations", update)
    if once:
        add("barrier", "", "population-wide values are known", None)
    for parts in populations:
        spiking = parts.population.neuron.model.spiking
        what = "equations, spike test, reset" if spiking else "equations"
        courses = [(name, parts.population.courses[name], c) for name, c in parts.courses.items()]
        for name, course, item in courses:
            if name in parts.population.state.parameters:
                add("play", parts.population.name, course.what, item)
        for what, stimulus in parts.stimuli():
            add("stimulate", parts.population.name, what, stimulus)
        for kind, update in parts.updates:
            if kind == "update":
                add("update", parts.population.name, what, update)
        for name, course, item in courses:
            if name in parts.population.state.variables:
                add("play", parts.population.name, course.what, item)
        player = parts.population.given_data
        if player is not None:
            add(player.kind, parts.population.name, player.what, parts.player)
        silenced = bool(parts.population.silenced.any())
        if silenced:
            add("mask", parts.population.name, "silenced neurons", parts.mask(parts.spikes))
        if spiking:
            add("collect", parts.population.name, "spikes are queued", parts.spikes)
        if silenced and parts.axon is not None:
            add("mask", parts.population.name, "silenced axons", parts.mask(parts.axon))
        if parts.axon is not None:
            add("collect", parts.population.name, "axonal spikes are queued", parts.axon)
    add_projections(("arrive",))
    add_projections(("fade",))
    kinds = {kind for parts in projections for kind, _, _ in parts.phases}
    reductions = [(p, name) for p in populations for name in p.reductions]
    if reductions or kinds - set(TRANSMISSION):
        add("barrier", "", "neurons are updated", None)
    for parts, name in reductions:
        add("reduce", parts.population.name, name, parts.reductions[name])
    if "once" in kinds:
        add_projections(("once",))
    if "once" in kinds or (reductions and kinds - set(TRANSMISSION)):
        add("barrier", "", "values for all synapses are known", None)
    add_projections(("update",))
    add_projections(("synapses",))
    add_projections(("post",))
    add_recorders("end")
    add_recorders("end", synaptic=True)
    schedule = Schedule(tuple(phase for phase, _ in entries))
    return schedule, [(phase.kind, item) for phase, item in entries]
