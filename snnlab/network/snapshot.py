"""The whole state of a network at one step: taken, put back, written to a file and read again.

Steps change the arrays that ``PopulationParts.state`` and ``ProjectionParts.state`` name, and the
spikes under way; random numbers depend on the step alone. The rest is what a person gave:
parameters, static weights, switches.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from snnlab.engine.memory import padded_size
from snnlab.engine.transit import Transit, send_again, spikes_under_way
from snnlab.errors import NetworkError, SimulationError, SnnlabError
from snnlab.model.traces import NO_TRACES, Traces, neuron_traces
from snnlab.network import stored_values
from snnlab.network.changes import Change, ParameterLog
from snnlab.network.connectors import Connectivity
from snnlab.network.courses import Course
from snnlab.network.drives import PoissonDrive
from snnlab.network.inputs import ValuePlayer
from snnlab.network.population import Given, Population
from snnlab.network.projection import GivenSynapses, Projection
from snnlab.network.recordings import Records
from snnlab.recording.results import Lineage

if TYPE_CHECKING:
    from snnlab.network.network import Network

FORMAT = 4  # of files, raised with their contents; another number is refused


@dataclass(frozen=True, eq=False)
class PopulationState:
    """Of one population: what was given, what steps change, and its spikes under way."""

    size: int
    model: str
    given: Given
    arrays: dict[str, NDArray]
    transits: dict[str, Transit]


@dataclass(frozen=True)
class Ends:
    """What a projection or a drive connects."""

    pre: str  # "" of a drive
    post: str
    target: str

    def __str__(self) -> str:
        source = f"from '{self.pre}' " if self.pre else ""
        return f"{source}to '{self.post}', {self.target}"


@dataclass(frozen=True, eq=False)
class DriveState:
    """Of one drive: onto how many neurons, and its rate, weight and number of sources."""

    ends: Ends
    size: int
    given: dict[str, Any]


@dataclass(frozen=True, eq=False)
class ProjectionState:
    """Of one projection; ``tasks`` are period and first step of creating and pruning."""

    ends: Ends
    model: str
    given: GivenSynapses
    arrays: dict[str, NDArray]
    tasks: dict[str, tuple[int, int]]


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The state of a network before ``step`` is run, and the log that led to it."""

    step: int
    dt: float
    dtype: str  # of the network's numbers
    populations: dict[str, PopulationState]
    projections: dict[str, ProjectionState]
    drives: dict[str, DriveState]
    log: ParameterLog
    position: int  # changes of the log that were made before
    lineage: Lineage  # of the steps before
    records: Records | None = None

    @property
    def time(self) -> float:
        """ms."""
        return self.step * self.dt

    def arrays(self) -> Iterator[NDArray]:
        """Its memory; several snapshots may share an array."""
        for population in self.populations.values():
            yield from population.given.arrays
            yield from population.arrays.values()
            for transit in population.transits.values():
                yield from transit
        for projection in self.projections.values():
            yield from projection.given.arrays
            yield from projection.arrays.values()

    @property
    def nbytes(self) -> int:
        return sum(array.nbytes for array in self.arrays())

    def __repr__(self) -> str:
        return f"Snapshot: t = {self.time:g} ms, {self.nbytes / 1e6:.3g} MB"


# Take and put back ------------------------------------------------------------------------


def take(network: Network, *, with_records: bool) -> Snapshot:
    """The present state; no step runs meanwhile."""
    records = network._recordings.copy() if with_records else None
    return replace(_present(network), records=records, position=network.log.seal())


