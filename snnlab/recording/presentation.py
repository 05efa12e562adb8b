"""Where recordings call upwards: the layers above register who draws them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from snnlab.errors import SimulationError

if TYPE_CHECKING:
    from snnlab.recording.plotting import RecordedRun

_plotter: Callable[[RecordedRun], Any] | None = None


def set_plotter(plotter: Callable[[RecordedRun], Any] | None) -> None:
    """From now on `plot` returns ``plotter(run)``."""
    global _plotter
    _plotter = plotter


def plot(where: str, run: RecordedRun) -> Any:
    """The figures of ``run``.

    Raises
    ------
    SimulationError
        If no layer above draws figures.
    """
    if _plotter is None:
        raise SimulationError(f"{where}: nothing draws figures here; import snnlab first.")
    return _plotter(run)
