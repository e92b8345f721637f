"""Basic authentication with bcrypt: no user enumeration; verified passwords are cached."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import secrets
from collections.abc import Mapping
from functools import partial
from typing import Final

from exporter.web.limits import Limits
from exporter.web.logins import Busy, LoginQueue

__all__ = ["Busy", "Logins", "parse_basic"]

COMPARED: Final = 72
"""Bytes of a password; bcrypt takes no more, and drops the rest."""
STAND_IN_COST: Final = 12
"""The most that an unknown name costs."""
_RIGHT: Final = 100
_WRONG: Final = 4096


class Logins:
    """Checks passwords, a few at a time, and remembers under a keyed digest which were right and wrong."""

    def __init__(self, limits: Limits) -> None:
        self._key = secrets.token_bytes(32)
        self._right: dict[bytes, None] = {}
        self._wrong: dict[bytes, None] = {}
        self._checks: dict[bytes, asyncio.Future[bool]] = {}
        self._queue = LoginQueue(limits.logins, limits.login_threads)

    def remembered(self, users: Mapping[bytes, bytes], authorization: bytes | None) -> bytes | None:
        """The user whose name and password the header has, if they were right before."""
        name, password = parse_basic(authorization) or (b"", b"")
        hashed = users.get(name)
        return name if hashed and self._digest(name, hashed, password) in self._right else None

    async def enter(
        self, users: Mapping[bytes, bytes], authorization: bytes | None, address: str
    ) -> bytes | None:
        """The user whose name and password the header has, of `users` (name → hash). Raises `Busy`."""
        credentials = parse_basic(authorization)
        if credentials is None:
            return None
        name, password = credentials
        known = users.get(name)
        hashed = known or self._stand_in(name, users)
        digest = self._digest(name, hashed, password)
        if known and digest in self._right:
            return name
        if digest in self._wrong:
            return None
        check = self._checks.get(digest)
        if check is None:  # once for all who ask the same at one time, and remembered though they leave
            check = self._queue.submit(password[:COMPARED], hashed, address, name)
            self._checks[digest] = check
            check.add_done_callback(partial(self._remember, digest, known is not None))
        return name if await asyncio.shield(check) and known else None

    def _remember(self, digest: bytes, known: bool, check: asyncio.Future[bool]) -> None:
        del self._checks[digest]
        if check.cancelled() or check.exception():
            return
        digests, most = (self._right, _RIGHT) if known and check.result() else (self._wrong, _WRONG)
        digests[digest] = None
        if len(digests) > most:
            del digests[next(iter(digests))]

    def _digest(self, name: bytes, hashed: bytes, password: bytes) -> bytes:
        # Neither a name nor a hash has a colon, so that no two triples read the same.
        return hmac.digest(self._key, b":".join((name, hashed, password)), "sha256")

    def _stand_in(self, name: bytes, users: Mapping[bytes, bytes]) -> bytes:
        """A hash for an unknown name: as costly as the cheapest of a user, the same each time."""
        cost = min(STAND_IN_COST, *(int(hashed[4:6]) for hashed in users.values()))
        salt = base64.b64encode(hmac.digest(self._key, name, "sha256"), b"./")[:21]
        return b"$2b$%02d$%b%b" % (cost, salt, b"." * 32)


def parse_basic(authorization: bytes | None) -> tuple[bytes, bytes] | None:
    """Name and password of an `Authorization` header, if it is one for basic authentication."""
    scheme, _, encoded = (authorization or b"").strip().partition(b" ")
    if scheme.lower() != b"basic":
        return None
    try:
        name, colon, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
    except binascii.Error:
        return None
    return (name, password) if colon else None
