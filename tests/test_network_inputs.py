"""Inputs: Poisson spikes, given spikes, given values, the same in both targets."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from snnlab.engine.schedule import OffGridWarning
from snnlab.errors import NetworkError
from snnlab.model.neuron import Neuron
from snnlab.network.connectors import OneToOne
from snnlab.network.distributions import Uniform
from snnlab.network.inputs import PoissonInput, SpikeSource, TimedArray
from snnlab.network.network import Network

TARGETS = pytest.mark.parametrize("target", ["c", "numpy"])
COLLECTOR = """
v = v + g_exc
spike: v > 1000000
"""


def emitted(net, name):
    spikes = net.spikes[name]
    steps = np.rint(spikes["time"] / net.dt).astype(int)
    return list(zip(steps.tolist(), spikes["neuron"].tolist(), strict=True))


# Given spikes -----------------------------------------------------------------------------


@TARGETS
@pytest.mark.parametrize("threads", [1, 3])
def test_spike_source_spikes_at_its_times(target, threads, rng):
    wanted = [np.sort(rng.choice(200, n, replace=False)) for n in rng.integers(0, 30, 300)]
    net = Network(dt=0.1, seed=1, target=target, threads=threads)
    net.add(300, SpikeSource([steps * 0.1 for steps in wanted]), name="S")

    net.simulate(7)
    net.simulate(13)

    expected = sorted((int(s), i) for i, steps in enumerate(wanted) for s in steps)
    assert len(expected) > 1000
    assert emitted(net, "S") == expected


@TARGETS
def test_given_spikes_travel_through_synapses(target):
    net = Network(dt=0.1, seed=1, target=target)
    source = net.add(2, SpikeSource([[0.0, 0.5], [0.2]]), name="S")
    group = net.add(2, Neuron.from_cell(COLLECTOR, "collector"), name="T")
    net.connect(source, group, "exc", OneToOne(), weight=2.0, delay=0.3)
    net.record(group, "v")

    net.simulate(1)

    expected = [[0, 0]] * 3 + [[2, 0]] * 2 + [[2, 2]] * 3 + [[4, 2]] * 2
    assert net.traces["T"]["v"].tolist() == expected


@TARGETS
def test_given_spikes_come_again_after_a_reset(target):
    net = Network(dt=0.1, seed=1, target=target)
    net.add(1, SpikeSource([[0.3, 0.1, 2.0]]), name="S")
    net.simulate(1)
    first = emitted(net, "S")

    net.reset()
    net.simulate(1)

    assert first == [(1, 0), (3, 0)]
    assert emitted(net, "S") == first


def test_a_silent_spike_source_is_silent():
    net = Network(dt=0.1, seed=1)
    net.add(2, SpikeSource([[], []]), name="S")

    net.simulate(1)

    assert emitted(net, "S") == []


def test_spike_times_off_the_grid_take_the_nearest_step():
    net = Network(dt=0.1, seed=1)

    with pytest.warns(OffGridWarning) as caught:
        net.add(2, SpikeSource([[0.1, 0.26], [0.44]]), name="S")
    net.simulate(1)

    assert [str(w.message) for w in caught] == [
        "Population 'S': 2 of 3 spike times are no multiples of dt = 0.1 ms; the nearest are used, "
        "for example 0.3 ms for 0.26 ms."
    ]
    assert emitted(net, "S") == [(1, 0), (3, 0), (4, 1)]


def test_two_spikes_of_one_step_are_one():
    net = Network(dt=0.1, seed=1)

    with pytest.warns(UserWarning, match="are one spike") as caught:
        net.add(2, SpikeSource([[0.1, 0.1, 0.2], [0.1]]), name="S")
    net.simulate(1)

    assert [str(w.message) for w in caught] == [
        "Population 'S': 1 of 4 spikes fall in the step of another spike of their neuron; they are "
        "one spike."
    ]
    assert emitted(net, "S") == [(1, 0), (1, 1), (2, 0)]


@pytest.mark.parametrize(
    ("times", "message"),
    [
        (
            [[0.1], [-1.0, 0.3]],
            "SpikeSource: a spike of neuron 1 at -1 ms is not possible; give times from 0 ms on.",
        ),
        (
            [[np.nan], []],
            "SpikeSource: a spike of neuron 0 at nan ms is not possible; give times from 0 ms on.",
        ),
        (
            [0.1, 0.2],
            "SpikeSource: the times of neuron 0 have shape () and type float64; give a list of "
            "times (ms) for each neuron, [] for none.",
        ),
        (5, "SpikeSource: times = 5; give a list of times (ms) for each neuron, [] for none."),
        (
            [["a"], []],
            "SpikeSource: the times of neuron 0 have shape (1,) and type <U1; give a list of times "
            "(ms) for each neuron, [] for none.",
        ),
        (
            [[0.1], [0.2], []],
            "Population 'S': 2 neurons have 3 lists of spike times; give one list for each neuron, "
            "[] for none.",
        ),
        (
            [[1e12], []],
            "Population 'S': a spike at 1e+12 ms is beyond 2147000000 steps; give earlier ones, or "
            "a longer dt.",
        ),
    ],
    ids=["negative", "nan", "flat", "one number", "letters", "too many lists", "far away"],
)
def test_impossible_spike_times_are_refused(times, message):
    net = Network(dt=0.1, seed=1)

    with pytest.raises(NetworkError) as error:
        net.add(2, SpikeSource(times), name="S")

    assert str(error.value) == message
    assert net.populations == {}


# Given values -----------------------------------------------------------------------------


@TARGETS
@pytest.mark.parametrize("threads", [1, 2])
def test_timed_array_gives_each_row_in_its_step(target, threads, rng):
    values = rng.random((40, 150))
    net = Network(dt=1.0, seed=1, target=target, threads=threads)
    group = net.add(150, TimedArray(values), name="T")
    net.record(group, "r")

    net.simulate(10)
    net.simulate(35)

    recorded = net.traces["T"]["r"]
    np.testing.assert_array_equal(recorded[:40], values)
    np.testing.assert_array_equal(recorded[40:], np.tile(values[-1], (5, 1)))


@TARGETS
@pytest.mark.parametrize(
    ("schedule", "period", "expected"),
    [
        (None, None, [1, 2, 3, 3, 3, 3, 3, 3, 3, 3]),
        (2.0, None, [1, 1, 2, 2, 3, 3, 3, 3, 3, 3]),
        ([1.0, 2.0, 5.0], None, [0, 1, 2, 2, 2, 3, 3, 3, 3, 3]),
        (None, 3.0, [1, 2, 3, 1, 2, 3, 1, 2, 3, 1]),
        (None, 4.0, [1, 2, 3, 3, 1, 2, 3, 3, 1, 2]),
        ([1.0, 2.0, 3.0], 5.0, [0, 1, 2, 3, 3, 0, 1, 2, 3, 3]),
    ],
    ids=["each step", "each 2 ms", "at times", "again", "again with a rest", "times, again"],
)
def test_schedule_and_period_say_when_a_row_begins(target, schedule, period, expected):
    net = Network(dt=1.0, seed=1, target=target)
    group = net.add(2, TimedArray([1.0, 2.0, 3.0], schedule, period), name="T")
    net.record(group, "r")

    net.simulate(10)

    assert net.traces["T"]["r"].tolist() == [[r, r] for r in expected]


@TARGETS
def test_timed_array_drives_rate_neurons_with_a_delay(target):
    net = Network(dt=1.0, seed=1, target=target)
    source = net.add(1, TimedArray([1.0, 2.0, 3.0, 4.0]), name="T")
    group = net.add(1, Neuron.from_cell("r = sum(exc)", "Rate"), name="R")
    net.connect(source, group, "exc", weight=10.0, delay=2.0)
    net.record(group, "r")

    net.simulate(6)

    assert net.traces["R"]["r"][:, 0].tolist() == [0, 0, 10, 20, 30, 40]


@TARGETS
def test_timed_array_is_a_current_into_spiking_neurons(target):
    net = Network(dt=0.5, seed=1, target=target)
    source = net.add(2, TimedArray([[1.0, 0.0], [0.0, 5.0]], 1.0), name="T")
    text = "v = g_inp\nspike: v > 100"
    group = net.add(2, Neuron.from_cell(text, "current"), name="N")
    net.connect(source, group, "inp", OneToOne())
    net.record(group, "v")

    net.simulate(3)

    expected = [[0, 0], [1, 0], [1, 0], [0, 5], [0, 5], [0, 5]]
    assert net.traces["N"]["v"].tolist() == expected


def test_float32_networks_play_float32():
    net = Network(dt=1.0, seed=1, dtype="float32")
    group = net.add(3, TimedArray([[0.1, 0.2, 0.3]]), name="T")

    net.simulate(1)

    assert group.r.dtype == np.float32
    assert group.r.tolist() == np.array([0.1, 0.2, 0.3], np.float32).tolist()


@pytest.mark.parametrize(
    ("values", "schedule", "period", "message"),
    [
        (
            [[1, 2, 3]],
            None,
            None,
            "Population 'T': 2 neurons have rows of 3 values; give 2 values a row, or one number "
            "for each time.",
        ),
        ([], None, None, "TimedArray: there are no values; give one row at least."),
        ([1, np.nan], None, None, "TimedArray: a value is not finite; give finite numbers."),
        (
            "abc",
            None,
            None,
            "TimedArray: values of shape () and type <U3; give a matrix of numbers (times, "
            "neurons), or one number for each time.",
        ),
        (
            [1, 2],
            [0.0, 0.0],
            None,
            "TimedArray: schedule = [0.0, 0.0]; give how long each row lasts (ms), or 2 ascending "
            "times from 0 ms on.",
        ),
        (
            [1, 2],
            -1.0,
            None,
            "TimedArray: schedule = -1.0; give how long each row lasts (ms), or 2 ascending times "
            "from 0 ms on.",
        ),
        (
            [1, 2],
            None,
            0.0,
            "TimedArray: period = 0.0 ms; give a time above 0 ms.",
        ),
        (
            [1, 2, 3],
            2.0,
            4.0,
            "Population 'T': the last row begins at 4 ms, after the period of 4 ms; "
            "give a longer period.",
        ),
    ],
    ids=["wide", "empty", "nan", "letters", "not ascending", "negative", "no period", "short"],
)
def test_impossible_values_are_refused(values, schedule, period, message):
    net = Network(dt=1.0, seed=1)

    with pytest.raises(NetworkError) as error:
        net.add(2, TimedArray(values, schedule, period), name="T")

    assert str(error.value) == message
    assert net.populations == {}


def test_rows_closer_than_a_step_are_refused():
    net = Network(dt=1.0, seed=1)

    with pytest.warns(OffGridWarning), pytest.raises(NetworkError) as error:
        net.add(2, TimedArray([1, 2], [0.0, 0.2]), name="T")

    assert str(error.value) == (
        "Population 'T': two times of the schedule fall in one step of 1 ms; "
        "give times farther apart, or a shorter dt."
    )


# Poisson ----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_poisson_counts_and_intervals_have_their_distributions(seed):
    net = Network(dt=0.1, seed=seed)
    net.add(400, PoissonInput(50.0), name="P")

    net.simulate(1000)

    p = 1 - np.exp(-0.005)
    spikes = net.spikes["P"]
    assert stats.binomtest(len(spikes), 400 * 10_000, p).pvalue > 1e-4
    counts = np.bincount(spikes["neuron"], minlength=400)
    spread = ((counts - 10_000 * p) ** 2).sum() / (10_000 * p * (1 - p))
    assert 1e-4 < stats.chi2.sf(spread, 400) < 1 - 1e-4


@TARGETS
def test_each_neuron_has_its_rate(target):
    net = Network(dt=0.5, seed=3, target=target)
    rates = np.repeat([0.0, 20.0, 100.0], 100)
    group = net.add(300, PoissonInput(rates), name="P")

    net.simulate(500)

    assert group.rates.tolist() == rates.tolist()
    counts = np.bincount(net.spikes["P"]["neuron"], minlength=300).reshape(3, 100).sum(axis=1)
    assert counts[0] == 0
    for rate, count in zip((20.0, 100.0), counts[1:], strict=True):
        p = 1 - np.exp(-rate * 0.0005)
        assert stats.binomtest(int(count), 100_000, p).pvalue > 1e-4


def test_both_targets_draw_the_same_poisson_spikes():
    trains = []
    for target in ("c", "numpy"):
        net = Network(dt=0.1, seed=5, target=target)
        net.add(100, PoissonInput(Uniform(10, 90)), name="P")
        net.simulate(100)
        trains.append(emitted(net, "P"))

    assert len(trains[0]) > 300
    assert trains[0] == trains[1]


@pytest.mark.parametrize("rate", [-1.0, np.nan, "fast", [5.0, np.inf]])
def test_impossible_rates_are_refused(rate):
    with pytest.raises(NetworkError) as error:
        PoissonInput(rate)
    assert str(error.value) == (
        f"PoissonInput: rate = {rate!r} Hz; give a number from 0 on, or one for each neuron."
    )


def test_distributions_that_give_negative_rates_are_refused():
    net = Network(seed=1)
    with pytest.raises(NetworkError) as error:
        net.add(3, PoissonInput(Uniform(-2.0, -2.0)), name="P")
    assert str(error.value) == (
        "Population 'P': rate = Uniform(low=-2.0, high=-2.0) gives -2 Hz; give a distribution of "
        "numbers from 0 on, such as Normal(10, 5, low=0)."
    )
    assert net.populations == {}


def test_rates_of_another_number_of_neurons_are_refused():
    net = Network(dt=0.1, seed=1)

    with pytest.raises(NetworkError) as error:
        net.add(2, PoissonInput([1.0, 2.0, 3.0]), name="P")

    assert str(error.value) == (
        "Population 'P': 'rates' has shape (2,), not (3,); "
        "give one number or an array of that shape."
    )
    assert net.populations == {}


def test_the_schedule_shows_the_given_data():
    net = Network(dt=0.1, seed=1)
    net.add(1, SpikeSource([[0.1]]), name="S")
    net.add(1, TimedArray([1.0]), name="T")

    kinds = [(p.kind, p.owner, p.what) for p in net.schedule.phases]

    assert kinds == [
        ("update", "S", "equations, spike test, reset"),
        ("emit", "S", "given spikes"),
        ("collect", "S", "spikes are queued"),
        ("update", "T", "equations"),
        ("play", "T", "given values of r"),
    ]


@pytest.mark.parametrize("rate", [2.0, 300.0, 9000.0, Uniform(0, 800)], ids=str)
def test_poisson_spikes_do_not_depend_on_threads_cuts_or_target(rate):
    trains = []
    ways: list[tuple[dict[str, Any], list[float]]] = [
        ({"threads": 1}, [10.0]),
        ({"threads": 3}, [10.0]),
        ({"threads": 5}, [0.1] * 30 + [7.0]),
        ({"target": "numpy"}, [4.0, 6.0]),
    ]
    for options, pieces in ways:
        net = Network(dt=0.1, seed=5, **options)
        net.add(3_000, PoissonInput(rate), name="P")
        for piece in pieces:
            net.simulate(piece)
        trains.append(emitted(net, "P"))

    assert len(trains[0]) > 20
    assert trains[1] == trains[0]
    assert trains[2] == trains[0]
    assert trains[3] == trains[0]


@pytest.mark.parametrize("rate", [50.0, 4000.0])
def test_every_neuron_and_every_step_has_the_same_chance(rate):
    net = Network(dt=0.1, seed=8)
    net.add(2_500, PoissonInput(rate), name="P")

    net.simulate(80)

    p, n = -np.expm1(-rate * 1e-4), 2_500
    spikes = np.array(emitted(net, "P"))
    of_steps = np.bincount(spikes[:, 0], minlength=800)
    of_neurons = np.bincount(spikes[:, 1], minlength=n)
    for counts, trials in ((of_steps, n), (of_neurons, 800)):
        spread = ((counts - trials * p) ** 2).sum() / (trials * p * (1 - p))
        assert 1e-4 < stats.chi2.sf(spread, len(counts)) < 1 - 1e-4
    # Neighbours in space and in time are independent.
    raster = np.zeros((800, n), bool)
    raster[spikes[:, 0], spikes[:, 1]] = True
    for pairs in (raster[:, 1:] & raster[:, :-1], raster[1:] & raster[:-1]):
        assert stats.binomtest(int(pairs.sum()), pairs.size, p * p).pvalue > 1e-4


@TARGETS
def test_rates_change_while_it_runs(target):
    net = Network(dt=0.1, seed=2, target=target)
    group = net.add(500, PoissonInput(0.0), name="P")
    net.simulate(10)
    silent = len(net.spikes["P"])

    group.rates = 1e9
    net.simulate(1)
    group.rates = np.where(np.arange(500) < 250, 1e9, 0.0)
    net.simulate(1)

    counts = np.bincount(net.spikes["P"]["neuron"], minlength=500)
    assert silent == 0
    assert counts.tolist() == [20] * 250 + [10] * 250


def test_times_of_a_schedule_off_the_grid_are_told_once():
    net = Network(dt=0.1, seed=1)

    with pytest.warns(OffGridWarning) as caught:
        net.add(2, TimedArray(np.arange(200.0), 0.25 * np.arange(200)), name="T")

    assert [str(w.message) for w in caught] == [
        "Population 'T': 100 of 200 times of the schedule are no multiples of dt = 0.1 ms; the "
        "nearest are used, for example 0.2 ms for 0.25 ms."
    ]
    assert caught[0].filename == __file__
