"""Sweeps: every run begins alike, what was found are plain arrays, and nothing done is lost."""

import threading
from typing import Any

import numpy as np
import pytest
from models import LIF

from snnlab import (
    FixedProbability,
    Network,
    NetworkError,
    Neuron,
    Normal,
    PoissonInput,
    SimulationError,
    sweep,
)
from snnlab.network import presentation
from snnlab.plots.sweeps import sweep_figure, sweep_figures
from snnlab.widgets.progress import Runs
from snnlab.wiring import connect_layers

NEURON = Neuron.from_cell(LIF, "LIF")
GROWING = "I = 1 [0, 1000]\ntau = 1 ms\ntau * dv/dt = I * v * v : init = 1\nspike: v > 1e300"

WILD = """
tau = 20
tau * dv/dt = 14 - v + 20 * xi + g_exc
tau * dg_exc/dt = -g_exc
spike: v > 15
reset: v = 0
"""


def lif(n: int = 20, target: Any = "c", seed: int = 1, **parameters: float) -> Network:
    net = Network(dt=0.1, seed=seed, threads=1, target=target)
    cells = net.add(n, NEURON, name="E")
    for name, value in parameters.items():
        setattr(cells, name, value)
    return net


def noisy(target: Any = "c") -> Network:
    """Every kind of random number that is drawn while a network runs, but those of structure."""
    net = lif(20, target)
    wild = net.add(20, Neuron.from_cell(WILD, "Wild"), name="wild")
    source = net.add(10, PoissonInput(100.0), name="source")
    net.connect(source, wild, "exc", FixedProbability(0.5), weight=Normal(1, 0.1))
    net.drive(net.populations["E"], "exc", rate=2000, weight=0.5)
    return net


def test_rates_follow_the_curve_of_the_neuron():
    currents = [10, 21, 30, 60]

    found = sweep(lif(1, E_L=-70), {"E.I": currents}, duration=2000)

    above = np.array(currents[1:])
    theory = 1000 / (5 + 20 * np.log((above - 12) / (above - 20)))
    assert found["E"][0] == 0
    slower = theory**2 * 1e-4 + 0.5  # intervals are up to dt longer; one spike in two seconds
    assert (abs(theory - found["E"][1:]) < slower).all()


def test_each_run_is_what_it_would_be_alone():
    net = noisy()
    net.simulate(50)
    times = {}
    for current in (10.0, 25.0):
        alone = noisy()
        alone.simulate(50)
        alone.populations["E"].I = current
        alone.simulate(100)
        spikes = alone.spikes["E"]
        times[current] = spikes["time"][spikes["time"] >= 50].to_numpy()

    found = sweep(net, {"E.I": [10.0, 25.0]}, lambda net: net.spikes["E"], duration=100)

    for run in found.runs:
        np.testing.assert_array_equal(
            run.measured["value"]["time"].to_numpy(), times[run.point["E.I"]]
        )


def test_network_is_afterwards_what_it_was():
    net, untouched = noisy(), noisy()
    for one in (net, untouched):
        one.simulate(50)
        one.populations["E"].I = 22

    sweep(net, {"E.I": [0, 30], "source->wild exc.weight": [0.5, 2]}, duration=20, repeats=2)
    for one in (net, untouched):
        one.simulate(50)

    assert net.time == 100
    assert net.populations["E"].I == 22
    assert net.log.code() == untouched.log.code()
    for name in ("E", "wild", "source"):
        assert net.spikes[name].equals(untouched.spikes[name])


@pytest.mark.parametrize("target", ["c", "numpy"])
def test_repeats_differ_in_what_is_drawn_and_come_again(target):
    def spikes(net: Network) -> dict[str, int]:
        return {name: hash(tuple(found["time"])) for name, found in net.spikes.items()}

    first = sweep(noisy(target), {"E.I": [20, 25]}, spikes, duration=30, repeats=3)
    again = sweep(noisy(target), {"E.I": [25]}, spikes, duration=30, seed=first.runs[3].seed)

    assert first["E"].shape == (2, 3)
    for name in ("E", "wild", "source"):
        assert len(set(first[name][1])) == 3
        assert again[name][0] == first[name][1, 1]


