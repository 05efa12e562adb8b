"""What values a model allows its parameters: those with which its equations have a value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy
from sympy import Basic, Symbol

from snnlab.errors import NetworkError
from snnlab.model.evaluate import evaluate
from snnlab.model.ir import DifferentialEquation, NeuronModel, Parameter, SynapseModel, symbol

if TYPE_CHECKING:
    from snnlab.network.population import State

Known = dict[Symbol, Any]


def check_value(state: State, where: str, parameter: Parameter, value: float) -> None:
    """``value`` (in the parameter's unit) leaves the model's equations with a value.

    Checked are the parts of the equations that are made of parameters alone, like ``1 / tau``,
    and that a decay with the present values is no growth with the new one.

    Raises
    ------
    NetworkError
        If it does not; the message says which part has none.
    """
    text = f"{where}: {parameter.name} = {value:g}{_unit(parameter)}"
    if not np.isfinite(value):
        raise NetworkError(f"{text} is not finite; give a finite number.")
    if parameter.dtype == "int" and value != round(value):
        raise NetworkError(f"{text} is not a whole number, as the model wants; give one.")
    old, affected = _known(state, {}), _affected(state, parameter)
    with np.errstate(all="ignore"):
        new = _known(state, {parameter.name: value})
        for name, e in _expressions(state.model):
            for part in _constant_parts(e, new, affected):
                if not np.isfinite(evaluate(part, new)).all():
                    raise NetworkError(
                        f"{text} leaves '{part}' in {name} without a finite value; "
                        f"give another number."
                    )
        for equation in state.model.equations:
            if isinstance(equation, DifferentialEquation) and value <= 0:
                _check_decay(equation, old, new, text)


def _check_decay(equation: DifferentialEquation, old: Known, new: Known, text: str) -> None:
    slope = equation.rhs.diff(equation.variable)
    if slope.free_symbols - new.keys():
        return
    if np.all(evaluate(slope, old) < 0) and np.any(evaluate(slope, new) > 0):
        raise NetworkError(
            f"{text} makes the decay of {equation.variable} a growth without bound; "
            f"give a number above 0."
        )


def _unit(parameter: Parameter) -> str:
    return f" {parameter.unit.name}" if parameter.unit is not None else ""


def _known(state: State, changed: dict[str, float]) -> Known:
    """Values of all parameters in internal units, derived ones followed."""
    known: Known = {
        symbol("dt"): np.float64(1.0)
    }  # any step will do: what has no value has none for all
    for parameter in state.model.parameters:
        name, own = parameter.name, symbol(parameter.name)
        scale = parameter.unit.scale if parameter.unit is not None else 1.0
        symbols = parameter.value.free_symbols
        if name in changed:
            known[own] = np.float64(changed[name] * scale)
        elif symbols and symbols <= known.keys():
            known[own] = evaluate(parameter.value, known)
        else:
            individual = name in state.individual
            value = state.values(name) if individual else np.float64(state.number(name))
            known[own] = value * scale
    return known


def _affected(state: State, parameter: Parameter) -> set[Symbol]:
    """The parameter and all that follow from it."""
    found = {symbol(parameter.name)}
    for other in state.model.parameters:
        if other.value.free_symbols & found:
            found.add(symbol(other.name))
    return found


def _expressions(model: NeuronModel | SynapseModel) -> Iterator[tuple[str, Basic]]:
    """What is computed, and how a person calls it."""
    for parameter in model.parameters:
        if parameter.value.free_symbols:
            yield f"the parameter {parameter.name}", parameter.value
    for equation in model.equations:
        match equation:
            case DifferentialEquation(variable=variable, rhs=rhs):
                yield f"the equation of {variable}", rhs
            case _:
                yield f"the equation of {equation.target}", equation.value
    if isinstance(model, NeuronModel):
        for event in model.events:
            yield f"the condition '{event.name}'", event.condition
            yield from ((f"the reset of {s.target}", s.value) for s in event.reset)
        return
    for statement in (*model.pre_spike, *model.post_spike):
        yield f"the change of {statement.target} at a spike", statement.value


def _constant_parts(e: Basic, known: Known, affected: set[Symbol]) -> Iterator[Basic]:
    """The largest parts of ``e`` that only parameters decide, one of ``affected`` among them.

    A conditional is a whole: its branches may be those that the values keep from being taken.
    """
    symbols = e.free_symbols
    if not symbols & affected:
        return
    if symbols <= known.keys() and not isinstance(e, Symbol):
        yield e
    elif not isinstance(e, sympy.Piecewise):
        for part in e.args:
            yield from _constant_parts(part, known, affected)
