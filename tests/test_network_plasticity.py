"""Synapses that learn: traces, the STDP window, and the order of events in a step."""

from typing import Any

import numpy as np
import pytest
from models import STDP

from snnlab.engine import incoming
from snnlab.model.neuron import Neuron
from snnlab.model.synapse import Synapse
from snnlab.model.traces import neuron_traces
from snnlab.network import assembly
from snnlab.network.assembly import seen_from_targets
from snnlab.network.connectors import AllToAll, FixedInDegree, FixedProbability, OneToOne
from snnlab.network.inputs import PoissonInput, SpikeSource
from snnlab.network.network import Network

TAU_PLUS, TAU_MINUS = 20.0, 20.0  # ms, of the model
A_PLUS, A_MINUS = 0.01, 0.0105

AT_A_STEP = """
when = -1
r = r + 1
x = g_exc
spike: r == when + 1
"""
WITH_CLOCK = STDP.replace(": event-driven", ": exponential")


def pair_network(pre_steps, post_steps, *, synapse=STDP, weight: Any = 0.5):
    """Synapse k joins a pre neuron and a post neuron that spike once, in the given steps."""
    net = Network(dt=0.1, seed=1)
    model = Neuron.from_cell(AT_A_STEP, "once")
    pre = net.add(len(pre_steps), model, name="pre")
    post = net.add(len(post_steps), model, name="post")
    pre.when, post.when = np.array(pre_steps, float), np.array(post_steps, float)
    rule = Synapse.from_cell(synapse, "STDP")
    return net, net.connect(pre, post, "exc", OneToOne(), weight=weight, synapse=rule)


def window(difference):
    """Change of the weight for a post spike ``difference`` steps of 0.1 ms after an arrival.

    Traces are known at the ends of steps. A spike that arrives at the beginning of a step
    and a post spike of this step are one step apart: pre first.
    """
    if difference >= 0:
        return A_PLUS * np.exp(-(difference + 1) * 0.1 / TAU_PLUS)
    return -A_MINUS * np.exp((difference + 1) * 0.1 / TAU_MINUS)


DIFFERENCES = np.concatenate([np.arange(-100, 101), [-900, -450, 450, 900]])  # steps


@pytest.mark.parametrize("synapse", [STDP, WITH_CLOCK], ids=["event-driven", "clock-driven"])
def test_stdp_window_is_the_closed_form(synapse):
    arrival = 1000
    pre_steps = np.full(len(DIFFERENCES), arrival - 1)  # a delay of one step
    net, projection = pair_network(pre_steps, arrival + DIFFERENCES, synapse=synapse)

    net.simulate(200)

    expected = np.array([window(d) for d in DIFFERENCES])
    assert len(np.unique(projection.w)) > 200
    assert window(0) > 0 > window(-1)
    np.testing.assert_allclose(projection.w - 0.5, expected, rtol=0, atol=1e-10)


def test_pair_of_the_same_emission_step_is_post_first():
    """The pre spike still travels when the post neuron has spiked."""
    net, projection = pair_network([50], [50])

    net.simulate(10)

    assert projection.w[0] == pytest.approx(0.5 + window(-1), abs=1e-12)


def test_weights_stay_within_their_bounds():
    net, projection = pair_network([10, 10], [12, 5], weight=[0.999, 0.001])

    net.simulate(5)

    assert projection.w.tolist() == [1.0, 0.0]


def random_network(synapse, rng):
    net = Network(dt=0.1, seed=1)
    text = "p = 0.01\nx = g_exc\nspike: Uniform(0, 1) < p\n"
    model = Neuron.from_cell(text, "poisson")
    pre, post = net.add(30, model, name="pre"), net.add(200, model, name="post")
    rule = Synapse.from_cell(synapse, "STDP")
    weights = rng.uniform(0.2, 0.8, 30 * 200)
    options = {"weight": weights, "delay": 0.5, "synapse": rule}
    return net, net.connect(pre, post, "exc", AllToAll(), **options)


def test_event_driven_traces_equal_clock_driven_ones(rng):
    weights = rng.bit_generator.state
    event_net, event = random_network(STDP, rng)
    rng.bit_generator.state = weights
    clock_net, clock = random_network(WITH_CLOCK, rng)

    event_net.simulate(300)
    clock_net.simulate(300)

    assert len(event_net.spikes["pre"]) > 500
    assert np.abs(event.w - clock.w).max() <= 1e-9
    assert np.ptp(event.w) > 0.6
    np.testing.assert_allclose(event.x, clock.x, rtol=0, atol=1e-9)
    np.testing.assert_allclose(event.y, clock.y, rtol=0, atol=1e-9)
    assert np.ptp(event.x) > 0.01 < np.ptp(event.y)


