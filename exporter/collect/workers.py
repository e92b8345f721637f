"""Daemon threads for blocking work, with room for threads that never come back."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Generic, TypeVar, cast

T = TypeVar("T")


class _Task(Generic[T]):
    def __init__(self, work: Callable[[], T]) -> None:
        self.work = work
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[T] = self.loop.create_future()

    def run(self, before_telling: Callable[[], None]) -> None:
        """Do the work and tell the event loop, if that still runs and still waits."""
        try:
            result, error = self.work(), None
        except BaseException as raised:
            result, error = None, raised
        del self.work  # what it holds may be large, and more of it is made as soon as this is told
        before_telling()
        try:
            self.loop.call_soon_threadsafe(self._tell, result, error)
        except RuntimeError:
            return

    def _tell(self, result: T | None, error: BaseException | None) -> None:
        if self.future.done():
            return
        if error is not None:
            self.future.set_exception(error)
        else:
            self.future.set_result(cast(T, result))


class Workers:
    """Runs work in threads of its own, made as they are needed and kept.

    Threads are daemons: concurrent.futures would wait at exit for one that hangs in a resolver. How much runs
    at once is bounded by those who submit, so that what hangs for one does not use up the room of others.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._tasks: SimpleQueue[_Task[object]] = SimpleQueue()
        self._lock = threading.Lock()
        self._idle = 0

    def submit(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Start `work`, or have it started as soon as a thread is up; to be called in an event loop."""
        task = _Task(work)
        with self._lock:
            if self._idle:
                self._idle -= 1
            else:
                threading.Thread(target=self._run, name=self._name, daemon=True).start()
        self._tasks.put(task)  # type: ignore[arg-type]
        return task.future

    def _run(self) -> None:
        while True:
            self._tasks.get().run(before_telling=self._count_idle)

    def _count_idle(self) -> None:
        # Before the result is told: whoever hears of it and submits more finds this thread.
        with self._lock:
            self._idle += 1
