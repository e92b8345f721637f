"""Many accounts: probes and discovery for a real Prometheus, shards, files of accounts, hanging ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks.scale import configuration, probe_job, shards
from tests.support.exporter import exporter_of
from tests.support.processes import command, get, running
from tests.support.prometheus import prometheus

ACCOUNTS = 30


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    """A simulator of small centres, some of which hang or fail."""
    options = [f"--accounts={ACCOUNTS}", "--agents=4", "--queues=2", "--hanging=0.2", "--failing=0.1"]
    with running([command("voicenter-simulator"), *options, "--listen-address=127.0.0.1:0"]) as process:
        yield process.wait_for(r"listens on (\S+)").group(1)


def codes(base_url: str) -> dict[str, str]:
    """How each account of the simulator behaves, by code."""
    root = base_url.removesuffix("/comet/API")
    return {each["code"]: each["behaviour"] for each in get(f"{root}/accounts").json()}


@pytest.mark.parametrize("total", [2, 4])
def test_every_account_is_in_exactly_one_shard(base_url: str, total: int, tmp_path: Path) -> None:
    row = shards(base_url, list(codes(base_url)), total, tmp_path)
    assert row.holds, row


def test_hanging_accounts_do_not_keep_the_others_off_the_page(base_url: str, tmp_path: Path) -> None:
    behaviour = codes(base_url)
    healthy = {code for code, what in behaviour.items() if what == "healthy"}
    assert len(healthy) < len(behaviour)
    with exporter_of(configuration(base_url, behaviour, poll=False), tmp_path) as exporter:
        page = exporter.scrape(scrape_timeout=5)
        up = {labels["account"] for labels, value in page.samples["voicenter_up"] if value == 1}
        assert up == healthy


def test_a_probe_shows_its_account_alone(base_url: str, tmp_path: Path) -> None:
    with exporter_of(configuration(base_url, codes(base_url), poll=False), tmp_path) as exporter:
        name = next(code for code, what in codes(base_url).items() if what == "healthy")
        page = exporter.scrape(path=f"/probe?target={name}")
        assert {labels["account"] for labels, _ in page.samples["voicenter_up"]} == {name}
        assert "process_cpu_seconds_total" not in page.samples
        assert exporter.get("/probe").status_code == 400
        assert exporter.get("/probe?target=http://127.0.0.1/").status_code == 404


def test_prometheus_finds_the_accounts_and_probes_each(
    generation: str, base_url: str, tmp_path: Path
) -> None:
    behaviour = codes(base_url)
    config = configuration(base_url, behaviour, poll=False) | {"timeout_offset": "1s"}
    with exporter_of(config, tmp_path, ["--no-web.metrics-accounts"]) as exporter:
        job = probe_job(exporter.url, "3s")
        with prometheus(generation, {"scrape_configs": [job]}, tmp_path) as server:
            server.await_series("count(up == 1)", lambda found: bool(found) and found[0].value == ACCOUNTS)
            healthy = sum(what == "healthy" for what in behaviour.values())
            server.await_series(
                "count(voicenter_up == 1)", lambda found: bool(found) and found[0].value == healthy
            )
            assert not server.query("voicenter_up{exported_account!=''}")
            assert {each.labels["instance"] for each in server.query("up")} == set(behaviour)
        whole = exporter.scrape()
        assert "voicenter_up" not in whole.samples
        assert whole.value("voicenter_exporter_accounts") == ACCOUNTS


def test_accounts_come_from_a_folder_and_a_bad_file_takes_no_other_down(
    base_url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "accounts.d"
    folder.mkdir()

    def add(name: str, **account: Any) -> None:
        (folder / f"{name}.yaml").write_text(yaml.safe_dump({"name": name, "base_url": base_url, **account}))

    add("first", code="CODE-0001")
    add("second", code="CODE-0002", tiemout="5s")
    config = {"accounts_dir": str(folder)}
    with exporter_of(config, tmp_path, ["--web.enable-lifecycle"]) as exporter:
        page = exporter.scrape()
        assert page.value("voicenter_exporter_accounts") == 1
        assert page.value("voicenter_exporter_accounts_invalid") == 1
        assert "tiemout" in exporter.get("/").text
        assert "tiemout" in exporter.process.output
        add("second", code="CODE-0002", timeout="5s")
        assert exporter.post("/-/reload").status_code == 200
        page = exporter.scrape()
        assert {labels["account"] for labels, _ in page.samples["voicenter_up"]} == {"first", "second"}
        assert page.value("voicenter_exporter_accounts_invalid") == 0
