"""Runs and who waits for them: no command is lost, nobody waits for ever, nothing outlives its end.

Where a fault would be a wait without an end, a thread waits and the test looks whether it ended.
"""

import asyncio
import gc
import subprocess
import sys
import textwrap
import threading
import weakref
from typing import Any

import numpy as np
import pytest
from test_network_live import noisy, spikes, wait_until
from test_network_structure import AGEING, COUNT, SUM

from snnlab.errors import NetworkError, SimulationError
from snnlab.network import presentation
from snnlab.network.connectors import AllToAll
from snnlab.network.network import Network

PATIENCE = 30.0  # s


class Started(threading.Thread):
    """A thread that has begun and keeps what its work returned."""

    def __init__(self, work):
        super().__init__(daemon=True)
        self._work = work
        self.returned: list[Any] = []
        self.start()

    def run(self):
        self.returned.append(self._work())

    def result(self):
        self.join(PATIENCE)
        assert self.returned, "it waits, or it failed"
        return self.returned[0]


@pytest.fixture
def net():
    made, _ = noisy()
    yield made
    made.close()


def fail():
    raise NetworkError("Network: refused; give another.")


def test_changes_that_fail_leave_nobody_waiting(net):
    simulator = net._simulator
    net.play()
    with simulator.between_steps():
        simulator.submit(fail)
        simulator.submit(fail)
        asking = Started(lambda: simulator.call(lambda: "answer"))
        wait_until(lambda: len(simulator._commands) == 3)

    assert asking.result() == "answer"
    wait_until(lambda: not net.running)
    assert str(net.error) == "Network: refused; give another."


