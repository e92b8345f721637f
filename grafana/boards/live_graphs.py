"""The live board's three graphs: who waits, how well callers are served, what agents do."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders import timeseries

from grafana import measures as m
from grafana.palette import GOOD, NEUTRAL, QUIET
from grafana.panels import COUNT, SHARE, graph, limits
from grafana.promql import SELECTED, total

S: Final = SELECTED


def waiting() -> timeseries.Panel:
    """Now and last week."""
    panel = graph(
        "Callers waiting",
        "Callers waiting in the chosen queues, and how many waited seven days before (dashed), once "
        "Prometheus holds data that old. Exact at each answer.",
        {"now": total(m.callers(S)), "last week": total(m.callers(S.week_ago))},
        COUNT,
        colours={"now": NEUTRAL},
    )
    return limits(panel, {"last week": QUIET})


def service() -> timeseries.Panel:
    """Against the target, with its error; grey where there are too few calls."""
    panel = graph(
        "Service level, 15 min, against its target",
        "Callers answered within their queue's own target, as a share of those whom the service level "
        "counts, in the 15 minutes before each moment. The true level is between the two thin lines in "
        "19 of 20 cases. Grey: fewer than ten callers, so it is not judged.",
        m.service_level_lines(S),
        SHARE,
        colours={"service level": NEUTRAL, "few calls": QUIET},
    )
    return limits(panel.max(1).no_value("no calls"), {"target": GOOD, "at least": QUIET, "at most": QUIET})


def agents() -> timeseries.Panel:
    """Free, in a call, on break, from the bottom up."""
    return graph(
        "Agents",
        "Agents of the chosen accounts. Free: status login, no call. In a call: whatever the status. On "
        "break: any status but login and logout, no call. Exact at "
        "each answer.",
        {
            "free": total(m.agents(S, 'status="login"', 'activity="idle"')),
            "in a call": total(m.agents(S, 'activity!="idle"')),
            "on break": total(m.agents(S, 'status!~"login|logout"', 'activity="idle"')),
        },
        COUNT,
        style="stack",
        colours={"free": GOOD, "in a call": NEUTRAL, "on break": QUIET},
    )
