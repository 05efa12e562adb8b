"""Run a network over values of its parameters, one run after the other."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from snnlab.engine.randomness import stream_key
from snnlab.errors import NetworkError, SimulationError
from snnlab.network import presentation
from snnlab.network.distributions import Distribution
from snnlab.network.handles import ParameterHandle
from snnlab.network.network import Network
from snnlab.network.values import is_number
from snnlab.sweeps.points import Point, Points, near, points_of, text_of
from snnlab.sweeps.result import VALUE, Sweep, SweepRun

Measure = Callable[[Network], Any]
RATE_UNIT = "Hz"
WEIGHT_NAMES = {"w": "weight", "weight": "w"}  # one weight for all, or one for each synapse


def sweep(
    network: Network | Callable[..., Network],
    values: Mapping[Any, Iterable[Any]] | Sequence[Mapping[str, Any]],
    measure: Measure | Mapping[str, Measure] | None = None,
    *,
    duration: float = 0.0,
    settle: float = 0.0,
    repeats: int = 1,
    seed: int | None = None,
    skip_failed: bool = False,
) -> Sweep:
    """Run a network at every point of a grid and measure something.

    ``sweep(net, {"E.I": [0, 10, 20]}, duration=1000)`` measures the rates of all populations
    over the input of E.

    Parameters
    ----------
    network
        A network. Every run begins from the state and the parameters that it has now, and it has
        them again afterwards, with what was recorded. Or a function that makes one: it gets the
        values of a point by their names, ``def build(p, seed): ... return net``.
    values
        For each parameter its values, to be combined with all values of the others; a tuple of
        names, ``("E.I", "I.I")``, moves them together. Or a list of points,
        ``[{"E.I": 10, "I.I": 5}, ...]``. Of a network the names are those of its
        sliders: population, projection or drive, a dot, the parameter, as in ``E.I`` and
        ``I->E inh.weight``; values are numbers or distributions.
    measure
        A function of the network that returns a number, an array, or a dictionary of them; or a
        dictionary of such functions. Without one, the rate of each population (Hz).
    duration
        ms that each run lasts. ``net.spikes`` and ``net.traces`` hold these, and nothing
        earlier, when the measure is taken. 0: the measure runs the network itself.
    settle
        ms that are run before, and not recorded.
    repeats
        Runs of each point. They differ in their random numbers. Of a network these are the ones
        that are drawn while it runs; synapses and initial values stay as they are. A function
        gets another ``seed``.
    seed
        Of the first repeat, from which those of the others follow; the seed of the network, or 0
        for a function, if not given. All points of one repeat have the same seed, so that they
        differ in their parameters alone.
    skip_failed
        Go on where values become infinite or a network refuses its parameters: these runs have no
        values, and their ``error`` says why.

    Returns
    -------
    Sweep
        Ctrl-C, or the pause button of a dashboard, ends it early; what was done is kept.

    Raises
    ------
    NetworkError
        If the network has no such parameter or does not allow a value; the message names the
        point.
    SimulationError
        If the points make none, or a run fails.
    """
    points = points_of(values)
    n_repeats = _checked_repeats(repeats)
    for name, given in (("duration", duration), ("settle", settle)):
        if not is_number(given, 0):
            raise SimulationError(f"sweep: {name} = {given!r} ms; give a time from 0 ms on.")
    if seed is not None and (not isinstance(seed, int | np.integer) or seed < 0):
        raise SimulationError(f"sweep: seed = {seed!r}; give a whole number from 0 on.")
    if measure is None and not duration > 0:
        raise SimulationError(
            "sweep: nothing is run and nothing is measured; give duration=1000, or a measure that "
            "runs the network."
        )
    subject = (
        _Kept(network, points, seed, n_repeats)
        if isinstance(network, Network)
        else _Built(network, points, seed, n_repeats)
    )
    take = _measure_of(measure, duration)
    units = dict(subject.units)
    return _run(subject, points, take, units, duration, settle, n_repeats, skip_failed)


class _Kept:
    """A network that every run begins anew from its present state."""

    def __init__(self, network: Network, points: Points, seed: int | None, n_repeats: int) -> None:
        if network._recordings.stores:
            raise NetworkError(
                f"sweep: the network writes its recordings to "
                f"{', '.join(map(repr, network._recordings.stores))}, which holds one run; "
                f"call net.close() first."
            )
        self._network = network
        self._seeds = [network.seed if seed is None else int(seed)]
        self._seeds += [seed_of(self._seeds[0], repeat) for repeat in range(1, n_repeats)]
        self._handles = {name: _handle(network, name) for name in points.names}
        self._points = points
        self._n_pauses = network._simulator.n_pauses_of_others

    @property
    def units(self) -> dict[str, str]:
        return {name: handle.unit for name, handle in self._handles.items()}

    @contextmanager
    def ready(self) -> Iterator[Callable[[Point, int], Network]]:
        """Within the block gives the network at a point; afterwards it is as it was."""
        network = self._network
        network.pause()
        start = network.snapshot()

        def network_at(point: Point, repeat: int) -> Network:
            network._draw_with(self._seeds[repeat])
            network.restore(start)
            self._give(point)
            self.check_wanted()
            return network

        try:
            for point in self._points:  # refused now, not after an hour
                try:
                    self._give(point)
                except NetworkError:  # perhaps it cannot be reached from the point before
                    network.restore(start)
                    self._give(point)
            yield network_at
        finally:
            network._draw_with(network.seed)
            network.restore(start)

    def check_wanted(self) -> None:
        """Nobody has paused the network; between two runs there is none that a pause would end.

        Raises
        ------
        _StoppedError
            If somebody has.
        """
        if self._network._simulator.n_pauses_of_others > self._n_pauses:
            raise _StoppedError

    def seed_at(self, repeat: int) -> int | None:
        return self._seeds[repeat]

    def _give(self, point: Point) -> None:
        """Set the parameters in an order in which the model takes them, if there is one."""
        left = dict(point)
        while left:
            refused: dict[str, NetworkError] = {}
            for name, value in left.items():
                try:
                    self._set(name, value)
                except NetworkError as error:
                    refused[name] = error
            if len(refused) == len(left):
                error = next(iter(refused.values()))
                raise NetworkError(f"sweep at {text_of(point)}: {error}") from error
            left = {name: left[name] for name in refused}

    def _set(self, name: str, value: Any) -> None:
        if isinstance(value, Distribution):
            self._handles[name].draw(value)
        elif isinstance(value, int | float):
            self._handles[name].set(value)
        else:
            raise NetworkError(f"'{name}' = {value!r} is no number; give a number.")


class _Built:
    """A function that makes a network for every run."""

    units: Mapping[str, str] = {}

    def __init__(self, build: Any, points: Points, seed: int | None, n_repeats: int) -> None:
        if not callable(build):
            raise SimulationError(
                f"sweep: {build!r} is neither a network nor a function that makes one; "
                f"give a Network."
            )
        self._build = build
        known = inspect.signature(build).parameters
        open_ended = any(p.kind is p.VAR_KEYWORD for p in known.values())
        for name in points.names:
            if name not in known and not open_ended:
                called = getattr(build, "__name__", "it")
                raise SimulationError(
                    f"sweep: the function '{called}' takes no '{name}'; {near(name, known)}"
                )
        self._seeds: list[int] | None = None
        if "seed" not in points.names and ("seed" in known or open_ended):
            first = 0 if seed is None else int(seed)
            self._seeds = [first, *(seed_of(first, repeat) for repeat in range(1, n_repeats))]
        elif n_repeats > 1 or seed is not None:
            raise SimulationError(
                "sweep: the function takes no seed, so that all repeats would be alike; write "
                "def build(..., seed) and give it to Network(seed=seed)."
            )

    @contextmanager
    def ready(self) -> Iterator[Callable[[Point, int], Network]]:
        yield self._network_at

    def _network_at(self, point: Point, repeat: int) -> Network:
        given = dict(point) if self._seeds is None else {**point, "seed": self._seeds[repeat]}
        network = self._build(**given)
        if not isinstance(network, Network):
            raise SimulationError(
                f"sweep at {text_of(point)}: the function returned {network!r}; "
                f"let it return a Network."
            )
        return network

    def check_wanted(self) -> None:
        """Its networks are paused one by one."""

    def seed_at(self, repeat: int) -> int | None:
        return None if self._seeds is None else self._seeds[repeat]


def _run(
    subject: _Kept | _Built,
    points: Points,
    measure: Measure,
    units: dict[str, str],
    duration: float,
    settle: float,
    repeats: int,
    skip_failed: bool,
) -> Sweep:
    runs: list[SweepRun] = []
    n_runs = repeats * len(points)
    stopped = ""
    try:
        with presentation.many_runs(n_runs) as tell, subject.ready() as network_at:
            for repeat in range(repeats):
                for point in points:
                    stopped = text_of(point)
                    tell(len(runs), stopped)
                    seed = subject.seed_at(repeat)
                    try:
                        with _naming(point):
                            network = network_at(point, repeat)
                            _advance(network, settle, duration)
                            measured = _measured(measure(network))
                            subject.check_wanted()  # the measure may have run it
                    except (NetworkError, SimulationError) as error:
                        if not skip_failed:
                            raise
                        runs.append(SweepRun(point, repeat, seed, {}, str(error)))
                        continue
                    seed = network.seed if seed is None else seed
                    runs.append(SweepRun(point, repeat, seed, measured))
            tell(n_runs, "")
    except (KeyboardInterrupt, _StoppedError):
        warnings.warn(
            f"sweep: stopped at {stopped}, after {len(runs)} of {n_runs} runs; they are kept.",
            stacklevel=3,
        )
    if isinstance(measure, _Rates):
        units |= {name: RATE_UNIT for run in runs for name in run.measured}
    return Sweep(points, tuple(runs), n_runs=n_runs, repeats=repeats, units=units)


class _StoppedError(Exception):
    """A person paused the network."""


def _advance(network: Network, settle: float, duration: float) -> None:
    """Run, so that what is recorded is what the last ``duration`` ms brought."""
    if settle > 0:
        _simulate(network, settle)
    network.clear_recordings()
    if duration > 0:
        _simulate(network, duration)


def _simulate(network: Network, duration: float) -> None:
    end = network.step_index + round(duration / network.dt)
    network.simulate(duration)
    if network.step_index < end:
        raise _StoppedError


@contextmanager
def _naming(point: Point) -> Iterator[None]:
    """Errors say at which point they came; those of a person's own functions stay what they are."""
    where = f"sweep at {text_of(point)}"
    try:
        yield
    except (NetworkError, SimulationError) as error:
        if str(error).startswith(where):
            raise
        raise type(error)(f"{where}: {error}") from error
    except Exception as error:
        error.add_note(f"{where}.")
        raise