def test_repeats_keep_the_synapses():
    def weights(net: Network) -> np.ndarray:
        return net.projections["source->wild exc"].w

    found = sweep(noisy(), {"E.I": [20]}, weights, duration=1, repeats=2)

    assert found["value"].shape == (1, 2, found["value"].shape[-1])
    np.testing.assert_array_equal(found["value"][0, 0], found["value"][0, 1])


def test_function_makes_a_network_for_each_point():
    def build(n: int, kind: str, seed: int) -> Network:
        net = lif(n, seed=seed)
        assert kind in ("a", "b")
        return net

    def size(net: Network) -> int:
        return net.populations["E"].size

    found = sweep(build, {"n": [1, 2, 3], "kind": ["a", "b"]}, size, repeats=2, seed=5)

    assert found.shape == (3, 2, 2)
    np.testing.assert_array_equal(found.values, np.broadcast_to([[[1]], [[2]], [[3]]], (3, 2, 2)))
    assert {run.seed for run in found.runs[:6]} == {5}
    assert len({run.seed for run in found.runs}) == 2


def test_parameters_move_together():
    found = sweep(lif(2), {("E.I", "E.tau"): [20, 30], "E.V_r": [-60, -58]}, duration=20)

    assert found.shape == (2, 2)
    assert [run.point for run in found.runs][2] == {"E.I": 30, "E.tau": 30, "E.V_r": -60}
    assert list(found.parameters) == ["E.I, E.tau", "E.V_r"]
    assert found.figure().xaxis[0].axis_label == "E.I, E.tau (mV)"
    assert found.to_dict()["E.tau"].tolist() == [20, 20, 30, 30]


def test_list_of_points_and_several_measures_make_columns():
    measures = {"n": lambda net: len(net.spikes["E"]), "v": lambda net: net.populations["E"].v}
    points = [{"E.I": 0.0, "E.tau": 20.0}, {"E.I": 40.0, "E.tau": 10.0}]

    found = sweep(lif(3), points, measures, duration=50, settle=20)

    columns = found.to_dict()
    assert list(columns) == ["E.I", "E.tau", "seed", "n", "v"]
    assert columns["E.tau"].tolist() == [20, 10]
    assert columns["n"][0] == 0 < columns["n"][1]
    assert columns["v"].shape == (2, 3)
    assert found["v"].shape == (2, 3)
    assert repr(found) == "Sweep over 2 points of E.I, E.tau: 2 runs, measured n, v"


def test_settling_is_not_measured():
    def window(net: Network) -> list[float]:
        times = net.spikes["E"]["time"]
        return [net.time, times.min() >= 100, len(net.traces["E"]["v"])]

    net = lif(1, I=40)
    net.record(net.populations["E"], "v")

    found = sweep(net, {"E.I": [40]}, window, duration=50, settle=100)

    assert found["value"].tolist() == [[150, 1, 500]]


def test_interrupted_sweep_keeps_what_was_done():
    def measure(net: Network) -> float:
        if net.populations["E"].I > 25:
            raise KeyboardInterrupt
        return float(net.populations["E"].I)

    net = lif(1, I=3)
    with pytest.warns(UserWarning, match="sweep: stopped") as told:
        found = sweep(net, {"E.I": [10, 20, 30, 40]}, measure, duration=1)

    assert [str(one.message) for one in told] == [
        "sweep: stopped at E.I = 30, after 2 of 4 runs; they are kept."
    ]
    np.testing.assert_array_equal(found.values, [10, 20, np.nan, np.nan])
    assert not found.complete
    assert repr(found) == "Sweep over E.I (4): 2 of 4 runs, measured value"
    assert (net.populations["E"].I, net.time) == (3, 0)


def test_pause_of_a_dashboard_ends_a_sweep():
    net = lif(1)

    def pause_in_the_midst(net: Network) -> float:
        def pause() -> None:
            if net.running:  # as the next run begins
                net.pause()

        net.changed.connect(pause)
        return 1.0

    with pytest.warns(UserWarning, match="after 1 of 3 runs"):
        found = sweep(net, {"E.I": [10, 20, 30]}, pause_in_the_midst, duration=1000)

    assert len(found.runs) == 1


