"""Values that are no longer finite: noticed after a slice, then traced to the step they arose in.

To look at all values in all steps would be dear. A copy of the state is kept instead, a recent one
where that costs little; from it the steps are run again. The same state gives the same steps bit
by bit, so bisection finds the first one that leaves such a value behind.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from snnlab.engine.stepper import Reals
from snnlab.errors import DivergenceError, SimulationError

if TYPE_CHECKING:
    from snnlab.network.assembly import PopulationParts, ProjectionParts
    from snnlab.network.network import Network
    from snnlab.network.projection import Projection

SHARE = 0.005  # of the time of computing that copies may take
SAVINGS = 0.020  # s of copying that may be saved up, for commands in quick succession
RENEWAL = 0.050  # s of computing after which a copy is old
LARGEST_COPY = 16 * 2**20  # bytes; a larger state is not copied
SYNAPTIC_VALUES = 2**16  # looked at after one slice; the rest has its turn after the next ones


@dataclass(frozen=True)
class Fault:
    """A value that is not finite."""

    where: str
    what: str

    def error(self, network: Network, step: int, *, exact: bool) -> DivergenceError:
        """What stops a run that ends before ``step``."""
        when = f"{step * network.dt:.12g} ms{'' if exact else ' at the latest'}"
        return DivergenceError(
            f"{self.where}: {self.what} at t = {when}; take a smaller dt than {network.dt:g} ms, "
            f"or look for a division by zero in its equations{network._way_back()}."
        )


class Copy:
    """Everything that steps change, as it was before ``step``."""

    def __init__(self, network: Network, step: int) -> None:
        self._parts = network._linkage.parts
        self._projections = [parts.synapses for parts in network._linkage.projection_parts.values()]
        self._pairs = [(array, array.copy()) for array in _changing(network)]
        self.take(network, step)

    def fits(self, network: Network) -> bool:
        """Whether it can be taken anew in the same memory."""
        return self._parts is network._linkage.parts

    def take(self, network: Network, step: int) -> None:
        self.step = step
        for array, copy in self._pairs:
            np.copyto(copy, array)
        self._rhythms = [
            (tap.recorder, tap.recorder.next_step)
            for tap in network._recordings.taps
            if tap.is_linked
        ]

    def put_back(self) -> None:
        for array, copy in self._pairs:
            np.copyto(array, copy)
        for synapses in self._projections:
            synapses.weights_changed()  # what is under way is entered anew
        for recorder, next_step in self._rhythms:
            recorder.next_step = next_step


class Watch:
    """Looks after each slice of one network whether its values are finite."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._copy: Copy | None = None
        self._changes = -1  # of the network, when the copy was taken
        self._savings = SAVINGS
        self._age = 0.0  # s of computing since the copy
        self._renew = False
        self._turn = 0  # the synaptic value that is looked at next
        self._parts: object = None  # those whose values of neurons are known
        self._neurons = Reals([])

    def is_good(self) -> bool:
        """Whether all values are finite; no step runs meanwhile."""
        return self._fault(whole=True) is None

    def before_slice(self, step: int, n_steps: int) -> None:
        """Keep a copy, unless there is one from which the network went on undisturbed."""
        if n_steps > 1 and self._savings > 0 and (self._renew or self._valid_copy() is None):
            self._take(step)

    def after_slice(
        self, first_step: int, n_steps: int, seconds: float
    ) -> tuple[int, SimulationError | None]:
        """Where the slice ends, and why if that is earlier than was meant.

        The state is that after the step in which a value ceased to be finite. What the slice
        recorded is that until then.
        """
        end = first_step + n_steps
        self._savings = min(SAVINGS, self._savings + SHARE * seconds)
        self._age += seconds
        self._renew = self._age > RENEWAL and self._savings > 0
        fault = self._fault(whole=self._renew)  # a copy is good in all its values
        return (end, None) if fault is None else self._traced(fault, first_step, end)

    def _valid_copy(self) -> Copy | None:
        return self._copy if self._changes == self._network._simulator.changes else None

    def _take(self, step: int) -> None:
        network, start = self._network, time.perf_counter()
        if self._copy is None or not self._copy.fits(network):
            self._copy = None
            if sum(array.nbytes for array in _changing(network)) > LARGEST_COPY:
                return
            self._copy = Copy(network, step)
        else:
            self._copy.take(network, step)
        self._changes = network._simulator.changes
        self._age, self._renew = 0.0, False
        self._savings -= time.perf_counter() - start

    # The first step ----------------------------------------------------------------------

    def _traced(self, fault: Fault, first_step: int, end: int) -> tuple[int, SimulationError]:
        network, good = self._network, self._valid_copy()
        self._changes = -1
        if good is None:
            exact = end - first_step == 1 and self._n_synaptic() <= SYNAPTIC_VALUES
            return end, fault.error(network, end, exact=exact)
        now = Copy(network, end)
        good.put_back()
        if self._fault(whole=True) is not None:  # older than the copy
            now.put_back()
            return end, fault.error(network, end, exact=False)
        bad = self._first_bad_step(good, end)
        found = self._fault(whole=True)
        if found is None:  # somebody changed a value between two steps and told nobody
            bad = end
        good.put_back()
        self._run_again(good.step, min(first_step, bad))
        if bad > first_step:
            self._run_again(first_step, bad, discard=False)
        if found is None:
            now.put_back()
            return end, fault.error(network, end, exact=False)
        return bad, found.error(network, bad, exact=True)

    def _first_bad_step(self, good: Copy, bad: int) -> int:
        """The end of the first bad step; the state is ``good`` before, and that step's after."""
        while bad - good.step > 1:
            middle = (good.step + bad) // 2
            self._run_again(good.step, middle)
            if self._fault(whole=True) is None:
                good = Copy(self._network, middle)
            else:
                bad = middle
                good.put_back()
        self._run_again(good.step, bad)
        return bad

    def _run_again(self, first_step: int, end: int, *, discard: bool = True) -> None:
        """Run steps again from the state that was put back."""
        network = self._network
        taps = [tap for tap in network._recordings.taps if tap.is_linked]
        for tap in taps:
            tap.recorder.prepare(first_step, end - first_step)
        for parts in network._linkage.parts.values():
            parts.spikes.drain()
        network._simulator.run_again(first_step, end - first_step)
        if discard:
            for tap in taps:
                tap.recorder.take(end)
            for parts in network._linkage.parts.values():
                parts.spikes.drain()

    # Values ------------------------------------------------------------------------------

    def _fault(self, *, whole: bool) -> Fault | None:
        """Of the values that ceased to be finite in one step, the one that came first in it.

        Unless ``whole``, of synapses only as many as one slice has time for.
        """
        parts = self._network._linkage.parts
        if self._parts is not parts:
            self._parts, self._neurons = parts, Reals(_neuronal(parts.values()))
        neurons_are_good = self._neurons.are_finite()
        projections = [
            each
            for each in self._network._linkage.projection_parts.values()
            if not each.projection.static  # those have nothing to look at
        ]
        if neurons_are_good and not projections:
            return None
        with np.errstate(invalid="ignore", over="ignore"):
            if whole or self._n_synaptic() <= SYNAPTIC_VALUES:
                begin, end = 0, None
            else:
                begin, end = self._turn, self._turn + SYNAPTIC_VALUES
                self._turn = end if end < self._n_synaptic() else 0
            # Synapses that change at spikes do so before neurons, others after them.
            early = _bad_synapse([p for p in projections if not _continuous(p)], begin, end)
            return (
                early
                or (None if neurons_are_good else _bad_neuron(parts.values()))
                or _bad_synapse([p for p in projections if _continuous(p)], begin, end)
            )

    def _n_synaptic(self) -> int:
        parts = self._network._linkage.projection_parts.values()
        return sum(len(values) for p in parts for _, values in _synaptic(p.projection))


