"""The centre in simulated time: reproducible, true to its own books, and alive."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from exporter.simulator.centre import Centre
from exporter.simulator.options import CentreOptions
from exporter.simulator.truth import ANSWERED, TRANSFERRED, UNANSWERED
from tests.simulator.answers import START, callers, centre, extensions, legs, queues, run

HOUR = 3600.0


def test_the_same_seed_and_start_give_the_same_answers() -> None:
    one, other = (Centre(CentreOptions(seed=7), START) for _ in range(2))
    for _ in run(one, 1800, 60):
        other.advance_to(one.now)
        assert one.extensions_answer() == other.extensions_answer()
        assert one.queues_answer() == other.queues_answer()


def test_another_seed_gives_another_centre() -> None:
    assert centre(seed=1).extensions_answer() != centre(seed=2).extensions_answer()


def test_how_often_the_centre_is_asked_changes_nothing() -> None:
    one, other = centre(), centre()
    for _ in run(one, 900, 1):
        one.extensions_answer()
    other.advance_to(one.now)
    assert one.extensions_answer() == other.extensions_answer()
    assert one.truth.report(one.now) == other.truth.report(other.now)


def test_time_does_not_run_backwards() -> None:
    here = centre()
    before = here.queues_answer()
    here.advance_to(START - 100)
    assert here.now == START
    assert here.queues_answer() == before


@pytest.mark.parametrize("load", ["quiet", "busy", "overloaded"])
def test_joins_are_answered_unanswered_transferred_or_still_waiting(load: str) -> None:
    here = centre(load=load, agents=20, queues=4)
    here.advance_to(START + 6 * HOUR)
    shown = Counter(queue_id for queue_id, _ in callers(here))
    for queue in here.truth.queues.values():
        stays = [stay for stay in here.truth.stays if stay.queue_id == queue.queue_id]
        outcomes = Counter(stay.outcome for stay in stays)
        assert queue.joins == len(stays) > 100
        assert (
            queue.joins
            == sum(queue.leaves[one] for one in (ANSWERED, UNANSWERED, TRANSFERRED)) + queue.waiting
        )
        assert queue.waiting == shown[queue.queue_id] == outcomes[None]
        for outcome in (ANSWERED, UNANSWERED, TRANSFERRED):
            waits = [
                stay.leave - stay.join for stay in stays if stay.outcome == outcome and stay.leave is not None
            ]
            assert queue.leaves[outcome] == queue.waits[outcome].count == len(waits)
            assert queue.waits[outcome].total == pytest.approx(sum(waits))
            assert queue.waits[outcome].within(20) == sum(wait <= 20 for wait in waits)
    assert sum(queue.leaves[TRANSFERRED] for queue in here.truth.queues.values()) or load == "quiet"


def test_every_call_is_booked_once_with_its_direction() -> None:
    here = centre(agents=20, queues=3)
    here.advance_to(START + 6 * HOUR)
    for direction, told in here.truth.directions.items():
        calls = [call for call in here.truth.calls if call.direction == direction]
        assert told.started == len(calls) == len({call.call_id for call in calls}) > 0
        assert told.ended == sum(call.ended is not None for call in calls)
        assert told.answered == sum(call.answered is not None for call in calls)
        assert told.without_leg == sum(call.ended is not None and call.first_leg is None for call in calls)
        talks = [call.ended - call.answered for call in calls if call.ended and call.answered]
        assert told.talks.total == pytest.approx(sum(talks))
    alive = {call.call_id for call in here.truth.calls if call.ended is None}
    shown = {leg["ivrid"] for _, leg in legs(here)} | {call_id for _, call_id in callers(here)}
    assert shown == alive


def test_answers_sampled_each_second_show_every_stay_that_lasts_a_second() -> None:
    here = centre(agents=25, queues=4)
    seen: dict[
        tuple[int, str, int], list[int]
    ] = {}  # a caller can come back to a queue, with another JoinTime
    answered: dict[str, int] = {}
    for _ in run(here, HOUR, 1):
        for (queue_id, call_id), caller in callers(here).items():
            seen.setdefault((queue_id, call_id, caller["JoinTime"]), []).append(caller["Duration"])
        answered.update({leg["ivrid"]: leg["callAnswered"] for _, leg in legs(here) if leg["answered"]})
    stays = {(stay.queue_id, stay.call_id, int(stay.join)): stay for stay in here.truth.stays}
    assert len(stays) == len(here.truth.stays)
    assert seen.keys() <= stays.keys()
    for key, stay in stays.items():
        if stay.join >= START and (stay.leave or here.now) - stay.join >= 1:
            assert key in seen
        assert seen.get(key, []) == sorted(seen.get(key, []))
        if stay.outcome == ANSWERED and stay.leave is not None and stay.call_id in answered:
            assert answered[stay.call_id] - int(stay.join) == pytest.approx(stay.leave - stay.join, abs=1)
    assert len(seen) > 200


def test_the_loads_differ_as_their_names_say() -> None:
    within, unanswered = [], []
    for load in ("quiet", "busy", "overloaded"):
        here = centre(load=load, agents=30)
        here.advance_to(START + 3 * HOUR)
        told = here.truth.queues.values()
        joins = sum(queue.joins for queue in told)
        within.append(sum(queue.waits[ANSWERED].within(20) for queue in told) / joins)
        unanswered.append(sum(queue.leaves[UNANSWERED] for queue in told) / joins)
    assert within[0] > 0.85 > within[1] > 0.5 > within[2]
    assert unanswered[0] < 0.05 < unanswered[1] < 0.15 < unanswered[2]


def test_the_first_answer_shows_a_centre_at_work() -> None:
    for seed in range(3):
        here = Centre(CentreOptions(seed=seed), START)
        assert sum(stay.leave is None or stay.leave > START - 60 for stay in here.truth.stays) > 2
        assert len({call.call_id for call in here.truth.calls if call.ended is None}) > 8


def test_sooner_or_later_there_is_everything() -> None:
    here = centre(odd=0.06)
    seen: Counter[str] = Counter()
    for _ in run(here, 3 * HOUR, 10):
        seen.update(_sights(here))
    statuses = {f"status {code}" for code in (1, 2, 3, 5, 7, 9, 11, 12, 13)}
    directions = {f"direction {name}" for name in ("Incoming", "Outgoing", "Click2Call", "Spy")}
    states = {f"state {name}" for name in ("Ringing", "Dialing", "Talking", "Hold")}
    others = {
        "over 60 s",
        "muted",
        "transferred call",
        "rings and waits",
        "rings at several",
        "internal",
        "one person at several extensions",
        "nobody logged in",
        "talks on a break",
    }
    assert statuses | directions | states | others <= seen.keys()
    assert 0.01 < seen["answer hidden"] / (seen["answer hidden"] + seen["answer shown"]) < 0.09


def _sights(here: Centre) -> set[str] | Counter[str]:
    """What one pair of answers has to show, tolerant of the odd shapes."""
    seen: Counter[str] = Counter()
    waiting = set()
    for queue in queues(here):
        for caller in queue.get("Callers") or ():
            waiting.add(caller["CallID"])
            seen["over 60 s"] += int(caller["Duration"]) > 60
    people: Counter[int] = Counter()
    at: dict[str, set[str]] = {}
    for extension in extensions(here):
        status, person = int(extension["onlineUserStatus"]), int(extension["onlineUserID"])
        seen[f"status {status}"] += 1
        seen["nobody logged in"] += person == 0 and status == 2
        people[person] += person != 0
        for leg in extension.get("calls") or ():
            at.setdefault(leg["ivrid"], set()).add(f"{extension['username']} {leg['direction']}")
            seen[f"direction {leg['direction']}"] += 1
            seen[f"state {leg['callstatus']}"] += 1
            seen["rings and waits"] += leg["callstatus"] == "Ringing" and leg["ivrid"] in waiting
            seen["transferred call"] += "OriginalIvrUniqueID" in (leg.get("customdata") or {})
            recording = leg.get("recording") or {}
            seen["muted"] += bool(recording and int(recording["IsMuted"]))
            talks = leg["callstatus"] in ("Talking", "Hold")
            seen["talks on a break"] += talks and status != 1
            if talks:
                hidden = int(leg["answered"]) == 0 and int(leg["callAnswered"]) == 0
                seen["answer hidden" if hidden else "answer shown"] += 1
    seen["rings at several"] += any(len(places) > 1 and call in waiting for call, places in at.items())
    seen["internal"] += any(
        {place.split()[1] for place in places} == {"Incoming", "Outgoing"} for places in at.values()
    )
    seen["one person at several extensions"] += any(count > 1 for count in people.values())
    return +seen


def test_without_records_only_sums_are_kept() -> None:
    here, other = centre(keep_records=False), centre()
    for one in (here, other):
        one.advance_to(START + HOUR)
    assert not here.truth.stays and not here.truth.calls
    assert here.truth.report(here.now) == other.truth.report(other.now)


def test_people_and_numbers_are_invented() -> None:
    here = centre()
    for _, leg in legs(here):
        assert leg["callerphone"].startswith("07700900") and len(leg["callerphone"]) == 11
        assert leg["did"] == "" or (leg["did"].startswith("02079460") and len(leg["did"]) == 11)
    assert len({extension["name"] for extension in extensions(here)}) == 40


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"agents": 0}, "agents"),
        ({"agents": 5, "extensions": 4}, "extensions"),
        ({"queues": -1}, "queues"),
        ({"load": "frantic"}, "load"),
        ({"load": float("nan")}, "load"),
        ({"odd": 2.0}, "odd"),
        ({"warm_up": -1.0}, "warm-up"),
        ({"clock_offset": float("inf")}, "clock offset"),
        ({"zone": "Mars/Olympus"}, "Mars/Olympus"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CentreOptions(**options)


def test_one_agent_and_no_queue_is_a_centre_too() -> None:
    here = centre(agents=1, queues=0)
    here.advance_to(START + HOUR)
    assert queues(here) == []
    assert len(extensions(here)) == 2
