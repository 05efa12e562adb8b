"""What the dashboard answers to a page, and what it sends, without a browser."""

import json
import queue
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
from fakes import FakeNetwork, FakePopulation
from packed import unpacked

from snnlab.errors import SimulationError
from snnlab.widgets import assets, pump, viewers
from snnlab.widgets.dashboard import Dashboard
from snnlab.widgets.selection import MAX_TRACES
from snnlab.widgets.subshell import keep_to_the_browsers_subshell
from snnlab.widgets.transport import state_of
from snnlab.widgets.viewers import ASK_PERIOD, MAX_RATE, PATIENCE, PATIENCE_FOR_ANSWER

WAIT = 5.0  # s


class Page:
    """The browser's side of a dashboard: says what a page says, keeps what it hears."""

    def __init__(self, network: FakeNetwork) -> None:
        self.heard: queue.Queue[tuple[dict, list[bytes]]] = queue.Queue()
        self.dashboard = Dashboard(network)
        self.dashboard.send = self._hear
        self.dashboard._pump._send = self._hear

    def _hear(self, content: dict, buffers: list[bytes] | None = None) -> None:
        json.dumps(content, allow_nan=False)  # a page cannot read anything else
        self.heard.put((content, buffers or []))

    def say(self, **content: object) -> None:
        self.dashboard._hear(self.dashboard, content, [])

    def join(self, viewer: str = "page") -> dict:
        self.say(type="join", viewer=viewer)
        return self.next("setup")[0]

    def next(self, kind: str) -> tuple[dict, list[bytes]]:
        while True:
            content, buffers = self.heard.get(timeout=WAIT)
            if content["type"] == kind:
                return content, buffers

    def frame(self, viewer: str = "page") -> tuple[dict, dict[str, np.ndarray]]:
        """The next frame, acknowledged."""
        content, (buffer,) = self.next("frame")
        self.say(type="drawn", viewer=viewer, number=content["number"])
        return content, unpacked(content["layout"], buffer)

    def until_silence(self, seconds: float) -> Iterator[dict]:
        """What is heard until nothing comes for so long."""
        while True:
            try:
                yield self.heard.get(timeout=seconds)[0]
            except queue.Empty:
                return

    def frame_where(self, wanted, viewer: str = "page") -> dict:
        end = time.monotonic() + WAIT
        while time.monotonic() < end:
            content, _ = self.frame(viewer)
            if wanted(content):
                return content
        raise AssertionError("no such frame came")


@pytest.fixture
def network() -> Iterator[FakeNetwork]:
    network = FakeNetwork({"E": 80, "I": 20})
    yield network
    network.pause()


@pytest.fixture
def page(network: FakeNetwork) -> Iterator[Page]:
    page = Page(network)
    yield page
    page.dashboard.close()


def test_page_that_joins_gets_figures_sliders_and_a_whole_frame(page, network):
    network.advance(500)

    setup = page.join()
    frame, arrays = page.frame()

    assert setup["item"]["root_id"]
    assert [slider["key"] for slider in setup["sliders"]] == [
        "population:E:rate",
        "population:I:rate",
        "population:E:tau_e",
        "projection:I->E inh:g",
    ]
    assert frame["whole"]
    assert frame["state"]["status"] == "paused"
    assert arrays["raster"].shape == (frame["last"] + 1, 100)


def test_step_made_while_a_frame_is_put_together_is_shown_by_the_next(page, network, monkeypatch):
    page.join()
    page.frame()
    build_state = network.build_state

    def step_meanwhile() -> tuple[str, str]:
        monkeypatch.setattr(network, "build_state", build_state)
        network.advance(1)
        return build_state()

    monkeypatch.setattr(network, "build_state", step_meanwhile)
    page.dashboard._pump.wake()

    assert page.frame_where(lambda frame: frame["last"] == 0)["state"]["time"] == 0.1


def test_core_is_left_to_the_browser_while_somebody_looks(page, network):
    page.join()
    page.frame()
    watchers = set(network.watchers)

    page.dashboard.close()

    assert watchers == {page.dashboard._pump}
    assert network.watchers == set()


def test_slider_says_what_it_stands_for(page):
    setup = page.join()

    assert setup["sliders"][2] == {
        "key": "population:E:tau_e",
        "owner": "E",
        "kind": "population",
        "name": "tau_e",
        "symbol": "τ",
        "subscript": "e",
        "unit": "ms",
        "low": 1.0,
        "high": 20.0,
        "value": 5.0,
        "initial": 5.0,
        "help": "the tau_e of E",
        "log": False,
        "whole": False,
        "drawable": True,
    }


