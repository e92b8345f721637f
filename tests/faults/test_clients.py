"""Hostile clients by the hundred: they keep neither the scraper nor health checks from an answer.

The scraper has an address of its own, except where a test says otherwise.
"""

from __future__ import annotations

import itertools
import re
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPException
from pathlib import Path

import bcrypt
import pytest
import trustme
import yaml

from exporter.web.limits import Limits
from tests.faults.conftest import ExporterOf, config_for
from tests.faults.test_resources import descriptors, status_of
from tests.support.clients import ATTACKER, SCRAPER, Client, ask, basic, connect, crowd
from tests.support.exporter import Exporter, exporter_of
from tests.support.processes import PATIENCE, wait_until
from tests.support.vendor import CALLER, Exchange, Vendor, answers

LIMITS = Limits()
MIB = 1024
"""In KiB, as the kernel counts memory."""
AT_ONCE = 1.0
"""Seconds within which a health check answers."""
GET = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n"
SCRAPE = GET + b"X-Prometheus-Scrape-Timeout-Seconds: 60\r\n\r\n"


def many_queues(vendor: Vendor, number: int = 1000) -> None:
    """From now on a page has some megabytes."""
    queues = [{"ID": n, "Name": f"{n:0128}", "Weight": 1, "Callers": [CALLER]} for n in range(number)]
    vendor.behave(answers({"ERR": 0, "QUEUES": queues}), "queues")


def refused(exporter: Exporter, reason: str) -> float:
    return exporter.scrape().value("voicenter_exporter_http_refused_total", reason=reason)


def told(exporter: Exporter, text: str) -> list[str]:
    return [line for line in exporter.process.output.splitlines() if text in line]


@contextmanager
def watched(exporter: Exporter) -> Iterator[list[float]]:
    """Health checks meanwhile, each on a connection of its own: what each took, infinity when it failed."""
    taken: list[float] = []
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.05):
            try:
                answer = ask(exporter.url, "/-/healthy", source="127.0.0.9")
                taken.append(answer.seconds if answer.status == 200 else float("inf"))
            except OSError:
                taken.append(float("inf"))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield taken
    finally:
        ended.set()
        watcher.join(PATIENCE)


def test_300_clients_that_do_not_read_a_page_of_megabytes_hold_little_memory(
    vendor: Vendor, exporter_for: ExporterOf
) -> None:
    many_queues(vendor)
    exporter = exporter_for(vendor.url)
    assert len(exporter.scrape().text) > 4_000_000
    exporter.scrape()
    before = status_of(exporter, "VmRSS")
    with watched(exporter) as taken, ExitStack() as stack:
        for _ in range(10):  # a page of its own for each of them: the account may be asked at any time
            connections = stack.enter_context(crowd(exporter.url, 30, SCRAPE, receive_buffer=4096))
            assert connections[-1].recv(100)
        assert status_of(exporter, "VmHWM") - before < 120 * MIB
        with Client(exporter.url) as scraper:
            assert scraper.ask().status == 200
    assert taken
    assert max(taken) < AT_ONCE
    assert refused(exporter, "slow") > 0
    assert re.search(rf"cut off.* of {ATTACKER}", exporter.process.output)


def test_clients_that_ask_and_leave_leave_no_memory_behind(vendor: Vendor, exporter_for: ExporterOf) -> None:
    many_queues(vendor)
    exporter = exporter_for(vendor.url, min_interval="1m")

    def come_and_go(times: int) -> None:
        for _ in range(times):
            with crowd(exporter.url, 40, SCRAPE, receive_buffer=4096) as connections:
                for connection in connections:
                    assert connection.recv(1000)  # the answer has begun

    come_and_go(1)
    wait_until(lambda: descriptors(exporter) < 30, "they are gone")
    before = status_of(exporter, "VmRSS")
    come_and_go(10)
    wait_until(lambda: descriptors(exporter) < 30, "they are gone")
    assert status_of(exporter, "VmHWM") - before < 32 * MIB


