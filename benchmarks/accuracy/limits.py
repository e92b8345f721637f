"""How close the estimates of a simulated day have to come."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import sqrt
from typing import NamedTuple

from benchmarks.accuracy.judging import estimated, left_between, service_level, truth, waits_at
from benchmarks.accuracy.watching import SERVED, Decision, Watched, Watcher
from exporter.history.outcome import weigh
from exporter.history.weights import unseen_seconds


class Limits(NamedTuple):
    """The largest errors allowed at one interval, in per cent or points; by load: quiet, busy, overloaded."""

    volumes: tuple[float, float, float]
    """Of joins and of the answered."""
    mean_wait: tuple[float, float, float]
    service_level: float
    hourly: float
    """Root of the mean square of the service level's error by hour."""


LOADS = ("quiet", "busy", "overloaded")
LIMITS = {
    5.0: Limits((6, 3, 1.5), (4, 2.5, 1.5), 1, 1.5),
    10.0: Limits((6, 2, 1.5), (5, 2, 2), 1, 2.5),
    15.0: Limits((9, 4, 3), (7, 4, 3), 2, 3),
    30.0: Limits((9, 8, 3), (7, 7, 3), 3, 5),
}
"""By interval in seconds, for at most MANY failed attempts."""
MANY = 0.02
SHORT = 15.0
"""Seconds up to which the rest is demanded, too."""
LEVEL_WITH_FAILURES = 2.0
WAITING_WITHIN = 1.5


class Hour(NamedTuple):
    """The service level of one hour: what happened, the estimate, its standard error from the sampling."""

    happened: float
    shown: float
    error: float


def hours(watched: Watched, watcher: Watcher) -> list[Hour]:
    """All whole hours in which somebody was served."""
    found = []
    for before, after in pairwise(watcher.readings):
        left = left_between(watched, before.moment, after.moment)
        served = after.served - before.served
        if not any(stay.outcome in SERVED for stay in left) or not served:
            continue
        level = (after.within - before.within) / served
        inside = after.within_variance - before.within_variance
        outside = after.variance - before.variance - inside
        error = sqrt(inside * (1 - level) ** 2 + outside * level**2) / served
        found.append(Hour(service_level(left), level, error))
    return found


def hourly_error(found: list[Hour]) -> float:
    """Root of the mean square of the error by hour, in points."""
    errors = [hour.shown - hour.happened for hour in found]
    return 100 * sqrt(sum(error**2 for error in errors) / len(errors))


def waiting_error(watched: Watched, watcher: Watcher) -> float:
    """All waits together against the seconds that callers waited, in per cent.

    What those at the start had waited before, and those at the end wait by then, is in one of them alone.
    """
    queues = watcher.history.totals.queues.values()
    waits = sum(each.sum for queue in queues for each in queue.waits.values())
    waits += sum(_seconds(each) for each in watcher.decisions if each.outcome.wait is None)
    before, now = (_ages(watched, moment) for moment in (watcher.queues_moments[0], watched.ended))
    return 100 * ((waits - before + now) / sum(queue.waiting_seconds for queue in queues) - 1)


def _seconds(decision: Decision) -> float:
    """What a leave without an observed wait stands for: its own middle, and the unseen part."""
    leave, weight = decision.leave, weigh(decision.leave, decision.outcome)
    unseen = unseen_seconds(weight.unseen_from, weight.unseen_to, weight.interval)
    return leave.age + leave.elapsed / 2 + unseen


def _ages(watched: Watched, moment: float) -> float:
    """How long all who wait at the moment have waited, in seconds."""
    return sum(moment - stay.join for stay in watched.stays if waits_at(stay, moment))


def beyond(watched: Watched, watcher: Watcher) -> Iterator[str]:
    """The limits that a watcher's estimates of a whole day do not keep, in words."""
    happened, shown = truth(watched, watcher), estimated(watcher)
    level = 100 * abs(shown.service_level - happened.service_level)
    if watcher.failures > MANY:
        if watcher.interval <= SHORT and level > LEVEL_WITH_FAILURES:
            yield f"a service level {level:.1f} points off"
        return
    if watcher.interval <= SHORT and abs(waits := waiting_error(watched, watcher)) > WAITING_WITHIN:
        yield f"all waits are {waits:+.1f} % of the seconds that callers waited"
    limits = LIMITS.get(watcher.interval)
    if limits is None:
        return
    load = LOADS.index(watched.scenario.load)
    allowed = {
        "joins": limits.volumes[load],
        "answered": limits.volumes[load],
        "mean_wait": limits.mean_wait[load],
    }
    for name, most in allowed.items():
        error = 100 * (getattr(shown, name) / getattr(happened, name) - 1)
        if abs(error) > most:
            yield f"{name} {error:+.1f} %, at most {most:g} %"
    if level > limits.service_level:
        yield f"a service level {level:.1f} points off, at most {limits.service_level:g}"
    hourly = hourly_error(hours(watched, watcher))
    if not watched.scenario.untold and hourly > limits.hourly:
        yield f"{hourly:.1f} points by the hour, at most {limits.hourly:g}"


def late(watcher: Watcher) -> Iterator[str]:
    """Whether fewer than nine of ten outcomes are decided within two intervals of the leave."""
    delays = [each.moment - each.leave.last.received - each.leave.elapsed for each in watcher.decisions]
    quick = sum(delay <= 2 * watcher.interval + 1 for delay in delays) / len(delays)
    if quick < 0.9:
        yield f"{quick:.0%} of the outcomes are decided within two intervals"


def uncovered(found: list[Hour]) -> Iterator[str]:
    """Whether bands of two standard errors hold the truth in fewer than eight of ten hours."""
    judged = [hour for hour in found if hour.error]
    held = sum(abs(hour.shown - hour.happened) <= 1.96 * hour.error for hour in judged)
    if held < 0.8 * len(judged):
        yield f"bands hold the truth in {held} of {len(judged)} hours"
