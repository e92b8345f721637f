"""The runbooks and the page about alerts: one for every alert, in step with rules and dashboards."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from exporter import HOMEPAGE
from renew.past_rules import RECORDED
from tests.prometheus.rule_files import ALERTS, NAMES, RECORDS, REPOSITORY, assert_names_exist
from tests.support.prometheus import promtool

RUNBOOKS = REPOSITORY / "docs" / "runbooks"
PAGES = f"{HOMEPAGE}/blob/main/docs/runbooks"


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    assert sorted(path.stem for path in RUNBOOKS.glob("*.md") if path.stem != "README") == NAMES
    for (alert, _), rule in ALERTS.items():
        assert rule["annotations"]["runbook_url"] == f"{PAGES}/{alert}.md"


@pytest.mark.parametrize("alert", NAMES)
def test_runbook_has_its_sections(alert: str) -> None:
    text = (RUNBOOKS / f"{alert}.md").read_text()
    title, *sections = re.findall(r"^#+ .*$", text, re.MULTILINE)
    assert title.startswith(f"# {alert}: ")
    assert sections == [
        "## What it means",
        "## How to see it",
        "## What to do first",
        "## What usually causes it",
    ]
    assert all(len(part.strip()) > 40 for part in re.split(r"^## .*$", text, flags=re.MULTILINE)[1:])
    severities = re.search(r"^Severity: (.*)\.$", text, re.MULTILINE)
    assert severities
    assert set(severities[1].split(", ")) == {severity for name, severity in ALERTS if name == alert}


@pytest.mark.parametrize("alert", NAMES)
def test_runbook_links_lead_somewhere(alert: str) -> None:
    text = (RUNBOOKS / f"{alert}.md").read_text()
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert (RUNBOOKS / target).exists(), target


def test_runbooks_name_panels_that_exist() -> None:
    boards = {}
    for path in (REPOSITORY / "grafana" / "dashboards").glob("*.json"):
        board = json.loads(path.read_text())
        nested = [inner for panel in board["panels"] for inner in panel.get("panels", ())]
        boards[board["title"]] = {panel.get("title") for panel in [*board["panels"], *nested]}
    for alert in NAMES:
        text = (RUNBOOKS / f"{alert}.md").read_text()
        named = re.search(r"^On the dashboards: (.*?)\n\n", text, re.MULTILINE | re.DOTALL)
        assert named, alert
        for board, panel in re.findall(r"\*\*(.+?)\*\*,\s\*(.+?)\*", named[1].replace("\n", " ")):
            assert panel in boards[board], (alert, board, panel)


def test_runbook_queries_are_valid(generation: str, tmp_path: Path) -> None:
    queries = [
        query
        for alert in NAMES
        for query in re.findall(
            r"^```promql\n(.*?)^```", (RUNBOOKS / f"{alert}.md").read_text(), re.MULTILINE | re.DOTALL
        )
    ]
    assert len(queries) >= len(NAMES)
    for query in queries:
        assert_names_exist(query)
    group = {
        "name": "runbooks",
        "rules": [{"record": f"r{n}", "expr": query} for n, query in enumerate(queries)],
    }
    file = tmp_path / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": [group]}))
    result = promtool(generation, "check", "rules", file)
    assert result.returncode == 0, result.stdout + result.stderr


def test_documentation_lists_every_alert_with_its_severity_and_scope() -> None:
    text = (REPOSITORY / "docs" / "alerting.md").read_text()
    listed = {
        name: (severities, scope)
        for name, severities, scope in re.findall(
            r"^\| \[(\w+)\]\(runbooks/\1\.md\) \| ([a-z, ]+) \| (\w+) \|", text, re.MULTILINE
        )
    }
    assert sorted(listed) == NAMES
    for (name, severity), rule in ALERTS.items():
        assert severity in listed[name][0].split(", ")
        assert rule["labels"]["scope"] == listed[name][1]


def test_documentation_lists_every_recording_rule() -> None:
    text = (REPOSITORY / "docs" / "alerting.md").read_text()
    stems = {re.sub(r"(15m|1h|24h)$", "", record) for record in RECORDS}
    assert {re.sub(r"(15m|1h|24h)$", "", name) for name in RECORDED.findall(text)} == stems
