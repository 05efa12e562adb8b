"""Summed Poisson input: its counts, its live parameters, the same on every thread and target."""

from typing import Any, cast

import numpy as np
import pytest
from scipy import stats

from snnlab.engine.counts import LAST, poisson_table
from snnlab.errors import NetworkError
from snnlab.model.neuron import Neuron
from snnlab.network.distributions import Uniform
from snnlab.network.network import Network

TARGETS = pytest.mark.parametrize("target", ["c", "numpy"])
SUM = Neuron.from_cell("r = sum(inp)", "Sum")


def driven(n=200, dt=0.1, **options):
    net = Network(dt=dt, seed=4, **options)
    group = net.add(n, SUM, name="P")
    net.record(group, "r")
    return net, group


# Counts -----------------------------------------------------------------------------------


@pytest.mark.parametrize("mean", [0.0, 0.01, 0.5, 2.0, 9.7, 60.0, 800.0])
def test_table_holds_the_poisson_distribution(mean):
    table = poisson_table(np.array([mean]))

    edges = (table.threshold[0][table.threshold[0] < LAST].astype(float) + 1) / 2**32
    counts = table.smallest[0] + np.arange(len(edges))
    np.testing.assert_allclose(edges, stats.poisson.cdf(counts, mean), atol=2**-31)
    assert stats.poisson.cdf(table.smallest[0] - 1, mean) < 2**-31
    assert table.threshold[0, -1] == LAST


def test_tables_of_many_means_lie_side_by_side():
    means = np.array([0.0, 3.0, 500.0])
    table = poisson_table(means)

    for row, mean in enumerate(means):
        alone = poisson_table(means[row : row + 1])
        n = int((alone.threshold < LAST).sum())
        assert table.smallest[row] == alone.smallest[0]
        np.testing.assert_array_equal(table.threshold[row, :n], alone.threshold[0, :n])
        assert (table.threshold[row, n:] == LAST).all(), mean


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("mean", [0.05, 2.0, 30.0])
def test_counts_have_a_poisson_distribution(mean, seed):
    net = Network(dt=0.1, seed=seed)
    group = net.add(1000, SUM, name="P")
    net.drive(group, "inp", rate=10 * mean, n=1000)
    net.record(group, "r")

    net.simulate(20)

    counts = net.traces["P"]["r"].astype(int)
    found = np.bincount(counts.ravel())
    k = np.arange(len(found))
    expected = stats.poisson.pmf(k, mean) * counts.size
    often = expected > 10
    observed = [*found[often], counts.size - found[often].sum()]
    wanted = [*expected[often], counts.size - expected[often].sum()]
    assert stats.chisquare(observed, wanted).pvalue > 1e-4
    # Sums over neurons and over time are Poisson numbers, too: all counts are independent.
    for sums in (counts.sum(axis=0), counts.sum(axis=1)):
        total = mean * counts.size / len(sums)
        spread = ((sums - total) ** 2).sum() / total
        assert 1e-4 < stats.chi2.sf(spread, len(sums)) < 1 - 1e-4


@pytest.mark.parametrize("rate", [0.5, 20.0, 4000.0, 2e6, Uniform(0, 300)], ids=str)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_counts_do_not_depend_on_threads_cuts_or_target(rate, dtype):
    found = []
    ways: list[tuple[dict[str, Any], list[float]]] = [
        ({"threads": 1}, [2.0]),
        ({"threads": 3}, [2.0]),
        ({"threads": 4}, [0.1] * 7 + [1.3]),
        ({"target": "numpy"}, [0.9, 1.1]),
    ]
    for options, pieces in ways:
        net, group = driven(dtype=dtype, **options)
        net.drive(group, "inp", rate=rate, n=1000, weight=0.1)
        for piece in pieces:
            net.simulate(piece)
        found.append(net.traces["P"]["r"])

    assert found[0].any()
    for other in found[1:]:
        np.testing.assert_array_equal(other, found[0])


def test_one_rate_and_equal_rates_draw_the_same_counts():
    found = []
    for rate in (7.0, np.full(200, 7.0)):
        net, group = driven()
        net.drive(group, "inp", rate=rate, n=1000)
        net.simulate(3)
        found.append(net.traces["P"]["r"])

    np.testing.assert_array_equal(*found)


