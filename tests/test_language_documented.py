"""Models of the documentation and of tutorials for ANNarchy are read as they stand."""

import re
from pathlib import Path

import pytest
import sympy

from snnlab.model.equations import Equations
from snnlab.model.flags import LOCALITIES, TYPES, VALUES
from snnlab.model.functions import BUILT_IN, DISTRIBUTIONS
from snnlab.model.integrators import EVENT_DRIVEN, METHODS
from snnlab.model.ir import Assignment, DifferentialEquation, symbol
from snnlab.model.neuron import Neuron
from snnlab.model.synapse import Synapse

DOCUMENT = (Path(__file__).parents[1] / "docs" / "language.md").read_text(encoding="utf-8")


def test_first_cell_of_the_documentation_is_a_model():
    (cell,) = re.findall(r"```neuron\n(.*?)```", DOCUMENT, re.DOTALL)

    model = Neuron.from_cell(cell, "LIF").model

    assert [p.name for p in model.parameters] == ["tau", "E_L", "V_th", "I", "tau_e"]
    assert model.targets == ("exc",)


def test_python_of_the_documentation_makes_models():
    strings, written_class = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
    known = {"Neuron": Neuron, "Equations": Equations}

    exec(strings, known)  # noqa: S102 (our own documentation)
    first = known["LIF"].model
    exec(written_class, known)  # noqa: S102
    second = known["LIF"](20.0).model

    assert (first.targets, second.targets) == (("exc",), ("g",))


@pytest.mark.parametrize(
    "word", [*METHODS, EVENT_DRIVEN, *BUILT_IN, *DISTRIBUTIONS, *VALUES, *TYPES,
             *LOCALITIES["synapse"]],
)  # fmt: skip
def test_documentation_names_every_word_of_the_language(word):
    assert re.search(rf"\b{re.escape(word)}\b", DOCUMENT)


def equation(model, number=0):
    found = model.equations[number]
    assert isinstance(found, DifferentialEquation)
    return found


def test_echo_state_neuron_of_the_tutorial():
    model = Neuron(
        parameters="""
            tau = 30.0 # Time constant
            g = 1.0 : population # Scaling
            noise = 0.01 : population # Noise amplitude
        """,
        equations="""
            tau * dx/dt + x = sum(in) + g * sum(exc) + noise * Uniform(-1, 1) : init=0.0
            r = tanh(x)
        """,
    ).model

    x, tau, g, noise = map(symbol, ("x", "tau", "g", "noise"))
    drive = symbol("sum(in)") + g * symbol("sum(exc)") + noise * symbol("draw(0)")
    assert sympy.expand(equation(model).rhs - (drive - x) / tau) == 0
    assert [p.locality for p in model.parameters] == [None, "population", "population"]


ALPHA = """
    tau * dv/dt = (E_L - v) + g_exc + alpha_exc # exponential or alpha
    tau_exc * dg_exc/dt = - g_exc : exponential
    tau_exc * dalpha_exc/dt = exp((tau_exc - dt/2.0)/tau_exc) * g_exc
        - alpha_exc : exponential
"""


def test_neuron_with_alpha_synapses_of_the_tutorial():
    model = Neuron(
        parameters="tau = 20.; E_L = -70.; v_T = 0.; v_r = -58.; tau_exc = 5.",
        equations=ALPHA,
        spike=" v >= v_T ",
        reset=" v = v_r ",
        refractory=2.0,
    ).model

    g, alpha, tau, dt = map(symbol, ("g_exc", "alpha_exc", "tau_exc", "dt"))
    expected = (sympy.exp((tau - dt / 2) / tau) * g - alpha) / tau
    assert sympy.simplify(equation(model, 2).rhs - expected) == 0
    assert model.targets == ("exc",)


@pytest.mark.parametrize(
    "text",
    ["tau * dx/dt + x = 0.0", "tau * dx/dt = - x", "dx/dt = (-x)/tau"],
)
def test_equal_equations_of_the_tutorial_are_one(text):
    model = Neuron("tau = 10.", f"{text}\nr = x").model

    assert sympy.simplify(equation(model).rhs + symbol("x") / symbol("tau")) == 0


def test_ibcm_synapse_of_the_tutorial():
    model = Synapse(
        parameters="eta = 0.01 : projection\ntau = 2000.0 : projection",
        equations="""
            tau * dtheta/dt + theta = post.r^2 : postsynaptic, exponential
            dw/dt = eta * post.r * (post.r - theta) * pre.r : min=0.0, explicit
        """,
        psp=" w * pre.r",
    ).model

    assert [(v.name, v.locality) for v in model.variables] == [
        ("theta", "postsynaptic"),
        ("w", "local"),
    ]
    assert [equation(model, n).method for n in (0, 1)] == ["exponential", "explicit"]


def test_short_term_plasticity_of_the_tutorial():
    model = Synapse(
        parameters="tau_rec = 100.0 : projection\ntau_facil = 0.01 : projection\nU = 0.5",
        equations="""
            dx/dt = (1 - x)/tau_rec : init = 1.0, event-driven
            du/dt = (U - u)/tau_facil : init = 0.5, event-driven
        """,
        pre_spike="""
            g_target += w * u * x
            x *= (1 - u)
            u += U * (1 - u)
        """,
    ).model

    x, u, U = map(symbol, "xuU")
    assert model.pre_spike[1:] == (
        Assignment(x, x * (1 - u), "*="),
        Assignment(u, u + U * (1 - u), "+="),
    )


def test_spike_timing_dependent_plasticity_of_the_tutorial():
    model = Synapse(
        parameters="""
            tau_plus = 20.0 : projection ; tau_minus = 20.0 : projection
            A_plus = 0.01 : projection ; A_minus = 0.01 : projection
            w_min = 0.0 : projection ; w_max = 1.0 : projection
        """,
        equations="""
            tau_plus * dx/dt = -x : event-driven # pre-synaptic trace
            tau_minus * dy/dt = -y : event-driven # post-synaptic trace
        """,
        pre_spike="""
            g_target += w
            x += A_plus * w_max
            w = clip(w + y, w_min , w_max)
        """,
        post_spike="""
            y -= A_minus * w_max
            w = clip(w + x, w_min , w_max)
        """,
    ).model

    assert {p.locality for p in model.parameters} == {"projection"}
    assert [a.target.name for a in model.pre_spike] == ["g_target", "x", "w"]
    assert [a.target.name for a in model.post_spike] == ["y", "w"]
