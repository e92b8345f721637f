"""The two answers: the vendor's fields, the odd shapes, the epochs."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from exporter.api.snapshot import read_extensions, read_queues
from exporter.simulator.centre import Centre
from exporter.simulator.options import CentreOptions
from tests.simulator.answers import JULY, START, callers, centre, extensions, legs, queues, run

EXTENSION = {
    "name": str,
    "representative": str,
    "username": str,
    "extensionID": int,
    "userID": int,
    "onlineUserID": int,
    "onlineUserStatus": int,
    "calls": list,
}
LEG = {
    "callStarted": int,
    "callAnswered": int,
    "answered": int,
    "callername": str,
    "callerphone": str,
    "callstatus": str,
    "customdata": dict,
    "direction": str,
    "ivrid": str,
    "recording": dict,
    "did": str,
}
QUEUE = {"Name": str, "ID": int, "Weight": int, "Callers": list}
CALLER = {"Phone": str, "CallID": str, "JoinTime": int, "Duration": int}


def kinds(thing: dict[str, Any]) -> dict[str, type]:
    return {key: type(value) for key, value in thing.items()}


def test_without_odd_shapes_every_field_is_as_documented() -> None:
    here = centre()
    for _ in run(here, 600, 20):
        answer = json.loads(here.extensions_answer())
        assert (answer["ERR"], answer["DESC"], list(answer)) == (0, "OK", ["ERR", "DESC", "EXTENSIONS"])
        assert all(kinds(extension) == EXTENSION for extension in answer["EXTENSIONS"])
        assert all(kinds(leg) == LEG for _, leg in legs(here))
        assert all(kinds(queue) == QUEUE for queue in queues(here))
        assert all(kinds(caller) == CALLER for caller in callers(here).values())


def test_odd_shapes_occur_as_often_as_asked() -> None:
    here = centre(odd=0.1)
    seen: Counter[str] = Counter()
    for _ in run(here, 1200, 30):
        for extension in extensions(here):
            seen["extensions"] += 1
            seen["numbers as strings"] += isinstance(extension["userID"], str)
            seen["unknown keys"] += "TraceID" in extension
            seen["null list"] += extension.get("calls", []) is None
            seen["absent list"] += "calls" not in extension
            seen["object for a list"] += extension.get("calls") == {}
            for leg in extension.get("calls") or ():
                seen["list for an object"] += leg.get("customdata") == []
        seen["queue without callers"] += any(not queue.get("Callers", 0) for queue in queues(here))
        seen["ERR as a string"] += json.loads(here.extensions_answer())["ERR"] == "0"
    shares = {name: count / seen["extensions"] for name, count in seen.items()}
    for name in ("numbers as strings", "unknown keys"):
        assert 0.01 < shares[name] < 0.08
    assert all(seen[name] for name in ("null list", "absent list", "object for a list", "list for an object"))
    assert seen["ERR as a string"] and seen["queue without callers"]


@pytest.mark.parametrize("odd", [0.06, 1.0])
def test_every_answer_however_odd_is_read_with_nothing_lost(odd: float) -> None:
    here, plain = centre(odd=odd), centre(odd=odd)
    plain._shapes.odd = 0.0  # the same centre, shown without odd shapes
    for _ in run(here, 600, 15):
        plain.advance_to(here.now)
        shown = read_extensions(here.extensions_answer(), {21: "coaching"})
        meant = read_extensions(plain.extensions_answer(), {21: "coaching"})
        assert shown.activity == meant.activity
        waiting = [(queue.id, queue.callers) for queue in read_queues(here.queues_answer()).queues]
        assert waiting == [(queue.id, queue.callers) for queue in read_queues(plain.queues_answer()).queues]


def test_one_extension_or_queue_can_be_asked_for() -> None:
    here = centre()
    extension, queue = extensions(here)[3], queues(here)[1]
    assert json.loads(here.extensions_answer(extension["username"]))["EXTENSIONS"] == [extension]
    assert json.loads(here.queues_answer(str(queue["ID"])))["QUEUES"] == [queue]


def test_an_unknown_extension_or_queue_is_an_error() -> None:
    here = centre()
    assert json.loads(here.extensions_answer("nobody")) == {
        "ERR": 2,
        "DESC": "Internal error.",
        "EXTENSIONS": [],
    }
    assert json.loads(here.queues_answer("1")) == {
        "ERR": 2,
        "DESC": "Queue is not found in this account",
        "QUEUES": [],
    }


def epochs(of: Centre) -> list[int]:
    started = [leg[key] for _, leg in legs(of) for key in ("callStarted", "callAnswered") if leg[key]]
    return started + [caller["JoinTime"] for caller in callers(of).values()]


@pytest.mark.parametrize(("start", "hours"), [(START, 2), (JULY, 3)])
def test_local_epochs_are_the_wall_clock_read_as_utc(start: float, hours: int) -> None:
    utc, local = centre(start), centre(start, zone="Asia/Jerusalem")
    assert epochs(local) == [epoch + hours * 3600 for epoch in epochs(utc)]
    assert len(epochs(utc)) > 10


def test_join_time_and_duration_of_a_caller_give_the_vendors_now() -> None:
    here = centre(load="overloaded", zone="Asia/Jerusalem", clock_offset=-17.0)
    for now in run(here, 300, 7):
        for caller in callers(here).values():
            assert caller["JoinTime"] + caller["Duration"] == pytest.approx(now + 7200 - 17, abs=1.01)


def test_summer_time_moves_new_epochs_and_leaves_old_ones() -> None:
    step = datetime(2026, 3, 27, 0, 0, tzinfo=UTC).timestamp()  # Israel: 02:00 becomes 03:00
    here = centre(step - 120, zone="Asia/Jerusalem")
    here.advance_to(step + 120)
    moments = {call.call_id: call.started for call in here.truth.calls}
    moved = {moments[leg["ivrid"]] >= step: 0 for _, leg in legs(here)}
    for _, leg in legs(here):
        if leg["direction"] == "Outgoing" and leg["callstatus"] == "Dialing":
            started = moments[leg["ivrid"]]
            assert leg["callStarted"] == int(started) + (10800 if started >= step else 7200)
    for caller in callers(here).values():
        joined = next(stay.join for stay in here.truth.stays if stay.call_id == caller["CallID"])
        assert caller["JoinTime"] == int(joined) + (10800 if joined >= step else 7200)
    assert moved.keys() == {False, True}


def test_a_step_of_the_clock_leaves_what_was_written_before() -> None:
    here = centre()
    before = {leg["ivrid"]: leg["callStarted"] for _, leg in legs(here)}
    here.change_clock(offset=100.0)
    here.advance_to(START + 60)
    for _, leg in legs(here):
        assert leg["callStarted"] == before.get(leg["ivrid"], leg["callStarted"])
    fresh = [leg["callStarted"] for _, leg in legs(here) if leg["callStarted"] > START + 60]
    assert fresh


def test_answers_are_utf_8_with_names_of_queues_as_they_are() -> None:
    assert "שירות לקוחות" in centre().queues_answer().decode()


def test_the_options_say_how_many_there_are() -> None:
    here = Centre(CentreOptions(agents=18, extensions=20, queues=3, odd=0.0), START)
    assert (len(extensions(here)), len(queues(here))) == (20, 3)
