"""The last state of a network in the notebook's file, for whoever reads it without a kernel."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from IPython.core.getipython import get_ipython
from IPython.display import DisplayHandle, display

QUIET = 1.0  # s that a network stands still until its state is written


class Still:
    """An output of a cell that follows a network: after each cell, and when a page pauses it.

    Parameters
    ----------
    network
        What is shown.
    make_html
        The output, as HTML.
    """

    def __init__(self, network: Any, make_html: Callable[[], str]) -> None:
        self._network = network
        self._make_html = make_html
        self._shown = 0  # step that the output shows; 0 shows nothing
        # SAFETY: guards the output; the timer and the end of a cell may write it at once.
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        handle = display({"text/html": ""}, raw=True, display_id=True)
        self._handle: DisplayHandle | None = handle
        self._shell: Any = get_ipython()
        if self._shell is not None:
            # At the end of a cell, because a program that executes a notebook listens until then.
            self._shell.events.register("post_run_cell", self._after_cell)
        network.changed.connect(self._after_change)

    def close(self) -> None:
        """Follow the network no more; the output stays."""
        self._network.changed.disconnect(self._after_change)
        if self._timer is not None:
            self._timer.cancel()
        if self._shell is not None:
            self._shell.events.unregister("post_run_cell", self._after_cell)
            self._shell = None

    def update(self) -> None:
        """Show the present state, unless the network runs or the output shows it already."""
        with self._lock:
            step = self._network.step_index
            if self._handle is None or self._network.running or step == self._shown:
                return
            self._shown = step
            text = self._make_html() if step else ""
            self._handle.update({"text/html": text}, raw=True)

    def _after_cell(self, *_: object) -> None:
        self.update()

    def _after_change(self) -> None:
        """Wait a little: who steps or pauses often needs no output each time."""
        if self._timer is not None:
            self._timer.cancel()
        if not self._network.running:
            self._timer = threading.Timer(QUIET, self.update)
            self._timer.daemon = True
            self._timer.start()
