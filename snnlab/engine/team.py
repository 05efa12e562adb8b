"""How many threads run the next slice: the number that was fastest lately.

Knows times a step; nothing of the engine. Any number gives the same results, because the parts into
which a network is divided stay the same.
"""

from __future__ import annotations

import os

FIRST_INTERVAL, LONGEST_INTERVAL = 0.05, 1.0  # s of computing between two looks at another number
WORTH = 0.97  # a larger team has to be faster by this factor
TRIAL_STEPS, TRIAL_SECONDS = 4, 0.0005  # shorter slices tell nothing: a thread has to wake up
# How much a slower slice counts: another program may have delayed it, none sped it up.
DELAYED = 0.3
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
    twice in turn. After that the fastest is kept, and the next smaller and larger ones are looked
    at from time to time: soon after a change, then less and less often. While a team runs, it has
    to be faster than one thread was.
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

    def limit(self, most: int) -> None:
        """Use no more than ``most`` threads, where there is a choice."""
        if most == self._limit or len(self._sizes) == 1:
            return
        self._limit = most
        self.size = max(size for size in self._sizes if size <= max(1, most))
        self._trials = [size for size in self._sizes if size <= most] * 2

    def next(self, n_steps: int) -> int:
        """The number of threads for a slice of ``n_steps``."""
        if len(self._sizes) == 1:
            return self.size
        if self._trials:
            return self._trials[0] if self._tells(n_steps, n_steps * self._guess) else 1
        if n_steps < TRIAL_STEPS:
            return self.size
        if self._since_look >= self._interval:
            return self._neighbour()
        return self.size

    def patience(self, size: int) -> float:
        """The time (s) a step that a team of ``size`` may take, 0 for any."""
        return PATIENCE * self._cost.get(1, 0.0) if size > 1 and len(self._sizes) > 1 else 0.0

    def tell(self, size: int, n_steps: int, seconds: float) -> None:
        """A slice of ``n_steps`` on ``size`` threads took ``seconds``."""
        if len(self._sizes) == 1 or n_steps < 1:
            return
        self._since_look += seconds
        cost = seconds / n_steps
        trial = bool(self._trials)
        if trial and size == 1:
            self._guess = cost
            if not self._tells(n_steps, seconds):
                return
        if trial and size == self._trials[0]:
            self._trials.pop(0)
            cost = min(cost, self._cost.get(size, cost))
        elif cost > (known := self._cost.get(size, cost)):
            cost = known + DELAYED * (cost - known)
        self._cost[size] = cost
        if self._trials:
            return
        before = self.size
        self.size = self._fastest()
        if self.size != before or trial:
            self._interval, self._since_look = FIRST_INTERVAL, 0.0
        elif size != before:  # looked at in vain
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
        self._look_up = not self._look_up
        for index in (at + 1, at - 1) if self._look_up else (at - 1, at + 1):
            if 0 <= index < len(self._sizes) and self._sizes[index] <= self._limit:
                return self._sizes[index]
        return self.size
