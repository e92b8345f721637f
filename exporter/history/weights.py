"""How many stays a stay that was seen stands for: most of those that are shorter than an interval are missed.

With g seconds between two answers, an answer shows a stay of d seconds with the probability min(1, d/g). So
each that is seen counts 1/min(1, d/g) times (Horvitz and Thompson's estimator). Where d is not known, only
that it lies evenly in (a, a + g), the weight is the mean over that: the stay itself, and an unseen part
that lies between a and g.
"""

from __future__ import annotations

from math import exp, log
from typing import Final, NamedTuple

SHORTEST: Final = 1.0
"""Seconds: who stayed for less counts like who stayed for this long, for the vendor tells whole seconds."""
_AGE_OF_NONE: Final = exp(-1.5)
"""What age 0 is on average, where it is the difference of two moments in whole seconds."""


class Weight(NamedTuple):
    """What one leave counts: for itself, at its wait, and for unseen stays that differ from it."""

    own: float
    """What counts at the wait of the stay itself."""
    unseen_from: float = 0.0
    unseen_to: float = 0.0
    """Seconds between which the unseen stays lie; equal if there are none."""
    interval: float = 0.0
    """Seconds between the two answers that the stay ended between."""

    @property
    def total(self) -> float:
        """What the leave counts altogether."""
        return self.own + unseen(self.unseen_from, self.unseen_to, self.interval)

    def share_within(self, seconds: float, wait: float) -> float:
        """How much of the total waited for at most so many seconds, if the stay itself took `wait`."""
        own = self.own if wait <= seconds else 0.0
        return own + unseen(self.unseen_from, min(seconds, self.unseen_to), self.interval)

    def split(self, seconds: float, wait: float) -> tuple[Part, Part]:
        """What waited for at most so many seconds, and the rest; the stay itself took about `wait`.

        Where the weight has an unseen part, the stay itself lies evenly in one interval from there on.
        """
        start, interval = self.unseen_from, self.interval
        if start == self.unseen_to:
            parts = Part(wait, self), Part(wait, NOTHING)
            return parts if wait <= seconds else (parts[1], parts[0])
        limit = min(max(seconds, start), start + interval)
        share = (limit - start) / interval
        middle = min(limit, self.unseen_to)
        return (
            Part((start + limit) / 2, Weight(self.own * share, start, middle, interval)),
            Part(
                (limit + start + interval) / 2,
                Weight(self.own * (1 - share), middle, self.unseen_to, interval),
            ),
        )


class Part(NamedTuple):
    """Some of what a leave counts."""

    wait: float | None
    """Seconds, of the stay itself; None if nothing tells."""
    weight: Weight


NOTHING: Final = Weight(0.0)
ONCE: Final = Weight(1.0)
"""Of a leave that stands for itself alone."""


def of_known(wait: float, age: float, interval: float) -> Weight:
    """The weight of a stay that took `wait` seconds, last seen at `age`, answers `interval` seconds apart."""
    return Weight(max(1.0, interval / max(wait, age, SHORTEST)))


def of_unknown(age: float, interval: float) -> Weight:
    """The weight of a stay that ended some time in the `interval` seconds after it was seen at `age`."""
    age = age if age > 0 else _AGE_OF_NONE
    if age >= interval:
        return ONCE
    return Weight(1.0, age, interval, interval)


def unseen(start: float, end: float, interval: float) -> float:
    """How many unseen stays lie between two lengths in seconds, both at most `interval`."""
    return log(end / start) - (end - start) / interval if end > start else 0.0


def unseen_seconds(start: float, end: float, interval: float) -> float:
    """How long the unseen stays between two lengths were together."""
    return (end - start) * (1 - (start + end) / (2 * interval)) if end > start else 0.0
