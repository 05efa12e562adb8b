"""The NumPy target and the C target compute the same from the same kernels."""

import numpy as np
import pytest

from snnlab import FixedProbability, Network, Neuron, SimulationError, Synapse, Uniform

COBA = """
tau_m = 20 ms
I = 20 mV
tau_m * dv/dt = -60 mV - v + g_exc * (0 mV - v) + g_inh * (-80 mV - v) + I : init = -60 mV
5 ms * dg_exc/dt = -g_exc
10 ms * dg_inh/dt = -g_inh
spike: v > -50 mV
reset: v = -60 mV
refractory: 5 ms
"""
STDP = """
tau = 20 ms
A = 0.05
tau * dx/dt = -x : event-driven
tau * dy/dt = -y : event-driven
pre_spike:
    g_target += w
    x += A
    w = clip(w - y, 0, 1)
post_spike:
    y += A
    w = clip(w + x, 0, 1)
"""
NOISY = """
tau = 10 ms
tau * dv/dt = -v + 30 * Uniform(0, 1) + 2 * Normal(0, 1)
n = modulo(n + 1, 7)
c = if v > 10: clip(v, 0, 12) else: pos(v) + round(v)
spike: v > 14
reset: v = 0
"""


def balanced(target):
    net = Network(dt=0.1, seed=3, threads=1, target=target)
    neuron = Neuron.from_cell(COBA, "COBA")
    exc, inh = net.add(160, neuron, name="E"), net.add(40, neuron, name="I")
    exc.v = Uniform(-60, -50)
    inh.v = Uniform(-60, -50)
    net.connect(exc, [exc, inh], "exc", FixedProbability(0.3), weight=0.6, delay=0.7)
    net.connect(inh, [exc, inh], "inh", FixedProbability(0.3), weight=6.7)
    stdp = Synapse.from_cell(STDP, "STDP")
    net.connect(exc, inh, "exc", FixedProbability(0.2), weight=0.5, synapse=stdp, name="plastic")
    return net


def test_a_plastic_network_has_the_same_spikes_and_weights():
    compiled, interpreted = balanced("c"), balanced("numpy")

    compiled.simulate(60)
    interpreted.simulate(60)

    assert len(compiled.spikes["E"]) > 50
    assert interpreted.spikes["E"].equals(compiled.spikes["E"])
    assert interpreted.spikes["I"].equals(compiled.spikes["I"])
    weights = compiled.projections["plastic"].w
    assert weights.std() > 1e-3
    np.testing.assert_allclose(interpreted.projections["plastic"].w, weights, rtol=1e-12)
    np.testing.assert_allclose(
        interpreted.populations["E"].v, compiled.populations["E"].v, rtol=1e-12
    )


@pytest.mark.parametrize("variable", ["v", "n", "c"])
def test_random_draws_and_functions_agree(variable):
    traces = []
    for target in ("c", "numpy"):
        net = Network(dt=0.5, seed=11, target=target)
        population = net.add(70, Neuron.from_cell(NOISY, "Noisy"), name="P")
        net.record(population, [variable])
        net.simulate(100)
        traces.append(net.traces["P"][variable])

    assert traces[0].std() > 0
    np.testing.assert_allclose(traces[1], traces[0], rtol=1e-12, atol=1e-12)


DISTRIBUTIONS = {  # text of the draw: (mean, variance)
    "Uniform(-1, 3)": (1.0, 16 / 12),
    "DiscreteUniform(1, 6)": (3.5, 35 / 12),
    "Normal(2, 3)": (2.0, 9.0),
    "LogNormal(0.1, 0.5)": (np.exp(0.225), (np.exp(0.25) - 1) * np.exp(0.45)),
    "Exponential(0.5)": (2.0, 4.0),
    "Gamma(2.5, 2)": (5.0, 10.0),
    "Gamma(0.5, 2)": (1.0, 2.0),
    "Binomial(20, 0.3)": (6.0, 4.2),
    "Binomial(5000, 0.3)": (1500.0, 1050.0),
    "Binomial(500, 0.9)": (450.0, 45.0),  # no success at all has a probability of 1e-500
    "Binomial(3000, 0.8)": (2400.0, 480.0),
    "Poisson(4)": (4.0, 4.0),
    "Poisson(900)": (900.0, 900.0),
    "Bernoulli(0.2)": (0.2, 0.16),
}


@pytest.mark.parametrize(("draw", "moments"), DISTRIBUTIONS.items(), ids=DISTRIBUTIONS.keys())
def test_a_draw_has_its_moments_and_is_the_same_in_both_targets(draw, moments):
    n = 20_000
    values = []
    for target in ("c", "numpy"):
        net = Network(dt=1.0, seed=8, target=target)
        population = net.add(n, Neuron(equations=f"r = {draw}", name="Draw"), name="P")
        net.simulate(1)
        values.append(population.r.copy())

    np.testing.assert_allclose(values[1], values[0], rtol=1e-12, atol=1e-12)
    mean, variance = moments
    # Five standard errors; the fourth moments of these distributions are below 20 variances^2.
    assert values[0].mean() == pytest.approx(mean, abs=5 * np.sqrt(variance / n))
    assert values[0].var() == pytest.approx(variance, rel=5 * np.sqrt(20 / n))


CHAINED = """
rate = Uniform(0.1, 30)
noise = Normal(0, 1)
k = Poisson(rate * (1 + 0.1*noise**2))
x = Gamma(k + 0.5, 0.3)
m = Binomial(k + 3, 1/(1 + exp(-v)))
tau = 20
tau*dv/dt = 0.2*x - v + m*Poisson(0.7)
spike: v > 2 + 0.1*Poisson(3)
reset: v = 0.05*Binomial(k, 0.5)
"""


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_draws_that_follow_from_draws_are_the_same_everywhere(dtype):
    nets = [
        Network(dt=1.0, seed=2, dtype=dtype, threads=1),
        Network(dt=1.0, seed=2, dtype=dtype, threads=3),
        Network(dt=1.0, seed=2, dtype=dtype, target="numpy"),
    ]
    for net in nets:
        net.add(700, Neuron.from_cell(CHAINED, "Chained"), name="P")
        for _ in range(10):
            net.simulate(7)

    one, three, interpreted = (net.populations["P"] for net in nets)
    assert len(nets[0].spikes["P"]) > 1000
    assert nets[1].spikes["P"].equals(nets[0].spikes["P"])
    for name in ("k", "x", "m", "v"):
        np.testing.assert_array_equal(getattr(three, name), getattr(one, name))
    if dtype == "float64":
        assert nets[2].spikes["P"].equals(nets[0].spikes["P"])
        np.testing.assert_allclose(interpreted.v, one.v, rtol=1e-12)


@pytest.mark.parametrize("target", ["c", "numpy"])
def test_clip_with_crossed_limits_gives_the_upper_one(target):
    net = Network(dt=1.0, seed=1, target=target)
    neuron = Neuron(parameters="low = 3\nhigh = 1", equations="r = clip(t, low, high)")
    population = net.add(1, neuron)

    net.simulate(1)

    assert population.r[0] == 1.0


def test_an_infinite_value_stops_the_run():
    net = Network(dt=1.0, seed=1)
    net.add(2, Neuron(equations="v *= 1e200 : init = 2", spike="v < 0", name="Growing"), name="P")

    with pytest.raises(SimulationError) as error:
        net.simulate(5)

    assert str(error.value).startswith("Population 'P': v of neuron 0 is infinite at t = ")
