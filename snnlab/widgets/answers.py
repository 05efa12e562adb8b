"""A cell is answered first: a network that plays, and its pictures, rest while one is run.

The answer goes through a dozen threads of kernel, server and browser. Where they share few cores
with a network and its frames, each of them waits for its turn.
"""

from __future__ import annotations

from typing import Any, Protocol
from weakref import WeakSet

WHILE_IT_RUNS = 0.025  # s at most; a cell that takes longer stops nothing
AFTERWARDS = 0.020  # s, until the answer is on the page


class Resting(Protocol):
    """What can rest."""

    def rest(self, seconds: float) -> None: ...


_all: WeakSet[Resting] = WeakSet()


def answer_first(shell: Any, one: Resting) -> None:
    """Let ``one`` rest while a cell of ``shell`` is answered; nothing without a shell."""
    if shell is None:
        return
    _all.add(one)
    shell.events.register("pre_execute", _begin)  # once, however often it is asked for
    shell.events.register("post_execute", _end)


def forget(one: Resting) -> None:
    """It need not rest any more."""
    _all.discard(one)


def _begin() -> None:
    for one in list(_all):
        one.rest(WHILE_IT_RUNS)


def _end() -> None:
    for one in list(_all):
        one.rest(AFTERWARDS)
