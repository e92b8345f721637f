"""One account: its endpoints asked together when they are due, its history fed, its part of a page made."""

from __future__ import annotations

import asyncio
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from exporter.api.endpoints import ENDPOINTS, Snapshot
from exporter.api.failure import Failure
from exporter.api.snapshot import QueuesSnapshot
from exporter.client.client import Client
from exporter.collect.endpoint import Asking, EndedAttempt, Endpoint
from exporter.collect.journal import Journal
from exporter.collect.lanes import Lanes, result_of
from exporter.collect.oddities import Oddities
from exporter.collect.rendered import Made_co, Maker, Rendered
from exporter.collect.rounds import Rounds, RoundUnderWay
from exporter.collect.selection import nothing_exported
from exporter.collect.trail import Trail
from exporter.config import Account, Settings
from exporter.history import Round
from exporter.metrics.catalogue import FAMILIES
from exporter.metrics.exposition import Encoders
from exporter.metrics.gathered import GATHERER, Gathered
from exporter.metrics.negotiation import Format
from exporter.metrics.numbers import Block
from exporter.metrics.view import SourceView, View

CLOCK_TICK: Final = 0.001
"""Seconds by which a sleep may end too soon."""
DRIFT: Final = 0.0162
"""The share of poll_interval by which each poll comes later within the minute than the one before: arrivals
that are bound to the clock (a dialler at each full minute) then meet every phase of the polls."""
LONGEST_AGE: Final = 3
"""Intervals after which an answer is no longer shown."""


