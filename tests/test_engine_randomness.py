"""Random numbers: the published values of Philox, and the distributions made of it."""

import ctypes
from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from snnlab.engine.construction import Rule
from snnlab.engine.randomness import stream_key
from snnlab.engine.rows import make_rows, uniform
from snnlab.engine.toolchain import find_toolchain

SEEDS = range(20)


def bernoulli_rows(key, n_rows, n_post, p):
    return make_rows(Rule("bernoulli", key, n_rows, n_post, p=p))


PHILOX = """
#include "snnlab_kernel.h"
void philox(const uint32_t *key, const uint32_t *c, uint32_t *out)
{
    snn_philox(key, c[0], c[1], c[2], c[3], out);
}
double unit(uint32_t high, uint32_t low) { return snn_unit(high, low); }

#define BLOCK(NAME, ONE, ALL)                                                             \\
    void NAME(const snn_stream *stream, int by_step, const double *a, const double *b,    \\
              double *one, double *all)                                                   \\
    {                                                                                     \\
        for (int e = 0; e < SNN_DRAWS; ++e) {                                             \\
            const snn_stream own = snn_stream_of(stream, by_step, e);                     \\
            one[e] = ONE;                                                                 \\
        }                                                                                 \\
        ALL;                                                                              \\
    }
BLOCK(poisson, snn_draw_poisson(&own, a[e]), snn_draws_poisson(stream, by_step, a, all))
BLOCK(alike, snn_draw_poisson(&own, a[0]), snn_alike_poisson(stream, by_step, a[0], all))
BLOCK(binomial, snn_draw_binomial(&own, a[e], b[e]), snn_draws_binomial(stream, by_step, a, b, all))
BLOCK(gamma_, snn_draw_gamma(&own, a[e], b[e]), snn_draws_gamma(stream, by_step, a, b, all))
"""


class Stream(ctypes.Structure):
    """``snn_stream``"""

    _fields_ = (
        ("key", ctypes.c_uint32 * 2),
        ("step", ctypes.c_int64),
        ("element", ctypes.c_uint32),
        ("number", ctypes.c_uint32),
    )


@pytest.fixture(scope="module")
def philox(tmp_path_factory):
    folder = tmp_path_factory.mktemp("philox")
    source, library = folder / "philox.c", folder / "philox.so"
    source.write_text(PHILOX)
    find_toolchain().compile(source, library)
    return ctypes.CDLL(str(library))


ONES = 0xFFFFFFFF
MEANS = np.concatenate([[0, -1, np.nan, 1e-12, 500, 500.5, 1e9], np.geomspace(1e-3, 499, 57)])
CHANCES = np.concatenate([[0, -1, np.nan, 1, 1.5, 1e-18, 1 - 1e-16], np.linspace(0.001, 0.999, 57)])
TRIALS = np.resize([10, 0, 1, 900, 40, 2.5, 5000, -3, np.nan], 64)
SHAPES = np.concatenate([[0, -1, np.nan, 1, 1e-3], np.geomspace(0.01, 1e4, 59)])


