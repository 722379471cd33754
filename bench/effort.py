"""What a piece of work takes: time, the CPU time of our process, and how far its peak of memory rises."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(slots=True)
class Effort:
    """Sums over the parts of one piece of work on ``rows`` rows."""

    rows: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    peak: float = 0.0
    grown: float = 0.0

    @contextmanager
    def spent(self, rows: int) -> Iterator[None]:
        """Count what the block takes for so many rows."""
        before, used, started = _peak(), time.process_time(), time.perf_counter()
        yield
        self.seconds += time.perf_counter() - started
        self.cpu += time.process_time() - used
        self.peak = _peak()
        self.grown += self.peak - before
        self.rows += rows

    @property
    def ms(self) -> float:
        """Milliseconds a row."""
        return self.seconds * 1000 / self.rows if self.rows else 0.0

    @property
    def cpu_ms(self) -> float:
        """Milliseconds of our CPU time a row."""
        return self.cpu * 1000 / self.rows if self.rows else 0.0


def _peak() -> float:
    """The highest resident memory of our process so far, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
