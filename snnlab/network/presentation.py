"""Where the network layer calls upwards: a run's progress, and the dashboard of `Network.lab`.

The layers above register what a person sees; nothing is shown until they have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol


class Reporter(Protocol):
    """Shows the progress of one run."""

    def update(self, done_ms: float) -> None: ...

    def close(self) -> None: ...


class Work(Protocol):
    """Shows what is being done, and how much of it, until it is closed."""

    def stage(self, done: int, total: int, text: str) -> None: ...

    def close(self) -> None: ...


class Runs(Protocol):
    """Shows the progress of many runs."""

    def begin(self, done: int, text: str) -> None: ...

    def within(self, part: float) -> None: ...

    def doing(self, text: str) -> None: ...

    def close(self) -> None: ...


_reporter: Callable[[float], Reporter] | None = None
_worker: Callable[[], Work] | None = None
_runs: Callable[[int], Runs] | None = None
_dashboard: Callable[[Any], Any] | None = None
_sweep_figure: Callable[[Any, str | None], Any] | None = None
_show_sweep: Callable[[Any], None] | None = None
# The runs that the present one is one of: it shows its progress in theirs.
_many: ContextVar[Runs | None] = ContextVar("snnlab_many_runs", default=None)


def set_reporter(factory: Callable[[float], Reporter] | None) -> None:
    """From now on `Network.simulate` reports to ``factory(total_ms)``."""
    global _reporter
    _reporter = factory


def reporter(total_ms: float) -> Reporter | None:
    """The reporter of a run that will last ``total_ms`` of biological time."""
    many = _many.get()
    if many is not None:
        return _OneOfMany(many, total_ms)
    return _reporter(total_ms) if _reporter is not None else None


def set_worker(factory: Callable[[], Work] | None) -> None:
    """From now on building a network is shown by ``factory()``."""
    global _worker
    _worker = factory


@contextmanager
def work() -> Iterator[Callable[[int, int, str], None]]:
    """Within the block ``tell(done, total, text)`` shows what is being done if it takes long."""
    many = _many.get()
    if many is not None:
        yield lambda done, total, text: many.doing(text)
        many.doing("")
        return
    if _worker is None:
        yield lambda done, total, text: None
        return
    shown = _worker()
    try:
        yield shown.stage
    finally:
        shown.close()


def set_runs(factory: Callable[[int], Runs] | None) -> None:
    """From now on a sweep is shown by ``factory(number of runs)``."""
    global _runs
    _runs = factory


@contextmanager
def many_runs(total: int) -> Iterator[Callable[[int, str], None]]:
    """Within the block ``tell(done, text)`` says that ``done`` runs are, and what the next one is.

    What these runs would show by themselves is part of it.
    """
    if _runs is None:
        yield lambda done, text: None
        return
    shown = _runs(total)
    token = _many.set(shown)
    try:
        yield shown.begin
    finally:
        _many.reset(token)
        shown.close()


class _OneOfMany:
    def __init__(self, many: Runs, total_ms: float) -> None:
        self._many = many
        self._total = total_ms

    def update(self, done_ms: float) -> None:
        self._many.within(done_ms / self._total)

    def close(self) -> None:
        """The runs go on."""


def set_sweep_views(
    figure: Callable[[Any, str | None], Any] | None, show: Callable[[Any], None] | None
) -> None:
    """From now on ``figure(sweep, measure)`` draws sweeps, and ``show(sweep)`` displays them."""
    global _sweep_figure, _show_sweep
    _sweep_figure, _show_sweep = figure, show


def sweep_figure(sweep: object, measure: str | None) -> Any:
    """A figure of ``sweep``, or None when no layer above makes one."""
    return _sweep_figure(sweep, measure) if _sweep_figure is not None else None


def show_sweep(sweep: object) -> None:
    """Display ``sweep`` in the cell that runs."""
    if _show_sweep is not None:
        _show_sweep(sweep)


def set_dashboard(factory: Callable[[Any], Any] | None) -> None:
    """From now on `Network.lab` returns ``factory(network)``."""
    global _dashboard
    _dashboard = factory


def dashboard(network: object) -> Any:
    """The dashboard of ``network``, or None when no layer above makes one."""
    return _dashboard(network) if _dashboard is not None else None