def test_pause_of_another_thread_between_two_runs_ends_a_sweep():
    net = lif(1)

    def pause_after_the_first(net: Network) -> float:
        if net.populations["E"].I == 20:
            button = threading.Thread(target=net.pause)
            button.start()
            button.join()
        net.pause()  # of the measure itself
        return 1.0

    with pytest.warns(UserWarning, match="stopped at E.I = 20, after 1 of 3 runs"):
        found = sweep(net, {"E.I": [10, 20, 30]}, pause_after_the_first, duration=1)

    assert len(found.runs) == 1
    assert sweep(net, {"E.I": [10, 20, 30]}, duration=1).complete


def test_failed_runs_are_told_or_passed_over():
    net = Network(dt=0.1, seed=1)
    net.add(1, Neuron.from_cell(GROWING, "Growing"), name="E")
    values = {"E.I": [0.0, 1000.0]}

    with pytest.raises(SimulationError) as raised:
        sweep(net, values, lambda net: net.populations["E"].v[0], duration=10)
    found = sweep(net, values, lambda net: net.populations["E"].v[0], duration=10, skip_failed=True)

    assert str(raised.value).startswith("sweep at E.I = 1000: Population 'E'")
    np.testing.assert_array_equal(found.values, [1, np.nan])
    assert [run.error for run in found.failed] == [str(raised.value)]
    assert net.error is None


def test_errors_of_a_measure_name_the_point():
    with pytest.raises(ZeroDivisionError) as raised:
        sweep(lif(1), {"E.I": [2]}, lambda net: 1 / 0, duration=1)

    assert raised.value.__notes__ == ["sweep at E.I = 2."]


def test_parameters_that_only_fit_together_are_set_in_an_order_that_works():
    """On the way from one point to the next the equation has no value."""
    net = Network(dt=1.0, seed=1)
    text = "a = 1\nb = 5\nr = 0 * r + t + 1 / (a - b)\n"
    net.add(1, Neuron.from_cell(text, "N"), name="P")

    result = sweep(
        net,
        [{"P.a": 5, "P.b": 10}, {"P.a": 10, "P.b": 5}],
        lambda net: float(net.populations["P"].r[0]),
        duration=1,
    )

    assert [run.measured for run in result.runs] == [{"value": -0.2}, {"value": 0.2}]
    with pytest.raises(NetworkError) as error:
        sweep(net, [{"P.a": 5, "P.b": 5}], lambda net: 0.0, duration=1)
    assert str(error.value) == (
        "sweep at P.a = 5, P.b = 5: Population 'P': a = 5 leaves '1/(a - b)' in the equation of r "
        "without a finite value; give another number."
    )


def two_of_a_name() -> Network:
    net = lif(1)
    net.connect(net.populations["E"], net.populations["E"], "exc", weight=1.0, name="E")
    return net


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            (lif(1), {"E.It": [1]}),
            "sweep: the network has no parameter 'E.It'; did you mean 'E.I'?",
        ),
        (
            (lif(1), {"E.I": [1, "a"]}),
            "sweep at E.I = a: 'E.I' = 'a' is no number; give a number.",
        ),
        (
            (lif(1), {"E.tau": [20, -1]}),
            "sweep at E.tau = -1: Population 'E': tau = -1 ms makes the decay of v a growth "
            "without bound; give a number above 0.",
        ),
        (
            (lif(1), {"E.I": 3}),
            "sweep: 'E.I' has the value 3; give a list of values, [3].",
        ),
        ((lif(1), {1: [2]}), "sweep: 1 is no name; write for example 'E.I'."),
        (
            (lif(1), {("E.I", "E.tau"): [2], "E.I": [2]}),
            "sweep: 'E.I' is varied twice; name it once.",
        ),
        ((lif(1), {"E.I": []}), "sweep: 'E.I' has no values; give at least one."),
        (
            (lif(1), {}),
            "sweep: no parameter is varied; give a dictionary such as {'E.I': [0, 10, 20]}.",
        ),
        (
            (lif(1), "E.I"),
            "sweep: values = 'E.I' name no points; give a dictionary such as "
            "{'E.I': [0, 10, 20]}, or a list of dictionaries.",
        ),
        (
            (lif(1), [{"E.I": 1}, {"E.tau": 1}]),
            "sweep: point 1 names 'E.tau', and the first one 'E.I'; give every point the same "
            "parameters.",
        ),
        (
            (lif(1), [3]),
            "sweep: 1 points were given, and each has to be a dictionary; write for example "
            "[{'E.I': 10}, {'E.I': 20}].",
        ),
        (
            (3, {"E.I": [1]}),
            "sweep: 3 is neither a network nor a function that makes one; give a Network.",
        ),
        (
            (lambda n: lif(n), {"m": [1]}),
            "sweep: the function '<lambda>' takes no 'm'; it has n.",
        ),
        (
            (lambda n: n, {"n": [1]}),
            "sweep at n = 1: the function returned 1; let it return a Network.",
        ),
        (
            (lif(1), {"E.I": [1]}, 3),
            "sweep: measure = 3 is no function; write for example "
            "measure=lambda net: len(net.spikes['E']).",
        ),
        (
            (two_of_a_name(), {"E.I": [1], "E.weight": [1]}),
            "",
        ),
    ],
)
def test_what_makes_no_sweep_is_refused(arguments, message):
    if not message:  # a population and a projection of one name share no parameter here
        assert sweep(*arguments, duration=1).complete
        return
    with pytest.raises((NetworkError, SimulationError)) as raised:
        sweep(*arguments, duration=1)

    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"duration": -1}, "sweep: duration = -1 ms; give a time from 0 ms on."),
        ({"settle": "a"}, "sweep: settle = 'a' ms; give a time from 0 ms on."),
        ({"repeats": 0}, "sweep: repeats = 0; give a whole number from 1 on."),
        ({"seed": -1}, "sweep: seed = -1; give a whole number from 0 on."),
        (
            {},
            "sweep: nothing is run and nothing is measured; give duration=1000, or a measure "
            "that runs the network.",
        ),
    ],
)
def test_options_that_make_no_sense_are_refused(options, message):
    with pytest.raises(SimulationError) as raised:
        sweep(lif(1), {"E.I": [1]}, **options)

    assert str(raised.value) == message


