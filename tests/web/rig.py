"""A server under test: the real one with a small application, in a thread of its own; and clients for it."""

from __future__ import annotations

import asyncio
import http.client
import resource
import signal
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from starlette.types import Receive, Scope, Send

from exporter.web.limits import Limits
from exporter.web.listen import bind_all, url
from exporter.web.server import Server, Service
from exporter.web.web_config_file import WebConfigFile
from tests.support.processes import PATIENCE, wait_until

QUICK = Limits(linger_timeout=0.3)


class Pages:
    """`/metrics` answers at once, `/hold` once it is released, `/large` much, `/fault` fails."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.held = 0
        self.large = 0
        self.reloads = 0
        self.released = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One answer."""
        path, status, body = scope["path"], 200, b"voicenter_up 1\n"
        if path == "/hold":
            self.held += 1
            await self.released.wait()
        elif path == "/large":
            self.large += 1
            body = b"x" * 16_000_000
        elif path == "/fault":
            raise KeyError("the-password")
        elif path == "/-/ready" and self.stopping.is_set():
            status = 503
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def reload(self) -> None:
        """Count."""
        self.reloads += 1


@dataclass
class Answer:
    """What came back; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class Running:
    """A server that takes connections."""

    def __init__(self, pages: Pages, server: Server, web_config: WebConfigFile, address: str) -> None:
        self.pages = pages
        self.server = server
        self.web_config = web_config
        self.url = address
        self.port = int(address.rpartition(":")[2])

    def connect(self, tls: ssl.SSLContext | None = None) -> socket.socket:
        """A connection, with its handshake done."""
        plain = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        if tls is None:
            return plain
        try:
            return tls.wrap_socket(plain, server_hostname="127.0.0.1")
        except OSError:
            plain.close()
            raise

    def ask(
        self,
        path: str = "/metrics",
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> Answer:
        """One request on a connection of its own."""
        with self.connect(tls) as connection:
            return ask(connection, path, method, headers)

    def release(self) -> None:
        """Let all that is held go on."""
        self.server._loop.call_soon_threadsafe(self.pages.released.set)

    def stop(self) -> None:
        """As SIGTERM."""
        self.server._loop.call_soon_threadsafe(self.server.handle_exit, signal.SIGTERM, None)

    def connections(self) -> int:
        """How many the server has."""
        return len(self.server.places)


def ask(
    connection: socket.socket,
    path: str = "/metrics",
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """One request on an open connection, which stays open when the server keeps it."""
    client = http.client.HTTPConnection("127.0.0.1")
    client.sock = connection
    client.request(method, path, headers=dict(headers or {}))
    response = client.getresponse()
    body = response.read()
    return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, body)


def read_all(connection: socket.socket) -> bytes:
    """Everything until the server ends the connection, however it does that."""
    received = b""
    try:
        while part := connection.recv(65536):
            received += part
    except ConnectionResetError:
        pass
    return received


@contextmanager
def running(
    limits: Limits = QUICK, web_config: WebConfigFile | None = None, **changes: Any
) -> Iterator[Running]:
    """A server on a loopback port, ended after the block as SIGTERM would end it."""
    _allow_as_many_files_as_may_be()
    pages = Pages()
    config = web_config or WebConfigFile(None)
    sockets = bind_all(["127.0.0.1:0"])
    started: list[Server] = []
    listening = threading.Event()
    failure: list[BaseException] = []

    async def serve() -> None:
        service = Service(
            app=pages,
            stopping=pages.stopping,
            on_reload=pages.reload,
            on_listening=lambda _: listening.set(),
        )
        started.append(Server(service, sockets, config, replace(limits, **changes)))
        await started[0].serve()

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            failure.append(error)
        finally:
            listening.set()

    address = url(sockets[0], "https" if config.current().tls else "http")
    thread = threading.Thread(target=run)
    thread.start()
    assert listening.wait(PATIENCE)
    try:
        if not failure:
            yield Running(pages, started[0], config, address)
    finally:
        with suppress(RuntimeError):  # it has ended already
            started[0]._loop.call_soon_threadsafe(pages.released.set)
            if not pages.stopping.is_set():
                started[0]._loop.call_soon_threadsafe(started[0].handle_exit, signal.SIGTERM, None)
        thread.join(PATIENCE)
        assert not thread.is_alive()
    if failure:
        raise failure[0]


def _allow_as_many_files_as_may_be() -> None:
    """Both ends of hundreds of connections are in this process; some systems give 1024 unless asked."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def config_file(folder: Path, content: str) -> WebConfigFile:
    """A web configuration file with this content, read."""
    path = folder / "web.yml"
    path.write_text(content)
    return WebConfigFile(path)


__all__ = [
    "PATIENCE",
    "QUICK",
    "Answer",
    "Running",
    "ask",
    "config_file",
    "read_all",
    "running",
    "wait_until",
]
