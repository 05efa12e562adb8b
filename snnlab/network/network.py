"""The network: what a person builds, runs and looks at."""

from __future__ import annotations

import asyncio
import math
import os
import warnings
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from snnlab.engine.randomness import stream_key
from snnlab.engine.schedule import LAST_STEP, Schedule, steps
from snnlab.engine.simulator import PeriodicTask, Simulator
from snnlab.errors import NetworkError, SimulationError
from snnlab.model.neuron import Neuron
from snnlab.model.registry import follow_constants
from snnlab.model.synapse import Synapse
from snnlab.network import (
    assembly,
    changes,
    hints,
    interventions,
    joining,
    memory,
    plotting,
    presentation,
    snapshot,
    timescales,
)
from snnlab.network.beginning import Beginning
from snnlab.network.changes import ParameterLog
from snnlab.network.connectors import Connector
from snnlab.network.constants import Constants
from snnlab.network.divergence import Watch
from snnlab.network.drives import PoissonDrive
from snnlab.network.elements import Elements
from snnlab.network.handles import ParameterHandle, handles_of
from snnlab.network.history import History
from snnlab.network.inputs import Input
from snnlab.network.linking import Linkage
from snnlab.network.listeners import Signal
from snnlab.network.memory import MemoryUse
from snnlab.network.population import Group, Population, PopulationView, Values
from snnlab.network.projection import Projection
from snnlab.network.recording import Recording
from snnlab.network.recordings import Recordings, Records
from snnlab.network.report import Report, network_report
from snnlab.network.session import Member, Session
from snnlab.network.snapshot import Snapshot
from snnlab.network.taps import Moment
from snnlab.network.values import beyond_counting, is_number, time_text
from snnlab.network.weak_calls import Action, weakly
from snnlab.recording import export
from snnlab.recording.presentation import plot
from snnlab.recording.results import Lineage, TraceRecord, Traces
from snnlab.recording.streams import SpikeStream, TraceStream

