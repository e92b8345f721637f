"""What history has counted so far: counters and histograms, ready to be exported."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeVar

from exporter.api.outcomes import COUNTED, OUTCOMES, SHORT
from exporter.history.histogram import Histogram
from exporter.history.recent import RecentAnswers
from exporter.history.weights import Part, Weight

WAIT_OUTCOMES: Final = ("answered", "unanswered")
"""The outcomes whose waits are known well enough for a histogram."""

DOCUMENTED_DIRECTIONS: Final = ("incoming", "outgoing")
"""The directions of calls that the vendor documents: their series are there from the start."""

MENU_BUCKETS: Final = (2.0, 5.0, 10.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 300.0)
"""Upper bounds, in seconds, of the histogram of the time before a queue."""

RING_BUCKETS: Final = (3.0, 5.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0)
"""Upper bounds, in seconds, of the histogram of rings."""

TALK_BUCKETS: Final = (10.0, 30.0, 60.0, 120.0, 180.0, 300.0, 600.0, 900.0, 1800.0, 3600.0)
"""Upper bounds, in seconds, of the talk time histograms."""


Number = TypeVar("Number", int, float)


def add(totals: dict[str, Number], key: str, number: Number) -> None:
    """Raise one of several totals, which begin at 0."""
    totals[key] = totals.get(key, 0) + number


class QueueTarget(NamedTuple):
    """What the configuration says about judging the waits of a queue."""

    within: float | None = None
    """The wait in seconds that its service level allows; None without one."""
    short: float | None = None
    """The wait in seconds up to which somebody who hangs up is `short`; None: nobody is."""
    counts: frozenset[str] = frozenset(COUNTED)
    """The outcomes that its service level is a share of."""


@dataclass(slots=True)
class QueueTotals:
    """What happened in one queue since it was first seen."""

    id: str
    name: str
    """The newest name."""
    waits: dict[str, Histogram]
    """Waits of callers who left, per outcome of WAIT_OUTCOMES, and SHORT if the queue has that."""
    since: float = 0.0
    """When its counts began, Unix seconds."""
    menu: Histogram = field(init=False)
    """How long callers were on the line before they joined."""
    joins: float = 0
    """An estimate, as the next one and `answered_within_target`: with those that no answer showed."""
    leaves: dict[str, float] = field(default_factory=lambda: dict.fromkeys(OUTCOMES, 0.0))
    """Callers who left, per outcome of OUTCOMES, and SHORT if the queue has that."""
    answered_within_target: float = 0.0
    leaves_seen: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OUTCOMES, 0))
    """Callers who were seen before they left, per outcome."""
    leaves_variance: dict[str, float] = field(default_factory=lambda: dict.fromkeys(OUTCOMES, 0.0))
    """The variance that the sampling gives to `leaves`, per outcome."""
    answered_within_target_variance: float = 0.0
    service_level_calls: float = 0.0
    """An estimate of the callers whose outcome the service level counts."""
    service_level_calls_variance: float = 0.0
    waiting_seconds: float = 0.0
    """Callers times seconds."""
    last_answered_wait: float | None = None
    """Of the newest answered caller, seconds."""
    recent_answers: RecentAnswers = field(default_factory=RecentAnswers)

    def __post_init__(self) -> None:
        self.menu = Histogram(MENU_BUCKETS, self.since)

    def begin_short(self, waits: Histogram) -> None:
        """Count callers who hang up early apart from now on."""
        self.waits[SHORT] = waits
        self.leaves[SHORT] = self.leaves_variance[SHORT] = 0.0
        self.leaves_seen[SHORT] = 0

    def leave(self, outcome: str, wait: float | None, weight: Weight, target: QueueTarget) -> None:
        """Count a caller who left, and those whom the leave stands for."""
        more = weight.total - 1
        self.joins += more
        if outcome == "unanswered" and wait is not None and target.short is not None and SHORT in self.waits:
            short, late = weight.split(target.short, wait)
            self._count(SHORT, short, more, target)
            self._count(outcome, late, more, target)
            self.leaves_seen[SHORT if wait <= target.short else outcome] += 1
        else:
            self._count(outcome, Part(wait, weight), more, target)
            self.leaves_seen[outcome] += 1

    def _count(self, outcome: str, part: Part, more: float, target: QueueTarget) -> None:
        """Count a part of a leave that stands for so many more than itself: its variance is that often it."""
        number = part.weight.total
        self.leaves[outcome] += number
        self.leaves_variance[outcome] += number * more
        if outcome in target.counts:
            self.service_level_calls += number
            self.service_level_calls_variance += number * more
        if part.wait is None:
            return
        self.waits[outcome].observe_weighed(part.wait, part.weight)
        if outcome == "answered" and target.within is not None:
            within = part.weight.share_within(target.within, part.wait)
            self.answered_within_target += within
            self.answered_within_target_variance += within * more

    def note_answer(self, wait: float, at: float, number: float) -> None:
        """Remember, for estimates of a wait, that so many were answered after so many seconds."""
        self.last_answered_wait = wait
        self.recent_answers.add(at, number)


@dataclass(slots=True)
class ExtensionTotals:
    """One extension since it was first seen."""

    since: float
    """When its counts began, Unix seconds."""
    status: int
    """The vendor's code."""
    status_since: float
    """When it was first seen in this status, or the middle of the two answers that it changed between."""
    activity: str
    activity_since: float
    answered: dict[str, int] = field(default_factory=dict)
    """Calls answered there, per direction."""
    talk_seconds: dict[str, float] = field(default_factory=dict)
    rings_not_answered: float = 0.0
    """An estimate, with those that no answer showed."""
    seconds: dict[tuple[int, str], float] = field(default_factory=dict)
    """How long it was in each status (the vendor's code) and activity."""
    talks: tuple[str, ...] = ()
    """The direction of each leg that talks in the newest answer."""
    calls: frozenset[str] = frozenset()
    """The ids of the answered calls in the newest answer."""
    seen_at: float = 0.0
    """When the newest answer that shows it came, monotonic seconds."""


