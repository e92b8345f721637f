"""What stands in a page for the labels of samples: written once for all families that show them alike."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from exporter.metrics.numbers import Labels

T = TypeVar("T", str, bytes)


class LabelTable(dict[Labels, T]):
    """What is written, by the values of the labels; written when it is asked for first."""

    __slots__ = ("_write",)

    def __init__(self, write: Callable[[Labels], T]) -> None:
        super().__init__()
        self._write: Callable[[Labels], T] = write

    def __missing__(self, values: Labels) -> T:
        written = self[values] = self._write(values)
        return written


class LabelTables(Generic[T]):
    """Those of one account: a table for each way in which families show their labels."""

    def __init__(self) -> None:
        self._tables: dict[Hashable, LabelTable[T]] = {}
        self._needed: dict[Hashable, int] = {}
        """Per table, the samples of the largest family that asked for it since the last time."""

    def __len__(self) -> int:
        """How many label sets are remembered."""
        return sum(map(len, self._tables.values()))

    def of(self, way: Hashable, samples: int, write: Callable[[Labels], T]) -> LabelTable[T]:
        """The table of that way, for so many samples; `write` is the same for all that ask for it."""
        self._needed[way] = max(samples, self._needed.get(way, 0))
        table = self._tables.get(way)
        if table is None:
            table = self._tables[way] = LabelTable(write)
        return table

    def tidy(self) -> None:
        """Drop the tables of which at least half is stale, and those that nobody needs any more."""
        tables, needed = self._tables, self._needed
        self._tables = {way: tables[way] for way, most in needed.items() if len(tables[way]) <= 2 * most}
        needed.clear()
