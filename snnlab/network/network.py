"""The network: what a person builds, runs and looks at."""

from __future__ import annotations

import asyncio
import math
import os
import threading
import time
import warnings
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from snnlab.engine import team
from snnlab.engine.build import Build
from snnlab.engine.randomness import stream_key
from snnlab.engine.schedule import LAST_STEP, Schedule, steps
from snnlab.engine.simulator import AbandonedError, PeriodicTask, Simulator
from snnlab.engine.team import TeamChoice, available_cores
from snnlab.engine.transit import send_again, spikes_under_way
from snnlab.errors import NetworkError, SimulationError
from snnlab.model.neuron import Neuron
from snnlab.model.registry import follow_constants, uses_constant
from snnlab.model.synapse import Synapse
from snnlab.network import (
    assembly,
    changes,
    handles,
    hints,
    joining,
    memory,
    plotting,
    presentation,
    snapshot,
    timescales,
)
from snnlab.network.assembly import PopulationParts, ProjectionParts
from snnlab.network.changes import SILENCED, Change, ParameterLog, change_of
from snnlab.network.connectors import Connector
from snnlab.network.courses import course_of
from snnlab.network.divergence import Watch
from snnlab.network.drives import PoissonDrive
from snnlab.network.elements import Elements, chosen_neurons, chosen_places
from snnlab.network.handles import ParameterHandle, handles_of
from snnlab.network.history import History
from snnlab.network.inputs import Input
from snnlab.network.memory import MemoryUse
from snnlab.network.population import Group, Population, PopulationView, Values, population_of
from snnlab.network.projection import Projection
from snnlab.network.recording import Recording
from snnlab.network.recordings import Recordings, Records
from snnlab.network.report import Report, network_report
from snnlab.network.session import Member, Session
from snnlab.network.snapshot import Snapshot
from snnlab.network.taps import Moment
from snnlab.network.values import (
    beyond_counting,
    is_number,
    time_text,
)
from snnlab.recording import export
from snnlab.recording.presentation import plot
from snnlab.recording.results import Lineage, TraceRecord, Traces
from snnlab.recording.streams import SpikeStream, TraceStream

Result = TypeVar("Result")
Owner = tuple[str, str]  # "population", "projection" or "drive", and its name
POPULATIONS, PROJECTIONS, DRIVES = 1, 2, 3  # first part of the path of a random stream
REALS: dict[str, type] = {"float64": np.float64, "float32": np.float32}
FIXED = ("dt", "seed")  # from the beginning on
MOMENT = 0.15  # s that building may take without being told
NEURONS_PER_THREAD = 500  # with fewer a thread waits longer than it works, whatever the neurons


