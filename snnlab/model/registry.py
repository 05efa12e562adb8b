"""Functions and constants that every model may use without defining them.

A model that uses one takes a copy when it is built, so that its text says everything.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Protocol

from snnlab.errors import ModelError
from snnlab.language.expressions import suggestion
from snnlab.language.grammar import parse_functions
from snnlab.language.source import Source, Span
from snnlab.language.syntax import (
    Call,
    Definition,
    Expression,
    Function,
    Gradient,
    ModelSyntax,
    Number,
    Statement,
    Unary,
    names,
    walk,
)
from snnlab.model.evaluate import evaluate
from snnlab.model.functions import BUILT_IN, DISTRIBUTIONS, NUMBERS
from snnlab.model.ir import symbol
from snnlab.model.scope import Scope

_functions: dict[str, Function] = {}
_constants: dict[str, Constant] = {}
_NOWHERE = Span(1, 0, 0)


class Constant(float):
    """A number with a name, which every model may use.

    Parameters
    ----------
    name
        How equations call it.
    value
        Its value. Models that are built later take it as the value of a parameter; `set` changes
        it later.
    """

    name: str

    def __new__(cls, name: str, value: float) -> Constant:
        made = super().__new__(cls, value)
        if not name.isidentifier() or name.startswith("_") or name in {*BUILT_IN, *NUMBERS}:
            raise ModelError(
                f"Constant {name[:40]!r}: this is no free name; "
                "use letters, digits and `_`, and no name of the language."
            )
        made.name = name
        _constants[name] = made
        return made

    def set(self, value: float) -> Constant:
        """Give the name another value, from the next step on in networks that use it, too.

        Every population and projection whose model uses the constant takes it, as if its parameter
        had been set, whatever value that had.

        Raises
        ------
        NetworkError
            If a parameter that is computed from it would be no real number; nothing is changed.
        """
        followers = list(_followers)
        for follower in followers:
            follower.check_constant(self.name, float(value))
        made = Constant(self.name, value)
        for follower in followers:
            follower.set_constant(self.name, float(value))
        return made


class Follower(Protocol):
    """Somebody who uses constants and wants to know their new values."""

    def check_constant(self, name: str, value: float) -> None:
        """Raise an error if the constant cannot have this value."""

    def set_constant(self, name: str, value: float) -> None:
        """Take the new value over."""


_followers: weakref.WeakSet[Follower] = weakref.WeakSet()


def follow_constants(follower: Follower) -> None:
    """Tell ``follower`` of new values for as long as somebody holds it."""
    _followers.add(follower)


class _ConstantSource(Source):
    """Where the value of a constant stands in a model that uses it."""


def uses_constant(syntax: ModelSyntax, name: str) -> bool:
    """Whether the value of the parameter ``name`` is that of a constant."""
    return any(
        isinstance(s, Definition) and s.name == name and isinstance(s.source, _ConstantSource)
        for s in syntax.statements
    )


def add_function(text: str) -> None:
    """Define a function for all models: ``add_function("sigmoid(x) = 1 / (1 + exp(-x))")``.

    Raises
    ------
    ModelError
        If the text is no function, or uses a name that is not its argument.
    """
    source = Source(text, "add_function")
    for function in parse_functions(source):
        if function.name in BUILT_IN or function.name in DISTRIBUTIONS:
            raise source.error(
                function.span, f"'{function.name}' is defined already; choose another name."
            )
        # Built once with its arguments as names, so that a fault shows here.
        _body(function, {**_functions, function.name: function})
        _functions[function.name] = function


def functions(name: str) -> Callable[..., Any]:
    """A function of `add_function` for numbers and arrays of NumPy."""
    if name not in _functions:
        way_out = suggestion(name, _functions) or "define it with `add_function`."
        raise ModelError(f"functions: unknown function '{name[:40]}'; {way_out}")
    function = _functions[name]
    body = _body(function, _functions)

    def call(*arguments: Any) -> Any:
        if len(arguments) != len(function.arguments):
            raise ModelError(
                f"functions: '{name}' takes {len(function.arguments)} arguments, not "
                f"{len(arguments)}; correct the call."
            )
        pairs = zip(function.arguments, arguments, strict=True)
        return evaluate(body, {symbol(argument.name): value for argument, value in pairs})

    return call


def _body(function: Function, known: dict[str, Function]) -> Any:
    scope = Scope({a.name: symbol(a.name) for a in function.arguments}, dict(known))
    return scope.number(function.body, function.source)


def completed(syntax: ModelSyntax) -> ModelSyntax:
    """The model with the common functions and constants that it uses."""
    if not _functions and not _constants:
        return syntax
    own = {f.name for f in syntax.functions}
    added: list[Function] = []
    expressions = [*_expressions(syntax)]
    waiting = list(expressions)
    while waiting:
        for part in walk(waiting.pop()):
            if isinstance(part, Call) and part.function in _functions.keys() - own:
                own.add(part.function)
                added.append(_functions[part.function])
                waiting.append(_functions[part.function].body)
    defined = {s.name if isinstance(s, Definition) else s.variable for s in syntax.statements}
    used = frozenset().union(*map(names, expressions)) & _constants.keys() - defined
    constants = [_definition(_constants[name]) for name in sorted(used)]
    return replace(
        syntax,
        functions=(*added, *syntax.functions),
        statements=(*constants, *syntax.statements),
    )


def _definition(constant: Constant) -> Definition:
    """The constant as a parameter of a model."""
    value: Expression = Number(repr(abs(float(constant))), abs(float(constant)), None, _NOWHERE)
    value = Unary("-", value, _NOWHERE) if constant < 0 else value
    source = _ConstantSource(f"{constant.name} = {float(constant)!r}", "Constant")
    span = Span(1, 0, len(constant.name))
    return Definition(constant.name, "=", value, (), None, "", "parameters", source, span)


def _expressions(syntax: ModelSyntax) -> Iterator[Expression]:
    """Every expression of a model, flags included."""
    statements: list[Statement] = list(syntax.statements)
    for section in syntax.sections:
        statements += section.statements
        if section.expression is not None:
            yield section.expression
        yield from (flag.value for flag in section.flags if flag.value is not None)
    for statement in statements:
        yield from (flag.value for flag in statement.flags if flag.value is not None)
        if isinstance(statement, Gradient):
            yield statement.left
            yield statement.right
        else:
            yield statement.value
