"""The vendor's clock: local time read as if it were UTC, daylight saving included."""

from __future__ import annotations

import pytest

from tests.history.watch import EPOCH, Waiting, Watch, ringing, talking


def test_the_offset_is_unknown_until_something_tells_it() -> None:
    watch = Watch(clock_offset=7200)
    watch.see(talking("a", answered=-1, started=-9))
    watch.see(Waiting("b", 5, joined=None))
    assert watch.totals.clock_offset is None


@pytest.mark.parametrize("offset", [0.0, 7200.0, 10_800.0, -18_000.0])
def test_a_waiting_caller_tells_the_vendors_now(offset: float) -> None:
    watch = Watch(clock_offset=offset)
    watch.see(Waiting("a", 300))
    assert watch.totals.clock_offset == offset


def test_with_nobody_waiting_new_legs_started_within_the_interval() -> None:
    watch = Watch(clock_offset=7200)
    watch.see()
    watch.see(ringing("a", started=1), ringing("b", "101", started=4))
    assert watch.totals.clock_offset == pytest.approx(7200, abs=2.5)


def test_legs_count_while_the_queues_fail() -> None:
    watch = Watch(clock_offset=7200)
    watch.see(fails=("queues",))
    watch.see(ringing("a", started=3), fails=("queues",))
    assert watch.totals.clock_offset == pytest.approx(7200, abs=2.5)


def test_legs_do_not_blur_what_callers_told() -> None:
    watch = Watch(clock_offset=7200)
    watch.see(Waiting("a", 3))
    watch.see(ringing("a", started=1))
    assert watch.totals.clock_offset == 7200


def test_a_caller_makes_exact_what_legs_told_roughly() -> None:
    watch = Watch(clock_offset=7200, interval=60)
    watch.see()
    watch.see(ringing("a", started=1))
    assert watch.totals.clock_offset == 7200 - 29
    watch.see(Waiting("b", 5), ringing("c", started=62))
    assert watch.totals.clock_offset == 7200
    watch.see(ringing("d", started=179))
    assert watch.totals.clock_offset == 7200


def test_odd_legs_change_nothing_while_somebody_waits() -> None:
    watch = Watch(clock_offset=7200)
    watch.see(Waiting("a", 3))
    watch.see(Waiting("a", 8), ringing("b", started=-5000))
    watch.see(Waiting("a", 13), ringing("c", started=-4995))
    watch.see(Waiting("a", 18), ringing("d", started=-4990))
    assert watch.totals.clock_offset == 7200


def test_legs_that_appeared_across_a_gap_tell_nothing() -> None:
    watch = Watch(clock_offset=7200)
    for _ in range(4):
        watch.see()
    watch.see(ringing("a", started=50), after=600)
    assert watch.totals.clock_offset is None


@pytest.mark.parametrize("step", [3600, -3600])
def test_a_daylight_saving_step_is_followed_when_two_answers_agree(step: float) -> None:
    watch = Watch(clock_offset=7200)
    watch.see(Waiting("a", 5))
    watch.clock_offset += step
    watch.see(Waiting("b", 2))
    assert watch.totals.clock_offset == 7200
    watch.see(Waiting("b", 7))
    assert watch.totals.clock_offset == 7200 + step


@pytest.mark.parametrize("step", [3600, -3600])
def test_a_step_is_followed_by_legs_alone(step: float) -> None:
    watch = Watch(clock_offset=7200)
    watch.see(Waiting("a", 5))
    watch.clock_offset += step
    watch.see(ringing("b", started=3))
    watch.see(ringing("c", "101", started=8))
    assert watch.totals.clock_offset == pytest.approx(7200 + step, abs=2.5)


def test_callers_from_before_a_step_do_not_hold_the_clock_back() -> None:
    watch = Watch(clock_offset=7200)
    watch.see(*[Waiting(f"old {n}", 60, joined=-60) for n in range(9)])
    for round_number in range(1, 6):
        old = [Waiting(f"old {n}", 60 + 5 * round_number, joined=-60 - 3600) for n in range(9)]
        watch.clock_offset = 7200 + 3600
        watch.see(*old, *[Waiting(f"new {n}", 5 * round_number - n) for n in range(3)])
    assert watch.totals.clock_offset == 7200 + 3600


