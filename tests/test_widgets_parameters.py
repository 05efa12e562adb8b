"""What the parameter panel shows of a network, and what it may set."""

import pytest

from snnlab.model.neuron import Neuron
from snnlab.network.distributions import Uniform
from snnlab.network.network import Network
from snnlab.widgets.parameters import Sliders, prefers_log

MODEL = """\
tau = 20 ms [5, 100]  # time constant
rest = -70 mV
tau * dv/dt = rest - v + g_exc
spike: v > -50
"""


@pytest.fixture
def network() -> Network:
    net = Network(dt=0.1, seed=1)
    group = net.add(4, Neuron.from_cell(MODEL, "N"), name="P")
    net.connect(group, group, "exc", weight=Uniform(1, 3), name="drawn")
    net.connect(group, group, "exc", weight=2.0, name="one")
    return net


def test_every_parameter_is_described(network):
    rows = Sliders(network).describe()

    assert [(row["key"], row["low"], row["high"]) for row in rows] == [
        ("population:P:tau", 5.0, 100.0),
        ("population:P:rest", None, None),
        ("projection:drawn:w", 0.1, 10.0),
        ("projection:one:weight", 0.0, 6.0),
    ]
    assert (rows[2]["symbol"], rows[2]["unit"], rows[2]["value"]) == ("weight", "×", 1.0)
    assert rows[2]["log"]


def test_values_that_differ_are_shown_with_their_ends(network):
    sliders = Sliders(network)
    network.populations["P"].tau = [10.0, 20.0, 30.0, 40.0]

    assert sliders.values()["population:P:tau"] == [25.0, 10.0, 40.0]


def test_weights_are_scaled_by_a_factor_of_what_they_were(network):
    sliders = Sliders(network)
    before = network.projections["drawn"].w.copy()

    assert sliders.set("projection:drawn:w", 4.0) == ""
    assert sliders.set("projection:drawn:w", 2.0) == ""

    assert network.projections["drawn"].w == pytest.approx(2.0 * before, rel=1e-12)
    assert sliders.values()["projection:drawn:w"] == pytest.approx([2.0, *minmax(2.0 * before)])


def test_slider_of_drawn_weights_is_named_as_it_is_read(network):
    rows = {row["key"]: row for row in Sliders(network).describe()}

    row = rows["projection:drawn:w"]
    assert (row["name"], row["symbol"], row["unit"]) == ("weight", "weight", "×")


def minmax(values) -> tuple[float, float]:
    return values.min(), values.max()


def test_value_from_a_cell_widens_the_range_of_its_slider(network):
    network.populations["P"].tau = 200.0

    row = Sliders(network).describe()[0]

    assert (row["low"], row["high"]) == (5.0, 200.0)


def test_weight_may_leave_the_range_that_is_only_a_proposal(network):
    assert Sliders(network).set("projection:one:weight", 50.0) == ""
    assert network.projections["one"].weight == 50.0


@pytest.mark.parametrize(
    ("kind", "first", "second", "reason"),
    [
        ("Normal", 20.0, 2.0, ""),
        ("Uniform", 10.0, 30.0, ""),
        (
            "Normal",
            20.0,
            -1.0,
            "P.tau: a standard deviation of -1 is not possible; use 0 or more.",
        ),
        ("Uniform", 30.0, 10.0, "P.tau: 30 is above 10; give the lower end first."),
        (
            "Uniform",
            1.0,
            10.0,
            "P.tau: 1 ms lies outside the model's range from 5 to 100 ms; widen the range in the "
            "model's cell, or set the value from a cell.",
        ),
        (
            "Normal",
            float("inf"),
            1.0,
            "P.tau: Normal(inf, 1.0) needs finite numbers; type numbers.",
        ),
    ],
    ids=["normal", "uniform", "negative sd", "wrong order", "out of range", "not finite"],
)
def test_distribution_is_drawn_or_refused_with_the_reason(network, kind, first, second, reason):
    assert Sliders(network).draw("population:P:tau", kind, first, second) == reason

    handle = network.handles()[0]
    if reason:
        assert handle.extremes is None
    else:
        least, greatest = handle.extremes
        assert 5.0 <= least < greatest <= 100.0


@pytest.mark.parametrize(
    ("low", "high", "log"),
    [(1.0, 99.0, False), (1.0, 100.0, True), (0.0, 1000.0, False), (-1.0, 1000.0, False)],
)
def test_wide_ranges_above_zero_begin_with_a_logarithmic_scale(low, high, log):
    assert prefers_log(low, high) == log
