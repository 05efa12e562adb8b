"""The network as a whole: its schedule, its compile status, its warnings, what it refuses."""

import warnings
from typing import Any

import pytest
from models import COBA, LIF, STDP

from snnlab.engine import build as building
from snnlab.engine import toolchain
from snnlab.errors import NetworkError, ToolchainError
from snnlab.model.neuron import Neuron
from snnlab.model.synapse import Synapse
from snnlab.network import linking
from snnlab.network.connectors import FixedProbability
from snnlab.network.network import Network


def balanced():
    net = Network(dt=0.1, seed=1)
    model = Neuron.from_cell(COBA, "COBA")
    exc, inh = net.add(80, model, name="E"), net.add(20, model, name="I")
    net.connect(exc, [exc, inh], "exc", FixedProbability(0.1), weight=0.6, delay=1.5)
    net.connect(inh, exc, "inh", FixedProbability(0.1), weight=6.7)
    return net


def test_schedule_shows_every_phase_of_a_step():
    net = balanced()
    net.record(net.populations["E"], "v", neurons=range(5))

    assert str(net.schedule) == (
        "one step:\n"
        "  1  deliver   E->E exc  spikes of 1.5 ms ago reach g_exc\n"
        "  2  deliver   E->I exc  spikes of 1.5 ms ago reach g_exc\n"
        "  3  deliver   I->E inh  spikes of 0.1 ms ago reach g_inh\n"
        "  4  update    E         equations, spike test, reset\n"
        "  5  collect   E         spikes are queued\n"
        "  6  update    I         equations, spike test, reset\n"
        "  7  collect   I         spikes are queued\n"
        "  8  record    E         v of 5 neurons\n"
        "     t advances by dt"
    )


def test_schedule_of_plastic_synapses_follows_the_order_of_a_step():
    net = Network(dt=0.1, seed=1)
    text = LIF.replace("\nspike:", "\nshared = t : population\nspike:")
    group = net.add(10, Neuron.from_cell(text, "LIF"), name="P")
    cell = STDP.replace("\npre_spike:", "\ndage/dt = 1\npre_spike:", 1)
    net.connect(group, group, "exc", synapse=Synapse.from_cell(cell, "STDP"), name="learn")

    assert str(net.schedule) == (
        "one step:\n"
        "  1  deliver   learn  spikes of 0.1 ms ago reach g_exc\n"
        "  2  once      P      population-wide equations\n"
        "  3  barrier          population-wide values are known\n"
        "  4  update    P      equations, spike test, reset\n"
        "  5  collect   P      spikes are queued\n"
        "  6  arrive    learn  traces of neurons whose spikes arrive\n"
        "  7  fade      learn  traces of pre neurons\n"
        "  8  fade      learn  traces of post neurons\n"
        "  9  barrier          neurons are updated\n"
        " 10  synapses  learn  synapse equations\n"
        " 11  post      learn  post_spike statements\n"
        "     t advances by dt"
    )


def test_network_says_what_it_is():
    net = balanced()
    net.simulate(1)

    assert repr(net) == "Network: 2 populations, 100 neurons, 3 projections, t = 1 ms"


def test_network_of_one_neuron_counts_it_as_one():
    net = Network(dt=0.1, seed=1)
    net.add(1, Neuron.from_cell("r = 1", "N"), name="A")

    assert repr(net) == "Network: 1 population, 1 neuron, 0 projections, t = 0 ms"


def test_recordings_and_history_say_what_they_hold():
    net = Network(dt=0.1, seed=1)
    clock = Neuron.from_cell("dv/dt = 1 / 1 ms\nspike: v > 9.95\nreset: v = 0", "Clock")
    net.record(net.add(3, clock, name="A"), ["v"])
    before = repr(net.history)
    net.history.keep(every=10)
    net.simulate(100)

    assert repr(net.spikes) == f"Spikes of A ({len(net.spikes['A'])})"
    assert repr(net.traces["A"]) == "Traces of 'A': v (neurons: 3)"
    assert before == "History: nothing is kept; call net.history.keep()."
    assert repr(net.history) == f"History: from {net.history.times[0]:g} to 100 ms, 0 branches left"


