"""How many callers hang up early, and how many of these history tells from the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from benchmarks.accuracy.judging import length
from benchmarks.accuracy.watching import Scenario, Watcher, watch
from exporter.api.outcomes import SHORT

EARLY: Final = 5.0
"""Seconds up to which a caller who hangs up is `short`."""


class HungUp(NamedTuple):
    """Callers who hung up in a simulated day, the early ones apart."""

    short: float
    unanswered: float


WITHIN: Final = 0.2
"""The largest error of the early ones, as a share, for answers as far apart as EARLY."""


class Shortness(NamedTuple):
    """What one watcher showed of them."""

    patience: float
    """How long callers wait on average before they hang up, in seconds."""
    interval: float
    happened: HungUp
    shown: HungUp

    def beyond(self) -> Iterator[str]:
        """The limit, if it is not kept, in words."""
        error = self.shown.short / self.happened.short - 1
        if self.interval <= EARLY and abs(error) > WITHIN:
            yield f"short abandons, callers of {self.patience:.0f} s: {error:+.0%}, at most {WITHIN:.0%}"


def shortness(scenario: Scenario, intervals: Sequence[float]) -> list[Shortness]:
    """Watch a scenario at some intervals in seconds."""
    watched = watch(scenario, [Watcher(each, short=EARLY) for each in intervals])
    waits = [
        length(stay)
        for stay in watched.stays
        if stay.leave is not None and stay.outcome == "unanswered" and stay.leave > scenario.start
    ]
    early = sum(wait <= EARLY for wait in waits)
    happened = HungUp(early, len(waits) - early)
    found = []
    for watcher in watched.watchers:
        leaves = [queue.leaves for queue in watcher.history.totals.queues.values()]
        shown = HungUp(*(sum(each[name] for each in leaves) for name in (SHORT, "unanswered")))
        found.append(Shortness(scenario.patience, watcher.interval, happened, shown))
    return found
