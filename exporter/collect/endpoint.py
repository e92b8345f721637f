"""One endpoint of one account: when it may be asked, the flight under way, how the newest attempt ended."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from exporter.api.endpoints import Snapshot
from exporter.api.failure import Failure
from exporter.client.attempt import Attempt
from exporter.collect.lanes import Lanes
from exporter.collect.pacing import Pacing
from exporter.metrics.view import SourceView

FORGETS: Final = 0.9
"""What is left, with each good answer, of how long a slower one took."""
GRACE: Final = 0.25
"""Seconds that a thread has after the attempt's deadline to notice that its socket was shut."""


Answer = tuple[Snapshot | None, Failure | None]
"""One of the two."""


@dataclass(frozen=True, slots=True)
class EndedAttempt:
    """How one attempt ended. Monotonic seconds, but `ended_at` is Unix seconds."""

    source: str
    started: float
    ended: float
    ended_at: float
    snapshot: Snapshot | None
    failure: Failure | None
    timeline: Mapping[str, float]
    flight: float
    """Seconds from the arrival of the scrape that asked for it, all waiting included."""
    missed: bool
    """Whether a scrape gave up waiting for it."""
    entries: int | None
    """How many the snapshot held."""

    @property
    def duration(self) -> float:
        """Seconds from the start to the decoded answer or the failure."""
        return self.ended - self.started

    @property
    def result(self) -> str:
        """`ok` or the reason of failure."""
        return self.failure.reason if self.failure else "ok"

    @property
    def detail(self) -> str:
        """What was seen of a failure; empty without one."""
        return self.failure.detail if self.failure else ""


def advice_on(ended: EndedAttempt, of_account: Iterable[EndedAttempt]) -> str | None:
    """What to do about an attempt that failed, seen beside how the account's other sources ended."""
    if ended.failure is None:
        return None
    if ended.result == "forbidden" and any(each.failure is None for each in of_account):
        return (
            "this machine's address is allowed, for another source answers: ask Voicenter's support whether "
            f"the code may read {ended.source}"
        )
    return ended.failure.advice


@dataclass(frozen=True, slots=True)
class Asking:
    """How to make one attempt, and whom its end concerns. Intervals and timeouts in seconds."""

    ask: Callable[[str, Attempt], Snapshot]
    """Source and attempt → the snapshot. Called in a worker; raises Failure."""
    timeout: float
    min_interval: float
    background: bool
    """Whether pages show the newest answer at any time, instead of waiting for the next."""
    report: Callable[[str, Snapshot | None, Failure | None], None]
    """Called in a worker with the result of an attempt, as soon as it is known; perhaps more than once."""
    ended: Callable[[EndedAttempt | None, EndedAttempt], None]
    """Told in the event loop of the attempt before and of this one."""


