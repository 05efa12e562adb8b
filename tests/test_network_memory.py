"""Memory of a network: foretold, refused where it does not fit, and small for each synapse."""

import gc
import time
import tracemalloc

import numpy as np
import pytest
from scipy import sparse

from snnlab.engine import machine
from snnlab.errors import NetworkError
from snnlab.model.neuron import Neuron
from snnlab.model.synapse import Synapse
from snnlab.network import assembly
from snnlab.network.connectors import (
    AllToAll,
    FixedInDegree,
    FixedOutDegree,
    FixedProbability,
    FixedTotal,
    FromFunction,
    FromMatrix,
    FromPairs,
    Gaussian,
    OneToOne,
)
from snnlab.network.distributions import Normal, Uniform
from snnlab.network.network import Network

RELAY = Neuron.from_cell("v = v + g_exc\nspike: v > 0.5\nreset: v = 0", "relay")
GB = 10**9


def groups(*sizes, **options):
    net = Network(dt=0.1, seed=1, threads=1, **options)
    return net, *(net.add(n, RELAY, name=f"P{k}") for k, n in enumerate(sizes))


@pytest.fixture
def free(monkeypatch):
    """Sets how many bytes are free."""

    def use(n_bytes):
        monkeypatch.setattr(machine, "available_memory", lambda: n_bytes)

    return use


def test_spikes_on_their_way_that_do_not_fit_are_refused(free):
    net, pre, post = groups(1000, 10)
    free(GB)

    with pytest.raises(NetworkError) as error:
        net.connect(pre, post, "exc", AllToAll(), delay=1e5)

    assert str(error.value) == (
        "Projection 'P0->P1 exc': 4.1 GB are needed and 1 GB of memory are free; give shorter "
        "delays, or a longer dt.\n"
        "                            number  bytes each  in all\n"
        "P0     spikes on their way   1,024     4000004  4.1 GB\n"
        "total                                           4.1 GB\n"
        "free                                              1 GB"
    )


@pytest.mark.parametrize(
    "synapse",
    [Synapse.from_cell("pre_spike:\n    w += 0.1", "Growing"), None],
    ids=["pre_spike", "static"],
)
def test_more_synapses_than_can_be_put_in_order_are_refused(monkeypatch, synapse):
    monkeypatch.setattr(assembly, "MOST_NUMBERED", 99)
    monkeypatch.setattr(assembly, "inbox_pays", lambda *sizes: False)
    net, pre, post = groups(10, 20)
    net.connect(pre, post, "exc", FixedInDegree(5), synapse=synapse, delay=Uniform(1.0, 3.0))

    with pytest.raises(NetworkError) as error:
        net.build()

    assert str(error.value) == (
        "Projection 'P0->P1 exc': 100 synapses with delays of their own are more than 99; connect "
        "parts of the post population one by one."
    )


def test_synapses_that_do_not_fit_are_refused_at_once(free):
    net, pre, post = groups(200_000, 200_000)
    free(23 * GB)

    start = time.perf_counter()
    with pytest.raises(NetworkError) as error:
        net.connect(pre, post, "exc", AllToAll(), weight=Normal(1.0, 0.1), delay=1.5)

    assert time.perf_counter() - start < 0.5
    assert str(error.value) == (
        "Projection 'P0->P1 exc': 400 GB are needed and 23 GB of memory are free; connect fewer "
        "neurons, use dtype='float32' or one weight, or pass procedural=True.\n"
        "                             number  bytes each  in all\n"
        "P0->P1 exc  rows            200,000          32  6.4 MB\n"
        "P0->P1 exc  targets  40,000,000,000           2   80 GB\n"
        "P0->P1 exc  weights  40,000,000,000           8  320 GB\n"
        "total                                            400 GB\n"
        "free                                              23 GB"
    )
    assert not net.projections


def test_projections_are_summed(free):
    net, group = groups(10_000)
    free(400_000_000)
    net.connect(group, group, "exc", AllToAll(), name="first")

    with pytest.raises(NetworkError) as error:
        net.connect(group, group, "exc", AllToAll(), name="second")

    assert str(error.value) == (
        "Projection 'second': 400 MB are needed and 400 MB of memory are free; connect fewer "
        "neurons, use dtype='float32' or one weight, or pass procedural=True.\n"
        "                      number  bytes each  in all\n"
        "first   rows          10,000           8   80 kB\n"
        "first   targets  100,000,000           2  200 MB\n"
        "second  rows          10,000           8   80 kB\n"
        "second  targets  100,000,000           2  200 MB\n"
        "total                                     400 MB\n"
        "free                                      400 MB"
    )


