"""Fields of string models that may also be given as mappings, sequences and objects.

`Parameter` and `Variable` are the objects in which ANNarchy 5 writes a model; each becomes a line
of text, so that everything goes through one grammar.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from snnlab.errors import ModelError

Number = float | int | bool


@dataclass(frozen=True)
class Parameter:
    """A parameter with its flags.

    Parameters
    ----------
    value
        A number, or the text of one, such as ``"20 ms"`` or ``"Uniform(0, 1)"``.
    locality
        "local", "semiglobal" or "global", or the words of the language.
    type
        "float", "int" or "bool".
    """

    value: Number | str
    locality: str = "global"
    type: str = "float"


@dataclass(frozen=True)
class Variable:
    """An equation with its flags.

    Parameters
    ----------
    equation
        Text of an assignment or a differential equation.
    init, min, max
        Numbers, or texts of expressions.
    method
        Name of an integrator.
    locality, type
        As in `Parameter`.
    """

    equation: str
    init: Number | str | None = None
    min: Number | str | None = None
    max: Number | str | None = None
    method: str | None = None
    locality: str = "local"
    type: str = "float"


def parameter_field(parameters: str | Mapping[str, Number | Parameter]) -> str:
    """One line for each parameter.

    Raises
    ------
    ModelError
        If a value is neither a number nor a `Parameter`.
    """
    if isinstance(parameters, str):
        return parameters
    return "\n".join(_parameter_line(name, value) for name, value in parameters.items())


def equation_field(equations: str | Sequence[str | Variable]) -> str:
    """One text from one or several."""
    if isinstance(equations, str):
        return equations
    return "\n".join(e if isinstance(e, str) else _variable_line(e) for e in equations)


def _parameter_line(name: str, value: Number | Parameter) -> str:
    flags: list[str] = []
    given: object = value
    if isinstance(value, Parameter):
        given, flags = value.value, [value.locality, value.type]
    if not isinstance(given, float | int | str):
        raise ModelError(
            f"parameter '{name}': {type(given).__name__} is no value; give a number, or text such "
            f"as '20 ms' or 'Uniform(0, 1)' in a Parameter."
        )
    text = given if isinstance(given, str) and isinstance(value, Parameter) else repr(given)
    return _flagged(f"{name} = {text}", flags)


def _variable_line(variable: Variable) -> str:
    limits = {"init": variable.init, "min": variable.min, "max": variable.max}
    flags = [f"{flag}={value}" for flag, value in limits.items() if value is not None]
    if variable.method is not None:
        flags.append(variable.method)
    return _flagged(variable.equation, [*flags, variable.locality, variable.type])


def _flagged(line: str, flags: Sequence[str]) -> str:
    """The line with its flags; "float" is what everything is."""
    named = [flag for flag in flags if flag != "float"]
    return f"{line} : {', '.join(named)}" if named else line
