"""An extension of the Jupyter server: messages of kernels reach the page at once.

The server leaves Nagle's algorithm on for its websockets: a small message waits until the page has
acknowledged the one before. A page acknowledges late, after 40 ms on Linux, while messages
come steadily, as a dashboard's frames do. Every answer of the kernel then takes 40 ms longer.
"""

from __future__ import annotations

from typing import Any

SETTING = "kernel_websocket_connection_class"


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    return [{"module": "snnlab.server"}]


def _load_jupyter_server_extension(app: Any) -> None:
    """Let every connection to a kernel that is opened from now on send without delay."""
    settings = app.web_app.settings
    known = settings.get(SETTING)
    if isinstance(known, type) and hasattr(known, "connect"):
        settings[SETTING] = without_delay(known)


def without_delay(connection: type) -> type:
    """The same class of connections, with TCP_NODELAY set on each."""

    class WithoutDelay(connection):
        def connect(self) -> Any:
            self.websocket_handler.set_nodelay(True)
            return super().connect()

    return WithoutDelay
