"""Memory for what comes in short pieces and is kept for long.

Knows arrays; nothing of spikes and samples. Short arrays that are kept, made between others that
are soon forgotten, leave holes which the allocator cannot give back, and where a piece holds one
spike its Python objects take twenty times what it holds.
"""

from __future__ import annotations

import ctypes
import mmap
import sys
from collections.abc import MutableSequence, Sequence
from functools import cache
from typing import Any, Generic, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

BLOCK = 4 * 2**20  # bytes of the longest block
PARTS = 8  # a block is at most this part of all that is kept, because it is forgotten as a whole
WORTH = 4  # chunks that a block has room for, so that little of it is left over in the end
MAPPED = 64 * 2**10  # bytes from which on the system gives a block, and gets it back, by itself

Chunk = TypeVar("Chunk", bound=tuple[NDArray, ...])


def size_of(chunk: tuple[NDArray, ...]) -> int:
    """Bytes of its values."""
    return sum(array.nbytes for array in chunk)


class Room(Generic[Chunk]):
    """Where short chunks are copied to, one behind the other, so that they become a long one.

    A chunk is a tuple of arrays, one for each column. What was written is not written again, so
    that chunks may be shared, and read by other threads. With ``all_mapped`` a long chunk gets a
    block of its own: for what many threads bring, each from an arena of its own.
    """

    def __init__(self, *, all_mapped: bool = False) -> None:
        self._all_mapped = all_mapped
        self._columns: tuple[NDArray, ...] = ()
        self._last: Chunk | None = None  # the chunk that fills the columns until now

    def add(self, chunks: MutableSequence[Chunk], chunk: Chunk, n_bytes: int) -> None:
        """Append ``chunk`` to ``chunks``, which hold ``n_bytes``, or join it to the last one.

        One that is long beside a block stays what it is, or else is copied as a whole.
        """
        if chunks and self.holds(chunks) and self._has_place(chunks[-1], chunk):
            chunks[-1] = self._written([len(array) for array in chunks[-1]], chunk)
            return
        n_times = min(BLOCK, n_bytes // PARTS) // max(1, size_of(chunk))
        if n_times < WORTH:
            if not self._all_mapped or size_of(chunk) < MAPPED:
                chunks.append(chunk)
                return
            n_times = 1
        self._columns = _columns(chunk, n_times)
        chunks.append(self._written([0] * len(chunk), chunk))

    def holds(self, chunks: Sequence[Chunk]) -> bool:
        """Whether nothing was appended to ``chunks`` in another way since; also of no chunks."""
        return not chunks or chunks[-1] is self._last

    def _has_place(self, last: Chunk, chunk: Chunk) -> bool:
        return all(
            len(old) + len(new) <= len(column)
            and (new.dtype, new.shape[1:]) == (old.dtype, old.shape[1:])
            for column, old, new in zip(self._columns, last, chunk, strict=True)
        )

    def _written(self, begins: Sequence[int], chunk: Chunk) -> Chunk:
        """Copy ``chunk`` to the places ``begins``; what the columns hold until its end."""
        filled = []
        for column, begin, array in zip(self._columns, begins, chunk, strict=True):
            end = begin + len(array)
            column[begin:end] = array
            filled.append(column[:end])
        self._last = cast(Chunk, tuple(filled))
        return self._last


def _columns(chunk: tuple[NDArray, ...], n_times: int) -> tuple[NDArray, ...]:
    """Room for ``n_times`` as much; memory that is never written to is never taken."""
    shapes = [(n_times * len(array), *array.shape[1:]) for array in chunk]
    sizes = [n_times * array.nbytes for array in chunk]
    begins = np.cumsum([0, *(-(-size // 8) * 8 for size in sizes)])
    block = _block(int(begins[-1]))
    return tuple(
        block[begin : begin + size].view(array.dtype).reshape(shape)
        for array, shape, begin, size in zip(chunk, shapes, begins, sizes, strict=False)
    )


def _block(n_bytes: int) -> NDArray[np.uint8]:
    if n_bytes < MAPPED:
        return np.empty(n_bytes, np.uint8)
    if sys.platform == "win32":
        return np.frombuffer(mmap.mmap(-1, n_bytes), np.uint8)
    private = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS  # a process that is forked has its own
    return np.frombuffer(mmap.mmap(-1, n_bytes, flags=private), np.uint8)


def give_back() -> None:
    """Let the C library give memory that it keeps in reserve back to the system; takes some ms.

    Each of its arenas, one for every thread until there are eight for each core, may keep as much
    as was once needed there. Only glibc does so, and can be told.
    """
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Any:
    try:
        return ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # another C library; Windows knows no CDLL(None)
        return None
