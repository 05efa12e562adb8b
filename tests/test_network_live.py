"""Running in the background: play, pause, step, reset, speed, streams, Ctrl-C."""

import signal
import threading
import time

import numpy as np
import pytest

from snnlab.engine import simulator
from snnlab.errors import SimulationError
from snnlab.model.neuron import Neuron
from snnlab.network import presentation
from snnlab.network.connectors import FixedProbability
from snnlab.network.network import Network
from snnlab.recording.results import TraceRecord

RELAX = """
tau = 1 ms
target = 1 mV [0, 10]  # where the potential goes
tau * dv/dt = target - v
n = n + 1
spike: v > 1 V
"""
NOISY = """
tau = 10 ms
drive = 12 [0, 20]
tau * dv/dt = drive*Uniform(0, 2) - v + g_exc
spike: v > 10
reset: v = 0
refractory: 2
"""


def relaxing(**options):
    net = Network(dt=0.1, seed=1, **options)
    return net, net.add(4, Neuron.from_cell(RELAX, "relax"), name="P")


def noisy(threads=1):
    net = Network(dt=0.1, seed=1, threads=threads)
    group = net.add(200, Neuron.from_cell(NOISY, "noisy"), name="P")
    net.connect(group, group, "exc", FixedProbability(0.1), weight=0.2)
    return net, group


def wait_until(condition, seconds=30.0):
    """Look again and again, as a person would; fails when it never comes true."""
    tick = threading.Event()
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        tick.wait(0.001)


def spikes(net):
    return net.spikes["P"].to_numpy()


@pytest.fixture
def playing():
    """Networks that a test plays are paused at its end, whatever happens."""
    nets = []

    def play(net):
        nets.append(net)
        net.play()
        return net

    yield play
    for net in nets:
        net.close()


def test_network_plays_until_it_is_paused(playing):
    net, group = relaxing()

    playing(net)
    assert net.running
    wait_until(lambda: net.step_index > 500)
    net.pause()

    assert not net.running
    assert group.n.tolist() == [net.step_index] * 4
    assert net.time == net.step_index * 0.1
    assert net.real_time_factor > 0
    assert net.error is None


def test_a_playing_network_rests_and_still_takes_changes(playing):
    net, group = relaxing()

    def now() -> int:
        return net._simulator.call(lambda: net.step_index)

    playing(net)
    wait_until(lambda: net.step_index > 500)

    net.rest(1e6)
    now()  # the slice that ran is over
    rested = [now() for _ in range(3)]
    group.target = 7
    seen = net._simulator.call(lambda: (net.step_index, float(group.target)))
    net.rest(0)
    wait_until(lambda: net.step_index > rested[0] + 500)

    assert len(set(rested)) == 1
    assert seen == (rested[0], 7)


def test_only_a_playing_network_rests():
    net, group = relaxing()

    net.rest(1e6)
    net.simulate(1)
    net.play(1)
    wait_until(lambda: not net.running)

    assert group.n.tolist() == [20] * 4


def test_play_goes_on_where_it_paused(playing):
    net, group = relaxing()
    net.simulate(1)

    playing(net)
    wait_until(lambda: net.step_index > 200)
    net.pause()
    net.simulate(1)

    assert group.n[0] == net.step_index > 210


def test_played_spikes_are_those_of_a_plain_run(playing):
    net, _ = noisy()
    plain, _ = noisy()

    playing(net)
    wait_until(lambda: net.step_index > 2000)
    net.pause()
    plain.step(net.step_index)

    assert len(spikes(plain)) > 1000
    np.testing.assert_array_equal(spikes(net), spikes(plain))


def test_play_for_a_while_ends_by_itself(playing):
    net, _ = relaxing()
    playing(net)  # pauses it in the end, whatever happens
    net.reset()

    net.play(25.0)
    wait_until(lambda: not net.running)
    first = net.step_index
    net.play(5.0)
    wait_until(lambda: not net.running)

    assert (first, net.step_index) == (250, 300)


