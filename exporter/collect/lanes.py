"""Room for blocking work: attempts that may hang do not use up the room of those that answer."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from math import inf
from typing import Final, TypeVar

from exporter.collect.workers import Workers

T = TypeVar("T")

PROMPT: Final = 256
"""Attempts under way at once, over all accounts."""
SUSPECT: Final = 32
"""Attempts under way at once at endpoints whose last attempt timed out."""
HAND_OVER: Final = 0.001
"""Seconds of work below which another thread costs more than it spares the event loop."""


class Lanes:
    """Two lanes for attempts, and threads apart for rendering, so that no vendor holds up a page."""

    def __init__(self) -> None:
        self._prompt = asyncio.Semaphore(PROMPT)
        self._suspect = asyncio.Semaphore(SUSPECT)
        self._attempts = Workers("attempt")
        self._pages = Workers("page", kept=1)

    def place(self, *, suspect: bool) -> asyncio.Semaphore:
        """A place in a lane, to be held with `async with`."""
        return self._suspect if suspect else self._prompt

    def ask(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Run an attempt. Raises RuntimeError when the system gives no thread for it."""
        return self._attempts.submit(work)

    def render(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Run the making of a page or of a part of one."""
        return self._pages.submit(work)


async def result_of(rendering: asyncio.Future[T]) -> T:
    """Await what many may wait for: cancelling one of them does not cancel it."""
    return rendering.result() if rendering.done() else await asyncio.shield(rendering)


class Rendering:
    """Runs work of one kind over and over, one at a time: in a thread, or at once while it is brief."""

    def __init__(self, lanes: Lanes, lock: threading.Lock | None = None) -> None:
        """The work runs with `lock` held. The event loop does not wait for it: then a thread does."""
        self._lanes = lanes
        self._lock = lock or threading.Lock()
        self._took = inf

    def run(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Run it. How long it took the last time decides where."""
        if self._took >= HAND_OVER or not self._lock.acquire(blocking=False):
            return self._lanes.render(lambda: self._locked(work))
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        try:
            done.set_result(self._timed(work))
        except Exception as error:
            done.set_exception(error)
        finally:
            self._lock.release()
        return done

    def _locked(self, work: Callable[[], T]) -> T:
        with self._lock:
            return self._timed(work)

    def _timed(self, work: Callable[[], T]) -> T:
        started = time.thread_time()
        result = work()
        self._took = time.thread_time() - started
        return result
