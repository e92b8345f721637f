"""Who asks when, who waits how long, and what a page shows meanwhile."""

from __future__ import annotations

import json
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.faults.conftest import CODE, ExporterOf, gated, together
from tests.support.exporter import Exporter, exporter_of
from tests.support.processes import MOMENT, get, wait_until
from tests.support.vendor import GOOD, Exchange, Vendor, answers, well
from tests.support.vendor import vendor as another_vendor


def queue_of(callers: int) -> bytes:
    queue = {
        **GOOD["queues"]["QUEUES"][0],
        "Callers": [{"CallID": f"c{n}", "Duration": 5} for n in range(callers)],
    }
    return json.dumps({"ERR": 0, "DESC": "OK", "QUEUES": [queue]}).encode()


def counting(exchange: Exchange) -> None:
    """Answer with one more caller each time."""
    exchange.answer(queue_of(next(_numbers)))


_numbers = iter(range(1, 10_000))


def accounts(*servers: Vendor, **keys: Any) -> dict[str, Any]:
    """A configuration of accounts `a0`, `a1`, … without pacing."""
    return {
        "accounts": [
            {"name": f"a{n}", "code": CODE, "base_url": server.url, "min_interval": "0s", **keys}
            for n, server in enumerate(servers)
        ]
    }


def test_scrapes_at_one_time_share_one_attempt_and_one_page(vendor: Vendor, exporter_for: ExporterOf) -> None:
    gate = threading.Event()
    vendor.behave(gated(gate))
    exporter = exporter_for(vendor.url, min_interval="60s")
    with ThreadPoolExecutor(20) as pool:
        waiting = [pool.submit(get, f"{exporter.url}/metrics") for _ in range(20)]
        try:
            wait_until(
                lambda: vendor.count("queues") and vendor.count("extensions"), "both endpoints are asked"
            )
            assert get(f"{exporter.url}/-/healthy").ok
        finally:
            gate.set()
        pages = {each.result().content for each in waiting}
    assert len(pages) == 1
    assert (vendor.count("queues"), vendor.count("extensions")) == (1, 1)


def test_two_servers_that_scrape_within_min_interval_see_the_same_numbers(
    vendor: Vendor, exporter_for: ExporterOf
) -> None:
    vendor.behave(counting, "queues")
    exporter = exporter_for(vendor.url, min_interval="60s")
    one, other = exporter.scrape(), exporter.scrape()
    for name in one.samples:
        if name.startswith("voicenter_"):
            assert one.samples[name] == other.samples[name]
    assert vendor.count("queues") == 1


def test_both_endpoints_are_asked_at_once(vendor: Vendor, exporter_for: ExporterOf) -> None:
    vendor.behave(together())
    assert exporter_for(vendor.url).scrape().value("voicenter_up") == 1


def test_scrapes_at_min_interval_with_jitter_give_an_attempt_each(
    vendor: Vendor, exporter_for: ExporterOf
) -> None:
    interval, number = 0.5, 8
    exporter = exporter_for(vendor.url, min_interval=f"{interval * 1000:g}ms")
    chance = random.Random(7)
    for _ in range(number):
        assert exporter.scrape().value("voicenter_up") == 1
        next_scrape = vendor.of("queues")[-1].at + interval * chance.uniform(0.92, 1.08)
        time.sleep(max(0.0, next_scrape - time.monotonic()))
    starts = [each.at for each in vendor.of("queues")]
    assert len(starts) == number
    assert min(later - earlier for earlier, later in pairwise(starts)) > interval - 0.05


@pytest.mark.parametrize("outcome", ["success", "failure"])
def test_an_earlier_scrape_gets_the_newest_outcome_uncounted(
    outcome: str, vendor: Vendor, exporter_for: ExporterOf
) -> None:
    vendor.behave(well if outcome == "success" else answers(b"", 500))
    exporter = exporter_for(vendor.url, min_interval="60s")
    pages = [exporter.scrape() for _ in range(3)]
    assert [page.value("voicenter_up") for page in pages] == [float(outcome == "success")] * 3
    assert [page.value("voicenter_api_requests_total", source="queues") for page in pages] == [1, 1, 1]
    assert [sum(page.failures("queues").values()) for page in pages] == [float(outcome == "failure")] * 3
    assert vendor.count("queues") == 1


def test_a_scrape_answers_before_its_deadline_with_what_is_known(
    vendor: Vendor, exporter_for: ExporterOf
) -> None:
    gate = threading.Event()
    vendor.behave(gated(gate), "extensions")
    exporter = exporter_for(vendor.url, min_interval="60s")
    try:
        page = exporter.scrape(scrape_timeout=3)
        assert page.seconds < MOMENT
        assert page.value("voicenter_up") == 0
        assert page.value("voicenter_scrape_success", source="extensions") == 0
        assert page.value("voicenter_scrape_success", source="queues") == 1
        assert page.value("voicenter_queue_callers", queue="Sales") == 1
        assert not page.values("voicenter_agents")
        assert page.failures("extensions") == {}  # the attempt has not ended: nothing is counted
    finally:
        gate.set()
    late = wait_until(lambda: _success(exporter), "the late answer serves a following scrape")
    assert late.value("voicenter_extensions") == 1
    assert vendor.count("extensions") == 1
    assert late.failures("extensions") == {}


