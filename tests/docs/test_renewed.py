"""What is generated is in step with what it comes from, and reasons are the same everywhere."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Final

import pytest

from exporter import HOMEPAGE
from exporter.api.failure import REASONS
from grafana import palette
from renew.marked import marked
from renew.pages import REPOSITORY, pages, runbooks
from tests.prometheus.rule_files import ALERTS

PAGES: Final = pages()
API_ALERTS: Final = {name: rule for (name, _), rule in ALERTS.items() if "reason" in rule["expr"]}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_page_is_in_step(path: Path) -> None:
    assert path.read_text("utf-8") == PAGES[path], "run: make renew"


def test_a_part_without_its_place_is_refused() -> None:
    with pytest.raises(LookupError, match="<!-- reasons -->"):
        marked("<!-- other -->\n<!-- end -->\n", {"reasons": "x\n"})


@pytest.mark.parametrize("reason", REASONS)
def test_the_rules_raise_the_alert_that_the_registry_names(reason: str) -> None:
    """A matcher names the reasons of its alert, or excludes those that are not."""
    raised = set()
    for name, rule in API_ALERTS.items():
        for operator, value in re.findall(r'reason([=!]~?)"([^"]+)"', rule["expr"]):
            if (reason in value.split("|")) != operator.startswith("!"):
                raised.add(name)
    if reason == "forbidden":  # by one source alone: not the address
        raised.remove("VoicenterApiFailing")
    assert raised - {"VoicenterApiUnreliable"} == {REASONS[reason].alert}


@pytest.mark.parametrize("reason", REASONS)
def test_the_runbook_of_a_reason_names_it_when_the_alert_is_its_own(reason: str) -> None:
    alert = REASONS[reason].alert
    assert alert in {path.stem for path in runbooks()}
    if alert == "VoicenterCodeRefused":  # the one runbook of several reasons, each told apart
        assert f"`{reason}`" in (REPOSITORY / "docs" / "runbooks" / f"{alert}.md").read_text("utf-8")


def test_every_reason_has_words_and_a_colour_of_its_own() -> None:
    assert all(each.name and each.cause and each.advice for each in REASONS.values())
    assert all(re.fullmatch("#[0-9a-f]{6}", each.colour) for each in REASONS.values())
    assert len({each.colour for each in REASONS.values()}) == len(REASONS)
    assert {name: each.colour for name, each in REASONS.items()} == palette.REASON


def test_a_fork_changes_its_address_in_two_places() -> None:
    """`make renew` writes it into the rules and the boards."""
    owner = HOMEPAGE.removeprefix("https://github.com/")
    tracked = subprocess.run(["git", "ls-files"], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    naming = {
        name
        for name in tracked.stdout.split()
        if (REPOSITORY / name).is_file() and owner in (REPOSITORY / name).read_text("utf-8", "ignore")
    }
    renewed = {
        name for name in naming if REPOSITORY / name in PAGES or name.startswith("grafana/dashboards/")
    }
    assert naming - renewed == {"exporter/__init__.py", "helm/voicenter-exporter/Chart.yaml"}
