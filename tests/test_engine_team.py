"""The number of threads: chosen by measurement, and without a trace in the results."""

import ctypes
import os
import subprocess
import threading
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_network_determinism import coba, spikes, state

from snnlab.engine import simulator, team
from snnlab.engine.team import LONGEST_INTERVAL, TeamChoice
from snnlab.engine.toolchain import find_toolchain
from snnlab.errors import NetworkError
from snnlab.model.neuron import Neuron
from snnlab.network.network import Network

STEPS = 100


def slice_of(choice, n_steps, cost):
    """Run a slice; ``cost[size]`` s a step each. Returns (size, steps) in their order."""
    stretches = []
    while n_steps:
        size, n = choice.next(n_steps)
        choice.tell(size, n, cost[size] * n)
        n_steps -= n
        stretches.append((size, n))
    return stretches


def run(choice, cost, seconds):
    """Run slices of ``STEPS`` for ``seconds`` of computing, as `slice_of`."""
    stretches = []
    while seconds > 0:
        done = slice_of(choice, STEPS, cost)
        seconds -= sum(cost[size] * n for size, n in done)
        stretches += done
    return stretches


def sizes_of(stretches):
    """Their sizes, one for neighbours with the same."""
    return [size for size, _ in groupby(size for size, _ in stretches)]


def test_every_number_is_measured_twice_and_the_fastest_kept():
    choice = TeamChoice(8, measured=True)
    cost = {1: 8e-6, 2: 5e-6, 4: 3e-6, 8: 9e-6}

    trials = sizes_of(slice_of(choice, 10, cost) + slice_of(choice, 5_000, cost))
    late = {size for size, _ in run(choice, cost, seconds=0.2)}

    assert trials == [1, 2, 4, 8, 1, 2, 4, 8, 4]
    assert choice.size == 4
    assert late == {2, 4, 8}


def test_trials_of_a_run_are_short_and_begin_before_they_are_measured():
    choice = TeamChoice(2, measured=True)
    slice_of(choice, 500, {1: 1e-6})  # as long as a trial
    told = choice.next(9_500)
    choice.tell(*told, 1.0)  # a thread woke up

    assert told == (2, 125)
    assert slice_of(choice, 9_375, {1: 1e-6, 2: 1.2e-6}) == [
        (2, 500),
        (1, 125),
        (1, 500),
        (2, 125),
        (2, 500),
        (1, 7_625),
    ]


def test_team_that_is_much_slower_is_tried_once():
    choice = TeamChoice(4, measured=True)
    cost = {1: 1e-6, 2: 0.9e-6, 4: 1.3e-6}

    assert sizes_of(slice_of(choice, 500, cost) + slice_of(choice, 20_000, cost)) == [1, 2, 4, 1, 2]


def test_a_look_is_a_small_part_of_the_time_since_the_last_one():
    choice = TeamChoice(2, measured=True)
    cost = {1: 1e-6, 2: 1.2e-6}

    stretches = [one for _ in range(600) for one in slice_of(choice, 25_000, cost)]
    looks = [n for size, n in stretches[10:] if size == 2]

    # A look of 1000 steps and those that are not measured after 0.05 s, then less and less often.
    assert looks[:6] == [250, 1000, 500, 2000, 1000, 4000]
    assert looks[-2:] == [5000, 20000]
    assert len(looks) < 50
    assert choice.size == 1


def test_a_slice_that_is_soon_over_tells_little():
    choice = TeamChoice(2, measured=True)
    run(choice, {1: 1e-5, 2: 0.6e-5}, seconds=0.02)
    assert choice.size == 2

    for _ in range(10):
        choice.tell(2, 4, 600e-6)  # while the other thread woke up
    assert choice.size == 2


def test_nobody_is_woken_up_for_steps_that_are_soon_over():
    choice = TeamChoice(2, measured=True)
    run(choice, {1: 1e-5, 2: 0.6e-5}, seconds=0.02)

    assert [choice.next(n) for n in (1, 9, 11)] == [(1, 1), (1, 9), (2, 11)]


