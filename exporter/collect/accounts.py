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

from exporter.client.client import Client, Look, detail_for
from exporter.client.transport import Transport, ca_state
from exporter.collect.account import MonitoredAccount
from exporter.collect.lanes import Lanes
from exporter.collect.selection import idle_targets
from exporter.config import Account, ConfigError, Settings

log = logging.getLogger(__name__)

FILES_LOOK: Final = 30.0
"""Seconds between looks at the files: mounts change without anybody sending a signal."""


Transports = Sequence[tuple[tuple[object, ...], Transport]]
"""With what each is for: the CA bundle as it is, whether to verify, proxy (which has no hash)."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What carrying a configuration takes, all of it made: to swap it in cannot fail."""

    settings: Settings
    clients: Mapping[str, Client]
    """By account name."""
    transports: Transports


class Accounts:
    """The accounts carried, by name, with the settings in force. Used in the event loop."""

    def __init__(
        self,
        settings: Settings,
        load: Callable[[], Settings] | None = None,
        look: Look | None = None,
        *,
        auto_reload: bool = False,
    ) -> None:
        """`load` reads the configuration again, and raises ConfigError; `look` is for the clients.

        With `auto_reload`, a changed configuration file is read again too.

        Raises OSError for a bad CA file.
        """
        self.lanes = Lanes()
        self.by_name: dict[str, MonitoredAccount] = {}
        self.reload_error: str | None = None
        """What is wrong with the configuration as it was last read."""
        self.reloaded_at = time.time()
        self.started_at = self.reloaded_at
        self.settings = settings
        self._load = load or (lambda: settings)
        self._auto_reload = auto_reload
        self._transports: Transports = ()
        self._reloading = asyncio.Lock()
        self._watcher: asyncio.Task[None] | None = None
        self._judged: Settings | None = None
        """Those whose targets have been looked at."""
        self.idle_targets: list[str] = []
        """What there is to say about targets that decide about no queue."""
        self._files = self._state(settings)
        self._look = look
        self._swap(_plan(settings, (), look))

    def start(self) -> None:
        """Begin to poll the accounts that are polled in the background."""
        for account in self.by_name.values():
            account.start()
        self._watcher = asyncio.create_task(self._watch_files(), name="watch files")

    def stop(self) -> None:
        """Start no more attempts of our own accord."""
        for account in self.by_name.values():
            account.stop()
        if self._watcher is not None:
            self._watcher.cancel()
            self._watcher = None

    async def _watch_files(self) -> None:
        while True:
            await asyncio.sleep(FILES_LOOK)
            await self.look_at_files()
            await self.look_at_targets()

    async def look_at_targets(self) -> None:
        """Tell, once for each configuration, of targets that decide about no queue.

        Every account must have had an answer; of a shard nobody can say what the other accounts have.
        """
        settings = self.settings
        if settings is self._judged or settings.is_shard or not settings.targets:
            return
        seen = self.queues_seen()
        if len(seen) == len(self.by_name):
            self._judged = settings
            self.idle_targets = await self.lanes.render(partial(idle_targets, settings, seen))
            for line in self.idle_targets:
                log.warning("%s", line)

    def queues_seen(self) -> dict[str, tuple[tuple[str, str], ...]]:
        """Ids and names of the queues by account, of those that have had an answer."""
        return {
            name: account.queues_seen
            for name, account in self.by_name.items()
            if account.queues_seen is not None
        }

    async def look_at_files(self) -> None:
        """Reload if a watched file has changed since the configuration was read."""
        now = await self.lanes.render(partial(self._state, self.settings))
        if now != self._files:
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
        """Log the accounts whose files in accounts_dir cannot be used, and what is probably not meant."""
        for warning in self.settings.warnings:
            log.warning("%s", warning)
        for invalid in self.settings.invalid_accounts:
            log.error("an account is left out: %s", _one_line(invalid.message))

    def _read(self) -> _Plan:
        """In a thread: the plan. Raises ConfigError, whatever goes wrong."""
        self._files = self._state(self.settings)
        try:
            settings = self._load()
            if self._watched(settings) != self._watched(
                self.settings
            ):  # which must be looked at before they are read
                self._files = self._state(settings)
                settings = self._load()
            return _plan(settings, self._transports, self._look)
        except ConfigError:
            raise
        except OSError as error:
            raise ConfigError(f"{error.filename or 'the system'}: {error.strerror or error}") from None
        except Exception as error:  # its text may hold anything
            raise ConfigError(f"internal error while reading it: {type(error).__name__}") from None

    def _watched(self, settings: Settings) -> tuple[Path | None, set[Path]]:
        """What is read again when it changes: accounts_dir, and files."""
        files = {account.tls.ca_file for account in settings.accounts}
        files |= {settings.file} if self._auto_reload else set()
        return settings.accounts_dir, {file for file in files if file is not None}

    def _state(self, settings: Settings) -> object:
        """What changes when one of the watched files does; None where something cannot be looked at."""
        folder, files = self._watched(settings)
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name) if folder else []
            found = [(entry.name, entry.stat()) for entry in entries]
            found += [(str(file), file.stat()) for file in files]
        except OSError:
            return None
        return sorted((name, state.st_ino, state.st_size, state.st_mtime_ns) for name, state in found)

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
        self.idle_targets = []
        kept = [transport for _, transport in plan.transports]
        for _, transport in self._transports:
            if transport not in kept:
                transport.close()
        self._transports = plan.transports


def _plan(settings: Settings, before: Transports, look: Look | None) -> _Plan:
    """Make the clients for the settings' accounts; connections are kept over a reload. Raises OSError."""
    transports: list[tuple[tuple[object, ...], Transport]] = []

    def transport_for(account: Account) -> Transport:
        ca_file, insecure = account.tls.ca_file, account.tls.insecure_skip_verify
        kind = (ca_state(ca_file), insecure, account.proxy_url)
        for known, transport in transports:
            if known == kind:
                return transport
        kept = next((transport for known, transport in before if known == kind), None)
        transports.append((kind, kept or Transport(ca_file, insecure, account.proxy_url)))
        return transports[-1][1]

    clients = {
        account.name: Client(
            account, transport_for(account), settings.max_body, detail_for(account, settings), look
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

    accounts = tuple(each for each in settings.accounts if home(each) == shard)
    return replace(settings, accounts=accounts, is_shard=total > 1)


def _one_line(error: object) -> str:
    return "; ".join(str(error).splitlines())
