"""The log of a session: what was changed and when, as code, and made again bit by bit."""

import runpy
from typing import Any

import numpy as np
import pytest
from test_network_determinism import NOISY, coba, spikes, state
from test_network_live import wait_until

from snnlab.errors import NetworkError, SimulationError
from snnlab.model.neuron import Neuron
from snnlab.model.synapse import Synapse
from snnlab.network import changes
from snnlab.network.connectors import AllToAll, FixedProbability
from snnlab.network.distributions import Uniform
from snnlab.network.inputs import TimedArray
from snnlab.network.network import Network

RELAX = """
tau = 10 ms [1, 100]
target = 5 mV
half = target / 2
v0 = 1
tau * dv/dt = target - v : init = v0
spike: v > 1 V
"""


def relaxing(shape: Any = 4, **options):
    net = Network(dt=0.1, seed=1, **options)
    return net, net.add(shape, Neuron.from_cell(RELAX, "relax"), name="P")


def entries(net):
    """The log as plain data."""
    found = []
    for c in net.log:
        value = c.value.tolist() if isinstance(c.value, np.ndarray) else c.value
        neurons = None if c.neurons is None else c.neurons.tolist()
        found.append((c.step, c.kind, c.owner, c.name, value, neurons))
    return found


def test_every_way_of_setting_is_logged_with_its_step():
    net, group = relaxing()
    group.target = 7
    net.simulate(1)

    next(h for h in net.handles() if h.name == "tau").set(20.0)
    group.v[:3] = 1
    group.v[2:3] += 0.5
    group[1:3].v = [8.0, 9.0]
    net.simulate(0.5)
    group.v = Uniform(0, 1)
    net.kick(group, "v", -2.0, neurons=[3, 0])

    drawn = (group.v + np.array([2, 0, 0, 2])).tolist()
    assert entries(net) == [
        (0, "set", "P", "target", 7, None),
        (10, "set", "P", "tau", 20.0, None),
        (10, "set", "P", "v", 1.0, [0, 1, 2]),
        (10, "kick", "P", "v", 0.5, [2]),
        (10, "set", "P", "v", [8.0, 9.0], [1, 2]),
        (15, "set", "P", "v", pytest.approx(drawn), None),
        (15, "kick", "P", "v", -2.0, [3, 0]),
    ]


def test_projections_are_logged_too():
    net = coba(500, plastic=True)
    net.simulate(1)
    inhibition, plastic = net.projections["I->E inh"], net.projections["plastic"]

    inhibition.weight = 5.0
    plastic.A_plus = 0.02
    plastic.w[3:5] = 0.25
    plastic.w += 0.5

    assert entries(net)[2:] == [
        (10, "set", "I->E inh", "w", 5.0, None),
        (10, "set", "plastic", "A_plus", 0.02, None),
        (10, "set", "plastic", "w", 0.25, [3, 4]),
        (10, "kick", "plastic", "w", [0.5] * plastic.size, None),
    ]


def test_slider_that_is_dragged_in_a_pause_leaves_one_entry():
    net, group = relaxing()
    net.simulate(1)

    for value in (11.0, 12.0, 13.0):
        group.tau = value

    assert entries(net) == [(10, "set", "P", "tau", 13.0, None)]


def test_code_says_the_session():
    net, group = relaxing()
    group.target = 7
    net.simulate(1.5)
    group.tau = 20.0
    group[1:3].v = [8.0, 9.0]
    net.simulate(0.3)
    net.kick(group, "v", 0.1, neurons=[0])
    net.simulate(10)

    assert net.log.code() == (
        "P = net.populations['P']\n"
        "P.target = 7\n"
        "net.simulate(1.5)\n"
        "P.tau = 20.0\n"
        "P[1:3].v = [8.0, 9.0]\n"
        "net.simulate(0.3)\n"
        "net.kick(P, 'v', 0.1, neurons=[0])\n"
        "net.simulate(10.0)\n"
    )


def test_drawn_values_are_coded_as_their_draw():
    net, group = relaxing()
    group.v = Uniform(0, 1)
    net.simulate(1)
    group[1:].v = Uniform(2, 3)

    assert net.log.code() == (
        "from snnlab import Uniform\n"
        "\n"
        "P = net.populations['P']\n"
        "P.v = Uniform(low=0, high=1).again(1)\n"
        "net.simulate(1.0)\n"
        "P[1:4].v = Uniform(low=2, high=3).again(2)\n"
    )


