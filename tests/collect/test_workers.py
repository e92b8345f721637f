"""Threads for blocking work: made as they are needed, and used again."""

from __future__ import annotations

import asyncio
import threading

import pytest

from exporter.collect.workers import Workers


def test_work_that_follows_work_is_done_by_the_same_thread() -> None:
    async def one_after_the_other() -> set[int]:
        workers = Workers("one")
        return {await workers.submit(threading.get_ident) for _ in range(200)}

    assert len(asyncio.run(one_after_the_other())) == 1


def test_work_at_one_time_is_done_by_as_many_threads() -> None:
    together = threading.Barrier(5)

    def meet() -> int:
        together.wait(60)
        return threading.get_ident()

    async def side_by_side() -> list[int]:
        workers = Workers("some")
        return [
            each for _ in range(3) for each in await asyncio.gather(*(workers.submit(meet) for _ in range(5)))
        ]

    assert len(set(asyncio.run(side_by_side()))) == 5


def test_what_work_raises_is_raised_where_it_is_awaited() -> None:
    def fail() -> None:
        raise KeyError("told to fail")

    async def failing() -> None:
        await Workers("failing").submit(fail)

    with pytest.raises(KeyError, match="told to fail"):
        asyncio.run(failing())


def no_more_threads(*_: object) -> None:
    raise RuntimeError("can't start new thread")


def test_work_without_a_thread_is_refused_and_the_next_starts_afresh(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        workers = Workers("short")
        with monkeypatch.context() as short:
            short.setattr(threading.Thread, "start", no_more_threads)
            with pytest.raises(RuntimeError):
                workers.submit(threading.get_ident)
        assert await workers.submit(threading.get_ident)

    asyncio.run(scenario())


def test_work_waits_for_a_thread_that_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        workers = Workers("kept", kept=1)
        monkeypatch.setattr(threading.Thread, "start", no_more_threads)
        gate = threading.Event()
        first = workers.submit(lambda: gate.wait(60))
        rest = [workers.submit(threading.get_ident) for _ in range(5)]
        gate.set()
        assert await first
        assert len(set(await asyncio.gather(*rest))) == 1

    asyncio.run(scenario())
