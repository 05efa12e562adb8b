"""Courses of time: values that are added to a parameter one after the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from snnlab.engine.schedule import LAST_STEP
from snnlab.errors import NetworkError
from snnlab.network.values import as_array


@dataclass(frozen=True, eq=False)
class Course:
    """Values that are added one after the other.

    Parameters
    ----------
    starts
        int64 (n + 1,): the step at which each value begins, ascending, and the end of the last.
    values
        float64 (n,).
    """

    starts: NDArray[np.int64]
    values: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.values)

    def __str__(self) -> str:
        return f"{len(self)} values"


def course_of(where: str, times: ArrayLike, values: ArrayLike, dt: float, step: int) -> Course:
    """The values and the steps at which they begin; of those of one step the last.

    Raises
    ------
    NetworkError
        If they are no course, or it is over at the present ``step``.
    """
    given: list[NDArray[np.float64]] = []
    for what, listed in (("times", times), ("values", values)):
        numbers = as_array(where, what, listed)
        if numbers.ndim != 1 or not numbers.size or numbers.dtype.kind not in "buif":
            raise NetworkError(
                f"{where}: {what} have shape {numbers.shape} and type {numbers.dtype}; "
                f"give a list of numbers."
            )
        wrong = np.flatnonzero(~np.isfinite(numbers))
        if len(wrong):
            raise NetworkError(
                f"{where}: {what}[{wrong[0]}] is {numbers[wrong[0]]:g}; give finite numbers."
            )
        given.append(numbers.astype(float))
    at, added = given
    if len(at) == len(added) > 1:
        at = np.append(at, 2 * at[-1] - at[-2])
    if len(at) != len(added) + 1:
        raise NetworkError(
            f"{where}: {len(at)} times and {len(added)} values; give a time at which each "
            f"value begins, and the end of the last one."
        )
    if (np.diff(at) <= 0).any():
        k = int(np.argmax(np.diff(at) <= 0))
        raise NetworkError(
            f"{where}: the time {at[k + 1]:g} ms follows {at[k]:g} ms; give ascending times."
        )
    if at[-1] / dt >= LAST_STEP:
        raise NetworkError(
            f"{where}: {at[-1]:g} ms is beyond {LAST_STEP} steps; give earlier times."
        )
    starts = np.rint(at / dt).astype(np.int64)
    if starts[-1] <= step:
        raise NetworkError(
            f"{where}: it ends at {at[-1]:g} ms, and {step * dt:g} ms have passed; "
            f"give later times."
        )
    kept = np.diff(starts) > 0
    if not kept.any():
        raise NetworkError(
            f"{where}: it lasts from {at[0]:g} to {at[-1]:g} ms, within one step of "
            f"{dt:g} ms; give times farther apart."
        )
    return Course(np.append(starts[:-1][kept], starts[-1]), added[kept])
