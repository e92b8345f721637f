"""Clients of the exporter with addresses of their own (127.0.0.x), and sockets that they hold on to."""

from __future__ import annotations

import base64
import http.client
import resource
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass

from tests.support.processes import PATIENCE

ATTACKER = "127.0.0.2"
SCRAPER = "127.0.0.1"


@dataclass(frozen=True)
class Answer:
    """What came back, and after how many seconds."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float


def allow_many_files() -> None:
    """Let this process have as many descriptors as it may; some systems give 1024 unless asked."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def place_of(url: str) -> tuple[str, int]:
    """Host and port of a URL."""
    host, _, port = url.rpartition("/")[2].rpartition(":")
    return host, int(port)


def connect(url: str, source: str = ATTACKER, *, receive_buffer: int = 0) -> socket.socket:
    """A connection from `source`, which takes no more than `receive_buffer` unread if that is given."""
    connection = socket.socket()
    try:
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.settimeout(PATIENCE)
        connection.bind((source, 0))
        connection.connect(place_of(url))
    except OSError:
        connection.close()
        raise
    return connection


@contextmanager
def crowd(
    url: str, number: int, said: bytes = b"", source: str = ATTACKER, *, receive_buffer: int = 0
) -> Iterator[list[socket.socket]]:
    """So many connections, each of which has sent `said` and does not read."""
    allow_many_files()
    with ExitStack() as stack:
        connections = []
        for _ in range(number):
            connection = stack.enter_context(connect(url, source, receive_buffer=receive_buffer))
            with suppress(OSError):  # it was ended already, to make room for others
                connection.sendall(said)
            connections.append(connection)
        yield connections


class Client:
    """Asks on one connection for as long as it is kept, as a scraper does."""

    def __init__(self, url: str, source: str = SCRAPER) -> None:
        self._connection = http.client.HTTPConnection(
            *place_of(url), timeout=PATIENCE, source_address=(source, 0)
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    @property
    def address(self) -> tuple[str, int] | None:
        """Address and port of this end, None once the connection is lost."""
        return self._connection.sock.getsockname() if self._connection.sock else None

    def ask(self, path: str = "/metrics", headers: Mapping[str, str] | None = None) -> Answer:
        """One request."""
        began = time.monotonic()
        self._connection.request("GET", path, headers=dict(headers or {}))
        response = self._connection.getresponse()
        body = response.read()
        named = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, named, body, time.monotonic() - began)


def ask(url: str, path: str, headers: Mapping[str, str] | None = None, source: str = SCRAPER) -> Answer:
    """One request on a connection of its own."""
    with Client(url, source) as client:
        return client.ask(path, headers)


def basic(name: str, password: str) -> dict[str, str]:
    """The header that logs in."""
    return {"Authorization": f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}"}
