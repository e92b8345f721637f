"""Calls on the board "Today": by line, how many, how long they ring, talk and hold."""

from __future__ import annotations

from typing import Final

from grafana import measures as m
from grafana.board import Placed
from grafana.palette import CONTRAST, DIRECTION, GOOD, NEUTRAL
from grafana.panels import CLOCK, COUNT, MEAN, PER_MINUTE, SECONDS, graph
from grafana.promql import RANGE, SELECTED, Scope, seen, total
from grafana.tables import Column, Key, grid

S: Final = SELECTED
LINE: Final = ("account", "line")
DIRECTIONS: Final = ("account", "direction")
NAMED: Final = "Needs accounts[].lines in the exporter's configuration."
BY_ACCOUNT: Final = "By account, so the choice of queues does not change it."
SHORT: Final = "Calls shorter than the scrape interval may be missed."


def lines() -> list[Placed]:
    """Calls by the number that the caller dialled."""

    def started(scope: Scope) -> str:
        return scope.increase("voicenter_line_calls_started_total", LINE, window=RANGE)

    started_today = grid(
        "Calls by line today",
        "Incoming calls by the line that the caller dialled: in the time shown, on the same weekday last "
        f"week to the same hour, and now. {SHORT} {NAMED}",
        [Key("account", "Account", width=110), Key("line", "Line")],
        [
            Column("Calls", started(S), decimals=0, width=90),
            Column("Last week", started(S.week_ago), decimals=0, width=100),
            Column(
                "Now", total(S.now("voicenter_line_calls", (*LINE, "status")), *LINE), decimals=0, width=80
            ),
        ],
        sort="Calls",
    ).no_value("no lines named")
    pace = graph(
        "Calls started by line",
        f"Incoming calls per minute by the line that the caller dialled. {SHORT} {NAMED}",
        {"{{line}}": f"60 * {total(S.rate('voicenter_line_calls_started_total', LINE), 'line')}"},
        PER_MINUTE,
    ).no_value("no lines named")
    return [Placed(started_today, 12, 9), Placed(pace, 12, 9)]


def calls() -> list[Placed]:
    """How many calls, and what happened to them at extensions."""
    pace = graph(
        "Started and answered per minute",
        "Calls that appeared and calls that were answered, per minute. A transfer or a second leg is no "
        f"second call. {SHORT} {BY_ACCOUNT}",
        {
            "started": _per_minute("voicenter_calls_started_total", DIRECTIONS),
            "answered": _per_minute("voicenter_calls_answered_total", DIRECTIONS),
        },
        PER_MINUTE,
        colours={"started": NEUTRAL, "answered": GOOD},
    )
    talk = graph(
        "Mean talk time, 15 min",
        "Mean time from answer to end of the calls that ended in the last 15 minutes, holding included. "
        f"The end is seen one or two scrape intervals late at most. {BY_ACCOUNT}",
        {"{{direction}}": m.talk_time(S)},
        CLOCK,
        colours=DIRECTION,
    ).no_value("no calls")
    ring = graph(
        "Ring time, 15 min",
        "Mean time from the ring of an incoming call at an extension to its answer there, over sliding "
        "windows of 15 minutes.",
        {"{{account}}": m.ring_time(S)},
        SECONDS,
    ).no_value("no calls")
    rings = graph(
        "Rings not answered per minute",
        "Incoming call legs that rang at an extension and left it unanswered, per minute. Where a call "
        "rings several agents at once, all rings but one end so. Rings shorter than the scrape interval "
        "may be missed.",
        {"not answered": _per_minute("voicenter_ring_no_answer_total", ("account",))},
        PER_MINUTE,
        colours={"not answered": CONTRAST},
    )
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
    longest = graph(
        "Longest call by status",
        "Age of the oldest call leg in each status, 0 without one. By the vendor's clock, whose offset "
        f"is learned: to about one scrape interval; absent until it is known. {BY_ACCOUNT}",
        {"{{status}}": f"max by (status) ({S.now('voicenter_longest_call_seconds', _STATE, _KNOWN)})"},
        CLOCK,
    )
    legs = S.now("voicenter_calls", _STATE)
    now = graph(
        "Calls by direction",
        "Call legs at extensions by direction; an internal call stands at both extensions and counts "
        f"twice. spy is a supervisor who listens. Exact at each answer. {BY_ACCOUNT}",
        {"{{direction}}": seen(total(legs, "direction"), "direction")},
        COUNT,
        colours=DIRECTION,
        style="stack",
    )
    return [Placed(panel, 6, 8) for panel in (pace, now, talk, longest, ring, rings, on_hold, holds)]


_STATE: Final = ("account", "status", "direction")
_KNOWN: Final = 'status!="unknown"'


def _per_minute(counter: str, by: tuple[str, ...]) -> str:
    return f"60 * {total(S.rate(counter, by))}"
