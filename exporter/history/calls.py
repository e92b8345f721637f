"""Distinct calls: started, answered, ended, and for how long they were talked on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import inf
from typing import Final

from exporter.api.activity import canonical_direction
from exporter.api.lines import NONE
from exporter.api.wire import DialledLeg, Leg
from exporter.history.call import Call, Sight
from exporter.history.clock import Moment, VendorClock
from exporter.history.identity import CallIndex
from exporter.history.legs import News
from exporter.history.totals import Totals, add

_PRECEDENCE: Final = ("outgoing", "click2call", "incoming", "spy", "unknown")
"""Which direction a call takes that is first shown from several sides: who calls, then who is called."""
_CLOCK_ERROR: Final = 3.0  # seconds that an epoch may lie outside the two answers it fell between


class Calls:
    """Follows calls over the usable answers of GetExtensionsCalls.

    A call starts with its first leg and has ended when its id is absent everywhere for one further answer. It
    is remembered for some minutes, so that one that comes back (from a voice menu, say) is not counted twice.
    """

    def __init__(self, totals: Totals, clock: VendorClock) -> None:
        self._totals = totals
        self._clock = clock
        self._index = CallIndex()
        self._absent: dict[Call, bool] = {}
        """The living calls that the newest usable answer lacks, and whether one before it lacked them too."""
        self._moment: Moment | None = None
        """When that came."""
        self._there_at_start: set[str] = set()

    def find(self, call_id: str) -> Call | None:
        """The call that the id belongs to, also if it has ended lately."""
        return self._index.by_id.get(call_id)

    @property
    def newest_at(self) -> float:
        """When the newest usable answer came, monotonic seconds; long ago if there was none."""
        return -inf if self._moment is None else self._moment.at

    def exempt_from_started(self, call_ids: Iterable[str]) -> None:
        """Take ids that were there before anything was counted."""
        self._there_at_start.update(call_ids)

    def observe(self, news: News, moment: Moment, is_waiting: Callable[[str], bool]) -> list[Leg]:
        """Take a usable answer; return the legs whose ids were not known.

        `is_waiting` tells whether an id waits in a queue, as far as is known: a failed answer of the queues
        says nothing about who left them, so what the last usable one showed stands.
        """
        previous, self._moment = self._moment, moment
        legs = [leg for _, leg in news.legs if leg.call_id]
        unknown = self._index.link(legs)
        self._miss(news)
        answered = self._see(legs, moment, previous)
        self._count_started(unknown, previous)
        if previous is not None:
            _count(self._totals.calls_answered, answered)
            self._end_those_gone(previous, moment, is_waiting)
        if self._index.forget_old(moment.at):
            self._there_at_start = set(filter(is_waiting, self._there_at_start))
        return unknown

    def _miss(self, news: News) -> None:
        """Mark the calls as absent that are no longer shown under any of their ids."""
        for call in {self._index.by_id[call_id]: None for call_id in news.vanished}:
            if news.present.isdisjoint(call.ids):
                self._absent[call] = False

    def _see(self, legs: Sequence[Leg], moment: Moment, previous: Moment | None) -> list[Call]:
        """Mark the calls of the legs as there; return those that are shown answered for the first time."""
        by_id, absent, at = self._index.by_id, self._absent, moment.at
        sight = Sight(at, previous.at if previous else -inf)
        answered = []
        for leg in legs:
            call = by_id[leg.call_id]
            absent.pop(call, None)
            if call.is_over:
                self._index.revive(call)
            epoch = _answer_epoch(leg, call)
            if leg.answered_at <= 0 and leg.is_answered():
                call.note_silent_talk(at, previous.at if previous else None)
            if epoch > 0:
                if (leg.call_id, epoch) in call.answers:
                    continue
                call.note_answer(leg.call_id, epoch, sight)
            elif not leg.is_answered():
                if leg.status.lower() == "ringing":
                    call.note_ring(leg.started)
                continue
            if not call.is_answered:
                call.is_answered, call.answered_before = True, at
                call.answered_after = previous.at if previous and moment.elapsed is not None else None
                answered.append(call)
        return answered

    def _count_started(self, unknown: Sequence[Leg], previous: Moment | None) -> None:
        since = self._totals.since if previous is None else previous.received
        directions: dict[Call, set[str]] = {}
        for leg in unknown:
            call = self._index.by_id[leg.call_id]
            if not call.direction:
                directions.setdefault(call, set()).add(canonical_direction(leg.direction))
        for call, shown in directions.items():
            call.direction = min(shown, key=_PRECEDENCE.index)
            self._totals.begin_direction(call.direction, since)
        if previous is not None:
            at_start = self._there_at_start
            started = [call for call in directions if at_start.isdisjoint(call.ids)]
            _count(self._totals.calls_started, started)
            if isinstance(next(iter(unknown), None), DialledLeg):
                self._count_lines(started, unknown)

    def _count_lines(self, started: Iterable[Call], unknown: Sequence[Leg]) -> None:
        """Count incoming calls by the line that their first legs show, `none` only if no leg shows one."""
        lines: dict[Call, str] = {}
        for leg in unknown:
            call = self._index.by_id[leg.call_id]
            if isinstance(leg, DialledLeg) and lines.get(call, NONE) == NONE:
                lines[call] = str(leg.line)
        for call in started:
            if call.direction == "incoming":
                add(self._totals.line_calls_started, lines[call], 1)

    def _end_those_gone(self, previous: Moment, moment: Moment, is_waiting: Callable[[str], bool]) -> None:
        ended = []
        for call, is_missed in list(self._absent.items()):
            if any(map(is_waiting, call.ids)):
                self._absent[call] = False
            elif is_missed:
                del self._absent[call]
                self._index.retire(call)
                self._observe_talk(call, moment)
                if not call.has_ended:
                    call.has_ended = True
                    ended.append(call)
            else:
                self._absent[call] = True
                call.last_at, call.gone_at = previous.at, moment.at
                call.gone_in_gap = moment.elapsed is None
        _count(self._totals.calls_ended, ended)

    def _observe_talk(self, call: Call, moment: Moment) -> None:
        """Count the talk of a call that is over, unless its beginning is unknown or a gap hides its end."""
        began = self._answered_at(call, moment)
        if began is not None and not call.gone_in_gap and not call.talk_is_counted:
            call.talk_is_counted = True
            ended = (call.last_at + call.gone_at) / 2
            self._totals.talk[call.direction].observe(ended - began)

    def _answered_at(self, call: Call, moment: Moment) -> float | None:
        """When the call was first answered, monotonic seconds; None if it was not, or nothing tells when."""
        if not call.is_answered:
            return None
        epoch = call.first_answer
        told = None if epoch is None else self._clock.monotonic(epoch, moment)
        earliest, latest = call.answered_after, call.answered_before
        if earliest is None:
            return told
        if told is None:
            return (earliest + latest) / 2
        return min(max(told, earliest - _CLOCK_ERROR), latest + _CLOCK_ERROR)


def _answer_epoch(leg: Leg, call: Call) -> float:
    """When a leg was answered by the vendor's clock, 0 if that is not known.

    An incoming leg that talks without `callAnswered` and never rang has it in `callStarted` (observed).
    """
    if leg.answered_at > 0 or not leg.is_answered() or leg.started in call.rings:
        return leg.answered_at
    return leg.started if canonical_direction(leg.direction) == "incoming" else 0.0


def _count(counter: dict[str, int], calls: Iterable[Call]) -> None:
    for call in calls:
        counter[call.direction] = counter.get(call.direction, 0) + 1
