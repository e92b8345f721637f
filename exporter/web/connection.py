"""One client's connection: uvicorn's h11 protocol, made strict about time, size and what may be asked."""

from __future__ import annotations

import asyncio
import sys
from http import HTTPStatus
from typing import Any, cast

import h11
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from exporter.web.admission import Place
from exporter.web.house import House
from exporter.web.requests import Refusal, StrictParser
from exporter.web.sending import PIECE
from exporter.web.tls import certificate_is_allowed
from exporter.web.traffic import Refused


class Connection(H11Protocol):
    """A connection that ends when its client is silent, drips, floods or does not take its answer."""

    def __init__(self, house: House, place: Place, config: Config, state: ServerState) -> None:
        super().__init__(config, state, app_state={})
        self.conn = StrictParser(house.limits)
        self._house = house
        self._limits = house.limits
        self.place = place
        self._guarded = cast(ASGIApp, self.app)
        self._deadline: asyncio.TimerHandle | None = None
        self._request: asyncio.Task[Any] | None = None
        self._refused = False

    @property
    def answering(self) -> bool:
        """Whether a request is under way."""
        return self.cycle is not None and not self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request, unless the client may not be here."""
        super().connection_made(transport)
        self.app = self._answer  # not before: without a handshake nothing would break this circle
        transport.set_write_buffer_limits(0 if self.scheme == "http" else PIECE)
        self.place.leave = transport.abort
        if not certificate_is_allowed(transport.get_extra_info("ssl_object")):
            self._house.traffic.count(Refused.HANDSHAKE, self.place.client)
            transport.abort()
        self._abort_after(self._limits.header_timeout)

    def data_received(self, data: bytes) -> None:
        """Take what came; a request that is not complete yet has a deadline from its first byte on."""
        if self._refused or self.transport.is_closing():
            return
        super().data_received(data)
        if self.answering:
            self._house.places.answers(self.place, answering=True)
            self._disarm()
        elif self._deadline is None and self.timeout_keep_alive_task is None:
            self._abort_after(self._limits.header_timeout)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - h11's words are not repeated
        """Answer a request that cannot be taken, and end the connection; its error is being handled."""
        error = sys.exception()
        refusal = error if isinstance(error, h11.RemoteProtocolError) else None
        status = HTTPStatus(refusal.error_status_hint if refusal else HTTPStatus.BAD_REQUEST)
        # h11's own words repeat what came, which may be a password; ours do not.
        body = f"{status.phrase}: {refusal}\n" if isinstance(refusal, Refusal) else f"{status.phrase}\n"
        allow = "allow: GET, HEAD\r\n" if status == HTTPStatus.METHOD_NOT_ALLOWED else ""
        more = b"".join(b"%b: %b\r\n" % header for header in self._house.headers())
        head = isinstance(self.conn, StrictParser) and self.conn.method == b"HEAD"
        self._refused = True
        self.transport.write(
            f"HTTP/1.1 {status.value} {status.phrase}\r\n{allow}content-type: text/plain; charset=utf-8\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n".encode("ascii")
            + (more + b"\r\n" + (b"" if head else body.encode("ascii")))
        )
        # A close with bytes unread resets the connection, and the answer could be lost with it.
        if self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            self.transport.close()
        self._abort_after(self._limits.linger_timeout)

    def on_response_complete(self) -> None:
        """Wait for the next request; or, when the connection closes, for the client to take the answer."""
        super().on_response_complete()
        if not self.answering:  # else the next request was there already
            self._house.places.answers(self.place, answering=False)
        if self.transport.is_closing():
            self._abort_after(self._limits.flush_timeout)

    def timeout_keep_alive_handler(self) -> None:
        """End an idle connection, also one whose client has not taken the last answer."""
        self.transport.abort()

    def shutdown(self) -> None:
        """Let a request under way finish, end the connection otherwise."""
        if self.answering:
            self.cycle.keep_alive = False
        elif self.has_unsent():
            self.transport.close()
        else:
            self.transport.abort()

    def has_unsent(self) -> bool:
        """Whether a part of an answer still waits for the client to take it."""
        return self.transport.get_write_buffer_size() > 0

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadlines, and all that refers back to this connection: the collector comes late."""
        super().connection_lost(exc)
        self._disarm()
        self._unset_keepalive_if_required()
        self._house.places.give_back(self.place)
        if self._request:
            self._request.cancel()  # nobody waits any more
        self.app = self._guarded
        self.cycle = None  # type: ignore[assignment]

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; its answer is sent in pieces, and is under way until the client has taken it."""
        cycle, state = self.cycle, scope["state"]
        if cycle is None:  # the client has gone meanwhile
            return
        state["kept"] = self._house.places.scrapers.holds(self.place)

        async def send_in_pieces(message: Message) -> None:
            await self._send(scope, send, message)

        self._request = asyncio.current_task()
        try:
            await self._guarded(scope, receive, send_in_pieces)
        finally:
            self._request = None
            self._house.unread.end(self)
        if state.get("scraped"):
            self._house.places.scrapers.note(self.place)
        if not cycle.response_complete:  # cut off for others
            self.transport.abort()

    async def _send(self, scope: Scope, send: Send, message: Message) -> None:
        body = message.get("body", b"")
        if len(body) <= PIECE or scope["method"] == "HEAD":
            await send(message)
            if self.flow.write_paused:
                await self._taken(body)
            return
        whole = memoryview(body)
        for start in range(0, len(whole), PIECE):
            more = start + PIECE < len(whole) or message.get("more_body", False)
            await send({**message, "body": whole[start : start + PIECE], "more_body": more})
            if self.flow.write_paused:
                await self._taken(body)
            await asyncio.sleep(0)  # others have a turn, and the end of the connection is noticed
            if self.transport.is_closing():
                return

    async def _taken(self, body: bytes) -> None:
        """Wait until the client has taken what it got so far, and end the connection if it does not."""
        self._house.unread.begin(self, body, self._cut_off)
        deadline = self.loop.call_later(self._limits.flush_timeout, self._cut_off)
        try:
            await self.flow.drain()
        finally:
            deadline.cancel()

    def _cut_off(self) -> None:
        self._house.traffic.count(Refused.SLOW, self.place.client)
        self.transport.abort()

    def _abort_after(self, seconds: float) -> None:
        self._disarm()
        self._deadline = self.loop.call_later(seconds, self.transport.abort)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
