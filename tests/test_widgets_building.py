"""While a network is built for a run, the dashboard says so, answers, and can take the run back."""

from collections.abc import Iterator
from threading import Event

import pytest
from models import LIF
from test_widgets_dashboard import Page

from snnlab import Network, Neuron

WAIT = 10.0  # s
DRIVE = "population:cells:I"


class SlowNetwork(Network):
    """Its parts take as long to build as a test wants."""

    def __init__(self) -> None:
        super().__init__(dt=0.1, seed=1, target="numpy")
        self.started, self.go_on, self.linked = Event(), Event(), Event()
        link = self._linkage._link

        def slow(tell) -> None:
            tell(0, 1, "compiling cells")
            self.started.set()
            assert self.go_on.wait(WAIT)
            link(tell)
            self.linked.set()

        self._linkage._link = slow


@pytest.fixture
def network() -> Iterator[SlowNetwork]:
    network = SlowNetwork()
    network.add(2, Neuron.from_cell(LIF, "LIF"), name="cells")
    yield network
    network.go_on.set()
    network.pause()


@pytest.fixture
def page(network) -> Iterator[Page]:
    page = Page(network)
    page.join()
    yield page
    network.go_on.set()  # closing waits for it
    page.dashboard.close()


def building(page: Page) -> dict:
    return page.frame_where(lambda frame: frame["state"]["building"])["state"]


def test_play_tells_that_it_waits_for_the_compiler_and_then_begins(page, network):
    page.say(type="act", action="play")
    state = building(page)
    network.go_on.set()

    assert (state["status"], state["message"]) == ("compiling", "compiling cells")
    assert (state["running"], state["time"]) == (False, 0)
    running = page.frame_where(lambda frame: frame["state"]["time"] > 0)["state"]
    assert not running["building"]


@pytest.mark.parametrize(
    "asked",
    [
        {"type": "act", "action": "play"},
        {"type": "do", "do": "run", "duration": 5.0},
        {"type": "act", "action": "step"},
    ],
    ids=["play", "run for", "step"],
)
def test_pause_while_the_compiler_works_takes_the_run_back(page, network, asked):
    page.say(**asked)
    building(page)
    page.say(type="act", action="pause")
    network.go_on.set()

    assert network.linked.wait(WAIT)
    page.frame_where(lambda frame: not frame["state"]["building"])
    network.pause()  # waits for a run that had begun after all
    assert (network.running, network.time) == (False, 0)


def test_sliders_moved_while_the_compiler_works_hold_up_no_pause(page, network):
    """They are carried out in their order, when it is done."""
    page.say(type="act", action="play")
    building(page)
    for value in (20.0, 21.0, 22.0):
        page.say(type="set", key=DRIVE, value=value)
    page.say(type="act", action="pause")
    waiting = len(network.log)
    network.go_on.set()

    assert network.linked.wait(WAIT)
    page.frame_where(lambda frame: frame.get("values", {}).get(DRIVE) == 22.0)
    assert waiting == 0
    assert [change.value for change in network.log] == [22.0]
    assert (network.running, network.time) == (False, 0)


def test_reset_while_the_compiler_works_is_answered_afterwards(page, network):
    page.say(type="act", action="play")
    building(page)

    page.say(type="act", action="reset")
    page.say(type="window", duration=500)
    frame = page.frame_where(lambda frame: frame["whole"])

    assert frame["state"]["building"]


def test_what_takes_a_moment_is_not_told(network):
    network.go_on.set()

    network.build()

    assert network.building == ""
    assert network.built


def test_network_in_use_is_built_until_it_grows(network):
    network.go_on.set()
    assert not network.built
    network.build()
    assert network.built
    network.add(1, Neuron.from_cell(LIF, "LIF"))

    assert not network.built
