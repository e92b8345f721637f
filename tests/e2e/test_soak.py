"""The soak in its short form: every trouble three times, and all scrapes are answered."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_scrapes_are_answered_whatever_goes_wrong_and_nothing_grows() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.soak", "--minutes", "0.5"],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "round 3 of 3" in done.stdout
