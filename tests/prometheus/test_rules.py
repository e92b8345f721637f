"""The alert and recording rules: valid, right by their unit tests, and each of them tested."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest
import yaml

from exporter.api.failure import REASONS
from exporter.metrics.catalogue import CATALOGUE
from tests.prometheus.rule_files import (
    ALERTS,
    FOLDER,
    RECORDS,
    RULE_FILES,
    RULES,
    SERIES_OF_CATALOGUE,
    TEST_FILES,
    UNIT_TESTS,
    assert_names_exist,
    load,
)
from tests.support.prometheus import promtool

SERIES = re.compile(r"(?P<name>[a-zA-Z_:]+)\{(?P<labels>.*)\}")


OPERATORS_LABELS: Final = {
    "job": "phones",
    "instance": "10.0.0.1:10061",
    "namespace": "monitoring",
    "service": "voicenter-exporter",
    "pod": "voicenter-exporter-0",
    "container": "exporter",
    "endpoint": "http",
    "node": "worker-1",
    "cluster": "blue",
    "prometheus": "monitoring/main",
    "replica": "a",
    "name": "phones",
}


def with_operators_labels(line: re.Match[str]) -> str:
    """A series with the labels that it lacks of those that a target of the operator has; ALERTS has none."""
    match = SERIES.fullmatch(line[0])
    assert match, line
    if match["name"] == "ALERTS":
        return line[0]
    given = set(re.findall(r'(\w+)="', match["labels"]))
    more = [f'{name}="{value}"' for name, value in OPERATORS_LABELS.items() if name not in given]
    return f"{match['name']}{{{', '.join([*filter(None, [match['labels']]), *more])}}}"


def seconds(duration: str) -> float:
    units = {"h": 3600, "m": 60, "s": 1}
    return sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+)([hms])", duration))


def states(alert: str, severity: str) -> list[list[bool]]:
    """For each unit test about the alert: whether it fires at each time asked for, in order of time."""
    found = []
    for test in UNIT_TESTS:
        asked = [each for each in test.get("alert_rule_test", ()) if each["alertname"] == alert]
        asked.sort(key=lambda each: seconds(each["eval_time"]))
        if asked:
            found.append(
                [any(e["exp_labels"]["severity"] == severity for e in each["exp_alerts"]) for each in asked]
            )
    return found


# The rules and their unit tests, run


def test_rules_pass_lint(generation: str) -> None:
    result = promtool(generation, "check", "rules", "--lint=all", "--lint-fatal", *RULE_FILES)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("path", TEST_FILES, ids=lambda path: path.stem)
def test_unit_tests_pass(path: Path, generation: str) -> None:
    result = promtool(generation, "test", "rules", path)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("path", TEST_FILES, ids=lambda path: path.stem)
def test_unit_tests_pass_with_the_labels_that_the_operator_sets(path: Path, tmp_path: Path) -> None:
    """Every series of a target also has the target's labels, as with a ServiceMonitor."""
    given = path.read_text()  # as text: YAML of Python takes the values 0x10 for a number
    series = re.compile(r"(?<=- series: ).*$", re.MULTILINE)
    (tmp_path / "rules").symlink_to(FOLDER / "rules")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / path.name).write_text(series.sub(with_operators_labels, given))
    assert len(series.findall(given)) == sum(len(test["input_series"]) for test in load(path)["tests"])
    result = promtool("newest", "test", "rules", tmp_path / "tests" / path.name)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("key", ["for", "keep_firing_for"])
def test_unit_tests_notice_a_rule_without(key: str, tmp_path: Path) -> None:
    """Each alert's unit tests must fail when it fires at once, or ends at once."""
    expected = {alert["alert"] for alert in ALERTS.values() if key in alert}
    (tmp_path / "rules").mkdir()
    for path in RULE_FILES:
        content = load(path)
        for group in content["groups"]:
            for rule in group["rules"]:
                rule.pop(key, None)
        (tmp_path / "rules" / path.name).write_text(yaml.safe_dump(content))
    (tmp_path / "tests").mkdir()
    for path in TEST_FILES:
        (tmp_path / "tests" / path.name).write_text(path.read_text())
    result = promtool("newest", "test", "rules", *(tmp_path / "tests").glob("*.yml"))
    assert result.returncode == 1
    assert set(re.findall(r"alertname: (\w+), time", result.stdout + result.stderr)) == expected


def test_no_alert_names_a_part_of_a_histogram() -> None:
    names = "|".join(family.name for family in CATALOGUE if family.kind == "histogram")
    for alert in ALERTS.values():
        assert not re.search(rf"\b({names})(_bucket|_sum|_count)?\b", alert["expr"]), alert["alert"]