def test_both_targets_learn_the_same(rng):
    seed = rng.bit_generator.state
    weights = []
    for target in ("c", "numpy"):
        rng.bit_generator.state = seed
        net = Network(dt=0.1, seed=1, target=target)
        model = Neuron.from_cell("p = 0.02\nx = g_exc\nspike: Uniform(0, 1) < p\n", "poisson")
        pre, post = net.add(10, model), net.add(20, model)
        given = rng.uniform(0.2, 0.8, 200)
        rule = Synapse.from_cell(STDP, "STDP")
        projection = net.connect(pre, post, "exc", AllToAll(), weight=given, synapse=rule)
        net.simulate(30)
        weights.append(projection.w - given)

    assert np.abs(weights[0]).max() > 0.005
    np.testing.assert_allclose(weights[0], weights[1], atol=1e-12)


def test_conductance_comes_before_other_statements_of_an_event():
    text = "pre_spike:\n    w = w + 1\n    g_target += w\n"
    net, projection = pair_network([0], [1000], synapse=text, weight=5.0)
    net.record(net.populations["post"], "x")

    net.simulate(0.3)

    assert net.traces["post"]["x"][:, 0].tolist() == [0, 5, 0]
    assert projection.w.tolist() == [6.0]


def test_equations_of_synapses_run_every_step():
    text = "tau = 10\ntau*dc/dt = 1 - c\ncount = count + 1\npre_spike: g_target += w*c\n"
    net, projection = pair_network([99], [0], synapse=text, weight=2.0)
    net.record(net.populations["post"], "x")

    net.simulate(20)

    assert projection.count.tolist() == [200]
    assert projection.c[0] == pytest.approx(1 - np.exp(-2), rel=1e-12)
    arrived = net.traces["post"]["x"][:, 0]
    assert np.flatnonzero(arrived).tolist() == [100]
    assert arrived[100] == pytest.approx(2 * (1 - np.exp(-1)), rel=1e-12)


def test_post_spike_sees_this_steps_synapse():
    text = "count = count + 1\nseen = seen : init = 0\npost_spike: seen = count\n"
    net, projection = pair_network([500], [7], synapse=text)

    net.simulate(2)

    # Equations of the synapse run before post_spike in the step of the spike, the eighth.
    assert projection.seen.tolist() == [8]


def test_reset_gives_back_weights_and_traces():
    net, projection = pair_network([10, 30], [20, 20])
    net.simulate(10)
    learnt = projection.w.copy()

    net.reset()
    fresh = projection.w.copy()
    net.simulate(10)

    assert fresh.tolist() == [0.5, 0.5]
    assert np.abs(learnt - 0.5).min() > 0.001
    np.testing.assert_array_equal(projection.w, learnt)


def test_learning_rate_may_change_between_runs():
    net, projection = pair_network([10, 130], [20, 140])

    net.simulate(10)
    projection.A_plus = 0.02
    net.simulate(10)

    first, second = projection.w - 0.5
    assert second == pytest.approx(2 * first, rel=1e-12)
    assert first > 0.005


TSODYKS_MARKRAM = """
tau_rec = 200
tau_facil = 50
U = 0.2
dx/dt = (1 - x)/tau_rec : init = 1, event-driven
du/dt = (U - u)/tau_facil : init = 0.2, event-driven
pre_spike:
    g_target += w * u * x
    x = x - u * x
    u = u + U * (1 - u)
"""


def poisson_network(
    synapse: str,
    rng: np.random.Generator,
    *,
    n_pre: int = 40,
    n_post: int = 90,
    threads: int = 1,
    target: Any = "c",
    **given: Any,
) -> tuple[Network, Any, list]:
    """Sources that spike at given random times, onto neurons that spike at random."""
    net = Network(dt=0.1, seed=1, threads=threads, target=target)
    times = [np.unique(rng.integers(1, 2000, 12)) * 0.1 for _ in range(n_pre)]
    pre = net.add(n_pre, SpikeSource(times), name="pre")
    text = "p = 0.005\nx = g_exc\nspike: Uniform(0, 1) < p\n"
    post = net.add(n_post, Neuron.from_cell(text, "poisson"), name="post")
    rule = Synapse.from_cell(synapse, "rule")
    options = {"weight": rng.uniform(0.2, 0.8, n_pre * n_post), "delay": 0.7} | given
    return net, net.connect(pre, post, "exc", AllToAll(), synapse=rule, **options), times