class _Rates:
    """Spikes a second and neuron of each population, over what was recorded."""

    def __init__(self, duration: float) -> None:
        self._duration = duration  # ms

    def __call__(self, network: Network) -> dict[str, float]:
        spiking = [p for p in network.populations.values() if p.neuron.model.spiking]
        shown = [p for p in spiking if p.given_data is None] or spiking
        if not shown:
            raise SimulationError(
                "the network has no neurons with spikes; give measure=..., a function of the "
                "network."
            )
        seconds = self._duration / 1000
        return {p.name: len(network.spikes[p.name]) / (p.size * seconds) for p in shown}


def _measure_of(measure: Measure | Mapping[str, Measure] | None, duration: float) -> Measure:
    if measure is None:
        return _Rates(duration)
    if isinstance(measure, Mapping) and measure and all(map(callable, measure.values())):
        return lambda network: {name: one(network) for name, one in measure.items()}
    if not callable(measure):
        raise SimulationError(
            f"sweep: measure = {measure!r} is no function; write for example "
            f"measure=lambda net: len(net.spikes['E'])."
        )
    return measure


def _measured(result: Any) -> dict[str, Any]:
    """Copies: arrays of a network change with its next run."""
    named = result if isinstance(result, Mapping) else {VALUE: result}
    return {
        str(name): np.array(value) if isinstance(value, np.ndarray) else value
        for name, value in named.items()
    }


def _handle(network: Network, wanted: str) -> ParameterHandle:
    known: dict[str, list[ParameterHandle]] = {}
    for handle in network.handles():
        known.setdefault(f"{handle.owner}.{handle.name}", []).append(handle)
    owner, _, name = wanted.rpartition(".")
    found = known.get(wanted) or known.get(f"{owner}.{WEIGHT_NAMES.get(name, name)}")
    if not found:
        raise NetworkError(f"sweep: the network has no parameter '{wanted}'; {near(wanted, known)}")
    if len(found) > 1:
        kinds = " and ".join(f"a {handle.owner_kind}" for handle in found)
        raise NetworkError(
            f"sweep: '{wanted}' is the parameter of {kinds}; give one of them another name."
        )
    return found[0]


def _checked_repeats(repeats: object) -> int:
    if isinstance(repeats, bool) or not isinstance(repeats, int | np.integer) or repeats < 1:
        raise SimulationError(f"sweep: repeats = {repeats!r}; give a whole number from 1 on.")
    return int(repeats)


def seed_of(first: int, repeat: int) -> int:
    """The seed of a later repeat: a number below 2^32 that looks like any other."""
    return stream_key(first, repeat)[0]
