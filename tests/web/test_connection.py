"""Hostile clients: silent, slow, oversized, odd; and usual ones."""

from __future__ import annotations

import gc
import selectors
import socket
import ssl
import time
from asyncio.sslproto import SSLProtocol
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from uvicorn.protocols.http.h11_impl import RequestResponseCycle

from exporter.web.connection import Connection
from tests.web.rig import PATIENCE, Running, ask, config_file, read_all, running, wait_until

HEADERS = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    """A server with small bounds, shared by tests that leave nothing behind."""
    with running(path=100, query=200, headers=4096) as started:
        yield started


def test_get_answers_with_a_date_and_without_the_servers_name(server: Running) -> None:
    answer = server.ask()
    assert (answer.status, answer.body) == (200, b"voicenter_up 1\n")
    assert "date" in answer.headers
    assert "server" not in answer.headers


def test_head_gives_the_headers_without_a_body(server: Running) -> None:
    with server.connect() as connection:
        connection.sendall(b"HEAD /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        received = read_all(connection)
    assert received.startswith(b"HTTP/1.1 200 ")
    assert b"content-length: 15" in received
    assert received.endswith(b"\r\n\r\n")


def test_a_connection_is_kept_for_further_requests(server: Running) -> None:
    with server.connect() as connection:
        assert [ask(connection).status for _ in range(3)] == [200, 200, 200]


def test_answers_are_sent_without_waiting_for_acknowledgements(server: Running) -> None:
    with server.connect() as connection:
        ask(connection)
        transports = [each.transport for each in server.server.server_state.connections]
        (accepted,) = (
            each.get_extra_info("socket")
            for each in transports
            if each.get_extra_info("peername") == connection.getsockname()
        )
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_pipelined_requests_are_answered_in_turn(server: Running) -> None:
    with server.connect() as connection:
        connection.sendall((HEADERS + b"\r\n") * 2 + HEADERS + b"Connection: close\r\n\r\n")
        assert read_all(connection).count(b"voicenter_up 1\n") == 3


def test_http_1_0_is_answered(server: Running) -> None:
    with server.connect() as connection:
        connection.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        assert read_all(connection).endswith(b"voicenter_up 1\n")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "POST", "PRI"])
def test_only_get_and_head_are_allowed(server: Running, method: str) -> None:
    answer = server.ask(method=method)
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")


def test_post_is_allowed_for_a_reload_alone(server: Running) -> None:
    assert server.ask("/-/reload", "POST").status == 200
    assert server.ask("/-/reload?x=1", "POST").status == 200
    assert server.ask("/-/reload/", "POST").status == 405


@pytest.mark.parametrize(
    "header", [b"Content-Length: 5", b"Content-Length: 99999999999", b"Transfer-Encoding: chunked"]
)
@pytest.mark.parametrize("method", [b"GET /metrics", b"POST /-/reload"])
def test_a_body_is_refused_before_it_is_read(server: Running, method: bytes, header: bytes) -> None:
    with server.connect() as connection:
        connection.sendall(
            method + b" HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n" + header + b"\r\n\r\n"
        )
        assert read_all(connection).startswith(b"HTTP/1.1 413 ")


def test_the_refusal_of_a_body_reaches_a_client_that_sends_it_all_the_same() -> None:
    with running(linger_timeout=10) as server, server.connect() as connection:
        connection.sendall(b"POST /-/reload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8000000\r\n\r\n")
        connection.sendall(b"x" * 8_000_000)
        connection.shutdown(socket.SHUT_WR)
        assert read_all(connection).startswith(b"HTTP/1.1 413 ")


def test_an_empty_body_is_none(server: Running) -> None:
    assert server.ask("/-/reload", "POST", {"Content-Length": "0"}).status == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/" + "a" * 99, 200),
        ("/" + "a" * 100, 414),
        ("/metrics?" + "a" * 200, 200),
        ("/metrics?" + "a" * 201, 414),
    ],
)
def test_path_and_query_are_bounded(server: Running, path: str, status: int) -> None:
    assert server.ask(path).status == status


