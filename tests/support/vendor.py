"""A vendor that misbehaves on the wire: a socket server that answers what a test says, byte by byte.

with vendor() as server:
    server.behave(answers(b"no JSON"), "queues")
"""

from __future__ import annotations

import json
import select
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

ENDPOINTS = {"GetExtensionsCalls": "extensions", "GetQueuesCallers": "queues"}

PRIVATE = {
    "phone": "12025550143",
    "name": "Marked Caller",
    "representative": "Marked Agent",
    "file": "marked-recording.mp3",
    "did": "12025550199",
    "custom": "marked-custom-data",
}
"""What the answers hold of people, all invented: it must never come out of the exporter."""

CALL = {
    "ivrid": "call-1",
    "callstatus": "Talking",
    "direction": "Incoming",
    "callStarted": 1_700_000_000,
    "callAnswered": 1_700_000_010,
    "answered": 1,
    "callername": PRIVATE["name"],
    "callerphone": PRIVATE["phone"],
    "did": PRIVATE["did"],
    "recording": {"Filename": PRIVATE["file"], "IsMuted": 0},
    "customdata": {"note": PRIVATE["custom"]},
}
EXTENSION = {
    "username": "SIP01",
    "extensionID": 1,
    "onlineUserID": 11,
    "onlineUserStatus": 1,
    "representative": PRIVATE["representative"],
    "calls": [CALL],
}
CALLER = {"CallID": "call-2", "JoinTime": 1_700_000_000, "Duration": 30, "Phone": PRIVATE["phone"]}
QUEUE = {"ID": 5, "Name": "Sales", "Weight": 1, "Callers": [CALLER]}
GOOD: Mapping[str, Any] = {
    "extensions": {"ERR": 0, "DESC": "OK", "EXTENSIONS": [EXTENSION]},
    "queues": {"ERR": 0, "DESC": "OK", "QUEUES": [QUEUE]},
}


@dataclass
class Exchange:
    """One request, and the connection on which it is answered, or not."""

    endpoint: str
    path: str
    body: bytes
    headers: dict[str, str]
    connection: int
    """Which of the server's connections it came on, counted from 1."""
    at: float
    """When it had come, in monotonic seconds."""
    socket: socket.socket = field(repr=False)
    closing: threading.Event = field(repr=False)
    keeps_alive: bool = False

    def send(self, data: bytes) -> None:
        """Send bytes as they are; a peer that has gone is fine."""
        with suppress(OSError):
            self.socket.sendall(data)

    def answer(self, body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        """A whole response; the connection stays open."""
        self.send(head(status, {"Content-Length": str(len(body)), **(headers or {})}) + body)
        self.keeps_alive = True

    def answer_well(self) -> None:
        """What the vendor should say."""
        self.answer(json.dumps(GOOD[self.endpoint]).encode())

    def hang(self) -> None:
        """Say nothing more until the peer gives up."""
        while not self.closing.is_set() and not self.peer_has_gone(0.05):
            pass

    def drip(self, data: bytes, pause: float = 0.1) -> None:
        """Send a byte at a time, `pause` seconds apart, until the peer gives up."""
        for byte in data:
            if self.closing.is_set() or self.peer_has_gone(pause):
                return
            self.send(bytes([byte]))

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def peer_has_gone(self, within: float) -> bool:
        """Wait for the peer to close, so many seconds at most."""
        if not _is_readable(self.socket, within):
            return False
        try:
            return not self.socket.recv(65536)
        except OSError:
            return True


def _is_readable(socket_: socket.socket, within: float) -> bool:
    """Wait for something to read; select itself takes no descriptor over 1023."""
    poll = select.poll()
    poll.register(socket_, select.POLLIN)
    return bool(poll.poll(within * 1000))


Behaviour = Callable[[Exchange], None]


def head(status: int, headers: Mapping[str, str]) -> bytes:
    """A status line and headers."""
    lines = [f"HTTP/1.1 {status} Whatever", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def answers(content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Behaviour:
    """Answer with this: bytes as they are, anything else as JSON."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return lambda exchange: exchange.answer(body, status, headers)


def well(exchange: Exchange) -> None:
    """Answer as the vendor should."""
    exchange.answer_well()


class Vendor:
    """The server. Requests are kept in `requests`; behaviour is per endpoint and can change at any time."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        """Listen on a loopback port; with `tls` that is spoken."""
        self.requests: list[Exchange] = []
        self.stall = False
        """Whether new connections are left alone: no handshake, no answer."""
        self.greeting = b""
        """What is sent on a new connection at once, before anything is read; then it ends."""
        self._behaviours: dict[str, Behaviour] = dict.fromkeys(ENDPOINTS.values(), well)
        self._tls = tls
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._connections = 0
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()

    @property
    def url(self) -> str:
        """What `base_url` has to be."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}/comet/API"

    def behave(self, behaviour: Behaviour, *endpoints: str) -> None:
        """From now on do this, at the endpoints named or at both."""
        for endpoint in endpoints or ENDPOINTS.values():
            self._behaviours[endpoint] = behaviour

    def count(self, endpoint: str) -> int:
        """How many requests came."""
        return len(self.of(endpoint))

    def of(self, endpoint: str) -> list[Exchange]:
        """The requests to an endpoint."""
        with self._lock:
            return [each for each in self.requests if each.endpoint == endpoint]

    def close(self) -> None:
        """End all connections and stop listening."""
        self._closing.set()
        self._accepting.join()
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while not self._closing.is_set():
            if _is_readable(self._listener, 0.05):
                connection, _ = self._listener.accept()
                self._connections += 1
                thread = threading.Thread(target=self._serve, args=(connection, self._connections))
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with connection:
            if self.stall:
                Exchange("", "", b"", {}, number, time.monotonic(), connection, self._closing).hang()
                return
            if self.greeting:
                connection.sendall(self.greeting)
                return
            connection.settimeout(10)
            try:
                stream = self._tls.wrap_socket(connection, server_side=True) if self._tls else connection
            except OSError:
                return
            with stream, suppress(OSError):
                while exchange := self._read(stream, number):
                    with self._lock:
                        self.requests.append(exchange)
                    self._behaviours.get(exchange.endpoint, answers(b"", 404))(exchange)
                    if not exchange.keeps_alive:
                        return

    def _read(self, stream: socket.socket, number: int) -> Exchange | None:
        """The next request of a connection, None at its end."""
        data = b""
        while b"\r\n\r\n" not in data:
            data += (piece := self._receive(stream))
            if not piece:
                return None
        top, _, body = data.partition(b"\r\n\r\n")
        request_line, *lines = top.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        while len(body) < int(headers.get("content-length", 0)):
            body += (piece := self._receive(stream))
            if not piece:
                return None
        path = request_line.split(" ")[1]
        endpoint = ENDPOINTS.get(path.rpartition("/")[2], "elsewhere")
        return Exchange(endpoint, path, body, headers, number, time.monotonic(), stream, self._closing)

    def _receive(self, stream: socket.socket) -> bytes:
        """Bytes that came, none when the peer has gone or this server is closed."""
        while not self._closing.is_set():
            pending = isinstance(stream, ssl.SSLSocket) and stream.pending()
            if pending or _is_readable(stream, 0.05):
                return stream.recv(65536)
        return b""


@contextmanager
def vendor(tls: ssl.SSLContext | None = None) -> Iterator[Vendor]:
    """A vendor that answers well until it gets other orders."""
    server = Vendor(tls)
    try:
        yield server
    finally:
        server.close()
