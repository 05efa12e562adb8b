"""Equations written with sympy, and neurons and synapses written as classes."""

import multiprocessing
import pickle
from functools import partial

import numpy as np
import pytest
import sympy
from class_models import (
    LIF,
    STDP,
    RateCoded,
    RateCodedSynapse,
    SpikingSynapse,
    TraceSynapse,
)

from snnlab.errors import ModelError
from snnlab.model.equations import Equations
from snnlab.model.ir import Assignment, DifferentialEquation, symbol
from snnlab.model.neuron import Neuron
from snnlab.model.synapse import Synapse

w, x, y = symbol("w"), symbol("x"), symbol("y")


class BoundedSTDP(STDP):
    def __init__(self, tau):
        super().__init__(tau)
        self.w = self.Weight(min=0.0, max=1.0)


def decay_to(value):
    with Equations(symbols=["v", "r", "tau"]) as n:
        n.dv_dt = (value - n.v) / n.tau
    return n


def test_standalone_equations_print_as_derivatives_and_c():
    with Equations(symbols=["v", "r", "tau"]) as n:
        n.dv_dt = (1 - n.v) / n.tau
        n.r = n.ite(n.v > 0, n.v, 0)

    assert str(n) == "dv/dt = (1 - v)/tau\nr = ((v > 0) ? (\n   v\n)\n: (\n   0\n))\n"


def test_equations_travel_between_processes():
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        results = pool.map(decay_to, np.linspace(0.0, 1.0, 3))

    assert [str(n) for n in results] == [
        "dv/dt = -v/tau\n",
        "dv/dt = (0.5 - v)/tau\n",
        "dv/dt = (1.0 - v)/tau\n",
    ]


def test_equations_as_c_hold_templates_for_arrays_and_values():
    code = RateCoded(tau=20.0).update().equations

    filled = code % {"pop_prefix": "", "pop_suffix_value": "", "pop_suffix_array": "[i]"}
    assert filled == (
        "__grad__v = (ge[i] - v[i] + ((ge[i] > 1) ? (\n   ge[i]\n)\n: (\n   0\n))"
        " + exp(pow(v[i], 2)))/tau;\n"
        "v[i] += dt*(__grad__v);\n"
        "r[i] = tanh(v[i]);\n"
    )


def test_rate_neuron_of_a_class_is_that_of_its_text():
    text = """
    tau = 20.0
    ge = sum(ge)
    dv/dt = (ge + (ge if ge > 1 else 0) + exp(v^2) - v) / tau
    r = tanh(v)
    """

    neuron = RateCoded(tau=20.0)

    assert neuron.model == Neuron.from_cell(f'"Simple rate-coded neuron."{text}', "RateCoded").model
    assert neuron.attributes == ["tau", "ge", "v", "r"]
    assert (neuron.name, neuron.model.targets) == ("RateCoded", ("ge",))


def test_spiking_neuron_of_a_class_clears_its_input_after_each_step():
    model = LIF({"tau": 20.0, "V_th": 1.0}).model

    assert model.events[0].condition == (symbol("v") >= symbol("V_th"))
    assert model.events[0].reset == (Assignment(symbol("v"), sympy.Integer(0)),)
    assert model.equations[-1] == Assignment(symbol("ge"), sympy.Integer(0))
    assert (model.targets, model.conductance("ge")) == (("ge",), "ge")


def test_target_of_a_text_names_its_conductance():
    model = Neuron("", "dv/dt = g_exc - v", spike="v > 1").model

    assert model.conductance("exc") == "g_exc"


def test_transmission_that_reads_the_pre_neuron_is_continuous():
    assert RateCodedSynapse().model.psp == w * symbol("pre.r")
    assert RateCodedSynapse().model.pre_spike == ()


def test_transmission_of_a_weight_is_done_on_spikes():
    target = symbol("g_target")

    model = SpikingSynapse().model

    assert model.psp is None
    assert model.pre_spike == (Assignment(target, target + w, "+="),)


def test_transmission_of_a_trace_is_continuous_on_request():
    class Slow(SpikingSynapse):
        transmit_on_spike = False

    assert Slow().model.psp == w


def test_apply_holds_what_is_learnt_on_demand():
    model = TraceSynapse(10.0, 0.1).model

    change = symbol("eta") * symbol("trace") * symbol("post.r") * symbol("post.R")
    assert model.apply == (Assignment(w, w + change, "+="),)
    assert [v.name for v in model.variables] == ["w", "trace"]
    (trace,) = model.equations
    assert isinstance(trace, DifferentialEquation)
    assert trace.method == "explicit"


