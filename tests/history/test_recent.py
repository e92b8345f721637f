"""Answers per second of the last quarter of an hour."""

from __future__ import annotations

import pytest

from exporter.history.recent import RecentAnswers


def test_it_tells_the_rate_of_the_last_quarter_of_an_hour() -> None:
    recent = RecentAnswers()
    for minute in range(30):
        recent.add(60 * minute + 30, 3.0)
    assert recent.per_second(60 * 30 - 0.001, 5) == pytest.approx(45 / 900, rel=1e-3)


def test_with_too_few_answers_there_is_no_rate() -> None:
    recent = RecentAnswers()
    for second in range(4):
        recent.add(second, 2.0)
    assert recent.per_second(10, 5) is None
    recent.add(10, 2.0)
    assert recent.per_second(10, 5) == pytest.approx(10 / 850)


def test_what_is_older_does_not_count() -> None:
    recent = RecentAnswers()
    for second in range(60):
        recent.add(second, 1.0)
    assert recent.per_second(15 * 60 - 1, 5) is not None
    assert recent.per_second(15 * 60, 5) is None
    recent.add(1_000_000, 1.0)
    assert recent.per_second(1_000_000, 1) == pytest.approx(1 / (840 + 1_000_000 % 60))
