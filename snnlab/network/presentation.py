"""Where the network layer calls upwards: a run's progress, and the dashboard of `Network.lab`.

The layers above register what a person sees; nothing is shown until they have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol


class Reporter(Protocol):
    """Shows the progress of one run."""

    def update(self, done_ms: float) -> None: ...

    def close(self) -> None: ...


class Work(Protocol):
    """Shows what is being done, and how much of it, until it is closed."""

    def stage(self, done: int, total: int, text: str) -> None: ...

    def close(self) -> None: ...


_reporter: Callable[[float], Reporter] | None = None
_worker: Callable[[], Work] | None = None
_dashboard: Callable[[Any], Any] | None = None


def set_reporter(factory: Callable[[float], Reporter] | None) -> None:
    """From now on `Network.simulate` reports to ``factory(total_ms)``."""
    global _reporter
    _reporter = factory


def reporter(total_ms: float) -> Reporter | None:
    """The reporter of a run that will last ``total_ms`` of biological time."""
    return _reporter(total_ms) if _reporter is not None else None


def set_worker(factory: Callable[[], Work] | None) -> None:
    """From now on building a network is shown by ``factory()``."""
    global _worker
    _worker = factory


@contextmanager
def work() -> Iterator[Callable[[int, int, str], None]]:
    """Within the block ``tell(done, total, text)`` shows what is being done if it takes long."""
    if _worker is None:
        yield lambda done, total, text: None
        return
    shown = _worker()
    try:
        yield shown.stage
    finally:
        shown.close()


def set_dashboard(factory: Callable[[Any], Any] | None) -> None:
    """From now on `Network.lab` returns ``factory(network)``."""
    global _dashboard
    _dashboard = factory


def dashboard(network: object) -> Any:
    """The dashboard of ``network``, or None when no layer above makes one."""
    return _dashboard(network) if _dashboard is not None else None
