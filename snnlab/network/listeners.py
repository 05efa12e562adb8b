"""Whoever is to be told that a network has changed."""

from __future__ import annotations

from collections.abc import Callable


class Signal:
    """Tells its listeners that something changed; they must not wait for anything."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[], None]] = []

    def connect(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)

    def disconnect(self, listener: Callable[[], None]) -> None:
        if listener in self._listeners:
            self._listeners.remove(listener)

    def emit(self) -> None:
        for listener in list(self._listeners):
            listener()
