"""Many scrapes at a time, many one after the other, and answers meant to fill the memory or hold a thread."""

from __future__ import annotations

import gc
import gzip
import itertools
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme
import yaml

from exporter.api.failure import Failure
from exporter.api.snapshot import Detail
from exporter.client.attempt import Attempt
from exporter.client.client import Client
from exporter.client.transport import Transport
from exporter.config import parse
from exporter.web.limits import Limits
from tests.faults.conftest import CODE, ExporterOf, config_for
from tests.faults.test_clients import AT_ONCE, watched
from tests.faults.test_resources import SPARE_THREADS, assert_memory_settles, descriptors, status_of
from tests.faults.test_vendor import FAULTS
from tests.support.exporter import Exporter, Page, exporter_of
from tests.support.processes import MOMENT, PATIENCE, get, wait_until
from tests.support.vendor import Exchange, Vendor, answers, head

ROOT = Path(__file__).parents[2]
MIB = 2**20
SHORT_CALL = {"callstatus": "Talking", "direction": "Incoming", "callStarted": 1_700_000_000, "answered": 1}
WEB_CONFIG = "tls_server_config: {cert_file: cert.pem, key_file: key.pem}"
SCRAPE = (
    b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n"
    b"X-Prometheus-Scrape-Timeout-Seconds: 60\r\n\r\n"
)


class Gate:
    """Answers of the vendor that wait until they are let go."""

    def __init__(self) -> None:
        self.opened = threading.Event()

    def __call__(self, exchange: Exchange) -> None:
        self.opened.wait(PATIENCE)
        exchange.answer_well()


def address_of(exporter: Exporter) -> tuple[str, int]:
    host, _, port = exporter.url.rpartition("/")[2].rpartition(":")
    return host, int(port)


@contextmanager
def scraping(exporter: Exporter, number: int) -> Iterator[list[socket.socket]]:
    """So many connections, each of which has asked for the page."""
    with ExitStack() as stack:
        connections = []
        for _ in range(number):
            connection = stack.enter_context(socket.create_connection(address_of(exporter), PATIENCE))
            connection.sendall(SCRAPE)
            connections.append(connection)
        yield connections


def answer(stream: Any) -> tuple[int, bytes]:
    """Status and body of the next answer on a connection."""
    status = int(stream.readline().split()[1])
    length = 0
    while (line := stream.readline()) not in (b"\r\n", b""):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return status, stream.read(length)


def answer_of(connection: socket.socket) -> tuple[int, bytes]:
    with connection.makefile("rb") as stream:
        return answer(stream)


def test_500_scrapes_at_one_time_get_one_page_and_health_checks_do_not_wait(
    vendor: Vendor, exporter_for: ExporterOf
) -> None:
    gate = Gate()
    vendor.behave(gate)
    exporter = exporter_for(vendor.url)
    threads = status_of(exporter, "Threads")
    with scraping(exporter, 500) as connections:
        wait_until(lambda: len(vendor.requests) == 2, "both endpoints are asked")
        healthy = get(f"{exporter.url}/-/healthy")
        assert healthy.status_code == 200
        assert healthy.elapsed.total_seconds() < MOMENT
        # two attempts and a page, not one per scrape
        assert status_of(exporter, "Threads") <= threads + 3 + SPARE_THREADS
        gate.opened.set()
        pages = [answer_of(connection) for connection in connections]
    assert {status for status, _ in pages} == {200}
    assert len({page for _, page in pages}) == 1
    assert len(vendor.requests) == 2


def test_more_scrapes_than_may_wait_are_refused_at_once(vendor: Vendor, exporter_for: ExporterOf) -> None:
    gate = Gate()
    vendor.behave(gate)
    exporter = exporter_for(vendor.url)
    with scraping(exporter, Limits().requests) as waiting:
        wait_until(lambda: get(f"{exporter.url}/sd").status_code == 503, "all places are taken")
        with scraping(exporter, 20) as beyond:
            refusals = [answer_of(connection) for connection in beyond]
        assert get(f"{exporter.url}/-/healthy").status_code == 200
        assert get(f"{exporter.url}/-/ready").status_code == 200
        gate.opened.set()
        answered = [answer_of(connection)[0] for connection in waiting]
    assert refusals == [(503, b"too many requests under way\n")] * 20
    assert set(answered) <= {200, 503}
    assert answered.count(200) >= Limits().requests - 1  # the probe for a free place may have had one itself


