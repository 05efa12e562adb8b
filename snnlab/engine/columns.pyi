from numpy import float32, int64, integer, uint8
from numpy.typing import NDArray

def count_spikes(
    steps: NDArray[integer],
    neurons: NDArray[integer],
    column_steps: int,
    counts: NDArray[uint8],
    sums: NDArray[float32],
    rows: tuple[int, int],
    n_neurons: int,
    band: int,
) -> None: ...
def find_extremes(
    steps: NDArray[integer],
    values: NDArray,
    column_steps: int,
    first: int,
    low: NDArray[float32],
    high: NDArray[float32],
    low_step: NDArray[int64],
    high_step: NDArray[int64],
) -> None: ...
def count_values(counts: NDArray[uint8]) -> NDArray[int64]: ...
def pack_counts(
    counts: NDArray[uint8], bits: int, n_rest: int
) -> tuple[NDArray[uint8], NDArray[uint8]]: ...
