"""Threads, memory and descriptors stay bounded, whatever hangs and however large answers are."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.faults.conftest import CODE, ExporterOf, config_for
from tests.support.exporter import Exporter, exporter_of
from tests.support.processes import MOMENT, wait_until
from tests.support.vendor import Exchange, Vendor, head

MIB = 2**20
SPARE_THREADS = 3
"""That may come later: for pages, or for work that came a moment before a thread was free again."""
HANGING_RESOLVER = """
import socket, threading
resolve = socket.getaddrinfo
def getaddrinfo(host, *args, **kwargs):
    if host == "hangs.example":
        threading.Event().wait()
    return resolve(host, *args, **kwargs)
socket.getaddrinfo = getaddrinfo
"""


def status_of(exporter: Exporter, field: str) -> int:
    """A number of the kernel's about the process; memory in KiB."""
    text = Path(f"/proc/{exporter.process.pid}/status").read_text()
    match = re.search(rf"^{field}:\s+(\d+)", text, re.MULTILINE)
    assert match, text
    return int(match[1])


def descriptors(exporter: Exporter) -> int:
    return len(list(Path(f"/proc/{exporter.process.pid}/fd").iterdir()))


def assert_memory_settles(exporter: Exporter, work: Callable[[], None], most: int) -> None:
    """Do the work a few times: what it leaves behind adds up each time, what an allocator takes does not.

    `most` is what the memory may grow by at the best of these times, in KiB.
    """
    grown: list[int] = []
    while not grown or grown[-1] >= most:
        assert len(grown) < 4, f"memory grows each time, by KiB: {grown}"
        before = status_of(exporter, "VmRSS")
        work()
        grown.append(status_of(exporter, "VmRSS") - before)


def test_a_resolver_that_hangs_keeps_one_thread_an_endpoint_and_no_more(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(HANGING_RESOLVER)
    config = config_for("http://hangs.example", timeout="500ms")
    with exporter_of(config, tmp_path, environment={"PYTHONPATH": str(tmp_path)}) as exporter:
        first = exporter.scrape()
        assert first.seconds < MOMENT
        assert first.failures("extensions") == first.failures("queues") == {"timeout": 1}
        threads = status_of(exporter, "Threads")
        for _ in range(10):
            page = exporter.scrape()
            assert page.seconds < MOMENT
            assert page.value("voicenter_up") == 0
        assert page.failures("queues") == {"timeout": 1}
        assert status_of(exporter, "Threads") <= threads + SPARE_THREADS
        assert exporter.process.stop(signal.SIGTERM, timeout=MOMENT) == 0


def test_large_answers_of_many_accounts_do_not_fill_the_memory_together(
    vendor: Vendor, tmp_path: Path
) -> None:
    def large(exchange: Exchange) -> None:
        exchange.send(head(200, {"Content-Length": str(60 * MIB)}))
        for _ in range(60):
            exchange.send(b" " * MIB)

    vendor.behave(large, "extensions")
    config: dict[str, Any] = {
        "accounts": [
            {"name": f"a{n}", "code": f"{CODE}-{n}", "base_url": vendor.url, "timeout": "2m"}
            for n in range(12)
        ],
        "max_body": "64MiB",
    }
    with exporter_of(config, tmp_path) as exporter:
        page = exporter.scrape(scrape_timeout=120)
        assert [page.failures("extensions", f"a{n}") for n in range(12)] == [{"decode": 1}] * 12
        assert status_of(exporter, "VmHWM") < 300 * 1024


def test_scrapes_leave_no_memory_threads_or_descriptors_behind(
    vendor: Vendor, exporter_for: ExporterOf
) -> None:
    exporter = exporter_for(vendor.url)

    def scrape_often(times: int) -> None:
        for turn in range(times):
            vendor.behave(Exchange.reset if turn % 5 == 0 else Exchange.answer_well)
            assert exporter.get("/metrics").ok

    scrape_often(200)
    threads, files = status_of(exporter, "Threads"), descriptors(exporter)
    assert_memory_settles(exporter, lambda: scrape_often(800), most=4 * 1024)
    assert status_of(exporter, "Threads") <= threads + SPARE_THREADS
    wait_until(lambda: descriptors(exporter) <= files + 2, "descriptors are given back")
