"""The pump: the one thread that carries a network's picture to its viewers.

A thread and not a task of the kernel's event loop, because that loop stands still while a cell
runs, and `Network.simulate` in a cell should be watched as well. The thread only reads the
network's streams and sends messages; it never touches the simulation, so a viewer that is slow,
asleep or gone costs frames and nothing else.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from snnlab.plots.frames import pack
from snnlab.plots.live import Picture
from snnlab.recording.blocks import give_back
from snnlab.widgets.analyses import Analyses, Analysis
from snnlab.widgets.feed import Content, Feed
from snnlab.widgets.parameters import Shown, Sliders
from snnlab.widgets.transport import state_of
from snnlab.widgets.viewers import Viewers

IDLE_AFTER = 10.0  # s without a viewer until the streams are given back and the thread rests
PACE_SPAN = 1.0  # s
SLOW_TICK = 0.25  # s, while nothing runs or nobody looks
REST = 0.005  # s, between two frames for which there is too little time

Send = Callable[[dict[str, object], list[bytes]], None]


class Pump:
    """Drains the feed, decides when a frame may go, packs it and calls ``send``."""

    def __init__(
        self,
        network: Any,
        feed: Feed,
        sliders: Sliders,
        send: Send,
        grown: Callable[[], object] = lambda: None,
    ) -> None:
        self.viewers = Viewers()
        self._network = network
        self._feed = feed
        self._analyses = Analyses(network, feed)
        self._sliders = sliders
        self._send = send
        self._grown = grown  # called when the network has got other parts
        self._parts = self._present_parts
        self._picture_number = 0
        # SAFETY: guards viewers, feed and the fields below; callbacks come from any thread.
        self._lock = threading.RLock()
        self._wake = threading.Event()
        # A thread that rests is not ended: glibc gives each new one its share of another arena,
        # which keeps what a page needed when it was opened.
        self._resting = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._sent_column = -1
        self._sent_state: dict[str, object] = {}
        self._sent_values: dict[str, Shown] = {}
        self._idle_since: float | None = None
        self._drained_at = float("-inf")
        self._joined = False  # whether a page was opened that has not yet got its window
        self._pace_marks: deque[tuple[float, float]] = deque()  # (wall s, simulated ms)

    @property
    def alive(self) -> bool:
        """Whether frames are made, or would be if there were something to show."""
        return self._has_thread and not self._resting.is_set()

    @property
    def _has_thread(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    @property
    def _present_parts(self) -> tuple[str, ...]:
        return *self._network.populations, *self._network.projections

    def wake(self) -> None:
        """Something changed: look at once."""
        self._wake.set()

    def join(self, viewer: str) -> None:
        """A viewer has opened its figures; it gets the whole window, then what is new."""
        with self._lock:
            self.viewers.join(viewer, time.monotonic())
            self._joined = True
            self._start()
        self.wake()

    def leave(self, viewer: str) -> None:
        with self._lock:
            self.viewers.leave(viewer)

    def show(self, viewer: str, shown: bool) -> None:
        """A viewer has come onto the screen, or left it."""
        with self._lock:
            self.viewers.show(viewer, shown, time.monotonic())
        self.attend(viewer)
        self.wake()

    def attend(self, viewer: str) -> None:
        """A viewer said something: if frames have stopped for want of one, they go on."""
        with self._lock:
            if self.alive or not self.viewers.is_shown(viewer):
                return
            self.viewers.show(viewer, True, time.monotonic())
            self.viewers.forget_everything_shown()
            self._start()

    def acknowledge(self, viewer: str, frame: int, cost: float) -> None:
        """A viewer has painted ``frame``; one costs its page ``cost`` s."""
        with self._lock:
            self.viewers.acknowledge(viewer, frame, time.monotonic(), cost)
            late = time.monotonic() >= self.viewers.earliest
        self.attend(viewer)
        if late:
            self.wake()

    def hold(self, seconds: float) -> None:
        """Let no frame go out for ``seconds``; waits for nobody."""
        self.viewers.hold(time.monotonic() + seconds)

    def set_window(self, duration: float) -> None:
        """Show ``duration`` ms."""
        with self._lock:
            self._feed.show(duration)
            self.viewers.forget_everything_shown()
        self.wake()

    @property
    def picture(self) -> tuple[int, Picture]:
        """What the frames from now on show, and its number."""
        with self._lock:
            return self._picture_number, self._feed.picture

    @property
    def content(self) -> Content:
        """All that lies in the window, until now."""
        with self._lock:
            self._drain()
            return self._feed.content()

    def points(
        self, start: float, end: float, rows: tuple[float, float], most: int
    ) -> tuple[int, dict[str, NDArray[Any]]]:
        """Each spike of a part of the raster, see `Feed.points`."""
        with self._lock:
            self._drain()
            return self._feed.points(start, end, rows, most)

    @property
    def analyses(self) -> tuple[list[dict[str, object]], dict[str, object]]:
        """The analyses that are shown, and what else may be."""
        with self._lock:
            return self._analyses.describe(), self._analyses.choices()

    def add_analysis(self, analysis: Analysis) -> str:
        """Show an analysis; return why not, or ""."""
        with self._lock:
            reason = self._analyses.add(analysis)
            self.viewers.forget_everything_shown()  # the next frame holds all its numbers
        self.wake()
        return reason

    def analysis_page(self, number: int) -> tuple[str, str] | None:
        """The kind of an analysis and an HTML page with what it shows; None without it."""
        with self._lock:
            self._drain()
            return self._analyses.page(number)

    def remove_analysis(self, number: int) -> None:
        with self._lock:
            self._analyses.remove(number)

    def change(self, picture: Picture) -> None:
        """Show another picture."""
        with self._lock:
            self._feed.change(picture)
            self._picture_number += 1
            self.viewers.forget_everything_shown()
        self.wake()

    def restart(self) -> None:
        """Time begins again at 0."""
        with self._lock:
            self._feed.drain()
            self._feed.forget()
            self.viewers.forget_everything_shown()
        self.wake()

    def close(self) -> None:
        """Stop the thread and give the streams back; safe to call twice."""
        self._stop.set()
        self.wake()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout=2.0)
        with self._lock:
            self._network.watched_by(self, False)
            self._feed.release()

    def _start(self) -> None:
        if self.alive or self._stop.is_set():
            return
        self._idle_since = None
        if self._has_thread:  # it recalls what happened meanwhile by itself
            self._resting.clear()
            self._wake.set()
            return
        if not self._feed.open:
            self._feed.listen()
        self._resting.clear()
        self._thread = threading.Thread(target=self._run, name="snnlab-pump", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            if self._resting.is_set():
                self._wake.wait()
                self._wake.clear()
                continue
            with self._lock:
                if self._stop.is_set():
                    return
                if not self._feed.open:
                    self._feed.listen()
                now = time.monotonic()
                if self._rest(now):
                    continue
                message = self._tick(now)
            if message is not None:
                # Outside the lock: a send may block, and an answer must not wait for it.
                self._send(*message)
                if self._joined and message[0]["whole"]:
                    # A page is opened in a thread of its own, which needs much for a short time.
                    self._joined = False
                    give_back()
            if self._parts != self._present_parts:
                self._parts = self._present_parts
                self._grown()
            busy = self._network.running and self._idle_since is None
            self._wake.wait(self._until_next(message is not None) if busy else SLOW_TICK)
            if self._wake.is_set():
                self._wake.clear()
                self._pace()

    def _until_next(self, sent: bool) -> float:
        """Time until a frame may be due; a while when there is nothing new, or no answer."""
        with self._lock:
            early = self._early()
            # A frame that took longer than the time between two is followed by the next at once.
            late = sent and self.viewers.may_send(time.monotonic())
        if early > 0:
            return early
        return REST if late else SLOW_TICK

    def _pace(self) -> None:
        """After an early wake-up wait until the next frame is due."""
        early = self._early()
        if early > 0:
            self._stop.wait(early)

    def _early(self) -> float:
        """Time (s) until the next frame may go out; below 0 where it might have gone."""
        with self._lock:  # pages come and go
            return self.viewers.earliest - time.monotonic()

    def _rest(self, now: float) -> bool:
        """Whether nobody has looked for so long that the thread rests."""
        watched = self.viewers.watched(now)
        self._network.watched_by(self, watched)
        if watched:
            self._idle_since = None
            return False
        if self._idle_since is None:
            self._idle_since = now
        if now - self._idle_since < IDLE_AFTER:
            return False
        self._feed.release()
        self._resting.set()
        return True

    def _tick(self, now: float) -> tuple[dict[str, object], list[bytes]] | None:
        """Drain; return the message of a frame if one is due."""
        due = self._idle_since is None and self.viewers.may_send(now)
        if not due and now - self._drained_at < SLOW_TICK:
            return None
        self._drained_at = now
        # Before the columns: a step made meanwhile then changes the state of the next frame.
        state = {**state_of(self._network), "factor": self._measure_pace(now)}
        self._drain()
        if not due:
            return None
        whole = self.viewers.wants_whole_window()
        values = self._sliders.values()
        state["earlier"] = self._feed.earlier.text
        changed = state != self._sent_state or values != self._sent_values
        if not (whole or changed or self._analyses.due(now)):
            return None
        asking = whole or not state["running"] or self.viewers.asks(now)
        number = self.viewers.send(now, whole=whole, asking=asking)
        return self._frame(state, values, number, whole=whole, asking=asking)

    def _drain(self) -> None:
        """Take what the engine has; where time went back, all must be shown anew."""
        if self._feed.drain():
            self.viewers.forget_everything_shown()

    def _measure_pace(self, now: float) -> float:
        """Simulated time per real time over the last second or so."""
        marks = self._pace_marks
        time_ms = self._network.time
        if not self._network.running or (marks and time_ms < marks[-1][1]):
            marks.clear()
        marks.append((now, time_ms))
        while len(marks) > 2 and now - marks[1][0] > PACE_SPAN:
            marks.popleft()
        wall = now - marks[0][0]
        return (time_ms - marks[0][1]) / (1000 * wall) if wall > 0 else 0.0

    def _frame(
        self,
        state: dict[str, object],
        values: dict[str, Shown],
        number: int,
        *,
        whole: bool,
        asking: bool,
    ) -> tuple[dict[str, object], list[bytes]]:
        window = self._feed.window
        last = self._feed.newest
        # The newest column of the last frame was not yet full, so it goes out again.
        first = self._feed.oldest if whole else max(self._sent_column, self._feed.oldest)
        arrays = self._feed.columns(first, last) if last >= 0 else {}
        arrays |= self._analyses.arrays(time.monotonic(), whole=whole)
        layout, buffer = pack(arrays)
        content: dict[str, object] = {
            "type": "frame",
            "number": number,
            "picture": self._picture_number,
            "whole": whole,
            "answer": asking,
            "state": state,
            "window": {
                "columnSteps": window.column_steps,
                "columns": window.n_columns,
                "dt": window.dt,
            },
            "first": first,
            "last": last,
            "layout": layout,
        }
        if whole or values != self._sent_values:
            content["values"] = values
        self._sent_column, self._sent_state, self._sent_values = last, state, values
        return content, [buffer]
