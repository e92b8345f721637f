"""A soak: scrapes of two servers go on while all kinds of things go wrong; is everything answered and flat?

python -m benchmarks.soak [--minutes M] [--seed N] [--write]

Rounds of every trouble there is (`soak_troubles`), each followed by a quiet moment. What is held against each
other are the quiet moments, because only there nothing is under way; peaks are taken at all times.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.soak_troubles import NUMBER, Site, all_troubles
from benchmarks.soak_watch import SCRAPE_TIMEOUT, Reading, Scraper, Watch
from tests.support.exporter import Exporter, Page, started
from tests.support.processes import command, running, wait_until

ROOT = Path(__file__).resolve().parent.parent
REPORT = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
LONGEST_TROUBLE = 3.0
MEMORY_SLACK = 8.0
"""MiB that resident memory may differ by, between one quiet moment and another."""
DESCRIPTOR_SLACK = 8
"""Idle connections to the vendor are kept, two per account at most, or have just been closed by a fault."""
THREAD_SLACK = 3
"""A thread is kept for each piece of work there ever was at one moment: two per account, some for pages."""
CARRIED = ("main", "polled", "rotated")
"""The accounts that are well when the vendor is."""


@contextmanager
def threads(*runs: object) -> Iterator[None]:
    """Runs the `run` of each in a thread during the block; the block's end must have told them to stop."""
    started_ = [threading.Thread(target=each.run) for each in runs]  # type: ignore[attr-defined]
    for thread in started_:
        thread.start()
    try:
        yield
    finally:
        for each in runs:
            each.stop.set()  # type: ignore[attr-defined]
        for thread in started_:
            thread.join()


def quiet(exporter: Exporter) -> Reading:
    """Wait until all is well again, then read."""

    def is_well() -> bool:
        page = exporter.scrape()
        return all(page.value("voicenter_up", account=name) == 1 for name in CARRIED)

    wait_until(is_well, "the accounts are up again", timeout=60, pause=0.3)
    readings = []
    for _ in range(10):  # the lowest: clients that have left and attempts under way end within moments
        readings.append(Reading.of(exporter.process.pid))
        time.sleep(0.1)
    return Reading(*(min(getattr(each, name) for each in readings) for name in Reading.__match_args__))