def test_who_waits_for_a_network_that_plays_gets_it_between_two_slices(net):
    simulator = net._simulator
    n_slices, asked = 0, 50
    waiters: list[Started] = []

    def wait(since):
        with simulator.between_steps():
            return n_slices - since

    def ask():
        nonlocal n_slices
        n_slices += 1
        if len(waiters) < asked and not (waiters and waiters[-1].is_alive()):
            since = n_slices
            waiters.append(Started(lambda: wait(since)))
            wait_until(lambda: simulator._lock.is_wanted)  # this slice still holds the lock

    simulator.every(10, ask)
    net.play()
    wait_until(lambda: len(waiters) == asked)
    waited = sorted(waiter.result() for waiter in waiters)
    net.pause()

    assert waited[asked // 2] <= 1


def test_who_holds_the_network_still_may_ask_it_while_a_run_begins(net):
    simulator = net._simulator
    net.build()

    def ask():
        with simulator.between_steps():
            net.play()
            return simulator.call(lambda: net.step_index)

    assert Started(ask).result() == 0
    assert net.running


def test_who_holds_the_network_still_does_not_wait_for_the_run_that_it_pauses(net):
    net.play()

    def pause():
        with net._simulator.between_steps():
            net.pause()
            return net.running

    assert Started(pause).result() is False


def test_a_run_that_another_thread_paused_does_not_go_on_with_the_next_one(net):
    running = Started(lambda: net.simulate(1e6))
    wait_until(lambda: net.step_index > 100)

    net.step(3)
    now = net.step_index

    running.result()
    assert net.step_index == now
    assert not net.running


def test_when_pause_returns_a_run_of_another_thread_is_over(net):
    running = Started(lambda: net.simulate(1e6))
    wait_until(lambda: net.step_index > 100)

    net.pause()
    now = net.step_index
    net._simulator.run(5)

    running.result()
    assert net.step_index == now + 5


def test_a_listener_that_fails_leaves_no_run_behind(net):
    net.changed.connect(fail)
    with pytest.raises(NetworkError):
        net.simulate(1)
    net.changed.disconnect(fail)

    assert not net.running
    net.simulate(1)
    assert net.time == 1.0


# While a network is built -----------------------------------------------------------------


class Building:
    """What `Network.build` reports to; does something at its first word."""

    def __init__(self, action):
        self._actions = [action]

    def stage(self, done, total, text):
        for action in self._actions:
            action()
        self._actions = []

    def close(self):
        pass


@pytest.fixture
def building():
    yield lambda action: presentation.set_worker(lambda: Building(action))
    presentation.set_worker(None)


@pytest.mark.parametrize(
    "begin",
    [
        lambda net: net.simulate(10),
        lambda net: net.play(),
        lambda net: net.play(10),
        lambda net: asyncio.run(net.run(10)),
    ],
    ids=["simulate", "play", "play for", "run"],
)
def test_a_pause_while_a_network_is_built_comes_in_time(begin, building, net):
    building(net.pause)

    begin(net)

    assert not net.running
    assert net.step_index == 0
    net.simulate(1)
    assert net.time == 1.0


def test_the_event_loop_goes_on_while_an_awaited_run_is_built(building, net):
    begun, leave = threading.Event(), threading.Event()

    def wait():
        begun.set()
        assert leave.wait(PATIENCE), "the event loop stands still"

    building(wait)

    async def both():
        run = asyncio.create_task(net.run(10))
        while not begun.is_set():
            await asyncio.sleep(0)
        leave.set()
        await run

    asyncio.run(both())
    assert net.time == 10.0


def test_what_prevents_a_schedule_prevents_the_next_run_too():
    net = Network(dt=1.0, seed=1)
    pre, post = net.add(3, COUNT), net.add(2, SUM)
    made = net.connect(pre, post, "exc", AllToAll(), synapse=AGEING)
    net.record(made, "age")
    made.start_pruning(period=1.0)
    messages = []
    for _ in range(2):
        with pytest.raises(SimulationError) as error:
            net.simulate(100)
        messages.append(str(error.value))

    assert messages[0].endswith("stop that recording before synapses are created or pruned.")
    assert messages[1] == messages[0]


# Several networks, and their ends ---------------------------------------------------------


def test_two_networks_play_at_once():
    nets = [noisy(threads)[0] for threads in (1, 2, 2)]
    for net in nets:
        net.play()
    wait_until(lambda: all(net.step_index > 500 for net in nets))
    for net in nets:
        net.pause()

    plain, _ = noisy()
    plain.step(max(net.step_index for net in nets))
    every = spikes(plain)
    for net in nets:
        np.testing.assert_array_equal(spikes(net), every[every[:, 0] < net.time - 1e-9])


def thread_of_a_forgotten_network():
    net, _ = noisy()
    net.history.keep()
    net.play()
    wait_until(lambda: net.step_index > 100)
    return net._simulator._player, weakref.ref(net)


def test_a_network_that_nobody_holds_any_more_ends():
    player, reference = thread_of_a_forgotten_network()

    def collected():
        gc.collect()  # in vain while the thread works with the network
        return reference() is None

    wait_until(collected)
    assert player is not None
    player.join(PATIENCE)
    assert not player.is_alive()


SCRIPT = """
import os, sys
sys.path.insert(0, sys.argv[1])
from test_network_live import noisy
from snnlab import Network, Neuron

net, _ = noisy(threads=2)
net.simulate(50)
waiting = Network(dt=0.1, seed=1)
waiting.add(2, Neuron.from_cell("r = r + 1", "R"), name="R")
child = os.fork()
if not child:
    import faulthandler
    faulthandler.dump_traceback_later(30, exit=True)  # a child that waits for ever fails
    net.simulate(50)
    waiting.simulate(50)
    os._exit(len(net.spikes["P"]) > 100 and waiting.time == 50)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
net.play()  # and Python ends
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
def test_a_forked_process_computes_too_and_python_ends_while_a_network_plays(request):
    """As in multiprocessing: a child inherits networks, and none of the threads."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(SCRIPT), str(request.path.parent)],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert (done.stdout, done.stderr, done.returncode) == ("1\n", "", 0)


@pytest.mark.parametrize("begin", ["build", "play"])
def test_hints_do_not_wait_for_a_build(net, monkeypatch, begin):
    net.simulate(200)
    expected, link = net.hints(), net._linkage._link
    begun, go = threading.Event(), threading.Event()

    def slow(tell):
        begun.set()
        assert go.wait(PATIENCE)
        link(tell)

    monkeypatch.setattr(net._linkage, "_link", slow)
    net._linkage.relink()
    builder = Started(net.build if begin == "build" else net.play)
    assert begun.wait(PATIENCE)
    told = Started(net.hints).result()  # while the lock is held
    go.set()
    builder.result()

    assert told == expected
    net.pause()