def _present(network: Network, *, copied: bool = True) -> Snapshot:
    """The present state; without ``copied`` with the very arrays of the synapses."""
    step = network.step_index
    populations = {
        name: PopulationState(
            parts.population.size,
            parts.population.neuron.text,
            network._session.given_of(parts.population),
            {key: array.copy() for key, array in parts.state().items()},
            {key: spikes_under_way(lists, step) for key, lists in parts.transits().items()},
        )
        for name, parts in network._linkage.parts.items()
    }
    projections = {
        name: ProjectionState(
            _ends_of(parts.projection),
            _model_text(parts.projection),
            network._session.given_of(parts.projection),
            {key: array.copy() if copied else array for key, array in parts.state().items()},
            parts.projection._periods(),
        )
        for name, parts in network._linkage.projection_parts.items()
    }
    drives = {
        name: DriveState(_ends_of(drive), len(drive.indices), network._session.given_of(drive))
        for name, drive in network.drives.items()
    }
    dtype = np.dtype(network.real).name
    log, lineage = network.log, network.lineage.copy()
    return Snapshot(step, network.dt, dtype, populations, projections, drives, log, 0, lineage)


def put_back(network: Network, snapshot: Snapshot) -> None:
    """Make the network what it was; no step runs meanwhile.

    Raises
    ------
    NetworkError
        If the snapshot is of another network; this one is as it was before.
    """
    check_members(network, snapshot)
    # Who gives synapses other parameters lets their arrays be, and who gives them another number
    # makes new ones: what they held is in those that were there.
    before = _present(network, copied=False)
    try:
        _give(network, snapshot)
        network.build()  # what was given decides which arrays there are
        _check_arrays(network, snapshot)
    except BaseException:  # Ctrl-C while the compiler works, too
        _give(network, before)
        network.build()
        _put_arrays(network, before)
        raise
    network._move_to(snapshot.step, snapshot.records, snapshot.lineage)
    _put_arrays(network, snapshot)


def _give(network: Network, snapshot: Snapshot) -> None:
    """Take back what people gave; a step does not change it."""
    changed = False
    for name, saved in snapshot.populations.items():
        changed |= network.populations[name]._give(saved.given)
    for name, saved in snapshot.projections.items():
        projection = network.projections[name]
        changed |= projection._give(saved.given)
        projection._put_tasks(saved.tasks)
    for name, saved in snapshot.drives.items():
        network.drives[name]._give(saved.given)
    if changed:
        network._linkage.relink()


def _put_arrays(network: Network, snapshot: Snapshot) -> None:
    """Take back what steps change; it was found to fit."""
    for name, parts in network._linkage.parts.items():
        saved = snapshot.populations[name]
        for key, array in parts.state().items():
            array[...] = saved.arrays[key]
        for key, lists in parts.transits().items():
            send_again(lists, snapshot.step, saved.transits[key])
    for name, parts in network._linkage.projection_parts.items():
        for key, array in parts.state().items():
            array[...] = snapshot.projections[name].arrays[key]
        network._linkage.weights_changed(parts.projection)
    network._linkage.reschedule()  # neurons may be silenced


