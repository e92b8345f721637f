"""Asks a running exporter whether it lives: the image's health check, exec probes and the chart's test.

    python -m exporter.command.healthcheck [--expect-up] [--timeout SECONDS] [URL …]

Exit code 0 when every URL answers, else 1. Without a URL it asks http://127.0.0.1:10061/-/healthy, then the
same with TLS. It checks no certificate: the question is "are you alive", not "are you who you say". A server
that asks for a client certificate or a password is alive.

`--expect-up` expects `voicenter_up` 1 of every account, so it needs what the server asks for: a user in the
environment variables HEALTHCHECK_USERNAME and HEALTHCHECK_PASSWORD, a certificate with `--cert` and `--key`.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import os
import re
import ssl
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

HERE = "127.0.0.1:10061/-/healthy"
AT_ONCE: Final = 8
"""Accounts of a /sd that are probed side by side."""
UP = re.compile(r'^voicenter_up\{account="((?:[^"\\]|\\.)*)"\} (\S+)', re.MULTILINE)
WANTS_A_CERTIFICATE = (  # what OpenSSL calls the alerts
    "SSLV3_ALERT_HANDSHAKE_FAILURE",
    "SSLV3_ALERT_BAD_CERTIFICATE",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED",
)


class Unhealthy(Exception):
    """What is wrong, for a person."""


class Closed(Exception):
    """The server is there and withholds its answer; the text says what it wants."""


@dataclass(frozen=True, slots=True)
class Client:
    """How to ask: with a timeout in seconds for each step, and with what the server may want to see."""

    timeout: float
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    cert: Path | None = None
    key: Path | None = None

    def get(self, url: str) -> str:
        """The page at `url`. Raises `Closed` or `Unhealthy`."""
        connection = self._connection(url)
        parts = urlsplit(url)
        try:
            return _get(connection, parts.path + (f"?{parts.query}" if parts.query else ""), self.headers)
        except (OSError, http.client.HTTPException) as error:
            raise Unhealthy(str(error) or type(error).__name__) from error
        finally:
            connection.close()

    def _connection(self, url: str) -> http.client.HTTPConnection:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        if parts.scheme != "https":
            return http.client.HTTPConnection(host, port, timeout=self.timeout)
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if self.cert:
            try:
                context.load_cert_chain(self.cert, self.key)
            except OSError as error:
                raise Unhealthy(f"the client certificate cannot be used: {error}") from error
        return http.client.HTTPSConnection(host, port, timeout=self.timeout, context=context)


def _get(connection: http.client.HTTPConnection, target: str, headers: dict[str, str]) -> str:
    try:
        connection.connect()
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError) as error:
        # asyncio's servers end a handshake without an alert, which versions of Python name differently
        raise Closed("a client certificate") from error
    except ssl.SSLError as error:
        if error.reason in WANTS_A_CERTIFICATE:
            raise Closed("a client certificate") from error
        raise
    try:
        connection.request("GET", target, headers=headers)
        response = connection.getresponse()
    except (ssl.SSLError, ConnectionError) as error:
        # With TLS 1.3 the handshake is done when the server refuses; its alert may be lost in a reset.
        if isinstance(connection, http.client.HTTPSConnection):
            raise Closed("a client certificate") from error
        raise
    if response.status == http.client.UNAUTHORIZED:
        raise Closed("another password" if headers else "a password")
    body = response.read().decode(errors="replace")
    if response.status != http.client.OK:
        raise Unhealthy(f"status {response.status}: {body.strip()[:200]}")
    return body


def up(url: str, client: Client) -> dict[str, str]:
    """`voicenter_up` by account: of the page at `url`, or of the `/probe` of every target of a `/sd`."""
    page = client.get(url)
    if urlsplit(url).path != "/sd":
        return dict(UP.findall(page))
    probe = url.removesuffix("/sd") + "/probe?target="
    urls = [probe + quote(target, safe="") for group in json.loads(page) for target in group["targets"]]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return {account: value for page in pool.map(client.get, urls) for account, value in UP.findall(page)}


def check(url: str, client: Client, expect_up: bool) -> str:
    """What `url` says, in a line; raises `Unhealthy`. With `expect_up` some account, and no account down."""
    if not expect_up:
        try:
            client.get(url)
        except Closed as wants:
            return f"answers, and asks for {wants}"
        return "answers"
    try:
        accounts = up(url, client)
    except Closed as wants:
        raise Unhealthy(f"asks for {wants}, so nobody knows whether its accounts are up") from wants
    if not accounts:
        raise Unhealthy("no account: voicenter_up is missing")
    if down := sorted(name for name, value in accounts.items() if float(value) != 1):
        raise Unhealthy(
            f"voicenter_up is 0 for {', '.join(down)}: the exporter's status page and log say why"
        )
    return f"voicenter_up is 1 for {', '.join(sorted(accounts))}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Check every URL, write a line for each, return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m exporter.command.healthcheck", description="Ask whether an exporter lives."
    )
    add = parser.add_argument
    add("--expect-up", action="store_true", help="expect voicenter_up 1 of all accounts")
    add("--timeout", type=float, default=4.0, help="seconds for each step, default %(default)s")
    add("--cert", type=Path, help="a PEM file with a client certificate")
    add("--key", type=Path, help="the PEM file with its key")
    add("url", nargs="*", help="default: port 10061 of this host, without TLS or with")
    options = parser.parse_args(arguments)
    client = Client(options.timeout, _login(), options.cert, options.key)
    alternatives = [[url] for url in options.url] or [[f"http://{HERE}", f"https://{HERE}"]]
    good = [_any(urls, client, options.expect_up) for urls in alternatives]
    return 0 if all(good) else 1


def _login() -> dict[str, str]:
    user, password = (os.environ.get(f"HEALTHCHECK_{name}", "") for name in ("USERNAME", "PASSWORD"))
    if not user:
        return {}
    encoded = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"Authorization": f"Basic {encoded}"}


def _any(urls: Sequence[str], client: Client, expect_up: bool) -> bool:
    for url in urls:
        try:
            sys.stdout.write(f"{url}: {check(url, client, expect_up)}\n")
            return True
        except Unhealthy as problem:
            sys.stderr.write(f"{url}: {problem}\n")
    return False


if __name__ == "__main__":
    sys.exit(main())
