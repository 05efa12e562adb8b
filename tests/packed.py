"""What a page reads out of the buffer of a frame."""

import numpy as np


def unpacked(layout: list[dict], buffer: bytes) -> dict[str, np.ndarray]:
    return {
        entry["name"]: _flat(entry, buffer, int(np.prod(entry["shape"]))).reshape(entry["shape"])
        for entry in layout
    }


def _flat(entry: dict, buffer: bytes, size: int) -> np.ndarray:
    if not entry["dtype"].startswith("uint"):
        return np.frombuffer(buffer, entry["dtype"], size, entry["offset"])
    bits = np.frombuffer(buffer, np.uint8, offset=entry["offset"])
    n_bits = int(entry["dtype"].removeprefix("uint"))
    each = np.unpackbits(bits, bitorder="little", count=size * n_bits).reshape(size, n_bits)
    counts = np.packbits(each, axis=1, bitorder="little")[:, 0]
    if rest := entry.get("rest"):
        counts[counts == 2**n_bits - 1] += _flat(rest, buffer, rest["shape"][0])
    return counts
