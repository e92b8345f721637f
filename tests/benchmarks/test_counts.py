"""What does not depend on the speed of the machine: calls, bytes and objects of a scrape, per entity."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from benchmarks.payloads import Frame, Size, frames
from exporter.api.snapshot import read_extensions, read_queues
from exporter.api.wire import Extension, Leg
from exporter.config import parse
from exporter.history.clock import Moment
from exporter.history.recent import RecentAnswers
from exporter.history.serving import Serving
from exporter.history.totals import Totals
from exporter.metrics.exposition import compress, page
from exporter.metrics.negotiation import Format
from exporter.metrics.samples import account_samples
from exporter.metrics.text import TextEncoder
from exporter.metrics.view import View
from tests.metrics.views import source_view

SETTINGS = parse("accounts: [{name: main, code: X}]", Path("config.yaml"), {})
EXTENSIONS = 200
SMALL, LARGE = Size("small", 1_000, 50, 250), Size("large", 4_000, 200, 1_000)


@cache
def frame(size: Size) -> Frame:
    return frames(size, 1)[0]


def work(size: Size, encoder: TextEncoder) -> Callable[[], bytes]:
    """Everything between the last byte of the answers and the page."""
    answers = frame(size)

    def run() -> bytes:
        view = View(
            account=SETTINGS.accounts[0],
            settings=SETTINGS,
            sources={
                "extensions": source_view(read_extensions(answers.extensions, {})),
                "queues": source_view(read_queues(answers.queues)),
            },
            unknown={},
            unknown_statuses={},
            clock_offset=None,
            totals=None,
        )
        return page([encoder.block(account_samples(view))], Format.TEXT)

    run()  # an encoder remembers labels from the first page on
    return run


def calls(run: Callable[[], object]) -> int:
    """How many functions are called, of Python and of C."""
    number = 0

    def count(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal number
        number += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        run()
    finally:
        sys.setprofile(before)
    return number


def test_calls_grow_with_the_call_centre_and_no_faster() -> None:
    small, large = calls(work(SMALL, TextEncoder())), calls(work(LARGE, TextEncoder()))
    assert (large - small) / (LARGE.entities - SMALL.entities) < 5
    assert large < 4.0 * small


def test_a_page_has_few_bytes_for_a_queue() -> None:
    small, large = (work(size, TextEncoder())() for size in (SMALL, LARGE))
    queues = LARGE.queues - SMALL.queues
    assert (len(large) - len(small)) / queues < 1400
    assert (len(compress([large])) - len(compress([small]))) / queues < 110


def held(make: Callable[[], object]) -> int:
    """How many bytes that which is made takes."""
    tracemalloc.start()
    try:
        made = make()
        size, _ = tracemalloc.get_traced_memory()
        del made
        return size
    finally:
        tracemalloc.stop()


def test_who_serves_which_queue_takes_100_bytes_a_pair() -> None:
    def serving(queues: int) -> Totals:
        totals = Totals()
        learned = Serving(totals, keep_for=43_200.0)
        ids = {f"call-{number}": f"queue-{number}" for number in range(queues)}
        for second, (call, place) in enumerate(product(ids, range(EXTENSIONS))):
            leg = Leg(call_id=call, status="Ringing", direction="Incoming")
            moment = Moment(float(second), 0.0, 10.0)
            learned.observe([(Extension(username=f"user-{place}"), leg)], moment, ids.get)
        assert sum(map(len, totals.serves.values())) == queues * EXTENSIONS
        return totals

    more = held(lambda: serving(60)) - held(lambda: serving(10))
    assert more / (50 * EXTENSIONS) < 100


def test_the_estimates_of_a_wait_take_600_bytes_a_queue() -> None:
    def estimates(queues: int) -> object:
        recent = [RecentAnswers() for _ in range(queues)]
        for each in recent:
            for second in range(0, 1800, 30):
                each.add(second, 1.5)
        waits = [float(number) for number in range(queues)]
        return recent, waits, {f"queue-{number}": float(number) for number in range(queues)}

    more = held(lambda: estimates(2_000)) - held(lambda: estimates(1_000))
    assert more / 1_000 < 600


@pytest.mark.parametrize(("endpoint", "bytes_each"), [("extensions", 450), ("queues", 1200)])
def test_a_snapshot_holds_little_for_each_entry(endpoint: str, bytes_each: int) -> None:
    def snapshot_of(size: Size) -> Callable[[], object]:
        body = getattr(frame(size), endpoint)
        return lambda: read_extensions(body, {}) if endpoint == "extensions" else read_queues(body)

    more = held(snapshot_of(LARGE)) - held(snapshot_of(SMALL))
    assert more / (getattr(LARGE, endpoint) - getattr(SMALL, endpoint)) < bytes_each


def test_making_a_page_needs_little_beside_the_page() -> None:
    run = work(LARGE, TextEncoder())
    tracemalloc.start()
    try:
        made = run()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    body = len(frame(LARGE).extensions) + len(frame(LARGE).queues)
    assert peak < 2 * body + len(made)


def test_the_same_labels_are_not_written_twice() -> None:
    encoder = TextEncoder()
    first = calls(lambda: work(SMALL, encoder))
    again = calls(work(SMALL, encoder))
    assert again < 0.8 * first
