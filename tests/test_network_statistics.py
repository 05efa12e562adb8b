"""Statistics of whole networks against those of another simulator."""

import numpy as np
import pytest
from test_network_determinism import coba

# Brian2 2.10.1, standalone, the same network with its own random connectivity, 10 seeds of 10 s:
# mean rate of E (Hz) and mean CV of the intervals. Between seeds the rate varies by 1.6 Hz.
BRIAN2_RATE = 21.6
BRIAN2_CV = 1.87


@pytest.fixture(scope="module")
def runs():
    """Four networks that differ in their seeds, after 2 s."""
    nets = [coba(seed=seed, threads=1) for seed in range(1, 5)]
    for net in nets:
        net.simulate(2000)
    return nets


def settled(net, name):
    """Spikes after the first half second."""
    frame = net.spikes[name]
    return frame[frame["time"] >= 500]


def test_coba_fires_as_in_brian2(runs):
    rates = {
        name: np.array([len(settled(net, name)) / net.populations[name].size / 1.5 for net in runs])
        for name in "EI"
    }

    # The standard error of four seeds is 0.8 Hz.
    assert rates["E"].mean() == pytest.approx(BRIAN2_RATE, rel=0.1)
    assert rates["I"].mean() == pytest.approx(rates["E"].mean(), rel=0.03)
    assert 0.5 < rates["E"].std(ddof=1) < 4


def test_coba_is_irregular_and_asynchronous(runs):
    frame = settled(runs[0], "E")
    intervals = [np.diff(times) for _, times in frame.groupby("neuron")["time"]]
    cv = [i.std() / i.mean() for i in intervals if len(i) >= 10]
    counts = np.histogram(frame["time"], bins=np.arange(500, 2001, 2))[0]

    assert len(cv) > 1000
    assert np.mean(cv) == pytest.approx(BRIAN2_CV, rel=0.15)
    # No bin of 2 ms holds a spike of more than a tenth of the neurons.
    assert 0 < counts.max() < 320


def written_out(net, duration, dt=0.1):
    """Steps and neurons of the spikes of ``net``, computed by NumPy from the equations."""
    exc, inh = net.populations["E"], net.populations["I"]
    n_exc, n = exc.size, exc.size + inh.size
    first = {"E": 0, "I": n_exc}
    weights = {target: np.zeros((n, n)) for target in ("exc", "inh")}
    for projection in net.projections.values():
        rows = first[projection.pre.name] + projection.sources
        columns = first[projection.post.name] + projection.targets
        weights[projection.target][rows, columns] = projection.weight
    v = np.concatenate([exc.v, inh.v])
    g_exc, g_inh, wait = np.zeros(n), np.zeros(n), np.zeros(n, int)
    emitted = np.zeros(n, bool)
    steps, neurons = [], []
    for step in range(round(duration / dt)):
        g_exc += weights["exc"][emitted].sum(axis=0)
        g_inh += weights["inh"][emitted].sum(axis=0)
        leak = 1 + g_exc + g_inh
        rest = (-60 + 0 * g_exc - 80 * g_inh + 20) / leak
        active = wait == 0
        v = np.where(active, rest + (v - rest) * np.exp(-dt * leak / 20), v)
        g_exc *= np.exp(-dt / 5)
        g_inh *= np.exp(-dt / 10)
        emitted = active & (v > -50)
        v[emitted] = -60
        wait = np.where(emitted, 50, np.maximum(wait - 1, 0))
        steps.append(np.full(emitted.sum(), step))
        neurons.append(np.flatnonzero(emitted))
    return np.concatenate(steps), np.concatenate(neurons)


def test_coba_spikes_as_its_equations_written_out():
    net = coba(400, seed=5)
    steps, neurons = written_out(net, 100)

    net.simulate(100)

    for name, begin, end in (("E", 0, 320), ("I", 320, 400)):
        own = (neurons >= begin) & (neurons < end)
        frame = net.spikes[name]
        assert len(frame) > 50
        assert frame["neuron"].tolist() == (neurons[own] - begin).tolist()
        np.testing.assert_allclose(frame["time"], steps[own] * 0.1, atol=1e-9)
