"""The installed commands as processes, scraped by real Prometheus servers."""

from __future__ import annotations

import gzip
import re
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families
from prometheus_client.parser import text_string_to_metric_families as text_families

from exporter import __version__
from tests.conftest import Start
from tests.support.exporter import Exporter, exporter_of, started
from tests.support.processes import MOMENT, PATIENCE, command, get, refusing_port, wait_until
from tests.support.prometheus import prometheus, promtool, scrape_config
from tests.support.vendor import Exchange, vendor

OPENMETRICS = "application/openmetrics-text;version=1.0.0"


@pytest.fixture(scope="module")
def demo() -> Iterator[Exporter]:
    with started(["--demo"]) as exporter:
        yield exporter


def account(base_url: str, **more: object) -> dict[str, object]:
    return {"accounts": [{"name": "main", "code": "C-1", "base_url": base_url, **more}]}


def test_prometheus_scrapes_the_demo(demo: Exporter, generation: str, tmp_path: Path) -> None:
    config = {"scrape_configs": [scrape_config("demo", demo.url.removeprefix("http://"))]}
    with prometheus(generation, config, tmp_path) as server:
        server.await_series('up{job="demo"} == 1')
        server.await_series("voicenter_up == 1")
        assert len(server.await_series("voicenter_queue_callers")) >= 2
        statuses = {each.labels["status"] for each in server.await_series("voicenter_agents")}
        assert {"login", "logout", "lunch", "unknown"} <= statuses
        wait_until(
            lambda: [(each["health"], each["lastError"]) for each in server.targets()] == [("up", "")],
            "one target, without an error",
        )
        server.await_series("scrape_samples_scraped > 100")


def test_the_demo_says_where_to_look(start: Start) -> None:
    told = start(command("voicenter-exporter"), "--demo", "--web.listen-address=:0")
    url = told.wait_for(r"Open (http://localhost:\d+)/").group(1)
    assert get(url.replace("localhost", "127.0.0.1") + "/metrics").ok


def test_the_demo_is_busy_within_ten_seconds() -> None:
    with started(["--demo"]) as exporter:

        def is_busy() -> bool:
            page = exporter.scrape()
            waiting, talking = (
                sum(page.values("voicenter_queue_callers")),
                sum(page.values("voicenter_calls", status="talking")),
            )
            return waiting > 0 and talking > 0

        assert wait_until(is_busy, "callers waiting and agents talking", timeout=10)


def test_promtool_finds_nothing_to_complain_about(demo: Exporter, generation: str) -> None:
    done = promtool(generation, "check", "metrics", given=demo.scrape().text)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_both_formats_are_served_as_asked_for(demo: Exporter) -> None:
    text = demo.get("/metrics", {"Accept": "text/plain;version=0.0.4"})
    open_metrics = demo.get("/metrics", {"Accept": OPENMETRICS})
    assert text.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert open_metrics.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert open_metrics.text.endswith("# EOF\n")
    families = openmetrics_families(open_metrics.text)  # type: ignore[no-untyped-call]
    names = {sample.name for family in families for sample in family.samples}
    assert names == {sample.name for family in text_families(text.text) for sample in family.samples}


def test_pages_are_compressed_for_clients_that_can_read_them(demo: Exporter) -> None:
    with requests.Session() as session:
        session.trust_env = False
        for accepted in ("gzip", "identity"):
            response = session.get(f"{demo.url}/metrics", headers={"Accept-Encoding": accepted}, stream=True)
            body = response.raw.read(decode_content=False)
            assert response.headers.get("Content-Encoding", "identity") == accepted
            plain = gzip.decompress(body) if accepted == "gzip" else body
            assert b"voicenter_up{" in plain


def test_the_other_pages_answer(demo: Exporter) -> None:
    assert demo.get("/-/healthy").status_code == 200
    assert demo.get("/-/ready").status_code == 200
    start_page = demo.get("/")
    assert start_page.status_code == 200
    assert "/metrics" in start_page.text
    assert demo.get("/nowhere").status_code == 404


def test_the_simulator_is_asked_with_the_code_of_the_environment(start: Start, tmp_path: Path) -> None:
    simulator = start(command("voicenter-simulator"), "--listen-address=127.0.0.1:0", "--code=C-77")
    base = simulator.wait_for(r"http://127\.0\.0\.1:\d+").group()
    config = {"accounts": [{"name": "main", "code_env": "CODE", "base_url": f"{base}/comet/API"}]}
    with exporter_of(config, tmp_path, environment={"CODE": "C-77"}) as exporter:
        page = exporter.scrape()
        assert page.value("voicenter_up", account="main") == 1
        assert sum(page.values("voicenter_agents", account="main")) > 10
    with exporter_of(config, tmp_path, environment={"CODE": "wrong"}) as exporter:
        page = exporter.scrape()
        assert page.value("voicenter_up", account="main") == 0
        assert page.failures("extensions") == {"empty": 1}


