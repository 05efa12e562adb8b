"""Models written as Python classes: values, arrays and methods, turned into the text of a cell.

`ClassModel` is what neurons and synapses share. A model defined by a class and one defined by a
text meet in `cell_text`; from there on everything is the same.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, SupportsFloat, cast

import sympy
from sympy import Basic, Expr, Symbol

from snnlab.errors import ModelError
from snnlab.language.printer import expression_text
from snnlab.model.equations import Equations
from snnlab.model.ir import DType, symbol
from snnlab.model.symbolic import NamedCall, SyntaxWriter


@dataclass(frozen=True)
class Value:
    """A parameter of a class model; it may be changed between two steps."""

    value: float | str  # a number, or the text of one: "20 ms", "Uniform(0, 1)"
    dtype: DType = "float"
    unit: str = ""
    range: tuple[float, float] | None = None
    locality: str = ""
    help: str = ""


@dataclass(frozen=True)
class Array:
    """A variable of a class model, with one value for each neuron or synapse."""

    init: float | str = 0.0
    dtype: DType = "float"
    unit: str = ""
    minimum: float | str | None = None
    maximum: float | str | None = None
    locality: str = ""
    help: str = ""


class ClassModel(ABC):
    """The part of `Neuron` and `Synapse` that serves classes derived from them."""

    kind: ClassVar[str]
    _methods: ClassVar[tuple[str, ...]]  # those that give equations, in the order of the text

    def Value(
        self,
        value: SupportsFloat | str,
        dtype: object = float,
        *,
        unit: str = "",
        range: tuple[float, float] | None = None,  # noqa: A002 (the word of the language)
        locality: str = "",
        help: str = "",  # noqa: A002
    ) -> Value:
        """Declare a parameter: ``self.tau = self.Value(20.0)``."""
        return Value(_plain(value, "Value"), dtype_name(dtype), unit, range, locality, help)

    def Array(
        self,
        init: SupportsFloat | str = 0.0,
        dtype: object = float,
        *,
        unit: str = "",
        min: float | str | None = None,  # noqa: A002
        max: float | str | None = None,  # noqa: A002
        locality: str = "",
        help: str = "",  # noqa: A002
    ) -> Array:
        """Declare a variable: ``self.v = self.Array(init=0.0)``.

        An array that starts at 0 and that no method changes is an input: projections that name it
        as their target add to it.
        """
        return Array(_plain(init, "Array"), dtype_name(dtype), unit, min, max, locality, help)

    @property
    def attributes(self) -> list[str]:
        """Names of the values and arrays, in the order in which they were declared."""
        return [name for name, what in vars(self).items() if isinstance(what, Value | Array)]

    @cached_property
    def templates(self) -> dict[Symbol, Symbol]:
        """Each name with the template under which `Equations.equations` shows it."""
        suffix = {Value: "%(pop_suffix_value)s", Array: "%(pop_suffix_array)s"}
        return {
            symbol(name): symbol(f"%(pop_prefix)s{name}{suffix[type(getattr(self, name))]}")
            for name in self.attributes
        }

    def _method(self, name: str) -> Any:
        """What a method of the class returns; None where the class has no such method."""
        method = getattr(type(self), name, None)
        if method is None:
            return None
        result = method(self)
        if name in ("spike", "axon_spike", "refractory"):
            return result
        if not isinstance(result, Equations):
            raise ModelError(
                f"{self._where(name)}: the method returns {result!r:.40}, not its equations; "
                "end it with `return` and the name after `as`."
            )
        return result

    def _where(self, method: str) -> str:
        return f"{type(self).__name__}.{method}"

    def cell_text(self) -> str:
        """The class as the text of a cell."""
        values = {n: w for n, w in vars(self).items() if isinstance(w, Value)}
        arrays = {n: w for n, w in vars(self).items() if isinstance(w, Array)}
        if not values and not arrays and not any(hasattr(type(self), m) for m in self._methods):
            raise ModelError(
                f"{type(self).__name__}: the class declares nothing and has no equations; "
                "write `self.v = self.Array()` in `__init__` and a method `update`."
            )
        blocks = {name: self._method(name) for name in self._methods}
        update = cast(Equations | None, blocks.pop("update"))
        sections = self._sections(blocks)
        changed = {name for lines in sections.values() for name, _ in lines if name in arrays}
        solved = {n: line for n, line in self._update_lines(update, arrays).items() if n != ""}
        lines: list[str] = _block("parameters", [_value_line(n, w) for n, w in values.items()])
        constants, states, equations = [], [], []
        for name, array in arrays.items():
            if name in solved:
                continue
            if name == "w" and self.kind == "synapse":
                states += [_start_line(name, array)] if name in changed else []
            elif name in changed:
                states.append(_start_line(name, array))
            elif self.kind == "neuron" and array.init == 0 and not array.locality:
                equations.append((name, array))
            else:
                constants.append(_start_line(name, array, locality="local"))
        lines += _block("parameters", constants)
        lines += states
        lines += _block("equations", self._input_lines(equations, list(solved.values())))
        for kind, entries in sections.items():
            if len(entries) == 1 and entries[0][0] == "":
                lines.append(f"{kind}: {entries[0][1]}")
            else:
                lines += _block(kind, [line for _, line in entries])
        return "\n".join(lines) + "\n"

    @abstractmethod
    def _sections(self, blocks: dict[str, Any]) -> dict[str, list[tuple[str, str]]]:
        """Section names with their lines, each as (changed name, text)."""

    def _input_lines(self, inputs: list[tuple[str, Array]], equations: list[str]) -> list[str]:
        """Equations with what keeps the inputs; synapses have none."""
        return equations

    def _update_lines(self, update: Equations | None, arrays: dict[str, Array]) -> dict[str, str]:
        """Variable -> line of the equation that ``update`` gives it."""
        if update is None:
            return {}
        where = self._where("update")
        _check_draws((value for _, value in update.statements), where)
        lines: dict[str, str] = {}
        for target, value in update.statements:
            name = target.removeprefix("d").removesuffix("/dt")
            is_gradient = target == f"d{name}/dt"
            name = name if is_gradient else target
            if name in lines:
                raise ModelError(f"{where}: '{name}' is set twice; join the two equations.")
            flags = [update.method] if is_gradient and update.method else []
            if name in arrays:
                flags = [*_array_flags(arrays[name], start=True), *flags]
            lines[name] = target + " = " + self._text(value, where) + _flags(flags)
            if name in arrays and arrays[name].help:
                lines[name] += f"  # {arrays[name].help}"
        return lines

    def _assignment_lines(self, name: str, equations: Equations) -> list[tuple[str, str]]:
        """The lines of a method that changes values at an event."""
        where = self._where(name)
        _check_draws((value for _, value in equations.statements), where)
        found: list[tuple[str, str]] = []
        for target, value in equations.statements:
            if target.endswith("/dt"):
                raise ModelError(
                    f"{where}: '{target}' is a differential equation, and this method holds "
                    "assignments only; move it to `update`."
                )
            found.append((target, self._change(target, value, where)))
        return found

    def _change(self, target: str, value: Basic, where: str) -> str:
        """``x = x + 1`` as ``x += 1``, other changes as they are."""
        increment = sympy.Add(cast(Expr, value), -symbol(target))
        if increment.has(symbol(target)) or not value.has(symbol(target)):
            return f"{target} = {self._text(value, where)}"
        if increment.could_extract_minus_sign():
            return f"{target} -= {self._text(-increment, where)}"
        return f"{target} += {self._text(increment, where)}"

    def _text(self, value: Any, where: str) -> str:
        if not isinstance(value, Basic):
            raise ModelError(
                f"{where}: {value!r:.40} is no expression; build it from the attributes of "
                "`Equations`."
            )
        return expression_text(SyntaxWriter(where).expression(value))


def dtype_name(dtype: object) -> DType:
    """``float``, ``int`` or ``bool`` from a type of Python or NumPy, or its name."""
    name = str(getattr(dtype, "__name__", dtype))
    if "bool" in name:
        return "bool"
    return "int" if "int" in name else "float"


def _plain(value: SupportsFloat | str, what: str) -> float | str:
    """A number as Python's own, so that it prints as people write it."""
    if isinstance(value, str):
        if any(sign in value for sign in "\n\r;:#"):
            raise ModelError(f"{what}: {value!r:.40} is more than a value; give one expression.")
        return value
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ModelError(
            f"{what}: {value!r:.40} is no number; give one, and set arrays on the population."
        ) from None
    if isinstance(value, bool | int):
        return value
    return int(number) if type(value).__name__.startswith(("int", "uint")) else number


