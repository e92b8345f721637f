"""What history has counted so far: counters and histograms, ready to be exported."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Final

OUTCOMES: Final = ("answered", "unanswered", "transferred", "unknown")
"""How a caller's stay in a queue can end."""

WAIT_OUTCOMES: Final = ("answered", "unanswered")
"""The outcomes whose waits are known well enough for a histogram."""

TALK_BUCKETS: Final = (10.0, 30.0, 60.0, 120.0, 180.0, 300.0, 600.0, 900.0, 1800.0, 3600.0)
"""Upper bounds, in seconds, of the talk time histograms."""


class Histogram:
    """Observations in seconds, counted per bucket (each bucket's upper bound belongs to it)."""

    __slots__ = ("bounds", "count", "counts", "sum")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        """Observations per bucket, not cumulated; the last one holds what exceeds every bound."""
        self.count = 0
        """How many observations there were; rises with every change of the histogram."""
        self.sum = 0.0

    def observe(self, seconds: float) -> None:
        """Count one observation; below 0 it counts as 0."""
        seconds = max(0.0, seconds)
        self.counts[bisect_left(self.bounds, seconds)] += 1
        self.count += 1
        self.sum += seconds


@dataclass(slots=True)
class QueueTotals:
    """What happened in one queue since it was first seen."""

    id: str
    name: str
    """The newest name."""
    waits: dict[str, Histogram]
    """Waits of those who left, per outcome of WAIT_OUTCOMES."""
    joins: int = 0
    leaves: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OUTCOMES, 0))
    """Callers who left, per outcome of OUTCOMES."""
    answered_within_target: int = 0


@dataclass(slots=True)
class Totals:
    """What happened in one account. All of it is live: read it under the lock that feeds the history."""

    queues: dict[str, QueueTotals] = field(default_factory=dict)
    """Per queue id; a queue that is gone stays for an hour."""
    calls_started: dict[str, int] = field(default_factory=dict)
    """Distinct calls per direction; one that never occurred is absent, here and in the next three."""
    calls_answered: dict[str, int] = field(default_factory=dict)
    calls_ended: dict[str, int] = field(default_factory=dict)
    talk: dict[str, Histogram] = field(default_factory=dict)
    rings_not_answered: int = 0
    agent_seconds: dict[tuple[str, str], float] = field(default_factory=dict)
    """Agent-seconds per (status, activity)."""
    clock_offset: float | None = None
    """The vendor's clock minus ours in seconds, None until it has been learned."""
    gaps: int = 0
    """Times that more than three intervals passed between two usable answers of an endpoint."""