def check_members(network: Network, snapshot: Snapshot) -> None:
    """The snapshot is of a network of the same populations, projections and drives.

    Raises
    ------
    NetworkError
        If it is not.
    """
    if snapshot.dt != network.dt:
        raise NetworkError(
            f"Network: the snapshot was taken with dt = {snapshot.dt:g} ms, and the network has "
            f"{network.dt:g} ms; build it with Network(dt={snapshot.dt!r})."
        )
    dtype = np.dtype(network.real).name
    if snapshot.dtype != dtype:
        raise NetworkError(
            f"Network: the snapshot was taken with dtype = {snapshot.dtype!r}, and the network has "
            f"{dtype!r}; build it with Network(dtype={snapshot.dtype!r})."
        )
    for kind, own, saved in (
        ("population", network.populations, snapshot.populations),
        ("projection", network.projections, snapshot.projections),
        ("drive", network.drives, snapshot.drives),
    ):
        for name in {**saved, **own}:
            if name in own and name in saved:
                continue
            who = (
                ("the network", "the snapshot") if name in own else ("the snapshot", "the network")
            )
            raise NetworkError(
                f"Network: {who[0]} has the {kind} '{name}', which {who[1]} lacks; "
                f"build the network as it was when the snapshot was taken."
            )
    for name, saved in snapshot.populations.items():
        population = network.populations[name]
        if population.size != saved.size:
            raise NetworkError(
                f"Population '{name}': has {population.size} neurons, and {saved.size} in the "
                f"snapshot; build the network as it was when the snapshot was taken."
            )
        _check_model(f"Population '{name}'", population.neuron.text, saved.model)
    for name, saved in snapshot.projections.items():
        projection = network.projections[name]
        _check_ends(f"Projection '{name}'", _ends_of(projection), saved.ends)
        _check_model(f"Projection '{name}'", _model_text(projection), saved.model)
        if projection.procedural != (saved.given.connectivity is None):
            are, were = ("not ", "") if projection.procedural else ("", "not ")
            raise NetworkError(
                f"Projection '{name}': its synapses are {are}stored, and were {were}stored in the "
                f"snapshot; build the network as it was when the snapshot was taken."
            )
    for name, saved in snapshot.drives.items():
        drive = network.drives[name]
        _check_ends(drive.where, _ends_of(drive), saved.ends)
        if len(drive.indices) != saved.size:
            raise NetworkError(
                f"{drive.where}: acts on {len(drive.indices)} neurons, and on {saved.size} in the "
                f"snapshot; build the network as it was when the snapshot was taken."
            )


def _ends_of(owner: Projection | PoissonDrive) -> Ends:
    pre = owner.pre.name if isinstance(owner, Projection) else ""
    return Ends(pre, owner.post.name, owner.target)


def _check_ends(where: str, own: Ends, saved: Ends) -> None:
    if own != saved:
        raise NetworkError(
            f"{where}: leads {own}, and in the snapshot {saved}; "
            f"build the network as it was when the snapshot was taken."
        )


def _check_model(where: str, own: str, saved: str) -> None:
    if own != saved:
        old, new = _first_difference(saved, own)
        raise NetworkError(
            f"{where}: the snapshot was taken with a model that says {old!r} where the network's "
            f"says {new!r}; build the network as it was when the snapshot was taken."
        )


def _check_arrays(network: Network, snapshot: Snapshot) -> None:
    """All that steps change is in the snapshot.

    Raises
    ------
    NetworkError
        If something is missing, or has another shape or type.
    """
    for name, parts in network._linkage.parts.items():
        where, saved = f"Population '{name}'", snapshot.populations[name]
        _check_fitting(where, parts.state(), saved.arrays)
        for key in parts.transits():
            if key not in saved.transits:
                _refuse(where, f"{key} under way")
    for name, parts in network._linkage.projection_parts.items():
        saved = snapshot.projections[name].arrays
        _check_fitting(f"Projection '{name}'", parts.state(), saved)


def _check_fitting(where: str, arrays: Mapping[str, NDArray], saved: Mapping[str, NDArray]) -> None:
    for key, array in arrays.items():
        fits = key in saved and saved[key].shape == array.shape
        if not fits or saved[key].dtype != array.dtype:
            _refuse(where, key)


def _refuse(where: str, key: str) -> NoReturn:
    raise NetworkError(
        f"{where}: the snapshot has no fitting '{key}'; "
        f"build the network as it was when the snapshot was taken."
    )


# Files ------------------------------------------------------------------------------------


