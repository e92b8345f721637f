"""The web configuration file (TLS, users, headers, rate), in the format of Prometheus' exporter toolkit."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from exporter.config.document import Place, read_text
from exporter.config.errors import Mistake, Problems
from exporter.config.keys import Kind, build, key, known_entries, read_section, scalar, section
from exporter.config.values import shown
from exporter.web.tls import Note, ServerContext, server_context
from exporter.web.tls_section import ANY_SCALAR, FLAG, TLSServerConfig

HEADERS: Mapping[str, Collection[str]] = {  # header → its values; none given: any
    "Content-Security-Policy": (),
    "Strict-Transport-Security": (),
    "X-Content-Type-Options": ("nosniff",),
    "X-Frame-Options": ("deny", "sameorigin"),
    "X-XSS-Protection": (),
}
_BCRYPT = re.compile(r"\$2[aby]\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}", re.ASCII)
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(rf"(\d{{1,9}}\.?\d{{0,9}}|\.\d{{1,9}})({'|'.join(_SECONDS)})", re.ASCII)
_DURATION = re.compile(rf"({_PART.pattern}){{1,9}}", re.ASCII)
_USERS = "user names with their bcrypt hashes"


def _headers(place: Place) -> tuple[tuple[bytes, bytes], ...]:
    headers = []
    for name, values, value in known_entries(place, HEADERS):
        with value.reporting():
            text = "" if value.is_null else value.scalar(*ANY_SCALAR)
            if values and text not in values and not value.is_null:
                raise Mistake(f"{shown(text)} is not offered", " or ".join(values))
            if not text.isascii() or not text.isprintable():
                raise Mistake("holds characters that a header cannot have", "one line of ASCII")
            if text.strip():
                headers.append((name.lower().encode(), text.strip().encode()))
    return tuple(headers)


def _users(place: Place) -> Mapping[bytes, bytes]:
    users = {}
    for written, value in place.entries(_USERS):
        name, hashed = str(written.node.value), value.node.value
        if ":" in name:
            written.report("a user name with a colon cannot log in, expected one without")
        if not isinstance(hashed, str) or not _BCRYPT.fullmatch(hashed):
            value.report("is not a bcrypt hash, expected one such as `htpasswd -nBC 10` makes")
        else:
            users[name.encode()] = hashed.encode()
    return users


def _interval(text: str) -> float:
    """Seconds of a duration as Go writes it."""
    if text == "0":
        return 0.0
    if not _DURATION.fullmatch(text):
        raise Mistake(f"{shown(text)} is not a duration with a unit")
    return sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text))


def _burst(text: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        raise Mistake(f"{shown(text)} is not a number of requests")
    return int(text)


HEADER_VALUES: Kind[tuple[tuple[bytes, bytes], ...]] = Kind("mapping", "a mapping of headers", _headers)
USERS: Kind[Mapping[bytes, bytes]] = Kind("mapping", _USERS, _users)
INTERVAL = scalar("duration", "a duration such as 1s or 500us", _interval, "str", "int", "float")
BURST = scalar("whole number", "a whole number from 0", _burst, "int")


@dataclass(frozen=True, slots=True)
class HTTPServerConfig:
    """How answers are sent."""

    http2: bool = key(FLAG, "accepted; HTTP/1.1 is served", "true")
    headers: tuple[tuple[bytes, bytes], ...] = key(HEADER_VALUES, "headers of every answer", "{}")


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A request per `interval` seconds, `burst` at once."""

    interval: float = key(INTERVAL, "the time for one more request; 0 turns the limit off", "0")
    burst: int = key(BURST, "the requests at once; 0 lets nobody in", "0")


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of the file."""

    tls_server_config: TLSServerConfig = section(TLSServerConfig, "TLS", nulls="are absent")
    http_server_config: HTTPServerConfig = section(HTTPServerConfig, "HTTP", nulls="are absent")
    basic_auth_users: Mapping[bytes, bytes] = key(
        USERS,
        "names and bcrypt hashes, for all paths but `/-/healthy` and `/-/ready`, with TLS or without",
        "{}",
    )
    rate_limit: RateLimit = section(RateLimit, "how many requests are answered", nulls="are absent")


@dataclass(frozen=True, slots=True)
class WebConfig:
    """What the file says; without one, nothing is turned on."""

    tls: ServerContext | None = None
    headers: tuple[tuple[bytes, bytes], ...] = ()
    users: Mapping[bytes, bytes] = field(default_factory=dict, repr=False)
    """Name → bcrypt hash."""
    rate_limit: RateLimit | None = None


def load(path: Path, note: Note = lambda _: None) -> WebConfig:
    """Read and validate the file and those it names; `note` gets each path before it is read.

    Raises `ConfigError` with every mistake on a line of its own.
    """
    note(path)
    content = read_text(path)
    if not any(line.partition("#")[0].strip(" \t\r-") for line in content.split("\n")):
        return WebConfig()  # an empty file turns nothing on
    problems = Problems(path)
    root = read_section(Keys, content, problems, nulls="are absent")
    given = build(Keys, root)
    tls = server_context(given.tls_server_config, root.get("tls_server_config"), note)
    if problems:
        raise problems.error()
    return WebConfig(
        tls=tls,
        headers=given.http_server_config.headers,
        users=given.basic_auth_users,
        rate_limit=given.rate_limit if given.rate_limit.interval else None,
    )
