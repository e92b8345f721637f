"""How far apart the vendor is asked, and when the data have a gap."""

from __future__ import annotations

from typing import Final

GAP_INTERVALS: Final = 3
_JITTER: Final = 0.1  # of an interval: two failed attempts in a row do not become a gap by a late timer
_REMEMBERED: Final = 16
"""More than the attempts within a minute, the slowest usual interval, when several ask."""
_LONGEST: Final = 300.0
"""Seconds: a longer spacing is an outage, not an interval (Prometheus forgets a series after as long)."""


RENEWAL: Final = 5.0
"""Seconds between the attempts for people who look: the live page renews itself as often."""


class Spacing:
    """The spacing of attempts; all times in seconds of one monotonic clock.

    People who look come and go: between scrapes a minute apart they ask every 5 s, and the minute after they
    leave is no gap. So only the spacing of scrapes counts.
    """

    def __init__(self, min_interval: float) -> None:
        self.min_interval = min_interval
        self._at: float | None = None
        """When the newest attempt started that a scrape asked for, or shared."""
        self._viewed = (False, False)
        """Whether the two newest attempts were begun for people who look."""
        self._spacings: list[float] = []
        self._usual = 0.0

    def begin(self, at: float, *, viewed: bool = False) -> None:
        """Note an attempt, whatever comes of it; `viewed`: somebody looks, and no scrape asked for it."""
        self._viewed = (self._viewed[1], viewed)
        if not viewed:
            self.scraped(at)

    def scraped(self, at: float) -> None:
        """Note an attempt that a scrape asked for, or one before the newest that a scrape shared."""
        if self._at is not None and at > self._at:
            spacing = min(at - self._at, _LONGEST)
            self._usual = max(self._spacings, default=spacing)
            self._spacings = [*self._spacings[1 - _REMEMBERED :], spacing]
        self._at = at

    @property
    def interval(self) -> float:
        """The largest spacing before the newest one, of the last 16; at least `min_interval`.

        Not the median: three scrapers 5 s apart once a minute have spacings of 5, 5 and 50 s.
        """
        return max(self.min_interval, self._usual, RENEWAL if any(self._viewed) else 0.0)

    def is_gap(self, elapsed: float) -> bool:
        """Whether this many seconds without data interrupt the history."""
        return elapsed > (GAP_INTERVALS + _JITTER) * self.interval
