"""Recordings on disk: spikes and traces in a Zarr store, written while the network runs.

A thread of its own writes, so that the run waits only when the disk is slower than the network.
Layout: one group a recording, numbered, with its owner, variable and unit as attributes. Traces
are ``step`` (n,) and ``values`` (n, n_neurons) with ``neurons`` (n_neurons,); spikes are ``step``
(n,) and ``neuron`` (n,). ``step`` is written last and filled with -1, so that a store whose
writer was killed has no sample that was written in part.
"""

from __future__ import annotations

import atexit
import queue
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from snnlab.errors import SimulationError
from snnlab.recording import export
from snnlab.recording.plotting import checked_span, recorded_parts
from snnlab.recording.presentation import plot
from snnlab.recording.results import Traces, spike_frame, trace_frame

if TYPE_CHECKING:
    import pandas as pd

VERSION = 1
CHUNK_BYTES = 2**20
CHUNK_ITEMS = 2**17  # of spikes and steps
QUEUED_BYTES = 256 * 2**20  # not written yet; beyond it the run waits
FLUSH_SECONDS = 1.0  # so much is lost at most when the process is killed


_open: dict[Path, RecordingStore] = {}  # stores that this process writes


def _zarr(path: Path) -> Any:
    try:
        import zarr
    except ImportError as error:
        raise SimulationError(
            f"Recording: '{path}' is a Zarr store, and the package zarr is not installed; "
            f"run: pip install 'zarr>=3.1,<4'."
        ) from error
    return zarr


class RecordingStore:
    """A Zarr store under construction.

    Raises
    ------
    SimulationError
        If zarr is missing, or there is something at ``path`` already.
    """

    def __init__(self, path: str | Path, dt: float) -> None:
        self.path = Path(path)
        zarr = _zarr(self.path)
        if self.path.exists():
            raise SimulationError(
                f"Recording: '{self.path}' exists already; give another path, or remove it."
            )
        try:
            self._root = zarr.create_group(
                str(self.path), attributes={"snnlab_recording": VERSION, "dt": dt, "time": "ms"}
            )
        except OSError as error:
            raise SimulationError(
                f"Recording: cannot write '{self.path}' ({error}); give another path."
            ) from error
        self._n_groups = 0
        self._tables: list[_Table] = []
        self._queue: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._room = threading.Condition()
        self._queued = 0  # bytes
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._write, name="snnlab-recording", daemon=True)
        self._thread.start()
        atexit.register(self.close)
        _open[self.path.resolve()] = self

    def spikes(self, owner: str) -> Sink:
        """Where the spikes of a population go."""
        columns = {"neuron": (np.int32, ())}
        return Sink(self, self._table({"kind": "spikes", "owner": owner}, columns))

    def traces(
        self,
        owner: str,
        variable: str,
        neurons: NDArray[np.int32],
        dtype: DTypeLike,
        *,
        unit: str,
        moment: str,
    ) -> Sink:
        """Where the samples of a variable go."""
        attributes = {
            "kind": "traces",
            "owner": owner,
            "variable": variable,
            "unit": unit,
            "moment": moment,
        }
        table = self._table(attributes, {"values": (np.dtype(dtype), (len(neurons),))})
        table.group.create_array("neurons", data=neurons)
        return Sink(self, table)

    def _table(self, attributes: dict[str, Any], columns: Mapping[str, Any]) -> _Table:
        group = self._root.create_group(f"{self._n_groups:03d}", attributes=attributes)
        self._n_groups += 1
        table = _Table(group, columns)
        self._tables = [*self._tables, table]
        return table

    def flush(self) -> None:
        """Return when everything that was handed over is on disk."""
        done = threading.Event()
        self._queue.put(done)
        while not done.wait(0.1):
            if not self._thread.is_alive():
                break
        self._check()

    def close(self) -> None:
        """Write what is left; nothing may be handed over any more."""
        atexit.unregister(self.close)
        _open.pop(self.path.resolve(), None)
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()

    def hand_over(self, table: _Table, rows: tuple[NDArray, ...] | int) -> None:
        """Queue rows, ``step`` first, for the writer; a step: remove those from it on."""
        self._check()
        n_bytes = 0 if isinstance(rows, int) else sum(column.nbytes for column in rows)
        with self._room:
            while self._queued > QUEUED_BYTES and self._thread.is_alive():
                self._room.wait(1.0)
            self._queued += n_bytes
        self._queue.put((table, rows, n_bytes))

    def _check(self) -> None:
        if self._error is not None:
            raise SimulationError(
                f"Recording: cannot write '{self.path}' ({self._error}); what came before is there."
            ) from self._error

    def _write(self) -> None:
        """The writer's thread."""
        flushed = time.monotonic()
        while True:
            try:
                waiting = any(table.n_waiting for table in self._tables)
                item = self._queue.get(timeout=FLUSH_SECONDS if waiting else None)
            except queue.Empty:
                item = ()
            ends = item is None
            try:
                if isinstance(item, tuple) and item and self._error is None:
                    table, rows, _ = item
                    table.take(rows)
                late = time.monotonic() - flushed > FLUSH_SECONDS
                if (late or ends or isinstance(item, threading.Event)) and self._error is None:
                    for table in self._tables:
                        table.write_all()
                    flushed = time.monotonic()
            except Exception as error:  # the run that hands over is told
                self._error = error
            if isinstance(item, threading.Event):
                item.set()
            elif isinstance(item, tuple) and item:
                with self._room:
                    self._queued -= item[2]
                    self._room.notify()
            if ends:
                return