def store(network: Network, snapshot: Snapshot, path: str | os.PathLike[str]) -> None:
    """Write a snapshot: one npz file with arrays, and JSON that says what they are.

    The file is complete or not there.

    Raises
    ------
    SimulationError
        If it cannot be written.
    """
    arrays: dict[str, NDArray] = {}

    def kept(array: NDArray) -> str:
        key = f"a{len(arrays)}"
        arrays[key] = array
        return key

    about = {
        "format": FORMAT,
        "step": snapshot.step,
        "dt": snapshot.dt,
        "seed": network.seed,
        "dtype": snapshot.dtype,
        "lineage": snapshot.lineage.runs,
        "populations": [
            {
                **_about_population(network.populations[name]),
                "given": _given_as_json(saved.given, kept),
                "arrays": {key: kept(array) for key, array in saved.arrays.items()},
                "transits": {
                    key: [kept(counts), kept(neurons)]
                    for key, (counts, neurons) in saved.transits.items()
                },
            }
            for name, saved in snapshot.populations.items()
        ],
        "projections": [
            {
                **_about_projection(network.projections[name], saved.given),
                "given": None
                if saved.given.parameters is None
                else _given_as_json(saved.given.parameters, kept),
                "weights": None if saved.given.weights is None else kept(saved.given.weights),
                "n_drawn": saved.given.n_drawn,
                "traces": sorted(saved.given.traces.names),
                **_structure_as_json(network.projections[name], saved.given, kept),
                "arrays": {key: kept(array) for key, array in saved.arrays.items()},
                "tasks": saved.tasks,
            }
            for name, saved in snapshot.projections.items()
        ],
        "drives": [
            {
                **_about_drive(network.drives[name]),
                **{what: kept(np.asarray(value)) for what, value in saved.given.items()},
            }
            for name, saved in snapshot.drives.items()
        ],
    }
    text = np.frombuffer(json.dumps(about).encode(), np.uint8)
    try:
        _write(Path(path), text, arrays)
    except OSError as error:
        raise SimulationError(
            f"File '{os.fspath(path)}': cannot be written ({error.strerror or error}); "
            f"choose another path."
        ) from error


def _write(target: Path, about: NDArray[np.uint8], arrays: Mapping[str, NDArray]) -> None:
    # Not of `tempfile`, whose files nobody else may read.
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
    try:
        with temporary.open("xb") as file:
            np.savez(file, allow_pickle=False, about=about, **arrays)
        if target.exists():
            shutil.copymode(target, temporary)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@dataclass(frozen=True, eq=False)
class StoredState:
    """What stands in a file."""

    path: str | os.PathLike[str]
    about: dict[str, Any]
    arrays: dict[str, NDArray]


def read(path: str | os.PathLike[str]) -> StoredState:
    """What `store` wrote to a file, as far as this tells without a network.

    Raises
    ------
    SimulationError
        If it holds nothing like that.
    """
    where = f"File '{os.fspath(path)}'"
    with _understood(where):
        if _is_other(path):
            raise ValueError("it is no .npz file")
        with np.load(path, allow_pickle=False) as file:
            about = json.loads(bytes(file["about"]))
            arrays = {key: file[key] for key in file.files if key != "about"}
        if about["format"] != FORMAT:
            raise SimulationError(
                f"{where}: has format {about['format']}, and this version reads {FORMAT}; "
                f"read it with the version that wrote it."
            )
        return StoredState(path, about, arrays)


def _is_other(path: str | os.PathLike[str]) -> bool:
    """Whether a file holds no zip archive: NumPy would advise to load it as pickled objects."""
    with Path(path).open("rb") as file:
        head = file.read(2)
    return head not in (b"", b"PK")


def fitted(network: Network, file: StoredState) -> Snapshot:
    """The snapshot in a file; no step runs meanwhile.

    Raises
    ------
    SimulationError
        If it holds none.
    NetworkError
        If it is of another network.
    """
    path = file.path
    where = f"File '{os.fspath(path)}'"
    with _understood(where):
        _check_origin(network, file.about, where)
        snapshot = _snapshot_of(network, file.about, file.arrays, path)
    snapshot.log.origin = snapshot
    return snapshot


