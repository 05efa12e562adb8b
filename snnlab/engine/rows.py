"""Rows of synapses and random values, made on all cores.

The work is cut in ranges. What a range gives does not depend on the others, so that a seed
gives the same network for any number of threads.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise
from typing import Any, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from snnlab.engine.construction import (
    Rule,
    Space,
    Values,
    count_sources,
    dense_rows,
    sort_rows,
    spread_pairs,
    uniform_fill,
)
from snnlab.engine.randomness import Key

Result = TypeVar("Result")
WORTH_A_THREAD = 200_000  # synapses or values
CONVERTED = 50_000  # numbers of a matrix at once, that they stay in the cache


def ranges(n: int, amount: int) -> list[tuple[int, int]]:
    """Ranges that cut 0 .. n, one a thread; ``amount`` of values decides how many are worth it."""
    n_threads = max(1, min(os.cpu_count() or 1, amount // WORTH_A_THREAD, n))
    return list(pairwise(n * k // n_threads for k in range(n_threads + 1)))


def in_parallel(
    work: Callable[..., Result], parts: Sequence[tuple[int, int]], *more: Iterable[Any]
) -> list[Result]:
    """``work(first, last, ...)`` of every range, at once; results in the order of the ranges."""
    firsts, lasts = zip(*parts, strict=True)
    if len(parts) == 1:
        return list(map(work, firsts, lasts, *more))
    with ThreadPoolExecutor(len(parts)) as pool:
        return list(pool.map(work, firsts, lasts, *more))


def meanwhile(work: Callable[..., Result], items: Iterable[tuple[Any, ...]]) -> Iterator[Result]:
    """``work(*item)`` of every item, in their order, while later items are made."""
    n_threads = os.cpu_count() or 1
    with ThreadPoolExecutor(n_threads) as pool:
        under_way: deque[Future[Result]] = deque()
        for item in items:
            under_way.append(pool.submit(work, *item))
            if len(under_way) > n_threads:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


def ends_of(counts: NDArray) -> NDArray[np.int64]:
    """Where each row of synapses ends, from the rows' lengths; a 0 before."""
    ends = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=ends[1:])
    return ends


def narrow(n: int) -> type:
    """The narrowest unsigned numbers that count ``n`` neurons, of 16 or 32 bits."""
    return np.uint16 if n <= 65_536 else np.uint32


def row_ends(rule: Rule) -> NDArray[np.int64]:
    """int64 (n_rows + 1): where each row of ``rule`` ends."""
    if rule.ends is not None:
        return rule.ends
    if rule.kind in ("distinct", "repeated"):
        return np.arange(rule.n_rows + 1, dtype=np.int64) * rule.n
    amount = rule.n_rows * (rule.n_candidates if rule.kind == "bernoulli" else 1)
    return ends_of(np.concatenate(in_parallel(rule.count, ranges(rule.n_rows, amount))))


def parts_of_rows(
    rule: Rule, ends: NDArray[np.int64], bounds: NDArray[np.int64]
) -> NDArray[np.int64]:
    """int64 (n_rows, n_threads + 1): numbers of the synapses at which each row's parts begin.

    Part k of a row are its candidates from ``bounds[k]`` up to ``bounds[k + 1]``; row i ends at
    ``ends[i + 1]``.
    """
    part = np.empty((rule.n_rows, len(bounds)), np.int64)
    part[:, 0], part[:, -1] = ends[:-1], ends[1:]
    for k in range(1, len(bounds) - 1):
        a, b = int(bounds[k - 1]), int(bounds[k])

        def count(first: int, last: int, a: int = a, b: int = b) -> NDArray[np.int64]:
            return rule.count(first, last, a, b)

        counts = in_parallel(count, ranges(rule.n_rows, int(ends[-1])))
        part[:, k] = part[:, k - 1] + np.concatenate(counts)
    return part


def make_rows(rule: Rule) -> tuple[NDArray[np.int64], NDArray]:
    """(ends, candidates) of all rows, the candidates ascending in each row."""
    ends = row_ends(rule)
    return ends, fill_rows(rule, ends)


def fill_rows(rule: Rule, ends: NDArray[np.int64]) -> NDArray:
    """The candidates of all rows, which end at `row_ends`."""
    targets = np.empty(int(ends[-1]), narrow(rule.n_candidates))

    def fill(first: int, last: int) -> None:
        rule.fill(first, last, ends, targets)

    in_parallel(fill, ranges(rule.n_rows, len(targets)))
    return targets


def make_columns(rule: Rule) -> tuple[NDArray[np.int64], NDArray]:
    """(ends, rows) by candidate, where each row of ``rule`` chooses candidates; ascending."""
    parts = ranges(rule.n_rows, rule.n_rows * rule.n)
    counts = in_parallel(rule.count_transposed, parts)
    ends = ends_of(np.sum(counts, axis=0))
    out = np.empty(int(ends[-1]), narrow(rule.n_rows))

    def fill(first: int, last: int, place: NDArray[np.int64]) -> None:
        rule.fill_transposed(first, last, place, out)

    in_parallel(fill, parts, behind(ends, counts))
    return ends, out


