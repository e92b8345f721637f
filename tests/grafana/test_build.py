"""The committed boards are what the code renders."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from grafana.build import rendered

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "grafana" / "dashboards"


def test_committed_boards_are_in_step_with_the_code() -> None:
    committed = {file.name: file.read_text(encoding="utf-8") for file in FOLDER.iterdir()}
    assert committed == rendered(), "run: python -m grafana.build"


def test_another_process_with_another_hash_seed_renders_the_same() -> None:
    script = "import json, grafana.build as b; print(json.dumps(b.rendered()))"
    texts = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1
