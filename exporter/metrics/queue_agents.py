"""Samples of the agents who serve each queue, and of how long a caller may wait there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from exporter.api.activity import ACTIVITIES, STATUSES, activity_of
from exporter.api.wire import Extension
from exporter.config import Settings
from exporter.config.filter import Filter
from exporter.history.legs import key_of
from exporter.history.totals import QueueTotals, Totals
from exporter.metrics.numbers import QueueLabels, Sample, Samples

ESTIMATES: Final = ("last", "head", "rate")
"""The predictors of a caller's wait."""
LEAST_ANSWERS: Final = 5
"""With fewer answers in 15 minutes nobody knows the rate."""
_LOGIN: Final = next(code for code, name in STATUSES.items() if name == "login")
_NOBODY: Final = (0,) * len(ACTIVITIES)
_MOST_NAMES: Final = 20_000


class StatedAgents:
    """Which queues an extension serves as the configuration states it; kept, because globs are costly."""

    def __init__(self) -> None:
        self._settings: Settings | None = None
        self._labels: Sequence[QueueLabels] = ()
        self._filters: list[tuple[str, Filter]] = []
        self._queues_of: dict[str, tuple[str, ...]] = {}

    def look_at(self, settings: Settings, labels: Sequence[QueueLabels]) -> frozenset[str]:
        """Take the queues of a page; the ids of those whose extensions are stated."""
        if self._settings is not settings or self._labels is not labels:
            self._settings, self._labels = settings, labels
            targets = [(queue[1], settings.target(*queue).extensions) for queue in labels]
            self._filters = [(queue_id, stated) for queue_id, stated in targets if stated is not None]
            self._queues_of.clear()
        return frozenset(queue_id for queue_id, _ in self._filters)

    def queues_of(self, name: str) -> tuple[str, ...]:
        """The ids of the queues that an extension serves."""
        found = self._queues_of.get(name)
        if found is None:
            if len(self._queues_of) >= _MOST_NAMES:
                self._queues_of.clear()
            found = tuple(queue_id for queue_id, stated in self._filters if stated.matches(name))
            self._queues_of[name] = found
        return found


def agents(
    labels: Sequence[QueueLabels],
    settings: Settings,
    extensions: Sequence[Extension],
    totals: Totals | None,
    kept: StatedAgents,
) -> Iterator[tuple[str, Samples]]:
    """The agents of the queues that are known to have some; `labels` are those of the page."""
    stated = kept.look_at(settings, labels)
    since = dict.fromkeys(stated, 0.0)
    if totals is not None:
        since = dict(totals.served_since) | since
    shown = [queue for queue in labels if queue[1] in since]
    learned = totals.serves if totals is not None else {}
    doing = _doing(extensions, stated, learned, kept) if shown else {}
    yield (
        "voicenter_queue_agents",
        [
            ((*queue, activity), number)
            for queue in shown
            for activity, number in zip(ACTIVITIES, doing.get(queue[1], _NOBODY), strict=True)
        ],
    )
    yield "voicenter_queue_agents_known_timestamp_seconds", [(queue, since[queue[1]]) for queue in shown]


def _doing(
    extensions: Sequence[Extension],
    stated: frozenset[str],
    learned: Mapping[str, Collection[str]],
    kept: StatedAgents,
) -> Mapping[str, Sequence[int]]:
    """Agents per rank of what they do, by queue id. A person at several extensions is one."""
    people: dict[object, tuple[int, Collection[str]]] = {}
    for extension in extensions:
        if extension.status != _LOGIN:
            continue
        name = key_of(extension)
        queues = learned.get(name, ())
        if stated:
            queues = {*kept.queues_of(name), *(queue for queue in queues if queue not in stated)}
        if queues:
            rank = ACTIVITIES.index(activity_of(extension))
            person = extension.online_user_id or name
            if person in people:
                other_rank, others = people[person]
                rank, queues = min(rank, other_rank), {*queues, *others}
            people[person] = rank, queues
    doing: defaultdict[str, list[int]] = defaultdict(lambda: [0] * len(ACTIVITIES))
    for rank, queues in people.values():
        for queue in queues:
            doing[queue][rank] += 1
    return doing


def estimated_waits(
    labels: Sequence[QueueLabels], waits: Sequence[Sequence[float]], totals: Totals
) -> Iterator[tuple[str, Samples]]:
    """How long a caller who joins now may wait, by the three classic predictors (Ibrahim and Whitt 2009).

    `waits` are those of the callers who wait in each queue, in order.
    """
    estimates: list[Sample] = []
    for queue, waiting in zip(labels, waits, strict=True):
        counted = totals.queues.get(queue[1])
        if counted is not None:
            estimates += _estimates(queue, waiting, counted, totals.newest_at)
    yield "voicenter_queue_estimated_wait_seconds", estimates


def _estimates(
    queue: QueueLabels, waiting: Sequence[float], counted: QueueTotals, at: float
) -> Iterator[Sample]:
    if counted.last_answered_wait is not None:
        yield (*queue, "last"), round(counted.last_answered_wait, 3)
    yield (*queue, "head"), waiting[-1] if waiting else 0.0
    per_second = counted.recent_answers.per_second(at, LEAST_ANSWERS)
    if per_second:
        yield (*queue, "rate"), round((len(waiting) + 1) / per_second, 3)
