"""Rings that an extension left unanswered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from exporter.api.snapshot import canonical_direction
from exporter.api.wire import Leg
from exporter.history.legs import ShownLeg
from exporter.history.totals import Totals

_LONGEST_RING: Final = 900.0  # seconds: a `callStarted` that moves by more is a clock that was set


class Rings:
    """Counts incoming legs that rang at an extension and ceased to, or ring anew, without an answer there."""

    def __init__(self, totals: Totals) -> None:
        self._totals = totals
        self._ringing: dict[tuple[str, str], float] = {}
        """`callStarted` of what rings, by extension and call id."""

    def call_ids(self) -> list[str]:
        """The ids of the calls that ring at an extension."""
        return [call_id for _, call_id in self._ringing]

    def observe(self, shown: Iterable[ShownLeg], after_gap: bool) -> None:
        """Take all legs that ring or may have rung; what rang before a gap may have been answered in it."""
        rang, self._ringing = self._ringing, {}
        not_over = set()
        for extension, leg in shown:
            key = (extension.username or str(extension.extension_id), leg.call_id)
            if key in rang and not _is_new_ring(leg, rang[key]):
                not_over.add(key)
            if leg.answered_at <= 0 and _rings(leg):
                self._ringing[key] = leg.started
        if not after_gap:
            self._totals.rings_not_answered += len(rang) - len(not_over)


def _rings(leg: Leg) -> bool:
    return (
        leg.status.lower() == "ringing"
        and canonical_direction(leg.direction) == "incoming"
        and not leg.is_answered()
    )


def _is_new_ring(leg: Leg, started: float) -> bool:
    """Whether an unanswered leg is another ring than the one that began at `started`."""
    return not leg.is_answered() and 0 < leg.started - started < _LONGEST_RING
