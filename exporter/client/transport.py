"""requests, with connections that an attempt can end, and certificates that are loaded once."""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import warnings
from functools import lru_cache
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    InsecureRequestWarning,
    NameResolutionError,
    NewConnectionError,
)

from exporter.client.attempt import CURRENT, Attempt
from exporter.config.secret import Secret

_KNOWN_URLS = 4096
_IDLE_CONNECTIONS = 64  # kept per host; with more attempts under way than that, the rest are closed after use


class Transport:
    """Kept-alive connections that all accounts with the same proxy and certificates share."""

    def __init__(self, ca_file: Path | None, insecure_skip_verify: bool, proxy_url: Secret | None) -> None:
        """Raises OSError (ssl.SSLError among them) when the CA file cannot be used."""
        if insecure_skip_verify:  # the configuration's own warning says it, once
            warnings.simplefilter("ignore", InsecureRequestWarning)
        self._adapter = _Adapter(_tls_context(ca_state(ca_file), insecure_skip_verify))
        self._proxy_url = proxy_url
        self._proxies_by_url: dict[str, Any] = {}

    def send(self, request: requests.PreparedRequest, attempt: Attempt) -> requests.Response:
        """The response, its body not yet read. Raises what requests raises, and TimeoutError."""
        CURRENT.attempt = attempt
        try:
            # Without a session: no .netrc, no cookies, no redirects, and a fifth of the time.
            return self._adapter.send(
                request, stream=True, timeout=attempt.remaining(), proxies=self._proxies(str(request.url))
            )
        finally:
            CURRENT.attempt = None

    def _proxies(self, url: str) -> Any:
        if self._proxy_url is not None:
            return dict.fromkeys(("http", "https"), self._proxy_url.reveal())
        if url not in self._proxies_by_url:
            self._proxies_by_url[url] = get_environ_proxies(url)
        return self._proxies_by_url[url]

    def close(self) -> None:
        """Close the idle connections."""
        self._adapter.close()


CAState = tuple[str, int, int, int]


def ca_state(ca_file: Path | None) -> CAState:
    """The CA bundle in use, and what changes when it is renewed. Raises OSError when it cannot be looked at.

    It is the configured file, else that of the environment as requests knows it, else the one of requests.
    """
    configured = ca_file and str(ca_file)
    usual = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    bundle = Path(configured or usual or DEFAULT_CA_BUNDLE_PATH)
    state = bundle.stat()
    return str(bundle), state.st_mtime_ns, state.st_size, state.st_ino


@lru_cache(maxsize=8)
def _tls_context(ca_bundle: CAState, insecure_skip_verify: bool) -> ssl.SSLContext:
    """Loading a bundle costs tens of milliseconds, so contexts are shared while it stays the same."""
    path = ca_bundle[0]
    is_folder = Path(path).is_dir()
    context = ssl.create_default_context(
        cafile=None if is_folder else path, capath=path if is_folder else None
    )
    if insecure_skip_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class _Adapter(HTTPAdapter):
    """Uses one TLS context for all connections; requests would load the bundle again for each."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._routes: dict[str, tuple[Any, str]] = {}
        """Pool and target by URL; all requests of a transport have the same proxy."""
        super().__init__(pool_connections=_KNOWN_URLS, pool_maxsize=_IDLE_CONNECTIONS)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, proxy_ssl_context=self._context, **options)
        manager.pool_classes_by_scheme = _POOLS
        return manager

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> Any:
        host, _ = super().build_connection_pool_key_attributes(request, verify, cert)
        return host, {"ssl_context": self._context} if host["scheme"] == "https" else {}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Nothing to add: the context verifies."""

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> Any:
        """The pool of the request's host; to find it anew takes a tenth of an attempt's time."""
        url = str(request.url)
        route = self._routes.get(url)
        if route is None:
            if len(self._routes) >= _KNOWN_URLS:
                self._routes.clear()
            pool = super().get_connection_with_tls_context(request, verify, proxies, cert)
            route = self._routes[url] = pool, super().request_url(request, proxies)
        return route[0]

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:
        route = self._routes.get(str(request.url))
        return route[1] if route else super().request_url(request, proxies)

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """The response without cookies and a text's encoding, which nobody here asks for."""
        response = requests.Response()
        response.status_code, response.headers, response.raw = resp.status, resp.headers, resp
        response.url, response.request = str(req.url), req
        return response

    def close(self) -> None:
        self._routes.clear()
        super().close()


class _Response(http.client.HTTPResponse):
    """Skips interim answers: the library does so with 100 alone, and takes 103 for the answer itself."""

    def _read_status(self) -> tuple[str, int, str]:
        found: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]
        while 102 <= found[1] < 200:
            http.client.parse_headers(self.fp)
            found = super()._read_status()  # type: ignore[misc]
        return found


class _Watched(HTTPConnection):
    """Tells the attempt of the thread about its socket and the steps done; sends a request in one piece."""

    response_class = _Response
    _held: list[bytes] | None = None

    def _new_conn(self) -> socket.socket:
        attempt = CURRENT.attempt
        if attempt is None:
            raise NewConnectionError(self, "connections are made by attempts only")
        try:
            connection = _connect(self._dns_host, self.port, attempt)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from None
        except TimeoutError:
            raise ConnectTimeoutError(self, "timed out") from None
        except OSError as error:
            raise NewConnectionError(self, error.strerror or type(error).__name__) from error
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def connect(self) -> None:
        super().connect()
        if isinstance(self.sock, ssl.SSLSocket) and CURRENT.attempt is not None:
            CURRENT.attempt.mark("handshake")

    def request(self, *args: Any, **options: Any) -> None:
        attempt = CURRENT.attempt
        if attempt is not None and self.sock is not None and "connected" not in attempt.timeline:
            attempt.reused = True
            attempt.watch(self.sock)
        held: list[bytes] = []
        self._held = held
        try:
            super().request(*args, **options)
        finally:
            self._held = None
        self.send(b"".join(held))
        if attempt is not None:
            attempt.mark("sent")

    def send(self, data: Any) -> None:
        """Send, or hold back while a request is put together: headers and body would go one by one."""
        if self._held is None:
            super().send(data)
        else:
            self._held.append(data)


class _WatchedTLS(_Watched, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Watched


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedTLS


_POOLS = {"http": _Pool, "https": _TLSPool}


def _connect(host: str, port: int, attempt: Attempt) -> socket.socket:
    """A connection to the first address that takes one, all tries within the attempt's deadline."""
    addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    attempt.mark("resolved")
    refused: OSError = OSError(f"no address for {host}")
    for family, kind, protocol, _, address in addresses:
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(attempt.remaining())
            connection.connect(address)
            attempt.watch(connection)
        except OSError as error:
            connection.close()
            refused = error
        else:
            attempt.mark("connected")
            return connection
    raise refused
