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
        del self.work  # free what it holds before signalling: the caller may allocate again at once
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
    at once is bounded by the callers of submit. So what
    hangs for one does not use up the room of others.
    """

    def __init__(self, name: str, kept: int = 0) -> None:
        """`kept` threads are there from the start. When the system gives no more, work waits for them."""
        self._name = name
        self._kept = kept
        self._tasks: SimpleQueue[_Task[object]] = SimpleQueue()
        self._lock = threading.Lock()
        self._idle = 0
        """Threads without work, less the work that waits for a thread."""
        for _ in range(kept):
            self._start()
            self._idle += 1

    def submit(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Start `work`, or have it started as soon as a thread is up; to be called in an event loop.

        Raises RuntimeError when it needs a thread and the system gives none.
        """
        task = _Task(work)
        with self._lock:
            if self._idle <= 0:
                try:
                    self._start()
                    self._idle += 1
                except RuntimeError:
                    if not self._kept:
                        raise
            self._idle -= 1
        self._tasks.put(task)  # type: ignore[arg-type]
        return task.future

    def _start(self) -> None:
        threading.Thread(target=self._run, name=self._name, daemon=True).start()

    def _run(self) -> None:
        while True:
            self._tasks.get().run(before_telling=self._count_idle)

    def _count_idle(self) -> None:
        # Before the result is set: its receiver may submit more at once, and then finds this thread.
        with self._lock:
            self._idle += 1
