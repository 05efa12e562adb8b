"""The points of a sweep: which values the parameters take together.

Knows names and values; nothing of networks.
"""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from snnlab.errors import SimulationError

Point = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Points:
    """Points in the order in which they are run.

    Parameters
    ----------
    axes
        The values of each parameter: of a grid along its axis, else one for each point.
    shape
        Of the grid; (number of points,) where they were listed.
    together
        The parameters that an axis moves, where they are several.
    """

    axes: Mapping[str, tuple[Any, ...]]
    shape: tuple[int, ...]
    together: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Of all parameters."""
        return tuple(name for axis in self.axes for name in self.moved_by(axis))

    def moved_by(self, axis: str) -> tuple[str, ...]:
        return self.together.get(axis, (axis,))

    @property
    def is_grid(self) -> bool:
        return len(self.shape) == len(self.axes)

    def __len__(self) -> int:
        return int(np.prod(self.shape))

    def __iter__(self) -> Iterator[dict[str, Any]]:
        values = self.axes.values()
        combined = itertools.product(*values) if self.is_grid else zip(*values, strict=True)
        for point in combined:
            moved = zip(self.axes, point, strict=True)
            yield {name: value for axis, value in moved for name in self.moved_by(axis)}


def points_of(values: object) -> Points:
    """The grid that ``{"E.I": [0, 10, 20]}`` spans, or the points that a list of dicts names.

    Raises
    ------
    SimulationError
        If it is neither.
    """
    if isinstance(values, Mapping):
        return _grid(values)
    if isinstance(values, Sequence) and not isinstance(values, str):
        return _listed(values)
    raise SimulationError(
        f"sweep: values = {values!r} name no points; give a dictionary such as "
        f"{{'E.I': [0, 10, 20]}}, or a list of dictionaries."
    )


def _grid(values: Mapping[Any, Any]) -> Points:
    if not values:
        raise SimulationError(
            "sweep: no parameter is varied; give a dictionary such as {'E.I': [0, 10, 20]}."
        )
    axes: dict[str, tuple[Any, ...]] = {}
    together: dict[str, tuple[str, ...]] = {}
    for key, given in values.items():
        names = key if isinstance(key, tuple) else (key,)
        if not names or not all(isinstance(name, str) for name in names):
            raise SimulationError(f"sweep: {key!r} is no name; write for example 'E.I'.")
        name = ", ".join(names)
        if len(names) > 1:
            together[name] = names
        scalar = isinstance(given, np.ndarray) and not given.ndim
        if scalar or isinstance(given, str) or not isinstance(given, Iterable):
            raise SimulationError(
                f"sweep: '{name}' has the value {given!r}; give a list of values, [{given!r}]."
            )
        axes[name] = tuple(map(plain, given))
        if not axes[name]:
            raise SimulationError(f"sweep: '{name}' has no values; give at least one.")
    points = Points(axes, tuple(map(len, axes.values())), together)
    twice = [name for name in points.names if points.names.count(name) > 1]
    if twice:
        raise SimulationError(f"sweep: '{twice[0]}' is varied twice; name it once.")
    return points


def _listed(given: Sequence[Any]) -> Points:
    if not given or not all(isinstance(point, Mapping) and point for point in given):
        raise SimulationError(
            f"sweep: {len(given)} points were given, and each has to be a dictionary; "
            f"write for example [{{'E.I': 10}}, {{'E.I': 20}}]."
        )
    names = tuple(given[0])
    for number, point in enumerate(given):
        if set(point) != set(names):
            raise SimulationError(
                f"sweep: point {number} names {_list(point)}, and the first one {_list(names)}; "
                f"give every point the same parameters."
            )
        for name in names:
            if not isinstance(name, str):
                raise SimulationError(f"sweep: {name!r} is no name; write for example 'E.I'.")
    axes = {name: tuple(plain(point[name]) for point in given) for name in names}
    # A list of one parameter is a grid of one axis, which a figure shows as a curve.
    return Points(axes, (len(given),))


def plain(value: Any) -> Any:
    """A number of NumPy as one of Python."""
    return value.item() if isinstance(value, np.generic) else value


def _list(names: Iterable[object]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def text_of(point: Point) -> str:
    """``E.I = 10, I.I = 5``."""
    return ", ".join(f"{name} = {value_text(value)}" for name, value in point.items())


def value_text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def near(wanted: str, known: Iterable[str]) -> str:
    """What to do about a name that is not known."""
    known = list(known)
    found = difflib.get_close_matches(wanted, known, 1)
    if found:
        return f"did you mean '{found[0]}'?"
    if not known:
        return "it has none."
    more = f" and {len(known) - 8} more" if len(known) > 8 else ""
    return f"it has {', '.join(known[:8])}{more}."
