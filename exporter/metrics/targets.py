"""Samples of the limits and targets of queues."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from exporter.config import Settings
from exporter.metrics.numbers import Labels, Samples


class TargetSamples:
    """Those of one account, made anew only when its queues or the settings change."""

    def __init__(self) -> None:
        self._settings: Settings | None = None
        self._queues: Sequence[Labels] = ()
        self._made: Sequence[tuple[str, Samples]] = ()

    def samples(
        self, settings: Settings, queues: Sequence[tuple[str, str, str]]
    ) -> Sequence[tuple[str, Samples]]:
        """The families of these queues (account, id and name each): the same tuples if nothing changed."""
        if self._settings is not settings or self._queues != queues:
            self._settings, self._queues, self._made = settings, queues, list(_samples(settings, queues))
        return self._made


def _samples(settings: Settings, queues: Sequence[tuple[str, str, str]]) -> Iterator[tuple[str, Samples]]:
    targets = [(labels, settings.target(*labels)) for labels in queues]

    def given(values: Iterator[tuple[Labels, float | None]]) -> Samples:
        return tuple((labels, value) for labels, value in values if value is not None)

    yield (
        "voicenter_queue_wait_limit_seconds",
        given(
            ((*labels, severity), limit)
            for labels, target in targets
            for severity, limit in (
                ("warning", target.wait_limit_warning),
                ("critical", target.wait_limit_critical),
            )
        ),
    )
    yield "voicenter_queue_callers_limit", given((labels, each.callers_limit) for labels, each in targets)
    yield (
        "voicenter_queue_service_level_target_seconds",
        given((labels, each.service_level_within) for labels, each in targets),
    )
    yield (
        "voicenter_queue_service_level_target_ratio",
        given((labels, each.service_level_ratio) for labels, each in targets),
    )
