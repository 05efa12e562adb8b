"""From spikes and samples to the columns of a picture, and into one buffer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from packed import unpacked

from snnlab.plots.frames import (
    MAX_COLUMNS,
    MAX_ROWS,
    Band,
    History,
    RasterColumns,
    TraceColumns,
    Window,
    pack,
    stack_bands,
)


@pytest.mark.parametrize(
    ("sizes", "rows"),
    [
        ({"E": 3, "I": 2}, [(0, 3), (3, 2)]),
        ({"E": 3200, "I": 800}, [(0, 192), (192, 48)]),
        ({"E": 100_000, "I": 10}, [(0, 240), (240, 10)]),
    ],
    ids=["a row each", "shared", "a small one keeps its rows"],
)
def test_bands_share_the_rows_by_size(sizes, rows):
    bands = stack_bands(sizes)

    assert [(band.first_row, band.n_rows) for band in bands] == rows


def test_window_has_whole_steps_in_a_column():
    window = Window.of(1000.0, 0.1)

    assert (window.column_steps, window.n_columns) == (25, MAX_COLUMNS)
    assert window.duration == pytest.approx(1000.0)


def test_short_window_has_one_step_in_a_column():
    assert Window.of(20.0, 0.1) == Window(1, 200, 0.1)


def test_raster_counts_spikes_by_column_and_row():
    raster = RasterColumns(stack_bands({"E": 4}), Window(10, 5, 0.1))

    raster.add(0, np.array([0, 9, 9, 10, 25]), np.array([1, 1, 3, 0, 2]))

    assert raster.counts.tolist() == [
        [0, 2, 0, 1],
        [1, 0, 0, 0],
        [0, 0, 1, 0],
        [0, 0, 0, 0],
        [0, 0, 0, 0],
    ]
    assert raster.sums[:, 0].tolist() == [3, 1, 1, 0, 0]


def test_raster_forgets_what_leaves_the_window():
    raster = RasterColumns(stack_bands({"E": 2}), Window(1, 3, 1.0))
    raster.add(0, np.array([0, 1, 2]), np.array([0, 0, 0]))

    raster.advance(4)

    assert raster.ring.oldest == 2
    assert raster.counts[raster.ring.slots(2, 4)].tolist() == [[1, 0], [0, 0], [0, 0]]


def test_raster_leaves_out_spikes_older_than_the_window():
    raster = RasterColumns(stack_bands({"E": 2}), Window(1, 3, 1.0))

    raster.add(0, np.array([0, 50, 99, 100]), np.array([0, 0, 0, 1]))

    assert raster.counts.sum() == 2
    assert raster.counts[raster.ring.slots(98, 100)].tolist() == [[0, 0], [1, 0], [0, 1]]


def test_raster_saturates_instead_of_overflowing():
    raster = RasterColumns((Band("E", 1000, 0, 1),), Window(1, 2, 1.0))

    raster.add(0, np.zeros(300, np.int64), np.arange(300))
    raster.add(0, np.zeros(300, np.int64), np.arange(300))

    assert raster.counts[0, 0] == 255
    assert raster.sums[0, 0] == 600


def test_history_of_rare_values_is_not_a_chunk_for_each():
    history = History(1000)

    for step in range(0, 50_000, 10):
        history.append(np.array([step]), np.array([step % 7]))

    (steps, values), *more = history.since(0)
    steps, values = np.r_[steps, *(c[0] for c in more)], np.r_[values, *(c[1] for c in more)]
    assert steps.tolist() == list(range(40_000, 50_000, 10))
    assert values.tolist() == [step % 7 for step in steps]
    assert len(more) < 100


@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 999)), max_size=200),
    st.integers(1, 5),
)
def test_raster_does_not_depend_on_how_spikes_are_cut_into_chunks(spikes, n_chunks):
    spikes = sorted(spikes)
    steps = np.array([step for step, _ in spikes], np.int64)
    neurons = np.array([neuron for _, neuron in spikes], np.int32)
    bands, window = stack_bands({"E": 1000}), Window(7, 20, 0.1)
    whole, cut = RasterColumns(bands, window), RasterColumns(bands, window)

    whole.add(0, steps, neurons)
    for piece in np.array_split(np.arange(len(steps)), n_chunks):
        cut.add(0, steps[piece], neurons[piece])

    assert np.array_equal(whole.counts, cut.counts)
    assert np.array_equal(whole.sums, cut.sums)
    assert whole.counts.shape == (20, MAX_ROWS)


def test_trace_keeps_the_extremes_in_their_order():
    traces = TraceColumns(1, Window(4, 3, 0.1))

    traces.add(0, np.arange(8), np.array([[0.0], [5.0], [-2.0], [1.0], [9.0], [3.0], [4.0], [6.0]]))

    assert traces.pairs(0, 1)[:, 0].tolist() == [[5.0, -2.0], [9.0, 3.0]]


def test_trace_extremes_grow_with_the_column():
    traces = TraceColumns(2, Window(4, 3, 0.1))

    traces.add(0, np.array([0, 1]), np.array([[1.0, -1.0], [2.0, -2.0]]))
    traces.add(0, np.array([2, 3]), np.array([[0.0, 7.0], [1.5, 0.0]]))

    assert traces.pairs(0, 0).tolist() == [[[2.0, 0.0], [-2.0, 7.0]]]


def test_trace_columns_without_samples_are_gaps():
    traces = TraceColumns(1, Window(1, 4, 1.0))
    traces.add(0, np.array([0]), np.array([[1.0]]))

    traces.advance(2)

    assert np.isnan(traces.pairs(1, 2)).all()
    assert traces.pairs(0, 0).tolist() == [[[1.0, 1.0]]]


@given(st.lists(st.floats(-100, 100, width=32), min_size=1, max_size=120), st.integers(1, 6))
def test_trace_does_not_depend_on_how_samples_are_cut_into_chunks(values, n_chunks):
    samples = np.array(values)[:, None]
    steps = np.arange(len(values))
    whole, cut = TraceColumns(1, Window(7, 9, 0.1)), TraceColumns(1, Window(7, 9, 0.1))

    whole.add(0, steps, samples)
    for piece in np.array_split(steps, n_chunks):
        cut.add(0, piece, samples[piece])

    last = (len(values) - 1) // 7
    first = max(0, last - 8)
    assert np.array_equal(whole.pairs(first, last), cut.pairs(first, last))


def test_history_that_takes_many_chunks_keeps_what_it_would_have_kept_of_each():
    chunks = [(np.arange(4 * k, 4 * k + 4), np.arange(4 * k, 4 * k + 4)) for k in range(6)]
    at_once, one_by_one = History(max_values=10), History(max_values=10)

    at_once.extend(chunks[:1])
    at_once.extend(chunks[1:])
    for chunk in chunks:
        one_by_one.append(*chunk)

    kept, expected = (
        np.concatenate([values for _, values in history.since(0)]).tolist()
        for history in (at_once, one_by_one)
    )
    assert kept == expected == list(range(14, 24))
    assert at_once.forgetful


def test_history_is_bounded_and_keeps_the_newest():
    history = History(max_values=10)

    for start in range(0, 40, 4):
        history.append(np.arange(start, start + 4), np.zeros(4))

    assert history.n_values == 10
    assert [int(steps[0]) for steps, _ in history.since(0)] == [30, 32, 36]
    assert [int(steps[0]) for steps, _ in history.since(36)] == [36]


def test_a_short_chunk_does_not_push_out_all_of_a_long_one():
    history = History(max_values=10)

    history.append(np.arange(100), np.arange(100.0)[:, None])
    history.append(np.arange(100, 103), np.arange(100.0, 103.0)[:, None])

    kept = history.since(0)
    assert np.concatenate([steps for steps, _ in kept]).tolist() == list(range(93, 103))
    assert np.concatenate([values[:, 0] for _, values in kept]).tolist() == list(range(93, 103))


def test_pack_aligns_each_array_and_says_where_it_is():
    arrays = {"a": np.array([[201, 200, 3]], np.uint8), "b": np.array([1.5, -2.0], np.float32)}

    layout, buffer = pack(arrays)

    assert layout == [
        {"name": "a", "dtype": "uint8", "offset": 0, "shape": [1, 3]},
        {"name": "b", "dtype": "float32", "offset": 8, "shape": [2]},
    ]
    assert len(buffer) == 16
    assert np.frombuffer(buffer, "<f4", count=2, offset=8).tolist() == [1.5, -2.0]


@pytest.mark.parametrize(
    ("counts", "dtype", "packed"),
    [
        ([], "uint1", b""),
        ([0, 1, 1, 0, 0, 0, 0, 0, 1], "uint1", b"\x06\x01"),
        ([3, 0, 1, 2, 1], "uint2", b"\x93\x01"),
        ([15, 1, 4], "uint4", b"\x1f\x04"),
        ([16, 99], "uint8", b"\x10\x63"),
    ],
    ids=["none", "a bit", "two bits", "four bits", "a byte"],
)
def test_pack_gives_counts_few_bits(counts, dtype, packed):
    layout, buffer = pack({"a": np.array(counts, np.uint8)})

    assert layout == [{"name": "a", "dtype": dtype, "offset": 0, "shape": [len(counts)]}]
    assert buffer.rstrip(b"\0") == packed
    assert len(buffer) % 8 == 0


def test_few_large_counts_have_a_rest():
    counts = np.array([0, 3, 1, 2] * 20, np.uint8)
    counts[[5, 41]] = 9, 4

    layout, buffer = pack({"a": counts})

    rest = {"dtype": "uint4", "offset": 24, "shape": [20]}  # of each that is 3 or more
    assert layout == [{"name": "a", "dtype": "uint2", "offset": 0, "shape": [80], "rest": rest}]
    few = np.frombuffer(buffer, np.uint8, count=20)[:, None] >> np.array([0, 2, 4, 6]) & 3
    assert few.ravel().tolist() == np.minimum(counts, 3).tolist()
    more = np.frombuffer(buffer, np.uint8, count=10, offset=24)[:, None] >> np.array([0, 4]) & 15
    assert more.ravel().tolist() == (counts[counts >= 3] - 3).tolist()


@pytest.mark.parametrize("mean", [0.0, 0.05, 0.9, 3.0, 20.0, 200.0])
def test_packed_counts_need_no_more_than_all_in_one_width(rng, mean):
    counts = np.minimum(rng.poisson(mean, (30, 41)), 255).astype(np.uint8)

    layout, buffer = pack({"a": counts})

    width = next(bits for bits in (1, 2, 4, 8) if counts.max() < 1 << bits)
    assert len(buffer) <= counts.size * width / 8 + 16
    assert unpacked(layout, buffer)["a"].tolist() == counts.tolist()


def test_samples_that_have_left_the_window_are_passed_over():
    columns = TraceColumns(2, Window.of(20.0, 0.1))
    columns.add(0, np.arange(1000, 1010), np.ones((10, 1)))

    columns.add(1, np.arange(10), np.ones((10, 1)))

    newest = columns.pairs(columns.ring.oldest, columns.ring.newest)
    assert np.isnan(newest[:, 1]).all()
    assert (newest[-1, 0] == 1).all()


def test_samples_that_are_no_numbers_are_passed_over_and_infinite_ones_are_kept():
    columns = TraceColumns(1, Window(4, 3, 0.1))
    values = [[np.nan], [2.0], [np.nan], [1.0], [np.nan], [np.inf], [0.0]]

    columns.add(0, np.arange(7), np.array(values))

    assert columns.pairs(0, 1).tolist() == [[[2.0, 1.0]], [[np.inf, 0.0]]]


def test_spike_of_a_neuron_that_the_band_does_not_know_has_no_row():
    columns = RasterColumns([Band("A", 2, 0, 2), Band("B", 2, 2, 2)], Window(1, 4, 0.1))

    columns.add(0, np.array([1]), np.array([2]))

    assert columns.counts.sum() == 0
