"""A transfer is not a second call, however often it happens."""

from __future__ import annotations

import pytest

from exporter.history.identity import REMEMBERED_SECONDS
from tests.history.retained import texts
from tests.history.watch import Waiting, Watch, ringing, talking


def counts(watch: Watch) -> tuple[int, int, int]:
    """Calls started, answered, ended."""
    totals = watch.totals
    return (
        sum(totals.calls_started.values()),
        sum(totals.calls_answered.values()),
        sum(totals.calls_ended.values()),
    )


def test_a_transfer_is_not_a_second_call() -> None:
    watch = Watch()
    watch.see()
    watch.see(talking("a", "100", answered=4))
    watch.see(talking("a", "100", answered=4), ringing("b", "101", original="a"))
    watch.see(talking("b", "101", answered=14, original="a"))
    assert counts(watch) == (1, 1, 0)
    watch.see()
    watch.see()
    assert counts(watch) == (1, 1, 1)
    assert watch.totals.talk["incoming"].count == 1


def test_a_transfer_after_the_original_call_is_gone_is_not_a_second_call() -> None:
    watch = Watch()
    watch.see()
    watch.see(talking("a", "100", answered=4))
    watch.see()
    watch.see()
    watch.see(talking("b", "101", answered=18, original="a"))
    watch.see()
    watch.see()
    assert counts(watch) == (1, 1, 1)


@pytest.mark.parametrize("apart", [True, False])
def test_chains_of_transfers_resolve(apart: bool) -> None:
    a = talking("a", "100", answered=4)
    b = talking("b", "101", answered=9, original="a")
    c = talking("c", "102", answered=14, original="b")
    watch = Watch()
    watch.see()
    for shown in [(a,), (b,), (c,)] if apart else [(c, b, a)]:
        watch.see(*shown)
    watch.see(c)
    watch.see()
    watch.see()
    assert counts(watch) == (1, 1, 1)


def test_a_transfer_whose_original_was_never_seen_is_one_call() -> None:
    watch = Watch()
    watch.see()
    watch.see(talking("b", "101", answered=4, original="a"), talking("c", "102", answered=4, original="a"))
    watch.see()
    watch.see()
    assert counts(watch) == (1, 1, 1)


@pytest.mark.parametrize("origins", [{"a": "a"}, {"a": "b", "b": "a"}, {"a": "b", "b": "c", "c": "b"}])
def test_circles_of_transfers_come_to_an_end(origins: dict[str, str]) -> None:
    legs = [talking(call, f"at-{call}", answered=4, original=origin) for call, origin in origins.items()]
    watch = Watch()
    watch.see()
    watch.see(*legs)
    watch.see()
    watch.see()
    assert counts(watch) == (1, 1, 1)


def test_an_original_that_shows_later_leaves_two_calls_two() -> None:
    watch = Watch()
    watch.see()
    watch.see(talking("a", "100", answered=4), talking("b", "101", answered=4))
    watch.see(talking("b", "101", answered=4, original="a"))
    watch.see()
    watch.see()
    assert counts(watch) == (2, 2, 2)


@pytest.mark.parametrize(
    "custom_data", [None, {}, [], {"OriginalIvrUniqueID": ""}, {"OriginalIvrUniqueID": None}, "x"]
)
def test_odd_custom_data_means_no_transfer(custom_data: object) -> None:
    watch = Watch()
    watch.see()
    watch.see(talking("a", "100", answered=4), talking("b", "101", answered=4, custom_data=custom_data))
    assert counts(watch) == (2, 2, 0)


def test_a_transferred_call_that_waits_in_a_queue_has_not_ended() -> None:
    watch = Watch()
    watch.see()
    watch.see(talking("b", "100", answered=4, original="a"))
    for waited in (5, 10, 15):
        watch.see(Waiting("b", waited))
    assert counts(watch) == (1, 1, 0)


def test_a_caller_whom_an_agent_sent_to_another_queue_was_answered_before() -> None:
    watch = Watch()
    watch.see()
    watch.see(Waiting("a", 5, queue="1"))
    watch.see(talking("a", answered=6))
    watch.see(Waiting("b", 2, queue="2"), ringing("b", "101", original="a"))
    assert watch.leaves("1") == {"answered": 1}
    assert watch.wait("answered", "1") == 6


def test_an_answer_at_the_leg_that_a_caller_was_passed_on_to_does_not_tell_the_wait() -> None:
    watch = Watch(interval=60)
    watch.see()
    watch.see(Waiting("a", 5))
    watch.see(talking("b", "101", answered=110, original="a"))
    watch.see(talking("b", "101", answered=110, original="a"))
    assert watch.leaves() == {"answered": 1}
    assert watch.wait("answered") == 5 + 30


def test_ended_calls_are_forgotten_with_all_their_ids() -> None:
    watch = Watch()
    watch.see()
    ids = {"the-call", "the-transfer"}
    watch.see(talking("the-call", "100", answered=4), talking("the-transfer", "101", original="the-call"))
    watch.see()
    watch.see()
    assert ids <= texts(watch.history)
    for _ in range(3):
        watch.see(after=REMEMBERED_SECONDS)
    assert ids.isdisjoint(texts(watch.history))


def test_callers_of_the_first_snapshot_are_forgotten_too() -> None:
    watch = Watch()
    watch.see(Waiting("the-first", 5))
    watch.see()
    watch.see()
    assert "the-first" in texts(watch.history)
    for _ in range(3):
        watch.see(after=REMEMBERED_SECONDS)
    assert "the-first" not in texts(watch.history)