def test_names_in_code_are_python_and_differ():
    net = Network(dt=0.1, seed=1)
    model = Neuron.from_cell(RELAX.replace("spike:", "x = g_exc\nspike:"), "relax")
    names = ["2nd layer", "class", "net", "a-b", "a b", "Größe"]
    groups = [net.add(2, model, name=name) for name in names]
    projection = net.connect(groups[0], groups[1], "exc", name="'; import os #")
    for group in groups:
        group.tau = 5.0
    projection.weight = 2.0

    assert net.log.code("network") == (
        "population_2nd_layer = network.populations['2nd layer']\n"
        "population_class = network.populations['class']\n"
        "net = network.populations['net']\n"
        "a_b = network.populations['a-b']\n"
        "a_b_2 = network.populations['a b']\n"
        "Gr_e = network.populations['Größe']\n"
        'import_os = network.projections["\'; import os #"]\n'
        "population_2nd_layer.tau = 5.0\n"
        "population_class.tau = 5.0\n"
        "net.tau = 5.0\n"
        "a_b.tau = 5.0\n"
        "a_b_2.tau = 5.0\n"
        "Gr_e.tau = 5.0\n"
        "import_os.w = 2.0\n"
    )


def run(code, net, folder):
    """Run the code of a session as a script would."""
    script = folder / "session.py"
    script.write_text(code, encoding="utf-8")
    runpy.run_path(str(script), {"net": net})


def lively(net, rng, n_moves=12):
    """Play, and change this and that at moments that nobody chose."""
    exc, inh = net.populations["E"], net.populations["I"]
    plastic, inhibition = net.projections["plastic"], net.projections["I->E inh"]
    moves = [
        lambda: setattr(exc, "I", rng.uniform(15, 25)),
        lambda: setattr(inh, "tau_m", rng.uniform(15, 25, inh.size)),
        lambda: exc.v.__setitem__(slice(0, 50), -55.0),
        lambda: net.kick(inh, "v", rng.uniform(0, 5), neurons=range(0, inh.size, 3)),
        lambda: setattr(inhibition, "weight", rng.uniform(5, 8)),
        lambda: setattr(inhibition, "w", np.linspace(1, 10, inhibition.size)),
        lambda: plastic.w.__setitem__(slice(5, 9), rng.random()),
        lambda: setattr(exc[10:90], "v", Uniform(-60, -50)),
        lambda: setattr(plastic, "A_plus", rng.uniform(0.001, 0.02)),
    ]
    net.play()
    try:
        for _ in range(n_moves):
            until = net.step_index + rng.integers(1, 400)
            wait_until(lambda until=until: net.step_index >= until)
            moves[rng.integers(len(moves))]()
        net.pause()
    finally:
        net.close()


def outcome(net):
    weights = [projection.w.tobytes() for projection in net.projections.values()]
    return net.step_index, spikes(net), state(net), weights


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_replay_of_random_moves_is_identical(seed, threads):
    net = coba(500, NOISY, plastic=True, threads=threads)
    lively(net, np.random.default_rng(seed))
    played, log = outcome(net), net.log

    net.replay(log)
    net.step(played[0])

    assert outcome(net) == played
    assert [repr(c) for c in net.log] == [repr(c) for c in log]


def test_replay_of_a_second_session_begins_where_that_began():
    net = coba(500, NOISY, plastic=True)
    lively(net, np.random.default_rng(4))
    net.reset()
    net.populations["E"].v[5:8] = -51.0
    lively(net, np.random.default_rng(5))
    played, log = outcome(net), net.log

    net.replay(log)
    net.step(played[0])

    assert outcome(net) == played


@pytest.mark.parametrize("sessions", [1, 2])
def test_code_repeats_the_session_in_a_fresh_network(sessions, tmp_path):
    net = coba(500, NOISY, plastic=True)
    for n in range(sessions):
        if n:
            net.reset()
        lively(net, np.random.default_rng(6 + n), n_moves=6)
    fresh = coba(500, NOISY, plastic=True)

    run(net.log.code(), fresh, tmp_path)

    assert outcome(fresh) == outcome(net)