class Endpoint:
    """Pacing, back-off, counts, the flight and the newest attempt. Used in the event loop only."""

    def __init__(self, source: str, lanes: Lanes) -> None:
        self.source = source
        self.newest: EndedAttempt | None = None
        self.flight: asyncio.Task[None] | None = None
        self.hangs = False
        """Whether a thread of an earlier attempt has not come back; until it has, nothing new starts."""
        self.last_success: float | None = None
        self._lanes = lanes
        self._requests = 0
        self._failures: Counter[str] = Counter()
        self._asked = -float("inf")
        """When the scrape came that began the newest flight."""
        self._missed = False
        self._takes = 0.0
        """Seconds that good answers have taken lately, the slow ones remembered for longer."""
        self._pacing = Pacing()

    def wait(self, min_interval: float) -> float | None:
        """Seconds until a scrape that comes now may start an attempt, 0 for at once.

        None: it gets the newest outcome, or that of the flight, instead.
        """
        return None if self.flight is not None or self.hangs else self._pacing.wait(min_interval)

    def begin(self, asking: Asking, arrived: float) -> None:
        """Begin a flight, which is due, for a scrape that came at `arrived`."""
        self._asked, self._missed = arrived, False
        self.flight = asyncio.create_task(self._fly(asking))

    def give_up(self) -> None:
        """A scrape does not wait for the flight any longer."""
        self._missed = True

    def shown(self, arrived: float, budget: float, age: float, *, background: bool) -> EndedAttempt | None:
        """The attempt that a page shows which was asked for at `arrived` and could wait `budget` seconds.

        None if it ended more than `age` seconds before. A page that gave up waiting for a flight shows only
        an answer that took longer than its own budget: earlier pages of its kind missed that answer too. In
        background mode no page waits: it shows the newest, and the next may take as long as others lately.
        """
        newest = self.newest
        if background:
            age += self._takes
        elif (
            self.flight is not None and newest is not None and not (newest.missed and newest.flight > budget)
        ):
            return None
        return newest if newest is not None and newest.ended >= arrived - age else None

    def view(self, shown: EndedAttempt | None) -> SourceView:
        """What a page says of this source when it shows that attempt."""
        return SourceView(
            snapshot=shown.snapshot if shown else None,
            received=shown.ended_at if shown else 0.0,
            success=shown is not None and shown.failure is None,
            duration=self.newest.duration if self.newest else None,
            last_success=self.last_success,
            requests=self._requests,
            failures=dict(self._failures),
        )

    def note(self, ended: EndedAttempt) -> None:
        """Count an attempt and keep how it ended."""
        self.newest = ended
        self._requests += 1
        if ended.failure is None:
            self.last_success = ended.ended_at
            self._takes = max(ended.flight, FORGETS * self._takes)
        else:
            self._failures[ended.failure.reason] += 1
            if ended.failure.retry_after is not None:
                self._pacing.put_off(ended.failure.retry_after)

    async def _fly(self, asking: Asking) -> None:
        """One attempt, from its place among the workers to its end."""
        timed_out = self.newest is not None and self.newest.result == "timeout"
        try:
            async with self._lanes.place(suspect=timed_out):
                self._let_go(asking)
                before, ended = self.newest, await self._attempt(asking)
        finally:
            self.flight = None
        asking.ended(before, ended)

    def _let_go(self, asking: Asking) -> None:
        """Free the snapshot that no page shows any more, or with the next one it is in memory twice."""
        if self.newest is not None and not asking.background and not self.newest.missed:
            self.newest = replace(self.newest, snapshot=None)

    async def _attempt(self, asking: Asking) -> EndedAttempt:
        self._pacing.start(asking.min_interval)
        attempt = Attempt(asking.timeout)
        snapshot, failure = await self._answer(asking, attempt)
        ended = EndedAttempt(
            source=self.source,
            started=attempt.started,
            ended=time.monotonic(),
            ended_at=time.time(),
            snapshot=snapshot,
            failure=failure,
            timeline=attempt.timeline,
            flight=time.monotonic() - self._asked,
            missed=self._missed,
            entries=None if snapshot is None else snapshot.entries,
        )
        self.note(ended)
        return ended

    async def _answer(self, asking: Asking, attempt: Attempt) -> Answer:
        """The result of the attempt's thread; a failure when the thread hangs or cannot start."""
        try:
            answer = self._lanes.ask(partial(_ask, self.source, attempt, asking))
        except RuntimeError:  # Python's own, for a thread that the system does not give
            failure = Failure("resources", "no thread can be started")
        else:
            await asyncio.wait((answer,), timeout=asking.timeout)
            if not answer.done():
                attempt.expire()
                await asyncio.wait((answer,), timeout=GRACE)
            if answer.done():
                return answer.result()
            failure = Failure("timeout", f"no whole answer within {asking.timeout:g} s")
            self._leave_behind(answer)
        await self._lanes.render(partial(asking.report, self.source, None, failure))
        return None, failure

    def _leave_behind(self, answer: asyncio.Future[Any]) -> None:
        """The attempt's thread hangs where no socket can be shut, in a resolver: do without it."""
        self.hangs = True

        def returned(done: asyncio.Future[Any]) -> None:
            self.hangs = False
            done.exception()  # nobody else asks for it

        answer.add_done_callback(returned)


def _ask(source: str, attempt: Attempt, asking: Asking) -> Answer:
    """In a worker: the attempt itself."""
    snapshot, failure = None, None
    try:
        snapshot = asking.ask(source, attempt)
    except Failure as error:
        failure = error.without_traceback()
    except Exception as error:  # a round that is never reported would hold up all that come after it
        failure = Failure("resources", f"internal error: {type(error).__name__}")
    asking.report(source, snapshot, failure)
    return snapshot, failure
