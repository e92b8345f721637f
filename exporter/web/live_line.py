"""Points of the last half hour → a small line as SVG, broken where nothing was seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import pairwise
from statistics import median_low
from typing import Final

from exporter.collect.trail import SPAN, STEP, Point

WIDTH, HEIGHT = 240, 36
_BREAKS: Final = 3
"""Usual steps without a point after which the line breaks."""
_TOP: Final = 3
"""The least number that the height stands for, so that one caller is no peak."""


def line(points: Sequence[Point], now: float, name: str) -> str:
    """The picture of how many waited; nothing without two points. `now` is its right end, Unix seconds."""
    recent = [point for point in points if point[0] > now - SPAN]
    if len(recent) < 2:
        return ""
    most = max(callers for _, callers in recent)
    text = f"Waiting in {name}, last 30 minutes: {recent[-1][1]} now, {most} at most"
    paths = "".join(f'<path d="{_path(part, now, max(most, _TOP))}"/>' for part in _parts(recent))
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(text)}">{paths}</svg>'
    )


def _parts(points: Sequence[Point]) -> Iterator[list[Point]]:
    """The points in parts between which nothing was seen for long."""
    usual = max(STEP, median_low([later[0] - earlier[0] for earlier, later in pairwise(points)]))
    part = [points[0]]
    for earlier, later in pairwise(points):
        if later[0] - earlier[0] > _BREAKS * usual:
            yield part
            part = []
        part.append(later)
    yield part


def _path(part: Sequence[Point], now: float, top: int) -> str:
    """Steps, as numbers of callers are: level until the next point."""
    start, written = now - SPAN, ""
    before: int | None = None
    for place, (at, callers) in enumerate(part):
        x, y = round((at - start) / SPAN * WIDTH), round(HEIGHT - 1 - callers / top * (HEIGHT - 2))
        if before is None:
            written = f"M{x} {y}"
        elif y != before:
            written += f"H{x}V{y}"
        elif place == len(part) - 1:
            written += f"H{x}"
        before = y
    return written
