"""Samples from what the history of an account has counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import product
from operator import attrgetter

from exporter.api.activity import ACTIVITIES, STATUSES
from exporter.history.totals import QueueTotals, Totals
from exporter.metrics import lines
from exporter.metrics.numbers import Samples
from exporter.metrics.view import View


def samples(view: View, totals: Totals) -> Iterator[tuple[str, Samples]]:
    """The families from successive snapshots, by name."""
    account = view.account.name
    filtered = view.account.queues
    queues = [
        each for each in totals.queues.values() if filtered.everything or filtered.matches(each.id, each.name)
    ]
    yield from _queues([((account, each.id, each.name), each) for each in queues])
    yield from _calls(account, totals)
    if view.account.lines:
        yield "voicenter_line_calls_started_total", lines.started(view.account, totals)
    yield "voicenter_ring_no_answer_total", [((account,), totals.rings_not_answered)]
    yield "voicenter_ring_seconds", [((account,), totals.rings)]
    statuses = (*STATUSES.values(), *view.account.statuses.values(), "unknown")
    seconds = dict.fromkeys(product(statuses, ACTIVITIES), 0.0) | totals.agent_seconds
    yield (
        "voicenter_agent_activity_seconds_total",
        [((account, *state), round(number, 3)) for state, number in seconds.items()],
    )
    yield "voicenter_history_observed_seconds_total", [((account,), totals.observed_seconds)]
    yield "voicenter_api_repeated_answers_total", [((account, "queues"), totals.repeated_answers)]
    yield "voicenter_snapshot_gaps_total", [((account,), totals.gaps)]


def _queues(queues: list[tuple[tuple[str, ...], QueueTotals]]) -> Iterator[tuple[str, Samples]]:
    def each_queue(value: Callable[[QueueTotals], float]) -> Samples:
        return [(labels, value(totals)) for labels, totals in queues]

    def per_outcome(values: Callable[[QueueTotals], Mapping[str, float]]) -> Samples:
        return [
            ((*labels, outcome), number)
            for labels, totals in queues
            for outcome, number in values(totals).items()
        ]

    yield "voicenter_queue_joins_total", each_queue(attrgetter("joins"))
    yield "voicenter_queue_leaves_total", per_outcome(attrgetter("leaves"))
    yield "voicenter_queue_leaves_seen_total", per_outcome(attrgetter("leaves_seen"))
    yield "voicenter_queue_leaves_variance_total", per_outcome(attrgetter("leaves_variance"))
    within = "answered_within_target"
    yield "voicenter_queue_answered_within_target_total", each_queue(attrgetter(within))
    yield (
        "voicenter_queue_answered_within_target_variance_total",
        each_queue(attrgetter(f"{within}_variance")),
    )
    calls = "service_level_calls"
    yield f"voicenter_queue_{calls}_total", each_queue(attrgetter(calls))
    yield f"voicenter_queue_{calls}_variance_total", each_queue(attrgetter(f"{calls}_variance"))
    yield "voicenter_queue_waiting_seconds_total", each_queue(attrgetter("waiting_seconds"))
    if any(each.menu.count for _, each in queues):  # many accounts have no ids with date and time
        yield "voicenter_queue_menu_seconds", [(labels, each.menu) for labels, each in queues]
    yield (
        "voicenter_queue_wait_seconds",
        [((*labels, outcome), waits) for labels, each in queues for outcome, waits in each.waits.items()],
    )


def _calls(account: str, totals: Totals) -> Iterator[tuple[str, Samples]]:
    def per_direction(counts: Mapping[str, float]) -> Samples:
        return [((account, direction), counts.get(direction, 0)) for direction in totals.directions]

    yield "voicenter_calls_started_total", per_direction(totals.calls_started)
    yield "voicenter_calls_answered_total", per_direction(totals.calls_answered)
    yield "voicenter_calls_ended_total", per_direction(totals.calls_ended)
    yield "voicenter_call_hold_seconds_total", per_direction(totals.hold_seconds)
    yield "voicenter_call_holds_total", per_direction(totals.holds)
    talks = totals.talk.items()
    yield "voicenter_call_talk_seconds", [((account, direction), each) for direction, each in talks]