def test_synapses_of_a_function_are_guessed_from_some_rows(free):
    free(GB)
    net, pre, post = groups(20_000, 50_000)
    rule = FromFunction(lambda i, j: (i + j) % 3 == 0)

    with pytest.raises(NetworkError) as error:
        net.connect(pre, post, "exc", rule, weight=Uniform(0, 1))

    assert str(error.value).startswith(
        "Projection 'P0->P1 exc': 3.33 GB are needed and 1 GB of memory are free; "
    )
    assert not net.projections


def test_memory_that_has_gone_meanwhile_is_noticed_before_building(free):
    net, group = groups(2000)
    free(GB)
    projection = net.connect(group, group, "exc", AllToAll())
    free(1_000_000)

    with pytest.raises(NetworkError) as error:
        _ = projection.w

    assert str(error.value).startswith(
        "Projection 'P0->P0 exc': 8.02 MB are needed and 1 MB of memory are free; connect fewer"
    )


def test_procedural_synapses_fit_always(free):
    net, pre, post = groups(200_000, 200_000)
    free(5_000_000)

    projection = net.connect(pre, post, "exc", AllToAll(), procedural=True)

    assert projection.size == 200_000**2


def test_population_that_does_not_fit_is_refused(free):
    net = Network(dt=0.1, seed=1)
    free(8 * GB)

    with pytest.raises(NetworkError) as error:
        net.add((10**5, 10**5), RELAY, name="big")

    assert str(error.value) == (
        "Population 'big': 250 GB are needed and 8 GB of memory are free; take fewer neurons.\n"
        "                                  number  bytes each  in all\n"
        "this population  neurons  10,000,000,000          25  250 GB\n"
        "total                                                 250 GB\n"
        "free                                                    8 GB"
    )


def test_recording_that_does_not_fit_is_refused(free):
    net, group = groups(1000)
    net.record(group, "v", every=0.5)
    free(100_000_000)
    net.simulate(1.0)

    with pytest.raises(NetworkError) as error:
        net.simulate(10_000.0)

    assert str(error.value) == (
        "Network: 160 MB are needed and 100 MB of memory are free; record fewer neurons, or seldom "
        "(every=...), or simulate in shorter parts.\n"
        "                        number  bytes each  in all\n"
        "P0     record of v  20,000,000           8  160 MB\n"
        "total                                       160 MB\n"
        "free                                        100 MB"
    )
    assert net.time == 1.0


def test_unknown_memory_refuses_nothing(free):
    net, pre, post = groups(100_000, 100_000)
    free(None)

    net.connect(pre, post, "exc", AllToAll())

    assert net.memory().missing > 20 * GB


def test_memory_is_told_before_and_after_building(free):
    net, pre, post = groups(1000, 2000)
    free(2 * GB)
    net.connect(pre, post, "exc", FixedProbability(0.5), weight=Uniform(0, 1), delay=Uniform(1, 2))
    net.connect(pre, post, "exc", FromFunction(lambda i, j: 0.1), name="by function")
    net.record(post, "v")

    before = net.memory(duration=100.0)
    net.build()
    after = net.memory(duration=100.0)

    assert str(before) == (
        "                                         number  bytes each   in all\n"
        "P0               state                    1,024          17  17.4 kB\n"
        "P0               spikes on their way      1,024          93  95.2 kB\n"
        "P1               state                    2,048          17  34.8 kB\n"
        "P1               spikes on their way      2,048          17  34.8 kB\n"
        "P1               inputs on their way      2,048         256   524 kB\n"
        "P0->P1 exc       rows                     1,000           8     8 kB\n"
        "P0->P1 exc       targets              1,000,000           2     2 MB\n"
        "P0->P1 exc       weights              1,000,000           8     8 MB\n"
        "P0->P1 exc       delays               1,000,000           1     1 MB\n"
        "by function      rows                     1,000           8     8 kB\n"
        "by function      targets                200,000           2   400 kB\n"
        "P1               record of v          2,000,000           8    16 MB\n"
        "total                                                        28.1 MB\n"
        "to be allocated                                              28.1 MB\n"
        "free                                                            2 GB"
    )
    assert before.missing == before.total - 17 * 3072
    assert after.missing == 16_000_000
    assert after.total == pytest.approx(before.total, rel=0.01)


