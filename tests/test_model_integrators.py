"""Integrators: order of convergence, exactness, and which one a model gets."""

import math
from functools import cache

import mpmath
import numpy as np
import pytest
import sympy
from models import ADEX, COBA, LIF

from snnlab.model.integrators import METHODS, elapsed, solve_block
from snnlab.model.ir import DifferentialEquation, symbol
from snnlab.model.neuron import Neuron
from snnlab.model.synapse import Synapse

a_input, xi = symbol("i"), symbol("xi")
dt, t, x, y, a, b, tau = (symbol(name) for name in ("dt", "t", "x", "y", "a", "b", "tau"))
EXPREL = {"Exprel": lambda z: np.where(z == 0, 1.0, np.expm1(z) / np.where(z == 0, 1.0, z))}


def ode(variable, rhs, method):
    return DifferentialEquation(variable, rhs, method)


@cache
def compiled(block, names):
    """The temporaries and new values of a step as functions of ``names`` and what came before."""
    update = solve_block(block, dt)
    numpy = [EXPREL, "numpy"]
    temporaries = [
        sympy.lambdify([*names, *(s for s, _ in update.temporaries[:i])], e, numpy)
        for i, (_, e) in enumerate(update.temporaries)
    ]
    symbols = [s for s, _ in update.temporaries]
    updates = [sympy.lambdify([*names, *symbols], e, numpy) for _, e in update.updates]
    return temporaries, updates, [s for s, _ in update.updates]


def simulate(block, state, step, n_steps, parameters=None, normal=None):
    """Run a block of equations, as the steps of a simulation would.

    ``normal`` gives the standard normal numbers of a step by its number, for ``xi``.
    """
    values = {**(parameters or {})}
    noise = [] if normal is None else [xi]
    temporaries, updates, changed = compiled(block, (*state, *values, t, dt, *noise))
    current = dict(state)
    for n in range(n_steps):
        arguments = [*current.values(), *values.values(), n * step, step]
        if normal is not None:
            arguments.append(normal(n))
        for temporary in temporaries:
            arguments.append(temporary(*arguments))
        new = [function(*arguments) for function in updates]
        current.update(zip(changed, new, strict=True))
    return current


def order(errors, steps):
    return np.polyfit(np.log(steps), np.log(errors), 1)[0]


ORDERS = [
    ("explicit", 1, 0.1),
    ("exponential-euler", 1, 0.1),
    ("midpoint", 2, 0.1),
    ("heun", 2, 0.1),
    ("rk4", 4, 0.2),
]  # the integrators that solve any equation; the others have tests of their own below
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


TAU = 10.0  # ms
CHAINS = {  # names of the time constants from the last variable of a chain to its source
    "two": ("a", "b"),
    "equal": ("a", "a"),
    "alpha": ("a", "b", "b"),
    "three": ("a", "b", "c"),
    "four": ("a", "b", "c", "b"),
}
NEIGHBOURS = [1.0, 1 + 1e-9, 1 + 1e-5, 1.02, 0.5, 20.0]  # tau_syn / tau_m


def chain(taus):
    """``x0 <- x1 <- ...``, each with its own time constant; x0 has a constant input."""
    variables = [symbol(f"x{i}") for i in range(len(taus))]
    inputs = [*variables[1:], sympy.Integer(0)]
    rates = [
        (source - own) / symbol(name)
        for own, source, name in zip(variables, inputs, taus, strict=True)
    ]
    if len(taus) < 4:
        rates[0] += a_input / symbol(taus[0])
    return variables, tuple(
        ode(x, rate, "propagator") for x, rate in zip(variables, rates, strict=True)
    )


def exact_chain(taus, values, step):
    """The step of a chain by a matrix exponential of 60 digits."""
    with mpmath.workdps(60):
        n = len(taus)
        matrix = mpmath.zeros(n + 1)
        for i, name in enumerate(taus):
            matrix[i, i] = -1 / mpmath.mpf(values[name])
            matrix[i, i + 1] = 1 / mpmath.mpf(values[name])
        matrix[n - 1, n] = 0
        if n < 4:
            matrix[0, n] += mpmath.mpf(values["i"]) / values[taus[0]]
        state = mpmath.matrix([1.0, *[0.5] * (n - 1), 1.0])
        return [float(z) for z in mpmath.expm(matrix * step) * state][:n]


