"""TLS of the server: contexts from the web configuration file."""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import os
import ssl
from collections.abc import Callable, Sequence
from pathlib import Path

from exporter.config.errors import Mistake
from exporter.config.keys import Section
from exporter.web.tls_section import CIPHER_SUITES, CLIENT_AUTH, CURVES, VERSIONS, TLSServerConfig

logger = logging.getLogger(__name__)

Note = Callable[[Path], object]


class ServerContext(ssl.SSLContext):
    """A context that knows the names a client's certificate may have (None: any)."""

    allowed_names: frozenset[str] | None = None


def server_context(config: TLSServerConfig, section: Section | None, note: Note) -> ServerContext | None:
    """The context for a server, or None when no key turns TLS on or a mistake was reported.

    `note` gets each path before it is read.
    """
    if section is None or not config.is_on:
        return None
    _check(config, section)
    pem = {
        name: _content(section, name, getattr(config, f"{name}_file"), getattr(config, name), note)
        for name in ("cert", "key", "client_ca")
    }
    if section.place.problems:
        return None
    with section.place.reporting():
        return _context(config, pem["cert"], pem["key"], pem["client_ca"])
    return None


def _check(config: TLSServerConfig, section: Section) -> None:
    """What was given must fit together, or less would be checked of a client than it seems."""
    report = section.place.report
    for name in ("cert", "key"):
        forms = (name, f"{name}_file")
        if not any(section.get(each, each in section.places) for each in forms):  # one with a mistake counts
            report(f"TLS is on without a {name}_file, expected cert_file and key_file (or cert and key)")
    client_auth = CLIENT_AUTH[config.client_auth_type or "NoClientCert"]
    if (config.client_ca_file or config.client_ca) and client_auth == ssl.CERT_NONE:
        report("a client CA without a client_auth_type, expected RequireAndVerifyClientCert with it")
    if config.client_allowed_sans is not None and client_auth != ssl.CERT_REQUIRED:
        report(
            "client_allowed_sans lets a client without a certificate pass,"
            " expected client_auth_type RequireAndVerifyClientCert with it"
        )
    if VERSIONS[config.min_version] > VERSIONS[config.max_version]:
        report("min_version is above max_version, expected none or the same")


def _content(section: Section, name: str, file: Path | None, text: str, note: Note) -> bytes:
    """The PEM of a key that has two forms, or nothing when a mistake was reported."""
    if file and text:
        section.places[name].report(f"both {name} and {name}_file are given, expected one of them")
    if not file:
        return text.encode()
    note(file)
    try:
        return file.read_bytes()
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror}, expected a PEM file"
        section.places[f"{name}_file"].report(message)
        return b""


def _context(config: TLSServerConfig, cert: bytes, key: bytes, client_ca: bytes) -> ServerContext:
    context = ServerContext(ssl.PROTOCOL_TLS_SERVER)
    _load_pair(context, cert, key)
    context.minimum_version = VERSIONS[config.min_version]
    context.maximum_version = VERSIONS[config.max_version]
    names = [name for name in config.cipher_suites if name in CIPHER_SUITES] or [*CIPHER_SUITES]
    _tell_skipped("cipher_suites", [name for name in config.cipher_suites if name not in names])
    context.set_ciphers(":".join(CIPHER_SUITES[name] for name in names))
    context.set_alpn_protocols(["http/1.1"])
    if config.curve_preferences:
        _set_curves(context, config.curve_preferences)
    if not config.prefer_server_cipher_suites:
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    context.verify_mode = CLIENT_AUTH[config.client_auth_type or "NoClientCert"]
    if client_ca:
        _load_client_ca(context, client_ca)
    elif context.verify_mode != ssl.CERT_NONE:
        context.set_default_verify_paths()
    if config.client_allowed_sans is not None:
        context.allowed_names = frozenset(map(_canonical, config.client_allowed_sans))
    return context


def _set_curves(context: ssl.SSLContext, names: Sequence[str]) -> None:
    if set_groups := getattr(context, "set_groups", None):  # Python 3.15
        set_groups(":".join(CURVES[name] for name in names))
        return
    # One curve is all that Python can set. Every client must know P-256, so with it the fewest are shut out.
    for name in sorted(names, key=lambda each: each != "CurveP256"):
        with contextlib.suppress(ssl.SSLError, ValueError):  # X25519 with the first releases of Python 3.11
            context.set_ecdh_curve(CURVES[name])
            _tell_skipped("curve_preferences", [each for each in names if each != name])
            return
    raise Mistake(f"this Python does not offer the curve {names[0]}", "another one")


def _tell_skipped(key: str, names: Sequence[str]) -> None:
    if names:
        logger.warning("%s: skipped, because Python cannot choose them: %s", key, ", ".join(names))


def certificate_is_allowed(connection: ssl.SSLObject | None) -> bool:
    """Whether the client may be here by the names in its certificate, as its handshake's context has them."""
    context = connection.context if connection else None
    if not connection or not isinstance(context, ServerContext) or context.allowed_names is None:
        return True
    names = (connection.getpeercert() or {}).get("subjectAltName", ())
    return any(_canonical(str(each[1])) in context.allowed_names for each in names)


def _canonical(name: str) -> str:
    """One spelling for each IP address; other names as they are."""
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name


def _load_pair(context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    if b"ENCRYPTED" in key:
        raise Mistake("the key is encrypted", "one without a passphrase")
    try:
        # Python loads only files; this one is in memory, so that no key is written to a disk.
        with os.fdopen(os.memfd_create("certificate"), "wb") as file:
            file.write(certificate + b"\n" + key)
            file.flush()
            context.load_cert_chain(f"/proc/self/fd/{file.fileno()}", password=lambda: "")
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise Mistake("certificate and key do not belong together", "a pair") from None
        raise Mistake("certificate or key cannot be read", "both in PEM") from None
    except OSError as error:
        reason = f"certificate and key cannot be loaded: {error.strerror}"
        raise Mistake(reason, "a free file descriptor") from None


def _load_client_ca(context: ssl.SSLContext, authorities: bytes) -> None:
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # an intermediate authority is trusted as given
    try:
        context.load_verify_locations(cadata=authorities.decode("ascii", "replace"))
    except (ssl.SSLError, ValueError):
        raise Mistake("the client CA cannot be read", "certificates in PEM") from None