class Signal:
    """Tells its listeners that something changed; they must not wait for anything."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[], None]] = []

    def connect(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)

    def disconnect(self, listener: Callable[[], None]) -> None:
        if listener in self._listeners:
            self._listeners.remove(listener)

    def emit(self) -> None:
        for listener in list(self._listeners):
            listener()


class Network:
    """Populations and projections, and the clock that they share.

    Parameters
    ----------
    dt
        Time step (ms).
    seed
        Of every random number in the network; without one, a new seed each time.
    dtype
        "float64" or "float32".
    threads
        How many threads may run the network; all cores without a number. Of these as many run as
        help: that is measured at the start and again from time to time, because other programs
        take cores and give them back. Results are the same for any number.
    target
        "c": compiled kernels; "numpy": the same kernels without a compiler, slow.
    """

    def __init__(
        self,
        dt: float = 0.1,
        seed: int | np.integer | None = None,
        dtype: Literal["float64", "float32"] = "float64",
        threads: int | None = None,
        target: Literal["c", "numpy"] = "c",
    ) -> None:
        if not is_number(dt, above=0):
            raise NetworkError(f"Network: dt = {dt!r} ms; give a time step above 0 ms.")
        if not isinstance(dtype, str) or dtype not in REALS:
            raise NetworkError(f"Network: dtype = {dtype!r}; choose 'float64' or 'float32'.")
        if threads is not None and (not isinstance(threads, int | np.integer) or threads < 1):
            raise NetworkError(f"Network: threads = {threads!r}; give a whole number from 1 on.")
        if seed is not None and (not isinstance(seed, int | np.integer) or seed < 0):
            raise NetworkError(f"Network: seed = {seed!r}; give a whole number from 0 on.")
        if not isinstance(target, str) or target not in assembly.BACKENDS:
            raise NetworkError(f"Network: target = {target!r}; choose 'c' or 'numpy'.")
        self.dt = float(dt)
        self._backend = assembly.BACKENDS[target]
        self.seed = int.from_bytes(os.urandom(4)) if seed is None else int(seed)
        self.real = REALS[dtype]
        self.populations: dict[str, Population] = _Members("population")
        self.projections: dict[str, Projection] = _Members("projection")
        self._n_connected = 0  # projections so far: the number of the next one
        self.drives: dict[str, PoissonDrive] = _Members("drive")
        self.changed = Signal()
        self._threads = None if threads is None else int(threads)
        # Weakly, so that a network that nobody holds any more ends, also while it plays.
        self._simulator = Simulator(
            self.dt,
            _weakly(self._before_slice),
            _weakly(self._after_slice),
            _weakly(self._check),
            _weakly(self.changed.emit),
        )
        weakref.finalize(self, self._simulator.abandon)
        self._actions: dict[PeriodicTask, _Action] = {}
        self._watch = Watch(self)
        self._parts: dict[str, PopulationParts] = {}
        self._projection_parts: dict[str, ProjectionParts] = {}
        self._builds: dict[str, Build] = {}
        self._n_threads = 1  # as linked
        self._linked = False  # kernels and buffers are those of the present network
        self._building = ("", 0.0)  # what is being made, and since when (s)
        self._builder: int | None = None  # the thread that makes it
        self._scheduled = False  # so is the list of phases
        self._schedule = Schedule(())
        self._initial: dict[Owner, dict[str, NDArray]] | None = None
        self._session = Session(self)
        self.history = History(self)
        self._recordings = Recordings(self.dt, self._simulator, self._reschedule)
        self.n_moves = 0  # how often its time was set: by reset, restore, load, going back
        self.lineage = Lineage()  # of the steps that have been run
        self._warned: set[str] = set()
        self._time_step_warnings: list[str] = []
        self._constants = _Constants(self)
        follow_constants(self._constants)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in FIXED and name in self.__dict__:
            raise NetworkError(
                f"Network: {name} = {value!r} cannot be set any more, it is {getattr(self, name)}; "
                f"build the network with Network({name}=...)."
            )
        object.__setattr__(self, name, value)

    # Building ----------------------------------------------------------------------------

    def add(
        self, shape: int | tuple[int, ...], neuron: Neuron | Input, *, name: str | None = None
    ) -> Population:
        """Add a population of ``shape`` neurons (a number, or a tuple for a grid).

        In the place of a neuron model an input may stand: `PoissonInput`, `SpikeSource` or
        `TimedArray`.

        Raises
        ------
        NetworkError
            If the shape is not positive or the name is taken.
        """
        given = neuron if isinstance(neuron, Input) else None
        neuron = given.neuron if given is not None else neuron
        if isinstance(shape, Neuron | Input) or not isinstance(neuron, Neuron):
            raise NetworkError(
                f"Network: net.add takes a size and a neuron, not "
                f"({type(shape).__name__}, {type(neuron).__name__}); write net.add(100, LIF)."
            )
        name = joining.free_name(name, neuron.name or "population", self.populations)
        where = f"Population '{name}'"
        sizes = joining.checked_shape(where, shape)
        memory.check_population(where, math.prod(sizes), neuron.model, self.real)
        key = stream_key(self.seed, POPULATIONS, len(self.populations))
        population = Population(self, neuron, sizes, name, key)
        if given is not None:
            object.__setattr__(population, "given_data", given.prepare(population, self.dt))
        # The population last: a dashboard may look for all of it as soon as it is there.
        self._recordings.add_population(name)
        self.populations[name] = population
        self._relink()
        # The compiler may start while the next lines of the notebook are typed.
        self._builds |= _builds(assembly.compile_all([population], [], self._backend))
        return population

    def connect(
        self,
        pre: Group,
        post: Group | Iterable[Group],
        target: str,
        connector: Connector | Synapse | None = None,
        *,
        weight: Values = 1.0,
        delay: Values | None = None,
        synapse: Synapse | None = None,
        name: str | None = None,
        procedural: bool = False,
    ) -> Any:
        """Connect ``pre`` with ``post``: each spike adds to the conductance ``g_<target>``.

        Parameters
        ----------
        pre, post
            Populations or views; several ``post`` in a list make one projection each.
        target
            Name of the conductance without its ``g_``, for example "exc".
        connector
            Who is connected with whom; `AllToAll` if not given. A synapse model may stand here.
        weight
            A number, a distribution, or one number for each synapse; in the unit of ``g_<target>``.
        delay
            ms; one time step if not given. A distribution or an array gives each synapse its own;
            drawn delays become the nearest whole number of steps.
        synapse
            Model of the synapses; without one they only add their weight.
        procedural
            Store no synapses: whenever a neuron spikes, its targets and weights are made anew from
            the seed, the same as those that would be stored. It saves memory and costs time.

        Returns
        -------
        Projection
            Or a tuple of them when ``post`` is a list.

        Raises
        ------
        NetworkError
            If the parts do not fit together.
        """
        if not isinstance(post, Population | PopulationView):
            if isinstance(post, str | Neuron) or not isinstance(post, Iterable):
                raise NetworkError(
                    f"Network: cannot connect to {post!r}; give a population that net.add returned."
                )
            options = {"weight": weight, "delay": delay, "synapse": synapse, "name": name}
            made: list[Projection] = []
            try:
                for one in post:
                    given = {**options, "procedural": procedural}
                    made.append(self.connect(pre, one, target, connector, **given))
            except NetworkError:
                for projection in reversed(made):
                    self._take_out(projection)
                raise
            return tuple(made)
        for side, group in (("pre", pre), ("post", post)):
            joining.check_member(self, side, group)
        default = f"{pre.name}->{post.name} {target}"
        name = joining.free_name(name, default, self.projections)
        where = f"Projection '{name}'"
        if isinstance(connector, Synapse) and synapse is None:
            connector, synapse = None, connector
        rule = joining.checked_rule(where, connector)
        joining.check_ends(where, pre, post, target, synapse)
        joining.check_weight(where, weight, self.real)
        key = stream_key(self.seed, PROJECTIONS, self._n_connected)
        given = joining.checked_delay(where, delay, self.dt)
        projection = Projection(
            self,
            pre,
            post,
            target,
            rule,
            synapse,
            weight=weight,
            delay=given,
            name=name,
            key=key,
            procedural=procedural,
        )
        if procedural:
            projection.check_procedural()
        rule.check(projection._groups())
        memory.check_projections(where, [*self.projections.values(), projection])
        memory.check_delay(where, projection)
        self.projections[name] = projection
        self._n_connected += 1
        self._relink()
        return projection

    def _take_out(self, projection: Projection) -> bool:
        """Forget a projection that was never linked; False if it is not one of those."""
        name = projection.name
        if self.projections.get(name) is not projection or name in self._projection_parts:
            return False
        if name == next(reversed(self.projections)):
            self._n_connected -= 1  # one that takes its place is made of the same random numbers
        del self.projections[name]
        self._relink()
        return True

    def drive(
        self,
        group: Group,
        target: str,
        *,
        rate: Values,
        n: int = 1,
        weight: Values = 1.0,
        name: str | None = None,
    ) -> PoissonDrive:
        """Let ``n`` independent Poisson sources spike onto each neuron of ``group``.

        Much cheaper than a population of sources: their sum is drawn, one number a neuron and step.

        Parameters
        ----------
        group
            A population or a view.
        target
            Name of the conductance without its ``g_``, for example "exc".
        rate
            Hz of one source: a number, a distribution, or one number for each neuron.
        n
            Sources onto each neuron.
        weight
            What a spike adds to ``g_<target>``, in its unit: as ``rate``.

        Returns
        -------
        PoissonDrive
            Its ``rate``, ``n`` and ``weight`` may be changed while the network runs.

        Raises
        ------
        NetworkError
            If the parts do not fit together.
        """
        joining.check_member(self, "group", group)
        default = f"Poisson->{group.name} {target}"
        name = joining.free_name(name, default, self.drives)
        joining.check_target(f"Drive '{name}'", group, target)
        key = stream_key(self.seed, DRIVES, len(self.drives))
        drive = PoissonDrive(self, group, target, rate=rate, n=n, weight=weight, name=name, key=key)
        self.drives[name] = drive
        self._relink()
        return drive

    # Compiling and linking ---------------------------------------------------------------

    def build_state(self) -> tuple[str, str]:
        """("waiting" | "compiling" | "ready" | "failed", message) over all kernels."""
        builds = list(self._builds.values())
        failed = next((b for b in builds if b.state == "failed"), None)
        if failed is not None:
            return "failed", str(failed.error)
        if any(b.state in ("waiting", "compiling") for b in builds):
            names = sorted({b.name for b in builds if b.state in ("waiting", "compiling")})
            return "compiling", f"compiling {', '.join(names)}"
        seconds = max((b.seconds or 0.0 for b in builds), default=0.0)
        return "ready", f"ready, {seconds:.1f} s" if builds else "ready"

    def build(self) -> None:
        """Compile what is not compiled and make the network ready to run.

        Raises
        ------
        ToolchainError
            If there is no compiler or a kernel is refused.
        SimulationError
            If there is nothing to run.
        """
        if not self.populations:
            raise SimulationError("Network: it has no population; add one with net.add first.")
        if self._linked and self._scheduled:
            return
        with self._simulator.between_steps(), self._said_to_build():
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
                    self._building = ("", 0.0)
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
            self._building = (text, began)
            tell(done, total, text)

        return told

    @property
    def built(self) -> bool:
        """Whether the next run begins at once: nothing has to be compiled or connected first."""
        return self._linked and not self._building[0]

    @property
    def building(self) -> str:
        """What the beginning of a run waits for, such as "compiling E"; "" for nothing.

        What takes no longer than a moment is not told.
        """
        text, began = self._building
        return text if time.monotonic() - began > MOMENT else ""

    @property
    def threads(self) -> int:
        """How many threads may run the network; `threads_now` of them do."""
        if not self._backend.compiles:
            return 1
        if self._threads is not None:
            return self._threads
        n_neurons = sum(p.size for p in list(self.populations.values()))
        return max(1, min(available_cores(), n_neurons // NEURONS_PER_THREAD))

    @property
    def threads_now(self) -> int:
        """How many threads run the network at present."""
        return self._simulator.threads

    @property
    def spare_cores(self) -> int:
        """How many cores are left to other programs."""
        return self._simulator.spare_cores

    @spare_cores.setter
    def spare_cores(self, number: int) -> None:
        if not isinstance(number, int) or number < 0:
            raise NetworkError(f"Network: spare_cores = {number!r}; give a whole number from 0 on.")
        self._simulator.spare_cores = number

    def watched_by(self, watcher: object, looks: bool) -> None:
        """Somebody looks at the network with a dashboard, or does so no more."""
        self._simulator.watched_by(watcher, looks)

    def rest(self, seconds: float) -> None:
        """Compute nothing for ``seconds``, if it plays: someone needs an answer sooner."""
        self._simulator.rest(seconds)

    @property
    def schedule(self) -> Schedule:
        """The phases of one step, in their order; print it."""
        self.build()
        return self._schedule

    def _reschedule(self) -> None:
        """What a step does has changed: list its phases again before the next step."""
        self._scheduled = False

    def _relink(self) -> None:
        """The network has changed: link it again before the next step."""
        self._linked = False

    def _link(self, tell: Callable[[int, int, str], None]) -> None:
        backend = self._backend
        # Projections first: another thread may add a population, then a projection to it.
        projections, populations = dict(self.projections), dict(self.populations)
        programs = assembly.compile_all(populations.values(), projections.values(), backend)
        self._builds = _builds(programs)
        n = len(projections) + len(programs) + 1
        for done, (name, projection) in enumerate(projections.items()):
            tell(done, n, f"making the synapses of {name}")
            projection.prepare()  # while the compiler works
        libraries = {}
        for done, (name, made) in enumerate(programs.items(), start=len(projections)):
            tell(done, n, f"compiling {name}")
            libraries[name] = backend.load(*made, self.real)
        tell(n - 1, n, "putting the parts together")
        self._n_threads = n_threads = self.threads
        parts = {}
        for name, population in populations.items():
            before = self._parts.get(name)
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
                old = before.transits()
                for key, lists in parts[name].transits().items():
                    if key in old:
                        now = self.step_index
                        send_again(lists, now, spikes_under_way(old[key], now))
            parts[name].spikes.keep_log(population.neuron.model.spiking)
        self._projection_parts = {
            name: assembly.projection_parts(
                projection,
                programs[name][0] if name in programs else None,
                libraries.get(name),
                parts,
                backend=backend,
                populations_before=self._parts,
            )
            for name, projection in projections.items()
        }
        assembly.give_delays(self._projection_parts.values(), parts)
        self._parts = parts
        self._keep = libraries

    def _make_schedule(self) -> None:
        taps = []
        for tap in self._recordings.taps:
            if tap.paused:
                tap.unlink()
                continue
            owned = isinstance(tap.owner, Projection)
            parts = self._projection_parts if owned else self._parts
            taps.append(tap.link(parts[tap.owner.name], self.step_index, self._n_threads))
        schedule, items = assembly.phases(
            self._parts.values(), self._projection_parts.values(), taps
        )
        self._schedule = schedule
        stepper = self._backend.parts.Stepper(items, self._n_threads, self.dt)
        measured = self._threads is None or team.MEASURED
        self._simulator.attach(stepper, TeamChoice(self._n_threads, measured))

    # Running -----------------------------------------------------------------------------

    @property
    def time(self) -> float:
        """Biological time (ms)."""
        return self.step_index * self.dt

    @property
    def step_index(self) -> int:
        return self._simulator.step_index

    @property
    def running(self) -> bool:
        return self._simulator.running

    @property
    def speed(self) -> float | None:
        """Biological time over wall time that `play` keeps to; None: as fast as possible."""
        return self._simulator.speed

    @speed.setter
    def speed(self, speed: float | None) -> None:
        if speed is not None and not is_number(speed, above=0):
            raise NetworkError(f"Network: speed = {speed!r}; give a number above 0, or None.")
        self._simulator.speed = speed
        self._simulator.wake()
        self.changed.emit()

    @property
    def recording_budget(self) -> float:
        """MB that all spikes and traces together may take while the network plays.

        What plays in the background could fill the memory: the oldest is dropped. `simulate` and
        `run`, whose end somebody waits for, keep everything.
        """
        return self._recordings.budget

    @recording_budget.setter
    def recording_budget(self, budget: float) -> None:
        if not is_number(budget, above=0):
            raise NetworkError(
                f"Network: recording_budget = {budget!r}; give a number of MB above 0."
            )
        self._recordings.budget = float(budget)

    @property
    def real_time_factor(self) -> float:
        """Biological time over computing time, lately."""
        return self._simulator.real_time_factor

    @property
    def error(self) -> BaseException | None:
        """What stopped the last `play`, if something did."""
        return self._simulator.error

    @property
    def warnings(self) -> list[str]:
        """What a person should know before trusting this network."""
        found = list(self._time_step_warnings)
        for owner, model in self._models():
            if getattr(model, "superseded", False):
                found.append(
                    f"{owner} uses the '{model.name}' of an earlier cell; run the cells that "
                    f"build the network again to use the new one."
                )
        return found

    def hints(self) -> list[str]:
        """What probably is not as it was meant, in sentences with measured numbers.

        Silent and runaway populations (spikes of the last 500 ms, at least 100 ms), populations
        that spike all at once, a step that is large beside a time constant, inputs that nothing
        drives, weights and Poisson rates of 0. Empty when all is well; also while it runs, and
        while another thread builds it: then no step runs, and nobody has to wait for the compiler.
        """
        if self._builder not in (None, threading.get_ident()):
            return hints.hints_of(self)
        return self._simulator.call(lambda: hints.hints_of(self))

    def simulate(self, duration: float) -> None:
        """Run ``duration`` ms. Ctrl-C stops it and keeps what was recorded.

        Raises
        ------
        SimulationError
            If the duration is negative, the network plays already, or a value becomes NaN.
        """
        n_steps, n_pauses = self._steps_of(duration, "net.simulate"), self._simulator.n_pauses
        self._prepare()
        if n_steps == 0:
            return
        shown = presentation.reporter(n_steps * self.dt) if n_steps > 1 else None
        if shown is None:
            self._simulator.run(n_steps, n_pauses=n_pauses)
            return
        try:
            self._simulator.run(n_steps, lambda done: shown.update(done * self.dt), n_pauses)
        finally:
            shown.close()

    def _steps_of(self, duration: float, what: str) -> int:
        """The steps of a run with an end, which keeps all that it records."""
        if not is_number(duration, 0):
            raise SimulationError(
                f"Network: cannot simulate {time_text(duration)}; give a duration from 0 ms on."
            )
        self._check_end(float(duration))
        n_steps = steps(duration, self.dt, what=what)
        memory.check_recording("Network", self, n_steps * self.dt)
        return n_steps

    def _check_end(self, duration: float) -> None:
        """The steps of ``duration`` ms can be counted."""
        if beyond_counting(duration, self.dt):
            raise SimulationError(
                f"Network: {duration:g} ms are beyond {LAST_STEP} steps; give a shorter duration."
            )

    async def run(self, duration: float) -> None:
        """Run ``duration`` ms in the background: ``await net.run(100)``, in a cell or in asyncio.

        It keeps to `speed`. `pause` ends it early, also while the network is built; cancelling it
        pauses the network.

        Raises
        ------
        SimulationError
            If the duration is negative, the network runs already, or a value becomes NaN.
        """
        busy = "Network: it is running already; call net.pause() before net.run()."
        if self.running:
            raise SimulationError(busy)
        n_steps, n_pauses = self._steps_of(duration, "net.run"), self._simulator.n_pauses
        if self._linked and self._scheduled:
            self._prepare()
        else:
            await asyncio.to_thread(self._prepare)  # a compiler may work for seconds
        if n_steps == 0:
            return
        ended = self._simulator.play(n_steps, n_pauses, awaited=True)
        if ended is None:
            raise SimulationError(busy)
        try:
            await asyncio.wrap_future(ended)
        except asyncio.CancelledError:
            if not ended.done():
                self.pause()
            raise

    def lab(self) -> Any:
        """The dashboard: play, pause, sliders, live plots. Show it as the result of a cell."""
        return presentation.dashboard(self)

    def play(self, duration: float | None = None) -> None:
        """Run in the background until `pause`; other cells can be used meanwhile.

        Parameters
        ----------
        duration
            ms; the network pauses by itself after them. Without one it plays on.

        Raises
        ------
        SimulationError
            If the duration is not above 0.
        """
        if self.running:
            return
        n_steps = None
        if duration is not None:
            if not is_number(duration, above=0):
                raise SimulationError(
                    f"Network: cannot play {time_text(duration)}; "
                    f"give a duration above 0 ms, or none."
                )
            self._check_end(float(duration))
            n_steps = steps(duration, self.dt, what="net.play", least=1)
        n_pauses = self._simulator.n_pauses
        self._prepare()
        self._simulator.play(n_steps, n_pauses)

    def pause(self) -> None:
        """Stop the run that goes on, of any thread; it has stopped when this returns.

        A run for which the network is just being built does not begin.
        """
        self._simulator.pause()

    def step(self, n: int = 1) -> None:
        """Run ``n`` steps of ``dt`` and return; a playing network is paused first.

        Raises
        ------
        SimulationError
            If ``n`` is no whole number from 0 on, or a value becomes NaN.
        """
        if not isinstance(n, int | np.integer) or n < 0:
            raise SimulationError(
                f"Network: cannot run {n!r} steps; give a whole number from 0 on."
            )
        self.pause()
        n_pauses = self._simulator.n_pauses
        self._prepare()
        self._simulator.run(n, n_pauses=n_pauses)
        self.changed.emit()

    def reset(self) -> None:
        """Back to time 0 and to the state before the first step; parameters keep their values."""
        self.pause()
        with self._simulator.between_steps():
            if self.history.kept:
                self.history.leave(0)
            else:
                self.history.branches = []
            self.history.forget_after(-1)
            for projection in self.projections.values():
                projection.bring_to_present()
            if self._initial is not None:
                for owner, parts in self._all_parts():
                    saved = self._initial.get(owner, {})
                    for name, array in parts.state().items():
                        if name in saved and saved[name].shape == array.shape:
                            array[...] = saved[name]
            for population in self.populations.values():
                population._take_stimuli(population.first_stimuli)
            for projection in self.projections.values():
                projection.mark_followed(0)
            self.n_moves += 1
            self.lineage.leave(0)
            self._simulator.step_index = 0
            self._simulator.forget_appointments()
            for parts in self._parts.values():
                for lists in parts.transits().values():
                    lists.clear()
            self._recordings.restart()
            self._simulator.error = None
            self._initial = None
            self._session.begin_anew()
        self.changed.emit()

    def close(self) -> None:
        """Stop the network; recordings on disk are complete, and later runs are not in them."""
        self.pause()
        with self._simulator.between_steps():
            stores = self._recordings.detach()
        for store in stores:
            store.close()

    def _prepare(self) -> None:
        if self.step_index == 0:
            self._time_step_warnings = timescales.time_step_warnings(
                self.populations.values(), self.projections.values(), self.dt
            )
        for message in self.warnings:
            if message not in self._warned:
                self._warned.add(message)
                warnings.warn(message, stacklevel=3)
        self.build()
        if self._initial is None:
            self._initial = {}
            for population_parts in self._parts.values():
                population_parts.forget()
        # What joined a network that has run already goes back to its own beginning.
        for owner, parts in self._all_parts():
            if owner not in self._initial:
                state = parts.state()
                self._initial[owner] = {name: array.copy() for name, array in state.items()}

        self.history.begin()

    def _all_parts(self) -> Iterator[tuple[Owner, PopulationParts | ProjectionParts]]:
        for name, parts in self._parts.items():
            yield ("population", name), parts
        for name, parts in self._projection_parts.items():
            yield ("projection", name), parts

    def _last_spikes(self, population: Population) -> NDArray[np.int32]:
        """Step of each neuron's latest spike."""
        return self._parts[population.name].last_spike[: population.size]

    def _every(
        self,
        n_steps: int,
        action: Callable[[], None],
        since: int | None = None,
        *,
        last: bool = False,
    ) -> PeriodicTask:
        held = _Action(action)
        task = self._simulator.every(n_steps, _weakly(held.carry_out), since, last=last)
        self._actions[task] = held
        return task

    def _cancel(self, task: PeriodicTask) -> None:
        self._simulator.cancel(task)
        self._actions.pop(task, None)

    def _apply(self, projection: Projection) -> None:
        self.build()
        parts = self._projection_parts[projection.name]
        assembly.apply_once(parts, self._parts, self.step_index)

    def _draw_with(self, seed: int) -> None:
        """Let random numbers of later steps be those of ``seed``; what was drawn stays.

        With the network's own seed they are what they were.
        """
        for owner in self._all_members():
            key = owner.key if seed == self.seed else stream_key(seed, *owner.key)
            if owner._run_key != key:
                object.__setattr__(owner, "_run_key", key)
                self._relink()

    def _weights_changed(self, projection: Projection) -> None:
        """The engine keeps weights in an order of its own where each synapse has its delay."""
        parts = self._projection_parts.get(projection.name)
        if parts is not None:
            parts.synapses.weights_changed()

    def _arrays_moved(self, projection: Projection, moved: Iterable[tuple[str, NDArray]]) -> None:
        """Of each variable element i was element ``origin[i]`` before; pairs (name, origin).

        What a reset brings back moves with them.
        """
        saved = (self._initial or {}).get(("projection", projection.name), {})
        for name, origin in moved:
            if name in saved:
                initial = np.zeros_like(projection.state.arrays[name])
                initial[: len(origin)] = saved[name][origin]
                saved[name] = initial

    def _restructure(self, projection: Projection, change: Callable[[], None]) -> None:
        """Let ``change`` replace a projection's synapses between two steps."""
        change()
        if self._initial is not None:
            # A reset cannot bring back synapses: those that there are keep their state.
            self._initial["projection", projection.name] = {}
        self._session.forget_given(projection)
        self._linked = False
        self.build()

    def _all_members(self) -> Iterator[Member]:
        for group in (self.populations, self.projections, self.drives):
            yield from group.values()

    def _models(self) -> Iterable[tuple[str, Neuron | Synapse]]:
        for population in list(self.populations.values()):
            yield f"Population '{population.name}'", population.neuron
        for projection in list(self.projections.values()):
            if projection.synapse is not None:
                yield f"Projection '{projection.name}'", projection.synapse

    def _submit(self, command: Callable[[], None]) -> None:
        """Do ``command`` between two steps."""
        self._simulator.submit(command)

    def _before_slice(self, step: int, n_steps: int) -> None:
        self.build()
        self._recordings.prepare(step, n_steps, self._simulator.n_steps_left)
        self._watch.before_slice(step, n_steps)

    def _after_slice(self, first_step: int, n_steps: int) -> None:
        self._session.log.end = first_step + n_steps
        self._recordings.collect(self._parts, first_step, n_steps)
        if self._simulator.playing:
            self._recordings.trim()
            self.history.trim_branches()
        for population in list(self.populations.values()):
            if population.stimuli:
                population._drop_stimuli(first_step + n_steps)

    def _check(
        self, first_step: int, n_steps: int, seconds: float
    ) -> tuple[int, SimulationError | None]:
        end, error = self._watch.after_slice(first_step, n_steps, seconds)
        if end < first_step:
            self.lineage.leave(end)
            self._recordings.cut(end)
        return end, error

    def _way_back(self) -> str:
        """How the last good state of a run that diverged is reached, if there is one."""
        good = self.history.last_good
        if good is None:
            return ""
        return f"; net.go_back({good.time:g}) returns to the last good state"

    # Log and snapshots -------------------------------------------------------------------

    @property
    def log(self) -> ParameterLog:
        """Every change since the network was built, reset or loaded, with its step."""
        return self._session.log

    def kick(
        self,
        population: Group,
        variable: str,
        amount: float | NDArray,
        neurons: Elements = None,
    ) -> None:
        """Add ``amount`` to a variable of the neurons, before the next step.

        Parameters
        ----------
        amount
            In the variable's internal unit; a number, or one for each neuron.
        neurons
            Which neurons of the population or view; all if not given.

        Raises
        ------
        NetworkError
            If there is no such variable or neuron, or the amount is no number.
        """
        joining.check_member(self, "net.kick", population)
        chosen = chosen_neurons(population, variable, neurons)
        owner = population_of(population)
        n = owner.size if chosen is None else len(chosen)
        new = owner._checked(variable, np.asarray(amount), n, whole=chosen is None)
        owner._check_change(variable, new, chosen, "kick")
        self._session.change(owner, change_of(owner, variable, new, "kick", chosen))

    def silence(self, population: Group, neurons: Elements = None, on: bool = True) -> None:
        """Keep neurons from spiking from the next step on, or let them spike again.

        Their equations go on, with reset and refractoriness, but nobody gets to know of their
        spikes: neither synapses nor recordings. Spikes under way still arrive.
        ``population.silenced`` tells who is silenced. `reset` goes back to those who were before
        the first step.

        Parameters
        ----------
        neurons
            Which neurons of the population or view: numbers, a slice or a mask; all if not given.
        on
            False: they may spike again.

        Raises
        ------
        NetworkError
            If the neurons have no spikes, or there are no such neurons.
        """
        joining.check_member(self, "net.silence", population)
        owner = population_of(population)
        where = f"Population '{owner.name}'"
        if not owner.neuron.model.spiking:
            raise NetworkError(
                f"{where}: neurons '{owner.neuron.name}' have rates and no spikes, so they cannot "
                f"be silenced; change what they receive, or one of their parameters."
            )
        if not isinstance(on, bool | np.bool_):
            raise NetworkError(f"{where}: silence: on = {on!r}; give True or False.")
        chosen = chosen_places(population, neurons)
        self._session.change(owner, change_of(owner, SILENCED, bool(on), neurons=chosen))

    def stimulate(
        self,
        population: Group,
        variable: str,
        times: ArrayLike,
        values: ArrayLike,
        neurons: Elements = None,
    ) -> None:
        """Add a course of time to a parameter, which keeps its own value beneath.

        Each value is added from its time on until the next one's; nothing in between is
        interpolated. When the last has ended, the parameter is what it was. Several courses
        add up.

        Parameters
        ----------
        variable
            Name of a parameter that the equations read, such as a current.
        times
            ms, absolute and ascending, each rounded to the nearest step: when each value begins,
            and, as one more, when the last one ends. Without that it lasts as long as the one
            before it. What lies before the present step is cut.
        values
            In the unit of the parameter.
        neurons
            Which neurons of the population or view: numbers, a slice or a mask; all if not given.

        Raises
        ------
        NetworkError
            If there is no such parameter or neuron, or times and values are no course.
        """
        joining.check_member(self, "net.stimulate", population)
        owner = population_of(population)
        owner._check_stimulable(variable)
        where = f"Population '{owner.name}': stimulus of '{variable}'"
        course = course_of(where, times, values, self.dt, self.step_index)
        chosen = chosen_places(population, neurons)
        base = owner.state.storage(variable)
        if chosen is not None and base.ndim:
            base = base[chosen]
        owner.state.check_course(variable, course.values, base, chosen)
        self._session.change(owner, Change(-1, owner.name, variable, course, "stimulate", chosen))

    def snapshot(self) -> Snapshot:
        """The whole present state: all that decides how the network goes on."""
        if not self.running:
            self._prepare()
        return self._simulator.call(lambda: snapshot.take(self, with_records=True))

    def restore(self, saved: Snapshot) -> None:
        """Go back to a snapshot of this network, or one that was built alike; time stops there.

        Raises
        ------
        NetworkError
            If it is no snapshot, or does not fit.
        """
        if not isinstance(saved, Snapshot):
            raise NetworkError(
                f"Network: {saved!r} is no snapshot; give what net.snapshot() returned, or call "
                f"net.load(path) for a file."
            )
        snapshot.check_members(self, saved)  # before a run is stopped for nothing
        self.pause()
        self._prepare()
        with self._simulator.between_steps():
            parting = self.lineage.parting(saved.lineage)
            snapshot.put_back(self, saved)
            self.history.follow(saved, parting)
            self._session.go_on(saved.log, saved.position, saved.step)
            self.history.begin()
        self.changed.emit()

    def go_back(self, time: float) -> None:
        """Go back to ``time`` (ms): to the nearest snapshot of the history, and on from there.

        What was changed until then is changed again, what was changed at that very step is not.
        The run that is left becomes a branch, ``net.history.branches[-1]``; time stops there.

        Raises
        ------
        NetworkError
            If that time cannot be reached.
        """
        if not is_number(time, 0):
            raise NetworkError(
                f"Network: cannot go back to {time_text(time)}; give a time from 0 ms on."
            )
        step = steps(float(time), self.dt, what="net.go_back")
        self.pause()
        saved = self.history.nearest(step)
        log, branches = self.log, self.history.branches
        self.history.leave(step)
        try:
            self.restore(saved)
        except BaseException:
            self.history.branches = branches  # the run was not left
            raise
        for change in log.since(saved.position):
            if change.step < step:
                self._session.again(self.members(change.of)[change.owner], change)
        if step > saved.step:
            self._simulator.run(step - saved.step)
        self.changed.emit()

    def store(self, path: str | os.PathLike[str]) -> None:
        """Write the present state to a file (npz); recorded spikes and traces are not in it."""
        path = export.checked_path("net.store", path)
        snapshot.store(self, self.snapshot(), path)

    def load(self, path: str | os.PathLike[str]) -> None:
        """Go on from a stored state; the network is built as it was when it was stored.

        Raises
        ------
        SimulationError
            If the file holds no state.
        NetworkError
            If it is the state of another network.
        """
        path = export.checked_path("net.load", path)
        file = snapshot.read(path)  # before a run is stopped for nothing
        self.pause()
        self._prepare()
        self.restore(snapshot.fitted(self, file))

    def replay(self, log: ParameterLog) -> None:
        """Begin again as the session of ``log`` did; following runs make its changes again.

        Raises
        ------
        NetworkError
            If it is no log, or changes what the network does not have.
        SimulationError
            If the log was given up because it was too long.
        """
        if not isinstance(log, ParameterLog):
            raise NetworkError(
                f"Network: {log!r} is no log; give net.log of the session to be repeated."
            )
        log.check_complete()
        entries = [(changes.owner_of(self, change), change) for change in log]
        if log.origin is not None:
            self.restore(log.origin)
        else:
            self.reset()
            with self._simulator.between_steps():
                self._session.begin_as(log)
        for owner, change in entries:
            if change.step <= log.start:
                self._session.change(owner, change)
            else:
                self._session.again(owner, change)
        self.changed.emit()

    def members(self, kind: str) -> Mapping[str, Any]:
        """Those of one kind, "population", "projection" or "drive", by their names."""
        kinds = {"population": self.populations, "projection": self.projections}
        return kinds.get(kind, self.drives)

    def _move_to(self, step: int, records: Records | None, lineage: Lineage) -> None:
        """Let ``step`` be the next one; what was recorded is what was until then."""
        parting = self.lineage.parting(lineage)
        common = step if parting is None else min(step, parting)
        self.n_moves += 1
        self.lineage.go_on_from(lineage, step)
        self._simulator.step_index = step
        self._simulator.error = None
        self._simulator.forget_appointments()
        self._recordings.move_to(step, common, records)
        self.build()

    # Recording ---------------------------------------------------------------------------

    def record(
        self,
        group: Group | Projection,
        variables: str | Iterable[str],
        *,
        every: float | None = None,
        neurons: Elements = None,
        synapses: Elements = None,
        moment: Moment = "end",
        keep: float | None = None,
        to: str | os.PathLike[str] | None = None,
        name: str | None = None,
    ) -> Recording:
        """Record variables of ``group`` from now on.

        Parameters
        ----------
        group
            A population, a view, or a projection.
        variables
            Names of variables; also ``sum(exc)`` of weighted inputs, and ``spikes``, which are
            recorded of each population in any case, to ``keep`` the latest of them only.
        every
            Interval of the samples (ms); every step if not given.
        neurons
            Which neurons of the group: numbers, a slice or a mask; all if not given. They are
            recorded in ascending order, as ``recording.neurons()`` tells.
        synapses
            Which synapses of a projection, in the order of ``projection.w``; all if not given. Of
            a variable that synapses of a post neuron share, the post neurons of these.
        moment
            "end": the values after the step, when equations have been solved, spikes have reset
            and conductances have decayed. "arrival": after the spikes of this step have been added
            to the conductances, before the equations. "start": before that, as the previous step
            left them.
        keep
            ms: only samples and spikes of this latest time are kept; all if not given.
        to
            Path of a Zarr store to which everything is written while the network runs, for
            `snnlab.load_recording`; several recordings may share it. In memory the latest ``keep``
            are left then, one second if not given.
        name
            Apart from other recordings of the variable, as ``net.traces["E"]["name.v"]``; without
            a name a recording replaces an earlier one of the same variable.

        Returns
        -------
        Recording
            Its samples, and ``pause``, ``resume``, ``clear`` and ``stop``.

        Raises
        ------
        NetworkError
            If there are no such variables, neurons or synapses.
        """
        if not isinstance(group, Projection):
            joining.check_member(self, "group", group)
        return self._recordings.record(
            group,
            variables,
            every=every,
            neurons=neurons,
            synapses=synapses,
            moment=moment,
            keep=keep,
            to=to,
            name=name,
        )

    @property
    def spikes(self) -> Mapping[str, Any]:
        """``net.spikes["E"]``: DataFrame (time in ms, neuron) since the last reset."""
        return self._recordings.spike_tables()

    def latest_spikes(
        self, population: str, most: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Steps (n,) and neurons (n,) of the latest spikes that are kept, ``most`` at most."""
        return self._recordings.spikes[population].steps_and_neurons(most)

    @property
    def traces(self) -> Mapping[str, Traces]:
        """``net.traces["E"]["v"]``: array (time, neuron) of what `record` asked for."""
        return self._recordings.all_traces()

    def plot(
        self,
        *groups: Group | Projection | str,
        begin: float | None = None,
        end: float | None = None,
    ) -> Any:
        """Figures of what was recorded: spikes, rates and traces over one time axis.

        In a notebook they are shown in the colours of the page. ``.layout`` is what they are for
        Bokeh, ``.save("run.html")`` writes a page that needs no internet.

        Parameters
        ----------
        groups
            Populations, views of them, projections, or their names; all if not given.
        begin, end
            ms; from the first to the last step if not given.

        Raises
        ------
        NetworkError
            If no time has passed, nothing was recorded of these, or nothing lies between the
            times.
        """
        spikes, traces = self._recorded()
        run = plotting.recorded_run(self, groups, (begin, end), spikes, traces)
        return plot("Network", run)

    def clear_recordings(self) -> None:
        """Forget the spikes and traces that were recorded, also on disk; recording goes on."""
        self._submit(self._recordings.clear)

    def save_recordings(self, path: str | os.PathLike[str]) -> None:
        """Write all spikes and traces to a file that ends in .npz, or one table to a .csv file.

        Raises
        ------
        SimulationError
            If the ending is another one, or a CSV file would hold several tables.
        """
        export.save(export.checked_path("Recording", path), *self._recorded())

    def neo(self) -> Any:
        """All spikes and traces as a block of Neo, which must be installed.

        Raises
        ------
        SimulationError
            If it is not.
        """
        spikes, traces = self._recorded()
        return export.neo_block("snnlab", spikes, traces, self.time)

    def _recorded(self) -> tuple[dict[str, Any], dict[str, dict[str, TraceRecord]]]:
        """Spikes and traces of one moment, also while the network runs."""
        records = self._simulator.call(self._recordings.copy)
        spiking = [name for name, p in self.populations.items() if p.neuron.model.spiking]
        frames = {name: records.spikes[name].frame() for name in spiking if name in records.spikes}
        return frames, records.traces

    def stream_spikes(self, population: Population) -> SpikeStream:
        """The spikes of a population as they come."""
        return self._recordings.stream_spikes(population)

    def stream_traces(
        self,
        population: Population,
        variable: str,
        *,
        neurons: Iterable[int],
        every: float | None = None,
    ) -> TraceStream:
        """A variable of chosen neurons as it comes; in ascending order of the neurons."""
        return self._recordings.stream_traces(population, variable, neurons, every)

    # Parameters --------------------------------------------------------------------------

    def handles(self) -> list[ParameterHandle]:
        """Every number that may be changed while the network runs."""
        drives = (handle for drive in list(self.drives.values()) for handle in drive.handles())
        return [*handles_of(self), *drives]

    def scale(self, owner: Population | Projection, name: str, factor: float) -> None:
        """Multiply a parameter, or the weights ``"w"`` of a projection, by ``factor``.

        All its values where elements have their own; between two steps of a running network.

        Raises
        ------
        NetworkError
            If the owner has no such parameter, or the factor is not finite.
        """
        joining.check_owner(self, owner)
        handles.check_changeable(owner, name, factor)
        name = "w" if name == "weight" and isinstance(owner, Projection) else name
        owner._check_change(name, np.asarray(factor), None, "scale")
        self._session.change(owner, change_of(owner, name, float(factor), "scale"))

    def shift(self, owner: Population | Projection, name: str, amount: float) -> None:
        """Add ``amount``, in the parameter's unit, to a parameter or to the weights ``"w"``.

        Raises
        ------
        NetworkError
            If the owner has no such parameter, or the amount is not finite.
        """
        joining.check_owner(self, owner)
        handles.check_changeable(owner, name, amount)
        name = "w" if name == "weight" and isinstance(owner, Projection) else name
        owner._check_change(name, np.asarray(amount), None, "shift")
        self._session.change(owner, change_of(owner, name, float(amount), "shift"))

    def memory(self, duration: float = 0.0) -> MemoryUse:
        """What the network takes of the memory, also before it is built; print it.

        Parameters
        ----------
        duration
            ms; what is recorded in this time is counted, too.

        Raises
        ------
        NetworkError
            If the duration is no number from 0 on.
        """
        if not is_number(duration, 0):
            raise NetworkError(
                f"Network: net.memory of {time_text(duration)}; give a duration from 0 ms on."
            )
        return memory.memory_use(self, float(duration))

    def report(self) -> Report:
        """The network as tables for a paper (Nordlie et al. 2009); ``.save("methods.tex")``."""
        return network_report(self)

    def __repr__(self) -> str:
        n_neurons = sum(p.size for p in list(self.populations.values()))
        return (
            f"Network: {_counted(len(self.populations), 'population')}, "
            f"{_counted(n_neurons, 'neuron')}, {_counted(len(self.projections), 'projection')}, "
            f"t = {self.time:g} ms"
        )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


class _Members(dict[str, Any]):
    """Those of one kind by their names."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._kind = kind

    def __missing__(self, name: object) -> Any:
        raise KeyError(f"Network: no {self._kind} '{name}'; it has {', '.join(self) or 'none'}.")


class _Constants:
    """Takes over new values of constants for the network that holds it."""

    def __init__(self, network: Network) -> None:
        self._network = weakref.ref(network)

    def _users(self, name: str) -> list[Population | Projection]:
        network = self._network()
        if network is None:
            return []
        populations, projections = network.populations, network.projections
        return [
            *(p for p in list(populations.values()) if uses_constant(p.neuron.syntax, name)),
            *(
                p
                for p in list(projections.values())
                if p.synapse is not None and uses_constant(p.synapse.syntax, name)
            ),
        ]

    def check_constant(self, name: str, value: float) -> None:
        for user in self._users(name):
            user.state.check_values(name, np.asarray(value))

    def set_constant(self, name: str, value: float) -> None:
        for user in self._users(name):
            setattr(user, name, value)


class _Action:
    """What a network does again and again; its own, so that its simulator holds it weakly."""

    def __init__(self, action: Callable[[], None]) -> None:
        self._action = action

    def carry_out(self) -> None:
        self._action()


def _weakly(method: Callable[..., Result]) -> Callable[..., Result]:
    """A call of a bound method that keeps nothing alive.

    Raises
    ------
    AbandonedError
        If its object is gone.
    """
    reference = weakref.WeakMethod(method)

    def call(*arguments: Any) -> Result:
        found = reference()
        if found is None:
            raise AbandonedError
        return found(*arguments)

    return call


def _builds(programs: Mapping[str, tuple[Any, Build | None]]) -> dict[str, Build]:
    return {name: build for name, (_, build) in programs.items() if build is not None}
