"""A clock that the test moves, in place of a module's `time`."""

from __future__ import annotations


class Clock:
    """Stands in for `time`; what it shows is `now`, in seconds."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now

    def time_ns(self) -> int:
        return int(self.now * 1e9)
