"""The model card: what it says, that nothing of a model becomes markup, and its live half."""

import json
import queue
import threading
from typing import Any

import numpy as np
import pytest

from snnlab.engine.build import Build
from snnlab.errors import SimulationError, ToolchainError
from snnlab.model.neuron import Neuron
from snnlab.plots.preview import Axes, Curve
from snnlab.widgets import card_text
from snnlab.widgets.figure_widget import FigureWidget
from snnlab.widgets.latest import Latest
from snnlab.widgets.model_card import CardPanel, ModelCard, build_text
from snnlab.widgets.neuron_views import PLANE

WAIT = 5.0  # s
CELL = '''
"""Leaky <integrator> & "fire"."""
tau = 20 ms [5, 100]  # <b>membrane</b> time constant
v_r = -58 mV
u_r = 2 * v_r
I   = 25 mV [0, 60]
tau * dv/dt = -v + I
spike: v > 20 mV
reset: v = v_r
'''
EVIL = "</pre><script>alert(1)</script><img src=x onerror=alert(1)>"


def lif() -> Neuron:
    return Neuron.from_cell(CELL, "LIF")


def built(state: str = "ready", **fields: object) -> Build:
    build = Build("LIF", "")
    build.state = state  # type: ignore[assignment]
    build.seconds = 0.24
    for name, value in fields.items():
        setattr(build, name, value)
    build._done.set()
    return build


