"""How far apart the vendor is asked, and when the data have a gap."""

from __future__ import annotations

from collections import deque
from typing import Final

GAP_INTERVALS: Final = 3
_JITTER: Final = 0.1  # of an interval: two failed attempts in a row do not become a gap by a late timer
_REMEMBERED: Final = 16
"""More than the attempts within a minute, the slowest usual interval, when several ask."""
_LONGEST: Final = 300.0
"""Seconds: a longer spacing is an outage, not an interval (Prometheus forgets a series after as long)."""


class Spacing:
    """The spacing of attempts; all times in seconds of one monotonic clock."""

    def __init__(self, min_interval: float) -> None:
        self.min_interval = min_interval
        self.at: float | None = None
        """When the newest attempt started."""
        self._spacings: deque[float] = deque(maxlen=_REMEMBERED)
        self._usual = 0.0

    def begin(self, at: float) -> None:
        """Note an attempt, whatever comes of it."""
        if self.at is not None and at > self.at:
            spacing = min(at - self.at, _LONGEST)
            self._usual = max(self._spacings, default=spacing)
            self._spacings.append(spacing)
        self.at = at

    @property
    def interval(self) -> float:
        """The largest spacing before the newest one, of the last 16; at least `min_interval`.

        Not the median: three scrapers 5 s apart once a minute have spacings of 5, 5 and 50 s.
        """
        return max(self.min_interval, self._usual)

    def is_gap(self, elapsed: float) -> bool:
        """Whether this many seconds without data interrupt the history."""
        return elapsed > (GAP_INTERVALS + _JITTER) * self.interval
