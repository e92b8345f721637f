"""The simulator on a socket: HTTP/1.1, kept-alive connections, and all the ways of not quite answering."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from types import TracebackType

import h11

from exporter.simulator.faults import Reply
from exporter.simulator.service import API_PATH, Service
from exporter.simulator.tenants import SimulatorOptions

LONGEST_BODY = 1 << 20  # bytes of a request
DRIP_PAUSE = 0.05  # seconds between two pieces of a dripping answer


class SimulatorServer:
    """Serves a simulator: by `run`, or in a thread of its own by `start` and `stop` (or as a context)."""

    def __init__(
        self, options: SimulatorOptions | None = None, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        self._options = options or SimulatorOptions()
        self._host, self._port = host, port
        self._connections: set[asyncio.Task[None]] = set()
        self._thread: threading.Thread | None = None
        self._stop: Callable[[], object] | None = None
        self.url = ""

    @property
    def base_url(self) -> str:
        """What an exporter takes for `base_url`; known once the server listens."""
        return self.url + API_PATH

    async def run(self, stop: asyncio.Event, listening: Callable[[], object]) -> None:
        """Serve until `stop` is set; `listening` is called once the port is open. Raises OSError."""
        self._service = Service(self._options)
        server = await asyncio.start_server(self._connected, self._host, self._port, backlog=1024)
        port = server.sockets[0].getsockname()[1]
        self.url = f"http://{f'[{self._host}]' if ':' in self._host else self._host}:{port}"
        listening()
        await stop.wait()
        for listener in server.sockets:  # asyncio forgets a connection that is being accepted at close()
            asyncio.get_running_loop().remove_reader(listener.fileno())
        for _ in range(5):  # so let those come through in the next rounds of the loop
            await asyncio.sleep(0)
        server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def start(self) -> str:
        """Serve in a thread of its own; returns `base_url` once the port is open. Raises OSError."""
        ready = threading.Event()
        failures: list[BaseException] = []

        async def main() -> None:
            stop, loop = asyncio.Event(), asyncio.get_running_loop()
            self._stop = lambda: loop.call_soon_threadsafe(stop.set)
            await self.run(stop, ready.set)

        def serve() -> None:
            try:
                asyncio.run(main())
            except BaseException as error:
                failures.append(error)
            finally:
                ready.set()

        self._thread = threading.Thread(target=serve, name="simulator", daemon=True)
        self._thread.start()
        ready.wait()
        if failures:
            raise failures[0]
        return self.base_url

    def stop(self) -> None:
        """Close everything and wait for the thread; nothing happens when it does not run."""
        if self._thread and self._stop and self._thread.is_alive():
            self._stop()
            self._thread.join()

    def __enter__(self) -> SimulatorServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - the streams run each connection in a task
        self._connections.add(task)
        try:
            await self._converse(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass  # the client went away, or the server stops
        finally:
            self._connections.discard(task)
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h11.Connection(h11.SERVER)
        peer = writer.get_extra_info("peername")[0]
        while True:
            try:
                request, body = await _receive(connection, reader)
            except h11.RemoteProtocolError as error:
                await _send(connection, writer, reader, Reply(b"", error.error_status_hint))
                return
            if request is None:
                return
            reply = self._service.handle(request.method.decode(), request.target.decode(), body, peer)
            if not await _send(connection, writer, reader, reply) or connection.our_state is not h11.DONE:
                return
            connection.start_next_cycle()


async def _receive(
    connection: h11.Connection, reader: asyncio.StreamReader
) -> tuple[h11.Request | None, bytes]:
    """The next request and its body; no request when the client is done."""
    request, body = None, b""
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(1 << 16))
        elif isinstance(event, h11.Request):
            request = event
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > LONGEST_BODY:
                raise h11.RemoteProtocolError("request too large", error_status_hint=413)
        elif isinstance(event, h11.EndOfMessage):
            return request, body
        else:
            return None, b""


async def _send(
    connection: h11.Connection, writer: asyncio.StreamWriter, reader: asyncio.StreamReader, reply: Reply
) -> bool:
    """Send the reply in its manner; returns whether the connection can go on."""
    if reply.delay:
        await asyncio.sleep(reply.delay)
    if reply.hang:
        while await reader.read(1 << 16):
            pass
        return False
    content = _bytes(connection, reply)
    if reply.cut:
        writer.write(content[: -max(1, len(reply.body) // 2)])
        await writer.drain()
        return False
    pieces = max(1, int(reply.drip / DRIP_PAUSE))
    size = -(-len(content) // pieces)
    for place in range(0, len(content), size):
        if place:
            await asyncio.sleep(reply.drip / pieces)
        writer.write(content[place : place + size])
        await writer.drain()
    return True


def _bytes(connection: h11.Connection, reply: Reply) -> bytes:
    headers = [("Content-Type", "application/json; charset=utf-8"), ("Content-Length", str(len(reply.body)))]
    events = [
        h11.Response(status_code=reply.status, headers=[*headers, *reply.headers]),
        h11.Data(data=reply.body),
        h11.EndOfMessage(),
    ]
    return b"".join(connection.send(event) or b"" for event in events)
