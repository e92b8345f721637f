"""Some hours of simulated centres as an exporter would have shown them, in virtual time, for a Prometheus.

centre = Watched("north", CentreOptions(load="overloaded"))
lines = scraped([centre], start, end, step=15)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from exporter.api.snapshot import read_extensions, read_queues
from exporter.client.client import detail_for
from exporter.collect.rounds import history_settings
from exporter.command.past import lines
from exporter.config import parse
from exporter.history import History, Round
from exporter.metrics.numbers import Block
from exporter.metrics.samples import account_samples
from exporter.metrics.text import TextEncoder
from exporter.metrics.view import SourceView, View
from exporter.simulator.centre import Centre
from exporter.simulator.options import CentreOptions

TARGET: Final = 'job="voicenter",instance="simulated:9000"'
CONFIGURATION: Final = """
accounts:
  - name: {name}
    code: SIMULATED
    lines: {{"02079460000": Main number, "02079460002": Sales line}}
collectors: {{extensions: {{enabled: {extensions}}}}}
targets: {targets}
"""
_FAILED: Final = 0.03  # seconds that an attempt takes


class Watched:
    """One account, whose attempts fail while `failing` names a reason for that moment."""

    def __init__(
        self,
        name: str,
        options: CentreOptions,
        *,
        failing: Callable[[float], str] = lambda _: "",
        extensions: bool = False,
        begins: float = 0.0,
        instance: str = "",
        later: float = 0.0,
        targets: Sequence[Mapping[str, object]] = (),
    ) -> None:
        """`extensions`: whether each has series of its own; `begins`: when it is first asked.

        `instance`: of another exporter than the common one; `later`: seconds by which its scrapes follow.
        `targets`: as in a configuration.
        """
        self.options, self._failing, self._begins = options, failing, begins
        self._target = f'job="voicenter",instance="{instance}"' if instance else TARGET
        self._later = later
        text = CONFIGURATION.format(
            name=name, extensions=str(extensions).lower(), targets=json.dumps(list(targets))
        )
        self.settings = parse(text, Path("config.yaml"), {})
        (self.account,) = self.settings.accounts
        self._encoder = TextEncoder()
        self.centre: Centre | None = None
        self._history: History | None = None
        self._requests, self._failures = 0, dict[str, int]()
        self._last: float | None = None
        self._since = 0.0

    def page(self, at: float) -> Iterator[str]:
        """The account's lines of the page that a scrape gets at a moment, Unix seconds, rising."""
        if at >= self._begins:
            at += self._later if self.centre else 0
            yield from lines(self._encoder, self._view(at), at, self._target)

    def block(self, at: float) -> Block:
        """The account's part of that page, as text."""
        return self._encoder.block(account_samples(self._view(at)))

    def _view(self, at: float) -> View:
        if self.centre is None or self._history is None:
            self.centre, self._since = Centre(self.options, at), at
            self._history = History(history_settings(self.account, self.settings), at)
        self._requests += 1
        reason = self._failing(at)
        sources = self._failed(at, reason) if reason else self._answered(at, self.centre, self._history)
        return View(
            account=self.account,
            settings=self.settings,
            sources=sources,
            unknown={},
            unknown_statuses={},
            clock_offset=self._history.totals.clock_offset,
            totals=self._history.totals,
            since=self._since,
        )

    def _failed(self, at: float, reason: str) -> dict[str, SourceView]:
        assert self._history is not None
        self._failures[reason] = self._failures.get(reason, 0) + 1
        self._history.observe(Round(at, None, None, at, at))
        return dict.fromkeys(("extensions", "queues"), self._source(None, at))

    def _answered(self, at: float, centre: Centre, history: History) -> dict[str, SourceView]:
        centre.advance_to(at)
        self._last = at
        extensions = read_extensions(
            centre.extensions_answer(),
            self.account.statuses,
            detail_for(self.account, self.settings),
            lines=self.account.lines,
        )
        queues = read_queues(centre.queues_answer())
        history.observe(Round(at, extensions, queues, at, at))
        return {"extensions": self._source(extensions, at), "queues": self._source(queues, at)}

    def _source(self, snapshot: object, at: float) -> SourceView:
        return SourceView(
            snapshot,  # type: ignore[arg-type]
            at,
            snapshot is not None,
            _FAILED,
            self._last,
            self._requests,
            dict(self._failures),
        )


def scraped(accounts: Sequence[Watched], moments: Sequence[float]) -> Iterator[str]:
    """Samples with their time, as promtool reads OpenMetrics to make blocks of them, but for the end."""
    for at in moments:
        yield f"up{{{TARGET}}} 1 {at:.3f}"
        yield f'voicenter_exporter_build_info{{{TARGET},version="0.1.0"}} 1 {at:.3f}'
        yield f"process_start_time_seconds{{{TARGET}}} {moments[0]:.3f} {at:.3f}"
        for account in accounts:
            yield from account.page(at)
