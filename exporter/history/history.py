"""Successive snapshots of one account → totals."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from exporter.api.snapshot import ExtensionsSnapshot, QueuesSnapshot
from exporter.history.agents import AgentTime
from exporter.history.calls import Calls
from exporter.history.clock import Moment, VendorClock
from exporter.history.extensions import Extensions
from exporter.history.holds import Holds
from exporter.history.legs import Legs
from exporter.history.queues import Queues
from exporter.history.rings import Rings
from exporter.history.serving import Serving
from exporter.history.spacing import Spacing
from exporter.history.totals import QueueTarget, Totals


@dataclass(frozen=True, slots=True)
class HistorySettings:
    """What of the configuration history depends on."""

    wait_buckets: tuple[float, ...]
    """Upper bounds of the histograms of waits, in seconds, rising."""
    min_interval: float
    """Seconds between attempts at least."""
    target_of: Callable[[str, str], QueueTarget]
    """Queue id and name → how to judge the waits there."""
    serves_for: float
    """Seconds that an extension counts as one that serves a queue, after its last ring or answer for it."""
    per_extension: bool
    """Whether to count for each extension, too."""


@dataclass(frozen=True, slots=True)
class Round:
    """One attempt: both endpoints asked at the same moment. A snapshot is None if its endpoint failed."""

    at: float
    """When the attempt started, monotonic seconds."""
    extensions: ExtensionsSnapshot | None
    queues: QueuesSnapshot | None
    extensions_received: float
    """When the last byte of the answer came, our Unix seconds; any value without an answer."""
    queues_received: float
    viewed: bool = False
    """It was begun for somebody who looks, not for a scrape."""
    extensions_empty: bool = False
    """The extensions' answer was the fault `empty`: the queues of this attempt are no data either."""


class History:
    """What happened in one account. Feed it every round, in order; one thread at a time."""

    def __init__(self, settings: HistorySettings, since: float = 0.0) -> None:
        """`since` is the moment from which it counts, Unix seconds."""
        self.totals = Totals(since)
        self._settings = settings
        self._spacing = Spacing(settings.min_interval)
        self._clock = VendorClock()
        self._agents = AgentTime(self.totals)
        self._legs = Legs()
        self._rings = Rings(self.totals, self._clock)
        self._holds = Holds(self.totals)
        self._serving = Serving(self.totals, settings.serves_for)
        self._extensions = Extensions(self.totals)
        self._calls = Calls(self.totals, self._clock)
        self._queues = Queues(
            self.totals,
            self._calls,
            self._clock,
            self._spacing,
            settings.wait_buckets,
            settings.target_of,
        )
        self._extensions_moment: Moment | None = None
        self._queues_moment: Moment | None = None

    @property
    def undecided(self) -> Collection[tuple[str, str]]:
        """Queue id and call id of the callers who have left and are in no number yet."""
        return self._queues.undecided

    def reconfigure(self, settings: HistorySettings) -> None:
        """Go on with other settings; new bucket bounds restart the histograms of waits and nothing else."""
        self._settings = settings
        self._spacing.min_interval = settings.min_interval
        self._serving.keep_for = settings.serves_for
        if not settings.per_extension:
            self._extensions.clear()
        self._queues.reconfigure(settings.wait_buckets, settings.target_of)

    def observe(self, observed: Round) -> None:
        """Take the next round."""
        self._spacing.begin(observed.at, viewed=observed.viewed)
        trusted = not observed.extensions_empty
        queues, extensions = (observed.queues, observed.extensions) if trusted else (None, None)
        if extensions is not None and extensions.details is None:
            extensions = None  # asked for before history was switched on: its calls cannot be followed
        interrupted = False
        if queues is not None and self._is_repeated(queues, observed.at):
            self.totals.repeated_answers += 1
            queues = None
        if queues is not None:
            moment = self._moment(self._queues_moment, observed.at, observed.queues_received)
            interrupted |= self._queues_moment is not None and moment.elapsed is None
            self._observe_queues(queues, moment)
            self._queues_moment, self.totals.newest_at = moment, moment.at
        if extensions is not None:
            moment = self._moment(self._extensions_moment, observed.at, observed.extensions_received)
            interrupted |= self._extensions_moment is not None and moment.elapsed is None
            self._observe_extensions(extensions, moment)
            self._extensions_moment = moment
        self._queues.settle(observed.at, extensions is not None)
        self.totals.gaps += interrupted
        self.totals.clock_offset = self._clock.offset

    def scraped(self, at: float) -> None:
        """A scrape shared the attempt that began then, monotonic seconds, for somebody who looks."""
        self._spacing.scraped(at)

    def learn_clock(self, observed: Round) -> None:
        """Take a round for the vendor's clock alone, while nothing is counted."""
        if observed.queues is not None:
            callers = [caller for queue in observed.queues.queues for caller in queue.callers]
            self._clock.learn_from_callers(callers, observed.queues_received)
        if observed.extensions is not None:
            newest = observed.extensions.activity.newest
            self._clock.learn_from_newest(newest, observed.extensions_received)
        self.totals.clock_offset = self._clock.offset

    def _is_repeated(self, snapshot: QueuesSnapshot, at: float) -> bool:
        """Whether the vendor repeats its last answer, as it does when asked again within 5 seconds.

        That is no new data, but for no longer than a gap: waits that stand still may be all that there is.
        """
        last = self._queues_moment
        repeats = last is not None and self._queues.stays.is_repeated(snapshot.queues)
        return repeats and last is not None and not self._spacing.is_gap(at - last.at)

    def _moment(self, previous: Moment | None, at: float, received: float) -> Moment:
        elapsed = None if previous is None else at - previous.at
        return Moment(at, received, None if elapsed is None or self._spacing.is_gap(elapsed) else elapsed)

    def _observe_queues(self, snapshot: QueuesSnapshot, moment: Moment) -> None:
        self._queues.observe(snapshot.queues, moment)
        callers = self._queues.stays.all_callers()
        if self._queues_moment is None:
            self._calls.exempt_from_started(caller.call_id for caller in callers)
        self._clock.learn_from_callers(callers, moment.received)

    def _observe_extensions(self, snapshot: ExtensionsSnapshot, moment: Moment) -> None:
        self._agents.observe(snapshot.activity.agents, moment.elapsed)
        news = self._legs.news(snapshot)
        missed = self._rings.observe(news, moment)
        if self._settings.per_extension:
            self._extensions.observe(snapshot, moment, missed)
        self._holds.observe(snapshot.activity, moment)
        self._serving.observe(news.legs, moment, self._queues.stays.queue_of)
        appeared = self._calls.observe(news, moment, self._queues.stays.is_waiting)
        self._legs.remember(news, self._rings.call_ids())
        before = self._extensions_moment
        if before is not None and moment.elapsed is not None:
            started = [leg.started for leg in appeared if leg.started > 0]
            self._clock.learn_from_legs(started, before.received, moment.received)
