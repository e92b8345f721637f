"""How often chance fires alerts, and how soon they find what is wrong (`make alert-noise`).

VoicenterServiceLevelLow judges independent callers of one queue, 60 an hour, in the seconds that they wait. A
scraper sees them at its interval, with the weights of the history. The rule is that of prometheus/rules, in
Python. All alerts judge days of three centres.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product
from math import log, sqrt
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from benchmarks.alert_day import ASKED_EVERY, Verdict, judged
from benchmarks.alert_truth import Fired
from exporter.history.weights import of_known
from renew.marked import marked, table

DAY: Final = 86_400.0
HOUR: Final = 3600.0
PER_HOUR: Final = 60
TARGET: Final = 0.8
WITHIN: Final = 20.0
"""Seconds within which a caller should be answered."""
EVALUATED_EVERY: Final = 30.0
Z: Final = 3.0
LEAST: Final = 20.0
FOR: Final = 300.0
INTERVALS: Final = (5.0, 10.0, 15.0, 30.0)
DAYS: Final = 2000
BAD_HOURS: Final = 1000
MOST_FALSE: Final = {0.05: 0.03, 0.10: 0.01}
"""The share of days on which the rule may fire, by how much better than its target a queue truly is."""
LEAST_FOUND: Final = {5.0: 0.9, 10.0: 0.8, 15.0: 0.8, 30.0: 0.6}
"""The share of bad hours that are to be found 15 minutes after their end at the latest, by interval."""
FALL: Final = 0.30
"""By how much the service level is below its target in a bad hour."""
LOADS: Final = (0.40, 0.65, 0.88)
SCRAPED_EVERY: Final = (10, 30)
SEED: Final = 7
PAGE: Final = Path(__file__).parents[1] / "docs" / "alerting.md"

Level = Callable[[float], float]
"""The second of a day → the share of callers who are answered in time then."""


class Seen(NamedTuple):
    """An answered caller whom a scrape showed, and what the history makes of that."""

    at: float
    """Seconds."""
    weight: float
    is_in_time: bool


def seen(level: Level, interval: float, random: Random, seconds: float = DAY) -> list[Seen]:
    """Those whom somebody who looks every `interval` seconds sees, of callers who wait exponentially."""
    found, now = [], 0.0
    while (now := now + random.expovariate(PER_HOUR / HOUR)) < seconds:
        wait = random.expovariate(-log(1 - level(now)) / WITHIN)
        if random.random() < wait / interval:
            whole = float(int(now + wait) - int(now))  # as the vendor's epochs tell
            found.append(Seen(now, of_known(whole, 0.0, interval).total, whole <= WITHIN))
    return found


def firing(callers: Sequence[Seen], seconds: float = DAY) -> Iterator[float]:
    """The moments at which the rule fires, without what `keep_firing_for` adds."""
    since: float | None = None  # when the condition began to hold
    first = last = 0
    number = variance = in_time = 0.0
    for step in range(1, int(seconds / EVALUATED_EVERY) + 1):
        now = step * EVALUATED_EVERY
        while last < len(callers) and callers[last].at <= now:
            _, weight, is_in_time = callers[last]
            number, variance = number + weight, variance + weight * (weight - 1)
            in_time, last = in_time + weight * is_in_time, last + 1
        while first < last and callers[first].at <= now - HOUR:
            _, weight, is_in_time = callers[first]
            number, variance = number - weight, variance - weight * (weight - 1)
            in_time, first = in_time - weight * is_in_time, first + 1
        if not is_low(number, variance, in_time):
            since = None
            continue
        since = now if since is None else since
        if now - since >= FOR:
            yield now


def is_low(number: float, variance: float, in_time: float) -> bool:
    """Whether Wilson's upper bound of the share is below the target, and there are callers enough."""
    if number <= 0:
        return False
    effective = number**2 / (number + variance)
    share = in_time / number
    spread = Z * sqrt(max(share * (1 - share), 0.0) / effective + (Z / 2 / effective) ** 2)
    upper = (share + Z**2 / 2 / effective + spread) / (1 + Z**2 / effective)
    return effective >= LEAST and upper < TARGET


