"""Time travel: back to any step, branches for comparison, memory within a budget."""

import tracemalloc

import numpy as np
import pytest
from test_network_determinism import NOISY, coba, spikes, state

from snnlab.errors import NetworkError, SimulationError
from snnlab.model.neuron import Neuron
from snnlab.model.synapse import Synapse
from snnlab.network.connectors import FixedProbability
from snnlab.network.network import Network


def learning():
    return coba(500, NOISY, plastic=True)


def before(net, time):
    return [frame[frame.time < time].to_numpy() for frame in (net.spikes["E"], net.spikes["I"])]


@pytest.mark.parametrize("time", [0.0, 10.0, 33.3, 57.1, 80.0])
def test_any_step_is_reached_and_goes_on_identically(time):
    net = learning()
    net.history.keep(every=10.0)
    for value in (20.0, 22.0, 18.0, 21.0):
        net.populations["E"].I = value
        net.kick(net.populations["I"], "v", 1.0)
        net.simulate(20)
    seen, now, old = spikes(net), state(net), before(net, time)
    log, changes = [repr(change) for change in net.log], list(net.log)

    net.go_back(time)
    assert net.time == pytest.approx(time)
    np.testing.assert_equal(before(net, np.inf), old)
    later = [change for change in changes if change.step >= net.step_index]
    for change in later if time else later[4:]:
        net._session.again(net.members(change.of)[change.owner], change)
    net.step(800 - net.step_index)

    assert (spikes(net), state(net)) == (seen, now)
    assert [repr(change) for change in net.log] == log


def test_branch_shares_the_past_and_parts_from_the_change_on():
    net = learning()
    net.history.keep(every=10.0)
    net.simulate(60)

    net.go_back(35.0)
    net.populations["E"].I = 30.0
    net.simulate(25)

    (branch,) = net.history.branches
    one, other = branch.spikes["E"], net.spikes["E"]
    assert (branch.left, branch.end) == (35.0, 60.0)
    assert one.time.max() > 55
    np.testing.assert_array_equal(one[one.time < 35], other[other.time < 35])
    assert len(other[other.time >= 35]) > len(one[one.time >= 35])
    assert [change.name for change in branch.log] == ["v", "v"]
    assert [change.name for change in net.log] == ["v", "v", "I"]


def test_oldest_branch_goes_when_branches_outgrow_the_budget():
    net = learning()
    net.history.keep(every=10.0)
    net.simulate(60)
    net.go_back(30.0)
    (first,) = net.history.branches
    net.history.keep(every=10.0, budget=1.5 * first.nbytes / 1e6)
    net.simulate(30)

    net.go_back(30.0)

    (second,) = net.history.branches
    assert second is not first
    assert second.nbytes == first.nbytes > 1000  # the same spikes


def test_restored_state_forgets_the_snapshots_that_came_after_it():
    net = learning()
    net.history.keep(every=10.0)
    net.simulate(25)
    saved = net.snapshot()
    net.history._cost = 0.0
    net.simulate(20)
    later = net.history.last_good

    net.restore(saved)

    now = net.history.last_good
    assert later is not None
    assert now is not None
    assert later.time > saved.time >= now.time
    assert net.history.times == [0.0, 25.0]


def test_branch_forgets_of_the_common_past_what_the_run_that_goes_on_forgets():
    net = learning()
    net.record(net.populations["E"], "v")
    net.history.keep(every=10.0)
    net.simulate(60)
    net.go_back(50.0)
    (branch,) = net.history.branches
    left = [branch.records.spikes["E"], branch.records.traces["E"]["v"]]
    own = [record.size_from(branch.step) for record in left]
    whole = [record.nbytes for record in left]
    net.recording_budget = 0.0005

    net.simulate(60)
    assert [record.nbytes for record in left] == whole  # a run with an end keeps everything
    net._every(1, lambda: net.pause() if net.step_index > 1110 else None)
    net.play()
    player = net._simulator._player
    assert player is not None
    player.join(60)

    assert [record.size_from(branch.step) for record in left] == own
    assert all(record.nbytes < size for record, size in zip(left, whole, strict=True))
    assert branch.spikes["E"].time.max() > 55


def test_budget_is_kept_and_the_past_gets_sparser():
    net = coba(1000)
    net.simulate(0.1)
    one = net.snapshot().nbytes
    net.history.keep(every=1.0, budget=12 * one / 1e6)
    net.history._cost = 0.0
    for _ in range(200):
        net.simulate(1)
        net.history._cost = 0.0

    kept = [saved.step for saved in net.history._snapshots]
    gaps = np.diff(kept)
    assert net.history.nbytes <= 12 * one
    assert len(kept) > 6
    assert kept[0] <= 10
    assert gaps[:3].mean() > 3 * gaps[-3:].mean()
    assert net.history.times == [pytest.approx(kept[0] * 0.1), pytest.approx(200.1)]