@pytest.mark.parametrize(
    ("counter", "key", "numbers"),
    [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((ONES,) * 4, (ONES,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
    ids=["zeros", "ones", "digits of pi"],
)
def test_philox_gives_the_published_numbers(philox, counter, key, numbers):
    """Known answers of philox4x32-10 in Random123 (Salmon et al. 2011)."""
    out = (ctypes.c_uint32 * 4)()

    philox.philox((ctypes.c_uint32 * 2)(*key), (ctypes.c_uint32 * 4)(*counter), out)

    assert tuple(out) == numbers


def test_unit_interval_is_open(philox):
    philox.unit.restype = ctypes.c_double
    philox.unit.argtypes = (ctypes.c_uint32, ctypes.c_uint32)

    assert philox.unit(0, 0) == 2.0**-53
    assert philox.unit(ONES, ONES) == 1 - 2.0**-53


def correlation(first, second):
    return np.corrcoef(first, second)[0, 1]


@pytest.mark.parametrize("seed", SEEDS)
def test_uniform_numbers_are_uniform(seed):
    numbers = uniform(stream_key(seed, 1, 2), 3, 20_000)

    assert stats.kstest(numbers, "uniform").pvalue > 1e-4
    # Standard errors of the mean and of the variance of 20,000 uniform numbers.
    assert abs(numbers.mean() - 1 / 2) < 4 * np.sqrt(1 / 12 / 20_000)
    assert abs(numbers.var() - 1 / 12) < 4 * np.sqrt(1 / 180 / 20_000)
    assert abs(correlation(numbers[:-1], numbers[1:])) < 4 / np.sqrt(20_000)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((stream_key(1, 1, 0), 1), (stream_key(2, 1, 0), 1)),
        ((stream_key(1, 1, 0), 1), (stream_key(1, 1, 1), 1)),
        ((stream_key(1, 1, 0), 1), (stream_key(1, 2, 0), 1)),
        ((stream_key(1, 1, 0), 1), (stream_key(1, 1, 0), 2)),
    ],
    ids=["seeds", "objects", "kinds", "draws"],
)
def test_streams_are_independent(one, other):
    (key, draw), (other_key, other_draw) = one, other

    first, second = uniform(key, draw, 20_000), uniform(other_key, other_draw, 20_000)

    assert not (first == second).any()
    assert abs(correlation(first, second)) < 4 / np.sqrt(20_000)


def test_longer_stream_begins_like_a_shorter_one():
    key = stream_key(1, 1, 0)

    np.testing.assert_array_equal(uniform(key, 1, 1000)[:10], uniform(key, 1, 10))


def test_keys_of_all_objects_differ():
    paths = [(s, kind, k) for s in range(50) for kind in (1, 2) for k in range(50)]

    keys = {stream_key(*path) for path in paths}

    assert len(keys) == len(paths)
    assert all(0 <= part < 2**32 for key in keys for part in key)


@pytest.mark.parametrize("seed", SEEDS)
def test_bernoulli_rows_have_exact_probability(seed):
    n_rows, n_post, p = 400, 500, 0.05

    ends, targets = bernoulli_rows(stream_key(seed, 2, 0), n_rows, n_post, p)

    counts = np.diff(ends)
    total = stats.binomtest(len(targets), n_rows * n_post, p)
    assert total.pvalue > 1e-4
    expected = n_rows * p
    spread = ((np.bincount(targets, minlength=n_post) - expected) ** 2).sum() / (expected * (1 - p))
    assert 1e-4 < stats.chi2.sf(spread, n_post) < 1 - 1e-4
    spread = ((counts - n_post * p) ** 2).sum() / (n_post * p * (1 - p))
    assert 1e-4 < stats.chi2.sf(spread, n_rows) < 1 - 1e-4


def test_bernoulli_gaps_are_geometric():
    p = 0.2
    _, targets = bernoulli_rows(stream_key(1, 2, 0), 1, 200_000, p)

    gaps = np.diff(targets)

    # The last bin holds all larger gaps.
    observed = np.bincount(np.minimum(gaps, 20), minlength=21)[1:]
    probability = stats.geom.pmf(np.arange(1, 21), p)
    probability[-1] = stats.geom.sf(19, p)
    assert stats.chisquare(observed, probability * len(gaps)).pvalue > 1e-4


def test_rows_are_ascending_and_within_bounds():
    ends, targets = bernoulli_rows(stream_key(3, 2, 0), 100, 1000, 0.1)

    assert ends[-1] == len(targets) > 0
    for begin, end in pairwise(ends):
        row = targets[begin:end]
        assert (np.diff(row) > 0).all()
        assert row.min() >= 0
        assert row.max() < 1000


@pytest.mark.parametrize(("p", "per_row"), [(0.0, 0), (1.0, 7)])
def test_extreme_probabilities_connect_none_or_all(p, per_row):
    ends, targets = bernoulli_rows(stream_key(1, 2, 0), 3, 7, p)

    assert ends.tolist() == [0, per_row, 2 * per_row, 3 * per_row]
    assert targets.tolist() == 3 * list(range(per_row))


def test_row_does_not_depend_on_the_others():
    key = stream_key(1, 2, 0)
    few_ends, few = bernoulli_rows(key, 10, 1000, 0.1)
    many_ends, many = bernoulli_rows(key, 50, 1000, 0.1)

    assert few_ends.tolist() == many_ends[:11].tolist()
    np.testing.assert_array_equal(few, many[: len(few)])


@pytest.mark.parametrize("by_step", [0, 1])
@pytest.mark.parametrize(
    ("name", "a", "b"),
    [
        ("poisson", MEANS, MEANS),
        ("binomial", TRIALS, CHANCES),
        ("binomial", np.full(64, 1e12), CHANCES * 1e-12),
        ("gamma_", SHAPES, np.linspace(0.1, 3, 64)),
        *(("alike", np.full(64, mean), MEANS) for mean in MEANS),
    ],
)
def test_block_of_draws_is_the_same_as_one_by_one(philox, name, a, b, by_step):
    """Means of 0 and of no number, above the limit of inversion, and probabilities at the ends."""
    block = getattr(philox, name)
    pointer = np.ctypeslib.ndpointer(np.float64)
    block.argtypes = (ctypes.POINTER(Stream), ctypes.c_int, *[pointer] * 4)
    one, together = np.full(64, -5.0), np.full(64, -6.0)

    for k in range(20):
        stream = Stream((3, 4), (1 << 32) - 9 + k, ONES - 30, 16)
        block(stream, by_step, np.ascontiguousarray(a, float), b.astype(float), one, together)

        np.testing.assert_array_equal(together, one)
        assert (one >= 0).all()
