"""Callers and queues in odd situations: who returns, waits twice, is renamed, vanishes, has no JoinTime."""

from __future__ import annotations

import pytest

from exporter.history import queues as queues_module
from tests.history.watch import Waiting, Watch, ringing, talking


def test_callers_of_the_first_snapshot_do_not_join_but_leave() -> None:
    watch = Watch()
    watch.see(Waiting("a", 50))
    watch.see(Waiting("a", 55), Waiting("b", 2))
    watch.see(Waiting("b", 7))
    watch.see(Waiting("b", 12))
    assert watch.queue().joins == 1
    assert watch.leaves() == {"unanswered": 1}


def test_the_first_snapshot_is_the_first_usable_one() -> None:
    watch = Watch()
    watch.see(fails=("queues",))
    watch.see(Waiting("a", 50))
    watch.see(Waiting("a", 55), Waiting("b", 2))
    assert watch.queue().joins == 1


def test_a_queue_that_appears_later_counts_its_callers_as_joins() -> None:
    watch = Watch()
    watch.see()
    watch.queues["3"] = "New"
    watch.see(Waiting("a", 5, queue="3"))
    assert watch.queue("3").joins == 1


def test_every_outcome_of_a_queue_is_there_once_the_queue_has_been_seen() -> None:
    watch = Watch()
    watch.see()
    assert watch.queue().leaves == {"answered": 0, "unanswered": 0, "transferred": 0, "unknown": 0}
    assert {outcome: waits.count for outcome, waits in watch.queue().waits.items()} == {
        "answered": 0,
        "unanswered": 0,
    }


def test_a_caller_who_returns_to_the_same_queue_has_two_stays() -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 5))
    watch.see(talking("a", answered=6))
    watch.see(talking("a", answered=6))
    watch.see(Waiting("a", 2))
    watch.see(talking("a", "101", answered=24))
    watch.see(talking("a", "101", answered=24))
    assert watch.queue().joins == 2
    assert watch.leaves() == {"answered": 2}
    assert watch.wait("answered") == 6 + 6


def test_an_answer_of_an_earlier_stay_does_not_answer_the_next() -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 5))
    watch.see(talking("a", answered=6))
    watch.see(Waiting("a", 3))
    watch.see(Waiting("a", 8))
    watch.see()
    watch.see()
    assert watch.leaves() == {"answered": 1, "unanswered": 1}


def test_a_return_within_one_long_interval_is_seen_though_the_wait_did_not_fall() -> None:
    watch = Watch(interval=60)
    watch.see()
    watch.see(Waiting("a", 5))
    watch.see(Waiting("a", 30))  # joined half a minute ago, seen before that: gone in between
    watch.see(Waiting("a", 90))
    assert watch.queue().joins == 2
    assert watch.leaves() == {"unanswered": 1}


@pytest.mark.parametrize("joined", [0, 27])
def test_a_stale_answer_or_an_odd_join_time_alone_is_no_return(joined: float) -> None:
    watch = Watch(interval=30)
    watch.see(after=0)
    watch.see(Waiting("a", 4, joined=0), after=4)
    watch.see(Waiting("a", 4 if joined == 0 else 34, joined=joined))
    assert watch.queue().joins == 1
    assert watch.leaves() == {}


def test_the_same_call_id_in_two_queues_is_two_stays() -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 5, queue="1"), Waiting("a", 3, queue="2"))
    watch.see()
    watch.see()
    assert watch.leaves("1") == watch.leaves("2") == {"unanswered": 1}


def test_of_two_queues_with_the_same_call_id_the_one_it_leaves_counts_a_transfer() -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 5, queue="1"), Waiting("a", 3, queue="2"))
    watch.see(Waiting("a", 10, queue="1"))
    watch.see(Waiting("a", 15, queue="1"))
    assert watch.leaves("1") == {}
    assert watch.leaves("2") == {"transferred": 1}


@pytest.mark.parametrize(("first", "other"), [("1", "2"), ("2", "1")])
def test_a_new_stay_in_two_queues_is_not_the_one_it_replaces(first: str, other: str) -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 5, queue=first))
    watch.see(Waiting("a", 1, queue=first), Waiting("a", 1, queue=other))
    watch.see(Waiting("a", 6, queue=first), Waiting("a", 6, queue=other))
    assert watch.leaves(first) == {"transferred": 1}
    assert watch.queue(first).joins == 2


def test_a_caller_listed_twice_counts_once_with_the_longer_wait() -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 5), Waiting("a", 2))
    watch.see(Waiting("a", 7), Waiting("a", 10))
    watch.see()
    watch.see()
    assert watch.queue().joins == 1
    assert watch.wait("unanswered") == 12.5


def test_callers_without_an_id_are_not_followed() -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("", 5))
    watch.see()
    watch.see()
    assert watch.queue().joins == 0
    assert watch.leaves() == {}


