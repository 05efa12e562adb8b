"""The run that was left by going back is shown beside the one that took its place."""

import io

import numpy as np
import pandas as pd
import pytest

from snnlab.model.neuron import Neuron
from snnlab.network.network import Network
from snnlab.widgets.export import file_of
from snnlab.widgets.feed import Feed, picture_of

DRIVEN = """
I = 25
10 ms * dv/dt = -v + I
spike: v > 15
reset: v = 0
"""


@pytest.fixture
def network() -> Network:
    network = Network(dt=0.1, seed=1)
    cells = network.add(30, Neuron.from_cell(DRIVEN, "driven"), name="cells")
    cells.v = np.linspace(0, 14, 30)
    network.history.keep(50)
    return network


@pytest.fixture
def feed(network: Network) -> Feed:
    feed = Feed(network, picture_of(network), 500.0)
    feed.listen()
    return feed


def test_run_that_was_left_is_in_the_same_columns_as_the_new_one(network, feed):
    network.simulate(400)
    feed.drain()
    before = feed.columns(0, 319)  # columns of 1.3 ms
    network.go_back(200)
    network.populations["cells"].I = 40.0
    network.simulate(200)

    shown_anew = feed.drain()

    after = feed.columns(0, 307)
    assert shown_anew
    assert feed.window.column_steps == 13
    first = 2000 // 13
    np.testing.assert_array_equal(after["earlier_sums"][first:307], before["sums"][first:307])
    np.testing.assert_array_equal(
        after["earlier_traces"][first + 1 : 307], before["traces"][first + 1 : 307]
    )
    assert np.isnan(after["earlier_sums"][:first]).all()
    assert not np.array_equal(after["sums"][first:], before["sums"][first:308])


def test_text_tells_what_is_different_now(network, feed):
    network.simulate(300)
    network.populations["cells"].I = 20.0
    network.simulate(100)
    network.go_back(200)
    network.populations["cells"].I = 40.0

    feed.drain()

    assert feed.earlier.text == "earlier run (now cells.I = 40; then cells.I = 20)"


def test_text_follows_a_slider_that_is_dragged_at_rest(network, feed):
    network.simulate(300)
    network.go_back(200)
    network.populations["cells"].I = 40.0
    feed.drain()
    network.populations["cells"].I = 45.0

    feed.drain()

    assert feed.earlier.text == "earlier run (now cells.I = 45)"


def test_text_names_few_changes(network, feed):
    network.simulate(300)
    network.go_back(200)
    cells = network.populations["cells"]
    network.kick(cells, "v", 0.1)
    for drive in (27.0, 28.0, 30.0):
        cells.I = drive
    network.silence(cells, [3])

    feed.drain()

    assert feed.earlier.text == "earlier run (now cells.v += 0.1, cells.I = 30 and 1 more)"


def test_older_run_is_shown_where_the_newest_had_not_come_as_far(network, feed):
    network.simulate(400)
    feed.drain()
    before = feed.columns(0, 307)
    network.go_back(300)
    feed.drain()
    network.go_back(200)
    network.simulate(200)
    feed.drain()

    after = feed.columns(160, 306)

    np.testing.assert_array_equal(after["earlier_sums"], before["sums"][160:307])
    np.testing.assert_array_equal(after["earlier_traces"], before["traces"][160:307])


