"""Snapshots: everything that decides how a network goes on, put back bit by bit."""

import gc
import json
import zipfile
from typing import Any

import numpy as np
import pytest
from models import STDP
from test_network_determinism import COBA, NOISY, coba, spikes, state

from snnlab.errors import NetworkError, SimulationError
from snnlab.model.neuron import Neuron
from snnlab.model.synapse import Synapse
from snnlab.network.connectors import FixedProbability, OneToOne
from snnlab.network.correlated import CorrelatedInput
from snnlab.network.distributions import Uniform
from snnlab.network.inputs import PoissonInput, SpikeSource, TimedArray
from snnlab.network.network import Network

AXON = """
tau = 10 ms
tau * dv/dt = 12*Uniform(0, 2) - v + g_exc
spike: v > 10
reset: v = 0
refractory: 2
axon_spike: v > 9 and g_exc > 0
"""
RATES = """
tau = 10 ms
tau * dr/dt = 1 + 0.05*sum(exc) - 0.2*mean(r) - r + 0.1*Normal(0, 1)
"""


def learning(**options):
    return coba(600, NOISY, plastic=True, **options)


def delayed(**options):
    net = Network(dt=0.1, seed=3, **options)
    group = net.add(300, Neuron.from_cell(NOISY, "N"), name="E")
    group.v = Uniform(-60, -50)
    synapse = Synapse.from_cell(STDP, "STDP")
    rule = FixedProbability(0.1)
    weights, delays = Uniform(0, 1), Uniform(0.1, 4.0)
    net.connect(group, group, "exc", rule, weight=weights, delay=delays, name="each")
    net.connect(group, group, "inh", rule, weight=2.0, delay=6.0, name="late")
    net.connect(group, group, "exc", rule, weight=weights, delay=delays, synapse=synapse, name="L")
    return net


def rates(**options):
    net = Network(dt=1.0, seed=3, **options)
    group = net.add(100, Neuron.from_cell(RATES, "R"), name="E")
    rule = Synapse(psp="w * pre.r", equations="dw/dt = 0.01*(0.05 - w)*pre.r*post.r", name="Hebb")
    net.connect(group, group, "exc", FixedProbability(0.2), weight=0.05, delay=5, synapse=rule)
    most = Synapse(psp="w * pre.r", operation="max", name="Most")
    net.connect(group, group, "exc", FixedProbability(0.1), weight=0.1, delay=3, synapse=most)
    return net


def pruned(**options):
    net = Network(dt=1.0, seed=3, **options)
    group = net.add(40, Neuron.from_cell(RATES, "R"), name="E")
    rule = Synapse(
        psp="w * pre.r",
        equations="age = age + 1",
        pruning="age > 30 : proba = 0.1",
        creating="pre.r + post.r > 2 : w = 0.1, proba = 0.01",
        name="Old",
    )
    made = net.connect(group, group, "exc", FixedProbability(0.2), weight=0.1, synapse=rule)
    made.start_pruning(3)
    made.start_creating(5)
    return net


def axons(**options):
    net = Network(dt=1.0, seed=3, **options)
    group = net.add(100, Neuron.from_cell(AXON, "A"), name="E")
    rule = Synapse(pre_spike="g_target += w", pre_axon_spike="g_target += 0.5 * w", name="Axonal")
    net.connect(group, group, "exc", FixedProbability(0.2), weight=0.3, delay=4, synapse=rule)
    return net


def pasts(**options):
    """Rates of the past, of each synapse at its own delay."""
    net = Network(dt=1.0, seed=3, **options)
    group = net.add(60, Neuron.from_cell(RATES, "R"), name="E")
    for operation in ("sum", "max", "min", "mean"):
        rule = Synapse(psp="w * pre.r", operation=operation, name=operation)
        delay = Uniform(1.0, 9.0)
        connector = FixedProbability(0.2)
        net.connect(group, group, "exc", connector, weight=0.05, delay=delay, synapse=rule)
    return net


def inputs(**options):
    """All that spikes by itself or follows a course, through synapses that are not stored."""
    net = Network(dt=0.1, seed=3, **options)
    group = net.add(100, Neuron.from_cell(NOISY, "N"), name="E")
    group.v = Uniform(-60, -50)
    group.I = TimedArray([[18.0 + k + 0.01 * n for n in range(100)] for k in range(3)], 1.1, 3.3)
    net.stimulate(group, "tau_m", [0.5, 2.0, 7.0], [3.0, -4.0], neurons=range(0, 100, 3))
    rule = FixedProbability(0.1)
    for given in (
        PoissonInput(80.0),
        CorrelatedInput(40.0, 0.3),
        CorrelatedInput(40.0, 0.3, tau=5.0),
        CorrelatedInput(40.0, 0.3, interaction="single"),
        SpikeSource([[0.3 * k, 0.7 * k + 3.0] for k in range(1, 31)]),
    ):
        source = net.add(30, given)
        net.connect(source, group, "exc", rule, weight=0.4, delay=1.7, procedural=True)
    net.connect(group, group, "inh", rule, weight=Uniform(0, 1), delay=0.9, procedural=True)
    net.drive(group, "exc", rate=30.0, n=40, weight=0.1)
    return net


