"""The rule files of `prometheus/` and their unit tests, read once for the tests of this folder."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from exporter.metrics.catalogue import CATALOGUE
from renew.past_rules import RECORDED, rules

REPOSITORY = Path(__file__).parents[2]
FOLDER = REPOSITORY / "prometheus"
RULE_FILES = sorted((FOLDER / "rules").glob("*.yml"))
TEST_FILES = sorted((FOLDER / "tests").glob("*.yml"))

METRIC = re.compile(r"\bvoicenter_[a-z0-9_]+")


def load(path: Path) -> dict[str, Any]:
    """A YAML file."""
    content: dict[str, Any] = yaml.safe_load(path.read_text())
    return content


def unit_tests() -> Iterator[dict[str, Any]]:
    """The unit tests of all files."""
    for path in TEST_FILES:
        yield from load(path)["tests"]


RULES = list(rules())
UNIT_TESTS = list(unit_tests())
ALERTS = {(each["alert"], each["labels"]["severity"]): each for each in RULES if "alert" in each}
NAMES = sorted({name for name, _ in ALERTS})
RECORDS = [each["record"] for each in RULES if "record" in each]


def needed_for(alert: str) -> list[dict[str, Any]]:
    """The rule of an alert after all recording rules that its expression is made of."""
    found = [each for each in RULES if each.get("alert") == alert]
    for rule in found:
        names = set(RECORDED.findall(rule["expr"]))
        found += [each for each in RULES if each.get("record") in names and each not in found]
    return [each for each in RULES if each in found and "record" in each] + found[:1]


def series_of_catalogue() -> dict[str, set[str]]:
    """Every series name that the exporter shows, with its labels."""
    found: dict[str, set[str]] = {}
    for family in CATALOGUE:
        if family.kind == "histogram":
            found[f"{family.name}_bucket"] = {*family.labels, "le"}
            for name in (
                family.name,
                f"{family.name}_sum",
                f"{family.name}_count",
            ):  # the first one is native
                found[name] = set(family.labels)
        else:
            found[family.name] = set(family.labels)
    return found


SERIES_OF_CATALOGUE = series_of_catalogue()


def assert_names_exist(text: str) -> None:
    """Every metric in the text is one of the exporter's, every recorded series one of the rules'."""
    assert set(METRIC.findall(text)) <= set(SERIES_OF_CATALOGUE), text
    assert set(RECORDED.findall(text)) <= set(RECORDS), text
