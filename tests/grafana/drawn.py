"""What Grafana draws of a number or of a table's cell: words and colour, by the panel's own settings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.support.prometheus import Prometheus, Sample

_TEMPLATE: Final = re.compile(r"\{\{\s*(\w+)\s*\}\}")


@dataclass(frozen=True)
class Drawn:
    """A number on a board."""

    name: str
    """What stands above it."""
    text: str
    colour: str


def numbers(
    panel: Mapping[str, Any], server: Prometheus, at: float, values: Mapping[str, str]
) -> list[Drawn]:
    """The numbers of a stat panel at a moment, its variables replaced by `values`."""
    return [
        _drawn(panel, target, sample)
        for target in panel["targets"]
        for sample in server.query(filled(target["expr"], values), at=at)
    ]


def rows(
    panel: Mapping[str, Any], server: Prometheus, at: float, values: Mapping[str, str]
) -> dict[tuple[str, str], tuple[str, str]]:
    """By account and queue the text and colour of a table's column `State`, in the order of the rows."""
    (arrangement,) = (each for each in panel["transformations"] if each["id"] == "organize")
    names = arrangement["options"]["renameByName"]
    (target,) = (each for each in panel["targets"] if names.get(f"Value #{each['refId']}") == "State")
    found = sorted(server.query(filled(target["expr"], values), at=at), key=lambda each: -each.value)
    mappings = _settings(panel, "State")["mappings"]
    return {
        (each.labels["account"], each.labels["queue"]): _mapped(mappings, each.value) or ("", "")
        for each in found
    }


def filled(expression: str, values: Mapping[str, str]) -> str:
    """The expression with its variables replaced."""
    for name, value in values.items():
        expression = expression.replace(f"${name}", value)
    assert not re.search(r"\$(?!1)", expression)  # $1 is of label_replace
    return expression


def _drawn(panel: Mapping[str, Any], target: Mapping[str, Any], sample: Sample) -> Drawn:
    defaults = panel["fieldConfig"]["defaults"]
    if any(each["id"] == "rowsToFields" for each in panel.get("transformations", ())):
        name, text, colour = sample.labels["state"], sample.labels["more"], ""
    else:
        name = _TEMPLATE.sub(lambda found: sample.labels.get(found[1], ""), target["legendFormat"]).strip()
        text, colour = _mapped(defaults["mappings"], sample.value) or (f"{sample.value:g}", "")
    fixed = [each["value"]["fixedColor"] for each in _overrides(panel, name) if each["id"] == "color"]
    return Drawn(name, text, colour or (fixed[-1] if fixed else _step(defaults["thresholds"], sample.value)))


def _overrides(panel: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    for override in panel["fieldConfig"]["overrides"]:
        matcher = override["matcher"]
        pattern = (
            matcher["options"].strip("/") if matcher["id"] == "byRegexp" else re.escape(matcher["options"])
        )
        if re.search(pattern, name):
            yield from override["properties"]


def _settings(panel: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {each["id"]: each["value"] for each in _overrides(panel, name)}


def _mapped(mappings: list[dict[str, Any]], value: float) -> tuple[str, str] | None:
    """Text and colour that a mapping gives, if any does."""
    for mapping in mappings:
        options = mapping["options"]
        if mapping["type"] == "range" and options["from"] <= value <= options["to"]:
            return options["result"]["text"], options["result"]["color"]
        if mapping["type"] == "value" and f"{value:g}" in options:
            result = options[f"{value:g}"]
            return result["text"], result.get("color", "")
    return None


def _step(thresholds: Mapping[str, Any], value: float) -> str:
    reached = [
        each["color"] for each in thresholds["steps"] if each["value"] is None or value >= each["value"]
    ]
    return str(reached[-1])
