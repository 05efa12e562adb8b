"""Populations that play data instead of computing: given spikes, given values, Poisson spikes.

What is here stands in the place of a neuron model in `Network.add`. The data become arrays that
the engine reads by itself; no Python runs in a step.
"""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from snnlab.engine.memory import padded_size
from snnlab.engine.schedule import LAST_STEP, OffGridWarning, PhaseKind, steps
from snnlab.errors import NetworkError
from snnlab.model.neuron import Neuron
from snnlab.network.distributions import Distribution
from snnlab.network.values import as_array, check_fits, is_number, time_text

if TYPE_CHECKING:
    import pandas as pd

    from snnlab.network.population import Population, Values

NOTHING: Mapping[str, NDArray] = MappingProxyType({})


def _nearest_steps(
    where: str, what: str, times: NDArray, dt: float, *, stacklevel: int
) -> NDArray[np.float64]:
    """The steps nearest to ``times`` (ms), which are told of once where they are others."""
    nearest = np.rint(times / dt)
    off = np.abs(times - nearest * dt) > 1e-6 * dt * np.maximum(1, nearest)
    if off.any():
        first = int(np.argmax(off))
        warnings.warn(
            f"{where}: {np.count_nonzero(off)} of {len(times)} {what} are no multiples of "
            f"dt = {dt:g} ms; the nearest are used, for example {nearest[first] * dt:g} ms for "
            f"{times[first]:g} ms.",
            OffGridWarning,
            stacklevel=stacklevel,
        )
    return nearest


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

    @property
    @abstractmethod
    def what(self) -> str:
        """For a reader of the schedule."""

    @abstractmethod
    def link(
        self,
        parts: ModuleType,
        spikes: Any,
        population: Population,
        effective: Mapping[str, NDArray] = NOTHING,
    ) -> Any:
        """The engine's object, a member of the module ``parts``.

        ``effective``: arrays of parameters with what is added to them.
        """


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
        lowest = np.min(population.rates)
        if lowest < 0:
            raise NetworkError(
                f"Population '{population.name}': rate = {self.rate} gives {lowest:g} Hz; "
                f"give a distribution of numbers from 0 on, such as Normal(10, 5, low=0)."
            )
        return PoissonPlayer("rates", dt / 1000.0)


