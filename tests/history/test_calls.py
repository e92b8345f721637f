"""Distinct calls: started, answered, ended, and the time talked."""

from __future__ import annotations

import pytest

from tests.history.watch import At, Waiting, Watch, dialing, ringing, talking


def talk(watch: Watch, direction: str = "incoming") -> tuple[float, float]:
    """How many talks were observed and their sum in seconds."""
    histogram = watch.totals.talk.get(direction)
    return (histogram.count, round(histogram.sum, 6)) if histogram else (0, 0.0)


def test_a_call_starts_is_answered_and_ends_once() -> None:
    watch = Watch()
    watch.see()
    watch.see(ringing("a"))
    watch.see(talking("a", answered=7))
    watch.see(talking("a", answered=7))
    watch.see()
    watch.see()
    watch.see()
    assert watch.totals.calls_started == watch.totals.calls_answered == {"incoming": 1}
    assert watch.totals.calls_ended == {"incoming": 1}


# A call has ended when its id is absent everywhere for one further attempt.


def test_a_call_has_ended_when_its_id_is_absent_for_one_further_attempt() -> None:
    watch = Watch()
    watch.see()
    watch.see(dialing("a"))
    watch.see()
    assert watch.totals.calls_ended == {}
    watch.see()
    assert watch.totals.calls_ended == {"outgoing": 1}


def test_a_call_that_is_back_at_the_further_attempt_has_not_ended() -> None:
    watch = Watch()
    watch.see()
    watch.see(dialing("a"))
    watch.see()
    watch.see(dialing("a"))
    watch.see()
    assert watch.totals.calls_ended == {}


def test_absent_everywhere_means_queues_too() -> None:
    watch = Watch()
    watch.see()
    watch.see(ringing("a"), Waiting("a", 5))
    watch.see(Waiting("a", 10))
    watch.see(Waiting("a", 15))
    watch.see(Waiting("a", 20))
    assert watch.totals.calls_ended == {}
    watch.see()
    watch.see()
    assert watch.totals.calls_ended == {"incoming": 1}


def test_the_further_attempt_is_counted_anew_after_a_stay_in_a_queue() -> None:
    watch = Watch()
    watch.see()
    watch.see(ringing("a"))
    watch.see()
    watch.see(Waiting("a", 5))
    watch.see()
    assert watch.totals.calls_ended == {}
    watch.see()
    assert watch.totals.calls_ended == {"incoming": 1}


# A failed answer, or an `empty` extensions answer together with the queues of the same attempt, is never
# "everybody hung up".


@pytest.mark.parametrize("fails", [("extensions",), ("queues",), ("extensions", "queues")])
def test_a_failed_answer_is_never_everybody_hung_up(fails: tuple[str, ...]) -> None:
    watch = Watch()
    talks, waits = talking("a", answered=1), Waiting("b", 5, joined=0)
    watch.see()
    watch.see(talks, waits)
    for _ in range(5):
        watch.see(
            *[each for each in (talks, waits) if "extensions" not in fails or each is waits], fails=fails
        )
    assert watch.totals.calls_ended == {}
    assert watch.leaves() == {}


def test_an_empty_extensions_answer_is_never_everybody_hung_up_with_the_queues_of_the_same_attempt() -> None:
    watch = Watch()
    watch.see(talking("a", answered=1), Waiting("b", 5))
    for _ in range(5):
        watch.see(empty=True)
    assert watch.totals.calls_ended == {}
    assert watch.leaves() == {}
    assert watch.undecided() == 0
    watch.see(Waiting("b", 35), Waiting("c", 1))
    assert watch.queue().joins == 1


def test_calls_end_while_the_queues_fail() -> None:
    watch = Watch()
    watch.see()
    watch.see(talking("a", answered=4))
    for _ in range(3):
        watch.see(fails=("queues",))
    assert watch.totals.calls_ended == {"incoming": 1}


def test_a_caller_last_seen_in_a_queue_has_not_ended_while_the_queues_fail() -> None:
    watch = Watch()
    watch.see()
    watch.see(ringing("a"), Waiting("a", 5))
    for _ in range(3):
        watch.see(fails=("queues",))
    assert watch.totals.calls_ended == {}
    watch.see()
    watch.see()
    assert watch.totals.calls_ended == {"incoming": 1}


# An internal call seen from both sides in one snapshot counts as outgoing.


