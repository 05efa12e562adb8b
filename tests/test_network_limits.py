"""Values that a network cannot have: refused wherever they come from, and nothing is changed."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from snnlab.errors import NetworkError
from snnlab.model.neuron import Neuron
from snnlab.model.registry import Constant
from snnlab.model.synapse import Synapse
from snnlab.network.connectors import AllToAll, FromMatrix
from snnlab.network.distributions import DiscreteUniform, Uniform
from snnlab.network.inputs import PoissonInput, TimedArray
from snnlab.network.network import Network

CELL = """
tau = 20 ms [5, 100]
I = 25 mV [0, 60]
a = 0.02 /ms
n = 3 : int
R = 2 / tau
t_ref = 2 ms
tau * dv/dt = I - v + g_exc
du/dt = a * (v - u)
g_exc = g_exc
spike: v > 20
reset: v = 0
refractory: t_ref
"""
PLASTIC = """
tau_x = 10 ms
tau_x * dx/dt = -x : event-driven
pre_spike:
    g_target += w
    x += 1
"""


def network(dtype: Any = "float64", weight: Any = 1.0, **options: Any) -> tuple[Network, Any, Any]:
    net = Network(dt=0.1, seed=1, dtype=dtype)
    group = net.add(4, Neuron.from_cell(CELL, "Cell"), name="E")
    projection = net.connect(
        group, group, "exc", AllToAll(self_connections=True), weight=weight, name="S", **options
    )
    return net, group, projection


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(NetworkError) as error:
        act()
    return str(error.value)


def leaves(value: str) -> str:
    return (
        f"Population 'E': {value} leaves '2/tau' in the parameter R without a finite value; "
        f"give another number."
    )


GROWTH = "makes the decay of v a growth without bound; give a number above 0."


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (lambda net, e: setattr(e, "tau", 0), leaves("tau = 0 ms")),
        (lambda net, e: setattr(e, "tau", [1, 2, 0, 3]), leaves("tau[2] = 0 ms")),
        (lambda net, e: setattr(e[2:], "tau", [5, 0]), leaves("tau[3] = 0 ms")),
        (lambda net, e: setattr(e[1], "tau", 0), leaves("tau = 0 ms")),
        (lambda net, e: setattr(e, "tau", DiscreteUniform(0, 0)), leaves("tau[0] = 0 ms")),
        (lambda net, e: setattr(e, "tau", -5), f"Population 'E': tau = -5 ms {GROWTH}"),
        (
            lambda net, e: setattr(e, "tau", [9, -5, 9, 9]),
            f"Population 'E': tau[1] = -5 ms {GROWTH}",
        ),
        (lambda net, e: net.scale(e, "tau", 0), leaves("tau = 0 ms")),
        (lambda net, e: net.shift(e, "tau", -20), leaves("tau = 0 ms")),
        (
            lambda net, e: setattr(e, "tau", TimedArray([5, 0, 7], 10.0)),
            "Population 'E': 'R' is computed from 'tau' before the run, so 'tau' cannot follow a "
            "TimedArray; write 'R' as an equation.",
        ),
        (
            lambda net, e: setattr(e, "n", 2.5),
            "Population 'E': n = 2.5 is not a whole number, as the model wants; give one.",
        ),
        (
            lambda net, e: setattr(e, "n", [1, 2, 2.5, 1]),
            "Population 'E': n[2] = 2.5 is not a whole number, as the model wants; give one.",
        ),
        (
            lambda net, e: setattr(e, "n", 3_000_000_000),
            "Population 'E': n = 3e+09 is beyond the numbers of int32, which end at 2.15e+09; "
            "give a smaller one.",
        ),
        (
            lambda net, e: net.scale(e, "I", 1e308),
            "Population 'E': I = inf mV is beyond the numbers of float64, which end at 1.8e+308; "
            "give a smaller one.",
        ),
    ],
    ids=[
        "number",
        "array",
        "view",
        "neuron",
        "distribution",
        "negative",
        "one negative",
        "scale",
        "shift",
        "course",
        "whole",
        "whole array",
        "too large",
        "too large a factor",
    ],
)
def test_value_that_the_equations_cannot_take_is_refused_in_code(act, expected):
    net, group, _ = network()
    net.step()
    before = {name: np.array(getattr(group, name)) for name in ("tau", "R", "n", "I")}

    told = refusal(lambda: act(net, group))

    assert told == expected
    for name, values in before.items():
        np.testing.assert_array_equal(getattr(group, name), values)
    assert len(net.log) == 0


def test_slider_and_code_refuse_with_one_sentence():
    net, group, _ = network()
    handle = next(h for h in net.handles() if (h.owner, h.name) == ("E", "tau"))

    assert refusal(lambda: handle.set(0)) == refusal(lambda: setattr(group, "tau", 0))
    assert refusal(lambda: handle.set(-3)) == refusal(lambda: setattr(group, "tau", -3))


def test_range_of_a_slider_binds_no_code():
    _, group, _ = network()

    group.tau = 200.0
    group.I = np.array([-3.0, 0.0, 60.0, 1000.0])

    assert group.tau == 200.0
    assert group.I.tolist() == [-3.0, 0.0, 60.0, 1000.0]


def test_rate_that_changes_its_sign_is_allowed():
    """Izhikevich (2004, IEEE Trans. Neural Netw. 15, 1063-1070) has neurons with a = -0.02."""
    _, group, _ = network()
    handle = next(h for h in group.network.handles() if h.name == "a")

    group.a = -0.02
    handle.set(-0.03)

    assert group.a == -0.03


def test_elements_that_are_set_one_by_one_are_checked_each():
    _, group, _ = network()
    group.tau = np.array([10.0, 20.0, 30.0, 40.0])

    def subtract() -> None:
        group.tau -= 20.0

    def divide() -> None:
        group.tau[3] = 0.0

    assert refusal(subtract) == leaves("tau[1] = 0 ms")
    assert refusal(divide) == leaves("tau = 0 ms")
    assert group.tau.tolist() == [10.0, 20.0, 30.0, 40.0]
    assert group.R.tolist() == [0.2, 0.1, 2 / 30, 0.05]


def test_slider_that_moves_values_together_spoils_none_of_them():
    text = "a = 1\nr = r + 1 / a\n"
    net = Network(dt=0.1, seed=1)
    group = net.add(3, Neuron.from_cell(text, "N"), name="P")
    group.a = np.array([-1.0, 2.0, 2.0])
    handle = next(h for h in net.handles() if h.name == "a")

    told = refusal(lambda: handle.set(2.0))

    assert told == (
        "Population 'P': a[0] = 0 leaves '1/a' in the equation of r without a finite value; "
        "give another number."
    )
    assert group.a.tolist() == [-1.0, 2.0, 2.0]


def test_what_has_no_value_yet_may_be_changed_step_by_step():
    """Both parameters have to be set before the equation has a value."""
    net = Network(dt=0.1, seed=1)
    group = net.add(2, Neuron.from_cell("a = 0\nb = 0\nr = 0 * r + 1 / (a * b)\n", "N"), name="P")

    group.a = 2.0
    group.b = 4.0
    net.step()

    assert group.r.tolist() == [0.125, 0.125]
    assert refusal(lambda: setattr(group, "a", 0)) == (
        "Population 'P': a = 0 leaves '1/(a*b)' in the equation of r without a finite value; "
        "give another number."
    )


def test_course_and_stimulus_that_pass_a_pole_are_refused():
    net = Network(dt=0.1, seed=1)
    group = net.add(2, Neuron.from_cell("a = 4\nr = r + 1 / a\n", "N"), name="P")
    told = (
        "Population 'P': a = 0 leaves '1/a' in the equation of r without a finite value; "
        "give another number."
    )

    assert refusal(lambda: setattr(group, "a", TimedArray([5, 0, 7], 10.0))) == told
    assert refusal(lambda: net.stimulate(group, "a", [0, 1, 2], [3, -4])) == told
    net.stimulate(group, "a", [0, 1, 2], [3, -3])
    assert [change.kind for change in net.log] == ["stimulate"]


def test_synapse_parameter_that_divides_by_zero_is_refused():
    net = Network(dt=0.1, seed=1)
    group = net.add(2, Neuron.from_cell(CELL, "Cell"), name="E")
    synapse = Synapse.from_cell(PLASTIC, "Plastic")
    projection = net.connect(group, group, "exc", AllToAll(), synapse=synapse, name="S")
    told = (
        "Projection 'S': {} = 0 ms leaves '1/tau_x' in the equation of x without a finite value; "
        "give another number."
    )

    assert refusal(lambda: setattr(projection, "tau_x", 0)) == told.format("tau_x")
    assert refusal(lambda: setattr(projection, "tau_x", [1, 0])) == told.format("tau_x[1]")
    assert projection.tau_x == 10.0


def test_constant_that_divides_by_zero_is_refused():
    width = Constant("limits_width", 2.0)
    net = Network(dt=0.1, seed=1)
    group = net.add(2, Neuron(equations="r = 1 / limits_width"), name="P")

    told = refusal(lambda: width.set(0.0))

    assert told == (
        "Population 'P': limits_width = 0 leaves '1/limits_width' in the equation of r without a "
        "finite value; give another number."
    )
    assert group.limits_width == 2.0


@pytest.mark.parametrize(
    "act",
    [
        lambda net, p: setattr(p, "rates", -5),
        lambda net, p: setattr(p, "rates", [1, 2, -5]),
        lambda net, p: net.shift(p, "rates", -15),
        lambda net, p: setattr(p, "rates", TimedArray([1, -5], 10.0)),
    ],
    ids=["number", "array", "shift", "course"],
)
def test_poisson_rate_below_zero_is_refused(act):
    net = Network(dt=0.1, seed=1)
    group = net.add(3, PoissonInput(10.0), name="P")

    told = refusal(lambda: act(net, group))

    assert told == ("Population 'P': rates = -5 Hz is not possible; give numbers from 0 Hz on.")
    assert group.rates == 10.0


BEYOND = (
    "is beyond the numbers of float32, which end at 3.4e+38; give a smaller one, or build the "
    "network with dtype='float64'."
)


@pytest.mark.parametrize(
    ("act", "where"),
    [
        (lambda net, e, s: setattr(e, "I", 1e39), "Population 'E': I = 1e+39 mV"),
        (lambda net, e, s: setattr(e, "I", [1, -1e39, 2, 3]), "Population 'E': I = -1e+39 mV"),
        (lambda net, e, s: setattr(e, "I", TimedArray([1e39], 1.0)), "Population 'E': I = 1e+39"),
        (lambda net, e, s: net.stimulate(e, "I", [0, 1], [1e39]), "Population 'E': I = 1e+39 mV"),
        (lambda net, e, s: net.scale(e, "I", 1e38), "Population 'E': I = 2.5e+39 mV"),
        (lambda net, e, s: net.shift(e, "I", 1e39), "Population 'E': I = 1e+39 mV"),
        (lambda net, e, s: setattr(e, "v", 1e39), "Population 'E': v = 1e+39"),
        (lambda net, e, s: setattr(e, "v", Uniform(1e39, 1e39)), "Population 'E': v = 1e+39"),
        (lambda net, e, s: e.v.__setitem__(0, 1e39), "Population 'E': v = 1e+39"),
        (lambda net, e, s: e.v.fill(1e39), "Population 'E': v = 1e+39"),
        (lambda net, e, s: net.kick(e, "v", 1e39), "Population 'E': v = 1e+39"),
        (lambda net, e, s: setattr(s, "w", 1e39), "Projection 'S': w = 1e+39"),
        (lambda net, e, s: setattr(s, "w", np.full(16, 1e39)), "Projection 'S': w = 1e+39"),
        (lambda net, e, s: setattr(s, "w", Uniform(1e39, 2e39)), "Projection 'S': w ="),
        (lambda net, e, s: s.w.fill(1e39), "Projection 'S': w = 1e+39"),
        (lambda net, e, s: s.w.__setitem__(0, 1e39), "Projection 'S': w = 1e+39"),
        (lambda net, e, s: net.scale(s, "w", 1e39), "Projection 'S': w = 1e+39"),
        (
            lambda net, e, s: net.connect(e, e, "exc", weight=1e39),
            "Projection 'E->E exc': w = 1e+39",
        ),
        (
            lambda net, e, s: net.connect(e, e, "exc", AllToAll(), weight=1e39, procedural=True),
            "Projection 'E->E exc': w = 1e+39",
        ),
        (
            lambda net, e, s: net.drive(e, "exc", rate=10, weight=-1e39),
            "Drive 'Poisson->E exc': weight = -1e+39",
        ),
    ],
    ids=[
        "parameter",
        "parameters",
        "course",
        "stimulus",
        "scale",
        "shift",
        "variable",
        "drawn",
        "element",
        "fill",
        "kick",
        "weight",
        "weights",
        "drawn weights",
        "filled weights",
        "one weight",
        "scaled weights",
        "connect",
        "procedural",
        "drive",
    ],
)
def test_finite_value_beyond_float32_is_refused(act, where):
    net, group, projection = network("float32")
    net.step()
    before = np.array(group.v)

    told = refusal(lambda: act(net, group, projection))

    assert told.startswith(where)
    assert told.endswith(BEYOND)
    assert (group.I, projection.weight) == (25.0, 1.0)
    np.testing.assert_array_equal(group.v, before)
    assert len(net.log) == 0


@pytest.mark.parametrize(
    ("options", "connector"),
    [
        ({"weight": Uniform(1e39, 2e39)}, AllToAll()),
        ({"weight": Uniform(1e39, 2e39), "procedural": True}, AllToAll()),
        ({}, FromMatrix(np.full((4, 4), 1e39))),
    ],
    ids=["drawn", "procedural", "matrix"],
)
def test_weights_beyond_float32_are_refused_when_they_are_made(options, connector):
    net, group, _ = network("float32")
    net.connect(group, group, "exc", connector, name="T", **options)

    told = refusal(net.build)

    assert told.startswith("Projection 'T': w = ")
    assert told.endswith(f"{BEYOND} 'T' is taken out of the network again.")
    assert list(net.projections) == ["S"]
    net.step()


@pytest.mark.parametrize(
    ("cell", "name"),
    [("10 * dr/dt = -r : init = 1e39\n", "r"), ("a = 1e39\nr = a\n", "a")],
    ids=["variable", "parameter"],
)
def test_model_beyond_float32_is_refused(cell, name):
    net = Network(dt=0.1, seed=1, dtype="float32")

    told = refusal(lambda: net.add(2, Neuron.from_cell(cell, "N"), name="P"))

    assert told == f"Population 'P': {name} = 1e+39 {BEYOND}"
    assert list(net.populations) == []


def test_parameter_whose_inverse_is_beyond_float32_is_refused():
    _, group, _ = network("float32")

    assert refusal(lambda: setattr(group, "tau", 1e-39)) == leaves("tau = 1e-39 ms")


def test_float64_holds_what_float32_does_not():
    _, group, projection = network()

    group.I = 1e39
    projection.w = 1e39

    assert (group.I, projection.weight) == (1e39, 1e39)


def test_random_weights_that_are_not_stored_cannot_be_scaled():
    net, _, projection = network(weight=Uniform(0, 1), procedural=True)
    before = np.array(projection.w)

    told = refusal(lambda: net.scale(projection, "w", 2.0))

    assert told == (
        "Projection 'S': its weights are drawn anew from Uniform(low=0, high=1) whenever they are "
        "needed, so they cannot be scaled or shifted; set projection.w to another distribution."
    )
    np.testing.assert_array_equal(projection.w, before)
    assert [h.name for h in net.handles() if h.owner == "S"] == []
