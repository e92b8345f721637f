"""Every way in which the vendor can misbehave has a name, costs no more than its endpoint, and passes."""

from __future__ import annotations

import gzip
import json
import math
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.conftest import CODE, IMPATIENT_RESOLVER, ExporterOf, config_for
from tests.support.exporter import Exporter, Page, exporter_of
from tests.support.processes import MOMENT, refusing_port, wait_until
from tests.support.vendor import EXTENSION, Behaviour, Exchange, Vendor, answers, head, vendor, well

MIB = 2**20


def error(err: int | str, desc: str) -> dict[str, Any]:
    return {"ERR": err, "DESC": desc, "EXTENSIONS": []}


def extensions(*entries: object) -> dict[str, Any]:
    return {"ERR": 0, "DESC": "OK", "EXTENSIONS": list(entries)}


def with_number(text: str) -> bytes:
    """A good answer, one number of which is written like this."""
    call = {"ivrid": "call-1", "callstatus": "Talking", "callStarted": "NUMBER"}
    return json.dumps(extensions({**EXTENSION, "calls": [call]})).replace('"NUMBER"', text).encode()


def headers_never_end(exchange: Exchange) -> None:
    exchange.drip(b"HTTP/1.1 200 OK\r\n" + b"X-Filler: x\r\n" * 1000, pause=0.05)


def body_never_ends(exchange: Exchange) -> None:
    exchange.send(head(200, {"Content-Length": "100000"}))
    exchange.drip(b" " * 100_000, pause=0.05)


def body_stops(exchange: Exchange) -> None:
    exchange.send(head(200, {"Content-Length": "1000"}) + b'{"ERR": 0, "EXT')


def chunked_body_stops(exchange: Exchange) -> None:
    exchange.send(head(200, {"Transfer-Encoding": "chunked"}) + b'10\r\n{"ERR": 0, "EXT')


def body_200_mb(exchange: Exchange) -> None:
    exchange.send(head(200, {"Content-Length": str(200 * MIB)}))
    for _ in range(200):
        exchange.send(b" " * MIB)


def hang_up(exchange: Exchange) -> None:
    pass


def no_http(exchange: Exchange) -> None:
    exchange.send(b"220 mail.example ESMTP ready\r\n")


BOMB = gzip.compress(b" " * (200 * MIB))
COMPRESSED = {"Content-Encoding": "gzip"}
REDIRECT = {"Location": "http://127.0.0.1:1/comet/API/GetExtensionsCalls"}

FAULTS: dict[str, tuple[Behaviour, str]] = {
    "HTTP 401": (answers(b"no", 401), "forbidden"),
    "HTTP 403": (answers(b"no", 403), "forbidden"),
    "ERR 1, authorization": (answers(error(1, "Authorization failed.")), "unauthorized"),
    "ERR 1 as text, authorization": (answers(error("1", "Authorization failed.")), "unauthorized"),
    "ERR 1, malformed": (answers(error(1, "Malformed request.")), "bad_request"),
    "ERR 2": (answers(error(2, "Internal error")), "api_error"),
    "ERR 2, no such queue": (answers(error(2, "Queue is not found in this account")), "api_error"),
    "ERR 99": (answers(error(99, "Something new")), "api_error"),
    "no extensions": (answers(extensions()), "empty"),
    "the connection is reset": (Exchange.reset, "connect"),
    "the connection is closed": (hang_up, "connect"),
    "headers never come": (Exchange.hang, "timeout"),
    "headers never end": (headers_never_end, "timeout"),
    "a byte at a time": (body_never_ends, "timeout"),
    "the body stops": (body_stops, "decode"),
    "the chunked body stops": (chunked_body_stops, "decode"),
    "200 MB": (body_200_mb, "too_large"),
    "a gzip bomb": (answers(BOMB, headers=COMPRESSED), "too_large"),
    "a gzip stream that stops": (answers(BOMB[:1000], headers=COMPRESSED), "decode"),
    "no gzip at all": (answers(b"{}", headers=COMPRESSED), "decode"),
    "unasked compression": (answers(b"{}", headers={"Content-Encoding": "br"}), "decode"),
    "a million brackets": (answers(b'{"ERR":0,"EXTENSIONS":' + b"[" * 10**6), "decode"),
    "NaN": (answers(with_number("NaN")), "decode"),
    "a lone surrogate": (answers(with_number(r'"\ud800"')), "decode"),
    "a NUL": (answers(with_number('"\0"')), "decode"),
    "no JSON": (answers(b"<html>maintenance</html>"), "decode"),
    "nothing": (answers(b""), "decode"),
    "no object": (answers([]), "decode"),
    "no ERR": (answers({"EXTENSIONS": [EXTENSION]}), "decode"),
    "ERR null": (answers({"ERR": None, "EXTENSIONS": [EXTENSION]}), "decode"),
    "no list": (answers({"ERR": 0, "DESC": "OK"}), "decode"),
    "a redirect": (answers(b"", 302, REDIRECT), "http_error"),
    "a permanent redirect": (answers(b"", 308, REDIRECT), "http_error"),
    "HTTP 404": (answers(b"", 404), "http_error"),
    "HTTP 429": (answers(b"", 429), "http_error"),
    "HTTP 500": (answers(b"", 500), "http_error"),
    "HTTP 503": (answers(b"", 503), "http_error"),
    "HTTP 204": (answers(b"", 204), "http_error"),
    "no HTTP": (no_http, "http_error"),
}


