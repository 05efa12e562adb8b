"""One recorded variable on its way from the engine to a record or a stream."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from snnlab.errors import SimulationError
from snnlab.network import assembly
from snnlab.network.assembly import PopulationParts, ProjectionParts
from snnlab.network.population import Population
from snnlab.network.projection import Projection

if TYPE_CHECKING:
    from snnlab.engine.stepper import Recorder

Moment = Literal["start", "arrival", "end"]


class Tap:
    """One variable of chosen elements on its way from the engine to a record or stream."""

    def __init__(
        self,
        owner: Population | Projection,
        variable: str,
        elements: NDArray[np.int32],
        period: int,
        put: Callable[[NDArray[np.int64], NDArray], None],
        clear: Callable[[], None],
        moment: Moment = "end",
        keeps_all: bool = False,
    ) -> None:
        self.owner = owner
        self.variable = variable
        self.elements = elements
        self.moment: Moment = moment
        self.paused = False
        self._keeps_all = keeps_all
        self.period = period
        self._put = put
        self._clear = clear
        self._next_step: int | None = None
        self._recorder: Recorder | None = None
        of_synapses = isinstance(owner, Projection) and _is_of_each(owner, variable)
        self._n_synapses = owner.size if of_synapses else None

    @property
    def recorder(self) -> Recorder:
        if self._recorder is None:
            raise SimulationError("Network: its recorders are not linked; build it first.")
        return self._recorder

    @property
    def is_linked(self) -> bool:
        return self._recorder is not None

    def link(
        self, parts: PopulationParts | ProjectionParts, step: int, n_threads: int
    ) -> assembly.Recorded:
        """Make the engine's recorder; the rhythm of the samples goes on."""
        if self._recorder is not None:
            self._next_step = self._recorder.next_step
        first = step if self._next_step is None else max(step, self._next_step)
        if isinstance(parts, ProjectionParts):
            projection = parts.projection
            if self._n_synapses not in (None, projection.size):
                raise SimulationError(
                    f"Projection '{projection.name}': it has {projection.size} synapses, and "
                    f"'{self.variable}' of {self._n_synapses} was to be recorded; stop that "
                    f"recording before synapses are created or pruned."
                )
            source = projection.state.arrays[self.variable]
            n_values = len(projection.state.values(self.variable))
            bounds = np.linspace(0, n_values, n_threads + 1).astype(np.int64)
            backend, what = projection.network._linkage.backend, "values"
        else:
            source = parts.population.state.arrays[self.variable]
            bounds, backend, what = parts.spikes.bounds, parts.backend, "neurons"
        make = backend.parts.Recorder
        recorder = make(source, self.elements, bounds, self.period, first)
        self._recorder = recorder
        return assembly.Recorded(
            self.owner.name,
            f"{self.variable} of {len(self.elements)} {what}",
            recorder,
            self.moment,
            synaptic=isinstance(parts, ProjectionParts),
        )

    def unlink(self) -> None:
        """No samples from now on; the next one is that of the step in which it is linked again."""
        self._recorder = None
        self._next_step = None

    def prepare(self, step: int, n_steps: int, n_expected: int) -> None:
        """Make room for ``n_steps``; ``n_expected`` steps follow from ``step`` on, if known."""
        self.recorder.prepare(step, n_steps, n_expected if self._keeps_all else 0)

    def collect(self, end: int) -> None:
        """Hand on the samples of a run that ended before step ``end``."""
        self._put(*self.recorder.take(end))

    def move(self, step: int) -> None:
        """Time has gone to ``step``; the rhythm of the samples goes on from there."""
        last = self._next_step if self._recorder is None else self._recorder.next_step
        self._next_step = None if last is None else step + (last - step) % self.period
        self._recorder = None

    def forget(self) -> None:
        """What was handed on is no longer of the network's past."""
        self._clear()

    def restart(self) -> None:
        self._clear()
        self.unlink()


def _is_of_each(projection: Projection, variable: str) -> bool:
    """Whether each synapse has a value of its own."""
    return projection.state.variables[variable].locality == "local"
