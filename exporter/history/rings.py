"""Rings that an extension left unanswered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from exporter.history.totals import Totals
from exporter.snapshot import canonical_direction
from exporter.wire import Extension, Leg

_LONGEST_RING: Final = 900.0  # seconds: a `callStarted` that moves by more is a clock that was set


class Rings:
    """Counts incoming legs that rang at an extension and ceased to, or ring anew, without an answer there."""

    def __init__(self, totals: Totals) -> None:
        self._totals = totals
        self._ringing: dict[str, dict[str, float]] = {}
        """Per extension: `callStarted` of each call that rings there."""

    def observe(self, busy: Iterable[tuple[Extension, Sequence[Leg]]], after_gap: bool) -> None:
        """Take the extensions that show calls; what rang before a gap may have been answered within it."""
        shown = {extension.username or str(extension.extension_id): legs for extension, legs in busy}
        if not after_gap:
            self._totals.rings_not_answered += sum(
                _unanswered(rang, shown.get(name, ())) for name, rang in self._ringing.items()
            )
        self._ringing = {}
        for name, legs in shown.items():
            for leg in legs:
                if leg.answered_at <= 0 and _rings(leg):
                    self._ringing.setdefault(name, {})[leg.call_id] = leg.started


def _rings(leg: Leg) -> bool:
    return (
        leg.status.lower() == "ringing"
        and canonical_direction(leg.direction) == "incoming"
        and not leg.is_answered()
    )


def _is_new_ring(leg: Leg, started: float) -> bool:
    """Whether an unanswered leg is another ring than the one that began at `started`."""
    return not leg.is_answered() and 0 < leg.started - started < _LONGEST_RING


def _unanswered(rang: dict[str, float], legs: Iterable[Leg]) -> int:
    """How many of the rings at one extension are over, without an answer, now that it shows `legs`."""
    over = dict(rang)
    for leg in legs:
        started = over.get(leg.call_id)
        if started is not None and not _is_new_ring(leg, started):
            del over[leg.call_id]
    return len(over)