@pytest.mark.parametrize(
    ("duration", "said"),
    [(0, "0 ms"), (-1.0, "-1.0 ms"), (float("inf"), "inf ms"), ("long", "'long'")],
)
def test_play_for_an_impossible_while_is_refused(duration, said):
    net, _ = relaxing()

    with pytest.raises(SimulationError) as error:
        net.play(duration)

    assert str(error.value) == (
        f"Network: cannot play {said}; give a duration above 0 ms, or none."
    )


def test_step_runs_single_steps():
    net, group = relaxing()

    net.step()
    net.step(3)

    assert net.step_index == 4
    assert group.n.tolist() == [4] * 4


def test_step_pauses_a_playing_network(playing):
    net, group = relaxing()

    playing(net)
    wait_until(lambda: net.step_index > 100)
    net.step()

    assert not net.running
    assert group.n[0] == net.step_index


@pytest.mark.parametrize("threads", [1, 2])
def test_reset_repeats_every_spike(threads):
    net, group = noisy(threads)
    net.simulate(100)
    first, potentials = spikes(net), group.v.copy()

    net.reset()
    assert (net.time, len(spikes(net)), group.v.tolist()) == (0.0, 0, [0.0] * 200)
    net.simulate(100)

    assert len(first) > 500
    np.testing.assert_array_equal(spikes(net), first)
    np.testing.assert_array_equal(group.v, potentials)


def test_reset_keeps_parameters_and_goes_back_to_given_values():
    net, group = relaxing()
    group.v = [1.0, 2.0, 3.0, 4.0]
    net.simulate(1)
    group.target = 7.0

    net.reset()

    assert group.v.tolist() == [1.0, 2.0, 3.0, 4.0]
    assert group.target == 7.0


def test_reset_takes_back_what_joined_later():
    net, _ = relaxing()
    net.simulate(1)
    late = net.add(2, Neuron.from_cell(RELAX, "relax"), name="late")
    late.v = 5.0
    net.simulate(1)

    net.reset()

    assert late.v.tolist() == [5.0, 5.0]
    assert late.n.tolist() == [0, 0]


def test_reset_stops_a_playing_network(playing):
    net, _ = noisy()

    playing(net)
    wait_until(lambda: net.step_index > 100)
    net.reset()

    assert not net.running
    assert net.step_index == 0


def test_parameter_takes_effect_while_playing(playing):
    net, group = relaxing()
    net.speed = 1.0
    stream = net.stream_traces(group, "v", neurons=[2])
    seen = []

    def reached(value):
        seen.extend(stream.take()[1][:, 0])
        return bool(seen) and abs(seen[-1] - value) < 1e-6

    playing(net)
    wait_until(lambda: reached(1.0))
    group.target = 8.0
    wait_until(lambda: reached(8.0))
    group.target = [1.0, 1.0, 3.0, 1.0]  # compiles while the network plays
    wait_until(lambda: reached(3.0))
    group[2].v = 500.0
    wait_until(lambda: reached(3.0) and max(seen) > 400)
    net.pause()

    assert net.error is None


def test_handles_set_values_while_playing(playing):
    net, group = relaxing()
    handles = {handle.name: handle for handle in net.handles()}
    target = handles["target"]

    playing(net)
    target.set(5.0)
    wait_until(lambda: target.value == 5.0)
    wait_until(lambda: abs(group.v[0] - 5.0) < 1e-6)
    net.pause()

    assert (target.owner, target.owner_kind, target.label) == ("P", "population", "target")
    assert (target.unit, target.low, target.high) == ("mV", 0.0, 10.0)
    assert target.help == "where the potential goes"
    assert (handles["tau"].low, handles["tau"].high) == (None, None)


