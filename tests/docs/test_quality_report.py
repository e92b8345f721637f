"""The report of a day, from a real Prometheus, against what happened in the simulated centre."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import pytest

from exporter.simulator.options import CentreOptions
from tests.docs.pages import REPOSITORY
from tests.support.past import Watched, scraped
from tests.support.prometheus import Prometheus, prometheus, promtool

SCRIPT: Final = REPOSITORY / "docs" / "examples" / "quality_report.py"
START: Final = datetime(2026, 6, 2, 9, tzinfo=UTC).timestamp()
HOURS: Final = 2
STEP: Final = 10
ZONE: Final = "--zone=Asia/Jerusalem"


@dataclass(frozen=True)
class Day:
    """A Prometheus that watched a centre, and what happened there meanwhile."""

    server: Prometheus
    answered: dict[str, int]
    unanswered: dict[str, int]


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    folder = tmp_path_factory.mktemp("day")
    watched = Watched("main", CentreOptions(load=0.9, queues=3, keep_records=False))
    moments = [START + number * STEP for number in range(HOURS * 3600 // STEP + 1)]
    lines = scraped([watched], moments)
    before: dict[str, dict[str, int]] = {}
    samples = []
    for line in lines:
        if not before and watched.centre:
            before = left(watched)
        samples.append(line)
    file = folder / "samples.txt"
    file.write_text("\n".join([*samples, "# EOF\n"]))
    made = promtool("newest", "tsdb", "create-blocks-from", "openmetrics", file, folder / "prometheus")
    assert made.returncode == 0, made.stderr
    happened = {
        outcome: {queue: count - before[outcome][queue] for queue, count in counts.items()}
        for outcome, counts in left(watched).items()
    }
    flags = ["--storage.tsdb.retention.time=100y"]
    with prometheus("newest", {"scrape_configs": []}, folder, flags) as server:
        yield Day(server, happened["answered"], happened["unanswered"])


def left(watched: Watched) -> dict[str, dict[str, int]]:
    """Who has left each queue so far, by outcome."""
    assert watched.centre
    queues = watched.centre.truth.queues
    return {
        outcome: {str(key): queue.leaves[outcome] for key, queue in queues.items()}
        for outcome in ("answered", "unanswered")
    }


def report(server: Prometheus, *flags: str) -> subprocess.CompletedProcess[str]:
    """Run the script as a reader does."""
    arguments = [sys.executable, str(SCRIPT), f"--prometheus={server.url}", ZONE, *flags]
    return subprocess.run(arguments, capture_output=True, text=True, timeout=120, check=False)


def test_the_report_tells_what_happened_that_day(day: Day) -> None:
    done = report(day.server, "--day=2026-06-02")
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(done.stdout.splitlines()))
    assert {row["queue_id"] for row in rows} == set(day.answered)
    answered = sum(float(row["answered"]) for row in rows)
    assert answered == pytest.approx(sum(day.answered.values()), rel=0.05)
    counter = 'voicenter_queue_leaves_total{outcome="answered"}'
    last = day.server.query(f"last_over_time({counter}[1d])", START + HOURS * 3600)
    shown = {each.labels["queue_id"]: each.value for each in last}
    for row in rows:
        queue = row["queue_id"]
        assert float(row["answered"]) == pytest.approx(shown[queue], rel=0.02)
        assert float(row["unanswered"]) == pytest.approx(day.unanswered[queue], rel=0.25, abs=4)
        assert 0 < float(row["service_level"]) < 1
        assert row["service_level_target"] == "0.800"
        assert 0 < float(row["mean_wait_answered_seconds"]) < float(row["longest_wait_seconds"])
        assert float(row["watched_hours"]) == pytest.approx(HOURS, abs=0.1)
        assert row["account"] == "main"
        assert row["day"] == "2026-06-02"


def test_another_day_has_no_report_and_the_script_says_so(day: Day) -> None:
    done = report(day.server, "--day=2026-06-04")
    assert (done.returncode, done.stdout) == (1, "")
    assert "no queue has a series on 2026-06-04" in done.stderr


def test_a_prometheus_that_is_not_there_is_reported_in_one_line(day: Day) -> None:
    done = report(day.server, "--prometheus=http://127.0.0.1:1")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1


def test_the_page_names_each_column(day: Day) -> None:
    page = (REPOSITORY / "docs" / "quality-report.md").read_text("utf-8")
    header = report(day.server, "--day=2026-06-02").stdout.splitlines()[0].split(",")
    assert all(f"`{column}`" in page for column in header)
