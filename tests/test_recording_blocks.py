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
    monkeypatch.setattr(blocks, "_left", [])
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


@pytest.fixture
def made(monkeypatch) -> list[int]:
    """Sizes of the mappings that were made, none of which is left over from other tests."""
    sizes: list[int] = []

    def mapping(n_bytes):
        sizes.append(n_bytes)
        return blocks.mmap.mmap(-1, n_bytes)

    monkeypatch.setattr(blocks, "_mapping", mapping)
    monkeypatch.setattr(blocks, "_left", [])
    return sizes


def test_memory_that_nothing_looks_at_is_used_again_and_only_then(made):
    room, chunks, kept = Room(), deque(), 8 * blocks.BLOCK
    short = 2**16  # of which eight fill a block

    for turn in range(60):
        room.add(chunks, (np.full(short, turn), np.full(short, float(-turn))), kept)
        if len(chunks) > 3:
            chunks.popleft()
        held = [(steps[::short].tolist(), values[::short].tolist()) for steps, values in chunks]
        turns = [turn for steps, _ in held for turn in steps]
        assert turns == list(range(turn + 1 - len(turns), turn + 1))
        assert all(values == [-turn for turn in steps] for steps, values in held)

    assert made == [blocks.BLOCK] * 4  # three that are held, and the one that is filled


def test_block_is_filled_to_its_end(made):
    room, chunks = Room(), []
    for turn in range(3000):
        piece = np.full(20, turn), np.full(20, 3), np.full(60 + turn % 7, turn, np.int32)
        room.add(chunks, piece, 8 * 2**18)

    filled = [sum(array.nbytes for array in chunk) for chunk in chunks[:-1]]
    assert set(made) == {2**18}
    assert min(filled) > 0.95 * 2**18  # its columns do not end together


def test_blocks_that_are_kept_to_be_used_again_are_no_longer_than_one(made):
    kept = [(Room(), []) for _ in range(5)]
    for room, chunks in kept:
        room.add(chunks, (np.zeros(8),), 4 * blocks.BLOCK)

    kept.clear()
    room = chunks = None

    assert [len(memory) for memory in blocks._left] == [blocks.BLOCK // 2] * 2


def test_block_of_a_long_chunk_goes_back_to_the_system(made):
    room, chunks = Room(all_mapped=True), []
    room.add(chunks, (np.zeros(2**15 + 1),), 0)

    del room, chunks

    assert made == [2**18 + 8]
    assert blocks._left == []
