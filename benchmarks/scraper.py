"""Scrapes as Prometheus makes them: kept-alive, gzip welcome, the answer read to its end."""

from __future__ import annotations

import asyncio
import http.client
import statistics
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

TEXT = "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
PROTOBUF = (
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6," + TEXT
)
HEADERS = {
    "Accept": TEXT,
    "Accept-Encoding": "gzip",
    "X-Prometheus-Scrape-Timeout-Seconds": "30",
}


class Scraper:
    """Scrapes one URL over one connection."""

    def __init__(self, url: str, accept: str = TEXT) -> None:
        self._headers = {**HEADERS, "Accept": accept}
        self._parts = urlsplit(url)
        self._connection = self._connect()

    def scrape(self, *, compressed: bool = True) -> bytes:
        """The body as it comes."""
        headers = self._headers if compressed else {**self._headers, "Accept-Encoding": "identity"}
        self._connection.request("GET", self._parts.path, headers=headers)
        response = self._connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise RuntimeError(f"{self._parts.geturl()}: HTTP {response.status}")
        return body

    def timed(self) -> float:
        """Seconds that a scrape takes."""
        start = time.perf_counter()
        self.scrape()
        return time.perf_counter() - start

    def median(self, times: int) -> float:
        """The median of so many scrapes, in seconds."""
        return statistics.median(self.timed() for _ in range(times))

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _connect(self) -> http.client.HTTPConnection:
        assert self._parts.hostname
        return http.client.HTTPConnection(self._parts.hostname, self._parts.port, timeout=60)


@dataclass(frozen=True, slots=True)
class Crowd:
    """What many scrapers saw together."""

    per_second: float
    p99: float
    """Seconds."""


def crowd(url: str, scrapers: int, seconds: float) -> Crowd:
    """Scrape as fast as answers come, so many at a time, for so long."""
    return asyncio.run(_crowd(url, scrapers, seconds))


async def _crowd(url: str, scrapers: int, seconds: float) -> Crowd:
    end = time.perf_counter() + seconds
    start = time.perf_counter()
    times = [
        each for of_one in await asyncio.gather(*[_one(url, end) for _ in range(scrapers)]) for each in of_one
    ]
    return Crowd(len(times) / (time.perf_counter() - start), statistics.quantiles(times, n=100)[98])


async def _one(url: str, end: float) -> list[float]:
    """Raw streams: fifty clients must cost less than the server that they are to measure."""
    parts = urlsplit(url)
    lines = [
        f"GET {parts.path} HTTP/1.1",
        f"Host: {parts.netloc}",
        *(f"{name}: {HEADERS[name]}" for name in HEADERS),
    ]
    request = "\r\n".join([*lines, "", ""]).encode()
    times: list[float] = []
    streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    while (start := time.perf_counter()) < end:
        reader, writer = streams = streams or await asyncio.open_connection(parts.hostname, parts.port)
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.0 200")):
            raise RuntimeError(f"{url}: {head.splitlines()[0]!r}")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        await (reader.readexactly(int(length)) if length else reader.read())
        times.append(time.perf_counter() - start)
        if head.startswith(b"HTTP/1.0") or not length:
            writer.close()
            streams = None
    if streams:
        streams[1].close()
    return times
