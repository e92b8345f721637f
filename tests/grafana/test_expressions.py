"""Every expression is PromQL, and names only metrics and labels that there are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import promql_parser
import pytest
import yaml

from exporter.metrics.catalogue import FAMILIES, Family
from grafana.promql import OBSERVED
from tests.grafana.board_files import FILES, Expression, drawn_panels, everything, load

ROOT = Path(__file__).parents[2]
VARIABLES: Final = {
    "__rate_interval": "1m",
    "__interval_ms": "15000",
    "__interval": "15s",
    "__range": "3h",
    "account": "main",
    "queue": "Sales",
    "extension": "desk0001",
}
ALERT: Final = {"alertname", "alertstate", "severity", "account", "queue", "queue_id"}
# Not ours: of the Python client library, and of Prometheus itself.
OTHERS: Final = {
    "process_resident_memory_bytes": set[str](),
    "process_cpu_seconds_total": set[str](),
    "process_open_fds": set[str](),
    "process_start_time_seconds": set[str](),
    "ALERTS": ALERT,
    "ALERTS_FOR_STATE": ALERT,
}
OF_THE_TARGET: Final = {"job", "instance"}

each_expression = pytest.mark.parametrize("expression", everything(), ids=lambda each: each.place)


@each_expression
def test_it_parses_and_leaves_no_variable_open(expression: Expression) -> None:
    filled = expression.filled(VARIABLES)
    assert not re.search(r"\$(?!1)", filled)  # $1 is of label_replace
    promql_parser.parse(filled)


@each_expression
def test_it_names_metrics_and_labels_that_there_are(expression: Expression) -> None:
    known = _labels_by_series()
    selectors = list(_selectors(promql_parser.parse(expression.filled(VARIABLES))))
    assert selectors
    for name, labels in selectors:
        assert name in known, f"{name} is neither in the catalogue nor recorded by our rules"
        assert labels <= known[name] | OF_THE_TARGET, f"{name} has no label {labels - known[name]}"


# Calls that ended are those that started, a little later; their number tells nothing more.
NOT_SHOWN: Final = {"voicenter_calls_ended_total"}


def test_every_family_of_the_exporter_is_on_a_board() -> None:
    texts = " ".join(expression.text for expression in everything())
    assert {
        name for name in FAMILIES if not re.search(rf"\b{name}(_sum|_count|_bucket)?\b", texts)
    } == NOT_SHOWN


@cache
def _histograms() -> set[str]:
    return {family.name for family in FAMILIES.values() if family.kind == "histogram"}


@each_expression
def test_a_histogram_is_asked_for_in_both_forms(expression: Expression) -> None:
    """But for heat maps, which have both kinds as queries of their own."""
    names = {name for name, _ in _selectors(promql_parser.parse(expression.filled(VARIABLES)))}
    native = names & _histograms()
    parts = {name for name in names if name.rpartition("_")[0] in _histograms()}
    if expression.panel in _heat_maps():
        return
    assert {name.rpartition("_")[0] for name in parts} == native


def test_heat_maps_ask_for_classic_and_native_buckets() -> None:
    heat_maps = _heat_maps()
    assert heat_maps
    for panel in heat_maps:
        names = {
            name
            for each in everything()
            if each.panel == panel
            for name, _ in _selectors(promql_parser.parse(each.filled(VARIABLES)))
        }
        (native,) = names & _histograms()
        assert names - {OBSERVED} == {native, f"{native}_bucket"}


def _heat_maps() -> set[str]:
    return {
        f"{board['title']} / {panel['title']}"
        for board in map(load, FILES)
        for panel in drawn_panels(board)
        if panel["type"] == "heatmap"
    }


@cache
def _labels_by_series() -> dict[str, set[str]]:
    """The label names of every series that an expression may ask for."""
    known = dict(OTHERS)
    optional = {"voicenter_extension_info": {"agent"}}
    for family in FAMILIES.values():
        known |= {
            name: set(family.labels) | extra | optional.get(name, set()) for name, extra in _series(family)
        }
    for rule in _recording_rules():
        known[rule["record"]] = {"account", "queue_id", "queue"}
    return known


def _series(family: Family) -> Iterator[tuple[str, set[str]]]:
    if family.kind != "histogram":
        yield family.name, set()
        return
    yield family.name, set()  # native
    yield f"{family.name}_bucket", {"le"}
    yield f"{family.name}_sum", set()
    yield f"{family.name}_count", set()


def _recording_rules() -> Iterator[dict[str, Any]]:
    for file in (ROOT / "prometheus" / "rules").glob("*.yml"):
        for group in yaml.safe_load(file.read_text())["groups"]:
            yield from (rule for rule in group["rules"] if "record" in rule)


def _selectors(tree: promql_parser.Expr) -> Iterator[tuple[str, set[str]]]:
    """Each selector's metric name and the labels that it matches on."""
    found: list[promql_parser.VectorSelector] = []

    def visit(node: promql_parser.Expr) -> None:
        if isinstance(node, promql_parser.VectorSelector):
            found.append(node)
        if isinstance(node, promql_parser.MatrixSelector):
            found.append(node.vector_selector)

    promql_parser.walk(tree, visit)
    for selector in found:
        yield selector.name or "", {matcher.name for matcher in selector.matchers.matchers}