@pytest.mark.parametrize("said", [b"", GET], ids=["silent", "half a request"])
@pytest.mark.parametrize("source", [ATTACKER, SCRAPER], ids=["another address", "the scraper's address"])
def test_more_idle_connections_than_places_keep_nobody_out(
    source: str, said: bytes, vendor: Vendor, exporter_for: ExporterOf
) -> None:
    exporter = exporter_for(vendor.url)
    with Client(exporter.url) as scraper:
        assert scraper.ask().status == 200
        address = scraper.address
        with watched(exporter) as taken, crowd(exporter.url, LIMITS.connections + 300, said, source):
            assert [scraper.ask().status for _ in range(5)] == [200] * 5
            assert scraper.address == address  # it was not ended, to make room
            assert [ask(exporter.url, "/metrics").status for _ in range(5)] == [200] * 5
            wait_until(lambda: descriptors(exporter) <= LIMITS.connections + 50, "there are so many places")
            wait_until(lambda: len(taken) >= 5, "health checks")
        assert max(taken) < AT_ONCE
        wait_until(lambda: descriptors(exporter) < 50, "they are gone")
        assert refused(exporter, "evicted") >= 300
    assert len(told(exporter, f"make room for new ones: 1, the last one of {source}")) == 1


def test_idle_connections_leave_half_of_the_descriptors_to_the_vendor(tmp_path: Path, vendor: Vendor) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (400, 400))"
    )
    environment = {"PYTHONPATH": str(tmp_path)}
    config = config_for(vendor.url)
    with (
        exporter_of(config, tmp_path, environment=environment) as exporter,
        crowd(exporter.url, 600),
    ):
        assert exporter.scrape().value("voicenter_up") == 1
        assert descriptors(exporter) < 250
        assert exporter.scrape().value("voicenter_exporter_http_connections") == 200


@contextmanager
def over_tls(vendor: Vendor, folder: Path) -> Iterator[tuple[Exporter, str]]:
    """An exporter with TLS, and where its authority is written."""
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    certificate.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
    certificate.private_key_pem.write_to_path(str(folder / "key.pem"))
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    (folder / "web.yaml").write_text("tls_server_config: {cert_file: cert.pem, key_file: key.pem}")
    with exporter_of(
        config_for(vendor.url), folder, ["--web.config.file", str(folder / "web.yaml")]
    ) as exporter:
        exporter.session.verify = str(folder / "ca.pem")
        yield exporter, str(folder / "ca.pem")


@pytest.mark.parametrize("said", [b"", b"\x16\x03\x01\x02\x00\x01"], ids=["silent", "begun"])
def test_handshakes_count_as_connections_and_cost_little(said: bytes, vendor: Vendor, tmp_path: Path) -> None:
    with over_tls(vendor, tmp_path) as (exporter, _):
        assert exporter.scrape().value("voicenter_up") == 1
        before = status_of(exporter, "VmRSS")
        with crowd(exporter.url, LIMITS.connections + 300, said):
            for _ in range(3):
                exporter.session.close()  # a handshake of its own
                assert exporter.scrape().value("voicenter_up") == 1
            assert descriptors(exporter) <= LIMITS.connections + 50
            assert status_of(exporter, "VmRSS") - before < 24 * MIB
            assert exporter.scrape().value("voicenter_exporter_http_connections") <= LIMITS.connections
        wait_until(lambda: refused(exporter, "evicted") > 0, "it is counted")


def passwords(folder: Path, **costs: int) -> list[str]:
    """Flags for users with these costs, whose passwords are their names."""
    hashes = {
        name: bcrypt.hashpw(name.encode(), bcrypt.gensalt(4)).decode().replace("$04$", f"${cost:02}$")
        if cost > 12  # nobody logs in with it
        else bcrypt.hashpw(name.encode(), bcrypt.gensalt(cost)).decode()
        for name, cost in costs.items()
    }
    (folder / "web.yaml").write_text(yaml.safe_dump({"basic_auth_users": hashes}))
    return ["--web.config.file", str(folder / "web.yaml")]


