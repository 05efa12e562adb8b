"""From a network's streams to the columns of a window."""

import io
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from fakes import FakeHandle, FakeNetwork, FakeNeuron, FakePopulation

from snnlab.plots.frames import History
from snnlab.plots.palette import COLD, WARM
from snnlab.recording.streams import SpikeStream
from snnlab.widgets import assets
from snnlab.widgets.export import SMOOTHING, file_of, running_mean
from snnlab.widgets.feed import Feed, _Source, _taken, picture_of


def listening(network: FakeNetwork, duration: float = 100.0) -> Feed:
    feed = Feed(network, picture_of(network), duration)
    feed.listen()
    return feed


def test_picture_shows_every_population_and_colours_the_inhibitory_one_warm():
    picture = picture_of(FakeNetwork({"E": 80, "I": 20}))

    assert [band.population for band in picture.bands] == ["E", "I"]
    assert picture.band_colours == (COLD[0], WARM[0])
    assert [trace.label for trace in picture.traces] == ["E[0]", "I[0]"]


def test_feed_loses_no_spike():
    network = FakeNetwork({"E": 80, "I": 20})
    feed = listening(network)
    reader = network.stream_spikes(network.populations["E"])

    for _ in range(20):
        network.advance(37)
        feed.drain()

    arrays = feed.columns(feed.oldest, feed.newest)
    steps, _ = reader.take()
    shown = steps >= feed.oldest * feed.window.column_steps
    assert shown.sum() > 100
    assert arrays["sums"][:, 0].sum() == shown.sum()
    assert arrays["raster"][:, :80].sum() == shown.sum()


def test_feed_shows_time_passing_without_spikes():
    network = FakeNetwork({"E": 10})
    network.handle("E", "rate").value = 0.0
    feed = listening(network)

    network.advance(500)
    feed.drain()

    assert feed.newest == 499 // feed.window.column_steps
    assert feed.columns(0, feed.newest)["raster"].sum() == 0


def test_feed_starts_anew_after_a_reset():
    network = FakeNetwork({"E": 10})
    feed = listening(network)
    network.advance(1000)
    feed.drain()

    network.reset()
    network.advance(10)
    restarted = feed.drain()

    assert restarted
    assert feed.oldest == 0
    assert feed.newest == 9 // feed.window.column_steps


def test_feed_keeps_what_was_before_the_time_it_went_back_to():
    network = FakeNetwork({"E": 50})
    feed = listening(network)
    network.advance(700)
    feed.drain()
    network.advance(300)
    feed.drain()
    before = feed.content()

    network.step_index = 450  # a snapshot; from there it is computed again
    network.advance(150)
    went_back = feed.drain()
    after = feed.content()

    assert went_back
    assert feed.newest == 599 // feed.window.column_steps
    for old, new in ((before.spikes[0], after.spikes[0]), (before.samples[0], after.samples[0])):
        past = old[0] < 44.9
        assert past.sum() > 5
        assert np.array_equal(new[0][: past.sum()], old[0][past])
        assert np.array_equal(new[1][: past.sum()], old[1][past])
        assert new[0][-1] <= 60.0
        assert (np.diff(new[0]) >= 0).all()


def test_feed_redraws_another_window_from_its_history():
    network = FakeNetwork({"E": 50})
    feed = listening(network, duration=50.0)
    reader = network.stream_spikes(network.populations["E"])
    for _ in range(10):
        network.advance(200)
        feed.drain()

    feed.show(200.0)

    steps, _ = reader.take()
    arrays = feed.columns(feed.oldest, feed.newest)
    assert feed.window.duration == pytest.approx(200.0)
    assert arrays["sums"].sum() == (steps >= feed.oldest * feed.window.column_steps).sum()
    assert np.isfinite(arrays["traces"]).all()


