"""Run, pause, step: the stepper driven in slices, from any thread.

A run is cut into slices of about ten milliseconds. Between two slices commands are carried
out (a changed parameter, a pause) and what was recorded is handed on; during a slice no
Python runs. A command that waits ends the slice after its present step. Knows steps and
slices; nothing of populations.
"""

from __future__ import annotations

import signal
import threading
import time
from bisect import insort
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TypeVar
from weakref import WeakSet

import numpy as np
from numpy.typing import NDArray

from snnlab.engine.schedule import LAST_STEP
from snnlab.engine.stepper import SHARED_STEPS, Stepper
from snnlab.engine.team import TeamChoice, available_cores
from snnlab.errors import SimulationError, SnnlabError

SLICE_SECONDS = 0.025  # a command and a pause end a slice early
LONGEST_SLICE_SECONDS = 0.050
MAX_SLICE_STEPS = 20_000
PACE = 0.01  # s of real time that a slice is long at least where a speed is set
BREATH = 0.001  # s between two slices, for threads that else would not get their turn

Command = Callable[[], None]
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class PeriodicTask:
    """Something that is done again and again at the end of a step."""

    period: int  # steps
    since: int  # step
    action: Command
    last: bool = False  # of those of a step

    def steps_left(self, step: int) -> int:
        """Steps to run from ``step`` until it is due."""
        return self.period - (step - self.since) % self.period

    def is_due(self, step: int) -> bool:
        return (step - self.since) % self.period == 0


@dataclass(eq=False)
class Run:
    """One run of a simulator. It goes on for as long as it is the simulator's present one."""

    end: int | None  # step at which it ends by itself
    blocking: bool  # in the thread that asked for it
    awaited: bool  # by someone who wants all that it brings
    thread: int | None = None
    over: threading.Event = field(default_factory=threading.Event)


class AbandonedError(Exception):
    """Nobody holds the network any more, so its run ends and tells nobody."""


