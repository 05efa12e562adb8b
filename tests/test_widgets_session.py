"""The log, the past, stimuli by hand and hints, as a dashboard's page asks for them."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Event
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from fakes import FakeNetwork
from test_widgets_dashboard import Page

from snnlab import Network, Neuron
from snnlab.errors import DivergenceError, NetworkError, SimulationError
from snnlab.widgets.session import MOST_POINTS, act, describe, keep_file, neurons_in, present


@dataclass
class FakeChange:
    step: int
    owner: str
    name: str
    value: object
    kind: str = "set"
    of: str = "population"


class FakeLog(list):
    @property
    def newest(self) -> object:
        return self[-1] if self else None

    def code(self) -> str:
        return "E.rate = 30  # from a fake\n"


class PlayedNetwork(FakeNetwork):
    """A network that notes what was done with it."""

    def __init__(self) -> None:
        super().__init__({"E": 80, "I": 20})
        self.done: list[tuple] = []
        self.log = FakeLog()
        self.history = SimpleNamespace(
            kept=True,
            times=[100.0, 900.0],
            last_good=SimpleNamespace(time=800.0),
            branches=[
                SimpleNamespace(left=50.0, end=90.0, log=(), records=SimpleNamespace(spikes={}))
            ],
            keep=lambda: self.done.append(("keep",)),
            stop=lambda: self.done.append(("stop",)),
        )

    def hints(self) -> list[str]:
        return ["E is silent."]

    def go_back(self, time_ms: float) -> None:
        self.done.append(("back", time_ms))

    def play(self, duration: float | None = None) -> None:
        self.done.append(("play", duration))

    def kick(self, population, variable, amount, neurons=None) -> None:
        if variable == "x":
            raise NetworkError("Population 'E': 'x' is no variable; it has v.")
        self.done.append(("kick", population.name, variable, amount, neurons))

    def silence(self, population, neurons=None, on=True) -> None:
        self.done.append(("silence", population.name, neurons, on))

    def stimulate(self, population, variable, times_ms, values, neurons=None) -> None:
        self.done.append(("stimulate", population.name, variable, times_ms, values, neurons))


@pytest.fixture
def network() -> PlayedNetwork:
    return PlayedNetwork()


def test_page_is_told_what_can_be_stimulated(network):
    told = describe(network)

    assert cast(list, told["groups"])[0] == {
        "name": "E",
        "size": 80,
        "variables": [{"name": "v", "unit": ""}],
        "parameters": [],
    }


@pytest.fixture
def stored() -> Network:
    net = Network(dt=0.1, seed=1, target="numpy")
    net.add(2, Neuron.from_cell("dr/dt = 1 : init = 0", "Clock"), name="clock")
    net.simulate(5)
    return net


def test_state_is_stored_once_and_over_itself_when_asked(stored, tmp_path):
    path = tmp_path / "state"

    first, again, over = (
        keep_file(stored, "store", str(path), overwrite=on) for on in (False, False, True)
    )
    stored.simulate(5)
    loaded = keep_file(stored, "load", f"{path}.npz", overwrite=False)

    said = {"type": "file kept", "path": str(path), "exists": False, "reason": ""}
    assert first == over == said | {"text": f"5 ms, stored in {path}.npz"}
    assert again == said | {"exists": True, "text": f"{path}.npz is there already"}
    assert loaded == said | {"path": f"{path}.npz", "text": f"5 ms, loaded from {path}.npz"}
    assert stored.time == 5


@pytest.mark.parametrize(
    ("what", "path", "reason"),
    [
        ("store", " ", "state: the file has no name; type for example state.npz."),
        ("store", "/", "state: '/' is a folder; type for example /state.npz."),
        ("store", "..", "state: '..' is a folder; type for example ../state.npz."),
        ("load", "runs/", "state: 'runs/' is a folder; type for example runs/state.npz."),
        (
            "load",
            "/nowhere/state.npz",
            "File '/nowhere/state.npz': there is none; give the path of a stored one.",
        ),
        (
            "store",
            "/nowhere/state.npz",
            "File '/nowhere/state.npz': cannot be written (No such file or directory); "
            "choose another path.",
        ),
    ],
)
def test_state_that_cannot_be_kept_is_refused(stored, what, path, reason):
    answer = keep_file(stored, what, path, overwrite=False)

    assert (answer["reason"], answer["text"]) == (reason, "")


def test_changes_are_told_with_their_times(network):
    network.log += [
        FakeChange(10, "E", "rate", 30.0),
        FakeChange(20, "E", "v", 5.0, "kick"),
        FakeChange(30, "E", "tau", np.ones(80)),
        FakeChange(40, "I->E inh", "start_pruning", None, "call"),
    ]

    told = present(network)

    assert told["n_changes"] == 4
    assert told["changes"] == [
        {"time": 1.0, "text": "E.rate = 30"},
        {"time": 2.0, "text": "E.v += 5"},
        {"time": 3.0, "text": "E.tau = 80 values"},
        {"time": 4.0, "text": "I->E inh.start_pruning call"},
    ]


def test_past_and_hints_are_told(network):
    told = present(network)

    assert (told["oldest"], told["newest"], told["branches"]) == (100.0, 900.0, 1)
    assert told["good"] == 800.0
    assert told["diverged"] is None
    assert told["hints"] == ["E is silent."]


def test_moment_of_a_divergence_is_told(network):
    network.step_index = 5000
    network.error = DivergenceError("v is NaN")

    assert present(network)["diverged"] == 500.0


def test_other_errors_are_no_divergence(network):
    network.step_index = 5000
    network.error = SimulationError("Recording: cannot write 'run.zarr'.")

    assert present(network)["diverged"] is None


@pytest.mark.parametrize(
    ("content", "done"),
    [
        ({"do": "back", "time": 250.0}, ("back", 250.0)),
        ({"do": "keep", "on": True}, ("keep",)),
        ({"do": "keep", "on": False}, ("stop",)),
        ({"do": "run", "duration": 20}, ("play", 20.0)),
        (
            {"do": "kick", "group": "E", "variable": "v", "amount": 5, "neurons": "0-2, 7"},
            ("kick", "E", "v", 5.0, [0, 1, 2, 7]),
        ),
        (
            {"do": "silence", "group": "I", "neurons": "all", "on": True},
            ("silence", "I", None, True),
        ),
        (
            {
                "do": "stimulate",
                "group": "E",
                "variable": "v",
                "duration": 100,
                "values": [0, 1],
                "neurons": "",
            },
            ("stimulate", "E", "v", [0.0, 50.0], [0.0, 1.0], None),
        ),
    ],
    ids=["go back", "keep", "stop keeping", "run for", "kick", "silence", "stimulate"],
)
def test_page_does_it(network, content, done):
    assert act(network, content) == ""
    assert network.done == [done]


COURSE = {"do": "stimulate", "group": "E", "variable": "v", "duration": 100, "neurons": ""}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            {"do": "kick", "group": "X", "variable": "v", "amount": 5, "neurons": ""},
            "X: the network has no such population; reload the dashboard.",
        ),
        (
            {"do": "kick", "group": "E", "variable": "x", "amount": 5, "neurons": ""},
            "Population 'E': 'x' is no variable; it has v.",
        ),
        (
            {"do": "run", "duration": None},
            "dashboard: 'run for' needs a time in ms; type a number above 0.",
        ),
        ({"do": "explode"}, "dashboard: 'explode' is not understood; reload the page."),
        (
            {**COURSE, "values": []},
            "stimulus: 0 values over 100 ms are no course; paint it again.",
        ),
        (
            {**COURSE, "values": [0.0] * (MOST_POINTS + 1)},
            "stimulus: 2001 values over 100 ms are no course; paint it again.",
        ),
        (
            {**COURSE, "values": ["a"]},
            "stimulus: 1 values over 100 ms are no course; paint it again.",
        ),
    ],
    ids=["population", "variable", "duration", "action", "empty", "too long", "no numbers"],
)
def test_what_cannot_be_done_is_answered_with_the_reason(network, content, reason):
    assert act(network, content) == reason
    assert network.done == []


@pytest.mark.parametrize(
    ("text", "neurons"),
    [("all", None), (" ", None), ("3", [3]), ("0-2, 2-4,9", [0, 1, 2, 3, 4, 9])],
)
def test_neurons_are_read(text, neurons):
    assert neurons_in(text, 10) == neurons


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("many", "neurons: 'many' is no number; write for example 0-9, 15."),
        ("-3", "neurons: '-3' is no number; write for example 0-9, 15."),
        ("²", "neurons: '²' is no number; write for example 0-9, 15."),
        ("8-10", "neurons: '8-10' lies outside 0-9; name neurons within it."),
        ("5-2", "neurons: '5-2' runs backwards; give the lower one first."),
    ],
)
def test_neurons_that_there_are_not_are_refused(text, reason):
    with pytest.raises(ValueError, match="neurons") as error:
        neurons_in(text, 10)

    assert str(error.value) == reason


def test_page_gets_log_and_code_for_itself(network):
    page = Page(network)
    setup = page.join()
    network.log.append(FakeChange(10, "E", "rate", 30.0))

    page.say(type="session", viewer="page")
    told = page.next("session")[0]  # of a thread of its own, which may come after all others
    page.say(type="code", viewer="page")
    page.say(type="do", do="kick", group="E", variable="x", amount=1, neurons="")
    page.say(type="do", do="run", duration=None)

    assert [group["name"] for group in setup["session"]["groups"]] == ["E", "I"]
    assert told["changes"] == [{"time": 1.0, "text": "E.rate = 30"}]
    assert page.next("code")[0]["text"] == "E.rate = 30  # from a fake\n"
    assert page.next("done")[0]["reason"] == "Population 'E': 'x' is no variable; it has v."
    assert page.next("notice")[0]["text"] == (
        "dashboard: 'run for' needs a time in ms; type a number above 0."
    )
    page.dashboard.close()


def test_log_that_was_given_up_is_answered_with_the_reason(network):
    class Lost(FakeLog):
        def code(self) -> str:
            raise SimulationError("Network: the log was given up; call net.reset().")

    network.log = Lost()
    page = Page(network)

    page.say(type="code", viewer="page")

    assert page.next("notice")[0]["text"] == "Network: the log was given up; call net.reset()."
    page.dashboard.close()


def test_page_is_heard_while_a_build_holds_up_its_hints(network):
    page = Page(network)
    page.join()
    built = Event()
    network.hints = lambda: ["late"] if built.wait(10) else ["never"]

    for viewer in ("page", "another", "page"):
        page.say(type="session", viewer=viewer)
    page.say(type="do", do="run", duration=None)  # heard at once
    assert page.next("notice")[0]["text"] == (
        "dashboard: 'run for' needs a time in ms; type a number above 0."
    )
    built.set()

    answers = set()
    while answers != {"page", "another"}:  # one answer may serve several requests
        content, _ = page.next("session")
        assert content["hints"] == ["late"]
        answers.add(content["viewer"])
