"""Random numbers in every field, and functions and constants that all models share."""

import numpy as np
import pytest

from snnlab.errors import ModelError
from snnlab.model import registry
from snnlab.model.functions import DISTRIBUTIONS
from snnlab.model.ir import Assignment, symbol
from snnlab.model.neuron import Neuron
from snnlab.model.registry import Constant, add_function, functions
from snnlab.model.synapse import Synapse

ARGUMENTS = {1: "0.5", 2: "1, 2"}


@pytest.fixture(autouse=True)
def _nothing_shared(monkeypatch):
    monkeypatch.setattr(registry, "_functions", {})
    monkeypatch.setattr(registry, "_constants", {})


def drawn(model):
    return [draw.distribution for draw in model.draws]


@pytest.mark.parametrize("name", [n for n in DISTRIBUTIONS if n != "Binomial"])
def test_every_distribution_may_stand_in_equations(name):
    model = Neuron("", f"r = {name}({ARGUMENTS[DISTRIBUTIONS[name]]})").model

    assert drawn(model) == [name]


def test_binomial_takes_trials_and_a_probability():
    assert drawn(Neuron("n = 10", "r = Binomial(n, 0.5)").model) == ["Binomial"]


def test_every_field_of_a_neuron_may_draw():
    model = Neuron(
        "tau = Uniform(10, 20)",
        "tau*dv/dt = Normal(0, 1) - v : init = Uniform(0, 1)",
        spike="v > Exponential(1)",
        reset="v = LogNormal(0, 1)",
        refractory="Gamma(1, 2)",
    ).model

    assert sorted(drawn(model)) == [
        "Exponential", "Gamma", "LogNormal", "Normal", "Uniform", "Uniform",
    ]  # fmt: skip


def test_every_field_of_a_synapse_may_draw():
    model = Synapse(
        "p = Bernoulli(0.5)",
        "dx/dt = Poisson(3) - x",
        psp="w * pre.r * Uniform(0, 1)",
        pre_spike="g_target += w * Normal(1, 0.1)",
        post_spike="w += Exponential(2)",
    ).model

    assert sorted(drawn(model)) == ["Bernoulli", "Exponential", "Normal", "Poisson", "Uniform"]


def test_random_parameter_is_drawn_once_for_each_neuron():
    (tau,) = Neuron("tau = Uniform(10, 20)", "r = tau").model.parameters

    assert (tau.locality, str(tau.value)) == ("local", "draw(0)")


def test_random_line_of_a_cell_is_drawn_in_every_step():
    model = Neuron.from_cell("x = Uniform(10, 20)\nr = x", "N").model

    assert model.parameters == ()
    assert [e.target.name for e in model.equations if isinstance(e, Assignment)] == ["x", "r"]


def test_random_parameter_round_trips():
    neuron = Neuron("tau = Uniform(10, 20)", "r = tau * Normal(0, 1)", name="N")

    assert Neuron.from_cell(neuron.text, "N").model == neuron.model


def test_random_parameter_takes_the_unit_of_its_limits():
    cell = "parameters:\n    tau = Normal(20 ms, 2 ms)\nequations:\n    tau*dr/dt = -r"

    (tau,) = Neuron.from_cell(cell, "N").model.parameters

    assert tau.unit is not None
    assert tau.unit.name == "ms"


def test_common_function_is_put_into_the_model_that_uses_it():
    add_function("k(x) = 2 * x")
    add_function("sigmoid(x) = 1 / (1 + exp(-k(x)))")

    neuron = Neuron("", "r = sigmoid(t)", name="N")

    assert "sigmoid(x) = 1 / (1 + exp(-k(x)))" in neuron.text
    assert Neuron.from_cell(neuron.text, "N").model == neuron.model


def test_common_function_works_on_arrays():
    add_function("ramp(x, low) = if x > low: x - low else: 0")

    values = functions("ramp")(np.array([0.0, 1.0, 3.0]), 1.0)

    assert values.tolist() == [0.0, 0.0, 2.0]


def test_constant_becomes_a_parameter_of_the_model_that_uses_it():
    tau = Constant("tau_common", 20.0)

    model = Neuron("", "dr/dt = -r / tau_common").model

    assert tau == 20.0
    assert [(p.name, float(p.value)) for p in model.parameters] == [("tau_common", 20.0)]


def test_constant_that_is_set_again_serves_later_models():
    Constant("gain", 2.0).set(-3.0)

    (gain,) = Neuron("", "r = gain * t").model.parameters

    assert float(gain.value) == -3.0


def test_parameter_of_the_model_hides_a_constant():
    Constant("gain", 2.0)

    (gain,) = Neuron("gain = 5.", "r = gain * t").model.parameters

    assert gain.value == 5


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: add_function("f(x) = x + y"),
         "add_function, line 1, column 12: unknown name 'y'; define it with a line `y = value`.\n"
         "    f(x) = x + y\n               ^"),
        (lambda: add_function("exp(x) = x"),
         "add_function, line 1, column 1: 'exp' is defined already; choose another name.\n"
         "    exp(x) = x\n    ^^^"),
        (lambda: add_function("f = 3"),
         "add_function, line 1, column 1: this defines no function; "
         "write `f(x, y) = expression`.\n    f = 3\n    ^^^^^"),
        (lambda: add_function("f(x) = f(x)"),
         "add_function, line 1, column 8: 'f' calls itself; a function may not be recursive.\n"
         "    f(x) = f(x)\n           ^"),
        (lambda: Constant("a b", 3.0),
         "Constant 'a b': this is no free name; use letters, digits and `_`, and no name of the "
         "language."),
        (lambda: functions("ghost"),
         "functions: unknown function 'ghost'; define it with `add_function`."),
    ],
    ids=["free_name", "built_in", "no_function", "recursive", "constant", "unknown"],
)  # fmt: skip
def test_mistake_in_what_is_shared_is_named(make, message):
    with pytest.raises(ModelError) as error:
        make()

    assert str(error.value) == message


def test_start_value_may_be_an_expression():
    model = Neuron("E = -70.; b = 0.2", "du/dt = -u : init = b * (E + 5)", spike="u > 0").model

    assert model.variables[0].init == symbol("b") * (symbol("E") + 5)
