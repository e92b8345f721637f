"""The service level of a queue on the live page, and its error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from typing import Final

ENOUGH: Final = 10
"""Callers from which on a share is judged, as in the boards and alerts."""

Value = Callable[..., float | None]
"""Family and further labels → the value for a queue."""


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """The share of callers answered within the target, of all whom the service level counts."""

    share: float
    callers: float
    error: float | None
    """The standard error of the share; None of a few callers."""
    target: float | None
    within: float | None
    """Seconds."""

    @property
    def is_below(self) -> bool:
        """Whether there are enough callers to say that it is below the target, its error allowed for."""
        return (
            self.target is not None
            and self.callers >= ENOUGH
            and self.share + (self.error or 0.0) < self.target
        )


def service_level(value: Value) -> ServiceLevel | None:
    """Of one queue since the start; None before the first caller who counts."""
    within = value("voicenter_queue_answered_within_target_total")
    callers = value("voicenter_queue_service_level_calls_total")
    if within is None or not callers:
        return None
    share = within / callers
    return ServiceLevel(
        share=share,
        callers=callers,
        error=_error(value, share, callers),
        target=value("voicenter_queue_service_level_target_ratio"),
        within=value("voicenter_queue_service_level_target_seconds"),
    )


def _error(value: Value, share: float, callers: float) -> float | None:
    """The standard error: what no answer showed, and the chance in so many callers; None of a few."""
    within = value("voicenter_queue_answered_within_target_variance_total")
    whole = value("voicenter_queue_service_level_calls_variance_total")
    if within is None or whole is None or callers < ENOUGH:
        return None
    unseen = within * (1 - share) ** 2 + max(0.0, whole - within) * share**2
    chance = max(0.0, share * (1 - share)) * callers
    return sqrt(unseen + chance) / callers