@pytest.mark.parametrize("per_synapse", [False, True], ids=["per neuron", "per synapse"])
def test_tsodyks_markram_follows_its_recursion(rng, per_synapse):
    """Tsodyks, Pawelzik & Markram 1998, Neural Comput. 10, 821-835."""
    net, projection, times = poisson_network(TSODYKS_MARKRAM, rng)
    if per_synapse:
        projection.tau_rec = np.full(projection.size, 200.0)
    arrived = {i: [(n, s) for n, s in enumerate(times[i])] for i in range(40)}

    net.simulate(250)

    assert projection.traces.pre == (frozenset() if per_synapse else {"x", "u"})
    for i in range(40):
        x, u, before = 1.0, 0.2, 0.0
        for _, time in arrived[i]:
            now = time + 0.7
            x = 1 - (1 - x) * np.exp(-(now - before) / 200)
            u = 0.2 + (u - 0.2) * np.exp(-(now - before) / 50)
            x, u, before = x - u * x, u + 0.2 * (1 - u), now
        x = 1 - (1 - x) * np.exp(-(250 - before) / 200)
        u = 0.2 + (u - 0.2) * np.exp(-(250 - before) / 50)
        of_i = projection.sources == i
        assert np.abs(projection.x[of_i] - x).max() <= 1e-12
        assert np.abs(projection.u[of_i] - u).max() <= 1e-12


def learnt(synapse, seed, **options):
    net, projection, _ = poisson_network(synapse, np.random.default_rng(seed), **options)
    net.simulate(250)
    return projection.w, projection.x, projection.y, net.spikes["post"]


TRIPLET = STDP.replace("x += A_plus * w_max", "x = x + A_plus * w_max * (1 - 0.3 * x)")


@pytest.mark.parametrize("synapse", [STDP, TRIPLET], ids=["pairs", "saturating"])
@pytest.mark.parametrize("delay", [0.1, 0.7, "own"])
def test_traces_of_neurons_are_those_of_synapses(rng, synapse, delay):
    if delay == "own":
        delay = 0.1 * rng.integers(1, 20, 40 * 90)
    event = learnt(synapse, 3, delay=delay)
    clock = learnt(synapse.replace(": event-driven", ": exponential"), 3, delay=delay)

    for one, other in zip(event[:3], clock[:3], strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-9)
    assert np.ptp(event[0]) > 0.6
    assert len(event[3]) > 500


@pytest.mark.parametrize("threads", [2, 3])
@pytest.mark.parametrize("synapse", [STDP, TRIPLET], ids=["pairs", "saturating"])
def test_learning_does_not_depend_on_the_number_of_threads(synapse, threads):
    one = learnt(synapse, 5, n_post=200, threads=1)
    many = learnt(synapse, 5, n_post=200, threads=threads)

    for expected, found in zip(one[:3], many[:3], strict=True):
        np.testing.assert_array_equal(found, expected)
    assert many[3].equals(one[3])


@pytest.mark.parametrize("target", ["c", "numpy"])
def test_traces_given_to_single_synapses_are_kept_apart(target):
    weights, seed = [], 9
    for text in (STDP, STDP.replace(": event-driven", ": exponential")):
        rng = np.random.default_rng(seed)
        net, projection, _ = poisson_network(text, rng, n_pre=8, n_post=9, target=target)
        net.simulate(40)
        projection.x[3] = 0.5
        net.simulate(10)
        projection.y = np.linspace(0, 0.1, projection.size)
        net.simulate(50)
        weights.append(projection.w)

    assert projection.traces.names == frozenset()
    np.testing.assert_allclose(weights[0], weights[1], rtol=0, atol=1e-9)


def test_traces_given_to_neurons_stay_with_them():
    net, projection, _ = poisson_network(STDP, np.random.default_rng(1), n_pre=8, n_post=9)

    projection.x = 0.25
    projection.y = np.tile(np.arange(9.0), 8)
    net.step(20)

    assert projection.traces.names == {"x", "y"}
    assert projection.y[-1] == pytest.approx(8 * np.exp(-0.1), rel=1e-3)
    np.testing.assert_allclose(np.min(projection.x), 0.25 * np.exp(-0.1), rtol=1e-12)


