"""Whether the parts of a network fit together: the checks of what is added and connected.

Nothing here changes a network.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from snnlab.engine.schedule import LAST_STEP, steps
from snnlab.errors import NetworkError
from snnlab.model.neuron import Neuron
from snnlab.model.synapse import Synapse
from snnlab.network import assembly
from snnlab.network.connectors import AllToAll, Connector
from snnlab.network.delays import check_delays
from snnlab.network.distributions import Distribution
from snnlab.network.population import (
    Group,
    Population,
    PopulationView,
    Values,
    check_finite,
    population_of,
)
from snnlab.network.projection import Projection
from snnlab.network.values import as_array, check_fits, is_number, time_text

if TYPE_CHECKING:
    from snnlab.network.network import Network


def free_name(wanted: str | None, default: str, taken: Mapping[str, object]) -> str:
    """``wanted``, or ``default`` with the first number that makes it differ from those taken.

    Raises
    ------
    NetworkError
        If the name is no text, or taken.
    """
    if wanted is not None:
        if not isinstance(wanted, str) or not wanted:
            raise NetworkError(f"Network: name = {wanted!r}; give a text, or none.")
        if wanted in taken:
            raise NetworkError(
                f"Network: the name '{wanted}' is taken; choose another name, or none."
            )
        return wanted
    name, n = default, 1
    while name in taken:
        n += 1
        name = f"{default} {n}"
    return name


def checked_shape(where: str, shape: int | tuple[int, ...]) -> tuple[int, ...]:
    """The shape of a population: one number, or several for a grid.

    Raises
    ------
    NetworkError
        If these are no whole numbers from 1 on.
    """
    sizes = tuple(shape) if isinstance(shape, list | np.ndarray) and np.ndim(shape) else shape
    sizes = sizes if isinstance(sizes, tuple) else (sizes,)
    if not sizes or any(not isinstance(n, int | np.integer) or n < 1 for n in sizes):
        raise NetworkError(
            f"{where}: size {shape!r} is not possible; give whole numbers from 1 on."
        )
    return tuple(int(n) for n in sizes)


def check_member(network: Network, side: str, group: object) -> None:
    """``group`` is a population of this network, or a view of one.

    Raises
    ------
    NetworkError
        If it is not.
    """
    if not isinstance(group, Population | PopulationView):
        raise NetworkError(
            f"Network: {side} = {group!r} is no population; give one that net.add returned."
        )
    population = population_of(group)
    if population.network is not network:
        raise NetworkError(
            f"Population '{population.name}': belongs to another network; "
            f"connect populations of one network."
        )


def check_owner(network: Network, owner: object) -> None:
    """``owner`` is a projection, or a population of this network.

    Raises
    ------
    NetworkError
        If it is not.
    """
    if isinstance(owner, Projection):
        return
    if not isinstance(owner, Population):
        raise NetworkError(
            f"Network: {owner!r} is neither population nor projection; give one that net.add "
            f"or net.connect returned."
        )
    check_member(network, "owner", owner)


def checked_rule(where: str, connector: object) -> Connector:
    """Who is connected with whom.

    Raises
    ------
    NetworkError
        If it is no connector.
    """
    rule = AllToAll() if connector is None else connector
    if isinstance(rule, type) and issubclass(rule, Synapse | Connector):
        kind = "synapses" if issubclass(rule, Synapse) else "connectors"
        raise NetworkError(
            f"{where}: {rule.__name__} is a class of {kind}; "
            f"give one with its parameters: {rule.__name__}(...)."
        )
    if not isinstance(rule, Connector):
        raise NetworkError(
            f"{where}: {connector!r} is no connector; "
            f"give for example AllToAll(), OneToOne() or FixedProbability(0.1)."
        )
    return rule


def check_ends(where: str, pre: Group, post: Group, target: str, synapse: Synapse | None) -> None:
    """What ``pre`` sends, ``post`` receives, and the synapses have what they read of both.

    Raises
    ------
    NetworkError
        If one of them does not fit.
    """
    _check_source(where, pre, synapse)
    check_target(where, post, target)
    if synapse is not None and not isinstance(synapse, Synapse):
        told = f"the neuron '{synapse.name}'" if isinstance(synapse, Neuron) else repr(synapse)
        raise NetworkError(f"{where}: {told} is no synapse model; define one with %%synapse.")
    _check_attributes(where, pre, post, synapse)


def _check_source(where: str, pre: Group, synapse: Synapse | None) -> None:
    """A neuron sends spikes, or its rate ``r``, or what a ``psp`` reads of it."""
    source = population_of(pre)
    model = source.neuron.model
    if model.spiking:
        return
    reacts = synapse is not None and (synapse.model.pre_spike or synapse.model.post_spike)
    has_rate = any(v.name == "r" for v in (*model.variables, *model.parameters))
    if reacts or not (has_rate or (synapse is not None and synapse.model.psp is not None)):
        raise NetworkError(
            f"{where}: neuron '{source.neuron.name}' of population '{source.name}' has no "
            f"'spike' condition, so it sends nothing; add a line such as 'spike: v > V_th'."
        )


def check_target(where: str, post: Group, target: str) -> None:
    """Neurons of ``post`` have a conductance ``g_<target>``.

    Raises
    ------
    NetworkError
        If they have not.
    """
    model = population_of(post).neuron.model
    if not isinstance(target, str) or not target.isidentifier():
        raise NetworkError(
            f"{where}: target = {target!r} is no name; give for example 'exc' for g_exc."
        )
    known = list(model.targets)
    if target in known or assembly.sums_all_inputs(model):
        return
    near = difflib.get_close_matches(str(target), known, 1)
    if near:
        hint = f"did you mean '{near[0]}'?"
    elif known:
        hint = f"it has {', '.join(repr(t) for t in known)}."
    else:
        hint = f"use g_{target} in one of its equations."
    raise NetworkError(
        f"{where}: neuron '{population_of(post).neuron.name}' has no target '{target}'; {hint}"
    )


def _check_attributes(where: str, pre: Group, post: Group, synapse: Synapse | None) -> None:
    """Every ``pre.x`` and ``post.x`` of the synapse is an attribute of the neurons."""
    if synapse is None:
        return
    sides = {"pre": population_of(pre), "post": population_of(post)}
    for name in assembly.names_in_synapse(synapse.model):
        side, _, attribute = name.partition(".")
        if side not in sides or not attribute.isidentifier():
            continue
        group = sides[side]
        if attribute not in group.attributes:
            near = difflib.get_close_matches(attribute, group.attributes, 1)
            known = ", ".join(group.attributes)
            hint = f"did you mean '{side}.{near[0]}'?" if near else f"it has {known}."
            raise NetworkError(
                f"{where}: synapse '{synapse.name}' reads '{name}', but neuron "
                f"'{group.neuron.name}' has no '{attribute}'; {hint}"
            )


def check_weight(where: str, weight: Values, real: type) -> None:
    """Weights that are no distribution are finite numbers of the type ``real``.

    Raises
    ------
    NetworkError
        If they are not.
    """
    if not isinstance(weight, Distribution):
        weights = as_array(where, "weight", weight)
        check_finite(where, "w", weights)
        check_fits(where, "w", weights, real)


def checked_delay(where: str, delay: Values | None, dt: float) -> Values | int:
    """The delay of all synapses in steps, or what gives each its own in ms.

    Raises
    ------
    NetworkError
        If it is no delay.
    """
    if delay is None:
        return 1
    if isinstance(delay, Distribution):
        return delay
    if isinstance(delay, Sequence | np.ndarray) and not isinstance(delay, str):
        values = as_array(where, "delay", delay)
        if values.ndim > 1:
            raise NetworkError(
                f"{where}: 'delay' has shape {values.shape}; give one number, or one for each "
                f"synapse."
            )
        if values.ndim:
            check_delays(where, values)
            return values.astype(float)
        delay = values.item()
    if not is_number(delay, 0):
        raise NetworkError(f"{where}: delay = {time_text(delay)}; give a number from {dt:g} ms on.")
    if float(delay) / dt >= LAST_STEP:
        raise NetworkError(
            f"{where}: delay = {delay!r} ms is beyond {LAST_STEP} steps; give a shorter one."
        )
    return steps(float(delay), dt, what=f"{where}: delay", least=1)
