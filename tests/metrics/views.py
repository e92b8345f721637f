"""Views of accounts, built from answers as the vendor sends them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from exporter.api.endpoints import Snapshot
from exporter.api.snapshot import Detail, ExtensionsSnapshot, QueuesSnapshot, read_extensions, read_queues
from exporter.client.client import detail_for
from exporter.collect.rounds import history_settings
from exporter.config import Settings, parse
from exporter.history import History, Round, Totals
from exporter.metrics.exposition import page
from exporter.metrics.negotiation import Format
from exporter.metrics.samples import account_samples
from exporter.metrics.text import TextEncoder
from exporter.metrics.view import SourceView, View

PLAIN = "accounts: [{name: main, code: invented}]"
RECEIVED = 1_700_000_000.0


def settings(text: str = PLAIN) -> Settings:
    """The settings in a configuration's text."""
    return parse(text, Path("config.yaml"), {})


def source_view(snapshot: Snapshot | None) -> SourceView:
    """A source with this answer, or with none because its attempt failed."""
    if snapshot is None:
        return SourceView(None, 0.0, False, 10.0, None, 3, {"timeout": 2, "forbidden": 1})
    return SourceView(snapshot, RECEIVED, True, 0.25, RECEIVED, 3, {})


def view(
    extensions: bytes | None,
    queues: bytes | None,
    config: str = PLAIN,
    totals: Totals | None = None,
    detail: Detail | None = None,
) -> View:
    """A view of the first account with these answers; None stands for a failed attempt.

    Without `detail`, as much is read of each extension as the configuration needs.
    """
    loaded = settings(config)
    account = loaded.accounts[0]
    detail = detail or detail_for(account, loaded)
    return View(
        account=account,
        settings=loaded,
        sources={
            "extensions": source_view(
                read_extensions(extensions, account.statuses, detail, lines=account.lines)
                if extensions
                else None
            ),
            "queues": source_view(read_queues(queues) if queues else None),
        },
        unknown={},
        unknown_statuses={},
        clock_offset=totals.clock_offset if totals else None,
        totals=totals,
    )


def totals(*rounds: tuple[bytes, bytes], config: str = PLAIN, interval: float = 5.0) -> Totals:
    """What the history has counted after these pairs of answers (extensions, queues), an interval apart."""
    loaded = settings(config)
    chosen = history_settings(loaded.accounts[0], loaded)
    history = History(replace(chosen, min_interval=interval, per_extension=True))
    lines = loaded.accounts[0].lines
    detail = Detail.LINES if lines else Detail.EXTENSIONS
    for number, (extensions, queues) in enumerate(rounds):
        snapshots: tuple[ExtensionsSnapshot, QueuesSnapshot] = (
            read_extensions(extensions, {}, detail, lines=lines),
            read_queues(queues),
        )
        at = number * interval
        history.observe(Round(at, *snapshots, RECEIVED + at, RECEIVED + at))
    return history.totals


def rendered(views: Sequence[View], style: Format = Format.TEXT) -> str:
    """The page of these views, without the exporter's own end."""
    return page([TextEncoder().block(account_samples(each)) for each in views], style).decode()
