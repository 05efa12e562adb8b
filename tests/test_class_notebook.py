"""A notebook whose models are classes, cell by cell: what it prints, and what its networks do."""

import subprocess
import sys
from textwrap import dedent

import numpy as np
import pytest
import sympy as sp
from class_models import LIF, STDP, RateCoded, RateCodedSynapse, SpikingSynapse, TraceSynapse
from scipy.integrate import solve_ivp

from snnlab import AllToAll, Equations, Network, NetworkError, Neuron, OneToOne

DT = 0.1
PLAIN = {"pop_prefix": "", "pop_suffix_value": "", "pop_suffix_array": "[i]"}
HELD = Neuron(equations="r = r", name="Held")


def test_values_and_arrays_of_a_class_are_read_and_changed_on_the_population(capsys):
    net = Network()
    pop = net.add(10, RateCoded(tau=20.0))

    print("Attributes:", pop.attributes)
    print("Tau:", pop.tau)
    print("v = 0:", pop.v)
    pop.v = 1.0
    print("v = 1:", pop.v)
    pop.v *= 5.0
    print("v = 5:", pop.v)
    pop.v[:3] = 1.0
    print("v[:3] = 1:", pop.v)

    assert capsys.readouterr().out == dedent("""\
        Attributes: ['tau', 'ge', 'v', 'r']
        Tau: 20.0
        v = 0: [0. 0. 0. 0. 0. 0. 0. 0. 0. 0.]
        v = 1: [1. 1. 1. 1. 1. 1. 1. 1. 1. 1.]
        v = 5: [5. 5. 5. 5. 5. 5. 5. 5. 5. 5.]
        v[:3] = 1: [1. 1. 1. 5. 5. 5. 5. 5. 5. 5.]
        """)


def test_population_shows_the_update_of_its_class_as_c():
    pop = Network().add(10, RateCoded(tau=20.0))

    assert pop._update_equations % PLAIN == dedent("""\
        __grad__v = (ge[i] - v[i] + ((ge[i] > 1) ? (
           ge[i]
        )
        : (
           0
        )) + exp(pow(v[i], 2)))/tau;
        v[i] += dt*(__grad__v);
        r[i] = tanh(v[i]);
        """)


def test_population_shows_the_spike_and_the_reset_of_its_class_as_c():
    pop = Network().add(100, LIF({"tau": 20.0, "V_th": 1.0}))

    assert pop._update_equations % PLAIN == (
        "__grad__v = (ge[i] - v[i])/tau;\nv[i] += dt*(__grad__v);\n"
    )
    assert sp.ccode(pop._spiking_equation) % PLAIN == "v[i] >= V_th"
    assert pop._reset_equations % PLAIN == "v[i] = 0;\n"


def test_names_in_the_c_of_a_class_take_the_prefix_of_their_population():
    pop = Network().add(100, LIF({"tau": 20.0, "V_th": 1.0}))

    names = {"pop_prefix": "pop0.", "pop_suffix_value": "", "pop_suffix_array": "[k]"}
    assert sp.ccode(pop._spiking_equation) % names == "pop0.v[k] >= pop0.V_th"


def test_attributes_stand_in_the_order_of_the_class():
    pop = Network().add(100, LIF({"tau": 20.0, "V_th": 1.0}))

    assert pop.attributes == ["tau", "V_th", "ge", "v"]


def test_neuron_without_a_class_has_no_method_to_show():
    pop = Network().add(2, Neuron(equations="r = t", name="Clock"))

    with pytest.raises(AttributeError) as error:
        _ = pop._spiking_equation

    assert str(error.value) == (
        "Neuron 'Clock': it has no method `spike`; its equations are in `.text` and its generated "
        "code in `.code`."
    )


def test_standalone_equations_are_printed_for_a_look(capsys):
    with Equations(symbols=["v", "r", "tau"]) as n:
        n.dv_dt = (1 - n.v) / n.tau
        n.r = n.ite(n.v > 0, n.v, 0)

    print(n)

    assert capsys.readouterr().out == dedent("""\
        dv/dt = (1 - v)/tau
        r = ((v > 0) ? (
           v
        )
        : (
           0
        ))

        """)


def test_equations_are_made_in_a_pool_of_processes(tmp_path):
    script = tmp_path / "pool.py"
    script.write_text(
        dedent("""\
            import multiprocessing

            import numpy as np

            from snnlab import Equations

            def decay(value):
                with Equations(symbols=["v", "r", "tau"]) as n:
                    n.dv_dt = (value - n.v) / n.tau
                return n

            if __name__ == "__main__":
                with multiprocessing.Pool(2) as pool:
                    for equations in pool.map(decay, np.linspace(0.0, 1.0, 5)):
                        print(equations)
                        print("----")
            """)
    )

    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)

    right_sides = ["-v/tau", "(0.25 - v)/tau", "(0.5 - v)/tau", "(0.75 - v)/tau", "(1.0 - v)/tau"]
    assert done.stdout == "".join(f"dv/dt = {side}\n\n----\n" for side in right_sides)


def clock(*steps):
    """A neuron that spikes in these steps."""
    condition = " or ".join(f"n == {step + 1}" for step in steps)
    return Neuron(equations="n += 1 : init = 0\nx = g_ge", spike=condition, name="Clock")


