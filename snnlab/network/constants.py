"""Constants of the models of a network: values that cells give them later reach its members."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

import numpy as np

from snnlab.model.registry import uses_constant
from snnlab.network.population import Population
from snnlab.network.projection import Projection

if TYPE_CHECKING:
    from snnlab.network.network import Network


class Constants:
    """Takes over new values of constants for the network that holds it."""

    def __init__(self, network: Network) -> None:
        self._network = weakref.ref(network)

    def _users(self, name: str) -> list[Population | Projection]:
        network = self._network()
        if network is None:
            return []
        populations, projections = network.populations, network.projections
        return [
            *(p for p in list(populations.values()) if uses_constant(p.neuron.syntax, name)),
            *(
                p
                for p in list(projections.values())
                if p.synapse is not None and uses_constant(p.synapse.syntax, name)
            ),
        ]

    def check_constant(self, name: str, value: float) -> None:
        for user in self._users(name):
            user.state.check_values(name, np.asarray(value))

    def set_constant(self, name: str, value: float) -> None:
        for user in self._users(name):
            setattr(user, name, value)
