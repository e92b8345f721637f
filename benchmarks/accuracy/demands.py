"""What is demanded of a history, whatever it watches, and of how close its figures come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from math import hypot, isclose

from benchmarks.accuracy.judging import counted, expected_seen, joins_seen, judge, length, seen, waits_at
from benchmarks.accuracy.watching import Watched, Watcher
from exporter.simulator.truth import Stay

CLOCK_WITHIN = 2.0  # seconds


def broken(watched: Watched, watcher: Watcher) -> Iterator[str]:
    """The demands that a watcher's history does not meet, in words; it may have failed attempts."""
    totals = watcher.history.totals
    first = watcher.queues_moments[0]
    since = [stay for stay in watched.stays if stay.join > first]
    visible = Counter(str(stay.queue_id) for stay in since if seen(stay, watcher.queues_moments))
    for queue in totals.queues.values():
        if joins_seen(queue) != visible[queue.id]:
            yield f"queue {queue.id}: {joins_seen(queue)} joins, but {visible[queue.id]} stays were shown"
    missed = [stay for stay in long_stays(watched, watcher) if not seen(stay, watcher.queues_moments)]
    if missed:
        yield f"{len(missed)} stays of at least the time between two answers were missed"
    yield from _accounts(watched, watcher)
    verdicts = judge(watched, watcher)
    if verdicts.wrong:
        yield f"{len(verdicts.wrong)} outcomes contradict what the answers showed: {verdicts.wrong[0]}"
    if verdicts.beyond:
        yield f"{len(verdicts.beyond)} waits err by more than was left open: {verdicts.beyond[0]}"
    if not watcher.failures and (totals.gaps or counted(watcher).unknown):
        yield f"{counted(watcher).unknown} unknown outcomes and {totals.gaps} gaps without a failed attempt"
    if not verdicts.told:
        yield "there was nothing to judge"
    offset = watched.clock.epoch(watched.ended) - watched.ended
    if totals.clock_offset is None or abs(totals.clock_offset - offset) > CLOCK_WITHIN:
        yield f"the clock's offset is {totals.clock_offset}, not {offset}"


def short_stays(watched: Watched, watcher: Watcher) -> tuple[int, float, float]:
    """Of the stays shorter than the interval: how many were seen, how many should be, the standard error."""
    moments = watcher.queues_moments
    short = [
        stay
        for stay in watched.stays
        if stay.leave is not None
        and moments[0] < stay.join
        and stay.leave <= moments[-1]
        and length(stay) < watcher.interval
    ]
    return sum(seen(stay, moments) for stay in short), *expected_seen(short, watcher.interval)


def unlike_chance(samples: list[tuple[int, float, float]]) -> Iterator[str]:
    """Whether the short stays that were seen, over several runs, differ from Σ min(1, d/T) by two errors."""
    number = sum(number for number, _, _ in samples)
    expected = sum(expected for _, expected, _ in samples)
    error = hypot(*[error for _, _, error in samples])
    if abs(number - expected) > 2 * error:
        yield f"{number} short stays were seen, {expected:.0f} ± {2 * error:.0f} should be"


def long_stays(watched: Watched, watcher: Watcher) -> list[Stay]:
    """The stays that lasted at least as long as the longest time between two usable answers."""
    moments = watcher.queues_moments
    longest = max(later - earlier for earlier, later in pairwise(moments))
    return [
        stay
        for stay in watched.stays
        if stay.leave is not None
        and moments[0] < stay.join
        and stay.leave <= moments[-1]
        and length(stay) >= longest
    ]


def _accounts(watched: Watched, watcher: Watcher) -> Iterator[str]:
    """Joins less leaves are the callers now less those at the start."""
    moments = watcher.queues_moments
    for queue in watcher.history.totals.queues.values():
        stays = [stay for stay in watched.stays if str(stay.queue_id) == queue.id]
        at_start, now = (
            sum(waits_at(stay, moment) for stay in stays) for moment in (moments[0], moments[-1])
        )
        undecided = sum(queue_id == queue.id for queue_id, _ in watcher.history.undecided)
        left = sum(queue.leaves.values()) + undecided
        if not isclose(queue.joins - left, now - at_start, abs_tol=1e-6):
            yield f"queue {queue.id}: {queue.joins} joins, {left} leaves, but {at_start} callers became {now}"
