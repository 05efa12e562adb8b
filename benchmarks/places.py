"""Where the benchmarks keep what they make, and what they say when something is missing."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build" / "bench"


class UnavailableError(Exception):
    """A contender cannot run here; the message is a whole sentence."""
