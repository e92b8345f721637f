"""When each series of a counter began in this process: what Prometheus calls its start or created timestamp.

A series that begins has counted since the answer before the one that shows it first, not since that one: a
scrape is older than the answer that it asked for, and a start after the first sample looks like a restart.
"""

from __future__ import annotations

from typing import Protocol

from exporter.history.totals import Totals
from exporter.metrics.catalogue import EXTENSIONS, HISTORY, Family
from exporter.metrics.numbers import Labels


class Beginnings(Protocol):
    """Tells when series began. While the version stays the same, so does all that it tells."""

    @property
    def version(self) -> object: ...

    @property
    def now(self) -> float:
        """When the page is made, Unix seconds; 0 if unknown."""
        ...

    def of(self, family: Family, labels: Labels) -> float:
        """Unix seconds; 0 if unknown."""
        ...


class SinceStart:
    """All series began at one moment, Unix seconds."""

    def __init__(self, since: float = 0.0) -> None:
        self.version = self._since = self.now = since

    def of(self, family: Family, labels: Labels) -> float:  # noqa: ARG002 (it is the same for all)
        """That moment."""
        return self._since


class OfAccount:
    """Those of one account, carried since a moment; totals are its history's. `now` as in Beginnings."""

    def __init__(self, since: float, totals: Totals | None, now: float) -> None:
        self._since, self._totals, self.now = since, totals, now

    @property
    def version(self) -> object:
        """Another one as soon as a queue, an extension or a direction has begun."""
        return self._totals and self._totals.beginnings

    def of(self, family: Family, labels: Labels) -> float:
        """When the queue, the extension, the direction, the history or the account began."""
        totals = self._totals
        if totals is None or family.section not in (HISTORY, EXTENSIONS):
            return self._since
        if "extension" in family.labels:
            return totals.extensions[labels[family.labels.index("extension")]].since
        if "queue_id" in family.labels:
            return totals.queues[labels[family.labels.index("queue_id")]].since
        if "direction" in family.labels:
            return totals.directions[labels[family.labels.index("direction")]]
        return totals.since
