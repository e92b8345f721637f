"""Which extensions serve which queue: those that ring or answer for its callers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from exporter.api.activity import canonical_direction
from exporter.history.clock import Moment
from exporter.history.legs import ShownLeg, key_of
from exporter.history.totals import Totals

MOST_QUEUES: Final = 64
"""Of one extension so many queues are remembered, the newest ones."""
MOST_EXTENSIONS: Final = 20_000
"""So many extensions are remembered, the newest ones, should their names change all the time."""
_FORGET_EVERY: Final = 600.0  # seconds: to look for what is old costs, and a few minutes matter to nobody


class Serving:
    """Learns who serves a queue, which no answer tells: a caller's call keeps its id at an extension."""

    def __init__(self, totals: Totals, keep_for: float) -> None:
        self.keep_for = keep_for
        """Seconds that a pair is remembered after its last ring or answer."""
        self._seen, self._since = totals.serves, totals.served_since
        self._looked = 0.0

    def observe(
        self, legs: Iterable[ShownLeg], moment: Moment, queue_of: Callable[[str], str | None]
    ) -> None:
        """Take the legs of an answer; `queue_of` tells in which queue the call with an id waits or waited."""
        for extension, leg in legs:
            queue = queue_of(leg.call_id)
            if queue is None or canonical_direction(leg.direction) != "incoming":
                continue
            if leg.is_answered() or leg.status.lower() == "ringing":
                self._learn(key_of(extension), queue, moment)
        if moment.at - self._looked >= _FORGET_EVERY:
            self._looked = moment.at
            self._forget(moment.at - self.keep_for)

    def _learn(self, extension: str, queue: str, moment: Moment) -> None:
        seen = self._seen.pop(extension, None) or {}
        seen.pop(queue, None)
        seen[queue] = moment.at
        self._seen[extension] = seen
        for remembered, most in ((seen, MOST_QUEUES), (self._seen, MOST_EXTENSIONS)):
            if len(remembered) > most:
                del remembered[next(iter(remembered))]
        self._since.setdefault(queue, moment.received)

    def _forget(self, before: float) -> None:
        for extension, seen in list(self._seen.items()):
            for queue in [queue for queue, at in seen.items() if at < before]:
                del seen[queue]
            if not seen:
                del self._seen[extension]
        for queue in self._since.keys() - set().union(*self._seen.values()):
            del self._since[queue]