class ListeningPanel(CardPanel):
    """A panel whose messages are kept."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.heard: queue.Queue[tuple[dict, list[bytes]]] = queue.Queue()
        super().__init__(*arguments, **options)

    def send(self, content: dict, buffers: list[bytes] | None = None) -> None:
        json.dumps(content, allow_nan=False)
        self.heard.put((content, buffers or []))

    def say(self, **content: object) -> None:
        self._hear(self, content, [])

    def next(self, kind: str) -> tuple[dict, list[bytes]]:
        while True:
            content, buffers = self.heard.get(timeout=WAIT)
            if content["type"] == kind:
                return content, buffers


class EchoPreview:
    """A preview that draws the value it got."""

    axes = Axes("x", "y")
    extra = ()

    def curve(self, values: dict[str, float]) -> Curve:
        if values["I"] > 50:
            raise SimulationError("Population 'preview': v of neuron 0 is not a number.")
        y = np.full(3, values["I"])
        return Curve(np.arange(3.0), y, np.array([1.0]), (0.0, 1.0), f"I = {values['I']:g} mV")


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (built("waiting"), ("waiting", "compiling …")),
        (built("compiling"), ("compiling", "compiling …")),
        (built("ready"), ("ready", "ready, 0.2 s")),
        (built("ready", cached=True), ("ready", "ready (cached)")),
        (
            built("failed", error=ToolchainError("compiler: none was found; install gcc.")),
            ("failed", "failed: compiler: none was found; install gcc."),
        ),
    ],
    ids=["waiting", "compiling", "ready", "cached", "failed"],
)
def test_status_follows_the_build(build, expected):
    assert build_text(build) == expected


def test_status_of_a_failed_build_says_what_still_works():
    build = built("failed", error=ToolchainError("compiler: none was found; install gcc."))

    panel = ListeningPanel(lif(), build, None, fallback="'LIF' is still the earlier one.")

    assert panel.status == (
        "failed",
        "failed: compiler: none was found; install gcc. 'LIF' is still the earlier one.",
    )


def test_status_changes_by_itself_when_the_compiler_is_done():
    build = Build("LIF", "")
    panel = ListeningPanel(lif(), build, None)

    build.state, build.seconds = "ready", 0.31
    for callback in build._callbacks:
        callback()

    assert panel.next("build")[0] == {"type": "build", "state": "ready", "text": "ready, 0.3 s"}


def test_card_lists_ranged_parameters_first_and_derived_ones_by_expression():
    panel = ListeningPanel(lif(), built(), EchoPreview())

    panel.say(type="join", viewer="page")

    rows = panel.next("setup")[0]["rows"]
    assert [(row["name"], row["text"], row["unit"], row["slider"]) for row in rows] == [
        ("tau", "20", "ms", True),
        ("I", "25", "mV", True),
        ("v_r", "-58", "mV", False),
        ("u_r", "2*v_r", "mV", False),
    ]


def test_page_that_joins_gets_the_status_and_a_curve():
    panel = ListeningPanel(lif(), built(), EchoPreview())

    panel.say(type="join", viewer="page")

    assert panel.next("build")[0]["text"] == "ready, 0.2 s"
    content, (buffer,) = panel.next("curve")
    assert content["caption"] == "I = 25 mV"
    assert np.frombuffer(buffer, "<f8", 3, content["layout"][1]["offset"]).tolist() == [25.0] * 3


def test_slider_redraws_the_curve():
    panel = ListeningPanel(lif(), built(), EchoPreview())

    panel.say(type="set", key="I", value=40)

    assert panel.next("curve")[0]["caption"] == "I = 40 mV"


def test_diverging_preview_says_why():
    panel = ListeningPanel(lif(), built(), EchoPreview())

    panel.say(type="set", key="I", value=55)

    reason = panel.next("refused")[0]["reason"]
    assert reason == "Population 'preview': v of neuron 0 is not a number."


@pytest.mark.parametrize(
    "message",
    [
        {"type": "set", "key": "v_r", "value": 1.0},
        {"type": "set", "key": "I", "value": float("inf")},
        {"type": "set", "key": "I", "value": "25"},
        {"type": "set"},
        {"kind": "join"},
    ],
)
def test_message_that_makes_no_sense_is_ignored(message):
    panel = ListeningPanel(lif(), built(), EchoPreview())
    while not panel.heard.empty():
        panel.heard.get()

    panel.say(**message)

    assert panel.heard.empty()
    assert panel._values == {"tau": 20.0, "I": 25.0}


def test_card_has_a_text_for_every_reader():
    card = ModelCard(lif(), built())

    bundle = card._repr_mimebundle_()

    assert set(bundle) >= {
        "application/vnd.jupyter.widget-view+json",
        "text/html",
        "text/latex",
        "text/plain",
    }
    assert bundle["text/latex"].startswith("$$\n\\begin{aligned}")
    assert bundle["text/plain"].startswith("neuron LIF: ready, 0.2 s\n\n")
    assert "tau = 20 ms [5, 100]" in bundle["text/plain"]


def test_nothing_of_a_model_becomes_markup():
    model = Neuron.from_cell(f'"""{EVIL}"""\na = 1  # {EVIL}\ndv/dt = a - v\nspike: v > 2', "N")

    html = card_text.static_html(model)

    assert "<script" not in html
    assert "<img" not in html
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 4  # head, table and model text


def test_static_card_is_readable_without_mathematics():
    html = card_text.static_html(lif())

    assert "<pre>" in html
    assert "tau * dv/dt = -v + I" in html
    assert "<td>tau</td><td>20</td><td>ms</td><td>5 to 100</td>" in html


def test_latest_skips_what_is_out_of_date():
    done: list[int] = []
    started, go_on, finished = threading.Event(), threading.Event(), threading.Event()

    def work(request: int) -> None:
        started.set()
        assert go_on.wait(WAIT)
        done.append(request)
        if request == 3:
            finished.set()

    latest = Latest(work, "test")
    latest.ask(0)
    assert started.wait(WAIT)
    for request in (1, 2, 3):
        latest.ask(request)
    go_on.set()

    assert finished.wait(WAIT)
    assert done == [0, 3]


def test_a_widget_with_figures_answers_its_page():
    class Mute(FigureWidget):
        pass

    with pytest.raises(TypeError, match=r"abstract method '?_receive'?"):
        Mute()  # pyright: ignore[reportAbstractUsage]


def test_phase_plane_is_compared_with_nothing():
    views = {PLANE: EchoPreview(), "current step": EchoPreview()}
    panel = ListeningPanel(lif(), built(), EchoPreview(), views=views)

    panel.say(type="view", name=PLANE)
    plane = panel.next("curve")[0]
    panel.say(type="view", name="current step")

    assert (plane["comparable"], panel.next("curve")[0]["comparable"]) == (False, True)