def test_other_target_replays_the_log():
    net = coba(500)
    net.simulate(5)
    net.populations["E"].I = 25.0
    net.kick(net.populations["I"], "v", 1.0)
    net.simulate(20)
    oracle = coba(500, target="numpy")

    oracle.replay(net.log)
    oracle.simulate(25)

    assert spikes(oracle) == spikes(net)


def test_courses_drives_and_scaled_values_are_replayed_and_coded(tmp_path):
    def build():
        net = coba(500)
        net.drive(net.populations["E"], "exc", rate=2.0, n=100, weight=0.5, name="D")
        return net

    net = build()
    exc, drive = net.populations["E"], net.drives["D"]
    net.simulate(5)
    drive.rate = 4.0
    net.scale(net.projections["I->E inh"], "w", 0.9)
    net.shift(exc, "tau_e", 1.0)
    net.simulate(5)
    exc.I = TimedArray.ramp(20.0, 30.0, start=12.0, stop=15.0)
    drive.weight = np.linspace(0.1, 1.0, exc.size)
    net.simulate(15)
    seen, now, log = spikes(net), state(net), net.log
    other = build()

    run(log.code(), other, tmp_path)
    net.replay(log)
    net.simulate(25)

    assert (spikes(net), state(net)) == (seen, now)
    assert (spikes(other), state(other)) == (seen, now)
    code = log.code()
    assert "net.scale(I_to_E_inh, 'w', 0.9)\nnet.shift(E, 'tau_e', 1.0)\n" in code
    assert "D = net.drives['D']\n" in code


def test_kick_before_the_first_step_is_replayed_once():
    net, group = relaxing()
    net.kick(group, "v", 3.0)
    net.simulate(1)
    v, log = group.v.copy(), net.log

    for _ in range(2):
        net.replay(log)
        net.simulate(1)
        np.testing.assert_array_equal(group.v, v)

    net.reset()
    net.simulate(1)
    np.testing.assert_array_equal(group.v, v)


def test_parameters_of_the_beginning_come_back():
    net, group = relaxing()
    net.simulate(1)
    group.tau = np.array([1.0, 2.0, 3.0, 4.0])
    group.target = 9
    net.simulate(1)
    log = net.log

    net.replay(log)

    assert (group.tau, group.target, group.half) == (10.0, 5.0, 2.5)
    net.simulate(1.1)
    assert group.tau.tolist() == [1.0, 2.0, 3.0, 4.0]


def test_values_on_a_grid_are_coded_with_their_places(tmp_path):
    net, group = relaxing((2, 3))
    net.simulate(1)
    group[:, 1].tau = 4.0
    group.v[1, 1:] = 2.0
    net.simulate(1)
    fresh, other = relaxing((2, 3))

    run(net.log.code(), fresh, tmp_path)

    np.testing.assert_array_equal(other.tau, [[10, 4, 10], [10, 4, 10]])
    np.testing.assert_array_equal(other.v, group.v)


def test_pruning_and_creating_are_in_the_log():
    rule = Synapse(psp="w * pre.r", equations="age = age + 1", pruning="age > 20", name="Old")
    net = Network(dt=0.1, seed=1)
    group = net.add(5, Neuron(equations="r = 1\nx = sum(exc)", name="N"), name="P")
    projection = net.connect(group, group, "exc", FixedProbability(0.5), synapse=rule, name="S")
    net.simulate(1)
    projection.start_pruning(0.5)
    net.simulate(2)
    projection.stop_pruning()

    assert net.log.code() == (
        "S = net.projections['S']\n"
        "net.simulate(1.0)\n"
        "S.start_pruning(0.5)\n"
        "net.simulate(2.0)\n"
        "S.stop_pruning()\n"
    )


def message(action):
    with pytest.raises((NetworkError, SimulationError)) as error:
        action()
    return str(error.value)


def test_log_of_another_network_is_refused():
    net, group = relaxing()
    group.tau = 3.0
    other = Network(dt=0.1, seed=1)
    other.add(4, Neuron.from_cell(RELAX, "relax"), name="Q")

    assert message(lambda: other.replay(net.log)) == (
        "Network: the log changes population 'P', and there are 'Q'; "
        "build the network as it was when the log was made."
    )


