"""Attempts that have ended, for what is made of them."""

from __future__ import annotations

import time

from exporter.api.endpoints import Snapshot
from exporter.api.failure import Failure
from exporter.collect.account import MonitoredAccount
from exporter.collect.endpoint import EndedAttempt


def note(account: MonitoredAccount, source: str, brought: Snapshot | Failure, seconds: float = 0.0) -> None:
    """Let an attempt of the account end now that took so many seconds."""
    now = time.monotonic()
    failure = brought if isinstance(brought, Failure) else None
    snapshot = None if isinstance(brought, Failure) else brought
    entries = snapshot.entries if snapshot else None
    ended = EndedAttempt(
        source, now - seconds, now, time.time(), snapshot, failure, {}, seconds, missed=False, entries=entries
    )
    endpoint = account.endpoints[source]
    account.journal.note(endpoint.newest, ended)
    endpoint.note(ended)
    if snapshot is not None:
        account.learn(snapshot)
