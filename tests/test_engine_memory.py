"""Arrays of the engine: alignment, padding, and how threads share them."""

import numpy as np
import pytest

from snnlab.engine.memory import (
    ALIGNMENT,
    APART,
    PADDING,
    aligned_zeros,
    padded_size,
    split_at_vectors,
)


@pytest.mark.parametrize(
    ("size", "padded"), [(1, 64), (63, 64), (64, 64), (65, 128), (4000, 4032)], ids=str
)
def test_size_is_padded_to_whole_vectors(size, padded):
    assert padded_size(size) == padded


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int32, np.uint8], ids=str)
def test_arrays_begin_at_a_cache_line(dtype):
    arrays = [aligned_zeros(size, dtype) for size in range(1, 60)]

    assert all(array.ctypes.data % ALIGNMENT == 0 for array in arrays)
    assert [len(array) for array in arrays] == list(range(1, 60))
    assert all(array.dtype == dtype and not array.any() for array in arrays)


def test_no_array_begins_right_behind_another_one():
    arrays = sorted((aligned_zeros(64, np.float64) for _ in range(20)), key=lambda a: a.ctypes.data)

    starts = np.array([array.ctypes.data for array in arrays])
    assert (np.diff(starts) >= arrays[0].nbytes + APART).all()


@pytest.mark.parametrize("n_threads", [1, 2, 3, 8])
@pytest.mark.parametrize("size", [1, 64, 100, 1000, 4000])
def test_threads_split_at_vectors_and_leave_nothing_out(size, n_threads):
    bounds = split_at_vectors(size, n_threads)

    assert len(bounds) == n_threads + 1
    assert (bounds[0], bounds[-1]) == (0, padded_size(size))
    assert (np.diff(bounds) >= 0).all()
    assert (bounds % PADDING == 0).all()
    assert np.ptp(np.diff(bounds)) <= PADDING