@contextmanager
def guessing(exporter: Exporter, clients: int, names: list[str]) -> Iterator[list[int]]:
    """So many clients that try one wrong password after the other, under these names in turn."""
    statuses: list[int] = []
    ended = threading.Event()

    def guess(client: int) -> None:
        for number in itertools.count():
            if ended.is_set():
                return
            with suppress(OSError, HTTPException):
                wrong = basic(names[(client + number) % len(names)], f"{client}-{number}")
                statuses.append(ask(exporter.url, "/metrics", wrong, ATTACKER).status)

    threads = [threading.Thread(target=guess, args=(client,)) for client in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield statuses
    finally:
        ended.set()
        exporter.process.stop(signal.SIGKILL)  # or clients that wait for a costly hash have 10 s to finish
        for thread in threads:
            thread.join(PATIENCE)


@pytest.mark.parametrize("source", [SCRAPER, ATTACKER], ids=["another address", "the attackers' address"])
def test_48_clients_with_wrong_passwords_keep_no_right_user_out(
    source: str, vendor: Vendor, tmp_path: Path
) -> None:
    users = ["anna", "bert", "carla", "dora"]
    flags = passwords(tmp_path, **dict.fromkeys([*users, "target"], 10))
    with exporter_of(config_for(vendor.url), tmp_path, flags) as exporter:
        with guessing(exporter, 48, ["target", "nobody"]) as statuses:
            wait_until(lambda: len(statuses) >= 10, "they are at it")
            before = len(statuses)
            answered = [ask(exporter.url, "/metrics", basic(name, name), source).status for name in users]
            tried = len(statuses) - before
        assert answered == [200] * 4
        assert tried < 48  # a turn for each name: nobody waited for all of them
        assert len(told(exporter, f"wrong password: 1, the last one of {ATTACKER}")) == 1


def test_a_user_with_a_costly_hash_holds_up_nobody_else(vendor: Vendor, tmp_path: Path) -> None:
    flags = passwords(tmp_path, cheap=5, costly=20)
    names = ["costly", *(f"nobody{number}" for number in range(20))]
    with exporter_of(config_for(vendor.url), tmp_path, flags) as exporter:
        with guessing(exporter, 8, names) as statuses:
            wait_until(lambda: len(statuses) >= 10, "they are at it")
            answer = ask(exporter.url, "/metrics", basic("cheap", "cheap"))
        assert answer.status == 200


@pytest.mark.parametrize("source", [ATTACKER, SCRAPER], ids=["another address", "the scraper's address"])
def test_scrapes_that_wait_for_a_hung_vendor_leave_a_place_for_the_scraper(
    source: str, vendor: Vendor, exporter_for: ExporterOf
) -> None:
    exporter = exporter_for(vendor.url)
    hurried = {"X-Prometheus-Scrape-Timeout-Seconds": "0.6"}
    with Client(exporter.url) as scraper:
        assert scraper.ask().status == 200
        vendor.behave(Exchange.hang)
        with watched(exporter) as taken, crowd(exporter.url, LIMITS.requests + 3, SCRAPE, source):
            wait_until(lambda: ask(exporter.url, "/sd", source=source).status == 503, "all places are taken")
            answers_ = [scraper.ask(headers=hurried) for _ in range(6)]
            if source != SCRAPER:  # also on a connection of its own
                assert ask(exporter.url, "/metrics", hurried).status == 200
        assert [answer.status for answer in answers_] == [200] * 6
        assert max(taken) < AT_ONCE
        vendor.behave(Exchange.answer_well)
    assert told(exporter, f"too many under way: 1, the last one of {source}")


def test_a_plain_request_to_the_tls_port_gets_a_reason_and_a_refused_handshake_its_alert(
    vendor: Vendor, tmp_path: Path
) -> None:
    with over_tls(vendor, tmp_path) as (exporter, _):
        with connect(exporter.url) as plain:
            plain.sendall(SCRAPE)
            received = plain.makefile("rb").read()
        head, _, body = received.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
        assert f"content-length: {len(body)}".encode() in head
        assert b"https://" in body
        with connect(exporter.url) as odd:
            odd.sendall(b"\x16\x03\x01\x00\x05nonse")
            assert odd.makefile("rb").read()[:1] == b"\x15"  # a record of type alert
        assert refused(exporter, "handshake") == 2
