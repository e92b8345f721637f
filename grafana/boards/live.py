"""The board for the wall: what needs action now, and what has been going on for the last hours."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from grafana.board import LIVE, Section, account_choice, annotate, board, fill, queue_choice
from grafana.boards.live_calls import lines_and_legs
from grafana.boards.live_graphs import agents, calls, exporter, service
from grafana.boards.live_now import accounts, now, queues
from grafana.promql import SELECTED


def build() -> Dashboard:
    """The board "Contact centre live"."""
    made = board(
        LIVE,
        "Contact centre live",
        "What needs action now, in the queues and accounts chosen above. Green: nothing to do; amber: "
        "keep an eye on it; red: act. Limits and service levels are each queue's own, from the exporter's "
        "configuration.",
        since="now-3h",
        refresh="10s",
    )
    made = made.with_variable(account_choice(several=True)).with_variable(queue_choice(several=True))
    sections = [
        Section("Now", now()),
        Section("Queues", queues()),
        Section("Agents", agents()),
        Section("Calls", [*calls(), *lines_and_legs()]),
        Section("Service", service()),
        Section("Accounts", accounts()),
        Section("Exporter", exporter(), collapsed=True),
    ]
    return fill(annotate(made, SELECTED.account), sections)
