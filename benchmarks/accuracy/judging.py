"""What a history counted, held against what happened."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from math import inf, sqrt
from typing import NamedTuple

from benchmarks.accuracy.watching import SERVED, SERVICE_LEVEL_SECONDS, Decision, Watched, Watcher
from exporter.api.outcomes import OUTCOMES
from exporter.history import Histogram, QueueTotals
from exporter.simulator.floor import RING_TIMEOUT
from exporter.simulator.truth import CallRecord, Stay

WHOLE_SECONDS = 1.0
"""The vendor's epochs are whole seconds: a difference of two of them errs by less than this."""


class Figures(NamedTuple):
    """The numbers that people read off a dashboard. Seconds, and a share for the service level.

    The mean wait is that of the answered, the other one of all who were served.
    """

    joins: float
    answered: float
    unanswered: float
    transferred: float
    unknown: float
    mean_wait: float
    p90_wait: float
    service_level: float
    mean_talk: float


def truth(watched: Watched, watcher: Watcher) -> Figures:
    """What happened between the first and the last answer that the watcher got."""
    first, last = watcher.queues_moments[0], watcher.queues_moments[-1]
    left = left_between(watched, first, last)
    outcomes = Counter(stay.outcome for stay in left)
    waits = sorted(whole_seconds(stay) for stay in left if stay.outcome in SERVED)
    answered = [whole_seconds(stay) for stay in left if stay.outcome == "answered"]
    talks = [ended - began for began, ended in _talks(watched.calls) if first < ended <= last]
    return Figures(
        joins=sum(first < stay.join <= last for stay in watched.stays),
        answered=outcomes["answered"],
        unanswered=outcomes["unanswered"],
        transferred=outcomes["transferred"],
        unknown=0,
        mean_wait=sum(answered) / len(answered),
        p90_wait=waits[int(0.9 * len(waits))],
        service_level=service_level(left),
        mean_talk=sum(talks) / len(talks),
    )


def left_between(watched: Watched, first: float, last: float) -> list[Stay]:
    """The stays that ended after the one moment, up to the other."""
    return [stay for stay in watched.stays if stay.leave is not None and first < stay.leave <= last]


def service_level(left: list[Stay]) -> float:
    """The share answered within the target of those answered or left unanswered."""
    served = [stay for stay in left if stay.outcome in SERVED]
    within = (stay.outcome == "answered" and whole_seconds(stay) <= SERVICE_LEVEL_SECONDS for stay in served)
    return sum(within) / len(served)


def counted(watcher: Watcher) -> Figures:
    """What the answers showed: each leave that was seen counts once."""
    totals = watcher.history.totals
    outcomes = [decision.outcome for decision in watcher.decisions]
    leaves = Counter(outcome.name for outcome in outcomes)
    waits = sorted(each.wait for each in outcomes if each.name in SERVED and each.wait is not None)
    answered = [each.wait for each in outcomes if each.name == "answered" and each.wait is not None]
    talk = _sum(list(totals.talk.values()))
    return Figures(
        joins=sum(map(joins_seen, totals.queues.values())),
        answered=leaves["answered"],
        unanswered=leaves["unanswered"],
        transferred=leaves["transferred"],
        unknown=leaves["unknown"],
        mean_wait=sum(answered) / len(answered),
        p90_wait=waits[int(0.9 * len(waits))],
        service_level=sum(wait <= SERVICE_LEVEL_SECONDS for wait in answered) / len(waits),
        mean_talk=talk.sum / talk.count,
    )


def joins_seen(queue: QueueTotals) -> int:
    """How many joins were seen: what the leaves stand for besides themselves is in both."""
    return round(queue.joins - sum(queue.leaves.values()) + sum(queue.leaves_seen.values()))


def estimated(watcher: Watcher) -> Figures:
    """What the exporter shows, quantiles as Prometheus makes them of the default buckets."""
    totals = watcher.history.totals
    queues = list(totals.queues.values())
    leaves = {name: sum(queue.leaves[name] for queue in queues) for name in OUTCOMES}
    waits = _sum([queue.waits[outcome] for queue in queues for outcome in SERVED])
    answered = _sum([queue.waits["answered"] for queue in queues])
    talk = _sum(list(totals.talk.values()))
    return Figures(
        joins=sum(queue.joins for queue in queues),
        answered=leaves["answered"],
        unanswered=leaves["unanswered"],
        transferred=leaves["transferred"],
        unknown=leaves["unknown"],
        mean_wait=answered.sum / answered.count,
        p90_wait=quantile(0.9, waits),
        service_level=sum(queue.answered_within_target for queue in queues) / waits.count,
        mean_talk=talk.sum / talk.count,
    )


def quantile(share: float, histogram: Histogram) -> float:
    """`histogram_quantile` of Prometheus: linear within a bucket."""
    rank, below, lower = share * histogram.count, 0.0, 0.0
    for upper, count in zip(histogram.bounds, histogram.counts, strict=False):
        if below + count >= rank:
            return lower + (upper - lower) * (rank - below) / count
        below, lower = below + count, upper
    return histogram.bounds[-1]


def expected_seen(stays: list[Stay], interval: float) -> tuple[float, float]:
    """How many of the stays somebody who looks every `interval` seconds sees, and its standard error."""
    shares = [min(1.0, length(stay) / interval) for stay in stays]
    return sum(shares), sqrt(sum(share * (1 - share) for share in shares))


