"""The web configuration file (TLS, users, headers, rate), in the format of Prometheus' exporter toolkit."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from exporter.config.document import Place, read_document, read_text
from exporter.config.errors import Problems
from exporter.config.values import count, duration, shown
from exporter.web.fields import boolean, fields, section_fields, taken, text
from exporter.web.tls import ServerContext
from exporter.web.tls_section import Note, tls_context

SECTIONS = ("tls_server_config", "http_server_config", "basic_auth_users", "rate_limit")
HEADERS: Mapping[str, Collection[str]] = {  # header → its values; none given: any
    "Content-Security-Policy": (),
    "Strict-Transport-Security": (),
    "X-Content-Type-Options": ("nosniff",),
    "X-Frame-Options": ("deny", "sameorigin"),
    "X-XSS-Protection": (),
}
_BCRYPT = re.compile(r"\$2[aby]\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}", re.ASCII)


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A request per `interval` seconds, `burst` at once."""

    interval: float
    burst: int


@dataclass(frozen=True, slots=True)
class WebConfig:
    """What the file says; without one, nothing is turned on."""

    tls: ServerContext | None = None
    headers: tuple[tuple[bytes, bytes], ...] = ()
    users: Mapping[bytes, bytes] = field(default_factory=dict, repr=False)
    """Name → bcrypt hash."""
    rate_limit: RateLimit | None = None


def load(path: Path, note: Note = lambda _: None) -> WebConfig:
    """Read and validate the file and those it names; `note` is told of each before it is read.

    Raises `ConfigError` with every mistake on a line of its own.
    """
    note(path)
    content = read_text(path)
    if not any(line.partition("#")[0].strip(" \t\r-") for line in content.split("\n")):
        return WebConfig()  # an empty file turns nothing on
    problems = Problems(path)
    sections = section_fields(read_document(content, problems), SECTIONS)
    config = WebConfig(
        tls=taken(sections.get("tls_server_config"), lambda section: tls_context(section, note), None),
        headers=taken(sections.get("http_server_config"), _headers, ()),
        users=taken(sections.get("basic_auth_users"), _users, {}),
        rate_limit=taken(sections.get("rate_limit"), _rate_limit, None),
    )
    if problems:
        raise problems.error()
    return config


def _headers(section: Place) -> tuple[tuple[bytes, bytes], ...]:
    found = fields(section, ("http2", "headers"))
    taken(found.get("http2"), boolean, True)  # accepted; HTTP/1.1 is served
    headers = []
    for name, place in section_fields(found.get("headers"), HEADERS).items():
        value = taken(place, text, "").strip()
        if value and HEADERS[name] and value not in HEADERS[name]:
            place.report(f"{shown(value)} is not offered, expected {' or '.join(HEADERS[name])}")
        elif not value.isascii() or not value.isprintable():
            place.report("holds characters that a header cannot have, expected one line of ASCII")
        elif value:
            headers.append((name.lower().encode(), value.encode()))
    return tuple(headers)


def _users(section: Place) -> dict[bytes, bytes]:
    users = {}
    for key, place in section.entries("user names with their bcrypt hashes"):
        name, hashed = str(key.node.value), place.node.value
        if ":" in name:
            key.report("a user name with a colon cannot log in, expected one without")
        if not isinstance(hashed, str) or not _BCRYPT.fullmatch(hashed):
            place.report("is not a bcrypt hash, expected one such as `htpasswd -nBC 10` makes")
        else:
            users[name.encode()] = hashed.encode()
    return users


def _rate_limit(section: Place) -> RateLimit | None:
    found = fields(section, ("interval", "burst"))
    interval = taken(found.get("interval"), _interval, 0.0)
    burst = taken(found.get("burst"), lambda place: count(place.scalar("a whole number", "int")), 0)
    if interval and "burst" not in found:
        section.report(
            "an interval without a burst lets nothing pass, expected the number of requests at once"
        )
    return RateLimit(interval, burst) if interval else None


def _interval(place: Place) -> float:
    written = place.scalar("a duration such as 1s", "str", "int")
    return 0.0 if written == "0" else duration(written)
