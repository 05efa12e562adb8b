"""Parameters and variables that follow given values; equations of time; spikes from tables."""

from typing import Any, cast

import numpy as np
import pandas as pd
import pytest

from snnlab.errors import NetworkError
from snnlab.model.neuron import Neuron
from snnlab.network.inputs import PoissonInput, SpikeSource, TimedArray
from snnlab.network.network import Network

TARGETS = pytest.mark.parametrize("target", ["c", "numpy"])
LEAKY = """
I   = 0 mV
tau = 10 ms
f   = 10 Hz
half = I / 2 mV

tau * dv/dt = I - v
u = I + 0 * v
wave = sin(2*pi*f*t)
total = total + 1 : population
spike: v > 1000
"""
PLAIN = LEAKY.replace("half = I / 2 mV\n", "")


def leaky(text=PLAIN, n=3, dt=0.5, **options):
    net = Network(dt=dt, seed=1, **options)
    return net, net.add(n, Neuron.from_cell(text, "Leaky"), name="P")


@TARGETS
@pytest.mark.parametrize("threads", [1, 2])
def test_a_parameter_follows_its_course(target, threads):
    net, group = leaky(n=100, target=target, threads=threads)
    group.I = TimedArray.pulse(np.arange(100.0), 2.0, 4.0)
    net.record(group, ["u", "v"])

    net.simulate(3.0)
    net.simulate(4.0)

    steps = np.arange(14)
    on = (steps >= 4) & (steps < 8)
    u, v = net.traces["P"]["u"], net.traces["P"]["v"]
    np.testing.assert_array_equal(u, on[:, np.newaxis] * np.arange(100.0))
    # Constant input from 2 to 4 ms, then decay: exact at the end of each step.
    t = 0.5 * (steps + 1)
    rise = 1 - np.exp(-(np.clip(t, 2, 4) - 2) / 10)
    expected = rise * np.exp(-np.maximum(t - 4, 0) / 10)
    np.testing.assert_allclose(v, expected[:, np.newaxis] * np.arange(100.0), rtol=1e-12)


def test_until_the_first_row_a_parameter_stays():
    net, group = leaky()
    group.I = [1.0, 2.0, 3.0]
    group.I = TimedArray([10.0], [1.0])
    net.record(group, "u")

    net.simulate(2.0)

    assert net.traces["P"]["u"].tolist() == [[1, 2, 3], [1, 2, 3], [10] * 3, [10] * 3]


def test_a_number_ends_the_course():
    net, group = leaky()
    group.I = TimedArray.from_function(lambda t: t, 100.0)
    net.record(group, "u")
    net.simulate(1.5)
    group.I = 7.0
    net.simulate(1.0)

    assert net.traces["P"]["u"][:, 0].tolist() == [0.0, 0.5, 1.0, 7.0, 7.0]
    assert "play" not in [p.kind for p in net.schedule.phases]


@TARGETS
def test_a_variable_is_held_at_its_course(target):
    """A voltage clamp: after each step v is what is given, whatever the equation says."""
    net, group = leaky(target=target)
    group.I = 50.0
    group.v = TimedArray.ramp(0.0, 4.0, 1.0, 3.0)
    net.record(group, "v")

    net.simulate(4.0)

    assert net.traces["P"]["v"][:, 2].tolist() == [0, 0, 0, 1, 2, 3, 4, 4]


def test_a_function_is_asked_on_the_grid():
    asked = []

    def function(t):
        asked.append(t)
        return [t, -t]

    net, group = leaky(n=2)
    group.I = TimedArray.from_function(function, 2.0, every=1.0, repeat=True)
    net.record(group, "u")
    net.simulate(3.0)

    assert asked == [0.0, 1.0]
    assert net.traces["P"]["u"].tolist() == [[0, 0]] * 2 + [[1, -1]] * 2 + [[0, 0]] * 2


def test_a_long_course_for_all_neurons_takes_one_number_a_row():
    _, group = leaky(n=5000)
    group.I = TimedArray(np.arange(10_000.0))

    assert group.courses["I"].rows.nbytes == 80_000


def test_rates_of_poisson_neurons_follow_a_course():
    net = Network(dt=0.1, seed=1)
    group = net.add(1000, PoissonInput(0.0), name="P")
    group.rates = TimedArray.pulse(100.0, 10.0, 30.0)
    net.simulate(50)

    times = net.spikes["P"]["time"]
    assert times.min() > 10.0 - 1e-9
    assert times.max() < 30.0
    assert abs(len(times) - 2000) < 200


