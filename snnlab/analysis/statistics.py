"""Rates, irregularity and correlation of recorded spikes.

Every function takes the spikes of one population as `Network.spikes` gives them (columns
``time`` in ms and ``neuron``), the population's size, and a window from ``start`` to before ``end``
in ms.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from snnlab.errors import SimulationError

Floats = NDArray[np.floating]

ROUNDING = 1e-6  # ms: times are multiples of dt with rounding errors


def firing_rates(spikes: pd.DataFrame, size: int, start: float, end: float) -> Floats:
    """The rate of every neuron (size,) in Hz, 0 where it was silent."""
    _, neurons = _window(spikes, size, start, end)
    return np.bincount(neurons, minlength=size) * (1000.0 / (end - start))


def population_rate(
    spikes: pd.DataFrame, size: int, start: float, end: float, bin_width: float = 5.0
) -> tuple[Floats, Floats]:
    """The mean rate over time: the middles of the bins (ms) and the rate in each (Hz).

    What is left of the window after the last whole bin is not counted.
    """
    times, _ = _window(spikes, size, start, end)
    n_bins = _n_bins(start, end, bin_width)
    bins = _bins(times, start, bin_width)
    counts = np.bincount(bins[bins < n_bins], minlength=n_bins)
    middles = start + bin_width * (np.arange(n_bins) + 0.5)
    return middles, counts * (1000.0 / (bin_width * size))


def interval_cv(
    spikes: pd.DataFrame, size: int, start: float, end: float, min_spikes: int = 5
) -> Floats:
    """Coefficient of variation of the intervals between spikes (size,).

    Standard deviation (without Bessel's correction) over mean: 0 for a clock, 1 for a Poisson
    process. NaN for neurons with fewer than ``min_spikes`` spikes, at least 2.
    """
    times, neurons = _window(spikes, size, start, end)
    order = np.lexsort((times, neurons))
    times, neurons = times[order], neurons[order]
    same = neurons[1:] == neurons[:-1]
    intervals, owners = np.diff(times)[same], neurons[1:][same]
    n_intervals = np.bincount(owners, minlength=size)
    divisor = np.maximum(n_intervals, 1)
    mean = np.bincount(owners, intervals, minlength=size) / divisor
    variance = np.bincount(owners, (intervals - mean[owners]) ** 2, minlength=size) / divisor
    known = n_intervals + 1 >= max(min_spikes, 2)
    cv = np.full(size, np.nan)
    cv[known] = np.sqrt(variance[known]) / mean[known]
    return cv


def count_correlations(
    spikes: pd.DataFrame,
    size: int,
    start: float,
    end: float,
    *,
    bin_width: float = 2.0,
    n_neurons: int = 200,
    seed: int = 0,
) -> Floats:
    """Pearson's coefficients of the spike counts in bins, for all pairs of some neurons.

    ``n_neurons`` (all, if there are fewer) are drawn from those that spike; m neurons make
    m (m - 1) / 2 pairs. Most coefficients of an asynchronous network are near 0.
    """
    times, neurons = _window(spikes, size, start, end)
    active = np.unique(neurons)
    chosen = np.random.default_rng(seed).choice(
        active, min(n_neurons, active.size), replace=False, shuffle=False
    )
    n_bins = _n_bins(start, end, bin_width)
    row_of = np.full(size, -1)
    row_of[chosen] = np.arange(chosen.size)
    rows, bins = row_of[neurons], _bins(times, start, bin_width)
    counted = (rows >= 0) & (bins < n_bins)
    cells = rows[counted] * n_bins + bins[counted]
    counts = np.bincount(cells, minlength=chosen.size * n_bins).reshape(chosen.size, n_bins)
    if chosen.size < 2:
        return np.zeros(0)
    with np.errstate(invalid="ignore", divide="ignore"):  # a neuron with equal counts: NaN
        coefficients = np.asarray(np.corrcoef(counts))
    return coefficients[np.triu_indices(chosen.size, 1)]


def _window(
    spikes: pd.DataFrame, size: int, start: float, end: float
) -> tuple[Floats, NDArray[np.int64]]:
    """Times and neurons of the spikes in the window."""
    if not start < end:
        raise SimulationError(
            f"analysis: the window from {start:g} to {end:g} ms is empty; let it end after it "
            "starts."
        )
    times = spikes["time"].to_numpy(np.float64)
    neurons = spikes["neuron"].to_numpy(np.int64)
    if len(neurons) and neurons.max() >= size:
        raise SimulationError(
            f"analysis: neuron {neurons.max()} spikes in a population of {size}; give the size of "
            "the population that the spikes belong to."
        )
    inside = (times >= start - ROUNDING) & (times < end - ROUNDING)
    return times[inside], neurons[inside]


def _n_bins(start: float, end: float, bin_width: float) -> int:
    n_bins = int((end - start) / bin_width + ROUNDING) if bin_width > 0 else 0
    if n_bins < 1:
        raise SimulationError(
            f"analysis: no bin of {bin_width:g} ms fits into {end - start:g} ms; choose a width "
            "above 0 and below the window's length."
        )
    return n_bins


def _bins(times: Floats, start: float, bin_width: float) -> NDArray[np.int64]:
    return ((times - start + ROUNDING) / bin_width).astype(np.int64)
