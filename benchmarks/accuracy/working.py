"""What history counts at extensions, held against what happened there: rings, holds, answers and talk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from exporter.history.totals import Totals
from exporter.simulator.truth import Truth


class Work(NamedTuple):
    """What agents did since some moment."""

    rings_answered: float
    ring_seconds: float
    """Of the answered."""
    rings_not_answered: float
    holds: float
    hold_seconds: float
    answered: float
    """Calls, each at the extension where it was answered."""
    talk_seconds: float
    """At extensions, without holds."""

    @property
    def mean_ring(self) -> float:
        """Of the answered, in seconds."""
        return self.ring_seconds / self.rings_answered

    @property
    def answer_rate(self) -> float:
        """The share of the rings that were answered."""
        return self.rings_answered / (self.rings_answered + self.rings_not_answered)

    def since(self, earlier: Work) -> Work:
        """What came after an earlier account of the same."""
        return Work(*(now - before for now, before in zip(self, earlier, strict=True)))


WITHIN: Final = {
    "rings_answered": 7,
    "mean_ring": 5,
    "rings_not_answered": 12,
    "hold_seconds": 4,
    "answered": 2,
    "talk_seconds": 3,
}
"""The largest errors of a day, in per cent, where no attempt fails."""


def beyond(done: Work, counted: Work) -> Iterator[str]:
    """The limits that are not kept, in words."""
    for name, most in WITHIN.items():
        error = 100 * (getattr(counted, name) / getattr(done, name) - 1)
        if abs(error) > most:
            yield f"{name} {error:+.1f} %, at most {most} %"


def happened(truth: Truth) -> Work:
    """Since the simulation began."""
    work = truth.work
    return Work(
        work.rings.count,
        work.rings.total,
        truth.rings_unanswered,
        work.holds.count,
        work.holds.total,
        work.answered,
        work.connected_seconds - work.holds.total,
    )


def shown(totals: Totals) -> Work:
    """Since a history began."""
    extensions = totals.extensions.values()
    return Work(
        totals.rings.count,
        totals.rings.sum,
        totals.rings_not_answered,
        sum(totals.holds.values()),
        sum(totals.hold_seconds.values()),
        sum(sum(each.answered.values()) for each in extensions),
        sum(sum(each.talk_seconds.values()) for each in extensions),
    )
