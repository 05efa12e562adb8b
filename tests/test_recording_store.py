"""Recordings on disk: the same as in memory, in bounded memory, whole after a kill."""

import subprocess
import sys
import textwrap
from typing import Any

import numpy as np
import pandas as pd
import pytest
import zarr

from snnlab.errors import SimulationError
from snnlab.model.neuron import Neuron
from snnlab.model.synapse import Synapse
from snnlab.network.inputs import PoissonInput
from snnlab.network.network import Network
from snnlab.recording import store
from snnlab.recording.store import RecordingStore, load_recording

FOLLOWER = """
tau = 10 ms
tau * dg_exc/dt = -g_exc
v = g_exc * 1 mV : init = 0 mV
total = total + 1 : population, int
spike: v > 30
reset: v = 0
"""
LEARNING = """
pre_spike:
    g_target += w
    w += 0.5
"""


def running(path=None, seed=1, **options):
    """A network whose spikes, traces and weights go to memory, and to ``path`` too if given."""
    net = Network(dt=0.1, seed=seed)
    source = net.add(50, PoissonInput(200.0), name="source")
    group = net.add(40, Neuron.from_cell(FOLLOWER, "Follower"), name="a/b: group")
    synapse = Synapse.from_cell(LEARNING, "Learning")
    made = net.connect(source, group, "exc", synapse=synapse, name="learning")
    options = options if path is None else {"to": path, "keep": 1e6} | options
    net.record(source, "spikes", **options)
    net.record(group, ["v", "total", "spikes"], every=0.2, **options)
    net.record(group, "g_exc", moment="arrival", neurons=slice(3), name="now", **options)
    net.record(made, "w", every=1.0, synapses=slice(0, 2000, 7), **options)
    return net


def opened(path) -> Any:
    return zarr.open_group(str(path))


def test_what_is_on_disk_is_what_was_in_memory(tmp_path):
    net = running(tmp_path / "run.zarr")
    for duration in (20.0, 0.1, 15.0):
        net.simulate(duration)

    stored = load_recording(tmp_path / "run.zarr")

    assert len(net.spikes["source"]) > 200
    assert set(stored.spikes) == {"source", "a/b: group"}
    for name in stored.spikes:
        pd.testing.assert_frame_equal(stored.spikes[name], net.spikes[name])
    assert {owner: list(traces) for owner, traces in stored.traces.items()} == {
        "a/b: group": ["v", "total", "now.g_exc"],
        "learning": ["w"],
    }
    for owner, traces in stored.traces.items():
        memory = net.traces[owner]
        for name, values in traces.items():
            assert values.dtype == memory[name].dtype
            np.testing.assert_array_equal(values, memory[name])
            np.testing.assert_array_equal(traces.times_of(name), memory.times_of(name))
            np.testing.assert_array_equal(traces.neurons(name), memory.neurons(name))
            pd.testing.assert_frame_equal(traces.frame(name), memory.frame(name))
            assert traces.unit(name) == memory.unit(name)
    assert stored.traces["a/b: group"].unit("v") == "mV"
    assert repr(stored).endswith(
        "run.zarr': spikes of source, spikes of a/b: group, a/b: group.v, a/b: group.total, "
        "a/b: group.now.g_exc, learning.w"
    )


def test_memory_holds_only_the_latest(tmp_path):
    net = Network(dt=0.1, seed=1)
    source = net.add(50, PoissonInput(200.0), name="source")
    recording = net.record(source, ["spikes"], to=tmp_path / "run.zarr", keep=5.0)
    net.simulate(50)

    stored = load_recording(tmp_path / "run.zarr").spikes["source"]
    latest = recording["spikes"]
    assert latest["time"].min() >= 45.0
    assert len(stored) > 300
    kept = stored.iloc[-len(latest) :].reset_index(drop=True)
    pd.testing.assert_frame_equal(latest, kept)
    assert (stored["time"].iloc[: -len(latest)] < 45.0).all()


