"""What became of callers: each sentence of the rules for matching two snapshots."""

from __future__ import annotations

import pytest

from tests.history.watch import Waiting, Watch, ringing, talking


def left_at_10() -> Watch:
    """A caller who joined at second 0 and was last seen at 5, gone at 10, with no trace at an extension."""
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", waited=5))
    watch.see()
    return watch


# A stay is (queue_id, CallID); it is a new one when its `Duration` falls.


def test_a_stay_is_queue_id_and_call_id() -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 1, queue="1"), Waiting("b", 1, queue="1"), Waiting("a", 1, queue="2"))
    watch.see(Waiting("a", 6, queue="1"), Waiting("b", 6, queue="1"), Waiting("a", 6, queue="2"))
    assert watch.queue("1").joins == 2
    assert watch.queue("2").joins == 1
    assert watch.leaves("1") == watch.leaves("2") == {}


def test_a_stay_is_a_new_one_when_its_duration_falls() -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 4))
    watch.see(Waiting("a", 3))
    watch.see(Waiting("a", 8))
    assert watch.queue().joins == 2
    assert watch.leaves() == {"unanswered": 1}


def test_a_duration_that_stands_still_is_the_same_stay() -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 4, joined=1))
    watch.see(Waiting("a", 4, joined=1))
    watch.see(Waiting("a", 14, joined=1))
    assert watch.queue().joins == 1
    assert watch.leaves() == {}


# It was last seen at vendor time `JoinTime + Duration`.


def test_it_was_last_seen_at_join_time_plus_duration() -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", waited=2, joined=1))  # an answer of two seconds ago: last seen at second 3
    watch.see(talking("a", answered=3))
    watch.see(talking("a", answered=3))
    assert watch.leaves() == {"answered": 1}
    assert watch.wait("answered") == 2


# When it is gone, one more attempt is awaited


def test_one_more_attempt_is_awaited() -> None:
    watch = left_at_10()
    assert watch.leaves() == {}
    assert watch.undecided() == 1
    watch.see()
    assert watch.leaves() == {"unanswered": 1}
    assert watch.undecided() == 0


def test_an_answer_between_the_two_responses_is_neither_lost_nor_counted_twice() -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 5), ringing("a"))
    watch.see(ringing("a"))  # the extensions answered first, then an agent, then the queues
    watch.see(talking("a", answered=10))
    watch.see(talking("a", answered=10))
    assert watch.leaves() == {"answered": 1}
    assert watch.wait("answered") == 10


def test_an_answer_seen_before_the_leave_is_seen_counts() -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 5), talking("a", answered=5))  # the queues answered first, then an agent
    watch.see()  # a short talk: over
    watch.see()
    assert watch.leaves() == {"answered": 1}
    assert watch.wait("answered") == 5


def test_a_caller_who_is_back_at_the_next_attempt_and_waited_on_never_left() -> None:
    watch = left_at_10()
    watch.see(Waiting("a", 15))
    watch.see(Waiting("a", 20))
    assert watch.queue().joins == 1
    assert watch.leaves() == {}
    assert watch.undecided() == 0


# 1. the id waits in another queue → `transferred`


@pytest.mark.parametrize("attempt", ["the one that misses it", "the one awaited"])
def test_the_id_waits_in_another_queue(attempt: str) -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 5, queue="1"))
    watch.see(*([Waiting("a", 1, queue="2")] if attempt == "the one that misses it" else []))
    watch.see(*([Waiting("a", 1, queue="2")] if attempt == "the one awaited" else []))
    assert watch.leaves("1") == {"transferred": 1}
    assert watch.queue("1").waits["answered"].count == watch.queue("1").waits["unanswered"].count == 0
    assert watch.queue("2").joins == 1


def test_a_transfer_wins_over_an_answer() -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 5, queue="1"))
    watch.see(Waiting("a", 1, queue="2"), talking("a", answered=8))
    watch.see(Waiting("a", 6, queue="2"), talking("a", answered=8))
    assert watch.leaves("1") == {"transferred": 1}


# 2. an extension shows the id answered, not before it was last seen (3 s of grace) → `answered`,
#    wait = callAnswered - JoinTime


