"""Rings that an extension left unanswered."""

from __future__ import annotations

from math import log

import pytest

from tests.history.watch import At, Waiting, Watch, dialing, ringing, talking


def rings(watch: Watch) -> float:
    return watch.totals.rings_not_answered


def test_a_ring_that_is_gone_was_not_answered() -> None:
    watch = Watch()
    watch.see()
    watch.see(ringing("a"))
    watch.see(ringing("a"))
    assert rings(watch) == 0
    watch.see()
    assert rings(watch) == 1
    watch.see()
    assert rings(watch) == 1


def test_a_ring_that_is_gone_from_an_extension_with_another_call_was_not_answered() -> None:
    watch = Watch()
    watch.see()
    watch.see(ringing("a"), talking("b", answered=1))
    watch.see(talking("b", answered=1))
    assert rings(watch) == 1


@pytest.mark.parametrize("leg", [talking("a", answered=9), talking("a"), At("100", "a", "Hold")])
def test_a_ring_that_was_answered_there_does_not_count(leg: At) -> None:
    watch = Watch()
    watch.see()
    watch.see(ringing("a", started=4))
    watch.see(leg)
    watch.see()
    assert rings(watch) == 0


def test_of_extensions_that_ring_together_those_count_that_did_not_answer() -> None:
    watch = Watch()
    watch.see()
    watch.see(ringing("a", "100"), ringing("a", "101"), ringing("a", "102"))
    watch.see(talking("a", "101", answered=9))
    assert rings(watch) == 2


def test_a_ring_anew_tells_that_the_one_before_was_not_answered() -> None:
    watch = Watch()
    watch.see()
    watch.see(ringing("a", started=4))
    watch.see(ringing("a", started=9))
    assert rings(watch) == 1
    watch.see(talking("a", started=9, answered=14))
    assert rings(watch) == 1


def test_a_ring_anew_may_be_answered_before_the_next_snapshot() -> None:
    watch = Watch()
    watch.see()
    watch.see(ringing("a", started=4))
    watch.see(talking("a", started=6, answered=9))
    assert rings(watch) == 1


def test_a_tenant_may_show_the_answer_in_the_start_which_is_no_ring_anew() -> None:
    watch = Watch()
    watch.see()
    watch.see(ringing("a", started=4))
    watch.see(talking("a", started=9, answered=9), talking("b", "101", started=9))
    assert rings(watch) == 0


def test_the_next_extension_tells_that_the_one_before_did_not_answer() -> None:
    watch = Watch()
    watch.see()
    watch.see(ringing("a", "100"))
    watch.see(ringing("a", "101"))
    watch.see(talking("a", "101", answered=14))
    assert rings(watch) == 1


def test_a_clock_that_is_set_is_no_ring_anew() -> None:
    watch = Watch()
    watch.see()
    watch.see(ringing("a", started=4))
    watch.clock_offset = 3600
    watch.see(ringing("a", started=4))
    assert rings(watch) == 0


@pytest.mark.parametrize("direction", ["Outgoing", "Click2Call", "Spy", "Sideways"])
def test_only_incoming_legs_count(direction: str) -> None:
    watch = Watch()
    watch.see()
    watch.see(ringing("a", direction=direction), dialing("b", "101"))
    watch.see()
    assert rings(watch) == 0


def test_a_failed_answer_ends_no_ring() -> None:
    watch = Watch()
    watch.see()
    watch.see(ringing("a"))
    watch.see(fails=("extensions",))
    watch.see(ringing("a"))
    assert rings(watch) == 0


def test_a_ring_from_before_a_gap_may_have_been_answered() -> None:
    watch = Watch()
    watch.see()
    watch.see(ringing("a"))
    for _ in range(5):
        watch.see(fails=("extensions",))
    watch.see()
    assert rings(watch) == 0


def test_an_extension_without_a_name_is_known_by_its_id() -> None:
    watch = Watch()
    watch.see()
    watch.see(ringing("a", extension=""), ringing("b", extension="101"))
    watch.see(talking("a", extension="", answered=9))
    assert rings(watch) == 1