def test_repeats_of_a_function_need_a_seed():
    with pytest.raises(SimulationError) as raised:
        sweep(lambda n: lif(n), {"n": [1]}, duration=1, repeats=2)

    assert str(raised.value) == (
        "sweep: the function takes no seed, so that all repeats would be alike; write "
        "def build(..., seed) and give it to Network(seed=seed)."
    )


def test_recordings_on_disk_are_not_overwritten(tmp_path):
    net = lif(1)
    net.record(net.populations["E"], "v", to=tmp_path / "kept.zarr")

    with pytest.raises(NetworkError) as raised:
        sweep(net, {"E.I": [1]}, duration=1)

    assert str(raised.value) == (
        f"sweep: the network writes its recordings to {str(tmp_path / 'kept.zarr')!r}, which "
        f"holds one run; call net.close() first."
    )


def test_values_that_make_no_array_are_left_in_the_runs():
    found = sweep(
        lif(1), {"E.I": [0, 40]}, lambda net: net.spikes["E"].time.to_numpy(), duration=50
    )

    with pytest.raises(SimulationError) as raised:
        _ = found.values

    n = len(found.runs[1].measured["value"])
    assert n > 0
    assert str(raised.value) == (
        f"Sweep: 'value' has shape ({n},) at E.I = 40 and (0,) at E.I = 0; measure arrays of one "
        f"shape, or take each from sweep.runs."
    )


def test_values_may_be_drawn_from_distributions():
    found = sweep(
        lif(50),
        {"E.I": [25.0, Normal(25, 5)]},
        lambda net: np.std(net.populations["E"].I),
        duration=1,
    )

    assert found["value"][0] == 0
    assert 3 < found["value"][1] < 7


def test_inner_bars_are_part_of_the_one_of_the_sweep():
    told = []

    class Told:
        def __init__(self, n_runs: int) -> None:
            told.append(n_runs)

        def begin(self, done: int, text: str) -> None:
            told.append((done, text))

        def within(self, part: float) -> None:
            assert 0 <= part <= 1

        def doing(self, text: str) -> None:
            told.append(text)

        def close(self) -> None:
            told.append("closed")

    def others(*_: object) -> Any:
        raise AssertionError("a bar beside that of the sweep")

    net = lif(1)
    presentation.set_runs(Told)
    presentation.set_reporter(others)
    presentation.set_worker(others)
    try:
        sweep(net, {"E.I": [0, 1]}, duration=10)
    finally:
        connect_layers()

    assert told == [
        2,
        "compiling E",
        "putting the parts together",
        "",
        (0, "E.I = 0"),
        (1, "E.I = 1"),
        (2, ""),
        "closed",
    ]