@TARGETS
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_equations_may_use_the_time(target, dtype):
    net, group = leaky(n=1, target=target, dtype=dtype)
    net.record(group, "wave")

    net.simulate(100)

    t = 0.5 * np.arange(200)  # of the beginning of the step
    expected = np.sin(2 * np.pi * 0.010 * t)
    tolerance = 1e-12 if dtype == "float64" else 1e-5
    np.testing.assert_allclose(net.traces["P"]["wave"][:, 0], expected, atol=tolerance)


@pytest.mark.parametrize(
    ("name", "course", "message"),
    [
        (
            "total",
            TimedArray([1.0]),
            "Population 'P': 'total' is one value for all ('population' in the model), so it "
            "cannot follow a TimedArray; remove the flag.",
        ),
        (
            "I",
            TimedArray([1.0]),
            "Population 'P': 'half' is computed from 'I' before the run, so 'I' cannot follow a "
            "TimedArray; write 'half' as an equation.",
        ),
        (
            "tau",
            TimedArray.from_function(lambda t: [t] * (1 + int(t)), 2.0),
            "TimedArray: the function returns values of the shapes (1,), (2,); return the same "
            "number of values each time.",
        ),
        (
            "tau",
            TimedArray([[1.0, 2.0]]),
            "Population 'P': 3 neurons have rows of 2 values; give 3 values a row, or one number "
            "for each time.",
        ),
    ],
    ids=["population-wide", "derived", "function", "width"],
)
def test_courses_that_do_not_fit_are_refused(name, course, message):
    _, group = leaky(LEAKY)

    with pytest.raises(NetworkError) as error:
        setattr(group, name, course)

    assert str(error.value) == message
    assert group.courses == {}


def test_views_take_no_course():
    _, group = leaky()

    with pytest.raises(NetworkError) as error:
        group[:2].I = TimedArray([1.0])

    assert str(error.value) == (
        "Population 'P': 'I' of some neurons cannot follow a TimedArray; set it for the "
        "population, with rows of 3 values."
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: TimedArray.from_function(cast(Any, 3.0), 10.0),
            "TimedArray: 3.0 is no function; give one of the time (ms).",
        ),
        (
            lambda: TimedArray.from_function(abs, -1.0),
            "TimedArray: duration = -1.0 ms; give a time above 0 ms.",
        ),
        (
            lambda: TimedArray.ramp(0, 1, 5.0, 5.0),
            "TimedArray: a ramp from 5.0 to 5.0 ms; give two ascending times.",
        ),
    ],
    ids=["function", "duration", "ramp"],
)
def test_impossible_courses_are_refused(make, message):
    with pytest.raises(NetworkError) as error:
        make()
    assert str(error.value) == message


# Spikes from tables -----------------------------------------------------------------------


def test_spikes_of_one_run_are_the_input_of_another():
    first = Network(dt=0.1, seed=1)
    first.add(50, PoissonInput(80.0), name="E")
    first.simulate(100)
    second = Network(dt=0.1, seed=2)
    second.add(50, SpikeSource(first.spikes["E"]), name="E")
    second.simulate(100)

    assert len(first.spikes["E"]) > 200
    pd.testing.assert_frame_equal(first.spikes["E"], second.spikes["E"])


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"time": [1.0], "cell": [0]},
            "SpikeSource: the table has no column 'neuron' (its columns: time, cell); give 'time' "
            "(ms) and 'neuron'.",
        ),
        (
            {"time": [1.0, -2.0], "neuron": [0, 1]},
            "SpikeSource: the column 'time' has -2 in row 1; give numbers from 0 on.",
        ),
        (
            {"time": [1.0], "neuron": [0.5]},
            "SpikeSource: the column 'neuron' has the type float64; give whole numbers.",
        ),
        (
            {"time": [1.0], "neuron": [4]},
            "Population 'S': the table has spikes of neuron 4; use numbers below 4, or a larger "
            "population.",
        ),
    ],
    ids=["column", "negative", "fraction", "beyond"],
)
def test_tables_that_do_not_fit_are_refused(columns, message):
    net = Network(dt=0.1, seed=1)

    with pytest.raises(NetworkError) as error:
        net.add(4, SpikeSource(pd.DataFrame(columns)), name="S")

    assert str(error.value) == message
    assert net.populations == {}