def test_feed_of_a_network_that_has_run_shows_its_last_spikes():
    network = FakeNetwork({"E": 50, "I": 10})
    network.advance(3000)

    feed = listening(network, duration=100.0)
    network.advance(20)
    feed.drain()

    arrays = feed.columns(feed.oldest, feed.newest)
    start = feed.oldest * feed.window.column_steps * network.dt
    assert feed.newest == 3019 // feed.window.column_steps
    assert arrays["sums"].sum(axis=0).tolist() == [
        (network.spikes[name]["time"] > start - network.dt / 2).sum() for name in ("E", "I")
    ]
    assert arrays["sums"].sum() > 100


@pytest.mark.parametrize("before", [0, 100])
def test_spike_that_is_in_the_record_and_in_the_stream_is_drawn_once(before):
    network = FakeNetwork({"E": 50})
    network.advance(before)
    streams = network.stream_spikes

    def stream_late(population):
        stream = streams(population)
        network.advance(100)  # between the opening of the stream and the look at the record
        return stream

    network.stream_spikes = stream_late
    feed = listening(network, duration=100.0)
    feed.drain()

    n_drawn = feed.columns(feed.oldest, feed.newest)["sums"].sum()
    assert n_drawn == len(network.spikes["E"])


def test_network_that_goes_on_while_its_streams_are_taken_is_shown_until_one_step():
    network = FakeNetwork({"E": 50, "I": 10})
    feed = listening(network, duration=20.0)
    feed.pin([("E", "w", 3)])
    network.advance(500)
    _, stream = network._spike_streams[0]
    take = stream.take_pieces

    def take_slowly(end=None):
        network.advance(1000)  # five windows
        return take(end)

    stream.take_pieces = take_slowly
    feed.drain()

    content = feed.content()
    steps = feed.samples(("E", "w", 3))[0]
    assert (feed.start, feed.end) == (300, 500)
    assert [len(times) for times, _ in content.samples] == [200, 200]
    assert max(times.max() for times, _ in content.spikes) < 500 * network.dt
    assert steps[-1] == 499
    assert np.isfinite(feed.columns(feed.oldest, feed.newest)["traces"]).all()

    stream.take_pieces = take
    feed.drain()

    assert (feed.start, feed.end) == (1300, 1500)
    assert [len(times) for times, _ in feed.content().samples] == [200, 200]
    assert feed.samples(("E", "w", 3))[0].tolist() == list(range(500, 1500))


def test_state_that_is_put_back_is_shown_with_its_recorded_spikes():
    network = FakeNetwork({"E": 50})
    network.advance(1000)
    recorded, kept = network._recorded, network.step_index
    network._recorded = {"E": []}
    network.advance(300)
    network._recorded = {"E": []}  # another run, of which the recordings were cleared
    feed = listening(network, duration=200.0)
    feed.drain()
    assert feed.columns(0, feed.newest)["sums"].sum() == 0

    network._recorded, network.step_index = recorded, kept
    network.n_moves += 1
    anew = feed.drain()

    assert anew
    assert feed.end == kept
    assert feed.columns(0, feed.newest)["sums"].sum() == len(network.spikes["E"]) > 50
    network.advance(10)
    assert not feed.drain()
    drawn = feed.columns(feed.oldest, feed.newest)["sums"].sum()
    start = feed.start * network.dt
    assert drawn == (network.spikes["E"]["time"] > start - network.dt / 2).sum()


def test_feed_marks_the_spikes_of_the_traced_neuron():
    network = FakeNetwork({"E": 3})
    network.handle("E", "rate").value = 80.0
    feed = listening(network, duration=1000.0)
    reader = network.stream_spikes(network.populations["E"])
    network.advance(5000)
    feed.drain()

    arrays = feed.columns(0, feed.newest)

    steps, neurons = reader.take()
    assert (neurons == 0).sum() > 5
    assert arrays["spike_step"].tolist() == steps[neurons == 0].tolist()
    assert set(arrays["spike_trace"].tolist()) == {0}


def test_feed_gives_the_streams_back():
    network = FakeNetwork({"E": 3})
    feed = listening(network)

    feed.release()

    assert not feed.open
    assert all(stream.closed for _, stream in network._spike_streams)


