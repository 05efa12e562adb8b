"""The synapse that a person holds in a notebook: its model, its text and its mathematics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from snnlab.language.grammar import SYNAPSE_SECTIONS, parse_cell, parse_fields
from snnlab.language.printer import model_text
from snnlab.language.syntax import ModelSyntax
from snnlab.model.analysis import analyse_synapse
from snnlab.model.code import generated_code
from snnlab.model.fields import equation_field, parameter_field
from snnlab.model.ir import Parameter, SynapseModel
from snnlab.model.latex import model_latex
from snnlab.model.neuron import hidden_names


class Synapse:
    """A synapse model from strings; `from_cell` reads the cell language instead.

    Parameters
    ----------
    parameters, equations
        As for a neuron.
    psp
        What is transmitted all the time: an expression such as ``w * pre.r``.
    operation
        How a neuron combines its inputs: ``sum``, ``max``, ``min`` or ``mean``.
    pre_spike, post_spike
        Assignments made when a spike arrives, and when the target neuron spikes.

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
        psp: str | None = None,
        operation: str = "sum",
        pre_spike: str | Sequence[str] | None = None,
        post_spike: str | Sequence[str] | None = None,
        functions: str | None = None,
        name: str = "Synapse",
        description: str = "",
    ) -> None:
        fields = {
            "functions": functions,
            "parameters": parameter_field(parameters),
            "equations": equation_field(equations),
            "psp": psp,
            "operation": None if operation == "sum" else operation,
            "pre_spike": None if pre_spike is None else equation_field(pre_spike),
            "post_spike": None if post_spike is None else equation_field(post_spike),
        }
        given = {kind: text for kind, text in fields.items() if text is not None}
        self._setup(parse_fields(given, name, SYNAPSE_SECTIONS, description))

    @classmethod
    def from_cell(cls, text: str, name: str) -> Synapse:
        """Read the text of a ``%%synapse`` cell."""
        synapse = cls.__new__(cls)
        synapse._setup(parse_cell(text, name, SYNAPSE_SECTIONS))
        return synapse

    def _setup(self, syntax: ModelSyntax) -> None:
        self.syntax = syntax
        self.model: SynapseModel = analyse_synapse(syntax)
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
        return f"Synapse {self.name}\n\n{self.text}"
