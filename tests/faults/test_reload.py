"""A new configuration is read, validated, then swapped in; what goes on, goes on counting."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.faults.conftest import ExporterOf, config_for, gated, together
from tests.support.exporter import Exporter, exporter_of, write_config
from tests.support.processes import get, wait_until
from tests.support.vendor import Vendor, answers, well

LIFECYCLE = ("--web.enable-lifecycle",)


@pytest.fixture
def exporter(vendor: Vendor, tmp_path: Path) -> Iterator[Exporter]:
    with exporter_of(config_for(vendor.url), tmp_path, LIFECYCLE) as running:
        yield running


def two_accounts(vendor: Vendor, **keys: Any) -> dict[str, Any]:
    config = config_for(vendor.url, **keys)
    second = {"name": "second", "code": "C-2", "base_url": vendor.url, "min_interval": "0s"}
    config["accounts"].append(second)
    return config


def test_an_account_is_added_and_the_other_goes_on(
    exporter: Exporter, vendor: Vendor, tmp_path: Path
) -> None:
    for _ in range(3):
        exporter.scrape()
    write_config(two_accounts(vendor), tmp_path)
    answer = exporter.post("/-/reload")
    assert answer.status_code == 200, answer.text
    page = exporter.scrape()
    assert page.value("voicenter_api_requests_total", account="main", source="queues") == 4
    assert page.value("voicenter_api_requests_total", account="second", source="queues") == 1
    assert page.value("voicenter_exporter_accounts") == 2
    of_main = {each.connection for each in vendor.requests if b"C-2" not in each.body}
    assert len(of_main) <= 3  # two kept-alive ones, and one more at most that both accounts share
    write_config(config_for(vendor.url), tmp_path)
    assert exporter.post("/-/reload").status_code == 200
    assert not exporter.scrape().values("voicenter_up", account="second")


def test_sighup_reloads_too(exporter: Exporter, vendor: Vendor, tmp_path: Path) -> None:
    write_config(two_accounts(vendor), tmp_path)
    exporter.process.send(signal.SIGHUP)
    wait_until(lambda: exporter.scrape().value("voicenter_exporter_accounts") == 2, "SIGHUP is heeded")


@pytest.mark.parametrize("name", ["main", "another"])
def test_a_scrape_under_way_ends_as_it_began(
    name: str, vendor: Vendor, exporter_for: ExporterOf, tmp_path: Path
) -> None:
    gate = threading.Event()
    exporter = exporter_for(vendor.url, LIFECYCLE)
    vendor.behave(gated(gate))
    with ThreadPoolExecutor(1) as pool:
        scrape = pool.submit(get, f"{exporter.url}/metrics")
        try:
            wait_until(lambda: len(vendor.requests) == 2, "both endpoints are asked")
            config = two_accounts(vendor, timeout="59s")
            config["accounts"][0]["name"] = name
            write_config(config, tmp_path)
            assert exporter.post("/-/reload").status_code == 200
        finally:
            gate.set()
        text = scrape.result().text
    assert 'voicenter_up{account="main"} 1' in text
    assert 'account="second"' not in text
    page = exporter.scrape()
    assert page.value("voicenter_up", account=name) == page.value("voicenter_up", account="second") == 1


def test_a_changed_account_keeps_its_counters_and_connections(
    exporter: Exporter, vendor: Vendor, tmp_path: Path
) -> None:
    vendor.behave(together())
    exporter.scrape()
    vendor.behave(well, "extensions")
    vendor.behave(answers(b"", 500), "queues")
    before = exporter.scrape()
    vendor.behave(well)
    exporter.scrape()
    write_config(
        {**config_for(vendor.url, timeout="2s", allow_empty=True), "queue_thresholds": ["7s"]}, tmp_path
    )
    assert exporter.post("/-/reload").status_code == 200
    page = exporter.scrape()
    assert page.failures("queues") == before.failures("queues") == {"http_error": 1}
    assert page.values("voicenter_queue_callers_over_threshold", threshold_seconds="7") == [1]
    assert not page.values("voicenter_queue_callers_over_threshold", threshold_seconds="20")
    connections = [each.connection for each in vendor.requests]
    assert set(connections[-2:]) <= set(connections[:-2])


def test_an_unchanged_file_changes_nothing(exporter: Exporter, vendor: Vendor) -> None:
    vendor.behave(together())
    before = exporter.scrape()
    assert exporter.post("/-/reload").status_code == 200
    page = exporter.scrape()
    assert page.value("voicenter_api_requests_total", source="queues") == 2
    assert {each.connection for each in vendor.requests} == {1, 2}
    name = "voicenter_exporter_config_last_reload_success_timestamp_seconds"
    assert page.value(name) > before.value(name)


@pytest.mark.parametrize("by", ["POST", "SIGHUP"])
def test_a_bad_file_changes_nothing_and_is_reported(
    by: str, exporter: Exporter, vendor: Vendor, tmp_path: Path
) -> None:
    before = exporter.scrape()
    (tmp_path / "config.yaml").write_text("accounts:\n  - name: main\n    code: C-1\n    timeout: soon\n")
    if by == "POST":
        answer = exporter.post("/-/reload")
        assert answer.status_code == 500
        assert "config.yaml:4: accounts[0].timeout" in answer.text
    else:
        exporter.process.send(signal.SIGHUP)
    exporter.process.wait_for(r"level=error.*config\.yaml:4: accounts\[0\]\.timeout")
    page = exporter.scrape()
    assert page.value("voicenter_up", account="main") == 1
    assert page.value("voicenter_exporter_config_last_reload_successful") == 0
    name = "voicenter_exporter_config_last_reload_success_timestamp_seconds"
    assert page.value(name) == before.value(name)
    write_config(config_for(vendor.url), tmp_path)
    assert exporter.post("/-/reload").status_code == 200
    assert exporter.scrape().value("voicenter_exporter_config_last_reload_successful") == 1


def test_reload_by_http_is_off_unless_enabled(vendor: Vendor, tmp_path: Path) -> None:
    with exporter_of(config_for(vendor.url), tmp_path) as exporter:
        assert exporter.post("/-/reload").status_code == 403
        assert "--web.enable-lifecycle" in exporter.post("/-/reload").text


def test_reload_is_a_post(exporter: Exporter) -> None:
    assert exporter.get("/-/reload").status_code == 405
