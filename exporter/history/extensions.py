"""What happened at each extension, when the configuration asks for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from exporter.api.activity import activity_of, canonical_direction
from exporter.api.snapshot import ExtensionsSnapshot
from exporter.api.wire import Extension
from exporter.history.clock import Moment
from exporter.history.identity import REMEMBERED_SECONDS
from exporter.history.legs import key_of
from exporter.history.rings import Missed
from exporter.history.totals import ExtensionTotals, Totals, add

FORGET_SECONDS: Final = 3600.0
"""An extension that is gone is forgotten after this long."""
MOST_GONE: Final = 10_000
"""Of the extensions that are gone so many are remembered, the last ones."""


class Extensions:
    """Follows extensions over the usable answers of GetExtensionsCalls."""

    def __init__(self, totals: Totals) -> None:
        self._totals = totals
        self._known = totals.extensions
        """Those of the newest answer come last."""
        self._newest_at: float | None = None

    def observe(self, snapshot: ExtensionsSnapshot, moment: Moment, missed: Iterable[Missed]) -> None:
        """Take a usable answer and the rings that were not answered."""
        elapsed = moment.elapsed
        for name, shown in {key_of(each): each for each in reversed(snapshot.details or ())}.items():
            known = self._known.pop(name, None)
            if known is None:
                known = _begun(shown, moment)
                self._totals.beginnings += 1
            else:
                _go_on(known, shown, moment, elapsed if known.seen_at == self._newest_at else None)
            self._known[name] = known
            self._see(known, shown, moment.at)
        for ring in missed:
            if known := self._known.get(ring.extension):
                known.rings_not_answered += ring.weight
        self._newest_at = moment.at
        self._forget_gone(moment.at)

    def clear(self) -> None:
        """Forget everything, since nobody wants it any more."""
        self._known.clear()
        self._newest_at = None

    def _see(self, known: ExtensionTotals, shown: Extension, at: float) -> None:
        legs = shown.legs
        answered = {leg.call_id: canonical_direction(leg.direction) for leg in legs if leg.is_answered()}
        if self._newest_at is not None:
            for call_id in answered.keys() - known.calls:
                add(known.answered, answered[call_id], 1)
        known.calls = frozenset(answered)
        known.talks = _talks(shown)
        known.seen_at = at

    def _forget_gone(self, at: float) -> None:
        gone = []
        for name, known in self._known.items():
            if known.seen_at == at:
                break
            gone.append(name)
        too_many = len(gone) - MOST_GONE
        for place, name in enumerate(gone):
            if place < too_many or at - self._known[name].seen_at >= FORGET_SECONDS:
                del self._known[name]
                self._totals.beginnings += 1
            elif at - self._known[name].seen_at >= REMEMBERED_SECONDS:
                self._known[name].calls = frozenset()


def _begun(shown: Extension, moment: Moment) -> ExtensionTotals:
    now = moment.received
    return ExtensionTotals(now, shown.status, now, activity_of(shown), now)


def _go_on(known: ExtensionTotals, shown: Extension, moment: Moment, elapsed: float | None) -> None:
    """Count the seconds since the newest answer for the state that it showed, then take the new state."""
    changed = moment.received
    if elapsed is not None:
        changed -= elapsed / 2
        state = known.status, known.activity
        known.seconds[state] = known.seconds.get(state, 0.0) + elapsed
        for direction in known.talks:
            add(known.talk_seconds, direction, elapsed)
    if shown.status != known.status:
        known.status, known.status_since = shown.status, changed
    activity = activity_of(shown)
    if activity != known.activity:
        known.activity, known.activity_since = activity, changed


def _talks(shown: Extension) -> tuple[str, ...]:
    return tuple(canonical_direction(leg.direction) for leg in shown.legs if leg.status.lower() == "talking")
