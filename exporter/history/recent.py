"""How many answers there were lately."""

from __future__ import annotations

from array import array
from typing import Final

WINDOW: Final = 900.0
"""Seconds that are looked back on."""
_MINUTES: Final = int(WINDOW // 60)


class RecentAnswers:
    """Weights of answers per minute, of the last 15; a few numbers, however many answers there are."""

    __slots__ = ("_minute", "_seen", "_weights")

    def __init__(self) -> None:
        self._weights = array("f", bytes(4 * _MINUTES))
        self._seen = array("L", bytes(array("L").itemsize * _MINUTES))
        self._minute = 0

    def add(self, at: float, weight: float) -> None:
        """Count an answer at this moment, monotonic seconds."""
        self._move_to(int(at // 60))
        place = self._minute % _MINUTES
        self._weights[place] += weight
        self._seen[place] += 1

    def per_second(self, at: float, least: int) -> float | None:
        """Answers per second up to this moment, None with fewer than so many."""
        self._move_to(int(at // 60))
        if sum(self._seen) < least:
            return None
        return sum(self._weights) / (WINDOW - 60 + at % 60)

    def _move_to(self, minute: int) -> None:
        for passed in range(max(self._minute + 1, minute - _MINUTES + 1), minute + 1):
            self._weights[passed % _MINUTES] = self._seen[passed % _MINUTES] = 0
        self._minute = max(self._minute, minute)