def test_streams_hand_on_every_spike_and_sample(playing):
    net, group = noisy()
    net.record(group, "v", every=0.5, neurons=[3, 7])
    spike_stream = net.stream_spikes(group)
    trace_stream = net.stream_traces(group, "v", neurons=[7, 3], every=0.5)
    taken = {"spikes": [], "samples": []}

    def take():
        taken["spikes"].append(spike_stream.take())
        taken["samples"].append(trace_stream.take())
        return net.step_index > 3000

    playing(net)
    wait_until(take)
    net.pause()
    take()

    steps, neurons = (np.concatenate(parts) for parts in zip(*taken["spikes"], strict=True))
    assert len(taken["spikes"]) > 2
    assert len(steps) > 1000
    np.testing.assert_array_equal(np.column_stack([steps * 0.1, neurons]), spikes(net))
    steps, values = (np.concatenate(parts) for parts in zip(*taken["samples"], strict=True))
    np.testing.assert_array_equal(steps, np.arange(0, net.step_index, 5))
    np.testing.assert_array_equal(values, net.traces["P"]["v"])


def test_streams_open_and_close_while_playing(playing):
    net, group = noisy()
    kept = net.stream_traces(group, "v", neurons=[0])
    received = []
    playing(net)

    for _ in range(40):
        stream = net.stream_traces(group, "v", neurons=range(100))
        net.record(group, "v", neurons=[1])
        before = net.step_index
        wait_until(lambda before=before: net.step_index > before)
        stream.close()
        received.append(kept.take())
    net.pause()
    received.append(kept.take())

    assert net.error is None
    steps = np.concatenate([part[0] for part in received])
    np.testing.assert_array_equal(steps, np.arange(net.step_index))


def test_closed_stream_receives_nothing():
    net, group = noisy()
    streams = [net.stream_spikes(group), net.stream_traces(group, "v", neurons=[0])]
    net.simulate(20)
    first = [len(stream.take()[0]) for stream in streams]

    for stream in streams:
        stream.close()
    net.simulate(20)

    assert min(first) > 0
    assert [len(stream.take()[0]) for stream in streams] == [0, 0]


def test_stream_begins_with_the_next_step():
    net, group = noisy()
    net.simulate(5)

    stream = net.stream_traces(group, "v", neurons=[0])
    net.simulate(0.3)

    assert stream.take()[0].tolist() == [50, 51, 52]


@pytest.mark.parametrize(
    ("speed", "elapsed", "done", "due"),
    [
        (None, 0.0, 0, 100),  # a slice, whatever the clock says
        (0.001, 1.0, 0, 10),  # 1 ms of biology in a second is 10 steps
        (0.001, 1.0, 10, 0),
        (0.001, 1.05, 10, 0),
        (0.5, 0.1, 440, 60),
        (0.5, 0.1, 460, 0),  # 8 ms of real time: not yet worth a slice
        (2.0, 10.0, 0, 100),  # behind the clock: no more than a slice at once
    ],
)
def test_steps_due_follow_the_clock(monkeypatch, speed, elapsed, done, due):
    clock = simulator.Simulator(
        0.1, lambda a, n: None, lambda a, n: None, lambda a, n, s: (a + n, None), lambda: None
    )
    clock._slice_steps = 100
    clock.step_index = 7 + done
    monkeypatch.setattr(simulator.time, "perf_counter", lambda: 50.0 + elapsed)

    assert clock._due(50.0, 7, speed) == due


def test_slow_motion_keeps_its_pace(playing):
    net, _ = relaxing()
    net.speed = 0.02
    begin = time.perf_counter()

    playing(net)
    wait_until(lambda: net.step_index >= 20)
    elapsed = time.perf_counter() - begin

    # 2 ms of biology at 0.02 times real time are 100 ms; never faster.
    assert elapsed >= 0.095
    assert net.step_index < 200


def test_speed_may_change_while_playing(playing):
    net, _ = relaxing()
    net.speed = 0.0001
    playing(net)

    net.speed = None
    wait_until(lambda: net.step_index > 5000)

    assert net.speed is None


def test_listeners_hear_of_play_and_pause(playing):
    net, _ = relaxing()
    heard = []
    net.changed.connect(lambda: heard.append(net.running))

    playing(net)
    wait_until(lambda: True in heard)
    net.pause()

    assert heard[-1] is False


class InterruptAt:
    """A progress display during which Ctrl-C is pressed."""

    def __init__(self, done_ms):
        self.done_ms = done_ms
        self.closed = False
        self.reports = []

    def update(self, done_ms):
        self.reports.append(done_ms)
        if done_ms >= self.done_ms and self.done_ms > 0:
            self.done_ms = 0
            signal.raise_signal(signal.SIGINT)

    def close(self):
        self.closed = True


