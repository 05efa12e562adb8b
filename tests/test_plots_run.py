"""Figures of a recorded run: what was recorded is what is drawn, in bounded size."""

import re
from typing import Any, cast

import numpy as np
import pytest
from bokeh.models import Range1d
from bokeh.plotting import figure
from playwright.sync_api import Browser

from snnlab import (
    FixedProbability,
    Network,
    Neuron,
    PoissonInput,
    SpikeSource,
    Synapse,
    load_recording,
)
from snnlab.errors import NetworkError, SimulationError
from snnlab.plots import run as run_module
from snnlab.plots.run import MOST_LINES, MOST_SAMPLES, thinned

FIRING = """
I = 25 mV
20 ms * dv/dt = -v + I + g_exc
5 ms * dg_exc/dt = -g_exc
spike: v > 20 mV
reset: v = 0 mV
"""
RATES = "10 ms * dr/dt = 1 - r"


def firing_network(n: int = 20, duration: float = 100.0) -> Network:
    net = Network(dt=0.1, seed=1)
    cells = net.add(n, Neuron.from_cell(FIRING, "Firing"), name="cells")
    cells.I = np.linspace(10, 40, n)
    net.record(cells, "v")
    net.simulate(duration)
    return net


def figures(plot: Any) -> dict[str, figure]:
    return {child.name: child for child in plot.layout.children}


def columns(plot: figure, kind: str) -> list[dict[str, np.ndarray]]:
    """Data of the renderers whose glyph is of this kind."""
    found = [one for one in plot.renderers if type(cast(Any, one).glyph).__name__ == kind]
    return [dict(cast(Any, one).data_source.data) for one in found]


def notes(plot: figure) -> list[str]:
    return [cast(Any, one).text for one in plot.below if one.name == "note"]


def test_every_spike_is_a_point_at_its_time_and_neuron():
    net = firing_network()

    (points,) = columns(figures(net.plot())["raster-figure"], "Scatter")

    spikes = net.spikes["cells"]
    assert len(spikes) > 50
    assert points["x"].tolist() == spikes["time"].tolist()
    assert points["neuron"].tolist() == spikes["neuron"].tolist()
    assert points["y"] == pytest.approx(spikes["neuron"].to_numpy() + 0.5)


def test_many_spikes_are_a_density_that_counts_them_all(monkeypatch):
    monkeypatch.setattr(run_module, "MOST_POINTS", 50)
    net = firing_network()

    raster = figures(net.plot())["raster-figure"]

    (image,) = columns(raster, "Image")
    counts = image["image"][0]
    spikes = net.spikes["cells"]
    assert columns(raster, "Scatter") == []
    assert counts.sum() == len(spikes)
    assert counts.sum(axis=1).tolist() == np.bincount(spikes["neuron"], minlength=20).tolist()
    assert notes(figures(net.plot())["traces-figure"]) == [
        f"{len(spikes)} spikes, drawn as their density; "
        f"plot(begin=…, end=…) of a shorter time draws each",
        "cells.v: 4 of 20 recorded neurons drawn; a view, as cells[4:8], draws others",
    ]


def test_rates_are_spikes_a_second_and_neuron():
    net = firing_network(duration=200.0)

    (line,) = columns(figures(net.plot())["rates-figure"], "Line")

    width = np.diff(line["x"])[0]
    counted = line["y"].sum() * 20 * width / 1000
    assert counted == pytest.approx(len(net.spikes["cells"]))
    assert line["x"][0] == pytest.approx(width / 2)


def test_traces_are_the_samples_and_spikes_are_strokes_above_them():
    net = firing_network(n=2)

    plot = figures(net.plot())["traces-figure"]

    lines = columns(plot, "Line")
    trace = net.traces["cells"]
    assert [line["x"].tolist() for line in lines] == [trace.times.tolist()] * 2
    assert lines[1]["y"] == pytest.approx(trace["v"][:, 1], rel=1e-6)
    (strokes,) = columns(plot, "Segment")  # the other neuron is silent
    spikes = net.spikes["cells"]
    assert strokes["x"].tolist() == spikes["time"].tolist()
    assert (strokes["low"] > 19).all()  # from where it stood before the reset
    assert (strokes["high"] > strokes["low"]).all()
    assert plot.yaxis[0].axis_label == "v (mV)"