@pytest.mark.parametrize("caller", ["100", "102"])
def test_an_internal_call_seen_from_both_sides_in_one_snapshot_counts_as_outgoing(caller: str) -> None:
    watch = Watch()
    watch.see()
    for answered in (None, 9, 9):
        make = ringing if answered is None else talking
        called = make("a", "101", answered=answered)
        watch.see(At(caller, "a", "Dialing", "Outgoing", answered=answered), called)
    watch.see()
    watch.see()
    assert watch.totals.calls_started == watch.totals.calls_answered == {"outgoing": 1}
    assert watch.totals.calls_ended == {"outgoing": 1}
    assert talk(watch, "outgoing")[0] == 1


def test_the_direction_is_that_of_the_first_leg_seen() -> None:
    watch = Watch()
    watch.see()
    watch.see(ringing("a"))
    watch.see(ringing("a"), dialing("a", "101"))
    watch.see(talking("a", "102", direction="Click2Call", answered=14))
    assert watch.totals.calls_started == watch.totals.calls_answered == {"incoming": 1}


@pytest.mark.parametrize(
    ("raw", "direction"),
    [
        ("Click2Call", "click2call"),
        ("Spy", "spy"),
        ("OUTGOING", "outgoing"),
        ("Sideways", "unknown"),
        ("", "unknown"),
    ],
)
def test_any_direction_is_counted_under_its_canonical_name(raw: str, direction: str) -> None:
    watch = Watch()
    watch.see()
    watch.see(talking("a", direction=raw, answered=4))
    watch.see()
    watch.see()
    assert watch.totals.calls_started == watch.totals.calls_ended == {direction: 1}
    assert talk(watch, direction)[0] == 1


# Started and answered ignore what the first snapshot already holds; ended does not.


def test_started_and_answered_ignore_what_the_first_snapshot_already_holds_ended_does_not() -> None:
    watch = Watch()
    watch.see(talking("a", answered=-60), ringing("b", "101"))
    watch.see(talking("a", answered=-60), talking("b", "101", answered=3))
    watch.see()
    watch.see()
    assert watch.totals.calls_started == {}
    assert watch.totals.calls_answered == {"incoming": 1}  # the one that was answered later
    assert watch.totals.calls_ended == {"incoming": 2}


def test_a_caller_who_waits_in_the_first_snapshot_does_not_start_later() -> None:
    watch = Watch()
    watch.see(Waiting("a", 5))
    watch.see(Waiting("a", 10), ringing("a"))
    watch.see(talking("a", answered=9))
    assert watch.totals.calls_started == {}
    assert watch.totals.calls_answered == {"incoming": 1}


def test_a_caller_who_waits_starts_as_a_call_with_the_first_leg() -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 5))
    assert watch.totals.calls_started == {}
    watch.see(Waiting("a", 10), ringing("a"))
    assert watch.totals.calls_started == {"incoming": 1}


def test_several_legs_of_one_call_are_one_call() -> None:
    watch = Watch()
    watch.see()
    watch.see(ringing("a", "100"), ringing("a", "101"), ringing("a", "102"))
    watch.see(talking("a", "101", answered=9))
    watch.see()
    watch.see()
    assert watch.totals.calls_started == watch.totals.calls_answered == {"incoming": 1}
    assert watch.totals.calls_ended == {"incoming": 1}


@pytest.mark.parametrize(
    "leg",
    [
        At("100", "a", "Talking"),
        At("100", "a", "Hold"),
        At("100", "a", "Parked", answered=4),
        At("100", "a", "Ringing", answered=4),
    ],
)
def test_answered_is_an_epoch_a_mark_or_a_status(leg: At) -> None:
    watch = Watch()
    watch.see()
    watch.see(leg)
    assert watch.totals.calls_answered == {"incoming": 1}


def test_legs_without_a_call_id_are_not_followed() -> None:
    watch = Watch()
    watch.see()
    watch.see(talking(""))
    watch.see()
    watch.see()
    assert watch.totals.calls_started == watch.totals.calls_ended == {}


def test_a_call_that_comes_back_after_some_minutes_is_not_counted_twice() -> None:
    watch = Watch()
    watch.see()
    watch.see(ringing("a"))
    for _ in range(40):
        watch.see()
    assert watch.totals.calls_ended == {"incoming": 1}
    watch.see(talking("a", answered=210))
    watch.see(talking("a", answered=210))
    watch.see()
    watch.see()
    watch.see()
    assert watch.totals.calls_started == watch.totals.calls_ended == {"incoming": 1}
    assert watch.totals.calls_answered == {"incoming": 1}
    assert talk(watch)[0] == 1


