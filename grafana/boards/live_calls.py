"""The live board's graphs of calls by line, and of what happens to a call at an extension: ring and hold."""

from __future__ import annotations

from typing import Final

from grafana import measures as m
from grafana.board import Placed
from grafana.palette import DIRECTION
from grafana.panels import COUNT, MEAN, PER_MINUTE, SECONDS, graph
from grafana.promql import SELECTED, seen, total

S: Final = SELECTED
LINE: Final = ("account", "line")
DIRECTIONS: Final = ("account", "direction")
NAMED: Final = "Needs accounts[].lines in the exporter's configuration."


def lines_and_legs() -> list[Placed]:
    """Calls by the number that the caller dialled, rings and holds."""
    now = total(S.now("voicenter_line_calls", (*LINE, "status")), "line")
    lines = graph(
        "Calls by line",
        f"Incoming call legs by the line that the caller dialled. Exact at each answer. {NAMED}",
        {"{{line}}": seen(now, "line")},
        COUNT,
        style="stack",
    ).no_value("no lines named")
    started = graph(
        "Calls started by line",
        "Incoming calls per minute by the line that the caller dialled. Calls shorter than the scrape "
        f"interval may be missed. {NAMED}",
        {"{{line}}": f"60 * {total(S.rate('voicenter_line_calls_started_total', LINE), 'line')}"},
        PER_MINUTE,
    ).no_value("no lines named")
    ring = graph(
        "Ring time, 15 min",
        "Mean time from the ring of an incoming call at an extension to its answer there, over sliding "
        "windows of 15 minutes.",
        {"{{account}}": m.ring_time(S)},
        SECONDS,
    ).no_value("no calls")
    on_hold = graph(
        "Calls on hold",
        "The mean number of call legs on hold, by direction. Right at any scrape interval.",
        {"{{direction}}": total(S.rate("voicenter_call_hold_seconds_total", DIRECTIONS), "direction")},
        MEAN,
        colours=DIRECTION,
        style="stack",
    )
    holds = graph(
        "Holds per minute",
        "How often calls were put on hold, by direction. Holds shorter than the scrape interval may be "
        "missed.",
        {"{{direction}}": f"60 * {total(S.rate('voicenter_call_holds_total', DIRECTIONS), 'direction')}"},
        PER_MINUTE,
        colours=DIRECTION,
    )
    return [
        Placed(lines, 12, 8),
        Placed(started, 12, 8),
        *(Placed(panel, 8, 8) for panel in (ring, on_hold, holds)),
    ]
