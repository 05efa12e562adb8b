"""Few frames under way, as many as a page can paint, and nobody who is gone is waited for."""

import numpy as np
import pytest

from snnlab.widgets.viewers import (
    ASK_PERIOD,
    MAX_RATE,
    MAX_SHARE,
    MAX_VIEWERS,
    MIN_RATE,
    PAINTING_SHARE,
    PATIENCE,
    PATIENCE_FOR_ANSWER,
    Viewers,
)

FRAME = 1 / MAX_RATE


def test_next_frame_waits_for_the_acknowledgement():
    viewers = Viewers()
    viewers.join("a", now=0.0)
    number = viewers.send(now=0.0, whole=True)

    before = viewers.may_send(now=0.2)
    viewers.acknowledge("a", number, now=0.2)

    assert not before
    assert viewers.may_send(now=0.2)


def test_next_frame_waits_for_the_slowest_viewer():
    viewers = Viewers()
    viewers.join("fast", now=0.0)
    viewers.join("slow", now=0.0)
    number = viewers.send(now=0.0, whole=True)

    viewers.acknowledge("fast", number, now=0.1)

    assert not viewers.may_send(now=0.2)


def test_frames_do_not_go_out_faster_than_the_limit():
    viewers = Viewers()
    viewers.join("a", now=0.0)
    number = viewers.send(now=0.0, whole=True)
    viewers.acknowledge("a", number, now=0.001)

    assert not viewers.may_send(now=0.9 * FRAME)
    assert viewers.may_send(now=1.1 * FRAME)


def test_held_frames_wait_and_do_not_delay_the_next_ones():
    viewers = Viewers()
    viewers.join("a", now=0.0)
    viewers.hold(until=0.5)

    early = viewers.may_send(now=0.4)
    number = viewers.send(now=0.5, whole=True)
    viewers.acknowledge("a", number, now=0.5)

    assert not early
    assert viewers.earliest == pytest.approx(0.5 + viewers.interval)


def test_frames_go_on_for_a_while_before_the_answer():
    viewers = Viewers()
    viewers.join("a", now=0.0)
    asked = viewers.send(now=0.0, whole=True)
    viewers.send(now=FRAME, whole=False, asking=viewers.asks(now=FRAME))

    assert viewers.may_send(now=0.9 * PATIENCE_FOR_ANSWER)
    assert not viewers.may_send(now=1.1 * PATIENCE_FOR_ANSWER)
    viewers.acknowledge("a", asked, now=1.2 * PATIENCE_FOR_ANSWER)
    assert viewers.may_send(now=1.2 * PATIENCE_FOR_ANSWER)


def test_one_frame_in_a_period_asks_for_an_answer():
    viewers = Viewers()
    viewers.join("a", now=0.0)
    viewers.acknowledge("a", viewers.send(now=0.0, whole=True), now=FRAME)

    assert not viewers.asks(now=0.9 * ASK_PERIOD)
    assert viewers.asks(now=1.1 * ASK_PERIOD)


@pytest.mark.parametrize(
    ("cost", "rate"),
    [
        (0.0, MAX_RATE),
        (PAINTING_SHARE / 25, 25.0),
        (0.02, MIN_RATE),  # at 0.02 of the page's time it would be 1
        (0.2, MAX_SHARE / 0.2),  # a page that paints more slowly than MIN_RATE
    ],
)
def test_rate_of_frames_follows_what_painting_costs(cost: float, rate: float):
    viewers = Viewers()
    viewers.join("a", now=0.0)

    for frame in range(60):
        viewers.acknowledge("a", frame, now=0.0, cost=cost)

    assert 1 / viewers.interval == pytest.approx(rate, rel=1e-6)


def test_slowest_page_on_a_screen_decides_on_the_rate():
    viewers = Viewers()
    viewers.join("fast", now=0.0)
    viewers.join("slow", now=0.0)
    for frame in range(60):
        viewers.acknowledge("slow", frame, now=0.0, cost=0.02)
    slow = viewers.interval

    viewers.show("slow", False, now=1.0)

    assert 1 / slow == pytest.approx(MIN_RATE)
    assert 1 / viewers.interval == pytest.approx(MAX_RATE)


def test_silent_viewer_is_waited_for_only_so_long():
    viewers = Viewers()
    viewers.join("closed tab", now=0.0)
    viewers.join("open tab", now=0.0)
    number = viewers.send(now=0.0, whole=True)
    viewers.acknowledge("open tab", number, now=0.1)

    assert not viewers.may_send(now=0.9 * PATIENCE)
    assert viewers.may_send(now=1.1 * PATIENCE)
    assert viewers.watched(now=1.1 * PATIENCE)


def test_page_that_was_reloaded_is_waited_for_once():
    viewers = Viewers()
    viewers.join("before", now=0.0)
    viewers.join("after", now=0.0)
    sent = []
    for now in np.arange(0.0, 10 * PATIENCE, 1.01 * FRAME):
        if viewers.may_send(now):
            asking = viewers.asks(now) or not sent
            number = viewers.send(now, whole=not sent, asking=asking)
            viewers.acknowledge("after", number, now)
            sent.append(now)

    waits = np.diff(sent)
    assert (waits > 1.5 * FRAME).sum() == 1
    assert waits.max() < 1.1 * PATIENCE


def test_nobody_looks_once_the_last_viewer_is_silent():
    viewers = Viewers()
    viewers.join("closed tab", now=0.0)
    viewers.send(now=0.0, whole=True)

    assert viewers.watched(now=0.9 * PATIENCE)
    assert not viewers.watched(now=1.1 * PATIENCE)


def test_silent_viewer_that_is_heard_again_counts_again():
    viewers = Viewers()
    viewers.join("asleep", now=0.0)
    number = viewers.send(now=0.0, whole=True)

    viewers.acknowledge("asleep", number, now=30.0)

    assert viewers.watched(now=30.0)
    assert viewers.may_send(now=30.0)


def test_hidden_viewer_neither_holds_frames_back_nor_asks_for_them():
    viewers = Viewers()
    viewers.join("a", now=0.0)
    viewers.send(now=0.0, whole=True)

    viewers.show("a", False, now=0.01)

    assert viewers.may_send(now=0.1)
    assert not viewers.watched(now=0.1)


def test_new_viewer_needs_the_whole_window_once():
    viewers = Viewers()
    viewers.join("a", now=0.0)
    asked = viewers.wants_whole_window()

    viewers.send(now=0.0, whole=True)

    assert asked
    assert not viewers.wants_whole_window()
    viewers.forget_everything_shown()
    assert viewers.wants_whole_window()


def test_number_of_viewers_is_bounded():
    viewers = Viewers()

    for k in range(3 * MAX_VIEWERS):
        viewers.join(f"viewer {k}", now=float(k))

    assert len(viewers) == MAX_VIEWERS


def test_viewer_that_left_is_forgotten():
    viewers = Viewers()
    viewers.join("a", now=0.0)

    viewers.leave("a")

    assert len(viewers) == 0
    assert not viewers.watched(now=0.0)
