"""One scenario watched, judged and reduced to what the tables and the verdict need."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from benchmarks.accuracy import working
from benchmarks.accuracy.demands import broken, long_stays, short_stays
from benchmarks.accuracy.judging import Figures, counted, estimated, judge, seen, truth
from benchmarks.accuracy.limits import SHORT, Hour, beyond, hours, late
from benchmarks.accuracy.predicting import Prediction
from benchmarks.accuracy.watching import Scenario, Watched, Watcher, watch
from benchmarks.accuracy.working import Work


@dataclass(frozen=True)
class Sight:
    """What a watcher saw and how exactly it judged that."""

    long_stays: int
    missed: int
    short_stays: tuple[int, float, float]
    """How many were seen, how many were to be expected, the standard error of that."""
    errors: dict[str, tuple[float, int]]
    """Per kind of wait: the largest error in seconds, of how many."""
    out_of_sight: dict[str, int]
    """Leaves whose real outcome (the key) lay between two answers."""


@dataclass(frozen=True)
class Report:
    """One watcher of one scenario."""

    scenario: Scenario
    interval: float
    failures: float
    happened: Figures
    counted: Figures
    estimated: Figures
    hours: list[Hour]
    predictions: dict[str, Prediction]
    """By predictor; empty if attempts failed."""
    sight: Sight
    done: Work
    """What agents did."""
    counted_done: Work
    complaints: list[str]

    def __str__(self) -> str:
        scenario = self.scenario
        return f"{scenario.load}, {scenario.zone}, every {self.interval:.0f} s, {self.failures:.0%} failed"


def report(scenario: Scenario, ways: list[tuple[float, float]]) -> list[Report]:
    """Watch a scenario in several ways: each an interval in seconds and a share of failed requests."""
    watched = watch(scenario, [Watcher(interval, failures) for interval, failures in ways])
    return [_report(watched, watcher) for watcher in watched.watchers]


def _report(watched: Watched, watcher: Watcher) -> Report:
    counted_done = working.shown(watcher.history.totals)
    is_plain = watcher.interval <= SHORT and not watcher.failures and not watched.scenario.untold
    return Report(
        scenario=watched.scenario,
        interval=watcher.interval,
        failures=watcher.failures,
        happened=truth(watched, watcher),
        counted=counted(watcher),
        estimated=estimated(watcher),
        hours=hours(watched, watcher),
        predictions=watcher.predictions.judged(watched.stays),
        sight=_sight(watched, watcher),
        done=watched.work,
        counted_done=counted_done,
        complaints=[
            *broken(watched, watcher),
            *beyond(watched, watcher),
            *(working.beyond(watched.work, counted_done) if is_plain else ()),
            *(late(watcher) if watched.scenario.untold else ()),
        ],
    )


def _sight(watched: Watched, watcher: Watcher) -> Sight:
    verdicts = judge(watched, watcher)
    long = long_stays(watched, watcher)
    kinds = {"told": verdicts.told, "untold": verdicts.untold, "unanswered": verdicts.unanswered}
    out_of_sight: Counter[str] = Counter()
    for (happened, _), number in verdicts.out_of_sight.items():
        out_of_sight[str(happened)] += number
    return Sight(
        long_stays=len(long),
        missed=sum(not seen(stay, watcher.queues_moments) for stay in long),
        short_stays=short_stays(watched, watcher),
        errors={kind: (max(map(abs, errors), default=0.0), len(errors)) for kind, errors in kinds.items()},
        out_of_sight=dict(out_of_sight),
    )