class _Lock:
    """A reentrant lock that tells whether this thread holds it."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._holder: int | None = None
        self._depth = 0
        self._waiting: set[int] = set()  # threads

    def __enter__(self) -> None:
        if not self._lock.acquire(blocking=False):
            self._waiting.add(threading.get_ident())
            self._lock.acquire()
            self._waiting.discard(threading.get_ident())
        self._holder, self._depth = threading.get_ident(), self._depth + 1

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if not self._depth:
            self._holder = None
        self._lock.release()

    @property
    def is_mine(self) -> bool:
        return self._holder == threading.get_ident()

    @property
    def is_wanted(self) -> bool:
        return bool(self._waiting)


class Simulator:
    """Time of one network.

    Parameters
    ----------
    dt
        Time step (ms).
    before_slice, after_slice
        Called with (first step, number of steps) around each slice, in the thread that runs.
        ``before_slice`` may attach another stepper.
    check
        Called with (first step, number of steps, seconds) after a slice was run. Returns where the
        slice ends, earlier than was meant if there is an error: it stops the run.
    """

    def __init__(
        self,
        dt: float,
        before_slice: Callable[[int, int], None],
        after_slice: Callable[[int, int], None],
        check: Callable[[int, int, float], tuple[int, SimulationError | None]],
        on_change: Callable[[], None],
    ) -> None:
        self.dt = dt
        self.step_index = 0
        self.speed: float | None = None  # biological over wall time; None: as fast as possible
        self.error: BaseException | None = None
        self.changes = 0  # how often something may have changed between two steps
        self._before_slice = before_slice
        self._after_slice = after_slice
        self._check = check
        self._on_change = on_change
        self._stepper: Stepper | None = None
        self._team = TeamChoice(1, measured=False)
        self.spare_cores = 0  # left to others, where the number of threads is measured
        self._watchers: WeakSet[object] = WeakSet()  # who looks at it while it runs
        self._slice_steps = 1
        # Held while a slice runs. Within it `_wake` may be taken, never the other way round, and
        # nobody waits for another thread who holds one of them.
        self._lock = _Lock()
        self._commands: list[Command] = []
        self._tasks: tuple[PeriodicTask, ...] = ()
        self._appointments: list[tuple[int, Command]] = []  # ascending steps
        self._wake = threading.Condition()
        self._run: Run | None = None  # the present one; who is no longer it, ends
        self.n_pauses = 0
        self._pausers: Counter[int] = Counter()  # how many of them were of which thread
        self._stop = np.zeros(1, np.int32)  # 1: a slice ends after its present step
        self._player: threading.Thread | None = None
        # Of the last second or so of computing: (wall s, biological s), and their sums.
        self._recent: deque[tuple[float, float]] = deque()
        self._recent_wall = self._recent_biological = 0.0
        self._rest_until = 0.0  # s

    def attach(self, stepper: Stepper, team: TeamChoice) -> None:
        """Run ``stepper`` from now on, continuing at the present step."""
        with self._lock:
            stepper.step = self.step_index
            self.changes += 1
            self._stepper = stepper
            self._team = team
            self._slice_steps = 1

    @property
    def running(self) -> bool:
        return self._run is not None

    @property
    def n_steps_left(self) -> int:
        """Of `run`; 0 while the network plays or stands still."""
        run = self._run
        if run is None or not run.blocking or run.end is None:
            return 0
        return max(0, run.end - self.step_index)

    def watched_by(self, watcher: object, looks: bool) -> None:
        """Somebody looks at the network while it runs, or does so no more."""
        (self._watchers.add if looks else self._watchers.discard)(watcher)

    @property
    def threads(self) -> int:
        """How many threads run the next slice."""
        return self._team.size

    @property
    def playing(self) -> bool:
        """Whether it runs in the background, and nobody waits for the end."""
        run = self._run
        return run is not None and not run.awaited

    @property
    def real_time_factor(self) -> float:
        """Biological over wall time in the last second or so; 0 when nothing ran."""
        wall = self._recent_wall
        return self._recent_biological / wall if wall > 0 else 0.0

    def submit(self, command: Command) -> None:
        """Carry out ``command`` between two steps: at once when nothing runs."""
        with self._wake:
            self._commands.append(command)
            self._stop[0] = 1
        if self.running:
            return
        with self._lock:
            self._carry_out()

    def call(self, command: Callable[[], T]) -> T:
        """Carry out ``command`` between two steps and return what it returns."""
        if self._lock.is_mine:
            self.changes += 1
            return command()
        outcome: Future[T] = Future()

        def carry_out() -> None:
            try:
                outcome.set_result(command())
            except BaseException as error:  # it belongs to the caller, not to the run
                outcome.set_exception(error)

        self.submit(carry_out)
        return outcome.result()

    def at(self, step: int, command: Command) -> None:
        """Carry out ``command`` before ``step`` is run; those of one step in their order."""
        with self._lock:
            insort(self._appointments, (step, command), key=lambda entry: entry[0])

    def forget_appointments(self) -> None:
        with self._lock:
            self._appointments.clear()

    @contextmanager
    def between_steps(self) -> Iterator[None]:
        """Within the block no step runs."""
        with self._lock:
            self.changes += 1
            yield

    def every(
        self, period: int, action: Command, since: int | None = None, *, last: bool = False
    ) -> PeriodicTask:
        """Call ``action`` after each ``period`` steps, counted from now or ``since``.

        With ``last`` after all others of the step: it sees what they have changed.
        """
        begin = self.step_index if since is None else since
        task = PeriodicTask(period, begin, action, last)
        with self._wake:
            self._tasks = tuple(sorted((*self._tasks, task), key=lambda one: one.last))
        return task

    def cancel(self, task: PeriodicTask) -> None:
        with self._wake:
            self._tasks = tuple(t for t in self._tasks if t is not task)

    def _begin(
        self,
        n_steps: int | None,
        n_pauses: int | None,
        *,
        blocking: bool = False,
        awaited: bool = False,
    ) -> Run | None:
        """A new run, the present one from now on; None where there is one already.

        One that was paused before it began, after the pause number ``n_pauses``, is over.
        """
        with self._wake:
            if self._run is not None:
                return None
            end = None if n_steps is None else self.step_index + n_steps
            run = Run(end, blocking, awaited)
            run.thread = threading.get_ident() if blocking else None
            if n_pauses is not None and n_pauses != self.n_pauses:
                run.over.set()
                return run
            self._run = run
            self.error = None
            self.changes += 1
        return run

    def _end(self, run: Run) -> None:
        """Carry out what waits for the end of a run."""
        with self._wake:
            if self._run is run:
                self._run = None
        try:
            with self._lock:
                self._carry_out()
        finally:
            run.over.set()

    def run(
        self,
        n_steps: int,
        report: Callable[[int], None] | None = None,
        n_pauses: int | None = None,
    ) -> None:
        """Run ``n_steps`` and return; ``report`` is told the steps done after each slice.

        With ``n_pauses``, what `n_pauses` was when the run was asked for, a pause that has come
        since then ends it before it begins.

        Raises
        ------
        SimulationError
            If the network plays already, or diverges.
        KeyboardInterrupt
            After the step or slice in which Ctrl-C came; everything recorded is kept.
        """
        run = self._begin(n_steps, n_pauses, blocking=True, awaited=True)
        if run is None:
            raise SimulationError(
                "Network: it is running already; call net.pause() before net.simulate()."
            )
        if run.over.is_set():
            return
        try:
            if n_steps > 1:
                self._on_change()
            with _interrupts(self._stop) as interrupted:
                done = 0
                while done < n_steps:
                    done += self._slice(run, min(self._slice_steps, n_steps - done))
                    if report is not None:
                        report(done)
                    if interrupted():
                        raise KeyboardInterrupt
                    if self._run is not run:  # paused from another thread
                        break
        except SnnlabError as error:
            self.error = error  # a dashboard shows it, too
            raise
        finally:
            self._end(run)
            if n_steps > 1:
                self._on_change()

    def play(
        self, n_steps: int | None = None, n_pauses: int | None = None, *, awaited: bool = False
    ) -> Future[None] | None:
        """Run in a thread of its own until `pause`, or for ``n_steps``; ``n_pauses`` as in `run`.

        Returns what is done at the end and carries what stopped it; None when it runs already.
        """
        ended: Future[None] = Future()
        ended.set_running_or_notify_cancel()  # who gives up waiting does not stop the run
        run = self._begin(n_steps, n_pauses, awaited=awaited)
        if run is None:
            return None
        if run.over.is_set():
            ended.set_result(None)
            return ended
        player = threading.Thread(
            target=self._play, args=(run, ended), name="snnlab-play", daemon=True
        )
        try:
            player.start()
        except BaseException:  # no thread to be had, or Ctrl-C
            self._end(run)
            raise
        self._player = player
        self._on_change()
        return ended

    def pause(self) -> None:
        """Stop at the end of the running step and wait for it."""
        with self._wake:
            run, self._run = self._run, None
            self.n_pauses += 1
            self._pausers[threading.get_ident()] += 1
            self._stop[0] = 1
            self._wake.notify_all()
        if run is not None and run.thread != threading.get_ident() and not self._lock.is_mine:
            run.over.wait()
        self._on_change()

    @property
    def n_pauses_of_others(self) -> int:
        """How many of `n_pauses` were asked for by other threads than this one."""
        with self._wake:
            return self.n_pauses - self._pausers[threading.get_ident()]

    def abandon(self) -> None:
        """End the run soon, without waiting; safe wherever the garbage collector may call it."""
        self._stop[0] = 1
        self._run = None

    def rest(self, seconds: float) -> None:
        """Leave all cores to others for ``seconds``, if it plays, from its present step on."""
        run = self._run
        if run is not None and not run.blocking:
            self._rest_until = time.perf_counter() + seconds
            self._stop[0] = 1

    @property
    def _rests(self) -> bool:
        return time.perf_counter() < self._rest_until

    def wake(self) -> None:
        """Look at the speed again now."""
        with self._wake:
            self._wake.notify_all()

    def _play(self, run: Run, ended: Future[None]) -> None:
        failure: BaseException | None = None
        origin = time.perf_counter(), self.step_index, self.speed
        run.thread = threading.get_ident()
        try:
            while self._run is run:
                if self.speed != origin[2]:
                    origin = time.perf_counter(), self.step_index, self.speed
                n_steps = 0 if self._rests else self._due(*origin)
                if run.end is not None:
                    left = run.end - self.step_index
                    if left <= 0:
                        break
                    n_steps = min(n_steps, left)
                if n_steps == 0:
                    with self._lock:
                        self._carry_out()
                    with self._wake:
                        if self._run is run:
                            self._wake.wait(PACE)
                    continue
                self._slice(run, n_steps)
        except AbandonedError:
            self._run = None
        except (SnnlabError, MemoryError) as error:
            self.error = failure = error  # whoever looks at the network shows it to the user
        except Exception as error:
            self.error = failure = error
            raise
        finally:
            try:
                self._end(run)
            except Exception as error:
                self.error = failure = failure or error
            if failure is None:
                ended.set_result(None)
            else:
                ended.set_exception(failure)
            with suppress(AbandonedError):
                self._on_change()

    def _due(self, start: float, first_step: int, speed: float | None) -> int:
        """How many steps to run now, so that biological time keeps pace with the clock.

        None until `PACE` of real time is to be made up: a slice costs as much as many steps.
        """
        if speed is None:
            return self._slice_steps
        steps_a_second = speed * 1000.0 / self.dt
        behind = int((time.perf_counter() - start) * steps_a_second)
        behind -= self.step_index - first_step
        enough = behind >= min(max(1.0, PACE * steps_a_second), self._slice_steps)
        return min(behind, self._slice_steps) if enough else 0

    def _slice(self, run: Run, n_steps: int) -> int:
        if self._lock.is_wanted and not self._lock.is_mine:
            time.sleep(BREATH)  # else it is taken again before the one who waits is awake
        with self._lock:
            self._carry_out()
            with self._wake:
                if self._run is not run:
                    return 0  # paused meanwhile: commands no longer rebuilt the schedule
                self._stop[0] = len(self._commands) > 0 or (not run.blocking and self._rests)
            self._keep_appointments()
            stepper = self._stepper
            if stepper is None:
                raise SimulationError("Network: there is nothing to run; build it first.")
            if self.step_index >= LAST_STEP:
                raise SimulationError(
                    f"Network: {self.step_index} steps have been run, and more cannot be counted; "
                    f"call net.reset() to begin again at 0 ms."
                )
            n_steps = min(n_steps, LAST_STEP - self.step_index)
            n_steps = min([n_steps, *(task.steps_left(self.step_index) for task in self._tasks)])
            if self._appointments:
                n_steps = min(n_steps, self._appointments[0][0] - self.step_index)
            self._before_slice(self.step_index, n_steps)
            stepper = self._stepper or stepper  # there may be another one now
            start = time.perf_counter()
            n_steps = self._run_steps(stepper, n_steps)
            seconds = time.perf_counter() - start
            self._adapt(n_steps, seconds)
            end, error = self._check(self.step_index, n_steps, seconds)
            try:
                self._after_slice(self.step_index, end - self.step_index)
            finally:
                # Only now, so that whoever reads it finds the data of all these steps.
                self.step_index = end
            if error is not None:
                raise error
            for task in list(self._tasks):
                if task.is_due(self.step_index):
                    self.changes += 1
                    task.action()
            self._keep_appointments()
        if stepper.in_python and (self._watchers or not run.blocking):
            # Python's lock is given up so often in a slice that who waits for it never gets it.
            time.sleep(BREATH)
        return n_steps

    def run_again(self, first_step: int, n_steps: int) -> None:
        """Run steps whose state was put back, in the midst of a check; time stays where it is."""
        stepper = self._stepper
        if stepper is not None:
            stepper.step = first_step
            stepper.run(n_steps, 1)

    def _run_steps(self, stepper: Stepper, n_steps: int) -> int:
        """Returns the steps done: fewer when it is paused."""
        team, done = self._team, 0
        team.limit(available_cores() - self.spare_cores)
        while done < n_steps:
            size, wanted = team.next(n_steps - done)
            shared, alone = stepper.run(wanted, size, team.patience(size), self._stop)
            # What one thread does after a team that fell behind belongs to what the team costs.
            team.tell(size, shared[0] + alone[0], shared[1] + alone[1])
            done += shared[0] + alone[0]
            if self._stop[0]:
                break
        return done

    def _adapt(self, n_steps: int, seconds: float) -> None:
        """Choose the next slice so that it lasts about `SLICE_SECONDS`."""
        biological = n_steps * self.dt / 1000.0
        self._recent.append((seconds, biological))
        self._recent_wall += seconds
        self._recent_biological += biological
        while len(self._recent) > 1 and self._recent_wall > 1.0:
            wall, biological = self._recent.popleft()
            self._recent_wall -= wall
            self._recent_biological -= biological
        if n_steps < self._slice_steps and seconds < SLICE_SECONDS:
            return  # it was cut short
        wanted = n_steps * SLICE_SECONDS / max(seconds, 1e-6)
        # Slow steps still come in slices that a team of threads runs, while a pause stays prompt.
        if seconds * SHARED_STEPS < LONGEST_SLICE_SECONDS * n_steps:
            wanted = max(wanted, SHARED_STEPS)
        self._slice_steps = int(max(1, min(wanted, 4 * n_steps, MAX_SLICE_STEPS)))

    def _keep_appointments(self) -> None:
        while self._appointments and self._appointments[0][0] <= self.step_index:
            self.changes += 1
            self._appointments.pop(0)[1]()

    def _carry_out(self) -> None:
        """Carry out all commands that wait; the first failure is raised after the last one."""
        failure: BaseException | None = None
        while True:
            with self._wake:
                if not self._commands:
                    break
                command = self._commands.pop(0)
            self.changes += 1
            try:
                command()
            except BaseException as error:  # others may wait for the commands behind it
                failure = failure or error
        if failure is not None:
            raise failure


@contextmanager
def _interrupts(stop: NDArray[np.int32]) -> Iterator[Callable[[], bool]]:
    """Remember Ctrl-C and stop the engine, so that recorded data are handed over first."""
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    caught = False

    def remember(signum: int, frame: object) -> None:
        nonlocal caught
        caught = True
        stop[0] = 1

    previous = signal.signal(signal.SIGINT, remember)
    try:
        yield lambda: caught
    finally:
        signal.signal(signal.SIGINT, previous)
