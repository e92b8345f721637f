"""What really happened in a centre: the yardstick for whatever is derived from its answers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

ANSWERED, UNANSWERED, TRANSFERRED = "answered", "unanswered", "transferred"
WITHIN_SECONDS = (10, 20, 30, 60, 120, 300)


@dataclass(slots=True, eq=False)
class Stay:
    """One caller's stay in one queue; times in simulated unix seconds, None while waiting.

    `transferred` is a caller who was moved to another queue while waiting, with the same call id.
    `answer_hidden` tells that the call rang and the API did not show at once when it was answered.
    """

    queue_id: int
    call_id: str
    join: float
    leave: float | None = None
    outcome: str | None = None
    answer_hidden: bool = False


@dataclass(slots=True, eq=False)
class CallRecord:
    """One call; times in simulated unix seconds, None for what has not happened.

    `first_leg` stays None for a caller who gave up before any extension rang. `original` is the id of the
    call that this one was transferred from, `queue_id` the queue that it was answered from.
    """

    call_id: str
    direction: str
    started: float
    first_leg: float | None = None
    answered: float | None = None
    ended: float | None = None
    queue_id: int | None = None
    original: str | None = None


@dataclass(slots=True)
class Lengths:
    """A bounded record of lengths of time: count, sum and a histogram of whole seconds, rounded up."""

    count: int = 0
    total: float = 0.0
    seconds: Counter[int] = field(default_factory=Counter)

    def add(self, length: float) -> None:
        self.count += 1
        self.total += length
        self.seconds[math.ceil(length)] += 1

    def within(self, limit: float) -> int:
        """How many lasted at most `limit` whole seconds."""
        return sum(number for second, number in self.seconds.items() if second <= limit)

    def quantile(self, share: float) -> int | None:
        """The second, rounded up, within which `share` of them ended; None when there are none."""
        passed, wanted = 0, share * self.count
        for second in sorted(self.seconds):
            passed += self.seconds[second]
            if passed >= wanted:
                return second
        return None

    def report(self) -> dict[str, Any]:
        return {
            "count": self.count,
            "sum": round(self.total, 3),
            "p50": self.quantile(0.5),
            "p90": self.quantile(0.9),
            "p99": self.quantile(0.99),
            "histogram": {str(second): self.seconds[second] for second in sorted(self.seconds)},
        }


@dataclass(slots=True)
class QueueTruth:
    """What happened in one queue."""

    queue_id: int
    name: str
    joins: int = 0
    leaves: Counter[str] = field(default_factory=Counter)
    waits: dict[str, Lengths] = field(
        default_factory=lambda: {outcome: Lengths() for outcome in (ANSWERED, UNANSWERED, TRANSFERRED)}
    )
    talks: Lengths = field(default_factory=Lengths)

    @property
    def waiting(self) -> int:
        return self.joins - self.leaves.total()

    def report(self, within: Iterable[int]) -> dict[str, Any]:
        return {
            "id": self.queue_id,
            "name": self.name,
            "joins": self.joins,
            **{outcome: self.leaves[outcome] for outcome in self.waits},
            "waiting": self.waiting,
            "answered_within": {str(limit): self.waits[ANSWERED].within(limit) for limit in within},
            "waits": {outcome: lengths.report() for outcome, lengths in self.waits.items()},
            "talk": self.talks.report(),
        }


@dataclass(slots=True)
class DirectionTruth:
    """Calls of one direction; `without_leg` of the started ones ended before an extension rang."""

    started: int = 0
    answered: int = 0
    ended: int = 0
    without_leg: int = 0
    talks: Lengths = field(default_factory=Lengths)


@dataclass(slots=True)
class WorkTruth:
    """What happened at extensions."""

    rings: Lengths = field(default_factory=Lengths)
    """Rings that were answered there."""
    answered: int = 0
    """Legs."""
    connected_seconds: float = 0.0
    """From the answer of a leg to its end, holds included."""
    holds: Lengths = field(default_factory=Lengths)


class Truth:
    """Counts since the model began, its warm-up included; with `keep_records` every stay and call too."""

    def __init__(self, since: float, queues: Iterable[tuple[int, str]], keep_records: bool) -> None:
        self.since = since
        self.queues = {queue_id: QueueTruth(queue_id, name) for queue_id, name in queues}
        self.directions: dict[str, DirectionTruth] = {}
        self.rings_unanswered = 0
        self.work = WorkTruth()
        self.stays: list[Stay] = []
        self.calls: list[CallRecord] = []
        self._keep_records = keep_records

    def join(self, queue_id: int, call_id: str, now: float) -> Stay:
        stay = Stay(queue_id, call_id, now)
        self.queues[queue_id].joins += 1
        if self._keep_records:
            self.stays.append(stay)
        return stay

    def leave(self, stay: Stay, outcome: str, now: float) -> None:
        stay.leave, stay.outcome = now, outcome
        queue = self.queues[stay.queue_id]
        queue.leaves[outcome] += 1
        queue.waits[outcome].add(now - stay.join)

    def call_started(self, call: CallRecord) -> None:
        self._direction(call).started += 1
        if self._keep_records:
            self.calls.append(call)

    def call_answered(self, call: CallRecord, now: float) -> None:
        call.answered = now
        self._direction(call).answered += 1

    def call_ended(self, call: CallRecord, now: float) -> None:
        call.ended = now
        direction = self._direction(call)
        direction.ended += 1
        direction.without_leg += call.first_leg is None
        if call.answered is not None:
            direction.talks.add(now - call.answered)
            if call.queue_id is not None:
                self.queues[call.queue_id].talks.add(now - call.answered)

    def report(self, now: float, within: Iterable[int] = WITHIN_SECONDS) -> dict[str, Any]:
        """The counts as plain data for JSON, as of the simulated unix second `now`."""
        limits = tuple(within)
        return {
            "since": self.since,
            "now": now,
            "queues": [queue.report(limits) for queue in self.queues.values()],
            "calls": {
                name: {
                    "started": calls.started,
                    "answered": calls.answered,
                    "ended": calls.ended,
                    "without_leg": calls.without_leg,
                    "talk": calls.talks.report(),
                }
                for name, calls in self.directions.items()
            },
            "rings_unanswered": self.rings_unanswered,
        }

    def _direction(self, call: CallRecord) -> DirectionTruth:
        return self.directions.setdefault(call.direction, DirectionTruth())
