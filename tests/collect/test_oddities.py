"""Values that nobody has named appear by their codes and words, and no other text of the vendor does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from exporter.api.snapshot import read_extensions
from exporter.collect.accounts import Accounts
from exporter.collect.oddities import MOST, OTHER, Oddities
from exporter.config import parse
from exporter.web import status
from tests.support.answers import extension, extensions, leg
from tests.support.attempts import note

CONFIG = "accounts: [{name: main, code: invented, statuses: {22: coaching}}]"


def learned(*entries: Any, times: int = 1) -> tuple[Oddities, list[str]]:
    odd, lines = Oddities(), []
    for _ in range(times):
        lines += list(odd.learn(read_extensions(extensions(*entries), {22: "coaching"})))
    return odd, lines


def test_an_unknown_status_is_counted_by_its_code_and_told_once() -> None:
    people = [extension(str(number), person=number, status=21) for number in (1, 2)]
    odd, lines = learned(*people, extension("3", person=3, status=22), times=3)
    assert odd.statuses == {"21": 6}
    assert lines == ["status 21, seen 2 times; name it under statuses"]
    assert odd.lines({}) == ["status 21, seen 6 times; name it under statuses"]
    assert odd.lines({21: "training_room"}) == []


def test_codes_beyond_the_bound_are_other() -> None:
    people = [extension(str(code), person=code, status=code) for code in range(100, 100 + MOST + 5)]
    odd, lines = learned(*people)
    assert len(odd.statuses) == MOST + 1
    assert odd.statuses[OTHER] == 5
    assert lines[-1].startswith("other status codes, seen ")


@pytest.mark.parametrize("word", ["Parked", "p" * 32])
def test_a_word_is_named(word: str) -> None:
    odd, lines = learned(extension("1", leg(word)))
    assert lines == [f"callstatus {word} is unknown to the exporter"]
    assert odd.lines({}) == [f"callstatus {word}, seen 1 time"]


@pytest.mark.parametrize("text", ["07700900010", "Dana Cohen", "p" * 33, "a1", "<b>", "שיחה", ""])
def test_no_other_text_of_the_vendor_is(text: str) -> None:
    odd, lines = learned(extension("1", leg(text, text)))
    assert (lines, odd.lines({})) == ([], [])
    assert odd.fields["callstatus"] == 1


def test_words_are_bounded() -> None:
    odd, _ = learned(*(extension(str(number), leg("p" * number)) for number in range(1, 30)))
    assert len(odd.words) == MOST


def test_log_and_status_page_name_them(caplog: pytest.LogCaptureFixture) -> None:
    accounts = Accounts(parse(CONFIG, Path("config.yaml"), {}))
    answer = read_extensions(extensions(extension("1", leg("Parked"), status=21)), {})
    for _ in range(2):
        note(accounts.by_name["main"], "extensions", answer)
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == [
        "status 21, seen 1 time; name it under statuses",
        "callstatus Parked is unknown to the exporter",
    ]
    page = status.render(accounts, "/metrics")
    assert "status 21, seen 2 times; name it under statuses<br>callstatus Parked, seen 2 times" in page
