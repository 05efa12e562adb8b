"""Recordings as files and as Neo objects: the same numbers, with their units."""

import json
import sys

import numpy as np
import pandas as pd
import pytest

from snnlab.errors import SimulationError
from snnlab.model.neuron import Neuron
from snnlab.network.inputs import PoissonInput
from snnlab.network.network import Network
from snnlab.recording.store import load_recording

RAMP = """
v = v + 1 mV : init = 0 mV
spike: v > 20
reset: v = 0
"""


def recorded(to=None):
    net = Network(dt=0.1, seed=1)
    source = net.add(20, PoissonInput(100.0), name="S")
    group = net.add(3, Neuron.from_cell(RAMP, "Ramp"), name="P")
    group.v = [0, 5, 10]
    recording = net.record(group, ["v", "spikes"], every=0.5, to=to)
    net.record(source, "spikes", to=to)
    net.simulate(10)
    return net, recording


def test_npz_holds_spikes_traces_and_units(tmp_path):
    net, _ = recorded()

    net.save_recordings(tmp_path / "run.npz")

    with np.load(tmp_path / "run.npz", allow_pickle=False) as file:
        found = dict(file)
    assert set(found) == {
        "spikes/S/time",
        "spikes/S/neuron",
        "spikes/P/time",
        "spikes/P/neuron",
        "traces/P/v/values",
        "traces/P/v/time",
        "traces/P/v/neuron",
        "units",
    }
    np.testing.assert_array_equal(found["spikes/S/time"], net.spikes["S"]["time"])
    np.testing.assert_array_equal(found["spikes/S/neuron"], net.spikes["S"]["neuron"])
    np.testing.assert_array_equal(found["traces/P/v/values"], net.traces["P"]["v"])
    np.testing.assert_array_equal(found["traces/P/v/time"], net.traces["P"].times)
    assert found["traces/P/v/neuron"].tolist() == [0, 1, 2]
    assert json.loads(str(found["units"])) == {
        "spikes/S/time": "ms",
        "spikes/P/time": "ms",
        "traces/P/v/values": "mV",
        "traces/P/v/time": "ms",
    }


def test_a_store_is_saved_as_the_network_is(tmp_path):
    net, _ = recorded(tmp_path / "run.zarr")
    net.save_recordings(tmp_path / "memory.npz")
    load_recording(tmp_path / "run.zarr").save(tmp_path / "disk.npz")

    with np.load(tmp_path / "memory.npz") as memory, np.load(tmp_path / "disk.npz") as disk:
        assert set(memory) == set(disk)
        for name in memory:
            np.testing.assert_array_equal(memory[name], disk[name])


def test_csv_is_one_table_with_its_unit(tmp_path):
    net, _ = recorded()
    traces = net.record(net.populations["P"], "v", every=0.5, neurons=[0, 2], name="two")
    net.simulate(1)
    path = tmp_path / "v.csv"

    traces.save(path)

    assert path.read_text().splitlines()[:2] == ["# v of P; time in ms, values in mV", "time,0,2"]
    table = pd.read_csv(path, comment="#", index_col="time")
    np.testing.assert_array_equal(table.to_numpy(), traces["v"])


def test_csv_of_spikes(tmp_path):
    net, _ = recorded()
    spikes = net.record(net.populations["S"], "spikes")

    spikes.save(tmp_path / "spikes.csv")

    lines = (tmp_path / "spikes.csv").read_text().splitlines()
    assert lines[:2] == ["# spikes of S; time in ms", "time,neuron"]
    assert len(lines) == 2 + len(net.spikes["S"])


def test_neo_has_a_train_for_each_neuron_and_a_signal_for_each_variable():
    net, _ = recorded()

    block = net.neo()

    (segment,) = block.segments
    trains = {train.name: train for train in segment.spiketrains}
    spikes = net.spikes["P"]
    assert set(trains) >= {"P[0]", "P[1]", "P[2]"}
    for neuron in range(3):
        train = trains[f"P[{neuron}]"]
        own = spikes["time"][spikes["neuron"] == neuron]
        np.testing.assert_array_equal(train.rescale("ms").magnitude, own)
        assert float(train.t_stop.rescale("s")) == pytest.approx(0.010)
        assert train.annotations == {"population": "P", "neuron": neuron}
    (signal,) = segment.analogsignals
    assert (signal.name, signal.units.dimensionality.string) == ("P.v", "mV")
    np.testing.assert_array_equal(signal.magnitude, net.traces["P"]["v"])
    np.testing.assert_allclose(signal.times.rescale("ms").magnitude, net.traces["P"].times)
    assert signal.array_annotations["neuron"].tolist() == [0, 1, 2]


def test_a_paused_recording_is_an_irregular_signal_in_neo():
    net, recording = recorded()
    recording.pause()
    net.simulate(0.7)
    recording.resume()
    net.simulate(2.0)

    (signal,) = net.neo().segments[0].irregularlysampledsignals

    np.testing.assert_allclose(signal.times.rescale("ms").magnitude, net.traces["P"].times)
    np.testing.assert_array_equal(signal.magnitude, net.traces["P"]["v"])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "run.mat",
            "Recording: cannot write 'run.mat'; use a name that ends in .npz or .csv.",
        ),
        (
            "run.csv",
            "Recording: 'run.csv' can hold one table, not 3 (spikes of S, spikes of P, v of P); "
            "write an .npz file, or record one variable.",
        ),
    ],
)
def test_forms_that_cannot_be_are_refused(name, message, tmp_path):
    net, _ = recorded()

    with pytest.raises(SimulationError) as error:
        net.save_recordings(tmp_path / name)

    assert str(error.value) == message
    assert list(tmp_path.iterdir()) == []


def test_neo_is_needed_only_for_neo(monkeypatch):
    net, _ = recorded()
    monkeypatch.setitem(sys.modules, "neo", None)

    with pytest.raises(SimulationError) as error:
        net.neo()

    assert str(error.value) == (
        "Recording: the package neo is not installed; run: pip install 'neo>=0.14,<1'."
    )


@pytest.mark.parametrize("name", ["run.npz", "run.csv"])
def test_a_file_that_cannot_be_written_is_named(name, tmp_path):
    net = Network(dt=0.1, seed=1)
    net.add(3, PoissonInput(100.0), name="noise")
    path = tmp_path / "missing" / name

    with pytest.raises(SimulationError) as error:
        net.save_recordings(path)

    assert str(error.value) == (
        f"Recording: '{path}' cannot be written (No such file or directory); choose another path."
    )
