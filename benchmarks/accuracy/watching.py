"""A simulated centre, watched by several histories at once through the exporter's own decoder."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple
from unittest.mock import patch

from benchmarks.accuracy.predicting import Predictions
from benchmarks.accuracy.working import Work, happened
from exporter.api.snapshot import ExtensionsSnapshot, QueuesSnapshot, read_extensions, read_queues
from exporter.history import History, HistorySettings, QueueTarget, Round
from exporter.history import queues as deciding
from exporter.history.call import Call
from exporter.history.outcome import Circumstances, Leave, Outcome, decide
from exporter.simulator.centre import Centre
from exporter.simulator.options import CentreOptions
from exporter.simulator.shapes import EpochClock
from exporter.simulator.truth import CallRecord, Stay

WAIT_BUCKETS = (10.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 300.0, 600.0, 900.0, 1800.0)
SERVICE_LEVEL_SECONDS = 20.0
MIN_INTERVAL = 5.0
HOUR = 3600.0
SERVED = ("answered", "unanswered")
_LATENCY = (0.03, 0.3)  # seconds from a request to the moment that its answer shows


@dataclass(frozen=True)
class Scenario:
    """What is watched: `seconds` of a centre from `start` (Unix seconds) on."""

    load: str
    zone: str = "UTC"
    start: float = 1_769_990_400.0  # 2 February 2026
    seconds: float = 86_400.0
    odd: float = 0.06
    untold: float = 0.0
    each_minute: bool = False
    seed: int = 1
    agents: int = 40
    patience: float = 240.0


@dataclass(frozen=True)
class Answers:
    """One attempt's answers and the moments (Unix seconds) that they show."""

    began: float
    extensions: ExtensionsSnapshot
    extensions_moment: float
    queues: QueuesSnapshot
    queues_moment: float


class Decision(NamedTuple):
    """A leave and what the history made of it."""

    leave: Leave
    outcome: Outcome
    moment: float
    """The newest moment that the history knew of."""
    attempts: int
    """How many attempts the watcher had made."""


class Reading(NamedTuple):
    """What the counters of all queues show at one moment: estimates of callers since the start."""

    moment: float
    """Unix seconds."""
    served: float
    """Answered or left unanswered."""
    within: float
    """Answered within the target."""
    variance: float
    """Of `served`, from what no answer showed."""
    within_variance: float


@dataclass
class Watcher:
    """A history that asks every `interval` seconds; each of its requests fails with the chance `failures`."""

    interval: float
    failures: float = 0.0
    short: float | None = None
    """Seconds up to which callers who hang up are `short`."""
    history: History = field(init=False)
    decisions: list[Decision] = field(default_factory=list)
    attempts: list[float] = field(default_factory=list)
    """When it asked, monotonic seconds."""
    extensions_moments: list[float] = field(default_factory=list)
    queues_moments: list[float] = field(default_factory=list)
    """The moments that usable answers showed."""
    readings: list[Reading] = field(default_factory=list)
    """One at each full hour."""
    predictions: Predictions = field(default_factory=Predictions)
    """Noted if no attempt fails."""

    def __post_init__(self) -> None:
        target = QueueTarget(SERVICE_LEVEL_SECONDS, self.short)
        self.history = History(HistorySettings(WAIT_BUCKETS, MIN_INTERVAL, lambda *_: target, 43_200.0, True))
        self._random = Random(f"{self.interval}/{self.failures}")
        self._now = 0.0

    def watch(self, answers: Answers) -> None:
        """Make one attempt."""
        extensions = None if self._fails() else answers.extensions
        queues = None if self._fails() else answers.queues
        if extensions:
            self.extensions_moments.append(answers.extensions_moment)
        if queues:
            self.queues_moments.append(answers.queues_moment)
        self.attempts.append(answers.began)
        observed = Round(answers.began, extensions, queues, answers.extensions_moment, answers.queues_moment)
        self._now = max(answers.extensions_moment, answers.queues_moment)
        with patch.object(deciding, "decide", self._decide):
            self.history.observe(observed)
        if queues and not self.failures:
            self.predictions.note(answers.queues_moment, queues, self.history.totals)
        if queues and answers.began >= HOUR * len(self.readings):
            self.readings.append(self._reading(answers.queues_moment))

    def _reading(self, moment: float) -> Reading:
        queues = list(self.history.totals.queues.values())
        return Reading(
            moment,
            sum(queue.leaves[name] for queue in queues for name in SERVED),
            sum(queue.answered_within_target for queue in queues),
            sum(queue.leaves_variance[name] for queue in queues for name in SERVED),
            sum(queue.answered_within_target_variance for queue in queues),
        )

    def _fails(self) -> bool:
        """The first attempts succeed, so that every watcher begins at the same moment."""
        return len(self.queues_moments) > 2 and self._random.random() < self.failures

    def _decide(
        self, leave: Leave, call: Call | None, is_elsewhere: bool, circumstances: Circumstances
    ) -> Outcome | None:
        outcome = decide(leave, call, is_elsewhere, circumstances)
        if outcome is not None:
            self.decisions.append(Decision(leave, outcome, self._now, len(self.attempts)))
        return outcome


@dataclass(frozen=True)
class Watched:
    """A scenario, what happened in it, and who watched."""

    scenario: Scenario
    stays: list[Stay]
    calls: list[CallRecord]
    clock: EpochClock
    ended: float
    """Unix seconds."""
    watchers: list[Watcher]
    work: Work
    """What agents did after the first answers."""


def watch(scenario: Scenario, watchers: list[Watcher]) -> Watched:
    """Simulate a centre and let everybody watch it; intervals are whole multiples of the shortest one."""
    options = CentreOptions(
        agents=scenario.agents,
        load=scenario.load,
        zone=scenario.zone,
        odd=scenario.odd,
        untold=scenario.untold,
        each_minute=scenario.each_minute,
        patience_seconds=scenario.patience,
        seed=scenario.seed,
    )
    centre = Centre(options, scenario.start)
    random = Random(f"latency {scenario.seed}")
    step = min(watcher.interval for watcher in watchers)
    before: Work | None = None
    for number in range(int(scenario.seconds / step)):
        began = number * step
        answers = _ask(centre, scenario.start, began, random)
        before = before or happened(centre.truth)
        for watcher in watchers:
            if began % watcher.interval == 0:
                watcher.watch(answers)
    truth = centre.truth
    work = happened(truth).since(before or happened(truth))
    return Watched(scenario, truth.stays, truth.calls, centre.clock, centre.now, watchers, work)


def _ask(centre: Centre, start: float, began: float, random: Random) -> Answers:
    """Both requests go out at once; either may be answered first."""
    extensions_moment, queues_moment = (start + began + random.uniform(*_LATENCY) for _ in range(2))
    moments = {"extensions": extensions_moment, "queues": queues_moment}
    bodies = {}
    for endpoint in sorted(moments, key=lambda each: moments[each]):
        centre.advance_to(moments[endpoint])
        bodies[endpoint] = centre.extensions_answer() if endpoint == "extensions" else centre.queues_answer()
    return Answers(
        began,
        read_extensions(bodies["extensions"], {}),
        extensions_moment,
        read_queues(bodies["queues"]),
        queues_moment,
    )
