"""What a sweep has found, as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnlab.errors import SimulationError
from snnlab.network import presentation
from snnlab.sweeps.points import Point, Points, near, plain, text_of, value_text

VALUE = "value"  # the name of what was measured, where it has none
MOST_ROWS = 200  # of the table in an exported page


@dataclass(frozen=True, eq=False)
class SweepRun:
    """One run of a sweep."""

    point: Point
    repeat: int
    seed: int | None  # of its network
    measured: Mapping[str, Any]
    error: str = ""  # why it has no values


class Sweep:
    """Values that were measured over values of parameters.

    Parameters
    ----------
    points
        What was varied.
    runs
        Those that were made, in order: all points, then all again with the next seed.
    n_runs
        How many were wanted.
    repeats
        Runs of each point.
    units
        Of parameters and of what was measured, as far as they are known.
    """

    def __init__(
        self,
        points: Points,
        runs: tuple[SweepRun, ...],
        *,
        n_runs: int,
        repeats: int,
        units: Mapping[str, str],
    ) -> None:
        self.runs = runs
        self.n_runs = n_runs
        self.repeats = repeats
        self.units = dict(units)
        self._points = points

    @property
    def complete(self) -> bool:
        """Whether every run was made; those that failed are among them."""
        return len(self.runs) == self.n_runs

    @property
    def failed(self) -> tuple[SweepRun, ...]:
        """The runs without values; their ``error`` says why."""
        return tuple(run for run in self.runs if run.error)

    @property
    def parameters(self) -> dict[str, NDArray]:
        """The values of each parameter: along its axis of a grid, else one for each point."""
        return {name: np.asarray(values) for name, values in self._points.axes.items()}

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the grid, or (points,); followed by the repeats where there are several."""
        return (*self._points.shape, self.repeats) if self.repeats > 1 else self._points.shape

    @property
    def is_grid(self) -> bool:
        """Whether each parameter has an axis of its own."""
        return self._points.is_grid

    @property
    def measures(self) -> tuple[str, ...]:
        """Names of what was measured."""
        return tuple(dict.fromkeys(name for run in self.runs for name in run.measured))

    def __getitem__(self, name: str) -> NDArray:
        """What was measured under ``name``: an axis for each parameter, then those of the values.

        Several repeats have an axis of their own after those of the parameters. NaN where a run
        was not made or failed.

        Raises
        ------
        SimulationError
            If there is no such measure, or its values make no array.
        """
        if name not in self.measures:
            raise SimulationError(
                f"Sweep: nothing was measured under '{name}'; {near(name, self.measures)}"
            )
        found: dict[int, NDArray] = {}
        for number, run in enumerate(self.runs):
            if name in run.measured:
                found[number] = _array(name, run)
        shapes = {values.shape: number for number, values in found.items()}
        if len(shapes) > 1:
            one, other = list(shapes)[:2]
            raise SimulationError(
                f"Sweep: '{name}' has shape {other} at {text_of(self.runs[shapes[other]].point)} "
                f"and {one} at {text_of(self.runs[shapes[one]].point)}; measure arrays of one "
                f"shape, or take each from sweep.runs."
            )
        dtype = np.result_type(*found.values())
        partial = len(found) < self.n_runs
        dtype = np.result_type(dtype, np.float64) if partial and dtype.kind in "biu" else dtype
        inner = next(iter(shapes))
        blank = np.nan if dtype.kind in "fc" else np.zeros((), dtype)
        values = np.full((self.repeats, len(self._points), *inner), blank, dtype)
        for number, one in found.items():
            values[divmod(number, len(self._points))] = one
        values = np.moveaxis(values, 0, 1)  # points, repeats
        if self.repeats == 1:
            values = values[:, 0]
        return values.reshape(*self.shape, *inner)

    @property
    def values(self) -> NDArray | dict[str, NDArray]:
        """What was measured: an array, or one for each name where there are several."""
        if self.measures == (VALUE,):
            return self[VALUE]
        return {name: self[name] for name in self.measures}

    def to_dict(self) -> dict[str, NDArray]:
        """A column for each parameter and measure, a row for each run that has values.

        ``pandas.DataFrame(sweep.to_dict())`` is a table of them.
        """
        runs = [run for run in self.runs if not run.error]
        columns = {name: np.array([run.point[name] for run in runs]) for name in self._points.names}
        if self.repeats > 1:
            columns["repeat"] = np.array([run.repeat for run in runs])
        if any(run.seed is not None for run in runs):
            columns["seed"] = np.array([run.seed for run in runs])
        for name in self.measures:
            known = f"{name} (measured)" if name in columns else name
            columns[known] = np.array([_array(name, run) for run in runs])
        return columns

    def figure(self, measure: str | None = None) -> Any:
        """A Bokeh figure over one or two parameters that are numbers.

        Parameters
        ----------
        measure
            What is drawn. Over one parameter, all that was measured if not given, as curves;
            of several repeats their mean, and a band of one standard deviation. Over two
            parameters the first one, as colours; a cell that ends with the sweep shows maps of the
            first four.

        Raises
        ------
        SimulationError
            If that cannot be drawn.
        """
        return presentation.sweep_figure(self, measure)

    def __repr__(self) -> str:
        if self._points.is_grid:
            sizes = zip(self._points.axes, self._points.shape, strict=True)
            over = " x ".join(f"{name} ({size})" for name, size in sizes)
        else:
            over = f"{len(self._points)} points of {', '.join(self._points.names)}"
        done = f"{self.n_runs} runs" if self.complete else f"{len(self.runs)} of {self.n_runs} runs"
        failed = f", {len(self.failed)} failed" if self.failed else ""
        return (
            f"Sweep over {over}: {done}{failed}, measured {', '.join(self.measures) or 'nothing'}"
        )

    def table(self) -> tuple[list[str], list[list[str]]]:
        """A row for each of the first runs: its point, and what was measured, as far as numbers."""
        numbers = [name for name in self.measures if self.is_number(name)]
        columns = [*self._points.names, *(["repeat"] if self.repeats > 1 else []), *numbers]
        rows = []
        for run in self.runs[:MOST_ROWS]:
            values = {**run.point, "repeat": run.repeat, **run.measured}
            rows.append([value_text(plain(values.get(name, run.error))) for name in columns])
        return [self.label(name) for name in columns], rows

    def _repr_html_(self) -> str:
        """A table, for pages without a kernel."""
        head, rows = self.table()
        left = len(self.runs) - len(rows)
        more = f"<p>and {left} more</p>" if left else ""
        return (
            f"<p>{escape(repr(self))}</p><table><thead>{_row('th', head)}</thead>"
            f"<tbody>{''.join(_row('td', row) for row in rows)}</tbody></table>{more}"
        )

    def _ipython_display_(self) -> None:
        presentation.show_sweep(self)

    def label(self, name: str) -> str:
        """An axis or measure with its unit."""
        unit = self.units.get(self._points.moved_by(name)[0], "")
        return f"{name} ({unit})" if unit else name

    def is_number(self, name: str) -> bool:
        """Whether what was measured under ``name`` is one number in every run."""
        known = [run.measured[name] for run in self.runs if name in run.measured]
        return all(
            np.ndim(value) == 0 and np.asarray(value).dtype.kind in "biuf" for value in known
        )


def _array(name: str, run: SweepRun) -> NDArray:
    try:
        values = np.asarray(run.measured[name])
    except ValueError:  # lists of several lengths
        values = np.empty((), object)
    if values.dtype.kind not in "biufc":
        raise SimulationError(
            f"Sweep: '{name}' is no number and no array of numbers at {text_of(run.point)}; "
            f"take it from sweep.runs."
        )
    return values


def _row(cell: str, texts: list[str]) -> str:
    return "<tr>" + "".join(f"<{cell}>{escape(text)}</{cell}>" for text in texts) + "</tr>"
