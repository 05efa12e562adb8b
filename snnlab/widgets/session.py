"""What a person does to a running network besides moving sliders, and what came of it.

The log of changes, the past that can be gone back to, stimuli by hand, and hints. Everything is
plain JSON; a page asks for it every two seconds, so a page that is gone costs nothing.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from snnlab.errors import DivergenceError, SnnlabError

LAST_CHANGES = 100  # that a page shows; the code has them all
MOST_POINTS = 2000  # of a painted current


def describe(network: Any) -> dict[str, object]:
    """What a page needs once: what can be stimulated."""
    return {
        "groups": [
            {
                "name": name,
                "size": population.size,
                "variables": [
                    {"name": v.name, "unit": v.unit.name if v.unit is not None else ""}
                    for v in population.neuron.model.variables
                    if v.locality == "local" and v.dtype == "float"
                ],
                "parameters": [
                    {"name": p.name, "unit": p.unit.name if p.unit is not None else ""}
                    for p in population.neuron.model.parameters
                    if p.dtype == "float"
                ],
            }
            for name, population in list(network.populations.items())
        ],
    }


def present(network: Any) -> dict[str, object]:
    """The log, the reachable past and the hints, as they are now."""
    changes, history = list(network.log), network.history
    times = [float(time) for time in history.times]
    good = history.last_good
    diverged = isinstance(network.error, DivergenceError)
    return {
        "time": float(network.time),
        "running": bool(network.running),
        "kept": bool(history.kept),
        "n_changes": len(changes),
        "changes": [line_of(change, network.dt) for change in changes[-LAST_CHANGES:]],
        "oldest": min(times) if times else None,
        "newest": max(times) if times else None,
        "good": float(good.time) if good is not None else None,
        "branches": len(history.branches),
        "diverged": float(network.time) if diverged else None,
        "hints": list(network.hints()),
    }


def line_of(change: Any, dt: float) -> dict[str, object]:
    """A change of the log in words: its time (ms) and its text."""
    match change.value:
        case int() | float() as number:
            value = f"{number:g}"
        case np.ndarray() as array if array.ndim:
            value = f"{len(array)} values"
        case other:
            value = "" if other is None else str(other)
    if change.name == "(silenced)":
        some = "" if change.neurons is None else f", {len(change.neurons)} neurons"
        return {
            "time": change.step * dt,
            "text": f"{change.owner} {'silenced' if change.value else 'released'}{some}",
        }
    shown = "weight" if change.of == "projection" and change.name == "w" else change.name
    name = f"{change.owner}.{shown}"
    signs = {"set": f"{name} = {value}", "kick": f"{name} += {value}"}
    text = signs.get(change.kind, f"{name} {change.kind} {value}".rstrip())
    return {"time": change.step * dt, "text": text}


def act(network: Any, content: dict[str, Any]) -> str:
    """Do what the page asks; return why not, or an empty string."""
    try:
        match content:
            case {"do": "back", "time": float() | int() as time} if math.isfinite(time):
                network.go_back(float(time))
            case {"do": "keep", "on": bool(on)}:
                _ = network.history.keep() if on else network.history.stop()
            case {"do": "run", "duration": float() | int() as duration}:
                network.play(float(duration))
            case {
                "do": "kick",
                "group": str(group),
                "variable": str(variable),
                "amount": float() | int() as amount,
                "neurons": str(neurons),
            }:
                population = _population(network, group)
                chosen = neurons_in(neurons, population.size)
                network.kick(population, variable, float(amount), chosen)
            case {"do": "silence", "group": str(group), "neurons": str(neurons), "on": bool(on)}:
                population = _population(network, group)
                network.silence(population, neurons_in(neurons, population.size), on)
            case {
                "do": "stimulate",
                "group": str(group),
                "variable": str(variable),
                "duration": float() | int() as duration,
                "values": list(values),
                "neurons": str(neurons),
            }:
                population = _population(network, group)
                chosen = neurons_in(neurons, population.size)
                times, course = timeline(network, float(duration), values)
                network.stimulate(population, variable, times, course, chosen)
            case {"do": "run"}:
                return "dashboard: 'run for' needs a time in ms; type a number above 0."
            case _:
                return f"dashboard: {content.get('do')!r} is not understood; reload the page."
    except (SnnlabError, ValueError) as error:
        return str(error)
    return ""


def keep_file(network: Any, what: str, path: str, *, overwrite: bool) -> dict[str, object]:
    """Store the state of the network in a file, or load it; what the page is to say of it.

    A file that there is already is overwritten only when the page has said so.
    """
    path = path.strip()
    file = Path(path if path.endswith(".npz") or not path else f"{path}.npz").expanduser()
    answer: dict[str, object] = {"type": "file kept", "path": path, "exists": False, "text": ""}
    if not path:
        return answer | {"reason": "state: the file has no name; type for example state.npz."}
    if not path.rpartition("/")[2].strip(".~"):
        reason = f"state: '{path}' is a folder; type for example {Path(path) / 'state.npz'}."
        return answer | {"reason": reason}
    if what == "store" and file.exists() and not overwrite:
        return answer | {"reason": "", "exists": True, "text": f"{file} is there already"}
    try:
        if what == "store":
            network.store(file)
        else:
            network.load(file)
    except SnnlabError as error:
        return answer | {"reason": str(error)}
    done = "stored in" if what == "store" else "loaded from"
    return answer | {"reason": "", "text": f"{network.time:g} ms, {done} {file.resolve()}"}


def _population(network: Any, name: str) -> Any:
    if name not in network.populations:
        raise ValueError(f"{name}: the network has no such population; reload the dashboard.")
    return network.populations[name]


def neurons_in(text: str, size: int) -> list[int] | None:
    """The neurons that ``0-9, 15`` names; None for all of them.

    Raises
    ------
    ValueError
        If the text names something else than neurons from 0 to ``size - 1``.
    """
    wanted = text.strip().lower()
    if wanted in ("", "all"):
        return None
    found: set[int] = set()
    for part in wanted.split(","):
        first, dash, last = (piece.strip() for piece in part.partition("-"))
        ends = (first, last) if dash else (first, first)
        if not all(end.isascii() and end.isdigit() and len(end) < 10 for end in ends):
            raise ValueError(f"neurons: '{part.strip()}' is no number; write for example 0-9, 15.")
        begin, end = int(ends[0]), int(ends[1])
        if begin > end:
            raise ValueError(f"neurons: '{part.strip()}' runs backwards; give the lower one first.")
        if end >= size:
            raise ValueError(
                f"neurons: '{part.strip()}' lies outside 0-{size - 1}; name neurons within it."
            )
        found.update(range(begin, end + 1))
    return sorted(found)


def timeline(
    network: Any, duration: float, values: list[object]
) -> tuple[list[float], list[float]]:
    """Times (ms, from now) and values of a painted course, one for each stretch of it.

    Raises
    ------
    ValueError
        If it is no course.
    """
    course = [float(v) for v in values if isinstance(v, int | float) and math.isfinite(v)]
    if not 0 < len(course) == len(values) <= MOST_POINTS or not 0 < duration < math.inf:
        raise ValueError(
            f"stimulus: {len(values)} values over {duration:g} ms are no course; paint it again."
        )
    stretch = duration / len(course)
    start = float(network.time)
    return [start + k * stretch for k in range(len(course))], course
