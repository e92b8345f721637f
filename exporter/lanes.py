"""Room for blocking work: attempts that may hang do not use up the room of those that answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

from exporter.workers import Workers

T = TypeVar("T")

PROMPT: Final = 256
"""Attempts under way at once, over all accounts."""
SUSPECT: Final = 32
"""Attempts under way at once at endpoints whose last attempt timed out."""


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