def whole_seconds(stay: Stay) -> float:
    """How long a stay lasted by the vendor's clock, whose epochs are whole seconds."""
    assert stay.leave is not None
    return float(int(stay.leave) - int(stay.join))


def length(stay: Stay) -> float:
    """The seconds that a stay lasted; it must be over."""
    assert stay.leave is not None
    return stay.leave - stay.join


@dataclass
class Verdicts:
    """One watcher's decisions against what happened; the errors are of waits, in seconds."""

    told: list[float] = field(default_factory=list)
    """Of the answered, where the vendor told when."""
    hidden: list[float] = field(default_factory=list)
    """Of the answered, where the ring passes for the answer: no answer showed it, and the vendor hid when."""
    untold: list[float] = field(default_factory=list)
    """Of the answered, where it did not (yet, or a step of its clock made it useless)."""
    unanswered: list[float] = field(default_factory=list)
    beyond: list[Decision] = field(default_factory=list)
    """Those whose error is larger than the two answers around the leave left open."""
    out_of_sight: Counter[tuple[str | None, str]] = field(default_factory=Counter)
    """(what happened, what was decided), where what would tell them apart lay between two answers."""
    wrong: list[Decision] = field(default_factory=list)
    """Those that the answers contradict."""


def judge(watched: Watched, watcher: Watcher) -> Verdicts:
    """Hold every decision against the stay that it is about."""
    verdicts = Verdicts()
    stays: dict[tuple[str, str], list[Stay]] = defaultdict(list)
    for stay in watched.stays:
        stays[str(stay.queue_id), stay.call_id].append(stay)
    by_call: dict[str, list[Stay]] = defaultdict(list)
    for stay in watched.stays:
        by_call[stay.call_id].append(stay)
    ends = {call.call_id: call.ended for call in watched.calls}
    for decision in watcher.decisions:
        last = decision.leave.last.received
        stay_now = next((each for each in stays[decision.leave.key] if waits_at(each, last)), None)
        if stay_now is None or stay_now.leave is None:
            verdicts.wrong.append(decision)
        elif decision.outcome.name == stay_now.outcome:
            _measure(verdicts, decision, stay_now, watched)
        elif decision.outcome.name != "unknown":
            later = [each for each in by_call[stay_now.call_id] if each.join >= stay_now.leave]
            if _is_visible(decision, stay_now, later, ends[stay_now.call_id], watcher):
                verdicts.wrong.append(decision)
            else:
                verdicts.out_of_sight[stay_now.outcome, decision.outcome.name] += 1
    return verdicts


def _measure(verdicts: Verdicts, decision: Decision, stay: Stay, watched: Watched) -> None:
    leave, outcome = decision.leave, decision.outcome
    if outcome.wait is None or stay.leave is None:
        return
    error = outcome.wait - length(stay)
    bound = leave.elapsed / 2 + WHOLE_SECONDS
    stepped = _offset(watched, stay.join) != _offset(watched, stay.leave)
    if outcome.name == "unanswered":
        verdicts.unanswered.append(error)
    elif outcome.is_told and stay.answer_hidden:
        verdicts.hidden.append(error)
        bound = RING_TIMEOUT + WHOLE_SECONDS
    elif outcome.is_told and not stepped:
        verdicts.told.append(error)
        bound = WHOLE_SECONDS
    else:
        verdicts.untold.append(error)
    if abs(error) > bound:
        verdicts.beyond.append(decision)


def _is_visible(
    decision: Decision, stay: Stay, later: list[Stay], ended: float | None, watcher: Watcher
) -> bool:
    """Whether an answer that the watcher got in time showed what really happened."""
    assert stay.leave is not None
    if stay.outcome == "answered":
        until = decision.moment if ended is None else min(ended, decision.moment)
        return _any_within(watcher.extensions_moments, stay.leave, until)
    if stay.outcome == "transferred":
        return any(
            _any_within(watcher.queues_moments, each.join, min(each.leave or inf, decision.moment))
            for each in later
        )
    return True  # who hung up leaves no trace that could be taken for something else


def _any_within(moments: list[float], since: float, until: float) -> bool:
    position = bisect_right(moments, since)
    return position < len(moments) and moments[position] <= until


def waits_at(stay: Stay, moment: float) -> bool:
    """Whether the caller waits at the moment."""
    return stay.join <= moment and (stay.leave is None or moment < stay.leave)


def _offset(watched: Watched, moment: float) -> int:
    return watched.clock.epoch(moment) - int(moment)


def seen(stay: Stay, moments: list[float]) -> bool:
    """Whether one of the moments lies within the stay."""
    return _any_within(moments, stay.join, inf if stay.leave is None else stay.leave)


def _talks(calls: list[CallRecord]) -> list[tuple[float, float]]:
    """First answer and end of every call that was answered; with its transfers it is one call."""
    roots: dict[str, str] = {}
    talks: dict[str, tuple[float, float]] = {}
    for call in calls:  # in the order in which they started
        root = roots[call.call_id] = roots.get(call.original or "", call.call_id)
        if call.answered is not None:
            began, _ = talks.get(root, (call.answered, 0.0))
            talks[root] = (began, inf if call.ended is None else call.ended)
    return list(talks.values())


def _sum(histograms: list[Histogram]) -> Histogram:
    total = Histogram(histograms[0].bounds)
    for histogram in histograms:
        total.counts = [a + b for a, b in zip(total.counts, histogram.counts, strict=True)]
        total.count += histogram.count
        total.sum += histogram.sum
    return total