def test_trace_added_later_leaves_the_others_as_they_are():
    network = FakeNetwork({"E": 80, "I": 20})
    feed = listening(network)
    network.advance(600)
    feed.drain()
    before = feed.columns(feed.oldest, feed.newest)

    feed.change(picture_of(network, [("I", "v", 0), ("E", "v", 0), ("E", "v", 17)]))
    after = feed.columns(feed.oldest, feed.newest)
    network.advance(600)
    feed.drain()
    later = feed.columns(feed.newest - 100, feed.newest)

    np.testing.assert_array_equal(after["raster"], before["raster"])
    np.testing.assert_array_equal(after["traces"][:, :2], before["traces"][:, ::-1])
    assert np.isnan(after["traces"][:, 2]).all()
    assert np.isfinite(later["traces"]).all()


def test_trace_taken_away_gives_its_stream_back():
    network = FakeNetwork({"E": 80, "I": 20})
    feed = listening(network)

    feed.change(picture_of(network, [("E", "v", 0)]))

    closed = {population.name: stream.closed for population, _, stream in network._trace_streams}
    assert closed == {"E": False, "I": True}


def test_population_added_later_is_drawn_with_what_it_did_before():
    network = FakeNetwork({"E": 80})
    feed = listening(network)
    network.populations["I"] = FakePopulation("I", 20)
    network._recorded["I"] = []
    network._handles.append(FakeHandle("I", "rate", 20.0, 0.0, 100.0, "Hz"))
    network.advance(500)
    feed.drain()

    feed.change(picture_of(network))
    feed.drain()

    sums = feed.columns(feed.oldest, feed.newest)["sums"]
    assert sums.sum(axis=0).tolist() == [len(network.spikes["E"]), len(network.spikes["I"])]
    assert sums[:, 1].sum() > 0


def test_tables_hold_what_lies_in_the_window():
    network = FakeNetwork({"E": 80, "I": 20})
    feed = listening(network, duration=20.0)
    network.advance(1000)
    feed.drain()

    tables = {}
    for figure in ("raster", "traces", "rates"):
        file = file_of(feed.content(), figure, "csv")
        assert file is not None
        tables[figure] = pd.read_csv(io.BytesIO(file.data))

    spikes = network.spikes["E"]
    shown = spikes[spikes["time"] > 79.95]
    raster = tables["raster"][tables["raster"]["population"] == "E"]
    assert raster["neuron"].tolist() == shown["neuron"].tolist()
    np.testing.assert_allclose(raster["time_ms"], shown["time"])
    assert len(tables["traces"]) == 2 * 200
    assert np.max(tables["traces"]["time_ms"]) == pytest.approx(100.0)
    assert np.mean(tables["rates"]["E (Hz)"]) == pytest.approx(len(shown) / 80 / 0.02, rel=0.02)


@pytest.mark.parametrize("kind", ["page", "population", "other state"])
def test_spikes_made_while_a_page_recalls_are_drawn_once_and_in_their_time(kind, monkeypatch):
    network = FakeNetwork({"E": 80, "I": 20})
    feed = Feed(network, picture_of(network), 20.0)
    only_e = replace(feed.picture, bands=feed.picture.bands[:1], traces=feed.picture.traces[:1])
    network.advance(500)
    if kind != "page":
        feed = Feed(network, only_e if kind == "population" else feed.picture, 20.0)
        feed.listen()
    recall = network.latest_spikes

    def recall_late(*args):
        network.advance(1000)  # more than the window
        return recall(*args)

    monkeypatch.setattr(network, "latest_spikes", recall_late)
    match kind:
        case "page":
            feed.listen()
        case "population":
            feed.change(picture_of(network))
        case _:
            network.n_moves += 1
            feed.drain()
    shown = feed.columns(feed.oldest, feed.newest)["raster"]
    monkeypatch.undo()
    feed.drain()

    drawn = feed.columns(feed.oldest, feed.newest)["sums"].sum(axis=0)
    since = feed.start * network.dt - network.dt / 2
    assert len(shown) == feed.window.n_columns
    assert drawn.tolist() == [(network.spikes[name]["time"] > since).sum() for name in ("E", "I")]
    assert drawn.min() > 0