def test_an_extension_shows_the_id_answered() -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 5))
    watch.see(talking("a", answered=7.25))
    watch.see(talking("a", answered=7.25))
    assert watch.leaves() == {"answered": 1}
    assert watch.wait("answered") == 7.25
    assert watch.queue().answered_within_target == 1


@pytest.mark.parametrize(("answered", "outcome"), [(2.0, "answered"), (1.9, "unanswered")])
def test_not_before_it_was_last_seen_with_three_seconds_of_grace(answered: float, outcome: str) -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 5), talking("a", answered=answered))
    watch.see(talking("a", answered=answered))
    watch.see(talking("a", answered=answered))
    assert watch.leaves() == {outcome: 1}


def test_of_several_answers_the_first_since_it_was_last_seen_counts() -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 5))
    watch.see(
        talking("a", "100", answered=1), talking("a", "101", answered=9), talking("a", "102", answered=6)
    )
    watch.see()
    assert watch.leaves() == {"answered": 1}
    assert watch.wait("answered") == 6


def test_an_answer_counts_after_the_call_was_passed_on_to_another_extension() -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 5))
    watch.see(talking("a", "100", answered=6))
    watch.see(talking("b", "101", answered=14, original="a"))
    assert watch.leaves() == {"answered": 1}
    assert watch.wait("answered") == 6


@pytest.mark.parametrize("wait", [20.0, 20.1])
def test_answered_within_target_is_a_wait_of_at_most_the_target(wait: float) -> None:
    watch = Watch(within_target=lambda queue_id, name: 20.0)
    watch.see()
    for waited in (4, 9, 14, 19):
        watch.see(Waiting("a", waited, joined=1))
    watch.see(talking("a", answered=1 + wait))
    watch.see()
    assert watch.queue().answered_within_target == (wait == 20.0)


def test_the_target_is_asked_for_by_queue_id_and_name() -> None:
    targets = {("1", "Sales"): 5.0, ("2", "Support"): None}
    watch = Watch(within_target=lambda queue_id, name: targets[queue_id, name])
    watch.see()
    watch.see(Waiting("a", 4, queue="1"), Waiting("b", 4, queue="2"))
    watch.see(talking("a", answered=6), talking("b", "101", answered=6))
    watch.see()
    assert watch.leaves("1") == watch.leaves("2") == {"answered": 1}
    assert watch.queue("1").answered_within_target == 1
    assert watch.queue("2").answered_within_target == 0


# a leg that talks without an answer epoch is given until it ends to show one, then → `answered` with the
# midpoint of what is known


def test_a_leg_that_talks_without_an_epoch_is_given_until_it_ends_to_show_one() -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 5))
    for _ in range(10):
        watch.see(talking("a"))
        assert watch.leaves() == {}
        assert watch.undecided() == 1
    watch.see(talking("a", answered=9))
    assert watch.leaves() == {"answered": 1}
    assert watch.wait("answered") == 9


def test_a_leg_that_ends_without_an_epoch_gives_the_midpoint_of_what_is_known() -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 5))
    watch.see(talking("a"))
    watch.see(talking("a"))
    watch.see()
    assert watch.leaves() == {"answered": 1}
    assert watch.wait("answered") == 7.5


def test_a_talk_that_was_first_shown_while_the_caller_still_waited_began_then() -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 5), talking("a"))
    watch.see()
    watch.see()
    assert watch.leaves() == {"answered": 1}
    assert watch.wait("answered") == 5


def test_a_talk_without_an_epoch_that_was_over_before_the_caller_was_last_seen_answers_nothing() -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 5), talking("a"))
    watch.see(Waiting("a", 10))
    watch.see()
    watch.see()
    assert watch.leaves() == {"unanswered": 1}


def test_an_earlier_talk_without_an_epoch_does_not_date_a_later_one() -> None:
    watch = Watch()
    watch.see()
    watch.see(talking("a"))
    watch.see(Waiting("a", 5))
    watch.see(Waiting("a", 10))
    watch.see(talking("a"))
    watch.see()
    assert watch.leaves() == {"answered": 1}
    assert watch.wait("answered") == 12.5


