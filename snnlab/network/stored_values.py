"""What a stored state may hold: the engine trusts shapes, types and indices, a file is not to be.

Each check raises ValueError in the words of what is wrong; who reads the file says which file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from snnlab.engine.memory import padded_size
from snnlab.engine.rows import narrow
from snnlab.engine.schedule import LAST_STEP
from snnlab.engine.transit import Transit
from snnlab.network.connectors import Connectivity
from snnlab.network.population import Given, Population, State

if TYPE_CHECKING:
    from snnlab.network.drives import PoissonDrive
    from snnlab.network.projection import GivenSynapses, Projection

LONGEST_MARK = 64  # letters
RULES = ("creating", "pruning")


def whole(what: str, value: Any, low: int = 0, end: int = LAST_STEP) -> int:
    """``value``, a whole number from ``low`` to before ``end``."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value < end:
        raise ValueError(f"{what} = {value!r} is no whole number from {low} on")
    return value


def check_lineage(runs: Any, step: int) -> list[tuple[int, str]]:
    """The first steps of the runs that led to ``step``, ascending from 0, and their marks."""
    found = [(whole("the first step of a run", first), mark) for first, mark in runs]
    firsts = [first for first, _ in found]
    if firsts[:1] != [0] or firsts != sorted(set(firsts)) or firsts[-1] > step:
        raise ValueError(f"its runs begin at the steps {firsts}")
    for _, mark in found:
        if not isinstance(mark, str) or not 0 < len(mark) <= LONGEST_MARK:
            raise ValueError(f"{mark!r} is no mark of a run")
    return found


def check_given(state: State, given: Given, n_elements: int) -> None:
    """Parameters fit the model and ``n_elements`` neurons or synapses."""
    if given.table.shape != state.table.shape or given.table.dtype != state.table.dtype:
        raise ValueError("the parameters are none of this model")
    whole("the number of draws", given.n_drawn)
    for name, values in given.individual.items():
        fits = name in state.parameters and values.shape == (padded_size(n_elements),)
        if not fits or values.dtype != state.type_of(name):
            raise ValueError(f"the values of '{name}' are none")


def check_transit(population: Population, transit: Transit) -> None:
    """Spikes under way are of its neurons, each at most once a step."""
    counts, neurons = transit
    fits = counts.dtype == np.int64 and neurons.dtype == np.int32
    fits = fits and counts.ndim == neurons.ndim == 1 and (counts >= 0).all()
    fits = fits and (counts <= population.size).all() and counts.sum() == len(neurons)
    fits = fits and ((neurons >= 0) & (neurons < population.size)).all()
    if fits:
        step = np.repeat(np.arange(len(counts)), counts)
        fits = len(np.unique(step * population.size + neurons)) == len(neurons)
    if not fits:
        raise ValueError(f"the spikes under way of '{population.name}' are none")


def check_connectivity(projection: Projection, connectivity: Connectivity) -> None:
    """Synapses connect its neurons, those of each in ascending order."""
    ends, targets = connectivity.ends, connectivity.targets
    fits = ends.dtype == np.int64 and ends.shape == (projection.pre.size + 1,)
    fits = fits and ends[0] == 0 and (np.diff(ends) >= 0).all()
    fits = fits and targets.dtype == narrow(projection.post.size)
    fits = fits and targets.shape == (ends[-1],) and (targets < projection.post.size).all()
    if fits:
        falls = np.flatnonzero(targets[1:] < targets[:-1]) + 1
        fits = bool(np.isin(falls, ends).all())
    if not fits:
        raise ValueError(f"the synapses of '{projection.name}' are none")


def check_synapses(projection: Projection, given: GivenSynapses) -> None:
    """Weights, parameters and delays fit the synapses of ``given``, which are checked already."""
    name, real = projection.name, projection.network.real
    connectivity = given.connectivity
    n = None if connectivity is None else connectivity.size
    whole("the number of draws", given.n_drawn)
    weights = given.weights
    if weights is not None:
        one = weights.shape == () and weights.dtype == np.float64
        each = weights.shape == (n,) and weights.dtype == real
        if not projection.static or not (one or each):
            raise ValueError(f"the weights of '{name}' are none")
    elif projection.static and projection._given().weights is not None:
        raise ValueError(f"the weights of '{name}' are missing")
    if (given.parameters is None) != projection.static:
        raise ValueError(f"the parameters of '{name}' are none of this model")
    if given.parameters is not None:
        check_given(projection.state, given.parameters, n or 0)
    delays = given.delays
    if delays is not None:
        fits = delays.dtype in (np.uint8, np.uint16) and delays.shape == (n,)
        if not fits or not (delays >= 1).all():
            raise ValueError(f"the delays of '{name}' are none")


def check_tasks(tasks: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    """Period and first step of what creates and prunes synapses."""
    found = {}
    for rule, (period, since) in tasks.items():
        if rule not in RULES:
            raise ValueError(f"a rule '{rule}' is none")
        found[rule] = (whole("a period", period, 1), whole("its first step", since))
    return found


def check_drive(drive: PoissonDrive, given: Mapping[str, NDArray]) -> None:
    """Rates, weights and the number of sources are those of a drive of this many neurons."""
    shapes = ((), (len(drive.indices),))
    for what in ("rate", "weight"):
        values = given[what]
        fits = values.dtype == np.float64 and values.shape in shapes and np.isfinite(values).all()
        if not fits or (what == "rate" and (values < 0).any()):
            raise ValueError(f"the {what} of '{drive.name}' is none")
    if given["n"].shape != () or given["n"].dtype.kind != "i" or given["n"] < 0:
        raise ValueError(f"the sources of '{drive.name}' are none")
