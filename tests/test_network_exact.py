"""Exact methods stay exact through the generated code, in both precisions and for any step."""

import mpmath
import numpy as np
import pytest

from snnlab import AllToAll, Network, Neuron, SpikeSource

TAU = 10.0  # ms
RATIOS = np.array([1.0, 1 + 1e-7, 1 + 1e-5, 1.02, 1.3, 0.5, 0.9, 20.0])  # tau_s / tau
TOLERANCES = {"float64": 1e-12, "float32": 2e-6}
START = {"v": 1.0, "g": 0.5, "h": 0.25}
INPUT = 0.3

LEAK = f"tau * dv/dt = {INPUT} - v : init = 1"
CHAINS = {  # equations from the potential to the source of its current
    "leak": LEAK,
    "exponential": f"""
        tau * dv/dt = {INPUT} - v + g : init = 1
        tau_s * dg/dt = -g            : init = 0.5
    """,
    "alpha": f"""
        tau * dv/dt = {INPUT} - v + g : init = 1
        tau_s * dg/dt = h - g         : init = 0.5
        tau_s * dh/dt = -h            : init = 0.25
    """,
}


def exact(chain, tau_s, duration):
    """The variables after ``duration`` ms, by a matrix exponential of 50 digits."""
    names = [name for name in START if f"d{name}/dt" in CHAINS[chain]]
    n = len(names)
    with mpmath.workdps(50):
        matrix = mpmath.zeros(n + 1)
        for i in range(n):
            matrix[i, i] = -1 / mpmath.mpf(tau_s if i else TAU)
            if i + 1 < n:
                matrix[i, i + 1] = -matrix[i, i]
        matrix[0, n] = mpmath.mpf(INPUT) / TAU
        state = mpmath.expm(matrix * duration) * mpmath.matrix([START[x] for x in names] + [1])
        return {name: float(state[i]) for i, name in enumerate(names)}


# A leak in one step of 100 ms is exact, too; that the input is coarse is another matter.
@pytest.mark.filterwarnings("ignore:.*the step of 100 ms is longer:UserWarning")
@pytest.mark.parametrize("step", [1e-3 * TAU, 0.1, 1.0, TAU, 10 * TAU])  # ms
@pytest.mark.parametrize("chain", CHAINS)
@pytest.mark.parametrize("individual", [True, False], ids=["own tau_s", "one tau_s"])
@pytest.mark.parametrize("dtype", TOLERANCES)
def test_linear_chain_is_exact_for_any_step_and_time_constants(dtype, individual, chain, step):
    neuron = Neuron(f"tau = {TAU}; tau_s = {TAU}", CHAINS[chain], spike="v > 100", name="Chain")
    net = Network(dt=step, seed=1, dtype=dtype)
    if individual:
        population = net.add(len(RATIOS), neuron)
        population.tau_s = TAU * RATIOS
        groups = [population[i : i + 1] for i in range(len(RATIOS))]
    else:
        groups = [net.add(1, neuron) for _ in RATIOS]
        for group, ratio in zip(groups, RATIOS, strict=True):
            group.tau_s = TAU * ratio
    n_steps = 10 if step <= 1 else 1

    net.step(n_steps)

    for group, ratio in zip(groups, RATIOS, strict=True):
        tau_s = float(net.real(TAU * ratio))
        for name, expected in exact(chain, tau_s, n_steps * step).items():
            (found,) = getattr(group, name)
            assert found == pytest.approx(expected, rel=TOLERANCES[dtype]), (name, ratio)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 4e-15), ("float32", 1e-6)])
@pytest.mark.parametrize("target", ["c", "numpy"])
def test_exprel_keeps_its_digits_at_every_distance_from_0(target, dtype, tolerance):
    net = Network(dt=1.0, seed=1, dtype=dtype, target=target)
    magnitudes = 10.0 ** np.linspace(-12, 1, 500)
    population = net.add(
        1000, Neuron(equations="x = x\nr = exprel(x)\ns = 1/exprel(x)", name="Exprel")
    )
    population.x = np.concatenate([magnitudes, -magnitudes])

    net.step()

    x = population.x.astype(float)
    np.testing.assert_allclose(population.r, np.expm1(x) / x, rtol=tolerance)
    np.testing.assert_allclose(population.s, x / np.expm1(x), rtol=tolerance)


@pytest.mark.parametrize("target", ["c", "numpy"])
@pytest.mark.parametrize("place", ["above", "below"])
def test_delta_synapses_make_the_potential_jump_and_decay(place, target):
    equation, jump = "tau * dv/dt = -v", "v += g_exc"
    lines = [equation, jump] if place == "below" else [jump, equation]
    neuron = Neuron.from_cell("\n".join(["tau = 20 ms", *lines, "spike: v > 20"]), "delta")
    net = Network(dt=0.1, seed=1, target=target)
    source = net.add(2, SpikeSource([[1.0], [2.0]]))
    neurons = net.add(1, neuron, name="N")
    net.connect(source, neurons, "exc", AllToAll(), weight=5, delay=0.5)
    net.record(neurons, "v")

    net.simulate(4)

    n_steps = np.arange(40) - np.array([[15], [25]])  # since the arrival of each spike
    n_decays = n_steps + (place == "above")
    expected = np.where(n_steps >= 0, 5 * np.exp(-0.1 * n_decays / 20), 0).sum(axis=0)
    np.testing.assert_allclose(net.traces["N"]["v"][:, 0], expected, rtol=1e-12)
