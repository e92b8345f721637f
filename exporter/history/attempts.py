"""How often the vendor is asked, and when the data have a gap."""

from __future__ import annotations

from collections import deque
from statistics import median
from typing import Final

GAP_INTERVALS: Final = 3
_JITTER: Final = 0.1  # of an interval: two failed attempts in a row do not become a gap by a late timer
_SPACINGS: Final = 5


class Attempts:
    """The spacing of attempts; all times in seconds of one monotonic clock."""

    def __init__(self, min_interval: float) -> None:
        self.min_interval = min_interval
        self.at: float | None = None
        """When the newest attempt started."""
        self._spacings: deque[float] = deque(maxlen=_SPACINGS)
        self._usual = 0.0
        """The median of them."""

    def begin(self, at: float) -> None:
        """Note an attempt, whatever comes of it."""
        if self.at is not None and at > self.at:
            self._spacings.append(at - self.at)
            self._usual = median(self._spacings)
        self.at = at

    @property
    def interval(self) -> float:
        """The median of the last five spacings, at least `min_interval`."""
        return max(self.min_interval, self._usual)

    def is_gap(self, elapsed: float) -> bool:
        """Whether this many seconds without data interrupt the history."""
        return elapsed > (GAP_INTERVALS + _JITTER) * self.interval
