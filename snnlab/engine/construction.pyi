from numpy import float64, int32, int64, uint8, uint16, uint32, uint64
from numpy.typing import NDArray

from snnlab.engine.randomness import Key

RULES: dict[str, int]
DISTRIBUTIONS: dict[str, int]
ATTEMPTS: int

class Rule:
    kind: str
    key: Key
    ends: NDArray[int64] | None
    skipped: NDArray[int32] | None
    n_rows: int
    n_candidates: int
    n: int
    address: int
    def __init__(
        self,
        kind: str,
        key: Key,
        n_rows: int,
        n_candidates: int,
        *,
        p: float = 0.0,
        n: int = 0,
        ends: NDArray[int64] | None = None,
        skipped: NDArray[int32] | None = None,
    ) -> None: ...
    def scratch(self) -> NDArray[uint8]: ...
    def count(
        self, first_row: int, last_row: int, first: int = 0, last: int | None = None
    ) -> NDArray[int64]: ...
    def fill(self, first_row: int, last_row: int, ends: NDArray[int64], out: NDArray) -> None: ...
    def fill_segments(
        self,
        first_row: int,
        last_row: int,
        ends: NDArray[int64],
        slabs: NDArray[int64],
        segment_ends: NDArray[int64],
        numbers: NDArray[uint16],
    ) -> None: ...
    def count_transposed(self, first_row: int, last_row: int) -> NDArray[int64]: ...
    def fill_transposed(
        self, first_row: int, last_row: int, places: NDArray[int64], out: NDArray
    ) -> None: ...

class Values:
    kind: str
    address: int
    def __init__(
        self,
        kind: str,
        key: Key,
        draw: int,
        a: float,
        b: float = 0.0,
        low: float = ...,
        high: float = ...,
    ) -> None: ...
    def fill(self, first: int, out: NDArray) -> bool: ...

class Space:
    n_candidates: int
    def __init__(
        self,
        places: NDArray[float64],
        amplitudes: list[float],
        scales: list[float],
        least: float,
    ) -> None: ...
    def rows(
        self,
        own: NDArray[float64],
        firsts: NDArray[int64],
        lasts: NDArray[int64],
        skipped: NDArray[int32] | None,
        ends: NDArray[int64] | None = None,
        targets: NDArray | None = None,
        weights: NDArray[float64] | None = None,
    ) -> NDArray[int64]: ...

def chance_rows(
    key: Key,
    first_row: int,
    chance: NDArray[float64],
    skipped: NDArray[int32] | None,
    dtype: type,
) -> tuple[NDArray[int64], NDArray]: ...
def count_sources(sources: NDArray, first: int, last: int, n_rows: int) -> NDArray[int64]: ...
def spread_pairs(
    sources: NDArray,
    targets: NDArray,
    first: int,
    last: int,
    places: NDArray[int64],
    pairs: NDArray[uint64],
) -> None: ...
def sort_rows(
    first_row: int,
    last_row: int,
    ends: NDArray[int64],
    pairs: NDArray[uint64],
    n_bits: int,
    targets: NDArray,
    order: NDArray[uint32],
) -> None: ...
def columns(
    ends: NDArray[int64],
    targets: NDArray,
    first_row: int,
    last_row: int,
    places: NDArray[int64],
    entries: NDArray | None = None,
    sources: NDArray[uint16] | None = None,
) -> None: ...
def distances(
    ends: NDArray[int64],
    targets: NDArray,
    rows: NDArray[uint32],
    row_bits: int,
    block_bits: int,
    places: NDArray[int64],
    entries: NDArray[uint8] | None = None,
) -> None: ...
def split_rows(
    ends: NDArray[int64],
    targets: NDArray[uint32],
    slabs: NDArray[int64],
    first_row: int,
    last_row: int,
    segment_ends: NDArray[int64],
    numbers: NDArray[uint16],
) -> None: ...
def dense_rows(
    matrix: NDArray[float64],
    ends: NDArray[int64] | None = None,
    targets: NDArray | None = None,
    weights: NDArray[float64] | None = None,
) -> NDArray[int64]: ...
def uniform_fill(key: Key, draw: int, first: int, out: NDArray[float64]) -> None: ...
