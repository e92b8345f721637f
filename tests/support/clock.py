"""A clock that the test moves, in place of a module's `time`."""

from __future__ import annotations


class Clock:
    """Stands in for `time`; what it shows is `now`, in seconds, and Unix seconds since another moment."""

    def __init__(self, now: float = 0.0, unix_at_zero: float = 0.0) -> None:
        self.now = now
        self._unix_at_zero = unix_at_zero

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self._unix_at_zero + self.now

    def time_ns(self) -> int:
        return int(self.now * 1e9)
