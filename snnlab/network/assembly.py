"""From a network to the engine's objects: compiled kernels, buffers and the schedule.

The order of one step stands in `phases`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from snnlab.codegen.c_target import CTypes, index_buffers
from snnlab.codegen.kernel import LAST_SPIKE, SPIKED, TARGET, TOUCHED, WAIT, Buffer, Kernel, Program
from snnlab.codegen.printer import Real
from snnlab.engine.build import Build
from snnlab.engine.library import KernelLibrary
from snnlab.engine.memory import aligned_zeros, padded_size, split_at_vectors
from snnlab.engine.schedule import Phase, PhaseKind, Schedule
from snnlab.engine.stepper import Arguments, Recorder, SpikeLists, Synapses, Update
from snnlab.network.compilation import neuron_program, start, synapse_program
from snnlab.network.population import Population, State
from snnlab.network.projection import Projection

LONG_AGO = -10_000  # steps: the time of a neuron's previous spike before it has spiked


@dataclass
class PopulationParts:
    """What the engine holds of one population."""

    population: Population
    spiked: NDArray[np.uint8]
    wait: NDArray[np.int32]  # steps of refractoriness left
    last_spike: NDArray[np.int32]  # step
    spikes: SpikeLists
    updates: list[tuple[str, Update]] = field(default_factory=list)  # phase kind, object

    def state(self) -> list[NDArray]:
        """Every array that a reset restores."""
        arrays = self.population.state.arrays
        variables = [arrays[name] for name in self.population.state.variables]
        return [*variables, self.wait, self.last_spike]


@dataclass
class ProjectionParts:
    """What the engine holds of one projection."""

    projection: Projection
    synapses: Synapses
    touched: NDArray[np.int32]
    kinds: tuple[str, ...]  # which of "deliver", "synapses", "post" it takes part in
    reads_neurons: bool  # its pre_spike statements read variables of neurons

    def state(self) -> list[NDArray]:
        if self.projection.static:
            return []
        state = self.projection.state
        return [*(state.arrays[name] for name in state.variables), self.touched]


def real_name(real: type) -> Real:
    return "float" if real is np.float32 else "double"


def population_program(population: Population) -> Program:
    individual = frozenset(population.state.individual)
    real = real_name(population.network.real)
    return neuron_program(population.neuron.model, population.neuron.text, individual, real)


def projection_types(projection: Projection) -> CTypes:
    narrow = projection.post.size <= 65_536
    real = real_name(projection.network.real)
    return CTypes(real, "uint16_t" if narrow else "uint32_t")


def projection_program(projection: Projection) -> Program | None:
    """The program of the projection's synapses, or None when the engine delivers by itself."""
    if projection.static or projection.synapse is None:
        return None
    types = projection_types(projection)
    localities = [
        (f"{side}.{variable.name}", variable.locality)
        for side, group in (("pre", projection.pre), ("post", projection.post))
        for variable in group.neuron.model.variables
        if variable.locality != "local"
    ]
    return synapse_program(
        projection.synapse.model,
        projection.synapse.text,
        frozenset(projection.state.individual),
        types.real,
        types.target,
        tuple(localities),
    )


def compile_all(
    populations: Iterable[Population], projections: Iterable[Projection]
) -> dict[str, tuple[Program, Build]]:
    """Start to compile every program, all at once; by the owner's name."""
    programs = {p.name: population_program(p) for p in populations}
    for projection in projections:
        program = projection_program(projection)
        if program is not None:
            programs[projection.name] = program
    return {name: (program, start(program)) for name, program in programs.items()}


def population_parts(
    population: Population,
    program: Program,
    library: KernelLibrary,
    *,
    n_threads: int,
    n_slots: int,
    before: PopulationParts | None,
) -> PopulationParts:
    """Buffers and kernels of a population; its state stays what it was ``before``."""
    padded = padded_size(population.size)
    spiked = aligned_zeros(padded, np.uint8)
    spikes = SpikeLists(
        population.size, spiked, split_at_vectors(population.size, n_threads), n_slots
    )
    if before is not None:
        wait, last_spike = before.wait, before.last_spike
    else:
        wait = aligned_zeros(padded, np.int32)
        last_spike = aligned_zeros(padded, np.int32)
        last_spike[:] = LONG_AGO
    parts = PopulationParts(population, spiked, wait, last_spike, spikes)
    reserved = {SPIKED.name: spiked, WAIT.name: wait, LAST_SPIKE.name: last_spike}
    state = population.state
    for kernel in program.kernels:
        buffers = [reserved.get(b.name, state.arrays.get(b.name)) for b in kernel.buffers]
        arguments = Arguments(buffers, state.table, population.key)
        kind = "once" if kernel.shape == "once" else "update"
        parts.updates.append((kind, Update(spikes, library.address(kernel.name), arguments)))
    return parts