def bounded(**options):
    """Recordings of which the latest is kept."""
    net = inputs(**options)
    net.record(net.populations["E"], "spikes", keep=2.5)
    net.record(net.populations["E"], "v", keep=1.3, moment="start", every=0.2, name="late")
    return net


NETWORKS = [coba, learning, delayed, rates, pruned, axons, pasts, inputs]


def everything(net):
    """Every array that the engine can reach, but what it only reads or overwrites."""
    arrays = {}
    for owner, parts in net._linkage.all_parts():
        arrays |= {(*owner, name): array for name, array in parts.state().items()}
    weights = {name: p.w for name, p in net.projections.items()}
    return {key: array.tobytes() for key, array in {**arrays, **weights}.items()}


def recorded(net):
    if not net.populations["E"].neuron.model.spiking:
        return None
    spikes = [net.spikes[name].to_numpy().tolist() for name in net.populations]
    return spikes, {name: values.tolist() for name, values in net.traces["E"].items()}


@pytest.mark.parametrize("target", ["c", "numpy"])
@pytest.mark.parametrize("build", NETWORKS)
def test_run_after_restore_is_identical(build, target):
    net = build(target=target)
    n = 300 if target == "c" else 60
    net.record(
        net.populations["E"], list(net.populations["E"].state.variables)[:1], every=3 * net.dt
    )
    net.step(n)
    saved = net.snapshot()
    net.step(n)
    first, seen = everything(net), recorded(net)
    traces = next(iter(net.traces["E"].values())).copy()

    net.restore(saved)
    assert net.step_index == n
    net.step(n)

    assert everything(net) == first
    assert recorded(net) == seen
    np.testing.assert_array_equal(next(iter(net.traces["E"].values())), traces)


def reachable(root):
    """Every NumPy array that an engine object leads to."""
    seen: dict[int, Any] = {}
    todo = [root]
    while todo:
        thing = todo.pop()
        if id(thing) in seen or isinstance(thing, type | str | bytes | int | float):
            continue
        seen[id(thing)] = thing
        if isinstance(thing, np.ndarray):
            if thing.base is not None:
                todo.append(thing.base)
            continue
        module = type(thing).__module__
        if module.startswith(("snnlab.engine", "snnlab.codegen", "builtins", "functools")):
            todo += gc.get_referents(thing)
    return [thing for thing in seen.values() if isinstance(thing, np.ndarray)]


def bytes_of(array):
    return array.__array_interface__["data"][0], array.nbytes


@pytest.mark.parametrize("target", ["c", "numpy"])
@pytest.mark.parametrize("build", [build for build in NETWORKS if build is not inputs])
def test_every_array_that_steps_change_is_in_the_snapshot(build, target):
    """Fails when the engine gets state that ``PopulationParts.state`` does not name.

    Not with ``inputs``: synapses that are not stored are written down anew at each spike.
    """
    net = build(target=target)
    net.step(20)
    stepper = net._simulator._stepper
    arrays = reachable(stepper)
    assert len(arrays) > 10
    held = [bytes_of(a) for _, parts in net._linkage.all_parts() for a in parts.state().values()]
    for parts in net._linkage.parts.values():
        for lists in parts.transits().values():
            held += [bytes_of(lists.neuron), bytes_of(lists.count)]
    # Made anew from the spike lists: test_inputs_under_way_follow_from_the_spikes.
    projections = net._linkage.projection_parts.values()
    inboxes = [parts.inbox for parts in projections if parts.inbox is not None]
    held += [bytes_of(array) for inbox in inboxes for array in inbox.arrays]
    assert len(inboxes) == (build is delayed)
    if build is pruned:
        for projection in net.projections.values():
            projection.stop_pruning()
            projection.stop_creating()
    before = [array.tobytes() for array in arrays if array.base is None]
    roots = [array for array in arrays if array.base is None]

    for _ in range(40):
        stepper.run(1)

    lost = []
    for array, old in zip(roots, before, strict=True):
        new = np.frombuffer(array.tobytes(), np.uint8)
        places = np.flatnonzero(new != np.frombuffer(old, np.uint8)) + bytes_of(array)[0]
        inside = np.zeros(len(places), bool)
        for first, n in held:
            inside |= (places >= first) & (places < first + n)
        if not inside.all():
            lost.append((array.shape, array.dtype))
    assert lost == []


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_stored_state_goes_on_with_any_number_of_threads(threads, tmp_path):
    net = learning(threads=2)
    net.simulate(20)
    net.populations["E"].I = 22.0
    net.populations["I"].tau_m = np.linspace(15, 25, 120)
    net.simulate(10)
    net.store(tmp_path / "state.npz")
    net.simulate(30)

    fresh = learning(threads=threads)
    fresh.load(tmp_path / "state.npz")
    assert (fresh.time, fresh.populations["E"].I) == (30.0, 22.0)
    fresh.simulate(30)

    assert state(fresh) == state(net)
    late = net.spikes["E"].query("time >= 30").to_numpy()
    assert len(late) > 50
    np.testing.assert_array_equal(fresh.spikes["E"].to_numpy(), late)
    np.testing.assert_array_equal(fresh.projections["plastic"].w, net.projections["plastic"].w)