@pytest.mark.parametrize("count", [1, 100])
def test_headers_are_bounded_all_together(server: Running, count: int) -> None:
    headers = {f"X-{number}": "a" * (4096 // count) for number in range(count)}
    assert server.ask(headers=headers).status == 431


def test_headers_that_never_end_are_refused_once_they_are_too_large(server: Running) -> None:
    with server.connect() as connection:
        connection.sendall(HEADERS + b"X: " + b"a" * 5000)
        assert read_all(connection).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize(
    "request_",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET /metrics HTTP/1.1\r\n\r\n",
        b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nAuthorization the-password\r\n\r\n",
        b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"GET /m\xc3\xa9trics HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /metrics\r\n\r\n",
    ],
)
def test_malformed_requests_are_refused_without_an_echo(
    server: Running, request_: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with server.connect() as connection:
        connection.sendall(request_)
        received = read_all(connection)
    assert received.startswith(b"HTTP/1.1 400 ")
    assert received.endswith(b"\r\n\r\nBad Request\n")
    assert not caplog.records


def test_a_refused_head_has_no_body(server: Running) -> None:
    with server.connect() as connection:
        connection.sendall(b"HEAD /" + b"a" * 200 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
        received = read_all(connection)
    assert received.startswith(b"HTTP/1.1 414 ")
    assert received.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("http://elsewhere.example:80/-/ready", 200),
        ("HTTPS://elsewhere.example/metrics?a=b", 200),
        ("http://elsewhere.example", 200),
        ("http://elsewhere.example?a=/b", 200),
        ("http://elsewhere.example/" + "a" * 100, 414),
        ("http:/fault", 200),
    ],
)
def test_a_target_with_scheme_and_host_is_answered_as_its_path(
    server: Running, target: str, status: int
) -> None:
    assert server.ask(target).status == status
    assert server.ask("http://elsewhere.example/-/reload", "POST").status == 200
    assert server.ask("http://elsewhere.example/fault").status == 500


def test_a_websocket_is_a_plain_request(server: Running) -> None:
    answer = server.ask(
        headers={"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    )
    assert answer.status == 200


def test_silent_and_dripping_clients_end_while_others_are_answered() -> None:
    with running(header_timeout=4.0) as server, selectors.DefaultSelector() as still_open:
        for number in range(400):
            connection = server.connect()
            drips = number % 2 == 1
            still_open.register(connection, selectors.EVENT_READ, drips)
            if drips:
                connection.sendall(HEADERS)
        dripped = ended = 0
        patience = time.monotonic() + PATIENCE
        while still_open.get_map():
            assert time.monotonic() < patience
            for key in [key for key in still_open.get_map().values() if key.data]:
                try:
                    dripped += key.fileobj.send(b"X")  # type: ignore[union-attr]
                except OSError:
                    continue  # ended meanwhile; the loop below sees it
            for path in ("/metrics", "/-/healthy"):
                began = time.monotonic()
                assert server.ask(path).status == 200
                assert time.monotonic() - began < 3
            for key, _ in still_open.select(0.05):
                assert isinstance(key.fileobj, socket.socket)
                assert read_all(key.fileobj) == b""
                still_open.unregister(key.fileobj)
                key.fileobj.close()
                ended += 1
        assert ended == 400
        assert dripped > 200  # more than a byte from some: their deadline did not move


def test_a_further_request_has_its_own_deadline_from_its_first_byte() -> None:
    with running(header_timeout=1.5, idle_timeout=30) as server, server.connect() as connection:
        assert ask(connection).status == 200
        connection.sendall(b"GET")
        assert read_all(connection) == b""


def test_a_request_under_way_is_not_cut_by_the_deadline_for_headers() -> None:
    with running(header_timeout=1.5, idle_timeout=0.1) as server, server.connect() as held:
        held.sendall(b"GET /hold HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with server.connect() as silent:
            assert read_all(silent) == b""  # one header_timeout later
        server.release()
        assert held.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_an_idle_connection_ends() -> None:
    with running(idle_timeout=0.2, header_timeout=30) as server, server.connect() as connection:
        assert ask(connection).status == 200
        assert read_all(connection) == b""


@pytest.mark.parametrize("ending", [b"Connection: close\r\n\r\n", b"\r\n"])
def test_a_client_that_does_not_take_its_answer_ends(ending: bytes) -> None:
    with running(idle_timeout=0.3, flush_timeout=0.3) as server, server.connect() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)  # or the kernel might take it all
        connection.sendall(b"GET /large HTTP/1.1\r\nHost: localhost\r\n" + ending)
        wait_until(lambda: server.pages.large, "the request")
        wait_until(lambda: server.connections() == 0, "its end")
        assert len(read_all(connection)) < 16_000_000


def test_a_large_answer_reaches_a_client_that_takes_it(server: Running) -> None:
    assert len(server.ask("/large", headers={"Connection": "close"}).body) == 16_000_000


def test_idle_connections_make_room_for_new_ones() -> None:
    with running(connections=3) as server:
        idle = [server.connect() for _ in range(3)]
        for connection in idle:
            assert ask(connection).status == 200
        assert server.ask().status == 200
        wait_until(lambda: server.connections() == 2, "one idle connection to make room")
        for connection in idle:
            connection.close()


def test_without_an_idle_connection_the_oldest_silent_one_makes_room() -> None:
    with running(connections=2, header_timeout=60) as server, server.connect() as oldest:
        wait_until(lambda: server.connections() == 1, "the first connection")
        with server.connect() as second, server.connect():
            assert read_all(oldest) == b""
            assert ask(second).status == 200


@pytest.fixture
def uncollected() -> Iterator[None]:
    """Whatever holds on to itself stays for the time being."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def alive(*kinds: type) -> int:
    """Objects of these kinds that there are, wanted or not."""
    return sum(isinstance(each, kinds) for each in gc.get_objects())


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("path", ["/metrics", "/large", "/hold", "/fault"])
@pytest.mark.parametrize("secured", [False, True], ids=["plain", "TLS"])
def test_a_lost_connection_leaves_nothing_that_the_collector_has_to_find(
    path: str, secured: bool, tmp_path: Path
) -> None:
    pair = trustme.CA().issue_cert("127.0.0.1")
    (tmp_path / "pair.pem").write_bytes(pair.private_key_and_cert_chain_pem.bytes())
    text = "tls_server_config: {cert_file: pair.pem, key_file: pair.pem}" if secured else ""
    tls = ssl._create_unverified_context() if secured else None
    with running(web_config=config_file(tmp_path, text)) as server:
        assert server.ask(tls=tls).status == 200
        wait_until(lambda: server.connections() == 0, "its end")
        before = alive(Connection, SSLProtocol, RequestResponseCycle)
        for _ in range(20):
            with server.connect(tls) as connection:
                connection.sendall(b"GET %b HTTP/1.1\r\nHost: localhost\r\n\r\n" % path.encode())
                if path != "/hold":
                    assert connection.recv(1000)
            if secured:  # and a handshake that fails
                with server.connect() as plain:
                    plain.sendall(b"\x16\x03\x01\x00\x05nonse")
                    assert read_all(plain).startswith(b"\x15")
        wait_until(lambda: server.connections() == 0, "the end of all")
        assert wait_until(
            lambda: alive(Connection, SSLProtocol, RequestResponseCycle) <= before + 2, "nothing"
        )