def test_budget_counts_the_objects_of_snapshots_that_hold_few_numbers():
    net = Network(dt=0.1, seed=1, threads=1)
    net.add(2, Neuron.from_cell("x = x + 1\nr = 2*x", "N"), name="P")
    net.history.keep(every=0.1)
    net.simulate(5)
    tracemalloc.start()
    try:
        before, known = tracemalloc.get_traced_memory()[0], net.history.nbytes
        for _ in range(500):
            net.history._cost = 0.0
            net.step()
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()

    assert len(net.history._snapshots) > 500
    assert 0.8 * taken < net.history.nbytes - known < 1.5 * taken


def test_diverged_run_offers_the_last_good_state():
    net = Network(dt=1.0, seed=1)
    text = "x = x + 1\nr = r + 1 / (25 - x)\n"
    net.add(3, Neuron.from_cell(text, "N"), name="P")
    net.history.keep(every=10.0)
    with pytest.raises(SimulationError) as error:
        net.simulate(100)

    good = net.history.last_good
    assert good is not None
    assert str(error.value).endswith(
        f"or look for a division by zero in its equations; net.go_back({good.time:g}) returns to "
        f"the last good state."
    )
    net.go_back(good.time)
    assert (net.time, net.error) == (good.time, None)
    assert np.isfinite(net.populations["P"].r).all()


def test_diverged_state_that_is_played_on_is_not_offered_as_good():
    net = Network(dt=1.0, seed=1)
    text = "x = x + 1\nr = r + 1 / (25 - x)\n"
    net.add(3, Neuron.from_cell(text, "N"), name="P")
    net.history.keep(every=10.0)
    with pytest.raises(SimulationError):
        net.simulate(100)
    good = net.history.last_good

    with pytest.raises(SimulationError) as again:
        net.simulate(5)

    assert good is not None
    assert net.history.last_good is good
    assert f"net.go_back({good.time:g}) returns to the last good state." in str(again.value)


def message(action):
    with pytest.raises(NetworkError) as error:
        action()
    return str(error.value)


def test_time_that_cannot_be_reached_is_refused():
    net = coba(100)
    net.simulate(5)
    assert message(lambda: net.go_back(2.0)) == (
        "Network: 2 ms cannot be reached, its history is empty; "
        "call net.history.keep() before the run."
    )
    net.history.keep(every=1.0)
    net.simulate(5)
    assert message(lambda: net.go_back(2.0)) == (
        "Network: 2 ms cannot be reached, its history begins at 5 ms; "
        "call net.history.keep() before the run."
    )
    assert message(lambda: net.go_back(12.0)) == (
        "Network: 12 ms has not come yet, it is 10 ms; call net.simulate to go there."
    )
    assert message(lambda: net.go_back(-1)) == (
        "Network: cannot go back to -1 ms; give a time from 0 ms on."
    )
    assert message(lambda: net.history.keep(every=0)) == (
        "Network: history.keep: every = 0; give a number > 0."
    )
    assert net.time == 10.0


def test_reset_forgets_branches_where_no_past_is_kept_any_more():
    net = coba(500)
    net.history.keep(every=5.0)
    net.simulate(20)
    net.go_back(10)
    net.history.stop()
    assert len(net.history.branches) == 1

    net.reset()

    assert net.history.branches == []


def test_reset_begins_a_new_history_and_keeps_the_run():
    net = coba(500)
    net.history.keep(every=5.0)
    net.simulate(20)
    seen = net.spikes["E"].to_numpy()

    net.reset()

    assert net.history.times == []
    np.testing.assert_array_equal(net.history.branches[-1].spikes["E"].to_numpy(), seen)
    net.simulate(10)
    net.go_back(0)
    assert net.time == 0


@pytest.mark.parametrize("from_file", [True, False], ids=["file", "snapshot"])
def test_state_of_another_past_leaves_nothing_of_the_one_before(from_file, tmp_path):
    net, other = coba(500), coba(500)
    other.populations["E"].I = 30.0
    other.simulate(40)
    other.store(tmp_path / "other.npz")
    recording = net.record(net.populations["E"], "v", neurons=[0])
    net.history.keep(every=5.0)
    net.simulate(60)
    net.go_back(50)
    net.simulate(10)

    if from_file:
        net.load(tmp_path / "other.npz")
    else:
        net.restore(other.snapshot())

    assert (net.time, net.history.times, net.history.branches) == (40.0, [40.0, 40.0], [])
    assert recording["v"].shape == (0, 1)
    assert len(net.spikes["E"]) == (0 if from_file else len(other.spikes["E"]))
    with pytest.raises(NetworkError) as error:
        net.go_back(20)
    assert str(error.value) == (
        "Network: 20 ms cannot be reached, its history begins at 40 ms; "
        "call net.history.keep() before the run."
    )


