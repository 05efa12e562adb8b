"""The synapse that a person holds in a notebook: its model, its text and its mathematics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, SupportsFloat, cast

import sympy
from sympy import Expr

from snnlab.errors import ModelError
from snnlab.language.grammar import SYNAPSE_SECTIONS, parse_fields
from snnlab.model.analysis import analyse_synapse
from snnlab.model.authored import AuthoredModel
from snnlab.model.declarations import Array
from snnlab.model.equations import Equations
from snnlab.model.fields import Number, Variable, equation_field, parameter_field
from snnlab.model.fields import Parameter as ParameterField
from snnlab.model.ir import SynapseModel, symbol
from snnlab.model.registry import completed


class Synapse(AuthoredModel):
    """A synapse model from strings; `from_cell` reads the cell language instead.

    A derived class declares ``self.w = self.Weight()``, values and arrays in its ``__init__``, and
    defines with `Equations` what it needs of ``update`` (in every step), ``transmit``, ``on_pre``,
    ``on_post`` and ``apply`` (when ``projection.apply()`` is called). ``transmit`` acts on spikes,
    or all the time if it reads a variable of the pre neuron; ``self.transmit_on_spike`` decides
    otherwise.

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
    pre_axon_spike
        Assignments to ``g_target`` when an axonal spike arrives.
    apply
        Assignments made when ``projection.apply()`` is called.
    creating, pruning
        The condition under which a synapse appears or goes, with flags:
        ``"age > T : proba = 0.5"``.

    Raises
    ------
    ModelError
        At the first rule of the language that the model breaks, with its place.
    """

    kind = "synapse"
    _sections_allowed = SYNAPSE_SECTIONS
    _methods = ("update", "transmit", "on_pre", "on_post", "apply")

    def __init__(
        self,
        parameters: str | Mapping[str, Number | ParameterField] = "",
        equations: str | Sequence[str | Variable] = "",
        *,
        psp: str | None = None,
        operation: str = "sum",
        pre_spike: str | Sequence[str] | None = None,
        post_spike: str | Sequence[str] | None = None,
        pre_axon_spike: str | Sequence[str] | None = None,
        apply: str | Sequence[str] | None = None,
        creating: str | None = None,
        pruning: str | None = None,
        functions: str | None = None,
        name: str = "Synapse",
        description: str = "",
    ) -> None:
        reactions = {
            "pre_spike": pre_spike,
            "post_spike": post_spike,
            "pre_axon_spike": pre_axon_spike,
            "apply": apply,
        }
        fields = {
            "functions": functions,
            "parameters": parameter_field(parameters),
            "equations": equation_field(equations),
            "psp": psp,
            "operation": None if operation == "sum" else operation,
            **{k: None if text is None else equation_field(text) for k, text in reactions.items()},
            "creating": creating,
            "pruning": pruning,
        }
        given = {kind: text for kind, text in fields.items() if text is not None}
        syntax = parse_fields(given, name, SYNAPSE_SECTIONS, description)
        vars(self)["syntax"] = completed(syntax)
        _ = self.model  # to find all errors now

    @cached_property
    def model(self) -> SynapseModel:
        """The checked model."""
        return analyse_synapse(self.syntax)

    def Weight(
        self,
        init: SupportsFloat | str = 0.0,
        *,
        min: float | str | None = None,  # noqa: A002 (the word of the language)
        max: float | str | None = None,  # noqa: A002
    ) -> Array:
        """Declare the weight: ``self.w = self.Weight()``; connecting sets its values."""
        return self.Array(init, min=min, max=max)

    def _sections(self, blocks: dict[str, Any]) -> dict[str, list[tuple[str, str]]]:
        sections: dict[str, list[tuple[str, str]]] = {}
        transmitted = blocks["transmit"]
        if transmitted is not None:
            increment = self._increment(transmitted)
            reads_pre = any(str(s).startswith("pre.") for s in increment.free_symbols)
            text = self._text(increment, self._where("transmit"))
            if getattr(self, "transmit_on_spike", not reads_pre):
                sections["pre_spike"] = [("g_target", f"g_target += {text}")]
            else:
                sections["psp"] = [("", text)]
        for kind, method in (("pre_spike", "on_pre"), ("post_spike", "on_post"), ("apply",) * 2):
            if blocks[method] is not None:
                before = sections.get(kind, [])
                sections[kind] = [*before, *self._assignment_lines(method, blocks[method])]
        return sections

    def _increment(self, transmitted: Equations) -> Expr:
        """What ``transmit`` adds to the target."""
        target = symbol("g_target")
        increments = [
            sympy.Add(cast(Expr, value), -target)
            for name, value in transmitted.statements
            if name == "g_target"
        ]
        if len(increments) != 1 or len(transmitted.statements) != 1 or increments[0].has(target):
            raise ModelError(
                f"{self._where('transmit')}: the method must add once to the target and do nothing "
                "else; write `s.post.target += ...` and move the rest to `on_pre` or `update`."
            )
        return increments[0]