@pytest.fixture
def reporter(monkeypatch):
    """``reporter(shown)``: the next runs report to ``shown``."""

    def use(shown):
        monkeypatch.setattr(presentation, "_reporter", lambda total_ms: shown)
        return shown

    return use


def test_ctrl_c_keeps_what_was_recorded(reporter):
    shown = reporter(InterruptAt(20.0))
    net, group = noisy()
    net.record(group, "v")

    with pytest.raises(KeyboardInterrupt):
        net.simulate(100_000)

    assert shown.closed
    assert 200 <= net.step_index < 1_000_000
    assert not net.running
    assert net.traces["P"]["v"].shape == (net.step_index, 200)
    reporter(None)
    plain, _ = noisy()
    plain.step(net.step_index)
    assert len(spikes(net)) > 50
    np.testing.assert_array_equal(spikes(net), spikes(plain))


def test_run_goes_on_after_ctrl_c(reporter):
    before = signal.getsignal(signal.SIGINT)  # ignored where tests run in the background
    reporter(InterruptAt(5.0))
    net, group = relaxing()
    with pytest.raises(KeyboardInterrupt):
        net.simulate(100_000)
    done = net.step_index

    net.simulate(1)

    assert group.n[0] == net.step_index == done + 10
    assert signal.getsignal(signal.SIGINT) is before


def test_progress_is_reported_to_its_end(reporter):
    shown = reporter(InterruptAt(-1))
    net, _ = relaxing()

    net.simulate(50)

    assert shown.reports == sorted(shown.reports)
    assert shown.reports[-1] == pytest.approx(50)
    assert shown.closed


UNSTABLE = """
a = -1
n = n + 1
v = sqrt(a*n)
spike: v > 1
"""


def test_not_a_number_stops_the_run():
    net = Network(dt=0.1, seed=1)
    group = net.add(3, Neuron.from_cell(UNSTABLE, "unstable"), name="U")
    group.a = [1.0, 1.0, -1.0]

    with pytest.raises(SimulationError) as error:
        net.simulate(100)

    assert str(error.value) == (
        "Population 'U': v of neuron 2 is not a number at t = 0.1 ms; take a smaller dt than "
        "0.1 ms, or look for a division by zero in its equations."
    )
    assert net.step_index == 1
    assert net.spikes["U"]["time"].tolist() == []


def test_large_network_pauses_at_once(playing):
    net = Network(dt=0.1, seed=1)
    group = net.add(100_000, Neuron.from_cell(NOISY, "noisy"), name="P")
    net.connect(group, group, "exc", FixedProbability(0.001), weight=0.2)
    taken = []

    for _ in range(5):
        before = net.step_index
        playing(net)
        wait_until(lambda before=before: net.step_index > before + 20)
        start = time.perf_counter()
        net.pause()
        taken.append(time.perf_counter() - start)

    assert min(taken) < 0.1  # s


def test_error_of_a_simulated_run_is_kept_for_the_dashboard():
    net = Network(dt=0.1, seed=1)
    net.add(1, Neuron.from_cell(UNSTABLE, "unstable"), name="U").a = -1.0

    with pytest.raises(SimulationError) as error:
        net.simulate(100)

    assert net.error is error.value
    net.reset()
    assert net.error is None


def test_error_of_a_background_run_is_kept_for_the_reader(playing):
    net = Network(dt=0.1, seed=1)
    net.add(1, Neuron.from_cell(UNSTABLE, "unstable"), name="U")

    playing(net)
    wait_until(lambda: not net.running)

    assert isinstance(net.error, SimulationError)
    assert str(net.error).startswith("Population 'U': v of neuron 0 is not a number at t = ")
    net.populations["U"].v = 0.0
    net.populations["U"].a = 1.0
    net.simulate(1)
    assert net.error is None


def message(action):
    with pytest.raises(SimulationError) as error:
        action()
    return str(error.value)


