"""Correlated spike trains: their rates and correlations are those that were asked for."""

from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats

from snnlab.errors import NetworkError
from snnlab.network.correlated import CorrelatedInput, common_rate
from snnlab.network.network import Network


def counts_of(source, duration, window, n=40, dt=0.5, seed=2, **options):
    """(n, windows) spikes of each neuron."""
    net = Network(dt=dt, seed=seed, **options)
    net.add(n, source, name="C")
    net.simulate(duration)
    spikes = net.spikes["C"]
    counts = np.zeros((n, round(duration / window)), int)
    np.add.at(counts, (spikes["neuron"], ((spikes["time"] + 0.01) // window).astype(int)), 1)
    return counts


def mean_correlation(counts):
    pairs = np.triu_indices(len(counts), 1)
    return np.corrcoef(counts)[pairs].mean()


def exact_correlation(rate, correlation, dt):
    """Of two neurons in one step: both processes leave both silent with exp(-m (2 - c))."""
    m = rate * dt / 1000
    silent, both_silent = np.exp(-m), np.exp(-m * (2 - correlation))
    return (both_silent - silent**2) / (silent * (1 - silent))


@pytest.mark.parametrize("interaction", ["multiple", "single"])
@pytest.mark.parametrize("correlation", [0.0, 0.1, 0.5, 1.0])
def test_rate_and_correlation_are_those_asked_for(interaction, correlation):
    source = CorrelatedInput(40.0, correlation, interaction=interaction)
    counts = counts_of(source, 60_000, 0.5)

    p, n_steps = -np.expm1(-0.02), counts.shape[1]
    wanted = exact_correlation(40.0, correlation, 0.5)
    # A mean over neurons with this correlation varies by more than one over independent ones.
    error = np.sqrt(p / n_steps * (wanted + (1 - wanted) / 40))
    assert abs(counts.mean() - p) < 4 * error
    assert abs(mean_correlation(counts) - wanted) < 0.02
    # Of one train the intervals are geometric: it is a Poisson process on the grid.
    gaps = np.diff(np.flatnonzero(counts[0]))
    cut = np.minimum(gaps, 150)
    found = np.histogram(cut, [1, 10, 30, 70, 149.5, 151])[0]
    expected = np.diff(stats.geom.cdf([0, 9, 29, 69, 149, np.inf], p)) * len(gaps)
    assert stats.chisquare(found, expected * found.sum() / expected.sum()).pvalue > 1e-4


def test_interactions_differ_in_greater_groups():
    """All neurons together: never for a multiple interaction of 0.1, often for a single one."""
    together = {}
    for interaction in ("multiple", "single"):
        source = CorrelatedInput(40.0, 0.1, interaction=interaction)
        counts = counts_of(source, 10_000, 0.5)
        together[interaction] = int((counts.sum(axis=0) == 40).sum())

    assert together["multiple"] == 0
    assert abs(together["single"] - 10 * 40 * 0.1) < 4 * 40**0.5


@pytest.mark.parametrize(
    ("rate", "correlation", "tau"), [(20.0, 0.2, 5.0), (20.0, 0.5, 20.0), (5.0, 0.3, 10.0)]
)
def test_common_rate_has_the_mean_and_the_correlation(rate, correlation, tau):
    """The rectified process by numerical integration instead of the Hermite series."""
    made = common_rate(rate, correlation, tau)
    z = made.mean / made.spread
    g = np.linspace(-9, 9, 4001)
    x = made.spread * np.maximum(z + g, 0)
    density = stats.norm.pdf(g)
    mean = integrate.trapezoid(x * density, g)

    def covariance(rho):
        # E[X(G) X(rho G + sqrt(1 - rho^2) H)], the inner expectation in closed form.
        s = np.sqrt(1 - rho * rho)
        a = (z + rho * g) / s
        inner = made.spread * s * (a * stats.norm.cdf(a) + stats.norm.pdf(a))
        return integrate.trapezoid(x * inner * density, g) - mean**2

    rho = np.linspace(1e-4, 1 - 1e-6, 400)
    area = 2 * tau / 1000 * integrate.trapezoid([covariance(r) / r for r in rho], rho)

    np.testing.assert_allclose(mean, rate, rtol=1e-4)
    np.testing.assert_allclose(area / (area + rate), correlation, rtol=2e-3)


def test_spikes_of_a_common_rate_are_correlated_over_its_time():
    source = CorrelatedInput(20.0, 0.4, tau=10.0)
    counts = counts_of(source, 120_000, 200.0, n=60, dt=0.2)

    # In a window the common rate adds 0.4 / 0.6 of the mean to the variance that neurons share.
    error = np.sqrt(4.0 * 0.4 / 0.6 / 600)
    assert abs(counts.mean() - 4.0) < 4 * error
    assert abs(mean_correlation(counts) - 0.4) < 0.06
    # In single steps hardly anything of it is left.
    assert mean_correlation(counts_of(source, 5_000, 0.5)) < 0.05


@pytest.mark.parametrize(
    "source",
    [
        CorrelatedInput(30.0, 0.3),
        CorrelatedInput(30.0, 0.3, interaction="single"),
        CorrelatedInput(30.0, 0.3, tau=7.0),
    ],
    ids=["multiple", "single", "common rate"],
)
def test_trains_do_not_depend_on_threads_or_target(source):
    ways: list[dict[str, Any]] = [{}, {"threads": 3}, {"target": "numpy"}]
    first, *others = [counts_of(source, 100, 0.5, n=1500, **way) for way in ways]

    assert first.sum() > 1000
    for other in others:
        np.testing.assert_array_equal(other, first)


def test_rate_and_correlation_change_while_it_runs():
    net = Network(dt=0.5, seed=1)
    group = net.add(50, CorrelatedInput(50.0, 0.0), name="C")
    net.simulate(1000)
    first = len(net.spikes["C"])
    group.correlation = 1.0
    group.rate = 10.0
    net.simulate(10_000)

    spikes = net.spikes["C"].iloc[first:]
    assert abs(first - 2500) < 250
    assert (spikes["neuron"].to_numpy().reshape(-1, 50) == np.arange(50)).all()
    assert 60 < len(spikes) / 50 < 145


def test_one_course_begins_for_all():
    """A population-wide variable draws one initial value."""
    net = Network(dt=0.5, seed=1)
    group = net.add(100, CorrelatedInput(50.0, 0.2, tau=20.0), name="C")

    assert np.ndim(group.x) == 0
    assert group.x != 0.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-1.0, 0.1), "rate = -1.0; give a number from 0 on."),
        ((np.nan, 0.1), "rate = nan; give a number from 0 on."),
        ((10.0, 1.5), "correlation = 1.5; give a number from 0 to 1."),
        ((10.0, "a"), "correlation = 'a'; give a number from 0 to 1."),
        ((10.0, 0.1, -2.0), "tau = -2.0; give a number from 0 on."),
        (
            (10.0, 1.0, 5.0),
            "rate = 10 Hz and correlation = 1 with tau = 5 ms; give a rate above 0 and a "
            "correlation below 1, or no tau.",
        ),
        (
            (10.0, 0.1, 0.0, "triple"),
            "interaction = 'triple'; choose 'multiple' or 'single'.",
        ),
    ],
)
def test_impossible_trains_are_refused(arguments, message):
    with pytest.raises(NetworkError) as error:
        CorrelatedInput(*arguments)
    assert str(error.value) == f"CorrelatedInput: {message}"


def test_a_correlation_beyond_reach_is_refused():
    net = Network(dt=0.1, seed=1)

    with pytest.raises(NetworkError) as error:
        net.add(10, CorrelatedInput(0.001, 0.999999, tau=0.1), name="C")

    assert str(error.value) == (
        "CorrelatedInput: a correlation of 0.999999 at 0.001 Hz with tau = 0.1 ms is not possible; "
        "give a greater tau or rate, or a lower correlation."
    )
