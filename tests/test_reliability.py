"""The page on reliability names tests that exist, every reason of failure, and the limits in force."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path

import pytest

from exporter.api.failure import REASONS
from exporter.collect.pacing import MAX_BACK_OFF
from exporter.web.limits import Limits

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "reliability.md").read_text()
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))
ROWS = [
    [cell.strip() for cell in line.split("|")[1:-1]] for line in PAGE.splitlines() if line.startswith("|")
]


def test_many_tests_are_named() -> None:
    assert len(NAMED) > 60


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_a_named_test_exists(file: str, test: str) -> None:
    assert re.search(rf"^(async )?def {test}\(", (ROOT / file).read_text(), re.MULTILINE)


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_of_failure_has_a_row(reason: str) -> None:
    assert any(f"`{reason}`" in row[1] for row in ROWS)


@pytest.mark.parametrize(("limit", "value"), asdict(Limits()).items())
def test_every_limit_has_its_value(limit: str, value: float) -> None:
    (row,) = [row for row in ROWS if row[0] == f"`{limit}`"]
    number, _, unit = row[1].replace(",", "").partition(" ")
    assert float(number) * {"KiB": 1024, "MiB": 1024 * 1024}.get(unit, 1) == value
    assert unit == ("s" if isinstance(value, float) else unit)


def test_the_longest_back_off_is_documented() -> None:
    assert f"{MAX_BACK_OFF:g} s at most" in PAGE
