"""Who looks at a dashboard, and whether the next frame may go out.

A viewer answers every frame that asks for it, once it has painted it. An answer costs the page
and the kernel more than a frame (busy and idle signals that all of JupyterLab follows), so only
one frame in `ASK_PERIOD` asks; frames stop `PATIENCE_FOR_ANSWER` after one that is not answered,
so what is under way stays bounded. A viewer that stays silent longer
than `PATIENCE` (a closed tab, a sleeping laptop) is no longer waited for, until it is heard.

With its answer a viewer tells what painting costs it. The rate of frames follows, so that the
page, the server between and the simulation share a small machine.
"""

from __future__ import annotations

from dataclasses import dataclass

PATIENCE = 1.0  # s
FORGET = 60.0  # s
MAX_VIEWERS = 32
MAX_RATE = 30.0  # frames/s
MIN_RATE = 17.0  # frames/s, unless the page cannot paint as many; the slowest seconds have 15
PAINTING_SHARE = 0.015  # of a page's time, for its own work; the browser's comes on top
MAX_SHARE = 0.8  # of a page's time, where `MIN_RATE` needs more than `PAINTING_SHARE`
ASK_PERIOD = 2.0  # s
PATIENCE_FOR_ANSWER = 0.2  # s


@dataclass
class Viewer:
    heard: float  # s, when it last said something
    shown: bool = True  # on the screen, not scrolled away or in a hidden tab
    acknowledged: int = 0  # the newest frame it has drawn
    owing_since: float = float("-inf")  # s, when the first frame went out that it has to answer
    complete: bool = False  # it holds the whole window
    cost: float = 0.0  # s of the page's time for one frame


class Viewers:
    """The viewers of one dashboard by the name each of them gave itself; times in s."""

    def __init__(self) -> None:
        self._viewers: dict[str, Viewer] = {}
        self.sent = 0  # number of the newest frame
        self.asked = 0  # number of the newest frame that asks for an answer
        self._sent_at = float("-inf")
        self._asked_at = float("-inf")
        self._held_until = float("-inf")

    def __len__(self) -> int:
        return len(self._viewers)

    def join(self, name: str, now: float) -> None:
        if name not in self._viewers and len(self._viewers) >= MAX_VIEWERS:
            oldest = min(self._viewers, key=lambda key: self._viewers[key].heard)
            del self._viewers[oldest]
        self._viewers[name] = Viewer(heard=now, acknowledged=self.sent)

    def leave(self, name: str) -> None:
        self._viewers.pop(name, None)

    def show(self, name: str, shown: bool, now: float) -> None:
        viewer = self._viewers.get(name)
        if viewer is not None:
            viewer.shown, viewer.heard = shown, now

    def is_shown(self, name: str) -> bool:
        """Whether this viewer is known and on the screen."""
        return name in self._viewers and self._viewers[name].shown

    def acknowledge(self, name: str, frame: int, now: float, cost: float = 0.0) -> None:
        """A viewer has painted all frames up to ``frame``, at ``cost`` s each."""
        viewer = self._viewers.get(name)
        if viewer is not None:
            viewer.acknowledged, viewer.heard = max(viewer.acknowledged, frame), now
            viewer.cost += 0.3 * (min(max(cost, 0.0), PATIENCE) - viewer.cost)

    def forget_everything_shown(self) -> None:
        """Every viewer needs the whole window again."""
        for viewer in self._viewers.values():
            viewer.complete = False

    def watched(self, now: float) -> bool:
        """Whether somebody looks: someone on the screen who answers, or has just come."""
        return any(
            viewer.shown and not self._lost(viewer, now) for viewer in self._viewers.values()
        )

    def wants_whole_window(self) -> bool:
        return any(viewer.shown and not viewer.complete for viewer in self._viewers.values())

    @property
    def interval(self) -> float:
        """Time between two frames, as the slowest page on a screen can afford it."""
        cost = max((viewer.cost for viewer in self._viewers.values() if viewer.shown), default=0.0)
        affordable = max(cost / MAX_SHARE, 1 / MIN_RATE)
        return max(1 / MAX_RATE, min(cost / PAINTING_SHARE, affordable))

    @property
    def earliest(self) -> float:
        """When the next frame may go out."""
        return max(self._sent_at + self.interval, self._held_until)

    def hold(self, until: float) -> None:
        """Let no frame go out before ``until``."""
        self._held_until = until

    def may_send(self, now: float) -> bool:
        """Whether it is not too early, and nobody who answers is far behind."""
        if now < self.earliest:
            return False
        return now - self._asked_at < PATIENCE_FOR_ANSWER or self._all_answered(now)

    def asks(self, now: float) -> bool:
        """Whether the frame that goes out now should ask for an answer."""
        return now - self._asked_at >= ASK_PERIOD and self._all_answered(now)

    def send(self, now: float, *, whole: bool, asking: bool = True) -> int:
        """Count a frame that goes out to all; return its number."""
        self.sent += 1
        # A frame that was a little late does not delay those after it.
        self._sent_at = max(self.earliest, now - 0.5 * self.interval) if self.sent > 1 else now
        self._sent_at = min(now, self._sent_at)
        if asking:
            for viewer in self._viewers.values():
                if not self._owes(viewer):
                    viewer.owing_since = now
            self.asked, self._asked_at = self.sent, now
        if whole:
            for viewer in self._viewers.values():
                viewer.complete = True
        self._viewers = {
            name: viewer
            for name, viewer in self._viewers.items()
            if not self._owes(viewer) or now - viewer.heard < FORGET
        }
        return self.sent

    def _owes(self, viewer: Viewer) -> bool:
        return viewer.acknowledged < self.asked

    def _all_answered(self, now: float) -> bool:
        return all(
            not self._owes(viewer) or not viewer.shown or self._lost(viewer, now)
            for viewer in self._viewers.values()
        )

    def _lost(self, viewer: Viewer, now: float) -> bool:
        # Since the first question: a later one must not make the others wait for it once more.
        return self._owes(viewer) and now - max(viewer.heard, viewer.owing_since) > PATIENCE
