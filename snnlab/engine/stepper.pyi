from collections.abc import Iterable, Sequence

from numpy import float64, int32, int64, uint8
from numpy.typing import NDArray

from snnlab.engine.construction import Rule, Values
from snnlab.engine.segments import Pieces

KINDS: dict[str, int]
OPERATIONS: dict[str, int]
SHARED_STEPS: int

class Reals:
    def __init__(self, arrays: Iterable[NDArray]) -> None: ...
    def are_finite(self) -> bool: ...

def steps_with_spikes(
    first_step: int, counts: NDArray[int64]
) -> tuple[NDArray[int64], NDArray[int64]]: ...

class Arguments:
    def __init__(
        self,
        buffers: Sequence[NDArray | None],
        scalars: NDArray[float64],
        key: tuple[int, int],
        delay: int = 0,
        *,
        distinct: bool = False,
        stride: int = 0,
    ) -> None: ...
    def prepare(self, kernel: int, n_values: int) -> None: ...

class Object: ...

class SpikeLists(Object):
    spiked: NDArray[uint8]
    last_spike: NDArray[int32]
    neuron: NDArray[int32]
    count: NDArray[int64]
    bounds: NDArray[int64]
    def __init__(
        self,
        size: int,
        spiked: NDArray[uint8],
        last_spike: NDArray[int32],
        bounds: NDArray[int64],
        n_slots: int,
    ) -> None: ...
    def clear(self) -> None: ...
    def keep_log(self, wanted: bool) -> None: ...
    def drain(self) -> tuple[NDArray[int64], NDArray[int32]]: ...

class Update(Object):
    def __init__(self, spikes: SpikeLists, kernel: int, arguments: Arguments) -> None: ...

class Arrivals(Object):
    def __init__(
        self, spikes: SpikeLists, kernel: int, arguments: Arguments, delay: int
    ) -> None: ...

class Synapses(Object):
    def __init__(
        self,
        pre: SpikeLists,
        post: SpikeLists,
        pieces: Pieces,
        target: NDArray,
        weight: NDArray,
        conductance: NDArray,
        delay: int,
    ) -> None: ...
    def on_pre(self, kernel: int, arguments: Arguments) -> None: ...
    def on_post(self, kernel: int, arguments: Arguments, post_row: NDArray[int64]) -> None: ...
    def each_step(self, kernel: int, arguments: Arguments) -> None: ...
    def weights_changed(self) -> None: ...
    def delay_each(self, delay: NDArray) -> None: ...
    def continuously(self, kernel: int, arguments: Arguments, rows_kernel: int = 0) -> None: ...

class Inbox:
    arrays: list[NDArray]
    def __init__(
        self,
        post: SpikeLists,
        conductance: NDArray,
        members: Iterable[tuple[Synapses, NDArray[uint8]]],
    ) -> None: ...
    def forget(self) -> None: ...

class ProceduralSynapses(Object):
    def __init__(
        self,
        pre: SpikeLists,
        post: SpikeLists,
        rule: Rule,
        row: NDArray[int32] | None,
        post_neuron: NDArray[int32] | None,
        weight: NDArray[float64],
        values: Values | None,
        ends: NDArray[int64] | None,
        conductance: NDArray,
        delay: int,
    ) -> None: ...
    def weights_changed(self) -> None: ...

class Combination(Object):
    def __init__(
        self,
        post: SpikeLists,
        n_inputs: NDArray[int64],
        scratch: NDArray,
        out: NDArray,
        operation: str,
    ) -> None: ...

class Clear(Object):
    def __init__(self, population: SpikeLists, array: NDArray, value: float = 0.0) -> None: ...

class History(Object):
    out: NDArray
    ring: NDArray
    def __init__(self, population: SpikeLists, source: NDArray, delay: int) -> None: ...
    def fill(self) -> None: ...

class Past(Object):
    ring: NDArray
    def __init__(self, population: SpikeLists, source: NDArray, length: int) -> None: ...
    def fill(self) -> None: ...

class Reduction(Object):
    def __init__(self, source: NDArray, size: int, out: NDArray, operation: str) -> None: ...

class SpikePlayer(Object):
    def __init__(
        self, spikes: SpikeLists, steps: NDArray[int64], neurons: NDArray[int32]
    ) -> None: ...

class Mask(Object):
    def __init__(self, spikes: SpikeLists, silenced: NDArray[uint8]) -> None: ...

class Stimulus(Object):
    def __init__(
        self,
        population: SpikeLists,
        starts: NDArray[int64],
        values: NDArray[float64],
        chosen: NDArray[uint8] | None,
        base: NDArray | None,
        out: NDArray,
    ) -> None: ...

class ValuePlayer(Object):
    def __init__(
        self,
        population: SpikeLists,
        starts: NDArray[int64],
        rows: NDArray,
        out: NDArray,
        period: int,
    ) -> None: ...

class Recorder(Object):
    next_step: int
    def __init__(
        self,
        source: NDArray,
        neuron: NDArray[int32],
        bounds: NDArray[int64],
        period: int,
        first_step: int,
    ) -> None: ...
    def prepare(self, step: int, n_steps: int, n_expected: int = 0) -> None: ...
    def take(self, end: int) -> tuple[NDArray[int64], NDArray]: ...

class Stepper:
    step: int
    @property
    def in_python(self) -> bool: ...
    def __init__(
        self,
        phases: Iterable[tuple[str, object]],
        n_threads: int,
        dt: float,
        spin: int = 2000,
    ) -> None: ...
    def run(
        self,
        n_steps: int,
        team: int | None = None,
        patience: float = 0.0,
        stop: NDArray[int32] | None = None,
    ) -> tuple[tuple[int, float], tuple[int, float]]: ...
