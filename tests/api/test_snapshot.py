"""What answers are read as, and what cannot be read."""

from __future__ import annotations

from typing import Any

import pytest

from exporter.api import snapshot as snapshot_module
from exporter.api import wire
from exporter.api.activity import Activity
from exporter.api.failure import Failure
from exporter.api.snapshot import read_extensions, read_queues
from tests.support import answers
from tests.support.answers import extension, leg, queue


def activity(*entries: Any, statuses: dict[int, str] | None = None) -> Activity:
    return read_extensions(answers.extensions(*entries), statuses or {}).activity


def reason(body: bytes) -> str:
    with pytest.raises(Failure) as failure:
        read_extensions(body, {})
    return failure.value.reason


def test_the_documented_example_is_read() -> None:
    snapshot = read_extensions(answers.EXTENSIONS, {})
    assert snapshot.activity.agents == {("logout", "idle"): 1, ("login", "talking"): 1}
    assert snapshot.activity.calls == {("talking", "outgoing"): 1}
    queues = read_queues(answers.QUEUES).queues
    assert [(each.id, each.name, each.weight, len(each.callers)) for each in queues] == [
        ("12345678", "QUEUE 1", 5, 2),
        ("87654321", "QUEUE 2", 0, 0),
    ]


def test_the_example_as_printed_is_no_json() -> None:
    assert reason(answers.EXTENSIONS_AS_PRINTED) == "decode"
    with pytest.raises(Failure, match="decode"):
        read_queues(answers.QUEUES_AS_PRINTED)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "decode"),
        (b"<html>busy</html>", "decode"),
        (b"[]", "decode"),
        (b"null", "decode"),
        (b'{"EXTENSIONS": []}', "decode"),
        (b'{"ERR": 0}', "decode"),
        (b'{"ERR": 0, "EXTENSIONS": 5}', "decode"),
        (b'{"ERR": "so", "EXTENSIONS": []}', "decode"),
        (b'{"ERR": 0, "EXTENSIONS": [NaN]}', "decode"),
        (b'{"ERR": 0, "EXTENSIONS": [{"username": "\\ud800"}]}', "decode"),
        (b"[" * 1_000_000, "decode"),
        (b'{"ERR": 0, "EXTENSIONS": [{"odd": ' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"}]}", "decode"),
        (b'{"ERR": 0, "EXTENSIONS": []}', "empty"),
        (b'{"ERR": 0, "EXTENSIONS": null}', "empty"),
        (b'{"ERR": 1, "DESC": "Authorization failed."}', "unauthorized"),
        (b'{"ERR": "1", "DESC": "Authorization failed."}', "unauthorized"),
        (b'{"ERR": 1, "DESC": "?"}', "bad_request"),
        (b'{"ERR": 2, "DESC": "Authorization failed."}', "api_error"),
        (b'{"ERR": 2, "DESC": "Internal error."}', "api_error"),
        (b'{"ERR": 1, "DESC": "Queue is not found in this account"}', "api_error"),
        (b'{"ERR": 2, "DESC": "Queue is not found in this account"}', "api_error"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_be_right_has_a_name(body: bytes, expected: str) -> None:
    assert reason(body) == expected


def test_texts_of_the_vendor_are_repeated_only_when_they_are_known() -> None:
    with pytest.raises(Failure) as failure:
        read_extensions(b'{"ERR": 2, "DESC": "no such code: MARKED"}', {})
    assert "MARKED" not in str(failure.value)


def test_an_empty_list_of_queues_is_legitimate() -> None:
    assert read_queues(b'{"ERR": 0, "QUEUES": []}').queues == []
    assert read_queues(b'{"ERR": 0, "QUEUES": null}').queues == []


def test_an_empty_list_of_extensions_can_be_allowed() -> None:
    assert read_extensions(b'{"ERR": 0, "EXTENSIONS": []}', {}, allow_empty=True).activity.extensions == 0


@pytest.mark.parametrize("calls", [None, {}, [], {"odd": [1]}])
def test_no_calls_may_come_in_any_shape(calls: Any) -> None:
    assert activity(extension(calls=calls)).calls == {}


def test_numbers_may_be_strings() -> None:
    read = activity(extension("S1", leg(callStarted="7", answered="1"), person="5", status="3"))
    assert read.agents == {("lunch", "talking"): 1}
    assert read.oldest == {("talking", "incoming"): 7}


@pytest.mark.parametrize("length", [256, 257, 50_000])
def test_an_id_of_a_call_has_a_bound_and_the_call_is_counted_all_the_same(length: int) -> None:
    """Ids are remembered, so that long ones would fill the memory: 29 MiB at each poll."""
    too_long = "7" * length
    found = read_extensions(answers.extensions(extension("S1", leg(ivrid=too_long))), {})
    queues = read_queues(answers.queues({"ID": 1, "Callers": [{"CallID": too_long, "Duration": 5}]}))
    is_id = length <= 256
    assert found.activity.call_ids == ({too_long} if is_id else set())
    assert sum(found.activity.calls.values()) == 1
    assert [caller.duration for caller in queues.queues[0].callers] == [5]
    assert queues.call_ids == ([too_long] if is_id else [])


@pytest.mark.parametrize("odd", ["", "soon", None, [], {}, True, 10**400, "nan", "inf", 1e300])
def test_one_odd_value_hides_no_call(odd: Any) -> None:
    read = activity(extension("S1", leg(callStarted=odd, recording=odd, customdata=odd)), extension("S2"))
    assert read.calls == {("talking", "incoming"): 1}
    assert read.extensions == 2


def test_an_entry_that_is_no_object_is_passed_over() -> None:
    assert activity(7, extension(), "x", None).extensions == 1


def test_a_person_at_several_extensions_counts_once_with_the_first_status() -> None:
    read = activity(
        extension("S1", person=5, status=3),
        extension("S2", leg("Hold"), person=5, status=1),
        extension("S3", person=0, status=2),
        extension("S4", person=0, status=2),
    )
    assert read.agents == {("lunch", "hold"): 1, ("logout", "idle"): 2}


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (["Ringing", "Dialing", "Hold", "Talking"], "talking"),
        (["Ringing", "Dialing", "Hold"], "hold"),
        (["Ringing", "Dialing"], "dialing"),
        (["Ringing"], "ringing"),
        ([], "idle"),
    ],
)
def test_the_first_activity_that_applies_over_all_calls(statuses: list[str], expected: str) -> None:
    legs = [leg(status, answered=0, callAnswered=0) for status in statuses]
    assert activity(extension("S1", *legs)).agents == {("login", expected): 1}


