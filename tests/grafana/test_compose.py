"""compose.yaml and what it mounts, as far as that can be tried without an engine."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.support import tools
from tests.support.prometheus import amtool, promtool

ROOT: Final = Path(__file__).parents[2]
PROVISIONING: Final = ROOT / "grafana" / "provisioning"


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    """What Docker Compose makes of the file; it refuses what it does not know."""
    compose = tools.required("docker-compose", "docker-compose")
    arguments = [str(compose), "--file", str(ROOT / "compose.yaml"), "config", "--format", "json"]
    made = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    read: dict[str, Any] = json.loads(made.stdout)
    return read


STAY: Final = {"exporter", "prometheus", "alertmanager", "grafana"}
END: Final = {"volume", "past", "past-rules"}
"""Services that prepare something for the others."""


def test_four_services_stay_and_three_prepare_for_them(project: dict[str, Any]) -> None:
    assert set(project["services"]) == STAY | END
    assert all(("restart" in service) == (name in STAY) for name, service in project["services"].items())


def test_images_are_pinned_to_a_version(project: dict[str, Any]) -> None:
    images = {name: service["image"] for name, service in project["services"].items()}
    assert images.pop("exporter") == "voicenter-exporter:demo"
    for image in images.values():
        assert re.fullmatch(r"[\w/]+:v?\d+\.\d+\.\d+", image)


def test_every_service_that_stays_says_whether_it_is_healthy(project: dict[str, Any]) -> None:
    for service in (project["services"][name] for name in STAY):
        assert service["healthcheck"]["test"][0] == "CMD"


def test_nothing_is_reachable_from_elsewhere(project: dict[str, Any]) -> None:
    for service in (project["services"][name] for name in STAY):
        assert service["ports"]
        assert {port["host_ip"] for port in service["ports"]} == {"127.0.0.1"}


def test_everything_that_is_mounted_exists_and_stays_as_it_is(project: dict[str, Any]) -> None:
    for service in project["services"].values():
        for mount in service.get("volumes", []):
            if mount["type"] == "bind":
                assert Path(mount["source"]).exists(), mount["source"]
                assert mount["read_only"]


def test_prometheus_takes_its_configuration_and_our_rules(tmp_path: Path, generation: str) -> None:
    config = yaml.safe_load((ROOT / "compose" / "prometheus.yml").read_text())
    assert config["rule_files"] == ["/etc/prometheus/rules/*.yml"]
    config["rule_files"] = [str(ROOT / "prometheus" / "rules" / "*.yml")]
    file = tmp_path / "prometheus.yml"
    file.write_text(yaml.safe_dump(config))
    checked = promtool(generation, "check", "config", file)
    assert checked.returncode == 0, checked.stderr
    assert "rules found" in checked.stdout


def test_alertmanager_takes_its_configuration(project: dict[str, Any], generation: str) -> None:
    (mount,) = (each for each in project["services"]["alertmanager"]["volumes"] if each["type"] == "bind")
    checked = amtool(generation, "check-config", mount["source"])
    assert checked.returncode == 0, checked.stderr


def test_services_find_each_other(project: dict[str, Any]) -> None:
    config = yaml.safe_load((ROOT / "compose" / "prometheus.yml").read_text())
    (job,) = config["scrape_configs"]
    (alerting,) = config["alerting"]["alertmanagers"]
    asked = [job["static_configs"][0]["targets"], alerting["static_configs"][0]["targets"]]
    sources = yaml.safe_load((PROVISIONING / "datasources" / "prometheus.yaml").read_text())["datasources"]
    asked.append([source["url"].removeprefix("http://") for source in sources])
    for address in itertools.chain.from_iterable(asked):
        name, _, port = address.partition(":")
        assert int(port) in [each["target"] for each in project["services"][name]["ports"]]


def test_rates_know_how_often_the_exporter_is_scraped() -> None:
    config = yaml.safe_load((ROOT / "compose" / "prometheus.yml").read_text())
    sources = yaml.safe_load((PROVISIONING / "datasources" / "prometheus.yaml").read_text())["datasources"]
    (interval,) = {source["jsonData"].get("timeInterval") for source in sources} - {None}
    assert interval == config["global"]["scrape_interval"]


def test_grafana_finds_the_boards_and_keeps_them_as_they_are(project: dict[str, Any]) -> None:
    provider = yaml.safe_load((PROVISIONING / "dashboards" / "voicenter.yaml").read_text())["providers"][0]
    grafana = project["services"]["grafana"]
    mounts = {mount["target"]: Path(mount["source"]) for mount in grafana["volumes"]}
    assert mounts[provider["options"]["path"]] == ROOT / "grafana" / "dashboards"
    assert provider["allowUiUpdates"] is False
    home = Path(grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert (mounts[str(home.parent)] / home.name).exists()
