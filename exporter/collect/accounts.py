"""All accounts of this exporter, and how a new configuration becomes theirs."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
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


Transports = Sequence[tuple[tuple[object, ...], Transport]]
"""With what each is for: CA file, whether to verify, proxy (which has no hash)."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What carrying a configuration takes, all of it made: to swap it in cannot fail."""

    settings: Settings
    clients: Mapping[str, Client]
    """By account name."""
    transports: Transports


class Accounts:
    """The accounts carried, by name, with the settings in force. Used in the event loop."""

    def __init__(self, settings: Settings, load: Callable[[], Settings] | None = None) -> None:
        """`load` reads the configuration again, and raises ConfigError. Raises OSError for a bad CA file."""
        self.lanes = Lanes()
        self.by_name: dict[str, MonitoredAccount] = {}
        self.reload_error: str | None = None
        """What is wrong with the configuration as it was last read."""
        self.reloaded_at = time.time()
        self.started_at = self.reloaded_at
        self.settings = settings
        self._load = load or (lambda: settings)
        self._transports: Transports = ()
        self._reloading = asyncio.Lock()
        self._watcher: asyncio.Task[None] | None = None
        self._folder = _state(settings.accounts_dir)
        self._swap(_plan(settings, ()))

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
            self._watcher = None

    async def _watch_folder(self) -> None:
        while True:
            await asyncio.sleep(FOLDER_LOOK)
            await self.look_at_folder()

    async def look_at_folder(self) -> None:
        """Reload if the files of accounts_dir have changed since the configuration was read."""
        now = await self.lanes.render(partial(_state, self.settings.accounts_dir))
        if now != self._folder:
            with contextlib.suppress(ConfigError):  # is in the log, and tried again with the next change
                await self.reload()

    async def reload(self) -> None:
        """Read the configuration, plan, then swap. Raises ConfigError; then nothing has changed."""
        async with self._reloading:
            try:
                plan = await self.lanes.render(self._read)
            except ConfigError as error:
                self.reload_error = str(error)
                log.error("the configuration is not reloaded, the old one stays: %s", _one_line(error))
                raise
            self._swap(plan)
            self.reload_error, self.reloaded_at = None, time.time()
            log.info("the configuration is reloaded: %d accounts", len(self.by_name))
            self.tell_who_is_left_out()

    def tell_who_is_left_out(self) -> None:
        """Log the accounts whose files in accounts_dir cannot be used."""
        for invalid in self.settings.invalid_accounts:
            log.error("an account is left out: %s", _one_line(invalid.message))

    def _read(self) -> _Plan:
        """In a thread: the plan. Raises ConfigError, whatever goes wrong."""
        folder = self.settings.accounts_dir
        self._folder = _state(folder)
        try:
            settings = self._load()
            if settings.accounts_dir != folder:  # only the file tells which folder to look at before reading
                self._folder = _state(settings.accounts_dir)
                settings = self._load()
            return _plan(settings, self._transports)
        except ConfigError:
            raise
        except OSError as error:
            raise ConfigError(f"{error.filename or 'the system'}: {error.strerror or error}") from None
        except Exception as error:  # its text may hold anything
            raise ConfigError(f"internal error while reading it: {type(error).__name__}") from None

    def _swap(self, plan: _Plan) -> None:
        """Carry the plan's accounts: by name, what is still there goes on counting."""
        for name in self.by_name.keys() - plan.clients.keys():
            self.by_name.pop(name).stop()
        for config in plan.settings.accounts:
            client = plan.clients[config.name]
            if config.name in self.by_name:
                self.by_name[config.name].reconfigure(config, plan.settings, client)
            else:
                account = MonitoredAccount(config, plan.settings, client, self.lanes)
                self.by_name[config.name] = account
                if self._watcher is not None:
                    account.start()
        self.settings = plan.settings
        kept = [transport for _, transport in plan.transports]
        for _, transport in self._transports:
            if transport not in kept:
                transport.close()
        self._transports = plan.transports


def _plan(settings: Settings, before: Transports) -> _Plan:
    """Make the clients for the settings' accounts; connections are kept over a reload. Raises OSError."""
    transports: list[tuple[tuple[object, ...], Transport]] = []

    def transport_for(account: Account) -> Transport:
        kind = (account.ca_file, account.insecure_skip_verify, account.proxy_url)
        for known, transport in transports:
            if known == kind:
                return transport
        found = next((transport for known, transport in before if known == kind), None) or Transport(*kind)
        transports.append((kind, found))
        return found

    clients = {
        account.name: Client(
            account, transport_for(account), settings.max_body, detail_for(account, settings.collectors)
        )
        for account in settings.accounts
    }
    return _Plan(settings, clients, transports)


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
