"""TLS handshakes on accepted sockets: with the context of the moment, and with an alert when they fail."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from asyncio.sslproto import SSLProtocol
from collections.abc import Callable
from typing import Any, Final, cast

from exporter.web.limits import Limits

_READ_SIZE: Final = 8 * 1024
"""Bytes that asyncio reads at a time and sets aside for each connection, instead of 256 KiB."""
FIRST_BYTE: Final = 0x16
"""Of each handshake: a record of type handshake."""

_UNREAD: Final = 16
"""How often to read what a refused client has sent."""

SSLProtocol.max_size = _READ_SIZE


class Alerting(ssl.SSLObject):
    """Sends the alert of a failed handshake, which asyncio would drop together with the connection."""

    outgoing: ssl.MemoryBIO
    plain: socket.socket

    def do_handshake(self) -> None:
        """As `ssl.SSLObject.do_handshake`."""
        try:
            super().do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except ssl.SSLError:
            with contextlib.suppress(OSError):
                self.plain.send(self.outgoing.read())
                end_politely(self.plain)
            raise


class Context:
    """Stands for a context in asyncio, for one connection."""

    def __init__(self, current: ssl.SSLContext, plain: socket.socket) -> None:
        self._current = current
        self._plain = plain

    def wrap_bio(self, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, **more: Any) -> ssl.SSLObject:
        """As `ssl.SSLContext.wrap_bio`."""
        self._current.sslobject_class = Alerting
        made = cast(Alerting, self._current.wrap_bio(incoming, outgoing, **more))
        made.outgoing, made.plain = outgoing, self._plain
        return made


class HandshakeFailed(Exception):
    """The client went away, was too slow, or TLS was not agreed on."""


async def shake_hands(
    plain: socket.socket, current: ssl.SSLContext, protocol: Callable[[], asyncio.Protocol], limits: Limits
) -> None:
    """Make a connection of `protocol` on the socket, which is closed in the end. Raises `HandshakeFailed`."""
    loop = asyncio.get_running_loop()
    try:
        transport, _ = await loop.connect_accepted_socket(
            protocol,
            plain,
            ssl=Context(current, plain),  # type: ignore[arg-type]
            ssl_handshake_timeout=limits.handshake_timeout,
            ssl_shutdown_timeout=limits.flush_timeout,
        )
    except OSError as error:
        # Its traceback holds the frame that holds it, and all that the connection had.
        error.with_traceback(None)
        raise HandshakeFailed from None
    if transport.get_extra_info("ssl_object") is None:  # the client closed it: no error for asyncio
        raise HandshakeFailed


def end_politely(plain: socket.socket) -> None:
    """Say that nothing more comes, and drop what came: a close with bytes unread resets the connection."""
    plain.shutdown(socket.SHUT_WR)
    for _ in range(_UNREAD):
        if not plain.recv(64 * 1024):
            break
