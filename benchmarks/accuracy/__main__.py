"""Watch all scenarios, tell what is broken, and write the tables into docs/accuracy.md (`make accuracy`)."""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from itertools import chain, product
from pathlib import Path

from benchmarks.accuracy.demands import unlike_chance
from benchmarks.accuracy.limits import SHORT, uncovered
from benchmarks.accuracy.report import Report, report
from benchmarks.accuracy.shortness import Shortness, shortness
from benchmarks.accuracy.tables import (
    figures_table,
    predictions_table,
    shortness_table,
    sight_table,
    work_table,
)
from benchmarks.accuracy.watching import Scenario

INTERVALS = (5.0, 10.0, 15.0, 30.0, 60.0)
FAILURES = (0.0, 0.02, 0.2)
LOADS = {"quiet": 1, "busy": 2, "overloaded": 3}
"""Each with its seed: centres that have nothing to do with each other."""
ZONES = ("UTC", "Asia/Jerusalem")
STEPS = {"forward": 1_774_526_400.0, "back": 1_792_843_200.0}
"""Unix seconds twelve hours before the clocks of the second zone are set: 27 March and 25 October 2026."""
UNTOLD = 0.38
"""The share of talking legs without the moment of the answer, as one tenant had it."""
PATIENCES = (240.0, 30.0)
"""How long callers wait on average before they hang up, in seconds, to judge short abandons by."""
PAGE = Path(__file__).parents[2] / "docs" / "accuracy.md"
BEGIN, END = "<!-- make accuracy writes what follows -->", "<!-- up to here -->"


def main() -> int:
    """0 when every demand is met."""
    plain = [Scenario(load, zone, seed=LOADS[load]) for load, zone in product(LOADS, ZONES)]
    stepped = [Scenario("busy", ZONES[1], start, seed=LOADS["busy"]) for start in STEPS.values()]
    with ProcessPoolExecutor(max_workers=2) as workers:
        untold = Scenario("busy", untold=UNTOLD, seed=LOADS["busy"])
        scenarios = [*plain, *stepped, untold]
        # With many failures nobody can tell who left at the moment when the clock changes.
        ways = [list(product(INTERVALS, FAILURES[:2] if each in stepped else FAILURES)) for each in scenarios]
        impatient = [Scenario("overloaded", seed=LOADS["overloaded"], patience=each) for each in PATIENCES]
        early = workers.map(shortness, impatient, [INTERVALS] * len(impatient))
        reports = list(workers.map(report, scenarios, ways))
        hung_up = list(chain.from_iterable(early))
    complaints = list(_complaints(list(chain.from_iterable(reports))))
    complaints += chain.from_iterable(each.beyond() for each in hung_up)
    _write(list(chain.from_iterable(reports[: len(plain)])), reports[len(plain) :], hung_up)
    print("\n".join(complaints) or f"all demands are met in {sum(map(len, reports))} runs")
    return bool(complaints)


def _complaints(reports: list[Report]) -> list[str]:
    found = [f"{each}: {complaint}" for each in reports for complaint in each.complaints]
    few = [each for each in reports if each.interval <= SHORT and each.failures == FAILURES[0]]
    found += uncovered([hour for each in few for hour in each.hours])
    for interval in INTERVALS:
        samples = [each.sight.short_stays for each in _unfailing(reports) if each.interval == interval]
        found += [f"every {interval:.0f} s: {complaint}" for complaint in unlike_chance(samples)]
    return found


def _unfailing(reports: list[Report]) -> list[Report]:
    """Those without failed attempts, each centre once: its epochs change nothing about what is seen."""
    return [each for each in reports if not each.failures and each.scenario.zone == "UTC"]


def _write(plain: list[Report], others: list[list[Report]], hung_up: list[Shortness]) -> None:
    """Replace the tables in the page."""
    parts = []
    for load in LOADS:
        parts += [
            f"### {load.capitalize()}",
            figures_table([each for each in plain if each.scenario.load == load]),
        ]
    headings = [f"Busy, on a night when the clocks go {direction} by an hour" for direction in STEPS]
    headings.append(f"Busy, with {UNTOLD:.0%} of the answers untold")
    for heading, reports in zip(headings, others, strict=True):
        parts += [f"### {heading}", figures_table(reports)]
    parts += ["### Estimated waits", predictions_table(_unfailing(plain))]
    parts += ["### Rings, holds and talk", work_table(_unfailing(plain))]
    parts += ["### Short abandons", shortness_table(hung_up)]
    parts += ["### What was seen, and how exactly", sight_table(_unfailing(plain))]
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text("\n\n".join([before + BEGIN, *parts, END + after]), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
