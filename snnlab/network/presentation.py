"""Where the network layer calls upwards: a run's progress, and the dashboard of `Network.lab`.

The layers above register what a person sees; nothing is shown until they have.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol


class Reporter(Protocol):
    """Shows the progress of one run."""

    def update(self, done_ms: float) -> None: ...

    def close(self) -> None: ...


_reporter: Callable[[float], Reporter] | None = None
_dashboard: Callable[[Any], Any] | None = None


def set_reporter(factory: Callable[[float], Reporter] | None) -> None:
    """From now on `Network.simulate` reports to ``factory(total_ms)``."""
    global _reporter
    _reporter = factory


def reporter(total_ms: float) -> Reporter | None:
    """The reporter of a run that will last ``total_ms`` of biological time."""
    return _reporter(total_ms) if _reporter is not None else None


def set_dashboard(factory: Callable[[Any], Any] | None) -> None:
    """From now on `Network.lab` returns ``factory(network)``."""
    global _dashboard
    _dashboard = factory


def dashboard(network: object) -> Any:
    """The dashboard of ``network``, or None when no layer above makes one."""
    return _dashboard(network) if _dashboard is not None else None
