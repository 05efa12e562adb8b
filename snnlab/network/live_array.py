"""NumPy views of the engine's memory whose changes wait for the end of a step and are logged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

# How, for which elements (n,), and with which values (n,).
Write = Callable[[Literal["set", "kick"], NDArray[np.int32], NDArray], None]
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

    def _submit(
        self, how: Literal["set", "kick"], elements: NDArray[np.int64], values: Any
    ) -> None:
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
        writes = func in (np.copyto, np.put, np.place, np.putmask)
        if writes and args and isinstance(args[0], LiveArray):
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


class PresentValues(np.ndarray):
    """Values computed when they were asked for; elements written into them are handed back."""

    written: Callable[[NDArray], None] | None

    def __array_finalize__(self, obj: object) -> None:
        self.written = None  # results of arithmetic are values of their own

    def __setitem__(self, index: Any, value: Any) -> None:
        super().__setitem__(index, value)
        if self.written is not None:
            self.written(np.array(self))


def present(values: NDArray, written: Callable[[NDArray], None]) -> PresentValues:
    """``values``, which belong to nobody else; elements that are set go to ``written``."""
    array = values.view(PresentValues)
    array.written = written
    return array


class SharedValue(np.ndarray):
    """One number that is read as many; elements that are set give each its own."""

    written: Callable[[NDArray | float], None] | None

    def __array_finalize__(self, obj: object) -> None:
        self.written = None  # parts and results are values of their own

    def __setitem__(self, index: Any, value: Any) -> None:
        new = np.array(self)
        new[index] = value
        if self.written is not None:
            self.written(new)

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = (), **options: Any
    ) -> Any:
        plain = [i.view(np.ndarray) if isinstance(i, SharedValue) else i for i in inputs]
        if not out or out[0] is not self or self.written is None:
            return getattr(ufunc, method)(*plain, **options, **({"out": out} if out else {}))
        if inputs[0] is self and self.size:
            plain[0] = plain[0][0]  # one number stays one number
        new = getattr(ufunc, method)(*plain, **options)
        self.written(new)
        return new


def shared(value: NDArray, n: int, written: Callable[[NDArray | float], None]) -> SharedValue:
    """``value``, of shape (), as (n,); what is set in its place goes to ``written``."""
    array = np.broadcast_to(value, n).view(SharedValue)
    array.written = written
    return array