def steady(level: float) -> Level:
    """A queue that is the same all day."""
    return lambda _: level


def bad_hour(second: float) -> float:
    """A queue that falls below its target for the fourth hour, and is 5 points above it else."""
    return TARGET - FALL if 3 * HOUR <= second < 4 * HOUR else TARGET + 0.05


def false_days(better: float, interval: float, days: int = DAYS) -> float:
    """The share of days on which the rule fires for a queue that is so much better than its target."""
    random = Random(f"{better}/{interval}")
    fired = (any(firing(seen(steady(TARGET + better), interval, random))) for _ in range(days))
    return sum(fired) / days


def found_hours(interval: float, hours: int = BAD_HOURS) -> float:
    """The share of bad hours for which the rule fires 15 minutes after their end at the latest."""
    random, until = Random(f"bad/{interval}"), 4 * HOUR + 900
    callers = (seen(bad_hour, interval, random, until) for _ in range(hours))
    return sum(any(at >= 3 * HOUR for at in firing(each, until)) for each in callers) / hours


@dataclass(frozen=True)
class Row:
    """What the rule does at one interval."""

    interval: float
    false: dict[float, float]
    """By how much better than its target a queue is: the share of days with an alert."""
    found: float

    @property
    def complaints(self) -> Iterator[str]:
        """The demands that are not met."""
        for better, share in self.false.items():
            if share >= MOST_FALSE[better]:
                yield f"every {self.interval:g} s, {better:.0%} above: fires on {share:.1%} of days"
        if self.found < LEAST_FOUND[self.interval]:
            yield f"every {self.interval:g} s: finds {self.found:.0%} of bad hours"


def row(interval: float) -> Row:
    """All that is measured at one interval."""
    return Row(
        interval, {better: false_days(better, interval) for better in MOST_FALSE}, found_hours(interval)
    )


class DayRow(NamedTuple):
    """A day of one centre, as one scraper sees it."""

    load: float
    interval: int
    verdict: Verdict

    @property
    def cells(self) -> list[str]:
        """How long each alert fired, all its queues together, and whether something justifies it."""
        hours = (_hours(each) for each in (self.verdict.true, self.verdict.false))
        return [f"{self.load:.0%}", f"{self.interval} s", *hours]

    @property
    def complaints(self) -> Iterator[str]:
        """The alerts that nothing justifies."""
        for each in self.verdict.false:
            yield f"{self.load:.0%}, every {self.interval} s: {each}"


def day_row(load: float, interval: int) -> DayRow:
    """A whole day."""
    return DayRow(load, interval, judged(load, interval, int(DAY), SEED))


def _hours(fired: Sequence[Fired]) -> str:
    number = Counter(f"{each.name} {each.severity}" for each in fired)
    told = (f"{name} {count * ASKED_EVERY / HOUR:.1f} h" for name, count in sorted(number.items()))
    return ", ".join(told) or "none"


def main() -> int:
    """0 when every demand is met."""
    with ProcessPoolExecutor(max_workers=2) as workers:
        days = workers.map(day_row, *zip(*product(LOADS, SCRAPED_EVERY), strict=True))
        rows = list(workers.map(row, INTERVALS))
        centres = list(days)
    heads = [
        "scraped every",
        *(f"{100 * better:.0f} points above its target: days with an alert" for better in MOST_FALSE),
        f"{100 * FALL:.0f} points below it for an hour: found",
    ]
    shown = table(
        heads,
        (
            [f"{each.interval:g} s", *(f"{share:.1%}" for share in each.false.values()), f"{each.found:.0%}"]
            for each in rows
        ),
    )
    heads = ["load", "scraped every", "alerts that the truth justifies", "others"]
    days_shown = table(heads, (each.cells for each in centres))
    found = {"make alert-noise": shown, "make alert-noise, three centres": days_shown}
    PAGE.write_text(marked(PAGE.read_text(encoding="utf-8"), found), encoding="utf-8")
    complaints = [complaint for each in rows for complaint in each.complaints]
    complaints += (complaint for each in centres for complaint in each.complaints)
    print("\n".join(complaints) or f"{shown}\n\n{days_shown}")
    return bool(complaints)


if __name__ == "__main__":
    sys.exit(main())