def test_page_without_bokeh_gets_it_from_the_package(page):
    page.say(type="bokeh")

    _, (script,) = page.next("bokeh")
    assert script == assets.bokeh_javascript()
    assert f'"{assets.bokeh_version()}"'.encode() in script


def test_play_runs_the_network_and_frames_follow(page, network):
    page.join()
    page.frame()

    page.say(type="act", action="play")
    first = page.frame_where(lambda frame: frame["state"]["running"])
    later = page.frame_where(lambda frame: frame["state"]["time"] > first["state"]["time"] + 50)

    assert later["state"]["status"] == "running"
    assert not later["whole"]


def test_frames_join_without_a_gap(page, network):
    page.join()
    end = page.frame()[0]["last"]
    page.say(type="act", action="play")

    for _ in range(10):
        frame, _ = page.frame()
        assert frame["first"] <= max(end, 0)
        end = frame["last"]

    assert end > 0


def test_answer_to_a_frame_asks_for_the_log_and_the_past(page, network):
    page.join()
    frame, _ = page.next("frame")

    page.say(type="drawn", viewer="page", number=frame["number"], asking=True)

    answer, _ = page.next("session")
    assert answer["viewer"] == "page"
    assert answer["changes"] == []


def test_frames_stop_until_the_one_that_asks_is_answered(page, network):
    page.join()
    page.frame()
    page.say(type="act", action="play")

    under_way = []
    while not any(content["answer"] for content in under_way):
        under_way.append(page.heard.get(timeout=WAIT)[0])
    under_way += page.until_silence(0.5 * PATIENCE)
    asking = [content["number"] for content in under_way if content["answer"]]

    assert len(under_way) <= 1 + (ASK_PERIOD + PATIENCE_FOR_ANSWER) * MAX_RATE
    page.say(type="drawn", viewer="page", number=asking[-1])
    assert page.next("frame")[0]["number"] == under_way[-1]["number"] + 1


def test_frames_that_take_longer_than_there_is_between_two_follow_at_once(page, monkeypatch):
    monkeypatch.setattr(viewers, "MAX_RATE", 1e9)  # none is in time
    monkeypatch.setattr(viewers, "PATIENCE_FOR_ANSWER", 1e9)
    waits = []
    until_next = page.dashboard._pump._until_next

    def noted(sent):
        waits.append((sent, until_next(sent)))
        return waits[-1][1]

    monkeypatch.setattr(page.dashboard._pump, "_until_next", noted)
    page.join()
    page.say(type="act", action="play")
    for _ in range(10):
        page.next("frame")
    page.say(type="act", action="pause")

    assert {wait for sent, wait in waits if sent} == {pump.REST}
    assert {wait for sent, wait in waits if not sent} <= {pump.SLOW_TICK}


def test_page_that_fell_silent_does_not_hold_up_the_network(page, network):
    page.join()
    page.next("frame")
    page.say(type="act", action="play")

    page.say(type="join", viewer="second page")
    frame = page.frame_where(lambda frame: frame["state"]["time"] > 100, viewer="second page")

    assert frame["state"]["running"]


def test_page_that_comes_back_after_a_rest_gets_frames_again(page, network, monkeypatch):
    monkeypatch.setattr(pump, "IDLE_AFTER", 0.0)
    page.join()
    page.frame()
    page.say(type="show", viewer="page", shown=False)
    assert page.dashboard._pump._resting.wait(WAIT)
    network.advance(1000)

    page.say(type="session", viewer="page")  # every page asks, whether on the screen or not
    resting = not page.dashboard._pump.alive
    page.say(type="show", viewer="page", shown=True)
    frame, _ = page.frame()

    assert resting
    assert frame["whole"]
    assert frame["state"]["time"] == 100.0


def test_page_that_was_silent_for_long_gets_frames_again_when_it_speaks(page, network, monkeypatch):
    monkeypatch.setattr(pump, "IDLE_AFTER", 0.0)
    monkeypatch.setattr(viewers, "PATIENCE", 0.0)
    page.join()
    page.next("frame")  # not answered, as of a computer that sleeps
    assert page.dashboard._pump._resting.wait(WAIT)
    monkeypatch.setattr(viewers, "PATIENCE", PATIENCE)

    page.say(type="session", viewer="page")

    assert page.frame()[0]["whole"]


def test_moved_slider_reaches_the_network(page, network):
    page.join()

    page.say(type="set", key="population:E:rate", value=55.0)

    assert network.handle("E", "rate").value == 55.0
    assert page.frame_where(lambda f: f.get("values", {}).get("population:E:rate") == 55.0)


