"""The neuron that a person holds in a notebook: its model, its text and its mathematics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from snnlab.language.grammar import NEURON_SECTIONS, parse_cell, parse_fields
from snnlab.language.printer import model_text
from snnlab.language.syntax import Definition, ModelSyntax
from snnlab.model.analysis import analyse_neuron
from snnlab.model.code import generated_code
from snnlab.model.fields import equation_field, parameter_field
from snnlab.model.ir import NeuronModel, Parameter
from snnlab.model.latex import model_latex


class Neuron:
    """A neuron model from strings; `from_cell` reads the cell language instead.

    Parameters
    ----------
    parameters
        Text with one ``name = value`` a line, or a mapping of names to numbers.
    equations
        Text, or one text for each equation.
    spike, reset, refractory
        Condition, assignments, and ms or the text of a time.
    functions
        Text with one ``f(x) = expression`` a line.

    Raises
    ------
    ModelError
        At the first rule of the language that the model breaks, with its place.
    """

    def __init__(
        self,
        parameters: str | Mapping[str, float | int | bool] = "",
        equations: str | Sequence[str] = "",
        *,
        spike: str | None = None,
        reset: str | Sequence[str] | None = None,
        refractory: str | float | None = None,
        functions: str | None = None,
        name: str = "Neuron",
        description: str = "",
    ) -> None:
        fields = {
            "functions": functions,
            "parameters": parameter_field(parameters),
            "equations": equation_field(equations),
            "spike": spike,
            "reset": None if reset is None else equation_field(reset),
            "refractory": None if refractory is None else str(refractory),
        }
        given = {kind: text for kind, text in fields.items() if text is not None}
        self._setup(parse_fields(given, name, NEURON_SECTIONS, description))

    @classmethod
    def from_cell(cls, text: str, name: str) -> Neuron:
        """Read the text of a ``%%neuron`` cell."""
        neuron = cls.__new__(cls)
        neuron._setup(parse_cell(text, name, NEURON_SECTIONS))
        return neuron

    def _setup(self, syntax: ModelSyntax) -> None:
        self.syntax = syntax
        self.model: NeuronModel = analyse_neuron(syntax)
        self.superseded = False  # set when the cell is run again with other text

    @property
    def name(self) -> str:
        return self.model.name

    @property
    def description(self) -> str:
        return self.model.description

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
        return model_latex(self.syntax, hidden_names(self.syntax, self.parameters))

    @property
    def code(self) -> str:
        """The C code that is generated from the model."""
        return generated_code(self)

    def _repr_latex_(self) -> str:
        return f"$$\n{self.latex}\n$$"

    def __repr__(self) -> str:
        return f"Neuron {self.name}\n\n{self.text}"


def hidden_names(syntax: ModelSyntax, parameters: tuple[Parameter, ...]) -> frozenset[str]:
    """Parameters given as numbers; derived ones are equations to show."""
    known = {parameter.name for parameter in parameters if not parameter.value.free_symbols}
    return frozenset(
        s.name for s in syntax.statements if isinstance(s, Definition) and s.name in known
    )
