"""Blocks: short chunks become long ones, and what was written stays what it was."""

import platform
import sys
from collections import deque
from pathlib import Path

import numpy as np
import pytest

from snnlab.recording import blocks
from snnlab.recording.blocks import PARTS, Room, give_back, size_of
from snnlab.recording.results import SpikeRecord


def written(pieces, chunks):
    """All ``pieces``, (steps, values), in ``chunks``."""
    room, n_bytes = Room(), 0
    for piece in pieces:
        room.add(chunks, piece, n_bytes)
        n_bytes += size_of(piece)
    return chunks


@pytest.mark.parametrize("make", [list, deque])
@pytest.mark.parametrize("width", [(), (0,), (3,)])
def test_short_chunks_become_few_long_ones(rng, make, width):
    steps = np.arange(20_000)
    values = rng.normal(size=(20_000, *width)).astype(np.float32)
    cuts = np.sort(rng.choice(20_000, 3000, replace=False))
    pieces = zip(np.split(steps, cuts), np.split(values, cuts), strict=True)

    chunks = written(pieces, make())

    assert len(chunks) < 10 * PARTS
    np.testing.assert_array_equal(np.concatenate([c[0] for c in chunks]), steps)
    np.testing.assert_array_equal(np.concatenate([c[1] for c in chunks]), values)
    longest = max(map(size_of, chunks))
    assert longest <= sum(map(size_of, chunks)) / PARTS


def test_long_chunk_is_not_copied():
    pieces = [(np.arange(10), np.zeros(10)) for _ in range(100)]
    chunks = written(pieces, [])
    long = np.arange(1000), np.zeros(1000)

    Room().add(chunks, long, sum(map(size_of, chunks)))

    assert chunks[-1] is long


def test_long_chunk_is_copied_to_a_mapping_where_all_are_to_be_mapped():
    room, chunks = Room(all_mapped=True), []
    long = np.arange(10_000), np.ones((10_000, 2), np.float32)

    for _ in range(2):
        room.add(chunks, long, sum(map(size_of, chunks)))

    assert len(chunks) == 2
    for chunk in chunks:
        for copied, given in zip(chunk, long, strict=True):
            np.testing.assert_array_equal(copied, given)
            assert not np.shares_memory(copied, given)
            assert isinstance(memory_of(copied), blocks.mmap.mmap)


def memory_of(array):
    """What owns the memory of an array."""
    while isinstance(array, np.ndarray | memoryview):
        array = array.obj if isinstance(array, memoryview) else array.base
    return array


def test_chunk_of_another_type_begins_a_block_of_its_own():
    room, chunks = Room(), []
    room.add(chunks, (np.arange(2), np.array([1, 2], np.int32)), 10_000)

    room.add(chunks, (np.arange(2), np.array([0.5, 1.5])), 10_000)

    assert [chunk[1].tolist() for chunk in chunks] == [[1, 2], [0.5, 1.5]]


def test_what_a_reader_holds_stays_what_it_was():
    record = SpikeRecord(dt=0.1)
    for step in range(1000):
        record.append(step, np.array([1]), np.array([step], np.int32))
    left = record.copy()
    record.cut(900)
    for step in range(900, 1000):
        record.append(step, np.array([1]), np.array([-step], np.int32))

    assert left.steps_and_neurons()[1].tolist() == list(range(1000))
    assert record.steps_and_neurons()[1].tolist() == [*range(900), *range(-900, -1000, -1)]


@pytest.mark.parametrize(("begin", "width", "n"), [(0, 7, 150), (333, 10, 3), (900, 50, 5)])
def test_counts_are_those_of_the_spikes_that_are_held(rng, begin, width, n):
    record = SpikeRecord(dt=0.1)
    for first in range(0, 1000, 40):
        counts = rng.poisson(0.7, 40)
        record.append(first, counts, np.zeros(counts.sum(), np.int32))
    steps, _ = record.steps_and_neurons()

    counts = record.counts(begin, width, n)

    expected, _ = np.histogram(steps, begin + width * np.arange(n + 1) - 0.5)
    assert expected.sum() > 10
    np.testing.assert_array_equal(counts, expected)


def test_blocks_of_some_size_are_mappings_that_the_system_gets_back(monkeypatch):
    made = []

    class Mapping(blocks.mmap.mmap):
        def __new__(cls, *arguments, **options):
            made.append(arguments[1])
            return super().__new__(cls, *arguments, **options)

    monkeypatch.setattr(blocks.mmap, "mmap", Mapping)
    pieces = [(np.arange(100), np.zeros(100)) for _ in range(1000)]

    chunks = written(pieces, [])

    n_bytes = sum(map(size_of, chunks))
    assert min(made) >= blocks.MAPPED
    assert 0.25 * n_bytes < sum(made) < 1.2 * n_bytes


def resident():
    """Bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what is resident like this")
def test_what_the_c_library_keeps_in_reserve_is_given_back():
    n, size = 500, 100_000  # too short to be given back one by one
    arrays = [np.ones(size, np.uint8) for _ in range(n)]
    del arrays[:-1]  # the last one holds what is before it
    before = resident()

    give_back()

    assert before - resident() > 0.8 * n * size or "glibc" not in " ".join(platform.libc_ver())
