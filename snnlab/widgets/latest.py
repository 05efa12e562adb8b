"""Work for the newest request only: what a slider asks while the last answer is computed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Request = TypeVar("Request")


class Latest(Generic[Request]):
    """Runs ``work(request)`` in a thread of its own, one at a time.

    A request that comes while another one waits takes its place.
    """

    def __init__(self, work: Callable[[Request], None], name: str) -> None:
        self._work = work
        self._name = name
        self._lock = threading.Lock()
        self._waiting: tuple[Request] | None = None
        self._busy = False

    def ask(self, request: Request) -> None:
        with self._lock:
            self._waiting = (request,)
            if self._busy:
                return
            self._busy = True
        threading.Thread(target=self._run, name=self._name, daemon=True).start()

    def _run(self) -> None:
        while True:
            with self._lock:
                if self._waiting is None:
                    self._busy = False
                    return
                (request,) = self._waiting
                self._waiting = None
            try:
                self._work(request)
            except BaseException:
                with self._lock:
                    self._busy = False
                raise
