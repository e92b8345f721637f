"""Callers' stays in queues: who joined, who left, and who waits where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from exporter.api.wire import Caller, Queue
from exporter.history.clock import Moment
from exporter.history.outcome import GRACE, Leave

Key = tuple[str, str]
"""Queue id and call id."""

_NOBODY: Final[dict[str, Caller]] = {}


@dataclass(slots=True)
class Changes:
    """What one usable answer of the queues shows against the one before."""

    joined: list[str] = field(default_factory=list)
    """The queue id of each caller who joined."""
    left: list[Leave] = field(default_factory=list)
    returned: list[Leave] = field(default_factory=list)
    """Leaves of before that were none: the caller is there and has waited on."""


class Stays:
    """Follows callers over the usable answers of GetQueuesCallers."""

    def __init__(self) -> None:
        self.callers: dict[str, dict[str, Caller]] = {}
        """Per queue id and call id, as the newest usable answer shows them."""
        self._moment: Moment | None = None
        self._waiting: dict[str, str] = {}
        """A queue that each call waits in, per call id."""
        self._some_wait_twice = False
        self._waited: dict[str, str] = {}
        """Likewise, of the usable answer before."""
        self._ages: dict[Key, float] = {}
        """How long callers were seen to wait whose vendor's `Duration` says less."""
        self._first: set[Key] = set()
        """Who waited in the first answer and still does: nobody saw them join."""

    def queue_of(self, call_id: str) -> str | None:
        """The id of a queue in which the call waits, or waited when the usable answer before came."""
        return self._waiting.get(call_id) or self._waited.get(call_id)

    def is_waiting(self, call_id: str) -> bool:
        """Whether the call waits in a queue, as far as is known."""
        return call_id in self._waiting

    def all_callers(self) -> list[Caller]:
        """Everybody who waits."""
        return [caller for callers in self.callers.values() for caller in callers.values()]

    def waits_elsewhere(self, call_id: str, queue_id: str) -> bool:
        """Whether the call waits in another queue than this one."""
        found = self._waiting.get(call_id, queue_id)
        return found != queue_id or (
            self._some_wait_twice
            and any(call_id in callers for other, callers in self.callers.items() if other != queue_id)
        )

    def is_repeated(self, queues: Iterable[Queue]) -> bool:
        """Whether an answer shows nothing but the usable one before: the same callers, nobody a second older.

        Only a wait above 0 tells: without callers, or without `Duration`, every answer looks like that.
        """
        some_waited = False
        number = 0
        for queue in queues:
            known = self.callers.get(str(queue.id), _NOBODY)
            for caller in queue.callers:
                before = known.get(caller.call_id)
                if (
                    before is None
                    or before.duration != caller.duration
                    or before.join_time != caller.join_time
                ):
                    return False
                some_waited |= caller.duration > 0
                number += 1
        return some_waited and number == sum(map(len, self.callers.values()))

    def observe(self, queues: Iterable[Queue], moment: Moment, awaited: Mapping[Key, Leave]) -> Changes:
        """Take a usable answer; `awaited` are the leaves that are not yet decided."""
        before, last = self.callers, self._moment
        self.callers, self._moment = {str(queue.id): _callers(queue) for queue in queues}, moment
        self._index()
        changes = Changes()
        if last is None:
            self._first = {(queue_id, call) for queue_id, callers in self.callers.items() for call in callers}
        else:
            gone = self._compare(before, moment.at - last.at, changes, moment, awaited)
            changes.left = [self._leave(queue_id, caller, last, moment) for queue_id, caller in gone]
        return changes

    def _leave(self, queue_id: str, caller: Caller, last: Moment, moment: Moment) -> Leave:
        key = queue_id, caller.call_id
        is_counted = key not in self._first
        self._first.discard(key)
        return Leave(
            queue_id=queue_id,
            caller=caller,
            last=last,
            gone_at=moment.at,
            in_gap=moment.elapsed is None,
            age=max(caller.duration, self._ages.pop(key, 0.0)),
            is_counted=is_counted,
            is_elsewhere=self.waits_elsewhere(caller.call_id, queue_id),
        )

    def _compare(
        self,
        before: dict[str, dict[str, Caller]],
        elapsed: float,
        changes: Changes,
        moment: Moment,
        awaited: Mapping[Key, Leave],
    ) -> list[tuple[str, Caller]]:
        """Note who joined or returned in `changes`; return who is gone."""
        gone = []
        short = elapsed - GRACE
        for queue_id, callers in self.callers.items():
            earlier = before.pop(queue_id, _NOBODY)
            arrived = 0
            for call_id, caller in callers.items():
                known = earlier.get(call_id)
                if known is None:
                    arrived += 1
                    leave = awaited.get((queue_id, call_id))
                    if leave is None or _is_new(leave.caller, caller, moment.at - leave.last.at):
                        changes.joined.append(queue_id)
                    else:
                        changes.returned.append(leave)
                elif (waited := caller.duration) < short or waited < known.duration:
                    if _is_new(known, caller, elapsed):
                        changes.joined.append(queue_id)
                        gone.append((queue_id, known))
                    else:
                        key = queue_id, call_id
                        self._ages[key] = self._ages.get(key, known.duration) + elapsed
            if len(earlier) + arrived != len(callers):
                gone += [(queue_id, earlier[call_id]) for call_id in earlier if call_id not in callers]
        gone += [(queue_id, caller) for queue_id, earlier in before.items() for caller in earlier.values()]
        return gone

    def _index(self) -> None:
        self._waited, self._waiting = (
            self._waiting,
            {call_id: queue_id for queue_id, callers in self.callers.items() for call_id in callers},
        )
        self._some_wait_twice = len(self._waiting) != sum(map(len, self.callers.values()))


def _callers(queue: Queue) -> dict[str, Caller]:
    """The callers of a queue who can be told apart; one who is listed twice counts with the longer wait."""
    listed = queue.callers
    callers = {caller.call_id: caller for caller in listed}
    callers.pop("", None)
    if len(callers) != len(listed):
        for caller in listed:
            if caller.call_id and caller.duration > callers[caller.call_id].duration:
                callers[caller.call_id] = caller
    return callers


def _is_new(known: Caller, caller: Caller, elapsed: float) -> bool:
    """Whether a caller seen again after `elapsed` seconds left in between and joined anew.

    That is so when the wait has fallen. After a long interval it need not have: then the caller must have
    waited less than the interval and have joined after being last seen (either alone may be an odd answer).
    """
    waited = caller.duration
    return waited < known.duration or (
        waited < elapsed - GRACE and 0 < known.join_time < caller.join_time - known.duration
    )
