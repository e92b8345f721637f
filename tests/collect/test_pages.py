"""Whole pages: shared for a while, and then not kept."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from exporter.collect import pages as pages_module
from exporter.collect.accounts import Accounts
from exporter.collect.pages import Pages
from exporter.config import parse
from exporter.metrics.negotiation import Format
from exporter.metrics.numbers import Block

SETTINGS = parse("accounts: [{name: main, code: c}]", Path("config.yaml"), {})


async def own_page(pages: Pages) -> bytes:
    """The exporter's own metrics."""
    return await pages.metrics(Format.TEXT, compressed=False, accounts=False, deadline=0.0)


def test_a_page_is_shared_for_a_while_and_not_kept_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        pages = Pages(Accounts(SETTINGS))
        first = await own_page(pages)
        assert await own_page(pages) is first
        monkeypatch.setattr(pages_module, "SHARED_FOR", 0.01)
        pages = Pages(Accounts(SETTINGS))
        first = await own_page(pages)
        async with asyncio.timeout(10):
            while pages._finished:
                await asyncio.sleep(0.01)
        assert await own_page(pages) is not first

    asyncio.run(scenario())


def test_a_page_keeps_nothing_of_what_newer_answers_have_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(range(2))

    async def blocks(*_: object) -> list[Block]:
        return [Block(voicenter_up=[b"voicenter_up %d\n" % next(answers)])]

    async def scenario() -> None:
        pages = Pages(Accounts(SETTINGS))
        monkeypatch.setattr(pages, "_blocks", blocks)
        for number in (b"0", b"1"):
            page = await pages.metrics(Format.TEXT, compressed=False, accounts=True, deadline=0.0)
            assert b"voicenter_up %s\n" % number in page
        (finished,) = pages._finished.values()
        while any(block() for block in finished.blocks):  # its thread may not be done with it yet
            await asyncio.sleep(0.001)

    async def in_time() -> None:
        async with asyncio.timeout(10):
            await scenario()

    asyncio.run(in_time())


def test_a_page_that_could_not_be_made_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> bytes:
        raise MemoryError

    async def scenario() -> None:
        pages = Pages(Accounts(SETTINGS))
        with monkeypatch.context() as context:
            context.setattr(pages_module, "_written", fail)
            with pytest.raises(MemoryError):
                await own_page(pages)
        assert b"voicenter_exporter_build_info" in await own_page(pages)

    asyncio.run(scenario())
