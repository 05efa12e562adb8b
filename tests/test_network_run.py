"""``await net.run()``, and runs that stop within a step however slow the steps have become."""

import asyncio
import threading
import time
from typing import Any

import numpy as np
import pytest

from snnlab import AllToAll, Network, Neuron
from snnlab.errors import SimulationError

CELL = """
tau = 10 ms
drive = 12 [0, 20]
tau * dv/dt = drive*Uniform(0, 2) - v
spike: v > 10
reset: v = 0
refractory: 2 ms
"""
# Silent for 200 ms, then everybody spikes in every step.
SUDDEN = """
n = n + 1
x = g_exc
spike: t > 200
"""


def noisy(**options):
    net = Network(dt=0.1, seed=1, **options)
    return net, net.add(50, Neuron.from_cell(CELL, "noisy"), name="P")


def sudden(threads=1, size=1500):
    """Steps become about a thousand times slower."""
    net = Network(dt=0.1, seed=1, threads=threads)
    group = net.add(size, Neuron.from_cell(SUDDEN, "sudden"), name="P")
    net.connect(group, group, "exc", AllToAll(), weight=0.1, delay=0.1)
    return net, group


def wait_for_slow_steps(net, group):
    """Until the engine, which publishes nothing during a slice, has come to the slow steps."""
    counter = np.asarray(group.n)
    tick, deadline = threading.Event(), time.monotonic() + 30
    while counter[0] < 2005:
        assert net.running, "it has ended"
        assert time.monotonic() < deadline, "it did not come so far in time"
        tick.wait(0.001)
    return counter


def test_awaited_run_is_a_plain_run():
    net, _ = noisy()
    plain, _ = noisy()

    asyncio.run(net.run(200))
    plain.simulate(200)

    assert (net.running, net.time) == (False, 200)
    assert len(plain.spikes["P"]) > 400
    np.testing.assert_array_equal(net.spikes["P"].to_numpy(), plain.spikes["P"].to_numpy())


def test_other_tasks_go_on_during_an_awaited_run():
    net, _ = noisy()
    net.speed = 1.0

    async def both():
        run = asyncio.create_task(net.run(50))
        seen = []
        while not run.done():
            seen.append(net.running)
            await asyncio.sleep(0)
        await run
        return seen

    seen = asyncio.run(both())

    assert seen.count(True) > 10
    assert net.step_index == 500


def test_a_second_run_is_refused():
    net, _ = noisy()
    net.speed = 0.1

    async def twice():
        first = asyncio.create_task(net.run(1000))
        while not net.running:
            await asyncio.sleep(0)
        with pytest.raises(SimulationError) as refused:
            await net.run(10)
        net.pause()
        await first
        return str(refused.value)

    message = asyncio.run(twice())

    assert message == "Network: it is running already; call net.pause() before net.run()."
    assert net.step_index < 10_000


def test_cancelling_pauses():
    net, _ = noisy()
    net.speed = 0.1

    async def cancelled():
        run = asyncio.create_task(net.run(1000))
        while net.step_index == 0:
            await asyncio.sleep(0)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
        return net.running

    assert not asyncio.run(cancelled())
    assert 0 < net.step_index < 10_000


def test_what_stops_a_run_is_raised():
    net = Network(dt=0.1, seed=1)
    net.add(2, Neuron.from_cell("x = log(1 - t)\nspike: x > 2", "bad"), name="P")

    with pytest.raises(SimulationError) as raised:
        asyncio.run(net.run(100))

    assert raised.value is net.error
    assert not net.running


@pytest.mark.parametrize(
    ("duration", "said"), [(-1.0, "-1.0 ms"), (float("inf"), "inf ms"), ("long", "'long'")]
)
def test_an_impossible_duration_is_refused(duration, said):
    net, _ = noisy()

    with pytest.raises(SimulationError) as refused:
        asyncio.run(net.run(duration))

    assert str(refused.value) == (f"Network: cannot simulate {said}; give a duration from 0 ms on.")


@pytest.mark.parametrize("target", ["c", "numpy"])
def test_a_run_ends_before_its_steps_leave_the_numbers_of_kernels(target):
    net = Network(dt=0.1, target=target)
    neurons = net.add(1, Neuron(equations="age = t - t_last", spike="age > 5"))
    net.build()
    net._simulator.step_index = 2_146_999_900
    net._linkage.reschedule()

    with pytest.raises(SimulationError) as error:
        net.simulate(20)

    assert net.step_index == 2_147_000_000
    assert neurons.age.max() < 5.2
    assert str(error.value) == (
        "Network: 2147000000 steps have been run, and more cannot be counted; call net.reset() to "
        "begin again at 0 ms."
    )
    net.reset()
    net.simulate(20)
    assert net.step_index == 200


def test_a_run_of_no_time_is_over_at_once():
    net, _ = noisy()

    asyncio.run(net.run(0))

    assert net.step_index == 0


@pytest.mark.parametrize("threads", [1, 2])
def test_pause_waits_for_a_step_not_for_a_slice(threads):
    net, group = sudden(threads)
    net.record(group, "n", neurons=[3, 5], every=0.3)
    plain, same = sudden(threads)
    plain.record(same, "n", neurons=[3, 5], every=0.3)

    net.play()
    counter = wait_for_slow_steps(net, group)
    before = int(counter[0])
    net.pause()
    plain.step(net.step_index)

    # The slice has room for hundreds of steps.
    assert net.step_index - before <= 20
    assert counter[0] == net.step_index
    np.testing.assert_array_equal(net.traces["P"]["n"], plain.traces["P"]["n"])
    np.testing.assert_array_equal(net.traces["P"].times, plain.traces["P"].times)
    np.testing.assert_array_equal(net.spikes["P"].to_numpy(), plain.spikes["P"].to_numpy())
    np.testing.assert_array_equal(group.x, same.x)


def test_a_command_waits_for_a_step_not_for_a_slice():
    net, group = sudden()

    net.play()
    counter = wait_for_slow_steps(net, group)
    before = int(counter[0])
    found = net.snapshot().step
    net.pause()

    assert found - before <= 20


def test_a_numpy_run_stops_after_the_present_step():
    net, _ = noisy(target="numpy")
    net.build()
    stepper: Any = net._simulator._stepper
    stepped = []

    class Stop:
        def __getitem__(self, index: int) -> bool:
            stepped.append(int(stepper.step))
            return len(stepped) == 3

    done = stepper.run(10, stop=Stop())

    assert stepped == [1, 2, 3]
    assert done[1][0] == 3
