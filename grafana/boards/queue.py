"""The board for one queue: how full, how fast, how well, and how it was a week ago."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from grafana_foundation_sdk.builders.dashboard import Dashboard

from grafana import measures as m
from grafana import states
from grafana.board import (
    LIVE,
    QUEUE_DETAIL,
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
from grafana.palette import ACT, ACTIVITY, CONTRAST, GOOD, NEUTRAL, OUTCOME, QUIET, UNJUDGED, WATCH, plain
from grafana.panels import CLOCK, COUNT, MEAN, PER_MINUTE, SECONDS, SHARE, graph, heat, limits, number
from grafana.promql import ONE, QUEUE, Scope, ratio, total
from grafana.states import NOTHING, judged
from grafana.tiles import MISSING, blindness, longest_wait, service_level, unanswered, waiting

S: Final = ONE


def build() -> Dashboard:
    """The board "Queue detail"."""
    made = board(
        QUEUE_DETAIL,
        "Queue detail",
        "One queue of one account, with its own limits and service level as lines. Teal: nothing to do; "
        "amber: keep an eye on it; red: act.",
        since="now-6h",
        refresh="30s",
    )
    made = made.with_variable(account_choice(several=False)).with_variable(queue_choice(several=False))
    sections = [
        Section("", [Placed(blindness(S), 24, 3), *_now()]),
        Section("Waiting", _waiting()),
        Section("Served", _served()),
        Section("Who serves, and how long it takes", _expected()),
        Section("How sure the numbers are", _estimates()),
        Section("The same time last week", _last_week()),
    ]
    return fill(annotate(made, S.account), sections)


def _now() -> list[Placed]:
    shared = waiting(S), longest_wait(S), service_level(S), unanswered(S)
    speed = number(
        "Speed of answer, 15 min",
        "Mean wait of the callers answered in the last 15 minutes (hours:minutes:seconds). Amber and "
        f"red: above the queue's target and its warning limit; grey: fewer than ten callers. {MISSING} "
        "Exact to about 1 s.",
        judged(
            m.speed_of_answer(S),
            S,
            conditions={
                states.ACT: m.enough_overall(
                    f"{m.speed_of_answer(S)} > max({m.wait_limit(S, 'warning')})", S
                ),
                states.WATCH: m.enough_overall(f"{m.speed_of_answer(S)} > max({_target_seconds()})", S),
                states.FEW: m.few_overall(S),
            },
        ),
        CLOCK,
        empty="no calls",
    )
    joins = number(
        "Joins, 15 min",
        "Callers who joined in the last 15 minutes, an estimate that makes up for callers whom no answer "
        f"showed. Grey: many are neither good nor bad. {MISSING}",
        judged(total(S.increase("voicenter_queue_joins_total", QUEUE, window="15m")), S, ok="callers"),
        COUNT,
        empty="no calls",
    )
    return [Placed(leading_to(panel, "How today went", TODAY), 4, 5) for panel in (*shared, speed, joins)]


def _waiting() -> list[Placed]:
    depth = graph(
        "Callers waiting",
        "Callers waiting, and the queue's limit of callers. Exact at each answer.",
        {"waiting": total(m.callers(S)), "limit": f"max({m.callers_limit(S)})"},
        COUNT,
        colours={"waiting": NEUTRAL},
    ).fill_opacity(25)
    longest = graph(
        "Longest wait over time",
        "The longest and the mean wait of the callers waiting at that moment, with the queue's warning "
        "and critical limits. As the vendor counts it, to 1 s.",
        {
            "longest wait": f"max({m.longest_wait(S)})",
            "mean wait": ratio(total(_waits()), total(m.callers(S))),
            "warning": f"max({m.wait_limit(S, 'warning')})",
            "critical": f"max({m.wait_limit(S, 'critical')})",
        },
        CLOCK,
        colours={"longest wait": NEUTRAL, "mean wait": CONTRAST},
    ).fill_opacity(25)
    answered = heat(
        "Waits of the answered",
        "How long callers had waited when they were answered, by bucket of the wait: the stronger, the "
        "more. Exact to 1 s.",
        m.wait_buckets(S, "answered"),
    )
    gone = heat(
        "Waits of the unanswered",
        "How long callers had waited when they left without a trace of an answer, by bucket of the wait: "
        "the stronger, the more. To half a scrape interval.",
        m.wait_buckets(S, "unanswered"),
    )
    over = S.now("voicenter_queue_callers_over_threshold", (*QUEUE, "threshold_seconds"))
    longer = graph(
        "Callers who wait longer than",
        "Callers waiting for more than each of the exporter's queue_thresholds. Exact at each answer.",
        {"{{threshold_seconds}} s": total(over, "threshold_seconds")},
        COUNT,
    )
    wall = "All queues", LIVE
    return [
        Placed(leading_to(limits(depth, {"limit": ACT}), *wall), 8, 9),
        Placed(leading_to(longer, *wall), 8, 9),
        Placed(leading_to(limits(longest, {"warning": WATCH, "critical": ACT}), *wall), 8, 9),
        Placed(answered, 12, 9),
        Placed(gone, 12, 9),
    ]


def _served() -> list[Placed]:
    leaves = total(S.rate("voicenter_queue_leaves_total", m.OUTCOMES), "outcome")
    flow = graph(
        "Joins and leaves per minute",
        "Callers who joined (line) and who left, by outcome (bars): answered; unanswered, without a trace "
        "of an answer; transferred, seen in another queue; unknown, lost in a gap of the data. "
        "An estimate that makes up for callers whom no answer showed.",
        {
            "{{outcome}}": f"60 * {leaves}",
            "joined": f"60 * {total(S.rate('voicenter_queue_joins_total', QUEUE))}",
        },
        PER_MINUTE,
        style="bars",
        colours=OUTCOME,
    )
    against = graph(
        "Service level against its target, 15 min",
        "Callers answered within the queue's target, as a share of those answered or left unanswered, "
        "over sliding windows of 15 minutes; the queue's target; and the share left unanswered. Grey: "
        "fewer than ten callers. An estimate: the true level is between the two thin lines in 19 of 20 "
        "cases. They need the recording rules.",
        {
            **m.service_level_lines(S),
            "unanswered": m.enough_overall(m.unanswered_overall(S), S),
        },
        SHARE,
        colours={"service level": NEUTRAL, "unanswered": ACT, "few calls": QUIET},
    )
    lines = {"target": GOOD, "at least": QUIET, "at most": QUIET}
    return [
        Placed(limits(flow, {"joined": NEUTRAL}), 12, 9),
        Placed(limits(against.max(1).no_value("no calls"), lines), 12, 9),
    ]


def _expected() -> list[Placed]:
    agents = graph(
        "Agents who serve the queue",
        "Agents in status login at extensions that serve this queue, by what they do. Which extensions "
        "serve it is learned from rings and answers, or stated in the configuration.",
        {"{{activity}}": S.now("voicenter_queue_agents", (*QUEUE, "activity"))},
        COUNT,
        colours=ACTIVITY,
        style="stack",
    ).no_value("not known yet")
    known = number(
        "Serving extensions known since",
        "How long ago the first extension that serves this queue was learned. The longer, the surer.",
        f"time() - max({S.now('voicenter_queue_agents_known_timestamp_seconds', QUEUE)} > 0)"
        f" or on () 0 * max({S.any('voicenter_queue_weight', QUEUE)}) - {-NOTHING}",
        SECONDS,
        plain(UNJUDGED),
        empty="not learned",
    )
    weight = number(
        "Weight",
        "The queue's weight at the vendor, which decides whose callers agents get first. Exact at the "
        "last answer.",
        f"max({S.any('voicenter_queue_weight', QUEUE)})",
        COUNT,
        plain(UNJUDGED),
    )
    wait = graph(
        "Estimated wait",
        "Wait that a caller who joins now can expect: the longest wait at that moment (method head), the "
        "closest of the three methods.",
        {"estimated wait": S.now("voicenter_queue_estimated_wait_seconds", QUEUE, 'method="head"')},
        CLOCK,
        colours={"estimated wait": NEUTRAL},
    ).no_value("not known yet")
    menu = graph(
        "Time before the queue, 15 min",
        "Mean time from the beginning of the call to the queue, as in a menu or an announcement. It uses "
        "the date and time in the call's id.",
        {"before the queue": m.menu_time(S)},
        CLOCK,
    ).no_value("no calls")
    return [
        Placed(agents, 9, 9),
        Placed(known, 3, 5, below=Placed(weight, 3, 4)),
        Placed(wait, 6, 9),
        Placed(menu, 6, 9),
    ]


def _estimates() -> list[Placed]:
    def grown(counter: str, *labels: str) -> str:
        return total(S.increase(counter, (*QUEUE, *labels), window="1h"))

    leaves = graph(
        "Callers who left, 1 h: estimated and counted",
        "Callers who left within the hour before each moment: the estimate that all boards use, those that "
        "answers showed, and one standard error of the estimate from what no answer showed.",
        {
            "estimated": grown("voicenter_queue_leaves_total", "outcome"),
            "counted": grown("voicenter_queue_leaves_seen_total", "outcome"),
            "standard error": f"sqrt({grown('voicenter_queue_leaves_variance_total', 'outcome')})",
        },
        MEAN,
        colours={"estimated": NEUTRAL, "counted": QUIET},
    )
    within = graph(
        "Answered within the target, 1 h",
        "Callers answered within the queue's target in the hour before each moment, and those whom the "
        "service level counts: estimates, each with one standard error from what no answer showed.",
        {
            "estimated": grown("voicenter_queue_answered_within_target_total"),
            "standard error": f"sqrt({grown('voicenter_queue_answered_within_target_variance_total')})",
            "of so many": grown("voicenter_queue_service_level_calls_total"),
            "standard error of that": f"sqrt({grown('voicenter_queue_service_level_calls_variance_total')})",
        },
        MEAN,
        colours={"estimated": NEUTRAL, "of so many": QUIET},
    )
    mean = graph(
        "Mean number waiting, 15 min",
        "Seconds that callers waited per second: the mean number waiting. Right at any scrape interval.",
        {"waiting": total(S.rate("voicenter_queue_waiting_seconds_total", QUEUE, window="15m"))},
        MEAN,
        colours={"waiting": NEUTRAL},
    )
    return [Placed(panel, 8, 9) for panel in (leaves, within, mean)]


def _last_week() -> list[Placed]:
    return [
        _compared(
            "Joins in 15 minutes",
            "Callers who joined within the 15 minutes before each moment, an estimate.",
            lambda scope: total(scope.increase("voicenter_queue_joins_total", QUEUE, window="15m")),
            COUNT,
        ),
        _compared(
            "Speed of answer, 15 min",
            "Mean wait of the callers answered within the 15 minutes before each moment. Exact to about 1 s.",
            m.speed_of_answer,
            CLOCK,
        ),
        _compared(
            "Service level, 15 min",
            "Callers answered within the queue's target, as a share of those answered or left unanswered "
            "within the 15 minutes before each moment, an estimate.",
            m.service_level_overall,
            SHARE,
        ),
    ]


def _compared(title: str, description: str, measure: Callable[[Scope], str], unit: str) -> Placed:
    """A measure now, and seven days before."""
    again = f"{description} Dashed: seven days before, once Prometheus holds data that old."
    series = {"now": measure(S), "last week": measure(S.week_ago)}
    panel = graph(f"{title}, now and last week", again, series, unit, colours={"now": NEUTRAL})
    return Placed(limits(panel.no_value("no calls"), {"last week": QUIET}), 8, 9)


def _waits() -> str:
    return S.now("voicenter_queue_callers_wait_seconds", QUEUE)


def _target_seconds() -> str:
    return S.any("voicenter_queue_service_level_target_seconds", QUEUE)
