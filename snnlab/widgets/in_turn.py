"""Work in the order it was asked for, beside the one who asks where it may have to wait."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable


class InTurn:
    """Does one thing after the other: at once, or in a thread of its own."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._waiting: deque[Callable[[], None]] = deque()
        self._busy = False

    def do(self, work: Callable[[], None], *, at_once: bool) -> None:
        """Do ``work`` after all that was asked for before.

        The caller does it if ``at_once`` and nothing is before it.
        """
        with self._lock:
            now = at_once and not self._busy and not self._waiting
            begins = not now and not self._busy
            if not now:
                self._waiting.append(work)
                self._busy = True
        if now:
            work()
        if begins:
            threading.Thread(target=self._run, name=self._name, daemon=True).start()

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._busy = False
                    return
                work = self._waiting.popleft()
            try:
                work()
            except BaseException:
                with self._lock:
                    self._busy = False  # what waits is done with the next
                raise
