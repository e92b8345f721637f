"""Renews the tables in docs/metrics.md: `python -m exporter.metrics.docs docs/metrics.md`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from exporter.api.endpoints import ENDPOINTS
from exporter.api.failure import ADVICE
from exporter.api.snapshot import ACTIVITIES, CALL_STATUSES, DIRECTIONS, STATUSES
from exporter.history import OUTCOMES
from exporter.metrics.catalogue import CATALOGUE, EXPORTER, EXTENSIONS, HISTORY, SNAPSHOT
from exporter.metrics.samples import UNKNOWN_FIELDS

SECTIONS: Final = (SNAPSHOT, HISTORY, EXTENSIONS, EXPORTER)
LABEL_VALUES: Final[dict[tuple[str, str], Sequence[str]]] = {
    ("status", "of agents and extensions"): (*STATUSES.values(), "unknown"),
    ("status", "of calls"): CALL_STATUSES,
    ("activity", ""): ACTIVITIES,
    ("direction", ""): DIRECTIONS,
    ("outcome", ""): OUTCOMES,
    ("severity", ""): ("warning", "critical"),
    ("source", ""): tuple(ENDPOINTS),
    ("reason", ""): tuple(ADVICE),
    ("field", ""): UNKNOWN_FIELDS,
}
"""The labels whose values are a closed set, each with what it is told of where one name serves twice."""


def renew(page: str) -> str:
    """The page with what stands between each `<!-- … -->` of ours and `<!-- end -->` written anew."""
    tables = {f"metrics: {section.lower()}": _families(section) for section in SECTIONS}
    tables |= {"values of labels": _label_values(), "reasons": _reasons()}
    for name, table in tables.items():
        begin, end = f"<!-- {name} -->\n", "<!-- end -->\n"
        pattern = re.compile(f"({re.escape(begin)}).*?({re.escape(end)})", re.DOTALL)
        page = pattern.sub(lambda found, table=table: found[1] + table + found[2], page)  # type: ignore[misc]
    return page


def _families(section: str) -> str:
    return _table(
        ("metric", "type", "labels", "meaning"),
        (
            (f"`{each.name}`", each.kind, ", ".join(each.labels), each.help)
            for each in CATALOGUE
            if each.section == section
        ),
    )


def _label_values() -> str:
    return _table(
        ("label", "values"),
        (
            (f"`{label}` {of}".strip(), ", ".join(f"`{value}`" for value in values))
            for (label, of), values in LABEL_VALUES.items()
        ),
    )


def _reasons() -> str:
    return _table(
        ("reason", "what to do"),
        ((f"`{reason}`", advice[0].upper() + advice[1:]) for reason, advice in ADVICE.items()),
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = (f"| {' | '.join(cells)} |\n" for cells in (heads, *rows))
    head, *body = lines
    return head + "|---" * len(heads) + "|\n" + "".join(body)


if __name__ == "__main__":
    _page = Path(sys.argv[1])
    _page.write_text(renew(_page.read_text("utf-8")), "utf-8")
