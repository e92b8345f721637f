"""The section `tls_server_config` of the web configuration file: its keys, and the names that they take."""

from __future__ import annotations

import ssl
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

from exporter.config import keys
from exporter.config.document import Place
from exporter.config.errors import Mistake
from exporter.config.keys import Kind, entries, nullable, scalar
from exporter.config.values import shown

# Go's names for TLS 1.2's suites with forward secrecy and authenticated encryption → OpenSSL's.
CIPHER_SUITES: Final = {
    f"TLS_ECDHE_{pair}": f"ECDHE-{name}"
    for pair, name in (
        ("ECDSA_WITH_AES_128_GCM_SHA256", "ECDSA-AES128-GCM-SHA256"),
        ("RSA_WITH_AES_128_GCM_SHA256", "RSA-AES128-GCM-SHA256"),
        ("ECDSA_WITH_AES_256_GCM_SHA384", "ECDSA-AES256-GCM-SHA384"),
        ("RSA_WITH_AES_256_GCM_SHA384", "RSA-AES256-GCM-SHA384"),
        ("ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDSA-CHACHA20-POLY1305"),
        ("RSA_WITH_CHACHA20_POLY1305_SHA256", "RSA-CHACHA20-POLY1305"),
    )
}
# Others that the format knows: TLS 1.3 (where nobody chooses), CBC, or no forward secrecy.
OTHER_CIPHER_SUITES: Final = tuple(
    f"TLS_{name}"
    for name in (
        *("AES_128_GCM_SHA256", "AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256"),
        *(f"ECDHE_{each}_WITH_AES_{bits}_CBC_SHA" for each in ("ECDSA", "RSA") for bits in (128, 256)),
        *("RSA_WITH_AES_128_CBC_SHA", "RSA_WITH_AES_256_CBC_SHA"),
        *("RSA_WITH_AES_128_GCM_SHA256", "RSA_WITH_AES_256_GCM_SHA384"),
    )
)
CURVES: Final = {
    "CurveP256": "prime256v1",
    "CurveP384": "secp384r1",
    "CurveP521": "secp521r1",
    "X25519": "X25519",
}
VERSIONS: Final = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}
CLIENT_AUTH: Final = {
    "NoClientCert": ssl.CERT_NONE,
    "VerifyClientCertIfGiven": ssl.CERT_OPTIONAL,
    "RequireAndVerifyClientCert": ssl.CERT_REQUIRED,
}
_UNVERIFIED: Final = ("RequestClientCert", "RequireAnyClientCert", "RequireClientCert")
ANY_SCALAR: Final = ("str", "int", "float", "bool", "timestamp")  # as the format takes for text


def _one_of(known: Collection[str], text: str) -> str:
    if text not in known:
        raise Mistake(f"{shown(text)} is not known", f"one of {', '.join(known)}")
    return text


def _client_auth(text: str) -> str:
    if text in _UNVERIFIED:
        why = "OpenSSL, from Python, cannot ask for a certificate without verifying it"
        expected = "VerifyClientCertIfGiven or RequireAndVerifyClientCert"
        raise Mistake(f"{text} is not offered: {why}", expected)
    return text and _one_of(CLIENT_AUTH, text)


def _version(text: str) -> str:
    if text in ("TLS10", "TLS11"):
        raise Mistake(f"{text} is not offered", "TLS12 or TLS13")
    return _one_of(VERSIONS, text)


def _path(place: Place) -> Path | None:
    text = TEXT.read(place)
    return place.folder / text if text else None


def _some_of(place: Place, usable: Collection[str], others: Collection[str]) -> tuple[str, ...]:
    """The names in a list, of which one at least must be usable."""
    names: tuple[str, ...] = TEXTS.read(place)
    for name in names:
        if name not in others:
            _one_of(usable, name)
    if names and not set(names) & set(usable):
        raise Mistake(f"{names[0]} is not offered", f"some of {', '.join(usable)}")
    return names


FLAG: Kind[bool] = Kind(
    "true or false", "true or false", lambda place: place.scalar("bool").lower() in ("true", "yes", "on")
)
TEXT = scalar("text", "text", str, *ANY_SCALAR)
TEXTS = entries(TEXT, "list of texts", "a list of texts")
FILE: Kind[Path | None] = Kind("path", "text", _path)
CLIENT_AUTH_TYPE = scalar("text", "text", _client_auth, *ANY_SCALAR)
VERSION = scalar("text", "text", _version, *ANY_SCALAR)
CIPHERS = replace(TEXTS, reader=partial(_some_of, usable=CIPHER_SUITES, others=OTHER_CIPHER_SUITES))
CURVE_NAMES = replace(TEXTS, reader=partial(_some_of, usable=CURVES, others=()))
SANS = nullable(TEXTS)


@dataclass(frozen=True, slots=True, repr=False)
class TLSServerConfig:
    """What the section says; no repr of the key."""

    cert_file: Path | None = keys.key(FILE, "the server's certificate, PEM", "''")
    key_file: Path | None = keys.key(FILE, "its key, PEM without a passphrase", "''")
    cert: str = keys.key(TEXT, "the certificate itself, instead of `cert_file`", "''")
    key: str = keys.key(TEXT, "the key itself, instead of `key_file`", "''")
    client_auth_type: str = keys.key(
        CLIENT_AUTH_TYPE,
        "`NoClientCert`, `VerifyClientCertIfGiven` or `RequireAndVerifyClientCert`",
        "''",
    )
    client_ca_file: Path | None = keys.key(
        FILE, "the authorities of client certificates, also intermediate ones; by default the system's", "''"
    )
    client_ca: str = keys.key(TEXT, "the authorities themselves, instead of `client_ca_file`", "''")
    client_allowed_sans: tuple[str, ...] | None = keys.key(
        SANS,
        "a client certificate must have one of these DNS names, e-mail addresses, IP addresses or URIs",
        "null",
    )
    min_version: str = keys.key(VERSION, "`TLS12` or `TLS13`", "TLS12")
    max_version: str = keys.key(VERSION, "`TLS12` or `TLS13`", "TLS13")
    cipher_suites: tuple[str, ...] = keys.key(
        CIPHERS,
        "for TLS 1.2, by Go's names: the ECDHE suites with AES-GCM or ChaCha20 are used, others are skipped",
        "[]",
    )
    prefer_server_cipher_suites: bool = keys.key(FLAG, "whether the server's order holds", "true")
    curve_preferences: tuple[str, ...] = keys.key(
        CURVE_NAMES,
        "`CurveP256`, `CurveP384`, `CurveP521` or `X25519`; Python before 3.15 can set only one: "
        "`CurveP256` if it is in the list, else the first",
        "[]",
    )

    @property
    def is_on(self) -> bool:
        """Whether a key is given that turns TLS on."""
        pair = self.cert_file or self.key_file or self.cert or self.key
        return bool(pair or self.client_auth_type or self.client_ca_file or self.client_ca)
