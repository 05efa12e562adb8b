"""snnlab: write a neuron's equations, see them as mathematics, and watch a network of them run."""

from snnlab.errors import (
    ModelError,
    NetworkError,
    SimulationError,
    SnnlabError,
    ToolchainError,
)
from snnlab.model.neuron import Neuron
from snnlab.model.synapse import Synapse
from snnlab.network.connectors import AllToAll, Connector, FixedProbability, OneToOne
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
from snnlab.network.network import Network
from snnlab.wiring import connect_layers, load_ipython_extension

connect_layers()

__version__ = "0.1.0"

__all__ = [
    "AllToAll",
    "Bernoulli",
    "Binomial",
    "Connector",
    "DiscreteUniform",
    "Exponential",
    "FixedProbability",
    "Gamma",
    "LogNormal",
    "ModelError",
    "Network",
    "NetworkError",
    "Neuron",
    "Normal",
    "OneToOne",
    "Poisson",
    "SimulationError",
    "SnnlabError",
    "Synapse",
    "ToolchainError",
    "Uniform",
    "load_ipython_extension",
]
