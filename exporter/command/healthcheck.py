"""Asks a running exporter whether it lives: the image's health check, exec probes and the chart's test.

    python -m exporter.command.healthcheck [--expect-up] [--timeout SECONDS] [URL …]

Exit code 0 when every URL answers, else 1. Without a URL http://127.0.0.1:10061/-/healthy is asked, then the
same by TLS. No certificate is checked: this asks "are you alive", not "are you who you say". Where the server
wants a client certificate or a password, which a health check has not, its asking for it is an answer.
"""

from __future__ import annotations

import argparse
import http.client
import json
import re
import ssl
import sys
from collections.abc import Sequence
from urllib.parse import quote, urlsplit

HERE = "127.0.0.1:10061/-/healthy"
MOST_TARGETS = 20  # that are probed one after the other
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


def get(url: str, timeout: float) -> str:
    """The page at `url`, within `timeout` seconds for each step; raises `Closed` or `Unhealthy`."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        connection = http.client.HTTPSConnection(host, port, timeout=timeout, context=context)
    else:
        connection = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        return _get(connection, parts.path + (f"?{parts.query}" if parts.query else ""))
    except (OSError, http.client.HTTPException) as error:
        raise Unhealthy(str(error) or type(error).__name__) from error
    finally:
        connection.close()


def _get(connection: http.client.HTTPConnection, target: str) -> str:
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
        connection.request("GET", target)
        response = connection.getresponse()
    except (ssl.SSLError, ConnectionError) as error:
        # With TLS 1.3 the handshake is done when the server refuses; its alert may be lost in a reset.
        if isinstance(connection, http.client.HTTPSConnection):
            raise Closed("a client certificate") from error
        raise
    if response.status == http.client.UNAUTHORIZED:
        raise Closed("a password")
    body = response.read().decode(errors="replace")
    if response.status != http.client.OK:
        raise Unhealthy(f"status {response.status}: {body.strip()[:200]}")
    return body


def up(url: str, timeout: float) -> dict[str, str]:
    """`voicenter_up` by account: of the page at `url`, or of `/probe` for the first targets of a `/sd`."""
    page = get(url, timeout)
    if urlsplit(url).path != "/sd":
        return dict(UP.findall(page))
    probe = url.removesuffix("/sd") + "/probe?target="
    targets = [target for group in json.loads(page) for target in group["targets"]][:MOST_TARGETS]
    pages = (get(probe + quote(target, safe=""), timeout) for target in targets)
    return {account: value for page in pages for account, value in UP.findall(page)}


def check(url: str, timeout: float, expect_up: bool) -> str:
    """What `url` says, in a line; raises `Unhealthy`. With `expect_up` some account, and no account down."""
    try:
        if not expect_up:
            get(url, timeout)
            return "answers"
        accounts = up(url, timeout)
    except Closed as wants:
        return f"answers, and wants {wants} that this check has not"
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
    parser.add_argument(
        "--expect-up", action="store_true", help="metrics must say voicenter_up 1 of all accounts"
    )
    parser.add_argument(
        "--timeout", type=float, default=4.0, help="seconds for each step, default %(default)s"
    )
    parser.add_argument("url", nargs="*", help="default: port 10061 of this host, without TLS or with")
    options = parser.parse_args(arguments)
    alternatives = [[url] for url in options.url] or [[f"http://{HERE}", f"https://{HERE}"]]
    good = [_any(urls, options.timeout, options.expect_up) for urls in alternatives]
    return 0 if all(good) else 1


def _any(urls: Sequence[str], timeout: float, expect_up: bool) -> bool:
    for url in urls:
        try:
            sys.stdout.write(f"{url}: {check(url, timeout, expect_up)}\n")
            return True
        except Unhealthy as problem:
            sys.stderr.write(f"{url}: {problem}\n")
    return False


if __name__ == "__main__":
    sys.exit(main())
