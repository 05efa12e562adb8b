"""Keys of the counter-based random streams.

Every random number is Philox4x32-10 of (key, counter): the key says whose number it is, the
counter which one. Nothing depends on the order in which numbers are asked for.
"""

from __future__ import annotations

Key = tuple[int, int]


def stream_key(seed: int, *path: int) -> Key:
    """The Philox key of the object at ``path`` in a network with ``seed``.

    The mixing function is the finaliser of SplitMix64 (Steele, Lea & Flood 2014, OOPSLA,
    doi:10.1145/2660193.2660195).
    """
    state = _mix(seed & _MASK)
    for part in path:
        state = _mix((state ^ (part + 1)) & _MASK)
    return state & 0xFFFFFFFF, state >> 32


_MASK = 0xFFFFFFFFFFFFFFFF


def _mix(state: int) -> int:
    state = (state + 0x9E3779B97F4A7C15) & _MASK
    state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _MASK
    return state ^ (state >> 31)
