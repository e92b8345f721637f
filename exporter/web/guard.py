"""What stands before every page: how many at a time, how often, who, and that no error gets out."""

from __future__ import annotations

import asyncio
import logging
import math
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from traceback import extract_tb
from typing import cast

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exporter.web.admission import Scrapers
from exporter.web.auth import Busy, Logins
from exporter.web.limits import Limits, TokenBucket
from exporter.web.shares import Shares, Turn
from exporter.web.traffic import Refused, Traffic, client_of
from exporter.web.web_config import RateLimit, WebConfig
from exporter.web.web_config_file import WebConfigFile

logger = logging.getLogger(__name__)

HEALTH = ("/-/healthy", "/-/ready")
BUSY = "too many requests under way\n"
DEFAULT_HEADERS = {
    b"content-security-policy": b"frame-ancestors 'none'",
    b"x-content-type-options": b"nosniff",
}
_LOG_IN = {"WWW-Authenticate": 'Basic realm="voicenter-exporter", charset="UTF-8"'}


class Guard:
    """An ASGI application around another; health checks pass by all of it but the headers."""

    def __init__(
        self,
        app: ASGIApp,
        web_config: WebConfigFile,
        limits: Limits,
        stopping: threading.Event,
        traffic: Traffic | None = None,
        scrapers: Scrapers | None = None,
    ) -> None:
        """Guard `app`; once `stopping` is set, only health checks reach it."""
        self._app = app
        self._web_config = web_config
        self._stopping = stopping
        self._traffic = traffic or Traffic()
        self._scrapers = scrapers or Scrapers(limits.scrapers)
        self._logins = Logins(limits)
        self._shares = Shares(limits.requests, limits.scrapers)
        self._rate_limit: RateLimit | None = None
        self._bucket: TokenBucket | None = None

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Those that every answer carries, as things are now."""
        return _with_defaults(self._web_config.current().headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        scope.setdefault("state", {})["arrived"] = time.monotonic()  # a login takes of the scrape's time
        config = self._web_config.current()
        headers = _with_defaults(config.headers)
        state = scope["state"]

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                state["started"] = True
                last = [(b"connection", b"close")] if self._stopping.is_set() else []
                message["headers"] = [*message.get("headers", ()), *headers, *last]
            await send(message)

        try:
            await self._answer(config, scope, receive, send_with_headers)
        except asyncio.CancelledError:  # the client has gone, or the server ends
            return
        except Exception as error:
            # The text of an unforeseen error may hold anything, so only its kind and place are logged.
            place = extract_tb(error.__traceback__)[-1]
            where = f"{Path(place.filename).name}:{place.lineno}"
            logger.error("internal error: %s at %s", type(error).__name__, where)
            if not state.get("started"):
                await PlainTextResponse("Internal Server Error\n", 500)(scope, receive, send_with_headers)

    async def _answer(self, config: WebConfig, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] in HEALTH:
            await self._app(scope, receive, send)
            return
        host = _address(scope)
        user = self._logins.remembered(config.users, _authorization(scope)) if config.users else None
        turn = None if self._stopping.is_set() else self._turn(scope, host, user)
        if turn is None:
            if self._stopping.is_set():
                await _unavailable("shutting down\n")(scope, receive, send)
            else:
                self._traffic.count(Refused.BUSY, host)
                await _unavailable(BUSY)(scope, receive, send)
            return
        try:
            app = await self._refusal(config, scope, turn, user) or self._app
            await app(scope, receive, send)
        except asyncio.CancelledError:
            if not turn.given_away:
                raise
            turn.task.uncancel()
            self._traffic.count(Refused.BUSY, host)
            await self._give_way(scope, receive, send)
        finally:
            self._shares.give_back(turn)

    async def _give_way(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request whose turn went to another client; the connection ends if it had begun already."""
        if not scope["state"].get("started"):
            await _unavailable(BUSY)(scope, receive, send)

    def _turn(self, scope: Scope, host: str, user: bytes | None) -> Turn | None:
        """A turn for the request, which is its user's if that is known, else its address's."""
        task = cast(asyncio.Task[object], asyncio.current_task())
        address = client_of(host)
        client = _user(user) if user else address
        scrapes = self._scrapers.knows(address) and self._shares.of(client) < 2
        return self._shares.take(client, task, privileged=scope["state"].get("kept", False) or scrapes)

    async def _refusal(
        self, config: WebConfig, scope: Scope, turn: Turn, user: bytes | None
    ) -> PlainTextResponse | None:
        """What to answer instead of the page, if anything."""
        host = _address(scope)
        if not self._in_time(config.rate_limit):
            self._traffic.count(Refused.RATE, host)
            seconds = math.ceil(config.rate_limit.interval) if config.rate_limit else 0
            return PlainTextResponse("too many requests\n", 429, {"Retry-After": str(seconds)})
        if not config.users or user:
            return None
        authorization = _authorization(scope)
        try:
            user = await self._logins.enter(config.users, authorization, client_of(host))
        except Busy:
            self._traffic.count(Refused.BUSY, host)
            return _unavailable("too many logins under way\n")
        if user is None:
            if authorization:
                self._traffic.count(Refused.LOGIN, host)
            return PlainTextResponse("Unauthorized\n", 401, _LOG_IN)
        self._shares.belongs(turn, _user(user))
        return None

    def _in_time(self, limit: RateLimit | None) -> bool:
        if limit != self._rate_limit:
            self._rate_limit = limit
            self._bucket = TokenBucket(limit.interval, limit.burst) if limit else None
        return self._bucket is None or self._bucket.take()


def _with_defaults(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The configured headers, and the usual ones that are not configured."""
    return list({**DEFAULT_HEADERS, **dict(headers)}.items())


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


def _authorization(scope: Scope) -> bytes | None:
    return next((value for name, value in scope["headers"] if name == b"authorization"), None)


def _user(name: bytes) -> str:
    """A client's name that no address can have."""
    return f"user {name!r}"


def _unavailable(why: str) -> PlainTextResponse:
    return PlainTextResponse(why, 503, {"Retry-After": "1"})
