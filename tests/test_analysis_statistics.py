"""Measures of activity against spike trains whose measures are known."""

import numpy as np
import pandas as pd
import pytest

from snnlab.analysis import count_correlations, firing_rates, interval_cv, population_rate
from snnlab.errors import SimulationError


def table(*trains):
    """The spikes of neurons 0, 1, ... as a network gives them: sorted by time."""
    frame = pd.DataFrame(
        {
            "time": np.concatenate([np.asarray(train, float) for train in trains]),
            "neuron": np.repeat(np.arange(len(trains)), [len(train) for train in trains]),
        }
    )
    return frame.sort_values(["time", "neuron"], ignore_index=True)


def poisson(rng, rate, duration):
    return np.sort(rng.uniform(0, duration, rng.poisson(rate * duration / 1000)))


def test_rates_count_the_window_from_its_start_to_before_its_end():
    spikes = table([0.0, 100.0, 199.9, 200.0], [150.0])

    assert firing_rates(spikes, 3, 100, 200).tolist() == [20.0, 10.0, 0.0]


def test_population_rate_is_the_mean_over_neurons():
    times, rates = population_rate(table([1, 2, 12], [3, 23]), 4, 0, 25, bin_width=10)

    assert times.tolist() == [5.0, 15.0]
    assert rates.tolist() == [75.0, 25.0]


def test_cv_of_a_clock_and_of_two_intervals():
    spikes = table(np.arange(0, 100, 10), [0, 10, 40, 50, 80], [1, 2])

    assert interval_cv(spikes, 4, 0, 100) == pytest.approx([0, 0.5, np.nan, np.nan], nan_ok=True)


def test_cv_of_a_poisson_process_is_one(rng):
    spikes = table(*(poisson(rng, 50, 20_000) for _ in range(50)))

    # The standard error of 50 trains of 1,000 intervals is 0.005.
    assert interval_cv(spikes, 50, 0, 20_000).mean() == pytest.approx(1, abs=0.02)


def test_correlations_of_equal_opposite_and_independent_trains(rng):
    even, odd = np.arange(0, 1000, 4.0), np.arange(2, 1000, 4.0)
    equal, opposite, other = count_correlations(table(even, even, odd), 3, 0, 1000)
    independent = table(*(poisson(rng, 20, 20_000) for _ in range(40)))

    coefficients = count_correlations(independent, 40, 0, 20_000)

    assert [equal, opposite, other] == pytest.approx([1, -1, -1])
    assert len(coefficients) == 780
    assert abs(coefficients.mean()) < 0.002
    assert coefficients.std() == pytest.approx(10_000**-0.5, rel=0.1)


def test_correlations_take_as_many_neurons_as_asked(rng):
    spikes = table(*(poisson(rng, 20, 2000) for _ in range(30)))

    assert len(count_correlations(spikes, 40, 0, 2000, n_neurons=10)) == 45


def test_nothing_to_correlate_gives_nothing():
    assert count_correlations(table([1.0]), 1, 0, 100).size == 0
    assert count_correlations(table([]), 1, 0, 100).size == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda spikes: firing_rates(spikes, 2, 100, 100),
            "analysis: the window from 100 to 100 ms is empty; let it end after it starts.",
        ),
        (
            lambda spikes: firing_rates(spikes, 1, 0, 100),
            "analysis: neuron 1 spikes in a population of 1; give the size of the population that "
            "the spikes belong to.",
        ),
        (
            lambda spikes: population_rate(spikes, 2, 0, 100, bin_width=0),
            "analysis: no bin of 0 ms fits into 100 ms; choose a width above 0 and below the "
            "window's length.",
        ),
    ],
)
def test_what_cannot_be_measured_is_refused(call, message):
    with pytest.raises(SimulationError) as error:
        call(table([1.0], [2.0]))

    assert str(error.value) == message
