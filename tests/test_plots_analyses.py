"""The numbers of a dashboard's analyses, against what they should be."""

import numpy as np
import pytest
from scipy.signal import welch

from snnlab.plots.analyses import (
    MAX_POINTS,
    MAX_SIDE,
    N_BINS,
    Blocks,
    phase_points,
    rate_spectrum,
    weight_histogram,
    weight_matrix,
)


def test_histogram_counts_every_synapse(rng):
    weights = rng.normal(3.0, 1.0, 10_000)

    edges, counts = weight_histogram(weights, 10_000)

    assert (edges[0], edges[-1]) == (weights.min(), weights.max())
    np.testing.assert_array_equal(counts, np.histogram(weights, edges)[0])
    assert counts.sum() == 10_000


def test_histogram_of_some_weights_stands_for_all():
    _, counts = weight_histogram(np.array([0.0, 1.0, 1.0, 1.0]), 4_000_000)

    assert (counts[0], counts[-1], counts.sum()) == (1_000_000, 3_000_000, 4_000_000)


@pytest.mark.parametrize("weight", [0.0, 0.3, -1e9], ids=str)
def test_histogram_of_one_weight_has_it_in_the_middle(weight):
    edges, counts = weight_histogram(np.array([weight]), 50)

    filled = int(np.flatnonzero(counts)[0])
    assert counts[filled] == counts.sum() == 50
    assert abs(filled - N_BINS / 2) <= 1
    assert edges[0] < weight < edges[-1]


def test_histogram_leaves_out_what_is_not_finite():
    _, counts = weight_histogram(np.array([1.0, np.nan, np.inf, 2.0]), 4)

    assert counts.sum() == 2
    assert weight_histogram(np.array([np.nan]), 1)[1].size == 0


def test_matrix_of_few_neurons_has_each_weight_in_its_place():
    blocks = Blocks.of(np.array([0, 0, 2]), np.array([1, 3, 0]), (3, 4))

    counts, means = weight_matrix(np.array([0.5, 1.5, -2.0]), blocks, 3)

    wanted = np.full((4, 3), np.nan)
    wanted[1, 0], wanted[3, 0], wanted[0, 2] = 0.5, 1.5, -2.0
    np.testing.assert_array_equal(means, wanted)
    np.testing.assert_array_equal(counts, np.isfinite(wanted))


def test_matrix_of_many_neurons_has_the_means_of_blocks(rng):
    sources, targets = rng.integers(0, 600, 20_000), rng.integers(0, 300, 20_000)
    weights = rng.normal(1.0, 0.2, 20_000)
    blocks = Blocks.of(sources, targets, (600, 300))

    counts, means = weight_matrix(weights, blocks, 40_000)

    inside = (sources // 4 == 10) & (targets // 2 == 20)
    assert means.shape == (MAX_SIDE, MAX_SIDE)
    assert counts.sum() == pytest.approx(40_000)
    assert counts[20, 10] == 2 * inside.sum()
    assert means[20, 10] == pytest.approx(weights[inside].mean())


def test_matrix_of_one_weight_shows_where_there_are_synapses():
    blocks = Blocks.of(np.array([0, 0, 1]), np.array([1, 1, 0]), (2, 2))

    counts, means = weight_matrix(np.array([0.25]), blocks, 3)

    assert counts.tolist() == [[0, 1], [2, 0]]
    np.testing.assert_array_equal(means, [[np.nan, 0.25], [0.25, np.nan]])


def test_phase_points_are_of_the_same_steps():
    steps = np.arange(100, 50_000)
    x, y = phase_points((steps, steps * 1.0), (steps[3:], steps[3:] * 2.0), 1000, 41_000)

    np.testing.assert_array_equal(y, 2 * x)
    assert len(x) == MAX_POINTS
    assert (x[0], x[-1]) == (1000, 40_980)


def test_phase_points_without_a_partner_are_left_out():
    x, y = phase_points(
        (np.array([1, 2, 4]), np.array([10.0, 20.0, 40.0])),
        (np.array([2, 3, 4]), np.array([-2.0, -3.0, -4.0])),
        0,
        10,
    )

    assert x.tolist() == [20.0, 40.0]
    assert y.tolist() == [-2.0, -4.0]


def test_spectrum_has_its_peak_at_the_frequency_of_the_rate(rng):
    time = np.arange(5000) * 1e-3  # s
    counts = rng.poisson(20.0 * (1 + 0.5 * np.sin(2 * np.pi * 40 * time)))

    frequencies, density = rate_spectrum(counts, 1.0, 1000)

    assert frequencies[np.argmax(density)] == pytest.approx(40.0)
    assert density.max() > 20 * np.median(density)


def test_spectrum_of_a_poisson_population_is_its_rate_over_its_size(rng):
    # White: twice the rate over the number of neurons, one-sided (Hz^2/Hz).
    counts = rng.poisson(20.0 * 1000 * 1e-3, 40_000)

    _, density = rate_spectrum(counts, 1.0, 1000)

    assert density[2:-2].mean() == pytest.approx(2 * 20.0 / 1000, rel=0.03)


@pytest.mark.parametrize("n", [1000, 2777, 301])
def test_spectrum_is_the_one_of_scipy(rng, n):
    counts = rng.poisson(5.0, n)
    segment = min(n, 500)

    frequencies, density = rate_spectrum(counts, 1.0, 10)

    wanted = welch(counts * 100.0, 1000.0, nperseg=segment, noverlap=segment // 2)
    np.testing.assert_allclose(frequencies, wanted[0][1:])
    np.testing.assert_allclose(density, wanted[1][1:], rtol=1e-9)


def test_spectrum_of_too_little_is_empty():
    assert rate_spectrum(np.ones(15), 1.0, 10)[0].size == 0