def test_refused_value_is_answered_with_the_reason(page, network):
    page.join()
    network.handle("E", "rate").refusal = "E: rate = 1 is too little; use 2 or more."

    page.say(type="set", key="population:E:rate", value=1)

    assert page.next("refused")[0] == {
        "type": "refused",
        "key": "population:E:rate",
        "reason": "E: rate = 1 is too little; use 2 or more.",
    }


def test_value_outside_the_range_of_the_model_is_refused(page, network):
    page.say(type="set", key="population:E:rate", value=-1)

    assert page.next("refused")[0]["reason"] == (
        "E.rate: -1 Hz lies outside the model's range from 0 to 100 Hz; widen the range in the "
        "model's cell, or set the value from a cell."
    )
    assert network.handle("E", "rate").value == 20.0


def test_value_that_is_no_number_is_refused(page):
    page.say(type="set", key="population:E:rate", value=float("nan"))

    reason = page.next("refused")[0]["reason"]
    assert reason == "E.rate: nan is not a finite number; type a number."


def test_unknown_parameter_is_refused(page):
    page.say(type="set", key="population:X:y", value=1.0)

    reason = page.next("refused")[0]["reason"]
    assert reason == ("population:X:y: the network has no such parameter; reload the dashboard.")


@pytest.mark.parametrize(("said", "speed"), [(0.01, 0.01), (None, None), (1e9, 10.0), (0.0, 0.001)])
def test_speed_is_set_within_its_limits(page, network, said, speed):
    page.say(type="speed", speed=said)

    assert network.speed == speed


def test_failed_action_is_shown_as_its_sentence(page, network, monkeypatch):
    def refuse() -> None:
        raise SimulationError("Network: it has no population; add one with net.add first.")

    monkeypatch.setattr(network, "play", refuse)
    page.say(type="act", action="play")

    assert page.next("notice")[0]["text"] == (
        "Network: it has no population; add one with net.add first."
    )


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"type": "act"},
        {"type": "act", "action": 3},
        {"type": "set", "key": "population:E:rate", "value": "__import__('os')"},
        {"type": "drawn", "viewer": "nobody", "number": 10},
        {"type": "window", "duration": 3.0},
        {"type": "join", "viewer": None},
    ],
)
def test_message_that_makes_no_sense_changes_nothing(page, network, message):
    page.say(**message)

    assert page.heard.empty()
    assert network.handle("E", "rate").value == 20.0
    assert network.step_index == 0


def test_reset_empties_the_picture(page, network):
    network.advance(1000)
    page.join()
    page.frame()

    page.say(type="act", action="reset")
    frame = page.frame_where(lambda frame: frame["state"]["time"] == 0)

    assert frame["whole"]
    assert frame["last"] == -1
    assert frame["state"]["status"] == "ready"


def test_two_pages_show_the_same_network(page, network):
    page.join("first")
    page.join("second")

    content = page.frame_where(lambda frame: frame["whole"], viewer="first")
    page.say(type="drawn", viewer="second", number=content["number"])
    page.say(type="act", action="step")
    frame = page.frame_where(lambda frame: frame["state"]["time"] > 0, viewer="first")

    assert frame["state"]["status"] == "paused"


def test_other_dashboard_of_the_network_follows(page, network):
    other = Page(network)
    other.join()
    other.frame()

    page.say(type="set", key="population:E:rate", value=44.0)

    assert other.frame_where(lambda f: f.get("values", {}).get("population:E:rate") == 44.0)
    other.dashboard.close()


def test_closed_dashboard_leaves_nothing_behind(network):
    page = Page(network)
    page.join()
    page.frame()

    page.dashboard.close()

    assert not page.dashboard._pump.alive
    assert network.changed._listeners == []
    assert all(stream.closed for _, stream in network._spike_streams)


def test_dashboard_says_what_it_shows(page, network):
    network.advance(15)

    assert repr(page.dashboard) == "Dashboard of E (80), I (20), t = 1.5 ms"


@pytest.mark.parametrize(
    ("change", "status", "message"),
    [
        ({}, "ready", ""),
        ({"step_index": 5}, "paused", ""),
        ({"running": True}, "running", ""),
        ({"state": ("compiling", "compiling LIF")}, "compiling", "compiling LIF"),
        ({"state": ("failed", "no compiler")}, "error", "no compiler"),
        ({"error": SimulationError("v is NaN"), "step_index": 5}, "error", "v is NaN"),
        (
            {"error": KeyError("x")},
            "error",
            "Network: the run stopped with KeyError: 'x'; mend what raised it, then press play "
            "again.",
        ),
        (
            {"error": MemoryError()},
            "error",
            "Network: the run stopped with MemoryError; mend what raised it, then press play "
            "again.",
        ),
    ],
    ids=[
        "ready",
        "paused",
        "running",
        "compiling",
        "not compiled",
        "diverged",
        "foreign error",
        "error without words",
    ],
)
def test_status_names_what_the_network_does(change, status, message):
    network = FakeNetwork({"E": 1})
    for name, value in change.items():
        setattr(network, name, value)

    state = state_of(network)

    assert (state["status"], state["message"]) == (status, message)


