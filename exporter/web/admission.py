"""Who keeps a place when there are more clients than places. No I/O."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

REMEMBERED_FOR: Final = 300.0
"""Seconds without a scrape after which a scraper's own place goes to another."""


class Place:
    """The place of one connection, from the moment it is accepted. `leave` ends the connection."""

    __slots__ = ("answering", "client", "leave")

    def __init__(self, client: str, leave: Callable[[], None]) -> None:
        self.client = client
        self.leave = leave
        self.answering = False


def _gone() -> None:
    pass


class Scrapers:
    """The last connection of each client that scrapes, of a few clients that came first and go on."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._known: dict[str, tuple[float, Place]] = {}

    def note(self, place: Place) -> None:
        """A scrape was answered at this place."""
        now = self._clock()
        if place.client not in self._known and len(self._known) >= self._most:
            silent = min(self._known, key=lambda client: self._known[client][0], default=None)
            if silent is None or now - self._known[silent][0] < REMEMBERED_FOR:
                return
            del self._known[silent]
        self._known[place.client] = now, place

    def knows(self, client: str) -> bool:
        """Whether this client scrapes."""
        return client in self._known

    def holds(self, place: Place) -> bool:
        """Whether its client's last scrape was answered at this place."""
        known = self._known.get(place.client)
        return known is not None and known[1] is place


class Places:
    """`most` places. The most crowded client makes room: where it waits longest without a whole request."""

    def __init__(self, most: int, scrapers: Scrapers) -> None:
        self.most = most
        self.scrapers = scrapers
        # Client → its places, in the order in which they began to wait, or to be answered.
        self._waiting: dict[str, dict[Place, None]] = {}
        self._answering: dict[str, dict[Place, None]] = {}
        self._taken = 0

    def __len__(self) -> int:
        """How many are taken."""
        return self._taken

    def take(self, client: str, leave: Callable[[], None]) -> tuple[Place | None, Place | None]:
        """A place, and the one that was ended for it; no place when nobody has to make room."""
        evicted = None
        if self._taken >= self.most:
            evicted = self._dispensable(client)
            if evicted is None:
                return None, None
            self.end(evicted)
        place = Place(client, leave)
        self._put(self._waiting, place)
        self._taken += 1
        return place, evicted

    def answers(self, place: Place, *, answering: bool) -> None:
        """The place has a whole request now, or has none any more."""
        if place.answering != answering and self._remove(place):
            place.answering = answering
            self._put(self._answering if answering else self._waiting, place)

    def give_back(self, place: Place) -> None:
        """The connection has ended. A second time does nothing."""
        if self._remove(place):
            self._taken -= 1
            place.leave = _gone  # it holds the connection, which holds the place

    def end(self, place: Place) -> None:
        """End the connection; its place is free at once."""
        leave = place.leave
        self.give_back(place)
        leave()

    def end_all(self) -> None:
        """End all connections."""
        for group in (self._waiting, self._answering):
            for place in [place for places in group.values() for place in places]:
                self.end(place)

    def _dispensable(self, client: str) -> Place | None:
        """Who ends for a new connection of `client`."""
        for places in sorted(self._waiting.values(), key=len, reverse=True):
            for place in places:
                if not self.scrapers.holds(place):
                    return place
        # All are being answered, or hang on to their answers: an equal share for each.
        crowd = max(self._answering.values(), key=len, default={})
        if len(crowd) > len(self._answering.get(client, ())) + 1:
            return next((place for place in crowd if not self.scrapers.holds(place)), None)
        return None

    def _put(self, group: dict[str, dict[Place, None]], place: Place) -> None:
        group.setdefault(place.client, {})[place] = None

    def _remove(self, place: Place) -> bool:
        group = self._answering if place.answering else self._waiting
        places = group.get(place.client, {})
        if place not in places:
            return False
        del places[place]
        if not places:
            del group[place.client]
        return True
