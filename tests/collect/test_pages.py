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
