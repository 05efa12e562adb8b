"""What is changed in a network: made between two steps, logged, and made again at its step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from snnlab.errors import NetworkError
from snnlab.network import changes
from snnlab.network.changes import Change, ParameterLog, change_of
from snnlab.network.drives import PoissonDrive
from snnlab.network.population import Population
from snnlab.network.projection import Projection

if TYPE_CHECKING:
    from snnlab.network.network import Network

Member = Population | Projection | PoissonDrive


class Session:
    """Every change of one network since it was built, reset or loaded."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self.log = ParameterLog(network.dt)
        # Copies of what a person gave, for snapshots, until something of it is changed.
        self._given: dict[tuple[str, str], Any] = {}

    def change(self, owner: Member, change: Change) -> None:
        """Make a change between two steps, and log it.

        Raises
        ------
        NetworkError
            If the owner was taken out of the network.
        """
        self._check_member(owner, change)
        self._network._submit(lambda: self._make(owner, change))

    def change_by(self, owner: Member, change: Callable[[], Change]) -> None:
        """Make the change that follows from the values between two steps, and log it.

        Of two that wait for the end of a step, the second sees what the first has made.
        """

        def make() -> None:
            found = change()
            self._check_member(owner, found)
            self._make(owner, found)

        self._network._submit(make)

    def _check_member(self, owner: Member, change: Change) -> None:
        if self._network.members(change.of).get(change.owner) is not owner:
            raise NetworkError(
                f"Network: {change.of} '{change.owner}' is not part of it any more; "
                f"connect it anew."
            )

    def again(self, owner: Member, change: Change) -> None:
        """Make a change of a log before the step before which it was made."""
        self._network._simulator.at(change.step, lambda: self._make(owner, change))

    def _make(self, owner: Member, change: Change) -> None:
        change = changes.dated(change, self._network.step_index)
        self._remember(owner, change)
        changes.apply(owner, change)
        self.log.append(change)
        self.forget_given(owner)

    def _remember(self, owner: Member, change: Change) -> None:
        """Keep what was before the first change of an owner, for a replay."""
        log, key = self.log, (change.of, change.owner)
        if isinstance(owner, Population) and len(owner.shape) > 1:
            log.grids[owner.name] = owner.shape
        if isinstance(owner, PoissonDrive) or change.name in owner._parameter_names:
            if key not in log.initial:
                log.initial[key] = owner._given()
        elif change.step == log.start and change.kind != "call" and change.key not in log.initial:
            log.initial[change.key] = owner.state.arrays[change.name].copy()

    def given_of(self, owner: Member) -> Any:
        """A copy of what a person gave, shared by snapshots between two changes."""
        key = owner._kind, owner.name
        if key not in self._given:
            self._given[key] = owner._given()
        return self._given[key]

    def forget_given(self, owner: Member) -> None:
        """What a person gave is no longer what the last snapshot holds."""
        self._given.pop((owner._kind, owner.name), None)

    # Other sessions ----------------------------------------------------------------------

    def go_on(self, log: ParameterLog, position: int, step: int) -> None:
        """The network is what it was at ``step``, after ``position`` changes of ``log``."""
        self.log = log.until(position, step)
        self._given.clear()

    def begin_as(self, log: ParameterLog) -> None:
        """What was before the first change of the log is so again; no step runs meanwhile."""
        network = self._network
        for projection in network.projections.values():
            projection._put_tasks({})
        for (of, name, *variable), before in log.initial.items():
            owner = network.members(of)[name]
            if variable and not isinstance(owner, PoissonDrive):
                owner.state.arrays[variable[0]][...] = before
                network._linkage.reschedule()
            elif owner._give(before):
                network._linkage.relink()
            if isinstance(owner, Projection):
                network._linkage.weights_changed(owner)
        self.go_on(log, 0, log.start)

    def begin_anew(self) -> None:
        """A reset: it begins with the parameters as they are, and as the last session began."""
        old, log = self.log, ParameterLog(self._network.dt)
        log.initial, log.grids = dict(old.initial), dict(old.grids)
        for change in old:
            names = changes.owner_of(self._network, change)._parameter_names
            if change.step == 0 and change.kind != "call" and change.name not in names:
                log.append(change)
        for change in self._present_parameters(old):
            log.append(change)
        for population in self._network.populations.values():
            key = population._kind, population.name
            if population.stimuli and key not in log.initial:
                log.initial[key] = replace(population._given(), stimuli=(), first_stimuli=())
            for change in population.stimuli:
                log.append(change)
        for projection in self._network.projections.values():
            for change in self._restarted_tasks(projection):
                log.append(change)
        self.log = log

    def _present_parameters(self, old: ParameterLog) -> Iterator[Change]:
        """What gives parameters that were changed, or came from a file, their present values."""
        changed = {change.key for change in old}
        for owner in self._network._all_members():
            for name in owner._parameter_names:
                now = changes.dated(change_of(owner, name, owner._parameter(name)), 0)
                if now.key in changed or old.origin is not None:
                    yield now

    def _restarted_tasks(self, projection: Projection) -> Iterator[Change]:
        """Let pruning and creating begin at step 0; the calls that did it."""
        tasks = {rule: (period, 0) for rule, (period, _) in projection._periods().items()}
        projection._put_tasks(tasks)
        for rule, (period, _) in tasks.items():
            call = change_of(projection, f"start_{rule}", period * self._network.dt, "call")
            yield changes.dated(call, 0)