class _Table:
    """Columns of equal length in one group; rows are appended in whole chunks."""

    def __init__(self, group: Any, columns: Mapping[str, Any]) -> None:
        self.group = group
        self._arrays = []
        for name, (dtype, shape) in (*columns.items(), ("step", (np.int64, ()))):
            row_bytes = np.dtype(dtype).itemsize * max(1, int(np.prod(shape)))
            n_rows = min(CHUNK_ITEMS, max(1, CHUNK_BYTES // row_bytes)) if shape else CHUNK_ITEMS
            array = group.create_array(
                name,
                shape=(0, *shape),
                chunks=(n_rows, *(max(1, n) for n in shape)),
                dtype=dtype,
                fill_value=-1 if name == "step" else 0,
            )
            self._arrays.append(array)
        self._chunk = self._arrays[0].chunks[0]
        self._n_rows = 0
        self._waiting: list[tuple[NDArray, ...]] = []
        self.n_waiting = 0

    def take(self, rows: tuple[NDArray, ...] | int) -> None:
        if isinstance(rows, int):
            self._cut(rows)
            return
        self._waiting.append(rows)
        self.n_waiting += len(rows[0])
        if self.n_waiting >= self._chunk:
            self.write_all()

    def _cut(self, step: int) -> None:
        """Remove the rows of ``step`` and of later steps."""
        parts = [(rows, int(np.searchsorted(rows[0], step))) for rows in self._waiting]
        self._waiting = [tuple(column[:n] for column in rows) for rows, n in parts if n]
        self.n_waiting = sum(n for _, n in parts)
        n_rows = self._n_before(step)
        if n_rows == self._n_rows:
            return
        # A chunk keeps what lies behind the end of its array, and shows it when the array grows.
        self._arrays[-1][n_rows : self._n_rows] = -1
        for array in reversed(self._arrays):
            array.resize((n_rows, *array.shape[1:]))
        self._n_rows = n_rows

    def _n_before(self, step: int) -> int:
        """How many rows on disk are of steps before ``step``; steps ascend."""
        steps, end = self._arrays[-1], self._n_rows
        while end > 0 and step > 0:
            begin = (end - 1) // self._chunk * self._chunk
            n = int(np.searchsorted(steps[begin:end], step))
            if n:
                return begin + n
            end = begin
        return 0

    def write_all(self) -> None:
        if not self.n_waiting:
            return
        step, *others = (np.concatenate(column) for column in zip(*self._waiting, strict=True))
        end = self._n_rows + self.n_waiting
        self._waiting.clear()
        for array, column in zip(self._arrays, (*others, step), strict=True):
            array.resize((end, *array.shape[1:]))
            array[self._n_rows : end] = column
        self._n_rows, self.n_waiting = end, 0


class Sink:
    """Takes one recording as it comes: steps (n,), and neurons (n,) or samples (n, n_neurons)."""

    def __init__(self, store: RecordingStore, table: _Table) -> None:
        self._store, self._table = store, table

    @property
    def where(self) -> str:
        return f"Recording '{self._store.path}'"

    def append(self, steps: NDArray[np.int64], values: NDArray) -> None:
        self._store.hand_over(self._table, (steps, values))

    def cut(self, step: int) -> None:
        """Remove what was of ``step`` or later; what comes next begins there."""
        self._store.hand_over(self._table, step)


# Reading ----------------------------------------------------------------------------------


def load_recording(path: str | Path) -> StoredRecording:
    """Open what `Network.record` wrote ``to`` a path, also while it is being written.

    What the network of another process has recorded within the last second may be missing.

    Raises
    ------
    SimulationError
        If zarr is missing, or there is no recording at ``path``.
    """
    path = Path(export.checked_path("Recording", path))
    zarr = _zarr(path)
    writer = _open.get(path.resolve())
    if writer is not None:
        writer.flush()
    try:
        root = zarr.open_group(str(path), mode="r")
        version = root.attrs.get("snnlab_recording")
        dt = float(root.attrs["dt"]) if version == VERSION else 0.0
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise SimulationError(
            f"Recording: '{path}' holds no recording; give the path that net.record(..., to=...) "
            f"wrote."
        ) from error
    if version != VERSION:
        raise SimulationError(
            f"Recording: '{path}' has the version {version!r}, and this snnlab reads {VERSION}; "
            f"give the path that net.record(..., to=...) wrote."
        )
    return StoredRecording(path, root, dt)


class StoredRecording:
    """A recording on disk; arrays are read when they are asked for.

    ``spikes["E"]`` is the table (time in ms, neuron) and ``traces["E"]["v"]`` the array (time,
    neuron), as those of the network were.
    """

    def __init__(self, path: Path, root: Any, dt: float) -> None:
        self.path = path
        self.dt = dt
        self._spikes: dict[str, Any] = {}
        self._traces: dict[str, dict[str, StoredTrace]] = {}
        for _, group in sorted(root.groups()):
            if "step" not in group or "owner" not in group.attrs:  # its maker was killed
                continue
            owner = str(group.attrs["owner"])
            if group.attrs["kind"] == "spikes":
                self._spikes[owner] = group
            elif "neurons" in group:
                traces = self._traces.setdefault(owner, {})
                traces[str(group.attrs["variable"])] = StoredTrace(group, dt)

    @property
    def spikes(self) -> Mapping[str, pd.DataFrame]:
        return _StoredSpikes(self._spikes, self.dt)

    @property
    def traces(self) -> Mapping[str, Traces]:
        return {owner: Traces(records, owner) for owner, records in self._traces.items()}

    def plot(self, *owners: str, begin: float | None = None, end: float | None = None) -> Any:
        """Figures of what was recorded, as `Network.plot` makes them.

        Parameters
        ----------
        owners
            Names of populations and projections; all if not given.
        begin, end
            ms; the first and the last time if not given.

        Raises
        ------
        SimulationError
            If there is no such name, nothing was recorded, or nothing lies between the times.
        """
        where = f"Recording '{self.path}'"
        names = dict.fromkeys((*self._spikes, *self._traces))
        for owner in owners:
            if owner not in names:
                raise SimulationError(
                    f"{where}: it has nothing of {owner!r} to plot; "
                    f"it has {', '.join(names) or 'nothing'}."
                )
        spikes = self.spikes
        ends = [
            float(table["time"].to_numpy()[-1]) + self.dt for table in spikes.values() if len(table)
        ]
        for records in self._traces.values():
            ends += [float(trace.times[-1]) for trace in records.values() if len(trace.steps)]
        if not ends:
            raise SimulationError(f"{where}: nothing was recorded, so there is nothing to plot.")
        span = checked_span(where, begin, end, last=max(ends), error=SimulationError)
        run = recorded_parts(
            spikes,
            self._traces,
            sizes=self._sizes(spikes),
            chosen=dict.fromkeys(owners),
            span=span,
            dt=self.dt,
            inhibits=dict.fromkeys(names, False),
        )
        return plot(where, run)

    def _sizes(self, spikes: Mapping[str, pd.DataFrame]) -> dict[str, int]:
        """How many neurons each population has at least."""
        return {
            name: int(table["neuron"].to_numpy().max()) + 1 if len(table) else 1
            for name, table in spikes.items()
        }

    def save(self, path: str | Path) -> None:
        """Write all spikes and traces to a file that ends in .npz, or one table to a .csv file.

        Raises
        ------
        SimulationError
            If the ending is another one, or a CSV file would hold several tables.
        """
        export.save(path, self.spikes, self._traces)

    def __repr__(self) -> str:
        traces = [f"{owner}.{name}" for owner, found in self._traces.items() for name in found]
        spikes = [f"spikes of {owner}" for owner in self._spikes]
        return f"Recording '{self.path}': {', '.join([*spikes, *traces]) or 'nothing'}"


class _StoredSpikes(Mapping[str, Any]):
    def __init__(self, groups: Mapping[str, Any], dt: float) -> None:
        self._groups, self._dt = groups, dt

    def __getitem__(self, owner: str) -> pd.DataFrame:
        if owner not in self._groups:
            known = ", ".join(self._groups) or "none"
            raise KeyError(f"Recording: it has no spikes of '{owner}'; it has those of {known}.")
        group = self._groups[owner]
        steps = _whole_steps(group)
        return spike_frame(steps, group["neuron"][: len(steps)], self._dt)

    def __iter__(self) -> Any:
        return iter(self._groups)

    def __len__(self) -> int:
        return len(self._groups)


class StoredTrace:
    """One variable of chosen neurons or synapses on disk."""

    def __init__(self, group: Any, dt: float) -> None:
        self._group = group
        self._dt = dt
        self.unit = str(group.attrs.get("unit", ""))
        self.moment = str(group.attrs.get("moment", "end"))

    @property
    def neurons(self) -> NDArray[np.int32]:
        return self._group["neurons"][:]

    @property
    def steps(self) -> NDArray[np.int64]:
        return _whole_steps(self._group)

    @property
    def times(self) -> NDArray[np.floating]:
        """Time of each sample (ms): the end of its step, or its beginning."""
        return (self.steps + (self.moment == "end")) * self._dt

    @property
    def samples(self) -> NDArray:
        """(n_samples, n_neurons)"""
        return self._group["values"][: len(self.steps)]

    def times_and_samples(self) -> tuple[NDArray[np.floating], NDArray]:
        """Time of each sample (ms, (n,)), and the samples (n, n_neurons), of one moment."""
        steps = self.steps
        return (steps + (self.moment == "end")) * self._dt, self._group["values"][: len(steps)]

    def frame(self) -> pd.DataFrame:
        """One row a time (ms), one column a neuron or synapse."""
        return trace_frame(self.times, self.samples, self.neurons, self.unit)


def _whole_steps(group: Any) -> NDArray[np.int64]:
    """The steps of the rows that were written whole."""
    steps = group["step"][:]
    missing = np.flatnonzero(steps < 0)
    return steps[: missing[0]] if len(missing) else steps
