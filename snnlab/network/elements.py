"""Which neurons or synapses a person means, as indices of those that have what is asked for."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import cast

import numpy as np
from numpy.typing import NDArray

from snnlab.errors import NetworkError
from snnlab.network import assembly
from snnlab.network.assembly import WEIGHTED_SUM
from snnlab.network.population import Group, Population, population_of
from snnlab.network.projection import Projection
from snnlab.network.values import as_array

Elements = Iterable[int] | slice | int | None


def chosen_elements(where: str, what: str, n: int, chosen: Elements) -> NDArray[np.intp]:
    """Which of ``n`` elements, ascending: all, a slice, a mask, or numbers, from the end if < 0.

    Raises
    ------
    NetworkError
        If there are no such elements.
    """
    if chosen is None:
        return np.arange(n)
    if isinstance(chosen, slice):
        return np.sort(np.arange(n)[chosen])
    if isinstance(chosen, int | np.integer) or not isinstance(chosen, Iterable):
        chosen = cast(Iterable[int], [chosen])
    given = chosen if isinstance(chosen, np.ndarray) else list(chosen)
    numbers = as_array(where, what, given)
    if numbers.dtype == bool:
        if numbers.shape != (n,):
            raise NetworkError(
                f"{where}: the mask of {what} has shape {numbers.shape}; give one of shape ({n},)."
            )
        return np.flatnonzero(numbers)
    shown = given if isinstance(given, list) and len(given) <= 10 else "those given"
    if numbers.ndim != 1 or (numbers.dtype.kind not in "iu" and numbers.size):
        raise NetworkError(
            f"{where}: {what} {shown} are no list of whole numbers; use indices below {n}."
        )
    if not ((numbers >= -n) & (numbers < n)).all():
        raise NetworkError(
            f"{where}: {what} {shown} lie outside its {n} {what}; use indices below {n}."
        )
    return np.sort(numbers.astype(np.intp) % max(n, 1))


def recorded_neurons(group: Group, variable: str, chosen: Elements) -> NDArray[np.int32]:
    """Neurons of the population, ascending; of a population-wide variable its one element.

    Raises
    ------
    NetworkError
        If the neurons have no such variable, or there are no such neurons.
    """
    population = population_of(group)
    variables = population.state.variables
    where = f"Population '{population.name}'"
    if not isinstance(variable, str) or (
        variable not in variables and not _is_weighted_sum(population, variable)
    ):
        if isinstance(variable, str) and variable in population.state.parameters:
            raise NetworkError(
                f"{where}: '{variable}' is a parameter, which no equation changes; record "
                f"{_listed(variables)}, or add an equation such as 'now = {variable}'."
            )
        hint = _hint(str(variable), variables)
        raise NetworkError(
            f"{where}: '{variable}' is no variable of neuron '{population.neuron.name}'; {hint}"
        )
    places = chosen_elements(f"Population '{group.name}'", "neurons", len(group), chosen)
    if variable in variables and variables[variable].locality != "local":
        return np.zeros(1, np.int32)
    return np.sort(group.indices[places])


def _is_weighted_sum(population: Population, variable: str) -> bool:
    """Whether it is ``sum(target)`` of inputs that there are; its array exists from now on."""
    found = WEIGHTED_SUM.match(variable)
    projections = population.network.projections.values()
    if found is None or found[2] not in assembly.inputs_of(population, projections):
        return False
    population.state.arrays.setdefault(variable, population.state.new_array())
    return True


def recorded_synapses(projection: Projection, variable: str, chosen: Elements) -> NDArray[np.int32]:
    """Synapses in the order of ``projection.w``, ascending.

    Of a variable that synapses of a post neuron share, these neurons; of one that all share, its
    one element.

    Raises
    ------
    NetworkError
        If the synapses have no such variable, or there are no such synapses.
    """
    where = f"Projection '{projection.name}'"
    if projection.static:
        raise NetworkError(
            f"{where}: its synapses are static, so nothing of them changes; "
            f"read projection.w instead."
        )
    state = projection.state
    if variable in state.parameters:
        raise NetworkError(
            f"{where}: '{variable}' is a parameter, which nothing in the model changes; "
            f"read projection.{variable} instead."
        )
    if variable not in state.variables:
        hint = _hint(variable, state.variables)
        raise NetworkError(f"{where}: '{variable}' is no variable of its synapses; {hint}")
    if variable in projection.event_driven:
        raise NetworkError(
            f"{where}: '{variable}' is event-driven, so it is computed at spikes only; give its "
            f"equation another method, for example ': exponential', to record it."
        )
    places = chosen_elements(where, "synapses", projection.size, chosen)
    match state.variables[variable].locality:
        case "local":
            return places.astype(np.int32)
        case "postsynaptic":
            return np.unique(projection.targets[places])
    return np.zeros(1, np.int32)


def chosen_neurons(group: Group, variable: str, neurons: Elements) -> NDArray[np.int32] | None:
    """The neurons of the population that are meant, in the order given; None: all.

    Raises
    ------
    NetworkError
        If the neurons have no such variable, or there are no such neurons.
    """
    if neurons is None or isinstance(neurons, slice):
        chosen = neurons
    else:
        one = isinstance(neurons, int | np.integer) or not isinstance(neurons, Iterable)
        chosen = np.asarray([neurons] if one else list(cast(Iterable[int], neurons)))
        chosen = chosen if chosen.size else chosen.astype(np.intp)
    _ = recorded_neurons(group, variable, None if chosen is None else _as_elements(chosen))
    if chosen is None:
        return None if isinstance(group, Population) else group.indices
    return group.indices[chosen]


def chosen_places(group: Group, neurons: Elements) -> NDArray[np.int32] | None:
    """The neurons of the population that are meant, ascending; None: all.

    Raises
    ------
    NetworkError
        If there are no such neurons.
    """
    if neurons is None:
        return None if isinstance(group, Population) else np.sort(group.indices)
    where = f"Population '{group.name}'"
    return np.unique(group.indices[chosen_elements(where, "neurons", len(group), neurons)])


def _as_elements(chosen: slice | NDArray) -> Elements:
    return chosen if isinstance(chosen, slice) or chosen.dtype == bool else chosen.tolist()


def _hint(wanted: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(wanted, list(known), 1)
    return f"did you mean '{near[0]}'?" if near else f"choose from {_listed(known)}."


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
