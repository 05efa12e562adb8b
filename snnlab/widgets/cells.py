"""What a run of a cell has shown, so that the next run of the same cell lets go of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# By cell: its last run that showed something, and what lets go of that.
_shown: dict[str, tuple[str, list[Callable[[], None]]]] = {}


def show_instead(shell: Any, let_go: Callable[[], None]) -> None:
    """Something is shown by the running cell; call ``let_go`` when it shows something anew.

    Nothing happens where a cell has no name: outside of notebooks, and in programs that execute
    them once.
    """
    cell, run = _running_cell(shell)
    if not cell:
        return
    last, before = _shown.get(cell, ("", []))
    if last != run:
        _shown[cell] = run, [let_go]
        for forget in before:
            forget()
    else:
        before.append(let_go)


def _running_cell(shell: Any) -> tuple[str, str]:
    """Name of the cell that runs, and of this run of it; empty where there is none."""
    if shell is None or not hasattr(shell, "get_parent"):
        return "", ""
    match shell.get_parent():
        case {"metadata": {"cellId": str(cell)}, "header": {"msg_id": str(run)}}:
            return cell, run
    return "", ""
