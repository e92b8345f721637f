"""What one page may show of one account: everything the samples are made of, fixed at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from exporter.api.endpoints import Snapshot
from exporter.config import Account, Settings
from exporter.history.totals import Totals


@dataclass(frozen=True, slots=True)
class SourceView:
    """One source: what it shows now, its newest attempt, and its counts since the start."""

    snapshot: Snapshot | None
    """None if it has none to show."""
    received: float
    """When that came, by this machine's clock, Unix seconds."""
    success: bool
    duration: float | None
    """Seconds; None before the first attempt has ended."""
    last_success: float | None
    """Unix seconds."""
    requests: int
    failures: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class View:
    """One account. Totals are None without history."""

    account: Account
    settings: Settings
    sources: Mapping[str, SourceView]
    unknown: Mapping[str, int]
    """Values that are neither documented nor configured, per field, since the start."""
    unknown_statuses: Mapping[str, int]
    """Agents whose status has no name, per code, since the start."""
    clock_offset: float | None
    """The vendor's clock minus this machine's in seconds, once it is known."""
    totals: Totals | None
    since: float = 0.0
    """When the account was taken up, from which it is counted, Unix seconds; 0 if unknown."""
