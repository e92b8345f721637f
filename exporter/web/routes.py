"""The paths: metrics, probe, service discovery, health, reload, and the pages for people."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from exporter.collect.accounts import Accounts
from exporter.collect.pages import Pages
from exporter.config import ConfigError
from exporter.metrics.negotiation import negotiate
from exporter.web import debug, live, live_page, status

Handler = Callable[[Request], Awaitable[Response]]

DEFAULT_TIMEOUT: Final = 10.0
"""Seconds that a scrape has when it does not say: Prometheus' own default."""
LEAST_TIMEOUT: Final = 0.05
TIMEOUT_HEADER: Final = "X-Prometheus-Scrape-Timeout-Seconds"


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says about the paths."""

    telemetry_path: str = "/metrics"
    enable_lifecycle: bool = False
    metrics_accounts: bool = True
    live: bool = True


class Routes:
    """The handlers; all of them only wait and answer, the work is elsewhere."""

    def __init__(self, accounts: Accounts, pages: Pages, options: Options, stopping: threading.Event) -> None:
        self._accounts = accounts
        self._pages = pages
        self._options = options
        self._stopping = stopping

    def app(self) -> ASGIApp:
        """The ASGI application; errors are the guard's, so that none of starlette's middleware is needed."""
        pages: dict[str, Handler] = {
            "/": self.status,
            self._options.telemetry_path: self.metrics,
            "/probe": self.probe,
            "/sd": self.service_discovery,
            "/-/healthy": self.healthy,
            "/-/ready": self.ready,
            "/-/reload": self.reload,
        }
        if self._options.live:
            pages["/live"] = self.live

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            request = Request(scope, receive)
            handler = pages.get(scope["path"])
            if handler is None:
                response = _elsewhere(scope, pages)
            elif handler == self.reload and request.method != "POST":
                response = PlainTextResponse("Method Not Allowed\n", 405, {"Allow": "POST"})
            else:
                response = await handler(request)
            await response(scope, receive, send)

        return answer

    async def metrics(self, request: Request) -> Response:
        """All accounts and the exporter itself."""
        style, compressed = negotiate(request.headers.get("Accept"), request.headers.get("Accept-Encoding"))
        body = await self._pages.metrics(
            style,
            compressed=compressed,
            accounts=self._options.metrics_accounts,
            deadline=self._deadline(request),
        )
        request.state.scraped = True
        return _page(body, style.value, compressed=compressed)

    async def probe(self, request: Request) -> Response:
        """One account alone; its name comes from `target`."""
        deadline = self._deadline(request)
        name = request.query_params.get("target")
        if not name:
            return PlainTextResponse("say which account: /probe?target=NAME; /sd lists the names\n", 400)
        account = self._accounts.by_name.get(name)
        if account is None:
            return PlainTextResponse("no account of this exporter has that name; /sd lists the names\n", 404)
        if request.query_params.get("debug") == "true":
            return PlainTextResponse(await debug.report(account, self._pages, deadline))
        style, compressed = negotiate(request.headers.get("Accept"), request.headers.get("Accept-Encoding"))
        body = await self._pages.probe(name, style, compressed=compressed, deadline=deadline)
        request.state.scraped = True
        return _page(body, style.value, compressed=compressed)

    async def service_discovery(self, _: Request) -> Response:
        """The accounts as Prometheus' HTTP service discovery has targets."""
        return JSONResponse(
            [
                {"targets": [name], "labels": {"__meta_voicenter_account": name}}
                for name in self._accounts.by_name
            ]
        )

    async def status(self, _: Request) -> Response:
        """The status page, for people."""
        return HTMLResponse(
            status.render(
                self._accounts,
                self._options.telemetry_path,
                self._pages.web_error(),
                live=self._options.live,
            )
        )

    async def live(self, request: Request) -> Response:
        """How the centre is now, for people."""
        names = list(self._accounts.by_name)
        samples = await self._pages.gathered(names, self._deadline(request))
        trails = {name: account.trail.copy() for name, account in self._accounts.by_name.items()}
        wanted = live_page.Look("wall" in request.query_params, "still" in request.query_params)

        def make() -> str:
            now = time.time()
            accounts = [
                live.account_now(name, of_account, now, trails[name])
                for name, of_account in samples.items()
                if name in trails
            ]
            return live_page.render(accounts, wanted, now)

        body = await self._accounts.lanes.render(make)
        return HTMLResponse(body, headers={"Cache-Control": "no-store"})

    async def healthy(self, _: Request) -> Response:
        """200 while the process lives."""
        return PlainTextResponse("healthy\n")

    async def ready(self, _: Request) -> Response:
        """200 until shutdown begins; the configuration is loaded before anything is served."""
        if self._stopping.is_set():
            return PlainTextResponse("shutting down\n", 503)
        return PlainTextResponse("ready\n")

    async def reload(self, request: Request) -> Response:
        """Read the configuration again, unless the page of another site makes a browser ask for it."""
        if request.headers.get("Sec-Fetch-Site") == "cross-site":
            return PlainTextResponse("a page of another site may not reload\n", 403)
        if not self._options.enable_lifecycle:
            return PlainTextResponse("reload by HTTP is off; --web.enable-lifecycle allows it\n", 403)
        try:
            await asyncio.shield(self._accounts.reload())  # goes on though the client leaves
        except ConfigError as error:
            return PlainTextResponse(f"the old configuration stays in force:\n{error}\n", 500)
        return PlainTextResponse("reloaded\n")

    def _deadline(self, request: Request) -> float:
        offset = self._accounts.settings.timeout_offset
        arrived: float = getattr(request.state, "arrived", time.monotonic())
        return arrived + scrape_timeout(request.headers.get(TIMEOUT_HEADER), offset)


def scrape_timeout(header: str | None, offset: float) -> float:
    """Seconds to answer a scrape in: what Prometheus waits, less the offset, but never nothing."""
    try:
        timeout = float(header) if header else DEFAULT_TIMEOUT
    except ValueError:
        timeout = DEFAULT_TIMEOUT
    if not (math.isfinite(timeout) and timeout > 0):
        timeout = DEFAULT_TIMEOUT
    return max(LEAST_TIMEOUT, timeout - offset)


def _elsewhere(scope: Scope, pages: Mapping[str, Handler]) -> Response:
    """A redirect to the page that is meant, with or without a slash at the end; else 404.

    It is relative: the path in front of a proxy may be a longer one.
    """
    path: str = scope["path"]
    meant = path[:-1] if path.endswith("/") else path + "/"
    if meant not in pages or meant == "/":
        return PlainTextResponse("Not Found\n", 404)
    last = quote(meant.rstrip("/").rpartition("/")[2])
    query = scope["query_string"].decode("latin-1")
    place = f"../{last}" if path.endswith("/") else f"./{last}/"
    return RedirectResponse(f"{place}?{query}" if query else place)


def _page(body: bytes, content_type: str, *, compressed: bool) -> Response:
    headers = {"Content-Type": content_type, "Vary": "Accept, Accept-Encoding"}
    if compressed:
        headers["Content-Encoding"] = "gzip"
    return Response(body, headers=headers)
