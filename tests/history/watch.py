"""A readable way to feed a history: what both endpoints show, round by round, through the real decoder."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from exporter.api.snapshot import Detail, ExtensionsSnapshot, read_extensions, read_queues
from exporter.history import History, HistorySettings, QueueTarget, QueueTotals, Round, queues
from exporter.history.totals import Totals
from exporter.history.weights import ONCE

EPOCH = 1_700_000_000.0
"""Our Unix time at second 0 of a test."""
INTERVAL = 5.0
BUCKETS = (10.0, 20.0, 30.0, 60.0)


@dataclass(frozen=True)
class Waiting:
    """A caller in a queue. `joined` is a second of the test, by default `waited` ago; None is no JoinTime."""

    call: str
    waited: float
    queue: str = "1"
    joined: float | str | None = "then"


@dataclass(frozen=True)
class At:
    """A leg at an extension. `started` and `answered` are seconds of the test, None is 0 (not told)."""

    extension: str
    call: str
    status: str
    direction: str = "Incoming"
    started: float | None = None
    answered: float | None = None
    original: str | None = None
    custom_data: Any = None
    dialled: str = ""

    def leg(self, vendor_epoch: float) -> dict[str, Any]:
        custom_data = {"OriginalIvrUniqueID": self.original} if self.original else self.custom_data
        return {
            "ivrid": self.call,
            "callstatus": self.status,
            "direction": self.direction,
            "callStarted": 0 if self.started is None else vendor_epoch + self.started,
            "callAnswered": 0 if self.answered is None else vendor_epoch + self.answered,
            "answered": int(self.answered is not None),
            "customdata": custom_data,
            "did": self.dialled,
        }


def ringing(call: str, extension: str = "100", **more: Any) -> At:
    return At(extension, call, "Ringing", **more)


def talking(call: str, extension: str = "100", **more: Any) -> At:
    return At(extension, call, "Talking", **more)


def dialing(call: str, extension: str = "100", **more: Any) -> At:
    return At(extension, call, "Dialing", direction="Outgoing", **more)


@dataclass
class Watch:
    """A history and the second of the test that it has come to."""

    interval: float = INTERVAL
    min_interval: float = INTERVAL
    wait_buckets: tuple[float, ...] = BUCKETS
    within_target: Callable[[str, str], float | None] = lambda queue_id, name: 20.0
    short: float | None = None
    """The wait up to which somebody who hangs up is `short`; may be changed on the way."""
    counts: frozenset[str] = QueueTarget().counts
    weighs: bool = False
    """Whether a leave stands for others that no answer showed, too."""
    serves_for: float = 43_200.0
    per_extension: bool = True
    clock_offset: float = 0.0
    """The vendor's clock minus ours; may be changed on the way."""
    queues: dict[str, str] = field(default_factory=lambda: {"1": "Sales", "2": "Support"})
    """The queues of every answer, by id; may be changed on the way."""
    idle: dict[str, int] = field(default_factory=lambda: {"idle": 1})
    """Extensions without calls and their status codes; may be changed on the way."""
    lines: dict[str, str] = field(default_factory=dict)
    """The names of numbers dialled, if they are to be read."""

    def __post_init__(self) -> None:
        self.now = -self.interval
        self.history = History(self.settings())

    def settings(self) -> HistorySettings:
        return HistorySettings(
            self.wait_buckets, self.min_interval, self._target_of, self.serves_for, self.per_extension
        )

    def _target_of(self, queue_id: str, name: str) -> QueueTarget:
        return QueueTarget(self.within_target(queue_id, name), self.short, self.counts)

    @property
    def totals(self) -> Totals:
        return self.history.totals

    @property
    def vendor_epoch(self) -> float:
        """The vendor's epoch at second 0 of the test."""
        return EPOCH + self.clock_offset

    def queue(self, queue_id: str = "1") -> QueueTotals:
        return self.totals.queues[queue_id]

    def undecided(self, queue_id: str = "1") -> int:
        """How many callers have left and are in no number yet."""
        return sum(found == queue_id for found, _ in self.history.undecided)

    def leaves(self, queue_id: str = "1") -> dict[str, int]:
        """The outcomes that were seen."""
        return {outcome: number for outcome, number in self.queue(queue_id).leaves_seen.items() if number}

    def wait(self, outcome: str, queue_id: str = "1") -> float:
        """The sum of the waits with this outcome."""
        return round(self.queue(queue_id).waits[outcome].sum, 6)

    def see(
        self,
        *shown: Waiting | At,
        after: float | None = None,
        fails: tuple[str, ...] = (),
        empty: bool = False,
    ) -> None:
        """One round, `after` seconds from the one before. `fails` names endpoints without a usable answer."""
        self.now += self.interval if after is None else after
        fails = (*fails, "extensions") if empty else fails
        received = EPOCH + self.now
        observed = Round(
            at=self.now,
            extensions=None if "extensions" in fails else self._read(shown),
            queues=None if "queues" in fails else read_queues(self._queues(shown)),
            extensions_received=received,
            queues_received=received,
            extensions_empty=empty,
        )
        with nullcontext() if self.weighs else patch.object(queues, "weigh", lambda *_: ONCE):
            self.history.observe(observed)

    def _read(self, shown: tuple[Waiting | At, ...]) -> ExtensionsSnapshot:
        detail = Detail.LINES if self.lines else Detail.EXTENSIONS
        return read_extensions(self._extensions(shown), {}, detail, lines=self.lines)

    def _extensions(self, shown: tuple[Waiting | At, ...]) -> bytes:
        extensions: dict[str, dict[str, Any]] = {
            name: {"username": name, "onlineUserID": 0, "onlineUserStatus": status, "calls": []}
            for name, status in self.idle.items()
        }
        for each in shown:
            if isinstance(each, At):
                free = {"username": each.extension, "onlineUserID": 0, "onlineUserStatus": 1, "calls": []}
                extension = extensions.setdefault(each.extension, free)
                extension["calls"].append(each.leg(self.vendor_epoch))
        return json.dumps({"ERR": 0, "EXTENSIONS": list(extensions.values())}).encode()

    def _queues(self, shown: tuple[Waiting | At, ...]) -> bytes:
        queues: list[dict[str, Any]] = [
            {"ID": queue_id, "Name": name, "Callers": []} for queue_id, name in self.queues.items()
        ]
        for each in shown:
            if isinstance(each, Waiting):
                queue = next(queue for queue in queues if queue["ID"] == each.queue)
                queue["Callers"].append(
                    {"CallID": each.call, "JoinTime": self._join_time(each), "Duration": each.waited}
                )
        return json.dumps({"ERR": 0, "QUEUES": queues}).encode()

    def _join_time(self, caller: Waiting) -> float:
        if caller.joined is None:
            return 0
        joined = self.now - caller.waited if isinstance(caller.joined, str) else caller.joined
        return self.vendor_epoch + joined
