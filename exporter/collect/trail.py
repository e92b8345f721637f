"""How many waited in each queue over the last half hour: for the lines of the live page, in little memory."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Final

from exporter.api.wire import Queue

SPAN: Final = 1800.0
"""Seconds that are kept."""
STEP: Final = 15.0
"""Seconds between two moments that are kept, at least."""
MOST_QUEUES: Final = 500
"""Queues of an account that have a line: the first ones of the answer."""
_UNKNOWN: Final = 2**16 - 1

Point = tuple[float, int]
"""A moment in Unix seconds, and the callers who waited then."""


class Trail:
    """Of one account: two bytes for each queue and moment, 15 kB for 60 queues."""

    __slots__ = ("_at", "_callers", "_ids")

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._at = array("d")
        self._callers = array("H")
        """Moment after moment, the queues of each in the order of the ids."""

    def add(self, at: float, queues: Sequence[Queue]) -> None:
        """Keep what an answer shows at a moment in Unix seconds, if it is time for the next one."""
        if self._at and at < self._at[-1]:  # the clock was set
            del self._at[:], self._callers[:]
        if self._at and at < self._at[-1] + STEP:
            return
        shown = queues[:MOST_QUEUES]
        ids = [str(queue.id) for queue in shown]
        if ids != self._ids:
            self._reorder(ids)
        self._at.append(at)
        self._callers.extend([min(len(queue.callers), _UNKNOWN - 1) for queue in shown])
        old = sum(each <= at - SPAN for each in self._at)
        if old:
            del self._at[:old], self._callers[: old * len(ids)]

    def _reorder(self, ids: list[str]) -> None:
        """Go on with these queues; of one that is new nobody knows how it was before."""
        before = {queue: place for place, queue in enumerate(self._ids)}
        places, width = [before.get(queue) for queue in ids], len(self._ids)
        self._callers = array(
            "H",
            [
                _UNKNOWN if place is None else self._callers[moment * width + place]
                for moment in range(len(self._at))
                for place in places
            ],
        )
        self._ids = ids

    def copy(self) -> Trail:
        """As it is now, for another thread."""
        copied = Trail()
        copied._ids, copied._at, copied._callers = self._ids, self._at[:], self._callers[:]
        return copied

    def of(self, queue_id: str) -> list[Point]:
        """The points of a queue, the oldest first; none of one without a line."""
        try:
            place = self._ids.index(queue_id)
        except ValueError:
            return []
        numbers = self._callers[place :: len(self._ids)]
        return [(at, number) for at, number in zip(self._at, numbers, strict=True) if number != _UNKNOWN]
