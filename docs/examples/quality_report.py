#!/usr/bin/env python3
"""A day of each queue as CSV, from Prometheus: docs/quality-report.md says what the columns mean.

Needs nothing but Python 3.11 or newer. Exits with 1 when Prometheus does not answer or knows no queue of
that day.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from datetime import date, datetime, time, timedelta
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen
from zoneinfo import ZoneInfo

LABELS = ("account", "queue_id", "queue")
OF_QUEUE = f"by ({', '.join(LABELS)})"
OBSERVED = "sum by (account) (increase(voicenter_history_observed_seconds_total[WINDOW]))"
WATCHED = f"60 * count_over_time(({OBSERVED.replace('WINDOW', '2m')} > 0)[WINDOW:1m])"
"""Seconds of the day in which any exporter of the account saw its queues."""


def counted(counter: str) -> str:
    """What all exporters counted, for each second that they saw: two exporters do not double."""
    return (
        f"sum {OF_QUEUE} (increase({counter}[WINDOW]))"
        f" / on (account) group_left () ({OBSERVED} > 0) * on (account) group_left () ({WATCHED})"
    )


def waits(part: str) -> str:
    """Sum or count of the waits of the answered, from classic histograms or native ones."""
    of = 'voicenter_queue_wait_seconds{}{{outcome="answered"}}[WINDOW]'
    classic, native = of.format(f"_{part}"), of.format("")
    return f"sum {OF_QUEUE} (increase({classic}) or histogram_{part}(increase({native})))"


COLUMNS = {
    "answered": counted('voicenter_queue_leaves_total{outcome="answered"}'),
    "unanswered": counted('voicenter_queue_leaves_total{outcome="unanswered"}'),
    "service_level": f"sum {OF_QUEUE} (increase(voicenter_queue_answered_within_target_total[WINDOW]))"
    f" / (sum {OF_QUEUE} (increase(voicenter_queue_service_level_calls_total[WINDOW])) > 0)",
    "service_level_target": f"max {OF_QUEUE}"
    " (last_over_time(voicenter_queue_service_level_target_ratio[WINDOW]))",
    "mean_wait_answered_seconds": f"{waits('sum')} / ({waits('count')} > 0)",
    "longest_wait_seconds": f"max {OF_QUEUE} (max_over_time(voicenter_queue_longest_wait_seconds[WINDOW]))",
    "watched_hours": f"{WATCHED} / 3600",
}
SHARES = ("service_level", "service_level_target")


def main() -> int:
    """Write the table to standard output."""
    options = arguments()
    midnights = [datetime.combine(options.day + timedelta(days=n), time(), options.zone) for n in (0, 1)]
    start, end = (midnight.timestamp() for midnight in midnights)
    window = f"{end - start:.0f}s"  # 23 or 25 hours on the days on which clocks change
    try:
        found = {
            name: query(options.prometheus, expression.replace("WINDOW", window), end)
            for name, expression in COLUMNS.items()
        }
    except (URLError, ValueError) as error:
        return complain(f"{options.prometheus}: {error}")
    queues = sorted(found["longest_wait_seconds"])
    if not queues:
        return complain(f"no queue has a series on {options.day}")
    table = csv.writer(sys.stdout)
    table.writerow(["day", *LABELS, *COLUMNS])
    for queue in queues:
        account = (queue[0], "", "")
        values = (found[name].get(queue, found[name].get(account)) for name in COLUMNS)
        table.writerow([options.day, *queue, *map(written, COLUMNS, values)])
    return 0


def arguments() -> argparse.Namespace:
    """The day, its time zone, and where Prometheus is."""
    flags = argparse.ArgumentParser(description="A day of each queue as CSV, from Prometheus.")
    add = flags.add_argument
    add("--prometheus", default="http://localhost:9090", metavar="URL", help="default %(default)s")
    add("--zone", type=ZoneInfo, default="Asia/Jerusalem", help="whose midnight (default %(default)s)")
    add("--day", type=date.fromisoformat, metavar="YYYY-MM-DD", help="default: yesterday")
    options = flags.parse_args()
    options.day = options.day or datetime.now(options.zone).date() - timedelta(days=1)
    return options


def query(prometheus: str, expression: str, at: float) -> dict[tuple[str, ...], float]:
    """Values at a moment by account, queue id and queue; the last two are empty for values of an account."""
    asked = urlencode({"query": expression, "time": at}).encode()
    with urlopen(f"{prometheus}/api/v1/query", asked, timeout=60) as answer:  # noqa: S310 - the user's address
        found = json.load(answer)["data"]["result"]
    return {
        tuple(each["metric"].get(label, "") for label in LABELS): float(each["value"][1]) for each in found
    }


def written(name: str, value: float | None) -> str:
    """A number as it stands in the table; nothing where it is not known."""
    if value is None:
        return ""
    return f"{value:.3f}" if name in SHARES else f"{value:.1f}"


def complain(message: str) -> int:
    """Say why there is no table."""
    sys.stderr.write(f"quality_report: {message}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
