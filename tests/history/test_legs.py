"""Which legs are looked at: every one at first, later only what may tell something new."""

from __future__ import annotations

from typing import Any

from exporter.api.snapshot import read_extensions
from exporter.history.legs import Legs, News
from tests.support import answers


def leg(call: str, answered: int = 0, status: str = "Talking") -> dict[str, Any]:
    return {"ivrid": call, "callAnswered": answered, "callstatus": status, "direction": "Incoming"}


def news(legs: Legs, *shown: dict[str, Any], ringing: tuple[str, ...] = ()) -> News:
    """The news of an answer with an extension for each leg, some of whose calls ring as well."""
    extensions = [{"username": str(100 + n), "calls": [each]} for n, each in enumerate(shown)]
    found = legs.news(read_extensions(answers.extensions(*extensions, {"username": "idle", "calls": {}}), {}))
    legs.remember(found, ringing)
    return found


def ids(found: News) -> list[str]:
    return [each.call_id for _, each in found.legs]


def test_what_was_answered_before_and_is_shown_unchanged_is_no_news() -> None:
    legs = Legs()
    assert ids(news(legs, leg("a", 7), leg("b", 8), leg("c"))) == ["a", "b", "c"]
    assert ids(news(legs, leg("a", 7), leg("b", 8), leg("c"))) == ["c"]
    assert ids(news(legs, leg("a", 7), leg("b", 9), leg("c", 9))) == ["b", "c"]
    assert ids(news(legs, leg("a", 7), leg("b", 9), leg("c", 9), leg("d", 7))) == ["d"]


def test_legs_without_an_answer_or_without_an_id_are_always_looked_at() -> None:
    legs = Legs()
    for _ in range(3):
        assert ids(news(legs, leg("a"), leg("", 7), leg("b", status="Ringing"))) == ["a", "", "b"]


def test_a_call_that_rings_somewhere_is_looked_at_everywhere() -> None:
    legs = Legs()
    for _ in range(3):
        assert ids(news(legs, leg("a", 7), leg("a", status="Ringing"), ringing=("a",))) == ["a", "a"]
    assert ids(news(legs, leg("a", 7), leg("a", 7))) == ["a", "a"]
    assert ids(news(legs, leg("a", 7), leg("a", 7))) == []


def test_a_call_that_was_gone_is_looked_at_again() -> None:
    legs = Legs()
    news(legs, leg("a", 7), leg("b", 7))
    found = news(legs, leg("b", 7))
    assert (found.present, found.vanished) == ({"b"}, {"a"})
    found = news(legs, leg("a", 7), leg("b", 7))
    assert (ids(found), found.present, found.vanished) == (["a"], {"a", "b"}, set())
