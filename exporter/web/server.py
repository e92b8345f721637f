"""Runs the pages: uvicorn on our sockets, with our signals, deadlines, TLS and web configuration."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import resource
import signal
import ssl
import threading
from collections.abc import Awaitable, Callable, Generator, Sequence
from dataclasses import dataclass, field
from socket import socket
from types import FrameType
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp

from exporter.web.admission import Place, Places, Scrapers
from exporter.web.connection import Connection
from exporter.web.door import Door
from exporter.web.guard import Guard
from exporter.web.house import House
from exporter.web.limits import Limits
from exporter.web.listen import ListenError, bind_all, url
from exporter.web.sending import Unread
from exporter.web.traffic import Traffic
from exporter.web.web_config_file import WebConfigFile

logger = logging.getLogger(__name__)

Hook = Callable[[], Awaitable[None]]

_FILES = 4096  # descriptors to ask for; some systems give 1024 unless asked


async def _nothing() -> None:
    pass


def _log_urls(urls: Sequence[str]) -> None:
    logger.info("listening on %s", " ".join(urls))


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What is served, and what happens around it."""

    app: ASGIApp
    stopping: threading.Event
    """Set at once when shutdown begins."""
    on_start: Hook = _nothing
    """Before the first connection is taken."""
    on_stop: Hook = _nothing
    """After the last request, unless a second signal came."""
    on_reload: Hook = _nothing
    """At SIGHUP."""
    on_listening: Callable[[Sequence[str]], None] = _log_urls
    """With the URLs, once connections are taken."""
    traffic: Traffic = field(default_factory=Traffic)
    """Counts what clients are refused."""


def run(
    service: Service, addresses: Sequence[str], web_config: WebConfigFile, limits: Limits | None = None
) -> int:
    """Serve until a signal. Returns the exit code: 0 then, 1 when an address is not available."""
    try:
        sockets = bind_all(addresses)
    except ListenError as error:
        logger.error("%s", error)
        return 1
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if 0 <= soft < _FILES:  # below 0: no limit
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(_FILES, hard) if hard >= 0 else _FILES, hard))

    async def serve() -> None:
        await Server(service, sockets, web_config, limits or Limits()).serve()

    try:
        asyncio.run(serve())
    except KeyboardInterrupt:
        pass  # one more Ctrl-C, when the loop had already removed its handlers
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    return 0


class Server(uvicorn.Server):
    """uvicorn's server, with what it lacks for a process that faces hostile clients and careful operators."""

    def __init__(
        self, service: Service, sockets: list[socket], web_config: WebConfigFile, limits: Limits
    ) -> None:
        """Make a server for bound sockets; it closes them in the end. To be made in a running loop."""
        scrapers = Scrapers(limits.scrapers)
        guard = Guard(service.app, web_config, limits, service.stopping, service.traffic, scrapers)
        config = uvicorn.Config(
            guard,
            interface="asgi3",
            http=Connection,
            ws="none",
            lifespan="off",
            log_config=None,
            # Its warnings repeat what clients send, its errors are tracebacks; the guard tells of both.
            log_level=logging.CRITICAL,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            workers=1,
            timeout_keep_alive=limits.idle_timeout,  # type: ignore[arg-type] # handed to call_later
        )
        super().__init__(config)
        self.service = service
        self._sockets = sockets
        self._web_config = web_config
        self.places = Places(_places(limits), scrapers)
        self._house = House(limits, self.places, Unread(limits.unread), service.traffic, guard.headers)
        self._door: Door | None = None
        service.traffic.connections = self.places.__len__
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._ending = asyncio.Event()
        self._main: asyncio.Task[Any] | None = None
        self._reloads: set[asyncio.Task[None]] = set()

    async def serve(self, sockets: list[socket] | None = None) -> None:  # noqa: ARG002
        """Serve until a signal or `handle_exit`."""
        self._main = asyncio.current_task()
        self._loop.set_exception_handler(_Reporter())
        try:
            await super().serve(self._sockets)
        except asyncio.CancelledError:
            if not self.force_exit:
                raise
        finally:
            self._stop_listening()
            self._end_connections()

    async def startup(self, sockets: list[socket] | None = None) -> None:  # noqa: ARG002
        """Start the service, then take connections."""
        await self.service.on_start()
        tls = self._current_tls if self._web_config.current().tls else None
        self._door = Door(self._sockets, self._connection, tls, self._house)
        self._door.open()
        self.started = True
        self.service.on_listening([url(each, "https" if tls else "http") for each in self._sockets])

    async def main_loop(self) -> None:
        """Renew the date that answers carry, each second, until shutdown."""
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):  # wait_for would lose a second signal, in Python 3.11
                async with asyncio.timeout(1):
                    await self._ending.wait()

    async def shutdown(self, sockets: list[socket] | None = None) -> None:  # noqa: ARG002
        """Let requests under way finish, while new ones learn that it is too late; stop the service."""
        for connection in self._connections():
            connection.shutdown()
        end = self._loop.time() + self._limits.shutdown_grace
        while self._loop.time() < end and (
            self.server_state.tasks or any(each.has_unsent() for each in self._connections())
        ):
            await asyncio.sleep(0.02)
        self._stop_listening()
        self._end_connections()
        await self.service.on_stop()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Handle signals in the loop; it lets go of them when it closes."""
        if threading.current_thread() is threading.main_thread():
            for each in (signal.SIGTERM, signal.SIGINT):
                self._loop.add_signal_handler(each, self.handle_exit, each, None)
            self._loop.add_signal_handler(signal.SIGHUP, self._reload)
        yield

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Begin shutdown; the second time, end at once."""
        if not self.should_exit:
            logger.info("shutting down; requests under way have %g s to finish", self._limits.shutdown_grace)
        elif self._main:
            logger.info("ending at once")
            self.force_exit = True
            self._main.cancel()
        self.should_exit = True
        self._ending.set()
        self.service.stopping.set()

    def _reload(self) -> None:
        task = asyncio.ensure_future(self.service.on_reload())
        self._reloads.add(task)
        task.add_done_callback(self._reloads.discard)

    def _current_tls(self) -> ssl.SSLContext:
        return cast(ssl.SSLContext, self._web_config.current().tls)  # is not turned off while this runs

    def _connection(self, place: Place) -> Connection:
        return Connection(self._house, place, self.config, self.server_state)

    def _stop_listening(self) -> None:
        if self._door:
            self._door.close()
        for listener in self._sockets:
            listener.close()

    def _connections(self) -> list[Connection]:
        return [each for each in self.server_state.connections if isinstance(each, Connection)]

    def _end_connections(self) -> None:
        for connection in self._connections():
            connection.transport.abort()
        for task in list(self.server_state.tasks):
            task.cancel()


def _places(limits: Limits) -> int:
    """How many connections there may be: half of the descriptors are for the vendor and for files."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return min(limits.connections, soft // 2) if soft >= 0 else limits.connections


class _Reporter:
    """Tells of errors that asyncio would print as tracebacks, each once."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def __call__(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        detail = error.strerror if isinstance(error, OSError) else type(error).__name__ if error else ""
        text = f"{context.get('message')}: {detail}"
        if text not in self._told and len(self._told) < 100:
            self._told.add(text)
            logger.error("internal error: %s", text)