@pytest.mark.parametrize("dead", ["refusing", "silent"])
def test_a_dead_vendor_is_data_not_an_error(dead: str, tmp_path: Path) -> None:
    with vendor() as server, refusing_port() as port:
        server.stall = True
        base_url = server.url if dead == "silent" else f"http://127.0.0.1:{port}"
        with exporter_of(account(base_url, timeout="1s"), tmp_path) as exporter:
            page = exporter.scrape()
    assert page.seconds < MOMENT
    assert page.value("voicenter_up", account="main") == 0
    reason = {"silent": "timeout", "refusing": "connect"}[dead]
    assert page.failures("extensions") == page.failures("queues") == {reason: 1}
    gauges = set(re.findall(r"^# TYPE (voicenter_\w+) gauge$", page.text, re.MULTILINE)) & page.samples.keys()
    own = re.compile("voicenter_(up|scrape_.*|exporter_.*)")
    assert {gauge for gauge in gauges if not own.fullmatch(gauge)} == set()


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_the_scrape_under_way_finish(ending: signal.Signals, tmp_path: Path) -> None:
    asked, release = threading.Event(), threading.Event()

    def slowly(exchange: Exchange) -> None:
        asked.set()
        release.wait(PATIENCE)
        exchange.answer_well()

    with vendor() as server, exporter_of(account(server.url), tmp_path) as exporter:
        server.behave(slowly)
        pages = []
        scraping = threading.Thread(target=lambda: pages.append(exporter.scrape()))
        scraping.start()
        try:
            assert asked.wait(PATIENCE)
            exporter.process.send(ending)
            wait_until(lambda: not _is_ready(exporter.url), "readiness ends")
            assert exporter.process.exit_code is None
        finally:
            release.set()
            scraping.join()
        assert pages[0].value("voicenter_up", account="main") == 1
        assert exporter.process.wait() == 0
        assert "Traceback" not in exporter.process.output


def _is_ready(url: str) -> bool:
    try:
        return get(f"{url}/-/ready", timeout=5).status_code == 200
    except requests.ConnectionError:
        return False


def test_a_second_signal_ends_at_once(tmp_path: Path) -> None:
    with vendor() as server, exporter_of(account(server.url), tmp_path) as exporter:
        server.behave(Exchange.hang)
        scraping = threading.Thread(target=_scrape_in_vain, args=(exporter,))
        scraping.start()
        wait_until(lambda: server.count("queues"), "a scrape under way")
        exporter.process.send(signal.SIGTERM)
        wait_until(lambda: not _is_ready(exporter.url), "readiness ends")
        exporter.process.send(signal.SIGTERM)
        exporter.process.wait(MOMENT)
        scraping.join()


def _scrape_in_vain(exporter: Exporter) -> None:
    with pytest.raises(requests.RequestException):
        exporter.scrape()


def test_the_configuration_is_checked_without_serving(start: Start, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text("accounts: [{name: main, code: C-1}]\n")
    bad.write_text("accounts:\n  - name: main\n    code: C-1\n    timeout: soon\n")
    checked = start(command("voicenter-exporter"), "--config.check", "--config.file", good)
    assert checked.wait() == 0, checked
    checked = start(command("voicenter-exporter"), "--config.check", "--config.file", bad)
    assert checked.wait() == 1
    assert f"{bad}:4: accounts[0].timeout" in checked.output
    assert "Traceback" not in checked.output


def test_the_check_looks_at_the_web_configuration_too(start: Start, tmp_path: Path) -> None:
    bad = tmp_path / "web.yml"
    bad.write_text("basic_auth_users: {me: secret}\n")
    checked = start(command("voicenter-exporter"), "--demo", "--config.check", "--web.config.file", bad)
    assert checked.wait() == 1
    assert f"{bad}:1: basic_auth_users" in checked.stderr


def test_a_bad_configuration_is_reported_at_start(start: Start, tmp_path: Path) -> None:
    missing = start(command("voicenter-exporter"), "--config.file", tmp_path / "missing.yaml")
    assert missing.wait() == 1
    assert "missing.yaml" in missing.stderr
    assert "Traceback" not in missing.output


@pytest.mark.parametrize("name", ["voicenter-exporter", "voicenter-simulator"])
def test_the_version_is_printed(start: Start, name: str) -> None:
    told = start(command(name), "--version")
    assert told.wait() == 0
    assert __version__ in told.stdout


@pytest.mark.parametrize("name", ["voicenter-exporter", "voicenter-simulator"])
def test_a_wrong_flag_is_a_usage_error(start: Start, name: str) -> None:
    told = start(command(name), "--no-such-flag")
    assert told.wait() == 2
    assert "--no-such-flag" in told.stderr
    assert "Traceback" not in told.output


def test_an_address_in_use_is_reported(start: Start, demo: Exporter) -> None:
    address = demo.url.removeprefix("http://")
    second = start(command("voicenter-exporter"), "--demo", f"--web.listen-address={address}")
    assert second.wait() == 1
    assert address in second.stderr
    assert "Traceback" not in second.output
