"""The past of a network: snapshots within a budget of memory, the way back, and branches."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from snnlab.engine.schedule import steps
from snnlab.engine.simulator import PeriodicTask
from snnlab.errors import NetworkError
from snnlab.network import snapshot
from snnlab.network.changes import ParameterLog
from snnlab.network.recordings import Records
from snnlab.network.snapshot import Snapshot
from snnlab.network.values import is_number
from snnlab.recording.results import Lineage, Traces

if TYPE_CHECKING:
    from snnlab.network.network import Network

MAX_SHARE = 0.05  # of the time of a run that taking snapshots may take
OBJECT = 250  # bytes of an array without its values, and of what knows it
MAX_BRANCHES = 8  # the oldest is dropped


@dataclass(frozen=True, eq=False)
class Branch:
    """A run that was left by going back: what was changed in it, and what was recorded."""

    log: ParameterLog
    left: float  # ms, the time that was gone back to
    end: float  # ms
    records: Records
    step: int  # that was gone back to
    lineage: Lineage  # of its steps

    @property
    def nbytes(self) -> int:
        """Memory of what was recorded after the time that was gone back to."""
        traces = [one for some in self.records.traces.values() for one in some.values()]
        records = [*self.records.spikes.values(), *traces]
        return sum(record.size_from(self.step) for record in records)

    @property
    def spikes(self) -> Mapping[str, Any]:
        """DataFrame (time in ms, neuron) of each population, from the beginning of the run."""
        return {name: record.frame() for name, record in self.records.spikes.items()}

    @property
    def traces(self) -> Mapping[str, Traces]:
        return {name: Traces(records, name) for name, records in self.records.traces.items()}

    def __repr__(self) -> str:
        return f"Branch: left at {self.left:g} ms, it reached {self.end:g} ms"


def _is_same(one: Snapshot, other: Snapshot) -> bool:
    """Whether two snapshots with a common past are of the same moment."""
    n = one.position
    made = one.log.made_until(n)
    same = (one.step, n) == (other.step, other.position)
    return same and len(made) == n and made == other.log.made_until(n)


class History:
    """Snapshots of a network while it runs, denser near the present than far from it."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._snapshots: list[Snapshot] = []
        self._shared: Counter[int] = Counter()  # how many snapshots hold an array
        self._nbytes = 0
        self._budget = 0.0
        self._task: PeriodicTask | None = None
        self._taken = float("-inf")  # s, when the last snapshot was complete
        self._cost = 0.0  # s
        self.branches: list[Branch] = []

    def __repr__(self) -> str:
        if not self._snapshots:
            told = "nothing yet" if self.kept else "nothing is kept; call net.history.keep()"
            return f"History: {told}."
        first, last = self.times
        return f"History: from {first:g} to {last:g} ms, {len(self.branches)} branches left"

    @property
    def kept(self) -> bool:
        """Whether snapshots are taken."""
        return self._task is not None

    @property
    def nbytes(self) -> int:
        """Memory of the snapshots."""
        return self._nbytes

    @property
    def times(self) -> list[float]:
        """The oldest and the newest time (ms) that can be gone back to; [] for none."""
        oldest = self._snapshots[:1]  # at once: a reset in another thread takes them away
        return [oldest[0].time, self._network.time] if oldest else []

    @property
    def last_good(self) -> Snapshot | None:
        """The newest snapshot; none is taken of a network with values that are not finite."""
        newest = self._snapshots[-1:]
        return newest[0] if newest else None

    def keep(self, every: float = 100.0, budget: float = 256.0) -> None:
        """Take snapshots from now on.

        Parameters
        ----------
        every
            ms between two of them; more where one takes long.
        budget
            MB that they may take together; then the past is thinned out. Branches may take as
            much again; then the oldest is dropped.

        Raises
        ------
        NetworkError
            If one of the numbers is not above 0.
        """
        for name, value in (("every", every), ("budget", budget)):
            if not is_number(value, above=0):
                raise NetworkError(f"Network: history.keep: {name} = {value!r}; give a number > 0.")
        self.stop()
        self._budget = budget * 1e6
        period = steps(every, self._network.dt, what="history.keep: every", least=1)
        # What else is due in the step is not due again when this state is put back.
        self._task = self._network._every(period, self.take, last=True)
        if self._network._beginning.known:
            self._network._simulator.call(self.begin)

    def stop(self) -> None:
        """Take no more snapshots; those that there are stay."""
        if self._task is not None:
            self._network._cancel(self._task)
            self._task = None

    def begin(self) -> None:
        """A run is about to begin: its beginning can be gone back to."""
        now = self._network.step_index
        new = not self._snapshots or self._snapshots[-1].step < now
        if self.kept and new and self._network._watch.is_good():  # a run that diverged may go on
            self._taken = float("-inf")
            self.take()

    def take(self) -> None:
        """Keep the present state, unless that would slow the run down; no step runs meanwhile."""
        begin = time.perf_counter()
        if begin - self._taken < self._cost * (1 - MAX_SHARE) / MAX_SHARE:
            return
        saved = snapshot.take(self._network, with_records=False)
        self._snapshots.append(saved)
        for array in saved.arrays():
            self._shared[id(array)] += 1
            if self._shared[id(array)] == 1:
                self._nbytes += OBJECT + array.nbytes
        while self._nbytes > self._budget and len(self._snapshots) > 2:
            self._drop(self._least_missed())
        self._taken = time.perf_counter()
        self._cost = self._taken - begin

    def _least_missed(self) -> int:
        """The snapshot whose gap, when it is gone, is smallest beside its age."""
        kept, now = self._snapshots, self._snapshots[-1].step + 1

        def missed(n: int) -> float:
            return (kept[n + 1].step - kept[n - 1].step) / (now - kept[n].step)

        return min(range(1, len(kept) - 1), key=missed)

    def _drop(self, n: int) -> None:
        for array in self._snapshots.pop(n).arrays():
            self._shared[id(array)] -= 1
            if not self._shared[id(array)]:
                del self._shared[id(array)]
                self._nbytes -= OBJECT + array.nbytes

    def follow(self, saved: Snapshot, parting: int | None) -> None:
        """Time has gone to ``saved``; from the step ``parting`` on its past is another one.

        What is not of its past goes, and what was before a file: the log begins with it. Branches
        stay, unless they have nothing in common with this past.
        """
        if any(one is saved for one in self._snapshots):
            self.forget_after(saved.step)
            return
        common = saved.step if parting is None else min(saved.step, parting)
        self.forget_after(-1 if saved.log.origin is saved else common)
        newest = self.last_good
        if newest is not None and newest.step == common and not _is_same(newest, saved):
            self.forget_after(common - 1)  # other things had been changed at this very step
        if parting == 0:
            shared = [one for one in self.branches if one.lineage.parting(saved.lineage) != 0]
            self.branches = shared

    def forget_after(self, step: int) -> None:
        """Drop the snapshots of later steps."""
        while self._snapshots and self._snapshots[-1].step > step:
            self._drop(len(self._snapshots) - 1)

    def nearest(self, step: int) -> Snapshot:
        """The newest snapshot that is not later than ``step``.

        Raises
        ------
        NetworkError
            If that step cannot be reached.
        """
        when, now = step * self._network.dt, self._network.time
        if step > self._network.step_index:
            raise NetworkError(
                f"Network: {when:g} ms has not come yet, it is {now:g} ms; "
                f"call net.simulate to go there."
            )
        found = [saved for saved in self._snapshots if saved.step <= step]
        if not found:
            oldest = f"begins at {self._snapshots[0].time:g} ms" if self._snapshots else "is empty"
            raise NetworkError(
                f"Network: {when:g} ms cannot be reached, its history {oldest}; "
                f"call net.history.keep() before the run."
            )
        return found[-1]

    def leave(self, step: int) -> None:
        """Keep the run that was made as a branch, because time goes back to ``step``."""
        network = self._network
        if network.step_index > step:
            records = network._recordings.copy()
            left, lineage = step * network.dt, network.lineage.copy()
            branch = Branch(network.log, left, network.time, records, step, lineage)
            self.branches = [*self.branches, branch][-MAX_BRANCHES:]
            while len(self.branches) > 1 and self._size_of_branches() > self._budget:
                self.branches = self.branches[1:]

    def trim_branches(self) -> None:
        """Let branches forget of the common past what the run that goes on has forgotten."""
        for branch in self.branches:
            for name, left in branch.records.spikes.items():
                present = self._network._recordings.spikes.get(name)
                if present is not None:
                    left.forget_until(min(present.lost_until, branch.step))
            for name, traces in branch.records.traces.items():
                records = self._network._recordings.traces.get(name, {})
                for variable, left in traces.items():
                    if variable in records:
                        left.forget_until(min(records[variable].lost_until, branch.step))

    def _size_of_branches(self) -> int:
        return sum(branch.nbytes for branch in self.branches)
