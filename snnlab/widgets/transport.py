"""Play, pause, step, reset, speed: the buttons' side of a network."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from snnlab.errors import SnnlabError

MIN_SPEED = 0.001  # x real time
MAX_SPEED = 10.0  # above that the slider says "as fast as possible"


def state_of(network: Any) -> dict[str, object]:
    """What the transport bar shows, as plain JSON."""
    build, message = network.build_state()
    building = network.building
    error = network.error
    if error is not None:
        status, message = "error", error_text(error)
    elif build == "failed":
        status = "error"
    elif building:
        status, message = "compiling", building
    elif network.running:
        status = "running" if build == "ready" else "compiling"
    elif build in ("waiting", "compiling"):
        status = "compiling"
    else:
        status = "paused" if network.step_index else "ready"
    return {
        "status": status,
        "message": message or "",
        "warnings": list(network.warnings),
        "running": bool(network.running),
        "building": bool(building),
        "time": float(network.time),
        "speed": network.speed,
    }


def error_text(error: BaseException) -> str:
    """What stopped a run, in words; errors that are not snnlab's own may have none."""
    if isinstance(error, SnnlabError):
        return str(error)
    said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return f"Network: the run stopped with {said}; mend what raised it, then press play again."


def act(network: Any, action: str) -> str:
    """Do what a button says; return why not, or an empty string."""
    actions: dict[str, Callable[[], object]] = {
        "play": network.play,
        "pause": network.pause,
        "step": network.step,
        "reset": network.reset,
    }
    if action not in actions:
        return f"dashboard: there is no action '{action}'; use one of {', '.join(actions)}."
    try:
        actions[action]()
    except SnnlabError as error:
        return str(error)
    return ""


def set_speed(network: Any, speed: float | None) -> None:
    """Set biological time per wall time; None runs as fast as possible."""
    if speed is None:
        network.speed = None
    elif math.isfinite(speed):
        network.speed = min(max(speed, MIN_SPEED), MAX_SPEED)