@pytest.mark.parametrize("step", [1e-3, 0.1, 1.0, TAU, 10 * TAU])
@pytest.mark.parametrize("ratio", NEIGHBOURS)
@pytest.mark.parametrize("taus", CHAINS.values(), ids=CHAINS)
def test_propagator_is_exact_for_any_step_and_time_constants(taus, ratio, step):
    values = {"a": TAU, "b": TAU * ratio, "c": TAU * 1.3, "i": 0.3}
    variables, block = chain(taus)
    parameters = {symbol(name): values[name] for name in sorted({*taus})} | {a_input: values["i"]}

    state = simulate(block, {x: 1.0 if x == variables[0] else 0.5 for x in variables}, step, 1,
                     parameters)  # fmt: skip

    assert [float(state[x]) for x in variables] == pytest.approx(
        exact_chain(taus, values, step), rel=1e-12
    )


def test_propagator_follows_the_psp_of_an_alpha_current():
    taus = ("a", "b", "b")
    variables, block = chain(taus)
    tau_m, tau_s = 10.0, 2.0
    parameters = {symbol("a"): tau_m, symbol("b"): tau_s, a_input: 0.0}

    state = dict.fromkeys(variables, 0.0) | {variables[2]: 1.0}
    state = simulate(block, state, 0.1, 50, parameters)

    rate = 1 / tau_s - 1 / tau_m
    time = 5.0
    psp = math.exp(-time / tau_m) * (1 - (1 + rate * time) * math.exp(-rate * time)) / rate**2
    assert state[variables[0]] == pytest.approx(psp / (tau_m * tau_s), rel=1e-10)


def test_current_based_neuron_gets_the_propagator():
    model = Neuron.from_cell(LIF.replace(": exponential", ""), "LIF").model

    assert methods(model) == dict.fromkeys(("v", "g_exc", "g_inh"), "propagator")
    (v, _, _) = (e for e in model.equations if isinstance(e, DifferentialEquation))
    assert v.reason == (
        "v and g_exc, g_inh are linear with constant coefficients: exact for any step"
    )


def test_chain_that_hangs_on_another_kind_of_equation_is_no_propagator():
    model = Neuron(
        "tau = 10.", "dr/dt = g - r / tau\ndg/dt = u - g\ndu/dt = 1 - u^2", name="N"
    ).model

    assert methods(model) == {"r": "exponential", "g": "exponential", "u": "rk4"}


def sde(rhs, method):
    return (DifferentialEquation(x, rhs, method, noise=(xi,)),)


def brownian(rng, n_steps, n_paths):
    """Increments over the finest steps, as standard normal numbers (n_steps, n_paths)."""
    return rng.standard_normal((n_steps, n_paths))