def goes_on_from_file(net, fresh, folder, n_steps):
    """``fresh`` does from the state of ``net`` on what ``net`` does, ``n_steps`` long."""
    net.store(folder / "state.npz")
    net.step(n_steps)

    fresh.load(folder / "state.npz")
    fresh.step(n_steps)

    assert everything(fresh) == everything(net)


@pytest.mark.parametrize("build", NETWORKS)
def test_stored_state_goes_on_in_a_fresh_network(build, tmp_path):
    net, fresh = build(), build()
    net.step(100)

    goes_on_from_file(net, fresh, tmp_path, 100)


@pytest.mark.parametrize("target", ["c", "numpy"])
@pytest.mark.parametrize("build", [learning, pasts, bounded])
def test_any_step_is_gone_on_from_alike(build, target, tmp_path):
    """After each of these steps: put back in memory, and read from a file by a fresh network."""
    net, fresh = build(target=target), build(target=target)
    for n in (1, 2, 14, 4, 50):  # slices end where they like
        net.step(n)
        saved = net.snapshot()
        net.store(tmp_path / "state.npz")
        net.step(23)
        expected, seen = everything(net), recorded(net)

        net.restore(saved)
        net.step(11)
        net.step(12)
        fresh.load(tmp_path / "state.npz")
        fresh.step(23)

        assert everything(net) == expected
        assert recorded(net) == seen
        assert everything(fresh) == expected
        net.restore(saved)


def test_file_has_courses_that_were_given_during_the_run(tmp_path):
    net, fresh = coba(100), coba(100)
    net.simulate(1)
    net.populations["E"].I = TimedArray([20.0, 30.0, 10.0], 0.5, 1.5)
    net.stimulate(net.populations["I"], "I", [0.0, 1.2, 4.0], [5.0, 9.0])
    net.simulate(1)

    goes_on_from_file(net, fresh, tmp_path, 30)

    assert fresh.populations["I"].stimuli == ()


@pytest.mark.parametrize("apart", [True, False], ids=["stored", "of the network"])
def test_file_says_whether_synapses_have_traces_of_their_own(apart, tmp_path):
    net, fresh = learning(), learning()
    parted = (net if apart else fresh).projections["plastic"]
    net.simulate(20)
    parted.tau_plus = np.linspace(10, 30, parted.size)
    net.simulate(5)

    goes_on_from_file(net, fresh, tmp_path, 100)