@pytest.fixture(scope="module")
def faulty() -> Iterator[Vendor]:
    with vendor() as server:
        yield server


@pytest.fixture(scope="module")
def patient(faulty: Vendor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exporter]:
    with exporter_of(config_for(faulty.url), tmp_path_factory.mktemp("patient")) as running:
        yield running


@pytest.fixture(scope="module")
def hasty(faulty: Vendor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exporter]:
    """An exporter that times out soon."""
    with exporter_of(config_for(faulty.url, timeout="2s"), tmp_path_factory.mktemp("hasty")) as running:
        yield running


def well_again(exporter: Exporter) -> Page:
    """The first page on which the account is up; a thread that timed out may take a moment to end."""

    def is_up() -> Page | None:
        page = exporter.scrape()
        return page if page.value("voicenter_up", account="main") == 1 else None

    page = wait_until(is_up, "the account is up")
    assert page
    return page


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_has_its_reason_and_hides_its_endpoint_alone(
    fault: str, faulty: Vendor, patient: Exporter, hasty: Exporter
) -> None:
    behaviour, reason = FAULTS[fault]
    exporter = hasty if reason == "timeout" else patient
    faulty.behave(well)
    before = well_again(exporter)
    faulty.behave(behaviour, "extensions")
    page = exporter.scrape()
    added = {
        key: value - before.failures("extensions").get(key, 0)
        for key, value in page.failures("extensions").items()
    }
    assert {key: value for key, value in added.items() if value} == {reason: 1}
    assert page.seconds < MOMENT
    assert page.value("voicenter_up", account="main") == 0
    assert page.value("voicenter_scrape_success", source="extensions") == 0
    assert page.value("voicenter_scrape_success", source="queues") == 1
    for gauge in ("voicenter_agents", "voicenter_calls", "voicenter_extensions", "voicenter_distinct_calls"):
        assert not page.values(gauge), f"{gauge} is there without an answer"
    assert page.value("voicenter_queue_callers", queue="Sales") == 1
    faulty.behave(well)
    after = well_again(exporter) if reason == "timeout" else exporter.scrape()
    assert after.value("voicenter_up", account="main") == 1
    assert after.value("voicenter_extensions", account="main") == 1
    assert after.failures("extensions") == page.failures("extensions")


