"""docs/metrics.md says what the catalogue says, and its expressions hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import promql_parser
import pytest
from prometheus_client.parser import text_string_to_metric_families

from exporter.metrics.catalogue import CATALOGUE
from exporter.metrics.per_extension import INFO_WITH_AGENT
from renew.metrics import LABEL_VALUES, SECTIONS
from tests.prometheus.rule_files import RECORDS, RULES, SERIES_OF_CATALOGUE

PAGE: Final = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text("utf-8")
GOLDEN: Final = sorted((Path(__file__).parents[1] / "golden").glob("*.prom"))
EXPRESSIONS: Final = re.findall(r"^```promql\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)

# Free by nature: names that a configuration or a centre gives.
FREE: Final = {
    "account", "queue", "queue_id", "extension", "extension_id", "threshold_seconds", "agent", "code", "line",
}  # fmt: skip
FREE_OF_THE_EXPORTER: Final = {"version", "revision", "python_version"}
CALLS: Final = ("voicenter_calls", "voicenter_longest_call_seconds", "voicenter_line_calls")
TARGET_LABELS: Final = {
    "job", "instance", "namespace", "service", "pod", "container", "endpoint", "node", "cluster", "name",
    "prometheus", "replica",
}  # fmt: skip
FAMILIES_WITH_OPTIONS: Final = (*CATALOGUE, INFO_WITH_AGENT)


def test_the_page_names_every_family_once() -> None:
    assert all(PAGE.count(f"| `{family.name}` | {family.kind} |") == 1 for family in CATALOGUE)


def test_every_family_belongs_to_a_section_of_the_page() -> None:
    assert {family.section for family in CATALOGUE} == set(SECTIONS)
    assert all(f"\n## {section}\n" in PAGE for section in SECTIONS)


def test_every_label_is_free_by_nature_or_has_a_closed_set_of_values() -> None:
    closed = {label for label, _ in LABEL_VALUES}
    labels = {label for family in CATALOGUE for label in family.labels}
    assert labels == closed | (FREE - {"agent"}) | FREE_OF_THE_EXPORTER


@pytest.mark.parametrize("page", GOLDEN, ids=lambda path: path.stem)
def test_pages_hold_no_label_value_outside_the_closed_sets(page: Path) -> None:
    tenant = {"coaching"}  # a status of the golden pages' own configuration
    for family in text_string_to_metric_families(page.read_text("utf-8")):
        for sample in family.samples:
            if sample.name.startswith("voicenter_"):
                of_calls = sample.name in CALLS
                for label, value in sample.labels.items():
                    if label not in FREE | FREE_OF_THE_EXPORTER | {"le"}:
                        assert value in set(_values(label, of_calls=of_calls)) | tenant, sample


def _values(label: str, *, of_calls: bool) -> Iterator[str]:
    for (name, of), values in LABEL_VALUES.items():
        if name == label and (not of or (of == "of calls") == of_calls):
            yield from values


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expressions_parse_and_name_series_that_there_are(expression: str) -> None:
    promql_parser.parse(expression)
    named = set(re.findall(r"\bvoicenter[_:][a-z0-9_:]+", expression))
    assert named and named <= SERIES_OF_CATALOGUE.keys() | set(RECORDS)


def test_what_the_page_calls_a_recorded_series_is_recorded_so() -> None:
    recorded = {rule["record"]: rule["expr"] for rule in RULES if "record" in rule}
    told = re.findall(r"\(`(voicenter:\S+)`\)\.[^`]*```promql\n(.*?)```", PAGE, re.DOTALL)
    assert len(told) >= 5
    for record, expression in told:
        assert _tree(_resolved(expression, recorded)) == _tree(_resolved(recorded[record], recorded)), record


def _resolved(expression: str, recorded: dict[str, str]) -> str:
    """The expression with recorded series replaced by what they record."""
    return re.sub(
        r"voicenter:[\w:]+", lambda found: f"({_resolved(recorded[found[0]], recorded)})", expression
    )


def _tree(expression: str) -> str:
    """What the expression is, without the parentheses, which the tree itself tells."""
    return repr(promql_parser.transform(promql_parser.parse(expression), post_visit=_without_parentheses))


def _without_parentheses(node: promql_parser.Expr) -> promql_parser.Expr | None:
    return node.expr if isinstance(node, promql_parser.ParenExpr) else None


def test_no_label_is_one_that_prometheus_or_its_operator_sets() -> None:
    """A target's label of the same name would turn ours into `exported_…`."""
    assert not {label for family in FAMILIES_WITH_OPTIONS for label in family.labels} & TARGET_LABELS