@pytest.mark.parametrize(
    ("first", "times", "means"),
    [
        (0, [1, 2, 3, 5, 15, 16, 17], [2, 5, 6, 9, 0, 0, 3]),
        (100, [103, 105, 117], [6, 9, 3]),
    ],
    ids=["from the beginning", "later"],
)
def test_exported_rates_are_running_means(first, times, means):
    """Columns of 2 ms: three of them are the least that last 5 ms."""
    middles = first + 1 + 2.0 * np.arange(10)
    rates = np.array([2, 8, 8, 11, np.nan, np.nan, np.nan, 0, 0, 9])

    got_times, got_means = running_mean(middles, rates)

    assert got_times.tolist() == times
    assert got_means.tolist() == means


def test_exported_rates_late_in_a_run_are_means_of_as_many_columns():
    middles = (np.arange(90_000, 90_100) + 0.5) * 0.1  # ms

    times, _ = running_mean(middles, np.ones(100))

    assert len(times) == 51  # of 50 columns each


def test_exported_rates_are_averaged_over_as_long_as_on_the_screen():
    painted = re.search(r"const SMOOTHING = (\d+); // ms", assets.javascript("dashboard.js"))

    assert painted is not None
    assert float(painted[1]) == SMOOTHING


def test_tables_are_written_in_plain_numbers_beside_a_silent_population():
    network = FakeNetwork({"E": 80, "I": 20})
    feed = listening(network, duration=20.0)
    network.advance(1000)
    feed.drain()
    content = feed.content()
    times, neurons = np.array([80.30000000000001, 90.1]), np.array([7, 12])
    silent = (np.zeros(0), np.zeros(0))

    file = file_of(replace(content, spikes=[(times, neurons), silent]), "raster", "csv")
    traces = file_of(content, "traces", "csv")

    assert file is not None
    assert file.data.decode() == "time_ms,population,neuron\n80.3,E,7\n90.1,E,12\n"
    assert traces is not None
    written = [line.split(",")[0] for line in traces.data.decode().splitlines()[1:]]
    assert max(map(len, written)) <= len("100.0")


def test_file_of_an_unknown_figure_or_kind_is_none():
    feed = listening(FakeNetwork({"E": 10}))

    assert file_of(feed.content(), "weights", "csv") is None
    assert file_of(feed.content(), "raster", "exe") is None
    page = file_of(feed.content(), "raster", "html")
    assert page is not None
    assert page.mime == "text/html"


def test_picture_is_made_while_a_cell_adds_populations():
    network = FakeNetwork({"E": 10, "I": 5})

    class Growing(FakeNeuron):
        """A neuron whose population gets a neighbour whenever somebody looks."""

        def __getattribute__(self, name: str):
            network.populations[f"P{len(network.populations)}"] = FakePopulation("more", 3)
            return super().__getattribute__(name)

    network.populations["E"].neuron = Growing()
    picture = picture_of(network)

    assert [band.population for band in picture.bands] == ["E", "I"]
    assert len(network.populations) > 2


def test_what_is_left_in_a_stream_from_another_past_is_not_taken():
    stream = SpikeStream(lambda: None)
    for steps in ([500, 501], [300, 400], [400, 401], [402]):
        stream.put(np.array(steps), np.zeros(len(steps), np.int32))

    pieces = _taken(_Source(History(10), stream), 600)

    assert [steps.tolist() for steps, _ in pieces] == [[400, 401, 402]]


@pytest.mark.parametrize(("length", "n_pieces"), [(10, 1), (20_000, 3)])
def test_short_pieces_are_joined_and_long_ones_are_not_copied(length: int, n_pieces: int):
    stream = SpikeStream(lambda: None)
    neurons = np.arange(3 * length, dtype=np.int32)
    for first in range(0, 3 * length, length):
        stream.put(np.arange(first, first + length), neurons[first : first + length])

    pieces = _taken(_Source(History(10), stream), 3 * length)

    assert len(pieces) == n_pieces
    assert np.concatenate([values for _, values in pieces]).tolist() == neurons.tolist()
    assert np.shares_memory(pieces[0][1], neurons) == (n_pieces > 1)
