"""Arrays that kernels can run over: aligned to cache lines and padded to whole vectors."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike, NDArray

ALIGNMENT = 64  # bytes, a cache line and an AVX-512 vector
APART = 4096  # bytes between two arrays: two threads write to their ends
SMALL_INBOX = 131_072  # elements, whatever the number of synapses
PADDING = 64  # elements: whole vectors for every item size, down to single bytes


def padded_size(size: int) -> int:
    """``size`` rounded up to whole vectors."""
    return -(-size // PADDING) * PADDING


def aligned_zeros(size: int, dtype: DTypeLike) -> NDArray:
    """Zeros, aligned to `ALIGNMENT` bytes.

    A processor that reads to the end of an array asks for what lies behind it, too. Were it the
    start of another one, it would take it from the thread that is about to write there.
    """
    item = np.dtype(dtype)
    raw = np.zeros(size * item.itemsize + ALIGNMENT + APART, np.uint8)
    start = -raw.ctypes.data % ALIGNMENT
    return raw[start : start + size * item.itemsize].view(item)


def inbox_slots(longest: int) -> int:
    """Steps that an inbox holds for delays up to ``longest``: a power of two."""
    return 1 << (longest - 1).bit_length()


def inbox_pays(longest: int, n_padded: int, n_synapses: int) -> bool:
    """Whether an inbox of ``n_padded`` neurons takes less than an order of the delays."""
    return longest <= 255 and inbox_slots(longest) * n_padded <= max(n_synapses, SMALL_INBOX)


def split_at_vectors(size: int, n_threads: int) -> NDArray[np.int64]:
    """Bounds (n_threads + 1) of contiguous ranges that begin and end at whole vectors.

    The first ranges get what is left over: the thread after a bound loses more there.
    """
    vectors = padded_size(size) // PADDING
    bounds = [-(-vectors * k // n_threads) * PADDING for k in range(n_threads + 1)]
    return np.array(bounds, np.int64)
