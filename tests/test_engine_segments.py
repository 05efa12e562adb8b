"""Targets of 16 bits beyond 65,536 post neurons: rows in segments, delivered in pieces."""

import numpy as np
import pytest

from snnlab.engine import rows
from snnlab.engine.memory import split_at_vectors
from snnlab.engine.segments import Pieces, Segments, row_bytes, segments_pay, slabs_of
from snnlab.network.connectors import Connectivity

SIZES = [65_537, 100_000, 131_072, 131_073, 300_000]


def connectivity(n_pre, n_post, per_row, *, multapses=False):
    """Rows of different lengths; the first is empty, the second has the first and last neurons."""
    rng = np.random.default_rng(n_post)
    lengths = rng.integers(0, 2 * per_row, n_pre)
    lengths[0] = 0
    found = [np.sort(rng.choice(n_post, n, replace=multapses)) for n in lengths]
    found[1] = np.array([0, 1, n_post - 2, n_post - 1])
    ends = rows.ends_of(np.array([len(row) for row in found]))
    return Connectivity(ends, np.concatenate(found).astype(np.uint32))


@pytest.mark.parametrize("n_post", [1, 64, 65_536, *SIZES, 10_000_000])
def test_slabs_are_narrow_and_begin_where_parts_of_threads_do(n_post):
    slabs = slabs_of(n_post)

    n_slabs = len(slabs) - 1
    assert np.diff(slabs).max() <= 65_536
    assert n_slabs == 1 or np.diff(split_at_vectors(n_post, n_slabs // 2)).max() > 65_536
    for n_threads in (n_slabs, 2 * n_slabs):
        assert set(slabs) <= set(split_at_vectors(n_post, n_threads))


@pytest.mark.parametrize("multapses", [False, True], ids=["distinct", "multapses"])
@pytest.mark.parametrize("n_post", SIZES)
def test_segments_read_as_the_connectivity_does(n_post, multapses):
    given = connectivity(50, n_post, 400, multapses=multapses)

    segments = Segments.of(given.ends, given.targets, n_post)

    assert segments.numbers.dtype == np.uint16
    assert segments.targets.dtype == given.targets.dtype
    assert segments.size == given.size
    np.testing.assert_array_equal(segments.targets, given.targets)
    np.testing.assert_array_equal(segments.sources, given.sources)
    np.testing.assert_array_equal(segments.ends, given.ends)
    some = np.arange(0, given.size, 7)
    np.testing.assert_array_equal(segments.targets_of(some), given.targets_of(some))
    assert segments.distinct == given.distinct
    assert not segments.all_to_all(n_post)


def test_repeated_targets_at_the_ends_of_segments_are_told_from_distinct_ones():
    ends, n_post = np.array([0, 3, 6]), 70_000
    border = int(slabs_of(n_post)[1])

    once = Segments.of(ends, np.array([0, border - 1, border, 0, border - 1, border]), n_post)
    twice = Segments.of(ends, np.array([0, border - 1, border, 0, border, border]), n_post)

    assert once.distinct
    assert not twice.distinct


def test_all_are_connected_to_all_in_segments():
    n_post = 66_000
    everyone = Segments.of(np.array([0, n_post, 2 * n_post]), np.tile(np.arange(n_post), 2), n_post)

    assert everyone.all_to_all(n_post)
    assert not everyone.all_to_all(n_post + 1)


@pytest.mark.parametrize("n_threads", [1, 2, 3, 4, 8])
@pytest.mark.parametrize("n_post", [130, *SIZES])
def test_each_thread_has_the_synapses_onto_its_neurons(n_post, n_threads):
    given = connectivity(20, n_post, 60)
    bounds = split_at_vectors(n_post, n_threads)
    if n_post > 65_536:
        segments = Segments.of(given.ends, given.targets, n_post)
        ends, numbers, slabs = segments.segment_ends, segments.numbers, segments.slabs
    else:
        ends, numbers, slabs = given.ends, given.targets, bounds[[0, -1]]

    pieces = Pieces.of(ends, numbers, slabs, bounds)

    n_pieces = len(pieces.base)
    begins = pieces.part[:-1].reshape(20, n_pieces)
    np.testing.assert_array_equal(begins[:, 0], given.ends[:-1])
    assert pieces.part[-1] == given.size
    assert (np.diff(pieces.part) >= 0).all()
    for k in range(n_threads):
        mine = [
            (row, int(numbers[at]) + int(pieces.base[p]))
            for row in range(20)
            for p in range(pieces.of_thread[k], pieces.of_thread[k + 1])
            for at in range(pieces.part[row * n_pieces + p], pieces.part[row * n_pieces + p + 1])
        ]
        inside = (given.targets >= bounds[k]) & (given.targets < bounds[k + 1])
        wanted = zip(given.sources[inside].tolist(), given.targets[inside].tolist(), strict=True)
        assert mine == list(wanted)


@pytest.mark.parametrize("n_threads", [1, 2, 3, 4])
@pytest.mark.parametrize("in_segments", [False, True])
def test_bytes_of_a_row_are_those_of_its_arrays(n_threads, in_segments):
    n_post = 100_000
    given = connectivity(20, n_post, 60)
    bounds = split_at_vectors(n_post, n_threads)
    if in_segments:
        segments = Segments.of(given.ends, given.targets, n_post)
        ends, numbers, slabs = segments.segment_ends, segments.numbers, segments.slabs
    else:
        ends, numbers, slabs = given.ends, given.targets, bounds[[0, -1]]

    pieces = Pieces.of(ends, numbers, slabs, bounds)

    shared = pieces.part is ends
    held = ends.nbytes + (0 if shared else pieces.part.nbytes)
    assert row_bytes(n_post, n_threads, in_segments=in_segments) == held // 20 // 8 * 8
    assert shared == (n_threads == 1 or (in_segments and n_threads == 2))


def test_few_synapses_a_row_and_few_neurons_stay_as_they_are():
    assert not segments_pay(1000, 65_536, 10**6)
    assert not segments_pay(1000, 65_537, 8 * 1000)
    assert segments_pay(1000, 65_537, 8 * 1000 + 1)
    assert not segments_pay(1000, 200_000, 3 * 8 * 1000)  # 4 slabs
    assert segments_pay(1000, 200_000, 3 * 8 * 1000 + 1)
