"""The stepper in NumPy: the same classes and phases as `stepper`, without compiled code.

It runs where there is no compiler, and it is the oracle that the compiled stepper is tested
against. One thread; as slow as NumPy is.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from snnlab.codegen.numpy_target import philox, unit
from snnlab.engine.construction import Rule, Values
from snnlab.engine.incoming import synapses_of
from snnlab.engine.memory import inbox_slots
from snnlab.engine.segments import Pieces


class Kernel(Protocol):
    """A kernel as a function; its buffers begin with the index arrays named here."""

    index_arrays: tuple[str, ...]

    def run(
        self,
        arrays: Sequence[NDArray],
        scalars: NDArray,
        step: int,
        dt: float,
        key: tuple[int, int],
        delay: int,
        *,
        element: Any,
        pre: NDArray | None = None,
        post: NDArray | None = None,
        delays: NDArray | None = None,
    ) -> None: ...


class Arguments:
    """What one kernel is given: arrays, shared values and the key of its random numbers."""

    def __init__(
        self,
        buffers: Sequence[NDArray | None],
        scalars: NDArray,
        key: tuple[int, int],
        delay: int = 0,
        *,
        distinct: bool = False,
        stride: int = 0,
    ) -> None:
        self.buffers = list(buffers)
        self.stride = stride
        self.scalars = scalars
        self.key = key
        self.delay = delay


class Object:
    """Anything that a phase can point to."""


class _Bound:
    """A kernel with its arguments."""

    def __init__(self, kernel: Kernel, arguments: Arguments) -> None:
        n = len(kernel.index_arrays)
        self._kernel = kernel
        self._arguments = arguments
        self._arrays = [array for array in arguments.buffers[n:] if array is not None]
        self.stride = arguments.stride
        self.index = dict(zip(kernel.index_arrays, arguments.buffers[:n], strict=True))

    def run(
        self,
        step: int,
        dt: float,
        element: Any,
        pre: Any = None,
        post: Any = None,
        delay: int | None = None,
    ) -> None:
        a = self._arguments
        delay = a.delay if delay is None else delay
        delays = self.index.get("(delays)")
        self._kernel.run(
            self._arrays,
            a.scalars,
            step,
            dt,
            a.key,
            delay,
            element=element,
            pre=pre,
            post=post,
            delays=delays,
        )


class SpikeLists(Object):
    """A population's spikes: flags of this step, a ring of lists, and the log of a run."""

    def __init__(
        self,
        size: int,
        spiked: NDArray[np.uint8],
        last_spike: NDArray[np.int32],
        bounds: NDArray[np.int64],
        n_slots: int,
    ) -> None:
        self.size = size
        self.spiked = spiked
        self.last_spike = last_spike
        self.bounds = bounds
        self.neuron = np.zeros((n_slots, len(spiked)), np.int32)
        self.count = np.zeros((n_slots, len(bounds) - 1, 8), np.int64)
        self.generation = 0  # counts how often the lists were replaced from outside
        self._log: list[NDArray[np.int32]] = []
        self._logging = False

    def clear(self) -> None:
        """Forget every spike under way."""
        self.count[...] = 0
        self.generation += 1
        self._log.clear()

    def keep_log(self, wanted: bool) -> None:
        """Log the spikes of the next runs, or stop it; what was logged is lost then."""
        self._logging = wanted
        self._log.clear()

    def drain(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Counts (n_steps,) of spikes in each logged step, and the neurons in order."""
        if not self._log:
            return np.zeros(0, np.int64), np.zeros(0, np.int32)
        counts = np.array([len(neurons) for neurons in self._log], np.int64)
        neurons = np.concatenate(self._log).astype(np.int32)
        self._log.clear()
        return counts, neurons

    def of_step(self, step: int) -> NDArray[np.int32]:
        """The neurons that spiked in ``step``, ascending."""
        slot = step % len(self.neuron)
        return self.neuron[slot, : self.count[slot, 0, 0]]

    def collect(self, step: int, dt: float) -> None:
        neurons = np.flatnonzero(self.spiked[: self.size]).astype(np.int32)
        slot = step % len(self.neuron)
        self.neuron[slot, : len(neurons)] = neurons
        self.count[slot, 0, 0] = len(neurons)
        self.last_spike[neurons] = step
        if self._logging:
            self._log.append(neurons)


class Update(Object):
    """A kernel that runs over the neurons of a population."""

    def __init__(self, spikes: SpikeLists, kernel: Kernel, arguments: Arguments) -> None:
        self._n = len(spikes.spiked)
        self._bound = _Bound(kernel, arguments)

    def update(self, step: int, dt: float) -> None:
        self._bound.run(step, dt, slice(0, self._n))

    def once(self, step: int, dt: float) -> None:
        self._bound.run(step, dt, slice(0, 1))

    fade = update


class Arrivals(Object):
    """A kernel that runs for each neuron whose spike of ``delay`` steps ago arrives."""

    def __init__(
        self, spikes: SpikeLists, kernel: Kernel, arguments: Arguments, delay: int
    ) -> None:
        self._spikes, self._delay = spikes, delay
        self._bound = _Bound(kernel, arguments)

    def arrive(self, step: int, dt: float) -> None:
        if step >= self._delay:
            self._bound.run(step, dt, self._spikes.of_step(step - self._delay).astype(np.intp))


class Synapses(Object):
    """A projection's synapses, by pre neuron, and the kernels that run over them."""

    def __init__(
        self,
        pre: SpikeLists,
        post: SpikeLists,
        pieces: Pieces,
        target: NDArray,
        weight: NDArray,
        conductance: NDArray,
        delay: int,
    ) -> None:
        self.pre, self._post = pre, post
        part, base = pieces.part, pieces.base
        self._begin, self._end = part[: -1 : len(base)], part[len(base) :: len(base)]
        n_pre = len(self._begin)
        self._target = target + np.repeat(np.tile(base, n_pre), np.diff(part)).astype(np.intp)
        self._source = np.repeat(np.arange(n_pre), self._end - self._begin)
        self._weight = weight
        self._conductance = conductance
        self._delay = delay
        self._delay_each: tuple[NDArray[np.int64], NDArray] | None = None
        self.inbox: Inbox | None = None
        self._on_pre: _Bound | None = None
        self._on_post: tuple[_Bound, NDArray[np.int64]] | None = None
        self._incoming: NDArray[np.int64] | None = None  # None: all are connected to all
        self._each_step: _Bound | None = None
        self._continuous: _Bound | None = None

    def on_pre(self, kernel: Kernel, arguments: Arguments) -> None:
        self._on_pre = _Bound(kernel, arguments)

    def on_post(self, kernel: Kernel, arguments: Arguments, post_row: NDArray[np.int64]) -> None:
        self._on_post = _Bound(kernel, arguments), post_row
        entries, bits = self._on_post[0].index["(synapse)"], self._on_post[0].index["(bits)"]
        if entries is not None:
            self._incoming = synapses_of(entries, bits, post_row)

    def each_step(self, kernel: Kernel, arguments: Arguments) -> None:
        self._each_step = _Bound(kernel, arguments)

    def continuously(
        self, kernel: Kernel, arguments: Arguments, rows_kernel: Kernel | None = None
    ) -> None:
        self._continuous = _Bound(kernel, arguments)

    def weights_changed(self) -> None:
        """Take over the values that the array of weights has now."""
        if self.inbox is not None:
            self.inbox.forget()

    def delay_each(self, delay: NDArray) -> None:
        """Deliver each synapse after its own ``delay``, uint8 or uint16 (n_synapses,), steps."""
        self._delay_each = np.unique(delay).astype(np.int64), delay

    def deliver(self, step: int, dt: float) -> None:
        if self.inbox is not None:
            if self is self.inbox.members[0][0]:
                self.inbox.deliver(step)
            return
        if self._delay_each is None:
            self._deliver(step, dt, self._delay, None)
            return
        delays, delay = self._delay_each
        for one in delays:
            self._deliver(step, dt, int(one), delay)

    def _deliver(self, step: int, dt: float, delay: int, each: NDArray | None) -> None:
        """Spikes of ``delay`` steps ago arrive, at the synapses with that delay only."""
        if step < delay:
            return
        spiking = self.pre.of_step(step - delay)
        synapses = _ranges(self._begin[spiking], self._end[spiking])
        if each is not None:
            synapses = synapses[each[synapses] == delay]
        if self._on_pre is not None:
            sources, targets = self._source[synapses], self._target[synapses]
            self._on_pre.run(step, dt, synapses, sources, targets, delay)
            return
        weights = self._weight if self._weight.ndim == 0 else self._weight[synapses]
        real = self._conductance.dtype.type
        np.add.at(self._conductance, self._target[synapses], real(weights))

    def rows_of(self, emitted: int) -> tuple[NDArray, NDArray, NDArray]:
        """Synapses of the neurons that spiked in a step, in their order, targets and weights."""
        spiking = self.pre.of_step(emitted)
        synapses = _ranges(self._begin[spiking], self._end[spiking])
        weights = self._weight if self._weight.ndim == 0 else self._weight[synapses]
        return synapses, self._target[synapses], np.broadcast_to(weights, synapses.shape)

    def transmit(self, step: int, dt: float) -> None:
        if self._continuous is not None:
            self._continuous.run(step, dt, slice(0, len(self._target)), self._source, self._target)

    def synapses(self, step: int, dt: float) -> None:
        if self._each_step is not None:
            self._each_step.run(step, dt, slice(0, len(self._target)), self._source, self._target)

    def post(self, step: int, dt: float) -> None:
        if self._on_post is None:
            return
        bound, row = self._on_post
        spiking = self._post.of_step(step)
        if self._incoming is None:
            rows = np.arange(len(self._begin)) * bound.stride
            synapses = (spiking[:, np.newaxis] + rows).ravel().astype(np.intp)
        else:
            synapses = self._incoming[_ranges(row[spiking], row[spiking + 1])]
            synapses = synapses[synapses >= 0]
        bound.run(step, dt, synapses, self._source[synapses], self._target[synapses])


class Inbox:
    """What reaches an array of a population in the coming steps, by delays of single synapses."""

    def __init__(
        self,
        post: SpikeLists,
        conductance: NDArray,
        members: Iterable[tuple[Synapses, NDArray[np.uint8]]],
    ) -> None:
        self.members = list(members)
        self._conductance = conductance
        self._longest = max(int(delays.max(initial=1)) for _, delays in self.members)
        self._ring = np.zeros((inbox_slots(self._longest), len(conductance)), conductance.dtype)
        self._known = -1, -1  # next step, generation of the spike lists
        self.arrays = [self._ring]  # that steps change, and that a refill makes anew
        for synapses, _ in self.members:
            synapses.inbox = self

    def forget(self) -> None:
        """Enter the spikes under way anew before the next step."""
        self._known = -1, -1

    def deliver(self, step: int) -> None:
        generation = sum(synapses.pre.generation for synapses, _ in self.members)
        if self._known != (step, generation):
            self._ring[...] = 0
            for emitted in range(max(0, step - self._longest), step - 1):
                self._send(emitted, step - emitted)
        self._known = step + 1, generation
        if step > 0:
            self._send(step - 1, 1)
        slot = step % len(self._ring)
        self._conductance += self._ring[slot]
        self._ring[slot] = 0

    def _send(self, emitted: int, least: int) -> None:
        """Enter the spikes of a step for those steps that are ``least`` later, or more."""
        for synapses, delays in self.members:
            which, targets, weights = synapses.rows_of(emitted)
            delay = delays[which].astype(np.int64)
            late = delay >= least
            slots = (emitted + delay[late]) % len(self._ring)
            values = weights[late].astype(self._ring.dtype)
            np.add.at(self._ring, (slots, targets[late]), values)


class ProceduralSynapses(Object):
    """A projection's synapses that are not stored, but made anew when a neuron spikes."""

    def __init__(
        self,
        pre: SpikeLists,
        post: SpikeLists,
        rule: Rule,
        row: NDArray[np.int32] | None,
        post_neuron: NDArray[np.int32] | None,
        weight: NDArray[np.float64],
        values: Values | None,
        ends: NDArray[np.int64] | None,
        conductance: NDArray,
        delay: int,
    ) -> None:
        self._pre, self._rule, self._row, self._post_neuron = pre, rule, row, post_neuron
        self._weight, self._values, self._ends = weight, values, ends
        self._conductance, self._delay = conductance, delay

    def weights_changed(self) -> None:
        """Nothing is kept in an order of its own."""

    def generate(self, step: int, dt: float) -> None:
        if step < self._delay:
            return
        real = self._conductance.dtype.type
        start = np.zeros(self._rule.n_rows + 1, np.int64)
        for neuron in self._pre.of_step(step - self._delay):
            row = int(neuron if self._row is None else self._row[neuron])
            if row < 0:
                continue
            targets = np.empty(self._rule.count(row, row + 1)[0], np.uint32)
            self._rule.fill(row, row + 1, start, targets)
            posts = targets if self._post_neuron is None else self._post_neuron[targets]
            weights = np.full(len(targets), self._weight, real)
            if self._values is not None and self._ends is not None:
                self._values.fill(int(self._ends[row]), weights)
            np.add.at(self._conductance, posts, weights)


class Combination(Object):
    """Adds a neuron's reduced inputs (``scratch``) to ``out``: their mean, maximum or minimum."""

    def __init__(
        self,
        post: SpikeLists,
        n_inputs: NDArray[np.int64],
        scratch: NDArray,
        out: NDArray,
        operation: str,
    ) -> None:
        self._receives = np.flatnonzero(n_inputs)
        self._divisor = n_inputs[self._receives] if operation == "mean" else 1
        self._scratch, self._out = scratch, out

    def combine(self, step: int, dt: float) -> None:
        self._out[self._receives] += self._scratch[self._receives] / self._divisor


class Clear(Object):
    """Fills an array of a population with one value."""

    def __init__(self, population: SpikeLists, array: NDArray, value: float = 0.0) -> None:
        self._array, self._value = array, value

    def clear(self, step: int, dt: float) -> None:
        self._array[...] = self._value


class History(Object):
    """``out`` is ``source`` as it was ``delay`` steps ago; before the first step as it is now."""

    def __init__(self, population: SpikeLists, source: NDArray, delay: int) -> None:
        self._source, self._delay = source, delay
        self.ring = np.tile(source, (delay, 1))
        self.out = source.copy()

    def fill(self) -> None:
        """Forget the past: it was always as it is now."""
        self.ring[...] = self._source
        self.out[...] = self._source

    def history(self, step: int, dt: float) -> None:
        if step > 0 or self._delay == 1:  # of one step ago is what there is now
            self.ring[(step - 1) % self._delay] = self._source
        self.out[...] = self.ring[step % self._delay]


class Past(Object):
    """``ring`` (padded, 2 * length): ``source`` of the latest ``length`` steps, each twice.

    While step n runs, the values of d steps ago stand at ``n % length + length - d``.
    """

    def __init__(self, population: SpikeLists, source: NDArray, length: int) -> None:
        self._source, self._length = source, length
        self.ring = np.repeat(source[:, np.newaxis], 2 * length, axis=1)

    def fill(self) -> None:
        """Forget the past: it was always as it is now."""
        self.ring[...] = self._source[:, np.newaxis]

    def past(self, step: int, dt: float) -> None:
        if step > 0:
            slot = (step - 1) % self._length
            self.ring[:, slot] = self.ring[:, slot + self._length] = self._source


OPERATIONS = {
    "mean": np.mean,
    "max": np.max,
    "min": np.min,
    "norm1": lambda values: np.abs(values).sum(),
    "norm2": lambda values: np.sqrt((values**2).sum()),
}


class Reduction(Object):
    """One number over all neurons of a population."""

    def __init__(self, source: NDArray, size: int, out: NDArray, operation: str) -> None:
        self._values, self._out = source[:size], out
        self._operation = OPERATIONS[operation]

    def reduce(self, step: int, dt: float) -> None:
        self._out[0] = self._operation(self._values)


class SpikePlayer(Object):
    """Makes neurons spike at given steps."""

    def __init__(
        self, spikes: SpikeLists, steps: NDArray[np.int64], neurons: NDArray[np.int32]
    ) -> None:
        self._spikes, self._steps, self._neurons = spikes, steps, neurons

    def emit(self, step: int, dt: float) -> None:
        first, last = np.searchsorted(self._steps, [step, step + 1])
        self._spikes.spiked[self._neurons[first:last]] = 1


class Mask(Object):
    """Takes away the spikes of the neurons where ``silenced``, uint8 (padded), is 1."""

    def __init__(self, spikes: SpikeLists, silenced: NDArray[np.uint8]) -> None:
        self._spikes, self._silenced = spikes, silenced

    def mask(self, step: int, dt: float) -> None:
        self._spikes.spiked[self._silenced != 0] = 0


class Stimulus(Object):
    """Adds to ``out`` one value after the other, for the neurons ``chosen``."""

    def __init__(
        self,
        population: SpikeLists,
        starts: NDArray[np.int64],
        values: NDArray[np.float64],
        chosen: NDArray[np.uint8] | None,
        base: NDArray | None,
        out: NDArray,
    ) -> None:
        self._starts, self._values, self._base, self._out = starts, values, base, out
        self._chosen = slice(None) if chosen is None else np.flatnonzero(chosen)

    def stimulate(self, step: int, dt: float) -> None:
        if self._base is not None:
            self._out[...] = self._base
        row = int(np.searchsorted(self._starts, step, side="right")) - 1
        if 0 <= row < len(self._values):
            self._out[self._chosen] += self._out.dtype.type(self._values[row])


class ValuePlayer(Object):
    """Gives an array of a population the values of one row after the other."""

    def __init__(
        self,
        population: SpikeLists,
        starts: NDArray[np.int64],
        rows: NDArray,
        out: NDArray,
        period: int,
    ) -> None:
        self._starts, self._rows, self._out, self._period = starts, rows, out, period

    def play(self, step: int, dt: float) -> None:
        now = step % self._period if self._period else step
        row = int(np.searchsorted(self._starts, now, side="right")) - 1
        self._out[...] = self._rows[row] if row >= 0 else 0


POISSON_BLOCK = 1024  # SNN_POISSON_BLOCK


class PoissonSpikes(Object):
    """Makes neurons spike at random, each in a step with probability 1 - exp(-rate * scale)."""

    def __init__(
        self, spikes: SpikeLists, key: tuple[int, int], rate: NDArray, scale: float
    ) -> None:
        self._spikes, self._key, self._rate, self._scale = spikes, key, rate, scale
        self._each = rate.ndim > 0 and len(rate) == len(spikes.spiked)

    def poisson(self, step: int, dt: float) -> None:
        n_padded = len(self._spikes.spiked)
        for block, begin in enumerate(range(0, self._spikes.size, POISSON_BLOCK)):
            end = min(begin + POISSON_BLOCK, n_padded)
            rates = self._rate[begin:end] if self._each else self._rate.reshape(1)
            mean = float(rates.max()) * self._scale
            if not mean > 0:
                continue
            places, chances = self._candidates(step, block, begin, end, mean)
            if self._each:
                own = np.expm1(-self._rate[places].astype(float) * self._scale)
                places = places[chances * np.expm1(-mean) > own]
            self._spikes.spiked[places[places < self._spikes.size]] = 1

    def _candidates(
        self, step: int, block: int, begin: int, end: int, mean: float
    ) -> tuple[NDArray[np.int64], NDArray]:
        """Where spikes of the highest rate fall, and a uniform number for each."""
        expected = (end - begin) * min(mean, 1.0)
        n = int(expected + 10 * expected**0.5 + 10)
        while True:
            number = np.uint32(4) | np.arange(n, dtype=np.uint32) << np.uint32(16)
            low, high, of = (np.full(n, c) for c in (step & 0xFFFFFFFF, step >> 32, block))
            bits = philox(self._key, low, high, of, number)
            gaps = 1.0 + np.floor(np.log(unit(bits[0], bits[1])) * (-1.0 / mean))
            places = begin - 1.0 + np.cumsum(gaps)
            if places[-1] >= end:
                inside = places < end
                return places[inside].astype(np.int64), unit(bits[2], bits[3])[inside]
            n *= 2


class Drive(Object):
    """Adds random counts, each times a weight, to an array of a population in every step."""

    def __init__(self, population: SpikeLists, key: tuple[int, int], out: NDArray) -> None:
        self._key, self._out = key, out

    def draw(
        self,
        threshold: NDArray[np.uint32],
        smallest: NDArray[np.int32],
        row: NDArray[np.int32] | None = None,
    ) -> None:
        """Draw from these distributions from now on (`snnlab.engine.counts.CountTable`)."""
        self._threshold, self._smallest, self._row = threshold, smallest, row

    def weigh(self, weight: NDArray[np.float64]) -> None:
        """``weight`` float64 (n_padded,), or (1,) for all neurons."""
        self._weight = weight

    def drive(self, step: int, dt: float) -> None:
        n = len(self._out)
        lanes = np.arange(n // 4)
        low, high, number = (np.full(len(lanes), c) for c in (step & 0xFFFFFFFF, step >> 32, 5))
        words = philox(self._key, low, high, lanes, number)
        # Of 64 neurons the first 16 have the first word of their counters, and so on.
        random = np.stack([w.reshape(-1, 16) for w in words], axis=1).ravel()
        if self._row is None:
            counts = self._smallest[0] + np.searchsorted(self._threshold[0], random, side="left")
        else:
            counts = np.empty(n, np.int64)
            for k in np.unique(self._row):
                own = self._row == k
                found = np.searchsorted(self._threshold[k], random[own], side="left")
                counts[own] = self._smallest[k] + found
        self._out += (self._weight * counts).astype(self._out.dtype)


class Recorder(Object):
    """Copies chosen elements of one array at the end of every ``period``-th step."""

    def __init__(
        self,
        source: NDArray,
        neuron: NDArray[np.int32],
        bounds: NDArray[np.int64],
        period: int,
        first_step: int,
    ) -> None:
        self._source, self._neuron, self._period = source, neuron, period
        self.next_step = first_step
        self._samples: list[NDArray] = []

    def prepare(self, step: int, n_steps: int, n_expected: int = 0) -> None:
        self._samples = []

    def record(self, step: int, dt: float) -> None:
        since = step - self.next_step
        if since >= 0 and since % self._period == 0:
            self._samples.append(self._source[self._neuron].copy())

    def take(self, end: int) -> tuple[NDArray[np.int64], NDArray]:
        """Steps (n_samples,) and values (n_samples, n_neurons) of a run until ``end``."""
        n = len(self._samples)
        steps = self.next_step + self._period * np.arange(n)
        values = np.array(self._samples, self._source.dtype).reshape(n, len(self._neuron))
        self.next_step += self._period * n
        self._samples = []
        return steps, values


class Stepper:
    """Runs a list of phases, step after step."""

    in_python = True

    def __init__(
        self, phases: Iterable[tuple[str, Any]], n_threads: int, dt: float, spin: int = 0
    ) -> None:
        self._dt = dt
        self.step = 0
        self._phases = [getattr(item, kind) for kind, item in phases if kind != "barrier"]

    def run(
        self,
        n_steps: int,
        team: int | None = None,
        patience: float = 0.0,
        stop: NDArray[np.int32] | None = None,
    ) -> tuple[tuple[int, float], tuple[int, float]]:
        """Run ``n_steps`` steps; (steps, seconds) of a team, which there is none, and alone."""
        start, first = time.perf_counter(), self.step
        while self.step < first + n_steps:
            for phase in self._phases:
                phase(self.step, self._dt)
            self.step += 1
            if stop is not None and stop[0]:
                break
        return (0, 0.0), (self.step - first, time.perf_counter() - start)


def _ranges(begins: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """All numbers of the ranges ``begins[i] <= k < ends[i]``, one range after the other."""
    lengths = ends - begins
    total = int(lengths.sum())
    if total == 0:
        return np.zeros(0, np.int64)
    starts = np.repeat(begins - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths)
    return starts + np.arange(total)
