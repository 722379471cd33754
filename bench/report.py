"""Numbers as people read them: medians, percentiles and plain tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Sample:
    """Latencies of one case in milliseconds, and the server's CPU time per request (median of the rounds)."""

    latencies: tuple[float, ...]
    cpu: float

    @property
    def median(self) -> float:
        """The middle latency, ms."""
        return median(self.latencies)

    @property
    def p95(self) -> float:
        """The latency 95 of 100 requests stay within, ms."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]


def table(title: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table with the first column to the left and numbers to the right."""
    cells = [list(heads), *([_shown(one) for one in row] for row in rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(heads))]
    lines = []
    for row in cells:
        first, *rest = (
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        lines.append("  ".join([first, *rest]).rstrip())
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join([f"\n{title}", *lines])


def ratio(one: float, other: float) -> str:
    """How many times ``other`` goes into ``one``."""
    return f"{one / other:.2f}x" if other else "-"


def _shown(cell: object) -> str:
    if isinstance(cell, float):
        return f"{cell:.0f}" if cell >= 1000 else f"{cell:.2f}"
    if isinstance(cell, int):
        return f"{cell:,}"
    return str(cell)
