"""One account: its endpoints asked together when they are due, its history fed, its part of a page made."""

from __future__ import annotations

import asyncio
import threading
import time
import zlib
from collections import Counter
from typing import Any, Final, TypeVar

from exporter.api.failure import Failure
from exporter.api.snapshot import ExtensionsSnapshot, QueuesSnapshot
from exporter.client.attempt import Attempt
from exporter.client.client import Client, Snapshot
from exporter.collect.endpoint import Endpoint, Outcome
from exporter.collect.journal import Journal
from exporter.collect.lanes import Lanes, Rendering, result_of
from exporter.collect.rounds import Rounds, RoundUnderWay
from exporter.config import Account, Settings
from exporter.metrics.exposition import Block, Encoder
from exporter.metrics.queues import QueueSamples
from exporter.metrics.samples import account_samples
from exporter.metrics.view import ENDPOINTS, EndpointView, View

T = TypeVar("T")

GRACE: Final = 0.25
"""Seconds that a thread has after the attempt's deadline to notice that its socket was shut."""
CLOCK_TICK: Final = 0.001
"""Seconds by which a sleep may end too soon."""


class MonitoredAccount:
    """An account while it is carried. Used in the event loop; vendor I/O and rendering go to threads."""

    def __init__(self, account: Account, settings: Settings, client: Client, lanes: Lanes) -> None:
        self.endpoints = {name: Endpoint(name) for name in ENDPOINTS}
        self.journal = Journal(account.name)
        self._lanes = lanes
        self._unknown: Counter[str] = Counter()
        self._lock = threading.Lock()
        """Held while the history is fed or read."""
        self._encoder = Encoder()
        self._queue_samples = QueueSamples()
        self._rendering = Rendering(lanes)
        self._rendered: tuple[tuple[object, ...], asyncio.Future[Block]] | None = None
        self._changes = 0
        self._poller: asyncio.Task[None] | None = None
        self._rounds = Rounds(account, settings)
        self.account, self._settings, self._client = account, settings, client

    def reconfigure(self, account: Account, settings: Settings, client: Client) -> None:
        """Go on with another configuration; counts and history stay."""
        repoll = account.poll_interval != self.account.poll_interval
        self.account, self._settings, self._client = account, settings, client
        with self._lock:
            self._rounds.reconfigure(account, settings)
        self._changes += 1
        if repoll:
            self.stop()
            self.start()

    @property
    def clock_offset(self) -> float | None:
        """The vendor's clock minus ours in seconds, once it has been learned."""
        return self._rounds.totals.clock_offset

    def start(self) -> None:
        """Begin to poll in the background, if the account is to be polled."""
        if self.account.poll_interval > 0:
            self._poller = asyncio.create_task(self._poll(), name=f"poll {self.account.name}")

    def stop(self) -> None:
        """Start no more attempts in the background."""
        if self._poller is not None:
            self._poller.cancel()
            self._poller = None

    async def block(self, deadline: float) -> Block:
        """The account's part of a page, with whatever is known by `deadline` (monotonic seconds)."""
        arrived = time.monotonic()
        await self._attempts(deadline)
        return await result_of(self._rendering_of(arrived))

    def _rendering_of(self, arrived: float) -> asyncio.Future[Block]:
        """The block for a scrape that came at `arrived`, in the making if it is not the one that is there."""
        shown = tuple(self._shown(endpoint, arrived) for endpoint in self.endpoints.values())
        key = (self._changes, *map(id, shown))
        if self._rendered is None or self._rendered[0] != key:
            view = self._view(*shown)
            self._rendered = key, self._rendering.run(lambda: self._render(view))
        return self._rendered[1]

    async def ask_all(self, deadline: float) -> dict[str, Outcome | None]:
        """Ask the endpoints that are due; the outcome of each, None where there is none by the deadline."""
        arrived = time.monotonic()
        await self._attempts(deadline)
        return {name: self._shown(endpoint, arrived) for name, endpoint in self.endpoints.items()}

    async def _attempts(self, deadline: float) -> None:
        """Start what is due and wait for what is under way, until the deadline."""
        known = all(endpoint.outcome is not None for endpoint in self.endpoints.values())
        if self.account.poll_interval > 0 and known:
            return
        await self._start_when_due(deadline)
        flights = [endpoint.flight for endpoint in self.endpoints.values() if endpoint.flight is not None]
        if not flights:
            return
        await asyncio.wait(flights, timeout=max(0.0, deadline - time.monotonic()))
        for endpoint in self.endpoints.values():
            if endpoint.flight is not None:
                endpoint.give_up()

    async def _start_when_due(self, deadline: float) -> None:
        """Start what is due, after the little that a caller may have come too early."""
        waits = [endpoint.wait(self.account.min_interval) for endpoint in self.endpoints.values()]
        early = max((wait for wait in waits if wait is not None), default=0)
        if early > 0:
            await asyncio.sleep(max(0.0, min(early + CLOCK_TICK, deadline - time.monotonic())))
        self._start_due()

    def _start_due(self) -> None:
        due = [each for each in self.endpoints.values() if each.is_due(self.account.min_interval)]
        if due:
            under_way = self._rounds.begin([endpoint.name for endpoint in due])
            for endpoint in due:
                endpoint.flight = asyncio.create_task(self._fly(endpoint, under_way))

    async def _fly(self, endpoint: Endpoint, under_way: RoundUnderWay) -> None:
        """One attempt, from its place among the workers to its outcome."""
        try:
            async with self._lanes.place(suspect=_timed_out(endpoint.outcome)):
                await self._attempt(endpoint, under_way)
        finally:
            endpoint.flight = None
        if self.account.poll_interval > 0 and all(each.flight is None for each in self.endpoints.values()):
            self._rendering_of(time.monotonic())  # so that a page of many accounts has little left to do

    async def _attempt(self, endpoint: Endpoint, under_way: RoundUnderWay) -> None:
        client, timeout = self._client, self.account.timeout
        endpoint.start(self.account.min_interval)
        if self.account.poll_interval == 0:
            endpoint.let_go()
        before = endpoint.outcome
        attempt = Attempt(timeout)
        watchdog = asyncio.get_running_loop().call_later(timeout, attempt.expire)
        answer = self._lanes.ask(lambda: self._ask(client, endpoint.name, attempt, under_way))
        try:
            await asyncio.wait((answer,), timeout=timeout + GRACE)
        finally:
            watchdog.cancel()
        if answer.done():
            snapshot, failure = answer.result()
        else:
            snapshot, failure = None, Failure("timeout", f"no whole answer within {timeout:g} s")
            self._leave_behind(endpoint, answer)
            self._record(under_way, endpoint.name, None, failure)
        self._changes += 1
        self._count_unknown(snapshot)
        self.journal.note(endpoint.name, before, endpoint.end(snapshot, failure, attempt.timeline))

    def _ask(
        self, client: Client, endpoint: str, attempt: Attempt, under_way: RoundUnderWay
    ) -> tuple[Snapshot | None, Failure | None]:
        """In a worker: the attempt itself, and the history when both endpoints have ended."""
        snapshot, failure = None, None
        try:
            snapshot = client.ask(endpoint, attempt)
        except Failure as error:
            failure = error.without_traceback()
        self._record(under_way, endpoint, snapshot, failure)
        return snapshot, failure

    def _record(
        self, under_way: RoundUnderWay, endpoint: str, snapshot: Snapshot | None, failure: Failure | None
    ) -> None:
        received = time.time()
        try:
            with self._lock:
                self._rounds.end(under_way, endpoint, snapshot, failure, received)
        except Exception as error:  # a mistake in the history must not take the gauges with it
            self.journal.tell_of_mistake("history", error)

    def _leave_behind(self, endpoint: Endpoint, answer: asyncio.Future[Any]) -> None:
        """The attempt's thread hangs where no socket can be shut, in a resolver: do without it."""
        endpoint.hangs = True

        def returned(done: asyncio.Future[Any]) -> None:
            endpoint.hangs = False
            done.exception()  # nobody else asks for it

        answer.add_done_callback(returned)

    def _count_unknown(self, snapshot: Snapshot | None) -> None:
        if isinstance(snapshot, ExtensionsSnapshot):
            self._unknown.update(snapshot.activity.unknown)
        elif isinstance(snapshot, QueuesSnapshot):
            self._unknown["label"] += snapshot.cut

    async def _poll(self) -> None:
        """Ask at every poll interval, at a phase of the account's own, so that many do not ask at once."""
        interval = self.account.poll_interval
        phase = zlib.crc32(self.account.name.encode()) / 2**32
        due = time.monotonic() + phase * interval
        while True:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            await self._start_when_due(due + interval)
            due = max(due + interval, time.monotonic())

    def _shown(self, endpoint: Endpoint, arrived: float) -> Outcome | None:
        account = self.account
        longest_age = 3 * max(account.min_interval, account.poll_interval)
        return endpoint.shown(arrived - longest_age, background=account.poll_interval > 0)

    def _view(self, extensions: Outcome | None, queues: Outcome | None) -> View:
        shown = dict(zip(ENDPOINTS, (extensions, queues), strict=True))
        return View(
            account=self.account,
            settings=self._settings,
            extensions=_as(ExtensionsSnapshot, extensions),
            extensions_received=extensions.ended_at if extensions else 0.0,
            queues=_as(QueuesSnapshot, queues),
            endpoints={name: _endpoint_view(self.endpoints[name], shown[name]) for name in ENDPOINTS},
            unknown=dict(self._unknown),
            totals=self._rounds.totals if self._settings.collectors.history else None,
        )

    def _render(self, view: View) -> Block:
        with self._lock:
            return self._encoder.block(account_samples(view, self._queue_samples))


def _timed_out(outcome: Outcome | None) -> bool:
    return outcome is not None and outcome.result == "timeout"


def _as(kind: type[T], outcome: Outcome | None) -> T | None:
    return outcome.snapshot if outcome is not None and isinstance(outcome.snapshot, kind) else None


def _endpoint_view(endpoint: Endpoint, shown: Outcome | None) -> EndpointView:
    newest = endpoint.outcome
    return EndpointView(
        success=shown is not None and shown.failure is None,
        duration=newest.duration if newest else None,
        last_success=endpoint.last_success,
        requests=endpoint.requests,
        failures=dict(endpoint.failures),
    )
