"""What the chart renders: golden files, both helms, and strict schemas of every object."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from tests.helm import chart, operator_schemas

GOLDEN = Path(__file__).parent / "golden"
OLDEST, NEWEST = "1.28", kubernetes_validate.latest_version()
VALUES = yaml.safe_load((chart.CHART / "values.yaml").read_text())

every_values = pytest.mark.parametrize("values", chart.CI_VALUES, ids=chart.ids(chart.CI_VALUES))


def golden(objects: list[chart.Object]) -> str:
    """The objects as text, without the contents of rules and dashboards, which are other files' matter."""
    shown = []
    for each in objects:
        if "-dashboard-" in each["metadata"]["name"]:
            continue
        if each["kind"] == "PrometheusRule":
            each = each | {"spec": "the files of prometheus/rules"}  # noqa: PLW2901
        shown.append(each)
    return yaml.safe_dump_all(shown, sort_keys=False, width=110)


@every_values
def test_renders_as_in_its_golden_file(values: Path) -> None:
    path = GOLDEN / values.name.replace("-values", "")
    text = golden(chart.render(values))
    if os.environ.get("GOLDEN_UPDATE"):
        path.write_text(text)
    assert text == path.read_text(), "look at the difference; if it is meant, run again with GOLDEN_UPDATE=1"


def test_every_golden_file_has_its_values() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(chart.ids(chart.CI_VALUES))


@every_values
def test_both_helms_render_the_same_objects(values: Path) -> None:
    assert chart.render(values, generation="helm-3") == chart.render(values, generation="helm-4")


@every_values
@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_every_object_is_valid_for_kubernetes(values: Path, version: str) -> None:
    for each in chart.render(values):
        if each["apiVersion"].startswith("monitoring.coreos.com/"):
            continue  # the next test's
        kubernetes_validate.validate(each, version, strict=True)


@every_values
def test_every_object_of_the_operator_is_valid(values: Path) -> None:
    for each in chart.render(values):
        if each["apiVersion"].startswith("monitoring.coreos.com/"):
            jsonschema.validate(each, operator_schemas.schema(each["kind"]))


@pytest.mark.parametrize(
    "change", [{"intervall": "5s"}, {"interval": "5"}, {"scheme": "ftp"}, {"params": "x"}]
)
def test_the_schemas_of_the_operator_are_strict(change: dict[str, Any]) -> None:
    monitor = chart.one(chart.render(chart.CHART / "ci" / "demo-values.yaml"), "ServiceMonitor")
    endpoint = monitor["spec"]["endpoints"][0] | change
    changed = monitor | {"spec": monitor["spec"] | {"endpoints": [endpoint]}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(changed, operator_schemas.schema("ServiceMonitor"))


def leaves(values: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every option and its default."""
    if isinstance(values, dict) and values:
        for key, value in values.items():
            yield from leaves(value, (*path, key))
    else:
        yield path, values


def given(values: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        if not isinstance(values, dict) or key not in values:
            return None
        values = values[key]
    return values


def without(values: chart.Object, path: tuple[str, ...]) -> chart.Object:
    """The values without one option, which so has its default."""
    key, *rest = path
    return {
        name: without(value, tuple(rest)) if name == key else value
        for name, value in values.items()
        if name != key or rest
    }


OFTEN_KEPT = {"podSecurityContext", "securityContext"}  # the default is the point


@pytest.mark.parametrize(
    "path", [path for path, _ in leaves(VALUES) if path[0] not in OFTEN_KEPT], ids=".".join
)
def test_every_option_has_an_effect(path: tuple[str, ...], tmp_path: Path) -> None:
    files = [
        each
        for each in chart.CI_VALUES
        if given(yaml.safe_load(each.read_text()), path) not in (None, given(VALUES, path))
    ]
    assert files, "no file of ci/ sets it"
    assert any(has_effect(each, path, tmp_path) for each in files)


def has_effect(file: Path, path: tuple[str, ...], folder: Path) -> bool:
    """Whether the file of values renders otherwise, or not at all, without the option."""
    values = without(yaml.safe_load(file.read_text()), path)
    try:
        return chart.render_values(folder, values) != chart.render(file)
    except chart.Refused as refused:
        return "cannot work together" in str(refused)