def test_a_single_odd_value_moves_nothing() -> None:
    watch = Watch(clock_offset=7200)
    watch.see(Waiting("a", 5))
    watch.see(Waiting("b", 2, joined=-5000))
    watch.see(Waiting("c", 2))
    assert watch.totals.clock_offset == 7200


def test_two_odd_values_that_disagree_move_nothing() -> None:
    watch = Watch(clock_offset=7200)
    watch.see(Waiting("a", 5))
    watch.see(Waiting("b", 2, joined=-5000))
    watch.see(Waiting("c", 2, joined=-9000))
    assert watch.totals.clock_offset == 7200


def test_a_clock_that_drifts_is_followed() -> None:
    watch = Watch()
    for round_number in range(60):
        watch.clock_offset = float(round_number)
        watch.see(Waiting("a", 5 * round_number))
    assert watch.totals.clock_offset == 59


@pytest.mark.parametrize("step", [3600, -3600])
def test_an_answer_after_a_daylight_saving_step_is_an_answer_with_the_midpoint(step: float) -> None:
    watch = Watch(clock_offset=7200)
    watch.see()
    watch.see(Waiting("a", 5))
    watch.clock_offset += step
    watch.see(talking("a", answered=9), Waiting("b", 2))
    watch.see(talking("a", answered=9), Waiting("b", 7))
    assert watch.leaves() == {"answered": 1}
    assert watch.wait("answered") == 7.5


@pytest.mark.parametrize("step", [3600, -3600])
def test_a_lonely_caller_who_is_answered_after_a_daylight_saving_step_was_answered(step: float) -> None:
    watch = Watch(clock_offset=7200)
    watch.see()
    watch.see(Waiting("a", 5), ringing("a"))
    watch.clock_offset += step
    watch.see(talking("a", answered=9))
    watch.see(talking("a", answered=9))
    assert watch.leaves() == {"answered": 1}
    assert watch.wait("answered") == 7.5


def test_an_old_conversation_that_a_failed_answer_hid_is_no_answer() -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 5), fails=("extensions",))
    watch.see(talking("a", answered=-1000))
    watch.see(talking("a", answered=-1000))
    assert watch.leaves() == {"unanswered": 1}


@pytest.mark.parametrize("step", [3600, -3600])
def test_a_caller_who_waits_through_a_daylight_saving_step_is_answered_once(step: float) -> None:
    watch = Watch(clock_offset=7200)
    watch.see()
    watch.see(Waiting("a", 5))
    watch.clock_offset += step
    for waited in (10, 15, 20):
        watch.see(Waiting("a", waited, joined=-step), Waiting("b", waited - 8))
    watch.see(talking("a", answered=24), Waiting("b", 17))
    watch.see(talking("a", answered=24), Waiting("b", 22))
    assert watch.queue().joins == 2
    assert watch.leaves() == {"answered": 1}
    assert watch.wait("answered") == 22.5


@pytest.mark.parametrize("step", [3600, -3600])
def test_join_times_that_move_with_the_clock_keep_the_wait_exact(step: float) -> None:
    watch = Watch(clock_offset=7200)
    watch.see()
    watch.see(Waiting("a", 5))
    watch.clock_offset += step
    watch.see(Waiting("a", 10))
    watch.see(Waiting("a", 15))
    watch.see(talking("a", answered=18))
    watch.see(talking("a", answered=18))
    assert watch.queue().joins == 1
    assert watch.leaves() == {"answered": 1}
    assert watch.wait("answered") == 18


def test_our_own_clock_may_be_anything() -> None:
    watch = Watch(clock_offset=-EPOCH + 1000)
    watch.see(Waiting("a", 5))
    assert watch.totals.clock_offset == -EPOCH + 1000
