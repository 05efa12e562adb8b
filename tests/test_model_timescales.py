"""Steps that are too long for a model are named before it runs."""

import numpy as np
import pytest
from models import LIF

from snnlab.model.ir import symbol
from snnlab.model.neuron import Neuron
from snnlab.model.timescales import step_warnings, time_constants


def values(**numbers):
    return {symbol(name): value for name, value in numbers.items()}


def decay(method):
    return Neuron("tau = 10.", f"tau*dr/dt = -r : {method}", name="N").model


def test_time_constants_are_those_of_the_equations():
    found = time_constants(Neuron.from_cell(LIF, "LIF").model, values(tau=20.0, tau_e=5.0))

    assert found == pytest.approx({"v": 20.0, "g_exc": 5.0, "g_inh": 5.0})


def test_fastest_neuron_counts():
    found = time_constants(decay("rk4"), values(tau=np.array([10.0, 2.0, 5.0])))

    assert found == {"r": 2.0}


def test_growth_and_sums_have_no_time_constant():
    model = Neuron("", "dr/dt = r\ndu/dt = 1", name="N").model

    assert time_constants(model, {}) == {}


def test_short_step_gives_no_warning():
    assert step_warnings(decay("explicit"), 1.0, values(tau=10.0)) == ()


def test_unstable_step_is_named_with_the_way_out():
    assert step_warnings(decay("explicit"), 25.0, values(tau=10.0)) == (
        "Neuron 'N': 'r' decays within 10 ms, and with a step of 25 ms 'explicit' grows without "
        "bound; take dt below 20 ms, or `exponential`.",
    )


def test_coarse_step_is_named():
    assert step_warnings(decay("exponential"), 25.0, values(tau=10.0)) == (
        "Neuron 'N': 'r' decays within 10 ms, and the step of 25 ms is longer; "
        "take dt below 10 ms.",
    )


def test_exact_method_takes_any_step():
    assert step_warnings(decay("propagator"), 25.0, values(tau=10.0)) == ()
