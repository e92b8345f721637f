"""The live board's graphs: agents, calls, service and the exporter over the last hours."""

from __future__ import annotations

from typing import Final

from grafana import measures as m
from grafana.board import Placed
from grafana.palette import (
    ACT,
    ACTIVITY,
    CONTRAST,
    DIRECTION,
    ENDPOINT,
    GOOD,
    NEUTRAL,
    QUIET,
    REASON,
    STATUS,
)
from grafana.panels import CLOCK, COUNT, PER_MINUTE, SECONDS, SHARE, across, graph, heat, limits
from grafana.promql import SELECTED, largest, seen, total
from grafana.tables import Column, Key, grid

S: Final = SELECTED
STATE: Final = ("account", "status", "direction")
BY_ACCOUNT: Final = "By account, so the choice of queues does not change it."


def agents() -> list[Placed]:
    """Who is there, doing what, and how busy."""
    by_status = total(S.now("voicenter_agents", ("account", "status")), "status")
    status = graph(
        "Agents by status",
        "Agents in each status; a person logged in at several extensions counts once, an extension with "
        f"nobody logged in counts as logout and is left out here. Exact at each answer. {BY_ACCOUNT}",
        {
            "{{status}}": seen(
                total(S.now("voicenter_agents", ("account", "status"), 'status!="logout"'), "status"),
                "status",
            )
        },
        COUNT,
        colours=STATUS,
        style="stack",
    )
    present = f"on (status) ({by_status}) > 0"
    activity = grid(
        "Status and activity now",
        "Agents by status (rows) and by what they do now (columns): talking before hold, dialing, ringing "
        "and idle, the first that applies over all of a person's calls. Statuses without anybody are left "
        f"out. {BY_ACCOUNT}",
        [Key("status", "Status")],
        [
            Column(
                name, f"({total(m.agents(S, _activity(name)), 'status')}) and {present}", width=70, decimals=0
            )
            for name in ("talking", "hold", "dialing", "ringing", "idle")
        ],
        sort="talking",
    )
    occupancy = graph(
        "Occupancy, 15 min",
        "The share of the time in status login that agents spent ringing, dialing, talking or holding, "
        "over the last 15 minutes; the ten accounts where it was highest. Amber line 80 %, red 90 %: the "
        f"alert. Sampled at each answer: good to about a point with ten agents. {BY_ACCOUNT}",
        {"{{account}}": largest(m.occupancy(S), "account")},
        SHARE,
    ).max(1)
    return [Placed(status, 9, 9), Placed(activity, 8, 9), Placed(across(occupancy, 0.8, 0.9), 7, 9)]


def calls() -> list[Placed]:
    """How many calls, which way, how fast they come."""
    legs = S.now("voicenter_calls", STATE)
    status = graph(
        "Calls by status",
        "Call legs at extensions by status. An internal call stands at both extensions and counts twice; "
        "callers still waiting in a queue are not in it unless they ring somewhere. Exact at each answer. "
        f"{BY_ACCOUNT}",
        {"{{status}}": seen(total(legs, "status"), "status")},
        COUNT,
        colours=ACTIVITY,
        style="stack",
    )
    direction = graph(
        "Calls by direction",
        "Call legs at extensions by direction. spy is a supervisor who listens. Exact at each answer. "
        + BY_ACCOUNT,
        {"{{direction}}": seen(total(legs, "direction"), "direction")},
        COUNT,
        colours=DIRECTION,
        style="stack",
    )
    pace = graph(
        "Started and answered per minute",
        "Calls that appeared and calls that were answered, per minute. A transfer or a second leg is no "
        f"second call. Calls shorter than the scrape interval may be missed. {BY_ACCOUNT}",
        {
            "started": _per_minute("voicenter_calls_started_total"),
            "answered": _per_minute("voicenter_calls_answered_total"),
        },
        PER_MINUTE,
        colours={"started": NEUTRAL, "answered": GOOD},
    )
    longest = graph(
        "Longest call by status",
        "Age of the oldest call leg in each status, 0 without one. By the vendor's clock, whose offset is "
        f"learned: to about one scrape interval; absent until it is known. {BY_ACCOUNT}",
        {"{{status}}": f"max by (status) ({S.now('voicenter_longest_call_seconds', STATE, _KNOWN)})"},
        CLOCK,
        colours=ACTIVITY,
    )
    no_answer = f"60 * {total(S.rate('voicenter_ring_no_answer_total', ('account',)))}"
    rings = graph(
        "Rings not answered per minute",
        "Incoming call legs that rang at an extension and left it unanswered, per minute. Where a call "
        "rings several agents at once, all rings but one end so. Rings shorter than the scrape interval "
        "may be missed. " + BY_ACCOUNT,
        {"not answered": no_answer},
        PER_MINUTE,
        colours={"not answered": CONTRAST},
    )
    muted = graph(
        "Muted recordings",
        "Answered call legs whose recording is muted now, as the vendor tells. Exact at each answer. "
        f"{BY_ACCOUNT}",
        {"{{account}}": largest(S.now("voicenter_recordings_muted", ("account",)), "account")},
        COUNT,
        style="stack",
    )
    return [
        Placed(status, 8, 8),
        Placed(direction, 8, 8),
        Placed(pace, 8, 8),
        Placed(longest, 8, 8),
        Placed(rings, 8, 8),
        Placed(muted, 8, 8),
    ]