def test_a_ring_shorter_than_the_interval_stands_for_those_that_no_answer_showed() -> None:
    watch = Watch(interval=10)
    watch.see(Waiting("b", 3))  # tells the vendor's clock
    watch.see(ringing("a", started=6))  # 4 s old
    watch.see()
    assert rings(watch) == pytest.approx(log(10 / 4) + 4 / 10)


def test_a_ring_that_ended_with_the_answer_elsewhere_has_the_weight_of_its_length() -> None:
    watch = Watch(interval=10)
    watch.see(Waiting("b", 3))
    watch.see(ringing("a", "100", started=6), ringing("a", "101", started=6))
    watch.see(talking("a", "101", started=6, answered=11))
    assert rings(watch) == pytest.approx(10 / 5)


def test_a_ring_as_long_as_the_interval_counts_once() -> None:
    watch = Watch(interval=10)
    watch.see(Waiting("b", 3))
    watch.see(ringing("a", started=6))
    watch.see(ringing("a", started=6))
    watch.see()
    assert rings(watch) == 1


def test_the_time_from_a_ring_to_its_answer_is_observed_once() -> None:
    watch = Watch(interval=5)
    watch.see()
    watch.see(ringing("a", started=4))
    watch.see(talking("a", started=4, answered=9))
    watch.see(talking("a", started=4, answered=9))
    assert (watch.totals.rings.count, watch.totals.rings.sum) == (1, 5)


def test_a_ring_that_no_answer_showed_is_observed_too() -> None:
    watch = Watch(interval=5)
    watch.see()
    watch.see(talking("a", started=2, answered=4))
    assert (watch.totals.rings.count, watch.totals.rings.sum) == (1, 2)


def test_who_rings_anew_elsewhere_does_not_observe_the_first_ring_again() -> None:
    watch = Watch(interval=5)
    watch.see()
    watch.see(talking("a", "100", started=2, answered=4))
    for _ in range(3):
        watch.see(talking("a", "100", started=2, answered=4), ringing("a", "101", started=8))
    watch.see(talking("a", "100", started=2, answered=4), talking("a", "101", started=8, answered=24))
    assert (watch.totals.rings.count, watch.totals.rings.sum) == (2, 18)


def test_an_answer_without_its_moment_lies_between_the_two_snapshots() -> None:
    watch = Watch(interval=5)
    watch.see(Waiting("b", 3))  # tells the vendor's clock
    watch.see(ringing("a", started=4))
    watch.see(talking("a", started=4))
    watch.see(talking("a", started=4, answered=9))
    assert (watch.totals.rings.count, watch.totals.rings.sum) == (1, 3.5)


@pytest.mark.parametrize(
    "leg",
    [
        talking("a", started=4),  # never seen to ring
        talking("a", started=4, answered=4),  # answered at once
        talking("a", answered=4),
        At("100", "a", "Talking", direction="Outgoing", started=2, answered=4),
    ],
)
def test_a_leg_that_did_not_ring_is_no_ring(leg: At) -> None:
    watch = Watch(interval=5)
    watch.see(Waiting("b", 3))
    watch.see(leg)
    assert watch.totals.rings.count == 0


@pytest.mark.parametrize("shift", [3600, -3600])
def test_a_clock_that_is_set_between_ring_and_answer_makes_no_ring_of_an_hour(shift: int) -> None:
    watch = Watch(interval=5)
    watch.see()
    watch.see(ringing("a", started=4))
    watch.see(talking("a", started=4, answered=9 + shift))
    assert watch.totals.rings.count == 0


def test_answers_before_the_start_and_in_a_gap_are_no_rings() -> None:
    watch = Watch(interval=5)
    watch.see(talking("a", started=-4, answered=-2))
    watch.see()
    watch.see(talking("b", started=104, answered=106), after=300)
    assert watch.totals.rings.count == 0