def _flags(flags: list[str]) -> str:
    return f"  : {', '.join(flags)}" if flags else ""


def _array_flags(array: Array, *, start: bool) -> list[str]:
    flags = [f"init = {_quantity(array.init, array.unit)}"] if start and array.init != 0 else []
    flags += [f"min = {_quantity(array.minimum, array.unit)}"] if array.minimum is not None else []
    flags += [f"max = {_quantity(array.maximum, array.unit)}"] if array.maximum is not None else []
    flags += [array.dtype] if array.dtype != "float" else []
    return [*flags, array.locality] if array.locality else flags


def _quantity(value: float | str, unit: str) -> str:
    text = value if isinstance(value, str) else repr(value)
    return f"{text} {unit}" if unit and not isinstance(value, str) else text


def _value_line(name: str, value: Value) -> str:
    text = f"{name} = {_quantity(value.value, value.unit)}"
    if value.range is not None:
        text += f" [{value.range[0]!r}, {value.range[1]!r}]"
    flags = [value.dtype] if value.dtype != "float" else []
    text += _flags([*flags, value.locality] if value.locality else flags)
    return f"{text}  # {value.help}" if value.help else text


def _start_line(name: str, array: Array, locality: str = "") -> str:
    flags = _array_flags(array, start=False)
    flags += [locality] if locality and not array.locality else []
    text = f"{name} = {_quantity(array.init, array.unit)}" + _flags(flags)
    return f"{text}  # {array.help}" if array.help else text


def _block(head: str, lines: list[str]) -> list[str]:
    return [f"{head}:", *(f"    {line}" for line in lines)] if lines else []


def _check_draws(values: Iterable[Basic], where: str) -> None:
    """A random number stands once, because each place in a text draws anew."""
    places: Counter[Basic] = Counter()
    for value in values:
        for part in sympy.preorder_traversal(value):
            if isinstance(part, NamedCall) and part.args[1] != 0:
                places[part] += 1
    for call, count in places.items():
        if count > 1:
            raise ModelError(
                f"{where}: one draw of '{call.args[0]}' stands in {count} places; "
                "assign it to an array and use that."
            )