def test_simulate_during_play_is_refused(playing):
    net, _ = relaxing()
    playing(net)

    assert message(lambda: net.simulate(1)) == (
        "Network: it is running already; call net.pause() before net.simulate()."
    )


@pytest.mark.parametrize("duration", [-1, float("nan"), float("inf")])
def test_impossible_duration_is_refused(duration):
    net, _ = relaxing()

    assert message(lambda: net.simulate(duration)) == (
        f"Network: cannot simulate {duration!r} ms; give a duration from 0 ms on."
    )


def test_empty_network_cannot_run():
    assert message(lambda: Network().simulate(1)) == (
        "Network: it has no population; add one with net.add first."
    )


def test_network_may_grow_while_it_plays(playing):
    net, group = noisy()
    playing(net)

    for n in range(5):
        late = net.add(10, Neuron.from_cell(NOISY, "noisy"), name=f"late {n}")
        late.drive = np.linspace(1.0, 20.0, 10)
        net.connect(group, late, "exc", FixedProbability(0.5), weight=0.3, delay=0.1 * (n + 1))
        net.record(late, "v")
        net.hints()  # is answered between two steps, when the recording has begun
        before = net.step_index
        wait_until(lambda before=before: net.step_index > before + 20)
    net.pause()

    assert net.error is None
    for n in range(5):
        assert len(net.traces[f"late {n}"]["v"]) > 15
    assert len(net.spikes["late 0"]) > 0


def test_a_listener_reads_the_changed_value_while_the_network_plays(playing):
    net = Network(dt=0.1, seed=1)
    group = net.add(2, Neuron.from_cell("a = 1 [0, 9]\n10 ms * dv/dt = a - v\nspike: v > 99", "N"))
    [handle] = [h for h in net.handles() if h.name == "a"]
    seen: list[float] = []
    playing(net)
    net.changed.connect(lambda: seen.append(group.a))

    handle.set(5.0)
    wait_until(lambda: bool(seen))

    assert seen[0] == 5.0


@pytest.mark.parametrize("n", [1.5, -1, "a"])
def test_steps_that_are_no_number_are_refused(n):
    net = Network(dt=0.1, seed=1)
    net.add(1, Neuron.from_cell(RELAX, "relax"))

    with pytest.raises(SimulationError) as error:
        net.step(n)

    assert str(error.value) == (f"Network: cannot run {n!r} steps; give a whole number from 0 on.")
    assert not net.running


def test_a_listener_that_fails_leaves_no_running_network():
    net = Network(dt=0.1, seed=1)
    net.add(1, Neuron.from_cell(RELAX, "relax"))

    def fail():
        raise OSError("the page is gone")

    net.changed.connect(fail)
    with pytest.raises(OSError, match="the page is gone"):
        net.simulate(1.0)
    net.changed.disconnect(fail)

    assert not net.running
    net.simulate(1.0)
    assert net.time == 1.0


def test_a_recording_may_be_added_while_the_oldest_samples_go(monkeypatch):
    net = Network(dt=0.1, seed=1)
    group = net.add(1, Neuron.from_cell(RELAX, "relax"), name="E")
    net.record(group, "v")
    trim, added = TraceRecord.trim, []

    def trim_meanwhile(record, n_bytes):
        trim(record, n_bytes)
        if not added:  # as a cell does between two bytecodes of this thread
            added.append(net.add(1, group.neuron, name="late"))
            net.record(group, "v", name="more")

    monkeypatch.setattr(TraceRecord, "trim", trim_meanwhile)
    net.play()
    wait_until(lambda: added and net.step_index > 1000)
    net.pause()

    assert net.error is None
    assert list(net.traces["E"]) == ["v", "more.v"]


def test_what_is_saved_while_a_network_plays_is_of_one_moment(tmp_path):
    net, group = relaxing()
    net.record(group, "v")
    net.speed = 1.0
    net.play()
    wait_until(lambda: net.step_index > 1000)

    for _ in range(5):
        net.save_recordings(tmp_path / "run.npz")
        saved = np.load(tmp_path / "run.npz")
        assert len(saved["traces/P/v/time"]) == len(saved["traces/P/v/values"]) > 1000
    net.pause()
