"""What one page may show of one account: everything the samples are made of, fixed at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from exporter.api.snapshot import ExtensionsSnapshot, QueuesSnapshot
from exporter.config import Account, Settings
from exporter.history.totals import Totals

ENDPOINTS: Final = ("extensions", "queues")


@dataclass(frozen=True, slots=True)
class EndpointView:
    """One endpoint's newest outcome and its counts since the start. Seconds, and Unix seconds."""

    success: bool
    duration: float | None
    last_success: float | None
    requests: int
    failures: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class View:
    """One account. A snapshot is None if its endpoint has none to show; totals are None without history."""

    account: Account
    settings: Settings
    extensions: ExtensionsSnapshot | None
    extensions_received: float
    """When the extensions came, by this machine's clock, Unix seconds."""
    queues: QueuesSnapshot | None
    endpoints: Mapping[str, EndpointView]
    unknown: Mapping[str, int]
    totals: Totals | None