def test_a_renamed_queue_takes_its_totals_along() -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 5))
    watch.queues["1"] = "Sales and returns"
    watch.see(Waiting("a", 10))
    assert watch.queue().name == "Sales and returns"
    assert watch.queue().joins == 1


def test_callers_of_a_queue_that_vanishes_have_left_it() -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 5), Waiting("b", 5))
    watch.queues = {"2": "Support"}
    watch.see(Waiting("b", 1, queue="2"))
    watch.see(Waiting("b", 6, queue="2"))
    assert watch.leaves("1") == {"unanswered": 1, "transferred": 1}


def test_a_queue_that_is_missing_from_one_answer_loses_nobody() -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 5))
    watch.queues = {"2": "Support"}
    watch.see()
    watch.queues = {"1": "Sales", "2": "Support"}
    watch.see(Waiting("a", 15))
    watch.see(Waiting("a", 20))
    assert watch.queue().joins == 1
    assert watch.leaves() == {}


def test_an_odd_join_time_after_a_missing_answer_is_the_same_stay() -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 5, joined=0))
    watch.see()
    watch.see(Waiting("a", 15, joined=12))
    watch.see(Waiting("a", 20, joined=12))
    assert watch.queue().joins == 1
    assert watch.leaves() == {}


def test_a_queue_that_returns_within_the_hour_goes_on_counting() -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 5))
    watch.queues = {"2": "Support"}
    watch.see()
    watch.see(after=3599)
    watch.queues = {"1": "Sales", "2": "Support"}
    watch.see(Waiting("b", 1))
    assert watch.queue().joins == 2


def test_queues_gone_for_an_hour_are_forgotten() -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 5))
    watch.queues = {"2": "Support"}
    watch.see()
    watch.see(after=3600)
    assert set(watch.totals.queues) == {"2"}
    watch.queues = {"1": "Sales", "2": "Support"}
    watch.see()
    assert watch.queue().joins == 0


def test_a_queue_is_not_gone_while_its_endpoint_fails() -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 5))
    watch.see(fails=("queues",))
    watch.see(fails=("queues",), after=7200)
    watch.see()
    assert watch.queue().joins == 1


def test_a_forgotten_queue_takes_along_who_still_talks() -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 5))
    watch.queues = {"2": "Support"}
    watch.see(talking("a"))
    watch.see(talking("a"), after=3600)
    watch.queues = {"1": "Sales", "2": "Support"}
    watch.see(talking("a"))
    watch.see()
    watch.see()
    assert watch.leaves() == {}
    assert watch.undecided() == 0


def test_without_join_time_our_clock_and_the_offset_stand_in() -> None:
    watch = Watch(clock_offset=7200)
    watch.see(Waiting("z", 1))
    watch.see(Waiting("z", 6), Waiting("a", 5, joined=None), Waiting("b", 5, joined=None))
    watch.see(Waiting("z", 11), talking("a", answered=9), talking("b", "101", answered=1))
    watch.see(Waiting("z", 16), talking("a", answered=9), talking("b", "101", answered=1))
    assert watch.leaves() == {"answered": 1, "unanswered": 1}
    assert watch.wait("answered") == 9


def test_without_join_time_and_offset_an_answer_that_was_not_shown_before_counts_with_the_midpoint() -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 5, joined=None), Waiting("b", 5, joined=None), talking("b", "101", answered=1))
    watch.see(Waiting("a", 10, joined=None), Waiting("b", 10, joined=None), talking("b", "101", answered=1))
    watch.see(talking("a", answered=12))
    watch.see()
    assert watch.totals.clock_offset is None
    assert watch.leaves() == {"answered": 1, "unanswered": 1}
    assert watch.wait("answered") == 12.5


def test_a_join_time_that_changes_is_the_same_stay() -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 5, joined=0))
    watch.see(Waiting("a", 10, joined=7))
    watch.see(Waiting("a", 15, joined=0))
    watch.see(talking("a", answered=17))
    watch.see(talking("a", answered=17))
    assert watch.queue().joins == 1
    assert watch.leaves() == {"answered": 1}
    assert watch.wait("answered") == 17


def test_a_caller_who_rings_at_extensions_still_waits() -> None:
    watch = Watch()
    watch.see()
    for waited in (5, 10, 15):
        watch.see(Waiting("a", waited), ringing("a", "100"), ringing("a", "101"))
    assert watch.queue().joins == 1
    assert watch.leaves() == {}


def test_more_lost_queues_than_are_remembered_are_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queues_module, "MOST_GONE", 2)
    watch = Watch(queues={str(number): f"Queue {number}" for number in range(5)})
    watch.see()
    watch.see(*(Waiting(f"call-{number}", 3, queue=str(number)) for number in range(5)))
    watch.queues = {}
    for _ in range(3):
        watch.see()
    assert len(watch.totals.queues) == 2
    assert all(watch.leaves(queue_id) == {"unanswered": 1} for queue_id in watch.totals.queues)