@dataclass(frozen=True, eq=False)
class PoissonPlayer(Player):
    """Spikes with the probabilities that follow from a parameter or variable."""

    rate: str
    scale: float  # what turns it into spikes a step
    kind = "poisson"

    @property
    def what(self) -> str:
        return "random spikes"

    def link(
        self,
        parts: Any,
        spikes: Any,
        population: Population,
        effective: Mapping[str, NDArray] = NOTHING,
    ) -> Any:
        state = population.state
        rate = state.storage(self.rate)
        if state.has_each(self.rate):
            rate = effective.get(self.rate, state.arrays[self.rate])  # with its padding
        return parts.PoissonSpikes(spikes, population._run_key, rate, self.scale)


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
        ms, in any order: one list for each neuron; or a table of pandas with the columns ``time``
        and ``neuron``, as ``net.spikes["E"]`` is one. Each spike happens in the step nearest to
        it, and a neuron spikes at most once a step.
    """

    def __init__(self, times: Sequence[ArrayLike] | pd.DataFrame) -> None:
        self.times: list[NDArray] = []
        self._table: tuple[NDArray, NDArray] | None = None
        if hasattr(times, "columns"):
            self._read_table(cast("pd.DataFrame", times))
            return
        if not isinstance(times, Iterable) or isinstance(times, str | bytes):
            raise NetworkError(
                f"SpikeSource: times = {times!r}; give a list of times (ms) for each neuron, "
                f"[] for none."
            )
        self.times = [as_array("SpikeSource", f"times[{i}]", one) for i, one in enumerate(times)]
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

    def _read_table(self, table: pd.DataFrame) -> None:
        missing = [name for name in ("time", "neuron") if name not in table.columns]
        if missing:
            has = ", ".join(str(name) for name in table.columns) or "none"
            raise NetworkError(
                f"SpikeSource: the table has no column '{missing[0]}' (its columns: {has}); "
                f"give 'time' (ms) and 'neuron'."
            )
        times, neurons = table["time"].to_numpy(), table["neuron"].to_numpy()
        for name, values, kinds in (("time", times, "iuf"), ("neuron", neurons, "iu")):
            if values.dtype.kind not in kinds and len(values):
                raise NetworkError(
                    f"SpikeSource: the column '{name}' has the type {values.dtype}; "
                    f"give {'numbers' if 'f' in kinds else 'whole numbers'}."
                )
            wrong = ~((values >= 0) & (values < np.inf))
            if wrong.any():
                raise NetworkError(
                    f"SpikeSource: the column '{name}' has {values[wrong][0]:g} in row "
                    f"{int(np.argmax(wrong))}; give numbers from 0 on."
                )
        self._table = times.astype(float), neurons.astype(np.int64)

    def _lists(self, where: str, n: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Times and neurons of all spikes."""
        if self._table is not None:
            times, neurons = self._table
            if neurons.max(initial=-1) >= n:
                raise NetworkError(
                    f"{where}: the table has spikes of neuron {neurons.max()}; "
                    f"use numbers below {n}, or a larger population."
                )
            return times, neurons
        if len(self.times) != n:
            raise NetworkError(
                f"{where}: {n} neurons have {len(self.times)} lists of spike times; "
                f"give one list for each neuron, [] for none."
            )
        times = np.concatenate([np.zeros(0), *self.times]).astype(float)
        return times, np.repeat(np.arange(n), [len(one) for one in self.times])

    @property
    def neuron(self) -> Neuron:
        return Neuron(
            spike="False", name="SpikeSource", description="Neuron that spikes at given times."
        )

    def prepare(self, population: Population, dt: float) -> SpikePlayer:
        where, n = f"Population '{population.name}'", population.size
        times, neurons = self._lists(where, n)
        if times.max(initial=0.0) / dt >= LAST_STEP:
            raise NetworkError(
                f"{where}: a spike at {times.max():g} ms is beyond {LAST_STEP} steps; "
                f"give earlier ones, or a longer dt."
            )
        nearest = _nearest_steps(where, "spike times", times, dt, stacklevel=5)
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

    @property
    def what(self) -> str:
        return "given spikes"

    def link(
        self,
        parts: Any,
        spikes: Any,
        population: Population,
        effective: Mapping[str, NDArray] = NOTHING,
    ) -> Any:
        return parts.SpikePlayer(spikes, self.steps, self.neurons)


