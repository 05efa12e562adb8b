"""What a person asks to be done to a network that may run, checked, and as the change it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from snnlab.errors import NetworkError
from snnlab.network.changes import SILENCED, Change, How, change_of
from snnlab.network.courses import course_of
from snnlab.network.elements import Elements, chosen_neurons, chosen_places
from snnlab.network.handles import check_changeable
from snnlab.network.joining import check_member, check_owner
from snnlab.network.population import Group, Population, population_of
from snnlab.network.projection import Projection

if TYPE_CHECKING:
    from snnlab.network.network import Network

Intervention = tuple[Population | Projection, Change]  # whose it is, and what


def kick(
    network: Network,
    population: Group,
    variable: str,
    amount: float | NDArray,
    neurons: Elements,
) -> Intervention:
    """See `Network.kick`."""
    check_member(network, "net.kick", population)
    chosen = chosen_neurons(population, variable, neurons)
    owner = population_of(population)
    n = owner.size if chosen is None else len(chosen)
    new = owner._checked(variable, np.asarray(amount), n, whole=chosen is None)
    owner._check_change(variable, new, chosen, "kick")
    return owner, change_of(owner, variable, new, "kick", chosen)


def silence(network: Network, population: Group, neurons: Elements, on: bool) -> Intervention:
    """See `Network.silence`."""
    check_member(network, "net.silence", population)
    owner = population_of(population)
    where = f"Population '{owner.name}'"
    if not owner.neuron.model.spiking:
        raise NetworkError(
            f"{where}: neurons '{owner.neuron.name}' have rates and no spikes, so they cannot "
            f"be silenced; change what they receive, or one of their parameters."
        )
    if not isinstance(on, bool | np.bool_):
        raise NetworkError(f"{where}: silence: on = {on!r}; give True or False.")
    chosen = chosen_places(population, neurons)
    return owner, change_of(owner, SILENCED, bool(on), neurons=chosen)


def stimulate(
    network: Network,
    population: Group,
    variable: str,
    times: ArrayLike,
    values: ArrayLike,
    neurons: Elements,
) -> Intervention:
    """See `Network.stimulate`."""
    check_member(network, "net.stimulate", population)
    owner = population_of(population)
    owner._check_stimulable(variable)
    where = f"Population '{owner.name}': stimulus of '{variable}'"
    course = course_of(where, times, values, network.dt, network.step_index)
    chosen = chosen_places(population, neurons)
    base = owner.state.storage(variable)
    if chosen is not None and base.ndim:
        base = base[chosen]
    owner.state.check_course(variable, course.values, base, chosen)
    return owner, Change(-1, owner.name, variable, course, "stimulate", chosen)


def move(
    network: Network, owner: Population | Projection, name: str, how: How, by: float
) -> Intervention:
    """See `Network.scale` and `Network.shift`."""
    check_owner(network, owner)
    check_changeable(owner, name, by)
    name = "w" if name == "weight" and isinstance(owner, Projection) else name
    owner._check_change(name, np.asarray(by), None, how)
    return owner, change_of(owner, name, float(by), how)
