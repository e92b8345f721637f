"""What a client wants to read: the format of a page, and whether it takes gzip.

The rules are those of Prometheus' client library for Go: the highest quality wins, then the order of the
header. A clause with a version, a message or an encoding that is not written here does not count. Where no
clause counts, it is text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Final

from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST


class Format(Enum):
    """What a page can be written in; the value is its content type."""

    TEXT = "text/plain; version=0.0.4; charset=utf-8"
    OPENMETRICS = CONTENT_TYPE_LATEST
    PROTOBUF = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"

    @property
    def end(self) -> bytes:
        """The mark that a page is whole, where the format has one."""
        return b"# EOF\n" if self is Format.OPENMETRICS else b""


_FORMATS: Final[Mapping[str, tuple[Format, Mapping[str, tuple[str, ...]]]]] = {
    "text/plain": (Format.TEXT, {"version": ("", "0.0.4", "1.0.0")}),
    "application/openmetrics-text": (Format.OPENMETRICS, {"version": ("", "0.0.1", "1.0.0")}),
    "application/vnd.google.protobuf": (
        Format.PROTOBUF,
        {"proto": ("io.prometheus.client.MetricFamily",), "encoding": ("delimited",)},
    ),
}
"""Per media type: the format, and the parameters that count with their values; "" stands for none."""


def negotiate(accept: str | None, accept_encoding: str | None) -> tuple[Format, bool]:
    """The format that the headers ask for, and whether gzip is welcome."""
    clauses = sorted(_clauses(accept or ""), key=lambda clause: -clause[2])  # stable: else in order
    for name, parameters, quality in clauses:
        if name not in _FORMATS or not quality:
            continue
        style, wanted = _FORMATS[name]
        if all(parameters.get(key, "") in values for key, values in wanted.items()):
            return style, _takes_gzip(accept_encoding or "")
    return Format.TEXT, _takes_gzip(accept_encoding or "")


def _takes_gzip(accept_encoding: str) -> bool:
    return any(name == "gzip" and quality > 0 for name, _, quality in _clauses(accept_encoding))


def _clauses(header: str) -> Iterator[tuple[str, Mapping[str, str], float]]:
    """Each clause of a header: its name in lower case, its parameters, and its quality from 0 to 1."""
    for clause in header.split(","):
        name, *rest = clause.split(";")
        pairs = (part.partition("=") for part in rest)
        parameters = {key.strip().lower(): value.strip().strip('"') for key, _, value in pairs}
        yield name.strip().lower(), parameters, _quality(parameters.pop("q", "1"))


def _quality(text: str) -> float:
    """1 where it is no number, as for a clause without it."""
    try:
        quality = float(text)
    except ValueError:
        return 1.0
    return quality if 0 <= quality <= 1 else 1.0
