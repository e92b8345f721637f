"""One account's requests: ask an endpoint, and have its snapshot or the named way in which that failed."""

from __future__ import annotations

import errno
import http.client
import json
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import Final

import requests
import urllib3

from exporter import __version__
from exporter.api.endpoints import ENDPOINTS, Endpoint, Reading, Snapshot
from exporter.api.failure import Failure
from exporter.api.snapshot import Detail
from exporter.client.attempt import Attempt
from exporter.client.body import check_objects, most_queues, read
from exporter.client.slots import Slot
from exporter.client.transport import Transport
from exporter.config import Account, CodeError, Settings
from exporter.config.secret import Secret

_ANOTHER_PROGRAM: Final = (
    "Voicenter or a proxy counts more requests than it allows: another program probably uses this code; "
    "give each program a code of its own, or let one exporter serve all"
)
_NO_TLS: Final = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST")
"""What OpenSSL calls an answer that is no TLS, by its versions."""
_EXHAUSTED: Final = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS)


Look = Callable[[str, str, bytes | bytearray], None]
"""Takes the name of an account, a source and the body of its answer, in the attempt's thread."""


class Client:
    """Asks for one account. Attempts may run side by side, each in its own thread."""

    def __init__(
        self,
        account: Account,
        transport: Transport,
        max_body: int,
        detail: Detail,
        look: Look | None = None,
    ) -> None:
        """`look` is shown the body of each usable answer."""
        self._account = account
        self._transport = transport
        self._max_body = max_body
        self._look = look
        self._reading = Reading(
            account.statuses, account.lines, detail, account.allow_empty, most_queues(max_body)
        )
        self._requests: dict[str, tuple[Secret, requests.PreparedRequest]] = {}
        """The request of each endpoint, and the code in it: a code can change at any time."""

    def ask(self, source: str, attempt: Attempt) -> Snapshot:
        """The snapshot of a source. Raises Failure, whatever goes wrong."""
        endpoint = ENDPOINTS[source]
        try:
            request = self._request(endpoint)
            with Slot(attempt) as slot, self._response(request, attempt) as response:
                body = read(response, self._max_body, slot)
                attempt.remaining()  # a connection shut at the deadline looks like the end of the answer
                attempt.mark("last byte")
                check_objects(body, self._max_body)
                result = endpoint.read(body, self._reading)
                if self._look is not None:
                    self._look(self._account.name, source, body)
            attempt.mark("decoded")
            return result
        except Failure:
            if attempt.expired and "last byte" not in attempt.timeline:
                raise classify(TimeoutError(), attempt) from None
            raise
        except Exception as error:
            raise classify(error, attempt) from None
        finally:
            attempt.close()

    def _request(self, endpoint: Endpoint) -> requests.PreparedRequest:
        try:
            code = self._account.code.read()
        except CodeError as error:
            raise Failure("credential", str(error)) from None
        made_with, request = self._requests.get(endpoint.source, (None, None))
        if request is None or made_with != code:
            request = requests.Request(
                "POST",
                f"{self._account.base_url}/{endpoint.path}",
                headers={
                    "Content-Type": "application/json",
                    "Accept": "application/json",
                    "Accept-Encoding": "gzip",
                    "User-Agent": f"voicenter-exporter/{__version__}",
                },
                data=json.dumps({"code": code.reveal()}),
            ).prepare()
            # Every attempt copies and looks through them: a plain dictionary does so much faster.
            request.headers = dict(request.headers)  # type: ignore[assignment]
            self._requests[endpoint.source] = code, request
        return request

    @contextmanager
    def _response(self, request: requests.PreparedRequest, attempt: Attempt) -> Iterator[requests.Response]:
        try:
            response = self._transport.send(request, attempt)
        except requests.ConnectionError:
            # The vendor may close a kept-alive connection at the moment that it is used again.
            if not attempt.reused or attempt.expired:
                raise
            attempt.reused = False
            response = self._transport.send(request, attempt)
        attempt.mark("first byte")
        try:
            _check_status(response)
            yield response
        except BaseException:
            response.close()
            raise
        else:
            response.raw.release_conn()