def test_a_failed_answer_does_not_end_a_talk_without_an_epoch() -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 5))
    watch.see(talking("a"))
    watch.see(fails=("extensions",))
    watch.see(fails=("extensions", "queues"))
    watch.see(talking("a", answered=8))
    assert watch.leaves() == {"answered": 1}
    assert watch.wait("answered") == 8


def test_a_transfer_after_a_talk_without_an_epoch_was_an_answer() -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 5, queue="1"))
    watch.see(talking("a"))
    watch.see(talking("a"))
    watch.see(Waiting("a", 1, queue="2"))
    assert watch.leaves("1") == {"answered": 1}


def test_a_caller_who_comes_back_after_a_talk_without_an_epoch_is_counted_for_each_stay() -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 5))
    watch.see(talking("a"))
    watch.see(talking("a"))
    watch.see(talking("a"), Waiting("a", 1))
    watch.see(talking("a"))
    watch.see()
    watch.see()
    assert watch.queue().joins == 2
    assert watch.leaves() == {"answered": 2}
    assert watch.undecided() == 0


# a wait that contradicts the last `Duration` by more than two intervals (a clock step) becomes the midpoint
# too


@pytest.mark.parametrize(("answered", "wait"), [(15.0, 15.0), (15.5, 7.5), (3605.0, 7.5)])
def test_a_wait_that_contradicts_the_last_duration_becomes_the_midpoint(answered: float, wait: float) -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 5))
    watch.see(talking("a", answered=answered))
    watch.see()
    assert watch.leaves() == {"answered": 1}
    assert watch.wait("answered") == wait


def test_a_wait_that_grew_while_attempts_failed_contradicts_nothing() -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 5))
    for _ in range(5):
        watch.see(fails=("extensions", "queues"))
    watch.see(talking("a", answered=31))
    watch.see(talking("a", answered=31))
    assert watch.leaves() == {"answered": 1}
    assert watch.wait("answered") == 31


# 3. a usable extensions answer after the leave shows nothing → `unanswered`, wait = midpoint


def test_nothing_at_the_extensions_is_unanswered_with_the_midpoint() -> None:
    watch = left_at_10()
    watch.see()
    assert watch.leaves() == {"unanswered": 1}
    assert watch.wait("unanswered") == 7.5


def test_a_call_that_only_rings_is_unanswered() -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 5), ringing("a"))
    watch.see(ringing("a"))
    watch.see(ringing("a"))
    assert watch.leaves() == {"unanswered": 1}


def test_the_midpoint_lies_between_the_last_answer_with_the_caller_and_the_first_without() -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 5))
    watch.see(fails=("queues",))
    watch.see()
    watch.see()
    assert watch.leaves() == {"unanswered": 1}
    assert watch.wait("unanswered") == 10


def test_the_queues_may_fail_at_the_attempt_that_is_awaited() -> None:
    watch = left_at_10()
    watch.see(fails=("queues",))
    assert watch.leaves() == {"unanswered": 1}


# 4. otherwise (no usable extensions answer after it, or more than three intervals without data) → `unknown`


@pytest.mark.parametrize(("failed", "outcome"), [(2, "unanswered"), (3, "unknown")])
def test_more_than_three_intervals_without_data_are_unknown(failed: int, outcome: str) -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 5))
    for _ in range(failed):
        watch.see(fails=("extensions", "queues"))
    watch.see()
    watch.see()
    assert watch.leaves() == {outcome: 1}
    assert watch.totals.gaps == (outcome == "unknown")


def test_a_leave_awaits_the_next_usable_answer_of_the_extensions() -> None:
    watch = left_at_10()
    watch.see(fails=("extensions",))
    assert watch.leaves() == {}
    watch.see()
    assert watch.leaves() == {"unanswered": 1}


def test_extensions_that_do_not_answer_any_more_leave_it_unknown() -> None:
    watch = left_at_10()
    for _ in range(4):
        watch.see(fails=("extensions",))
    assert watch.leaves() == {"unknown": 1}


# Waits never fall below 0.


def test_waits_never_fall_below_zero() -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 1, joined=4), talking("a", answered=3))
    watch.see()
    watch.see()
    assert watch.leaves() == {"answered": 1}
    assert watch.wait("answered") == 0
    assert watch.queue().waits["answered"].counts[0] == 1
