"""Whole pages: accounts side by side within a deadline, put together once for all who ask at one time."""

from __future__ import annotations

import asyncio
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from weakref import ref as weakref

from exporter import __revision__, __version__
from exporter.collect.accounts import Accounts
from exporter.collect.lanes import Rendering, result_of
from exporter.metrics.beginnings import SinceStart
from exporter.metrics.catalogue import FAMILIES, Family
from exporter.metrics.exposition import Encoders, ProcessMetrics, compress, pieces
from exporter.metrics.gathered import Gathered
from exporter.metrics.negotiation import Format
from exporter.metrics.numbers import Block, Samples

SHARED_FOR: Final = 5.0
"""Seconds that a page is kept and given out again while no account changes: its process metrics age."""


_Key = tuple[bool, Format, bool]
"""Whether a page has the accounts, its format, and whether it is compressed."""


@dataclass(frozen=True, slots=True)
class _Finished:
    blocks: list[weakref[Block]]
    """What it was made of; blocks that newer ones have replaced are not kept for it."""
    body: asyncio.Future[bytes]
    end: asyncio.TimerHandle
    """When it is no longer kept."""


class Pages:
    """Makes `/metrics` and `/probe`.

    `web_error` tells what is wrong with the web configuration, `of_clients` has samples about its clients.
    """

    def __init__(
        self,
        accounts: Accounts,
        web_error: Callable[[], str | None] = lambda: None,
        of_clients: Callable[[], list[tuple[Family, Samples]]] = list,
    ) -> None:
        self._accounts = accounts
        self.web_error = web_error
        self._of_clients = of_clients
        self._process = ProcessMetrics()
        self._encoders = Encoders()
        self._since = SinceStart(time.time())
        self._rendering = Rendering(accounts.lanes)
        self._probing = Rendering(accounts.lanes)
        self._finished: dict[_Key, _Finished] = {}

    async def metrics(self, style: Format, *, compressed: bool, accounts: bool, deadline: float) -> bytes:
        """The exporter's own metrics, and all accounts with what is known of them by the deadline."""
        blocks = await self._blocks(style, deadline) if accounts else []
        key = (accounts, style, compressed)
        finished = self._finished.get(key)
        if finished is None or not _is_of(finished, blocks):
            self._forget(key)
            own = self._own(style)

            def make() -> bytes:
                return _written([*blocks, own], style, self._process.page(style), compressed)

            end = asyncio.get_running_loop().call_later(SHARED_FOR, self._forget, key)
            finished = _Finished([*map(weakref, blocks)], self._rendering.run(make), end)
            self._finished[key] = finished
        try:
            return await result_of(finished.body)
        except Exception:
            if self._finished.get(key) is finished:
                self._forget(key)  # the next scrape tries again
            raise

    def _forget(self, key: _Key) -> None:
        finished = self._finished.pop(key, None)
        if finished is not None:
            finished.end.cancel()

    async def probe(self, name: str, style: Format, *, compressed: bool, deadline: float) -> bytes:
        """One account alone. Raises KeyError for one that is not carried."""
        block = await self._accounts.by_name[name].block(style, deadline)
        return await self._probing.run(lambda: _written([block], style, style.end, compressed))

    async def gathered(self, names: Sequence[str], deadline: float) -> Mapping[str, Gathered]:
        """The samples of these accounts' pages by name, with what is known by the deadline."""
        accounts = [self._accounts.by_name[name] for name in names]
        found = await asyncio.gather(*(account.gathered(deadline) for account in accounts))
        return dict(zip(names, found, strict=True))

    async def _blocks(self, style: Format, deadline: float) -> list[Block]:
        accounts = list(self._accounts.by_name.values())
        if len(accounts) == 1:  # as for most users: a task for it alone is work for nothing
            return [await accounts[0].block(style, deadline)]
        return list(await asyncio.gather(*(account.block(style, deadline) for account in accounts)))

    def _own(self, style: Format) -> Block:
        """The families about the exporter as a whole."""
        accounts = self._accounts
        good = accounts.reload_error is None and self.web_error() is None
        values = {
            "voicenter_exporter_config_last_reload_successful": good,
            "voicenter_exporter_config_last_reload_success_timestamp_seconds": accounts.reloaded_at,
            "voicenter_exporter_accounts": len(accounts.by_name),
            "voicenter_exporter_accounts_invalid": len(accounts.settings.invalid_accounts),
        }
        build = ((__version__, __revision__, platform.python_version()), 1)
        samples = [(FAMILIES[name], [((), value)]) for name, value in values.items()]
        info = (FAMILIES["voicenter_exporter_build_info"], [build])
        return self._encoders.of(style).block([info, *samples, *self._of_clients()], self._since)


def _written(blocks: Sequence[Block], style: Format, end: bytes, compressed: bool) -> bytes:
    page = pieces(blocks, style, end)
    return compress(page) if compressed else b"".join(page)


def _is_of(finished: _Finished, blocks: Sequence[Block]) -> bool:
    """Whether a page is made of these very blocks."""
    return len(blocks) == len(finished.blocks) and all(
        mine is theirs() for mine, theirs in zip(blocks, finished.blocks, strict=True)
    )
