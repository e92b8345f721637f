"""Prometheus exporter for the Voicenter Active Calls API."""

from pathlib import Path

__version__ = "0.1.0"
HOMEPAGE = "https://github.com/voicenter-exporter/voicenter-exporter"
"""Of the repository. `make renew` writes it into rules and boards; the chart has its own in Chart.yaml."""


def _revision() -> str:
    """The commit that was built, in what hatch_build.py made; `unknown` in a checkout."""
    try:
        return Path(__file__).with_name("revision.txt").read_text("ascii").strip()
    except OSError:
        return "unknown"


__revision__ = _revision()