def test_figures_share_their_time():
    net = firing_network()

    shared = {id(plot.x_range) for plot in figures(net.plot(begin=10, end=60)).values()}
    time = cast(Range1d, net.plot(begin=10, end=60).layout.children[0].x_range)

    assert len(shared) == 1
    assert (time.start, time.end) == (10, 60)


def test_only_what_is_asked_for_is_drawn():
    net = firing_network()
    other = net.add(3, PoissonInput(500.0), name="other")
    net.simulate(50)

    part = figures(net.plot(net.populations["cells"][15:18], begin=20, end=40))
    (points,) = columns(part["raster-figure"], "Scatter")
    (alone,) = columns(figures(net.plot(other))["raster-figure"], "Scatter")

    spikes = net.spikes["cells"]
    chosen = spikes[spikes["neuron"].between(15, 17) & spikes["time"].between(20, 40)]
    assert points["neuron"].tolist() == chosen["neuron"].tolist()
    assert len(columns(part["traces-figure"], "Line")) == 3
    assert set(figures(net.plot("other"))) == {"raster-figure"}
    assert len(alone["x"]) == len(net.spikes["other"])


def test_neurons_without_spikes_and_synapses_have_their_traces():
    net = Network(dt=1.0, seed=1)
    rates = net.add(30, Neuron.from_cell(RATES, "Rates"), name="rates")
    source = net.add(5, SpikeSource([[1.0]] * 5), name="source")
    cells = net.add(5, Neuron.from_cell(FIRING, "Firing"), name="cells")
    learning = Synapse.from_cell("pre_spike:\n    g_target += w\n    w += 0", "Learning")
    everyone = FixedProbability(1.0)
    made = net.connect(source, cells, "exc", everyone, synapse=learning, weight=0.5)
    net.record(rates, "r")
    net.record(made, "w", every=5)
    net.simulate(20)

    some = figures(net.plot(rates))
    weights = figures(net.plot(made))

    assert set(some) == {"traces-figure"}
    assert len(columns(some["traces-figure"], "Line")) == MOST_LINES
    drawn = columns(weights["traces-figure"], "Line")
    assert {float(value) for line in drawn for value in line["y"]} == {0.5}


def test_long_traces_keep_their_extremes_and_gaps_in_few_samples(rng):
    values = rng.normal(size=100_003)
    values[40_000] = 50.0
    values[60_001] = -50.0
    values[70_000] = np.nan
    times = np.arange(len(values)) * 0.1

    x, y = thinned(times, values)

    assert len(x) <= MOST_SAMPLES
    assert (np.diff(x) > 0).all()
    assert x[np.nanargmax(y)] == times[40_000]
    assert x[np.nanargmin(y)] == times[60_001]
    assert np.isnan(y[x == times[70_000]]).all()
    assert np.isnan(y).sum() == 1


def silent_network() -> Network:
    net = Network(dt=0.1, seed=1)
    net.add(3, Neuron.from_cell(RATES, "Rates"), name="rates")
    return net


ELSEWHERE = firing_network(1, 1.0).populations["cells"]


@pytest.mark.parametrize(
    ("duration", "groups", "span", "message"),
    [
        (
            0,
            (),
            {},
            "Network: there is nothing to plot, since no time has passed; "
            "call net.simulate(1000) first.",
        ),
        (
            10,
            (),
            {},
            "Network: there is nothing to plot, since nothing of the network spikes or is "
            "recorded; call net.record(rates, variables) before the run.",
        ),
        (
            10,
            ("rate",),
            {},
            "Network: no population or projection 'rate' to plot; it has rates.",
        ),
        (
            10,
            (3,),
            {},
            "Network: 3 cannot be plotted; give populations, views, projections, or their names.",
        ),
        (
            10,
            (ELSEWHERE,),
            {},
            "Network: 'cells' belongs to another network; plot it with that one.",
        ),
        (
            10,
            (),
            {"begin": 20},
            "Network: nothing lies between begin = 20 ms and end = 10 ms; give times from 0 to "
            "10 ms, the first one before the second.",
        ),
        (10, (), {"end": "5"}, "Network: end = '5'; give a time in ms, or none."),
    ],
    ids=["no time", "nothing", "name", "number", "another", "span", "text"],
)
def test_what_cannot_be_plotted_is_refused(duration, groups, span, message):
    net = silent_network()
    net.simulate(duration)

    with pytest.raises(NetworkError) as error:
        net.plot(*groups, **span)

    assert str(error.value) == message


