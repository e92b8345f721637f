"""How long callers are put on hold, and how often."""

from __future__ import annotations

from collections.abc import Mapping

from exporter.api.snapshot import ExtensionsSnapshot, canonical_direction
from exporter.history.clock import Moment
from exporter.history.legs import key_of
from exporter.history.totals import Totals, add


class Holds:
    """Adds up legs on hold over time, which is right at any interval, and counts the holds that it sees."""

    def __init__(self, totals: Totals) -> None:
        self._totals = totals
        self._legs: Mapping[tuple[str, str], int] = {}
        self._held: frozenset[tuple[str, str]] = frozenset()
        """Extension and call id of the legs that the newest answer shows on hold."""

    def observe(self, snapshot: ExtensionsSnapshot, moment: Moment) -> None:
        """Take a usable answer; a hold that began in a gap is counted, its seconds there are not."""
        totals = self._totals
        if moment.elapsed is not None:
            for (status, direction), number in self._legs.items():
                if status == "hold":
                    add(totals.hold_seconds, direction, number * moment.elapsed)
        self._legs = snapshot.activity.calls
        held = self._now(snapshot, moment.received) if any(_on_hold(self._legs)) else {}
        if moment.elapsed is not None:
            for place, direction in held.items():
                if place not in self._held:
                    add(totals.holds, direction, 1)
        self._held = frozenset(held)

    def _now(self, snapshot: ExtensionsSnapshot, received: float) -> dict[tuple[str, str], str]:
        """The direction of each leg on hold."""
        held = {
            (key_of(extension), leg.call_id): canonical_direction(leg.direction)
            for extension in snapshot.details or ()
            for leg in extension.legs
            if leg.status.lower() == "hold"
        }
        for direction in set(held.values()):
            self._totals.begin_direction(direction, received)
        return held


def _on_hold(legs: Mapping[tuple[str, str], int]) -> list[int]:
    return [number for (status, _), number in legs.items() if status == "hold"]
