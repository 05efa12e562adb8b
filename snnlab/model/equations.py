"""`Equations`: write equations in Python, with sympy, as assignments to attributes.

Knows the names it was given and collects what is assigned to them; what the equations
mean is found where all models are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, cast

import sympy
from sympy import Basic, Expr, Piecewise, Symbol
from sympy.logic.boolalg import Boolean

from snnlab.errors import ModelError
from snnlab.language.expressions import suggestion
from snnlab.model.functions import BUILT_IN, DISTRIBUTIONS, GLOBAL_OPERATIONS
from snnlab.model.ir import symbol
from snnlab.model.symbolic import NamedCall

if TYPE_CHECKING:
    from snnlab.model.declarations import ClassModel

Euler = "explicit"  # a method for `Equations(self, method=Euler)`

_ALWAYS = ("t", "dt")


class Equations:
    """A list of equations, filled by assigning to attributes inside ``with``.

    ``n.dv_dt = ...`` is a differential equation, ``n.r = ...`` an assignment. A name that is no
    variable of the model holds an intermediate value, which takes no memory.

    Parameters
    ----------
    model
        The neuron or synapse whose values and arrays the equations use.
    symbols
        Their names, when there is no model.
    method
        How the differential equations are solved; chosen for each when not given.

    Raises
    ------
    ModelError
        For a name that is not known, and for a value that is no expression.

    Examples
    --------
    >>> with Equations(symbols=["v", "tau"]) as n:
    ...     n.dv_dt = (1 - n.v) / n.tau
    >>> print(n, end="")
    dv/dt = (1 - v)/tau
    """

    _open = False

    def __init__(
        self,
        model: ClassModel | None = None,
        symbols: Iterable[str] | None = None,
        *,
        method: str | None = None,
    ) -> None:
        names = tuple(model.attributes if model is not None else symbols or ())
        self._model = model
        self._where = "Equations" if model is None else type(model).__name__
        self._symbols: dict[str, Symbol] = {name: symbol(name) for name in (*names, *_ALWAYS)}
        self._intermediate: dict[str, Expr] = {}
        self._unread: set[str] = set()  # intermediate values that nothing has used
        self._n_draws = 0
        self.method = method
        self.statements: tuple[tuple[str, Basic], ...] = ()  # ("dv/dt", right side)

    def __enter__(self) -> Equations:
        self._open = True
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._open = False
        if error is None and self._unread:
            name = min(self._unread)
            way_out = suggestion(name, self._settable()) or "remove it, or use it in an equation."
            raise ModelError(f"{self._where}: '{name}' is set and never used; {way_out}")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self._symbols:
            return self._symbols[name]
        if name in self._intermediate:
            self._unread.discard(name)
            return self._intermediate[name]
        if name in ("pre", "post") and self._reads_neurons:
            return NeuronSide(self, name)
        if name in DISTRIBUTIONS:
            return self._distribution(name)
        if name == "sum":
            return lambda target="": _weighted_sum(name, target)
        if name in BUILT_IN or name in GLOBAL_OPERATIONS:
            return self._call(name)
        if name.startswith("d") and name.endswith("_dt") and name[1:-3] in self._symbols:
            return symbol(f"d{name[1:-3]}/dt")
        way_out = suggestion(name, [*self._symbols, *self._settable()]) or (
            "declare it in the model's `__init__`."
        )
        raise ModelError(f"{self._where}: unknown name '{name}'; {way_out}")

    def __setattr__(self, name: str, value: Any) -> None:
        if not self._open or name.startswith("_"):
            object.__setattr__(self, name, value)
        elif name in self._symbols:
            self._add(name, value)
        elif name.startswith("d") and name.endswith("_dt"):
            if name[1:-3] not in self._symbols:
                way_out = suggestion(name, self._settable()) or "declare the variable first."
                raise ModelError(f"{self._where}: unknown derivative '{name}'; {way_out}")
            self._add(f"d{name[1:-3]}/dt", value)
        elif not isinstance(value, NeuronSide):
            self._intermediate[name] = cast(Expr, self._checked(value, name))
            self._unread.add(name)

    def ite(self, condition: Boolean, then: Expr | float, otherwise: Expr | float) -> Expr:
        """``then`` where the condition holds, else ``otherwise``."""
        if not isinstance(condition, Boolean) or condition in (sympy.true, sympy.false):
            raise ModelError(
                f"{self._where}: the condition of 'ite' is {condition}; compare with <, > or "
                "`sympy.Eq`, join with & and |."
            )
        values = [cast(Expr, self._checked(value, "ite")) for value in (then, otherwise)]
        return Piecewise((values[0], condition), (values[1], True))

    def __str__(self) -> str:
        return "".join(f"{name} = {c_text(value)}\n" for name, value in self.statements)

    @property
    def equations(self) -> str:
        """The statements as C, each derivative followed by its Euler step.

        The names are templates to be filled by ``%`` with ``pop_prefix``, ``pop_suffix_value``
        and ``pop_suffix_array``; without a model they are the names themselves.
        """
        templates = {} if self._model is None else self._model.templates
        lines: list[str] = []
        for name, value in self.statements:
            right = c_text(value.xreplace(templates))
            variable = name.removeprefix("d").removesuffix("/dt")
            if name == f"d{variable}/dt":
                left = str(templates.get(symbol(variable), variable))
                slope = f"__grad__{variable}"
                lines += [f"{slope} = {right};", f"{left} += dt*({slope});"]
            else:
                lines.append(f"{templates.get(symbol(name), name)} = {right};")
        return "".join(f"{line}\n" for line in lines)

    @property
    def _reads_neurons(self) -> bool:
        return self._model is None or self._model.kind == "synapse"

    def _settable(self) -> list[str]:
        return [*self._symbols, *(f"d{name}_dt" for name in self._symbols if name not in _ALWAYS)]

    def _add(self, name: str, value: Any) -> None:
        statement = (name, self._checked(value, name))
        object.__setattr__(self, "statements", (*self.statements, statement))

    def _checked(self, value: Any, name: str) -> Basic:
        """The value as a sympy expression; texts are refused, because sympy would run them."""
        if isinstance(value, Basic):
            return value
        if isinstance(value, bool | int):
            return sympy.Integer(int(value))
        try:
            if not isinstance(value, str):
                return sympy.Float(float(value))
        except (TypeError, ValueError):
            pass
        raise ModelError(
            f"{self._where}: '{name}' is set to {value!r:.60}, which is no number and no "
            "expression; use attributes of the block, such as `n.v`."
        )

    def _known(self, value: Any) -> Basic:
        return self._checked(value, "argument")

    def _distribution(self, name: str) -> Callable[..., Expr]:
        def draw(*arguments: Any) -> Expr:
            object.__setattr__(self, "_n_draws", self._n_draws + 1)
            values = [self._known(a) for a in arguments]
            return cast(Expr, NamedCall(symbol(name), self._n_draws, *values))

        return draw

    def _call(self, name: str) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            values = [self._known(argument) for argument in arguments]
            if name in GLOBAL_OPERATIONS and len(values) == 1:
                return NamedCall(symbol(name), 0, *values)
            return BUILT_IN[name].build(*values)

        return call


class NeuronSide:
    """``s.pre`` or ``s.post``: the neuron at one end of a synapse.

    ``post.target`` is the input that the projection drives; it may be added to.
    """

    def __init__(self, equations: Equations, side: str) -> None:
        object.__setattr__(self, "_equations", equations)
        object.__setattr__(self, "_side", side)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if (self._side, name) == ("post", "target"):
            return symbol("g_target")
        if name == "sum":
            return lambda target="": _weighted_sum(f"{self._side}.sum", target)
        return symbol(f"{self._side}.{name}")

    def __setattr__(self, name: str, value: Any) -> None:
        if (self._side, name) != ("post", "target"):
            raise ModelError(
                f"{self._equations._where}: '{self._side}.{name}' belongs to a neuron and cannot "
                "be changed from here; change it in the neuron's own equations."
            )
        self._equations._add("g_target", value)


def _weighted_sum(name: str, target: str) -> Expr:
    return cast(Expr, NamedCall(symbol(name), 0, *([symbol(target)] if target else [])))


def c_text(value: Basic) -> str:
    """An expression in C, for people to read."""
    names = {"Clip": "clip", "PositivePart": "pos", "NegativePart": "neg", "Modulo": "modulo"}
    names |= {"Round": "round", "Exprel": "exprel", "IsNan": "isnan", "IsFinite": "isfinite"}
    calls = {call: symbol(_call_text(call)) for call in value.atoms(NamedCall)}
    return cast(str, sympy.ccode(value.xreplace(calls), user_functions=names))


def _call_text(call: Basic) -> str:
    head, _, *arguments = call.args
    return f"{head}({', '.join(map(str, arguments))})"
