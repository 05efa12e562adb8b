"""What a side and the program that starts it tell each other: lines of JSON.

A side builds its network, tells what that took, and answers each line of its input, a duration
in seconds of biology, with one run of that length. Imports no simulator.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

Answer = dict[str, Any]


def peak_megabytes() -> float:
    """The most memory that this process has held."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def serve(built: Answer, run: Callable[[float], Answer]) -> None:
    """Tell what building took, then run for every line until there is no more input.

    ``run`` gets seconds of biology; its answer holds ``seconds`` (wall) and ``rate`` (Hz).
    """
    _tell({**built, "megabytes": peak_megabytes()})
    for line in sys.stdin:
        answer = run(float(line))
        _tell({"megabytes": peak_megabytes(), **answer})


def _tell(answer: Answer) -> None:
    print(json.dumps(answer), flush=True)
