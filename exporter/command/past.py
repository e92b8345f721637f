"""The demo's past for Prometheus: OpenMetrics text, of which promtool makes blocks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TextIO

from exporter.api.endpoints import Snapshot
from exporter.collect.account import MonitoredAccount
from exporter.history import Round
from exporter.metrics.samples import account_samples
from exporter.metrics.text import TextEncoder
from exporter.metrics.view import SourceView, View

TARGET: Final = 'job="voicenter",instance="exporter:10061"'
"""The labels that Prometheus in compose.yaml gives this exporter."""
EVERY: Final = 60.0
"""Seconds between two scrapes of the past."""
_TOOK: Final = 0.03
"""Seconds that an attempt takes."""


def lines(encoder: TextEncoder, view: View, at: float, target: str = TARGET) -> Iterator[str]:
    """An account's samples as a scrape at a moment, Unix seconds, stores them."""
    for parts in encoder.block(account_samples(view)).values():
        for part in parts:
            for line in part.decode().splitlines():
                yield f"{line.replace('{', f'{{{target},', 1)} {at:.3f}"


class Recorder:
    """Writes a scrape of an account's past every minute."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._encoder = TextEncoder()
        self._requests = 0
        self._next = 0.0

    def record(self, account: MonitoredAccount, seen: Round, at: float) -> None:
        """Write what the account shows after a round, at its moment in Unix seconds."""
        self._requests += 1
        if at < self._next:
            return
        self._next = at + EVERY
        sources = {"extensions": self._source(seen.extensions, at), "queues": self._source(seen.queues, at)}
        self._write(f"up{{{TARGET}}} 1 {at:.3f}")
        for line in lines(self._encoder, account.view(sources), at):
            self._write(line)

    def end(self) -> None:
        """Mark the end, which promtool wants to see."""
        self._write("# EOF")

    def _source(self, snapshot: Snapshot | None, at: float) -> SourceView:
        return SourceView(snapshot, at, snapshot is not None, _TOOK, at, self._requests, {})

    def _write(self, line: str) -> None:
        self._file.write(line + "\n")
