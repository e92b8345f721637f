"""What a request may be: its size, method and target, checked before anything but its headers is read."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import h11

from exporter.web.limits import Limits

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
            if event.target[:4].lower() == b"http":
                event = _with_path_alone(event)
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


def _with_path_alone(request: h11.Request) -> h11.Request:
    """The same request, of a target such as `http://host/metrics` only the path and the query."""
    scheme, separator, rest = request.target.partition(b"://")
    if not separator or scheme.lower() not in (b"http", b"https"):
        return request
    host, slash, path = rest.partition(b"/")
    host, question, query = host.partition(b"?")
    target = slash + path if not question else b"/?" + query + slash + path
    return h11.Request(
        method=request.method,
        target=target or b"/",
        headers=request.headers,
        http_version=request.http_version,
    )
