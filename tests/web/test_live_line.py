"""The small lines of the live page."""

from __future__ import annotations

import re

from exporter.web.live_line import HEIGHT, WIDTH, line

NOW = 1_700_000_000.0


def paths(*points: tuple[float, int]) -> list[str]:
    """The paths for points (seconds ago, callers)."""
    return re.findall(r'd="([^"]*)"', line([(NOW - ago, callers) for ago, callers in points], NOW, "Sales"))


def test_it_goes_in_steps_from_the_left_end_to_the_right() -> None:
    (path,) = paths((1799, 0), (900, 4), (450, 4), (0, 2))
    assert path == f"M0 {HEIGHT - 1}H{WIDTH // 2}V1H{WIDTH}V{HEIGHT // 2}"


def test_it_breaks_where_nothing_was_seen() -> None:
    before = [(ago, 1) for ago in range(1200, 900, -15)]
    after = [(ago, 1) for ago in range(300, 0, -15)]
    assert len(paths(*before, *after)) == 2
    assert len(paths(*[(ago, 1) for ago in range(1200, 0, -60)])) == 1


def test_what_is_older_is_not_drawn() -> None:
    assert paths((3600, 9), (1800, 9)) == []
    assert line([(NOW - 3600, 9), (NOW - 30, 1), (NOW, 2)], NOW, "Sales").count("2 at most") == 1


def test_one_caller_is_no_peak() -> None:
    assert paths((30, 1), (0, 1))[0].endswith(f"H{WIDTH}")
    height = int(re.findall(r"M\d+ (\d+)", paths((30, 1), (0, 1))[0])[0])
    assert height > HEIGHT / 2
