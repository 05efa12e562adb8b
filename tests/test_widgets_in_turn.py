"""Work in the order it was asked for, at once or beside the one who asks."""

import threading

import pytest

from snnlab.widgets.in_turn import InTurn

WAIT = 5.0  # s


def test_what_need_not_wait_is_done_by_the_one_who_asks():
    turns, done = InTurn("test"), []

    turns.do(lambda: done.append(threading.current_thread()), at_once=True)

    assert done == [threading.current_thread()]


def test_what_comes_after_work_that_waits_waits_too():
    turns, done = InTurn("test"), []
    may_go_on, over = threading.Event(), threading.Event()

    turns.do(lambda: done.append(may_go_on.wait(WAIT)), at_once=False)
    for k in range(5):
        turns.do(lambda k=k: done.append(k), at_once=True)
    turns.do(over.set, at_once=False)
    before = list(done)
    may_go_on.set()

    assert over.wait(WAIT)
    assert before == []
    assert done == [True, 0, 1, 2, 3, 4]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_work_that_fails_stops_nothing_that_comes_later():
    turns, done, over = InTurn("test"), [], threading.Event()
    ready = threading.Event()

    def fail():
        assert ready.wait(WAIT)
        raise ValueError("cannot")

    turns.do(fail, at_once=False)
    turns.do(lambda: done.append(1), at_once=False)
    (thread,) = [t for t in threading.enumerate() if t.name == "test"]
    ready.set()
    thread.join(WAIT)
    turns.do(over.set, at_once=True)

    assert over.wait(WAIT)
    assert done == [1]