def changed_file(path, change):
    """The stored state with its description changed."""
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    about = json.loads(bytes(arrays["about"]))
    change(about, arrays)
    arrays["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    np.savez(path, **arrays)


@pytest.mark.parametrize("broken", ["course", "stimulus", "values"])
def test_file_whose_numbers_would_lead_the_engine_astray_is_refused(broken, tmp_path):
    path = tmp_path / "state.npz"
    net = inputs()
    net.store(path)

    def change(about, arrays):
        given = about["populations"][0]["given"]
        key = {
            "course": given["courses"]["I"]["rows"],
            "stimulus": given["stimuli"][0]["values"],
            "values": given["individual"]["tau_m"],
        }[broken]
        arrays[key] = arrays[key][:1]

    changed_file(path, change)
    what = {
        "course": "a course of 'I' is none",
        "stimulus": "a stimulus of 'tau_m' is none",
        "values": "the values of 'tau_m' are none",
    }[broken]
    assert file_message(path, lambda: inputs().load(path)) == (
        f"File 'FILE': is no network that net.store wrote ({what}); give the path of one."
    )


def cut(arrays, key):
    arrays[key] = arrays[key][:1]


def put(arrays, key, index, value):
    arrays[key] = arrays[key].copy()
    arrays[key][index] = value


def retyped(arrays, key, dtype):
    arrays[key] = arrays[key].astype(dtype)


def under_way(about, arrays, neurons):
    """Let the last step have had spikes of these neurons, and the others none."""
    counts, sent = about["populations"][0]["transits"]["spikes"]
    arrays[counts] = np.zeros_like(arrays[counts])
    arrays[counts][-1] = len(neurons)
    arrays[sent] = np.array(neurons, np.int32)


BROKEN: dict[str, tuple[Any, Any, str]] = {
    "parameters": (
        coba,
        lambda about, arrays: cut(arrays, about["populations"][0]["given"]["table"]),
        "the parameters are none of this model",
    ),
    "neuron under way": (
        delayed,
        lambda about, arrays: under_way(about, arrays, [300]),
        "the spikes under way of 'E' are none",
    ),
    "neuron twice under way": (
        delayed,
        lambda about, arrays: under_way(about, arrays, [5, 5]),
        "the spikes under way of 'E' are none",
    ),
    "count under way": (
        coba,
        lambda about, arrays: put(arrays, about["populations"][0]["transits"]["spikes"][0], 0, 50),
        "the spikes under way of 'E' are none",
    ),
    "static weights": (
        delayed,
        lambda about, arrays: cut(arrays, about["projections"][0]["weights"]),
        "the weights of 'each' are none",
    ),
    "type of weights": (
        delayed,
        lambda about, arrays: retyped(arrays, about["projections"][0]["weights"], np.float32),
        "the weights of 'each' are none",
    ),
    "missing weights": (
        delayed,
        lambda about, arrays: about["projections"][0].update(weights=None),
        "the weights of 'each' are missing",
    ),
    "parameters of synapses": (
        delayed,
        lambda about, arrays: cut(arrays, about["projections"][2]["given"]["table"]),
        "the parameters are none of this model",
    ),
    "no parameters of synapses": (
        delayed,
        lambda about, arrays: about["projections"][2].update(given=None),
        "the parameters of 'L' are none of this model",
    ),
    "row ends": (
        pruned,
        lambda about, arrays: put(arrays, about["projections"][0]["ends"], 3, 10_000),
        "the synapses of 'E->E exc' are none",
    ),
    "targets": (
        pruned,
        lambda about, arrays: put(arrays, about["projections"][0]["targets"], 5, 40),
        "the synapses of 'E->E exc' are none",
    ),
    "order of targets": (
        pruned,
        lambda about, arrays: put(arrays, about["projections"][0]["targets"], 0, 39),
        "the synapses of 'E->E exc' are none",
    ),
    "delay": (
        pruned,
        lambda about, arrays: about["projections"][0].update(delay=-1),
        "the delay = -1 is no whole number from 1 on",
    ),
    "period": (
        pruned,
        lambda about, arrays: about["projections"][0]["tasks"].update(pruning=[0, 0]),
        "a period = 0 is no whole number from 1 on",
    ),
    "rule": (
        pruned,
        lambda about, arrays: about["projections"][0]["tasks"].update(dancing=[1, 0]),
        "a rule 'dancing' is none",
    ),
    "rate of a drive": (
        inputs,
        lambda about, arrays: retyped(arrays, about["drives"][0]["rate"], np.int32),
        "the rate of 'Poisson->E exc' is none",
    ),
    "sources of a drive": (
        inputs,
        lambda about, arrays: arrays.update({about["drives"][0]["n"]: np.array(-1)}),
        "the sources of 'Poisson->E exc' are none",
    ),
    "step": (
        coba,
        lambda about, arrays: about.update(step=-1),
        "the step = -1 is no whole number from 0 on",
    ),
    "no run": (
        coba,
        lambda about, arrays: about.update(lineage=[]),
        "its runs begin at the steps []",
    ),
    "late run": (
        coba,
        lambda about, arrays: about.update(lineage=[[0, "a"], [99, "b"]]),
        "its runs begin at the steps [0, 99]",
    ),
    "runs in disorder": (
        coba,
        lambda about, arrays: about.update(lineage=[[0, "a"], [9, "b"], [5, "c"]]),
        "its runs begin at the steps [0, 9, 5]",
    ),
    "mark of a run": (
        coba,
        lambda about, arrays: about.update(lineage=[[0, "a"], [9, 3]]),
        "3 is no mark of a run",
    ),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_file_with_other_numbers_than_were_stored_is_refused(broken, tmp_path):
    build, change, what = BROKEN[broken]
    path = tmp_path / "state.npz"
    net = build()
    net.step(60)
    net.store(path)

    changed_file(path, change)
    fresh = build()
    before = everything_of(fresh)
    assert file_message(path, lambda: fresh.load(path)) == (
        f"File 'FILE': is no network that net.store wrote ({what}); give the path of one."
    )
    assert everything(fresh) == before


@pytest.mark.parametrize(
    "change",
    [
        lambda about, arrays: about.update(populations=[]),
        lambda about, arrays: about.update(populations=5),
        lambda about, arrays: about["populations"][0].update(arrays=[]),
        lambda about, arrays: about["populations"][0].update(transits={"spikes": ["a0"]}),
        lambda about, arrays: about["populations"][0]["given"].update(n_drawn=1e400),
        lambda about, arrays: about["projections"][0].update(tasks={"pruning": None}),
        lambda about, arrays: about.update(lineage=5),
        lambda about, arrays: about.update(lineage=[[0]]),
    ],
    ids=["members", "number", "list", "short", "infinite", "none", "no runs", "no mark"],
)
def test_file_with_another_description_is_refused_in_one_sentence(change, tmp_path):
    path = tmp_path / "state.npz"
    plain().store(path)

    changed_file(path, change)
    fresh = plain()
    assert file_message(path, lambda: fresh.load(path)).startswith("File 'FILE': ")


def test_empty_file_is_refused(tmp_path):
    path = tmp_path / "state.npz"
    path.write_bytes(b"")

    assert file_message(path, lambda: plain().load(path)) == (
        "File 'FILE': is no network that net.store wrote (No data left in file); "
        "give the path of one."
    )


def test_file_may_be_read_by_whoever_may_read_other_new_files(tmp_path):
    net, path, other = plain(), tmp_path / "state.npz", tmp_path / "other"
    other.write_bytes(b"")
    net.store(path)
    assert path.stat().st_mode == other.stat().st_mode

    path.chmod(0o600)
    net.store(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert sorted(tmp_path.iterdir()) == [other, path]


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (
            lambda net: net.restore(None),
            "Network: None is no snapshot; give what net.snapshot() returned, or call "
            "net.load(path) for a file.",
        ),
        (
            lambda net: net.restore("state.npz"),
            "Network: 'state.npz' is no snapshot; give what net.snapshot() returned, or call "
            "net.load(path) for a file.",
        ),
        (
            lambda net: net.replay(None),
            "Network: None is no log; give net.log of the session to be repeated.",
        ),
    ],
    ids=["nothing", "path", "no log"],
)
def test_what_is_no_past_is_refused(action, expected):
    net = plain()
    net.simulate(1)

    assert message(lambda: action(net)) == expected
    assert net.time == 1.0


def test_file_holds_numbers_and_json_only(tmp_path):
    net = learning()
    net.simulate(5)
    net.store(tmp_path / "state.npz")

    with zipfile.ZipFile(tmp_path / "state.npz") as file:
        assert {name[-4:] for name in file.namelist()} == {".npy"}
    with np.load(tmp_path / "state.npz", allow_pickle=False) as file:
        assert all(file[name].dtype.kind in "biuf" for name in file.files)
        about = json.loads(bytes(file["about"]))
    assert [entry["name"] for entry in about["populations"]] == ["E", "I"]


def test_store_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    net = learning()
    net.step()
    path = tmp_path / "state.npz"
    net.store(path)
    old = path.read_bytes()

    def full(*args, **kwargs):
        raise OSError("no space left")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(SimulationError) as error:
        net.store(path)

    assert str(error.value) == (
        f"File '{path}': cannot be written (no space left); choose another path."
    )
    assert path.read_bytes() == old
    assert [one.name for one in tmp_path.iterdir()] == ["state.npz"]


def test_parameters_and_weights_go_back_too():
    net = learning()
    exc, inhibition = net.populations["E"], net.projections["I->E inh"]
    net.simulate(5)
    saved = net.snapshot()
    exc.I = np.full(exc.size, 30.0)
    inhibition.w = np.arange(inhibition.size)
    net.simulate(5)

    net.restore(saved)

    assert (exc.I, inhibition.weight) == (20.0, 6.7)
    assert inhibition.has_one_weight
    assert [c.name for c in net.log] == ["v", "v"]


def test_snapshots_share_what_nobody_changed():
    net = coba(1000)
    net.projections["E->E exc"].w = np.ones(net.projections["E->E exc"].size)
    net.simulate(1)
    first = net.snapshot()
    net.simulate(1)
    second = net.snapshot()
    net.projections["E->E exc"].w[0] = 2.0
    third = net.snapshot()

    held: list[Any] = [s.projections["E->E exc"].given.weights for s in (first, second, third)]
    assert held[0] is held[1]
    assert [weights[0] for weights in held] == [1.0, 1.0, 2.0]


def test_later_snapshot_brings_its_recordings():
    net = coba(500)
    net.simulate(30)
    early = net.snapshot()
    net.simulate(30)
    late = net.snapshot()
    seen = spikes(net)

    net.restore(early)
    assert net.spikes["E"].time.max() < 30
    net.restore(late)

    assert spikes(net) == seen


def test_snapshot_of_a_playing_network_is_taken_between_two_steps():
    net = learning()
    net.play()
    try:
        saved = net.snapshot()
    finally:
        net.close()
    whole = learning()
    whole.step(saved.step + 50)

    net.restore(saved)
    net.step(50)

    assert everything(net) == everything(whole)


def test_restore_clears_an_error():
    net = Network(dt=0.1, seed=1)
    group = net.add(2, Neuron.from_cell("a = 1\nr = r * a\nx = 1 / (1 - r)\n", "N"), name="P")
    net.simulate(1)
    saved = net.snapshot()
    group.r = 1.0
    with pytest.raises(SimulationError):
        net.simulate(1)

    net.restore(saved)
    net.simulate(1)

    assert (net.error, net.time) == (None, 2.0)


def message(action):
    with pytest.raises((NetworkError, SimulationError)) as error:
        action()
    return str(error.value)


def plain(n=4, text=COBA, name="P", target="exc", procedural=False, driven=4, **options):
    net = Network(**{"dt": 0.1, "seed": 1, **options})
    group = net.add(n, Neuron.from_cell(text, "N"), name=name)
    options = {"weight": 1.0, "name": "S", "procedural": procedural}
    net.connect(group, group, target, OneToOne(), **options)
    net.drive(group[:driven], "exc", rate=20.0, name="D")
    return net


def many(net):
    net.add(3, net.populations["P"].neuron, name="more")
    return net


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (
            lambda: plain(n=5),
            "Population 'P': has 5 neurons, and 4 in the snapshot; "
            "build the network as it was when the snapshot was taken.",
        ),
        (
            lambda: plain(dt=0.2),
            "Network: the snapshot was taken with dt = 0.1 ms, and the network has 0.2 ms; "
            "build it with Network(dt=0.1).",
        ),
        (
            lambda: plain(name="Q"),
            "Network: the snapshot has the population 'P', which the network lacks; "
            "build the network as it was when the snapshot was taken.",
        ),
        (
            lambda: many(plain()),
            "Network: the network has the population 'more', which the snapshot lacks; "
            "build the network as it was when the snapshot was taken.",
        ),
        (
            lambda: plain(dtype="float32"),
            "Network: the snapshot was taken with dtype = 'float64', and the network has "
            "'float32'; build it with Network(dtype='float64').",
        ),
        (
            lambda: plain(target="inh"),
            "Projection 'S': leads from 'P' to 'P', inh, and in the snapshot from 'P' to 'P', "
            "exc; build the network as it was when the snapshot was taken.",
        ),
        (
            lambda: plain(procedural=True),
            "Projection 'S': its synapses are not stored, and were stored in the snapshot; "
            "build the network as it was when the snapshot was taken.",
        ),
        (
            lambda: plain(driven=3),
            "Drive 'D': acts on 3 neurons, and on 4 in the snapshot; "
            "build the network as it was when the snapshot was taken.",
        ),
        (
            lambda: plain(text=COBA.replace("tau_e = 5 ms", "tau_e = 6 ms")),
            "Population 'P': the snapshot was taken with a model that says 'tau_e = 5 ms' "
            "where the network's says 'tau_e = 6 ms'; "
            "build the network as it was when the snapshot was taken.",
        ),
    ],
    ids=[
        "size",
        "dt",
        "lacks",
        "has more",
        "dtype",
        "target",
        "procedural",
        "drive",
        "variable",
    ],
)
def test_snapshot_that_does_not_fit_is_refused(other, expected):
    saved = plain().snapshot()
    net = other()
    before = everything_of(net)

    assert message(lambda: net.restore(saved)) == expected
    assert everything_of(net) == before


