"""Which legs of an answer have to be looked at: most show what the answer before showed."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass

from exporter.api.snapshot import MAX_LABEL, ExtensionsSnapshot
from exporter.api.wire import Extension, Leg

ShownLeg = tuple[Extension, Leg]
"""A leg and the extension that shows it."""


def key_of(extension: Extension) -> str:
    """What tells an extension from others: its name, or its id where it has none."""
    return (extension.username or str(extension.extension_id))[:MAX_LABEL]


@dataclass(frozen=True, slots=True)
class News:
    """What one usable answer of the extensions shows against the one before."""

    legs: list[ShownLeg]
    """All legs but those of calls that were answered before, ring nowhere, and are shown as they were."""
    present: Set[str]
    """The ids of all legs."""
    vanished: Set[str]
    """Those that the answer before showed and this one does not."""


class Legs:
    """Compares successive usable answers of GetExtensionsCalls."""

    def __init__(self) -> None:
        self._present: frozenset[str] = frozenset()
        self._answered: dict[str, float] = {}
        """The answer epoch of each id whose legs tell nothing new while they show it."""

    def news(self, snapshot: ExtensionsSnapshot) -> News:
        """Take a usable answer. Each call of this is to be followed by one of `remember`."""
        answered = self._answered
        legs = [
            (extension, leg)
            for extension in snapshot.details or ()
            if (calls := extension.calls) and calls.__class__ is list
            for leg in calls
            if answered.get(leg.call_id) != leg.answered_at
        ]
        before, self._present = self._present, snapshot.activity.call_ids
        vanished = before - self._present
        for call_id in vanished:
            answered.pop(call_id, None)
        return News(legs, self._present, vanished)

    def remember(self, news: News, ringing: Iterable[str]) -> None:
        """Look no more at what is known now, but go on looking at legs of the ids in `ringing`."""
        for _, leg in news.legs:
            if leg.answered_at > 0 and leg.call_id:
                self._answered[leg.call_id] = leg.answered_at
        for call_id in ringing:
            self._answered.pop(call_id, None)
