"""The last half hour of each queue: what is kept, for how long, and in how much memory."""

from __future__ import annotations

from collections.abc import Mapping
from sys import getsizeof

from exporter.api.snapshot import read_queues
from exporter.collect.trail import MOST_QUEUES, SPAN, STEP, Trail
from tests.support import answers
from tests.support.answers import queue

START = 1_700_000_000.0


def add(trail: Trail, second: float, waiting: Mapping[str, int]) -> None:
    entries = [queue(name, name, *[1] * number) for name, number in waiting.items()]
    trail.add(START + second, read_queues(answers.queues(*entries)).queues)


def points(trail: Trail, name: str) -> list[tuple[float, int]]:
    return [(at - START, callers) for at, callers in trail.of(name)]


def test_one_answer_in_fifteen_seconds_is_kept_for_half_an_hour() -> None:
    trail = Trail()
    for second in range(0, 7200, 5):
        add(trail, second, {"a": second % 7, "b": 1})
    kept = points(trail, "a")
    assert [at for at, _ in kept] == list(range(7185 - 1785, 7186, 15))
    assert len(kept) == SPAN / STEP
    assert all(callers == at % 7 for at, callers in kept)


def test_queues_that_come_go_or_change_places_keep_their_own_lines() -> None:
    trail = Trail()
    add(trail, 0, {"a": 1, "b": 2})
    add(trail, 15, {"b": 3, "new": 4, "a": 5})
    add(trail, 30, {"new": 6, "a": 7})
    assert points(trail, "a") == [(0, 1), (15, 5), (30, 7)]
    assert points(trail, "new") == [(15, 4), (30, 6)]
    assert points(trail, "b") == []


def test_a_clock_that_is_set_back_begins_anew() -> None:
    trail = Trail()
    add(trail, 3600, {"a": 1})
    add(trail, 0, {"a": 2})
    add(trail, 15, {"a": 3})
    assert points(trail, "a") == [(0, 2), (15, 3)]


def test_a_copy_stays_as_it_was() -> None:
    trail = Trail()
    add(trail, 0, {"a": 1})
    copied = trail.copy()
    add(trail, 15, {"b": 2, "a": 3})
    assert points(copied, "a") == [(0, 1)]


def test_it_is_small_and_bounded() -> None:
    def size(queues: int) -> int:
        trail = Trail()
        entries = [queue(number, f"queue {number}", 5) for number in range(queues)]
        shown = read_queues(answers.queues(*entries)).queues
        for second in range(0, 3600, 15):
            trail.add(START + second, shown)
        parts = [getattr(trail, name) for name in Trail.__slots__]
        return sum(map(getsizeof, parts)) + sum(map(getsizeof, trail._ids))

    assert size(60) < 30_000
    assert size(5_000) == size(MOST_QUEUES) < 200_000


def test_more_callers_than_fit_are_as_many_as_fit() -> None:
    trail = Trail()
    add(trail, 0, {"a": 70_000})
    assert points(trail, "a") == [(0, 65_534)]
