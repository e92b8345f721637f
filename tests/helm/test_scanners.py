"""What scanners for Kubernetes find in the rendered objects: nothing that matters."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import yaml

from tests.helm import chart
from tests.support import tools

UNKNOWN_REGISTRY = "KSV-0125"  # it trusts a few public ones, and the values name one of their own


def findings(folder: Path) -> list[str]:
    """What `trivy config` finds in a folder at MEDIUM or above."""
    command: list[str | Path] = [
        *(tools.required("trivy", "trivy"), "config", "--skip-check-update", "--quiet", "--format", "json"),
        *("--severity", "MEDIUM,HIGH,CRITICAL", "--cache-dir", tools.cache() / "trivy-cache", folder),
    ]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    results = json.loads(done.stdout)["Results"]
    assert results, "nothing was looked at"
    return [
        f"{result['Target']}: {found['ID']} {found['Severity']} {found['Message']}"
        for result in results
        for found in result.get("Misconfigurations", [])
        if found["ID"] != UNKNOWN_REGISTRY
    ]


def test_trivy_finds_nothing(tmp_path: Path) -> None:
    for values in chart.CI_VALUES:
        (tmp_path / values.name).write_text(yaml.safe_dump_all(chart.render(values)))
    assert findings(tmp_path) == []


def test_trivy_finds_what_is_wrong(tmp_path: Path) -> None:
    objects = chart.render(None, "demo=true", "securityContext.privileged=true")
    (tmp_path / "privileged.yaml").write_text(yaml.safe_dump_all(objects))
    assert any("HIGH" in each for each in findings(tmp_path))
