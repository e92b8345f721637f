"""What an account's answers hold that neither the documentation nor the configuration knows, by its name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from typing import Final, TypeVar

from exporter.api.endpoints import Snapshot
from exporter.api.snapshot import ExtensionsSnapshot
from exporter.config import plural

MOST: Final = 16
"""Status codes, and words, that are told apart."""
OTHER: Final = "other"
K = TypeVar("K", bound=Hashable)


class Oddities:
    """Counts since the start, per answer that a value was in."""

    def __init__(self) -> None:
        self.fields: Counter[str] = Counter()
        """Values by field."""
        self.statuses: Counter[str] = Counter()
        """Agents by status code, or `other`."""
        self.words: Counter[tuple[str, str]] = Counter()
        """Calls by field and word; of these, what comes beyond the bound is left out."""

    def learn(self, snapshot: Snapshot) -> Iterator[str]:
        """Count what an answer holds; yields a line for the log about each value that is new."""
        self.fields.update(snapshot.unknown)
        if not isinstance(snapshot, ExtensionsSnapshot):
            return
        codes = {str(code): number for code, number in snapshot.activity.unknown_statuses.items()}
        for code in _count(self.statuses, codes, OTHER):
            yield _advice(code, self.statuses[code])
        for field, word in _count(self.words, snapshot.activity.unknown_words, None):
            yield f"{field} {word} is unknown to the exporter"

    def lines(self, known: Mapping[int, str]) -> list[str]:
        """All of it for people; `known` are the codes that have a name by now."""
        names = {str(code) for code in known}
        return [
            *(_advice(code, number) for code, number in self.statuses.items() if code not in names),
            *(
                f"{field} {word}, seen {plural(number, 'time')}"
                for (field, word), number in self.words.items()
            ),
        ]


def _count(counts: Counter[K], found: Mapping[K, int], rest: K | None) -> list[K]:
    """Add what was found, at most so many keys and then `rest`; returns the keys that are new."""
    new = []
    for each, number in found.items():
        key = each if each in counts or len(counts) < MOST else rest
        if key is None:
            continue
        if key not in counts:
            new.append(key)
        counts[key] += number
    return new


def _advice(code: str, number: int) -> str:
    what = "other status codes" if code == OTHER else f"status {code}"
    name = "them" if code == OTHER else "it"
    return f"{what}, seen {plural(number, 'time')}; name {name} under statuses"
