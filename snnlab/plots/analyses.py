"""The numbers of a dashboard's analyses: weights, two variables against each other, spectra.

Each function makes few points of many samples, because a page gets them several times a second.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

N_BINS = 60  # of a histogram
MAX_SIDE = 150  # blocks along one side of a matrix
MAX_POINTS = 2000  # of a phase portrait
SEGMENT = 500.0  # ms of rate in one segment of a spectrum, which makes it 2 Hz fine
MAX_FREQUENCY = 500.0  # Hz
MIN_BINS = 16  # of rate, fewer have no spectrum

Points = tuple[NDArray[np.float64], NDArray[np.float64]]
Samples = tuple[NDArray[np.integer], NDArray[np.floating]]  # steps, values


def weight_histogram(weights: NDArray[np.floating], n_synapses: int) -> Points:
    """How many synapses have which weight.

    Parameters
    ----------
    weights
        Those of some of the synapses, (n,); weights that are not finite are left out.
    n_synapses
        How many synapses they stand for.

    Returns
    -------
    Edges of `N_BINS` bins (N_BINS + 1,) and the number of synapses in each (N_BINS,); nothing
    when there is no finite weight.
    """
    finite = weights[np.isfinite(weights)].astype(np.float64)
    if not len(finite):
        return np.zeros(0), np.zeros(0)
    low, high = float(finite.min()), float(finite.max())
    # Bins narrower than the rounding of the numbers could not be told apart.
    if high - low <= 1e-6 * max(abs(low), abs(high)):
        margin = 0.1 * abs(low) or 1.0
        low, high = low - margin, high + margin
    counts, edges = np.histogram(finite, N_BINS, (low, high))
    return edges, counts * (n_synapses / len(weights))


@dataclass(frozen=True)
class Blocks:
    """Where synapses lie in a matrix of at most `MAX_SIDE` blocks a side."""

    shape: tuple[int, int]  # blocks of post, of pre neurons
    of_synapse: NDArray[np.int32]  # (n,) the block of each, row by row
    counts: NDArray[np.int64]  # synapses in each block

    @classmethod
    def of(
        cls,
        sources: NDArray[np.integer],
        targets: NDArray[np.integer],
        sizes: tuple[int, int],
    ) -> Blocks:
        """The blocks of synapses (n,) between populations of ``sizes`` (pre, post) neurons.

        Neuron i of N is in block i B // N of B, as in the raster.
        """
        n_pre, n_post = (min(size, MAX_SIDE) for size in sizes)
        rows = targets.astype(np.int64) * n_post // sizes[1]
        blocks = (rows * n_pre + sources.astype(np.int64) * n_pre // sizes[0]).astype(np.int32)
        return cls((n_post, n_pre), blocks, np.bincount(blocks, minlength=n_post * n_pre))


def weight_matrix(weights: NDArray[np.floating], blocks: Blocks, n_synapses: int) -> Points:
    """The mean weight in each block of neurons.

    Parameters
    ----------
    weights
        Those of the synapses of ``blocks`` (n,), or the one of all of them (1,).
    n_synapses
        How many synapses they stand for.

    Returns
    -------
    About how many synapses each block has, and their mean weight, both (post block, pre block).
    The mean is nan where there are none, or where a weight is not finite.
    """
    if len(weights) == 1:
        sums = blocks.counts * float(weights[0])
    else:
        sums = np.bincount(blocks.of_synapse, weights, len(blocks.counts))
    with np.errstate(invalid="ignore"):
        means = sums / np.where(blocks.counts, blocks.counts, np.nan)
    means[~np.isfinite(means)] = np.nan
    counts = blocks.counts.astype(np.float64) * (n_synapses / max(1, len(blocks.of_synapse)))
    return counts.reshape(blocks.shape), means.astype(np.float64).reshape(blocks.shape)


def phase_points(x: Samples, y: Samples, start: int, end: int) -> Points:
    """The values that two variables had at the same steps, at most `MAX_POINTS` of them.

    Parameters
    ----------
    x, y
        Samples of the two variables, steps ascending; those without a partner are left out.
    start, end
        Steps from ``start`` to before ``end`` are looked at.
    """
    stride = max(1, -(-(end - start) // MAX_POINTS))
    (x_steps, x_values), (y_steps, y_values) = (_thinned(s, start, end, stride) for s in (x, y))
    _, of_x, of_y = np.intersect1d(x_steps, y_steps, assume_unique=True, return_indices=True)
    return x_values[of_x].astype(np.float64), y_values[of_y].astype(np.float64)


def _thinned(samples: Samples, start: int, end: int, stride: int) -> Samples:
    """The samples at multiples of ``stride``, so that points stay while time goes on."""
    steps, values = samples
    kept = (steps >= start) & (steps < end) & (steps % stride == 0)
    return steps[kept], values[kept]


def rate_spectrum(counts: NDArray[np.floating], bin_width: float, n_neurons: int) -> Points:
    """The power spectral density of a population's rate.

    Segments of `SEGMENT` ms that overlap by half, each without its mean and under a Hann
    window, are averaged (Welch 1967, IEEE Trans. Audio Electroacoust. 15, 70-73).

    Parameters
    ----------
    counts
        Spikes of the population in each bin (n,).
    bin_width
        ms.
    n_neurons
        Size of the population.

    Returns
    -------
    Frequencies above 0 and up to `MAX_FREQUENCY` in Hz, and the one-sided density at each in
    Hz^2/Hz; nothing for fewer than `MIN_BINS` bins.
    """
    n = min(len(counts), max(MIN_BINS, round(SEGMENT / bin_width)))
    if n < MIN_BINS:
        return np.zeros(0), np.zeros(0)
    rate = counts * (1000.0 / (bin_width * n_neurons))
    segments = np.lib.stride_tricks.sliding_window_view(rate, n)[:: n - n // 2]
    taper = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n)
    waves = np.fft.rfft((segments - segments.mean(axis=1, keepdims=True)) * taper, axis=1)
    density = (np.abs(waves) ** 2).mean(axis=0) * (bin_width / 1000.0 / (taper**2).sum())
    density[1 : (n + 1) // 2] *= 2  # the negative frequencies; the highest of an even n has none
    frequencies = np.fft.rfftfreq(n, bin_width / 1000.0)
    shown = (frequencies > 0) & (frequencies <= MAX_FREQUENCY * (1 + 1e-9))
    return frequencies[shown].astype(np.float64), density[shown]