def test_without_keep_a_second_stays_in_memory(tmp_path):
    net = Network(dt=1.0, seed=1)
    group = net.add(2, Neuron.from_cell(FOLLOWER, "Follower"), name="group")
    net.record(group, "v", to=tmp_path / "run.zarr")
    net.simulate(3000)

    assert net.traces["group"]["v"].shape == (1000, 2)
    assert load_recording(tmp_path / "run.zarr").traces["group"]["v"].shape == (3000, 2)


def test_chunks_are_written_as_they_fill(tmp_path, monkeypatch):
    """Rows in any portions make the same store, whatever the size of a chunk is."""
    monkeypatch.setattr(store, "CHUNK_BYTES", 800)
    monkeypatch.setattr(store, "CHUNK_ITEMS", 64)
    made = RecordingStore(tmp_path / "run.zarr", 0.1)
    traces = made.traces(
        "P", "v", np.arange(4, dtype=np.int32), np.float64, unit="mV", moment="end"
    )
    spikes = made.spikes("P")
    rng = np.random.default_rng(1)
    values, step = rng.random((1000, 4)), 0
    counts = rng.integers(0, 3, 1000)
    neurons = rng.integers(0, 99, counts.sum()).astype(np.int32)
    ends = np.concatenate([[0], np.cumsum(counts)])
    while step < 1000:
        n = min(int(rng.integers(1, 90)), 1000 - step)
        steps = np.arange(step, step + n)
        traces.append(steps, values[steps])
        spikes.append(np.repeat(steps, counts[steps]), neurons[ends[step] : ends[step + n]])
        step += n
    made.close()

    stored = load_recording(tmp_path / "run.zarr")
    np.testing.assert_array_equal(stored.traces["P"]["v"], values)
    assert stored.spikes["P"]["neuron"].tolist() == neurons.tolist()
    assert opened(tmp_path / "run.zarr")["000/values"].chunks == (25, 4)


def test_a_reset_begins_the_store_anew(tmp_path):
    net = running(tmp_path / "run.zarr")
    net.simulate(20)
    net.reset()
    net.simulate(10)

    stored = load_recording(tmp_path / "run.zarr")
    assert stored.traces["a/b: group"]["total"][:, 0].tolist() == list(range(1, 100, 2))
    pd.testing.assert_frame_equal(stored.spikes["source"], net.spikes["source"])


def traced(path, **options):
    """A network that goes back, with everything on disk and in memory."""
    net = running(path, **options)
    net.history.keep(every=4.0)
    return net


def assert_disk_is_memory(net, path):
    stored = load_recording(path)
    for name, frame in stored.spikes.items():
        pd.testing.assert_frame_equal(frame, net.spikes[name])
    for owner, traces in stored.traces.items():
        for name, values in traces.items():
            np.testing.assert_array_equal(values, net.traces[owner][name])
            np.testing.assert_array_equal(traces.times_of(name), net.traces[owner].times_of(name))
            assert (np.diff(traces.times_of(name)) > 0).all()
    return stored


@pytest.mark.parametrize("flushed", [True, False])
def test_going_back_removes_the_run_that_was_left(flushed, tmp_path):
    path = tmp_path / "run.zarr"
    net = traced(path)
    net.simulate(20)
    if flushed:
        load_recording(path)
    for time in (11.0, 3.3, 0.0):
        net.go_back(time)
        net.simulate(15)

    stored = assert_disk_is_memory(net, path)
    plain = running()
    plain.simulate(15)
    pd.testing.assert_frame_equal(stored.spikes["source"], plain.spikes["source"])
    assert stored.traces["a/b: group"]["total"][:, 0].tolist() == list(range(1, 151, 2))


