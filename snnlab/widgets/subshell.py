"""Messages of snnlab's widgets are heard while a cell runs.

JupyterLab sends the messages of widgets to a subshell of the kernel, which answers beside a
running cell. From ipykernel 7.4 on a comm overrides that choice and sends them back to the
shell that last used the comm, which is the busy one. snnlab's callbacks are safe in any thread,
so its own comms keep to the browser's choice.
"""

from __future__ import annotations

from typing import Any


def keep_to_the_browsers_subshell(comm: Any) -> None:
    """Undo the override on one comm; nothing happens where ipykernel has none."""
    if hasattr(comm, "_reply_subshell_for"):
        comm._reply_subshell_for = lambda data, default: default
