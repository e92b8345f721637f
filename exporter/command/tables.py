"""The tables of `--api.check` as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from exporter.collect.selection import ExportedQueue

_COLUMNS: Final = ("account", "source", "outcome", "milliseconds", "seen", "clock_offset_seconds")
_OF_QUEUES: Final = ("account", "queue id", "queue", "wait limits", "callers", "service level", "decided by")
_NUMBERS: Final = frozenset(("milliseconds", "seen", "clock offset (s)", "callers"))
_GOOD, _ACT, _PLAIN = "\x1b[32m", "\x1b[31m", "\x1b[0m"


def of_sources(findings: Sequence[Mapping[str, Any]], *, coloured: bool) -> list[str]:
    """A line for each source of each account."""
    rows = [["" if each[column] is None else str(each[column]) for column in _COLUMNS] for each in findings]
    heads = [column.replace("_seconds", " (s)").replace("_", " ") for column in _COLUMNS]

    def painted(row: Sequence[str], padded: list[str]) -> list[str]:
        colour = _GOOD if row[2] == "ok" else _ACT
        return [*padded[:2], f"{colour}{padded[2]}{_PLAIN}", *padded[3:]] if coloured else padded

    return _table(heads, rows, painted)


def of_queues(queues: Sequence[tuple[str, ExportedQueue]]) -> list[str]:
    """A line for each exported queue; each comes with its account."""
    return _table(
        _OF_QUEUES, [[account, *queue.words] for account, queue in queues], lambda _, padded: padded
    )


def _table(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    painted: Callable[[Sequence[str], list[str]], list[str]],
) -> list[str]:
    widths = [max(map(len, cells)) for cells in zip(heads, *rows, strict=True)]

    def padded(cells: Sequence[str]) -> list[str]:
        return [
            cell.rjust(width) if head in _NUMBERS else cell.ljust(width)
            for head, cell, width in zip(heads, cells, widths, strict=True)
        ]

    return [
        "  ".join(padded(heads)).rstrip(),
        *("  ".join(painted(row, padded(row))).rstrip() for row in rows),
    ]
