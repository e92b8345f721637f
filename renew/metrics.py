"""The tables of docs/metrics.md."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from exporter.api.activity import ACTIVITIES, CALL_STATUSES, DIRECTIONS, STATUSES
from exporter.api.endpoints import ENDPOINTS
from exporter.api.failure import REASONS
from exporter.api.outcomes import OUTCOMES, SHORT
from exporter.metrics.catalogue import CATALOGUE, EXPORTER, EXTENSIONS, HISTORY, SNAPSHOT
from exporter.metrics.queue_agents import ESTIMATES
from exporter.metrics.samples import UNKNOWN_FIELDS
from renew.marked import marked, table

SECTIONS: Final = (SNAPSHOT, HISTORY, EXTENSIONS, EXPORTER)
LABEL_VALUES: Final[dict[tuple[str, str], Sequence[str]]] = {
    ("status", "of agents and extensions"): (*STATUSES.values(), "unknown"),
    ("status", "of calls"): CALL_STATUSES,
    ("activity", ""): ACTIVITIES,
    ("direction", ""): DIRECTIONS,
    ("outcome", ""): (*OUTCOMES, SHORT),
    ("method", ""): ESTIMATES,
    ("severity", ""): ("warning", "critical"),
    ("source", ""): tuple(ENDPOINTS),
    ("reason", ""): tuple(REASONS),
    ("field", ""): UNKNOWN_FIELDS,
}
"""The labels whose values are a closed set, each with its subject where one name serves twice."""


def renew(page: str) -> str:
    """The page with the tables of today."""
    families = {f"metrics: {section.lower()}": _families(section) for section in SECTIONS}
    return marked(page, families | {"values of labels": _label_values()})


def _families(section: str) -> str:
    return table(
        ("metric", "type", "labels", "meaning"),
        (
            (f"`{each.name}`", each.kind, ", ".join(each.labels), each.help)
            for each in CATALOGUE
            if each.section == section
        ),
    )


def _label_values() -> str:
    return table(
        ("label", "values"),
        (
            (f"`{label}` {of}".strip(), ", ".join(f"`{value}`" for value in values))
            for (label, of), values in LABEL_VALUES.items()
        ),
    )