def service() -> list[Placed]:
    """How well callers were served, over sliding windows of 15 minutes."""
    level = (
        graph(
            "Service level and unanswered, 15 min",
            "Service level: callers answered within their queue's own target, as a share of those "
            "answered or left unanswered. Target: the queues' targets, weighted by their callers. "
            "Unanswered: left without a trace of an answer. Sliding windows of 15 minutes. Estimates "
            "that make up for callers whom no answer showed.",
            {
                "service level": m.service_level_overall(S),
                "target": m.target_overall(S),
                "unanswered": m.unanswered_overall(S),
                "unanswered allowed": f"1 - ({m.target_overall(S)})",
            },
            SHARE,
            colours={"service level": NEUTRAL, "unanswered": ACT},
        )
        .max(1)
        .no_value("no calls")
    )
    speed = graph(
        "Speed of answer, 15 min",
        "The mean wait of the callers who were answered, and the wait that nine of ten callers did not "
        "exceed in the queue where it is longest; sliding windows of 15 minutes. The mean is exact to about "
        "1 s, the percentile to 9 % with native histograms, else to the width of its bucket. It needs the "
        "recording rules.",
        {"mean": m.speed_of_answer(S), "90 % in the slowest queue": m.wait_90_of_slowest(S)},
        CLOCK,
        colours={"mean": NEUTRAL, "90 % in the slowest queue": CONTRAST},
    ).no_value("no calls")
    waits = heat(
        "Waits of those who left",
        "How long callers had waited when they were answered or left, by bucket of the wait: the bluer, "
        "the more callers. Answered waits are exact to 1 s, unanswered ones to half a scrape interval.",
        m.wait_buckets(S),
    )
    talk = graph(
        "Mean talk time, 15 min",
        "Mean time from answer to end of the calls that ended in the last 15 minutes, holding included. "
        f"The end is seen one or two scrape intervals late at most. {BY_ACCOUNT}",
        {"{{direction}}": m.talk_time(S)},
        CLOCK,
        colours=DIRECTION,
    ).no_value("no calls")
    return [
        Placed(limits(level, {"target": GOOD, "unanswered allowed": ACT}), 12, 9),
        Placed(speed, 12, 9),
        Placed(waits, 12, 9),
        Placed(talk, 12, 9),
    ]


def exporter() -> list[Placed]:
    """Enough to tell a quiet centre from a blind exporter."""
    endpoint = ("account", "source")
    attempts = graph(
        "Attempts by outcome",
        "Attempts at Voicenter's API per minute: all of them, and the failed ones by reason.",
        {
            "all attempts": f"60 * {total(S.any_rate('voicenter_api_requests_total', endpoint))}",
            "{{reason}}": seen(
                f"60 * {total(S.any_rate('voicenter_api_failures_total', (*endpoint, 'reason')), 'reason')}",
                "reason",
            ),
        },
        PER_MINUTE,
        colours={"all attempts": QUIET, **REASON},
    )
    latency = graph(
        "Latency",
        "How long the newest attempt took, from its start to the decoded answer: the slowest of the "
        "chosen accounts.",
        {"{{source}}": f"max by (source) ({S.any('voicenter_scrape_duration_seconds', endpoint)})"},
        SECONDS,
        colours=ENDPOINT,
    )
    offset = graph(
        "Clock offset",
        "The vendor's clock minus the exporter's; whole hours are a time zone, a step of an hour is "
        "daylight saving. The ten accounts where it is largest. Learned from callers and new calls, to "
        "about one scrape interval.",
        {"{{account}}": largest(S.any("voicenter_clock_offset_seconds", ("account",)), "account")},
        SECONDS,
    )
    fields = total(S.any_rate("voicenter_unknown_values_total", ("account", "field")), "field")
    unknown = graph(
        "Unknown values",
        "Values per minute that are neither documented nor configured, by field of the vendor's answer.",
        {"{{field}}": f"60 * {fields}"},
        PER_MINUTE,
    )
    return [Placed(panel, 6, 8) for panel in (attempts, latency, offset, unknown)]


_KNOWN: Final = 'status!="unknown"'


def _activity(name: str) -> str:
    return f'activity="{name}"'


def _per_minute(counter: str) -> str:
    return f"60 * {total(S.rate(counter, ('account', 'direction')))}"