class TimedArray(Input):
    """Given values, one row after the other: neurons with a rate ``r``, or a course of a parameter.

    ``net.add(n, TimedArray(...))`` makes neurons whose variable ``r`` takes the values.
    ``population.I = TimedArray(...)`` gives them to a parameter, which has in each step the value
    of that step; to a variable, which has it after each step whatever its equations say.

    Parameters
    ----------
    values
        (n_rows, n_neurons), or (n_rows,) for all neurons alike; in the unit of what they are given
        to.
    schedule
        ms: when each row begins, ascending; or one number, how long each row lasts. One time step
        if not given. Before the first row ``r`` is 0 and a parameter what it was; after the last
        row the values stay.
    period
        ms: after this time the rows begin anew.
    """

    def __init__(
        self,
        values: ArrayLike,
        schedule: float | ArrayLike | None = None,
        period: float | None = None,
    ) -> None:
        self.values = _checked_rows(as_array("TimedArray", "values", values))
        self.schedule = schedule
        self.period = period
        self._function: Callable[[float], ArrayLike] | None = None
        self._duration = 0.0  # ms, of the function
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
        if period is not None and not is_number(period, above=0):
            raise NetworkError(f"TimedArray: period = {time_text(period)}; give a time above 0 ms.")

    @classmethod
    def from_function(
        cls,
        function: Callable[[float], ArrayLike],
        duration: float,
        *,
        every: float | None = None,
        repeat: bool = False,
    ) -> TimedArray:
        """The values of a Python function of time (ms), asked before the run.

        Parameters
        ----------
        function
            From the time (ms) to a number, or to one for each neuron.
        duration
            ms: it is asked from 0 ms to before this time, later the last value stays.
        every
            Interval (ms) at which it is asked; every time step if not given.
        repeat
            Begin anew after ``duration``.
        """
        if not callable(function):
            raise NetworkError(
                f"TimedArray: {function!r} is no function; give one of the time (ms)."
            )
        if not is_number(duration, above=0):
            raise NetworkError(
                f"TimedArray: duration = {time_text(duration)}; give a time above 0 ms."
            )
        made = cls([0.0], every, duration if repeat else None)
        made._function = function
        made._duration = float(duration)
        return made

    @classmethod
    def pulse(
        cls, value: ArrayLike, start: float, stop: float | None = None, *, rest: float = 0.0
    ) -> TimedArray:
        """``rest``, then ``value`` from ``start`` to before ``stop`` (ms), or for ever."""
        for name, time in (("start", start), ("stop", 0.0 if stop is None else stop)):
            if not is_number(time, 0):
                raise NetworkError(
                    f"TimedArray: {name} = {time_text(time)}; give a time from 0 ms on."
                )
        high = np.asarray(value)
        low = np.full(high.shape, rest)
        times = [start] if stop is None else [start, stop]
        rows = [high] if stop is None else [high, low]
        if start > 0:
            times, rows = [0.0, *times], [low, *rows]
        return cls(np.stack(rows), times)

    @classmethod
    def ramp(cls, first: float, last: float, start: float, stop: float) -> TimedArray:
        """From ``first`` at ``start`` (ms) along a line to ``last`` at ``stop``."""
        for name, number in (("first", first), ("last", last)):
            if not is_number(number):
                raise NetworkError(f"TimedArray: {name} = {number!r}; give a number.")
        if not (is_number(start, 0) and is_number(stop, above=start)):
            raise NetworkError(
                f"TimedArray: a ramp from {start!r} to {stop!r} ms; give two ascending times."
            )

        def value(t: float) -> float:
            return first + (last - first) * min(max((t - start) / (stop - start), 0.0), 1.0)

        return cls.from_function(value, stop * (1.0 + 1e-6))  # asked at the end, too

    @property
    def neuron(self) -> Neuron:
        return Neuron(
            equations="r = r",
            name="TimedArray",
            description="Neuron whose variable r takes given values one after the other.",
        )

    def prepare(self, population: Population, dt: float) -> ValuePlayer:
        return self.player(population, "r", dt, before=np.zeros(population.size))

    def player(self, population: Population, name: str, dt: float, before: NDArray) -> ValuePlayer:
        """What plays the values to ``name``; until the first row it has the values ``before``.

        Raises
        ------
        NetworkError
            If the rows do not fit the population or the time step.
        """
        where, n = f"Population '{population.name}'", population.size
        function = self._function
        given = self.values if function is None else self._sampled(function, dt)
        values = given if given.ndim == 2 else given[:, np.newaxis]
        if values.shape[1] not in (1, n) or (given.ndim == 2 and values.shape[1] != n):
            raise NetworkError(
                f"{where}: {n} neurons have rows of {values.shape[1]} values; "
                f"give {n} values a row, or one number for each time."
            )
        starts, period = self._starts(where, dt, len(values))
        if starts[0] > 0:
            if values.shape[1] == 1 and (before != before[0]).any():
                values = np.broadcast_to(values, (len(values), n))
            first = before[:1] if values.shape[1] == 1 else before
            values = np.concatenate([first[np.newaxis], values])
            starts = np.concatenate([[0], starts])
        width = 1 if values.shape[1] == 1 else padded_size(n)
        check_fits(where, name, values, population.state.type_of(name))
        rows = np.zeros((len(values), width), population.state.type_of(name))
        rows[:, : values.shape[1]] = values
        return ValuePlayer(starts, rows, period, name)

    def fixed(self, dt: float) -> TimedArray:
        """The same values without a function, which is asked now."""
        if self._function is None:
            return self
        return TimedArray(self._sampled(self._function, dt), self.schedule, self.period)

    def table(self, dt: float) -> tuple[NDArray, NDArray, float | None]:
        """Rows of values, when each begins (ms), and the period (ms): what makes it again."""
        starts, _ = self._starts("TimedArray", dt, len(self.values))
        return self.values, starts * dt, self.period

    def _sampled(self, function: Callable[[float], ArrayLike], dt: float) -> NDArray:
        """The values of the function on the grid."""
        every = dt if self.schedule is None else float(np.asarray(self.schedule))
        times = every * np.arange(max(1, int(np.ceil(self._duration / every - 1e-9))))
        found = [np.asarray(function(float(t))) for t in times]
        shapes = {one.shape for one in found}
        if len(shapes) > 1:
            raise NetworkError(
                f"TimedArray: the function returns values of the shapes "
                f"{', '.join(map(str, sorted(shapes)))}; return the same number of values each "
                f"time."
            )
        return _checked_rows(np.stack(found))

    def _starts(self, where: str, dt: float, n_rows: int) -> tuple[NDArray[np.int64], int]:
        """The first step of each row, and the steps after which they repeat, or 0."""
        if self.schedule is None:
            starts = np.arange(n_rows, dtype=np.int64)
        elif np.ndim(self.schedule) == 0:
            given = float(np.asarray(self.schedule))
            lasts = steps(given, dt, what=f"{where}: schedule", least=1)
            starts = np.arange(n_rows, dtype=np.int64) * lasts
        else:
            given = np.asarray(self.schedule, float)
            what = "times of the schedule"
            starts = _nearest_steps(where, what, given, dt, stacklevel=6).astype(np.int64)
            if (np.diff(starts) < 1).any():
                raise NetworkError(
                    f"{where}: two times of the schedule fall in one step of {dt:g} ms; "
                    f"give times farther apart, or a shorter dt."
                )
        period = 0
        if self.period is not None:
            period = steps(self.period, dt, what=f"{where}: period", least=1)
        if period and starts[-1] >= period:
            raise NetworkError(
                f"{where}: the last row begins at {starts[-1] * dt:g} ms, after the period of "
                f"{period * dt:g} ms; give a longer period."
            )
        return starts, period


def _checked_rows(values: NDArray) -> NDArray:
    if values.dtype.kind not in "buif" or values.ndim not in (1, 2):
        raise NetworkError(
            f"TimedArray: values of shape {values.shape} and type {values.dtype}; "
            f"give a matrix of numbers (times, neurons), or one number for each time."
        )
    if not len(values):
        raise NetworkError("TimedArray: there are no values; give one row at least.")
    if not np.isfinite(values).all():
        raise NetworkError("TimedArray: a value is not finite; give finite numbers.")
    return values


@dataclass(frozen=True, eq=False)
class ValuePlayer(Player):
    """Rows of values, the step at which each begins, and the steps after which they repeat."""

    starts: NDArray[np.int64]
    rows: NDArray  # (n_rows, padded), or (n_rows, 1) for all neurons alike
    period: int  # steps, 0 for none
    name: str
    kind = "play"

    @property
    def what(self) -> str:
        return f"given values of {self.name}"

    def link(
        self,
        parts: Any,
        spikes: Any,
        population: Population,
        effective: Mapping[str, NDArray] = NOTHING,
    ) -> Any:
        out = population.state.arrays[self.name]
        return parts.ValuePlayer(spikes, self.starts, self.rows, out, self.period)
