"""Basic authentication with bcrypt: nobody learns who is known, and not every scrape pays for a hash."""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import hmac
import secrets
import threading
from collections.abc import Mapping

import bcrypt

from exporter.web.limits import Limits

LONGEST_PASSWORD = 72  # bytes; bcrypt takes no more
_REMEMBERED = 100


class Busy(Exception):
    """Too many logins are being checked already."""


class Logins:
    """Checks passwords, a few at a time, and remembers under a keyed digest which were right."""

    def __init__(self, limits: Limits) -> None:
        self._key = secrets.token_bytes(32)
        self._right: dict[bytes, None] = {}
        self._most = limits.logins
        self._under_way = 0
        self._threads = asyncio.Semaphore(limits.login_threads)

    async def may_enter(self, users: Mapping[bytes, bytes], authorization: bytes | None) -> bool:
        """Whether the header has name and password of one of `users` (name → hash). Raises `Busy`."""
        credentials = parse_basic(authorization)
        if credentials is None or len(credentials[1]) > LONGEST_PASSWORD:
            return False
        name, password = credentials
        known = users.get(name)
        hashed = known or self._stand_in(name, users)
        # Neither a name nor a hash has a colon, so that no two triples read the same.
        digest = hmac.digest(self._key, b":".join((name, hashed, password)), "sha256")
        if known and digest in self._right:
            return True
        if not await self._check(password, hashed) or not known:
            return False
        self._right[digest] = None
        if len(self._right) > _REMEMBERED:
            del self._right[next(iter(self._right))]
        return True

    def _stand_in(self, name: bytes, users: Mapping[bytes, bytes]) -> bytes:
        """A hash for an unknown name, as costly as that of some user and always the same for this name."""
        hashes = sorted(users.values())
        chosen = hashes[hmac.digest(self._key, name, "sha256")[0] % len(hashes)]
        return chosen[:7] + b"." * 53

    async def _check(self, password: bytes, hashed: bytes) -> bool:
        if self._under_way >= self._most:
            raise Busy
        self._under_way += 1
        try:
            async with self._threads:
                return await _in_daemon_thread(password, hashed)
        finally:
            self._under_way -= 1


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


def _in_daemon_thread(password: bytes, hashed: bytes) -> asyncio.Future[bool]:
    """Compare in a thread that the end of the process does not wait for: a costly hash takes minutes."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[bool] = loop.create_future()

    def settle(right: bool) -> None:
        if not answer.done():
            answer.set_result(right)

    def compare() -> None:
        try:
            right = bcrypt.checkpw(password, hashed)
        except ValueError:
            right = False
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, right)

    threading.Thread(target=compare, name="login", daemon=True).start()
    return answer
