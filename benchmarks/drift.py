"""How memory drifts while something runs for long."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass
class Drift:
    """Memory (MiB) at times (s)."""

    what: str
    times: list[float] = field(default_factory=list)
    sizes: list[float] = field(default_factory=list)

    def add(self, time: float, size: float) -> None:
        self.times.append(time)
        self.sizes.append(size)

    @property
    def seconds(self) -> float:
        return self.times[-1] - self.times[0]

    @property
    def grown(self) -> float:
        """MiB more, by a straight line through all sizes, because single ones go up and down."""
        if len(self.times) < 2:
            return 0.0
        since = np.subtract(self.times, self.times[0])
        return float(np.polyfit(since, self.sizes, 1)[0]) * self.seconds

    def __str__(self) -> str:
        hourly = self.grown * 3600 / max(self.seconds, 1.0)
        return (
            f"{self.what}: {self.grown:+.1f} MiB in {self.seconds:.0f} s ({hourly:+.0f} an hour), "
            f"from {self.sizes[0]:.0f} to {self.sizes[-1]:.0f}, "
            f"{min(self.sizes):.0f} to {max(self.sizes):.0f} MiB"
        )
