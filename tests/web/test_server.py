"""The server as a whole: many at a time, faults, shutdown and signals."""

from __future__ import annotations

import http.client
import logging
import re
import signal
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.support.processes import MOMENT, Process
from tests.support.processes import running as running_process
from tests.web.rig import PATIENCE, Running, ask, read_all, running, wait_until

HOLD = b"GET /hold HTTP/1.1\r\nHost: localhost\r\n\r\n"
PROCESS = Path(__file__).parent / "process.py"


@contextmanager
def holding(server: Running, count: int) -> Iterator[list[socket.socket]]:
    """Requests under way, on a connection each."""
    with ExitStack() as stack:
        connections = [stack.enter_context(server.connect()) for _ in range(count)]
        for connection in connections:
            connection.sendall(HOLD)
        wait_until(lambda: server.pages.held >= count, "the requests to be under way", pause=0.01)
        yield connections


def test_500_requests_wait_at_a_time_while_others_are_answered() -> None:
    with running() as server, holding(server, 500) as connections:
        assert server.ask("/-/healthy").status == 200
        assert server.ask().status == 200
        server.release()
        for connection in connections:
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_too_many_requests_at_a_time_are_refused_at_once_but_never_health_checks() -> None:
    with running(requests=10) as server, holding(server, 10) as connections:
        refused = server.ask()
        assert (refused.status, refused.headers["retry-after"]) == (503, "1")
        assert server.ask("/-/healthy").status == 200
        assert server.ask("/-/ready").status == 200
        server.release()
        for connection in connections:
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
        assert server.ask().status == 200


def test_idle_connections_do_not_count_as_requests() -> None:
    with running(requests=1) as server, server.connect() as idle, server.connect() as silent:
        assert ask(idle).status == 200
        assert server.ask().status == 200
        assert ask(silent).status == 200


def test_a_fault_in_a_page_is_a_500_and_one_log_line_without_its_text(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with running() as server:
        answer = server.ask("/fault")
        assert (answer.status, answer.body) == (500, b"Internal Server Error\n")
        assert server.ask().status == 200
    told = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(told) == 1
    assert re.fullmatch(r"internal error: KeyError at rig\.py:\d+", told[0])
    assert caplog.records[0].exc_info is None


def test_a_fault_in_the_loop_is_reported_once_and_without_its_text(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise KeyError("the-password")

    with running() as server:
        for _ in range(3):
            server.server._loop.call_soon_threadsafe(fail)
        assert server.ask().status == 200
    (told,) = (record for record in caplog.records if record.levelno >= logging.WARNING)
    assert told.exc_info is None
    assert told.getMessage().startswith("internal error: Exception in callback ")
    assert told.getMessage().endswith(": KeyError")
    assert "the-password" not in told.getMessage()


def test_requests_under_way_finish_when_shutdown_begins_and_new_ones_are_refused() -> None:
    with running() as server, holding(server, 2) as connections, server.connect() as idle:
        assert ask(idle, "/-/ready").status == 200
        server.stop()
        assert read_all(idle) == b""
        assert server.ask("/-/ready").status == 503
        assert server.ask("/-/healthy").status == 200
        assert server.ask("/metrics").status == 503
        server.release()
        for connection in connections:
            received = read_all(connection)
            assert received.endswith(b"voicenter_up 1\n")
            assert b"\r\nconnection: close\r\n" in received
        wait_until(server.server._loop.is_closed, "the end")
        with pytest.raises(ConnectionError):
            server.ask()


def test_requests_that_do_not_finish_in_time_are_cut_without_a_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with running(shutdown_grace=0.2) as server, holding(server, 1) as connections:
        server.stop()
        assert read_all(connections[0]) == b""
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_large_answer_is_sent_to_its_end_though_shutdown_has_begun() -> None:
    with running() as server, server.connect() as connection:
        connection.sendall(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
        received = len(connection.recv(1000))
        server.stop()
        assert server.pages.stopping.wait(PATIENCE)
        received += len(read_all(connection))
        assert received > 16_000_000


@contextmanager
def process(*arguments: str) -> Iterator[Process]:
    """The server as a process; the arguments are its addresses."""
    root = PROCESS.parents[2]
    with running_process([sys.executable, PROCESS, *arguments], {"PYTHONPATH": str(root)}, root) as started:
        yield started


def ports(started: Process) -> Sequence[int]:
    """Where it listens."""
    return [
        int(port) for port in re.findall(r":(\d+)(?=[ \n])", started.wait_for(r"listening on .*\n").group())
    ]


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_with_exit_code_0(ending: signal.Signals) -> None:
    with process("127.0.0.1:0", "[::1]:0") as started:
        first, second = ports(started)
        for host, port in (("127.0.0.1", first), ("::1", second)):
            client = http.client.HTTPConnection(host, port, timeout=PATIENCE)
            client.request("GET", "/metrics")
            assert client.getresponse().read() == b"voicenter_up 1\n"
            client.close()
        assert started.stop(ending) == 0
        assert re.findall(r"^(started|stopped)$", started.stdout, re.MULTILINE) == ["started", "stopped"]
        assert "Traceback" not in started.output


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_at_once(ending: signal.Signals) -> None:
    with (
        process("127.0.0.1:0") as started,
        socket.create_connection(("127.0.0.1", ports(started)[0])) as connection,
    ):
        connection.sendall(HOLD)
        started.wait_for("^held$")
        started.send(ending)
        started.wait_for("shutting down")
        began = time.monotonic()
        assert started.stop(ending) == 0
        assert time.monotonic() - began < MOMENT
        assert read_all(connection) == b""
        assert "ending at once" in started.output
        assert "stopped" not in started.stdout
        assert "Traceback" not in started.output


def test_sighup_reloads() -> None:
    with process("127.0.0.1:0") as started:
        ports(started)
        for _ in range(2):
            started.send(signal.SIGHUP)
        started.wait_for("^reloaded$")
        assert started.stop() == 0


def test_an_address_in_use_is_one_line_and_exit_code_1() -> None:
    with process("127.0.0.1:0") as first:
        address = f"127.0.0.1:{ports(first)[0]}"
        with process("127.0.0.1:0", address) as second:
            assert second.wait() == 1
            assert second.output == f"cannot listen on {address}: Address already in use\n"
