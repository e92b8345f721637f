"""TLS of the server: contexts from the web configuration file."""

from __future__ import annotations

import ipaddress
import os
import ssl
from dataclasses import dataclass

# Go's names for TLS 1.2's suites with forward secrecy and authenticated encryption → OpenSSL's.
CIPHER_SUITES = {
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": "ECDHE-ECDSA-AES128-GCM-SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256": "ECDHE-RSA-AES128-GCM-SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384": "ECDHE-ECDSA-AES256-GCM-SHA384",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384": "ECDHE-RSA-AES256-GCM-SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-ECDSA-CHACHA20-POLY1305",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-RSA-CHACHA20-POLY1305",
}
# Go's other names: CBC, RC4, no forward secrecy, or TLS 1.3 (where nobody chooses).
OTHER_CIPHER_SUITES = {
    f"TLS_{name}"
    for name in (
        *("AES_128_GCM_SHA256", "AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256"),
        *("RSA_WITH_RC4_128_SHA", "RSA_WITH_3DES_EDE_CBC_SHA", "RSA_WITH_AES_128_CBC_SHA"),
        *("RSA_WITH_AES_256_CBC_SHA", "RSA_WITH_AES_128_CBC_SHA256", "RSA_WITH_AES_128_GCM_SHA256"),
        *("RSA_WITH_AES_256_GCM_SHA384", "ECDHE_ECDSA_WITH_RC4_128_SHA", "ECDHE_ECDSA_WITH_AES_128_CBC_SHA"),
        *(
            "ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
            "ECDHE_RSA_WITH_RC4_128_SHA",
            "ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
        ),
        *("ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE_RSA_WITH_AES_256_CBC_SHA"),
        *("ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", "ECDHE_RSA_WITH_AES_128_CBC_SHA256"),
    )
}
CURVES = {"CurveP256": "prime256v1", "CurveP384": "secp384r1", "CurveP521": "secp521r1", "X25519": "X25519"}
VERSIONS = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}


class TLSError(Exception):
    """Certificate, key and settings do not make a server. The text says what is wrong and holds no key."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TLSSettings:
    """The section `tls_server_config`, files already read, names as OpenSSL has them; no repr of the key."""

    cert: bytes
    key: bytes
    client_ca: bytes | None = None
    client_auth_type: ssl.VerifyMode = ssl.CERT_NONE
    client_allowed_sans: tuple[str, ...] = ()
    min_version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2
    max_version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
    cipher_suites: tuple[str, ...] = tuple(CIPHER_SUITES.values())
    curve_preferences: str | None = None
    prefer_server_cipher_suites: bool = True


class ServerContext(ssl.SSLContext):
    """A context that knows the names a client's certificate may have (none given: any)."""

    allowed_names: frozenset[str] = frozenset()


def server_context(settings: TLSSettings) -> ServerContext:
    """The context for a server. Raises `TLSError`."""
    context = ServerContext(ssl.PROTOCOL_TLS_SERVER)
    _load_pair(context, settings.cert, settings.key)
    context.minimum_version = settings.min_version
    context.maximum_version = settings.max_version
    context.set_ciphers(":".join(settings.cipher_suites))
    context.set_alpn_protocols(["http/1.1"])
    if settings.curve_preferences:
        try:
            context.set_ecdh_curve(settings.curve_preferences)
        except (ssl.SSLError, ValueError):  # X25519 with the first releases of Python 3.11
            curve = settings.curve_preferences
            raise TLSError(f"this Python does not offer the curve {curve}, expected another one") from None
    if not settings.prefer_server_cipher_suites:
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    if settings.client_ca is not None:
        _load_client_ca(context, settings.client_ca)
    context.verify_mode = settings.client_auth_type
    context.allowed_names = frozenset(_canonical(each) for each in settings.client_allowed_sans)
    return context


def certificate_is_allowed(connection: ssl.SSLObject | None) -> bool:
    """Whether the client may be here by the names in its certificate, as its handshake's context has them."""
    context = connection.context if connection else None
    if not connection or not isinstance(context, ServerContext) or not context.allowed_names:
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
        raise TLSError("the key is encrypted, expected one without a passphrase")
    try:
        # Python loads only files; this one is in memory, so that no key is written to a disk.
        with os.fdopen(os.memfd_create("certificate"), "wb") as file:
            file.write(certificate + b"\n" + key)
            file.flush()
            context.load_cert_chain(f"/proc/self/fd/{file.fileno()}", password=lambda: "")
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise TLSError("certificate and key do not belong together, expected a pair") from None
        raise TLSError("certificate or key cannot be read, expected both in PEM") from None
    except OSError as error:
        raise TLSError(
            f"certificate and key cannot be loaded: {error.strerror}, expected a free file descriptor"
        ) from None


def _load_client_ca(context: ssl.SSLContext, authority: bytes) -> None:
    try:
        context.load_verify_locations(cadata=authority.decode("ascii", "replace"))
    except (ssl.SSLError, ValueError):
        raise TLSError("the client CA cannot be read, expected certificates in PEM") from None
