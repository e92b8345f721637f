"""The measurements: each returns numbers of one run, contestants alternating, for the report to judge."""

from __future__ import annotations

import math
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

from benchmarks.contestant import Contestant, command, configuration, exporter, module, started
from benchmarks.payloads import SIZES
from benchmarks.scraper import PROTOBUF, TEXT, Crowd, Scraper, crowd
from benchmarks.upstream import Control

SCRAPES = {"S": 60, "M": 20, "L": 4, "10L": 2}
"""Scrapes in a row before the next contestant has its turn."""
DELAY = 0.05
"""Seconds that a slow upstream takes."""


@dataclass(frozen=True, slots=True)
class Course:
    """What one contestant took, round by round: processor seconds and seconds per scrape."""

    cpu: list[float]
    latency: list[float]


def ratio(mine: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of the ratios of each round, in which both met the same neighbours on the machine."""
    return statistics.median(a / b for a, b in zip(mine, theirs, strict=True))


@contextmanager
def upstream(port: int = 0) -> Iterator[Control]:
    """A vendor in a process of its own."""
    arguments = [sys.executable, "-m", "benchmarks.upstream", f"--port={port}"]
    with started(arguments, r"listening on (\d+)") as (_, listening):
        yield Control(int(listening))


def race(contestants: Sequence[Contestant], size: str, rounds: int) -> dict[str, Course]:
    """All of them, one after the other, over and over; each scrape makes each ask the upstream anew."""
    scrapers = {each.name: Scraper(each.url, each.accept) for each in contestants}
    courses = {each.name: Course([], []) for each in contestants}
    number = SCRAPES[size]
    for scraper in scrapers.values():
        scraper.median(3)  # connections, caches
    for _ in range(rounds):
        for each in contestants:
            before = each.cpu_seconds()
            courses[each.name].latency.append(scrapers[each.name].median(number))
            courses[each.name].cpu.append((each.cpu_seconds() - before) / number)
    for scraper in scrapers.values():
        scraper.close()
    return courses


def cost(vendor: Control, size: str, rounds: int, peers: Sequence[Contestant] = ()) -> dict[str, Course]:
    """Processor time and latency of everybody, with an upstream that answers at once."""
    vendor.set(size)
    base_url = vendor.base_url
    with ExitStack() as stack:
        enter = stack.enter_context
        ours = [
            enter(exporter(f"{base_url}/{'with' if history else 'without'}-history", history=history))
            for history in (False, True)
        ]
        others = [enter(module(name, f"{base_url}/{name}")) for name in ("plain_exporter", "limit")]
        return race([*ours, *others, *peers], size, rounds)


@dataclass(frozen=True, slots=True)
class Formats:
    """A page in protobuf over the same page as text."""

    cpu: float
    size: float
    compressed: float


def formats(vendor: Control, rounds: int, size: str = "L") -> Formats:
    """Processor time of scrapes with history and the bytes of a page, in protobuf over text."""
    vendor.set(size)
    with ExitStack() as stack:
        text, protobuf = (
            replace(
                stack.enter_context(exporter(f"{vendor.base_url}/{name}", history=True)),
                name=name,
                accept=accept,
            )
            for name, accept in (("text", TEXT), ("protobuf", PROTOBUF))
        )
        courses = race([text, protobuf], size, rounds)
        # Both of one process, so that the pages hold the same
        as_text, as_protobuf = (Scraper(text.url, each.accept) for each in (text, protobuf))
        sizes, compressed = (
            len(as_protobuf.scrape(compressed=each)) / len(as_text.scrape(compressed=each))
            for each in (False, True)
        )
        return Formats(ratio(courses["protobuf"].cpu, courses["text"].cpu), sizes, compressed)


def added(vendor: Control, size: str, times: int = 30) -> float:
    """Seconds that a scrape takes beyond those after which the upstream begins to answer a bare client.

    These are more than DELAY: its timer and its waking up are late by a millisecond or more.
    """
    vendor.set(size, DELAY)
    with exporter(vendor.base_url) as ours:
        scraper = Scraper(ours.url)
        scraper.median(2)
        pairs = [(vendor.begins_after(), scraper.timed()) for _ in range(times)]
        own = statistics.median(own for own, _ in pairs)
        return statistics.median(whole for _, whole in pairs) - own


@dataclass(frozen=True, slots=True)
class Parallel:
    """Many scrapers at once, at ours and at the plain one; the most attempts under way at an endpoint."""

    ours: Crowd
    plain: Crowd
    most_under_way: int


def parallel(vendor: Control, scrapers: int = 50, seconds: float = 4.0) -> Parallel:
    """So many scrapers of M at once, each as fast as it can, with a slow upstream."""
    vendor.set("M", DELAY)
    with module("plain_exporter", vendor.base_url) as plain:
        theirs = crowd(plain.url, scrapers, seconds)
    vendor.set("M", DELAY)
    with exporter(vendor.base_url) as ours:
        mine = crowd(ours.url, scrapers, seconds)
    return Parallel(mine, theirs, max(vendor.counts()["most_under_way"].values()))


def accounts(vendor: Control, number: int = 20, rounds: int = 9) -> float:
    """The latency of a page of so many accounts of M over that of one, with a slow upstream."""
    vendor.set("M", DELAY)
    with exporter(vendor.base_url, accounts=number) as many, exporter(vendor.base_url) as one:
        scrapers = Scraper(many.url), Scraper(one.url)
        for scraper in scrapers:
            scraper.median(2)
        times = [tuple(scraper.timed() for scraper in scrapers) for _ in range(rounds)]
        return ratio([each[0] for each in times], [each[1] for each in times])


def peak_memory(vendor: Control, size: str, *, history: bool) -> float:
    """The largest resident memory in MB after some scrapes."""
    vendor.set(size)
    with exporter(vendor.base_url, history=history) as ours:
        Scraper(ours.url).median(40)
        return ours.memory("VmHWM")


def memory_growth(vendor: Control, scrapes: int, tell: Callable[[str], None]) -> float:
    """How many MB the memory after a scrape of L rises, from the second hundred of scrapes to the last.

    Medians of a hundred: single scrapes differ by chance, and the highest of more of them is higher.
    """
    vendor.set("L")
    medians = []
    with exporter(vendor.base_url) as ours:
        scraper = Scraper(ours.url)
        for done in range(0, scrapes, 100):
            tell(f"memory over {scrapes} scrapes of L: {done}")
            after = []
            for _ in range(100):
                scraper.scrape()
                after.append(ours.memory("VmRSS"))
            medians.append(statistics.median(after))
    return medians[-1] - medians[1]


def start_seconds(vendor: Control, times: int = 7) -> float:
    """From the start of the command to the end of its first successful scrape."""
    vendor.set("S")
    return statistics.median(_start(vendor.base_url) for _ in range(times))


def _start(base_url: str) -> float:
    with configuration(base_url, history=True, accounts=1, min_interval="1ms") as file:
        begin = time.perf_counter()
        with started(command(file), r"listening on (http://[0-9.:]+)") as (_, url):
            page = Scraper(f"{url}/metrics").scrape(compressed=False)
            took = time.perf_counter() - begin
    assert b'voicenter_up{account="main0"} 1.0' in page
    return took


@dataclass(frozen=True, slots=True)
class Growth:
    """Exponents of processor time over entities: fitted to S, L and 10 L, and from L to 10 L alone."""

    fitted: float
    last: float


def growth(vendor: Control, rounds: int = 5) -> Growth:
    """How processor time grows with the call centre."""
    points = []
    for size in ("S", "L", "10L"):
        vendor.set(size)
        with exporter(vendor.base_url) as ours:
            cpu = statistics.median(race([ours], size, rounds)[ours.name].cpu)
        points.append((math.log(SIZES[size].entities), math.log(cpu)))
    fitted, last = (
        statistics.linear_regression(*zip(*some, strict=True)).slope for some in (points, points[1:])
    )
    return Growth(fitted, last)
