"""What stands before every page: how many at a time, how often, who, and that no error gets out."""

from __future__ import annotations

import asyncio
import logging
import math
import threading
import time
from pathlib import Path
from traceback import extract_tb

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exporter.web.auth import Busy, Logins
from exporter.web.limits import Limits, TokenBucket
from exporter.web.web_config import RateLimit, WebConfig
from exporter.web.web_config_file import WebConfigFile

logger = logging.getLogger(__name__)

HEALTH = ("/-/healthy", "/-/ready")
_LOG_IN = {"WWW-Authenticate": 'Basic realm="voicenter-exporter", charset="UTF-8"'}


class Guard:
    """An ASGI application around another; health checks pass by all of it but the headers."""

    def __init__(
        self, app: ASGIApp, web_config: WebConfigFile, limits: Limits, stopping: threading.Event
    ) -> None:
        """Guard `app`; once `stopping` is set, only health checks reach it."""
        self._app = app
        self._web_config = web_config
        self._limits = limits
        self._stopping = stopping
        self._logins = Logins(limits)
        self._under_way = 0
        self._rate_limit: RateLimit | None = None
        self._bucket: TokenBucket | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        scope.setdefault("state", {})["arrived"] = time.monotonic()  # a login takes of the scrape's time
        config = self._web_config.current()
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                last = [(b"connection", b"close")] if self._stopping.is_set() else []
                message["headers"] = [*message.get("headers", ()), *config.headers, *last]
            await send(message)

        try:
            await self._answer(config, scope, receive, send_with_headers)
        except asyncio.CancelledError:  # only when the server ends, with the connection already gone
            return
        except Exception as error:
            # The text of an unforeseen error may hold anything, so only its kind and place are told.
            place = extract_tb(error.__traceback__)[-1]
            where = f"{Path(place.filename).name}:{place.lineno}"
            logger.error("internal error: %s at %s", type(error).__name__, where)
            if not started:
                await PlainTextResponse("Internal Server Error\n", 500)(scope, receive, send_with_headers)

    async def _answer(self, config: WebConfig, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] in HEALTH:
            await self._app(scope, receive, send)
            return
        if self._stopping.is_set() or self._under_way >= self._limits.requests:
            why = "shutting down\n" if self._stopping.is_set() else "too many requests under way\n"
            await PlainTextResponse(why, 503, {"Retry-After": "1"})(scope, receive, send)
            return
        self._under_way += 1
        try:
            app = await self._refusal(config, scope) or self._app
            await app(scope, receive, send)
        finally:
            self._under_way -= 1

    async def _refusal(self, config: WebConfig, scope: Scope) -> PlainTextResponse | None:
        """What to answer instead of the page, if anything."""
        if not self._in_time(config.rate_limit):
            seconds = math.ceil(config.rate_limit.interval) if config.rate_limit else 0
            return PlainTextResponse("too many requests\n", 429, {"Retry-After": str(seconds)})
        if not config.users:
            return None
        authorization = next((value for name, value in scope["headers"] if name == b"authorization"), None)
        try:
            entered = await self._logins.may_enter(config.users, authorization)
        except Busy:
            return PlainTextResponse("too many logins under way\n", 503, {"Retry-After": "1"})
        return None if entered else PlainTextResponse("Unauthorized\n", 401, _LOG_IN)

    def _in_time(self, limit: RateLimit | None) -> bool:
        if limit != self._rate_limit:
            self._rate_limit = limit
            self._bucket = TokenBucket(limit.interval, limit.burst) if limit else None
        return self._bucket is None or self._bucket.take()
