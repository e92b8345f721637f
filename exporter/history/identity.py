"""Which call a leg belongs to: a call that was transferred gets new ids, and is still the same call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from exporter.api.wire import Leg
from exporter.history.call import Call

REMEMBERED_SECONDS: Final = 300.0
"""An ended call is remembered for this long at least, and for twice as long at most."""
REMEMBERED_CALLS: Final = 10_000
"""Ended calls that are remembered at most, twice over."""
MOST_IDS: Final = 1_000
"""The most ids that one call has; a further id is a call of its own."""


class CallIndex:
    """Calls by every id that they go by: those that live, and for some minutes those that have ended."""

    def __init__(self) -> None:
        self.by_id: dict[str, Call] = {}
        self._ended: dict[Call, None] = {}
        self._ended_before: dict[Call, None] = {}
        self._turned_at: float | None = None

    def link(self, legs: Sequence[Leg]) -> list[Leg]:
        """Give every leg's id its call and return the legs whose ids were not known."""
        unknown = [leg for leg in legs if leg.call_id not in self.by_id]
        origins = {leg.call_id: original for leg in unknown if (original := leg.original_call_id())}
        for leg in unknown:
            if leg.call_id not in self.by_id:
                self._enter(leg.call_id, origins)
        return unknown

    def revive(self, call: Call) -> None:
        """Take a remembered call as living again."""
        call.is_over = False
        self._ended.pop(call, None)
        self._ended_before.pop(call, None)

    def retire(self, call: Call) -> None:
        """Take a living call as ended, to be remembered for a while."""
        call.is_over = True
        self._ended[call] = None

    def forget_old(self, at: float) -> bool:
        """Forget calls that ended long enough ago; whether it was time to."""
        if self._turned_at is None:
            self._turned_at = at
        if at - self._turned_at < REMEMBERED_SECONDS and len(self._ended) < REMEMBERED_CALLS:
            return False
        for call in self._ended_before:
            for call_id in call.ids:
                del self.by_id[call_id]
        self._ended_before, self._ended, self._turned_at = self._ended, {}, at
        return True

    def _enter(self, call_id: str, origins: dict[str, str]) -> None:
        path = _path(call_id, origins)
        call = self.by_id.get(path[-1])
        if call is None:
            call = self.by_id[path[-1]] = Call([path[-1]])
        for known_as in path[:-1]:
            if known_as not in self.by_id:
                if len(call.ids) >= MOST_IDS:
                    self.by_id[known_as] = Call([known_as])
                else:
                    self.by_id[known_as] = call
                    call.ids.append(known_as)
            del origins[known_as]  # walked once: a long chain would be quadratic otherwise


def _path(call_id: str, origins: dict[str, str]) -> list[str]:
    """The ids from a leg's own to that of the call it stems from; a circle ends where it would close."""
    path = {call_id: None}
    while (origin := origins.get(call_id)) is not None and origin not in path:
        path[origin] = None
        call_id = origin
    return list(path)
