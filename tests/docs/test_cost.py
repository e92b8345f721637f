"""The figures on the page of costs are those of pages that the exporter makes after some hours of calls."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from prometheus_client.parser import text_string_to_metric_families

from exporter.metrics.exposition import ProcessMetrics, compress, page
from exporter.metrics.negotiation import Format
from exporter.metrics.numbers import Block
from exporter.simulator.options import CentreOptions
from renew.past_rules import rules
from tests.docs.pages import REPOSITORY
from tests.support.exporter import exporter_of
from tests.support.past import Watched

PAGE: Final = REPOSITORY / "docs" / "cost.md"
START: Final = 1_780_000_000.0 // 3600 * 3600
HOURS: Final = 4
STEP: Final = 10
FLAGS: Final = ["--no-web.metrics-accounts"]


@dataclass(frozen=True)
class Size:
    """A page with one account: its series by what they are of, and its bytes."""

    series: dict[str, Counter[str]]
    plain: int
    compressed: int

    def mean(self, kind: str) -> float:
        """Series of one of this kind."""
        return self.series[kind].total() / len(self.series[kind])


@cache
def sizes(queues: int, agents: int, *, extensions: bool) -> tuple[Size, Size]:
    """Of the first page, and of that some hours later."""
    options = CentreOptions(agents=agents, queues=queues, keep_records=False)
    watched = Watched("main", options, extensions=extensions)
    blocks = [watched.block(START + number * STEP) for number in range(HOURS * 3600 // STEP)]
    return size(blocks[0]), size(blocks[-1])


def size(block: Block) -> Size:
    whole = page([block], Format.TEXT, ProcessMetrics().page(Format.TEXT))
    found: dict[str, Counter[str]] = {}
    for family in text_string_to_metric_families(whole.decode()):
        for sample in family.samples:
            kind = next(
                (label for label in ("queue_id", "extension", "line", "account") if label in sample.labels),
                "exporter",
            )
            found.setdefault(kind, Counter())[sample.labels.get(kind, "")] += 1
    return Size(found, len(whole), len(compress([whole])))


def rows(heading: str) -> Iterator[list[str]]:
    """The rows of the first table under a heading, cell by cell, without what stands in brackets."""
    section = PAGE.read_text("utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    _, _, *lines = re.findall(r"^\| (.+) \|$|^\|-.+$", section, re.MULTILINE)
    for line in lines:
        yield [cell.partition(" (")[0] for cell in line.split(" | ")]


def numbers(heading: str) -> dict[str, list[float]]:
    """What each row tells."""
    return {what: [float(cell.replace(",", "")) for cell in cells] for what, *cells in rows(heading)}


def test_the_series_are_those_of_the_page() -> None:
    told = numbers("Series")
    first, last = sizes(6, 40, extensions=True)
    for what, kind in {"an account": "account", "a queue": "queue_id", "a line": "line"}.items():
        assert told[what] == [round(first.mean(kind)), round(last.mean(kind))], what
    new, worked_in = told["an extension"]
    assert new == first.mean("extension")
    assert worked_in == pytest.approx(last.mean("extension"), abs=1)


def test_the_series_of_the_exporter_itself_are_those_of_the_page(tmp_path: Path) -> None:
    with exporter_of({"accounts": [{"name": "main", "code": "invented"}]}, tmp_path, FLAGS) as exporter:
        found = sum(map(len, exporter.scrape().samples.values()))
    assert numbers("Series")["the exporter itself"] == [found, found]


def test_the_series_of_the_rules_are_those_of_the_page() -> None:
    told = numbers("Series")
    records = [rule["record"] for rule in rules() if "record" in rule]
    of_queues = [name for name in records if name.startswith("voicenter:queue_")]
    assert told["the recording rules, for a queue"][-1] == len(of_queues)
    assert told["the recording rules, for an account"][-1] == len(records) - len(of_queues)


@pytest.mark.parametrize("extensions", [False, True])
def test_the_bytes_are_those_of_the_page(extensions: bool) -> None:
    """Of the smaller centre; the larger one takes a minute."""
    queues, agents = 6, 40
    _, last = sizes(queues, agents, extensions=extensions)
    what = f"{queues} queues" + (
        f", {CentreOptions(agents=agents).extension_count} extensions" if extensions else ""
    )
    plain, compressed = numbers("Bytes")[what]
    assert plain == pytest.approx(last.plain / 1000, rel=0.05)
    assert compressed == pytest.approx(last.compressed / 1000, rel=0.05, abs=1)


def test_the_sum_is_right() -> None:
    """Series times scrapes a minute, at the price that the page assumes."""
    (price,) = re.findall(r"([\d.]+) dollars a month for 1,000 series", PAGE.read_text("utf-8"))
    for what, *cells in rows("A sum for a paid backend"):
        points, counted, dollars = (float(cell.replace(",", "")) for cell in cells)
        (seconds,) = re.findall(r"every (\d+) s", what)
        assert points == 1030 * 60 / int(seconds)
        assert counted == max(1030, points)
        assert dollars == pytest.approx(counted / 1000 * float(price), abs=0.01)
