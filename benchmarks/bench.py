"""Measures everything that the exporter promises about speed and memory, and prints it beside the targets."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks import speed
from benchmarks.contestant import Contestant, listening_at
from benchmarks.upstream import Control

SIZES = ("S", "M", "L")


@dataclass(frozen=True, slots=True)
class Row:
    """One promise. `unit` is empty for ratios."""

    what: str
    size: str
    target: float
    measured: float
    unit: str = ""
    at_least: bool = False

    @property
    def holds(self) -> bool:
        """Whether the target is met."""
        return self.measured >= self.target if self.at_least else self.measured <= self.target

    def __str__(self) -> str:
        sign = "≥" if self.at_least else "≤"
        return (
            f"{self.what:46} {self.size:>3}   {sign} {self.target:<5g} {self.measured:8.2f} {self.unit:4}"
            f"{'' if self.holds else '  missed'}"
        )


@dataclass(frozen=True, slots=True)
class Cost:
    """Medians of one contestant for one size, in milliseconds a scrape."""

    size: str
    contestant: str
    cpu_ms: float
    latency_ms: float


def tell(step: str) -> None:
    """Say on standard error what is being done."""
    print(f"{time.strftime('%H:%M:%S')} {step} …", file=sys.stderr, flush=True)


def costs(vendor: Control, rounds: int, peers: Sequence[Contestant], table: list[Cost]) -> Iterator[Row]:
    """Processor time and latency against the peers; what everybody took goes to `table`."""
    cpu = zip(SIZES, (0.6, 0.35, 0.25), (0.8, 0.6, 0.6), (3.0, 2.5, 2.0), strict=True)
    for size, alone, with_history, latency in cpu:
        tell(f"processor time and latency, {size}")
        courses = speed.cost(vendor, size, rounds, peers)
        table += [
            Cost(size, name, statistics.median(each.cpu) * 1000, statistics.median(each.latency) * 1000)
            for name, each in courses.items()
        ]
        plain, limit = courses["plain_exporter"], courses["limit"]
        ours, history = courses["exporter"], courses["exporter with history"]
        yield Row("processor time / plain exporter's", size, alone, speed.ratio(ours.cpu, plain.cpu))
        yield Row("… with history", size, with_history, speed.ratio(history.cpu, plain.cpu))
        yield Row("latency / practical limit's", size, latency, speed.ratio(ours.latency, limit.latency))


def formats(vendor: Control, rounds: int) -> Iterator[Row]:
    """Pages in protobuf against text."""
    tell("protobuf against text, L")
    found = speed.formats(vendor, rounds)
    yield Row("processor time of protobuf / of text, history", "L", 1, found.cpu)
    yield Row("… bytes of a page", "L", 1, found.size)
    yield Row("… bytes of a page, compressed", "L", 1, found.compressed)


def others(vendor: Control, flat_scrapes: int) -> Iterator[Row]:
    """Everything else."""
    for size, target in zip(SIZES, (5, 8, 45), strict=True):
        tell(f"time added to a slow upstream, {size}")
        yield Row("added to a 50 ms upstream", size, target, speed.added(vendor, size) * 1000, "ms")
    tell("50 parallel scrapers")
    crowd = speed.parallel(vendor)
    more = crowd.ours.per_second / crowd.plain.per_second
    yield Row("scrapes/s of 50 scrapers / plain exporter's", "M", 8, more, at_least=True)
    yield Row("… 99th percentile of the latency", "M", 250, crowd.ours.p99 * 1000, "ms")
    yield Row("… attempts under way at once per endpoint", "M", 1, crowd.most_under_way)
    tell("20 accounts")
    yield Row("latency of 20 accounts / of one", "M", 3, speed.accounts(vendor))
    for history, targets in ((False, (50, 55, 80)), (True, (55, 65, 120))):
        for size, target in zip(SIZES, targets, strict=True):
            tell(f"peak memory, {size}{' with history' if history else ''}")
            what = "peak memory with history" if history else "peak memory"
            yield Row(what, size, target, speed.peak_memory(vendor, size, history=history), "MB")
    if flat_scrapes:
        more_memory = speed.memory_growth(vendor, flat_scrapes, tell)
        yield Row(f"growth of the memory, scrapes 100 to {flat_scrapes}", "L", 1, more_memory, "MB")
    tell("start")
    yield Row("start to the first successful scrape", "S", 0.7, speed.start_seconds(vendor), "s")
    tell("growth from S to 10 L")
    exponents = speed.growth(vendor)
    yield Row("exponent of processor time, S to L to 10 L", "10L", 1.1, exponents.fitted)
    yield Row("… from L to 10 L", "10L", 1.1, exponents.last)


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument(
        "--peer", action="append", default=[], metavar="URL", help="a running exporter to add"
    )
    parser.add_argument("--upstream-port", type=int, default=0, help="where peers find the vendor")
    parser.add_argument("--rounds", type=int, default=7, help="turns of each contestant (default 7)")
    parser.add_argument(
        "--flat-scrapes", type=int, default=1000, help="scrapes of L for flat memory, 0 for none"
    )
    parser.add_argument("--json", type=Path, default=Path("build/bench.json"), help="where the numbers go")
    options = parser.parse_args()
    peers = [Contestant(url, url, listening_at(url)) for url in options.peer]
    table: list[Cost] = []
    with speed.upstream(options.upstream_port) as vendor:
        load = os.getloadavg()[0]
        rows = [
            *costs(vendor, options.rounds, peers, table),
            *formats(vendor, options.rounds),
            *others(vendor, options.flat_scrapes),
        ]
    print(f"\n{'milliseconds a scrape':27}{'size':>5}{'processor':>11}{'latency':>9}")
    for each in table:
        print(f"{each.contestant:27}{each.size:>5}{each.cpu_ms:11.2f}{each.latency_ms:9.2f}")
    print(f"\n{'':46}size   target measured")
    for row in rows:
        print(row)
    machine = {"python": platform.python_version(), "cpus": os.cpu_count(), "load_before": load}
    result = {
        "machine": machine,
        "costs": [asdict(each) for each in table],
        "rows": [asdict(each) for each in rows],
    }
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(result, indent=1) + "\n")
    print(
        f"\nload of the machine before: {load:.1f} on {os.cpu_count()} processors; numbers in {options.json}"
    )


if __name__ == "__main__":
    main()
