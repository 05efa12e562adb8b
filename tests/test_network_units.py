"""Units of a model: the same neuron in other units is the same neuron."""

import numpy as np
import pytest

from snnlab import Network, Neuron

CELL = """
C_m = {C_m}
g_L = {g_L}
E_L = {E_L}
V_th = -50 mV
I   = {I}
C_m * dv/dt = g_L * (E_L - v) + I : init = E_L
spike: v > V_th
reset: v = E_L
refractory: {t_ref}
"""
SMALL = {"C_m": "200 pF", "g_L": "10 nS", "E_L": "-70 mV", "I": "250 pA", "t_ref": "2 ms"}
LARGE = {"C_m": "0.2 nF", "g_L": "0.01 uS", "E_L": "-0.07 V", "I": "0.25 nA", "t_ref": "0.002 s"}


def network_of(values):
    net = Network(dt=0.1, seed=1)
    population = net.add(1, Neuron.from_cell(CELL.format(**values), "LIF"), name="P")
    net.record(population, ["v"])
    return net


def test_units_do_not_change_the_trace():
    small, large = network_of(SMALL), network_of(LARGE)

    small.simulate(200)
    large.simulate(200)

    assert len(small.spikes["P"]) > 3
    assert large.spikes["P"].equals(small.spikes["P"])
    np.testing.assert_allclose(large.traces["P"]["v"], small.traces["P"]["v"], rtol=1e-12)


def test_a_parameter_is_read_and_set_in_the_unit_of_the_model():
    small, large = network_of(SMALL), network_of(LARGE)
    assert (small.populations["P"].I, large.populations["P"].I) == (250.0, 0.25)

    small.populations["P"].I = 300
    large.populations["P"].I = 0.3
    small.simulate(100)
    large.simulate(100)

    assert large.spikes["P"].equals(small.spikes["P"])


def test_an_initial_value_is_in_internal_units():
    assert network_of(LARGE).populations["P"].v == pytest.approx([-70.0])
