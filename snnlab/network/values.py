"""What a person gives as numbers and times, told apart from what is none."""

from __future__ import annotations

import math
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from snnlab.engine.schedule import LAST_STEP
from snnlab.errors import NetworkError
from snnlab.network.live_array import LiveArray
from snnlab.units import Unit

# Of what the memory of the engine holds.
LARGEST: dict[type, float] = {
    np.float64: float(np.finfo(np.float64).max),
    np.float32: float(np.finfo(np.float32).max),
    np.int32: float(np.iinfo(np.int32).max),
}

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
        return np.asarray(given._plain() if isinstance(given, LiveArray) else given)
    except ValueError as error:
        raise NetworkError(
            f"{where}: '{name}' has rows of different lengths; "
            f"give a number or an array of numbers."
        ) from error


def check_fits(
    where: str,
    name: str,
    new: NDArray,
    dtype: type,
    *,
    scale: float = 1.0,
    unit: Unit | None = None,
) -> None:
    """Numbers of ``dtype`` can be what was given, also times ``scale``.

    Raises
    ------
    NetworkError
        If one is beyond them.
    """
    if not new.size or dtype not in LARGEST:  # 0 and 1 for bool
        return
    largest = LARGEST[dtype] / max(1.0, abs(scale))
    ends = float(new.min()), float(new.max())
    if -largest <= ends[0] and ends[1] <= largest:
        return
    value = ends[0] if ends[0] < -largest else ends[1]
    shown = f" {unit.name}" if unit is not None and unit.name else ""
    kind = np.dtype(dtype).name
    instead = ", or build the network with dtype='float64'" if kind == "float32" else ""
    raise NetworkError(
        f"{where}: {name} = {value:g}{shown} is beyond the numbers of {kind}, which end at "
        f"{LARGEST[dtype]:.3g}; give a smaller one{instead}."
    )


def time_text(given: object) -> str:
    """For an error: ``5 ms``, or what stands in its place as it was typed."""
    return f"{given!r} ms" if isinstance(given, NUMBERS) else repr(given)


def check_interval(where: str, name: str, given: object, dt: float) -> None:
    """``given`` is a time (ms) above 0 whose steps of ``dt`` can be counted, or none at all.

    Raises
    ------
    NetworkError
        If it is something else.
    """
    if given is None:
        return
    if not is_number(given, above=0):
        raise NetworkError(f"{where}: {name} = {time_text(given)}; give an interval above 0 ms.")
    if beyond_counting(float(given), dt):
        raise NetworkError(
            f"{where}: {name} = {given:g} ms is beyond {LAST_STEP} steps; give a shorter one."
        )


def beyond_counting(duration: float, dt: float) -> bool:
    """Whether ``duration`` ms have more steps than are counted."""
    return duration / dt > LAST_STEP