def test_reset_brings_traces_back_after_they_were_parted():
    net, projection, _ = poisson_network(STDP, np.random.default_rng(1), n_pre=8, n_post=9)
    net.simulate(60)
    learnt_first = projection.w.copy()
    projection.tau_plus = np.full(projection.size, 20.0)
    net.simulate(10)

    net.reset()
    assert projection.x.max() == 0
    net.simulate(60)

    assert projection.traces.names == frozenset()
    np.testing.assert_allclose(projection.w, learnt_first, rtol=0, atol=1e-12)


CASES = {
    "both": (STDP, {"x", "y"}),
    "weight in a trace": (STDP.replace("x += A_plus * w_max", "x += A_plus * w"), {"y"}),
    "set by the other side": (STDP.replace("post_spike:", "post_spike:\n    x = 0"), {"y"}),
    "pre neuron's state": (STDP.replace("x += A_plus", "x += pre.k"), {"y"}),
    "random": (STDP.replace("-x    :", "-x    : init = Uniform(0, 1), "), {"y"}),
    "own time constant": (STDP.replace("tau_plus  = 20 ms", "tau_plus = 20 ms : local"), {"y"}),
    "clock-driven": (STDP.replace("event-driven", "exponential"), set()),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES.keys())
def test_traces_of_neurons_are_found_in_the_equations(text, expected):
    assert neuron_traces(Synapse.from_cell(text, "rule").model).names == expected


def test_plastic_synapses_take_15_bytes():
    """Weight, target, and number and source by post neuron; all to all needs two of them."""
    net, dense, _ = poisson_network(STDP, np.random.default_rng(1))
    pre, post = net.populations["pre"], net.populations["post"]
    own: Any = {"weight": 0.5, "synapse": Synapse.from_cell(STDP, "STDP")}
    few = net.connect(pre, post, "exc", FixedProbability(0.5), **own)
    many = net.connect(pre, post, "exc", FixedInDegree(70_000, multapses=True), **own)

    for projection, expected in ((dense, 10), (few, 14), (many, 15)):
        seen = seen_from_targets(projection)
        arrays = [projection.weights, projection.connectivity.targets, seen.entries, seen.sources]
        n_bytes = sum(a.nbytes for a in arrays if a is not None)
        assert expected * projection.size <= n_bytes <= expected * projection.size + 100
        assert len(projection.engine_state()) == 3  # w and a number for each neuron, twice
        assert projection._touched is None


@pytest.mark.parametrize("form", ["columns", "distances"])
@pytest.mark.parametrize(("dtype", "threads"), [("float64", 1), ("float64", 2), ("float32", 2)])
def test_synapses_of_large_projections_learn_the_same(monkeypatch, form, dtype, threads):
    """However they are told to their post neurons; rows are long, empty, and short."""

    def weights(**options):
        net = Network(dt=0.1, seed=1, dtype=dtype, **options)
        pre = net.add(400, PoissonInput(200.0), name="pre")
        chance = "x = g_exc\nr = Uniform(0, 1)\nspike: r < 0.01"
        post = net.add(30, Neuron.from_cell(chance, "chance"), name="post")
        own: Any = {"weight": 0.5, "synapse": Synapse.from_cell(STDP, "STDP")}
        net.connect(pre, post, "exc", FixedProbability(0.3), name="random", **own)
        net.connect(pre[::25], post, "exc", FixedProbability(0.6), name="few rows", **own)
        net.connect(pre, post[::7], "exc", FixedInDegree(3), name="short rows", **own)
        net.simulate(100.0)
        return [np.array(p.w) for p in net.projections.values()]

    expected = weights(threads=1)
    for module in (incoming, assembly):
        monkeypatch.setattr(module, "form_of", lambda *sizes: form)
    for found in (weights(threads=threads), weights(target="numpy")):
        assert all((a == b).all() for a, b in zip(found, expected, strict=True))
    assert all(len(np.unique(w)) > 5 for w in expected)


@pytest.mark.parametrize(
    ("text", "waits"), [(TSODYKS_MARKRAM, True), (STDP, False)], ids=["read", "not read"]
)
def test_traces_change_after_every_thread_has_read_them(text, waits):
    net, _, _ = poisson_network(text, np.random.default_rng(1))

    kinds = [phase.kind for phase in net.schedule.phases]

    between = kinds[kinds.index("deliver") : kinds.index("arrive")]
    assert ("barrier" in between) == waits
    assert "barrier" in kinds[kinds.index("arrive") :] or "post" not in kinds
