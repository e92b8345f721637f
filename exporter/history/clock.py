"""The vendor's clock against ours: its epochs are probably local wall-clock time read as if it were UTC."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from operator import attrgetter
from statistics import median
from typing import Final

from exporter.api.wire import Caller

_YOUNGEST: Final = 5
_WOBBLE: Final = 5.0  # seconds: whole seconds on both sides, the way of the answer, a clock being slewed


@dataclass(frozen=True, slots=True)
class Moment:
    """When a usable answer came."""

    at: float
    """The start of its attempt, monotonic seconds."""
    received: float
    """Its last byte, our Unix seconds."""
    elapsed: float | None
    """Seconds since the usable answer before it; None if there is none or a gap lies between them."""


class VendorClock:
    """The offset of the vendor's clock, learned from what the snapshots show.

    A first estimate is believed at once. One that is far from what is known (a daylight-saving step, a clock
    set right) is believed when the next one agrees with it: a single odd value moves nothing.
    """

    def __init__(self) -> None:
        self.offset: float | None = None
        """The vendor's clock minus ours in seconds, None until it is known."""
        self._newest: tuple[float, float] | None = None
        """The newest `callStarted` of the last answer, and when that came."""
        self._uncertainty = 0.0
        self._suspected: float | None = None

    def monotonic(self, epoch: float, moment: Moment) -> float | None:
        """A vendor's epoch on the scale of `moment.at`, None until the offset is known."""
        return None if self.offset is None else moment.at + epoch - self.offset - moment.received

    def learn_from_callers(self, callers: Iterable[Caller], received: float) -> None:
        """Learn from `JoinTime + Duration`, the vendor's now, against ours (`received`, Unix seconds).

        The callers who joined last count: those from before a daylight-saving step still carry the old wall
        clock.
        """
        known = [caller for caller in callers if caller.join_time > 0]
        youngest = nsmallest(_YOUNGEST, known, key=attrgetter("duration"))
        if youngest:
            now = median(caller.join_time + caller.duration for caller in youngest)
            self._consider(now - received, 0.0)

    def learn_from_legs(self, started: Sequence[float], before: float, received: float) -> None:
        """Learn from `callStarted` of legs that appeared between two answers (Unix seconds)."""
        if started:
            half = max(0.0, received - before) / 2
            self._consider(median(started) - (received - half), half)

    def learn_from_newest(self, started: float, received: float) -> None:
        """Learn from the newest `callStarted` of an answer: if it is new, it lies since the last answer."""
        before, self._newest = self._newest, (started, received)
        if before is not None and started > before[0]:
            self.learn_from_legs([started], before[1], received)

    def _consider(self, estimate: float, uncertainty: float) -> None:
        margin = uncertainty + _WOBBLE
        agrees = self.offset is not None and abs(estimate - self.offset) <= margin + self._uncertainty
        confirmed = self._suspected is not None and abs(estimate - self._suspected) <= margin
        if agrees and uncertainty > self._uncertainty:
            self._suspected = None  # what is known is the better estimate
        elif agrees or confirmed or self.offset is None:
            self.offset, self._uncertainty, self._suspected = estimate, uncertainty, None
        else:
            self._suspected = estimate
