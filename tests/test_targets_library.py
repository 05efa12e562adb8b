"""Every model of the library computes the same in C and in NumPy over 1,000 steps."""

import numpy as np
import pytest

from snnlab import FixedProbability, Network, Neuron, Synapse, Uniform, library

STEPS = 1000
N = 24
CLOCK = Neuron.from_cell(
    "phase = 0.5 : local\nn += 1 : init = 0\nspike: modulo(n + 20 * phase, 23) < 1", "Clock"
)
POST = Neuron.from_cell(
    "5 ms * dg_exc/dt = -g_exc\n10 ms * dv/dt = g_exc - v\nspike: v > 0.15\nreset: v = 0", "Post"
)
LEAKY = Neuron(equations="10 * dv/dt = sum(exc) - v\nr = v\nR = 1", name="Leaky")
RATE = Neuron(equations="r = 0.3 + 0.3 * sin(0.01 * t + x)\nv = r\nx = x", name="Rate")


def driven(model, target):
    """A population of ``model`` with input to all of its targets."""
    net = Network(dt=0.1, seed=6, target=target, threads=1)
    population = net.add(N, model, name="P")
    for variable in ("v", "V"):
        if variable in population.attributes:
            start = getattr(population, variable)
            setattr(population, variable, start + Uniform(0, 1).sample((1, 2), 0, N))
    for name in model.model.targets:
        spiking = f"g_{name}" in population.attributes
        source = net.add(12, CLOCK if spiking else RATE)
        if spiking:
            source.phase = np.linspace(0, 1, 12)
        else:
            source.x = np.linspace(0, 3, 12)
        net.connect(source, population, name, FixedProbability(0.4), weight=0.05)
    return net, population


@pytest.mark.parametrize("name", library.names("neuron"))
def test_neuron_of_the_library_is_the_same_in_both_targets(name):
    results = []
    for target in ("c", "numpy"):
        net, population = driven(library.load(name), target)
        net.simulate(STEPS * net.dt)
        values = {v: population.state.values(v).copy() for v in population.state.variables}
        results.append((values, net.spikes["P"]))

    (compiled, spikes), (interpreted, same_spikes) = results
    assert same_spikes.equals(spikes)
    for variable, expected in compiled.items():
        assert np.isfinite(expected).all()
        scale = np.abs(expected).max()
        np.testing.assert_allclose(
            interpreted[variable], expected, rtol=1e-12, atol=1e-12 * scale, err_msg=variable
        )


@pytest.mark.parametrize("name", library.names("synapse"))
def test_synapse_of_the_library_is_the_same_in_both_targets(name):
    results = []
    for target in ("c", "numpy"):
        synapse = library.load(name)
        assert isinstance(synapse, Synapse)
        rate = bool(synapse.model.psp is not None and not synapse.model.pre_spike)
        net = Network(dt=0.1, seed=6, target=target, threads=1)
        pre = net.add(12, RATE if rate else CLOCK)
        if rate:
            pre.x = np.linspace(0, 3, 12)
            post = net.add(N, LEAKY, name="P")
        else:
            pre.phase = np.linspace(0, 1, 12)
            post = net.add(N, POST, name="P")
            post.v = np.linspace(0, 0.1, N)
        rule = FixedProbability(0.4)
        projection = net.connect(
            pre, post, "exc", rule, weight=Uniform(0.05, 0.5), synapse=synapse, name="S"
        )
        net.simulate(STEPS * net.dt)
        state = projection.state
        results.append(
            {v: state.values(v).copy() for v in state.variables} | {"post": post.v.copy()}
        )

    compiled, interpreted = results
    assert any(np.abs(values).max() > 0 for values in compiled.values())
    for variable, expected in compiled.items():
        scale = np.abs(expected).max()
        np.testing.assert_allclose(
            interpreted[variable], expected, rtol=1e-12, atol=1e-12 * scale, err_msg=variable
        )
