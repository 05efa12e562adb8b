"""snnlab: write a neuron's equations, see them as mathematics, and watch a network of them run."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from snnlab.wiring import connect_layers, load_ipython_extension

if TYPE_CHECKING:
    from snnlab.public import (
        AllToAll,
        Bernoulli,
        Binomial,
        Connector,
        Constant,
        CorrelatedInput,
        DifferenceOfGaussians,
        DiscreteUniform,
        Equations,
        Euler,
        Exponential,
        FixedInDegree,
        FixedOutDegree,
        FixedProbability,
        FixedTotal,
        FromFunction,
        FromMatrix,
        FromPairs,
        Gamma,
        Gaussian,
        LogNormal,
        ModelError,
        Network,
        NetworkError,
        Neuron,
        Normal,
        OneToOne,
        Parameter,
        Poisson,
        PoissonInput,
        SimulationError,
        SnnlabError,
        SpikeSource,
        Synapse,
        TimedArray,
        ToolchainError,
        Uniform,
        Variable,
        add_function,
        build_neuron,
        functions,
        library,
        load_recording,
        sweep,
    )

connect_layers()

__version__ = "0.1.0"

__all__ = [
    "AllToAll",
    "Bernoulli",
    "Binomial",
    "Connector",
    "Constant",
    "CorrelatedInput",
    "DifferenceOfGaussians",
    "DiscreteUniform",
    "Equations",
    "Euler",
    "Exponential",
    "FixedInDegree",
    "FixedOutDegree",
    "FixedProbability",
    "FixedTotal",
    "FromFunction",
    "FromMatrix",
    "FromPairs",
    "Gamma",
    "Gaussian",
    "LogNormal",
    "ModelError",
    "Network",
    "NetworkError",
    "Neuron",
    "Normal",
    "OneToOne",
    "Parameter",
    "Poisson",
    "PoissonInput",
    "SimulationError",
    "SnnlabError",
    "SpikeSource",
    "Synapse",
    "TimedArray",
    "ToolchainError",
    "Uniform",
    "Variable",
    "add_function",
    "build_neuron",
    "functions",
    "library",
    "load_ipython_extension",
    "load_recording",
    "sweep",
]


def __getattr__(name: str) -> Any:
    """Import the public names on first use: the command line starts without the engine."""
    if name not in __all__:
        raise AttributeError(f"module 'snnlab' has no attribute '{name}'")
    value = globals()[name] = getattr(import_module("snnlab.public"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