@pytest.mark.parametrize("delay", [5.0, Uniform(1.0, 9.0)], ids=["one", "each"])
def test_values_on_their_way_are_told(delay):
    net = Network(dt=1.0, seed=1)
    group = net.add(100, Neuron.from_cell("r = r + sum(exc)", "R"), name="P")
    rule = Synapse(psp="w * pre.r", name="Rate")
    net.connect(group, group, "exc", FixedProbability(0.9), delay=delay, synapse=rule)

    before = [item for item in net.memory().items if item.what == "values on their way"]
    net.build()
    after = [item for item in net.memory().items if item.what == "values on their way"]

    parts = net._linkage.parts["P"]
    histories = sum(h.ring.nbytes + h.out.nbytes for h in parts.histories.values())
    held = histories + sum(past.ring.nbytes for past in parts.pasts.values())
    assert held > 0
    assert [item.nbytes for item in before] == [item.nbytes for item in after] == [held]
    assert [item.allocated for item in (*before, *after)] == [False, True]


def kept_and_peak(make):
    """Bytes that are still allocated after ``make``, and the most that were, beside its result."""
    gc.collect()
    tracemalloc.start()
    try:
        kept = make()
        now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    del kept
    return now, peak


@pytest.mark.parametrize(("n", "in_degree"), [(4000, 400), (100_000, 80)])
@pytest.mark.parametrize(
    ("dtype", "weight", "most"),
    [("float64", Uniform(0, 1), 12.0), ("float32", Uniform(0, 1), 8.0), ("float64", 1.0, 4.0)],
    ids=["float64", "float32", "one weight"],
)
def test_bytes_of_a_synapse_all_included(dtype, weight, most, n, in_degree):
    net, group = groups(n, dtype=dtype)
    rule = FixedProbability(in_degree / n)
    projection = net.connect(group, group, "exc", rule, weight=weight, delay=1.5)
    net.populations["P0"].v  # noqa: B018
    groups(10)[0].build()  # what is loaded once

    def build():
        net.build()
        return net._linkage.projection_parts

    now, peak = kept_and_peak(build)

    assert projection.size > 1_500_000
    assert now / projection.size <= most
    assert peak / projection.size <= 1.5 * most


def test_procedural_synapses_take_no_memory():
    net, group = groups(4000)
    net.connect(group, group, "exc", FixedProbability(0.1), procedural=True)
    groups(10)[0].build()

    now, _ = kept_and_peak(net.build)

    assert now < 100 * 4000


DENSE = np.random.default_rng(1).random((1000, 1000))
MATRIX = sparse.csr_matrix(np.where(DENSE < 0.3, DENSE, 0.0))
PLACES = np.random.default_rng(1).integers(0, 1000, (2, 300_000))


@pytest.mark.parametrize(
    ("rule", "n"),
    [
        (AllToAll(), 1000),
        (OneToOne(), 200_000),
        (FixedProbability(0.3), 1000),
        (FixedInDegree(300), 1000),
        (FixedInDegree(300, multapses=True), 1000),
        (FixedOutDegree(300), 1000),
        (FixedTotal(300_000), 1000),
        (FixedTotal(300_000, multapses=True), 1000),
        (Gaussian(1.0, 0.1), 1000),
        (FromPairs(*PLACES, weights=PLACES[0] * 1.0), 1000),
        (FromMatrix(MATRIX), 1000),
        (FromMatrix(MATRIX.tocoo()), 1000),
    ],
    ids=lambda rule: str(rule).split("(")[0],
)
def test_building_takes_little_more_than_what_is_built(rule, n):
    net, group = groups(n)
    projection = net.connect(group, group, "exc", rule, weight=Uniform(0, 1))

    now, peak = kept_and_peak(lambda: projection.weights)

    assert projection.size >= 190_000
    assert peak < 4 * max(now, 10 * projection.size)


STDP = Synapse.from_cell(
    """
tau = 20
tau * dx/dt = -x : event-driven
tau * dy/dt = -y : event-driven
pre_spike:
    g_target += w
    x += 0.1
    w = clip(w - y, 0, 1)
post_spike:
    y += 0.1
    w = clip(w + x, 0, 1)
""",
    "STDP",
)


def test_plastic_synapses_are_foretold(free):
    free(GB)
    net, pre, post = groups(1000, 1000)
    projection = net.connect(pre, post, "exc", FixedProbability(0.2), synapse=STDP)

    items = {item.what: item for item in net.memory().items if item.owner == projection.name}

    assert items["targets"].nbytes == 200_000 * 2
    assert items["values"].nbytes == 200_000 * 8  # the traces belong to the neurons
    assert items["seen from the targets"].nbytes == 200_000 * 5