def coarse(increments, factor):
    """The same Brownian paths in steps that are ``factor`` times as long."""
    n_steps, n_paths = increments.shape
    return increments.reshape(n_steps // factor, factor, n_paths).sum(axis=1) / math.sqrt(factor)


N_FINE = 2**8
FACTORS = [1, 2, 4, 8, 16]


@pytest.mark.parametrize(
    ("method", "drift", "expected", "tolerance"),
    [
        ("euler-maruyama", 0.0, 0.5, 0.1),
        ("milstein", 0.0, 1.0, 0.15),
        ("heun", 0.5, 1.0, 0.15),  # the solution after Stratonovich has no -sigma^2/2
    ],
    ids=["euler-maruyama", "milstein", "heun"],
)
def test_method_has_its_strong_order_on_geometric_brownian_motion(
    method, drift, expected, tolerance, rng
):
    mu, sigma = 0.5, 1.0
    fine = brownian(rng, N_FINE, 10_000)
    path = fine.sum(axis=0) / math.sqrt(N_FINE)  # W at time 1
    exact = np.exp((mu - 0.5 * sigma**2 + drift * sigma**2) + sigma * path)

    errors = []
    for factor in FACTORS:
        increments = coarse(fine, factor)
        start = {x: np.ones(fine.shape[1])}
        n_steps = N_FINE // factor
        end = simulate(
            sde(mu * x + sigma * x * xi, method), start, 1 / n_steps, n_steps,
            normal=increments.__getitem__,
        )  # fmt: skip
        errors.append(np.mean(np.abs(end[x] - exact)))

    assert order(errors, [factor / N_FINE for factor in FACTORS]) == pytest.approx(
        expected, abs=tolerance
    )


@pytest.mark.parametrize("step", [0.1, 5.0, 40.0])  # ms; the distribution is exact for all
def test_exponential_method_has_mean_and_variance_of_ornstein_and_uhlenbeck(step, rng):
    mu, sigma, n_paths = 3.0, 2.0, 200_000
    block = sde((mu - x) / tau + sigma * sympy.sqrt(2 / tau) * xi, "exponential")
    n_steps = max(1, round(10 * TAU / step))

    state = simulate(
        block, {x: np.full(n_paths, mu)}, step, n_steps, {tau: TAU},
        normal=lambda n: rng.standard_normal(n_paths),
    )  # fmt: skip
    end = np.asarray(state[x])

    # Three standard errors of 200,000 paths are 0.7 % of sigma and 1 % of the variance.
    assert end.mean() == pytest.approx(mu, abs=0.01 * sigma)
    assert end.var() == pytest.approx(sigma**2, rel=0.01)


def noisy(rhs, parameters="tau = 10."):
    return Neuron(parameters, f"tau*dr/dt = {rhs}", name="N").model


@pytest.mark.parametrize(
    ("rhs", "method", "reason"),
    [
        ("-r + xi", "exponential", "linear in r with additive noise: exact in distribution"),
        ("r - r^3 + xi", "euler-maruyama", "the noise is additive, for which it has order 1"),
        ("-r + r*xi", "milstein", "the strength of the noise depends on r"),
        ("-r + r*xi + xi_2", "euler-maruyama",
         "the strength of the noise depends on several variables"),
    ],
    ids=["ornstein_uhlenbeck", "additive", "multiplicative", "two_noises"],
)  # fmt: skip
def test_equation_with_noise_gets_the_best_method_of_its_kind(rhs, method, reason):
    (equation,) = noisy(rhs).equations

    assert isinstance(equation, DifferentialEquation)
    assert (equation.method, equation.reason) == (method, reason)


def test_white_noise_is_one_normal_number_for_each_name():
    model = Neuron("", "dr/dt = xi_a + xi\ndu/dt = xi - u", name="N").model

    assert [(d.name, d.distribution, d.arguments) for d in model.draws] == [
        ("xi", "Normal", (0, 1)),
        ("xi_a", "Normal", (0, 1)),
    ]


def test_parameter_named_xi_is_no_noise():
    (equation,) = noisy("xi - r", "tau = 10.; xi = 3.").equations

    assert isinstance(equation, DifferentialEquation)
    assert equation.noise == ()


def test_explicit_method_with_noise_is_that_of_euler_and_maruyama():
    (equation,) = Neuron("", "dr/dt = xi - r : explicit", name="N").model.equations

    assert isinstance(equation, DifferentialEquation)
    assert equation.method == "euler-maruyama"


def test_noise_has_the_unit_of_one_over_the_root_of_time():
    model = Neuron.from_cell(
        "tau = 20 ms\nsigma = 2 mV\ndr/dt = -r/tau + sigma*sqrt(2/tau)*xi", "N"
    ).model

    assert [v.unit.name for v in model.variables if v.unit] == ["mV"]


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


def test_equations_of_different_localities_are_no_system():
    model = Synapse(
        "tau = 100.", "tau * dtheta/dt = post.r^2 - theta : postsynaptic\ndw/dt = 1 - theta"
    ).model

    assert methods(model) == {"theta": "exponential", "w": "exponential"}
