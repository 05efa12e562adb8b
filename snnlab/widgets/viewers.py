"""Who looks at a dashboard, and whether the next frame may go out.

One frame is under way at a time. A viewer acknowledges it when it has drawn it; a viewer that
stays silent longer than `PATIENCE` (a closed tab, a sleeping laptop) is no longer waited for,
until it is heard again.
"""

from __future__ import annotations

from dataclasses import dataclass

PATIENCE = 1.0  # s
FORGET = 60.0  # s
MAX_VIEWERS = 32
MAX_RATE = 30.0  # frames/s


@dataclass
class Viewer:
    heard: float  # s, when it last said something
    shown: bool = True  # on the screen, not scrolled away or in a hidden tab
    acknowledged: int = 0  # the newest frame it has drawn
    complete: bool = False  # it holds the whole window


class Viewers:
    """The viewers of one dashboard by the name each of them gave itself; times in s."""

    def __init__(self) -> None:
        self._viewers: dict[str, Viewer] = {}
        self.sent = 0  # number of the newest frame
        self._sent_at = float("-inf")

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

    def acknowledge(self, name: str, frame: int, now: float) -> None:
        viewer = self._viewers.get(name)
        if viewer is not None:
            viewer.acknowledged, viewer.heard = max(viewer.acknowledged, frame), now

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
    def earliest(self) -> float:
        """When the next frame may go out, at `MAX_RATE`."""
        return self._sent_at + 1 / MAX_RATE

    def may_send(self, now: float) -> bool:
        """Whether all who answer have drawn the last frame and it is not too early."""
        if now < self.earliest:
            return False
        return all(
            viewer.acknowledged >= self.sent or not viewer.shown or self._lost(viewer, now)
            for viewer in self._viewers.values()
        )

    def send(self, now: float, *, whole: bool) -> int:
        """Count a frame that goes out to all; return its number."""
        self.sent += 1
        self._sent_at = now
        if whole:
            for viewer in self._viewers.values():
                viewer.complete = True
        self._viewers = {
            name: viewer
            for name, viewer in self._viewers.items()
            if viewer.acknowledged >= self.sent - 1 or now - viewer.heard < FORGET
        }
        return self.sent

    def _lost(self, viewer: Viewer, now: float) -> bool:
        if viewer.acknowledged >= self.sent:
            return False
        return now - max(viewer.heard, self._sent_at) > PATIENCE