def test_a_refused_connection_and_an_unknown_host_fail_to_connect(
    exporter_for: ExporterOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in IMPATIENT_RESOLVER.items():
        monkeypatch.setenv(name, value)
    with refusing_port() as port:
        refused = exporter_for(f"http://127.0.0.1:{port}").scrape()
    assert refused.failures("extensions") == refused.failures("queues") == {"connect": 1}
    unknown = exporter_for("http://no-such-host.invalid").scrape(scrape_timeout=60)
    assert unknown.failures("extensions") == unknown.failures("queues") == {"connect": 1}


def test_a_silent_listener_is_a_timeout(vendor: Vendor, exporter_for: ExporterOf) -> None:
    vendor.stall = True
    page = exporter_for(vendor.url, timeout="1s").scrape()
    assert page.failures("queues") == {"timeout": 1}
    assert page.seconds < MOMENT


def test_no_extensions_are_fine_where_they_are_allowed(vendor: Vendor, exporter_for: ExporterOf) -> None:
    vendor.behave(answers(extensions()), "extensions")
    page = exporter_for(vendor.url, allow_empty=True).scrape()
    assert page.value("voicenter_up", account="main") == 1
    assert page.value("voicenter_extensions", account="main") == 0


def test_a_number_too_large_for_a_float_is_no_answer(vendor: Vendor, exporter_for: ExporterOf) -> None:
    vendor.behave(answers(with_number("1" + "0" * 400)), "extensions")
    page = exporter_for(vendor.url).scrape()
    assert page.failures("extensions") in ({}, {"decode": 1})
    assert not any(math.isinf(value) for name in page.samples for value in _gauges(page.values(name)))


def _gauges(values: list[float]) -> list[float]:
    return [value for value in values if not math.isnan(value)]


def test_a_huge_queue_name_is_cut_and_counted(vendor: Vendor, exporter_for: ExporterOf) -> None:
    queue = {"ID": 5, "Name": "Q" * 900_000, "Callers": []}
    vendor.behave(answers({"ERR": 0, "QUEUES": [queue]}), "queues")
    page = exporter_for(vendor.url).scrape()
    assert page.value("voicenter_queue_callers", queue="Q" * 128) == 0
    assert page.value("voicenter_unknown_values_total", field="label") >= 1
    assert len(page.text) < 200_000


def test_odd_characters_of_a_queue_name_do_not_break_the_page(
    vendor: Vendor, exporter_for: ExporterOf
) -> None:
    name = 'new\nline "quoted" back\\slash \u200f שירות'
    queue = {"ID": 5, "Name": name, "Callers": []}
    vendor.behave(answers({"ERR": 0, "QUEUES": [queue]}), "queues")
    assert exporter_for(vendor.url).scrape().value("voicenter_queue_callers", queue=name) == 0


def test_interim_answers_are_skipped(vendor: Vendor, exporter_for: ExporterOf) -> None:
    def hints(exchange: Exchange) -> None:
        for status in (b"100 Continue", b"103 Early Hints", b"199 Soon"):
            exchange.send(b"HTTP/1.1 " + status + b"\r\nLink: </style.css>\r\n\r\n")
        exchange.answer_well()

    vendor.behave(hints)
    assert exporter_for(vendor.url).scrape().value("voicenter_up") == 1


def test_a_redirect_takes_the_code_nowhere(vendor: Vendor, exporter_for: ExporterOf) -> None:
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        elsewhere.settimeout(0)
        target = f"http://127.0.0.1:{elsewhere.getsockname()[1]}/comet/API/GetQueuesCallers"
        vendor.behave(answers(b"", 307, {"Location": target}))
        assert exporter_for(vendor.url).scrape().failures("queues") == {"http_error": 1}
        with pytest.raises(BlockingIOError):
            elsewhere.accept()


@pytest.mark.parametrize("status", [429, 500, 503])
def test_retry_after_is_heeded_and_meanwhile_nothing_is_counted(
    status: int, vendor: Vendor, exporter_for: ExporterOf
) -> None:
    vendor.behave(answers(b"", status, {"Retry-After": "60"}), "queues")
    exporter = exporter_for(vendor.url)
    first = exporter.scrape()
    vendor.behave(well)
    meanwhile = exporter.scrape()
    assert meanwhile.failures("queues") == first.failures("queues") == {"http_error": 1}
    assert meanwhile.value("voicenter_scrape_success", source="queues") == 0
    assert meanwhile.value("voicenter_api_requests_total", source="queues") == 1
    assert vendor.count("queues") == 1
    assert vendor.count("extensions") == 2


def test_the_endpoint_is_asked_again_after_the_time_of_retry_after(
    vendor: Vendor, exporter_for: ExporterOf
) -> None:
    vendor.behave(answers(b"", 429, {"Retry-After": "1"}), "queues")
    exporter = exporter_for(vendor.url)
    exporter.scrape()
    vendor.behave(well)
    wait_until(lambda: exporter.scrape().value("voicenter_up") == 1, "the endpoint is asked again")
    refused, again = vendor.of("queues")
    assert again.at - refused.at > 1


def test_a_kept_alive_connection_that_the_vendor_closed_is_retried(
    vendor: Vendor, exporter_for: ExporterOf
) -> None:
    exporter = exporter_for(vendor.url)
    exporter.scrape()
    newest = max(each.connection for each in vendor.requests)  # 2, or 1 if one was quick enough for both

    def close_unless_fresh(exchange: Exchange) -> None:
        if exchange.connection > newest:
            exchange.answer_well()

    vendor.behave(close_unless_fresh)
    page = exporter.scrape()
    assert page.value("voicenter_up", account="main") == 1
    assert page.failures("queues") == page.failures("extensions") == {}
    assert page.value("voicenter_api_requests_total", source="queues") == 2


def test_connections_are_kept_alive(vendor: Vendor, exporter_for: ExporterOf) -> None:
    exporter = exporter_for(vendor.url)
    for _ in range(5):
        exporter.scrape()
    assert vendor.count("queues") == 5
    assert {each.connection for each in vendor.requests} <= {1, 2}


def test_the_code_stands_in_the_body_alone(vendor: Vendor, exporter_for: ExporterOf) -> None:
    exporter_for(vendor.url).scrape()
    for exchange in vendor.requests:
        assert json.loads(exchange.body) == {"code": CODE}
        assert CODE not in exchange.path
        assert not any(CODE in value for value in exchange.headers.values())


@pytest.mark.parametrize("content", [None, "", "\n", "two\nlines\n"])
def test_without_a_usable_code_no_request_goes_out(
    content: str | None, vendor: Vendor, exporter_for: ExporterOf, tmp_path: Path
) -> None:
    file = tmp_path / "code"
    file.write_text("first\n")
    exporter = exporter_for(vendor.url, code_file=str(file))
    assert exporter.scrape().value("voicenter_up") == 1
    if content is None:
        file.unlink()
    else:
        file.write_text(content)
    page = exporter.scrape()
    assert page.failures("extensions") == page.failures("queues") == {"credential": 1}
    assert len(vendor.requests) == 2


def test_a_rotated_code_file_works_at_once(vendor: Vendor, exporter_for: ExporterOf, tmp_path: Path) -> None:
    file = tmp_path / "code"
    file.write_text("first\n")
    exporter = exporter_for(vendor.url, code_file=str(file))
    exporter.scrape()
    file.write_text("second\n")
    exporter.scrape()
    assert [json.loads(each.body)["code"] for each in vendor.of("queues")] == ["first", "second"]


def test_a_failure_is_logged_when_it_begins_changes_and_ends(
    vendor: Vendor, exporter_for: ExporterOf
) -> None:
    exporter = exporter_for(vendor.url)
    for behaviour in (answers(b"", 403), answers(b"", 500), well):
        vendor.behave(behaviour, "queues")
        for _ in range(3):
            exporter.scrape()
    exporter.process.wait_for("level=info.*source=queues")
    lines = [line for line in exporter.process.stderr.splitlines() if "source=queues" in line]
    assert ["reason=forbidden" in line for line in lines] == [True, False, False]
    assert ["reason=http_error" in line for line in lines] == [False, True, True]
    assert ["level=warning" in line for line in lines] == [True, True, False]
    assert "allow-list this machine's public IP" in lines[0]
