"""Failed attempts, long silences, reloads: what is counted, what is not, and what is said to be unknown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from exporter.history import Histogram, QueueTarget
from tests.history.watch import At, Waiting, Watch, dialing, talking


@pytest.mark.parametrize(("failed", "gaps"), [(0, 0), (1, 0), (2, 0), (3, 1), (30, 1)])
@pytest.mark.parametrize("fails", [("extensions",), ("queues",), ("extensions", "queues")])
def test_a_gap_is_more_than_three_intervals_between_usable_answers(
    failed: int, gaps: int, fails: tuple[str, ...]
) -> None:
    watch = Watch()
    for _ in range(6):
        watch.see()
    for _ in range(failed):
        watch.see(fails=fails)
    watch.see()
    watch.see()
    assert watch.totals.gaps == gaps


def test_an_hour_without_attempts_is_a_gap() -> None:
    watch = Watch()
    for _ in range(6):
        watch.see()
    watch.see(after=3600)
    watch.see()
    assert watch.totals.gaps == 1


def test_a_late_attempt_after_two_failed_ones_is_no_gap() -> None:
    watch = Watch()
    for _ in range(6):
        watch.see()
    watch.see(fails=("extensions", "queues"))
    watch.see(fails=("extensions", "queues"))
    watch.see(after=5.2)
    assert watch.totals.gaps == 0


def test_answers_that_never_came_are_no_gap_at_the_start() -> None:
    watch = Watch()
    for _ in range(10):
        watch.see(fails=("extensions", "queues"))
    watch.see()
    assert watch.totals.gaps == 0


def test_an_account_that_fails_for_an_hour_and_comes_back() -> None:
    watch = Watch()
    for _ in range(6):
        watch.see()
    watch.see(
        Waiting("gone", 5),
        Waiting("stays", 5),
        Waiting("moves", 5),
        Waiting("talks", 5),
        dialing("out", "100"),
    )
    for _ in range(720):
        watch.see(fails=("extensions", "queues"))
    since = watch.now
    shown: list[Waiting | At] = [
        Waiting("stays", since + 5 - 25),
        Waiting("moves", 100, queue="2"),
        Waiting("new", 9),
        talking("talks", "101", answered=since),
    ]
    watch.see(*shown)
    watch.see(*shown)
    assert watch.totals.gaps == 1
    assert watch.queue().joins == 5
    assert watch.leaves() == {"unknown": 1, "transferred": 1, "answered": 1}
    assert watch.totals.calls_ended == {"outgoing": 1}
    assert watch.totals.calls_started == {"outgoing": 1, "incoming": 1}


def test_new_bucket_bounds_restart_that_histogram_alone() -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 5), talking("b", answered=1))
    watch.see()
    watch.see()
    watch.history.reconfigure(replace(watch.settings(), wait_buckets=(7.0, 15.0)))
    waits = watch.queue().waits["unanswered"]
    assert (waits.bounds, waits.count, waits.sum) == ((7.0, 15.0), 0, 0.0)
    assert watch.queue().joins == 1
    assert watch.leaves() == {"unanswered": 1}
    assert watch.totals.talk["incoming"].count == 1
    watch.see(Waiting("c", 5))
    watch.see()
    watch.see()
    assert waits.counts == [0, 1, 0]
    watch.queues["3"] = "New"
    watch.see()
    assert watch.queue("3").waits["answered"].bounds == (7.0, 15.0)


def test_a_reload_keeps_everything_else() -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 5), Waiting("b", 5), talking("c", answered=1))
    watch.see(Waiting("b", 10), talking("c", answered=1))
    watch.history.reconfigure(
        replace(watch.settings(), min_interval=10.0, target_of=lambda *_: QueueTarget(6.0))
    )
    watch.see(talking("b", "101", answered=12), talking("c", answered=1))
    watch.see(talking("b", "101", answered=12), talking("c", answered=1))
    assert watch.queue().joins == 2
    assert watch.leaves() == {"unanswered": 1, "answered": 1}
    assert watch.queue().answered_within_target == 0
    assert watch.totals.calls_started == {"incoming": 2}


def test_a_bucket_holds_its_upper_bound() -> None:
    histogram = Histogram((10.0, 20.0))
    for seconds in (-1, 0, 10, 10.1, 20, 21):
        histogram.observe(seconds)
    assert histogram.counts == [3, 2, 1]
    assert histogram.count == 6
    assert histogram.sum == pytest.approx(61.1)
