"""Room for blocking work: attempts that may hang do not use up the room of those that answer."""

from __future__ import annotations

import asyncio
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
        self._pages = Workers("page")

    def place(self, *, suspect: bool) -> asyncio.Semaphore:
        """A place in a lane, to be held with `async with`."""
        return self._suspect if suspect else self._prompt

    def ask(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Run an attempt."""
        return self._attempts.submit(work)

    def render(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Run the making of a page or of a part of one."""
        return self._pages.submit(work)


async def result_of(rendering: asyncio.Future[T]) -> T:
    """What was or will be rendered, for many who may wait: that one of them gives up ends it for nobody."""
    return rendering.result() if rendering.done() else await asyncio.shield(rendering)


class Rendering:
    """Runs work of one kind over and over: in a thread, or at once while it takes less than a hand-over."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes
        self._took = inf

    def run(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Run it; what it took this time tells where it is run the next time."""

        def timed() -> T:
            started = time.thread_time()
            result = work()
            self._took = time.thread_time() - started
            return result

        if self._took >= HAND_OVER:
            return self._lanes.render(timed)
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        done.set_result(timed())
        return done