def test_a_cut_in_the_midst_of_chunks_leaves_nothing_behind_the_end(tmp_path, monkeypatch):
    """What was cut does not come back when a writer dies after it has made room for more."""
    monkeypatch.setattr(store, "CHUNK_BYTES", 80)
    monkeypatch.setattr(store, "CHUNK_ITEMS", 7)
    made = RecordingStore(tmp_path / "run.zarr", 0.1)
    sink = made.traces("P", "v", np.arange(2, dtype=np.int32), np.float64, unit="", moment="end")
    for first in range(0, 100, 10):
        steps = np.arange(first, first + 10) * 2
        sink.append(steps, np.stack([steps, -steps], 1).astype(float))
    for step in (150, 149, 62, 61):
        sink.cut(step)
        sink.append(np.array([step]), np.full((1, 2), 0.5))
    made.close()
    group = opened(tmp_path / "run.zarr")["000"]
    group["values"].resize((60, 2))
    group["step"].resize((60,))  # the writer ended before it wrote them

    trace = load_recording(tmp_path / "run.zarr").traces["P"]

    assert np.round(trace.times / 0.1).tolist() == [*range(1, 62, 2), 62]
    assert trace["v"][:, 0].tolist() == [*range(0, 61, 2), 0.5]


def test_a_later_snapshot_brings_what_was_on_disk(tmp_path):
    path = tmp_path / "run.zarr"
    net = running(path)
    net.simulate(10)
    early = net.snapshot()
    net.simulate(10)
    late = net.snapshot()
    seen = load_recording(path).spikes["source"]
    net.restore(early)
    net.populations["source"].rates = 20.0
    net.simulate(15)
    assert_disk_is_memory(net, path)

    net.restore(late)

    stored = assert_disk_is_memory(net, path)
    pd.testing.assert_frame_equal(stored.spikes["source"], seen)


def test_what_memory_no_longer_held_is_said_to_be_missing_on_disk(tmp_path):
    path = tmp_path / "run.zarr"
    net = Network(dt=1.0, seed=1)
    group = net.add(2, Neuron.from_cell(FOLLOWER, "Follower"), name="group")
    net.record(group, "total", to=path, keep=4.0)
    net.simulate(10)
    early = net.snapshot()
    for _ in range(10):
        net.simulate(1)
    late = net.snapshot()
    net.restore(early)

    with pytest.warns(UserWarning, match="it lacks") as warned:
        net.restore(late)

    assert [str(one.message) for one in warned] == [
        f"Recording '{path}': it lacks what happened from 10 to 16 ms, which memory no longer held "
        f"when the snapshot was taken; record with a longer 'keep'."
    ]
    total = load_recording(path).traces["group"]["total"][:, 0].tolist()
    assert total == [*range(1, 11), *range(17, 21)]


def test_a_recording_on_disk_pauses(tmp_path):
    net = Network(dt=0.1, seed=1)
    group = net.add(2, Neuron.from_cell(FOLLOWER, "Follower"), name="group")
    recording = net.record(group, "total", to=tmp_path / "run.zarr")
    net.simulate(0.3)
    recording.pause()
    net.simulate(0.3)
    recording.resume()
    net.simulate(0.2)

    stored = load_recording(tmp_path / "run.zarr").traces["group"]["total"]
    assert stored[:, 0].tolist() == [1, 2, 3, 7, 8]


def test_a_killed_process_leaves_a_readable_store(tmp_path):
    """The process kills itself in the middle of a run, without any chance to close."""
    script = """
    import os, signal, sys
    from snnlab import Network, PoissonInput
    from snnlab.recording import store

    store.FLUSH_SECONDS = 0.05
    net = Network(dt=0.1, seed=7)
    group = net.add(100, PoissonInput(100.0), name="P")
    net.record(group, "spikes", to=sys.argv[1], keep=100.0)

    written = sys.argv[1] + "/000/step/c/0"

    def look():
        if os.path.exists(written) and os.path.getsize(written) > 1000 and net.time > 500:
            os.kill(os.getpid(), signal.SIGKILL)

    net._every(100, look)
    net.play()
    net._simulator._player.join()
    """
    path = tmp_path / "run.zarr"
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(path)], timeout=100, check=False
    )

    stored = load_recording(path).spikes["P"]
    again = Network(dt=0.1, seed=7)
    again.add(100, PoissonInput(100.0), name="P")
    again.simulate(float(np.ceil(stored["time"].max())) + 1.0)
    assert done.returncode == -9
    assert len(stored) > 100
    pd.testing.assert_frame_equal(stored, again.spikes["P"].iloc[: len(stored)])


