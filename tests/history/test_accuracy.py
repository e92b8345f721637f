"""How true history is: a short form of `make accuracy`."""

from __future__ import annotations

import pytest

from benchmarks.accuracy import working
from benchmarks.accuracy.demands import broken, short_stays, unlike_chance
from benchmarks.accuracy.limits import beyond, hours, uncovered
from benchmarks.accuracy.shortness import shortness
from benchmarks.accuracy.watching import Scenario, Watched, Watcher, watch
from exporter.api.wire import Caller, Queue
from exporter.history import outcome, stays

SECONDS = 5400.0
NIGHT_OF_THE_STEP = (
    1_774_567_800.0  # 26 March 2026, 23:30 UTC: half an hour before Israel's clocks go forward
)
WAYS = [(5.0, 0.0), (5.0, 0.02), (15.0, 0.0), (60.0, 0.0), (60.0, 0.02)]


def run(scenario: Scenario) -> Watched:
    return watch(scenario, [Watcher(interval, failures) for interval, failures in WAYS])


def complaints(watched: Watched) -> list[str]:
    return [complaint for watcher in watched.watchers for complaint in broken(watched, watcher)]


@pytest.mark.parametrize("load", ["quiet", "busy", "overloaded"])
def test_what_could_be_seen_is_counted_once_and_judged_right(load: str) -> None:
    watched = run(Scenario(load, seconds=SECONDS))
    assert complaints(watched) == []
    for watcher in watched.watchers:
        if not watcher.failures:
            assert list(unlike_chance([short_stays(watched, watcher)])) == []


def test_a_daylight_saving_step_changes_nothing() -> None:
    watched = run(Scenario("busy", "Asia/Jerusalem", NIGHT_OF_THE_STEP, seconds=SECONDS))
    assert complaints(watched) == []
    assert watched.watchers[0].history.totals.clock_offset == pytest.approx(3 * 3600, abs=2)


@pytest.mark.long
def test_the_estimates_of_an_overloaded_centre_are_close() -> None:
    watched = watch(Scenario("overloaded", seconds=4 * SECONDS, seed=3), [Watcher(5.0), Watcher(15.0)])
    for watcher in watched.watchers:
        assert list(beyond(watched, watcher)) == []
        assert list(uncovered(hours(watched, watcher))) == []


def test_estimates_that_are_off_are_found_out() -> None:
    watched = watch(Scenario("overloaded", seconds=SECONDS), [Watcher(15.0)])
    for queue in watched.watchers[0].history.totals.queues.values():
        queue.joins *= 1.1
        queue.answered_within_target *= 1.5
    found = " ".join(beyond(watched, watched.watchers[0]))
    assert "joins" in found and "service level" in found


def test_a_wrong_rule_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcome, "GRACE", -10.0)
    assert any("contradict" in each for each in complaints(run(Scenario("busy", seconds=1200))))


def test_stays_counted_twice_are_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def flickering(queue: Queue) -> dict[str, Caller]:
        return {caller.call_id: caller for caller in queue.callers if caller.duration % 30 > 12}

    monkeypatch.setattr(stays, "_callers", flickering)
    assert any("stays were shown" in each for each in complaints(run(Scenario("busy", seconds=1200))))


@pytest.mark.long
def test_rings_holds_and_talk_at_extensions_are_close() -> None:
    watched = watch(Scenario("busy", seconds=2 * SECONDS), [Watcher(5.0), Watcher(15.0)])
    for watcher in watched.watchers:
        assert list(working.beyond(watched.work, working.shown(watcher.history.totals))) == []


def test_work_that_is_counted_wrongly_is_found_out() -> None:
    watched = watch(Scenario("busy", seconds=1200), [Watcher(5.0)])
    counted = working.shown(watched.watchers[0].history.totals)
    found = " ".join(working.beyond(watched.work, counted._replace(holds=0, hold_seconds=0, answered=9)))
    assert "hold_seconds -100.0 %" in found and "answered" in found


def test_callers_who_hang_up_early_are_counted_apart() -> None:
    scenario = Scenario("overloaded", seconds=2 * SECONDS, patience=30.0)
    (found,) = shortness(scenario, [5.0])
    assert found.happened.short > 50
    assert list(found.beyond()) == []
    assert list(found._replace(shown=found.happened._replace(short=9)).beyond()) != []
