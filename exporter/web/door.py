"""Where connections come in: each has a place once it is accepted, and costs little until it speaks."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import socket
import ssl
from collections.abc import Callable, Sequence
from typing import Final

from exporter.web.admission import Place, Places, Scrapers
from exporter.web.handshake import FIRST_BYTE, HandshakeFailed, end_politely, shake_hands
from exporter.web.house import House
from exporter.web.traffic import Refused, client_of

logger = logging.getLogger(__name__)

AT_A_TIME: Final = 64
"""Connections that are accepted before the event loop goes on with other work."""
PAUSE: Final = 0.2
"""Seconds without accepting while there are no descriptors."""
_NO_ROOM: Final = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_WHY: Final = b"Bad Request: this port speaks TLS, ask it with https://\n"
_NOT_TLS: Final = (
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\n"
    b"connection: close\r\n\r\n%b" % (len(_WHY), _WHY)
)

Protocol = Callable[[Place], asyncio.Protocol]


class Door:
    """Accepts on listening sockets; makes a `protocol` of each connection once its first byte is there.

    With `tls`, which gives the context for the next handshake, the protocol begins after the handshake.
    """

    def __init__(
        self,
        listeners: Sequence[socket.socket],
        protocol: Protocol,
        tls: Callable[[], ssl.SSLContext] | None,
        house: House,
    ) -> None:
        self.listeners = listeners
        self.places = house.places
        self._protocol = protocol
        self._tls = tls
        self._limits = house.limits
        self._handshakes = Places(house.limits.handshakes, Scrapers(0))
        self._traffic = house.traffic
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[bool]] = set()
        self._open = False

    def open(self) -> None:
        """Begin to accept."""
        self._open = True
        for listener in self.listeners:
            listener.listen(self._limits.backlog)
            self._loop.add_reader(listener, self._accept, listener)

    def close(self) -> None:
        """Accept no more; end all connections."""
        self._open = False
        for listener in self.listeners:
            if listener.fileno() >= 0:
                self._loop.remove_reader(listener)
                listener.close()
        self.places.end_all()
        for task in self._tasks:
            task.cancel()

    def _accept(self, listener: socket.socket) -> None:
        for _ in range(AT_A_TIME):
            try:
                accepted, address = listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in _NO_ROOM:
                    raise
                self._traffic.count(Refused.FULL, "unknown address")
                self._loop.remove_reader(listener)
                self._loop.call_later(PAUSE, self._resume, listener)
                return
            self._admit(accepted, address[0])

    def _resume(self, listener: socket.socket) -> None:
        if self._open:
            self._loop.add_reader(listener, self._accept, listener)

    def _admit(self, accepted: socket.socket, host: str) -> None:
        accepted.setblocking(False)
        arrival = _Arrival(self, accepted)
        place, evicted = self.places.take(client_of(host), arrival.leave)
        if evicted:
            self._traffic.count(Refused.EVICTED, evicted.client)
        if place:
            arrival.wait(place)
        else:
            self._traffic.count(Refused.FULL, host)
            accepted.close()

    def speaks(self, accepted: socket.socket, place: Place, first: int) -> None:
        """The first byte of a connection is there."""
        if self._tls is None:
            self._connect(accepted, place, None)
        elif first == FIRST_BYTE:
            self._connect(accepted, place, self._tls())
        else:
            self._traffic.count(Refused.HANDSHAKE, place.client)
            place.leave = accepted.close
            self._loop.call_later(self._limits.linger_timeout, self.places.end, place)
            with contextlib.suppress(OSError):
                accepted.send(_NOT_TLS)
                end_politely(accepted)

    def _connect(self, accepted: socket.socket, place: Place, tls: ssl.SSLContext | None) -> None:
        """Make the protocol, which takes the place over; what goes wrong until then ends here."""
        work = self._plain(accepted, place) if tls is None else self._shake_hands(accepted, place, tls)
        task = self._loop.create_task(work)
        self._tasks.add(task)

        def done(_: asyncio.Task[bool]) -> None:
            self._tasks.discard(task)
            if task.cancelled() or not task.result():
                accepted.close()
                self.places.give_back(place)

        def cancel() -> None:
            task.cancel()

        place.leave = cancel
        task.add_done_callback(done)

    async def _plain(self, accepted: socket.socket, place: Place) -> bool:
        try:
            await self._loop.connect_accepted_socket(lambda: self._protocol(place), accepted)
        except OSError:
            return False
        return True

    async def _shake_hands(self, accepted: socket.socket, place: Place, tls: ssl.SSLContext) -> bool:
        handshake, evicted = self._handshakes.take(place.client, place.leave)
        if evicted:
            self._traffic.count(Refused.EVICTED, evicted.client)
        try:
            await shake_hands(accepted, tls, lambda: self._protocol(place), self._limits)
        except HandshakeFailed:
            self._traffic.count(Refused.HANDSHAKE, place.client)
            return False
        finally:
            if handshake:
                self._handshakes.give_back(handshake)
        return handshake is not None


class _Arrival:
    """A connection that has not said anything yet: a socket and a deadline."""

    __slots__ = ("_accepted", "_deadline", "_door", "_place")

    def __init__(self, door: Door, accepted: socket.socket) -> None:
        self._door = door
        self._accepted = accepted

    def wait(self, place: Place) -> None:
        """Wait for the first byte."""
        self._place = place
        door = self._door
        door._loop.add_reader(self._accepted, self._speaks)
        self._deadline = door._loop.call_later(door._limits.header_timeout, door.places.end, place)

    def leave(self) -> None:
        """End the connection."""
        self._forget()
        self._accepted.close()

    def _speaks(self) -> None:
        try:
            first = self._accepted.recv(1, socket.MSG_PEEK)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            first = b""
        if first:
            self._forget()
            self._door.speaks(self._accepted, self._place, first[0])
        else:
            self._door.places.end(self._place)

    def _forget(self) -> None:
        self._deadline.cancel()
        self._door._loop.remove_reader(self._accepted)