def test_the_talk_of_a_call_that_comes_back_is_not_counted_twice() -> None:
    watch = Watch()
    watch.see()
    for _ in range(2):
        watch.see(talking("a", answered=4))
        watch.see()
        watch.see()
    assert watch.totals.calls_answered == watch.totals.calls_ended == {"incoming": 1}
    assert talk(watch)[0] == 1


# answer to disappearance, hold included, observed once per call


def test_the_talk_of_a_call_that_comes_back_is_from_its_own_answer_to_its_own_end() -> None:
    watch = Watch()
    watch.see()
    watch.see(dialing("a"))
    watch.see()
    watch.see()
    assert watch.totals.calls_ended == {"outgoing": 1}
    watch.see(talking("a", answered=17))
    for _ in range(3):
        watch.see(talking("a", answered=17))
    watch.see()
    assert talk(watch, "outgoing") == (0, 0.0)
    watch.see()
    assert talk(watch, "outgoing") == (1, 37.5 - 17.5)  # the middles between two answers


def test_talk_is_from_answer_to_disappearance_hold_included() -> None:
    watch = Watch()
    watch.see(Waiting("z", 1))  # tells the vendor's clock
    watch.see(ringing("a"), Waiting("z", 6))
    watch.see(talking("a", answered=7), Waiting("z", 11))
    watch.see(At("100", "a", "Hold", answered=7), Waiting("z", 16))
    watch.see(talking("a", answered=7), Waiting("z", 21))
    watch.see()
    watch.see()
    assert talk(watch) == (1, 22.5 - 7)


@pytest.mark.parametrize(("one", "other"), [(9, 7), (7, 9)])
def test_talk_begins_with_the_first_of_several_answers(one: float, other: float) -> None:
    watch = Watch()
    watch.see(Waiting("z", 1))
    watch.see(ringing("a"), Waiting("z", 6))
    watch.see(talking("a", answered=one), talking("a", "101", answered=other), Waiting("z", 11))
    watch.see()
    watch.see()
    assert talk(watch) == (1, 12.5 - 7)


def test_talk_without_an_epoch_begins_between_the_last_answer_without_and_the_first_with() -> None:
    watch = Watch()
    watch.see()
    watch.see(ringing("a"))
    watch.see(talking("a"))
    watch.see(talking("a"))
    watch.see()
    watch.see()
    assert talk(watch) == (1, 17.5 - 7.5)


def test_talk_of_a_call_of_the_first_snapshot_is_measured_by_the_vendors_clock() -> None:
    watch = Watch(clock_offset=10_800)
    watch.see(talking("a", answered=-100), Waiting("z", 1))
    watch.see()
    watch.see()
    assert talk(watch) == (1, 102.5)


def test_talk_is_not_observed_when_nothing_tells_its_beginning() -> None:
    watch = Watch()
    watch.see(talking("a"))
    watch.see()
    watch.see()
    assert watch.totals.calls_ended == {"incoming": 1}
    assert talk(watch) == (0, 0.0)


def test_talk_is_not_observed_when_a_gap_hides_its_beginning() -> None:
    watch = Watch()
    for _ in range(6):
        watch.see()
    watch.see(talking("a"), after=3600)
    watch.see()
    watch.see()
    assert watch.totals.calls_ended == {"incoming": 1}
    assert talk(watch) == (0, 0.0)


def test_talk_is_not_observed_when_a_gap_hides_its_end() -> None:
    watch = Watch()
    watch.see()
    watch.see(talking("a", answered=4))
    for _ in range(10):
        watch.see(fails=("extensions",))
    watch.see()
    watch.see()
    assert watch.totals.calls_ended == {"incoming": 1}
    assert talk(watch) == (0, 0.0)


def test_a_clock_that_is_set_during_a_talk_does_not_lengthen_it() -> None:
    watch = Watch()
    watch.see(Waiting("z", 1))
    watch.see(ringing("a"), Waiting("z", 6))
    watch.see(talking("a", answered=7), Waiting("z", 11))
    watch.clock_offset = 3600
    answered = 7 - 3600  # the epoch as it was written
    for waited in (1, 6, 11):
        watch.see(talking("a", answered=answered), Waiting("y", waited))
    watch.see()
    watch.see()
    assert watch.totals.clock_offset == 3600
    count, seconds = talk(watch)
    assert count == 1
    assert seconds == pytest.approx(27.5 - 7, abs=5)


def test_talk_never_falls_below_zero() -> None:
    watch = Watch()
    watch.see(Waiting("z", 1))
    watch.see(talking("a", answered=500), Waiting("z", 6))
    watch.see()
    watch.see()
    assert talk(watch)[0] == 1
    assert talk(watch)[1] >= 0
