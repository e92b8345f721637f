"""The chart's rules and dashboards are the files of prometheus/ and grafana/."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.helm import chart
from tests.support import tools

RULE_FILES = sorted((chart.REPOSITORY / "prometheus" / "rules").glob("*.yml"))
BOARDS = sorted((chart.REPOSITORY / "grafana" / "dashboards").glob("*.json"))
ON = ("demo=true", "prometheusRule.enabled=true")

Groups = list[dict[str, Any]]


def groups(*settings: str) -> Groups:
    found: Groups = chart.one(chart.render(None, *ON, *settings), "PrometheusRule")["spec"]["groups"]
    return found


def alerts(groups_: Groups) -> list[dict[str, Any]]:
    return [rule for group in groups_ for rule in group["rules"] if "alert" in rule]


def of_files() -> Groups:
    return [group for path in RULE_FILES for group in yaml.safe_load(path.read_text())["groups"]]


def test_the_rules_are_those_of_the_files() -> None:
    assert len(alerts(of_files())) > 10
    assert groups() == of_files()


def test_alerts_can_have_labels_more() -> None:
    for rule, original in zip(
        alerts(groups("prometheusRule.alertLabels.team=support")), alerts(of_files()), strict=True
    ):
        assert rule == original | {"labels": original["labels"] | {"team": "support"}}


def test_alerts_lead_to_runbooks_and_boards_of_the_user() -> None:
    settings = (
        "prometheusRule.runbookBaseUrl=https://wiki.example/books/",
        "prometheusRule.dashboardUrl=https://grafana.example/",
    )
    for rule, original in zip(alerts(groups(*settings)), alerts(of_files()), strict=True):
        annotations = rule["annotations"]
        assert annotations["runbook_url"] == f"https://wiki.example/books/{rule['alert']}.md"
        assert "$externalLabels" not in str(annotations)
        if "dashboard_url" in original["annotations"]:
            assert '"https://grafana.example"' in annotations["dashboard_url"]


def test_alerts_can_be_left_out() -> None:
    names = {rule["alert"] for rule in alerts(of_files())}
    one = min(names)
    left = {rule["alert"] for rule in alerts(groups(f"prometheusRule.disabledAlerts[0]={one}"))}
    assert left == names - {one}


def test_a_group_without_rules_is_left_out() -> None:
    first = next(group for group in of_files() if alerts([group]))
    settings = [
        f"prometheusRule.disabledAlerts[{n}]={rule['alert']}" for n, rule in enumerate(alerts([first]))
    ]
    assert first["name"] not in [group["name"] for group in groups(*settings)]


def test_an_alert_that_does_not_exist_cannot_be_left_out() -> None:
    with pytest.raises(chart.Refused) as refused:
        groups("prometheusRule.disabledAlerts[0]=NoSuchAlert")
    assert 'no alert "NoSuchAlert"; there are ' in str(refused.value)


def test_rules_of_the_user_come_besides() -> None:
    last = groups(
        "prometheusRule.additionalRules[0].record=a:b", "prometheusRule.additionalRules[0].expr=vector(1)"
    )[-1]
    assert last == {"name": "voicenter-additional", "rules": [{"record": "a:b", "expr": "vector(1)"}]}


@pytest.mark.parametrize("generation", ["prometheus-debian", "prometheus-newest"])
def test_promtool_accepts_the_groups(generation: str, tmp_path: Path) -> None:
    path = tmp_path / "rules.yml"
    rule = chart.one(chart.render(chart.CHART / "ci" / "full-values.yaml"), "PrometheusRule")
    path.write_text(yaml.safe_dump(rule["spec"]))
    promtool = tools.required(generation, "promtool")
    done = subprocess.run([promtool, "check", "rules", path], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_dashboard_is_a_configmap_with_the_sidecars_label() -> None:
    objects = chart.render(None, "demo=true", "dashboards.enabled=true")
    maps = [each for each in objects if each["metadata"].get("labels", {}).get("grafana_dashboard") == "1"]
    assert len(BOARDS) >= 4
    prefix = f"{chart.NAMESPACE}-{chart.RELEASE}-"
    assert {name: json.loads(text) for each in maps for name, text in each["data"].items()} == {
        prefix + path.name: json.loads(path.read_text()) for path in BOARDS
    }
