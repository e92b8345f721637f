"""The big numbers that the live board and the board of one queue share."""

from __future__ import annotations

from grafana_foundation_sdk.builders.stat import Panel

from grafana import measures as m
from grafana.panels import CLOCK, COUNT, SHARE, number
from grafana.promql import Scope, graded, total


def waiting(scope: Scope) -> Panel:
    """Callers waiting, judged by each queue's own limit of callers."""
    callers, limit = m.callers(scope), m.callers_limit(scope)
    return number(
        "Waiting",
        "Callers waiting now in the chosen queues. Amber: a queue is above half of its limit of callers; "
        "red: above it. Exact at the last answer.",
        graded(total(callers), act=f"{callers} > {limit}", watch=f"{callers} > 0.5 * {limit}"),
        COUNT,
    )


def longest_wait(scope: Scope) -> Panel:
    """The longest wait, judged by each queue's own limits."""
    wait = m.longest_wait(scope)
    return number(
        "Longest wait",
        "How long the caller who has waited longest has been waiting (hours:minutes:seconds). Amber and "
        "red: a caller has waited longer than the warning or the critical limit of their queue. As the "
        "vendor counts it, to 1 s.",
        graded(
            f"max({wait})",
            act=f"{wait} > {m.wait_limit(scope, 'critical')}",
            watch=f"{wait} > {m.wait_limit(scope, 'warning')}",
        ),
        CLOCK,
    )


def service_level(scope: Scope) -> Panel:
    """The service level, judged by the queues' own targets."""
    level, target = m.service_level_overall(scope), m.target_overall(scope)
    return number(
        "Service level, 15 min",
        "Callers answered within their own queue's target, as a share of those answered or left "
        "unanswered in the last 15 minutes. Amber: below the queues' targets (weighted by their callers); "
        "red: by more than 10 points; judged from ten callers on. Answered waits are exact to 1 s; stays "
        "shorter than the scrape interval may be missed.",
        graded(
            level,
            act=m.enough_overall(f"{level} < {target} - 0.1", scope),
            watch=m.enough_overall(f"{level} < {target}", scope),
        ),
        SHARE,
    ).no_value("no calls")


def unanswered(scope: Scope) -> Panel:
    """The share that left unanswered, judged by what the queues' targets leave room for."""
    share, target = m.unanswered_overall(scope), m.target_overall(scope)
    return number(
        "Unanswered, 15 min",
        "Callers who left without a trace of an answer, as a share of those answered or left unanswered "
        "in the last 15 minutes. Amber: above half of what the service level allows; red: more than it "
        "allows; judged from ten callers on. Who was answered outside the centre counts as unanswered.",
        graded(
            share,
            act=m.enough_overall(f"{share} > 1 - {target}", scope),
            watch=m.enough_overall(f"{share} > 0.5 * (1 - {target})", scope),
        ),
        SHARE,
    ).no_value("no calls")
