"""How much memory this process may still take, from what the system tells."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

PROC = Path("/proc")
CGROUPS = Path("/sys/fs/cgroup")
UNLIMITED = 1 << 60  # bytes; larger limits are none


def available_memory() -> int | None:
    """Bytes that can be allocated without swapping or being killed; None if nobody knows.

    The least of what the system has free, what the control groups of this process leave, and what
    its own limit leaves.
    """
    known = [*_of_system(), *_of_control_groups(), *_of_process()]
    return max(0, min(known)) if known else None


def _of_system() -> Iterator[int]:
    found = _table(PROC / "meminfo").get("MemAvailable:")
    if found is not None:
        yield found * 1024
    elif sys.platform == "win32":
        yield _of_windows()
    elif "SC_PHYS_PAGES" in os.sysconf_names:  # macOS tells what there is, not what is free
        yield os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _of_windows() -> int:
    import ctypes

    class Status(ctypes.Structure):  # MEMORYSTATUSEX
        _fields_ = (
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *((f"bytes_{k}", ctypes.c_ulonglong) for k in range(7)),
        )

    status = Status(length=ctypes.sizeof(Status))
    ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))  # type: ignore[attr-defined]
    return int(status.bytes_1)  # ullAvailPhys


def _of_control_groups() -> Iterator[int]:
    """What the groups of this process leave; the page cache that they count can be given back."""
    for line in _lines(PROC / "self" / "cgroup"):
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            names = "memory.max", "memory.current", "inactive_file"
            roots = [CGROUPS, CGROUPS / "unified"]
        elif "memory" in controllers.split(","):
            names = "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"
            roots = [CGROUPS / "memory"]
        else:
            continue
        for root in roots:
            group = root / path.strip("/")
            # A container may see its own group as the root.
            for folder in {group, *(p for p in group.parents if p.is_relative_to(root)), root}:
                yield from _left_in(folder, *names)


def _left_in(folder: Path, limit: str, used: str, cache: str) -> Iterator[int]:
    most, now = _number(folder / limit), _number(folder / used)
    if most is not None and now is not None and most < UNLIMITED:
        yield most - now + _table(folder / "memory.stat").get(cache, 0)


def _of_process() -> Iterator[int]:
    """What the limit of the address space leaves (``ulimit -v``)."""
    if sys.platform == "win32":
        return
    import resource

    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    pages = " ".join(_lines(PROC / "self" / "statm")).split()
    if limit != resource.RLIM_INFINITY and pages:
        yield limit - int(pages[0]) * os.sysconf("SC_PAGE_SIZE")


def _table(path: Path) -> dict[str, int]:
    """Lines of a name and a number."""
    rows = [line.split() for line in _lines(path)]
    return {row[0]: int(row[1]) for row in rows if len(row) > 1 and row[1].isdigit()}


def _number(path: Path) -> int | None:
    text = " ".join(_lines(path))
    return int(text) if text.isdigit() else None


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return []
