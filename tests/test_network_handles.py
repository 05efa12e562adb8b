"""What a slider may change in a running network, and what the model keeps it from."""

import numpy as np
import pytest

from snnlab.errors import NetworkError
from snnlab.model.neuron import Neuron
from snnlab.network.connectors import AllToAll
from snnlab.network.distributions import Normal, Uniform
from snnlab.network.handles import ParameterHandle
from snnlab.network.network import Network

MODEL = """\
tau = 20 ms [5, 100]
gain = 2
n = 3 : int
rate = 1 / tau
E_L = -70 mV
tau * dv/dt = E_L - v + log(gain) * g_exc
dg_exc/dt = -g_exc * rate
spike: v > -50
"""


def made() -> tuple[Network, dict[str, ParameterHandle]]:
    net = Network(dt=0.1, seed=1)
    group = net.add(4, Neuron.from_cell(MODEL, "N"), name="P")
    net.connect(group, group, "exc", AllToAll(), weight=Uniform(1, 2), name="drawn")
    return net, {handle.name: handle for handle in net.handles()}


def test_scale_multiplies_and_shift_adds():
    net, _ = made()
    group, projection = net.populations["P"], net.projections["drawn"]
    group.E_L = [-70.0, -71.0, -72.0, -73.0]
    weights = projection.w.copy()

    net.scale(group, "tau", 2.0)
    net.shift(group, "E_L", 10.0)
    net.scale(projection, "w", 3.0)

    assert group.tau == 40.0
    assert group.E_L.tolist() == [-60.0, -61.0, -62.0, -63.0]
    assert np.array_equal(projection.w, weights * 3.0)


def test_scaled_weights_drive_the_neurons():
    plain, _ = made()
    scaled, _ = made()
    for net in (plain, scaled):
        net.populations["P"].E_L = -40.0
        net.populations["P"].v = -70.0
        net.simulate(5)
    scaled.scale(scaled.projections["drawn"], "w", 2.0)
    for net in (plain, scaled):
        net.populations["P"].g_exc = 0.0
        net.populations["P"].v = -49.0
        net.simulate(0.2)

    assert np.allclose(scaled.populations["P"].g_exc, 2.0 * plain.populations["P"].g_exc)
    assert (plain.populations["P"].g_exc > 0).all()


@pytest.mark.parametrize(
    ("name", "amount", "reason"),
    [
        ("v", 2.0, "Population 'P': 'v' is no parameter; it has tau, gain, n, E_L."),
        ("rate", 2.0, "Population 'P': 'rate' is no parameter; it has tau, gain, n, E_L."),
        ("tau", np.nan, "Population 'P': 'tau' cannot change by nan; give a finite number."),
    ],
    ids=["variable", "derived", "not a number"],
)
def test_scale_refuses_what_is_no_parameter(name, amount, reason):
    net, _ = made()

    with pytest.raises(NetworkError) as error:
        net.scale(net.populations["P"], name, amount)

    assert str(error.value) == reason


def test_handle_of_values_that_differ_moves_them_together():
    net, handles = made()
    group = net.populations["P"]
    group.tau = [10.0, 20.0, 30.0, 40.0]
    group.E_L = [-10.0, 0.0, 0.0, 10.0]

    handles["tau"].set(50.0)
    handles["E_L"].set(5.0)

    assert group.tau.tolist() == [20.0, 40.0, 60.0, 80.0]  # keeps its sign
    assert group.E_L.tolist() == [-5.0, 5.0, 5.0, 15.0]
    assert (handles["tau"].value, handles["tau"].extremes) == (50.0, (20.0, 80.0))
    assert handles["gain"].extremes is None


def test_handle_of_drawn_weights_scales_them():
    net, handles = made()
    projection = net.projections["drawn"]
    before = projection.w.copy()

    handles["w"].set(2.0 * handles["w"].value)

    assert np.allclose(projection.w, 2.0 * before, rtol=1e-12)


@pytest.mark.parametrize("name", ["tau", "E_L", "w"])
def test_of_two_moves_in_one_slice_the_last_one_counts(name):
    net, handles = made()
    net.populations["P"].tau = [10.0, 20.0, 30.0, 40.0]
    net.populations["P"].E_L = [-10.0, 0.0, 0.0, 10.0]

    def move() -> None:
        handles[name].set(50.0)
        handles[name].set(51.0)

    task = net._every(1, move)
    net.simulate(0.2)
    net._simulator.cancel(task)

    assert handles[name].value == pytest.approx(51.0, rel=1e-12)


def test_handle_gives_each_neuron_a_value():
    net, handles = made()

    handles["tau"].draw(Uniform(10, 12))

    values = net.populations["P"].tau
    assert len(np.unique(values)) == 4
    assert ((values >= 10) & (values <= 12)).all()


def test_drawn_values_keep_the_sign_that_the_model_needs():
    net = Network(dt=0.1, seed=1)
    group = net.add(1000, Neuron.from_cell(MODEL, "N"), name="P")
    handle = next(h for h in net.handles() if h.name == "tau")

    handle.draw(Normal(20, 30))

    assert group.tau.min() >= 0.2


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        (
            "tau",
            0.0,
            "Population 'P': tau = 0 ms leaves '1/tau' in the parameter rate without a finite "
            "value; give another number.",
        ),
        (
            "tau",
            -5.0,
            "Population 'P': tau = -5 ms makes the decay of v a growth without bound; "
            "give a number above 0.",
        ),
        (
            "gain",
            -1.0,
            "Population 'P': gain = -1 leaves 'log(gain)' in the equation of v without a finite "
            "value; give another number.",
        ),
        ("n", 2.5, "Population 'P': n = 2.5 is not a whole number, as the model wants; give one."),
        (
            "w",
            0.0,
            "Projection 'drawn': weights of mean size 0 could not be scaled back; "
            "give a number above 0.",
        ),
    ],
    ids=["division by zero", "growth", "logarithm", "whole number", "weights"],
)
def test_value_that_the_model_does_not_allow_is_refused(name, value, reason):
    _, handles = made()
    before = handles[name].value

    with pytest.raises(NetworkError) as error:
        handles[name].set(value)

    assert str(error.value) == reason
    assert handles[name].value == before


def test_projection_parameter_takes_no_distribution():
    _, handles = made()

    with pytest.raises(NetworkError) as error:
        handles["w"].draw(Normal(1, 1))

    assert str(error.value) == "drawn: 'w' takes no distribution; give it a number."
