"""NumPy views of the engine's memory whose changes wait for the end of a step and are logged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

# How, for which elements (n,), and with which values (n,).
How = Literal["set", "kick"]
Write = Callable[[How, NDArray[np.int32], NDArray], None]
WRITERS = (np.copyto, np.put, np.place, np.putmask)
RELATIVE: dict[np.ufunc, np.ufunc] = {np.add: np.positive, np.subtract: np.negative}


class LiveArray(np.ndarray):
    """A view of engine memory: read like any array, written between two steps.

    ``group.v[3] = 1``, ``group.v += 2`` and what NumPy writes with ``out=`` or `numpy.copyto` go
    through the network, so that they never meet a running step and the log has them. To NumPy the
    array is read-only: what would write into the memory itself is refused. Copies and results of
    computations are plain arrays.
    """

    _memory: NDArray | None
    _write: Write | None

    def __array_finalize__(self, source: Any) -> None:
        self._memory = getattr(source, "_memory", None)
        self._write = getattr(source, "_write", None)

    def _elements(self) -> NDArray[np.int64] | None:
        """Number of the element behind each place, or None where this is no engine memory."""
        memory = self._memory
        if memory is None or self._write is None or self.dtype != memory.dtype:
            return None
        offset = self.__array_interface__["data"][0] - memory.__array_interface__["data"][0]
        if not 0 <= offset < memory.nbytes:
            return None  # a copy
        item = memory.itemsize
        numbers = np.arange(memory.size)
        strides = tuple(stride // item * numbers.itemsize for stride in self.strides)
        return np.lib.stride_tricks.as_strided(numbers[offset // item :], self.shape, strides)

    def is_same(self, other: object) -> bool:
        """Whether ``other`` is this very piece of memory."""
        return (
            isinstance(other, LiveArray)
            and other.shape == self.shape
            and other.__array_interface__["data"] == self.__array_interface__["data"]
            and other.strides == self.strides
        )

    def _plain(self) -> NDArray:
        return self.view(np.ndarray)

    def _submit(self, how: How, elements: NDArray[np.int64], values: Any) -> None:
        spread = np.broadcast_to(np.asarray(values), elements.shape)
        if self._write is not None:
            self._write(how, elements.ravel().astype(np.int32), spread.ravel())

    def __setitem__(self, index: Any, value: Any) -> None:
        elements = self._elements()
        if elements is None:
            self._plain()[index] = value
            return
        piece = self[index]
        if isinstance(piece, LiveArray) and piece.is_same(value):
            return  # group.v[:3] += 1 ends with this, after the change was made
        self._submit("set", np.asarray(elements[index]), value)

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = (), **options: Any
    ) -> Any:
        plain = [i._plain() if isinstance(i, LiveArray) else i for i in inputs]
        if method == "at":
            changed = np.array(plain[0])
            getattr(ufunc, method)(changed, *plain[1:], **options)
            inputs[0][...] = changed
            return None
        if out and isinstance(out[0], LiveArray) and len(out) == 1:
            return self._into(out[0], ufunc, method, inputs, plain, options)
        if out:
            options["out"] = tuple(o._plain() if isinstance(o, LiveArray) else o for o in out)
        return getattr(ufunc, method)(*plain, **options)

    @staticmethod
    def _into(
        out: LiveArray,
        ufunc: np.ufunc,
        method: str,
        inputs: tuple[Any, ...],
        plain: list[Any],
        options: dict[str, Any],
    ) -> LiveArray:
        elements = out._elements()
        if elements is None:
            getattr(ufunc, method)(*plain, out=out._plain(), **options)
        elif ufunc in RELATIVE and method == "__call__" and out.is_same(inputs[0]) and not options:
            # What is added is known; what it will be added to is not while the network runs.
            out._submit("kick", elements, RELATIVE[ufunc](plain[1]))
        else:
            result = np.array(out._plain())
            getattr(ufunc, method)(*plain, out=result, **options)
            out._submit("set", elements, result)
        return out

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if func in WRITERS and args and isinstance(args[0], LiveArray):
            changed = np.array(args[0]._plain())
            func(changed, *args[1:], **kwargs)
            args[0][...] = changed
            return None
        return super().__array_function__(func, types, args, kwargs)

    def fill(self, value: Any) -> None:
        self[...] = value

    def put(self, indices: Any, values: Any, mode: Any = "raise") -> None:
        np.put(self, indices, values, mode=mode)

    def sort(self, axis: Any = -1, kind: Any = None, order: Any = None, **options: Any) -> None:
        self[...] = np.sort(self._plain(), axis, kind, order, **options)

    def partition(
        self, kth: Any, /, axis: Any = -1, kind: Any = "introselect", order: Any = None
    ) -> None:
        self[...] = np.partition(self._plain(), kth, axis, kind, order)

    @property
    def flat(self) -> Any:
        """The elements one after the other; those of the engine's memory are read-only here."""
        return self._plain().flat

    @flat.setter
    def flat(self, values: Any) -> None:
        changed = np.array(self._plain())
        changed.flat[:] = values
        self[...] = changed

    def copy(self, order: Any = "C") -> Any:
        return np.array(self._plain(), order=order)


def live(values: NDArray, shape: tuple[int, ...], write: Write) -> LiveArray:
    """``values`` (n,), shaped like their group; changes go through ``write``."""
    array = values.reshape(shape).view(LiveArray)
    array._memory, array._write = values, write
    array.flags.writeable = False  # but for what `LiveArray` hands to ``write``
    return array


