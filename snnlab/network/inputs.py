"""Populations that play data instead of computing: given spikes, given values, Poisson spikes.

What is here stands in the place of a neuron model in `Network.add`. The data become arrays that
the engine reads by itself; no Python runs in a step.
"""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from snnlab.engine.memory import padded_size
from snnlab.engine.schedule import OffGridWarning, PhaseKind, steps
from snnlab.errors import NetworkError
from snnlab.model.neuron import Neuron
from snnlab.network.distributions import Distribution

if TYPE_CHECKING:
    from snnlab.network.population import Population, Values

LAST_STEP = 2**31  # spikes later than this are refused


class Input(ABC):
    """Something that `Network.add` takes in the place of a neuron."""

    @property
    @abstractmethod
    def neuron(self) -> Neuron:
        """The model of the population's neurons."""

    def prepare(self, population: Population, dt: float) -> Player | None:
        """Fit the data to a new population; what plays them, if they are played.

        Raises
        ------
        NetworkError
            If they do not fit.
        """
        return None


class Player(ABC):
    """Data of a population in the form that the engine reads."""

    kind: PhaseKind
    what: str

    @abstractmethod
    def link(self, parts: ModuleType, spikes: Any, population: Population) -> Any:
        """The engine's object, a member of the module ``parts``."""


POISSON = '''
"""Neuron whose spikes are a Poisson process, one at most in a step: Dayan & Abbott 2001,
Theoretical Neuroscience, section 1.4. A step has one with probability 1 - exp(-rates dt)."""
rates = 10 Hz  [0, 200]   # rate of the spikes

spike: False
'''


class PoissonInput(Input):
    """Neurons that spike at random with ``rate`` (Hz), a number or one for each neuron.

    At most one spike a step: a neuron spikes with probability ``1 - exp(-rate dt)``. The rate is
    the population's parameter ``rates`` and may be changed while the network runs. Only spikes are
    drawn, so that many quiet neurons cost little.
    """

    def __init__(self, rate: Values) -> None:
        self.rate = _checked_rate("PoissonInput", rate)

    @property
    def neuron(self) -> Neuron:
        return Neuron.from_cell(POISSON, "PoissonInput")

    def prepare(self, population: Population, dt: float) -> PoissonPlayer:
        population._set("rates", self.rate, None)
        return PoissonPlayer("rates", dt)


@dataclass(frozen=True, eq=False)
class PoissonPlayer(Player):
    """Spikes with the probabilities that follow from a parameter or variable (Hz)."""

    rate: str
    dt: float  # ms
    kind = "poisson"
    what = "random spikes"

    def link(self, parts: Any, spikes: Any, population: Population) -> Any:
        state = population.state
        one = self.rate in state.parameters and self.rate not in state.individual
        rate = state.storage(self.rate) if one else state.arrays[self.rate]
        return parts.PoissonSpikes(spikes, population.key, rate, self.dt / 1000.0)


def _checked_rate(where: str, rate: Values) -> Values:
    """``rate`` (Hz), if it is a distribution, a number from 0 on, or an array of them."""
    if not isinstance(rate, Distribution):
        values = np.asarray(rate)
        if values.dtype.kind not in "buif" or not ((values >= 0) & (values < np.inf)).all():
            raise NetworkError(
                f"{where}: rate = {rate!r} Hz; give a number from 0 on, or one for each neuron."
            )
    return rate


class SpikeSource(Input):
    """Neurons that spike at given times.

    Parameters
    ----------
    times
        ms, in any order: one list for each neuron. Each spike happens in the step nearest to it,
        and a neuron spikes at most once a step.
    """

    def __init__(self, times: Sequence[ArrayLike]) -> None:
        self.times = [np.asarray(one) for one in times]
        for i, one in enumerate(self.times):
            if one.ndim != 1 or (one.size and one.dtype.kind not in "iuf"):
                raise NetworkError(
                    f"SpikeSource: the times of neuron {i} have shape {one.shape} and type "
                    f"{one.dtype}; give a list of times (ms) for each neuron, [] for none."
                )
            wrong = ~((one >= 0) & (one < np.inf))
            if wrong.any():
                raise NetworkError(
                    f"SpikeSource: a spike of neuron {i} at {one[wrong][0]:g} ms is not possible; "
                    f"give times from 0 ms on."
                )

    @property
    def neuron(self) -> Neuron:
        return Neuron(
            spike="False", name="SpikeSource", description="Neuron that spikes at given times."
        )

    def prepare(self, population: Population, dt: float) -> SpikePlayer:
        where, n = f"Population '{population.name}'", population.size
        if len(self.times) != n:
            raise NetworkError(
                f"{where}: {n} neurons have {len(self.times)} lists of spike times; "
                f"give one list for each neuron, [] for none."
            )
        lengths = [len(one) for one in self.times]
        times = np.concatenate([np.zeros(0), *self.times]).astype(float)
        neurons = np.repeat(np.arange(n), lengths)
        if times.max(initial=0.0) / dt >= LAST_STEP:
            raise NetworkError(
                f"{where}: a spike at {times.max():g} ms is beyond {LAST_STEP} steps; "
                f"give earlier ones, or a longer dt."
            )
        nearest = np.rint(times / dt)
        off = np.abs(times - nearest * dt) > 1e-6 * dt * np.maximum(1, nearest)
        if off.any():
            first = int(np.argmax(off))
            warnings.warn(
                f"{where}: {np.count_nonzero(off)} of {len(times)} spike times are no multiples of "
                f"dt = {dt:g} ms; the nearest are used, for example {nearest[first] * dt:g} ms for "
                f"{times[first]:g} ms.",
                OffGridWarning,
                stacklevel=4,
            )
        events = np.unique(nearest.astype(np.int64) * n + neurons)
        if len(events) < len(times):
            warnings.warn(
                f"{where}: {len(times) - len(events)} of {len(times)} spikes fall in the step of "
                f"another spike of their neuron; they are one spike.",
                stacklevel=4,
            )
        at, neuron = np.divmod(events, n)
        return SpikePlayer(at, neuron.astype(np.int32))


