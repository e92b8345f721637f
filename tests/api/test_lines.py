"""Numbers dialled become names of lines as soon as an answer is read, and stay inside."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.api.lines import number_key
from exporter.api.snapshot import Detail, read_extensions
from exporter.api.wire import DialledLeg
from tests.support import answers
from tests.support.answers import extension, leg

NAMES = {"0722776772": "Sales line", "1800700700": "Hotline"}


def line_of(did: Any, detail: Detail = Detail.LINES) -> str:
    body = answers.extensions(extension("S1", leg(did=did)))
    snapshot = read_extensions(body, {}, detail, lines=NAMES)
    assert snapshot.details is not None
    (shown,) = snapshot.details[0].legs
    assert isinstance(shown, DialledLeg)
    return str(shown.line)


@pytest.mark.parametrize(
    "text", ["0722776772", "972722776772", "+972722776772", "00972722776772", "+972 (0)72-277-6772"]
)
def test_the_forms_of_a_number_are_one(text: str) -> None:
    assert number_key(text) == "0722776772"
    assert line_of(text) == "Sales line"


@pytest.mark.parametrize(
    "text", ["", "12", "07x2776772", "sip:0722776772", "1" * 16, " ", "٠٧٢٢٧٧", "0" * 10_000]
)
def test_what_is_no_number_is_none(text: str) -> None:
    assert number_key(text) is None


@given(st.from_regex(r"0[1-9][0-9]{5,9}", fullmatch=True))
def test_the_country_code_stands_for_the_zero(national: str) -> None:
    international = "972" + national[1:]
    assert number_key(national) == number_key(international) == number_key(f"+{international}") == national


@pytest.mark.parametrize(
    ("did", "line"),
    [
        ("1800700700", "Hotline"),
        (1800700700, "Hotline"),
        ("0722776779", "other"),
        ("anonymous", "other"),
        (True, "other"),
        ("", "none"),
        (" ", "none"),
        (None, "none"),
        ([], "none"),
        ({"a": 1}, "none"),
    ],
)
@pytest.mark.parametrize("detail", [Detail.LINES, Detail.NAMES_AND_LINES])
def test_each_leg_has_the_name_of_its_line(did: Any, line: str, detail: Detail) -> None:
    if did is True:
        line = "none"  # no text and no number: the field takes its default
    assert line_of(did, detail) == line


def test_no_number_is_left_in_what_was_read() -> None:
    body = answers.extensions(extension("S1", leg(did="0722776772"), leg(did="0722776779"), leg()))
    for detail in Detail:
        assert "072277" not in repr(read_extensions(body, {}, detail, lines=NAMES))