def test_drives_are_independent():
    net, group = driven(2000)
    net.drive(group, "inp", rate=20.0, n=1000)
    net.drive(group, "inp", rate=20.0, n=1000, weight=1000.0)

    net.simulate(5)

    second, first = np.divmod(net.traces["P"]["r"].ravel(), 1000)
    assert abs(np.corrcoef(first, second)[0, 1]) < 4 / len(first) ** 0.5


# Use --------------------------------------------------------------------------------------


@TARGETS
def test_rate_number_and_weight_change_while_it_runs(target):
    net, group = driven(2000, target=target)
    drive = net.drive(group, "inp", rate=0.0, n=100, weight=2.0)
    net.step()
    drive.rate = 500.0
    net.step()
    drive.weight = -1.0
    net.step()
    drive.n = 0
    net.step()

    means = net.traces["P"]["r"].mean(axis=1)
    assert (means[0], means[3]) == (0.0, 0.0)
    np.testing.assert_allclose(means[1:3], [2.0 * 5.0, -5.0], rtol=0.05)
    assert (drive.rate, drive.n, drive.weight) == (500.0, 0, -1.0)


@TARGETS
def test_only_the_neurons_of_a_view_are_driven(target):
    net, group = driven(200, target=target)
    net.drive(group[50:100], "inp", rate=500.0, n=100, weight=2.0)
    net.drive(group[[0, 199]], "inp", rate=np.array([0.0, 500.0]), n=100)
    net.simulate(10)

    means = net.traces["P"]["r"].mean(axis=0)
    np.testing.assert_allclose(means[50:100].mean(), 10.0, rtol=0.05)
    np.testing.assert_allclose(means[199], 5.0, rtol=0.3)
    assert np.flatnonzero(means).tolist() == [*range(50, 100), 199]


def test_each_neuron_may_have_its_weight():
    net, group = driven(200)
    net.drive(group, "inp", rate=500.0, n=100, weight=np.arange(200.0))

    net.simulate(1)

    values = net.traces["P"]["r"]
    assert not values[:, 0].any()
    np.testing.assert_array_equal(values[:, 1:] % np.arange(1, 200), 0)


def test_rates_and_weights_are_set_one_by_one():
    net, group = driven(3)
    drive = net.drive(group, "inp", rate=[1.0, 2.0, 3.0], weight=[1.0, 1.0, 1.0])

    cast(np.ndarray, drive.rate)[1:] = 0.0
    drive.rate *= 2.0
    cast(np.ndarray, drive.weight)[0] = 5.0

    np.testing.assert_array_equal(drive.rate, [2.0, 0.0, 0.0])
    np.testing.assert_array_equal(drive.weight, [5.0, 1.0, 1.0])
    assert [(change.name, change.value.tolist()) for change in net.log] == [
        ("rate", [2.0, 0.0, 0.0]),
        ("weight", [5.0, 1.0, 1.0]),
    ]


def test_poisson_input_makes_the_variance_of_shot_noise():
    """Mean w n r tau, variance w^2 n r tau / 2 (Campbell's theorem), for exponential decay."""
    text = "tau = 5 ms\ndv/dt = -v/tau + g_inp/dt\nspike: v > 10000"
    net = Network(dt=0.1, seed=6)
    group = net.add(400, Neuron.from_cell(text, "Shot"), name="P")
    net.drive(group, "inp", rate=10.0, n=800, weight=0.2)
    net.simulate(50)
    net.record(group, "v", every=20.0)

    net.simulate(1000)

    v = net.traces["P"]["v"]
    decay = np.exp(-0.1 / 5)
    # In the middle of a step; the equation spreads a step's input over that step.
    share = 5 / 0.1 * (1 - decay)
    np.testing.assert_allclose(v.mean(), 0.2 * 0.8 * share / (1 - decay), rtol=0.003)
    np.testing.assert_allclose(v.var(), 0.04 * 0.8 * share**2 / (1 - decay**2), rtol=0.04)


def test_a_drive_comes_again_after_a_reset():
    net, group = driven()
    net.drive(group, "inp", rate=50.0, n=100)
    net.simulate(2)
    first = net.traces["P"]["r"].copy()

    net.reset()
    net.simulate(2)

    np.testing.assert_array_equal(net.traces["P"]["r"], first)


def test_its_numbers_have_sliders():
    net, group = driven()
    drive = net.drive(group, "inp", rate=50.0, n=100, weight=-0.5, name="noise")

    rate, weight = net.handles()

    assert (rate.owner, rate.owner_kind, rate.name, rate.unit) == ("noise", "drive", "rate", "Hz")
    assert (rate.low, rate.high, rate.value) == (0.0, 150.0, 50.0)
    assert (weight.low, weight.high, weight.value) == (-1.5, 0.0, -0.5)
    rate.set(70.0)
    assert drive.rate == 70.0


