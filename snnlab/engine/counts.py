"""Distributions of counts as thresholds: a count is how many of them a random number exceeds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LARGEST_MEAN = 1e6
LAST = 2**32 - 1  # no random number exceeds it
LIMIT = 2**26  # thresholds of one table


@dataclass(frozen=True, eq=False)
class CountTable:
    """Counts by inversion of 32 random bits, so each probability is exact to 2**-32.

    A count is ``smallest`` plus the number of ``threshold`` that the bits exceed.
    """

    threshold: NDArray[np.uint32]  # (n_rows, a power of two), ascending, the last is `LAST`
    smallest: NDArray[np.int32]  # (n_rows,)


def poisson_table(means: NDArray[np.float64]) -> CountTable:
    """The Poisson distributions with ``means`` (n_rows,), each at most `LARGEST_MEAN`.

    The probabilities follow from that of the most likely count by the ratios
    ``P(k) / P(k - 1) = mean / k`` (Johnson, Kemp & Kotz 2005, Univariate Discrete Distributions,
    section 4.4), which neither overflow nor need a logarithm.
    """
    rows = [_cumulated(float(mean)) for mean in means]
    longest = max(len(thresholds) for _, thresholds in rows)
    n_thresholds = 1 << longest.bit_length()  # one at least is left for `LAST`
    threshold = np.full((len(rows), n_thresholds), LAST, np.uint32)
    for row, (_, thresholds) in zip(threshold, rows, strict=True):
        row[: len(thresholds)] = thresholds
    return CountTable(threshold, np.array([smallest for smallest, _ in rows], np.int32))


def most_thresholds(mean: float) -> int:
    """How many thresholds a count with ``mean`` may have in a table."""
    return 1 << (2 * _width(mean) + 1).bit_length()


def _width(mean: float) -> int:
    """Counts on each side of the most likely one; those beyond have a probability below 2**-33."""
    return int(9.0 * mean**0.5) + 30


def _cumulated(mean: float) -> tuple[int, NDArray[np.uint32]]:
    """The smallest count, and for each next one the number that the random bits exceed."""
    mode = int(mean)
    width = _width(mean)
    below = np.arange(mode, max(0, mode - width), -1.0)
    above = np.arange(mode + 1.0, mode + width + 1.0)
    falling = np.cumprod(below / mean) if mean > 0 else np.zeros(0)
    rising = np.cumprod(mean / above)
    weights = np.concatenate([falling[::-1], [1.0], rising])
    cumulated = np.cumsum(weights)
    edges = np.rint(cumulated / cumulated[-1] * 2.0**32)
    first = int(np.count_nonzero(edges <= 0))
    smallest = mode - len(falling) + first
    edges = edges[first:]
    return smallest, (edges[edges < 2**32] - 1).astype(np.uint32)
