"""Delays of synapses as whole numbers of steps."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from snnlab.engine.rows import in_parallel, ranges
from snnlab.engine.schedule import OffGridWarning
from snnlab.errors import NetworkError
from snnlab.network.population import check_numbers

LONGEST_DELAY = 65_535  # steps, of synapses with a delay each
DELAYS_AT_ONCE = 65_536  # small enough to stay in the cache from one operation to the next


def check_delays(where: str, values: NDArray) -> None:
    """Delays are numbers from 0 on.

    Raises
    ------
    NetworkError
        If one is not.
    """
    check_numbers(where, "delay", values)
    _refuse_impossible(where, values, 0)


def steps_of_delays(
    where: str, of: Callable[[int, int], NDArray], n: int, dt: float, *, given: bool
) -> NDArray:
    """Delays as steps, 8 or 16 bits: the nearest whole number, at least 1.

    Parameters
    ----------
    where
        Names the owner in errors and warnings.
    of
        The delays (ms) of synapses first <= k < last; called by several threads at once.
    n
        Number of synapses.
    dt
        ms.
    given
        Whether a person wrote the delays, who should know which ones are not kept.

    Raises
    ------
    NetworkError
        If a delay is negative, no number, or more than `LONGEST_DELAY` steps.
    """
    steps = np.empty(n, np.uint16)

    def convert(first: int, last: int) -> list[_Found]:
        found = []
        for begin in range(first, last, DELAYS_AT_ONCE):
            end = min(begin + DELAYS_AT_ONCE, last)
            values = of(begin, end)
            if not (values >= 0).all() or not (values < np.inf).all():
                _refuse_impossible(where, values, begin)
            whole = np.rint(values / dt)
            found.append(_Found(values, whole, dt))
            steps[begin:end] = np.maximum(np.minimum(whole, LONGEST_DELAY), 1)
        return found

    pieces = [f for part in in_parallel(convert, ranges(n, n)) for f in part if f.unusual]
    longest = max((f.longest for f in pieces), default=0.0)
    n_off = sum(f.n_off for f in pieces)
    if n_off and given:
        first, used = next(f.example for f in pieces if f.n_off)
        warnings.warn(
            f"{where}: delay: {n_off} of {n} values are no multiples of dt = {dt:g} ms; the "
            f"nearest are used, for example {used:g} ms for {first:g} ms.",
            OffGridWarning,
            stacklevel=4,
        )
    n_short = sum(f.n_short for f in pieces)
    if n_short:
        warnings.warn(
            f"{where}: {n_short} of {n} delays are shorter than dt; {dt:g} ms is used for them.",
            stacklevel=4,
        )
    if longest:
        raise NetworkError(
            f"{where}: a delay of {longest:g} ms is more than {LONGEST_DELAY} steps; "
            f"give shorter ones, or a longer dt."
        )
    return steps.astype(np.uint8) if steps.max(initial=1) < 256 else steps


class _Found:
    """What a person should know of some delays."""

    def __init__(self, values: NDArray, whole: NDArray, dt: float) -> None:
        off = np.abs(values - whole * dt) > 1e-6 * dt * np.maximum(1, whole)
        self.n_off = int(np.count_nonzero(off))
        first = int(np.argmax(off)) if self.n_off else 0
        self.example = (float(values[first]), max(1.0, float(whole[first])) * dt)  # given, used
        self.n_short = int(np.count_nonzero((whole < 1) & (values > 0)))
        self.longest = float(values.max()) if whole.max() > LONGEST_DELAY else 0.0

    @property
    def unusual(self) -> bool:
        return bool(self.n_off or self.n_short or self.longest)


def _refuse_impossible(where: str, values: NDArray, first: int) -> None:
    wrong = ~((values >= 0) & (values < np.inf))
    if wrong.any():
        k = int(np.argmax(wrong))
        raise NetworkError(
            f"{where}: delay {values[k]:g} ms of synapse {first + k} is not possible; "
            f"give numbers from 0 on."
        )
