"""Whatever a client sends, the server answers like a server or hangs up, and goes on."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from tests.faults.conftest import config_for
from tests.fuzz.bodies import BYTE_CHANGES
from tests.support.exporter import Exporter, exporter_of
from tests.support.processes import PATIENCE
from tests.support.vendor import vendor

PATHS = [
    "/",
    "/metrics",
    "/probe",
    "/sd",
    "/-/healthy",
    "/-/ready",
    "/-/reload",
    "/nothing",
    "*",
    "//",
    "/%2e%2e",
]
NAMES = [
    "Accept", "Accept-Encoding", "Authorization", "Connection", "Content-Length", "Cookie", "Expect", "Range",
    "Transfer-Encoding", "Upgrade", "X-Prometheus-Scrape-Timeout-Seconds",
]  # fmt: skip
VALUES = [
    "", "*/*;q=x", "text/plain;version=9", "application/openmetrics-text; version=1.0.0,*/*;q=0.1",
    "gzip;q=0", "gzip, br;q=1e9", "Basic", "Basic %%%", "Basic OjpvOg==", "Bearer x", "close", "h2c", "-1",
    "0", "1e308", "nan", "0x10", "1_000", "9" * 400, "chunked", "100-continue", "bytes=0-1", "a" * 9000,
]  # fmt: skip
QUERIES = [
    "",
    "?",
    "?target=main",
    "?target=main&debug=true",
    "?target=",
    "?target=%ff%00",
    "?target=a&target=main",
]
TEXT = st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=30)
HEADERS = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES)), max_size=3) | st.lists(
    st.tuples(st.sampled_from(NAMES) | TEXT, TEXT), max_size=2
)


def request(method: str, path: str, query: str, headers: list[tuple[str, str]], version: str) -> bytes:
    lines = [f"{method} {path}{query} HTTP/{version}", "Host: localhost", *map(": ".join, headers), "", ""]
    return "\r\n".join(lines).encode("latin-1", "replace")


REQUESTS = st.builds(
    request,
    st.sampled_from([*["GET"] * 12, "HEAD", "HEAD", "POST", "PUT", "OPTIONS", "get", "G ET"]),
    st.sampled_from(PATHS * 3) | st.sampled_from(PATHS) | TEXT.map("/".__add__),
    st.sampled_from(QUERIES) | st.just("") | TEXT.map("?".__add__),
    HEADERS,
    st.sampled_from([*["1.1"] * 12, "1.0", "2.0", "0.9", "x"]),
)
DAMAGED = st.tuples(REQUESTS, BYTE_CHANGES).map(lambda pair: pair[1](pair[0]))
SENT = REQUESTS | DAMAGED | st.lists(REQUESTS | DAMAGED, max_size=3).map(b"".join) | st.binary(max_size=100)
LAST = b"GET /-/healthy HTTP/1.0\r\n\r\n"
"""A request that is answered, or ends the headers of what came before it."""
STATUS = re.compile(rb"HTTP/1\.1 (\d\d\d) ")
EXPECTED = {200, 400, 403, 404, 405, 413, 414, 431, 501, 505}


@pytest.fixture(scope="module")
def exporter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exporter]:
    with vendor() as server:
        config = config_for(server.url, min_interval="1s")
        with exporter_of(config, tmp_path_factory.mktemp("exporter")) as running:
            yield running
            assert "Traceback" not in running.process.output
            assert "internal error:" not in running.process.output


def answer(exporter: Exporter, sent: bytes, silence: float = PATIENCE) -> bytes:
    """All that comes back until the server hangs up, or is silent for so many seconds."""
    host, _, port = exporter.url.removeprefix("http://").rpartition(":")
    received = b""
    with socket.create_connection((host, int(port)), 30) as connection, suppress(OSError):
        connection.sendall(sent)
        connection.settimeout(silence)
        while part := connection.recv(65536):
            received += part
    return received


@given(SENT)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_a_request_gets_an_answer_or_nothing_and_the_next_one_is_served(
    exporter: Exporter, sent: bytes
) -> None:
    received = answer(exporter, sent + LAST, silence=0.5)
    assert not received or STATUS.match(received), received[:200]
    for status in STATUS.findall(received):
        event(f"HTTP {int(status)}")
        assert int(status) in EXPECTED, received[:500]
    assert STATUS.match(answer(exporter, LAST))