def _success(exporter: Exporter) -> Any:
    page = exporter.scrape(scrape_timeout=1.5)
    return page if page.value("voicenter_up") == 1 else None


def test_a_late_failure_is_counted_once(vendor: Vendor, exporter_for: ExporterOf) -> None:
    gate = threading.Event()
    vendor.behave(gated(gate, answers(b"", 500)), "queues")
    exporter = exporter_for(vendor.url, min_interval="60s")
    page = exporter.scrape(scrape_timeout=1)
    assert page.failures("queues") == {}
    gate.set()

    def is_counted() -> bool:
        return bool(exporter.scrape(scrape_timeout=1).failures("queues"))

    wait_until(is_counted, "the failure is counted")
    assert exporter.scrape().failures("queues") == {"http_error": 1}
    assert vendor.count("queues") == 1


def test_an_old_late_answer_is_not_shown(vendor: Vendor, exporter_for: ExporterOf) -> None:
    gate = threading.Event()
    vendor.behave(gated(gate), "queues")
    exporter = exporter_for(vendor.url, ("--log.level=debug",), min_interval="100ms")
    assert exporter.scrape(scrape_timeout=1).value("voicenter_scrape_success", source="queues") == 0
    vendor.behave(Exchange.hang, "queues")
    gate.set()
    exporter.process.wait_for(r"attempt ended: ok.*source=queues")
    time.sleep(3 * 0.1)
    page = exporter.scrape(scrape_timeout=1)
    assert page.value("voicenter_scrape_success", source="queues") == 0
    assert not page.values("voicenter_queue_callers")


def test_one_slow_account_does_not_hide_or_spoil_the_others(vendor: Vendor, tmp_path: Path) -> None:
    with another_vendor() as slow, exporter_of(accounts(vendor, slow, timeout="1m"), tmp_path) as exporter:
        slow.behave(Exchange.hang)
        page = exporter.scrape(scrape_timeout=3)
        assert page.seconds < MOMENT
        assert page.value("voicenter_up", account="a0") == 1
        assert page.value("voicenter_queue_callers", account="a0") == 1
        assert page.value("voicenter_up", account="a1") == 0
        alone = exporter.get("/probe?target=a0")
        assert alone.elapsed.total_seconds() < MOMENT
        assert 'voicenter_up{account="a0"} 1' in alone.text


def test_a_hung_vendor_holds_up_neither_health_checks_nor_more_threads(
    vendor: Vendor, exporter_for: ExporterOf
) -> None:
    gate = threading.Event()
    vendor.behave(gated(gate, answers(b"", 500)))
    exporter = exporter_for(vendor.url, min_interval="60s")
    patience = {"X-Prometheus-Scrape-Timeout-Seconds": "60"}
    with ThreadPoolExecutor(40) as pool:
        waiting = [pool.submit(get, f"{exporter.url}/metrics", patience) for _ in range(40)]
        try:
            wait_until(lambda: vendor.count("queues"), "the vendor is asked")
            slowest = max(get(f"{exporter.url}/-/healthy").elapsed.total_seconds() for _ in range(20))
            assert not any(each.done() for each in waiting)
            assert slowest < MOMENT
        finally:
            gate.set()
        for each in waiting:
            assert 'voicenter_up{account="main"} 0' in each.result().text
    assert len(vendor.requests) == 2


def test_in_the_background_scrapes_take_the_newest_answer(vendor: Vendor, exporter_for: ExporterOf) -> None:
    exporter = exporter_for(vendor.url, poll_interval="2s")
    wait_until(lambda: vendor.count("queues") >= 2, "polls go on without scrapes")
    vendor.behave(Exchange.hang)
    page = exporter.scrape()
    assert page.seconds < MOMENT
    assert page.value("voicenter_queue_callers", queue="Sales") == 1


def test_in_the_background_old_data_goes_away(vendor: Vendor, exporter_for: ExporterOf) -> None:
    exporter = exporter_for(vendor.url, poll_interval="1s")
    wait_until(lambda: exporter.scrape().value("voicenter_up") == 1, "the first answer")
    vendor.behave(Exchange.hang)
    gone = wait_until(lambda: _without_data(exporter), "old data goes away")
    newest = max(gone.values("voicenter_last_success_timestamp_seconds"))
    assert time.time() - newest > 2.9
    assert gone.value("voicenter_up") == 0


def _without_data(exporter: Exporter) -> Any:
    page = exporter.scrape()
    there = page.values("voicenter_agents") + page.values("voicenter_queue_callers")
    return None if there else page
