"""The demo's past in Prometheus, as compose.yaml puts it there: the live scrapes go on from it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

import yaml

from exporter.command.past import TARGET
from renew.past_rules import RECORDING
from tests.support.exporter import started
from tests.support.prometheus import prometheus, promtool

ROOT: Final = Path(__file__).parents[2]
HOURS: Final = 12
CALLS: Final = 'sum(voicenter_queue_leaves_total{job="voicenter"})'


def test_the_past_bears_the_labels_that_prometheus_gives_the_exporter() -> None:
    config = yaml.safe_load((ROOT / "compose" / "prometheus.yml").read_text())
    (job,) = config["scrape_configs"]
    (target,) = job["static_configs"][0]["targets"]
    assert f'job="{job["job_name"]}",instance="{target}"' == TARGET


def test_prometheus_has_twelve_hours_and_what_rules_say_of_them(tmp_path: Path) -> None:
    file, database = tmp_path / "past.om", tmp_path / "prometheus"
    with started(["--demo", f"--demo.past={file}"]) as exporter:
        now = time.time()
        counted = exporter.scrape()
        made = promtool("newest", "tsdb", "create-blocks-from", "openmetrics", file, database)
        assert made.returncode == 0, made.stderr
    with prometheus("newest", {"scrape_configs": []}, tmp_path) as server:
        (scrapes,) = server.query(f"count_over_time(voicenter_up[{HOURS}h])", at=now)
        assert scrapes.value >= HOURS * 60 - 1
        (resets,) = server.query(f"resets(({CALLS})[{HOURS}h:5m])", at=now)
        assert resets.value == 0
        (stored,) = server.query(CALLS, at=now)
        assert 100 < stored.value <= sum(counted.values("voicenter_queue_leaves_total"))
        rules = ROOT / "compose" / "past-rules.yml"
        window = f"--start={now - 3600:.0f}", f"--end={now:.0f}", "--eval-interval=10m"
        output = "--url", server.url, "--output-dir", database
        made = promtool("newest", "tsdb", "create-blocks-from", "rules", *window, *output, rules)
        assert made.returncode == 0, made.stderr
    with prometheus("newest", {"scrape_configs": []}, tmp_path) as server:
        names = server.query('group by (__name__) (last_over_time({__name__=~"voicenter:.*"}[1h]))', at=now)
        found = {each.labels["__name__"] for each in names}
        assert found == set(RECORDING)
