"""Where the benchmarks keep what they make, and what they say when something is missing."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build" / "bench"


def file_name(*parts: object) -> str:
    """A name for what belongs to ``parts``."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", "-".join(map(str, parts)))


class UnavailableError(Exception):
    """A contender cannot run here; the message is a whole sentence."""
