"""A network as the engine runs it: kernels, buffers and phases, made anew after a change."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from snnlab.engine import team
from snnlab.engine.build import Build
from snnlab.engine.schedule import Schedule
from snnlab.engine.team import TeamChoice, available_cores
from snnlab.engine.transit import send_again, spikes_under_way
from snnlab.errors import SimulationError
from snnlab.network import assembly, presentation
from snnlab.network.assembly import PopulationParts, ProjectionParts
from snnlab.network.population import Population
from snnlab.network.projection import Projection

if TYPE_CHECKING:
    from snnlab.network.network import Network

MOMENT = 0.15  # s that building may take without being told
NEURONS_PER_THREAD = 500  # with fewer a thread waits longer than it works, whatever the neurons


class Linkage:
    """What the engine holds of one network.

    Parameters
    ----------
    threads
        How many threads may run it; None: as many as help.
    target
        "c" or "numpy".
    """

    def __init__(
        self, network: Network, threads: int | None, target: Literal["c", "numpy"]
    ) -> None:
        self._network = network
        self._threads = threads
        self.backend = assembly.BACKENDS[target]
        self.parts: dict[str, PopulationParts] = {}
        self.projection_parts: dict[str, ProjectionParts] = {}
        self.builds: dict[str, Build] = {}
        self.schedule = Schedule(())
        self._n_threads = 1  # as linked
        self._linked = False  # kernels and buffers are those of the present network
        self._scheduled = False  # so is the list of phases
        self._making = ("", 0.0)  # what is being made, and since when (s)
        self._builder: int | None = None  # the thread that makes it

    @property
    def threads(self) -> int:
        """How many threads may run the network."""
        if not self.backend.compiles:
            return 1
        if self._threads is not None:
            return self._threads
        n_neurons = sum(p.size for p in list(self._network.populations.values()))
        return max(1, min(available_cores(), n_neurons // NEURONS_PER_THREAD))

    @property
    def ready(self) -> bool:
        """Whether there is nothing to build."""
        return self._linked and self._scheduled

    @property
    def built(self) -> bool:
        """Whether nothing has to be compiled or connected."""
        return self._linked and not self._making[0]

    @property
    def building(self) -> str:
        """What is being made, such as "compiling E", if that takes longer than a moment."""
        text, began = self._making
        return text if time.monotonic() - began > MOMENT else ""

    @property
    def built_by_another(self) -> bool:
        """Whether another thread than this one builds."""
        return self._builder not in (None, threading.get_ident())

    def state(self) -> tuple[str, str]:
        """See `Network.build_state`."""
        builds = list(self.builds.values())
        failed = next((b for b in builds if b.state == "failed"), None)
        if failed is not None:
            return "failed", str(failed.error)
        if any(b.state in ("waiting", "compiling") for b in builds):
            names = sorted({b.name for b in builds if b.state in ("waiting", "compiling")})
            return "compiling", f"compiling {', '.join(names)}"
        seconds = max((b.seconds or 0.0 for b in builds), default=0.0)
        return "ready", f"ready, {seconds:.1f} s" if builds else "ready"

    def begin_to_compile(self, population: Population) -> None:
        """Let the compiler start, in the background."""
        self.builds |= _builds(assembly.compile_all([population], [], self.backend))

    def relink(self) -> None:
        """The network has changed: link it again before the next step."""
        self._linked = False

    def reschedule(self) -> None:
        """What a step does has changed: list its phases again before the next step."""
        self._scheduled = False

    def build(self) -> None:
        """See `Network.build`."""
        if self._linked and self._scheduled:
            return
        if not self._network.populations:
            raise SimulationError("Network: it has no population; add one with net.add first.")
        with self._network._simulator.between_steps(), self._said_to_build():
            # Marked as done before it is, so that a change meanwhile is not overlooked.
            if not self._linked:
                self._linked, self._scheduled = True, False
                try:
                    with presentation.work() as tell:
                        self._link(self._telling(tell))
                except BaseException:  # Ctrl-C while the compiler works, too
                    self._linked = False
                    raise
                finally:
                    self._making = ("", 0.0)
            if not self._scheduled:
                self._scheduled = True
                try:
                    self._make_schedule()
                except BaseException:
                    self._scheduled = False
                    raise

    @contextmanager
    def _said_to_build(self) -> Iterator[None]:
        """Within the block other threads can see that this one builds."""
        before, self._builder = self._builder, threading.get_ident()
        try:
            yield
        finally:
            self._builder = before

    def _telling(self, tell: Callable[[int, int, str], None]) -> Callable[[int, int, str], None]:
        began = time.monotonic()

        def told(done: int, total: int, text: str) -> None:
            self._making = (text, began)
            tell(done, total, text)

        return told

    def _link(self, tell: Callable[[int, int, str], None]) -> None:
        network, backend = self._network, self.backend
        # Projections first: another thread may add a population, then a projection to it.
        projections, populations = dict(network.projections), dict(network.populations)
        programs = assembly.compile_all(populations.values(), projections.values(), backend)
        self.builds = _builds(programs)
        n = len(projections) + len(programs) + 1
        for done, (name, projection) in enumerate(projections.items()):
            tell(done, n, f"making the synapses of {name}")
            projection.prepare()  # while the compiler works
        libraries = {}
        for done, (name, made) in enumerate(programs.items(), start=len(projections)):
            tell(done, n, f"compiling {name}")
            libraries[name] = backend.load(*made, network.real)
        tell(n - 1, n, "putting the parts together")
        self._n_threads = n_threads = self.threads
        parts = {}
        for name, population in populations.items():
            before = self.parts.get(name)
            delays = [p.delay_steps for p in projections.values() if p.pre is population]
            parts[name] = assembly.population_parts(
                population,
                programs[name][0],
                libraries[name],
                assembly.inputs_of(population, projections.values()),
                backend=backend,
                n_threads=n_threads,
                n_slots=max(delays, default=1) + 1,
                before=before,
            )
            if before is not None:
                self._hand_on_spikes(before, parts[name])
            parts[name].spikes.keep_log(population.neuron.model.spiking)
        self.projection_parts = {
            name: assembly.projection_parts(
                projection,
                programs[name][0] if name in programs else None,
                libraries.get(name),
                parts,
                backend=backend,
                populations_before=self.parts,
            )
            for name, projection in projections.items()
        }
        assembly.give_delays(self.projection_parts.values(), parts)
        self.parts = parts
        self._libraries = libraries

    def _hand_on_spikes(self, before: PopulationParts, parts: PopulationParts) -> None:
        """Spikes under way are so in the new parts."""
        old, now = before.transits(), self._network.step_index
        for key, lists in parts.transits().items():
            if key in old:
                send_again(lists, now, spikes_under_way(old[key], now))

    def _make_schedule(self) -> None:
        network, taps = self._network, []
        for tap in network._recordings.taps:
            if tap.paused:
                tap.unlink()
                continue
            owned = isinstance(tap.owner, Projection)
            parts = self.projection_parts if owned else self.parts
            taps.append(tap.link(parts[tap.owner.name], network.step_index, self._n_threads))
        schedule, items = assembly.phases(self.parts.values(), self.projection_parts.values(), taps)
        self.schedule = schedule
        stepper = self.backend.parts.Stepper(items, self._n_threads, network.dt)
        measured = self._threads is None or team.MEASURED
        network._simulator.attach(stepper, TeamChoice(self._n_threads, measured))

    # Parts -------------------------------------------------------------------------------

    def all_parts(self) -> Iterator[tuple[tuple[str, str], PopulationParts | ProjectionParts]]:
        """Of each population and projection: its kind and name, and what the engine holds."""
        for name, parts in self.parts.items():
            yield ("population", name), parts
        for name, parts in self.projection_parts.items():
            yield ("projection", name), parts

    def last_spikes(self, population: Population) -> NDArray[np.int32]:
        """Step of each neuron's latest spike."""
        return self.parts[population.name].last_spike[: population.size]

    def forget_spikes_under_way(self) -> None:
        for parts in self.parts.values():
            for lists in parts.transits().values():
                lists.clear()

    def weights_changed(self, projection: Projection) -> None:
        """The engine keeps weights in an order of its own where each synapse has its delay."""
        parts = self.projection_parts.get(projection.name)
        if parts is not None:
            parts.synapses.weights_changed()

    def apply(self, projection: Projection) -> None:
        """Compute what ``projection`` adds to its post neurons, now."""
        self.build()
        parts = self.projection_parts[projection.name]
        assembly.apply_once(parts, self.parts, self._network.step_index)


def _builds(programs: Mapping[str, tuple[Any, Build | None]]) -> dict[str, Build]:
    return {name: build for name, (_, build) in programs.items() if build is not None}
