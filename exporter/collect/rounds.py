"""The attempts that went out together, put in order and fed to the history as rounds."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from exporter.api.endpoints import Snapshot
from exporter.api.failure import Failure
from exporter.api.snapshot import ExtensionsSnapshot, QueuesSnapshot
from exporter.config import Account, Settings
from exporter.history import History, HistorySettings, QueueTarget, Round
from exporter.history.totals import Totals


@dataclass(slots=True)
class RoundUnderWay:
    """A round whose sources have not all ended; `began` is monotonic seconds, `received` Unix seconds."""

    began: float
    awaited: set[str]
    viewed: bool
    """It was begun for somebody who looks, not for a scrape."""
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    received: dict[str, float] = field(default_factory=dict)
    empty: bool = False


class Rounds:
    """Feeds one account's history: each round once, whole, in the order in which they began.

    A slow source holds its round and those after it back, for no longer than its attempt lasts; fed as they
    come, the answers of two rounds would overtake each other and look like calls that jump in time.
    """

    def __init__(self, account: Account, settings: Settings) -> None:
        self.lock = threading.Lock()
        """Held while the history is fed; whoever reads `totals` holds it. Never waited for in the loop."""
        self._settings = history_settings(account, settings)
        self._history = History(self._settings, time.time())
        self._enabled = settings.collectors.history
        self._changed: HistorySettings | None = None
        self._queue: list[RoundUnderWay] = []  # few: a deque takes 600 bytes, empty
        self._newest: RoundUnderWay | None = None
        self._shared: list[float] = []
        """When rounds began for who looks that scrapes shared."""

    @property
    def totals(self) -> Totals:
        """What the history has counted."""
        return self._history.totals

    @property
    def clock_offset(self) -> float | None:
        """The vendor's clock minus ours in seconds, once it has been learned."""
        return self._history.totals.clock_offset

    def reconfigure(self, account: Account, settings: Settings) -> None:
        """Take other buckets and targets from the next round on; a history switched off stands still."""
        self._enabled = settings.collectors.history
        self._changed = history_settings(account, settings)

    def replay(self, past: Iterable[Round], since: float) -> None:
        """Begin anew with a past, from `since` on (Unix seconds): before anything is asked."""
        with self.lock:
            self._history = History(self._settings, since)
            for each in past:
                self._history.observe(each)

    def begin(self, sources: Iterable[str], *, viewed: bool = False) -> RoundUnderWay:
        """Note that these sources are asked now, together; `viewed`: for somebody who looks."""
        self._newest = under_way = RoundUnderWay(time.monotonic(), set(sources), viewed)
        self._queue.append(under_way)
        return under_way

    def share(self) -> None:
        """Note that a scrape uses the newest round, even one that was not begun for a scrape."""
        if self._newest is not None and self._newest.viewed:
            self._shared.append(self._newest.began)
            self._newest = None

    def end(
        self, under_way: RoundUnderWay, source: str, snapshot: Snapshot | None, failure: Failure | None
    ) -> None:
        """Note how a source ended, the first time only, and feed the rounds that are complete."""
        received = time.time()
        with self.lock:
            if source not in under_way.awaited:
                return
            under_way.awaited.discard(source)
            under_way.received[source] = received
            if snapshot is not None:
                under_way.snapshots[source] = snapshot
            under_way.empty |= failure is not None and failure.reason == "empty"
            while self._queue and not self._queue[0].awaited:
                self._feed(self._queue.pop(0))

    def _feed(self, whole: RoundUnderWay) -> None:
        changed, self._changed = self._changed, None
        if changed is not None:
            self._history.reconfigure(changed)
        while self._shared and self._shared[0] <= whole.began:
            self._history.scraped(self._shared.pop(0))
        if self._enabled:
            self._history.observe(_round(whole))
        else:
            self._history.learn_clock(_round(whole))


def _round(whole: RoundUnderWay) -> Round:
    extensions = whole.snapshots.get("extensions")
    queues = whole.snapshots.get("queues")
    return Round(
        at=whole.began,
        extensions=extensions if isinstance(extensions, ExtensionsSnapshot) else None,
        queues=queues if isinstance(queues, QueuesSnapshot) else None,
        extensions_received=whole.received.get("extensions", 0.0),
        queues_received=whole.received.get("queues", 0.0),
        viewed=whole.viewed,
        extensions_empty=whole.empty,
    )


def history_settings(account: Account, settings: Settings) -> HistorySettings:
    """What the history of an account takes from the configuration."""

    def target_of(queue_id: str, queue: str) -> QueueTarget:
        target = settings.target(account.name, queue_id, queue)
        level = target.service_level
        return QueueTarget(level.within, target.short_abandon, frozenset(level.counts))

    return HistorySettings(
        wait_buckets=settings.wait_buckets,
        min_interval=account.min_interval,
        target_of=target_of,
        serves_for=settings.collectors.serves_for,
        per_extension=settings.collectors.extensions.enabled,
    )
