"""Axonal spikes: a second threshold, tested in the refractory period, too."""

import pytest

from snnlab import Network, NetworkError, Neuron, OneToOne, Synapse

AXON = Neuron(
    equations="v += 1 : init=0\nx = g_exc",
    spike="v > 2.5",
    reset="v = 0",
    axon_spike="v > 1.5",
    refractory=3.0,
    name="Axon",
)
SYNAPSE = Synapse(pre_spike="g_target += w", pre_axon_spike="g_target += 10 * w", name="Both")


@pytest.mark.parametrize("target", ["c", "numpy"])
def test_an_axonal_spike_is_transmitted_where_no_spike_is(target):
    net = Network(dt=1.0, seed=1, target=target)
    pre, post = net.add(1, AXON, name="A"), net.add(1, AXON, name="B")
    net.connect(pre, post, "exc", OneToOne(), weight=1.0, synapse=SYNAPSE)
    post.v = -100
    net.record(post, ["x"])

    net.simulate(6)

    # v is 1, then 2 (axonal spike), then 3 (spike, reset to 0): each arrives one step later.
    assert net.traces["B"]["x"][:, 0].tolist() == [0, 0, 10, 1, 0, 0]


def test_an_axonal_synapse_needs_an_axonal_spike():
    net = Network(dt=1.0, seed=1)
    plain = Neuron(equations="v = g_exc", spike="v > 1", name="Plain")
    population = net.add(2, plain, name="P")
    net.connect(population, population, "exc", OneToOne(), synapse=SYNAPSE)

    with pytest.raises(NetworkError) as error:
        net.simulate(1)

    assert str(error.value) == (
        "Projection 'P->P exc': its synapses react to axonal spikes, but neuron 'Plain' has no "
        "'axon_spike'; add one."
    )
