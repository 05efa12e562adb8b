"""What values a model allows its parameters: those with which its equations have a value.

This binds sliders and code alike. The range in brackets behind a parameter is another thing: how
far its slider goes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import sympy
from numpy.typing import NDArray
from sympy import Basic, Expr, Symbol

from snnlab.errors import NetworkError
from snnlab.model.evaluate import evaluate
from snnlab.model.ir import DifferentialEquation, NeuronModel, Parameter, SynapseModel, symbol

if TYPE_CHECKING:
    from snnlab.network.population import State

Known = dict[Symbol, Any]
Model = NeuronModel | SynapseModel


def check_value(state: State, where: str, parameter: Parameter, value: float) -> None:
    """One ``value`` for all elements, as `check_values`."""
    if not np.isfinite(value):
        text = f"{where}: {parameter.name} = {value:g}{_unit(parameter)}"
        raise NetworkError(f"{text} is not finite; give a finite number.")
    check_values(state, where, parameter, np.asarray(value, float))


def check_values(
    state: State,
    where: str,
    parameter: Parameter,
    new: NDArray,
    elements: NDArray[np.int32] | None = None,
) -> None:
    """``new`` values of a parameter, in its unit, leave the model's equations with a value.

    Checked are the parts of the equations that are made of parameters alone, like ``1 / tau``,
    and that a decay with the present values is no growth with those beyond a pole, as with a
    negative ``tau``. What has no value already is left to those who are about to change it.

    Parameters
    ----------
    new
        Finite numbers: one, of shape (), or one for each of ``elements``.
    elements
        The neurons or synapses that they are for; all of them if not given.

    Raises
    ------
    NetworkError
        If they do not; the message says which part has no value.
    """
    if parameter.dtype == "int" and (new != np.round(new)).any():
        text = _text(where, parameter, new, elements, new != np.round(new))
        raise NetworkError(f"{text} is not a whole number, as the model wants; give one.")
    bounds = _bounds(state, parameter.name)
    parts, slopes, used = bounds.parts, bounds.slopes, bounds.used
    if not parts and not slopes:
        return
    old = _known(state, used, parameter, None, elements)
    given = _known(state, used, parameter, new, elements)
    with np.errstate(all="ignore"):
        for name, part in parts:
            spoilt = ~_is_finite(state, part, given)
            if spoilt.any():
                spoilt = spoilt & _is_finite(state, part, old)
            if spoilt.any():
                raise NetworkError(
                    f"{_text(where, parameter, new, elements, spoilt)} leaves '{part}' in {name} "
                    f"without a finite value; give another number."
                )
        below = new <= 0
        if not slopes or not below.any():
            return
        zero = _known(state, used, parameter, np.zeros(()), elements)
        for variable, slope in slopes:
            grows = (evaluate(slope, given) > 0) & (evaluate(slope, old) < 0) & below
            grows &= ~np.isfinite(evaluate(slope, zero))
            if grows.any():
                raise NetworkError(
                    f"{_text(where, parameter, new, elements, grows)} makes the decay of "
                    f"{variable} a growth without bound; give a number above 0."
                )


def is_bound(state: State, name: str) -> bool:
    """Whether there are values that the parameter ``name`` cannot have."""
    bounds = _bounds(state, name)
    return state.parameters[name].dtype == "int" or bool(bounds.parts or bounds.slopes)


@dataclass(frozen=True)
class Bounds:
    """What a parameter must leave with a value."""

    parts: tuple[tuple[str, Basic], ...]  # of equations that parameters alone decide, and of which
    slopes: tuple[tuple[str, Expr], ...]  # how fast variables grow by themselves (1/ms)

    @cached_property
    def used(self) -> frozenset[str]:
        """Names of the parameters in them."""
        expressions = [e for _, e in (*self.parts, *self.slopes)]
        return frozenset(str(s) for e in expressions for s in e.free_symbols)


def _bounds(state: State, name: str) -> Bounds:
    found = state.bounds.get(name)  # a model is long to look up
    if found is None:
        found = state.bounds[name] = _bounds_of(state.model, name)
    return found


def _text(
    where: str, parameter: Parameter, new: NDArray, elements: NDArray | None, wrong: NDArray
) -> str:
    """The first value that is wrong, and whose it is where elements get values of their own."""
    if not new.ndim:
        return f"{where}: {parameter.name} = {new:g}{_unit(parameter)}"
    at = int(np.argmax(np.broadcast_to(wrong, new.shape)))
    element = at if elements is None else int(elements[at])
    return f"{where}: {parameter.name}[{element}] = {new[at]:g}{_unit(parameter)}"


def _unit(parameter: Parameter) -> str:
    return f" {parameter.unit.name}" if parameter.unit is not None else ""


def _is_finite(state: State, e: Basic, known: Known) -> Any:
    """Where ``e`` has a value that the network's floating-point type holds."""
    return np.isfinite(np.asarray(evaluate(e, known)).astype(state.real))


