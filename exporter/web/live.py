"""The live page's model: what the samples of the newest page say of accounts and queues, and their states."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from exporter.api.endpoints import ENDPOINTS
from exporter.collect.trail import Point, Trail
from exporter.metrics.gathered import Gathered
from exporter.metrics.numbers import QueueLabels
from exporter.web.live_service import ServiceLevel, service_level

LATE: Final = 120.0
"""Seconds from which on the data are old; the board says the same."""
_OF_QUEUES: Final = ("voicenter_queue_callers", "voicenter_queue_leaves_total")
"""Families that name the queues: the newest answer's, else those that have been counted."""


class State(IntEnum):
    """How things are, the most pressing last."""

    FINE = 0
    NO_DATA = 1
    WAITING = 2
    NOBODY_FREE = 3
    FULL = 4
    LONG_WAIT = 5
    BLIND = 6

    @property
    def word(self) -> str:
        """What a person reads."""
        return _WORDS[self]

    @property
    def judgement(self) -> str:
        """good, watch or act; none without data."""
        return _JUDGEMENTS[self]


_WORDS: Final = {
    State.FINE: "fine",
    State.NO_DATA: "no data",
    State.WAITING: "waiting",
    State.NOBODY_FREE: "nobody free",
    State.FULL: "too many",
    State.LONG_WAIT: "long wait",
    State.BLIND: "blind",
}
_JUDGEMENTS: Final = {
    State.FINE: "good",
    State.NO_DATA: "none",
    State.WAITING: "watch",
    State.NOBODY_FREE: "watch",
    State.FULL: "act",
    State.LONG_WAIT: "act",
    State.BLIND: "act",
}


@dataclass(frozen=True, slots=True)
class QueueNow:
    """A queue. What no sample says is None; waits in seconds."""

    id: str
    name: str
    state: State
    waiting: int | None
    waiting_limit: float | None
    longest: float | None
    warning: float | None
    critical: float | None
    free: int | None
    serving: int | None
    """Agents who serve the queue and are in status login, if it is known who serves it."""
    estimate: float | None
    """Seconds that a caller who joins now may wait."""
    answered: float | None
    unanswered: float | None
    service: ServiceLevel | None
    line: Sequence[Point]
    """How many waited over the last half hour."""


@dataclass(frozen=True, slots=True)
class AccountNow:
    """An account, its queues with the most pressing first."""

    name: str
    state: State
    age: float | None
    """Seconds since the last usable answer of the source that is worse off; None if one never came."""
    failing: Sequence[str]
    """The sources without a usable answer in this page."""
    free: int | None
    activities: Mapping[str, Mapping[str, int]] | None
    """Agents per status and activity; None without an answer."""
    queues: Sequence[QueueNow]

    @property
    def waiting(self) -> int | None:
        """Callers in all its queues."""
        return None if "queues" in self.failing else sum(queue.waiting or 0 for queue in self.queues)

    @property
    def longest(self) -> float | None:
        """The longest wait in any of them, in seconds."""
        return (
            None
            if "queues" in self.failing
            else max((queue.longest or 0.0 for queue in self.queues), default=0.0)
        )


def account_now(name: str, samples: Gathered, now: float, trail: Trail) -> AccountNow:
    """What an account's samples say at a moment in Unix seconds."""
    success = samples.get("voicenter_scrape_success", {})
    failing = [source for (_, source), good in success.items() if not good] if success else list(ENDPOINTS)
    known = samples.get("voicenter_last_success_timestamp_seconds", {})
    ages = [now - known[labels] if labels in known else None for labels in success]
    lacks = None in ages or not ages
    age = None if lacks else max(0.0, *(each for each in ages if each is not None))
    activities = _activities(samples)
    free = activities.get("login", {}).get("idle", 0) if activities is not None else None
    queues = sorted(_queues(samples, free, trail), key=lambda queue: -queue.state)
    worst = max((queue.state for queue in queues), default=State.FINE)
    state = State.BLIND if failing else worst
    return AccountNow(name, state, age, failing, free, activities, queues)


def _activities(samples: Gathered) -> dict[str, dict[str, int]] | None:
    """Agents by status and activity; statuses without anybody are left out."""
    found = samples.get("voicenter_agents_by_activity")
    if found is None:
        return None
    by_status: dict[str, dict[str, int]] = {}
    for (_, status, activity), number in found.items():
        by_status.setdefault(status, {})[activity] = int(number)
    return {status: each for status, each in by_status.items() if any(each.values())}


def _queues(samples: Gathered, free_of_account: int | None, trail: Trail) -> Iterator[QueueNow]:
    labels: Iterable[QueueLabels] = ()
    for family in reversed(_OF_QUEUES):
        labels = _labels(samples, family) or labels
    for queue in labels:
        yield _queue(samples, queue, free_of_account, trail)


def _labels(samples: Gathered, family: str) -> list[QueueLabels]:
    return list(dict.fromkeys((each[0], each[1], each[2]) for each in samples.get(family, ())))


def _queue(samples: Gathered, labels: QueueLabels, free_of_account: int | None, trail: Trail) -> QueueNow:
    def value(family: str, *more: str) -> float | None:
        return samples.get(family, {}).get((*labels, *more))

    waiting, longest = value("voicenter_queue_callers"), value("voicenter_queue_longest_wait_seconds")
    warning = value("voicenter_queue_wait_limit_seconds", "warning")
    critical = value("voicenter_queue_wait_limit_seconds", "critical")
    limit = value("voicenter_queue_callers_limit")
    agents = [
        value("voicenter_queue_agents", activity) for activity in ("talking", "hold", "dialing", "ringing")
    ]
    idle = value("voicenter_queue_agents", "idle")
    free = free_of_account if idle is None else int(idle)
    return QueueNow(
        id=labels[1],
        name=labels[2],
        state=_state(waiting, longest, warning, critical, limit, free),
        waiting=None if waiting is None else int(waiting),
        waiting_limit=limit,
        longest=longest,
        warning=warning,
        critical=critical,
        free=free,
        serving=None if idle is None else int(idle + sum(each or 0 for each in agents)),
        estimate=value("voicenter_queue_estimated_wait_seconds", "head"),
        answered=value("voicenter_queue_leaves_total", "answered"),
        unanswered=value("voicenter_queue_leaves_total", "unanswered"),
        service=service_level(value),
        line=trail.of(labels[1]),
    )


def _state(
    waiting: float | None,
    longest: float | None,
    warning: float | None,
    critical: float | None,
    limit: float | None,
    free: int | None,
) -> State:
    """By the queue's own limits, as on the boards; and somebody waits while nobody is free."""
    if waiting is None or longest is None:
        return State.NO_DATA
    if critical is not None and longest > critical:
        return State.LONG_WAIT
    if limit is not None and waiting > limit:
        return State.FULL
    if waiting and free == 0:
        return State.NOBODY_FREE
    return State.WAITING if warning is not None and longest > warning else State.FINE