@dataclass(slots=True)
class Totals:
    """What happened in one account. All of it is live: read it under the lock that feeds the history."""

    since: float = 0.0
    """When the counts began, Unix seconds; 0 if unknown."""
    queues: dict[str, QueueTotals] = field(default_factory=dict)
    """Per queue id; a queue that is gone stays for an hour."""
    directions: dict[str, float] = field(default_factory=dict)
    """The directions of calls that have series, and when these began, Unix seconds."""
    calls_started: dict[str, int] = field(default_factory=dict)
    """Distinct calls per direction; one that never occurred is absent, here and in the next two."""
    calls_answered: dict[str, int] = field(default_factory=dict)
    calls_ended: dict[str, int] = field(default_factory=dict)
    talk: dict[str, Histogram] = field(default_factory=dict)
    """Per direction of `directions`."""
    rings_not_answered: float = 0.0
    """An estimate, with those that no answer showed."""
    rings: Histogram = field(init=False)
    """Seconds from a ring to its answer."""
    hold_seconds: dict[str, float] = field(default_factory=dict)
    """Leg-seconds on hold, per direction; one that never occurred is absent, here and in the next one."""
    holds: dict[str, int] = field(default_factory=dict)
    agent_seconds: dict[tuple[str, str], float] = field(default_factory=dict)
    """Agent-seconds per (status, activity)."""
    serves: dict[str, dict[str, float]] = field(default_factory=dict)
    """When each extension last rang or answered for a queue, by names and queue ids, monotonic seconds."""
    served_since: dict[str, float] = field(default_factory=dict)
    """When the first extension of each queue was learned, Unix seconds."""
    extensions: dict[str, ExtensionTotals] = field(default_factory=dict)
    """By their names, if counts for each extension are wanted."""
    clock_offset: float | None = None
    """The vendor's clock minus ours in seconds, None until it has been learned."""
    observed_seconds: float = 0.0
    """How long the history watched the queues, without gaps."""
    repeated_answers: int = 0
    """Answers of the queues that repeated the one before."""
    newest_at: float = 0.0
    """When the newest usable answer of the queues came, monotonic seconds."""
    gaps: int = 0
    """Times that more than three intervals passed between two usable answers of an endpoint."""
    line_calls_started: dict[str, int] = field(default_factory=dict)
    """Incoming calls per line, if numbers have names."""
    beginnings: int = 0
    """How often a queue, a direction or an extension began to be counted."""

    def __post_init__(self) -> None:
        self.rings = Histogram(RING_BUCKETS, self.since)
        for direction in DOCUMENTED_DIRECTIONS:
            self.begin_direction(direction, self.since)

    def begin_direction(self, direction: str, since: float) -> None:
        """Have series for calls of a direction from that moment on, unless there are some already."""
        if direction not in self.directions:
            self.directions[direction] = since
            self.talk[direction] = Histogram(TALK_BUCKETS, since)
            self.beginnings += 1

    def begin_queue(self, totals: QueueTotals) -> None:
        """Count what happens in a queue that is not counted yet."""
        self.queues[totals.id] = totals
        self.beginnings += 1
