"""What stands in a page for the labels of samples: written once for all families that show them alike."""

from __future__ import annotations

from collections import Counter
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
        self._samples: Counter[Hashable] = Counter()

    def __len__(self) -> int:
        """How many label sets are remembered."""
        return sum(map(len, self._tables.values()))

    def of(self, way: Hashable, samples: int, write: Callable[[Labels], T]) -> LabelTable[T]:
        """The table of that way, for so many samples; `write` is the same for all that ask for it."""
        self._samples[way] += samples
        table = self._tables.get(way)
        if table is None:
            table = self._tables[way] = LabelTable(write)
        return table

    def tidy(self) -> None:
        """Drop the tables that hold more than all samples since the last time: some of it is stale."""
        stale = [way for way, table in self._tables.items() if len(table) > self._samples[way]]
        for way in stale:
            del self._tables[way]
        self._samples.clear()