@dataclass(frozen=True, eq=False)
class SpikePlayer(Player):
    """Spikes in the order of their steps, those of one step in the order of their neurons."""

    steps: NDArray[np.int64]
    neurons: NDArray[np.int32]
    kind = "emit"
    what = "given spikes"

    def link(self, parts: Any, spikes: Any, population: Population) -> Any:
        return parts.SpikePlayer(spikes, self.steps, self.neurons)


class TimedArray(Input):
    """Neurons whose variable ``r`` takes given values one after the other.

    Parameters
    ----------
    values
        (n_rows, n_neurons), or (n_rows,) for all neurons alike.
    schedule
        ms: when each row begins, ascending; or one number, how long each row lasts. One time step
        if not given. Before the first row ``r`` is 0, after the last one it stays.
    period
        ms: after this time the rows begin anew.
    """

    def __init__(
        self,
        values: ArrayLike,
        schedule: float | ArrayLike | None = None,
        period: float | None = None,
    ) -> None:
        self.values = np.asarray(values)
        if self.values.dtype.kind not in "buif" or self.values.ndim not in (1, 2):
            raise NetworkError(
                f"TimedArray: values of shape {self.values.shape} and type {self.values.dtype}; "
                f"give a matrix of numbers (times, neurons), or one number for each time."
            )
        if not len(self.values):
            raise NetworkError("TimedArray: there are no values; give one row at least.")
        if not np.isfinite(self.values).all():
            raise NetworkError("TimedArray: a value is not finite; give finite numbers.")
        self.schedule = schedule
        self.period = period
        n = len(self.values)
        starts = np.asarray(0.0 if schedule is None else schedule)
        fits = starts.dtype.kind in "iuf" and starts.shape in ((), (n,))
        if starts.ndim == 0 and schedule is not None:
            fits = fits and 0 < starts < np.inf
        elif starts.ndim:
            fits = (
                fits
                and starts[0] >= 0
                and np.isfinite(starts).all()
                and (np.diff(starts) > 0).all()
            )
        if not fits:
            raise NetworkError(
                f"TimedArray: schedule = {schedule!r}; give how long each row lasts (ms), or {n} "
                f"ascending times from 0 ms on."
            )
        if period is not None and not 0 < period < np.inf:
            raise NetworkError(f"TimedArray: period = {period!r} ms; give a time above 0 ms.")

    @property
    def neuron(self) -> Neuron:
        return Neuron(
            equations="r = r",
            name="TimedArray",
            description="Neuron whose variable r takes given values one after the other.",
        )

    def prepare(self, population: Population, dt: float) -> ValuePlayer:
        where, n = f"Population '{population.name}'", population.size
        values = self.values if self.values.ndim == 2 else self.values[:, np.newaxis]
        if values.shape[1] not in (1, n) or (self.values.ndim == 2 and values.shape[1] != n):
            raise NetworkError(
                f"{where}: {n} neurons have rows of {values.shape[1]} values; "
                f"give {n} values a row, or one number for each time."
            )
        n_rows = len(values)
        if self.schedule is None:
            starts = np.arange(n_rows, dtype=np.int64)
        elif np.ndim(self.schedule) == 0:
            lasts = steps(float(np.asarray(self.schedule)), dt, what=f"{where}: schedule")
            starts = np.arange(n_rows, dtype=np.int64) * max(1, lasts)
        else:
            given = np.asarray(self.schedule, float)
            starts = np.array([steps(s, dt, what=f"{where}: schedule") for s in given], np.int64)
            if (np.diff(starts) < 1).any():
                raise NetworkError(
                    f"{where}: two times of the schedule fall in one step of {dt:g} ms; "
                    f"give times farther apart, or a shorter dt."
                )
        period = 0
        if self.period is not None:
            period = max(1, steps(self.period, dt, what=f"{where}: period"))
        if period and starts[-1] >= period:
            raise NetworkError(
                f"{where}: the last row begins at {starts[-1] * dt:g} ms, after the period of "
                f"{period * dt:g} ms; give a longer period."
            )
        rows = np.zeros((n_rows, padded_size(n)), population.network.real)
        rows[:, :n] = values
        return ValuePlayer(starts, rows, period)


@dataclass(frozen=True, eq=False)
class ValuePlayer(Player):
    """Rows of values, the step at which each begins, and the steps after which they repeat."""

    starts: NDArray[np.int64]
    rows: NDArray  # (n_rows, padded)
    period: int  # steps, 0 for none
    kind = "play"
    what = "given values of r"

    def link(self, parts: Any, spikes: Any, population: Population) -> Any:
        out = population.state.arrays["r"]
        return parts.ValuePlayer(spikes, self.starts, self.rows, out, self.period)