def test_a_team_that_is_hardly_faster_is_not_worth_a_core():
    choice = TeamChoice(2, measured=True)

    run(choice, {1: 1e-5, 2: 0.98e-5}, seconds=0.1)

    assert choice.size == 1


def test_slices_of_few_steps_tell_nothing():
    choice = TeamChoice(2, measured=True)

    stretches = [choice.next(n) for n in (1, 2, 3)]
    choice.tell(1, 3, 1.0)

    assert stretches == [(1, 1), (1, 2), (1, 3)]
    assert choice.next(STEPS) == (1, 4)
    assert choice.patience(2) == 0


def test_short_slices_run_on_one_thread_until_a_team_could_pay():
    choice = TeamChoice(2, measured=True)
    cost = {1: 1e-6, 2: 1e-6}

    for n_steps in (1, 4, 16, 64, 249, 249):
        assert slice_of(choice, n_steps, cost) == [(1, n_steps)]
    assert slice_of(choice, 500, cost) == [(1, 500)]
    assert slice_of(choice, 500, cost) == [(2, 500)]


def test_few_steps_that_take_long_are_shared():
    choice = TeamChoice(2, measured=True)

    stretches = [slice_of(choice, 4, {1: 0.004, 2: 0.0025}) for _ in range(8)]

    assert stretches[:4] == [[(1, 4)], [(2, 4)], [(1, 4)], [(2, 4)]]
    assert stretches[-3:] == [[(2, 4)]] * 3


def test_a_core_that_is_taken_for_a_moment_is_kept():
    choice = TeamChoice(2, measured=True)
    free, taken = {1: 1e-5, 2: 0.6e-5}, {1: 1e-5, 2: 1.5e-5}
    run(choice, free, seconds=0.1)

    for _ in range(20):
        run(choice, taken, seconds=0.025)
        assert choice.size == 2
        run(choice, free, seconds=0.025)


def test_a_core_that_stays_taken_is_given_up_and_found_again():
    choice = TeamChoice(2, measured=True)
    free, taken = {1: 1e-5, 2: 0.6e-5}, {1: 1e-5, 2: 1.5e-5}
    run(choice, free, seconds=0.1)
    assert choice.size == 2

    run(choice, taken, seconds=2 * team.MEMORY)
    assert choice.size == 1

    late = sizes_of(run(choice, taken, seconds=10.0))
    assert 1 < late.count(2) < 10 / LONGEST_INTERVAL + 6  # the first intervals are shorter
    run(choice, free, seconds=2 * LONGEST_INTERVAL)
    assert choice.size == 2


def test_a_team_has_to_keep_pace_with_one_thread():
    choice = TeamChoice(2, measured=True)

    run(choice, {1: 1e-5, 2: 0.6e-5}, seconds=0.1)

    assert (choice.patience(1), choice.patience(2)) == (0, pytest.approx(1.5e-5))


def test_spare_cores_are_not_used():
    choice = TeamChoice(4, measured=True)
    cost = {1: 8e-5, 2: 5e-5, 4: 3e-5}
    run(choice, cost, seconds=0.2)

    choice.limit(3)
    stretches = run(choice, cost, seconds=1.0)

    assert {size for size, _ in stretches} == {1, 2}
    assert choice.size == 2


def test_a_given_number_is_always_used():
    choice = TeamChoice(3, measured=False)

    choice.limit(1)
    stretches = run(choice, {3: 1e-3}, seconds=1.0)

    assert set(stretches) == {(3, STEPS)}
    assert choice.patience(3) == 0


class Alternating(TeamChoice):
    """Every number of threads in turn; a team of two has no patience left after its grace."""

    def next(self, n_steps):
        self.size = self.size % 3 + 1
        return self.size, n_steps

    def patience(self, size):
        return 1e-12 if size == 2 else 0.0


