"""What clients were refused: counted for the page, and logged once a minute for each reason."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from enum import Enum
from ipaddress import IPv6Address, ip_address
from typing import Final

from exporter.metrics.catalogue import FAMILIES, Family
from exporter.metrics.numbers import Samples

logger = logging.getLogger(__name__)

TOLD_EVERY: Final = 60.0
"""Seconds between two log lines about the same reason."""


class Refused(Enum):
    """Why a client did not get what it came for: the value of the label `reason`."""

    EVICTED = "evicted"
    FULL = "full"
    HANDSHAKE = "handshake"
    SLOW = "slow"
    LOGIN = "login"
    BUSY = "busy"
    RATE = "rate"


TEXTS: Final = {
    Refused.EVICTED: "connections without a request were ended, to make room for new ones",
    Refused.FULL: "connections were refused: all places or descriptors are taken",
    Refused.HANDSHAKE: "TLS handshakes failed",
    Refused.SLOW: "answers were cut off, because clients did not take them in time",
    Refused.LOGIN: "logins failed: unknown name or wrong password",
    Refused.BUSY: "requests were answered with 503: too many under way",
    Refused.RATE: "requests were answered with 429: more than rate_limit allows",
}


class Traffic:
    """Counts of one server. `connections` tells how many are open."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.counts = dict.fromkeys(Refused, 0)
        self.connections: Callable[[], int] = lambda: 0
        self._clock = clock
        self._told: dict[Refused, tuple[float, int]] = {}

    def count(self, reason: Refused, address: str) -> None:
        """Count one, and log it unless the same was logged within the last minute."""
        self.counts[reason] += 1
        now, count = self._clock(), self.counts[reason]
        told_at, told = self._told.get(reason, (-TOLD_EVERY, 0))
        if now - told_at >= TOLD_EVERY:
            self._told[reason] = now, count
            logger.warning("%s: %d, the last one of %s", TEXTS[reason], count - told, address)

    def samples(self) -> list[tuple[Family, Samples]]:
        """The families about clients."""
        refused: Samples = [((reason.value,), count) for reason, count in self.counts.items()]
        return [
            (FAMILIES["voicenter_exporter_http_connections"], [((), self.connections())]),
            (FAMILIES["voicenter_exporter_http_refused_total"], refused),
        ]


def client_of(host: str) -> str:
    """The address that a client is known by; all addresses of an IPv6 network (/64) are one client's."""
    if ":" not in host:
        return host
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return f"{IPv6Address(int(address) >> 64 << 64)}/64"