def test_log_that_grows_without_end_is_given_up(monkeypatch):
    monkeypatch.setattr(changes, "LIMIT", 2_000_000)
    net, group = relaxing()
    for n in range(5000):
        group.v = float(n)
        net.step()

    assert (len(net.log), net.log.complete) == (0, False)
    assert message(net.log.code) == (
        "Network: the log of this session would hold more than 2 MB of values, so it was given "
        "up; call net.reset() to begin a new one."
    )
    net.reset()
    assert net.log.complete


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (
            lambda net, group: net.kick(group, "u", 1.0),
            "Population 'P': 'u' is no variable of neuron 'relax'; choose from v.",
        ),
        (
            lambda net, group: net.kick(group, "v", float("nan")),
            "Population 'P': 'v' cannot be NaN; give a number.",
        ),
        (
            lambda net, group: net.kick(group, "v", 1.0, neurons=[4]),
            "Population 'P': neurons [4] lie outside its 4 neurons; use indices below 4.",
        ),
        (
            lambda net, group: net.kick(group[:2], "v", [1.0, 2.0], neurons=[0]),
            "Population 'P': 'v' has shape (1,), not (2,); "
            "give one number or an array of that shape.",
        ),
    ],
    ids=["variable", "NaN", "neuron", "amounts"],
)
def test_kick_that_is_not_possible_is_one_sentence(action, expected):
    net, group = relaxing()

    assert message(lambda: action(net, group)) == expected
    assert entries(net) == []


def test_value_that_a_model_cannot_follow_leaves_a_running_network_alone():
    net = Network(dt=0.1, seed=1)
    text = "a = 4\nroot = sqrt(a)\nb = 1 : population\nr = r + root\n"
    group = net.add(2, Neuron.from_cell(text, "root"), name="P")
    net.play()
    try:
        told = message(lambda: setattr(group, "a", -4))
        array = message(lambda: setattr(group, "b", [1, 2]))
        wait_until(lambda: net.step_index > 100)
        assert net.running
    finally:
        net.close()

    assert told == (
        "Population 'P': a = -4 leaves 'sqrt(a)' in the parameter root without a finite value; "
        "give another number."
    )
    assert array.startswith("Population 'P': 'b' is one value for all")
    assert (net.error, group.a, group.root) == (None, 4.0, 2.0)
    assert entries(net) == []


def test_derived_parameter_follows_one_neuron():
    _, group = relaxing()
    group.target = np.array([1.0, 2.0, 3.0, 4.0])

    group.target[1] = 20.0

    assert group.half.tolist() == [0.5, 10.0, 1.5, 2.0]


def test_weights_in_the_order_of_their_delays_follow_one_synapse():
    """The engine keeps a copy of such weights, which it reads."""
    net = Network(dt=0.1, seed=1)
    pre = net.add(1, Neuron.from_cell("r = r + 1\nspike: r == 1\n", "once"), name="pre")
    post = net.add(3, Neuron.from_cell("x = x + sum(exc)\nr = x\n", "sum"), name="post")
    weights, delays = [1.0, 2.0, 3.0], [0.3, 0.2, 0.1]
    projection = net.connect(pre, post, "exc", AllToAll(), weight=weights, delay=delays)
    net.build()

    projection.w[1] = 20.0
    net.simulate(1)

    assert post.x.tolist() == [1.0, 20.0, 3.0]


def test_code_of_populations_that_are_called_like_what_it_uses_runs(tmp_path):
    def build():
        net = Network(dt=0.1, seed=1)
        model = Neuron.from_cell(RELAX, "relax")
        return net, [net.add(40, model, name=name) for name in ("bytes", "float", "Uniform")]

    net, (first, second, third) = build()
    first.v = np.arange(40.0)
    second.v[0] = 1e308
    third.v = Uniform(0, 1)
    (tmp_path / "again.py").write_text(net.log.code())

    again, groups = build()
    runpy.run_path(str(tmp_path / "again.py"), init_globals={"net": again})

    for group, copy in zip((first, second, third), groups, strict=True):
        assert group.v.tolist() == copy.v.tolist()
