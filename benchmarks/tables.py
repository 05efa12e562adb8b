"""What the benchmarks found, as text."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.race import Race

HEAD = (
    "network",
    "program",
    "threads",
    "numbers",
    "build s",
    "s per s",
    "/ limit",
    "/ snnlab",
    "peak MB",
    "B a synapse",
    "rate",
    "",
)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their widest cell; the last one keeps no space at its end."""
    widths = [max(len(row[k]) for row in (head, *rows)) for k in range(len(head))]
    lines = [head, ["-" * width for width in widths], *rows]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def cells(race: Race) -> list[list[str]]:
    """One row of text for each contender."""
    return [
        [
            race.network.name,
            row.contender.simulator,
            str(row.contender.threads),
            row.contender.dtype,
            figure(row.build),
            figure(row.time),
            str(race.against(row, "limit") or ""),
            str(race.against(row, "snnlab") or ""),
            figure(row.megabytes),
            figure(row.bytes),
            figure(row.rate),
            race.note(row).partition("\n")[0],
        ]
        for row in race.rows
    ]


def figure(value: float | None) -> str:
    """Three digits, without an exponent for what is measured here."""
    if value is None:
        return ""
    if value == 0 or abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:#.3g}" if abs(value) >= 0.001 else f"{value:.1e}"
