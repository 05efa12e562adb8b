"""What plays rests while a cell is answered."""

from types import SimpleNamespace
from typing import Any

from fakes import FakeNetwork
from IPython.core.events import EventManager

from snnlab.widgets import dashboard as place
from snnlab.widgets.answers import AFTERWARDS, WHILE_IT_RUNS, answer_first, forget
from snnlab.widgets.dashboard import Dashboard


class Resting:
    def __init__(self):
        self.rests = []

    def rest(self, seconds):
        self.rests.append(seconds)


def a_shell():
    shell: Any = SimpleNamespace()
    known = dict.fromkeys(("pre_execute", "post_execute"), lambda: None)
    shell.events = EventManager(shell, known)
    return shell


def run_cell(shell):
    shell.events.trigger("pre_execute")
    shell.events.trigger("post_execute")


def test_all_rest_once_while_a_cell_runs_and_once_afterwards():
    shell, first, second = a_shell(), Resting(), Resting()
    for one in (first, second):
        answer_first(shell, one)

    run_cell(shell)

    assert first.rests == second.rests == [WHILE_IT_RUNS, AFTERWARDS]


def test_who_is_forgotten_or_gone_rests_no_more():
    shell, forgotten, gone = a_shell(), Resting(), Resting()
    rests = gone.rests
    for one in (forgotten, gone):
        answer_first(shell, one)

    forget(forgotten)
    del one, gone
    run_cell(shell)

    assert forgotten.rests == rests == []


def test_without_a_shell_nothing_rests():
    one = Resting()

    answer_first(None, one)
    run_cell(a_shell())

    assert one.rests == []


def test_a_dashboard_rests_with_its_network_until_it_is_closed(monkeypatch):
    shell, network = a_shell(), FakeNetwork()
    monkeypatch.setattr(place, "get_ipython", lambda: shell)
    board = Dashboard(network)
    viewers = board._pump.viewers
    before = viewers.earliest

    run_cell(shell)
    held = viewers.earliest
    board.close()
    run_cell(shell)

    assert network.rests == [WHILE_IT_RUNS, AFTERWARDS]
    assert held > before
    assert viewers.earliest == held
