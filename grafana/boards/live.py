"""The board for the wall: one screen that says who is missing, what is urgent, and how today went."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders.dashboard import Dashboard

from grafana.board import (
    AGENTS,
    LIVE,
    TODAY,
    Placed,
    Section,
    account_choice,
    annotate,
    board,
    fill,
    leading_to,
    queue_choice,
)
from grafana.boards.live_alerts import alerts, information
from grafana.boards.live_graphs import agents, service, waiting
from grafana.boards.live_queues import queues
from grafana.promql import SELECTED
from grafana.tiles import blindness, free_agents, longest_wait, service_level, today, unanswered
from grafana.tiles import waiting as waiting_now

S: Final = SELECTED
SIZE: Final = 54
"""Of the numbers in pixels: to be read from three metres."""


def build() -> Dashboard:
    """The board "Contact centre live": 27 rows of the grid, which is a screen of 1080 lines."""
    made = board(
        LIVE,
        "Contact centre live",
        "What needs action now, in the queues and accounts chosen above. Every number says in a word how "
        "it is: ok; watch; act now; few calls, so not judged; or the account that is missing from it. "
        "Limits and service levels are each queue's own, from the exporter's configuration.",
        since="now-3h",
        refresh="10s",
    )
    made = made.with_variable(account_choice(several=True)).with_variable(queue_choice(several=True))
    day, people = ("How today went", TODAY), ("Who does what", AGENTS)
    tiles = [
        leading_to(waiting_now(S, SIZE), *day),
        leading_to(longest_wait(S, SIZE), *day),
        leading_to(free_agents(S, SIZE), *people),
        leading_to(service_level(S, SIZE), *day),
        leading_to(unanswered(S, SIZE), *day),
        leading_to(today(S), *day),
    ]
    graphs = [leading_to(waiting(), *day), leading_to(service(), *day), leading_to(agents(), *people)]
    panels = [
        Placed(blindness(S), 24, 3),
        *(Placed(panel, 4, 6) for panel in tiles),
        Placed(queues(), 18, 12),
        Placed(alerts(), 6, 8, below=Placed(information(), 6, 4)),
        *(Placed(panel, 8, 6) for panel in graphs),
    ]
    return fill(annotate(made, S.account), [Section("", panels)])