def _changing(network: Network) -> Iterator[NDArray]:
    """Every array that steps change."""
    for parts in (*network._linkage.parts.values(), *network._linkage.projection_parts.values()):
        yield from parts.state().values()
    for parts in network._linkage.parts.values():
        for lists in parts.transits().values():
            yield lists.neuron
            yield lists.count


def _synaptic(projection: Projection) -> Iterator[tuple[str, NDArray]]:
    if projection.static:
        return
    for name in projection.state.variables:
        values = projection.state.values(name)
        if values.dtype.kind == "f":
            yield name, values


def _continuous(parts: ProjectionParts) -> bool:
    return any(kind == "synapses" for kind, *_ in parts.phases)


def _neuronal(populations: Iterable[PopulationParts]) -> Iterator[NDArray]:
    for parts in populations:
        state = parts.population.state
        for name in state.variables:
            if (values := state.values(name)).dtype.kind == "f":
                yield values


def _first_bad(values: NDArray) -> int | None:
    if not len(values) or np.isfinite(np.add.reduce(values)):
        return None
    bad = np.flatnonzero(~np.isfinite(values))  # the sum of finite values may be infinite
    return int(bad[0]) if len(bad) else None


def _said(value: float) -> str:
    return "not a number" if np.isnan(value) else "infinite"


def _bad_neuron(populations: Iterable[PopulationParts]) -> Fault | None:
    for parts in populations:
        state = parts.population.state
        for name in state.variables:
            values = state.values(name)
            bad = _first_bad(values) if values.dtype.kind == "f" else None
            if bad is not None:
                one = (
                    f"{name} of neuron {bad}" if state.variables[name].locality == "local" else name
                )
                where = f"Population '{parts.population.name}'"
                return Fault(where, f"{one} is {_said(values[bad])}")
    return None


def _bad_synapse(projections: list[ProjectionParts], begin: int, end: int | None) -> Fault | None:
    """Among the values ``begin`` to ``end`` of all, counted one variable after the other."""
    for parts in projections:
        projection = parts.projection
        for name, values in _synaptic(projection):
            n = len(values)
            first = max(0, begin)
            bad = _first_bad(values[first : n if end is None else max(0, end)])
            begin -= n
            end = None if end is None else end - n
            if bad is not None:
                one = f"{name}{_owner(projection, name, first + bad)}"
                where = f"Projection '{projection.name}'"
                return Fault(where, f"{one} is {_said(values[first + bad])}")
    return None


def _owner(projection: Projection, name: str, index: int) -> str:
    """Whose value it is: synapses, neurons or the projection have one each."""
    if projection.state.variables[name].locality != "local":
        return f" of post neuron {index}" if len(projection.state.values(name)) > 1 else ""
    for side, names in (("pre", projection.traces.pre), ("post", projection.traces.post)):
        if name in names:
            return f" of {side} neuron {index}"
    pre = int(np.searchsorted(projection.connectivity.ends, index, side="right")) - 1
    post = int(projection.connectivity.targets_of(np.array([index]))[0])
    return f" of synapse {index} ({pre} -> {post})"