def test_report_and_schedule_name_it():
    net, group = driven()
    net.drive(group, "inp", rate=Uniform(1, 2), n=100, weight=0.5, name="noise")

    kinds = [(p.kind, p.owner, p.what) for p in net.schedule.phases]
    row = next(line for line in net.report().markdown.splitlines() if "noise" in line)

    assert kinds[:3] == [
        ("clear", "P", "sum(inp) begins at 0"),
        ("drive", "P", "Poisson spikes reach inp"),
        ("update", "P", "equations"),
    ]
    assert row.startswith("| noise | P | inp | 100 | 1.0")
    assert row.endswith(" | 0.5 |")
    assert repr(net.drives["noise"]) == (
        "Drive 'noise': 100 Poisson sources onto each of 200 neurons of 'P', inp"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rate": -1}, "rate = -1 is not possible; give finite numbers from 0 Hz on."),
        ({"rate": np.inf}, "rate = inf is not possible; give finite numbers from 0 Hz on."),
        ({"rate": np.nan}, "'rate' cannot be NaN; give a number."),
        (
            {"rate": Uniform(-2.0, -2.0)},
            "rate = Uniform(low=-2.0, high=-2.0), which gives -2, is not possible; give "
            "finite numbers from 0 Hz on.",
        ),
        (
            {"rate": "fast"},
            "'rate' takes numbers, not 'fast'; give a number or an array of numbers.",
        ),
        ({"rate": 1, "weight": np.inf}, "weight = inf is not possible; give finite numbers."),
        ({"rate": 1, "n": 2.5}, "n = 2.5 sources; give a whole number from 0 on."),
        ({"rate": 1, "n": -1}, "n = -1 sources; give a whole number from 0 on."),
        (
            {"rate": [1, 2]},
            "'rate' has shape (200,), not (2,); give one number or an array of that shape.",
        ),
        (
            {"rate": 1e9, "n": 1000},
            "1e+08 spikes a step and neuron are more than 1e+06; give a lower rate, or a "
            "smaller dt.",
        ),
    ],
    ids=lambda value: "" if isinstance(value, str) else next(iter(value)),
)
def test_impossible_drives_are_refused(options, message):
    net, group = driven()

    with pytest.raises(NetworkError) as error:
        net.drive(group, "inp", **options)

    assert str(error.value) == f"Drive 'Poisson->P inp': {message}"
    assert net.drives == {}


@pytest.mark.parametrize("rate", [5.0, Uniform(1.0, 2.0)], ids=["one rate", "rates"])
def test_a_view_of_no_neurons_is_not_driven(rate):
    net, group = driven()
    net.drive(group[:0], "inp", rate=rate, n=1000)

    net.simulate(1)

    assert not group.r.any()


def test_more_thresholds_than_a_table_holds_are_refused():
    net, group = driven(20_000)

    with pytest.raises(NetworkError) as error:
        net.drive(group, "inp", rate=np.linspace(1.0, 1e9, 20_000))

    assert str(error.value) == (
        "Drive 'Poisson->P inp': 20000 different rates, 100000 spikes a step at most, need a table "
        "of 163,840,000 numbers, more than 67,108,864; give fewer different rates, or lower ones."
    )


def test_a_refused_change_leaves_what_was():
    net, group = driven()
    drive = net.drive(group, "inp", rate=5.0, n=1000)

    for rate in (-1.0, 1e12):
        with pytest.raises(NetworkError):
            drive.rate = rate

    assert drive.rate == 5.0


def test_unknown_targets_are_refused():
    net = Network(dt=0.1, seed=1)
    group = net.add(2, Neuron.from_cell("v = g_exc\nspike: v > 1", "N"), name="N")

    with pytest.raises(NetworkError) as error:
        net.drive(group, "exv", rate=1.0)

    assert str(error.value) == (
        "Drive 'Poisson->N exv': neuron 'N' has no target 'exv'; did you mean 'exc'?"
    )


def test_misspelt_attribute_of_a_drive_is_refused():
    net, group = driven()
    drive = net.drive(group, "inp", rate=5.0, n=1000)

    with pytest.raises(AttributeError) as error:
        drive.rates = 10.0

    assert str(error.value) == (
        "Drive 'Poisson->P inp': no attribute 'rates'; did you mean 'rate'?"
    )
