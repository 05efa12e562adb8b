"""Where a long run reports how far it is.

The notebook layer registers what a person sees; without one nothing is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Reporter(Protocol):
    """Shows the progress of one run."""

    def update(self, done_ms: float) -> None: ...

    def close(self) -> None: ...


_factory: Callable[[float], Reporter] | None = None


def set_reporter(factory: Callable[[float], Reporter] | None) -> None:
    """From now on `Network.simulate` reports to ``factory(total_ms)``."""
    global _factory
    _factory = factory


def reporter(total_ms: float) -> Reporter | None:
    """The reporter of a run that will last ``total_ms`` of biological time."""
    return _factory(total_ms) if _factory is not None else None