def test_spikes_that_the_branch_no_longer_holds_are_not_silence(network, feed):
    network.simulate(200)
    network.simulate(200)
    network.go_back(100)
    record = network.history.branches[-1].records.spikes["cells"]
    record.trim(400)
    network.simulate(300)

    feed.drain()

    sums = feed.columns(80, 306)["earlier_sums"]
    first = -(-record.known_from // 13) - 80
    assert 10 < first < 200
    assert np.isnan(sums[:first]).all()
    assert np.isfinite(sums[first:]).all()


def test_without_a_branch_a_frame_holds_nothing_of_earlier_runs(network, feed):
    network.simulate(100)
    feed.drain()

    assert feed.earlier.text is None
    assert not any(name.startswith("earlier") for name in feed.columns(0, 10))


def test_branch_follows_a_window_of_another_length(network, feed):
    network.simulate(400)
    feed.drain()
    network.go_back(200)
    network.simulate(100)
    feed.drain()

    feed.show(100.0)

    first, last = feed.oldest, feed.newest
    columns = feed.columns(first, last)
    # Nothing was changed, so both runs are the same.
    np.testing.assert_array_equal(columns["earlier_sums"][:-1], columns["sums"][:-1])
    np.testing.assert_array_equal(columns["earlier_traces"][:-1], columns["traces"][:-1])


def test_points_are_the_spikes_of_a_part_of_the_raster(network, feed):
    network.simulate(300)
    feed.drain()

    count, arrays = feed.points(100.05, 200.0, (10.0, 20.0), 20_000)

    spikes = network.spikes["cells"]
    time, neuron = spikes["time"].to_numpy(), spikes["neuron"].to_numpy()
    shown = (time > 100.05) & (time < 199.99) & (neuron >= 10) & (neuron < 20)
    assert count == shown.sum() > 20
    np.testing.assert_allclose(arrays["times"], time[shown])
    np.testing.assert_array_equal(arrays["neurons"], neuron[shown])
    np.testing.assert_allclose(arrays["rows"], neuron[shown] + 0.5)


def test_too_many_points_are_counted_but_not_given(network, feed):
    network.simulate(300)
    feed.drain()

    count, arrays = feed.points(0.0, 300.0, (0.0, 30.0), 100)

    assert count == len(network.spikes["cells"])
    assert arrays == {}


def test_files_hold_the_earlier_run_beside_the_new_one(network, feed):
    network.simulate(400)
    feed.drain()
    before = feed.content()
    network.go_back(200)
    network.populations["cells"].I = 40.0
    network.simulate(200)
    feed.drain()

    rates, traces = (table_of(feed, figure) for figure in ("rates", "traces"))

    later = rates["time_ms"] > 201.3
    known = before.column_times > 201.3
    np.testing.assert_allclose(rates["cells, earlier run (Hz)"][later], before.rates[known, 0])
    assert np.isnan(rates["cells, earlier run (Hz)"][rates["time_ms"] < 198.6]).all()
    times, values = before.samples[0]
    left = traces[traces["run"] == "earlier run"]
    one = left[left["neuron"] == feed.picture.traces[0].neuron]
    np.testing.assert_allclose(one["time_ms"], times[times > 200.05])
    np.testing.assert_allclose(one["value"], values[times > 200.05])
    assert len(traces[traces["run"] == "now"]) == len(feed.picture.traces) * 4000
    page = file_of(feed.content(), "rates", "html")
    assert page is not None
    assert b"cells, earlier run" in page.data
    assert b"rates, earlier run (now cells.I = 40)" in page.data


def test_files_without_an_earlier_run_say_nothing_of_one(network, feed):
    network.simulate(100)
    feed.drain()

    assert list(table_of(feed, "rates")) == ["time_ms", "cells (Hz)"]
    assert "run" not in table_of(feed, "traces")


@pytest.mark.parametrize("from_file", [True, False], ids=["file", "snapshot"])
def test_state_of_another_past_leaves_no_traces_of_this_one(network, feed, from_file, tmp_path):
    network.populations["cells"].I = 40.0
    network.simulate(300)
    saved = network.snapshot()
    network.store(tmp_path / "state.npz")
    network.reset()
    network.populations["cells"].I = 5.0
    network.simulate(400)
    feed.pin([("cells", "v", 3)])
    network.simulate(100)
    feed.drain()
    assert np.nanmax(feed.columns(0, feed.newest)["traces"]) < 5.5

    network.load(tmp_path / "state.npz") if from_file else network.restore(saved)
    shown_anew = feed.drain()

    columns = feed.columns(0, feed.newest)
    assert shown_anew
    assert feed.end == saved.step
    assert np.isnan(columns["traces"]).all()  # the dashboard followed none of them then
    assert (columns["sums"].sum() > 100) == (not from_file)  # spikes are of the snapshot
    assert len(feed.samples(("cells", "v", 3))[0]) == 0
    network.simulate(50)
    feed.drain()
    steps, values = feed.samples(("cells", "v", 3))
    assert (steps[0], len(steps)) == (saved.step, 500)
    assert values.max() > 10


def test_state_of_the_same_past_keeps_its_traces(network, feed):
    network.simulate(300)
    saved = network.snapshot()
    network.simulate(100)
    feed.drain()
    before = feed.columns(0, 229)["traces"]  # columns of 1.3 ms

    network.restore(saved)
    feed.drain()

    np.testing.assert_array_equal(feed.columns(0, 229)["traces"], before)
    assert np.isfinite(before).all()


def table_of(feed: Feed, figure: str) -> pd.DataFrame:
    file = file_of(feed.content(), figure, "csv")
    assert file is not None
    return pd.read_csv(io.BytesIO(file.data))


def test_stored_state_of_a_later_time_is_shown_with_the_spikes_until_it(network, feed):
    network.simulate(900)
    saved = network.snapshot()
    recorded = network.spikes["cells"]
    network.reset()
    network.simulate(100)
    feed.drain()

    network.restore(saved)
    shown_anew = feed.drain()

    drawn = feed.columns(feed.oldest, feed.newest)["sums"].sum()
    assert shown_anew
    assert feed.end == saved.step
    assert drawn == (recorded["time"] > (feed.start - 0.5) * network.dt).sum() > 100
