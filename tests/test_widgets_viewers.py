"""One frame under way at a time, and nobody who is gone is waited for."""

from snnlab.widgets.viewers import MAX_RATE, MAX_VIEWERS, PATIENCE, Viewers

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


def test_silent_viewer_is_waited_for_only_so_long():
    viewers = Viewers()
    viewers.join("closed tab", now=0.0)
    viewers.join("open tab", now=0.0)
    number = viewers.send(now=0.0, whole=True)
    viewers.acknowledge("open tab", number, now=0.1)

    assert not viewers.may_send(now=0.9 * PATIENCE)
    assert viewers.may_send(now=1.1 * PATIENCE)
    assert viewers.watched(now=1.1 * PATIENCE)


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