def projection_parts(
    projection: Projection,
    program: Program | None,
    library: KernelLibrary | None,
    populations: Mapping[str, PopulationParts],
    *,
    n_threads: int,
    before: ProjectionParts | None,
) -> ProjectionParts:
    """Buffers and kernels of a projection."""
    pre, post = populations[projection.pre.name], populations[projection.post.name]
    connectivity = projection.connectivity
    types = projection_types(projection)
    target = connectivity.targets.astype(np.uint16 if types.target == "uint16_t" else np.uint32)
    conductance = projection.post.state.arrays[f"g_{projection.target}"]
    part = _parts_of_rows(connectivity.ends, connectivity.targets, post.spikes.bounds)
    synapses = Synapses(
        pre.spikes,
        post.spikes,
        part,
        target,
        projection.weights if projection.static else np.zeros(()),
        conductance,
        projection.delay_steps,
    )
    if program is None or library is None:
        return ProjectionParts(projection, synapses, np.zeros(0, np.int32), ("deliver",), False)
    touched = before.touched if before is not None else np.zeros(projection.size, np.int32)
    kinds: list[str] = []
    reads_neurons = False
    for kernel in program.kernels:
        address = library.address(kernel.name)
        if kernel.name.endswith("_post"):
            order = np.argsort(connectivity.targets, kind="stable").astype(np.uint32)
            counts = np.bincount(connectivity.targets, minlength=projection.post.size)
            rows = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
            index = {"(synapse)": order, "(source)": connectivity.sources[order]}
            arguments = _arguments(projection, kernel, types, index, touched, conductance)
            synapses.on_post(address, arguments, rows)
            kinds.append("post")
            continue
        arguments = _arguments(
            projection, kernel, types, {"(target)": target}, touched, conductance
        )
        if kernel.name.endswith("_step"):
            synapses.each_step(address, arguments)
            kinds.append("synapses")
        else:
            synapses.on_pre(address, arguments)
            kinds.append("deliver")
            reads_neurons = any(_is_foreign(b) for b in kernel.buffers)
    return ProjectionParts(projection, synapses, touched, tuple(kinds), reads_neurons)


def _is_foreign(buffer: Buffer) -> bool:
    """Whether other threads may change the buffer in the neurons' phase."""
    return buffer.name.startswith("pre.")


def _arguments(
    projection: Projection,
    kernel: Kernel,
    types: CTypes,
    index: Mapping[str, NDArray],
    touched: NDArray,
    conductance: NDArray,
) -> Arguments:
    state = projection.state
    reserved = {TOUCHED.name: touched, TARGET.name: conductance}
    buffers = [index[name] for name, _ in index_buffers(kernel, types)]
    for buffer in kernel.buffers:
        side, _, name = buffer.name.partition(".")
        if buffer.name in reserved:
            buffers.append(reserved[buffer.name])
        elif side in ("pre", "post") and name:
            group = projection.pre if side == "pre" else projection.post
            buffers.append(_neuron_array(group.state, name))
        else:
            buffers.append(state.arrays[buffer.name])
    return Arguments(buffers, state.table, projection.key)


def _neuron_array(state: State, name: str) -> NDArray:
    """The array of a neuron's variable, or of its parameter with one value for each neuron."""
    if name not in state.arrays:
        state.make_individual(name)
    return state.arrays[name]


def _parts_of_rows(
    ends: NDArray[np.int64], targets: NDArray[np.int32], bounds: NDArray[np.int64]
) -> NDArray[np.int64]:
    """(n_pre, n_threads + 1): where in each row the synapses onto each thread's neurons begin."""
    n_threads = len(bounds) - 1
    part = np.empty((len(ends) - 1, n_threads + 1), np.int64)
    part[:, 0], part[:, -1] = ends[:-1], ends[1:]
    for k in range(1, n_threads):
        below = np.concatenate([[0], np.cumsum(targets < bounds[k])])
        part[:, k] = ends[:-1] + below[ends[1:]] - below[ends[:-1]]
    return part


def phases(
    populations: Iterable[PopulationParts],
    projections: Iterable[ProjectionParts],
    recorders: Iterable[tuple[str, str, Recorder]],
) -> tuple[Schedule, list[tuple[str, object]]]:
    """The schedule of one step, for a reader and for the stepper.

    A barrier stands where a phase reads what other threads have written in this step; a last
    one, which is not listed, ends the step.
    """
    populations, projections = list(populations), list(projections)
    entries: list[tuple[Phase, object]] = []

    def add(kind: PhaseKind, owner: str, what: str, item: object) -> None:
        entries.append((Phase(kind, owner, what), item))

    for parts in projections:
        if "deliver" in parts.kinds:
            p = parts.projection
            add(
                "deliver",
                p.name,
                f"spikes of {p.delay:g} ms ago reach g_{p.target}",
                parts.synapses,
            )
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
        for kind, update in parts.updates:
            if kind == "update":
                add("update", parts.population.name, what, update)
        if spiking:
            add("collect", parts.population.name, "spikes are queued", parts.spikes)
    if any("synapses" in parts.kinds or "post" in parts.kinds for parts in projections):
        add("barrier", "", "neurons are updated", None)
    for parts in projections:
        if "synapses" in parts.kinds:
            add("synapses", parts.projection.name, "synapse equations", parts.synapses)
    for parts in projections:
        if "post" in parts.kinds:
            add("post", parts.projection.name, "post_spike statements", parts.synapses)
    for owner, what, recorder in recorders:
        add("record", owner, what, recorder)
    schedule = Schedule(tuple(phase for phase, _ in entries))
    return schedule, [(phase.kind, item) for phase, item in entries]