def test_state_of_its_own_past_from_a_file_leaves_what_was_recorded_until_then(tmp_path):
    net = coba(500)
    recording = net.record(net.populations["E"], "v", neurons=[0])
    net.history.keep(every=5.0)
    net.simulate(40)
    net.go_back(20)
    net.simulate(10)
    seen = spikes(net)
    net.store(tmp_path / "own.npz")
    net.simulate(10)

    net.load(tmp_path / "own.npz")

    assert net.history.times == [30.0, 30.0]
    assert len(net.history.branches) == 1
    assert recording["v"].shape == (300, 1)
    assert spikes(net) == seen


def test_snapshot_of_an_older_branch_brings_back_only_what_both_have_in_common():
    net = coba(500)
    recording = net.record(net.populations["E"], "v", neurons=[0])
    net.history.keep(every=5.0)
    net.history._cost = 0.0
    net.simulate(40)
    older = net.snapshot()
    net.go_back(20)
    net.populations["E"].I = 30.0
    net.simulate(30)
    added = net.record(net.populations["E"], "v", neurons=[1], name="late")
    net.simulate(1)

    net.restore(older)

    assert net.history.times[-1] == 40.0
    assert [saved.time for saved in net.history._snapshots if 20.0 <= saved.time < 40.0] == []
    assert len(net.history.branches) == 1
    assert recording["v"].shape == (400, 1)
    assert added["v"].shape == (0, 1)


def test_change_after_a_snapshot_of_the_same_step_is_not_of_its_past():
    net = coba(500)
    net.simulate(20)
    saved = net.snapshot()
    net.populations["E"].I = 30.0
    net.history.keep(every=100.0)  # begins with a snapshot that has the change
    net.restore(saved)
    net.simulate(5)
    seen = spikes(net)

    net.go_back(20)

    assert net.populations["E"].I != 30.0
    net.simulate(5)
    assert spikes(net) == seen


def test_moment_that_is_kept_already_is_not_kept_anew_when_it_comes_back():
    net = coba(500)
    net.history.keep(every=100.0)
    net.simulate(20)
    saved = net.snapshot()
    kept = net.history.last_good
    net.simulate(5)

    net.restore(saved)

    assert kept is not None
    assert net.history.last_good is kept
    assert kept.step == saved.step


def test_history_that_has_begun_nothing_says_so():
    net = coba(500)

    told = [repr(net.history)]
    net.history.keep(every=5.0)
    told.append(repr(net.history))

    assert told == [
        "History: nothing is kept; call net.history.keep().",
        "History: nothing yet.",
    ]


def test_synapses_that_come_and_go_are_those_of_the_run_whichever_snapshot_is_near():
    rule = Synapse(
        equations="age += 1 : init = 0.0",
        psp="w * pre.r",
        creating="pre.r > 0 : proba = 0.05, w = 0.25",
        pruning="age > 3 : proba = 0.2",
        name="Renewed",
    )
    constant = Neuron(equations="r = 1 + 0 * sum(exc)", name="Constant")
    found = []
    for every in (1.0, 5.0, 100.0):
        net = Network(dt=1.0, seed=3)
        group = net.add(20, constant)
        made = net.connect(group, group, "exc", FixedProbability(0.2), synapse=rule)
        net.history.keep(every=every)
        net.history._cost = 0.0
        made.start_creating(2.0)
        made.start_pruning(5.0)
        net.simulate(30)

        net.go_back(10)
        then = made.table.to_numpy().tolist()
        net.simulate(20)
        found.append((then, made.table.to_numpy().tolist()))

    assert found[0] == found[1] == found[2]
    assert len(found[0][0]) != len(found[0][1]) > 20


def test_time_before_a_population_was_added_cannot_be_gone_back_to_and_nothing_is_left():
    net = coba(500)
    net.history.keep(every=5.0)
    net.simulate(20)
    net.add(3, net.populations["E"].neuron, name="Q")
    net.simulate(10)

    with pytest.raises(NetworkError) as error:
        net.go_back(10)

    assert str(error.value) == (
        "Network: the network has the population 'Q', which the snapshot lacks; build the network "
        "as it was when the snapshot was taken."
    )
    assert (net.time, net.history.branches) == (30.0, [])
