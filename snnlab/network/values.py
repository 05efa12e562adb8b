"""What a person gives as numbers and times, told apart from what is none."""

from __future__ import annotations

import math
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from snnlab.engine.schedule import LAST_STEP
from snnlab.errors import NetworkError

NUMBERS = (int, float, np.integer, np.floating)


def is_number(
    given: object, low: float = -math.inf, *, above: float = -math.inf
) -> TypeGuard[float]:
    """Whether it is one finite number, from ``low`` on and greater than ``above``."""
    return isinstance(given, NUMBERS) and bool(low <= given and above < given < math.inf)


def as_array(where: str, name: str, given: Any) -> NDArray:
    """``given`` as NumPy understands it.

    Raises
    ------
    NetworkError
        If its rows have different lengths.
    """
    try:
        return np.asarray(given)
    except ValueError as error:
        raise NetworkError(
            f"{where}: '{name}' has rows of different lengths; "
            f"give a number or an array of numbers."
        ) from error


def time_text(given: object) -> str:
    """For an error: ``5 ms``, or what stands in its place as it was typed."""
    return f"{given!r} ms" if isinstance(given, NUMBERS) else repr(given)


def beyond_counting(duration: float, dt: float) -> bool:
    """Whether ``duration`` ms have more steps than are counted."""
    return duration / dt > LAST_STEP