def without(about, owner, key):
    del about[owner][0]["arrays"][key]


UNFIT: dict[str, tuple[Any, Any, str]] = {
    "no variable": (
        learning,
        lambda about, arrays: without(about, "populations", "v"),
        "Population 'E': the snapshot has no fitting 'v'",
    ),
    "short variable": (
        learning,
        lambda about, arrays: cut(arrays, about["populations"][1]["arrays"]["v"]),
        "Population 'I': the snapshot has no fitting 'v'",
    ),
    "type of a variable": (
        learning,
        lambda about, arrays: retyped(
            arrays, about["populations"][0]["arrays"]["(wait)"], np.float64
        ),
        "Population 'E': the snapshot has no fitting '(wait)'",
    ),
    "no spikes under way": (
        learning,
        lambda about, arrays: about["populations"][0]["transits"].clear(),
        "Population 'E': the snapshot has no fitting 'spikes under way'",
    ),
    "no variable of synapses": (
        pruned,
        lambda about, arrays: without(about, "projections", "age"),
        "Projection 'E->E exc': the snapshot has no fitting 'age'",
    ),
    "short variable of synapses": (
        delayed,
        lambda about, arrays: cut(arrays, about["projections"][2]["arrays"]["w"]),
        "Projection 'L': the snapshot has no fitting 'w'",
    ),
}