class Paper:
    """A surface that remembers its last line."""

    def draw(self, part: float, text: str) -> None:
        self.last = (part, text)

    finish = draw


def test_bar_of_a_sweep_says_where_it_is_and_when_it_will_end():
    now, paper = [0.0], Paper()
    bar = Runs(10, paper, lambda: now[0])
    bar.begin(2, "E.I = 3")
    bar.within(0.5)
    bar.doing("compiling E")

    assert bar._line(5.0) == "run 3 of 10, E.I = 3, compiling E; 15 s left"
    assert bar._last_line(5.0) == (0.2, "stopped after 2 of 10 runs, 5.0 s")
    bar.begin(10, "")
    assert bar._last_line(20.0) == (1.0, "10 runs, 20 s")
    bar.close()


def test_curve_has_the_mean_and_the_spread_of_the_repeats():
    found = sweep(noisy(), {"E.I": [30, 20, 25]}, duration=50, repeats=3)

    plot = sweep_figure(found)
    renderers: list[Any] = list(plot.renderers)
    data = [r.data_source.data for r in renderers if "sd" in r.data_source.data]

    rates = found["E"][[1, 2, 0]]
    assert data[0]["x"].tolist() == [20, 25, 30]
    np.testing.assert_allclose(data[0]["y"], rates.mean(axis=1))
    np.testing.assert_allclose(data[0]["sd"], rates.std(axis=1, ddof=1))
    assert plot.xaxis[0].axis_label == "E.I (mV)"
    assert plot.yaxis[0].axis_label == "rate (Hz)"


def test_two_parameters_make_a_map():
    found = sweep(lif(2), {"E.I": [20, 30, 50], "E.tau": [10, 20]}, duration=100)

    plot = found.figure()

    (cells,) = plot.renderers
    data = cells.data_source.data
    assert data["left"].tolist() == [15, 15, 25, 25, 40, 40]
    assert data["right"].tolist() == [25, 25, 40, 40, 60, 60]
    np.testing.assert_array_equal(data["value"], found["E"].ravel())


def test_cell_shows_a_map_of_each_measure_over_the_same_axes():
    found = sweep(
        lif(2),
        {"E.I": [20, 30, 50], "E.tau": [10, 20]},
        lambda net: {"a": net.time, "many": [1, 2], "b": 2 * net.time, "c": 0},
        duration=1,
    )

    shown: Any = sweep_figures(found)

    assert [plot.above[-1].text for plot in shown.children] == ["a", "b", "c"]
    assert len({(plot.x_range, plot.y_range) for plot in shown.children}) == 1


@pytest.mark.parametrize(
    ("values", "measure", "message"),
    [
        (
            {"E.I": [Normal(1, 1), 2.0]},
            lambda net: 1,
            "Sweep: the values of 'E.I' are no numbers, so they have no axis; take what was "
            "measured, as sweep[...], and draw it.",
        ),
        (
            {"E.I": [1], "E.tau": [10], "E.V_th": [-50]},
            lambda net: 1,
            "Sweep: 3 parameters cannot be drawn; take the values of one or two, as sweep[...], "
            "and draw them.",
        ),
        (
            {"E.I": [1]},
            lambda net: [1, 2],
            "Sweep: 'value' is no number at each point but an array of shape (2,); measure one "
            "number, or draw sweep['value'].",
        ),
    ],
)
def test_what_cannot_be_drawn_says_so(values, measure, message):
    found = sweep(lif(1), values, measure, duration=1)

    with pytest.raises(SimulationError) as raised:
        found.figure()

    assert str(raised.value) == message


def test_table_escapes_what_was_named():
    def build(n: str) -> Network:
        return lif(1)

    found = sweep(build, {"n": ["<b>"]}, lambda net: {"<i>": 1})

    assert found._repr_html_() == (
        "<p>Sweep over n (1): 1 runs, measured &lt;i&gt;</p><table><thead><tr><th>n</th>"
        "<th>&lt;i&gt;</th></tr></thead><tbody><tr><td>&lt;b&gt;</td><td>1</td></tr></tbody></table>"
    )
