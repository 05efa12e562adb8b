"""The figures of a dashboard: linked in time, named for the viewer, coloured by kind."""

import json
import re

import numpy as np
import pytest

from snnlab.plots import still
from snnlab.plots.frames import stack_bands
from snnlab.plots.live import Picture, figure_item
from snnlab.plots.palette import COLD, WARM, Colour, population_colours, trace_colours
from snnlab.plots.still import Series, StillFigure, still_page, still_pages
from snnlab.plots.traces import Trace, trace_label


def picture() -> Picture:
    bands = stack_bands({"E": 80, "I": 20})
    colours = population_colours([False, True])
    return Picture(bands, colours, (Trace("E", "v", 3, "mV", colours[0]),))


def models(item: dict) -> dict[str, dict]:
    """Every named model of a figure item by its name."""
    found: dict[str, dict] = {}

    def visit(node: object) -> None:
        if isinstance(node, dict):
            name = node.get("attributes", {}).get("name") if "type" in node else None
            if name is not None:
                found[name] = node
            for child in node.values():
                visit(child)
        elif isinstance(node, list):
            for child in node:
                visit(child)

    visit(item)
    return found


def luminance(colour: str) -> float:
    """Relative luminance after WCAG 2.2."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_figures_carry_the_names_the_viewer_looks_for():
    found = models(figure_item(picture()))

    assert set(found) == {
        "time",
        "raster-figure",
        "traces-figure",
        "trace-range",
        "rates-figure",
        "rate-range",
    }


def test_figures_share_one_time_axis():
    found = models(figure_item(picture()))
    time = found["time"]["id"]

    ranges = [
        found[f"{name}-figure"]["attributes"]["x_range"] for name in ("raster", "traces", "rates")
    ]

    assert [reference.get("id") for reference in ranges] == [time] * 3


def test_every_viewer_gets_its_own_copy():
    first, second = figure_item(picture()), figure_item(picture())

    assert first["root_id"] != second["root_id"]


def test_figures_of_a_network_without_spikes_are_traces_only():
    trace = Trace("R", "r", 0, "", COLD[0])

    found = models(figure_item(Picture((), (), (trace,))))

    assert set(found) == {"time", "traces-figure", "trace-range"}


def test_picture_is_described_in_plain_json():
    assert json.loads(json.dumps(picture().describe())) == {
        "bands": [
            {
                "name": "E",
                "neurons": 80,
                "first_row": 0,
                "rows": 80,
                "colour": {"light": "#0072b2", "dark": "#56b4e9"},
            },
            {
                "name": "I",
                "neurons": 20,
                "first_row": 80,
                "rows": 20,
                "colour": {"light": "#c95500", "dark": "#ff8f4a"},
            },
        ],
        "traces": [
            {
                "label": "E[3]",
                "population": "E",
                "variable": "v",
                "neuron": 3,
                "unit": "mV",
                "colour": {"light": "#0072b2", "dark": "#56b4e9"},
            }
        ],
    }


def test_inhibitory_populations_are_warm_and_all_others_cold():
    assert population_colours([False, True, False, True, False, False]) == (
        COLD[0],
        WARM[0],
        COLD[1],
        WARM[1],
        COLD[2],
        COLD[3],
    )


@pytest.mark.parametrize("colour", [*COLD, *WARM], ids=lambda colour: colour.light)
def test_colours_stand_out_from_the_ground(colour: Colour):
    on_white = 1.05 / (luminance(colour.light) + 0.05)
    on_black = (luminance(colour.dark) + 0.05) / (luminance("#111111") + 0.05)

    assert on_white >= 3.0  # WCAG 2.2, contrast of graphical objects
    assert on_black >= 3.0


@pytest.mark.parametrize(
    ("traces", "label"),
    [
        ([Trace("E", "v", 0, "mV", COLD[0]), Trace("I", "v", 0, "mV", WARM[0])], "v (mV)"),
        ([Trace("E", "v", 0, "mV", COLD[0]), Trace("R", "r", 0, "", COLD[1])], "v, r"),
        ([Trace("E", "v", 0, "", COLD[0])], "v"),
    ],
    ids=["one unit", "different variables", "no unit"],
)
def test_trace_axis_names_variables_and_their_common_unit(traces, label):
    assert trace_label(traces) == label


def test_first_trace_takes_its_populations_colour_and_the_others_free_ones():
    colour_of = {"E": COLD[0], "I": WARM[0]}

    colours = trace_colours(["E", "I", "E", "E", "I"], colour_of)

    assert colours[:2] == [COLD[0], WARM[0]]
    assert len(set(colours)) == 5


def test_traces_keep_the_colours_that_they_had():
    colour_of = {"E": COLD[0], "I": WARM[0]}
    _, i0, e5, e7 = trace_colours(["E", "I", "E", "E"], colour_of)

    colours = trace_colours(["I", "E", "E", "E"], colour_of, [i0, e5, e7, None])

    assert colours[:3] == [i0, e5, e7]
    assert colours[3] == COLD[0]  # which is free again


def test_trace_leaves_a_colour_that_is_another_populations_now():
    colour_of = {"E": COLD[0], "I": WARM[0]}

    colours = trace_colours(["I", "E"], colour_of, [COLD[0], None])

    assert colours == [WARM[0], COLD[0]]


def test_page_of_a_figure_needs_no_network_and_escapes_names():
    series = Series("<b>E</b>", COLD[0].light, np.array([0.0, 1.0]), np.array([2.0, np.nan]))

    page = still_page("traces", [series], y_label="v (mV)", unit="mV", points=False)

    assert "<b>E</b>" not in page
    assert not re.search(r"<(script|link)[^>]+(src|href)=", page)
    assert "Bokeh" in page


def test_page_shows_a_silent_population_and_the_time_of_all_figures(monkeypatch):
    none = np.zeros(0)
    raster = [
        Series("E", COLD[0].light, np.array([30.0, 90.0]), np.array([0.0, 5.0]), rows=(0, 9)),
        Series("S", COLD[1].light, none, none, rows=(10, 14)),
    ]
    line = [Series("v", COLD[0].light, np.array([0.1, 100.0]), np.array([0.0, 1.0]))]
    shown = []
    monkeypatch.setattr(still, "file_html", lambda made, *_: shown.append(made) or "")

    still_pages(
        "figures", [StillFigure(raster, "neuron", "", points=True), StillFigure(line, "v", "")]
    )

    upper, lower = shown[0].children
    silent = upper.renderers[1].data_source.data
    assert upper.x_range is lower.x_range
    assert (upper.x_range.start, upper.x_range.end) == (0.1, 100.0)
    assert upper.y_range.start <= 0
    assert upper.y_range.end >= 14
    assert len(silent["x"]) == len(silent["y"]) == 1  # the key draws nothing without a point
    assert np.isnan([silent["x"][0], silent["y"][0]]).all()