def altered(build):
    """A network with a past, parameters and courses other than those of a new one."""
    net = build()
    group = next(iter(net.populations.values()))
    net.record(group, net.populations[group.name].state.model.variables[0].name, every=net.dt)
    net.step(40)
    for projection in net.projections.values():
        if projection.static:
            projection.w = 2.0 * projection.weight
        elif projection.name == "plastic":
            projection.tau_plus = np.linspace(10, 30, projection.size)
    if "I" in group.state.parameters:
        net.stimulate(group, "I", [4.5, 6.0, 20.0], [3.0, -1.0])
        group.tau_m = np.linspace(15.0, 25.0, group.size)
    if "Old" in (p.synapse_text for p in net.projections.values()):
        net.projections["E->E exc"].stop_creating()
    net.step(30)
    return net


@pytest.mark.parametrize("broken", UNFIT)
def test_file_that_does_not_fit_changes_nothing(broken, tmp_path):
    """All of it is looked at before anything is put back."""
    build, change, what = UNFIT[broken]
    path = tmp_path / "state.npz"
    stored = build()
    stored.step(60)
    stored.store(path)
    changed_file(path, change)
    net, twin = altered(build), altered(build)

    told = file_message(path, lambda: net.load(path))

    assert told == f"{what}; build the network as it was when the snapshot was taken."
    assert (net.time, len(net.log)) == (twin.time, len(twin.log))
    assert everything(net) == everything(twin)
    assert recorded(net) == recorded(twin)
    net.step(100)
    twin.step(100)
    assert everything(net) == everything(twin)
    assert recorded(net) == recorded(twin)


