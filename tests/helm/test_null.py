"""null removes what can be removed; of what cannot, the schema says which value is missing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.helm import chart

VALUES = yaml.safe_load((chart.CHART / "values.yaml").read_text())
MINIMAL = ("accounts[0].name=main", "accounts[0].existingSecret=voicenter-code")
EVERYTHING = {
    "demo": True,
    "serviceMonitor": {"enabled": True},
    "prometheusRule": {"enabled": True},
    "dashboards": {"enabled": True},
    "networkPolicy": {"enabled": True},
    "podDisruptionBudget": {"enabled": True},
}


def paths(values: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every section and every option."""
    if path:
        yield path
    if isinstance(values, dict):
        for key, value in values.items():
            yield from paths(value, (*path, key))


def with_null(path: tuple[str, ...], values: dict[str, Any]) -> dict[str, Any]:
    key, *rest = path
    inner = values.get(key)
    return {**values, key: with_null(tuple(rest), inner if isinstance(inner, dict) else {}) if rest else None}


@pytest.mark.parametrize("path", list(paths(VALUES)), ids=".".join)
def test_null_breaks_no_template(path: tuple[str, ...], tmp_path: Path) -> None:
    try:
        assert chart.render_values(tmp_path, with_null(path, EVERYTHING))
    except chart.Refused as refused:
        said = str(refused)
        assert "schema" in said, said
        assert path[-1] in said, said


@pytest.mark.parametrize("name", ["startup", "liveness", "readiness"])
def test_a_probe_can_be_removed(name: str) -> None:
    container = chart.container(chart.render(None, *MINIMAL, f"probes.{name}=null"))
    assert {each for each in container if each.endswith("Probe")} == {
        f"{each}Probe" for each in {"startup", "liveness", "readiness"} - {name}
    }


def test_without_a_log_section_the_exporter_decides() -> None:
    container = chart.container(chart.render(None, *MINIMAL, "log=null"))
    assert not [each for each in container["args"] if each.startswith("--log")]