@contextmanager
def _understood(where: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise SimulationError(f"{where}: there is none; give the path of a stored one.") from error
    except (SnnlabError, MemoryError):
        raise
    except Exception as error:  # a file may hold anything
        raise SimulationError(
            f"{where}: is no network that net.store wrote ({error}); give the path of one."
        ) from error


def _about_population(population: Population) -> dict[str, Any]:
    return {
        "name": population.name,
        "size": population.size,
        "model": population.neuron.text,
    }


def _about_projection(projection: Projection, given: GivenSynapses) -> dict[str, Any]:
    return {
        "name": projection.name,
        "pre": projection.pre.name,
        "post": projection.post.name,
        "target": projection.target,
        "model": _model_text(projection),
        "synapses": _digest(given),
    }


def _about_drive(drive: PoissonDrive) -> dict[str, Any]:
    return {"name": drive.name, "post": drive.post.name, "target": drive.target}


def _model_text(projection: Projection) -> str:
    return projection.synapse.text if projection.synapse is not None else ""


def _digest(given: GivenSynapses) -> str:
    if given.connectivity is None:
        return "procedural"
    digest = hashlib.sha256()
    for array in (given.connectivity.ends, given.connectivity.targets, given.delays):
        if array is not None:
            digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _given_as_json(given: Given, kept: Any) -> dict[str, Any]:
    return {
        "table": kept(given.table),
        "individual": {name: kept(values) for name, values in given.individual.items()},
        "n_drawn": given.n_drawn,
        "stimuli": [_stimulus_as_json(one, kept) for one in given.stimuli],
        "first_stimuli": [_stimulus_as_json(one, kept) for one in given.first_stimuli],
        "courses": {
            name: {
                "starts": kept(player.starts),
                "rows": kept(player.rows),
                "period": player.period,
            }
            for name, player in given.courses.items()
        },
    }


def _stimulus_as_json(one: Change, kept: Any) -> dict[str, Any]:
    return {
        "name": one.name,
        "step": one.step,
        "starts": kept(one.value.starts),
        "values": kept(one.value.values),
        "neurons": None if one.neurons is None else kept(one.neurons),
    }


def _structure_as_json(projection: Projection, given: GivenSynapses, kept: Any) -> dict[str, Any]:
    """The synapses themselves, where they come and go; others are built again."""
    if given.connectivity is None or not _changes_structure(projection):
        return {}
    return {
        "ends": kept(given.connectivity.ends),
        "targets": kept(given.connectivity.targets),
        "delay": given.delay if isinstance(given.delay, int) else None,
        "delays": None if given.delays is None else kept(given.delays),
    }


def _changes_structure(projection: Projection) -> bool:
    model = projection.model
    return model is not None and (model.creating is not None or model.pruning is not None)


def _given_from_json(about: dict[str, Any], arrays: Mapping[str, NDArray]) -> Given:
    individual = {name: arrays[key] for name, key in about["individual"].items()}
    return Given(arrays[about["table"]], individual, about["n_drawn"])


def _courses_from_json(
    population: Population, given: dict[str, Any], arrays: Mapping[str, NDArray]
) -> dict[str, ValuePlayer]:
    """Courses that parameters and variables follow; the engine trusts their numbers.

    Raises
    ------
    ValueError
        If they are none.
    """
    found = {}
    for name, about in given["courses"].items():
        starts, rows = arrays[about["starts"]], arrays[about["rows"]]
        period = int(about["period"])
        if name not in population.state.variables and name not in given["individual"]:
            raise ValueError(f"a course of '{name}' is none")
        fits = starts.dtype == np.int64 and starts.ndim == 1 and len(starts) > 0
        fits = fits and starts[0] >= 0 and (np.diff(starts) > 0).all()
        fits = fits and rows.dtype == population.state.type_of(name) and rows.ndim == 2
        fits = fits and len(rows) == len(starts)
        fits = fits and rows.shape[1] in (1, padded_size(population.size))
        if not fits or not (period == 0 or starts[-1] < period):
            raise ValueError(f"a course of '{name}' is none")
        starts, rows = np.ascontiguousarray(starts), np.ascontiguousarray(rows)
        found[name] = ValuePlayer(starts, rows, period, name)
    return found


def _stimuli_from_json(
    population: Population,
    given: dict[str, Any],
    entries: list[dict[str, Any]],
    arrays: Mapping[str, NDArray],
) -> tuple[Change, ...]:
    """Courses that are added to parameters; the engine trusts their numbers.

    Raises
    ------
    ValueError
        If they are none.
    """
    found = []
    for about in entries:
        name, neurons = str(about["name"]), None
        starts, values = arrays[about["starts"]], arrays[about["values"]]
        fits = starts.dtype == np.int64 and starts.ndim == 1 and (np.diff(starts) > 0).all()
        fits = fits and values.dtype == float and values.shape == (len(starts) - 1,)
        if about["neurons"] is not None:
            neurons = arrays[about["neurons"]]
            fits = fits and neurons.dtype == np.int32 and neurons.ndim == 1
            fits = fits and ((neurons >= 0) & (neurons < population.size)).all()
        if not fits or name not in given["individual"]:
            raise ValueError(f"a stimulus of '{name}' is none")
        course = Course(np.ascontiguousarray(starts), np.ascontiguousarray(values))
        step = int(about["step"])
        found.append(Change(step, population.name, name, course, "stimulate", neurons))
    return tuple(found)


def _check_origin(network: Network, about: dict[str, Any], where: str) -> None:
    dtype = np.dtype(network.real).name
    for what, own in (("dt", network.dt), ("seed", network.seed), ("dtype", dtype)):
        if about[what] != own:
            raise NetworkError(
                f"{where}: was stored with {what} = {about[what]!r}, and the network has {own!r}; "
                f"build it with Network({what}={about[what]!r})."
            )
    for kind in ("population", "projection", "drive"):
        owners = network.members(kind)
        stored = {entry["name"]: entry for entry in about[f"{kind}s"]}
        for name in {**stored, **owners}:
            if name not in owners or name not in stored:
                who = ("the network", "it") if name in owners else ("it", "the network")
                raise NetworkError(
                    f"{where}: {who[0]} has the {kind} '{name}', which {who[1]} lacks; "
                    f"build the network as it was when it was stored."
                )
            owner = owners[name]
            match owner:
                case Population():
                    own = _about_population(owner)
                case Projection():
                    own = _about_projection(owner, owner._given())
                case _:
                    own = _about_drive(owner)
            _check_entry(f"{where}: {kind} '{name}'", stored[name], own)


def _check_entry(where: str, stored: dict[str, Any], own: dict[str, Any]) -> None:
    for what, value in own.items():
        if what == "synapses" or stored[what] == value:
            continue
        if what == "model":
            old, new = _first_difference(stored[what], value)
            raise NetworkError(
                f"{where}: was stored with a model that says {old!r} where the network's says "
                f"{new!r}; build the network with the model of that time."
            )
        raise NetworkError(
            f"{where}: was stored with {what} = {stored[what]!r}, and the network has {value!r}; "
            f"build the network as it was when it was stored."
        )


def _first_difference(old: str, new: str) -> tuple[str, str]:
    """The first lines in which two texts differ."""
    a, b = old.splitlines(), new.splitlines()
    for n in range(max(len(a), len(b))):
        one, other = (lines[n].strip() if n < len(lines) else "" for lines in (a, b))
        if one != other:
            return one, other
    return "", ""


def _snapshot_of(
    network: Network,
    about: dict[str, Any],
    arrays: Mapping[str, NDArray],
    path: str | os.PathLike[str],
) -> Snapshot:
    where = f"File '{os.fspath(path)}'"
    populations = {
        entry["name"]: PopulationState(
            int(entry["size"]),
            entry["model"],
            _given_of_population(network.populations[entry["name"]], entry["given"], arrays),
            {name: arrays[key] for name, key in entry["arrays"].items()},
            {
                name: (arrays[counts], arrays[neurons])
                for name, (counts, neurons) in entry["transits"].items()
            },
        )
        for entry in about["populations"]
    }
    for name, population in populations.items():
        for transit in population.transits.values():
            stored_values.check_transit(network.populations[name], transit)
    projections = {}
    for entry in about["projections"]:
        projection = network.projections[entry["name"]]
        projections[entry["name"]] = ProjectionState(
            _ends_of(projection),
            entry["model"],
            _given_synapses(projection, entry, arrays, where),
            {name: arrays[key] for name, key in entry["arrays"].items()},
            stored_values.check_tasks(entry["tasks"]),
        )
    step = stored_values.whole("the step", about["step"])
    log = ParameterLog(network.dt, step, path=str(Path(path).resolve()))
    drives = {}
    for entry in about["drives"]:
        drive = network.drives[entry["name"]]
        given = {what: arrays[entry[what]] for what in ("rate", "n", "weight")}
        stored_values.check_drive(drive, given)
        drives[drive.name] = DriveState(_ends_of(drive), len(drive.indices), given)
    dtype = str(about["dtype"])
    lineage = Lineage(stored_values.check_lineage(about["lineage"], step))
    return Snapshot(step, network.dt, dtype, populations, projections, drives, log, 0, lineage)


def _given_of_population(
    population: Population, given: dict[str, Any], arrays: Mapping[str, NDArray]
) -> Given:
    plain = _given_from_json(given, arrays)
    stored_values.check_given(population.state, plain, population.size)
    return replace(
        plain,
        courses=_courses_from_json(population, given, arrays),
        stimuli=_stimuli_from_json(population, given, given["stimuli"], arrays),
        first_stimuli=_stimuli_from_json(population, given, given["first_stimuli"], arrays),
    )


def _traces_of(projection: Projection, names: list[str], parameters: Given | None) -> Traces:
    """Event-driven variables that neurons had, not synapses: those called ``names``.

    Raises
    ------
    ValueError
        If the model has no such ones.
    """
    if not names or projection.model is None or parameters is None:
        return NO_TRACES
    individual, one_delay = frozenset(parameters.individual), projection.delays is None
    traces = neuron_traces(projection.model, individual, one_delay=one_delay)
    if traces.names != frozenset(names):
        raise ValueError(f"the traces of '{projection.name}' are none")
    return traces


def _given_synapses(
    projection: Projection, entry: dict[str, Any], arrays: Mapping[str, NDArray], where: str
) -> GivenSynapses:
    own = projection._given()
    weights = None if entry["weights"] is None else arrays[entry["weights"]]
    parameters = None if entry["given"] is None else _given_from_json(entry["given"], arrays)
    given = replace(
        own,
        parameters=parameters,
        traces=_traces_of(projection, entry["traces"], parameters),
        weights=weights,
        weight=own.weight if weights is None else (float(weights) if not weights.ndim else weights),
        n_drawn=entry["n_drawn"],
    )
    if entry["synapses"] == _digest(own):
        stored_values.check_synapses(projection, given)
        return given
    if not _changes_structure(projection):
        raise NetworkError(
            f"{where}: projection '{projection.name}' had other synapses; "
            f"build it with the connector and the seed of that time."
        )
    delays = None if entry["delays"] is None else arrays[entry["delays"]]
    connectivity = Connectivity(arrays[entry["ends"]], arrays[entry["targets"]])
    stored_values.check_connectivity(projection, connectivity)
    changed = replace(given, connectivity=connectivity, delays=delays)
    stored_values.check_synapses(projection, changed)
    if delays is not None:
        return replace(changed, delay=delays * projection.network.dt)
    return replace(changed, delay=stored_values.whole("the delay", entry["delay"], 1))