def test_a_status_of_the_tenant_has_its_configured_name_and_others_are_unknown() -> None:
    read = activity(extension(person=1, status=21), extension(person=2, status=99), statuses={21: "coaching"})
    assert read.agents == {("coaching", "idle"): 1, ("unknown", "idle"): 1}
    assert read.unknown == {"status": 1}


def test_unknown_directions_and_call_statuses_are_counted() -> None:
    read = activity(extension("S1", leg("Parked", "Sideways"), leg("Talking", "Spy")))
    assert read.calls == {("unknown", "unknown"): 1, ("talking", "spy"): 1}
    assert read.unknown == {"callstatus": 1, "direction": 1}


@pytest.mark.parametrize(
    ("fields", "muted"),
    [
        ({"recording": {"IsMuted": 1}}, 1),
        ({"recording": {"IsMuted": "1"}}, 1),
        ({"recording": [{"IsMuted": 1}]}, 1),
        ({"recording": {"IsMuted": 0}}, 0),
        ({"recording": None}, 0),
        ({"recording": {"IsMuted": 1}, "answered": 0, "callAnswered": 0}, 1),  # Talking is answered
        ({"recording": {"IsMuted": 1}, "answered": 0, "callAnswered": 0, "callstatus": "Ringing"}, 0),
    ],
)
def test_muted_counts_on_answered_legs(fields: dict[str, Any], muted: int) -> None:
    assert activity(extension("S1", leg(**fields))).muted == muted


def test_duplicate_queue_ids_are_merged_under_the_first_name() -> None:
    snapshot = read_queues(answers.queues(queue(1, "Sales", 5), queue("1", "Other", 9), queue(2, "VIP")))
    assert [(each.id, each.name, len(each.callers)) for each in snapshot.queues] == [
        ("1", "Sales", 2),
        ("2", "VIP", 0),
    ]


def test_long_label_values_are_cut_and_counted() -> None:
    snapshot = read_queues(answers.queues(queue(1, "x" * 1_000_000)))
    assert snapshot.queues[0].name == "x" * 128
    assert snapshot.cut == 1


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"OriginalIvrUniqueID": "first"}, "first"),
        ([{"other": 1}, {"OriginalIvrUniqueID": "first"}], "first"),
        ({}, None), ([], None), (None, None), ("text", None),
    ],
)  # fmt: skip
def test_the_call_that_a_call_was_transferred_from(data: Any, expected: str | None) -> None:
    snapshot = read_extensions(answers.extensions(extension("S1", leg(customdata=data))), {})
    assert snapshot.details is not None
    assert snapshot.details[0].legs[0].original_call_id() == expected


def test_queues_with_one_id_are_merged_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each further queue adds its own callers; a copy of those before it would make merging quadratic."""
    entries = [wire.Queue(7, calls=[wire.Caller(str(i))]) for i in range(300)]
    first = entries[0].calls
    monkeypatch.setattr(snapshot_module, "_entries", lambda *_: entries)
    merged = read_queues(b"").queues
    assert len(merged) == 1
    assert merged[0].calls is first
    assert [caller.call_id for caller in merged[0].callers] == [str(i) for i in range(300)]
