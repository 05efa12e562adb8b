"""Pages that do all they can in random order, beside a cell that plays and resets their network."""

import sys
import threading
import traceback

import numpy as np
import pytest

from snnlab.errors import SnnlabError
from snnlab.model.neuron import Neuron
from snnlab.network.connectors import FixedProbability
from snnlab.network.distributions import Normal
from snnlab.network.network import Network
from snnlab.widgets.dashboard import Dashboard

SAYINGS = 40  # of each page
LIF = """\
tau = 20 ms [5, 100]
I = 15 mV [0, 60]
tau * dv/dt = -v + I + g_exc - g_inh
5 ms * dg_exc/dt = -g_exc
10 ms * dg_inh/dt = -g_inh
spike: v > 20 mV
reset: v = 0 mV
refractory: 2 ms
"""
SETTABLE = ("population:E:I", "population:I:tau", "projection:E->E exc:w", "drive:noise:rate")


def a_message(rng, now):
    """Something that a page may say."""
    neuron = int(rng.integers(80))
    sayings = [
        {"type": "join"},
        {"type": "join"},
        {"type": "leave"},
        {"type": "show", "shown": rng.random() < 0.7},
        {"type": "drawn", "number": int(rng.integers(300)), "cost": 1.0},
        {"type": "session"},
        {"type": "code"},
        {"type": "set", "key": str(rng.choice(SETTABLE)), "value": rng.uniform(10, 25)},
        {"type": "draw", "key": "population:E:I", "kind": "Normal", "first": 15, "second": 2},
        {"type": "trace", "population": "E", "variable": "v", "neuron": neuron},
        {"type": "untrace", "population": "E", "variable": "v", "neuron": neuron},
        {"type": "export", "figure": str(rng.choice(["raster", "traces"])), "format": "csv"},
        {"type": "points", "start": now - 100, "end": now, "low": 0, "high": 50},
        {"type": "window", "duration": float(rng.choice([20, 100, 1000]))},
        {"type": "spectrum", "population": "E"},
        {"type": "matrix", "projection": "E->E exc"},
        {"type": "unanalyse", "number": int(rng.integers(10))},
        {"type": "do", "do": "keep", "on": True},
        {"type": "do", "do": "back", "time": round(max(0.0, now - rng.uniform(0, 200)), 1)},
        {"type": "do", "do": "run", "duration": float(rng.choice([5, 50]))},
        {"type": "do", "do": "silence", "group": "E", "neurons": "0-9", "on": neuron < 40},
    ]
    return sayings[rng.integers(len(sayings))]


def a_deed(rng, net):
    """Something that a cell may do."""
    deed = rng.integers(7)
    if deed < 2:
        net.play()
    elif deed == 2:
        net.pause()
    elif deed == 3:
        net.simulate(float(rng.integers(1, 30)))
    elif deed == 4:
        net.reset()
    elif deed == 5:
        net.populations["E"].I = rng.uniform(10, 30)
    else:
        net.hints()
        net.log.code()
        _ = net.spikes["E"], net.traces["E"]["v"]


@pytest.fixture
def quick_changes():
    """Python's lock changes hands five hundred times as often as usual."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.usefixtures("quick_changes")
def test_pages_and_cells_get_by_whatever_they_do(seed, monkeypatch):
    failures = []
    monkeypatch.setattr(threading, "excepthook", lambda told: failures.append(told.exc_value))
    net = Network(dt=0.1, seed=1, threads=1)
    model = Neuron.from_cell(LIF, "LIF")
    groups = net.add(80, model, name="E"), net.add(20, model, name="I")
    for group, target in zip(groups, ("exc", "inh"), strict=True):
        net.connect(group, list(groups), target, FixedProbability(0.1), weight=Normal(0.5, 0.1))
    net.drive(groups[0], "exc", rate=800, weight=2.0, name="noise")
    net.record(groups[0], "v", neurons=range(3))
    net.recording_budget = 5
    net.simulate(1)
    boards = [Dashboard(net), Dashboard(net)]
    heard = []
    for board in boards:
        board.send = board._pump._send = lambda content, buffers=None: heard.append(content["type"])

    def be_a_page(number):
        rng, board = np.random.default_rng([seed, number]), boards[number % 2]
        try:
            for _ in range(SAYINGS):
                viewer = f"page {number}, {rng.integers(3)}"
                board._hear(board, {"viewer": viewer, **a_message(rng, net.time)}, [])
        except Exception as error:
            failures.append(error)

    pages = [threading.Thread(target=be_a_page, args=(n,)) for n in range(4)]
    for page in pages:
        page.start()
    rng = np.random.default_rng(seed)
    while any(page.is_alive() for page in pages):
        try:
            a_deed(rng, net)
        except SnnlabError as error:
            if "it is running already" not in str(error):  # a page pressed play
                failures.append(error)
        pages[0].join(rng.uniform(0, 0.05))
    for board in boards:
        board.close()
    net.pause()

    assert ["".join(traceback.format_exception(failure)) for failure in failures] == []
    assert {"setup", "frame", "picture"} <= set(heard)
