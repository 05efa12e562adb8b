"""From a model to its compiled kernels.

Programs are kept by what decides their text, so that asking twice costs nothing.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from sympy import Integer

from snnlab.codegen.c_target import CTypes, print_program
from snnlab.codegen.kernel import Program
from snnlab.codegen.lower import lower_neuron, lower_synapse
from snnlab.codegen.printer import Real
from snnlab.engine.build import Build, build
from snnlab.model.ir import Assignment, NeuronModel, Parameter, SynapseModel, symbol
from snnlab.model.neuron import Neuron
from snnlab.model.synapse import Synapse
from snnlab.model.traces import NO_TRACES, Traces, neuron_traces


@lru_cache(maxsize=256)
def neuron_program(
    model: NeuronModel,
    text: str,
    individual: frozenset[str] = frozenset(),
    real: Real = "double",
    targets: tuple[str, ...] = (),
) -> Program:
    """The program of a neuron; ``individual`` parameters have a value for each neuron.

    ``targets`` are the inputs that ``sum()`` adds up.
    """
    kernels = lower_neuron(model, per_neuron=individual, targets=targets)
    return print_program(model.name, kernels, comment=text, types=CTypes(real))


@lru_cache(maxsize=256)
def synapse_program(
    model: SynapseModel,
    text: str,
    individual: frozenset[str] = frozenset(),
    types: CTypes | None = None,
    localities: tuple[tuple[str, str], ...] = (),
    traces: Traces = NO_TRACES,
    own_delays: bool = False,
) -> Program:
    """The program of a synapse; ``individual`` parameters have a value for each synapse."""
    kernels = lower_synapse(
        model,
        per_synapse=individual,
        localities=dict(localities),
        traces=traces,
        own_delays=own_delays,
    )
    return print_program(model.name, kernels, comment=text, types=types)


def completed(model: SynapseModel | None, *, spiking: bool) -> SynapseModel | None:
    """The model with what its text leaves unsaid: how it transmits.

    From spiking neurons ``g_target += w`` at each spike, from rate-coded ones ``psp: w * pre.r``.
    None stays None for spiking neurons, whose static synapses need no model.
    """
    weight, conductance = symbol("w"), symbol("g_target")
    if spiking:
        if model is None or model.psp is not None or model.pre_spike:
            return model
        return replace(
            model, pre_spike=(Assignment(conductance, conductance + weight, operator="+="),)
        )
    if model is None:
        model = SynapseModel("weighted sum", (Parameter("w", Integer(1)),), ())
    return model if model.psp is not None else replace(model, psp=weight * symbol("pre.r"))


def is_static(model: SynapseModel) -> bool:
    """Whether the synapse only adds its weight: the engine does that without generated code."""
    weight, conductance = symbol("w"), symbol("g_target")
    statements = model.pre_spike
    return (
        not model.equations
        and not model.post_spike
        and not model.pre_axon_spike
        and not model.apply
        and model.creating is None
        and model.pruning is None
        and model.psp is None
        and len(statements) == 1
        and statements[0].target == conductance
        and statements[0].value == conductance + weight
    )


def program_of(model: Neuron | Synapse) -> Program:
    """The program of a model as most networks use it: float64, parameters for all."""
    if isinstance(model, Neuron):
        return neuron_program(model.model, model.text)
    return synapse_program(model.model, model.text, traces=neuron_traces(model.model))


def compile_model(model: Neuron | Synapse) -> Build:
    """Start to compile a model in the background."""
    program = program_of(model)
    return build(program.name, program.text)


def generated_code(model: Neuron | Synapse) -> str:
    """The C text of a model's kernels."""
    return program_of(model).text


def start(program: Program) -> Build:
    """Start to compile ``program`` in the background."""
    return build(program.name, program.text)
