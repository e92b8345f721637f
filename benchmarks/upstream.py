"""The vendor of a benchmark: canned answers from a process of its own, after a delay, with attempts counted.

Any path that ends in an endpoint's name is answered, each with its own succession of frames: who asks under a
path of their own sees a call centre that moves on evenly. `/control?size=M&delay=0.05` sets what comes from
then on and starts the counts anew; `/counts` tells them as JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import http.client
import json
import time
import urllib.request
from collections import Counter
from contextlib import closing
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from benchmarks.payloads import FRAMES, SIZES, STEP, frames, later

ENDPOINTS: Final = {"GetExtensionsCalls": "extensions", "GetQueuesCallers": "queues"}
TURNS: Final = 16
"""How often frames are given out before waits begin anew: a wait that falls is a caller who joined again."""
_HEAD: Final = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"


@cache
def responses(size: str) -> dict[str, list[bytes]]:
    """Whole responses per endpoint, frame by frame."""
    number, turns = (2, 1) if size == "10L" else (FRAMES, TURNS)
    of_size = frames(SIZES[size], number)
    waits = [later(frame.queues, turn * number * STEP) for turn in range(turns) for frame in of_size]
    bodies = {"extensions": [frame.extensions for frame in of_size], "queues": waits}
    return {endpoint: [_response(body) for body in of_endpoint] for endpoint, of_endpoint in bodies.items()}


def _response(body: bytes) -> bytes:
    return _HEAD.format(len(body)).encode() + body


class Vendor:
    """What is answered, and how often it was asked."""

    def __init__(self) -> None:
        self.control("S", 0.0)

    def control(self, size: str, delay: float) -> None:
        """Answer with this size after so many seconds, and count from 0."""
        self.responses = responses(size)
        self.delay = delay
        self.requests: Counter[str] = Counter()
        self.given: Counter[str] = Counter()
        self.connections = 0
        self.under_way: Counter[str] = Counter()
        self.most_under_way: Counter[str] = Counter()

    def counts(self) -> dict[str, Any]:
        """Requests, and the most that were under way at one time, per endpoint; and new connections."""
        return {
            "requests": self.requests,
            "most_under_way": self.most_under_way,
            "connections": self.connections,
        }

    def begin(self, endpoint: str, path: str) -> bytes:
        """Count a request; returns the response that it gets."""
        of_endpoint = self.responses[endpoint]
        response = of_endpoint[self.given[path] % len(of_endpoint)]
        self.given[path] += 1
        self.requests[endpoint] += 1
        self.under_way[endpoint] += 1
        self.most_under_way[endpoint] = max(self.most_under_way[endpoint], self.under_way[endpoint])
        return response


class Connection(asyncio.Protocol):
    """One kept-alive connection; requests of the exporters are small and are not pipelined."""

    def __init__(self, vendor: Vendor) -> None:
        self._vendor = vendor
        self._received = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection."""
        assert isinstance(transport, asyncio.Transport)
        self._vendor.connections += 1
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer as soon as a request is whole."""
        self._received += data
        head, separator, body = self._received.partition(b"\r\n\r\n")
        if not separator or len(body) < _content_length(head):
            return
        self._received.clear()
        url = urlsplit(head.split(b" ", 2)[1].decode())
        endpoint = ENDPOINTS.get(url.path.rpartition("/")[2])
        if endpoint is None:
            self._transport.write(self._about(url.path, parse_qs(url.query)))
        else:
            response, counted = self._vendor.begin(endpoint, url.path), self._vendor.under_way
            if self._vendor.delay:
                loop = asyncio.get_running_loop()
                loop.call_later(self._vendor.delay, self._send, response, endpoint, counted)
            else:
                self._send(response, endpoint, counted)

    def _send(self, response: bytes, endpoint: str, counted: Counter[str]) -> None:
        counted[endpoint] -= 1
        self._transport.write(response)

    def _about(self, path: str, query: dict[str, list[str]]) -> bytes:
        if path == "/control":
            self._vendor.control(query["size"][0], float(query["delay"][0]))
        return _response(json.dumps(self._vendor.counts()).encode())


def _content_length(head: bytes | bytearray) -> int:
    _, found, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.partition(b"\r\n")[0]) if found else 0


class Control:
    """A running upstream, as the benchmark sees it."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"
        self.base_url = f"{self._url}/comet/API"
        """What `base_url` has to be."""

    def set(self, size: str, delay: float = 0.0) -> None:
        """Answer with this size after so many seconds, and count from 0."""
        self._get(f"/control?size={size}&delay={delay}")

    def counts(self) -> dict[str, Any]:
        """Requests, and the most that were under way at one time, per endpoint; and new connections."""
        counts: dict[str, Any] = self._get("/counts")
        return counts

    def begins_after(self) -> float:
        """Seconds until the first byte of an answer, for a client that does nothing but wait for it."""
        parts = urlsplit(f"{self.base_url}/bare/GetExtensionsCalls")
        with closing(http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=60)) as connection:
            connection.connect()
            start = time.perf_counter()
            connection.request("POST", parts.path, body="{}")
            response = connection.getresponse()
            took = time.perf_counter() - start
            response.read()
        return took

    def _get(self, path: str) -> Any:
        # The first answer of a size is awaited while it is generated.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(self._url + path, timeout=120) as response:
            return json.load(response)


async def serve(port: int) -> None:
    """Serve until the process is ended, on a loopback port (0: any), which is printed."""
    vendor = Vendor()
    server = await asyncio.get_running_loop().create_server(lambda: Connection(vendor), "127.0.0.1", port)
    print(f"listening on {server.sockets[0].getsockname()[1]}", flush=True)
    gc.disable()  # nothing here makes cycles, and a pause would look like a slow exporter
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    asyncio.run(serve(parser.parse_args().port))