def test_build_state_ends_ready():
    net = balanced()
    net.build()

    state, text = net.build_state()

    assert state == "ready"
    assert text.startswith("ready, ")


def test_one_model_is_compiled_once_for_all_its_populations():
    net = balanced()
    net.build()

    builds = {id(build) for build in net._linkage.builds.values()}

    assert len(net._linkage.builds) == 2
    assert len(builds) == 1


@pytest.fixture
def broken_compiler(monkeypatch, tmp_path):
    """From ``break_it()`` on nothing new can be compiled."""

    def break_it():
        monkeypatch.setenv("SNNLAB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setenv("CC", "no-such-cc")
        monkeypatch.setattr(building, "_builds", {})
        toolchain.find_toolchain.cache_clear()

    yield break_it
    toolchain.find_toolchain.cache_clear()


def test_failed_compile_is_told_and_other_networks_go_on(broken_compiler):
    working = balanced()
    working.simulate(1)
    broken_compiler()

    failing = balanced()

    expected = (
        "C compiler: none found (looked for 'no-such-cc' (from the environment variable CC)); "
        "install one, for example with 'apt install gcc', 'xcode-select --install' or "
        "'conda install c-compiler', or run without one: Network(target='numpy')."
    )
    with pytest.raises(ToolchainError) as error:
        failing.simulate(1)
    assert str(error.value) == expected
    assert failing.build_state() == ("failed", expected)
    working.simulate(1)
    assert working.time == 2.0


def test_superseded_model_warns_once():
    net = balanced()
    net.populations["E"].neuron.superseded = True
    expected = [
        f"Population '{name}' uses the 'COBA' of an earlier cell; run the cells that build the "
        f"network again to use the new one."
        for name in ("E", "I")  # they share the model
    ]

    with pytest.warns(UserWarning, match="of an earlier cell") as caught:
        net.simulate(1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        net.simulate(1)

    assert [str(w.message) for w in caught] == expected
    assert net.warnings == expected


def test_handles_are_the_numbers_that_may_change():
    net = Network(dt=0.1, seed=1)
    group = net.add(4, Neuron.from_cell(LIF, "LIF"), name="P")
    static = net.connect(group, group, "exc", weight=2.0, name="static")
    net.connect(group, group, "inh", synapse=Synapse.from_cell(STDP, "STDP"), name="plastic")
    group.E_L = [-70.0, -71.0, -72.0, -73.0]

    handles = {(h.owner, h.name): h for h in net.handles()}

    neuron = ["tau", "E_L", "V_th", "V_r", "I", "tau_e"]
    synapse = ["tau_plus", "tau_minus", "A_plus", "A_minus", "w_max"]
    assert list(handles) == [
        *(("P", name) for name in neuron),
        ("static", "weight"),
        *(("plastic", name) for name in ("w", *synapse)),
    ]
    assert (handles["P", "tau"].low, handles["P", "tau"].high) == (5.0, 100.0)
    weight = handles["static", "weight"]
    assert (weight.value, weight.low, weight.high) == (2.0, 0.0, 6.0)
    weight.set(3.0)
    assert static.weight == 3.0
    assert handles["plastic", "A_plus"].owner_kind == "projection"


def test_small_networks_run_on_one_thread(monkeypatch):
    monkeypatch.setattr(linking, "available_cores", lambda: 16)
    small, large, told = Network(), Network(), Network(threads=3)
    model = Neuron.from_cell(LIF, "LIF")
    for net, n in ((small, 100), (large, 40_000), (told, 100)):
        net.add(n, model)

    assert (small.threads, large.threads, told.threads) == (1, 16, 3)


make: Any = Network  # to be called with what it refuses


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (
            lambda model: make(dt=0),
            "Network: dt = 0 ms; give a time step above 0 ms.",
        ),
        (
            lambda model: make(dt=float("nan")),
            "Network: dt = nan ms; give a time step above 0 ms.",
        ),
        (
            lambda model: make(dtype="float16"),
            "Network: dtype = 'float16'; choose 'float64' or 'float32'.",
        ),
        (
            lambda model: make(threads=0),
            "Network: threads = 0; give a whole number from 1 on.",
        ),
        (
            lambda model: make(seed=-3),
            "Network: seed = -3; give a whole number from 0 on.",
        ),
        (
            lambda model: make(target="fpga"),
            "Network: target = 'fpga'; choose 'c' or 'numpy'.",
        ),
        (
            lambda model: make().add(0, model, name="E"),
            "Population 'E': size 0 is not possible; give whole numbers from 1 on.",
        ),
        (
            lambda model: make().add(-5, model),
            "Population 'LIF': size -5 is not possible; give whole numbers from 1 on.",
        ),
        (
            lambda model: make().add(2.5, model),
            "Population 'LIF': size 2.5 is not possible; give whole numbers from 1 on.",
        ),
        (
            lambda model: make().add((3, 0), model),
            "Population 'LIF': size (3, 0) is not possible; give whole numbers from 1 on.",
        ),
        (
            lambda model: make().add(model, 10),
            "Network: net.add takes a size and a neuron, not (Neuron, int); "
            "write net.add(100, LIF).",
        ),
        (
            lambda model: make().add(10, Synapse.from_cell(STDP, "STDP")),
            "Network: net.add takes a size and a neuron, not (int, Synapse); "
            "write net.add(100, LIF).",
        ),
        (
            lambda model: [net.add(1, model, name="E") for net in 2 * [make()]],
            "Network: the name 'E' is taken; choose another name, or none.",
        ),
        (
            lambda model: setattr(make(), "speed", -1),
            "Network: speed = -1; give a number above 0, or None.",
        ),
        (
            lambda model: setattr(make(), "speed", "fast"),
            "Network: speed = 'fast'; give a number above 0, or None.",
        ),
        (
            lambda model: make().add(1, model, name=5),
            "Network: name = 5; give a text, or none.",
        ),
        (
            lambda model: make().scale("E", "I", 2.0),
            "Network: 'E' is neither population nor projection; give one that net.add or "
            "net.connect returned.",
        ),
        (
            lambda model: make().kick("E", "v", 2.0),
            "Network: net.kick = 'E' is no population; give one that net.add returned.",
        ),
        (
            lambda model: [net.record(net.add(1, model), "v", every=0) for net in [make()]],
            "Network: every = 0 ms; give an interval above 0 ms.",
        ),
        (
            lambda model: [net.record(net.add(1, model), "v", name=1) for net in [make()]],
            "Network: name = 1; give a text, or none.",
        ),
    ],
    ids=[
        "dt 0",
        "dt NaN",
        "dtype",
        "threads",
        "seed",
        "target",
        "size 0",
        "negative size",
        "broken size",
        "shape",
        "order of arguments",
        "synapse as neuron",
        "taken name",
        "speed",
        "speed in words",
        "name that is no text",
        "scale of a name",
        "kick of a name",
        "no interval of samples",
        "name of a recording",
    ],
)
def test_mistake_is_one_sentence(action, expected):
    with pytest.raises(NetworkError) as error:
        action(Neuron.from_cell(LIF, "LIF"))

    assert str(error.value) == expected


def test_populations_without_a_name_are_called_after_their_model():
    net = Network()
    model = Neuron.from_cell(LIF, "LIF")

    names = [net.add(1, model).name for _ in range(3)]

    assert names == ["LIF", "LIF 2", "LIF 3"]
    assert list(net.populations) == names
