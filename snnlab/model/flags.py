"""The flags of a line, ``: init = 0, min = 0, exponential``, each checked by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from snnlab.language.expressions import suggestion
from snnlab.language.source import Source
from snnlab.language.syntax import Definition, Expression, Flag, Statement
from snnlab.model.integrators import EVENT_DRIVEN, METHODS, SYNONYMS
from snnlab.model.ir import DType

VALUES = ("init", "min", "max")
UNITS_OF_OTHERS = {"volt", "amp", "siemens", "second", "hertz", "Hz", "mV", "pA", "nS", "ms"}
LOCALITIES = {
    "neuron": {"population": "population", "local": "local"},
    "synapse": {"projection": "projection", "postsynaptic": "postsynaptic", "local": "local"},
}
OLD_LOCALITIES = {
    "neuron": {"global": "population"},
    "synapse": {"global": "projection", "semiglobal": "postsynaptic"},
}
TYPES: tuple[DType, ...] = ("float", "int", "bool")


@dataclass(frozen=True)
class Flags:
    """What the flags of one line say."""

    init: Expression | None = None
    minimum: Expression | None = None
    maximum: Expression | None = None
    method: str | None = None
    locality: Literal["local", "population", "postsynaptic", "projection"] | None = None
    dtype: DType = "float"
    unless_post: bool = False
    is_input: bool = False


def read_flags(statement: Statement, kind: str) -> Flags:
    """The flags of a statement of a neuron or synapse (``kind``).

    Raises
    ------
    ModelError
        For a flag that does not exist, stands twice, or does not fit the line.
    """
    found: dict[str, object] = {}
    for flag in statement.flags:
        field, value = _read(flag, statement, kind)
        if field in found:
            raise statement.source.error(
                flag.span, f"the flag '{flag.name}' says again what an earlier one says; keep one."
            )
        if field is not None:
            found[field] = value
    return Flags(**found)  # type: ignore[arg-type]


def _read(flag: Flag, statement: Statement, kind: str) -> tuple[str | None, object]:
    """The field of `Flags` that a flag sets, and its value."""
    name, source = flag.name, statement.source
    localities = {**LOCALITIES[kind], **OLD_LOCALITIES[kind]}
    if flag.value is not None:
        if name not in VALUES:
            if name == "method":
                raise source.error(
                    flag.span, "a method stands alone; write its name, such as `rk4`."
                )
            if name in _words(kind):
                raise source.error(
                    flag.span, f"the flag '{name}' takes no value; write `{name}` alone."
                )
            raise _unknown(flag, source, kind, with_value=True)
        return {"init": "init", "min": "minimum", "max": "maximum"}[name], flag.value
    if name in VALUES:
        raise source.error(flag.span, f"the flag '{name}' needs a value; write `{name} = 0`.")
    if name in localities:
        return "locality", localities[name]
    if name in TYPES:
        return "dtype", name
    if name == "unless_post" and kind == "synapse":
        return "unless_post", True
    if name == "input" and kind == "neuron":
        return "is_input", True
    if name == "unless_refractory" and kind == "neuron":
        return None, None
    method = SYNONYMS.get(name, name)
    if method in METHODS or method == EVENT_DRIVEN:
        if isinstance(statement, Definition):
            raise source.error(
                flag.span,
                f"'{name}' is a method for differential equations, and '{statement.name}' has "
                "none; remove it.",
            )
        if method == EVENT_DRIVEN and kind == "neuron":
            raise source.error(
                flag.span,
                "'event-driven' is for synapses; use `exponential` in a neuron.",
            )
        return "method", method
    raise _unknown(flag, source, kind, with_value=False)


def _words(kind: str) -> list[str]:
    """Flags without a value."""
    marks = ["input", "unless_refractory"] if kind == "neuron" else ["unless_post"]
    return [*METHODS, EVENT_DRIVEN, *LOCALITIES[kind], *TYPES, *marks]


def _unknown(flag: Flag, source: Source, kind: str, *, with_value: bool):
    known = [*VALUES]
    if not with_value:
        known += _words(kind)
    others = {"neuron": "synapse", "synapse": "neuron"}
    if flag.name in _words(others[kind]) and flag.name not in LOCALITIES[others[kind]]:
        return source.error(
            flag.span, f"the flag '{flag.name}' is for a {others[kind]}; remove it."
        )
    if flag.name in LOCALITIES[others[kind]]:
        choices = " or ".join(f"`{name}`" for name in LOCALITIES[kind])
        return source.error(
            flag.span, f"the flag '{flag.name}' is for a {others[kind]}; write {choices} here."
        )
    if flag.name in UNITS_OF_OTHERS:
        way_out = "the unit follows from those of the numbers, such as `20 mV`; remove it."
        return source.error(flag.span, f"'{flag.name}' is no flag; {way_out}")
    way_out = suggestion(flag.name, [*known, *SYNONYMS]) or (
        "flags are " + ", ".join(f"`{name}`" for name in dict.fromkeys(known)) + "."
    )
    return source.error(flag.span, f"unknown flag '{flag.name}'; {way_out}")