def _known(
    state: State,
    used: frozenset[str],
    changed: Parameter,
    new: NDArray | None,
    elements: NDArray[np.int32] | None,
) -> Known:
    """Values of the parameters ``used`` in internal units; those that follow ``changed`` follow.

    Without ``new`` they are the present ones.
    """
    # Any step will do: what has no value has none for all.
    known: Known = {symbol("dt"): np.float64(1.0)}
    follow = [] if new is None else state.derived_from(changed.name)
    wanted = used | {str(s) for f in follow for s in state.parameters[f].value.free_symbols}
    for parameter in state.model.parameters:
        name = parameter.name
        if name not in wanted and name not in follow:
            continue
        scale = parameter.unit.scale if parameter.unit is not None else 1.0
        symbols = parameter.value.free_symbols
        if new is not None and name == changed.name:
            known[symbol(name)] = new.astype(float) * scale
        elif name in follow and symbols <= known.keys():
            with np.errstate(all="ignore"):
                known[symbol(name)] = evaluate(parameter.value, known)
        elif name in state.individual:
            values = state.values(name)
            known[symbol(name)] = (values if elements is None else values[elements]) * scale
        else:
            known[symbol(name)] = np.float64(state.number(name)) * scale
    return known


@lru_cache(maxsize=1024)
def _bounds_of(model: Model, name: str) -> Bounds:
    known = {symbol("dt"), *(symbol(p.name) for p in model.parameters)}
    affected = _affected(model, name)
    parts, slopes = [], []
    for what, e in _expressions(model):
        parts += [(what, part) for part in _constant_parts(e, known, affected)]
    for equation in model.equations:
        if isinstance(equation, DifferentialEquation):
            slope = cast(Expr, sympy.diff(equation.rhs, equation.variable))
            if slope.free_symbols <= known and slope.free_symbols & affected:
                slopes.append((equation.variable.name, slope))
    return Bounds(tuple(dict.fromkeys(parts)), tuple(slopes))


def _affected(model: Model, name: str) -> set[Symbol]:
    """The parameter and all that follow from it."""
    found = {symbol(name)}
    for other in model.parameters:
        if other.value.free_symbols & found:
            found.add(symbol(other.name))
    return found


def _expressions(model: Model) -> Iterator[tuple[str, Basic]]:
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
    for variable in model.variables:
        for limit in (variable.minimum, variable.maximum):
            if limit is not None:
                yield f"the limits of {variable.name}", limit
    if isinstance(model, NeuronModel):
        for event in model.events:
            yield f"the condition '{event.name}'", event.condition
            yield from ((f"the reset of {s.target}", s.value) for s in event.reset)
            if event.refractory is not None:
                yield "the refractory period", event.refractory
        return
    for statement in (*model.pre_spike, *model.post_spike):
        yield f"the change of {statement.target} at a spike", statement.value
    if model.psp is not None:
        yield "what is transmitted", model.psp


def _constant_parts(e: Basic, known: set[Symbol], affected: set[Symbol]) -> Iterator[Basic]:
    """The largest parts of ``e`` that only parameters decide, one of ``affected`` among them.

    A conditional is a whole: its branches may be those that the values keep from being taken.
    """
    symbols = cast(set[Symbol], e.free_symbols)
    if not symbols & affected:
        return
    if symbols <= known and not isinstance(e, Symbol):
        yield e
    elif not isinstance(e, sympy.Piecewise):
        for part in e.args:
            yield from _constant_parts(part, known, affected)
