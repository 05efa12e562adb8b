"""The neuron that a person holds in a notebook: its model, its text and its mathematics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from snnlab.errors import ModelError
from snnlab.language.grammar import NEURON_SECTIONS, parse_fields
from snnlab.model.analysis import analyse_neuron
from snnlab.model.authored import AuthoredModel
from snnlab.model.declarations import Array, Value
from snnlab.model.equations import Equations
from snnlab.model.fields import Number, Variable, equation_field, parameter_field
from snnlab.model.fields import Parameter as ParameterField
from snnlab.model.ir import NeuronModel
from snnlab.model.registry import completed


class Neuron(AuthoredModel):
    """A neuron model from strings; `from_cell` reads the cell language instead.

    A derived class declares ``self.tau = self.Value(20.0)`` and ``self.v = self.Array()`` in
    ``__init__``, and defines ``update`` and, if it spikes, ``spike`` and ``reset``.

    Parameters
    ----------
    parameters
        Text with one ``name = value`` a line, or a mapping of names to numbers.
    equations
        Text, or one text for each equation.
    spike, reset, refractory
        Condition, assignments, and ms or the text of a time.
    axon_spike, axon_reset
        The condition of a second kind of spike, which only synapses with ``pre_axon_spike`` see,
        and its assignments.
    functions
        Text with one ``f(x) = expression`` a line.

    Raises
    ------
    ModelError
        At the first rule of the language that the model breaks, with its place.
    """

    kind = "neuron"
    _sections_allowed = NEURON_SECTIONS
    _methods = ("update", "spike", "reset", "refractory", "axon_spike", "axon_reset")

    def __init__(
        self,
        parameters: str | Mapping[str, Number | ParameterField] = "",
        equations: str | Sequence[str | Variable] = "",
        *,
        spike: str | None = None,
        reset: str | Sequence[str] | None = None,
        refractory: str | float | None = None,
        axon_spike: str | None = None,
        axon_reset: str | Sequence[str] | None = None,
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
            "axon_spike": axon_spike,
            "axon_reset": None if axon_reset is None else equation_field(axon_reset),
        }
        given = {kind: text for kind, text in fields.items() if text is not None}
        syntax = parse_fields(given, name, NEURON_SECTIONS, description)
        vars(self)["syntax"] = completed(syntax)
        _ = self.model  # to find all errors now

    @cached_property
    def model(self) -> NeuronModel:
        """The checked model."""
        return analyse_neuron(self.syntax)

    def _sections(self, blocks: dict[str, Any]) -> dict[str, list[tuple[str, str]]]:
        sections: dict[str, list[tuple[str, str]]] = {}
        for kind, result in blocks.items():
            if result is None:
                continue
            if isinstance(result, Equations):
                if kind not in ("reset", "axon_reset"):
                    raise ModelError(
                        f"{self._where(kind)}: the method returns equations, not an expression; "
                        "return the condition itself."
                    )
                sections[kind] = self._assignment_lines(kind, result)
            else:
                sections[kind] = [("", self._text(result, self._where(kind)))]
        period = vars(self).get("refractory")
        if isinstance(period, Value | Array):
            sections["refractory"] = [("", "refractory")]
        elif period is not None:
            sections["refractory"] = [("", str(period))]
        return sections

    def _input_lines(self, inputs: list[tuple[str, Array]], equations: list[str]) -> list[str]:
        """An input of a rate neuron is summed before the equations, one of spikes cleared after."""
        if hasattr(type(self), "spike"):
            return [*equations, *(f"{name} = 0  : input" for name, _ in inputs)]
        return [*(f"{name} = sum({name})" for name, _ in inputs), *equations]