def test_reactions_follow_transmission():
    model = BoundedSTDP(20.0).model

    assert [a.target.name for a in model.pre_spike] == ["g_target", "x", "w"]
    assert [a.value for a in model.post_spike] == [y + 1, w + x]
    (w_bounds,) = [(v.minimum, v.maximum) for v in model.variables if v.name == "w"]
    assert w_bounds == (0, 1)


@pytest.mark.parametrize(
    "make",
    [
        partial(RateCoded, 20.0),
        partial(LIF, {"tau": 20.0, "V_th": 1.0}),
        RateCodedSynapse,
        SpikingSynapse,
        partial(TraceSynapse, 10.0, 0.1),
        partial(STDP, 20.0),
    ],
    ids=["rate", "lif", "rate_synapse", "spiking_synapse", "trace", "stdp"],
)
def test_class_round_trips_as_a_cell(make):
    made = make()
    kind = Neuron if isinstance(made, Neuron) else Synapse

    again = kind.from_cell(made.text, made.name)

    assert again.model == made.model
    assert again.text == made.text


def test_class_model_can_be_pickled():
    neuron = RateCoded(tau=20.0)

    assert pickle.loads(pickle.dumps(neuron)).model == neuron.model  # noqa: S301 (our own bytes)


def test_values_and_arrays_carry_units_ranges_and_help():
    class Leak(Neuron):
        def __init__(self):
            self.tau = self.Value(20, unit="ms", range=(5, 50), help="membrane time constant")
            self.E = self.Value("-70 mV")
            self.n = self.Value(np.int32(3), np.int32)
            self.r = self.Array("E", min=-80, max=0.5, help="membrane potential")

        def update(self):
            with Equations(self, method="rk4") as n:
                n.dr_dt = (n.E - n.r) / n.tau
            return n

    assert Leak().text == (
        "tau = 20 ms [5, 50]  # membrane time constant\n"
        "E = -70 mV\n"
        "n = 3  : int\n"
        "dr/dt = (E - r) / tau  : init = E, min = -80, max = 0.5, rk4  # membrane potential\n"
    )


def test_array_with_a_start_value_that_nothing_changes_is_a_parameter_of_each_neuron():
    class Gain(Neuron):
        def __init__(self):
            self.gain = self.Array(init=2.0)
            self.r = self.Array()

        def update(self):
            with Equations(self) as n:
                n.r = n.gain * n.sum("exc") + n.Normal(0, 1)
            return n

    model = Gain().model

    assert [(p.name, p.locality) for p in model.parameters] == [("gain", "local")]
    assert [d.distribution for d in model.draws] == ["Normal"]
    assert model.targets == ("exc",)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (lambda n: -n.x / n.y, "-x / y"),
        (lambda n: n.x - 2 * n.y, "x - 2 * y"),
        (lambda n: n.x / 3, "x / 3"),
        (lambda n: n.x**2 / (n.y * sympy.sqrt(n.x)), "x^(3 / 2) / y"),
        (lambda n: 1 / (1 + sympy.exp(-n.x)), "1 / (1 + exp(-x))"),
        (lambda n: sympy.Piecewise((n.x, n.x > 1), (n.y, n.y < 2), (0, True)),
         "x if x > 1 else y if y < 2 else 0"),
        (lambda n: n.ite((n.x > 0) & (n.y > 0), n.x, n.y), "x if x > 0 and y > 0 else y"),
        (lambda n: n.ite(sympy.Eq(n.x, 0), 1, 2), "1 if x == 0 else 2"),
        (lambda n: n.clip(n.x, 0, 1) + n.pos(n.y), "clip(x, 0, 1) + pos(y)"),
        (lambda n: sympy.Max(n.x, 0) * sympy.pi, "pi * max(0, x)"),
        (lambda n: n.mean(n.x), "mean(x)"),
        (lambda n: n.max(n.x), "max(x)"),
        (lambda n: n.x * 1e-30, "1e-30 * x"),
    ],
)  # fmt: skip
def test_sympy_expressions_become_text(value, text):
    class Model(Neuron):
        def __init__(self):
            self.x = self.Value(1.0)
            self.y = self.Value(2.0)
            self.r = self.Array()

        def update(self):
            with Equations(self) as n:
                n.r = value(n)
            return n

    assert Model().text.split("r = ")[1].rstrip() == text


