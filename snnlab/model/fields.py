"""Fields of string models that may also be given as mappings and sequences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def parameter_field(parameters: str | Mapping[str, float | int | bool]) -> str:
    """One line for each parameter."""
    if isinstance(parameters, str):
        return parameters
    return "\n".join(f"{name} = {value!r}" for name, value in parameters.items())


def equation_field(equations: str | Sequence[str]) -> str:
    """One text from one or several."""
    return equations if isinstance(equations, str) else "\n".join(equations)