def test_comm_keeps_to_the_subshell_that_the_browser_chose():
    class RoutingComm:
        def _reply_subshell_for(self, data: object, default: object) -> object:
            return "the busy shell"

    comm = RoutingComm()
    keep_to_the_browsers_subshell(comm)

    assert comm._reply_subshell_for({}, "subshell-1") == "subshell-1"


def test_module_for_the_browser_is_one_text_without_own_imports():
    text = assets.javascript("dashboard.js")

    assert text.count("export ") == 1
    assert text.rstrip().endswith("export default { render };")
    assert 'from "./' not in text
    assert text.count("class LiveFigures ") == 1


def test_trace_that_a_page_asks_for_is_in_the_next_picture(page, network):
    first = page.join()

    page.say(type="trace", population="E", variable=None, neuron=17)
    page.next("picture")
    second = page.join()
    frame = page.frame_where(lambda frame: frame["picture"] == second["picture"]["number"])

    assert [trace["label"] for trace in first["picture"]["traces"]] == ["E[0]", "I[0]"]
    assert [trace["label"] for trace in second["picture"]["traces"]] == ["E[0]", "I[0]", "E[17]"]
    assert frame["whole"]


def test_trace_taken_away_is_not_in_the_next_picture(page):
    page.join()

    page.say(type="untrace", population="E", variable="v", neuron=0)
    page.next("picture")

    assert [trace["label"] for trace in page.join()["picture"]["traces"]] == ["I[0]"]


def test_frames_wait_for_a_page_that_comes_or_goes(page):
    """Going through the pages while one is added ended the thread of the frames."""
    pump = page.dashboard._pump
    waits = [threading.Thread(target=wait) for wait in (lambda: pump._until_next(True), pump._pace)]

    with pump._lock:
        for thread in waits:
            thread.start()
            thread.join(0.1)
        waited = [thread.is_alive() for thread in waits]
    for thread in waits:
        thread.join(WAIT)

    assert waited == [True, True]
    assert not any(thread.is_alive() for thread in waits)


def test_trace_keeps_its_colour_when_one_before_it_is_taken_away(page):
    page.join()
    page.say(type="trace", population="E", variable="v", neuron=17)
    page.say(type="trace", population="E", variable="v", neuron=18)
    before = {trace["label"]: trace["colour"] for trace in page.join()["picture"]["traces"]}

    page.say(type="untrace", population="E", variable="v", neuron=0)
    page.say(type="untrace", population="E", variable="v", neuron=17)
    page.say(type="trace", population="E", variable="v", neuron=19)

    after = {trace["label"]: trace["colour"] for trace in page.join()["picture"]["traces"]}
    assert after["E[18]"] == before["E[18]"] != before["E[17]"]
    assert after["E[19]"] == before["E[0]"]  # the colour of its population, which is free


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (
            {"population": "X", "variable": None, "neuron": 0},
            "Trace: there is no population 'X'; reload the dashboard.",
        ),
        (
            {"population": "E", "variable": "w", "neuron": 0},
            "Trace: E has no variable 'w'; choose one from the list.",
        ),
        (
            {"population": "E", "variable": "v", "neuron": 80},
            "Trace: E has no neuron 80; type a number from 0 to 79.",
        ),
    ],
)
def test_trace_that_there_is_not_is_refused(page, asked, reason):
    page.join()

    page.say(type="trace", **asked)

    assert page.next("notice")[0]["text"] == reason


def test_number_of_traces_is_bounded(page):
    page.join()
    for neuron in range(1, MAX_TRACES):
        page.say(type="trace", population="E", variable="v", neuron=neuron)

    assert page.next("notice")[0]["text"] == "Trace: 8 traces are shown already; remove one first."


def test_population_added_after_the_dashboard_appears(page, network):
    page.join()

    network.populations["late"] = FakePopulation("late", 10)
    page.dashboard._pump.wake()
    page.next("picture")

    assert [band["name"] for band in page.join()["picture"]["bands"]] == ["E", "I", "late"]


def test_page_gets_the_file_it_asks_for(page, network):
    network.advance(500)
    page.join()

    page.say(type="export", viewer="page", figure="raster", format="csv")
    message, (data,) = page.next("file")

    assert message == {"type": "file", "viewer": "page", "name": "raster.csv", "mime": "text/csv"}
    assert data.startswith(b"time_ms,population,neuron\n")
