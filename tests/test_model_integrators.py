"""Integrators: order of convergence, exactness, and which one a model gets."""

import math

import numpy as np
import pytest
import sympy
from models import ADEX, COBA

from snnlab.model.integrators import METHODS, elapsed, solve_block
from snnlab.model.ir import DifferentialEquation, symbol
from snnlab.model.neuron import Neuron

dt, t, x, y, a, b, tau = (symbol(name) for name in ("dt", "t", "x", "y", "a", "b", "tau"))
EXPREL = {"Exprel": lambda z: np.where(z == 0, 1.0, np.expm1(z) / np.where(z == 0, 1.0, z))}


def ode(variable, rhs, method):
    return DifferentialEquation(variable, rhs, method)


def simulate(block, state, step, n_steps, parameters=None):
    """Run a block of equations, as the steps of a simulation would."""
    values = {**(parameters or {})}
    update = solve_block(block, dt)
    names = [*state, *values, t, dt]
    numpy = [EXPREL, "numpy"]
    temporaries = [
        sympy.lambdify([*names, *(s for s, _ in update.temporaries[:i])], e, numpy)
        for i, (_, e) in enumerate(update.temporaries)
    ]
    symbols = [s for s, _ in update.temporaries]
    updates = [sympy.lambdify([*names, *symbols], e, numpy) for _, e in update.updates]
    current = dict(state)
    for n in range(n_steps):
        arguments = [*current.values(), *values.values(), n * step, step]
        for temporary in temporaries:
            arguments.append(temporary(*arguments))
        new = [function(*arguments) for function in updates]
        current.update(zip((s for s, _ in update.updates), new, strict=True))
    return current


def order(errors, steps):
    return np.polyfit(np.log(steps), np.log(errors), 1)[0]


ORDERS = [
    ("explicit", 1, 0.1),
    ("exponential-euler", 1, 0.1),
    ("midpoint", 2, 0.1),
    ("heun", 2, 0.1),
    ("rk4", 4, 0.2),
]
STEPS = [2.0**-n for n in range(4, 10)]


@pytest.mark.parametrize(
    ("method", "expected", "tolerance"),
    [*ORDERS[:1], ("exponential-euler", 2, 0.1), *ORDERS[2:]],
    ids=[o[0] for o in ORDERS],
)
def test_method_has_its_order_on_the_logistic_equation(method, expected, tolerance):
    block = (ode(x, x * (1 - x), method),)
    exact = 1 / (1 + 9 * math.exp(-2.0))

    errors = [
        abs(float(simulate(block, {x: 0.1}, step, round(2 / step))[x]) - exact) for step in STEPS
    ]

    assert order(errors, STEPS) == pytest.approx(expected, abs=tolerance)


@pytest.mark.parametrize(("method", "expected", "tolerance"), ORDERS, ids=[o[0] for o in ORDERS])
def test_method_has_its_order_on_the_van_der_pol_oscillator(method, expected, tolerance):
    block = (ode(x, y, method), ode(y, (1 - x**2) * y - x, method))
    fine = (ode(x, y, "rk4"), ode(y, (1 - x**2) * y - x, "rk4"))
    exact = simulate(fine, {x: 1.0, y: 0.0}, 2.0**-12, 2**12)[x]

    errors = [
        abs(float(simulate(block, {x: 1.0, y: 0.0}, s, round(1 / s))[x] - exact)) for s in STEPS
    ]

    assert order(errors, STEPS) == pytest.approx(expected, abs=tolerance)


@pytest.mark.parametrize(
    ("method", "expected", "tolerance"),
    [*ORDERS, ("implicit", 1, 0.1), ("semi-implicit", 1, 0.1)],
    ids=[*(o[0] for o in ORDERS), "implicit", "semi-implicit"],
)
def test_method_has_its_order_on_a_linear_system(method, expected, tolerance):
    block = (ode(x, -x + 2 * y, method), ode(y, -2 * x - y / 2, method))
    matrix = sympy.Matrix([[-1, 2], [-2, -sympy.Rational(1, 2)]])
    exact = np.array((matrix.evalf().exp() * sympy.Matrix([1, 0])).tolist(), dtype=float)[:, 0]

    errors = []
    for step in STEPS:
        state = simulate(block, {x: 1.0, y: 0.0}, step, round(1 / step))
        errors.append(np.linalg.norm(np.array([state[x], state[y]]) - exact))

    assert order(errors, STEPS) == pytest.approx(expected, abs=tolerance)


