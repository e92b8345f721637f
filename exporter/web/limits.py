"""What clients may take: deadlines, sizes, numbers at a time, and requests per time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Durations in seconds, sizes in bytes."""

    header_timeout: float = 10.0
    """From the connection, or from the first byte of a further request, to the last byte of its headers."""
    handshake_timeout: float = 10.0
    """Of TLS, from its first byte on."""
    idle_timeout: float = 75.0
    """Of a kept-alive connection; longer than the usual minute between scrapes."""
    flush_timeout: float = 10.0
    """For a client to take the next piece of an answer, or the rest of one whose connection then closes."""
    linger_timeout: float = 1.0
    """For a client to stop sending what was refused."""
    shutdown_grace: float = 10.0
    """For requests under way once shutdown has begun."""
    requests: int = 512
    """Under way at a time, health checks not counted."""
    scrapers: int = 8
    """Clients whose last connection is kept and has a place of its own among requests."""
    connections: int = 1024
    """At a time, and never more than half of the descriptors."""
    handshakes: int = 128
    """Of TLS, under way at a time."""
    unread: int = 32 * 1024 * 1024
    """Held of all answers that clients have not taken yet."""
    logins: int = 512
    """Waiting at a time, those not counted that were checked before."""
    login_threads: int = 2
    headers: int = 16 * 1024
    """Of all headers of a request together."""
    path: int = 2048
    query: int = 4096
    backlog: int = 4096
    """Connections that the kernel holds until they are accepted; those beyond try again after a second."""


class TokenBucket:
    """Lets `burst` requests through at once, then one per `interval` seconds."""

    def __init__(self, interval: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.interval = interval
        self.burst = burst
        self._clock = clock
        self._tokens = float(burst)
        self._counted_at = clock()

    def take(self) -> bool:
        """Whether a request may pass; if so, it has taken its token."""
        now = self._clock()
        self._tokens = min(self.burst, self._tokens + (now - self._counted_at) / self.interval)
        self._counted_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
