"""Compare a step with the time constants of a model, before it runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import sympy
from sympy import Symbol

from snnlab.model.evaluate import evaluate
from snnlab.model.ir import DifferentialEquation, NeuronModel, SynapseModel, symbol

# The longest stable step of a decay, in units of its time constant, for methods that have one.
STABLE_STEP = {
    "explicit": 2.0,
    "euler-maruyama": 2.0,
    "milstein": 2.0,
    "midpoint": 2.0,
    "heun": 2.0,
    "rk4": 2.785,
}
# A step that other methods can follow: their decay is exact, but its target holds still.
FOLLOWED_STEP = 2.0


def time_constants(
    model: NeuronModel | SynapseModel, values: Mapping[Symbol, Any]
) -> dict[str, float]:
    """The decay time of each variable at the beginning, in ms; the shortest of all neurons.

    Parameters
    ----------
    values
        Parameters and variables in internal units, numbers or arrays; inputs that are not given
        count as 0. Variables that grow or only add up have no time constant.
    """
    found: dict[str, float] = {}
    for equation in model.equations:
        if not isinstance(equation, DifferentialEquation) or equation.method == "event-driven":
            continue
        slope = sympy.diff(equation.rhs, equation.variable)
        symbols = cast(set[Symbol], slope.free_symbols)
        known = {s: values.get(s, 0.0) for s in symbols}
        if symbol("t") in known:
            known[symbol("t")] = 0.0
        with np.errstate(all="ignore"):
            fastest = float(np.min(evaluate(slope, known)))
        if np.isfinite(fastest) and fastest < 0:
            found[equation.variable.name] = -1.0 / fastest
    return found


def step_warnings(
    model: NeuronModel | SynapseModel, dt: float, values: Mapping[Symbol, Any]
) -> tuple[str, ...]:
    """One sentence for each variable that changes faster than a step of ``dt`` ms can follow."""
    kind = "Neuron" if isinstance(model, NeuronModel) else "Synapse"
    methods = {
        e.variable.name: e.method for e in model.equations if isinstance(e, DifferentialEquation)
    }
    found: list[str] = []
    for name, tau in time_constants(model, values).items():
        method = methods[name]
        where = f"{kind} '{model.name}': '{name}' decays within {tau:.3g} ms"
        if method in STABLE_STEP and dt > STABLE_STEP[method] * tau:
            found.append(
                f"{where}, and with a step of {dt:g} ms '{method}' grows without bound; "
                f"take dt below {STABLE_STEP[method] * tau:.3g} ms, or `exponential`."
            )
        elif method != "propagator" and dt > FOLLOWED_STEP * tau:
            found.append(
                f"{where}, and the step of {dt:g} ms is longer; take dt below {tau:.3g} ms."
            )
    return tuple(found)
