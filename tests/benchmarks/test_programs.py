"""The benchmark's own programs: all ask and tell the same, and the exporter asks no more than it may."""

from __future__ import annotations

import gzip
import re
import time
from collections.abc import Iterator

import pytest

from benchmarks.contestant import exporter, listening_at, module
from benchmarks.payloads import FRAMES, SIZES, frames
from benchmarks.scraper import Scraper, crowd
from benchmarks.speed import upstream
from benchmarks.upstream import Control


@pytest.fixture(scope="module")
def vendor() -> Iterator[Control]:
    with upstream() as control:
        yield control


def callers(page: bytes) -> float:
    """The sum of callers over all queues."""
    values = re.findall(rb"^voicenter_queue_callers\{.*\} (\S+)$", gzip.decompress(page), re.MULTILINE)
    return sum(map(float, values))


@pytest.mark.parametrize("name", ["plain_exporter", "limit", "exporter"])
def test_all_ask_at_each_scrape_and_tell_of_the_same_callers(vendor: Control, name: str) -> None:
    vendor.set("S")
    ours = name == "exporter"
    with (
        exporter(vendor.base_url, min_interval="0s") if ours else module(name, vendor.base_url) as contestant
    ):
        scraper = Scraper(contestant.url)
        assert [callers(scraper.scrape()) for _ in range(FRAMES)] == [SIZES["S"].callers] * FRAMES
        scraper.close()
        assert vendor.counts()["requests"] == {"extensions": FRAMES, "queues": FRAMES}
        assert listening_at(contestant.url) == contestant.pid
        assert contestant.cpu_seconds() > 0


def test_fifty_scrapers_never_cause_two_attempts_at_once(vendor: Control) -> None:
    vendor.set("S", 0.02)
    with exporter(vendor.base_url) as contestant:
        began = time.perf_counter()
        seen = crowd(contestant.url, scrapers=50, seconds=1)
        took = time.perf_counter() - began
        counts = vendor.counts()
    assert counts["most_under_way"] == {"extensions": 1, "queues": 1}
    assert seen.per_second * took > 4 * counts["requests"]["queues"]


def test_connections_are_kept(vendor: Control) -> None:
    vendor.set("S")
    with exporter(vendor.base_url) as contestant:
        before = vendor.counts()["connections"]
        scraper = Scraper(contestant.url)
        for _ in range(20):
            scraper.scrape()
        scraper.close()
        made = vendor.counts()["connections"] - before
    assert made in (1 + 1, 2 + 1)  # one where it was quick enough for both; the last is the question itself


def test_payloads_are_the_same_each_time_and_as_large_as_they_say() -> None:
    first, again = frames(SIZES["S"]), frames(SIZES["S"])
    assert first == again
    assert len(set(first)) == FRAMES
    assert first[0].extensions.count(b'"username"') == 50
    assert first[0].extensions.count(b'"callStarted"') == 20
    assert first[0].extensions.count(b'"onlineUserID":0') == 20
    assert first[0].queues.count(b'"Weight"') == 10
    assert all(frame.queues.count(b'"CallID"') == 20 for frame in first)
