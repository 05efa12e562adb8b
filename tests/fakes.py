"""A network without an engine: what the widgets need of one, with spikes from a dice."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import sympy

from snnlab.model.ir import Event, NeuronModel, Variable, symbol
from snnlab.network.distributions import Distribution
from snnlab.network.listeners import Signal
from snnlab.recording.results import Lineage
from snnlab.recording.streams import SpikeStream

LIF = NeuronModel(
    name="LIF",
    parameters=(),
    variables=(Variable("v", sympy.Integer(0)),),
    equations=(),
    events=(Event("spike", symbol("v") > 1),),
    targets=("exc", "inh"),
)


@dataclass
class FakeNeuron:
    model: NeuronModel = LIF


@dataclass
class FakePopulation:
    name: str
    size: int
    neuron: FakeNeuron = field(default_factory=FakeNeuron)


@dataclass
class FakeProjection:
    name: str
    pre: FakePopulation
    post: FakePopulation
    target: str
    procedural: bool = False


class FakeHandle:
    def __init__(self, owner: str, name: str, value: float, low: float, high: float, unit: str):
        self.owner, self.name, self.low, self.high, self.unit = owner, name, low, high, unit
        self.owner_kind = "projection" if "->" in owner else "population"
        self.label = name
        self.help = f"the {name} of {owner}"
        self.value = value
        self.moves: list[tuple[float, float]] = []  # (wall clock in s, value)
        self.dtype = "float"
        self.refusal = ""  # why the next value will be refused
        self.each: np.ndarray | None = None  # the values where they differ

    @property
    def n_elements(self) -> int:
        return 1 if self.each is None else len(self.each)

    @property
    def extremes(self) -> tuple[float, float] | None:
        return None if self.each is None else (self.each.min(), self.each.max())

    def give_each(self, distribution: Distribution) -> None:
        self.each = distribution.sample((1, 2), 0, 100)
        self.value = float(self.each.mean())

    draw = give_each

    def set(self, value: float) -> None:
        if self.refusal:
            raise ValueError(self.refusal)
        self.value = value
        self.moves.append((time.monotonic(), value))


class FakeStream(SpikeStream):
    """A stream of spikes or samples that remembers its end."""

    def __init__(self) -> None:
        self.closed = False
        super().__init__(self._mark)

    def _mark(self) -> None:
        self.closed = True


class FakeNetwork:
    """Poisson spikes whose rate is the slider ``E.rate``; a thread plays it."""

    built = True
    building = ""

    def __init__(self, sizes: dict[str, int] | None = None, dt: float = 0.1, seed: int = 1):
        sizes = sizes or {"E": 3200, "I": 800}
        self.dt = dt
        self.step_index = 0
        self.n_moves = 0
        self.lineage = Lineage()
        self.running = False
        self.speed: float | None = 1.0
        self.real_time_factor = 0.0
        self.watchers: set[object] = set()  # who looks at it
        self.rests: list[float] = []  # s
        self.error: Exception | None = None
        self.warnings: list[str] = []
        self.state = ("ready", "")
        self.changed = Signal()
        self.log: Any = []
        self.history = SimpleNamespace(kept=False, times=[], last_good=None, branches=[])
        self.populations = {name: FakePopulation(name, size) for name, size in sizes.items()}
        names = list(sizes)
        self.projections = {}
        if len(names) > 1:
            pre, post = self.populations[names[1]], self.populations[names[0]]
            name = f"{pre.name}->{post.name} inh"
            self.projections[name] = FakeProjection(name, pre, post, "inh")
        self._handles = [
            FakeHandle(name, "rate", 20.0, 0.0, 100.0, "Hz") for name in self.populations
        ]
        self._handles += [
            FakeHandle(names[0], "tau_e", 5.0, 1.0, 20.0, "ms"),
            *(FakeHandle(projection, "g", 1.0, 0.0, 4.0, "") for projection in self.projections),
        ]
        self._random = np.random.default_rng(seed)
        self._spike_streams: list[tuple[FakePopulation, FakeStream]] = []
        self._trace_streams: list[tuple[FakePopulation, list[int], FakeStream]] = []
        self._thread: threading.Thread | None = None
        self._recorded: dict[str, list[pd.DataFrame]] = {name: [] for name in self.populations}

    @property
    def spikes(self) -> dict[str, pd.DataFrame]:
        nothing = pd.DataFrame({"time": np.zeros(0), "neuron": np.zeros(0, np.int32)})
        return {n: pd.concat([nothing, *frames]) for n, frames in self._recorded.items()}

    def latest_spikes(
        self, population: str, most: int, at_once: int
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        known = self.spikes[population].tail(most)
        steps = np.rint(known["time"].to_numpy() / self.dt).astype(np.int64)
        for begin in range(0, len(known), at_once):
            part = slice(begin, begin + at_once)
            yield steps[part], known["neuron"].to_numpy()[part]

    @property
    def time(self) -> float:
        return self.step_index * self.dt

    def watched_by(self, watcher: object, looks: bool) -> None:
        (self.watchers.add if looks else self.watchers.discard)(watcher)

    def hints(self) -> list[str]:
        return []

    def rest(self, seconds: float) -> None:
        self.rests.append(seconds)

    def build_state(self) -> tuple[str, str]:
        return self.state

    def handles(self) -> list[FakeHandle]:
        return self._handles

    def handle(self, owner: str, name: str) -> FakeHandle:
        return next(h for h in self._handles if (h.owner, h.name) == (owner, name))

    def stream_spikes(self, population: FakePopulation) -> FakeStream:
        stream = FakeStream()
        self._spike_streams.append((population, stream))
        return stream

    def stream_traces(
        self,
        population: FakePopulation,
        variable: str,
        neurons: list[int],
        every: float | None = None,
    ) -> FakeStream:
        stream = FakeStream()
        self._trace_streams.append((population, neurons, stream))
        return stream

    def advance(self, n_steps: int) -> None:
        """Make ``n_steps`` steps of data."""
        start = self.step_index
        tau = self.handle(next(iter(self.populations)), "tau_e").value
        for population in self.populations.values():
            rate = self.handle(population.name, "rate").value
            mean = rate * population.size * n_steps * self.dt / 1000
            count = self._random.poisson(mean * (1 + 0.5 * np.sin(self.time / 40)))
            steps = np.sort(self._random.integers(start, start + n_steps, count))
            neurons = self._random.integers(0, population.size, count)
            frame = pd.DataFrame({"time": steps * self.dt, "neuron": neurons.astype(np.int32)})
            self._recorded[population.name].append(frame)
            for owner, stream in self._spike_streams:
                if owner is population:
                    stream.put(steps.astype(np.int64), neurons.astype(np.int32))
        for _, neurons, stream in self._trace_streams:
            steps = np.arange(start, start + n_steps)
            phase = steps[:, None] * self.dt / (tau * 4) + np.asarray(neurons)[None, :]
            noise = self._random.normal(0, 1, (n_steps, len(neurons)))
            stream.put(steps, -60 + 8 * np.sin(phase) + noise)
        self.step_index = start + n_steps

    def play(self) -> None:
        if self.running:
            return
        self.running = True
        self._thread = threading.Thread(target=self._play, daemon=True)
        self._thread.start()
        self.changed.emit()

    def _play(self) -> None:
        begin, first = time.monotonic(), self.step_index
        speed = self.speed
        while self.running:
            time.sleep(0.005)
            if self.speed != speed:
                begin, first, speed = time.monotonic(), self.step_index, self.speed
            pace = 4.0 if speed is None else speed
            due = first + int((time.monotonic() - begin) * pace * 1000 / self.dt)
            if due > self.step_index:
                self.advance(due - self.step_index)
            self.real_time_factor = pace

    def pause(self) -> None:
        self.running = False
        if self._thread is not None:
            self._thread.join()
        self.changed.emit()

    def step(self, n: int = 1) -> None:
        self.advance(n)
        self.changed.emit()

    def reset(self) -> None:
        self.pause()
        self.step_index = 0
        self.n_moves += 1
        self.lineage.leave(0)
        self._recorded = {name: [] for name in self.populations}
        self.changed.emit()

    def simulate(self, duration: float) -> None:
        """Block like a cell that runs a network, in real time."""
        self.play()
        time.sleep(duration / 1000)
        self.pause()
