"""Listen addresses such as `:10061` or `[::1]:0` → listening sockets."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable

_ADDRESS = re.compile(r"(?:\[(?P<bracketed>[^\[\]]*)\]|(?P<plain>[^\[\]:]*)):(?P<port>\d{1,5})", re.ASCII)

_SEND_BUFFER = 128 * 1024
"""Bytes in the kernel that a client has not taken; Linux takes twice as much. Unset, it may be megabytes."""


class ListenError(Exception):
    """An address cannot be listened on. The text names it and says why."""


def bind_all(addresses: Iterable[str]) -> list[socket.socket]:
    """A listening socket per address, all of them or none. Raises `ListenError`."""
    sockets: list[socket.socket] = []
    try:
        for address in addresses:
            sockets.append(bind(address))  # noqa: PERF401 - a comprehension would lose those to close
    except ListenError:
        for each in sockets:
            each.close()
        raise
    return sockets


def bind(address: str) -> socket.socket:
    """A socket that listens on HOST:PORT; without a host on all addresses, IPv6 too where there is any.

    Raises `ListenError`.
    """
    host, port = split(address)
    if not host:
        host = "::" if socket.has_dualstack_ipv6() else "0.0.0.0"  # noqa: S104 - asked for
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        # A name such as localhost has several addresses; one is taken, IPv4 first.
        family, _, _, _, place = min(found, key=lambda each: each[0] != socket.AF_INET)
        return _listening(family, place)
    except OSError as error:
        raise ListenError(f"cannot listen on {address}: {error.strerror or error}") from None
    except UnicodeError:
        raise ListenError(f"cannot listen on {address!r}: no such host name") from None


def split(address: str) -> tuple[str, int]:
    """Host (empty: all addresses) and port of HOST:PORT. Raises `ListenError`."""
    match = _ADDRESS.fullmatch(address)
    if not match or int(match["port"]) > 65535:
        hint = "HOST:PORT or :PORT with a port from 0 to 65535, IPv6 in brackets as in [::1]:10061"
        raise ListenError(f"cannot listen on {address!r}: expected {hint}")
    return match["bracketed"] or match["plain"] or "", int(match["port"])


def url(listener: socket.socket, scheme: str) -> str:
    """Where the socket is to be reached, with the port that it really has."""
    host, port = listener.getsockname()[:2]
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def _listening(family: int, place: tuple[str | bytes | int, ...]) -> socket.socket:
    # asyncio turns off Nagle's algorithm (40 ms per kept-alive request) only where the protocol is named.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # A restart must not wait for the old process' connections to be forgotten.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Connections inherit it: what the kernel holds for a client that does not read is memory, too.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        if place[0] == "::" and socket.has_dualstack_ipv6():
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind(place)
        listener.listen()  # only this tells of another process that listens there
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener
