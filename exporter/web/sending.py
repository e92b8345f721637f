"""How answers go out: in pieces, each with a deadline, and all that is not taken yet within a bound."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

PIECE: Final = 64 * 1024
"""Bytes that are handed to a connection at a time; it holds no more of an answer than this."""


class Unread:
    """The answers that are being sent, in bytes held; beyond `most` those end that take longest.

    An answer that several clients get is one object, and counts once. The newest answer always may begin.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._readers: dict[object, tuple[bytes, Callable[[], None]]] = {}
        self._bodies: dict[int, int] = {}
        self.held = 0

    def begin(self, reader: object, body: bytes, cut: Callable[[], None]) -> None:
        """`reader` is slow to take `body`; `cut` ends it, and is called once at most."""
        if reader in self._readers:
            if self._readers[reader][0] is body:
                return
            self.end(reader)
        self._readers[reader] = body, cut
        readers = self._bodies.get(id(body), 0)
        self._bodies[id(body)] = readers + 1
        self.held += PIECE + (0 if readers else len(body))
        while self.held > self._most and (oldest := next(iter(self._readers))) is not reader:
            _, cut_oldest = self._readers[oldest]
            self.end(oldest)
            cut_oldest()

    def end(self, reader: object) -> None:
        """The reader has its answer, or is gone. A second time does nothing."""
        if reader not in self._readers:
            return
        body, _ = self._readers.pop(reader)
        readers = self._bodies.pop(id(body)) - 1
        if readers:
            self._bodies[id(body)] = readers
        self.held -= PIECE + (0 if readers else len(body))
