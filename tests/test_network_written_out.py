"""A whole network against its equations written out."""

import numpy as np
from test_network_determinism import coba


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
