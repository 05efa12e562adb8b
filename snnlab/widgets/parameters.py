"""Sliders on the kernel's side: what a slider shows, and what it may set."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any

from snnlab.errors import SnnlabError
from snnlab.network.distributions import Distribution, Normal, Uniform

GREEK: dict[str, str] = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ",
    "eta": "η", "theta": "θ", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ",
    "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω",
    "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Sigma": "Σ", "Phi": "Φ",
    "Psi": "Ψ", "Omega": "Ω",
}  # fmt: skip
LOG_RATIO = 100  # a range that spans as much gets a logarithmic slider at first
FACTORS = (0.1, 10.0)  # of weights that are scaled together
MANY = 20_000  # values whose mean is not taken for each frame
PERIOD = 0.5  # s, between two means of many values

Shown = float | list[float | None] | None  # one number; or mean, least and greatest


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


def is_scale(handle: Any) -> bool:
    """Whether it stands for weights that differ, which are scaled together."""
    return handle.owner_kind == "projection" and handle.name == "w"


def prefers_log(low: float, high: float) -> bool:
    """Whether a slider from ``low`` to ``high`` begins with a logarithmic scale."""
    return low > 0 and high / low >= LOG_RATIO


def describe(handle: Any, initial: float) -> dict[str, object]:
    """One slider as plain JSON; the page writes every text as text, never as HTML."""
    name = handle.name
    symbol, subscript = readable(name)
    low, high, value, unit = handle.low, handle.high, handle.value, handle.unit
    if is_scale(handle):
        (low, high), value = FACTORS, _ratio(value, initial)
        name = symbol = "weight"
        subscript, unit, initial = "", "×", 1.0
    elif low is not None and math.isfinite(initial):
        # A value from a cell may lie outside the range; the slider reaches it.
        low, high = min(low, initial), max(high, initial)
    return {
        "key": key_of(handle),
        "owner": handle.owner,
        "kind": handle.owner_kind,
        "name": name,
        "symbol": symbol,
        "subscript": subscript,
        "unit": unit,
        "low": low,
        "high": high,
        "value": finite(value),
        "initial": finite(initial),
        "help": handle.help,
        "log": low is not None and prefers_log(low, high),
        "whole": handle.dtype != "float",
        "drawable": handle.give_each is not None,
    }


def finite(value: float) -> float | None:
    """``value``, or None where JSON has no number for it."""
    number = float(value)
    return number if math.isfinite(number) else None


def _ratio(value: float, initial: float) -> float:
    return value / initial if initial else 1.0


class Sliders:
    """The parameters of a network, by the key the page uses."""

    def __init__(self, network: Any) -> None:
        self._network = network
        self._initial: dict[str, float] = {}
        self._handles: Mapping[str, Any] = {}
        self._many: dict[str, tuple[float, Shown]] = {}  # when they were read, what was
        self.refresh()

    def refresh(self) -> None:
        """Look again which parameters there are; ranges and first values stay those seen first."""
        found = {key_of(handle): handle for handle in self._network.handles()}
        handles = {key: self._handles.get(key, handle) for key, handle in found.items()}
        for key, handle in handles.items():
            self._initial.setdefault(key, handle.value)
        self._handles = handles  # at last: the thread of the frames looks up first values, too

    def describe(self) -> list[dict[str, object]]:
        return [describe(handle, self._initial[key]) for key, handle in self._handles.items()]

    def values(self) -> dict[str, Shown]:
        """What each slider shows: a number, or of elements that differ mean, least, greatest."""
        return {key: self._shown(key, handle) for key, handle in self._handles.items()}

    def _shown(self, key: str, handle: Any) -> Shown:
        if handle.n_elements == 1:
            return finite(handle.value)
        read_at, shown = self._many.get(key, (float("-inf"), None))
        now = time.monotonic()
        if handle.n_elements < MANY or now - read_at > PERIOD:
            scale = self._initial[key] or 1.0 if is_scale(handle) else 1.0
            least, greatest = handle.extremes
            shown = [finite(handle.value / scale), finite(least), finite(greatest)]
            self._many[key] = now, shown
        return shown

    def set(self, key: str, value: float) -> str:
        """Set a parameter from the page; return why not, or an empty string."""
        handle = self._handles.get(key)
        if handle is None:
            return f"{key}: the network has no such parameter; reload the dashboard."
        if not math.isfinite(value):
            return f"{handle.owner}.{handle.name}: {value} is not a finite number; type a number."
        self._many.pop(key, None)
        if is_scale(handle):
            value *= self._initial[key]
        reason = self._outside(handle, value)
        if reason:
            return reason
        try:
            handle.set(value)
        except ValueError as error:
            return str(error)
        return ""

    def _outside(self, handle: Any, value: float) -> str:
        """Why the range of the model does not allow ``value``; nothing if it does.

        The range of a weight or of a drive is a proposal and stops nobody.
        """
        proposed = handle.owner_kind == "drive" or handle.name == "weight"
        if handle.low is None or (proposed and handle.owner_kind != "population"):
            return ""
        initial = self._initial[key_of(handle)]
        low, high = min(handle.low, initial), max(handle.high, initial)
        slack = 1e-9 * max(abs(low), abs(high))
        if low - slack <= value <= high + slack:
            return ""
        unit = f" {handle.unit}" if handle.unit else ""
        return (
            f"{handle.owner}.{handle.name}: {value:g}{unit} lies outside the model's range from "
            f"{low:g} to {high:g}{unit}; widen the range in the model's cell, or set the value "
            f"from a cell."
        )

    def draw(self, key: str, kind: str, first: float, second: float) -> str:
        """Give each neuron a value of its own; return why not, or an empty string.

        ``kind`` is "Normal", with mean and standard deviation, or "Uniform", with its ends.
        """
        handle = self._handles.get(key)
        if handle is None:
            return f"{key}: the network has no such parameter; reload the dashboard."
        where = f"{handle.owner}.{handle.name}"
        if not (math.isfinite(first) and math.isfinite(second)):
            return f"{where}: {kind}({first}, {second}) needs finite numbers; type numbers."
        if kind == "Normal" and second < 0:
            return f"{where}: a standard deviation of {second:g} is not possible; use 0 or more."
        if kind == "Uniform" and second < first:
            return f"{where}: {first:g} is above {second:g}; give the lower end first."
        for value in (first,) if kind == "Normal" else (first, second):
            if reason := self._outside(handle, value):
                return reason
        self._many.pop(key, None)
        try:
            handle.draw(_distribution(handle, kind, first, second))
        except SnnlabError as error:
            return str(error)
        return ""


def _distribution(handle: Any, kind: str, first: float, second: float) -> Distribution:
    if kind == "Uniform":
        return Uniform(first, second)
    if handle.low is None:
        return Normal(first, second)
    # Cut to the range, so that no neuron gets what the slider would refuse.
    return Normal(first, second, min(handle.low, first), max(handle.high, first))
