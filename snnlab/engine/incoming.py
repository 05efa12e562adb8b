"""Synapses as their post neurons see them: which ones, and from whom.

Synapses are stored by pre neuron. What happens at a spike of a post neuron needs the numbers of
its synapses, and perhaps their pre neurons; both ascend. Where all are connected to all they are
known. Else each synapse has an entry:

few, columns
    Its number in two bytes or three, and beside it two bytes of its pre neuron.
distances
    Where that is too narrow, in three bytes: the number of synapses since the neuron's last one,
    and in the lowest bits how many rows its own is behind the first row of its block of synapses;
    for each block its first row is stored. An entry of 0 is none but the longest distance.
    `snn_incoming` in snnlab_kernel.h reads them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from snnlab.codegen.kernel import Form
from snnlab.engine.construction import columns, distances
from snnlab.engine.rows import behind, ends_of, in_parallel, ranges

BYTES: dict[Form, int] = {"few": 4, "columns": 5, "distances": 3}  # a synapse
FEW = 2**16
MOST_IN_COLUMNS = 2**24
AHEAD = 32  # entries, SNN_AHEAD
MOST_ROW_BITS = 4
BITS_OF_A_LONG_DISTANCE = 3  # seldom is one 8 times the mean, which is the number of post neurons


@dataclass(frozen=True)
class Incoming:
    """Those onto neuron j are the entries ``ends[j] <= m < ends[j + 1]``.

    Without entries all are connected to all.
    """

    ends: NDArray[np.int64]  # (n_post + 1,)
    entries: NDArray | None = None  # uint16 (n_entries,), or bytes (3 * n_entries + more,)
    sources: NDArray | None = None  # uint16 (n_entries,), or uint32: the first row of each block
    rows: NDArray[np.int64] | None = None  # (n_pre + 1,), ends of the rows, for distances
    bits: NDArray[np.int32] | None = None  # (2,) for rows within a block, for synapses of a block

    @property
    def arrays(self) -> dict[str, NDArray | None]:
        """As kernels call them."""
        return {
            "(synapse)": self.entries,
            "(source)": self.sources,
            "(rows)": self.rows,
            "(bits)": self.bits,
        }


def form_of(n_pre: int, n_post: int, n_synapses: int) -> Form:
    """How the synapses of a projection are told, unless all are connected to all."""
    if max(n_pre, n_post) > 65_536 or n_synapses > MOST_IN_COLUMNS:
        return "distances"
    return "few" if n_synapses <= FEW else "columns"


def incoming(ends: NDArray[np.int64], targets: NDArray, n_post: int) -> Incoming:
    """The synapses of rows that end at ``ends`` (n_pre + 1,), by target."""
    n_pre = len(ends) - 1
    form = form_of(n_pre, n_post, len(targets))
    if form == "distances":
        return _distances(ends, targets, n_post)
    return _columns(ends, targets, n_post, few=form == "few")


def _columns(ends: NDArray[np.int64], targets: NDArray, n_post: int, *, few: bool) -> Incoming:
    parts = ranges(len(ends) - 1, len(targets))

    def count(first: int, last: int) -> NDArray[np.int64]:
        counts = np.zeros(n_post, np.int64)
        columns(ends, targets, first, last, counts)
        return counts

    counts = in_parallel(count, parts)
    found = ends_of(np.sum(counts, axis=0))
    sources = np.empty(len(targets), np.uint16)
    entries = np.empty_like(sources) if few else _bytes(len(targets))

    def fill(first: int, last: int, places: NDArray[np.int64]) -> None:
        columns(ends, targets, first, last, places, entries, sources)

    in_parallel(fill, parts, behind(found, counts))
    return Incoming(found, entries, sources)


def _distances(ends: NDArray[np.int64], targets: NDArray, n_post: int) -> Incoming:
    n_pre, n_synapses = len(ends) - 1, len(targets)
    row_bits = min(MOST_ROW_BITS, max(1, 24 - BITS_OF_A_LONG_DISTANCE - n_post.bit_length()))
    wanted = 2**row_bits / 2 * n_synapses / max(1, n_pre)  # in a block: half the rows it may have
    block_bits = max(row_bits, int(wanted).bit_length() - 1)
    first = np.arange((n_synapses >> block_bits) + 2) << block_bits
    rows = np.searchsorted(ends, np.minimum(first, n_synapses - 1), "right") - 1
    rows = np.maximum(rows, 0).astype(np.uint32)
    counts = np.zeros(n_post, np.int64)
    distances(ends, targets, rows, row_bits, block_bits, counts)
    found = ends_of(counts)
    entries = _bytes(int(found[-1]))
    distances(ends, targets, rows, row_bits, block_bits, found[:-1].copy(), entries)
    return Incoming(found, entries, rows, ends, np.array([row_bits, block_bits], np.int32))


def _bytes(n_entries: int) -> NDArray[np.uint8]:
    """Three an entry; kernels look at entries ahead, and read four bytes at once."""
    return np.zeros(3 * (n_entries + AHEAD) + 1, np.uint8)


def synapses_of(
    entries: NDArray, bits: NDArray[np.int32] | None, ends: NDArray[np.int64]
) -> NDArray[np.int64]:
    """(n_entries,) numbers of the synapses; -1 where an entry is none."""
    if entries.dtype == np.uint16:
        return entries.astype(np.int64)
    low, middle, high = entries[: 3 * ends[-1]].reshape(-1, 3).astype(np.int64).T
    numbers = low | middle << 8 | high << 16
    if bits is None:
        return numbers
    row_bits = int(bits[0])
    passed = np.where(numbers, numbers >> row_bits, 2 ** (24 - row_bits) - 1)
    total = np.concatenate([[0], np.cumsum(passed)])
    before = np.repeat(total[ends[:-1]], np.diff(ends))
    return np.where(numbers, total[1:] - before - 1, -1)
