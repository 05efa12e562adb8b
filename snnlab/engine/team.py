"""How many threads run the next steps: the number that was fastest lately.

Knows times a step; nothing of the engine. Any number gives the same results, because the parts into
which a network is divided stay the same.
"""

from __future__ import annotations

import os

FIRST_INTERVAL, LONGEST_INTERVAL = 0.05, 1.0  # s of computing between two looks at another number
LOOK = 0.02  # how long a look lasts, as a part of the time since the last one
WORTH = 0.97  # a larger team has to be faster by this factor
TRIAL_STEPS, TRIAL_SECONDS = 4, 0.0005  # fewer tell nothing: a thread has to wake up
HOPELESS = 1.25  # times of one thread: a team so slow in its first trial gets no second one
WARM_UP = 0.25  # of a trial, before it: another thread wakes up, and neurons come to its memory
AWAKE = 0.0001  # s on one thread, so many that it pays to wake up others
# Over how many seconds slower slices are averaged: another program delays some, and speeds up none.
MEMORY = 0.25
# A team that another program disturbs is as fast as one thread, and sooner or later faster again.
PATIENCE = 1.5  # times of one thread
MEASURED = True  # whether a number given is a limit; tests that look for races set it to False


def available_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class TeamChoice:
    """Chooses among numbers of threads by their times a step.

    Parameters
    ----------
    n_parts
        How many threads can share the work.
    measured
        Whether to measure; else it is always ``n_parts``.

    The first slices, which are short, run on one thread. Then each of 1, 2, 4, ... is measured
    twice in turn, for half a millisecond, and once where it is much slower. After that the fastest
    is kept, and the next smaller and larger ones are looked at from time to time: soon after a
    change, then less and less often. A look lasts as long as it takes to tell and is a small part
    of the time since the last one, so that it costs little where it is in vain. While a team runs,
    it has to be faster than one thread was. It is given up for what it takes over a quarter of a
    second, because other programs take a core now and then, and waiting costs little: who is away
    is not waited for.
    """

    def __init__(self, n_parts: int, measured: bool) -> None:
        self.size = 1 if measured else n_parts
        self._sizes = [n_parts]
        if measured:
            self._sizes = [2**k for k in range(n_parts.bit_length()) if 2**k < n_parts] + [n_parts]
        self._trials = self._sizes * 2 if len(self._sizes) > 1 else []
        self._cost: dict[int, float] = {}  # s a step
        self._guess = 0.0  # s a step of one thread, before it was measured
        self._interval = FIRST_INTERVAL
        self._since_look = 0.0  # s
        self._look_up = True
        self._limit = n_parts
        self._last = 1  # the number of the last stretch
        self._warms_up = False

    def limit(self, most: int) -> None:
        """Use no more than ``most`` threads, where there is a choice."""
        if most == self._limit or len(self._sizes) == 1:
            return
        self._limit = most
        self.size = max(size for size in self._sizes if size <= max(1, most))
        self._trials = [size for size in self._sizes if size <= most] * 2

    def next(self, n_steps: int) -> tuple[int, int]:
        """The number of threads for the next steps, up to ``n_steps``, and for how many of them."""
        if len(self._sizes) == 1:
            return self.size, n_steps
        if self._trials:
            if not self._tells(n_steps, n_steps * self._guess):
                return self._run(1, n_steps)
            return self._measure(self._trials[0], n_steps, TRIAL_SECONDS / self._guess)
        if n_steps * self._cost.get(1, AWAKE) < AWAKE:
            return self._run(1, n_steps)
        cost = self._cost.get(self.size, 0.0)
        look_due = self._since_look >= self._interval and n_steps >= TRIAL_STEPS and cost > 0.0
        if not look_due or (other := self._neighbour()) == self.size:
            return self._run(self.size, n_steps)
        return self._measure(other, n_steps, max(TRIAL_SECONDS, LOOK * self._interval) / cost)

    def _run(self, size: int, n_steps: int) -> tuple[int, int]:
        self._last = size
        return size, n_steps

    def _measure(self, size: int, most: int, n_steps: float) -> tuple[int, int]:
        """Some ``n_steps`` on ``size`` threads, after a few that are not measured."""
        measured = min(most, max(TRIAL_STEPS, round(n_steps)))
        warm = max(TRIAL_STEPS, round(WARM_UP * n_steps))
        self._warms_up = size != self._last and warm < measured and warm + measured <= most
        return self._run(size, warm if self._warms_up else measured)

    def patience(self, size: int) -> float:
        """The time (s) a step that a team of ``size`` may take, 0 for any."""
        return PATIENCE * self._cost.get(1, 0.0) if size > 1 and len(self._sizes) > 1 else 0.0

    def tell(self, size: int, n_steps: int, seconds: float) -> None:
        """``n_steps`` on ``size`` threads took ``seconds``."""
        if len(self._sizes) == 1 or n_steps < 1:
            return
        self._since_look += seconds
        if self._warms_up:
            self._warms_up = False
            return
        cost = seconds / n_steps
        trial = bool(self._trials)
        if trial and size == 1:
            self._guess = cost
            if not self._tells(n_steps, 2 * seconds):
                return
        known = self._cost.get(size, cost)
        if trial and size == self._trials[0]:
            self._trials.pop(0)
            cost = min(cost, known)
        else:
            # What is soon over tells little: a thread had to wake up.
            span = MEMORY if cost > known and size == self.size else TRIAL_SECONDS
            cost = known + min(1.0, n_steps * known / span) * (cost - known)
        self._cost[size] = cost
        if trial and cost > HOPELESS * self._cost[1]:
            self._trials = [other for other in self._trials if other < size]
        if self._trials:
            return
        before = self.size
        self.size = self._fastest()
        if self.size != before or trial:
            self._interval, self._since_look = FIRST_INTERVAL, 0.0
        elif size != before:  # looked at in vain
            self._look_up = not self._look_up
            self._interval, self._since_look = min(2 * self._interval, LONGEST_INTERVAL), 0.0

    @staticmethod
    def _tells(n_steps: int, seconds: float) -> bool:
        return n_steps >= TRIAL_STEPS and seconds >= TRIAL_SECONDS

    def _fastest(self) -> int:
        best = 1
        for size in self._sizes:
            if size > self._limit or size not in self._cost or best not in self._cost:
                continue
            if self._cost[size] < WORTH * self._cost[best]:
                best = size
        return best

    def _neighbour(self) -> int:
        at = self._sizes.index(self.size)
        for index in (at + 1, at - 1) if self._look_up else (at - 1, at + 1):
            if 0 <= index < len(self._sizes) and self._sizes[index] <= self._limit:
                return self._sizes[index]
        return self.size