def test_rk4_moves_the_time_within_a_step():
    block = (ode(x, t**3, "rk4"),)

    value = simulate(block, {x: 0.0}, 0.5, 4)[x]

    assert value == pytest.approx(2.0**4 / 4, rel=1e-14)


@pytest.mark.parametrize("step", [1e-3, 0.1, 1.0, 10.0, 100.0])  # ms; exact, so any will do
@pytest.mark.parametrize("method", ["exponential", "exponential-euler"])
def test_exponential_methods_are_exact_on_a_leak(method, step):
    block = (ode(x, (a - x) / tau, method),)

    value = simulate(block, {x: 1.0}, step, 10, {a: 15.0, tau: 10.0})[x]

    assert value == pytest.approx(15 + (1 - 15) * math.exp(-10 * step / 10), rel=1e-12)


def test_exponential_method_integrates_where_the_slope_vanishes():
    block = (ode(x, a - b * x, "exponential"),)

    value = simulate(block, {x: 1.0}, 0.5, 4, {a: 3.0, b: 0.0})[x]

    assert value == pytest.approx(1 + 3 * 2.0, rel=1e-15)


def test_implicit_method_is_stable_where_the_explicit_one_is_not():
    block = (ode(x, -100 * x, "implicit"),)

    assert simulate(block, {x: 1.0}, 1.0, 3)[x] == pytest.approx(101.0**-3, rel=1e-14)


def test_event_driven_variable_follows_the_exact_solution():
    equation = ode(x, (a - x) / tau, "event-driven")
    after = symbol("after")

    value = elapsed(equation, after).subs({x: 1.0, a: 0.5, tau: 100.0, after: 30.0})

    assert float(value) == pytest.approx(0.5 + 0.5 * math.exp(-0.3), rel=1e-14)


def test_mixed_methods_use_old_values_of_each_other():
    block = (ode(x, y, "explicit"), ode(y, -y / tau, "exponential"))

    state = simulate(block, {x: 0.0, y: 1.0}, 1.0, 1, {tau: 10.0})

    assert (state[x], state[y]) == pytest.approx((1.0, math.exp(-0.1)), rel=1e-14)


def test_no_method_uses_a_name_that_a_model_could():
    block = tuple(ode(v, -v, method) for v, method in zip((x, y), ("rk4", "implicit"), strict=True))

    names = [s.name for s, _ in solve_block(block, dt).temporaries]

    assert names == ["_k1_x", "_k2_x", "_k3_x", "_k4_x", "_determinant"]


@pytest.mark.parametrize("method", METHODS)
def test_every_method_keeps_a_constant(method):
    state = simulate((ode(x, sympy.Integer(0), method),), {x: 2.5}, 0.1, 5)

    assert state[x] == 2.5


def methods(model):
    return {
        e.variable.name: e.method for e in model.equations if isinstance(e, DifferentialEquation)
    }


def test_conductance_based_neuron_gets_the_exponential_method():
    model = Neuron.from_cell(COBA, "COBA").model

    assert methods(model) == dict.fromkeys(("v", "g_exc", "g_inh"), "exponential")


def test_hodgkin_huxley_gets_the_exponential_method():
    model = Neuron(
        "g = 36.; E = -77.; I = 10.",
        """
        dn/dt = 0.125*exp(-(v+65)/80) * -n + 0.01*(v+55)/(1-exp(-(v+55)/10)) * (1-n)
        dv/dt = g*n^4*(E-v) + I
        """,
        spike="v > 0",
        name="HH",
    ).model

    assert methods(model) == {"n": "exponential", "v": "exponential"}


def test_upstroke_of_the_adex_neuron_gets_the_explicit_method():
    model = Neuron(**ADEX, name="AdEx").model

    assert methods(model) == {"v": "explicit", "w": "exponential"}


def test_non_linear_circle_gets_rk4():
    model = Neuron("I = 0.5", "dv/dt = v - v^3/3 - r + I\ndr/dt = 0.08*(v + 0.7 - 0.8*r)").model

    assert methods(model) == {"v": "rk4", "r": "rk4"}
    reasons = [e.reason for e in model.equations if isinstance(e, DifferentialEquation)]
    assert reasons == [
        "v depends on r in a circle that is not linear",
        "r depends on v in a circle that is not linear",
    ]


def test_oscillator_without_decay_gets_rk4():
    model = Neuron("", "dr/dt = u\ndu/dt = -r").model

    assert methods(model) == {"r": "rk4", "u": "rk4"}
