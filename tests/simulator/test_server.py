"""The simulator on real sockets, in a thread of its own."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from exporter.simulator.options import CentreOptions
from exporter.simulator.server import SimulatorServer
from exporter.simulator.tenants import SimulatorOptions

OPTIONS = SimulatorOptions(CentreOptions(agents=6, queues=2, warm_up=300.0, keep_records=False))


@pytest.fixture
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(OPTIONS) as running:
        yield running


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as one:
        one.trust_env = False
        yield one


def ask(server: SimulatorServer, session: requests.Session, **options: Any) -> requests.Response:
    url = f"{server.base_url}/GetExtensionsCalls"
    return session.post(url, json={"code": "DEMO"}, timeout=options.pop("timeout", 60), **options)


def fault(server: SimulatorServer, session: requests.Session, **content: Any) -> None:
    response = session.post(
        f"{server.url}/control", json={"clear_faults": True, "fault": content}, timeout=60
    )
    assert response.status_code == 200, response.text


def test_a_connection_serves_many_requests(server: SimulatorServer) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), 10) as connection, connection.makefile("rb") as answers:
        for _ in range(3):
            connection.sendall(b"GET /comet/API/GetQueuesCallers?code=DEMO HTTP/1.1\r\nHost: here\r\n\r\n")
            assert answers.readline() == b"HTTP/1.1 200 \r\n"
            headers = dict(line.rstrip().split(b": ") for line in iter(answers.readline, b"\r\n"))
            assert answers.read(int(headers[b"Content-Length"])).startswith(b'{"ERR"')


def test_start_returns_the_base_url_and_stop_closes_the_port(session: requests.Session) -> None:
    server = SimulatorServer(OPTIONS)
    base_url = server.start()
    assert base_url == server.base_url and base_url.endswith("/comet/API")
    assert ask(server, session).json()["EXTENSIONS"]
    server.stop()
    server.stop()
    with pytest.raises(requests.ConnectionError):
        ask(server, session)


def test_a_port_that_is_taken_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        SimulatorServer(OPTIONS, port=taken.getsockname()[1]).start()


def test_a_hanging_endpoint_never_answers_and_stopping_does_not_wait_for_it(
    session: requests.Session,
) -> None:
    server = SimulatorServer(OPTIONS)
    server.start()
    fault(server, session, kind="hang")
    with pytest.raises(requests.ReadTimeout):
        ask(server, session, timeout=0.2)
    ended: list[Exception] = []

    def wait() -> None:
        try:
            ask(server, requests.Session())
        except requests.ConnectionError as error:
            ended.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    server.stop()
    waiting.join(60)
    assert len(ended) == 1  # whether it had been accepted yet or not


def test_a_dripping_answer_takes_its_time_and_outlasts_timeouts_per_read(
    server: SimulatorServer, session: requests.Session
) -> None:
    fault(server, session, kind="drip", seconds=3)
    started = time.monotonic()
    assert ask(server, session, timeout=2).json()["ERR"] in (0, "0")
    assert time.monotonic() - started > 2


def test_a_cut_answer_breaks_off_in_its_middle(server: SimulatorServer, session: requests.Session) -> None:
    fault(server, session, kind="cut")
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
        ask(server, session)


def test_a_redirect_is_one(server: SimulatorServer, session: requests.Session) -> None:
    fault(server, session, kind="redirect", location="http://127.0.0.1:9/x")
    response = ask(server, session, allow_redirects=False)
    assert (response.status_code, response.headers["Location"]) == (302, "http://127.0.0.1:9/x")


def test_a_delay_is_kept(server: SimulatorServer, session: requests.Session) -> None:
    fault(server, session, kind="delay", seconds=0.3, endpoint="extensions")
    started = time.monotonic()
    assert ask(server, session).status_code == 200
    assert time.monotonic() - started >= 0.3


def test_a_hanging_request_holds_up_nobody_else(server: SimulatorServer, session: requests.Session) -> None:
    fault(server, session, kind="hang", endpoint="extensions")
    with pytest.raises(requests.ReadTimeout):
        ask(server, session, timeout=0.1)
    queues = session.get(f"{server.base_url}/GetQueuesCallers?code=DEMO", timeout=60)
    assert "QUEUES" in queues.json()


def test_what_is_no_http_gets_400(server: SimulatorServer) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), 10) as connection:
        connection.sendall(b"\x16\x03\x01\x02\x00 hello\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 400")


def test_a_clock_that_is_sped_up_moves_the_epochs(session: requests.Session) -> None:
    with SimulatorServer(SimulatorOptions(OPTIONS.centre, speed=10_000.0)) as server:

        def now() -> float:
            return float(session.get(f"{server.url}/truth", timeout=5).json()["now"])

        first, deadline = now(), time.monotonic() + 30
        while now() < first + 60:  # at once on a slow machine, after some requests on a fast one
            assert time.monotonic() < deadline, "a minute did not pass in half a minute"