def test_changing_teams_do_not_change_a_spike(monkeypatch):
    done = []
    whole, changing = coba(threads=1), coba(threads=3)
    changing.build()
    alternating = Alternating(3, measured=True)
    monkeypatch.setattr(alternating, "tell", lambda *told: done.append(told))
    monkeypatch.setattr(changing._simulator, "_team", alternating)

    whole.simulate(200)
    changing.simulate(200)

    assert spikes(whole) == spikes(changing)
    assert state(whole) == state(changing)
    assert {size for size, n_steps, _ in done if n_steps} == {1, 2, 3}
    assert sum(n_steps for _, n_steps, _ in done) == 2000


def test_network_says_how_many_threads_run_and_leaves_cores():
    net = coba(threads=None)
    net.spare_cores = 1_000
    net.simulate(20)

    assert net.threads_now == 1
    assert net.spare_cores == 1_000


def stepper_of(net: Network) -> Any:
    return net._simulator._stepper


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cores are chosen on Linux only")
def test_threads_that_share_a_core_compute_the_same():
    alone, together = coba(threads=2), coba(threads=2)
    for net in (alone, together):
        net.simulate(1)
    core = min(os.sched_getaffinity(0))

    def run() -> None:
        os.sched_setaffinity(0, {core})  # of this thread, and of those that it begins
        stepper_of(together).run(2000, 2)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    stepper_of(alone).run(2000, 1)

    for name, population in alone.populations.items():
        assert np.array_equal(population.v, together.populations[name].v)


@pytest.fixture(scope="module")
def absent_worker(tmp_path_factory):
    """The step loop with a second thread that stays away (tests/absent_worker.c)."""
    made = tmp_path_factory.mktemp("absent") / "absent_worker.so"
    engine = Path(team.__file__).parent
    sources = [engine / name for name in ("inputs.c", "procedural.c", "connectivity.c")]
    sources.append(Path(__file__).with_name("absent_worker.c"))
    flags = ["-shared", "-fPIC", "-fopenmp", f"-I{engine}", f"-I{engine / 'include'}"]
    command = [*find_toolchain().command, *flags, *sources, "-lm", "-o", made]
    subprocess.run(command, check=True, capture_output=True)
    library = ctypes.CDLL(str(made))
    library.pauses.argtypes = [ctypes.c_int64, ctypes.c_uint32]
    library.pauses.restype = ctypes.c_int64
    return library


def test_nobody_looks_for_a_thread_that_has_not_come(absent_worker):
    assert absent_worker.pauses(100, 0) == 0


def test_a_thread_that_went_away_is_looked_for_in_one_segment_only(absent_worker):
    assert absent_worker.pauses(100, 1) == absent_worker.late_looks() - 1


def test_number_given_is_a_limit(monkeypatch):
    monkeypatch.setattr(team, "MEASURED", True)
    net = Network(dt=0.1, seed=1, threads=2)
    net.add(2, Neuron.from_cell("r = r + 1", "R"), name="R")  # never enough work for two
    net.simulate(100)

    assert net.threads == 2
    assert net.threads_now == 1


@pytest.mark.parametrize("number", [-1, 1.5, "all"])
def test_spare_cores_that_make_no_sense_are_refused(number):
    net = Network(dt=0.1, seed=1)

    with pytest.raises(NetworkError) as error:
        net.spare_cores = number

    assert str(error.value) == (
        f"Network: spare_cores = {number!r}; give a whole number from 0 on."
    )


@pytest.mark.parametrize(
    ("step_seconds", "n_steps"),
    [(0.0001, 16), (0.003, 8), (0.007, 4), (0.012, 4), (0.013, 1)],
    ids=["short", "some", "slow", "slower", "too slow"],
)
def test_slices_of_slow_steps_are_long_enough_for_a_team(step_seconds, n_steps):
    clock = simulator.Simulator(
        0.1, lambda a, n: None, lambda a, n: None, lambda a, n, s: (a + n, None), lambda: None
    )

    for size in (1, 4):
        clock._slice_steps = min(clock._slice_steps, size)
        clock._adapt(clock._slice_steps, clock._slice_steps * step_seconds)

    assert clock._slice_steps == n_steps
