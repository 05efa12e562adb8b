"""What is looked at after each slice, in a few microseconds."""

import numpy as np
import pytest

from snnlab.engine.stepper import Reals, steps_with_spikes


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("place", [0, 8, 16])
def test_one_value_that_is_not_finite_is_seen(value, dtype, place):
    arrays = [np.zeros(5, np.float64), np.ones(17, dtype), np.zeros(0, np.float32)]
    reals = Reals(arrays)
    assert reals.are_finite()

    arrays[1][place] = value
    assert not reals.are_finite()

    arrays[1][place] = 0
    assert reals.are_finite()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_largest_values_are_finite(dtype):
    assert Reals([np.full(9, np.finfo(dtype).max, dtype)]).are_finite()


def test_values_beyond_a_view_are_not_looked_at():
    values = np.array([1.0, 2.0, np.nan])

    assert Reals([values[:2]]).are_finite()


@pytest.mark.parametrize("counts", [[], [0, 0], [3], [0, 2, 0, 0, 1], [1, 1]])
def test_steps_with_spikes_are_those_whose_count_is_not_0(counts):
    steps, numbers = steps_with_spikes(100, np.array(counts, np.int64))

    assert dict(zip(steps.tolist(), numbers.tolist(), strict=True)) == {
        100 + k: n for k, n in enumerate(counts) if n
    }
    assert (steps.dtype, numbers.dtype) == (np.int64, np.int64)