POPULATIONS, PROJECTIONS, DRIVES = 1, 2, 3  # first part of the path of a random stream
REALS: dict[str, type] = {"float64": np.float64, "float32": np.float32}
FIXED = ("dt", "seed")  # from the beginning on


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
        self.seed = int.from_bytes(os.urandom(4)) if seed is None else int(seed)
        self.real = REALS[dtype]
        self.populations: dict[str, Population] = _Members("population")
        self.projections: dict[str, Projection] = _Members("projection")
        self._n_connected = 0  # projections so far: the number of the next one
        self.drives: dict[str, PoissonDrive] = _Members("drive")
        self.changed = Signal()
        # Weakly, so that a network that nobody holds any more ends, also while it plays.
        self._simulator = Simulator(
            self.dt,
            weakly(self._before_slice),
            weakly(self._after_slice),
            weakly(self._check),
            weakly(self.changed.emit),
        )
        weakref.finalize(self, self._simulator.abandon)
        self._actions: dict[PeriodicTask, Action] = {}
        self._watch = Watch(self)
        self._linkage = Linkage(self, None if threads is None else int(threads), target)
        self._beginning = Beginning()
        self._session = Session(self)
        self.history = History(self)
        self._recordings = Recordings(self.dt, self._simulator, self._linkage.reschedule)
        self.n_moves = 0  # how often its time was set: by reset, restore, load, going back
        self.lineage = Lineage()  # of the steps that have been run
        self._warned: set[str] = set()
        self._time_step_warnings: list[str] = []
        self._constants = Constants(self)
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
        self._linkage.relink()
        # The compiler may start while the next lines of the notebook are typed.
        self._linkage.begin_to_compile(population)
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
        rule.check(projection._pairing.groups)
        memory.check_projections(where, [*self.projections.values(), projection])
        memory.check_delay(where, projection)
        self.projections[name] = projection
        self._n_connected += 1
        self._linkage.relink()
        return projection

    def _take_out(self, projection: Projection) -> bool:
        """Forget a projection that was never linked; False if it is not one of those."""
        name = projection.name
        if self.projections.get(name) is not projection or name in self._linkage.projection_parts:
            return False
        if name == next(reversed(self.projections)):
            self._n_connected -= 1  # one that takes its place is made of the same random numbers
        del self.projections[name]
        self._linkage.relink()
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
        self._linkage.relink()
        return drive

    # Compiling and linking ---------------------------------------------------------------

    def build_state(self) -> tuple[str, str]:
        """("waiting" | "compiling" | "ready" | "failed", message) over all kernels."""
        return self._linkage.state()

    def build(self) -> None:
        """Compile what is not compiled and make the network ready to run.

        Raises
        ------
        ToolchainError
            If there is no compiler or a kernel is refused.
        SimulationError
            If there is nothing to run.
        """
        self._linkage.build()

    @property
    def built(self) -> bool:
        """Whether the next run begins at once: nothing has to be compiled or connected first."""
        return self._linkage.built

    @property
    def building(self) -> str:
        """What the beginning of a run waits for, such as "compiling E"; "" for nothing.

        What takes no longer than a moment is not told.
        """
        return self._linkage.building

    @property
    def threads(self) -> int:
        """How many threads may run the network; `threads_now` of them do."""
        return self._linkage.threads

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
        return self._linkage.schedule

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
        if self._linkage.built_by_another:
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
        if self._linkage.ready:
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
            self._beginning.put_back(self._linkage.all_parts())
            for population in self.populations.values():
                population._take_stimuli(population.first_stimuli)
            for projection in self.projections.values():
                projection.mark_followed(0)
            self.n_moves += 1
            self.lineage.leave(0)
            self._simulator.step_index = 0
            self._simulator.forget_appointments()
            self._linkage.forget_spikes_under_way()
            self._recordings.restart()
            self._simulator.error = None
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
        self._linkage.build()
        self._beginning.keep(self._linkage.all_parts())
        self.history.begin()

    def _every(
        self,
        n_steps: int,
        action: Callable[[], None],
        since: int | None = None,
        *,
        last: bool = False,
    ) -> PeriodicTask:
        held = Action(action)
        task = self._simulator.every(n_steps, weakly(held.carry_out), since, last=last)
        self._actions[task] = held
        return task

    def _cancel(self, task: PeriodicTask) -> None:
        self._simulator.cancel(task)
        self._actions.pop(task, None)

    def _draw_with(self, seed: int) -> None:
        """Let random numbers of later steps be those of ``seed``; what was drawn stays.

        With the network's own seed they are what they were.
        """
        for owner in self._all_members():
            key = owner.key if seed == self.seed else stream_key(seed, *owner.key)
            if owner._run_key != key:
                object.__setattr__(owner, "_run_key", key)
                self._linkage.relink()

    def _restructure(self, projection: Projection, change: Callable[[], None]) -> None:
        """Let ``change`` replace a projection's synapses between two steps."""
        change()
        self._beginning.drop(projection)
        self._session.forget_given(projection)
        self._linkage.relink()
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
        self._linkage.build()
        self._recordings.prepare(step, n_steps)
        self._watch.before_slice(step, n_steps)

    def _after_slice(self, first_step: int, n_steps: int) -> None:
        self._session.log.end = first_step + n_steps
        self._recordings.collect(self._linkage.parts, first_step, n_steps)
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
        self._session.change(*interventions.kick(self, population, variable, amount, neurons))

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
        self._session.change(*interventions.silence(self, population, neurons, on))

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
        course = interventions.stimulate(self, population, variable, times, values, neurons)
        self._session.change(*course)

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
        self, population: str, most: int, at_once: int
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int32]]]:
        """Steps (n,) and neurons (n,) of the latest spikes that are kept, ``most`` at most.

        They come ``at_once`` at a time, oldest first.
        """
        return self._recordings.spikes[population].latest(most, at_once)

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
        self._session.change(*interventions.move(self, owner, name, "scale", factor))

    def shift(self, owner: Population | Projection, name: str, amount: float) -> None:
        """Add ``amount``, in the parameter's unit, to a parameter or to the weights ``"w"``.

        Raises
        ------
        NetworkError
            If the owner has no such parameter, or the amount is not finite.
        """
        self._session.change(*interventions.move(self, owner, name, "shift", amount))

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