def test_snapshot_that_a_recording_cannot_follow_changes_nothing():
    """What is recorded of single synapses does not go on when there are others."""
    net = pruned()
    saved = net.snapshot()
    net.step(100)
    projection = net.projections["E->E exc"]
    assert projection.size != len(saved.projections["E->E exc"].arrays["age"])
    projection.stop_pruning()
    projection.stop_creating()
    net.record(projection, "age")
    net.step(5)
    seen, before = net.traces["E->E exc"]["age"].copy(), everything(net)

    told = message(lambda: net.restore(saved))

    assert told.endswith("stop that recording before synapses are created or pruned.")
    assert everything(net) == before
    np.testing.assert_array_equal(net.traces["E->E exc"]["age"], seen)
    net.step(5)
    assert len(net.traces["E->E exc"]["age"]) == 10


def test_state_that_is_refused_stops_no_run(tmp_path):
    net, other = plain(), plain(n=5).snapshot()
    net.play()
    try:
        message(lambda: net.load(tmp_path / "none.npz"))
        message(lambda: net.restore(other))
        assert net.running
    finally:
        net.close()


def everything_of(net):
    net.build()
    return everything(net)


def file_message(path, action):
    return message(action).replace(str(path), "FILE")


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (
            lambda: plain(seed=2),
            "File 'FILE': was stored with seed = 1, and the network has 2; "
            "build it with Network(seed=1).",
        ),
        (
            lambda: plain(dtype="float32"),
            "File 'FILE': was stored with dtype = 'float64', and the network has 'float32'; "
            "build it with Network(dtype='float64').",
        ),
        (
            lambda: plain(n=5),
            "File 'FILE': population 'P': was stored with size = 4, and the network has 5; "
            "build the network as it was when it was stored.",
        ),
        (
            lambda: plain(text=COBA.replace("tau_e = 5 ms", "tau_e = 6 ms")),
            "File 'FILE': population 'P': was stored with a model that says 'tau_e = 5 ms' where "
            "the network's says 'tau_e = 6 ms'; build the network with the model of that time.",
        ),
        (
            lambda: many(plain()),
            "File 'FILE': the network has the population 'more', which it lacks; "
            "build the network as it was when it was stored.",
        ),
        (
            lambda: wired(Network(dt=0.1, seed=1)),
            "File 'FILE': projection 'S' had other synapses; "
            "build it with the connector and the seed of that time.",
        ),
    ],
    ids=["seed", "dtype", "size", "model", "members", "synapses"],
)
def test_file_of_another_network_is_refused(other, expected, tmp_path):
    path = tmp_path / "state.npz"
    plain().store(path)
    net = other()

    assert file_message(path, lambda: net.load(path)) == expected


