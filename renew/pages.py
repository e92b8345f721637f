"""The pages with generated parts, and who writes them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from renew import command_line, configuration, links, metrics, past_rules, reasons

REPOSITORY: Final = Path(__file__).parents[1]
_RUNBOOKS: Final = REPOSITORY / "docs" / "runbooks"


def runbooks() -> list[Path]:
    """The runbooks, by name."""
    return sorted(_RUNBOOKS.glob("Voicenter*.md"))


def _index(page: str) -> str:
    return reasons.index(page, (path.read_text("utf-8") for path in runbooks()))


WRITERS: Final[dict[str, Callable[[str], str]]] = {
    "docs/metrics.md": metrics.renew,
    "docs/configuration.md": configuration.reference,
    "docs/web-configuration.md": configuration.reference,
    "config.example.yaml": configuration.example,
    "docs/command-line.md": command_line.renew,
    "docs/troubleshooting.md": reasons.troubleshooting,
    "docs/runbooks/README.md": _index,
    "compose/past-rules.yml": past_rules.renew,
    **{
        f"prometheus/{folder}/{topic}.yml": links.renew
        for folder in ("rules", "tests")
        for topic in ("agents", "api", "exporter", "queues")
    },
}
"""Each takes the page as it is, and returns it with its own parts written anew."""


def pages() -> dict[Path, str]:
    """Every such page as it should be."""
    return {
        REPOSITORY / name: write((REPOSITORY / name).read_text("utf-8")) for name, write in WRITERS.items()
    }