class MonitoredAccount:
    """An account while it is carried. Used in the event loop; vendor I/O and rendering go to threads."""

    def __init__(self, config: Account, settings: Settings, client: Client, lanes: Lanes) -> None:
        self.endpoints = {source: Endpoint(source, lanes) for source in ENDPOINTS}
        self.journal = Journal(config.name)
        self.config, self._settings, self._client = config, settings, client
        self.queues_seen: tuple[tuple[str, str], ...] | None = None
        """Ids and names of the newest answer's queues, None before the first."""
        self.oddities = Oddities()
        self.trail = Trail()
        self._rounds = Rounds(config, settings)
        self._rendered = Rendered(lanes, self._rounds.lock)
        self._since = time.time()
        self._changes = 0
        self._is_told = False
        """Whether the log has said that no queue is exported."""
        self._poller: asyncio.Task[None] | None = None

    def reconfigure(self, config: Account, settings: Settings, client: Client) -> None:
        """Go on with another configuration; counts and history stay."""
        repoll = config.poll_interval != self.config.poll_interval
        self.config, self._settings, self._client = config, settings, client
        self._rounds.reconfigure(config, settings)
        self._changes += 1
        self._is_told = False
        if repoll:
            self.stop()
            self.start()

    @property
    def clock_offset(self) -> float | None:
        """The vendor's clock minus ours in seconds, once it has been learned."""
        return self._rounds.clock_offset

    @property
    def _is_polled(self) -> bool:
        return self.config.poll_interval > 0

    def start(self) -> None:
        """Begin to poll in the background, if the account is to be polled."""
        if self._is_polled:
            self._poller = asyncio.create_task(self._poll(), name=f"poll {self.config.name}")

    def stop(self) -> None:
        """Start no more attempts in the background."""
        if self._poller is not None:
            self._poller.cancel()
            self._poller = None

    async def block(self, style: Format, deadline: float) -> Block:
        """The account's part of a page, with whatever is known by `deadline` (monotonic seconds)."""
        arrived = time.monotonic()
        await self._attempts(arrived, deadline)
        rendering = self._rendering_of(self._rendered.scraped(style), arrived, deadline - arrived)
        try:
            return await result_of(rendering)
        except Exception as error:  # one account's fault must not take the other accounts' pages with it
            self.journal.tell_of_mistake("page", error)
            self._rendered.forget()
            return Encoders().of(style).block([(FAMILIES["voicenter_up"], [((self.config.name,), 0)])])

    async def gathered(self, deadline: float) -> Gathered:
        """The samples of a page that is asked for now, for a view; it asks like a scrape."""
        arrived = time.monotonic()
        await self._attempts(arrived, deadline, viewed=True)
        try:
            return await result_of(self._rendering_of(GATHERER, arrived, deadline - arrived))
        except Exception as error:
            self.journal.tell_of_mistake("page", error)
            self._rendered.forget()
            return {}

    async def ask_all(self, deadline: float) -> dict[str, EndedAttempt | None]:
        """Ask the sources that are due; how each ended, None where nothing is known by the deadline."""
        arrived = time.monotonic()
        await self._attempts(arrived, deadline)
        return self._shown(arrived, deadline - arrived)

    async def _attempts(self, arrived: float, deadline: float, *, viewed: bool = False) -> None:
        """Start what is due and wait for what is under way, until the deadline."""
        if self._is_polled and all(endpoint.newest for endpoint in self.endpoints.values()):
            return
        await self._start_when_due(arrived, deadline, viewed=viewed)
        flights = {endpoint.flight: endpoint for endpoint in self.endpoints.values() if endpoint.flight}
        if flights:
            _, under_way = await asyncio.wait(flights, timeout=max(0.0, deadline - time.monotonic()))
            for flight in under_way:
                flights[flight].give_up()

    async def _start_when_due(self, arrived: float, deadline: float, *, viewed: bool = False) -> None:
        """Start what is due, after the little that a caller may have come too early."""
        waits = [endpoint.wait(self.config.min_interval) for endpoint in self.endpoints.values()]
        early = max((wait for wait in waits if wait is not None), default=0)
        if early > 0:
            await asyncio.sleep(max(0.0, min(early + CLOCK_TICK, deadline - time.monotonic())))
        due = [each for each in self.endpoints.values() if each.wait(self.config.min_interval) == 0]
        if due:
            asking = self._asking(self._rounds.begin((each.source for each in due), viewed=viewed))
            for endpoint in due:
                endpoint.begin(asking, arrived)
        elif not viewed:
            self._rounds.share()

    def _asking(self, under_way: RoundUnderWay) -> Asking:
        def report(source: str, snapshot: Snapshot | None, failure: Failure | None) -> None:
            try:
                self._rounds.end(under_way, source, snapshot, failure)
            except Exception as error:  # a mistake in the history must not take the gauges with it
                self.journal.tell_of_mistake("history", error)

        return Asking(
            ask=self._client.ask,
            timeout=self.config.timeout,
            min_interval=self.config.min_interval,
            background=self._is_polled,
            report=report,
            ended=self._ended,
        )

    def _ended(self, before: EndedAttempt | None, ended: EndedAttempt) -> None:
        self._changes += 1
        if ended.snapshot is not None:
            self.learn(ended.snapshot)
        self.journal.note(before, ended)
        if self._is_polled and not any(each.flight for each in self.endpoints.values()):
            for encoder in self._rendered.read_lately():  # a page of many accounts has little to do then
                self._rendering_of(encoder, time.monotonic(), 0.0)

    def replay(self, past: Iterable[Round], since: float) -> None:
        """Take a past that was not asked for, from `since` on (Unix seconds): before anything is asked."""

        def learned() -> Iterator[Round]:
            for each in past:
                for snapshot in (each.extensions, each.queues):
                    if snapshot is not None:
                        self.learn(snapshot, each.queues_received)
                yield each

        self._since = since
        self._rounds.replay(learned(), since)

    def learn(self, snapshot: Snapshot, at: float | None = None) -> None:
        """Remember what an answer tells besides its figures, and log, once, what is odd about it.

        `at` is when it came, Unix seconds; now if that is not told.
        """
        for line in self.oddities.learn(snapshot):
            self.journal.warn(line)
        if isinstance(snapshot, QueuesSnapshot):
            self._see(snapshot, time.time() if at is None else at)

    def _see(self, snapshot: QueuesSnapshot, at: float) -> None:
        """Remember the queues; tell, once for each configuration, if none of them is exported."""
        self.trail.add(at, snapshot.queues)
        self.queues_seen = tuple((str(queue.id), queue.name) for queue in snapshot.queues)
        if self._is_told or self.config.queues.everything:
            return
        wrong = nothing_exported(self.config, self.queues_seen)
        if wrong:
            self._is_told = True
            self.journal.warn(wrong)

    async def _poll(self) -> None:
        """Ask at every poll interval, at a phase of the account's own, so that many do not ask at once."""
        interval = self.config.poll_interval * (1 + DRIFT)
        phase = zlib.crc32(self.config.name.encode()) / 2**32
        due = time.monotonic() + phase * interval
        while True:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            await self._start_when_due(time.monotonic(), due + interval)
            due = max(due + interval, time.monotonic())

    def _shown(self, arrived: float, budget: float) -> dict[str, EndedAttempt | None]:
        age = LONGEST_AGE * max(self.config.min_interval, self.config.poll_interval)
        return {
            source: endpoint.shown(arrived, budget, age, background=self._is_polled)
            for source, endpoint in self.endpoints.items()
        }

    def _rendering_of(self, maker: Maker[Made_co], arrived: float, budget: float) -> asyncio.Future[Made_co]:
        """What is made for a scrape that came at `arrived`: what is there if it holds, else in the making."""
        shown = self._shown(arrived, budget)
        key = (self._changes, *map(id, shown.values()))

        def view() -> View:
            return self.view({each: self.endpoints[each].view(attempt) for each, attempt in shown.items()})

        return self._rendered.of(maker, key, view)

    def view(self, sources: Mapping[str, SourceView]) -> View:
        """The account with these sources, and with the totals as they are now."""
        return View(
            account=self.config,
            settings=self._settings,
            sources=sources,
            unknown=dict(self.oddities.fields),
            unknown_statuses=dict(self.oddities.statuses),
            clock_offset=self._rounds.clock_offset,
            totals=self._rounds.totals if self._settings.collectors.history else None,
            since=self._since,
        )
