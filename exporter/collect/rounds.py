"""The attempts that went out together, put in order and fed to the history as rounds."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from exporter.api.failure import Failure
from exporter.api.snapshot import ExtensionsSnapshot, QueuesSnapshot
from exporter.client.client import Snapshot
from exporter.config import Account, Settings
from exporter.history import History, HistorySettings, Round
from exporter.history.totals import Totals


@dataclass(slots=True)
class RoundUnderWay:
    """A round whose endpoints have not all ended; `began` is monotonic seconds, `received` Unix seconds."""

    began: float
    asked: frozenset[str]
    awaited: set[str]
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    received: dict[str, float] = field(default_factory=dict)
    empty: bool = False


class Rounds:
    """Feeds one account's history: each round once, whole, in the order in which they began.

    A slow endpoint holds its round and those after it back, for no longer than its attempt lasts; fed as they
    come, the answers of two rounds would overtake each other and look like calls that jump in time.
    """

    def __init__(self, account: Account, settings: Settings) -> None:
        self._history = History(_history_settings(account, settings))
        self._enabled = settings.collectors.history
        self._queue: deque[RoundUnderWay] = deque()

    @property
    def totals(self) -> Totals:
        """What the history has counted."""
        return self._history.totals

    def reconfigure(self, account: Account, settings: Settings) -> None:
        """Go on with other buckets and targets; a history that is switched off stands still."""
        self._enabled = settings.collectors.history
        self._history.reconfigure(_history_settings(account, settings))

    def begin(self, endpoints: Iterable[str]) -> RoundUnderWay:
        """Note that these endpoints are asked now, together."""
        asked = frozenset(endpoints)
        under_way = RoundUnderWay(time.monotonic(), asked, set(asked))
        self._queue.append(under_way)
        return under_way

    def end(
        self,
        under_way: RoundUnderWay,
        endpoint: str,
        snapshot: Snapshot | None,
        failure: Failure | None,
        received: float,
    ) -> None:
        """Note how an endpoint ended, the first time that it is told, and feed the rounds that are whole."""
        if endpoint not in under_way.awaited:
            return
        under_way.awaited.discard(endpoint)
        under_way.received[endpoint] = received
        if snapshot is not None:
            under_way.snapshots[endpoint] = snapshot
        under_way.empty |= failure is not None and failure.reason == "empty"
        while self._queue and not self._queue[0].awaited:
            whole = self._queue.popleft()
            if self._enabled:
                self._history.observe(_round(whole))


def _round(whole: RoundUnderWay) -> Round:
    extensions = whole.snapshots.get("extensions")
    queues = whole.snapshots.get("queues")
    if isinstance(extensions, ExtensionsSnapshot) and extensions.extensions is None:
        extensions = None  # asked for before history was switched on: its calls are not there to be followed
    return Round(
        at=whole.began,
        extensions=extensions if isinstance(extensions, ExtensionsSnapshot) else None,
        queues=queues if isinstance(queues, QueuesSnapshot) else None,
        extensions_received=whole.received.get("extensions", 0.0),
        queues_received=whole.received.get("queues", 0.0),
        extensions_asked="extensions" in whole.asked,
        extensions_empty=whole.empty,
    )


def _history_settings(account: Account, settings: Settings) -> HistorySettings:
    def within_target(queue_id: str, queue: str) -> float | None:
        return settings.target(account.name, queue_id, queue).service_level.within

    return HistorySettings(
        wait_buckets=settings.wait_buckets, min_interval=account.min_interval, within_target=within_target
    )
