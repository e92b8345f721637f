"""A simulated call centre on a loopback port, with a past, and the settings that lead to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from exporter.api.snapshot import read_extensions, read_queues
from exporter.client.client import detail_for
from exporter.collect.account import MonitoredAccount
from exporter.config import Settings, parse
from exporter.history import Round
from exporter.simulator.options import CentreOptions
from exporter.simulator.server import SimulatorServer
from exporter.simulator.tenants import SimulatorOptions

CODE: Final = "DEMO"
LOAD: Final = 0.78
"""Busy, with queues that grow and empty again; at 0.9 they would hardly ever empty."""
PAST: Final = 12 * 3600.0
"""Seconds that are replayed before anything is served."""
STEP: Final = 15.0
"""Seconds between two answers of the past: how often Prometheus would have asked."""
_CONFIGURATION: Final = """
accounts:
  - name: demo
    code: {code}
    base_url: "{base_url}"
    min_interval: 1s
    lines: {{"02079460000": Main number, "02079460002": Sales line, "+44 20 7946 0004": Sales line}}
collectors: {{extensions: {{enabled: true}}}}
targets:
  - queues: ["VIP*"]
    wait_limit: {{warning: 60s, critical: 180s}}
    callers_limit: 5
"""


class Demo:
    """The simulator in a thread of its own, and the settings for it."""

    def __init__(self) -> None:
        """Raises OSError when no port is available."""
        centre = CentreOptions(load=LOAD, keep_records=False)
        self._server = SimulatorServer(SimulatorOptions(centre=centre, code=CODE))
        self._began = time.time()
        self._centre = next(iter(self._server.service.tenants)).open(self._began - PAST)
        self._base_url = ""

    def settings(self) -> Settings:
        """Those of the one account; the simulator listens from the first call on."""
        self._base_url = self._base_url or self._server.start()
        return parse(_CONFIGURATION.format(code=CODE, base_url=self._base_url), Path("the demo"), {})

    def replay(
        self,
        account: MonitoredAccount,
        settings: Settings,
        tell: Callable[[float], None],
        record: Callable[[MonitoredAccount, Round, float], None] | None = None,
    ) -> None:
        """Give the account its past, and tell how far it is, as a share; before anything is asked.

        `record` gets each round once it is observed, with its moment in Unix seconds.
        """
        account.replay(self._past(account, settings, tell, record), self._began - PAST)

    def _past(
        self,
        account: MonitoredAccount,
        settings: Settings,
        tell: Callable[[float], None],
        record: Callable[[MonitoredAccount, Round, float], None] | None,
    ) -> Iterator[Round]:
        detail, monotonic, now = detail_for(account.config, settings), time.monotonic(), time.time()
        for step in range(round(PAST / STEP)):
            moment = self._began - PAST + step * STEP
            self._centre.advance_to(moment)
            tell(step * STEP / PAST)
            seen = Round(
                at=monotonic - (now - moment),
                extensions=read_extensions(
                    self._centre.extensions_answer(),
                    account.config.statuses,
                    detail,
                    lines=account.config.lines,
                ),
                queues=read_queues(self._centre.queues_answer()),
                extensions_received=moment,
                queues_received=moment,
            )
            yield seen
            if record is not None:
                record(account, seen, moment)
        tell(1.0)
