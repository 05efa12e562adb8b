"""Connect what lower layers call with what upper layers offer.

The upper layers are imported when they are used, so that ``import snnlab`` stays quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from snnlab.model.code import set_code_generator
from snnlab.network.presentation import (
    Reporter,
    Runs,
    Work,
    set_dashboard,
    set_reporter,
    set_runs,
    set_sweep_views,
    set_worker,
)
from snnlab.recording.presentation import set_plotter

if TYPE_CHECKING:
    from snnlab.model.neuron import Neuron
    from snnlab.model.synapse import Synapse
    from snnlab.network.network import Network
    from snnlab.recording.plotting import RecordedRun
    from snnlab.sweeps.result import Sweep


def connect_layers() -> None:
    set_code_generator(_generated_code)
    set_dashboard(_dashboard)
    set_reporter(_progress)
    set_worker(_work)
    set_runs(_runs)
    set_sweep_views(_sweep_figure, _show_sweep)
    set_plotter(_run_plot)


def _generated_code(model: Neuron | Synapse) -> str:
    from snnlab.network.compilation import generated_code

    return generated_code(model)


def _dashboard(network: Network) -> Any:
    from snnlab.widgets.dashboard import Dashboard

    return Dashboard(network)


def _progress(total_ms: float) -> Reporter:
    from snnlab.widgets.progress import make_progress

    return make_progress(total_ms)


def _work() -> Work:
    from snnlab.widgets.progress import make_work

    return make_work()


def _runs(n_runs: int) -> Runs:
    from snnlab.widgets.progress import make_runs

    return make_runs(n_runs)


def _sweep_figure(sweep: Sweep, measure: str | None) -> Any:
    from snnlab.plots.sweeps import sweep_figure

    return sweep_figure(sweep, measure)


def _show_sweep(sweep: Sweep) -> None:
    from snnlab.widgets.sweep_view import show

    show(sweep)


def _run_plot(run: RecordedRun) -> Any:
    from snnlab.widgets.run_plot import RunPlot

    return RunPlot(run)


def build_neuron(start: str | Neuron | None = None) -> Any:
    """A form in which a neuron is chosen or written; it hands back the text of its cell.

    Parameters
    ----------
    start
        A name of `snnlab.library`, or a neuron, to start from.

    Raises
    ------
    ModelError
        If the library has no such neuron.
    """
    from snnlab.widgets.builder import Builder

    return Builder(start)


def load_ipython_extension(shell: Any) -> None:
    """What ``%load_ext snnlab`` does: ``%%neuron`` and ``%%synapse`` cells."""
    from snnlab.magics import cells

    import_module("snnlab.public")  # now, so that the first cell need not wait for it
    cells.load_ipython_extension(shell)
