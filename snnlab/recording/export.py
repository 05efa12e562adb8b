"""Recordings for other programs: NPZ, CSV, and the objects of Neo.

Times are in ms, values in the unit that the model gives them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from snnlab.errors import SimulationError

if TYPE_CHECKING:
    import pandas as pd

    from snnlab.recording.results import TraceRecord
    from snnlab.recording.store import StoredTrace

    Spikes = Mapping[str, pd.DataFrame]  # by owner
    TracesOf = Mapping[str, Mapping[str, TraceRecord | StoredTrace]]  # by owner and variable


def checked_path(where: str, path: object) -> str:
    """``path`` as text.

    Raises
    ------
    SimulationError
        If it is none.
    """
    text = os.fspath(path) if isinstance(path, str | os.PathLike) else path
    if not isinstance(text, str) or not text:
        raise SimulationError(f"{where}: {path!r} is no path; give that of a file.")
    return text


def save(path: str | Path, spikes: Spikes, traces: TracesOf) -> None:
    """Write spikes and traces; the ending of ``path`` chooses the form.

    ``.npz``: arrays ``spikes/E/time``, ``spikes/E/neuron``, ``traces/E/v/values`` (time, neuron),
    ``traces/E/v/time``, ``traces/E/v/neuron``, and ``units``, JSON. ``.csv``: one table, the units
    in a first line that begins with ``#``.

    Raises
    ------
    SimulationError
        If the ending is another one, a CSV file would have to hold several tables, or the file
        cannot be written.
    """
    path = Path(path)
    forms = {".npz": _save_npz, ".csv": _save_csv}
    if path.suffix not in forms:
        raise SimulationError(
            f"Recording: cannot write '{path.name}'; use a name that ends in .npz or .csv."
        )
    try:
        forms[path.suffix](path, spikes, traces)
    except OSError as error:
        raise SimulationError(
            f"Recording: '{path}' cannot be written ({error.strerror or error}); "
            f"choose another path."
        ) from error


def _save_npz(path: Path, spikes: Spikes, traces: TracesOf) -> None:
    arrays: dict[str, Any] = {}
    units = {}
    for owner, frame in spikes.items():
        arrays[f"spikes/{owner}/time"] = frame["time"].to_numpy()
        arrays[f"spikes/{owner}/neuron"] = frame["neuron"].to_numpy()
        units[f"spikes/{owner}/time"] = "ms"
    for owner, records in traces.items():
        for variable, record in records.items():
            where = f"traces/{owner}/{variable}"
            arrays[f"{where}/values"] = record.samples
            arrays[f"{where}/time"] = record.times
            arrays[f"{where}/neuron"] = record.neurons
            units |= {f"{where}/values": record.unit, f"{where}/time": "ms"}
    arrays["units"] = np.array(json.dumps(units, sort_keys=True))
    np.savez_compressed(path, **arrays)


def _save_csv(path: Path, spikes: Spikes, traces: TracesOf) -> None:
    tables = [(f"spikes of {owner}", frame, "", False) for owner, frame in spikes.items()]
    for owner, records in traces.items():
        for variable, record in records.items():
            what = f"{variable} of {owner}"
            tables.append((what, record.frame(), record.unit, True))
    if len(tables) != 1:
        raise SimulationError(
            f"Recording: '{path.name}' can hold one table, not {len(tables)} "
            f"({', '.join(what for what, *_ in tables) or 'nothing is recorded'}); "
            f"write an .npz file, or record one variable."
        )
    what, frame, unit, with_index = tables[0]
    with path.open("w", encoding="utf-8", newline="") as file:
        name = " ".join(what.split())  # in one line, whatever a population is called
        file.write(f"# {name}; time in ms{f', values in {unit}' if unit else ''}\n")
        frame.to_csv(file, index=with_index)


def neo_block(name: str, spikes: Spikes, traces: TracesOf, t_stop: float) -> Any:
    """A Neo block with one segment until ``t_stop`` (ms).

    A spike train for each neuron that has spiked, and a signal for each variable: an analog signal
    if its samples are equally spaced, else an irregularly sampled one.

    Raises
    ------
    SimulationError
        If Neo is not installed.
    """
    try:
        import neo
    except ImportError as error:
        raise SimulationError(
            "Recording: the package neo is not installed; run: pip install 'neo>=0.14,<1'."
        ) from error
    block = neo.Block(name=name)
    segment = neo.Segment(name=name)
    block.segments.append(segment)
    for owner, frame in spikes.items():
        for neuron, times in frame.groupby("neuron")["time"]:
            train = neo.SpikeTrain(
                times.to_numpy(),
                units="ms",
                t_stop=t_stop,
                name=f"{owner}[{neuron}]",
                population=owner,
                neuron=neuron,
            )
            segment.spiketrains.append(train)
    for owner, records in traces.items():
        for variable, record in records.items():
            _add_signal(neo, segment, owner, variable, record)
    return block


def _add_signal(
    neo: Any, segment: Any, owner: str, variable: str, record: TraceRecord | StoredTrace
) -> None:
    times, steps = record.times, record.steps
    if len(times) < 2:
        return
    named = {"name": f"{owner}.{variable}", "array_annotations": {"neuron": record.neurons}}
    unit = record.unit or "dimensionless"
    if (np.diff(steps) == steps[1] - steps[0]).all():
        signal = neo.AnalogSignal(
            record.samples,
            units=unit,
            t_start=_ms(times[0]),
            sampling_period=_ms((times[-1] - times[0]) / (len(times) - 1)),
            **named,
        )
        segment.analogsignals.append(signal)
    else:
        signal = neo.IrregularlySampledSignal(
            times, record.samples, units=unit, time_units="ms", **named
        )
        segment.irregularlysampledsignals.append(signal)


def _ms(value: float) -> Any:
    import quantities

    return value * quantities.ms
