"""One endpoint of one account: when it may be asked, the attempt under way, how the newest one ended."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from exporter.api.failure import Failure
from exporter.api.snapshot import ExtensionsSnapshot
from exporter.client.client import Snapshot

EARLY: Final = 0.1
"""The share of min_interval by which a scrape may come too early and still have an attempt of its own."""
LATE: Final = 0.01
"""Seconds by which an attempt that waited may start after its turn."""
MAX_BACK_OFF: Final = 60.0
"""The longest time in seconds that a Retry-After is heeded."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one attempt ended. Monotonic seconds, but `ended_at` is Unix seconds."""

    started: float
    ended: float
    ended_at: float
    snapshot: Snapshot | None
    failure: Failure | None
    timeline: Mapping[str, float]
    late: bool
    """Whether a scrape gave up waiting for it."""
    entries: int | None
    """How many the snapshot held."""

    @property
    def duration(self) -> float:
        """Seconds from the start to the decoded answer or the failure."""
        return self.ended - self.started

    @property
    def result(self) -> str:
        """`ok` or the reason of failure."""
        return self.failure.reason if self.failure else "ok"


class Endpoint:
    """Pacing, back-off, counts and the newest outcome. Used in the event loop only."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.flight: asyncio.Task[None] | None = None
        self.outcome: Outcome | None = None
        self.hangs = False
        """Whether a thread of an earlier attempt has not come back; until it has, nothing new starts."""
        self.requests = 0
        self.failures: Counter[str] = Counter()
        self.last_success: float | None = None
        self._started = -float("inf")
        self._paced_from = -float("inf")
        self._not_before = -float("inf")
        self._given_up = False

    def wait(self, min_interval: float) -> float | None:
        """Seconds until a scrape that comes now may start an attempt, 0 for at once.

        None: it gets the newest outcome, or that of the flight, instead.
        """
        if self.flight is not None or self.hangs:
            return None
        now = time.monotonic()
        if now < self._not_before:
            return None
        early = self._paced_from + min_interval - now
        return max(0.0, early) if early <= EARLY * min_interval else None

    def is_due(self, min_interval: float) -> bool:
        """Whether an attempt may start now."""
        return self.wait(min_interval) == 0

    def start(self, min_interval: float) -> None:
        """Note that an attempt starts now: the vendor's rule counts from start to start.

        One that waited for its turn is a moment late. The next one is paced from the turn, or these moments
        would add up until a scrape at every min_interval comes too early for an attempt.
        """
        self._started = time.monotonic()
        turn = self._paced_from + min_interval
        self._paced_from = turn if self._started - turn < LATE else self._started
        self._given_up = False

    def let_go(self) -> None:
        """Drop a snapshot that no page shows any more: with the next one it would be in memory twice."""
        if self.outcome is not None and not self.outcome.late:
            self.outcome = replace(self.outcome, snapshot=None)

    def end(
        self, snapshot: Snapshot | None, failure: Failure | None, timeline: Mapping[str, float]
    ) -> Outcome:
        """Count the attempt and keep how it ended."""
        now, unix = time.monotonic(), time.time()
        self.requests += 1
        if failure is None:
            self.last_success = unix
        else:
            self.failures[failure.reason] += 1
            if failure.retry_after is not None:
                self._not_before = now + min(failure.retry_after, MAX_BACK_OFF)
        self.outcome = Outcome(
            self._started, now, unix, snapshot, failure, timeline, self._given_up, _entries(snapshot)
        )
        return self.outcome

    def give_up(self) -> None:
        """A scrape did not wait for the flight any longer."""
        self._given_up = True

    def shown(self, oldest: float, *, background: bool) -> Outcome | None:
        """The outcome that a page made now shows, none if it ended before `oldest` (monotonic seconds).

        A page that gave up waiting for a flight shows only an answer that earlier pages missed; in background
        mode, where no page waits, it shows the newest.
        """
        outcome = self.outcome
        if outcome is None or (self.flight is not None and not background and not outcome.late):
            return None
        return outcome if outcome.ended >= oldest else None


def _entries(snapshot: Snapshot | None) -> int | None:
    if snapshot is None:
        return None
    return snapshot.activity.extensions if isinstance(snapshot, ExtensionsSnapshot) else len(snapshot.queues)
