"""What `Network.plot` draws: chosen parts of what a network has recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnlab.errors import NetworkError
from snnlab.network.population import Population, PopulationView, population_of
from snnlab.network.projection import Projection
from snnlab.recording.plotting import RecordedRun, checked_span, recorded_parts
from snnlab.recording.results import TraceRecord


def inhibiting(network: Any) -> dict[str, bool]:
    """Whether each population inhibits others: it has a warm colour then."""
    names = {
        projection.pre.name
        for projection in list(network.projections.values())
        if projection.target.lower().startswith(("inh", "gaba"))
    }
    return {name: name in names for name in list(network.populations)}


def recorded_run(
    network: Any,
    groups: Sequence[object],
    span: tuple[float | None, float | None],
    spikes: Mapping[str, Any],
    traces: Mapping[str, Mapping[str, TraceRecord]],
) -> RecordedRun:
    """What is to be drawn of ``spikes`` (tables by population) and ``traces``.

    Raises
    ------
    NetworkError
        If a group is not of this network, nothing was recorded, or nothing lies in ``span``.
    """
    if network.step_index == 0:
        raise NetworkError(
            "Network: there is nothing to plot, since no time has passed; "
            "call net.simulate(1000) first."
        )
    begin, end = checked_span("Network", *span, last=network.time, error=NetworkError)
    chosen = _chosen(network, groups)
    sizes = {name: population.size for name, population in network.populations.items()}
    run = recorded_parts(
        spikes,
        traces,
        sizes=sizes,
        chosen=chosen,
        span=(begin, end),
        dt=network.dt,
        inhibits=inhibiting(network),
    )
    if not run.spikes and not run.samples:
        one = next(iter(chosen or sizes), "E")
        known = sizes.get(one)
        asked = ", ".join(f"'{name}'" for name in chosen) if chosen else "the network"
        raise NetworkError(
            f"Network: there is nothing to plot, since nothing of {asked} spikes or is recorded; "
            f"call net.record({one if known and one.isidentifier() else 'population'}, "
            f"variables) before the run."
        )
    return run


def _chosen(network: Any, groups: Sequence[object]) -> dict[str, NDArray[np.int32] | None]:
    """Names of what is drawn, and which neurons where not all; nothing for everything."""
    found: dict[str, NDArray[np.int32] | None] = {}
    for group in groups:
        if isinstance(group, str):
            if group not in network.populations and group not in network.projections:
                names = ", ".join((*network.populations, *network.projections)) or "none"
                raise NetworkError(
                    f"Network: no population or projection '{group}' to plot; it has {names}."
                )
            found[group] = None
        elif isinstance(group, Population | PopulationView | Projection):
            owner = group if isinstance(group, Projection) else population_of(group)
            if owner.network is not network:
                raise NetworkError(
                    f"Network: '{owner.name}' belongs to another network; plot it with that one."
                )
            found[owner.name] = (
                np.unique(group.indices).astype(np.int32)
                if isinstance(group, PopulationView)
                else None
            )
        else:
            raise NetworkError(
                f"Network: {group!r} cannot be plotted; "
                f"give populations, views, projections, or their names."
            )
    return found
