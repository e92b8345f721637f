"""The servers of `tests.support.prometheus` work: what other tests build on."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.conftest import Start
from tests.support.processes import get, wait_until
from tests.support.prometheus import (
    alertmanager,
    amtool,
    prometheus,
    promtool,
    scrape_config,
    webhook_receiver,
)


def test_prometheus_scrapes_and_answers_queries(generation: str, tmp_path: Path) -> None:
    config = {"scrape_configs": [scrape_config("nobody", "127.0.0.1:1")]}
    with prometheus(generation, config, tmp_path) as server:
        assert server.await_series("up == 0")[0].labels["instance"] == "127.0.0.1:1"
        assert server.query("1 + 1")[0].value == 2
        assert [each["health"] for each in server.targets()] == ["down"]


def test_a_firing_alert_reaches_the_webhook(generation: str, tmp_path: Path) -> None:
    rules = {"groups": [{"name": "test", "rules": [{"alert": "Always", "expr": "vector(1)"}]}]}
    (tmp_path / "rules.yml").write_text(str(rules))
    assert promtool(generation, "check", "rules", tmp_path / "rules.yml").returncode == 0
    with webhook_receiver() as receiver:
        route = {"receiver": "hook", "group_wait": "0s", "group_interval": "1s"}
        receivers = [{"name": "hook", "webhook_configs": [{"url": receiver.url}]}]
        with alertmanager(generation, {"route": route, "receivers": receivers}, tmp_path) as manager:
            checked = amtool(generation, "check-config", tmp_path / "alertmanager.yml")
            assert checked.returncode == 0, checked.stderr
            alerting = {"alertmanagers": [{"static_configs": [{"targets": [manager.address]}]}]}
            config = {"rule_files": ["rules.yml"], "alerting": alerting}
            with prometheus(generation, config, tmp_path) as server:
                notification = receiver.await_notification()
                assert [each["labels"]["alertname"] for each in server.alerts()] == ["Always"]
            assert notification["alerts"][0]["labels"] == {"alertname": "Always"}
            assert [each["labels"] for each in manager.alerts()] == [{"alertname": "Always"}]


def test_a_process_is_awaited_by_its_output_and_ended(start: Start) -> None:
    process = start(sys.executable, "-m", "http.server", "--bind", "127.0.0.1", "0")
    url = process.wait_for(r"http://127\.0\.0\.1:\d+/").group()
    wait_until(lambda: get(url).ok, url)
    assert process.exit_code is None
    process.close()
    assert process.exit_code == -15


def test_a_process_that_ends_early_is_reported_with_its_output(start: Start) -> None:
    process = start(sys.executable, "-c", "print('so long'); raise SystemExit(3)")
    with pytest.raises(AssertionError, match=r"(?s)ended with 3.*so long"):
        process.wait_for("never said")
    assert process.wait() == 3
