"""Spikes under way, in a form that knows nothing of threads and of the length of a ring."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Transit = tuple[NDArray[np.int64], NDArray[np.int32]]


def spikes_under_way(lists: Any, step: int) -> Transit:
    """The spikes that the ring of ``lists`` holds when ``step`` is about to run.

    Returns counts (n_steps,) for the last steps before ``step``, oldest first, and the neurons in
    that order.
    """
    n_slots = len(lists.neuron)
    counts: list[int] = []
    pieces: list[NDArray[np.int32]] = [np.zeros(0, np.int32)]
    for emitted in range(max(0, step - n_slots), step):
        neurons, count = lists.neuron[emitted % n_slots], lists.count[emitted % n_slots]
        own = [
            neurons[begin : begin + n[0]] for begin, n in zip(lists.bounds[:-1], count, strict=True)
        ]
        counts.append(sum(len(piece) for piece in own))
        pieces += own
    return np.array(counts, np.int64), np.concatenate(pieces)


def send_again(lists: Any, step: int, spikes: Transit) -> None:
    """Let the ring of ``lists`` hold these spikes, and no others, when ``step`` is about to run."""
    counts, neurons = spikes
    n_slots = len(lists.neuron)
    lists.clear()
    ends = np.cumsum(counts)
    for k in range(max(0, len(counts) - n_slots), len(counts)):
        slot = (step - len(counts) + k) % n_slots
        one_step = neurons[ends[k] - counts[k] : ends[k]]
        for thread, (begin, end) in enumerate(
            zip(lists.bounds[:-1], lists.bounds[1:], strict=True)
        ):
            own = one_step[(one_step >= begin) & (one_step < end)]
            lists.neuron[slot, begin : begin + len(own)] = own
            lists.count[slot, thread, 0] = len(own)
