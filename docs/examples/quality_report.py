"""Yesterday per queue as CSV, from Prometheus' HTTP API. It needs Python alone.

python quality_report.py http://localhost:9090 --timezone Asia/Jerusalem > yesterday.csv
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

QUEUE = "account, queue_id, queue"
LEAVES = "voicenter_queue_leaves_total"
OBSERVED = "voicenter_history_observed_seconds_total"
# Per observed second, times the length of the day: two exporters of one account count once, gaps are filled.
VOLUME = (
    f"sum by ({QUEUE}) (increase({LEAVES}{{outcome=~%r}}[$day])) / on (account) group_left () "
    f"sum by (account) (increase({OBSERVED}[$day])) * $seconds"
)
COLUMNS = {
    "answered": VOLUME % "answered",
    "unanswered": VOLUME % "unanswered|short",
    "service_level": (
        f"sum by ({QUEUE}) (increase(voicenter_queue_answered_within_target_total[$day])) / "
        f"(sum by ({QUEUE}) (increase(voicenter_queue_service_level_calls_total[$day])) > 0)"
    ),
    "mean_wait_seconds": (
        f"sum by ({QUEUE}) (increase(voicenter_queue_wait_seconds_sum[$day])) / "
        f"(sum by ({QUEUE}) (increase(voicenter_queue_wait_seconds_count[$day])) > 0)"
    ),
    "longest_wait_seconds": f"max by ({QUEUE}) (max_over_time(voicenter_queue_longest_wait_seconds[$day]))",
}


def main() -> int:
    """Write the report to standard output."""
    flags = argparse.ArgumentParser(description="Yesterday per queue as CSV.")
    flags.add_argument("prometheus", help="address of Prometheus, such as http://localhost:9090")
    flags.add_argument("--timezone", default="UTC", help="whose midnight counts (default UTC)")
    flags.add_argument("--day", type=date.fromisoformat, help="another day than yesterday, YYYY-MM-DD")
    options = flags.parse_args()
    try:
        start, end = bounds(options.day, ZoneInfo(options.timezone))
        write(options.prometheus.rstrip("/"), start, end)
    except ZoneInfoNotFoundError:
        sys.exit(f"{options.timezone} is no time zone; one is Asia/Jerusalem")
    except (OSError, ValueError) as error:
        sys.exit(f"{options.prometheus} gives no answer: {error}")
    return 0


def bounds(day: date | None, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Midnight and midnight: 23 or 25 hours apart when the clock changes."""
    day = day or datetime.now(zone).date() - timedelta(days=1)
    start, end = (
        datetime.combine(each, datetime.min.time(), zone) for each in (day, day + timedelta(days=1))
    )
    return start, end


def write(prometheus: str, start: datetime, end: datetime) -> None:
    """One row for each queue."""
    seconds = end.timestamp() - start.timestamp()
    table: dict[tuple[str, str], dict[str, float]] = {}
    for column, expression in COLUMNS.items():
        filled = expression.replace("$day", f"{seconds:.0f}s").replace("$seconds", f"{seconds:.0f}")
        for labels, value in query(prometheus, filled, end.timestamp()):
            table.setdefault((labels["account"], labels["queue"]), {})[column] = value
    rows = csv.writer(sys.stdout)
    rows.writerow(["day", "account", "queue", *COLUMNS])
    for (account, queue), values in sorted(table.items()):
        cells = (f"{values[column]:.3f}" if column in values else "" for column in COLUMNS)
        rows.writerow([start.date().isoformat(), account, queue, *cells])


def query(prometheus: str, expression: str, at: float) -> Iterator[tuple[dict[str, str], float]]:
    """Labels and value of each series at a moment."""
    parameters = urllib.parse.urlencode({"query": expression, "time": at})
    url = f"{prometheus}/api/v1/query?{parameters}"
    with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310 - the user's own address
        content = json.load(answer)
    for each in content["data"]["result"]:
        yield each["metric"], float(each["value"][1])


if __name__ == "__main__":
    sys.exit(main())
