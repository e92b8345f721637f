"""Chance seldom fires VoicenterServiceLevelLow: `make alert-noise` in short, and Prometheus says the same."""

from __future__ import annotations

from itertools import accumulate
from pathlib import Path
from random import Random

import pytest
import yaml

from benchmarks.alert_day import START, judged
from benchmarks.alert_noise import (
    DAY,
    TARGET,
    Seen,
    bad_hour,
    false_days,
    firing,
    found_hours,
    seen,
    steady,
)
from benchmarks.alert_truth import Day, Fired
from exporter.config.filter import Filter
from exporter.config.settings import Target
from exporter.simulator.options import CentreOptions
from tests.prometheus.rule_files import needed_for
from tests.support.prometheus import promtool

SCRAPED_EVERY = 10.0
DAYS = 10
ANY_QUEUE = Target(queues=Filter())
ALERT = "VoicenterServiceLevelLow"


@pytest.mark.parametrize(("better", "most"), [(0.05, 0.05), (0.10, 0.02)])
def test_a_queue_above_its_target_seldom_fires_it(better: float, most: float) -> None:
    assert false_days(better, SCRAPED_EVERY, days=60) <= most


def test_a_bad_hour_is_found() -> None:
    assert found_hours(SCRAPED_EVERY, hours=50) >= 0.8


def test_prometheus_fires_it_on_the_same_days(tmp_path: Path) -> None:
    """Ten queues with a day each, every other one with a bad hour."""
    levels = [bad_hour if number % 2 else steady(TARGET + 0.05) for number in range(DAYS)]
    days = {f"q{number}": seen(level, SCRAPED_EVERY, Random(number)) for number, level in enumerate(levels)}
    series = [line for queue, callers in days.items() for line in _counters(queue, callers)]
    series.append(_line("voicenter_history_observed_seconds_total", "", "0+10x8640"))
    fired = [queue for queue, callers in days.items() if any(firing(callers))]
    assert DAYS // 2 - 1 <= len(fired) < DAYS - 1
    rules = tmp_path / "rules.yml"
    rules.write_text(yaml.safe_dump({"groups": [{"name": "noise", "rules": needed_for(ALERT)}]}))
    firing_there = f'ALERTS{{alertname="{ALERT}", alertstate="firing"}}'
    asked = {
        "eval_time": "24h",
        "expr": f"count by (queue) (present_over_time({firing_there}[24h]))",
        "exp_samples": [{"labels": f'{{queue="{queue}"}}', "value": 1} for queue in fired],
    }
    content = {
        "rule_files": [str(rules)],
        "evaluation_interval": "30s",
        "tests": [{"interval": "10s", "input_series": series, "promql_expr_test": [asked]}],
    }
    file = tmp_path / "days.yml"
    file.write_text(yaml.safe_dump(content))
    result = promtool("newest", "test", "rules", file)
    assert result.returncode == 0, result.stdout + result.stderr


def test_no_alert_of_a_simulated_centre_is_false() -> None:
    """Two hours, with alerts among them that are true."""
    verdict = judged(load=1.0, interval=30, seconds=7200, seed=7)
    assert verdict.false == []
    assert {each.name for each in verdict.true} >= {"VoicenterQueueWaitLong", "VoicenterOccupancyHigh"}


def test_an_alert_that_nothing_justifies_is_found_out() -> None:
    day = Day(CentreOptions(load=0.4, seed=7), START, 1800)
    (queue, *_) = day.levels
    alert = Fired(1800, "VoicenterQueueWaitLong", "critical", queue)
    assert not day.justifies(alert, 0.0, ANY_QUEUE)
    assert not day.justifies(alert._replace(name="VoicenterNobodyAvailable"), 0.0, ANY_QUEUE)


def _line(name: str, labels: str, values: str) -> dict[str, str]:
    return {"series": f'{name}{{account="main"{labels}}}', "values": values}


def _counters(queue: str, callers: list[Seen]) -> list[dict[str, str]]:
    labels = f', queue_id="{queue}", queue="{queue}"'
    weights = [(each.at, each.weight, each.weight - 1) for each in callers]
    grown = {
        "service_level_calls_total": [(at, weight) for at, weight, _ in weights],
        "service_level_calls_variance_total": [(at, weight * more) for at, weight, more in weights],
        "answered_within_target_total": [(each.at, each.weight) for each in callers if each.is_in_time],
    }
    found = [_line(f"voicenter_queue_{name}", labels, _values(rises)) for name, rises in grown.items()]
    return [*found, _line("voicenter_queue_service_level_target_ratio", labels, f"{TARGET}x8640")]


def _values(rises: list[tuple[float, float]]) -> str:
    """A counter that rises so, scraped every ten seconds."""
    steps = [0.0] * int(DAY / SCRAPED_EVERY + 1)
    for at, number in rises:
        steps[int(at / SCRAPED_EVERY) + 1] += number
    return " ".join(f"{value:.6g}" for value in accumulate(steps))