def detail_for(account: Account, settings: Settings) -> Detail:
    """How much has to be read of each extension."""
    collectors = settings.collectors
    if collectors.extensions.enabled and collectors.extensions.names:
        return Detail.NAMES_AND_LINES if account.lines else Detail.NAMES
    if account.lines:
        return Detail.LINES
    one_by_one = (
        collectors.history
        or collectors.extensions.enabled
        or not account.extensions.everything
        or any(target.extensions is not None for target in settings.targets)
    )
    return Detail.EXTENSIONS if one_by_one else Detail.COUNTS


def _check_status(response: requests.Response) -> None:
    status = response.status_code
    if status == 200:
        return
    if status in (401, 403):
        raise Failure("forbidden", f"HTTP {status}")
    if 300 <= status < 400:
        raise Failure("http_error", f"HTTP {status}: a redirect, which is never followed")
    if status == 429:
        raise Failure("http_error", "HTTP 429: too many requests", _retry_after(response), _ANOTHER_PROGRAM)
    raise Failure("http_error", f"HTTP {status}", _retry_after(response) if status >= 500 else None)


def _retry_after(response: requests.Response) -> float | None:
    """Seconds that the Retry-After header asks for, as a number or as a date."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def classify(error: Exception, attempt: Attempt) -> Failure:
    """The name of what requests, urllib3 or the operating system raised; their texts may hold secrets."""
    causes = list(_causes(error))
    for cause in causes:  # a traceback holds urllib3's frames, which hold the error: garbage to be looked for
        cause.__traceback__ = None

    def has(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    if has(MemoryError) or any(isinstance(cause, OSError) and cause.errno in _EXHAUSTED for cause in causes):
        return Failure("resources", _system_detail(causes))
    # urllib3 counts every connection that cannot be made among its timeouts.
    refused = has(urllib3.exceptions.NewConnectionError)
    if attempt.expired or (
        not refused and has(TimeoutError, requests.Timeout, urllib3.exceptions.TimeoutError)
    ):
        detail = attempt.why or f"no whole answer within {attempt.deadline - attempt.started:g} s"
        return Failure("timeout", detail)
    if has(ssl.SSLError, requests.exceptions.SSLError):
        return Failure("tls", _tls_detail(causes))
    if "first byte" in attempt.timeline:
        return Failure("decode", "the answer stops in the middle")
    if has(http.client.HTTPException) and not has(ConnectionError):
        return Failure("http_error", "what answers does not speak HTTP")
    return Failure("connect", _connect_detail(causes, through_proxy=has(requests.exceptions.ProxyError)))


def _connect_detail(causes: list[BaseException], *, through_proxy: bool) -> str:
    tried = [cause for cause in causes if isinstance(cause, urllib3.exceptions.NewConnectionError)]
    where = f"{tried[0].conn.host}:{tried[0].conn.port}: " if tried else ""
    if any(isinstance(cause, urllib3.exceptions.NameResolutionError) for cause in tried):
        detail = "the host name cannot be resolved"
    else:
        detail = _system_detail(causes)
    return f"the proxy cannot be used: {where}{detail}" if through_proxy else where + detail


def _system_detail(causes: list[BaseException]) -> str:
    if any(isinstance(cause, MemoryError) for cause in causes):
        return "no memory left"
    system = next((each.strerror for each in causes if isinstance(each, OSError) and each.strerror), None)
    return system.lower() if system else "the connection broke"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The exception and those it was made from, by cause, context or as an argument."""
    seen: list[BaseException] = []
    pending = [error]
    while pending:
        each = pending.pop(0)
        if each is None or each in seen:
            continue
        seen.append(each)
        pending += [each.__cause__, each.__context__, getattr(each, "reason", None)]
        pending += [argument for argument in each.args if isinstance(argument, BaseException)]
        pending = [item for item in pending if isinstance(item, BaseException)]
        yield each


def _tls_detail(causes: list[BaseException]) -> str:
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"the certificate is not accepted: {cause.verify_message}"
    if any(isinstance(cause, ssl.SSLError) and cause.reason in _NO_TLS for cause in causes):
        return "the server does not speak TLS"
    return "the TLS handshake failed"
