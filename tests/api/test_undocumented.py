"""Fields that the vendor's page does not document: their names, and nothing else of an answer."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

from exporter.api.undocumented import undocumented_fields
from exporter.api.wire import LARGE
from exporter.simulator.centre import Centre
from exporter.simulator.options import CentreOptions
from tests.support.answers import extension, extensions, leg, queue, queues


def body(answer: Any) -> bytes:
    return json.dumps(answer).encode()


def test_a_documented_answer_names_nothing() -> None:
    assert undocumented_fields("extensions", extensions(extension("S1", leg(), person=1))) == []
    assert undocumented_fields("queues", queues(queue(1, "Sales", 5))) == []


def test_the_simulated_centre_sends_documented_fields_alone() -> None:
    centre = Centre(CentreOptions(agents=20, odd=0.0, seed=Random(1).randrange(99)), 1_769_990_400.0)
    centre.advance_to(1_769_990_400.0 + 300)
    assert undocumented_fields("extensions", centre.extensions_answer()) == []
    assert undocumented_fields("queues", centre.queues_answer()) == []


def test_names_of_other_fields_are_found_on_each_level() -> None:
    call = {"ivrid": "1", "queueID": 7, "recording": [{"IsMuted": 0, "Channel": 2}]}
    answer = {"ERR": 0, "Trace": 1, "EXTENSIONS": [{"username": "S1", "team": "a", "calls": [call]}]}
    assert undocumented_fields("extensions", body(answer)) == ["Channel", "Trace", "queueID", "team"]
    caller = {"CallID": "1", "Position": 1}
    answer = {"ERR": 0, "QUEUES": [{"ID": 1, "Callers": [caller], "Open": True}]}
    assert undocumented_fields("queues", body(answer)) == ["Open", "Position"]


def test_private_data_and_what_is_no_word_is_not_repeated() -> None:
    call = {"ivrid": "1", "customdata": {"Secret": "x"}, "07700 900123": 1, "שם": 1, "x" * 33: 1}
    answer = {"ERR": 0, "EXTENSIONS": [{"username": "S1", "calls": [call]}]}
    assert undocumented_fields("extensions", body(answer)) == []


def test_at_most_sixteen_are_named() -> None:
    answer = {"ERR": 0, "QUEUES": [], **{f"field{number}": 0 for number in range(50)}}
    assert len(undocumented_fields("queues", body(answer))) == 16


@pytest.mark.parametrize("odd", [b"", b"[]", b"{", b"\xff", b"[" * 5000, b'{"QUEUES": [1, null, {}]}'])
def test_an_odd_answer_names_nothing(odd: bytes) -> None:
    assert undocumented_fields("queues", odd) == []


def test_a_large_answer_is_not_looked_at() -> None:
    assert undocumented_fields("queues", body({"QUEUES": [], "Trace": "x" * LARGE})) == []
