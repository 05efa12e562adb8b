"""Static synapses onto more than 65,536 neurons: narrow, and the same for whoever looks at them."""

import numpy as np
import pytest

from snnlab.engine.segments import Segments, slabs_of
from snnlab.model.neuron import Neuron
from snnlab.model.synapse import Synapse
from snnlab.network import pairing
from snnlab.network.connectors import FixedInDegree, FixedProbability, FromPairs
from snnlab.network.distributions import Uniform
from snnlab.network.network import Network

N = 70_000
BORDER = int(slabs_of(N)[1])
CELL = Neuron.from_cell(
    """
    2 ms * dv/dt = drive - v + g_exc
    1 ms * dg_exc/dt = -g_exc
    drive = 2 : local
    spike: v > 1
    reset: v = 0
    """,
    "Cell",
)
WAYS = {  # weight, delay (ms)
    "one weight": (0.01, 0.1),
    "weights": (Uniform(0, 0.02), 0.5),
    "by inbox": (Uniform(0, 0.02), Uniform(0.1, 0.2)),
    "by inbox, one weight": (0.01, Uniform(0.1, 0.2)),
    "in order": (Uniform(0, 0.02), Uniform(0.1, 27.0)),
}


@pytest.fixture
def wide(monkeypatch):
    """Lets targets have 32 bits."""

    def use():
        monkeypatch.setattr(pairing, "segments_pay", lambda *sizes: False)

    return use


def network(weight=0.01, delay=0.1, **options):
    """Few neurons onto many, of which a part sends back; two projections onto all."""
    net = Network(dt=0.1, seed=5, **options)
    pre, post = net.add(150, CELL, name="pre"), net.add(N, CELL, name="post")
    post.drive = 0
    pre.v, post.v = Uniform(0, 1), Uniform(0, 0.9)
    net.connect(pre, post, "exc", FixedProbability(0.02), weight=weight, delay=delay, name="all")
    net.connect(
        pre[20:], post[5:-5], "exc", FixedProbability(0.02), weight=weight, delay=delay, name="some"
    )
    net.connect(post[BORDER - 10 : BORDER + 10], pre, "exc", FixedInDegree(2), name="back")
    return net


def state(net):
    """Every number that steps change, and every synapse."""
    post = net.populations["post"]
    ends = [(p.sources, p.targets, p.w, p.delay) for p in net.projections.values()]
    spikes = [net.spikes[name].to_numpy() for name in net.populations]
    return [np.array(post.v), np.array(post.g_exc), *spikes, *(a for group in ends for a in group)]


def same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("way", WAYS)
def test_narrow_targets_change_no_bit(wide, way, dtype):
    weight, delay = WAYS[way]
    nets = [network(weight, delay, dtype=dtype, threads=n) for n in (1, 2, 3, 5)]
    for net in nets:
        net.simulate(6.0)
    found = [state(net) for net in nets]
    wide()
    reference = network(weight, delay, dtype=dtype, threads=2)
    reference.simulate(6.0)

    assert all(isinstance(nets[0].projections[x].connectivity, Segments) for x in ("all", "some"))
    assert not isinstance(reference.projections["all"].connectivity, Segments)
    post = found[0][1]
    assert (post[:BORDER] > 0).any()
    assert (post[BORDER:] > 0).any()
    assert all(same(one, state(reference)) for one in found)


@pytest.mark.parametrize("way", WAYS)
def test_compiled_delivery_agrees_with_numpy(way):
    nets = [network(*WAYS[way], threads=3, target=target) for target in ("c", "numpy")]
    for net in nets:
        net.simulate(3.0)

    mine, oracle = map(state, nets)
    assert oracle[1].any()
    for a, b in zip(mine, oracle, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("way", ["weights", "by inbox", "in order"])
def test_changed_weights_reach_the_neurons(wide, way):
    found = []
    for _ in range(2):
        net = network(*WAYS[way], threads=2)
        net.simulate(1.0)
        net.projections["all"].w *= 3
        net.projections["some"].w = np.arange(net.projections["some"].size) * 1e-6
        net.simulate(2.0)
        found.append(state(net))
        wide()

    assert same(*found)


@pytest.mark.parametrize("way", ["one weight", "by inbox", "in order"])
def test_cut_runs_and_snapshots_go_on_alike(way, tmp_path):
    whole, cut = network(*WAYS[way], threads=2), network(*WAYS[way], threads=3)
    whole.simulate(3.0)

    cut.simulate(1.2)
    cut.store(tmp_path / "state.npz")
    cut.simulate(0.4)
    cut.load(tmp_path / "state.npz")
    cut.simulate(1.8)

    for name in ("v", "g_exc"):
        mine, other = (getattr(net.populations["post"], name) for net in (cut, whole))
        np.testing.assert_array_equal(mine, other)


def test_states_of_wide_targets_are_read(wide, tmp_path):
    narrow = network(threads=1)
    narrow.simulate(1.0)
    wide()
    other = network(threads=1)
    other.simulate(0.5)
    other.store(tmp_path / "state.npz")
    other.simulate(1.0)

    narrow.load(tmp_path / "state.npz")
    narrow.simulate(1.0)

    np.testing.assert_array_equal(narrow.populations["post"].v, other.populations["post"].v)


def test_given_pairs_are_read_back():
    net = Network(dt=0.1, seed=1, threads=1)
    pre, post = net.add(3, CELL, name="pre"), net.add(N, CELL, name="post")
    rng = np.random.default_rng(1)
    sources, targets = np.repeat([2, 0], 300), rng.integers(0, N, 600)
    weights = rng.random(600)
    given = net.connect(pre, post, "exc", FromPairs(sources, targets, weights=weights))

    assert isinstance(given.connectivity, Segments)
    order = np.lexsort((targets, sources))
    assert given.targets.dtype == np.int32
    np.testing.assert_array_equal(given.sources, sources[order])
    np.testing.assert_array_equal(given.targets, targets[order])
    np.testing.assert_array_equal(given.w, weights[order])
    assert given.table["target"].tolist() == targets[order].tolist()
    pre_of_some, post_of_some = given.some_ends(100)
    np.testing.assert_array_equal(pre_of_some, given.sources[::6])
    np.testing.assert_array_equal(post_of_some, given.targets[::6])


def test_synapses_that_learn_keep_wide_targets():
    net = Network(dt=0.1, seed=1, threads=1)
    pre, post = net.add(100, CELL, name="pre"), net.add(N, CELL, name="post")
    rule = Synapse.from_cell("pre_spike:\n    g_target += w\n    w += 0.001", "Growing")
    learning = net.connect(pre, post, "exc", FixedProbability(0.01), synapse=rule, weight=0.1)

    assert learning.connectivity.targets.dtype == np.uint32
    net.simulate(3.0)
    assert learning.w.max() > 0.1