@dataclass
class Soak:
    """What a soak brought."""

    seconds: float
    site: Site
    scrapers: Sequence[Scraper]
    peaks: Sequence[Reading]
    quiet: Sequence[Reading]
    page: Page

    @property
    def warm(self) -> Reading:
        """The first quiet moment after the warm-up: every trouble has been there once or more."""
        return self.quiet[len(self.quiet) // 4]

    def problems(self) -> list[str]:
        """What does not hold."""
        warm, last = self.warm, self.quiet[-1]
        found = [missed for scraper in self.scrapers for missed in scraper.missed[:5]]
        if last.memory > warm.memory + MEMORY_SLACK:
            found.append(f"memory grows: {warm.memory:.1f} MiB, then {last.memory:.1f} MiB")
        if last.threads > warm.threads + THREAD_SLACK:
            found.append(f"threads grow: {warm.threads}, then {last.threads}")
        if last.descriptors > warm.descriptors + DESCRIPTOR_SLACK:
            found.append(f"descriptors grow: {warm.descriptors}, then {last.descriptors}")
        if self.page.value("voicenter_exporter_config_last_reload_successful") != 1:
            found.append("the last reload did not take")
        return found

    def table(self) -> str:
        """The figures, as a table in Markdown."""
        answered = sum(each.answered for each in self.scrapers)
        missed = sum(len(each.missed) for each in self.scrapers)
        reasons: Counter[str] = Counter()
        for labels, value in self.page.samples["voicenter_api_failures_total"]:
            reasons[labels["reason"]] += int(value)
        failures = ", ".join(f"{reason} {number:,}" for reason, number in reasons.most_common() if number)
        rows = [
            ("length", f"{self.seconds / 60:.1f} minutes, {len(self.quiet)} rounds of {NUMBER} troubles"),
            ("scrapes answered", f"{answered:,} of {answered + missed:,}"),
            (
                "slowest answer",
                f"{max(each.slowest for each in self.scrapers):.2f} s of {SCRAPE_TIMEOUT:g} s",
            ),
            ("requests to the vendor", f"{sum(self.page.values('voicenter_api_requests_total')):,.0f}"),
            ("failures by reason", failures),
            ("reloads, certificates", f"{self.site.reloads} reloads, {self.site.renewed} certificates"),
            ("resident memory", self._course("memory", "{:.1f} MiB")),
            ("threads", self._course("threads", "{}")),
            ("descriptors", self._course("descriptors", "{}")),
        ]
        lines = ["| what | measured |", "|---|---|", *(f"| {what} | {value} |" for what, value in rows)]
        return "\n".join(lines)

    def _course(self, name: str, form: str) -> str:
        peak = form.format(max(getattr(each, name) for each in self.peaks))
        warm, last = (form.format(getattr(each, name)) for each in (self.warm, self.quiet[-1]))
        return f"peak {peak}; quiet after warm-up {warm}, quiet at the end {last}"


def soak(seconds: float, seed: int, folder: Path) -> Soak:
    """Run for about so many seconds, three rounds at least."""
    rounds = max(3, round(seconds / (NUMBER * LONGEST_TROUBLE)))
    pause = seconds / rounds / NUMBER
    simulator: list[str | Path] = [
        command("voicenter-simulator"), "--accounts=4", "--code-prefix=CODE", "--listen-address=127.0.0.1:0",
    ]  # fmt: skip
    chance = random.Random(seed)
    began = time.monotonic()
    with running(simulator) as vendor:
        site = Site(folder, vendor.wait_for(r"listens on (http://[^/\s]+)", timeout=60).group(1))
        flags = ["--config.file", str(folder / "config.yaml"), "--web.config.file", str(folder / "web.yaml")]
        with started(flags) as exporter:
            exporter.session.verify = site.ca_file
            stop = threading.Event()
            scrapers = [Scraper(exporter, site.ca_file, keep, stop) for keep in (True, False)]
            watch = Watch(exporter.process.pid, stop)
            moments = []
            with threads(*scrapers, watch):
                for number in range(1, rounds + 1):
                    for name, trouble in all_troubles(site, exporter, chance):
                        _say(f"round {number} of {rounds}: {name}", end=True)
                        with trouble:
                            time.sleep(pause)
                    moments.append(quiet(exporter))
                    answered = sum(each.answered for each in scrapers)
                    missed = sum(len(each.missed) for each in scrapers)
                    at = moments[-1]
                    _say(
                        f"round {number} of {rounds}: {answered} scrapes answered, {missed} not; "
                        f"{at.memory:.1f} MiB, {at.threads} threads, {at.descriptors} descriptors"
                    )
            page = exporter.scrape()
            assert exporter.process.stop() == 0
            assert "Traceback" not in exporter.process.output
            assert "internal error:" not in exporter.process.output
    return Soak(time.monotonic() - began, site, scrapers, watch.readings, moments, page)


def _say(text: str, *, end: bool = False) -> None:
    """A line of progress; on a terminal, one that the next overwrites."""
    if sys.stdout.isatty():
        print(f"\r{text:<100}", end="" if end else "\n", flush=True)
    elif not end:
        print(text, flush=True)


def main() -> int:
    """Returns the exit code: 0 when all was answered and everything is flat, else 1."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak")
    parser.add_argument("--minutes", type=float, default=10, help="how long (default 10)")
    parser.add_argument("--seed", type=int, default=1, help="of the order of the troubles (default 1)")
    parser.add_argument("--write", action="store_true", help="put the table into docs/reliability.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = soak(60 * options.minutes, options.seed, Path(folder))
    print(result.table())
    problems = result.problems()
    for problem in problems:
        print(problem, file=sys.stderr)
    if options.write and not problems:
        before, _, rest = REPORT.read_text().partition(BEGIN)
        REPORT.write_text(f"{before}{BEGIN}\n{result.table()}\n{END}{rest.partition(END)[2]}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
