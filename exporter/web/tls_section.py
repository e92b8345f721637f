"""The section `tls_server_config` of the web configuration file → a context for the server."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from exporter.config.document import Place
from exporter.config.errors import Mistake
from exporter.web.fields import boolean, fields, one_of, text, texts
from exporter.web.tls import (
    CIPHER_SUITES,
    CURVES,
    OTHER_CIPHER_SUITES,
    VERSIONS,
    ServerContext,
    TLSError,
    TLSSettings,
    server_context,
)

Note = Callable[[Path], object]

CLIENT_AUTH = {
    "NoClientCert": ssl.CERT_NONE,
    "VerifyClientCertIfGiven": ssl.CERT_OPTIONAL,
    "RequireAndVerifyClientCert": ssl.CERT_REQUIRED,
}
UNVERIFIED = ("RequestClientCert", "RequireAnyClientCert", "RequireClientCert")


def tls_context(section: Place, note: Note) -> ServerContext | None:
    """The context, or None when no key turns TLS on or a mistake was reported. Raises `Mistake`.

    `note` is told of each file before it is read.
    """
    found = fields(section, _READERS)
    values: dict[str, Any] = {}
    for key, place in found.items():
        name = key.removesuffix("_file")
        if name in values:
            place.report(f"both {name} and {name}_file are given, expected one of them")
        try:
            values[name] = _READERS[key](place, note)
        except Mistake as mistake:
            place.report(str(mistake))
            values[name] = None
    if found:
        _check(section, values)
    if not found or section.problems:
        return None
    try:
        return server_context(TLSSettings(**values))
    except TLSError as error:
        raise Mistake(str(error)) from None


def _check(section: Place, values: Mapping[str, Any]) -> None:
    """What was given must fit together, or less would be checked of a client than it seems."""
    for name in ("cert", "key"):
        if name not in values:
            section.report(
                f"TLS is on without a {name}_file, expected cert_file and key_file (or cert and key)"
            )
    client_auth = values.get("client_auth_type", ssl.CERT_NONE)
    if "client_ca" in values and client_auth == ssl.CERT_NONE:
        section.report("a client CA without a client_auth_type, expected RequireAndVerifyClientCert with it")
    if "client_ca" not in values and client_auth in (ssl.CERT_OPTIONAL, ssl.CERT_REQUIRED):
        section.report(
            "client certificates are verified without a CA, expected client_ca_file (or client_ca)"
        )
    if "client_allowed_sans" in values and client_auth in (ssl.CERT_NONE, ssl.CERT_OPTIONAL):
        section.report(
            "client_allowed_sans lets a client without a certificate pass,"
            " expected client_auth_type RequireAndVerifyClientCert with it"
        )
    lowest, highest = (values.get(key) or VERSIONS[default] for key, default in _VERSION_DEFAULTS)
    if lowest > highest:
        section.report("min_version is above max_version, expected none or the same")


_VERSION_DEFAULTS = (("min_version", "TLS12"), ("max_version", "TLS13"))


def _inline(place: Place, _: Note) -> bytes:
    return text(place).encode()


def _file(place: Place, note: Note) -> bytes:
    path = place.folder / text(place)
    note(path)
    try:
        return path.read_bytes()
    except OSError as error:
        raise Mistake(f"{path} cannot be read: {error.strerror}, expected a PEM file") from None


def _client_auth(place: Place, _: Note) -> ssl.VerifyMode:
    name = text(place)
    if name in UNVERIFIED:
        raise Mistake(
            f"{name} is not offered: OpenSSL, from Python, cannot ask for a certificate without verifying it;"
            " expected VerifyClientCertIfGiven or RequireAndVerifyClientCert"
        )
    return one_of(name, CLIENT_AUTH)


def _sans(place: Place, _: Note) -> tuple[str, ...]:
    names = texts(place)
    if not names:
        raise Mistake("is an empty list, which would let nobody in; expected names")
    return names


def _version(place: Place, _: Note) -> ssl.TLSVersion:
    name = text(place)
    if name in ("TLS10", "TLS11"):
        raise Mistake(f"{name} is not offered, expected TLS12 or TLS13")
    return one_of(name, VERSIONS)


def _cipher_suites(place: Place, _: Note) -> tuple[str, ...]:
    names = texts(place)
    for name in names:
        if name in OTHER_CIPHER_SUITES:
            raise Mistake(f"{name} is not offered, expected some of {', '.join(CIPHER_SUITES)}")
    return tuple(one_of(name, CIPHER_SUITES) for name in names) or tuple(CIPHER_SUITES.values())


def _curve(place: Place, _: Note) -> str | None:
    curves = [one_of(name, CURVES) for name in texts(place)]
    if len(curves) > 1:
        raise Mistake("a list of several curves is not offered, expected one curve")
    return curves[0] if curves else None


_READERS: Mapping[str, Callable[[Place, Note], Any]] = {
    "cert": _inline,
    "cert_file": _file,
    "key": _inline,
    "key_file": _file,
    "client_ca": _inline,
    "client_ca_file": _file,
    "client_auth_type": _client_auth,
    "client_allowed_sans": _sans,
    "min_version": _version,
    "max_version": _version,
    "cipher_suites": _cipher_suites,
    "curve_preferences": _curve,
    "prefer_server_cipher_suites": lambda place, _: boolean(place),
}
