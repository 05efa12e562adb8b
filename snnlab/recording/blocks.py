"""Memory for what comes in short pieces and is kept for long.

Knows arrays; nothing of spikes and samples. Short arrays that are kept, made between others that
are soon forgotten, leave holes which the allocator cannot give back, and where a piece holds one
spike its Python objects take twenty times what it holds.
"""

from __future__ import annotations

import ctypes
import math
import mmap
import sys
import weakref
from collections.abc import MutableSequence, Sequence
from functools import cache
from typing import Any, Generic, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

BLOCK = 4 * 2**20  # bytes of the longest block
PARTS = 8  # a block is at most this part of all that is kept, because it is forgotten as a whole
WORTH = 4  # chunks that a block has room for, so that little of it is left over in the end
ALIGNMENT = 8  # bytes
MAPPED = 64 * 2**10  # bytes from which on the system gives a block, and gets it back, by itself

Chunk = TypeVar("Chunk", bound=tuple[NDArray, ...])


def size_of(chunk: tuple[NDArray, ...]) -> int:
    """Bytes of its values."""
    return sum(array.nbytes for array in chunk)


class Room(Generic[Chunk]):
    """Where short chunks are copied to, one behind the other, so that they become a long one.

    A chunk is a tuple of arrays, one for each column. What was written is not written again while
    an array is left that looks at it, so that chunks may be shared, and read by other threads.
    With ``all_mapped`` a long chunk gets a block of its own: for what many threads bring, each from
    an arena of its own.
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
        needed = max(1, size_of(chunk))
        size = _size_of_block(n_bytes, needed)
        if size < WORTH * needed:
            if not self._all_mapped or needed < MAPPED:
                chunks.append(chunk)
                return
            size = needed
        self._columns = _columns(chunk, size)
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


def _size_of_block(n_bytes: int, needed: int) -> int:
    """For chunks of ``needed`` bytes beside ``n_bytes`` that are kept."""
    size = min(BLOCK, n_bytes // PARTS)
    if size < MAPPED:
        return size // needed * needed
    return 1 << size.bit_length() - 1  # few sizes, so that memory can be used again


def _columns(chunk: tuple[NDArray, ...], size: int) -> tuple[NDArray, ...]:
    """A block of ``size`` divided into columns, which chunks like this one fill together.

    Nothing is left free at the end: memory that is used again was written to everywhere.
    """
    n_times = size / max(1, size_of(chunk))
    if n_times > 1 and size >= MAPPED:
        n_times *= 1 - ALIGNMENT * len(chunk) / size
    shapes = [(int(n_times * len(array)), *array.shape[1:]) for array in chunk]
    sizes = [math.prod(shape) * array.itemsize for shape, array in zip(shapes, chunk, strict=True)]
    begins = np.cumsum([0, *(-(-size // ALIGNMENT) * ALIGNMENT for size in sizes)])
    block = _block(max(int(begins[-1]), size))
    return tuple(
        block[begin : begin + size].view(array.dtype).reshape(shape)
        for array, shape, begin, size in zip(chunk, shapes, begins, sizes, strict=False)
    )


# Blocks that nothing looks at any more, the newest last. A fresh page costs 30 times what is
# written to it, because the system clears it first, and a record that forgets its oldest would pay
# that again and again. Of all records together no more than one of the longest.
_left: list[mmap.mmap] = []


def _block(n_bytes: int) -> NDArray[np.uint8]:
    if n_bytes < MAPPED:
        return np.empty(n_bytes, np.uint8)
    memory = _from_left(n_bytes)
    if memory is None:
        memory = _mapping(n_bytes)
    block = np.frombuffer(memory, np.uint8)
    if n_bytes.bit_count() == 1:  # one of the few sizes
        # The columns keep the block, and the block its memory, which is kept beyond it.
        weakref.finalize(block, _leave, memory).atexit = False
    return block


def _from_left(size: int) -> mmap.mmap | None:
    for memory in list(_left):
        if len(memory) == size:
            try:
                _left.remove(memory)
            except ValueError:
                continue  # another thread was faster
            return memory
    return None


def _leave(memory: mmap.mmap) -> None:
    _left.append(memory)
    while sum(map(len, _left)) > BLOCK:
        del _left[:1]  # back to the system


def _mapping(n_bytes: int) -> mmap.mmap:
    if sys.platform == "win32":
        return mmap.mmap(-1, n_bytes)
    private = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS  # a process that is forked has its own
    return mmap.mmap(-1, n_bytes, flags=private)


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
