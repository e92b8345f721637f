"""The example configurations of Prometheus and Alertmanager."""

from __future__ import annotations

import re

import pytest

from tests.prometheus.rule_files import FOLDER, RULE_FILES, load
from tests.support.prometheus import amtool, promtool


@pytest.mark.parametrize("name", ["prometheus.yml", "prometheus-probe.yml"])
def test_example_of_prometheus_is_valid(name: str, generation: str) -> None:
    result = promtool(generation, "check", "config", FOLDER / name)
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"SUCCESS: {len(RULE_FILES)} rule files found" in result.stdout


def test_example_of_alertmanager_is_valid(generation: str) -> None:
    result = amtool(generation, "check-config", FOLDER / "alertmanager.yml")
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        ("scope=business severity=critical account=main queue_id=7 queue=Sales", "supervisors-now"),
        ("scope=business severity=warning account=main queue_id=7 queue=Sales", "supervisors"),
        ("scope=business severity=info account=main queue_id=7 queue=Sales", "information"),
        ("scope=api severity=critical account=main", "operators-now"),
        ("scope=api severity=warning account=main source=queues", "operators"),
        ("scope=exporter severity=critical job=voicenter", "operators-now"),
        ("scope=exporter severity=info account=main", "information"),
        ("severity=warning alertname=SomethingElse", "operators"),
    ],
)
def test_example_of_alertmanager_routes(labels: str, receiver: str, generation: str) -> None:
    config = f"--config.file={FOLDER / 'alertmanager.yml'}"
    result = amtool(
        generation, "config", "routes", "test", config, f"--verify.receivers={receiver}", *labels.split()
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_business_alerts_are_sent_in_business_hours_only() -> None:
    config = load(FOLDER / "alertmanager.yml")
    business = [route for route in config["route"]["routes"] if 'scope="business"' in route["matchers"]]
    assert len(business) == 3
    assert all(route["active_time_intervals"] == ["business-hours"] for route in business)
    (interval,) = next(
        each["time_intervals"] for each in config["time_intervals"] if each["name"] == "business-hours"
    )
    assert interval["location"] == "Asia/Jerusalem"
    assert interval["weekdays"] == ["sunday:thursday"]


def test_examples_lead_to_this_machine_only() -> None:
    for path in FOLDER.glob("*.yml"):
        for url in re.findall(r"https?://\S+", path.read_text()):
            assert url.startswith("http://localhost:"), (path, url)
