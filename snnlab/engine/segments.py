"""Targets of 16 bits in populations of more neurons than 16 bits count.

The neurons are cut into slabs, and a target is counted from the first neuron of its slab. A row,
which is sorted, has one segment for each slab; the ends of the segments tell where each is. A
population has 2, 4, 8, ... slabs, which begin where the parts of as many threads do.

Threads deliver rows in pieces: segments, cut again where a thread's part begins within a slab.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from snnlab.engine.construction import Rule, split_rows
from snnlab.engine.memory import split_at_vectors
from snnlab.engine.rows import in_parallel, ranges

COUNTED = 2**16  # neurons, by 16 bits
LEAST = 8  # synapses a row for each segment more: 16 bytes saved, 16 for ends and begins


def slabs_of(n_post: int) -> NDArray[np.int64]:
    """Bounds (n_slabs + 1) of the slabs, each of 16 bits, that ``n_post`` neurons are cut into."""
    n_slabs = 1
    bounds = split_at_vectors(n_post, n_slabs)
    while np.diff(bounds).max() > COUNTED:
        n_slabs *= 2
        bounds = split_at_vectors(n_post, n_slabs)
    return bounds


def segments_pay(n_pre: int, n_post: int, n_synapses: int) -> bool:
    """Whether synapses in segments take less memory than with targets of 32 bits."""
    more = len(slabs_of(n_post)) - 2
    return more > 0 and n_synapses > LEAST * more * n_pre


def row_bytes(n_post: int, n_threads: int, *, in_segments: bool) -> int:
    """Bytes of a row: the ends of its segments, and where its pieces begin if that is elsewhere."""
    bounds = split_at_vectors(n_post, n_threads)
    slabs = slabs_of(n_post) if in_segments else bounds[[0, -1]]
    n_segments, n_pieces = len(slabs) - 1, len(np.union1d(slabs, bounds)) - 1
    return 8 * n_segments + (8 * n_pieces if n_pieces > n_segments else 0)


@dataclass(frozen=True, eq=False)
class Segments:
    """Synapses by pre neuron and slab: read as `Connectivity` is, they take less memory.

    Those of row i onto slab s are ``segment_ends[i * n_slabs + s] <= k < segment_ends[... + 1]``.
    """

    segment_ends: NDArray[np.int64]  # (n_pre * n_slabs + 1,)
    numbers: NDArray[np.uint16]  # (n_synapses,) of the neurons in their slabs
    slabs: NDArray[np.int64]  # (n_slabs + 1,) bounds

    @classmethod
    def of(cls, ends: NDArray[np.int64], targets: NDArray, n_post: int) -> Segments:
        """Those of rows that end at ``ends`` (n_pre + 1,), with ``targets`` ascending in each."""
        slabs, n_pre = slabs_of(n_post), len(ends) - 1
        rows = np.ascontiguousarray(ends, np.int64)
        wide = np.ascontiguousarray(targets, np.uint32)
        found = np.zeros(n_pre * (len(slabs) - 1) + 1, np.int64)
        numbers = np.empty(len(targets), np.uint16)

        def split(first: int, last: int) -> None:
            split_rows(rows, wide, slabs, first, last, found, numbers)

        in_parallel(split, ranges(n_pre, len(targets)))
        return cls(found, numbers, slabs)

    @classmethod
    def of_rule(cls, rule: Rule, ends: NDArray[np.int64]) -> Segments:
        """Those that ``rule`` makes, whose rows end at ``ends`` (`row_ends`)."""
        slabs = slabs_of(rule.n_candidates)
        found = np.zeros(rule.n_rows * (len(slabs) - 1) + 1, np.int64)
        numbers = np.empty(int(ends[-1]), np.uint16)

        def fill(first: int, last: int) -> None:
            rule.fill_segments(first, last, ends, slabs, found, numbers)

        in_parallel(fill, ranges(rule.n_rows, len(numbers)))
        return cls(found, numbers, slabs)

    @property
    def size(self) -> int:
        """Number of synapses."""
        return len(self.numbers)

    @property
    def ends(self) -> NDArray[np.int64]:
        """(n_pre + 1,), where each row ends: a view."""
        return self.segment_ends[:: len(self.slabs) - 1]

    @property
    def sources(self) -> NDArray[np.int32]:
        """(n_synapses,) pre neuron of every synapse."""
        return np.repeat(np.arange(len(self.ends) - 1, dtype=np.int32), np.diff(self.ends))

    @property
    def targets(self) -> NDArray[np.uint32]:
        """(n_synapses,) post neuron of every synapse, in memory of their own."""
        first = np.tile(self.slabs[:-1].astype(np.uint32), len(self.ends) - 1)
        targets = np.repeat(first, np.diff(self.segment_ends))
        targets += self.numbers
        return targets

    def targets_of(self, synapses: NDArray[np.int64]) -> NDArray[np.int64]:
        """Post neurons of some synapses."""
        segment = np.searchsorted(self.segment_ends, synapses, side="right") - 1
        return self.slabs[segment % (len(self.slabs) - 1)] + self.numbers[synapses]

    @property
    def distinct(self) -> bool:
        """Whether no pre neuron has two synapses onto the same post neuron."""
        return distinct(self.segment_ends, self.numbers)

    def all_to_all(self, n_post: int) -> bool:
        """Whether every neuron is connected once to each of ``n_post`` neurons."""
        return self.distinct and bool((np.diff(self.ends) == n_post).all())


def distinct(ends: NDArray[np.int64], targets: NDArray) -> bool:
    """Whether targets rise within each row, where they never fall."""
    rises = targets[1:] > targets[:-1]
    first = ends[1:-1]
    rises[first[(first > 0) & (first < len(targets))] - 1] = True
    return bool(rises.all())


@dataclass(frozen=True, eq=False)
class Pieces:
    """How threads share rows: piece p of row i begins at ``part[i * n_pieces + p]``."""

    part: NDArray[np.int64]  # (n_pre * n_pieces + 1,)
    of_thread: NDArray[np.int64]  # (n_threads + 1,): thread k has of_thread[k] <= p < [k + 1]
    base: NDArray[np.int64]  # (n_pieces,): the neuron from which the targets are counted

    @classmethod
    def of(
        cls,
        segment_ends: NDArray[np.int64],
        numbers: NDArray,
        slabs: NDArray[np.int64],
        bounds: NDArray[np.int64],
    ) -> Pieces:
        """Those of threads with the neurons between ``bounds`` (n_threads + 1,)."""
        cuts = np.union1d(slabs, bounds)
        n_slabs, n_pieces = len(slabs) - 1, len(cuts) - 1
        slab = np.searchsorted(slabs, cuts[:-1], side="right") - 1
        of_thread, base = np.searchsorted(cuts, bounds), slabs[slab]
        if n_pieces == n_slabs:
            return cls(segment_ends, of_thread, base)
        n_pre = (len(segment_ends) - 1) // n_slabs
        part = np.empty(n_pre * n_pieces + 1, np.int64)
        part[-1] = segment_ends[-1]
        begins = part[:-1].reshape(n_pre, n_pieces)
        for p, (s, cut) in enumerate(zip(slab, cuts[:-1], strict=True)):
            if cut == slabs[s]:
                begins[:, p] = segment_ends[:-1][s::n_slabs]
            else:
                ends = segment_ends[1:][s::n_slabs]
                begins[:, p] = _first_from(numbers, begins[:, p - 1], ends, cut - slabs[s])
        return cls(part, of_thread, base)


def _first_from(
    targets: NDArray, begins: NDArray[np.int64], ends: NDArray[np.int64], bound: np.int64
) -> NDArray[np.int64]:
    """In each row, which is sorted, the first place of a target that is not below ``bound``."""
    low, high = begins.copy(), ends.copy()
    while (low < high).any():
        middle = np.minimum((low + high) // 2, len(targets) - 1)
        below = (low < high) & (targets[middle] < bound)
        high = np.where(below | (low >= high), high, middle)
        low = np.where(below, middle + 1, low)
    return low
