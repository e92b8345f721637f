"""All accounts of this exporter, and how a new configuration becomes theirs."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Final

from exporter.client.client import Client, detail_for
from exporter.client.transport import Transport
from exporter.collect.account import MonitoredAccount
from exporter.collect.lanes import Lanes
from exporter.config import Account, ConfigError, Settings

log = logging.getLogger(__name__)

FOLDER_LOOK: Final = 30.0
"""Seconds between looks at accounts_dir: mounted secrets change under it without anybody sending a signal."""


class Accounts:
    """The accounts carried, by name, with the settings in force. Used in the event loop."""

    def __init__(self, settings: Settings, load: Callable[[], Settings] | None = None) -> None:
        """`load` reads the configuration again, and raises ConfigError."""
        self.lanes = Lanes()
        self.by_name: dict[str, MonitoredAccount] = {}
        self.reload_error: str | None = None
        """What is wrong with the configuration as it was last read."""
        self.reloaded_at = time.time()
        self.started_at = self.reloaded_at
        self.settings = settings
        self._load = load or (lambda: settings)
        self._transports: list[tuple[tuple[object, ...], Transport]] = []
        self._reloading = asyncio.Lock()
        self._watcher: asyncio.Task[None] | None = None
        self._folder = _state(settings.accounts_dir)
        self._apply(settings)

    def start(self) -> None:
        """Begin to poll the accounts that are polled in the background."""
        for account in self.by_name.values():
            account.start()
        self._watcher = asyncio.create_task(self._watch_folder(), name="watch accounts_dir")

    def stop(self) -> None:
        """Start no more attempts of our own accord."""
        for account in self.by_name.values():
            account.stop()
        if self._watcher is not None:
            self._watcher.cancel()

    async def _watch_folder(self) -> None:
        """Reload when the files of accounts_dir have changed since the configuration was read."""
        while True:
            await asyncio.sleep(FOLDER_LOOK)
            now = await self.lanes.render(partial(_state, self.settings.accounts_dir))
            if now != self._folder:
                with contextlib.suppress(ConfigError):  # told in the log, tried again with the next change
                    await self.reload()

    async def reload(self) -> None:
        """Read the configuration, validate it, then swap. Raises ConfigError; then nothing has changed."""
        async with self._reloading:
            self._folder = _state(self.settings.accounts_dir)
            try:
                settings = await self.lanes.render(self._load)
            except ConfigError as error:
                self.reload_error = str(error)
                log.error("the configuration is not reloaded, the old one stays: %s", _one_line(error))
                raise
            self._apply(settings, running=True)
            self.reload_error, self.reloaded_at = None, time.time()
            log.info("the configuration is reloaded: %d accounts", len(self.by_name))
            self.tell_who_is_left_out()

    def tell_who_is_left_out(self) -> None:
        """Log the accounts whose files in accounts_dir cannot be used."""
        for invalid in self.settings.invalid_accounts:
            log.error("an account is left out: %s", _one_line(invalid.message))

    def _apply(self, settings: Settings, *, running: bool = False) -> None:
        """Carry the settings' accounts: by name, what is still there goes on counting."""
        wanted = {account.name: account for account in settings.accounts}
        for name in self.by_name.keys() - wanted.keys():
            self.by_name.pop(name).stop()
        transports = self._transports
        self._transports = []
        for name, account in wanted.items():
            transport = self._transport(account, transports)
            client = Client(account, transport, settings.max_body, detail_for(account, settings.collectors))
            if name in self.by_name:
                self.by_name[name].reconfigure(account, settings, client)
            else:
                self.by_name[name] = MonitoredAccount(account, settings, client, self.lanes)
                if running:
                    self.by_name[name].start()
        self.settings = settings
        kept = [transport for _, transport in self._transports]
        for _, transport in transports:
            if transport not in kept:
                transport.close()

    def _transport(self, account: Account, before: list[tuple[tuple[object, ...], Transport]]) -> Transport:
        """The connections for such an account: shared with others of its kind, kept over a reload."""
        kind = (account.tls.ca_file, account.tls.insecure_skip_verify, account.proxy_url)
        for known, transport in self._transports:
            if known == kind:
                return transport
        kept = next((transport for known, transport in before if known == kind), None)
        transport = kept or Transport(*kind)
        self._transports.append((kind, transport))
        return transport


def of_shard(settings: Settings, shard: int, total: int) -> Settings:
    """The settings with the accounts of one of `total` shards only, each account in exactly one.

    An account goes to the shard with the highest hash of both, so that another total moves few accounts.
    """

    def home(account: Account) -> int:
        return max(range(total), key=lambda each: blake2b(f"{each}/{account.name}".encode()).digest())

    return replace(settings, accounts=tuple(each for each in settings.accounts if home(each) == shard))


def _state(folder: Path | None) -> object:
    """What changes when a file of the folder does; None without one, or while it cannot be read."""
    if folder is None:
        return None
    try:
        states = [(entry.name, entry.stat()) for entry in os.scandir(folder)]
    except OSError:
        return None
    return sorted((name, state.st_ino, state.st_size, state.st_mtime_ns) for name, state in states)


def _one_line(error: object) -> str:
    return "; ".join(str(error).splitlines())
