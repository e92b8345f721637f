"""Samples of an account's queues, from one snapshot and from the configuration."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from math import fsum

from exporter.api.snapshot import QueuesSnapshot
from exporter.api.wire import Queue
from exporter.config import Account, Settings
from exporter.metrics.numbers import Labels, QueueLabels, Samples, plain_seconds
from exporter.metrics.queue_agents import StatedAgents


class QueueSamples:
    """Those of one account. What depends on labels and settings alone is kept until one of them changes.

    The label tuples themselves are kept too: whoever looks them up compares the same strings, not equal ones.
    """

    def __init__(self) -> None:
        self._settings: Settings | None = None
        self._labels: list[QueueLabels] = []
        self._thresholds: list[list[tuple[float, Labels]]] = []
        """Per queue: each threshold in seconds, and its labels."""
        self._targets: list[tuple[str, Samples]] = []
        self.stated_agents = StatedAgents()
        self.waits: list[list[float]] = []
        """The waits of each queue in the newest samples, in order."""

    @property
    def labels(self) -> Sequence[QueueLabels]:
        """Those of the queues in the newest samples."""
        return self._labels

    def samples(
        self, account: Account, settings: Settings, snapshot: QueuesSnapshot
    ) -> Iterator[tuple[str, Samples]]:
        """The families of the queues that the account shows."""
        queues = snapshot.queues
        if not account.queues.everything:
            queues = [queue for queue in queues if account.queues.matches(str(queue.id), queue.name)]
        labels = self._known([(account.name, str(queue.id), queue.name) for queue in queues], settings)
        self.waits = waits = [_waits(queue) for queue in queues]

        def each(values: Iterator[float]) -> Samples:
            return list(zip(labels, values, strict=True))

        yield "voicenter_queues", [((account.name,), len(queues))]
        yield "voicenter_queue_callers", each(map(len, waits))
        yield (
            "voicenter_queue_longest_wait_seconds",
            each(of_queue[-1] if of_queue else 0 for of_queue in waits),
        )
        yield "voicenter_queue_callers_wait_seconds", each(map(fsum, waits))
        yield (
            "voicenter_queue_callers_over_threshold",
            [
                (of_threshold, len(of_queue) - bisect_left(of_queue, threshold))
                for of_queue, thresholds in zip(waits, self._thresholds, strict=True)
                for threshold, of_threshold in thresholds
            ],
        )
        yield "voicenter_queue_weight", each(queue.weight for queue in queues)
        yield from self._targets

    def _known(self, labels: list[QueueLabels], settings: Settings) -> Sequence[QueueLabels]:
        """The labels as they are kept: those of the last page if these are equal."""
        if self._settings is not settings or self._labels != labels:
            self._settings, self._labels = settings, labels
            thresholds = [(threshold, plain_seconds(threshold)) for threshold in settings.queue_thresholds]
            self._thresholds = [
                [(threshold, (*of_queue, text)) for threshold, text in thresholds] for of_queue in labels
            ]
            self._targets = list(_targets(settings, labels))
        return self._labels


def _waits(queue: Queue) -> list[float]:
    """How long the callers have waited, in seconds, in order; a wait below nothing is none."""
    waits = sorted([caller.duration for caller in queue.callers])
    return waits if not waits or waits[0] >= 0 else [max(0.0, wait) for wait in waits]


def _targets(settings: Settings, queues: Sequence[QueueLabels]) -> Iterator[tuple[str, Samples]]:
    targets = [(labels, settings.target(*labels)) for labels in queues]

    def given(values: Iterator[tuple[Labels, float | None]]) -> Samples:
        return tuple((labels, value) for labels, value in values if value is not None)

    yield (
        "voicenter_queue_wait_limit_seconds",
        given(
            ((*labels, severity), limit)
            for labels, target in targets
            for severity, limit in (
                ("warning", target.wait_limit.warning),
                ("critical", target.wait_limit.critical),
            )
        ),
    )
    yield "voicenter_queue_callers_limit", given((labels, each.callers_limit) for labels, each in targets)
    yield (
        "voicenter_queue_service_level_target_seconds",
        given((labels, each.service_level.within) for labels, each in targets),
    )
    yield (
        "voicenter_queue_service_level_target_ratio",
        given((labels, each.service_level.ratio) for labels, each in targets),
    )