def test_a_network_that_is_silent_says_so():
    net = Network(dt=0.1, seed=1)
    net.add(3, Neuron.from_cell(FIRING, "Firing"), name="cells").I = 0
    net.simulate(10)

    (raster,) = figures(net.plot()).values()

    assert notes(raster) == ["no spikes of cells from 0 to 10 ms"]


def test_a_recording_on_disk_is_drawn_like_that_of_its_network(tmp_path):
    net = Network(dt=0.1, seed=1)
    cells = net.add(20, Neuron.from_cell(FIRING, "Firing"), name="cells")
    net.record(cells, ["v", "spikes"], to=tmp_path / "run.zarr")
    net.simulate(100)
    stored = load_recording(tmp_path / "run.zarr")

    mine, theirs = figures(net.plot()), figures(stored.plot(end=100))

    assert set(mine) == set(theirs) == {"raster-figure", "rates-figure", "traces-figure"}
    for name, kind in (("raster-figure", "Scatter"), ("traces-figure", "Line")):
        pairs = zip(columns(mine[name], kind), columns(theirs[name], kind), strict=True)
        assert all((a["x"] == b["x"]).all() and (a["y"] == b["y"]).all() for a, b in pairs)
    with pytest.raises(SimulationError) as error:
        stored.plot("cell")
    assert str(error.value) == (
        f"Recording '{tmp_path / 'run.zarr'}': it has nothing of 'cell' to plot; it has cells."
    )


def test_plot_is_saved_as_a_page_that_needs_no_internet(tmp_path):
    plot = firing_network().plot()

    plot.save(tmp_path / "run.html")

    page = (tmp_path / "run.html").read_text()
    assert "raster-figure" in page
    assert not re.search(r"""<(script|link)[^>]+(src|href)=["']?http""", page)
    with pytest.raises(SimulationError) as error:
        plot.save(tmp_path / "run.png")
    assert str(error.value) == "Plot: cannot write 'run.png'; use a name that ends in .html."


LIGHT = "rgb(255, 255, 255) #0072b2"
DARK = "rgb(0, 0, 0) #56b4e9"


@pytest.mark.browser
def test_a_page_draws_the_figures_in_its_colours_and_again_when_they_change(
    chromium_browser: Browser,
):
    net = Network(dt=0.1, seed=1)
    net.add(20, PoissonInput(100.0), name="</script><script>window.hurt = 1</script>")
    net.simulate(100)
    page = chromium_browser.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    columns_of_page = """() => [...(window.Bokeh?.index.roots ?? [])]
        .filter(({ model }) => model.type === 'Column')"""
    inks = f"""() => ({columns_of_page})().map(({{ model }}) => {{
        const raster = model.document.get_model_by_name('raster-figure');
        const ink = [...model.document._all_models.values()].find(one => one.name === 'ink-0');
        return `${{raster.background_fill_color}} ${{ink.fill_color.value ?? ink.fill_color}}`;
    }})"""
    children = "() => [...document.querySelectorAll('.snn-run')].map(e => e.children.length)"
    style = "<style>:root { --jp-ui-font-color1: black; --jp-layout-color0: white }"
    dark = ":root.dark { --jp-ui-font-color1: white; --jp-layout-color0: black }</style>"

    first, second = net.plot()._repr_html_(), net.plot(end=50)._repr_html_()
    page.set_content(f"{style}{dark}<body>{first}{second}</body>")
    page.wait_for_function(f"String(({inks})()) === '{LIGHT},{LIGHT}'")
    page.evaluate("document.documentElement.className = 'dark'")
    page.wait_for_function(f"String(({inks})()) === '{DARK},{DARK}'")

    assert page.evaluate(children) == [1, 1]
    assert page.evaluate("window.hurt") is None
    assert faults == []
    page.close()
