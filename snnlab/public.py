"""The names that ``from snnlab import ...`` finds, from where they are made."""

from snnlab.errors import (
    ModelError,
    NetworkError,
    SimulationError,
    SnnlabError,
    ToolchainError,
)
from snnlab.model import library
from snnlab.model.equations import Equations, Euler
from snnlab.model.fields import Parameter, Variable
from snnlab.model.neuron import Neuron
from snnlab.model.registry import Constant, add_function, functions
from snnlab.model.synapse import Synapse
from snnlab.network.connectors import (
    AllToAll,
    Connector,
    DifferenceOfGaussians,
    FixedInDegree,
    FixedOutDegree,
    FixedProbability,
    FixedTotal,
    FromFunction,
    FromMatrix,
    FromPairs,
    Gaussian,
    OneToOne,
)
from snnlab.network.correlated import CorrelatedInput
from snnlab.network.distributions import (
    Bernoulli,
    Binomial,
    DiscreteUniform,
    Exponential,
    Gamma,
    LogNormal,
    Normal,
    Poisson,
    Uniform,
)
from snnlab.network.inputs import PoissonInput, SpikeSource, TimedArray
from snnlab.network.network import Network
from snnlab.recording.store import load_recording
from snnlab.sweeps.sweep import sweep
from snnlab.wiring import build_neuron

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
    "load_recording",
    "sweep",
]