def test_10_000_scrapes_leave_no_memory_threads_or_descriptors_behind(
    vendor: Vendor, exporter_for: ExporterOf
) -> None:
    exporter = exporter_for(vendor.url, min_interval="100ms")

    def scrape(times: int) -> None:
        with scraping(exporter, 1) as (connection,), connection.makefile("rb") as stream:
            assert answer(stream)[0] == 200
            for _ in range(times // 100):
                connection.sendall(SCRAPE * 100)
                assert [answer(stream)[0] for _ in range(100)] == [200] * 100

    scrape(1000)
    threads, files = status_of(exporter, "Threads"), descriptors(exporter)
    assert_memory_settles(exporter, lambda: scrape(10_000), most=2 * 1024)
    while vendor.count("queues") <= 3:  # on a machine that is quick, until there were several attempts
        scrape(100)
    assert status_of(exporter, "Threads") <= threads + SPARE_THREADS
    wait_until(lambda: descriptors(exporter) <= files + 1, "descriptors are given back")


def test_clients_that_leave_before_their_handshake_leave_no_memory_behind(
    vendor: Vendor, tmp_path: Path
) -> None:
    certificate = trustme.CA().issue_cert("127.0.0.1")
    certificate.cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
    certificate.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    (tmp_path / "web.yaml").write_text(WEB_CONFIG)
    flags = ["--web.config.file", str(tmp_path / "web.yaml")]
    with exporter_of(config_for(vendor.url), tmp_path, flags) as exporter:
        files = descriptors(exporter)

        def come_and_go(times: int) -> None:
            for _ in range(times):
                with ExitStack() as stack:
                    for _client in range(50):
                        stack.enter_context(socket.create_connection(address_of(exporter), PATIENCE))
                    wait_until(lambda: descriptors(exporter) >= files + 50, "they are all there")
                wait_until(lambda: descriptors(exporter) <= files, "they are all gone")

        come_and_go(4)
        assert_memory_settles(exporter, lambda: come_and_go(16), most=16 * 1024)


BOMB = gzip.compress(b" " * 200 * MIB)


def much(exchange: Exchange) -> None:
    exchange.send(head(200, {"Transfer-Encoding": "chunked"}))
    for _ in range(200):
        exchange.send(b"100000\r\n" + b" " * MIB + b"\r\n")


def a_bomb(exchange: Exchange) -> None:
    exchange.answer(BOMB, headers={"Content-Encoding": "gzip"})


def much_after_the_end(exchange: Exchange) -> None:
    """A whole compressed answer, and then as much again and again."""
    packed = gzip.compress(b'{"ERR": 0, "QUEUES": [], "EXTENSIONS": [{"onlineUserStatus": 1}]}')
    length = str(len(packed) + 50 * MIB)
    exchange.send(head(200, {"Content-Encoding": "gzip", "Content-Length": length}) + packed)
    for _ in range(50):
        exchange.send(b"\xff" * MIB)


@pytest.mark.parametrize(
    ("behaviour", "failures"),
    [(much, {"too_large": 1}), (a_bomb, {"too_large": 1}), (much_after_the_end, {})],
)
def test_hostile_answers_of_many_accounts_do_not_fill_the_memory_together(
    behaviour: Any, failures: dict[str, float], vendor: Vendor, tmp_path: Path
) -> None:
    vendor.behave(behaviour)
    names = [f"a{number}" for number in range(12)]
    keys = {"base_url": vendor.url, "timeout": "2m"}
    config = {
        "accounts": [{"name": name, "code": f"{CODE}-{name}", **keys} for name in names],
        "max_body": "16MiB",
    }
    with exporter_of(config, tmp_path) as exporter:
        page = exporter.scrape(scrape_timeout=120)
        for name in names:
            assert page.failures("queues", name) == page.failures("extensions", name) == failures
        # Two at a time take 16 MiB and the copy that they grow from; all 24 together would take 384.
        assert status_of(exporter, "VmHWM") < 300 * 1024


def test_calls_that_are_new_at_every_poll_stay_within_the_memory_of_the_chart(
    vendor: Vendor, tmp_path: Path
) -> None:
    chart = yaml.safe_load((ROOT / "helm" / "voicenter-exporter" / "values.yaml").read_text())
    limit = int(chart["resources"]["limits"]["memory"].removesuffix("Mi"))
    config = config_for(vendor.url) | {"max_body": "16MiB"}
    numbers = itertools.count()
    with exporter_of(config, tmp_path) as exporter:
        for _ in range(7):
            calls = [{**SHORT_CALL, "ivrid": f"{next(numbers):020}"} for _ in range(32_000)]
            extension = {"username": "S1", "onlineUserStatus": 1, "calls": calls}
            vendor.behave(answers({"ERR": 0, "EXTENSIONS": [extension]}), "extensions")
            page = exporter.scrape(scrape_timeout=60)
            assert page.value("voicenter_distinct_calls") >= len(calls)
        assert status_of(exporter, "VmHWM") < limit * 1024


def test_20000_calls_that_all_stem_from_one_delay_no_health_check(vendor: Vendor, tmp_path: Path) -> None:
    """With new ids at every poll: each id that vanished once walked all ids of the call."""
    config = config_for(vendor.url) | {"max_body": "64MiB"}
    numbers = itertools.count()
    origin = {"OriginalIvrUniqueID": "the first"}
    with exporter_of(config, tmp_path) as exporter, watched(exporter) as taken:
        for _ in range(4):
            calls = [
                {**SHORT_CALL, "ivrid": f"{next(numbers):020}", "customdata": origin} for _ in range(20_000)
            ]
            extension = {"username": "S1", "onlineUserStatus": 1, "calls": calls}
            vendor.behave(answers({"ERR": 0, "EXTENSIONS": [extension]}), "extensions")
            assert exporter.scrape(scrape_timeout=60).value("voicenter_up") == 1
    assert max(taken) < AT_ONCE


def timeouts(page: Page) -> float:
    """How often each endpoint has timed out at least."""
    return min(page.failures(endpoint).get("timeout", 0) for endpoint in ("queues", "extensions"))


def drips_headers(exchange: Exchange) -> None:
    exchange.drip(b"HTTP/1.1 200 OK\r\n" + b"X-Filler: x\r\n" * 1000, pause=0.1)


def drips_its_body(exchange: Exchange) -> None:
    exchange.send(head(200, {"Content-Length": "100000"}))
    exchange.drip(b" " * 100_000, pause=0.1)


def drips_interim_answers(exchange: Exchange) -> None:
    while not exchange.peer_has_gone(0.1):
        exchange.send(b"HTTP/1.1 100 Continue\r\n\r\n")


@pytest.mark.parametrize("behaviour", [drips_headers, drips_its_body, drips_interim_answers, Exchange.hang])
def test_an_endless_answer_ends_at_the_deadline_of_the_whole_attempt_and_no_thread_stays(
    behaviour: Any, vendor: Vendor, tmp_path: Path
) -> None:
    timeout = 1.0
    with exporter_of(config_for(vendor.url, timeout=f"{timeout:g}s"), tmp_path) as exporter:
        exporter.scrape()
        files = descriptors(exporter)
        vendor.behave(behaviour)
        before = timeouts(exporter.scrape())
        threads = status_of(exporter, "Threads")
        for _ in range(2):
            page = exporter.scrape()
            for seconds in page.values("voicenter_scrape_duration_seconds"):
                assert timeout <= seconds < MOMENT
        if timeouts(page) < before + 2:  # a thread took its time to end on a busy machine
            wait_until(lambda: timeouts(exporter.scrape()) >= before + 2, "each attempt timed out")
        assert status_of(exporter, "Threads") <= threads + SPARE_THREADS
        wait_until(lambda: descriptors(exporter) <= files, "connections are closed")
        vendor.behave(answers({"ERR": 0, "QUEUES": []}), "queues")
        wait_until(
            lambda: exporter.scrape().value("voicenter_scrape_success", source="queues") == 1,
            "the endpoint answers again",
        )


@pytest.mark.parametrize("fault", ["the connection is reset", "no HTTP", "headers never come", "HTTP 500"])
def test_a_failed_attempt_leaves_no_garbage_that_has_to_be_looked_for(fault: str, vendor: Vendor) -> None:
    account = parse(yaml.safe_dump(config_for(vendor.url)), Path("config.yaml"), {}).accounts[0]
    client = Client(account, Transport(None, False, None), MIB, Detail.EXTENSIONS)
    vendor.behave(FAULTS[fault][0])

    def fail() -> None:
        with pytest.raises(Failure):
            client.ask("queues", Attempt(0.3))

    fail()
    gc.collect()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        fail()
        gc.collect()
        left = [type(each) for each in gc.garbage if isinstance(each, BaseException)]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
    assert [
        each for each in left if each.__module__.partition(".")[0] in ("urllib3", "requests", "http")
    ] == []
