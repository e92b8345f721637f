"""How many large answers may be in memory at once, over all accounts: a bound on memory, not on speed."""

from __future__ import annotations

import math
import threading
import time
from typing import Final

from exporter.api import wire
from exporter.client.attempt import Attempt

CHUNK: Final = 256 * 1024
"""The least that an answer gains between two looks at it, in bytes."""
PATIENCE: Final = 1.0
"""Seconds in which a large answer gains a chunk, when another waits for its slot."""
_SLOTS: Final = 2
_changed: Final = threading.Condition()
_holders: Final[list[Slot]] = []


class Slot:
    """One of the few slots for large answers. An attempt takes it when its answer turns out to be large."""

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self._size = 0
        self.gained = math.inf
        """When it last gained a chunk, in monotonic seconds."""

    def grow_to(self, size: int) -> None:
        """Wait for a slot when an answer of that size needs one. Raises TimeoutError."""
        if size <= wire.LARGE:
            return
        with _changed:
            if self not in _holders:
                self._take()
            elif size - self._size < CHUNK:
                return
            self._size, self.gained = size, time.monotonic()

    def complete(self) -> None:
        """Note that the whole answer is here: from now on nobody takes the slot away."""
        self.gained = math.inf

    def _take(self) -> None:
        while len(_holders) >= _SLOTS:
            min(_holders, key=lambda holder: holder.gained).end_if_stalled()
            _changed.wait(min(self._attempt.remaining(), PATIENCE / 4))
        self._attempt.remaining()
        _holders.append(self)

    def end_if_stalled(self) -> None:
        """End the attempt of an answer that keeps others waiting and gains nothing."""
        if time.monotonic() - self.gained >= PATIENCE:
            self._attempt.expire(f"a large answer stalled for {PATIENCE:g} s while others waited")

    def __enter__(self) -> Slot:
        return self

    def __exit__(self, *_: object) -> None:
        with _changed:
            if self in _holders:
                _holders.remove(self)
                _changed.notify()