def make_space(
    space: Space,
    own: NDArray[np.float64],
    firsts: NDArray[np.int64],
    lasts: NDArray[np.int64],
    skipped: NDArray[np.int32] | None,
) -> tuple[NDArray[np.int64], NDArray, NDArray[np.float64]]:
    """(ends, candidates, weights) of rows by distance; the arguments are those of `Space.rows`."""
    parts = ranges(len(own), int((lasts - firsts).sum()))

    def rows(first: int, last: int, *out: NDArray) -> NDArray[np.int64]:
        mine = slice(first, last)
        left_out = None if skipped is None else skipped[mine]
        return space.rows(own[mine], firsts[mine], lasts[mine], left_out, *out)

    ends = ends_of(np.concatenate(in_parallel(rows, parts)))
    targets = np.empty(int(ends[-1]), narrow(space.n_candidates))
    weights = np.empty(len(targets))
    in_parallel(lambda first, last: rows(first, last, ends[first:], targets, weights), parts)
    return ends, targets, weights


def make_dense(matrix: NDArray) -> tuple[NDArray[np.int64], NDArray, NDArray[np.float64]]:
    """(ends, columns, numbers) of what is no NaN in the rows of a matrix of any numbers."""
    n_rows, n_columns = matrix.shape
    parts = ranges(n_rows, matrix.size)

    def rows(first: int, last: int, *out: NDArray) -> NDArray[np.int64]:
        if matrix.dtype == np.float64 and matrix.flags.c_contiguous:
            return dense_rows(matrix[first:last], *_from_row(out, first))
        counts = []
        at_once = max(1, CONVERTED // max(1, n_columns))
        for begin in range(first, last, at_once):
            some = np.ascontiguousarray(matrix[begin : min(begin + at_once, last)], np.float64)
            counts.append(dense_rows(some, *_from_row(out, begin)))
        return np.concatenate(counts) if counts else np.zeros(0, np.int64)

    ends = ends_of(np.concatenate(in_parallel(rows, parts)))
    columns = np.empty(int(ends[-1]), narrow(n_columns))
    numbers = np.empty(len(columns))
    in_parallel(lambda first, last: rows(first, last, ends, columns, numbers), parts)
    return ends, columns, numbers


def _from_row(out: tuple[NDArray, ...], row: int) -> tuple[NDArray, ...]:
    return (out[0][row:], *out[1:]) if out else ()


def order_of_pairs(
    sources: NDArray, targets: NDArray, n_pre: int, n_post: int
) -> tuple[NDArray[np.int64], NDArray, NDArray[np.uint32] | None]:
    """Row ends, targets and order of the pairs by source, then target.

    ``sources`` and ``targets`` are both int32 or both int64. Pairs that are equal keep their
    order, which is None if all are in order already.
    """
    n = len(sources)
    parts = ranges(n, n)

    def count(first: int, last: int) -> NDArray[np.int64]:
        return count_sources(sources, first, last, n_pre)

    counts = in_parallel(count, parts)
    ends = ends_of(np.sum(counts, axis=0))
    if _in_order(sources, targets):
        return ends, targets.astype(narrow(n_post)), None
    pairs = np.empty(n, np.uint64)

    def spread(first: int, last: int, places: NDArray[np.int64]) -> None:
        spread_pairs(sources, targets, first, last, places, pairs)

    in_parallel(spread, parts, behind(ends, counts))
    found, order = np.empty(n, narrow(n_post)), np.empty(n, np.uint32)
    n_bits = max(1, (n_post - 1).bit_length())

    def sort(first: int, last: int) -> None:
        sort_rows(first, last, ends, pairs, n_bits, found, order)

    cuts = np.searchsorted(ends, [first for first, _ in parts])
    in_parallel(sort, list(pairwise([*np.minimum(cuts, n_pre).tolist(), n_pre])))
    return ends, found, order


def behind(ends: NDArray[np.int64], counts: list[NDArray]) -> list[NDArray[np.int64]]:
    """Where each range of several writes its items of each row: behind those before it."""
    places = [ends[:-1].copy()]
    for count in counts[:-1]:
        places.append(places[-1] + count)
    return places


def _in_order(sources: NDArray, targets: NDArray) -> bool:
    for first in range(0, len(sources), WORTH_A_THREAD):
        here = slice(first, first + WORTH_A_THREAD + 1)
        down, across = np.diff(sources[here]), np.diff(targets[here])
        if (down < 0).any() or ((down == 0) & (across < 0)).any():
            return False
    return True


@overload
def taken(values: NDArray, order: NDArray) -> NDArray: ...
@overload
def taken(values: None, order: NDArray) -> None: ...
@overload
def taken(values: NDArray | None, order: NDArray) -> NDArray | None: ...
def taken(values: NDArray | None, order: NDArray) -> NDArray | None:
    """``values[order]``, or None of None."""
    if values is None:
        return None
    out = np.empty(len(order), values.dtype)

    def take(first: int, last: int) -> None:
        for begin in range(first, last, WORTH_A_THREAD):
            end = min(begin + WORTH_A_THREAD, last)
            np.take(values, order[begin:end], out=out[begin:end], mode="clip")

    in_parallel(take, ranges(len(order), len(order)))
    return out


def fill_values(values: Values, out: NDArray, first: int = 0) -> bool:
    """Give ``out`` the random values from number ``first`` on; False as in `Values.fill`."""

    def fill(begin: int, end: int) -> bool:
        return values.fill(first + begin, out[begin:end])

    return all(in_parallel(fill, ranges(len(out), len(out))))


def uniform(key: Key, draw: int, n: int) -> NDArray[np.float64]:
    """``n`` numbers uniform in (0, 1): the stream ``draw`` of ``key``."""
    out = np.empty(n)

    def fill(begin: int, end: int) -> None:
        uniform_fill(key, draw, begin, out[begin:end])

    in_parallel(fill, ranges(n, n))
    return out
