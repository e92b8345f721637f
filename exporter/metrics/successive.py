"""Samples from what the history of an account has counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from exporter.api.snapshot import ACTIVITIES, STATUSES
from exporter.history.totals import OUTCOMES, WAIT_OUTCOMES, QueueTotals, Totals
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
    yield "voicenter_ring_no_answer_total", [((account,), totals.rings_not_answered)]
    yield "voicenter_ring_seconds", [((account,), totals.rings)]
    statuses = (*STATUSES.values(), *view.account.statuses.values(), "unknown")
    seconds = dict.fromkeys(product(statuses, ACTIVITIES), 0.0) | totals.agent_seconds
    yield (
        "voicenter_agent_activity_seconds_total",
        [((account, *state), round(number, 3)) for state, number in seconds.items()],
    )
    yield "voicenter_snapshot_gaps_total", [((account,), totals.gaps)]


def _queues(queues: list[tuple[tuple[str, ...], QueueTotals]]) -> Iterator[tuple[str, Samples]]:
    yield "voicenter_queue_joins_total", [(labels, each.joins) for labels, each in queues]
    yield (
        "voicenter_queue_leaves_total",
        [((*labels, outcome), each.leaves[outcome]) for labels, each in queues for outcome in OUTCOMES],
    )
    yield (
        "voicenter_queue_answered_within_target_total",
        [(labels, each.answered_within_target) for labels, each in queues],
    )
    yield (
        "voicenter_queue_wait_seconds",
        [((*labels, outcome), each.waits[outcome]) for labels, each in queues for outcome in WAIT_OUTCOMES],
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