def test_rows_written_in_part_are_not_read(tmp_path):
    made = RecordingStore(tmp_path / "run.zarr", 0.1)
    sink = made.traces("P", "v", np.arange(2, dtype=np.int32), np.float64, unit="", moment="end")
    sink.append(np.arange(5), np.ones((5, 2)))
    made.close()
    group = opened(tmp_path / "run.zarr")["000"]
    group["values"].resize((9, 2))
    group["step"].resize((9,))  # filled with -1: the writer ended before it wrote them

    trace = load_recording(tmp_path / "run.zarr").traces["P"]

    assert trace["v"].tolist() == [[1, 1]] * 5
    assert trace.times.tolist() == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5])


# Mistakes ---------------------------------------------------------------------------------


def test_what_exists_is_not_overwritten(tmp_path):
    path = tmp_path / "run.zarr"
    running(path).simulate(1)

    with pytest.raises(SimulationError) as error:
        running(path)

    assert str(error.value) == (
        f"Recording: '{path}' exists already; give another path, or remove it."
    )


def test_a_full_disk_stops_the_run_and_says_so(tmp_path, monkeypatch):
    net = running(tmp_path / "run.zarr")
    net.simulate(1)

    def fail(table):
        raise OSError("No space left on device")

    monkeypatch.setattr(store._Table, "write_all", fail)
    net.simulate(1)
    messages = []
    for action in (lambda: load_recording(tmp_path / "run.zarr"), lambda: net.simulate(1)):
        with pytest.raises(SimulationError) as error:
            action()
        messages.append(str(error.value))

    assert messages == 2 * [
        f"Recording: cannot write '{tmp_path / 'run.zarr'}' (No space left on device); "
        f"what came before is there."
    ]


def test_zarr_is_needed_only_for_stores(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "zarr", None)

    with pytest.raises(SimulationError) as error:
        running(tmp_path / "run.zarr")

    assert str(error.value) == (
        f"Recording: '{tmp_path / 'run.zarr'}' is a Zarr store, and the package zarr is not "
        f"installed; run: pip install 'zarr>=3.1,<4'."
    )


@pytest.mark.parametrize("made", ["nothing", "file", "store"])
def test_what_is_no_recording_is_refused(made, tmp_path):
    path = tmp_path / "run.zarr"
    if made == "file":
        path.write_text("no store")
    if made == "store":
        zarr.create_group(str(path))

    with pytest.raises(SimulationError) as error:
        load_recording(path)

    found = {
        "nothing": "holds no recording",
        "file": "holds no recording",
        "store": "has the version None, and this snnlab reads 1",
    }[made]
    assert str(error.value) == (
        f"Recording: '{path}' {found}; give the path that net.record(..., to=...) wrote."
    )


def test_spikes_of_others_are_not_there(tmp_path):
    running(tmp_path / "run.zarr").simulate(1)

    with pytest.raises(KeyError) as error:
        load_recording(tmp_path / "run.zarr").spikes["E"]

    assert error.value.args == (
        "Recording: it has no spikes of 'E'; it has those of source, a/b: group.",
    )


def test_a_closed_network_writes_and_queues_no_more(tmp_path):
    net = running(tmp_path / "run.zarr")
    net.simulate(20)
    writer = net._recordings.named["a/b: group", "v"]
    made = next(iter(net._recordings.stores.values()))
    net.close()

    net.simulate(20)
    net.reset()
    net.simulate(5)

    assert writer in net._recordings.taps  # memory goes on
    assert net.traces["a/b: group"]["v"].shape == (25, 40)
    stored = load_recording(tmp_path / "run.zarr")
    assert stored.traces["a/b: group"]["v"].shape == (100, 40)
    assert made._queued == 0
    net.record(net.populations["a/b: group"], "v", to=tmp_path / "next.zarr")
    net.simulate(1)
    assert load_recording(tmp_path / "next.zarr").traces["a/b: group"]["v"].shape == (10, 40)
