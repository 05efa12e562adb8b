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
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from snnlab.engine.schedule import LAST_STEP
from snnlab.engine.stepper import SHARED_STEPS, Stepper
from snnlab.engine.team import TeamChoice, available_cores
from snnlab.errors import SimulationError, SnnlabError

SLICE_SECONDS = 0.010
LONGEST_SLICE_SECONDS = 0.050
MAX_SLICE_STEPS = 20_000

Command = Callable[[], None]
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class PeriodicTask:
    """Something that is done again and again at the end of a step."""

    period: int  # steps
    since: int  # step
    action: Command

    def steps_left(self, step: int) -> int:
        """Steps to run from ``step`` until it is due."""
        return self.period - (step - self.since) % self.period

    def is_due(self, step: int) -> bool:
        return (step - self.since) % self.period == 0


@cache
def _engine_thread() -> ThreadPoolExecutor:
    """The one thread that opens parallel regions: libgomp keeps a team for each that does."""
    return ThreadPoolExecutor(1, thread_name_prefix="snnlab-engine")


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
        self.spare_cores = 0  # left to others where the number of threads is measured
        self._slice_steps = 1
        self._lock = threading.RLock()  # held while a slice runs
        self._commands: list[Command] = []
        self._tasks: tuple[PeriodicTask, ...] = ()
        self._appointments: list[tuple[int, Command]] = []  # ascending steps
        self._runner: int | None = None  # the thread that runs
        self._wake = threading.Condition()
        self._playing = False
        self._blocking = False
        self._stop = np.zeros(1, np.int32)  # 1: a slice ends after its present step
        self._player: threading.Thread | None = None
        self._last_step: int | None = None  # at which it ends by itself
        self._run_end: int | None = None  # of `run`
        # Of the last second or so of computing: (wall s, biological s), and their sums.
        self._recent: deque[tuple[float, float]] = deque()
        self._recent_wall = self._recent_biological = 0.0

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
        return self._playing or self._blocking

    @property
    def n_steps_left(self) -> int:
        """Of `run`; 0 while the network plays or stands still."""
        return 0 if self._run_end is None else max(0, self._run_end - self.step_index)

    @property
    def threads(self) -> int:
        """How many threads run the next slice."""
        return self._team.size

    @property
    def playing(self) -> bool:
        """Whether it runs without an end in sight."""
        return self._playing and self._last_step is None

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
        if self._runner == threading.get_ident():
            with self._lock:
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

    def every(self, period: int, action: Command, since: int | None = None) -> PeriodicTask:
        """Call ``action`` after each ``period`` steps, counted from now or ``since``."""
        task = PeriodicTask(period, self.step_index if since is None else since, action)
        self._tasks = (*self._tasks, task)
        return task

    def cancel(self, task: PeriodicTask) -> None:
        self._tasks = tuple(t for t in self._tasks if t is not task)

    def run(self, n_steps: int, report: Callable[[int], None] | None = None) -> None:
        """Run ``n_steps`` and return; ``report`` is told the steps done after each slice.

        Raises
        ------
        SimulationError
            If the network plays already, or diverges.
        KeyboardInterrupt
            After the step or slice in which Ctrl-C came; everything recorded is kept.
        """
        if self.running:
            raise SimulationError(
                "Network: it is running already; call net.pause() before net.simulate()."
            )
        self._blocking = True
        try:
            self._run_end = self.step_index + n_steps
            self._runner = threading.get_ident()
            self.error = None
            self.changes += 1
            if n_steps > 1:
                self._on_change()
            with _interrupts(self._stop) as interrupted:
                done = 0
                while done < n_steps:
                    done += self._slice(min(self._slice_steps, n_steps - done))
                    if report is not None:
                        report(done)
                    if interrupted():
                        raise KeyboardInterrupt
                    if not self._blocking:  # paused from another thread
                        break
        except SnnlabError as error:
            self.error = error  # a dashboard shows it, too
            raise
        finally:
            self._blocking = False
            self._run_end = self._runner = None
            with self._lock:
                self._carry_out()
            if n_steps > 1:
                self._on_change()

    def play(self, n_steps: int | None = None) -> Future[None] | None:
        """Run in a thread of its own until `pause`, or for ``n_steps``.

        Returns what is done at the end and carries what stopped it; None when it runs already.
        """
        ended: Future[None] = Future()
        ended.set_running_or_notify_cancel()  # who gives up waiting does not stop the run
        with self._wake:
            if self.running:
                return None
            self._playing = True
            self._last_step = None if n_steps is None else self.step_index + n_steps
            self.error = None
            self.changes += 1
            self._player = threading.Thread(
                target=self._play, args=(ended,), name="snnlab-play", daemon=True
            )
            self._player.start()
        self._on_change()
        return ended

    def pause(self) -> None:
        """Stop at the end of the running step and wait for it."""
        player = self._player
        with self._wake:
            self._stop[0] = 1
            self._playing = False
            self._blocking = False
            self._wake.notify_all()
        if player is not None and player is not threading.current_thread():
            player.join()
        self._on_change()

    def wake(self) -> None:
        """Look at the speed again now."""
        with self._wake:
            self._wake.notify_all()

    def _play(self, ended: Future[None]) -> None:
        failure: BaseException | None = None
        origin = time.perf_counter(), self.step_index, self.speed
        self._runner = threading.get_ident()
        try:
            while self._playing:
                if self.speed != origin[2]:
                    origin = time.perf_counter(), self.step_index, self.speed
                n_steps = self._due(*origin)
                if self._last_step is not None:
                    left = self._last_step - self.step_index
                    if left <= 0:
                        break
                    n_steps = min(n_steps, left)
                if n_steps == 0:
                    with self._lock:
                        self._carry_out()
                    with self._wake:
                        if self._playing:
                            self._wake.wait(0.005)
                    continue
                self._slice(n_steps)
        except (SnnlabError, MemoryError) as error:
            self.error = failure = error  # whoever looks at the network shows it to the user
        except Exception as error:
            self.error = failure = error
            raise
        finally:
            self._playing = False
            self._runner = None
            try:
                with self._lock:
                    self._carry_out()
            finally:
                if failure is None:
                    ended.set_result(None)
                else:
                    ended.set_exception(failure)
            self._on_change()

    def _due(self, start: float, first_step: int, speed: float | None) -> int:
        """How many steps to run now, so that biological time keeps pace with the clock."""
        if speed is None:
            return self._slice_steps
        wanted = (time.perf_counter() - start) * speed * 1000.0 / self.dt
        behind = int(wanted) - (self.step_index - first_step)
        return max(0, min(behind, self._slice_steps))

    def _slice(self, n_steps: int) -> int:
        with self._lock:
            self._carry_out()
            with self._wake:
                if not self.running:  # paused meanwhile: commands no longer rebuilt the schedule
                    return 0
                self._stop[0] = len(self._commands) > 0
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
            n_steps = self._run(stepper, n_steps)
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
        return n_steps

    def run_again(self, first_step: int, n_steps: int) -> None:
        """Run steps whose state was put back, in the midst of a check; time stays where it is."""
        stepper = self._stepper
        if stepper is not None:
            stepper.step = first_step
            stepper.run(n_steps, 1)

    def _run(self, stepper: Stepper, n_steps: int) -> int:
        """Returns the steps done: fewer when it is paused."""
        team = self._team
        team.limit(available_cores() - self.spare_cores)
        size = team.next(n_steps)
        patience = team.patience(size)
        if size > 1 and n_steps >= SHARED_STEPS:
            done = (
                _engine_thread().submit(stepper.run, n_steps, size, patience, self._stop).result()
            )
        else:
            done = stepper.run(n_steps, 1, stop=self._stop)
        (shared, shared_seconds), (alone, alone_seconds) = done
        team.tell(size, shared, shared_seconds)
        team.tell(1, alone, alone_seconds)
        return shared + alone

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
        while True:
            with self._wake:
                if not self._commands:
                    return
                command = self._commands.pop(0)
            self.changes += 1
            command()  # one that fails leaves the others to the next time


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
