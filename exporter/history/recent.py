"""How many answers there were lately."""

from __future__ import annotations

from array import array
from typing import Final

WINDOW: Final = 900.0
"""Seconds that are looked back on."""
_MINUTES: Final = int(WINDOW // 60)


class RecentAnswers:
    """Weights of answers per minute, of the last 15; a few numbers, however many answers there are."""

    __slots__ = ("_minute", "_seen", "_seen_of", "_weight", "_weight_of")

    def __init__(self) -> None:
        self._minute = 0
        self._weight_of = array("f", bytes(4 * _MINUTES))
        self._seen_of = array("H", bytes(2 * _MINUTES))
        self._weight, self._seen = 0.0, 0

    def add(self, at: float, weight: float) -> None:
        """Count an answer at this moment, monotonic seconds."""
        self._move_to(int(at // 60))
        place = self._minute % _MINUTES
        self._weight_of[place] += weight
        self._seen_of[place] = min(self._seen_of[place] + 1, _MOST)
        self._weight += weight
        self._seen += 1

    def per_second(self, at: float, least: int) -> float | None:
        """Answers per second up to this moment, None with fewer than so many."""
        self._move_to(int(at // 60))
        return None if self._seen < least else self._weight / (WINDOW - 60 + at % 60)

    def _move_to(self, minute: int) -> None:
        if minute <= self._minute:
            return
        for passed in range(max(self._minute + 1, minute - _MINUTES + 1), minute + 1):
            self._weight_of[passed % _MINUTES] = self._seen_of[passed % _MINUTES] = 0
        self._minute = minute
        self._weight, self._seen = sum(self._weight_of), sum(self._seen_of)


_MOST: Final = 2**16 - 1  # of one minute
