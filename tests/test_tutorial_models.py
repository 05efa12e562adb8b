"""The models of the ANNarchy tutorial, in its own notation, against their formulas."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from snnlab import AllToAll, FixedProbability, Network, Neuron, OneToOne, Synapse, Uniform

DT = 0.1


def spiking_at(times):
    """A condition that holds in the steps that begin at ``times`` (ms)."""
    return " or ".join(f"((t > {s - 0.05}) and (t < {s + 0.05}))" for s in times) or "t < -1"


def clock(times):
    """A neuron that spikes at ``times`` (ms)."""
    return Neuron(equations="v = 0", spike=spiking_at(times), name="Clock")


def pair(synapse, pre_times, post_times=(), weight=0.5):
    """One synapse between two neurons that spike when told."""
    net = Network(dt=DT, seed=1)
    post_neuron = Neuron(equations="x = g_exc", spike=spiking_at(post_times), name="Post")
    pre, post = net.add(1, clock(pre_times), name="pre"), net.add(1, post_neuron, name="post")
    projection = net.connect(pre, post, "exc", OneToOne(), weight=weight, synapse=synapse)
    return net, projection


def test_echo_state_neuron_follows_its_update():
    esn = Neuron(
        parameters="""
            tau = 30.0
            g = 1.0 : population
            noise = 0.01 : population
        """,
        equations="""
            tau * dx/dt + x = sum(in) + g * sum(exc) + noise * Uniform(-1, 1) : init=0.0
            r = tanh(x)
        """,
    )
    held = Neuron(equations="r = r", name="Held")
    net = Network(dt=1.0, seed=2)
    inputs, reservoir = net.add(2, held), net.add(40, esn)
    inputs.r = [0.5, -0.2]
    reservoir.noise = 0.0
    w_in = net.connect(inputs, reservoir, "in", AllToAll(), weight=Uniform(-1, 1))
    rule = FixedProbability(0.2)
    w_rec = net.connect(reservoir, reservoir, "exc", rule, weight=Uniform(-0.5, 0.5))
    matrix_in, matrix_rec = np.zeros((2, 40)), np.zeros((40, 40))
    matrix_in[w_in.sources, w_in.targets] = w_in.w
    matrix_rec[w_rec.sources, w_rec.targets] = w_rec.w

    net.simulate(50)

    x, r = np.zeros(40), np.zeros(40)
    for _ in range(50):  # linear in x: exact while its input holds still
        drive = inputs.r @ matrix_in + r @ matrix_rec
        x = drive + (x - drive) * np.exp(-1 / 30)
        r = np.tanh(x)
    np.testing.assert_allclose(reservoir.r, r, rtol=1e-10)


def test_noise_of_the_echo_state_neuron_has_its_variance():
    esn = Neuron(
        parameters="tau = 30.0\nnoise = 0.01 : population",
        equations="tau * dx/dt + x = noise * Uniform(-1, 1) : init=0.0\nr = tanh(x)",
    )
    net = Network(dt=1.0, seed=2)
    population = net.add(4000, esn)

    net.simulate(300)

    gain = 1 - np.exp(-1 / 30)  # x <- x (1 - gain) + gain * noise * U, var(U) = 1/3
    expected = gain**2 * 0.01**2 / 3 / (1 - (1 - gain) ** 2)
    assert population.x.var() == pytest.approx(expected, rel=5 * np.sqrt(2 / 4000))


LIF = {
    "parameters": """
        tau = 20.
        E_L = -70.
        v_T = 0.
        v_r = -58.
        I = 50.0
    """,
    "spike": " v >= v_T ",
    "reset": " v = v_r ",
    "refractory": 2.0,
}


def test_lif_neuron_stays_below_a_threshold_that_it_cannot_reach():
    net = Network(dt=DT, seed=1)
    population = net.add(
        1, Neuron(**LIF, equations="tau * dv/dt = (E_L - v) + I : init=E_L"), name="P"
    )

    net.simulate(100)

    assert len(net.spikes["P"]) == 0
    assert population.v[0] == pytest.approx(-20 - 50 * np.exp(-100 / 20), rel=1e-10)


def test_lif_neuron_spikes_at_the_analytic_interval():
    net = Network(dt=DT, seed=1)
    population = net.add(
        1, Neuron(**LIF, equations="tau * dv/dt = (E_L - v) + I : init=E_L"), name="P"
    )
    population.I = 100.0

    net.simulate(500)

    interval = 2 + 20 * np.log((100 - 12) / (100 - 70))
    assert net.spikes["P"]["time"].diff().mean() == pytest.approx(interval, abs=DT)


def test_exponential_and_alpha_conductances_have_their_closed_form():
    neuron = Neuron(
        parameters="tau = 20.\nE_L = -70.\ntau_exc = 5.",
        equations="""
            tau * dv/dt = (E_L - v) + g_exc + alpha_exc : init=E_L
            tau_exc * dg_exc/dt = - g_exc : exponential
            tau_exc * dalpha_exc/dt = exp((tau_exc - dt/2.0)/tau_exc) * g_exc
                                        - alpha_exc : exponential
        """,
        spike="v > 0",
    )
    net = Network(dt=DT, seed=1)
    pre, post = net.add(1, clock([10.0])), net.add(1, neuron, name="post")
    net.connect(pre, post, "exc", OneToOne(), weight=1.0, delay=DT)
    net.record(post, ["g_exc", "alpha_exc"])

    net.simulate(60)

    # The spike of 10 ms arrives before the update of the step that begins at 10.1 ms.
    since = net.traces["post"].times - 10.1
    g, alpha = (net.traces["post"][name][:, 0] for name in ("g_exc", "alpha_exc"))
    after = since > 0.05
    np.testing.assert_allclose(g[after], np.exp(-since[after] / 5), rtol=1e-10)
    assert (g[~after] == 0).all()
    # The gain makes the discrete alpha function peak at the weight, one tau after the spike.
    closed = since / 5 * np.exp(1 - since / 5)
    np.testing.assert_allclose(alpha[after], closed[after], atol=3e-4)
    assert alpha.max() == pytest.approx(1.0, abs=1e-3)


def test_adex_neuron_follows_the_exact_solution_to_its_first_spike():
    adex = Neuron(
        parameters="""
            tau = 20.
            E_L = -70.
            v_T = -50. ; v_r = -58.
            delta_T = 2.0
            a = 0.2 ; b = 0.
            tau_w = 30.
            I = 50.0
        """,
        equations="""
            tau * dv/dt = (E_L - v) + delta_T * exp((v-v_T)/delta_T) + I - w : init=E_L
            tau_w * dw/dt = a * (v - E_L) - w : init=0.0
        """,
        spike=" v >= 0.0 ",
        reset=" v = v_r ; w += b ",
        refractory=2.0,
    )

    def slopes(t, state):
        v, w = state
        upstroke = 2.0 * np.exp((v + 50) / 2.0)
        return [(-70 - v + upstroke + 50 - w) / 20, (0.2 * (v + 70) - w) / 30]

    def crossing(t, state):
        return state[0]

    crossing.terminal = True  # type: ignore[attr-defined]
    exact = solve_ivp(slopes, (0, 100), [-70, 0], events=crossing, rtol=1e-10, atol=1e-10)
    net = Network(dt=0.001, seed=1)
    population = net.add(1, adex, name="P")
    net.record(population, ["v"], every=1.0)

    net.simulate(np.ceil(exact.t_events[0][0]) + 1)

    assert net.spikes["P"]["time"].iloc[0] == pytest.approx(exact.t_events[0][0], abs=0.02)
    trace = net.traces["P"]
    early = trace.times < exact.t_events[0][0] - 2
    sampled = solve_ivp(
        slopes, (0, 100), [-70, 0], t_eval=trace.times[early], rtol=1e-10, atol=1e-10
    )
    np.testing.assert_allclose(trace["v"][early, 0], sampled.y[0], atol=0.02)


def test_ibcm_synapse_follows_its_equations():
    ibcm = Synapse(
        parameters="""
            eta = 0.01 : projection
            tau = 2000.0 : projection
        """,
        equations="""
            tau * dtheta/dt + theta = post.r^2 : postsynaptic, exponential
            dw/dt = eta * post.r * (post.r - theta) * pre.r : min=0.0, explicit
        """,
        psp=" w * pre.r",
    )
    net = Network(dt=1.0, seed=3)
    pre, post = (
        net.add(3, Neuron(equations="r = r", name="Held")),
        net.add(2, Neuron(equations="r = sum(exc)", name="Sum")),
    )
    pre.r = [1.0, 0.5, 0.2]
    projection = net.connect(pre, post, "exc", AllToAll(), weight=0.4, synapse=ibcm)

    net.simulate(200)

    w, theta = np.full((3, 2), 0.4), np.zeros(2)
    rate = pre.r[:, None]
    for _ in range(200):
        r = (w * rate).sum(axis=0)
        theta = r**2 + (theta - r**2) * np.exp(-1 / 2000)
        w = np.maximum(w + 0.01 * r * (r - theta) * rate, 0)
    np.testing.assert_allclose(projection.w, w.ravel(), rtol=1e-10)
    np.testing.assert_allclose(projection.theta, theta, rtol=1e-10)


def test_short_term_plasticity_follows_its_recursion():
    stp = Synapse(
        parameters="""
            tau_rec = 100.0 : projection
            tau_facil = 0.01 : projection
            U = 0.5
        """,
        equations="""
            dx/dt = (1 - x)/tau_rec : init = 1.0, event-driven
            du/dt = (U - u)/tau_facil : init = 0.5, event-driven
        """,
        pre_spike="""
            g_target += w * u * x
            x *= (1 - u)
            u += U * (1 - u)
        """,
    )
    times = [10.0, 20.0, 30.0, 45.0, 100.0]
    net, _ = pair(stp, times, weight=2.0)
    net.record(net.populations["post"], ["x"])

    net.simulate(120)

    arrived = net.traces["post"]["x"][:, 0]
    x, u, last, expected = 1.0, 0.5, None, []
    for s in times:
        if last is not None:
            x = 1 + (x - 1) * np.exp(-(s - last) / 100.0)
            u = 0.5 + (u - 0.5) * np.exp(-(s - last) / 0.01)
        expected.append(2.0 * u * x)
        x, u, last = x * (1 - u), u + 0.5 * (1 - u), s
    np.testing.assert_allclose(arrived[arrived > 0], expected, rtol=1e-12)


STDP = {
    "parameters": """
        tau_plus = 20.0 : projection ; tau_minus = 20.0 : projection
        A_plus = 0.01 : projection ; A_minus = 0.01 : projection
        w_min = 0.0 : projection ; w_max = 1.0 : projection
    """,
    "equations": """
        tau_plus * dx/dt = -x : event-driven
        tau_minus * dy/dt = -y : event-driven
    """,
    "pre_spike": """
        g_target += w
        x += A_plus * w_max
        w = clip(w + y, w_min , w_max)
    """,
    "post_spike": """
        y -= A_minus * w_max
        w = clip(w + x, w_min , w_max)
    """,
}


@pytest.mark.parametrize("difference", [-40.0, -10.0, -0.2, 0.2, 5.0, 30.0])
def test_stdp_changes_a_weight_by_its_window(difference):
    """``difference``: post spike after the arrival of the pre spike (ms)."""
    pre = 50.0
    net, projection = pair(Synapse(**STDP), [pre], [pre + DT + difference])

    net.simulate(120)

    # A post spike of step n is seen after the decay of that step: one dt later than an arrival.
    expected = 0.01 * np.exp(-abs(difference + DT) / 20) * np.sign(difference + DT)
    assert projection.w[0] - 0.5 == pytest.approx(expected, rel=1e-10)


def test_a_population_is_read_and_written_as_in_the_tutorial():
    net = Network(dt=1.0, seed=1)
    pop = net.add(1000, Neuron(parameters="tau = 20.", equations="tau*dx/dt = -x\nr = tanh(x)"))

    pop.tau = np.linspace(20.0, 40.0, 1000)
    pop.x = 0.3
    pop.r = np.tanh(pop.x)
    pop[10].r = 1.0
    first, rest = pop[:800], pop[800:]

    assert pop.tau[-1] == 40.0
    assert (pop.r[10], pop.r[11]) == (1.0, np.tanh(0.3))
    assert (len(first), len(rest)) == (800, 200)
