"""Sliders on the kernel's side: what a slider shows, and what it may set."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

GREEK: dict[str, str] = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ",
    "eta": "η", "theta": "θ", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ",
    "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω",
    "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Sigma": "Σ", "Phi": "Φ",
    "Psi": "Ψ", "Omega": "Ω",
}  # fmt: skip
LOG_RATIO = 500  # a range that spans more than this gets a logarithmic slider


def readable(name: str) -> tuple[str, str]:
    """A parameter's name as symbol and subscript: ``tau_e`` gives ``("τ", "e")``."""
    stem, _, index = name.partition("_")
    if not stem:
        return name, ""
    return GREEK.get(stem, stem), ", ".join(
        GREEK.get(part, part) for part in index.split("_") if part
    )


def key_of(handle: Any) -> str:
    """How the page names a slider."""
    return f"{handle.owner_kind}:{handle.owner}:{handle.name}"


def describe(handle: Any, initial: float) -> dict[str, object]:
    """One slider as plain JSON; the page writes every text as text, never as HTML."""
    symbol, subscript = readable(handle.name)
    log = handle.low > 0 and handle.high / handle.low >= LOG_RATIO
    return {
        "key": key_of(handle),
        "owner": handle.owner,
        "kind": handle.owner_kind,
        "name": handle.name,
        "symbol": symbol,
        "subscript": subscript,
        "unit": handle.unit,
        "low": handle.low,
        "high": handle.high,
        "value": finite(handle.value),
        "initial": finite(initial),
        "help": handle.help,
        "log": log,
    }


def finite(value: float) -> float | None:
    """``value``, or None where JSON has no number for it."""
    number = float(value)
    return number if math.isfinite(number) else None


class Sliders:
    """The ranged parameters of a network, by the key the page uses."""

    def __init__(self, network: Any) -> None:
        self._network = network
        self._initial: dict[str, float] = {}
        self._handles: Mapping[str, Any] = {}
        self.refresh()

    def refresh(self) -> None:
        """Look again which parameters there are; ranges and first values stay those seen first."""
        found = {
            key_of(handle): handle
            for handle in self._network.handles()
            if handle.low is not None and handle.high is not None
        }
        self._handles = {key: self._handles.get(key, handle) for key, handle in found.items()}
        for key, handle in self._handles.items():
            self._initial.setdefault(key, handle.value)

    def describe(self) -> list[dict[str, object]]:
        return [describe(handle, self._initial[key]) for key, handle in self._handles.items()]

    def values(self) -> dict[str, float | None]:
        return {key: finite(handle.value) for key, handle in self._handles.items()}

    def set(self, key: str, value: float) -> str:
        """Set a parameter from the page; return why not, or an empty string."""
        handle = self._handles.get(key)
        if handle is None:
            return f"{key}: the network has no such parameter; reload the dashboard."
        if not math.isfinite(value):
            return f"{handle.owner}.{handle.name}: {value} is not a finite number; type a number."
        try:
            handle.set(value)
        except ValueError as error:
            return str(error)
        return ""