def test_recorded_means_and_quantiles_take_the_native_form_or_the_classic_one() -> None:
    names = "|".join(family.name for family in CATALOGUE if family.kind == "histogram")
    recording = [rule for rule in RULES if "record" in rule]
    pairs = 0
    for rule in recording:
        asked = re.findall(rf"\b({names})(_bucket|_sum|_count)?\b", rule["expr"])
        for (native, nothing), (classic, part) in zip(asked[::2], asked[1::2], strict=True):
            assert (native, nothing) == (classic, ""), rule["record"]
            assert part, rule["record"]
        either = re.findall(r"\bor\s+(?:increase|histogram_quantile)\(", rule["expr"])
        assert len(either) * 2 == len(asked)
        pairs += len(asked) // 2
    assert pairs >= 6  # a mean of two parts and a quantile, over both windows


# Every rule has its unit tests


@pytest.mark.parametrize(("alert", "severity"), ALERTS)
def test_alert_has_a_unit_test_that_it_fires(alert: str, severity: str) -> None:
    expected = [
        each
        for test in UNIT_TESTS
        for asked in test.get("alert_rule_test", ())
        if asked["alertname"] == alert
        for each in asked["exp_alerts"]
        if each["exp_labels"]["severity"] == severity
    ]
    assert expected
    for each in expected:
        assert set(each["exp_annotations"]) == set(ALERTS[alert, severity]["annotations"])
        assert "{{" not in str(each["exp_annotations"])


@pytest.mark.parametrize(("alert", "severity"), ALERTS)
def test_alert_has_a_unit_test_that_it_stays_silent(alert: str, severity: str) -> None:
    assert any(not tested[0] for tested in states(alert, severity))


@pytest.mark.parametrize(("alert", "severity"), ALERTS)
def test_alert_has_a_unit_test_that_it_resolves(alert: str, severity: str) -> None:
    assert any(
        before and not after for tested in states(alert, severity) for before, after in pairwise(tested)
    )


@pytest.mark.parametrize("record", RECORDS)
def test_recording_rule_has_a_unit_test_with_a_number(record: str) -> None:
    assert any(
        re.search(rf"{re.escape(record)}\b", each["expr"]) and each["exp_samples"]
        for test in UNIT_TESTS
        for each in test.get("promql_expr_test", ())
    )


# Names


def test_rules_name_only_what_exists() -> None:
    for rule in RULES:
        assert_names_exist(rule["expr"] + str(rule.get("annotations", "")))


def test_unit_tests_use_the_labels_of_the_catalogue() -> None:
    for test in UNIT_TESTS:
        for each in test["input_series"]:
            match = SERIES.fullmatch(each["series"])
            assert match, each
            labels = set(re.findall(r'(\w+)="', match["labels"])) - {"instance", "job"}
            if match["name"] not in ("up", "ALERTS"):  # Prometheus' own
                assert labels == SERIES_OF_CATALOGUE[match["name"]], each


def test_rules_name_only_reasons_that_exist() -> None:
    named: set[str] = set()
    for rule in RULES:
        for matcher in re.findall(r'reason[=!]~?"([^"]+)"', rule["expr"]):
            named.update(matcher.split("|"))
    assert named
    assert named <= set(REASONS)


def test_every_reason_raises_exactly_one_alert() -> None:
    """A reason of its own alert is left out of the alert for all others, but for one forbidden source."""
    own: list[str] = []
    left_out: list[str] = []
    for name, alert in ALERTS.items():
        for operator, value in re.findall(r'reason([=!]~?)"([^"]+)"', alert["expr"]):
            if (name[0], operator) == ("VoicenterApiFailing", "="):
                assert value == "forbidden"
                continue
            (left_out if operator.startswith("!") else own).extend(value.split("|"))
    assert sorted(own) == sorted(left_out)
    assert len(own) == len(set(own))


def test_no_rule_names_a_bucket_bound() -> None:
    """Prometheus 2 writes le="20", Prometheus 3 le="20.0"."""
    assert not [rule for rule in RULES if re.search(r"\ble\s*[=!]", rule["expr"])]


def test_recording_rules_exist_over_15_minutes_and_an_hour() -> None:
    stems: dict[str, set[str]] = defaultdict(set)
    for record in set(RECORDS) - {"voicenter:account_exporter:fresher", "voicenter:queue_agents:known"}:
        match = re.fullmatch(r"(voicenter:(?:queue|account)_\w+:[a-z0-9]+?_?)(15m|1h|24h)", record)
        assert match, record
        stems[match[1]].add(match[2])
    for_alerts = {stem for stem, windows in stems.items() if windows == {"1h"}}
    alerts = " ".join(rule["expr"] for rule in ALERTS.values())
    assert all(f"{stem}1h" in alerts for stem in for_alerts)
    assert all({"15m", "1h"} <= windows for stem, windows in stems.items() if stem not in for_alerts), stems


@pytest.mark.parametrize(("alert", "severity"), ALERTS)
def test_alert_is_labelled_and_annotated(alert: str, severity: str) -> None:
    rule = ALERTS[alert, severity]
    assert severity in ("critical", "warning", "info")
    assert rule["labels"]["scope"] in ("business", "api", "exporter")
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url", "dashboard_url"}
    if rule["labels"]["scope"] != "exporter":
        assert "$labels.account" in rule["annotations"]["description"]
