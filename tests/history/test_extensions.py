"""What happened at each extension."""

from __future__ import annotations

import pytest

from exporter.history import extensions
from exporter.history.totals import ExtensionTotals
from tests.history.watch import EPOCH, At, Watch, dialing, ringing, talking


def of(watch: Watch, name: str = "100") -> ExtensionTotals:
    return watch.totals.extensions[name]


def test_a_state_counts_from_one_answer_to_the_next() -> None:
    watch = Watch(interval=5, idle={"100": 1})
    watch.see()
    watch.see(talking("a"))
    watch.idle = {"100": 3}
    watch.see()
    watch.see()
    assert of(watch).seconds == {(1, "idle"): 5, (1, "talking"): 5, (3, "idle"): 5}
    assert of(watch).talk_seconds == {"incoming": 5}


def test_it_tells_since_when_a_state_lasts() -> None:
    watch = Watch(interval=10, idle={"100": 1})
    watch.see()
    assert (of(watch).status_since, of(watch).activity_since) == (EPOCH, EPOCH)
    watch.see(talking("a"))
    watch.see(talking("a"))
    assert (of(watch).status_since, of(watch).activity_since) == (EPOCH, EPOCH + 5)
    watch.idle = {"100": 3}
    watch.see()
    assert (of(watch).status_since, of(watch).activity_since) == (EPOCH + 25, EPOCH + 25)


def test_a_call_is_answered_once_at_each_extension() -> None:
    watch = Watch()
    watch.see()
    watch.see(talking("a", "100"))
    watch.see(talking("a", "100"), At("101", "a", "Talking", direction="Outgoing"))
    watch.see(At("100", "a", "Hold"))
    assert of(watch).answered == {"incoming": 1}
    assert of(watch, "101").answered == {"outgoing": 1}


def test_what_is_answered_at_the_start_does_not_count() -> None:
    watch = Watch()
    watch.see(talking("a"))
    watch.see(talking("a"), dialing("b", "101"))
    assert of(watch).answered == {}
    assert of(watch, "101").answered == {}


def test_a_ring_that_nobody_answers_counts_where_it_rang() -> None:
    watch = Watch(idle={"100": 1, "101": 1})
    watch.see()
    watch.see(ringing("a", "100"), ringing("a", "101"))
    watch.see(talking("a", "101"))
    assert of(watch, "100").rings_not_answered == 1
    assert of(watch, "101").rings_not_answered == 0


def test_the_time_in_a_gap_or_while_it_was_not_shown_counts_for_no_state() -> None:
    watch = Watch(interval=5, idle={"100": 1})
    watch.see()
    watch.see()
    watch.see(after=300)
    watch.idle = {"101": 1}
    watch.see()
    watch.idle = {"100": 1}
    watch.see()
    assert of(watch).seconds == {(1, "idle"): 5}
    watch.see()
    assert of(watch).seconds == {(1, "idle"): 10}


def test_who_is_gone_is_forgotten_after_an_hour_or_when_there_are_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watch = Watch(idle={"100": 1, "101": 1})
    watch.see()
    watch.idle = {"101": 1}
    watch.see(after=3000)
    assert "100" in watch.totals.extensions
    watch.see(after=3600)
    assert watch.totals.extensions.keys() == {"101"}
    monkeypatch.setattr(extensions, "MOST_GONE", 1)
    for name in ("102", "103", "104"):
        watch.idle = {name: 1}
        watch.see()
    assert watch.totals.extensions.keys() == {"103", "104"}


def test_nothing_is_counted_or_kept_unless_it_is_wanted() -> None:
    watch = Watch(per_extension=False, idle={"100": 1})
    watch.see()
    assert watch.totals.extensions == {}
    watch.per_extension = True
    watch.history.reconfigure(watch.settings())
    watch.see()
    assert watch.totals.extensions.keys() == {"100"}
    watch.per_extension = False
    watch.history.reconfigure(watch.settings())
    assert watch.totals.extensions == {}
