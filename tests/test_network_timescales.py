"""A time step that is too large for an equation is told before the run."""

import pytest

from snnlab import Network, Neuron

CELL = "tau = {tau} ms\ntau * dv/dt = 1 - v : {method}\nspike: v > 2"


def network_of(tau, method, dt=0.1):
    net = Network(dt=dt, seed=1)
    net.add(3, Neuron.from_cell(CELL.format(tau=tau, method=method), "Decay"), name="P")
    return net


@pytest.mark.parametrize(
    ("tau", "method", "message"),
    [
        (
            0.04,
            "explicit",
            "Neuron 'Decay': 'v' decays within 0.04 ms, and with a step of 0.1 ms 'explicit' grows "
            "without bound; take dt below 0.08 ms, or `exponential`.",
        ),
        (
            0.04,
            "exponential",
            "Neuron 'Decay': 'v' decays within 0.04 ms, and the step of 0.1 ms is longer; "
            "take dt below 0.04 ms.",
        ),
    ],
    ids=["explicit", "exponential"],
)
def test_a_large_time_step_warns_once(tau, method, message):
    net = network_of(tau, method)

    with pytest.warns(UserWarning, match="^Neuron .Decay.: .v. decays") as caught:
        net.simulate(1)
    net.simulate(1)

    assert [str(w.message) for w in caught] == [message]
    assert net.warnings == [message]


@pytest.mark.parametrize(("tau", "method"), [(1.0, "explicit"), (0.2, "exponential")])
def test_a_small_time_step_is_silent(tau, method):
    net = network_of(tau, method)

    net.simulate(1)

    assert net.warnings == []


def test_the_fastest_neuron_counts():
    net = network_of(5.0, "explicit")
    net.populations["P"].tau = [5.0, 0.04, 5.0]

    with pytest.warns(UserWarning, match="decays within 0.04 ms"):
        net.simulate(1)
