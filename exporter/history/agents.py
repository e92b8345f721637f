"""How long agents were in each state."""

from __future__ import annotations

from collections.abc import Mapping

from exporter.history.totals import Totals


class AgentTime:
    """Adds up agent-seconds: what the earlier of two snapshots shows, for the time until the later one."""

    def __init__(self, totals: Totals) -> None:
        self._seconds = totals.agent_seconds
        self._agents: Mapping[tuple[str, str], int] = {}

    def observe(self, agents: Mapping[tuple[str, str], int], elapsed: float | None) -> None:
        """Take the next counts per (status, activity); `elapsed` since the last ones, None across a gap."""
        if elapsed is not None:
            for state, number in self._agents.items():
                self._seconds[state] = self._seconds.get(state, 0.0) + number * elapsed
        self._agents = agents