def one_equation(fill):
    """A class whose update does what ``fill`` does."""

    class M(Neuron):
        def __init__(self):
            self.tau = self.Value(10.0)
            self.v = self.Array()
            self.r = self.Array()

        def update(self):
            with Equations(self) as n:
                fill(n)
            return n

    return M()


def assign(name, value):
    return lambda n: setattr(n, name, value(n))


@pytest.mark.parametrize(
    ("fill", "message"),
    [
        (assign("dvv_dt", lambda n: n.v), "M: unknown derivative 'dvv_dt'; did you mean `dv_dt`?"),
        (assign("rr", lambda n: n.v), "M: 'rr' is set and never used; did you mean `r`?"),
        (assign("r", lambda n: n.vv), "M: unknown name 'vv'; did you mean `v`?"),
        (assign("r", lambda n: n.ghost), "M: unknown name 'ghost'; declare it in the model's "
         "`__init__`."),
        (assign("r", lambda n: "__import__('os')"), "M: 'r' is set to \"__import__('os')\", which "
         "is no number and no expression; use attributes of the block, such as `n.v`."),
        (assign("r", lambda n: n.ite(n.v == 0, 1, 2)), "M: the condition of 'ite' is False; "
         "compare with <, > or `sympy.Eq`, join with & and |."),
        (assign("r", lambda n: sympy.gamma(n.v)), "M.update: 'gamma' of sympy is no function of "
         "the language; write it with functions such as `exp`, `tanh` or `Piecewise`."),
        (assign("r", lambda n: sympy.Symbol("system(1); v")), "M.update: the symbol "
         "'system(1); v' is no name of the language; use letters, digits and `_`."),
        (assign("r", lambda n: sympy.Symbol("u")), "M, line 5, column 9: unknown name 'u'; "
         "define it with a line `u = value`.\n        r = u\n            ^"),
        (assign("r", lambda n: sympy.oo), "M.update: 'Infinity' of sympy is no function of the "
         "language; write it with functions such as `exp`, `tanh` or `Piecewise`."),
        (assign("r", lambda n: sympy.Piecewise((1, n.v > 0))), "M.update: a Piecewise has no "
         "value where none of its conditions holds; end it with `(value, True)`."),
        (assign("r", lambda n: 2 * n.v * (noise := n.Normal(0, 1)) + noise), "M.update: one draw "
         "of 'Normal' stands in 2 places; assign it to an array and use that."),
    ],
    ids=["derivative", "unused", "misspelt", "unknown", "text", "bool", "function",
         "hostile_symbol", "foreign_symbol", "infinite", "open_piecewise", "shared_draw"],
)  # fmt: skip
def test_mistake_in_a_class_is_named(fill, message):
    with pytest.raises(ModelError) as error:
        _ = one_equation(fill).model

    assert str(error.value) == message


def test_intermediate_values_may_be_attributes():
    def fill(n):
        n.drive = 2 * n.v
        n.r = n.drive + 1

    model = one_equation(fill).model

    assert model.equations[-1] == Assignment(symbol("r"), 2 * symbol("v") + 1)


def test_synapse_cannot_change_its_neurons():
    with pytest.raises(ModelError) as error, Equations(SpikingSynapse()) as s:
        s.post.v = 3

    assert str(error.value) == (
        "SpikingSynapse: 'post.v' belongs to a neuron and cannot be changed from here; "
        "change it in the neuron's own equations."
    )


def test_empty_class_is_refused():
    class Nothing(Neuron):
        def __init__(self):
            pass

    with pytest.raises(ModelError) as error:
        _ = Nothing().model

    assert str(error.value) == (
        "Nothing: the class declares nothing and has no equations; "
        "write `self.v = self.Array()` in `__init__` and a method `update`."
    )


def test_method_without_return_is_refused():
    class Forgetful(RateCoded):
        def update(self):  # pyright: ignore[reportIncompatibleMethodOverride]
            with Equations(self) as n:
                n.r = n.v

    with pytest.raises(ModelError) as error:
        _ = Forgetful(10.0).model

    assert str(error.value) == (
        "Forgetful.update: the method returns None, not its equations; end it with `return` and "
        "the name after `as`."
    )
