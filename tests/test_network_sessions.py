"""Any session, played by hand, is repeated bit by bit from its log and from the code it gives."""

import runpy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_network_determinism import NOISY, coba

from snnlab.network.distributions import Uniform

NEURONS = st.lists(st.integers(0, 79), min_size=1, max_size=5, unique=True)
STEPS = st.integers(1, 40)
ACTIONS = st.one_of(
    st.tuples(st.just("slide"), st.sampled_from(["E", "I"]), st.floats(15, 30)),
    st.tuples(st.just("draw"), st.sampled_from(["I", "tau_m"]), st.floats(16, 20)),
    st.tuples(st.just("kick"), st.floats(-5, 5), st.none() | NEURONS),
    st.tuples(st.just("silence"), st.none() | NEURONS, st.booleans()),
    st.tuples(st.just("stimulate"), st.integers(1, 30), st.lists(st.floats(-9, 9), min_size=1)),
    st.tuples(st.just("weigh"), st.sampled_from(["E->E exc", "plastic"]), st.floats(0.1, 1)),
    st.tuples(st.just("learn"), st.floats(0, 0.05)),
    st.tuples(st.just("step"), STEPS),
    st.tuples(st.just("simulate"), STEPS),
    st.tuples(st.just("play"), STEPS),
    st.tuples(st.just("back"), st.floats(0, 1)),
)


def network(target, threads):
    net = coba(100, NOISY, plastic=True, target=target, threads=threads)
    net.history.keep(every=1.0)
    return net


def act(net, action):
    """What a person does; the numbers are those of `ACTIONS`."""
    excitation = net.populations["E"]
    match action:
        case ("slide", name, value):
            handle = next(h for h in net.handles() if (h.owner, h.name) == (name, "I"))
            handle.set(value)
        case ("draw", name, low):
            setattr(excitation, name, Uniform(low, low + 4.0))
        case ("kick", amount, neurons):
            net.kick(excitation, "v", amount, neurons)
        case ("silence", neurons, on):
            net.silence(excitation, neurons, on)
        case ("stimulate", lasts, values):
            start = net.time + 0.3
            times = [start + 0.1 * lasts * k for k in range(len(values) + 1)]
            net.stimulate(excitation, "I", times, values)
        case ("weigh", name, weight):
            net.projections[name].w = weight
        case ("learn", value):
            net.projections["plastic"].A_plus = value
        case ("step", n):
            net.step(n)
        case ("simulate", n):
            net.simulate(0.1 * n)
        case ("play", n):
            net.play(0.1 * n)
            net._simulator._player.join()
        case ("back", part):
            if net.step_index:
                net.go_back(round(part * net.step_index) * net.dt)


def outcome(net):
    spikes = [net.spikes[name].to_numpy().tobytes() for name in net.populations]
    variables = [
        np.asarray(getattr(population, name)).tobytes()
        for population in net.populations.values()
        for name in population.state.variables
    ]
    return spikes, variables, net.projections["plastic"].w.tobytes()


@pytest.mark.parametrize(("target", "threads"), [("c", 1), ("c", 2), ("numpy", 1)])
def test_any_session_is_repeated(target, threads, tmp_path):
    script = tmp_path / "session.py"
    net = network(target, threads)

    @settings(max_examples=12 if target == "c" else 6, deadline=None, derandomize=True)
    @given(st.lists(ACTIONS, min_size=3, max_size=12))
    def repeat(actions):
        net = network(target, threads)
        net.step(10)
        for action in actions:
            act(net, action)
        net.step(5)
        end, played = net.step_index, outcome(net)
        code = net.log.code()

        net.replay(net.log)
        net.step(end - net.step_index)
        again = outcome(net)
        fresh = network(target, threads)
        script.write_text(code)
        runpy.run_path(str(script), {"net": fresh})

        assert again == played
        assert fresh.step_index == end
        assert outcome(fresh) == played

    net.build()  # compiled once
    repeat()
