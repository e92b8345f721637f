"""One call as history knows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

_MAX_ANSWERS: Final = 16


class Sight(NamedTuple):
    """When something was first shown, and when the usable answer before that came, which did not show it."""

    at: float
    before: float


@dataclass(slots=True, eq=False)
class Call:
    """A call with all its legs, also those it was transferred to. Times are monotonic seconds."""

    ids: list[str]
    """Its own id first, then those of the legs that it was transferred to."""
    direction: str = ""
    """Empty until its first leg has been looked at."""
    answers: dict[tuple[str, float], Sight] = field(default_factory=dict)
    """Each answer's first sight, by its leg's id and its vendor's epoch; the newest of many."""
    first_answer: float | None = None
    """The smallest of these epochs."""
    rings: tuple[float, ...] = ()
    """`callStarted` of its newest rings, the vendor's epochs."""
    silent_since: float | None = None
    silent_until: float | None = None
    """First and last time that a leg was shown as talking without an answer epoch."""
    is_answered: bool = False
    answered_after: float | None = None
    """When it was last shown unanswered or not yet shown, None if no snapshot tells."""
    answered_before: float = 0.0
    """When it was first shown answered."""
    last_at: float = 0.0
    gone_at: float = 0.0
    """When the last answer that found it and the first that missed it came."""
    gone_in_gap: bool = False
    is_over: bool = False
    """It has ended and is only remembered."""
    has_ended: bool = False
    """It has been counted as ended, though it may have come back."""
    talk_is_counted: bool = False

    def note_answer(self, call_id: str, epoch: float, sight: Sight) -> None:
        """Remember an answer of the call, given at a leg with this id."""
        if len(self.answers) >= _MAX_ANSWERS:
            del self.answers[next(iter(self.answers))]
        self.answers[call_id, epoch] = sight
        self.first_answer = epoch if self.first_answer is None else min(epoch, self.first_answer)

    def note_ring(self, started: float) -> None:
        """Remember that the call was shown ringing."""
        if started not in self.rings:
            self.rings = (*self.rings[1 - _MAX_ANSWERS :], started)

    def note_silent_talk(self, at: float, previous_at: float | None) -> None:
        """Remember that a leg talks without telling since when; `previous_at` is the answer before."""
        if self.silent_until not in (at, previous_at):
            self.silent_since = at
        self.silent_until = at
