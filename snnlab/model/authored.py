"""What a neuron and a synapse in a notebook have in common: a text, a model and mathematics."""

from __future__ import annotations

import inspect
from dataclasses import replace
from functools import cached_property
from typing import Any, Self

from sympy import Basic

from snnlab.errors import ModelError
from snnlab.language.grammar import parse_cell
from snnlab.language.printer import model_text
from snnlab.language.syntax import Definition, ModelSyntax
from snnlab.model.code import generated_code
from snnlab.model.declarations import ClassModel
from snnlab.model.equations import Equations
from snnlab.model.ir import Assignment, NeuronModel, Parameter, SynapseModel
from snnlab.model.latex import model_latex, with_numbers
from snnlab.model.registry import completed
from snnlab.model.report import model_report


class AuthoredModel(ClassModel):
    """A model from strings, from a cell or from a class derived from `Neuron` or `Synapse`.

    A derived class declares its values in ``__init__`` and need not call the one of its base. Its
    methods are read when the model is first asked for.
    """

    model: Any  # NeuronModel or SynapseModel, made when first asked for
    superseded = False  # set when the cell is run again with other text
    _sections_allowed: tuple[str, ...]

    @classmethod
    def from_cell(cls, text: str, name: str) -> Self:
        """Read the text of a ``%%neuron`` or ``%%synapse`` cell."""
        if "\n" in name and "=" in name:
            start = name.strip().split("\n")[0]
            raise ModelError(
                f"{cls.__name__}.from_cell: the name begins with '{start}' and has several lines; "
                "give the text first, then the name."
            )
        return cls._from_syntax(parse_cell(text, name, cls._sections_allowed))

    @classmethod
    def _from_syntax(cls, syntax: ModelSyntax) -> Self:
        made = cls.__new__(cls)
        vars(made)["syntax"] = completed(syntax)
        _ = made.model  # to find all errors now
        return made

    @cached_property
    def syntax(self) -> ModelSyntax:
        """What was typed, or what the methods of a class say."""
        syntax = parse_cell(self.cell_text(), type(self).__name__, self._sections_allowed)
        # Only the class's own words: an inherited docstring describes another model.
        words = inspect.cleandoc(vars(type(self)).get("__doc__") or "")
        return completed(replace(syntax, description=words))

    @property
    def name(self) -> str:
        return self.syntax.name

    @property
    def description(self) -> str:
        return self.syntax.description

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return self.model.parameters

    @property
    def text(self) -> str:
        """The model as a cell."""
        return model_text(self.syntax)

    @property
    def latex(self) -> str:
        """The equations as one aligned block of LaTeX."""
        return self.to_latex()

    def to_latex(self, *, numbers: bool = False) -> str:
        """The equations, on request with numbers in the place of parameters."""
        hidden = hidden_names(self.model, self.syntax)
        syntax = self.syntax
        if numbers:
            constants = {p.name for p in self.parameters if not p.value.free_symbols}
            syntax = with_numbers(syntax, frozenset(constants))
        return model_latex(syntax, hidden)

    def report(self, form: str = "markdown") -> str:
        """The model on one page, as ``markdown``, ``latex`` or ``html``."""
        return model_report(self.model, self.syntax, self.latex, form)

    @property
    def code(self) -> str:
        """The C code that is generated from the model."""
        return generated_code(self)

    def template(self, method: str) -> Any:
        """What a method says, with templates for the names as in `Equations.equations`.

        C for a method that gives equations, and an expression for one that gives a condition.

        Raises
        ------
        AttributeError
            If the model is no class with such a method.
        """
        result = self._method(method)
        if result is None:
            raise AttributeError(
                f"{self.kind.capitalize()} '{self.name}': it has no method `{method}`; its "
                "equations are in `.text` and its generated code in `.code`."
            )
        if isinstance(result, Equations):
            return result.equations
        return result.xreplace(self.templates) if isinstance(result, Basic) else result

    def _repr_latex_(self) -> str:
        return f"$$\n{self.latex}\n$$"

    def __repr__(self) -> str:
        return f"{self.kind.capitalize()} {self.name}\n\n{self.text}"


def hidden_names(model: NeuronModel | SynapseModel, syntax: ModelSyntax) -> frozenset[str]:
    """Lines that are no equations: parameters given as numbers, and start values."""
    derived = {p.name for p in model.parameters if p.value.free_symbols}
    solved = {e.target if isinstance(e, Assignment) else e.variable for e in model.equations}
    shown = derived | {str(s) for s in solved}
    return frozenset(
        s.name for s in syntax.statements if isinstance(s, Definition) and s.name not in shown
    )
