"""What happened in each queue: joins, leaves, waits, answers within the target."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from math import inf
from typing import Final

from exporter.api.outcomes import SHORT
from exporter.api.wire import Queue
from exporter.history.calls import Calls
from exporter.history.clock import Moment, VendorClock
from exporter.history.histogram import Histogram
from exporter.history.menu import seconds_before_joining
from exporter.history.outcome import Circumstances, Leave, decide, weigh
from exporter.history.spacing import Spacing
from exporter.history.stays import Key, Stays
from exporter.history.totals import WAIT_OUTCOMES, QueueTarget, QueueTotals, Totals

FORGET_SECONDS: Final = 3600.0
"""A queue that is gone is forgotten after this long."""
MOST_GONE: Final = 10_000
"""Of the queues that are gone so many are remembered, the last ones, should their ids change all the time."""

TargetOf = Callable[[str, str], QueueTarget]
"""Queue id and name → how to judge the waits there."""


class Queues:
    """Counts what becomes of the callers of each queue."""

    def __init__(
        self,
        totals: Totals,
        calls: Calls,
        clock: VendorClock,
        spacing: Spacing,
        wait_buckets: tuple[float, ...],
        target_of: TargetOf,
    ) -> None:
        self.stays = Stays()
        self._calls = calls
        self._clock = clock
        self._spacing = spacing
        self._all_totals = totals
        self._totals = totals.queues
        self._since = totals.since
        """When the usable answer before this one came, Unix seconds: what is new has begun after it."""
        self._wait_buckets = wait_buckets
        self._target_of = target_of
        self._left: list[Leave] = []
        """What the newest attempt found."""
        self.undecided: dict[Key, Leave] = {}
        """Callers who are gone and counted in no number yet: no attempt has shown why they left."""
        self._gone_since: dict[str, float] = {}

    def reconfigure(self, wait_buckets: tuple[float, ...], target_of: TargetOf) -> None:
        """Count waits into buckets of these upper bounds; if they are new, those histograms begin anew."""
        self._target_of = target_of
        if wait_buckets != self._wait_buckets:
            self._wait_buckets = wait_buckets
            for totals in self._totals.values():
                totals.waits = self._no_waits(totals.waits)
        for totals in self._totals.values():
            self._begin_short(totals)

    def observe(self, queues: Iterable[Queue], moment: Moment) -> None:
        """Take a usable answer: count who joined, and set aside who left until `settle` can tell why."""
        queues = list(queues)
        for queue in queues:
            self._name(str(queue.id), queue.name)
        if moment.elapsed is not None:
            self._all_totals.observed_seconds += moment.elapsed
            for queue_id, callers in self.stays.callers.items():
                if callers and queue_id in self._totals:
                    self._totals[queue_id].waiting_seconds += len(callers) * moment.elapsed
        changes = self.stays.observe(queues, moment, self.undecided)
        for queue_id, number in Counter(changes.joined).items():
            self._totals[queue_id].joins += number
        for leave in changes.returned:
            del self.undecided[leave.key]
        self._forget_gone(moment.at)
        self._left = [leave for leave in changes.left if leave.queue_id in self._totals]
        self._since = moment.received

    def settle(self, at: float, extensions_usable: bool) -> None:
        """Decide, at the end of an attempt, the leaves that earlier attempts found.

        They await the next usable answer of the extensions, for no longer than a gap takes to be one.
        """
        circumstances = Circumstances(
            extensions_usable, self._calls.newest_at, self._clock.offset, self._spacing.interval
        )
        for key, leave in list(self.undecided.items()):
            if extensions_usable or self._spacing.is_gap(at - leave.gone_at):
                self._decide(key, leave, circumstances)
        for leave in self._left:
            key = leave.key
            pending = self.undecided.get(key)
            if pending is not None:  # the caller talked, came back and left again: that talk is over
                self._decide(key, pending, circumstances._replace(extensions_at=inf))
            self.undecided[key] = leave
        self._left = []

    def _decide(self, key: Key, leave: Leave, known: Circumstances) -> None:
        queue_id, call_id = key
        is_elsewhere = self.stays.waits_elsewhere(call_id, queue_id)
        outcome = decide(leave, self._calls.find(call_id), is_elsewhere, known)
        if outcome is None:
            return
        del self.undecided[key]
        totals = self._totals[queue_id]
        weight = weigh(leave, outcome)
        totals.leave(outcome.name, outcome.wait, weight, self._target_of(totals.id, totals.name))
        menu = seconds_before_joining(leave.caller)
        if menu is not None:
            totals.menu.observe(menu, weight.total)
        if outcome.name == "answered" and outcome.wait is not None:
            totals.note_answer(outcome.wait, leave.gone_at, weight.total)

    def _name(self, queue_id: str, name: str) -> None:
        """Take a queue of the newest answer, under the name that it has now."""
        totals = self._totals.get(queue_id)
        if totals is None:
            totals = QueueTotals(queue_id, name, self._no_waits(WAIT_OUTCOMES), self._since)
            self._all_totals.begin_queue(totals)
            self._begin_short(totals)
        else:
            totals.name = name

    def _forget_gone(self, at: float) -> None:
        present = self.stays.callers
        gone = {queue_id: since for queue_id, since in self._gone_since.items() if queue_id not in present}
        gone |= {
            queue_id: at for queue_id in self._totals if queue_id not in present and queue_id not in gone
        }
        too_many = len(gone) - MOST_GONE
        forgotten = {
            queue_id
            for place, (queue_id, since) in enumerate(gone.items())
            if place < too_many or at - since >= FORGET_SECONDS
        }
        for queue_id in forgotten:
            del self._totals[queue_id], gone[queue_id]
        if forgotten:  # who still talks after one of them is not waited for
            for key in [key for key in self.undecided if key[0] in forgotten]:
                del self.undecided[key]
        self._gone_since = gone

    def _begin_short(self, totals: QueueTotals) -> None:
        if SHORT not in totals.waits and self._target_of(totals.id, totals.name).short is not None:
            totals.begin_short(Histogram(self._wait_buckets, self._since))
            self._all_totals.beginnings += 1

    def _no_waits(self, outcomes: Iterable[str]) -> dict[str, Histogram]:
        return {outcome: Histogram(self._wait_buckets, self._since) for outcome in outcomes}
