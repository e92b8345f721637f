"""One attempt at one endpoint: its deadline, its timeline, and the socket that is shut when time is up."""

from __future__ import annotations

import os
import socket
import threading
import time
from typing import Final

STEPS: Final = ("resolved", "connected", "handshake", "sent", "first byte", "last byte", "decoded")
"""The steps of an attempt in their order; a kept-alive connection has none of the first three."""


class Attempt:
    """Runs in one thread; `expire` may be called from any other, and ends its reads and writes.

    Timeouts of sockets count per read, so a peer that drips bytes outlasts them: only shutting the connection
    ends an attempt at its deadline.
    """

    def __init__(self, timeout: float) -> None:
        self.started = time.monotonic()
        self.deadline = self.started + timeout
        self.timeline: dict[str, float] = {}
        self.expired = False
        self.why = ""
        self.reused = False
        self._lock = threading.Lock()
        self._watched: int | None = None

    def remaining(self) -> float:
        """Seconds to the deadline. Raises TimeoutError when there are none."""
        seconds = self.deadline - time.monotonic()
        if self.expired or seconds <= 0:
            raise TimeoutError
        return seconds

    def mark(self, step: str) -> None:
        """Note that a step is done, in seconds since the start."""
        self.timeline[step] = time.monotonic() - self.started

    def watch(self, connection: socket.socket) -> None:
        """Shut this connection when the attempt expires.

        A descriptor of our own is kept, because wrapping a socket in TLS takes the original one away.
        """
        watched = os.dup(connection.fileno())
        with self._lock:
            self._release()
            self._watched = watched
            if self.expired:
                self._shut()

    def expire(self, why: str = "") -> None:
        """End the attempt now; `why` when it is not its deadline."""
        with self._lock:
            self.why = self.why or why
            self.expired = True
            self._shut()

    def close(self) -> None:
        """Release the connection, which stays in its pool."""
        with self._lock:
            self._release()

    def _shut(self) -> None:
        if self._watched is None:
            return
        # A socket is made of it only now: nearly all attempts need none.
        connection = socket.socket(fileno=self._watched)
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the peer has closed it
        finally:
            connection.detach()

    def _release(self) -> None:
        if self._watched is not None:
            os.close(self._watched)
            self._watched = None


class _Current(threading.local):
    attempt: Attempt | None = None


CURRENT: Final = _Current()
"""The attempt of this thread, where its connections find it: requests has no way to hand it down."""
