"""Reading a centre's answers in tests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from exporter.simulator.centre import Centre
from exporter.simulator.options import CentreOptions

START = 1_767_225_600.0  # 2026-01-01 00:00 UTC
JULY = 1_782_864_000.0  # 2026-07-01 00:00 UTC


def centre(start: float = START, **options: Any) -> Centre:
    """A centre without odd shapes unless they are asked for."""
    return Centre(CentreOptions(**{"odd": 0.0, **options}), start)


def extensions(of: Centre) -> list[dict[str, Any]]:
    return list(json.loads(of.extensions_answer())["EXTENSIONS"])


def queues(of: Centre) -> list[dict[str, Any]]:
    return list(json.loads(of.queues_answer())["QUEUES"])


def legs(of: Centre) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each leg with its extension."""
    for extension in extensions(of):
        for leg in extension["calls"]:
            yield extension, leg


def callers(of: Centre) -> dict[tuple[int, str], dict[str, Any]]:
    return {(queue["ID"], caller["CallID"]): caller for queue in queues(of) for caller in queue["Callers"]}


def run(of: Centre, seconds: float, step: float) -> Iterator[float]:
    """Move the centre on, step by step."""
    for number in range(1, int(seconds / step) + 1):
        of.advance_to(of.start + number * step)
        yield of.now
