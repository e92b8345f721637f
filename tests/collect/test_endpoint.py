"""What one source of an account keeps between its attempts."""

from __future__ import annotations

import asyncio
import weakref
from dataclasses import replace

import pytest

from exporter.api.endpoints import Snapshot
from exporter.api.snapshot import QueuesSnapshot
from exporter.client.attempt import Attempt
from exporter.collect.endpoint import Asking, Endpoint
from exporter.collect.lanes import Lanes


class Answer(QueuesSnapshot):
    """An answer that tells when it is no longer in memory."""


@pytest.mark.parametrize(("background", "kept"), [(False, False), (True, True)])
def test_an_answer_is_freed_before_the_next_is_read_unless_pages_still_show_it(
    background: bool, kept: bool
) -> None:
    answers: list[weakref.ref[Answer]] = []
    alive: list[bool] = []

    def ask(_: str, __: Attempt) -> Snapshot:
        alive.extend(answer() is not None for answer in answers)
        made = Answer([], 0)
        answers.append(weakref.ref(made))
        return made

    async def twice() -> None:
        endpoint = Endpoint("queues", Lanes())
        asking = Asking(ask, 60, 0, background, lambda *_: None, lambda *_: None)
        for _ in range(2):
            endpoint.begin(replace(asking), 0.0)
            assert endpoint.flight is not None
            await endpoint.flight

    asyncio.run(twice())
    assert alive == [kept]
