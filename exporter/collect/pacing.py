"""When an endpoint may be asked again: the vendor's interval, scrapes that come early, Retry-After."""

from __future__ import annotations

import time
from typing import Final

EARLY: Final = 0.1
"""The share of min_interval by which a scrape may come too early and still have an attempt of its own."""
LATE: Final = 0.01
"""Seconds by which an attempt that waited may start after its turn."""
MAX_BACK_OFF: Final = 60.0
"""The longest time in seconds that a Retry-After is heeded."""


class Pacing:
    """The starts of one endpoint's attempts; the vendor's rule counts from start to start."""

    def __init__(self) -> None:
        self._paced_from = -float("inf")
        self._not_before = -float("inf")

    def wait(self, min_interval: float) -> float | None:
        """Seconds until a scrape that comes now may start an attempt; None: it shares the last one."""
        now = time.monotonic()
        if now < self._not_before:
            return None
        early = self._paced_from + min_interval - now
        return max(0.0, early) if early <= EARLY * min_interval else None

    def start(self, min_interval: float) -> None:
        """Note that an attempt starts now.

        One that waited for its turn is a moment late. The next one is paced from the turn. Otherwise these
        moments would add up, until a scrape at every min_interval comes too early for an attempt.
        """
        now, turn = time.monotonic(), self._paced_from + min_interval
        self._paced_from = turn if now - turn < LATE else now

    def put_off(self, seconds: float) -> None:
        """Start nothing for as long as the vendor asked, within a bound."""
        self._not_before = time.monotonic() + min(seconds, MAX_BACK_OFF)
