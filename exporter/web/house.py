"""What all connections of a server share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from exporter.web.admission import Places
from exporter.web.limits import Limits
from exporter.web.sending import Unread
from exporter.web.traffic import Traffic


@dataclass(frozen=True, slots=True)
class House:
    """Bounds, places and counts; `headers` gives those that every answer carries."""

    limits: Limits
    places: Places
    unread: Unread
    traffic: Traffic
    headers: Callable[[], Iterable[tuple[bytes, bytes]]]