class Rewarded(Neuron):
    """A rate neuron that follows its input, and knows of a reward."""

    def __init__(self):
        self.R = self.Value(0.0)
        self.ge = self.Array()
        self.r = self.Array()

    def update(self):
        with Equations(self) as n:
            n.r = n.ge
        return n


@pytest.mark.parametrize("target", ["c", "numpy"])
def test_rate_synapse_of_a_class_drives_a_rate_neuron(target):
    rates, weights = np.array([0.5, -0.2, 1.0]), np.array([1.0, 0.5, 1.2])
    net = Network(dt=DT, seed=1, target=target)
    pre, post = net.add(3, HELD), net.add(1, RateCoded(tau=20.0))
    pre.r = rates
    net.connect(pre, post, "ge", AllToAll(), weight=weights, synapse=RateCodedSynapse())

    net.simulate(3)

    drive = rates @ weights  # above 1, so that the neuron adds it twice
    exact = solve_ivp(
        lambda t, v: (2 * drive + np.exp(v**2) - v) / 20, (0, 3), [0.0], rtol=1e-10, atol=1e-12
    ).y[0, -1]
    assert drive == pytest.approx(1.6)
    assert post.v[0] == pytest.approx(exact, rel=1e-8)
    assert post.r[0] == pytest.approx(np.tanh(exact), rel=1e-8)


@pytest.mark.parametrize("target", ["c", "numpy"])
def test_spiking_synapse_of_a_class_drives_a_spiking_neuron(target):
    net = Network(dt=DT, seed=1, target=target)
    pre, post = net.add(1, clock(10)), net.add(1, LIF({"tau": 20.0, "V_th": 1.0}), name="post")
    net.connect(pre, post, "ge", OneToOne(), weight=3.0, synapse=SpikingSynapse())
    net.record(post, ["v"])

    net.simulate(5)

    # The input lasts for the one step in which the spike arrives, the eleventh.
    decay = np.exp(-DT / 20)
    after = np.arange(50) - 11
    expected = np.where(after < 0, 0.0, 3 * (1 - decay) * decay ** np.maximum(after, 0))
    np.testing.assert_allclose(net.traces["post"]["v"][:, 0], expected, rtol=1e-12)


@pytest.mark.parametrize("target", ["c", "numpy"])
def test_lif_neuron_of_a_class_spikes_and_is_reset(target):
    net = Network(dt=DT, seed=1, target=target)
    pre, post = net.add(1, clock(10)), net.add(1, LIF({"tau": 20.0, "V_th": 1.0}), name="post")
    net.connect(pre, post, "ge", OneToOne(), weight=300.0, synapse=SpikingSynapse())

    net.simulate(5)

    assert net.spikes["post"]["time"].tolist() == pytest.approx([11 * DT])
    assert post.v[0] == 0


@pytest.mark.parametrize("target", ["c", "numpy"])
def test_trace_synapse_of_a_class_learns_when_told_and_rewarded(target):
    tau, eta = 10.0, 0.1
    rates = np.array([1.0, 0.4])
    net = Network(dt=1.0, seed=1, target=target)
    pre, post = net.add(2, HELD), net.add(3, Rewarded())
    pre.r = rates
    proj = net.connect(pre, post, "ge", TraceSynapse(tau, eta), weight=0.5)

    net.simulate(100.0)
    post.R = 0.0
    proj.apply()
    unrewarded = proj.w.copy()
    post.R = 1.0
    proj.apply()

    trace = rates * (1 - (1 - 1.0 / tau) ** 100)  # Euler's method
    learnt = 0.5 + eta * trace * (0.5 * rates.sum()) * 1.0
    assert unrewarded.tolist() == [0.5] * 6
    np.testing.assert_allclose(proj.w, np.repeat(learnt, 3), rtol=1e-12)


def test_class_of_synapses_in_the_place_of_a_synapse_is_named():
    net = Network(dt=1.0, seed=1)
    pop = net.add(2, Rewarded(), name="pop")

    with pytest.raises(NetworkError) as error:
        net.connect(pop, pop, "ge", TraceSynapse)  # pyright: ignore[reportArgumentType]

    assert str(error.value) == (
        "Projection 'pop->pop ge': TraceSynapse is a class of synapses; "
        "give one with its parameters: TraceSynapse(...)."
    )


@pytest.mark.parametrize("target", ["c", "numpy"])
@pytest.mark.parametrize("difference", [-30, -1, 0, 1, 30])
def test_stdp_synapse_of_a_class_changes_by_its_traces(target, difference):
    """``difference``: steps from the arrival of the pre spike to the post spike."""
    tau, arrival = 20.0, 60
    net = Network(dt=DT, seed=1, target=target)
    pre, post = net.add(1, clock(arrival - 1)), net.add(1, clock(arrival + difference), name="post")
    proj = net.connect(pre, post, "ge", OneToOne(), weight=5.0, synapse=STDP(tau))
    net.record(post, ["x"])

    net.simulate(10)

    # A trace decays in every step after its spike; an arrival comes before the step's equations.
    decay = 1 - DT / tau
    change = decay ** (difference + 1) if difference >= 0 else -(decay ** (-difference - 1))
    assert proj.w[0] - 5.0 == pytest.approx(change, rel=1e-12)
    seen = net.traces["post"]["x"][:, 0]
    assert np.flatnonzero(seen).tolist() == [arrival]
    assert seen[arrival] == 5.0  # transmission comes before learning
