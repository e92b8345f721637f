"""The chart as a dependency: its condition, and what a parent chart says for all of its charts."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.helm import chart

PARENT = """
apiVersion: v2
name: call-centre
version: 1.0.0
dependencies:
  - {name: voicenter-exporter, version: ">=0", condition: voicenter-exporter.enabled}
"""


@pytest.fixture
def parent(tmp_path: Path) -> Path:
    (tmp_path / "charts").mkdir()
    (tmp_path / "charts" / "voicenter-exporter").symlink_to(chart.CHART)
    (tmp_path / "Chart.yaml").write_text(PARENT)
    return tmp_path


def rendered(parent: Path, generation: str, enabled: bool) -> list[chart.Object]:
    values = {
        "global": {"imageRegistry": "registry.example:5000", "imagePullSecrets": ["shared"], "other": 1},
        "voicenter-exporter": {"enabled": enabled, "demo": True, "image": {"pullSecrets": [{"name": "own"}]}},
    }
    (parent / "values.yaml").write_text(yaml.safe_dump(values))
    text = chart.helm(generation, "template", "centre", parent)
    return [each for each in yaml.safe_load_all(text) if each]


@pytest.mark.parametrize("generation", chart.GENERATIONS)
def test_a_parent_chart_turns_it_on_and_off(parent: Path, generation: str) -> None:
    assert rendered(parent, generation, enabled=False) == []
    assert chart.one(rendered(parent, generation, enabled=True), "Deployment")


@pytest.mark.parametrize("generation", chart.GENERATIONS)
def test_registry_and_secrets_of_the_parent_hold_for_every_pod(parent: Path, generation: str) -> None:
    for spec in chart.pod_specs(rendered(parent, generation, enabled=True)):
        assert spec["containers"][0]["image"].startswith("registry.example:5000/voicenter-exporter:")
        assert spec["imagePullSecrets"] == [{"name": "shared"}, {"name": "own"}]
