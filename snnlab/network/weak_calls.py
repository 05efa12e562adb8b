"""Calls that a network leaves with others, and that do not keep it alive."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, TypeVar

from snnlab.engine.simulator import AbandonedError

Result = TypeVar("Result")


class Action:
    """What a network does again and again; its own, so that its simulator holds it weakly."""

    def __init__(self, action: Callable[[], None]) -> None:
        self._action = action

    def carry_out(self) -> None:
        self._action()


def weakly(method: Callable[..., Result]) -> Callable[..., Result]:
    """A call of a bound method that keeps nothing alive.

    Raises
    ------
    AbandonedError
        If its object is gone.
    """
    reference = weakref.WeakMethod(method)

    def call(*arguments: Any) -> Result:
        found = reference()
        if found is None:
            raise AbandonedError
        return found(*arguments)

    return call
