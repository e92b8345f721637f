"""Globs that choose queues, extensions and accounts by name."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import translate

from exporter.config import kinds
from exporter.config.keys import Kind, key


@dataclass(frozen=True, slots=True)
class Filter:
    """Globs that choose by name: `*`, `?` and `[…]`, case matters."""

    include: tuple[str, ...] = key(kinds.GLOBS, "what is exported", '["*"]')
    exclude: tuple[str, ...] = key(kinds.GLOBS_OR_NONE, "what of it is left out", "[]")
    _included: re.Pattern[str] | None = field(init=False, repr=False, compare=False)
    _excluded: re.Pattern[str] | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_included", None if "*" in self.include else _any_of(self.include))
        object.__setattr__(self, "_excluded", _any_of(self.exclude) if self.exclude else None)

    @property
    def everything(self) -> bool:
        """Whether every name matches, so that nobody needs to ask."""
        return self._included is None and self._excluded is None

    def matches(self, *names: str) -> bool:
        """Whether any of the names is included and none is excluded."""
        included, excluded = self._included, self._excluded
        if included is not None and not any(map(included.match, names)):
            return False
        return excluded is None or not any(map(excluded.match, names))


def _any_of(globs: tuple[str, ...]) -> re.Pattern[str]:
    """One pattern for all globs; no glob at all matches nothing."""
    return re.compile("|".join(map(translate, globs)) or r"(?!)")


NAMES: Kind[Filter] = Kind(
    kinds.GLOBS.name,
    kinds.GLOBS.expected,
    lambda place: Filter(kinds.GLOBS.read(place)),
    kinds.GLOBS.of,
    kinds.GLOBS.at_least,
)