def wired(net):
    group = net.add(4, Neuron.from_cell(COBA, "N"), name="P")
    net.connect(group, group, "exc", FixedProbability(1.0), weight=1.0, name="S")
    net.drive(group, "exc", rate=20.0, name="D")
    return net


def test_file_that_is_none_is_refused(tmp_path):
    net = plain()
    path = tmp_path / "state.npz"
    assert file_message(path, lambda: net.load(path)) == (
        "File 'FILE': there is none; give the path of a stored one."
    )
    path.write_bytes(b"no zip")
    assert file_message(path, lambda: net.load(path)) == (
        "File 'FILE': is no network that net.store wrote (it is no .npz file); "
        "give the path of one."
    )
    np.savez(path, x=np.ones(3))
    assert file_message(path, lambda: net.load(path)).startswith(
        "File 'FILE': is no network that net.store wrote ("
    )
    assert net.step_index == 0


def test_file_of_an_older_version_is_refused(tmp_path):
    net, path = plain(), tmp_path / "state.npz"
    net.store(path)
    changed_file(path, lambda about, arrays: about.update(format=1))

    assert file_message(path, lambda: net.load(path)) == (
        "File 'FILE': has format 1, and this version reads 4; "
        "read it with the version that wrote it."
    )


def test_file_with_pickled_objects_is_refused(tmp_path):
    net, path = plain(), tmp_path / "state.npz"
    np.savez(path, allow_pickle=True, about=np.array([{"format": 2}], object))

    assert file_message(path, lambda: net.load(path)).startswith(
        "File 'FILE': is no network that net.store wrote (Object arrays cannot be loaded"
    )


def test_copies_of_records_hold_what_there_was_and_write_nothing(tmp_path):
    net = Network(dt=1.0, seed=1)
    group = net.add(
        2, Neuron.from_cell("v = v + 1 mV : init = 0 mV\nspike: v > 2\n", "N"), name="P"
    )
    net.record(group, ["v", "spikes"], moment="start", keep=3.0, to=tmp_path / "run.zarr")
    for _ in range(8):
        net.simulate(1)
    record, spike_record = net._recordings.traces["P"]["v"], net._recordings.spikes["P"]

    trace, train = record.copy(), spike_record.copy()

    assert (trace.keep, trace.unit, trace.moment, trace.sink) == (3, "mV", "start", None)
    assert (train.keep, train.sink) == (3, None)
    assert (trace.n_dropped, train.n_dropped) == (record.n_dropped, spike_record.n_dropped)
    assert trace.n_dropped == 5
    np.testing.assert_array_equal(trace.samples, record.samples)
    np.testing.assert_array_equal(trace.times, [5.0, 6.0, 7.0])
    assert train.frame().to_numpy().tolist() == spike_record.frame().to_numpy().tolist()


def test_samples_of_another_moment_are_not_taken_for_these(tmp_path):
    net = Network(dt=1.0, seed=1)
    group = net.add(1, Neuron.from_cell("v = v + 1\nr = v\n", "N"), name="P")
    net.record(group, "v")
    net.simulate(3)
    saved = net.snapshot()
    net.record(group, "v", moment="start")

    net.restore(saved)
    net.simulate(2)

    assert net.traces["P"].times_of("v").tolist() == [3.0, 4.0]
    assert net.traces["P"]["v"].tolist() == [[3.0], [4.0]]


def test_session_from_a_file_is_repeated_from_the_file(tmp_path):
    path = tmp_path / "state.npz"
    net = learning()
    net.simulate(10)
    net.store(path)
    fresh = learning()
    fresh.load(path)
    fresh.populations["E"].I = 25.0
    fresh.simulate(10)
    played = everything(fresh)

    fresh.replay(fresh.log)
    fresh.simulate(10)

    assert everything(fresh) == played
    assert fresh.log.code() == (
        f"E = net.populations['E']\nnet.load({str(path)!r})\nE.I = 25.0\nnet.simulate(10.0)\n"
    )


def test_a_state_that_cannot_be_written_is_named(tmp_path):
    net = Network(dt=0.1, seed=1)
    net.add(3, PoissonInput(100.0), name="noise")
    path = tmp_path / "missing" / "state.npz"

    with pytest.raises(SimulationError) as error:
        net.store(path)

    assert str(error.value) == (
        f"File '{path}': cannot be written (No such file or directory); choose another path."
    )
