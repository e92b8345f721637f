"""What truly happens in a simulated centre, for each alert that it may justify."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import Final, NamedTuple

from benchmarks.accuracy.judging import service_level, waits_at
from benchmarks.accuracy.watching import SERVED
from exporter.config.settings import Target
from exporter.simulator.centre import Centre
from exporter.simulator.options import CentreOptions
from exporter.simulator.truth import Stay

_STEP: Final = 5.0  # seconds between two looks at the agents
_LOOKS: Final = 30.0  # seconds between two looks for a reason
_QUARTER, _HOUR = 900.0, 3600.0


class Fired(NamedTuple):
    """An alert that fired at some time in the few minutes before a moment."""

    at: float
    """Seconds of the day."""
    name: str
    severity: str
    queue: str
    """Its id; empty for an alert of the account."""


class Agents(NamedTuple):
    """What agents have done up to a second of the day."""

    second: float
    ready: float = 0.0
    """Agents times looks, in status login."""
    busy: float = 0.0
    """Of these, on a call."""
    answered: float = 0.0
    """Incoming calls."""
    missed: float = 0.0
    """Rings that nobody answered where they rang."""

    def since(self, earlier: Agents) -> Agents:
        """What came after an earlier second."""
        return Agents(*(now - before for now, before in zip(self, earlier, strict=True)))


class Day:
    """A day, simulated once from beginning to end."""

    def __init__(self, options: CentreOptions, start: float, seconds: float) -> None:
        centre = Centre(options, start)
        self._start = start
        self._agents = [Agents(0.0)]
        for step in range(int(seconds / _STEP) + 1):
            centre.advance_to(start + step * _STEP)
            self._agents.append(_look(centre, step * _STEP, self._agents[-1]))
        self._stays: dict[str, list[Stay]] = {}
        for stay in centre.truth.stays:
            self._stays.setdefault(str(stay.queue_id), []).append(stay)
        self._served = {
            queue: sorted((stay for stay in stays if stay.outcome in SERVED), key=_left)
            for queue, stays in self._stays.items()
        }

    @property
    def levels(self) -> dict[str, float]:
        """The service level of each queue over the day, by its id."""
        return {queue: service_level(served) for queue, served in self._served.items()}

    def justifies(self, fired: Fired, since: float, target: Target) -> bool:
        """Whether what an alert says was true at some moment from then on, up to when it fired."""
        is_true = _REASONS.get(fired.name)
        if is_true is None:
            return False
        steps = range(int((fired.at - since) / _LOOKS) + 1)
        return any(is_true(self, fired, fired.at - step * _LOOKS, target) for step in steps)

    def waiting(self, queue: str, second: float) -> list[float]:
        """How long each caller of a queue has waited, in seconds."""
        now = self._start + second
        return [now - stay.join for stay in self._stays[queue] if waits_at(stay, now)]

    def hour(self, queue: str, second: float) -> list[Stay]:
        """The callers of a queue who were answered or gave up within the hour before."""
        served, now = self._served[queue], self._start + second
        first, last = (bisect_right(served, at, key=_left) for at in (now - _HOUR, now))
        return served[first:last]

    def quarter(self, second: float) -> Agents:
        """What agents did within the 15 minutes before."""
        first, last = (bisect_right(self._agents, (at,)) for at in (second - _QUARTER, second + _STEP / 2))
        return self._agents[max(0, last - 1)].since(self._agents[max(0, first - 1)])


def _left(stay: Stay) -> float:
    assert stay.leave is not None
    return stay.leave


def _look(centre: Centre, second: float, before: Agents) -> Agents:
    ready, busy = centre.working()
    incoming = centre.truth.directions.get("Incoming")
    return Agents(
        second,
        before.ready + ready,
        before.busy + busy,
        incoming.answered if incoming else 0,
        centre.truth.rings_unanswered,
    )


def _waits_long(day: Day, fired: Fired, second: float, target: Target) -> bool:
    limit = getattr(target.wait_limit, fired.severity)
    return limit is not None and max(day.waiting(fired.queue, second), default=0.0) > limit


def _is_full(day: Day, fired: Fired, second: float, target: Target) -> bool:
    return target.callers_limit is not None and len(day.waiting(fired.queue, second)) > target.callers_limit


def _is_late(day: Day, fired: Fired, second: float, target: Target) -> bool:
    ratio, served = target.service_level.ratio, day.hour(fired.queue, second)
    return ratio is not None and bool(served) and service_level(served) < ratio


def _loses(day: Day, fired: Fired, second: float, target: Target) -> bool:
    ratio, served = target.service_level.ratio, day.hour(fired.queue, second)
    lost = sum(stay.outcome == "unanswered" for stay in served)
    return ratio is not None and lost > (1 - ratio) * len(served)


def _is_busy(day: Day, _: Fired, second: float, __: Target) -> bool:
    agents = day.quarter(second)
    return agents.busy > 0.9 * agents.ready


def _rings_in_vain(day: Day, _: Fired, second: float, __: Target) -> bool:
    agents = day.quarter(second)
    return agents.missed > 0.75 * (agents.missed + agents.answered)


_REASONS: Final[dict[str, Callable[[Day, Fired, float, Target], bool]]] = {
    "VoicenterQueueWaitLong": _waits_long,
    "VoicenterQueueBacklog": _is_full,
    "VoicenterServiceLevelLow": _is_late,
    "VoicenterUnansweredHigh": _loses,
    "VoicenterOccupancyHigh": _is_busy,
    "VoicenterRingsNotAnswered": _rings_in_vain,
}
"""Per alert what it says. No other is ever true of these centres: agents come to work, and answers come."""
