"""One client's connection: uvicorn's h11 protocol, made strict about time, size and what may be asked."""

from __future__ import annotations

import asyncio
import logging
import sys
from http import HTTPStatus
from typing import Any

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from exporter.web.limits import Limits
from exporter.web.tls import certificate_is_allowed

logger = logging.getLogger(__name__)

RELOAD = b"/-/reload"


class Refusal(h11.RemoteProtocolError):
    """A request that this server never answers, found before anything but its headers is read."""

    def __init__(self, status: HTTPStatus, text: str) -> None:
        super().__init__(text, error_status_hint=status)


class StrictParser(h11.Connection):
    """h11's parser; requests with a body, an odd method or oversized headers end like malformed ones."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(h11.SERVER, limits.headers)
        self._limits = limits
        self.method = b""

    def next_event(self) -> Any:
        """As h11's. Raises `Refusal`, or h11's own errors."""
        self.method = b"" if self.our_state is h11.IDLE else self.method
        event = super().next_event()
        if isinstance(event, h11.Request):
            self.method = event.method
            check(event, self._limits)
        return event


def check(request: h11.Request, limits: Limits) -> None:
    """Raise `Refusal` unless the request is one for a page (or, by POST, a reload) and of a usual size."""
    path, _, query = request.target.partition(b"?")
    if len(path) > limits.path or len(query) > limits.query:
        raise Refusal(HTTPStatus.REQUEST_URI_TOO_LONG, "path or query too long")
    # h11 bounds what it holds of unfinished headers, not headers that come in one piece.
    if sum(len(name) + len(value) + 4 for name, value in request.headers) > limits.headers:
        raise Refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "headers too large")
    if request.method not in (b"GET", b"HEAD") and (request.method, path) != (b"POST", RELOAD):
        raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "only GET and HEAD")
    for name, value in request.headers:
        if name == b"transfer-encoding" or (name == b"content-length" and int(value)):
            raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "a request must not have a body")


class Connection(H11Protocol):
    """A connection that ends when its client is silent, drips, floods or does not take its answer."""

    def __init__(self, limits: Limits, config: Config, state: ServerState) -> None:
        super().__init__(config, state, app_state={})
        self.conn = StrictParser(limits)
        self._limits = limits
        self._deadline: asyncio.TimerHandle | None = None
        self._refused = False

    @property
    def answering(self) -> bool:
        """Whether a request is under way."""
        return self.cycle is not None and not self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request, unless the client may not be here."""
        super().connection_made(transport)
        if not certificate_is_allowed(transport.get_extra_info("ssl_object")):
            logger.info("connection refused: the client's certificate has none of client_allowed_sans")
            transport.abort()
        elif len(self.connections) > self._limits.connections:
            # An idle client makes room for a new one; it connects again when it needs to.
            connections = (each for each in self.connections if isinstance(each, Connection))
            next((each for each in connections if each.timeout_keep_alive_task), self).transport.abort()
        self._abort_after(self._limits.header_timeout)

    def data_received(self, data: bytes) -> None:
        """Take what came; a request that is not complete yet has a deadline from its first byte on."""
        if self._refused or self.transport.is_closing():
            return
        super().data_received(data)
        if self.answering:
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
        head = isinstance(self.conn, StrictParser) and self.conn.method == b"HEAD"
        self._refused = True
        self.transport.write(
            f"HTTP/1.1 {status.value} {status.phrase}\r\n{allow}content-type: text/plain; charset=utf-8\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n{'' if head else body}".encode("ascii")
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
        """Forget the deadlines."""
        super().connection_lost(exc)
        self._disarm()
        self._unset_keepalive_if_required()

    def _abort_after(self, seconds: float) -> None:
        self._disarm()
        self._deadline = self.loop.call_later(seconds, self.transport.abort)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
