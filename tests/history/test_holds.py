"""How long callers are on hold, and how often."""

from __future__ import annotations

import pytest

from tests.history.watch import At, Watch, talking


def on_hold(call: str, extension: str = "100", **more: object) -> At:
    return At(extension, call, "Hold", **more)  # type: ignore[arg-type]


def test_a_leg_on_hold_counts_for_the_time_until_the_next_answer() -> None:
    watch = Watch(interval=5)
    watch.see(talking("a"))
    watch.see(on_hold("a"), on_hold("b", "101", direction="Outgoing"))
    watch.see(on_hold("a"))
    watch.see(talking("a"))
    assert watch.totals.hold_seconds == {"incoming": 10, "outgoing": 5}
    assert watch.totals.holds == {"incoming": 1, "outgoing": 1}


def test_a_leg_that_is_put_on_hold_again_is_another_hold() -> None:
    watch = Watch()
    watch.see()
    for _ in range(3):
        watch.see(on_hold("a"))
        watch.see(talking("a"))
    assert watch.totals.holds == {"incoming": 3}


@pytest.mark.parametrize("after", [None, 300])
def test_what_is_on_hold_at_the_start_or_after_a_gap_is_no_new_hold(after: float | None) -> None:
    watch = Watch(interval=5)
    if after:
        watch.see()
        watch.see()
    watch.see(on_hold("a"), after=after)
    assert watch.totals.holds == {}
    watch.see(on_hold("a"))
    assert watch.totals.holds == {}
    assert watch.totals.hold_seconds == {"incoming": 5}


def test_a_direction_that_is_not_documented_has_series_from_its_first_hold_on() -> None:
    watch = Watch()
    watch.see()
    watch.see(on_hold("a", direction="Spy"))
    assert "spy" in watch.totals.directions
