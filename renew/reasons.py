"""What docs/troubleshooting.md and the index of the runbooks say of each reason of failure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from exporter.api.failure import REASONS
from renew.marked import marked, sentence, table

TITLE: Final = re.compile(r"# (?P<name>\w+): (?P<title>.+)\n\nSeverity: (?P<severity>.+)\.\n")


def troubleshooting(page: str) -> str:
    """The page with the table of reasons."""
    rows = (
        (f"`{each.name}`", each.cause, f"{sentence(each.advice)}", _runbook(each.alert, "runbooks/"))
        for each in REASONS.values()
    )
    return marked(page, {"reasons": table(("reason", "usual cause", "what to do", "alert"), rows)})


def index(page: str, runbooks: Iterator[str]) -> str:
    """The index with all runbooks, by their first lines, and the reasons."""
    titles = [found for text in runbooks if (found := TITLE.match(text))]
    alerts = table(
        ("runbook", "severity", "what it tells"),
        ((_runbook(each["name"]), each["severity"], each["title"]) for each in titles),
    )
    reasons = table(
        ("reason", "runbook", "usual cause"),
        ((f"`{each.name}`", _runbook(each.alert), each.cause) for each in REASONS.values()),
    )
    return marked(page, {"runbooks": alerts, "reasons": reasons})


def _runbook(alert: str, folder: str = "") -> str:
    return f"[{alert}]({folder}{alert}.md)"
