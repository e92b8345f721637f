"""Orders to a centre: statuses, arrival rates."""

from __future__ import annotations

from collections import Counter

from exporter.simulator.truth import CallRecord
from tests.simulator.answers import START, callers, centre, extensions


def arrived(call: CallRecord) -> bool:
    """Whether somebody called from outside, rather than was transferred."""
    return call.direction == "Incoming" and call.original is None


def test_everybody_goes_to_lunch_and_nobody_rings_until_they_are_back() -> None:
    here = centre()
    here.order_status(3)
    assert {extension["onlineUserStatus"] for extension in extensions(here) if extension["onlineUserID"]} == {
        3
    }
    here.advance_to(START + 60)
    answered = here.truth.directions["Incoming"].answered
    here.advance_to(START + 300)
    assert here.truth.directions["Incoming"].answered == answered
    assert max(caller["Duration"] for caller in callers(here).values()) > 180
    here.order_status(None)
    here.advance_to(START + 400)
    assert here.truth.directions["Incoming"].answered > answered + 10
    assert len({extension["onlineUserStatus"] for extension in extensions(here)}) > 2


def test_an_order_can_reach_some_agents_alone() -> None:
    here = centre(agents=10, extensions=10)
    here.order_status(12, count=4)
    told = [extension["onlineUserStatus"] for extension in extensions(here)]
    assert told[:4] == [12] * 4
    assert 12 not in told[4:]


def test_agents_who_are_ordered_to_log_out_leave_nobody_at_their_extensions() -> None:
    here = centre()
    here.order_status(2)
    assert {(one["onlineUserID"], one["onlineUserStatus"]) for one in extensions(here)} == {(0, 2)}


def test_the_arrival_rate_multiplies_the_load() -> None:
    arrivals = Counter[float]()
    for factor in (0.5, 1.0, 3.0):
        here = centre(agents=20, queues=2)
        here.set_arrival_rate(factor)
        here.advance_to(START + 3600)
        arrivals[factor] = sum(arrived(call) and call.started >= START for call in here.truth.calls)
    assert 0.35 < arrivals[0.5] / arrivals[1.0] < 0.65
    assert 2.4 < arrivals[3.0] / arrivals[1.0] < 3.6


def test_no_arrivals_at_rate_zero() -> None:
    here = centre()
    here.set_arrival_rate(0)
    here.advance_to(START + 3600)
    assert max(call.started for call in here.truth.calls if arrived(call)) <= START + 15


def test_held_arrivals_stop_at_once_and_come_back() -> None:
    here = centre()
    here.hold_arrivals(True)
    here.advance_to(START + 300)
    here.hold_arrivals(False)
    here.advance_to(START + 400)
    moments = [call.started for call in here.truth.calls if arrived(call)]
    assert not any(START <= moment < START + 300 for moment in moments)
    assert max(moments) >= START + 300
