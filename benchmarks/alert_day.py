"""A day of a simulated centre with all rules in Prometheus' own engine, and whether each alert is true.

Each queue has a service level whose target it truly meets by ten points. All other limits are the defaults.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

import yaml

from benchmarks.accuracy.watching import SERVICE_LEVEL_SECONDS
from benchmarks.alert_truth import Day, Fired
from exporter.simulator.options import CentreOptions
from tests.prometheus.rule_files import METRIC, RULE_FILES, RULES
from tests.prometheus.shortened import SECONDS
from tests.support.past import Watched, scraped
from tests.support.prometheus import promtool

START: Final = 1_769_990_400.0  # 2 February 2026
BETTER: Final = 0.10
"""By how much each queue is better than its target."""
ASKED_EVERY: Final = 300
"""Seconds between two looks at what fires; each sees what fired since the one before."""
_LONGEST: Final = 1800.0  # seconds that promtool may take for a day
_GOT: Final = re.compile(r"time: (\w+),\s+exp: nil\s+got: (.*)")
_SERIES: Final = re.compile(r"\{([^}]*)\} \S+")
_LABEL: Final = re.compile(r'(\w+)="([^"]*)"')
_PART: Final = re.compile(r"(\d+)([smhd])")
_USED: Final = {*METRIC.findall(" ".join(rule["expr"] for rule in RULES)), "up", "process_start_time_seconds"}


class Verdict(NamedTuple):
    """What fired in a day, of severity warning and critical."""

    true: list[Fired]
    false: list[Fired]
    """Those that nothing in the centre justifies."""


def judged(load: float, interval: int, seconds: int, seed: int) -> Verdict:
    """Simulate a centre, scrape it so often, evaluate all rules, and hold the alerts against the truth."""
    options = CentreOptions(load=load, seed=seed)
    day = Day(options, START, seconds)
    targets = [
        {
            "queues": [queue],
            "service_level": {"within": f"{SERVICE_LEVEL_SECONDS:.0f}s", "ratio": round(level - BETTER, 3)},
        }
        for queue, level in day.levels.items()
    ]
    watched = Watched("main", options, targets=targets)
    fired = _fired(_series(watched, interval, seconds), interval, seconds)
    verdict = Verdict([], [])
    for each in fired:
        since = each.at - ASKED_EVERY - _memory(each)
        target = watched.settings.target("main", each.queue, "")
        verdict[0 if day.justifies(each, since, target) else 1].append(each)
    return verdict


def _series(watched: Watched, interval: int, seconds: int) -> dict[str, list[str]]:
    """What each scrape of the day shows, per series; `_` and `stale` as promtool writes what is not there."""
    found: dict[str, list[str]] = {}
    for step in range(seconds // interval + 1):
        for line in scraped([watched], [START + step * interval]):
            series, value, _ = line.rsplit(" ", 2)
            if series.partition("{")[0] not in _USED:
                continue
            values = found.setdefault(series, [])
            gap = ["_"] * (step - len(values))
            if gap and values:
                gap[0] = "stale"
            values += (*gap, value)
    return found


def _fired(series: dict[str, list[str]], interval: int, seconds: int) -> Iterator[Fired]:
    """Every alert of severity warning and critical, in pieces of ASKED_EVERY seconds."""
    firing = 'ALERTS{alertstate="firing", severity=~"warning|critical"}'
    window = f"max_over_time({firing}[{ASKED_EVERY}s])"
    moments = range(ASKED_EVERY, seconds + 1, ASKED_EVERY)
    content = {
        "rule_files": [str(path) for path in RULE_FILES],
        "evaluation_interval": "30s",
        "tests": [
            {
                "interval": f"{interval}s",
                "input_series": [{"series": name, "values": " ".join(each)} for name, each in series.items()],
                "promql_expr_test": [
                    {"eval_time": f"{moment}s", "expr": window, "exp_samples": []} for moment in moments
                ],
            }
        ],
    }
    with TemporaryDirectory() as folder:
        file = Path(folder) / "day.yml"
        file.write_text(yaml.dump(content, Dumper=yaml.CSafeDumper, width=10**9))
        result = promtool("newest", "test", "rules", file, timeout=_LONGEST)
    told = result.stdout + result.stderr
    found = _GOT.findall(told)
    assert found or not result.returncode, told[-2000:]
    for time, text in found:
        for labels in _SERIES.findall(text):
            named = dict(_LABEL.findall(labels))
            yield Fired(_length(time), named["alertname"], named["severity"], named.get("queue_id", ""))


def _memory(fired: Fired) -> float:
    """For how many seconds an alert may fire after its condition has ended, and had to hold before."""
    (rule,) = (
        each
        for each in RULES
        if each.get("alert") == fired.name and each["labels"]["severity"] == fired.severity
    )
    return sum(_length(rule.get(key, "0s")) for key in ("for", "keep_firing_for"))


def _length(text: str) -> float:
    """A duration as Prometheus writes it, in seconds."""
    return float(sum(int(number) * SECONDS[unit] for number, unit in _PART.findall(text)))
