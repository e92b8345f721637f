"""How long callers are put on hold, and how often."""

from __future__ import annotations

from collections.abc import Mapping

from exporter.api.activity import Activity
from exporter.history.clock import Moment
from exporter.history.totals import Totals, add


class Holds:
    """Adds up legs on hold over time, which is right at any interval, and counts the holds that it sees."""

    def __init__(self, totals: Totals) -> None:
        self._totals = totals
        self._legs: Mapping[tuple[str, str], int] = {}
        self._held: frozenset[tuple[str, str]] = frozenset()

    def observe(self, activity: Activity, moment: Moment) -> None:
        """Take what a usable answer shows; what is on hold at its start or after a gap is no new hold."""
        totals = self._totals
        if moment.elapsed is not None:
            for (status, direction), number in self._legs.items():
                if status == "hold":
                    add(totals.hold_seconds, direction, number * moment.elapsed)
            for direction, _ in activity.held - self._held:
                add(totals.holds, direction, 1)
        for direction in {direction for direction, _ in activity.held}:
            totals.begin_direction(direction, moment.received)
        self._legs, self._held = activity.calls, activity.held
