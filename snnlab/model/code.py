"""Where a model object asks for its generated code, which a layer above makes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_generator: Callable[[Any], str] | None = None


def set_code_generator(generator: Callable[[Any], str]) -> None:
    """From now on ``model.code`` is ``generator(model)``."""
    global _generator
    _generator = generator


def generated_code(model: object) -> str:
    """The text of the model's kernels; empty while no generator is set."""
    return _generator(model) if _generator is not None else ""
