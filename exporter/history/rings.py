"""Rings at extensions: those that nobody answered, and how long it took to answer the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from exporter.api.activity import canonical_direction
from exporter.api.wire import Leg
from exporter.history.clock import Moment, VendorClock
from exporter.history.legs import News, key_of
from exporter.history.totals import Totals
from exporter.history.weights import ONCE, of_known, of_unknown

_LONGEST_RING: Final = 900.0  # seconds: a `callStarted` that moves by more is a clock that was set

Place = tuple[str, str]
"""An extension and the id of a call there."""


class Ring(NamedTuple):
    """What rings, as the newest answer shows it."""

    started: float
    """The vendor's `callStarted`."""
    age: float | None
    """Seconds since then; None if that is unknown."""


class Missed(NamedTuple):
    """A ring that nobody answered at its extension."""

    extension: str
    weight: float
    """How many rings it stands for: itself, and those like it that no answer showed."""


class Rings:
    """Counts incoming legs that rang at an extension and ceased to, or ring anew, without an answer there.

    Many rings are shorter than the time between two answers, so each that was seen has a weight.
    """

    def __init__(self, totals: Totals, clock: VendorClock) -> None:
        self._totals = totals
        self._clock = clock
        self._ringing: dict[Place, Ring] = {}
        self._timed: dict[str, dict[str, float]] = {}
        """`callStarted` of the answered legs whose ring is timed, per call id and extension."""

    def call_ids(self) -> list[str]:
        """The ids of the calls that ring at an extension."""
        return [call_id for _, call_id in self._ringing]

    def observe(self, news: News, moment: Moment) -> Sequence[Missed]:
        """Take all legs that ring or may have rung; return the rings that ended without an answer.

        What rang before a gap may have been answered in it, so a gap ends all rings uncounted.
        """
        rang, self._ringing = self._ringing, {}
        not_over = set()
        for call_id in news.vanished:
            self._timed.pop(call_id, None)
        for extension, leg in news.legs:
            place = key_of(extension), leg.call_id
            if place in rang and not _is_new_ring(leg, rang[place].started):
                not_over.add(place)
            if leg.answered_at <= 0 and _rings(leg):
                self._ringing[place] = Ring(leg.started, self._age(leg, moment))
            elif leg.is_answered() and leg.call_id and leg.started > 0 and _is_incoming(leg):
                self._time(place, leg, moment, has_rung=place in rang)
        if moment.elapsed is None:
            return ()
        answers = {leg.call_id: leg.answered_at for _, leg in news.legs if leg.answered_at > 0}
        missed = [
            Missed(extension, _weight(ring, answers.get(call_id), moment.elapsed))
            for (extension, call_id), ring in rang.items()
            if (extension, call_id) not in not_over
        ]
        self._totals.rings_not_answered += sum(each.weight for each in missed)
        return missed

    def _age(self, leg: Leg, moment: Moment) -> float | None:
        started = self._clock.monotonic(leg.started, moment) if leg.started > 0 else None
        return None if started is None else moment.at - started

    def _time(self, place: Place, leg: Leg, moment: Moment, has_rung: bool) -> None:
        """Observe how long an answered leg rang, the first time that it is shown answered."""
        extension, call_id = place
        timed = self._timed.setdefault(call_id, {})
        if timed.get(extension) == leg.started:
            return
        timed[extension] = leg.started
        seconds = self._seconds(leg, moment, has_rung)
        if seconds is not None and moment.elapsed is not None:
            self._totals.rings.observe(seconds)

    def _seconds(self, leg: Leg, moment: Moment, has_rung: bool) -> float | None:
        """From the ring to the answer; without an answer epoch, up to the middle of the two snapshots."""
        if leg.answered_at > 0:
            rang = leg.answered_at - leg.started
            return rang if 0 < rang < _LONGEST_RING or (rang == 0 and has_rung) else None
        started = self._clock.monotonic(leg.started, moment)
        if not has_rung or started is None or moment.elapsed is None:
            return None
        return moment.at - moment.elapsed / 2 - started


def _weight(ring: Ring, answered_at: float | None, interval: float) -> float:
    """How many rings one stands for that ended in this interval, maybe with the answer elsewhere."""
    if ring.age is None:
        return ONCE.total
    if answered_at is not None and 0 < (rang := answered_at - ring.started) < _LONGEST_RING:
        return of_known(rang, ring.age, interval).total
    return of_unknown(ring.age, interval).total


def _is_incoming(leg: Leg) -> bool:
    return canonical_direction(leg.direction) == "incoming"


def _rings(leg: Leg) -> bool:
    return leg.status.lower() == "ringing" and _is_incoming(leg) and not leg.is_answered()


def _is_new_ring(leg: Leg, started: float) -> bool:
    """Whether a leg is of another ring than the one that began at `started`.

    Some answered legs show the answer as their start, so one that was answered then tells nothing.
    """
    has_rung = not leg.is_answered() or leg.answered_at > leg.started
    return has_rung and 0 < leg.started - started < _LONGEST_RING
