"""The practical limit: the least that Python can do to turn two answers into the page of a plain exporter.

Raw sockets, typed decoding of nothing but what is counted, one f-string a queue, gzip at level 1, and a bare
ASGI function behind uvicorn. It has no deadlines, no failures, no filters, no odd values, no labels that need
escapes and no second client: whatever an exporter does beyond this is what it adds to the limit.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import zlib
from collections import Counter
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
import uvicorn

STATUSES: Final = {
    1: "login",
    2: "logout",
    3: "lunch",
    5: "administrative",
    7: "private",
    9: "other",
    11: "training",
    12: "team_meeting",
    13: "brief",
}


class Leg(msgspec.Struct, gc=False):
    callstatus: str
    direction: str


class Extension(msgspec.Struct, gc=False):
    status: int = msgspec.field(name="onlineUserStatus")
    calls: list[Leg]


class Extensions(msgspec.Struct, gc=False):
    EXTENSIONS: list[Extension]


class Caller(msgspec.Struct, gc=False):
    Duration: int


class Queue(msgspec.Struct, gc=False):
    ID: int
    Name: str
    Weight: int
    Callers: list[Caller]


class Queues(msgspec.Struct, gc=False):
    QUEUES: list[Queue]


EXTENSIONS: Final = msgspec.json.Decoder(Extensions)
QUEUES: Final = msgspec.json.Decoder(Queues)


class Upstream:
    """One kept-alive connection that asks one endpoint."""

    def __init__(self, base_url: str, method: str) -> None:
        url = urlsplit(base_url)
        assert url.hostname and url.port
        self._socket = socket.create_connection((url.hostname, url.port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        body = '{"code": "BENCHMARK"}'
        lines = [f"POST {url.path}/{method} HTTP/1.1", f"Host: {url.netloc}", f"Content-Length: {len(body)}"]
        self._request = "\r\n".join([*lines, "", body]).encode()

    def ask(self) -> None:
        """Send the request."""
        self._socket.sendall(self._request)

    def answer(self) -> memoryview:
        """The body of the response."""
        start = self._socket.recv(65536)
        while b"\r\n\r\n" not in start:
            start += self._socket.recv(65536)
        head, _, rest = start.partition(b"\r\n\r\n")
        body = bytearray(int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0]))
        body[: len(rest)] = rest
        view, received = memoryview(body), len(rest)
        while received < len(body):
            received += self._socket.recv_into(view[received:])
        return view


def page(extensions: memoryview, queues: memoryview) -> bytes:
    """The families of the plain exporter, compressed."""
    decoded = EXTENSIONS.decode(extensions).EXTENSIONS
    agents = Counter([extension.status for extension in decoded])
    calls = Counter([(leg.callstatus, leg.direction) for extension in decoded for leg in extension.calls])
    lines = ["voicenter_up 1.0\n"]
    lines += [f'voicenter_agents{{status="{name}"}} {agents[code]}.0\n' for code, name in STATUSES.items()]
    lines += [
        f'voicenter_calls{{status="{status}",direction="{direction}"}} {number}.0\n'
        for (status, direction), number in calls.items()
    ]
    lines += [_queue_lines(queue) for queue in QUEUES.decode(queues).QUEUES]
    compressor = zlib.compressobj(1, wbits=31)
    return compressor.compress("".join(lines).encode()) + compressor.flush()


def _queue_lines(queue: Queue) -> str:
    waits = [caller.Duration for caller in queue.Callers]
    over = len([wait for wait in waits if wait >= 60])
    labels = f'queue="{queue.Name}",queue_id="{queue.ID}"'
    return (
        f"voicenter_queue_callers{{{labels}}} {len(waits)}.0\n"
        f"voicenter_queue_longest_wait_seconds{{{labels}}} {max(waits, default=0)}.0\n"
        f"voicenter_queue_callers_wait_seconds{{{labels}}} {sum(waits)}.0\n"
        f"voicenter_queue_callers_over_60_seconds{{{labels}}} {over}.0\n"
        f"voicenter_queue_weight{{{labels}}} {queue.Weight}.0\n"
    )


class Application:
    """An ASGI application that is only its page, made in a thread: a server has to stay reachable."""

    def __init__(self, base_url: str) -> None:
        self._extensions = Upstream(base_url, "GetExtensionsCalls")
        self._queues = Upstream(base_url, "GetQueuesCallers")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG002
        """Answer any request with the page."""
        body = await asyncio.to_thread(self._page)
        headers = [(b"content-encoding", b"gzip"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _page(self) -> bytes:
        self._extensions.ask()
        self._queues.ask()
        return page(self._extensions.answer(), self._queues.answer())


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    # Only with the protocol named does asyncio switch Nagle's algorithm off.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", options.port))
    listener.listen()
    print(f"listening on {listener.getsockname()[1]}", flush=True)
    application = Application(options.base_url)
    config = uvicorn.Config(
        application,
        interface="asgi3",
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_keep_alive=75,
    )
    asyncio.run(uvicorn.Server(config).serve([listener]))


if __name__ == "__main__":
    main()