def present(values: NDArray, written: Callable[[NDArray], None]) -> LiveArray:
    """``values`` (n,), computed when they were asked for; changes go to ``written``, all of them.

    ``values`` belong to nobody else. They are what they were until they are asked for again, but
    for what was written into them.
    """

    def write(how: How, elements: NDArray[np.int32], new: NDArray) -> None:
        changed = values.copy()
        changed[elements] = changed[elements] + new if how == "kick" else new
        written(changed)
        values[...] = changed  # unless it was refused

    return live(values, values.shape, write)


@dataclass(frozen=True, eq=False)
class _Shared:
    """Where a number that is read as ``n`` comes from."""

    value: NDArray  # ()
    n: int
    write: Callable[[How, NDArray[np.int32] | None, NDArray], None]
    read: Callable[[], NDArray]  # the values as they are now


class SharedValue(LiveArray):
    """One number that is read as many; elements that are set give each its own.

    Written as any `LiveArray` is. Once each has its own it hands reading and writing on to their
    array; only what NumPy reads of its memory by itself still sees the one number.
    """

    _shared: _Shared | None
    _path: tuple[Any, ...]  # which part it is: indices, one after the other

    def __array_finalize__(self, source: Any) -> None:
        super().__array_finalize__(None)
        self._shared, self._path = None, ()  # copies and results are values of their own

    def _elements(self) -> NDArray[np.int64] | None:
        return None if self._shared is None else self._part_of(np.arange(self._shared.n))

    def _part_of(self, whole: NDArray) -> NDArray:
        for index in self._path:
            whole = whole[index]
        return whole

    def is_same(self, other: object) -> bool:
        now = self._now()
        if isinstance(now, LiveArray):
            return now.is_same(other)
        return (
            isinstance(other, SharedValue)
            and self._shared is not None
            and other._shared is not None
            and other._shared.value is self._shared.value
            and _is_same_path(self._path, other._path)
        )

    def _now(self) -> NDArray | None:
        """The array of all values, at this part; None while they are one number."""
        found = None if self._shared is None else self._shared.read()
        return None if found is None or isinstance(found, SharedValue) else self._part_of(found)

    def _plain(self) -> NDArray:
        now = self._now()
        return (self if now is None else now).view(np.ndarray)

    def __getitem__(self, index: Any) -> Any:
        now = self._now()
        if now is not None:
            return now[index]
        part = super().__getitem__(index)
        if not isinstance(part, SharedValue):
            return part
        if not np.may_share_memory(part, self):
            return part.view(np.ndarray)
        part._shared, part._path, part._write = self._shared, (*self._path, index), self._write
        return part

    def __setitem__(self, index: Any, value: Any) -> None:
        shared, now = self._shared, self._now()
        mine = isinstance(value, SharedValue) and value._shared is shared is not None
        if mine and _is_same_path(value._path, (*self._path, index)):
            return  # projection.w[:3] += 1 ends with this, after the change was made
        if now is not None:
            now[index] = value
        elif shared is None:
            self._plain()[index] = value
        elif not self._path and np.ndim(value) == 0 and _is_all(index):
            shared.write("set", None, np.asarray(value))  # one number stays one number
        else:
            self._submit("set", np.asarray(self._part_of(np.arange(shared.n))[index]), value)

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = (), **options: Any
    ) -> Any:
        inputs, out = _present(inputs), _present(out)
        target = out[0] if len(out) == 1 and isinstance(out[0], SharedValue) else None
        shared = None if target is None or target._path or options else target._shared
        others = inputs[1:]
        alone = method == "__call__" and all(np.ndim(other) == 0 for other in others)
        if target is None or shared is None or not alone or not target.is_same(inputs[0]):
            return super().__array_ufunc__(ufunc, method, *inputs, out=out, **options)
        if ufunc in RELATIVE:  # one number stays one number
            shared.write("kick", None, np.asarray(RELATIVE[ufunc](*others)))
        else:
            shared.write("set", None, np.asarray(ufunc(shared.value[()], *others)))
        return target

    def sort(self, axis: Any = -1, kind: Any = None, order: Any = None, **options: Any) -> None:
        now = self._now()
        if now is not None:  # else they are all the same
            now.sort(axis, kind, order, **options)

    def partition(
        self, kth: Any, /, axis: Any = -1, kind: Any = "introselect", order: Any = None
    ) -> None:
        now = self._now()
        if now is not None:
            now.partition(kth, axis, kind, order)


def _present(arrays: tuple[Any, ...]) -> tuple[Any, ...]:
    """With the arrays of all values for those whose one number was parted."""
    now = [one._now() if isinstance(one, SharedValue) else None for one in arrays]
    return tuple(one if new is None else new for one, new in zip(arrays, now, strict=True))


def _is_all(index: Any) -> bool:
    return index is Ellipsis or (isinstance(index, slice) and index == slice(None))


def _is_same_path(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    """Whether two parts are cut out alike; lists and arrays make copies."""
    return len(one) == len(other) and all(
        not isinstance(a, list | np.ndarray) and not isinstance(b, list | np.ndarray) and a == b
        for a, b in zip(one, other, strict=True)
    )


def shared(
    value: NDArray,
    n: int,
    write: Callable[[How, NDArray[np.int32] | None, NDArray], None],
    read: Callable[[], NDArray],
) -> SharedValue:
    """``value``, of shape (), as (n,); what is set in its place goes to ``write``.

    ``write`` is told None for all elements together; ``read`` gives the values as they are now.
    """
    array = np.broadcast_to(value, n).view(SharedValue)
    array._shared, array._write = _Shared(value, n, write, read), write
    return array
