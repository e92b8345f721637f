"""The format of Prometheus' exporter toolkit: a small file for each rule, taken or refused as there."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

import pytest

from exporter.config.errors import ConfigError
from exporter.web.web_config import RateLimit, WebConfig
from tests.web.test_web_config import HASH, PAIR, folder, loaded

__all__ = ["folder"]

BOTH: Final = "cert_file: cert.pem, key_file: key.pem"
TAKEN: Final = {
    # what is empty is not given
    "texts": "tls_server_config: {cert_file: '', key_file: '', client_ca_file: '', client_auth_type: ''}",
    "nulls": "tls_server_config: {cert_file: , min_version: , cipher_suites: , client_allowed_sans: }",
    "sections": "tls_server_config:\nhttp_server_config:\nbasic_auth_users:\nrate_limit:",
    "an empty text beside a file": f"tls_server_config: {{{BOTH}, cert: '', key: '', client_ca: ''}}",
    # keys that do not turn TLS on
    "versions alone": "tls_server_config: {min_version: TLS12, max_version: TLS13}",
    "suites alone": "tls_server_config: {cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]}",
    "curves alone": "tls_server_config: {curve_preferences: [X25519], prefer_server_cipher_suites: true}",
    "names alone": "tls_server_config: {client_allowed_sans: [prometheus.example]}",
    # TLS
    "NoClientCert": f"tls_server_config: {{{BOTH}, client_auth_type: NoClientCert}}",
    "the system's roots": f"tls_server_config: {{{BOTH}, client_auth_type: RequireAndVerifyClientCert}}",
    "the system's, if given": f"tls_server_config: {{{BOTH}, client_auth_type: VerifyClientCertIfGiven}}",
    "no name at all": (
        f"tls_server_config: {{{BOTH}, client_auth_type: RequireAndVerifyClientCert,"
        " client_allowed_sans: []}"
    ),
    "suites of TLS 1.3 and with CBC": (
        f"tls_server_config: {{{BOTH}, cipher_suites: [TLS_AES_128_GCM_SHA256, TLS_RSA_WITH_AES_256_CBC_SHA,"
        " TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]}"
    ),
    "all curves": (
        f"tls_server_config: {{{BOTH}, curve_preferences: [CurveP521, CurveP384, CurveP256, X25519]}}"
    ),
    # HTTP
    "words for true": "http_server_config: {http2: on}",
    "a number in a header": "http_server_config: {headers: {X-XSS-Protection: 0}}",
    "an empty header": "http_server_config: {headers: {Content-Security-Policy: ''}}",
    "a null header": "http_server_config: {headers: {X-Frame-Options: }}",
    # users and rate
    "users": f"basic_auth_users: {{anna: {HASH}, 12: {HASH}}}",
    "interval 0": "rate_limit: {interval: 0, burst: 5}",
    "interval 0s": "rate_limit: {interval: 0s}",
    "no burst": "rate_limit: {interval: 1s}",
    "burst alone": "rate_limit: {burst: 5}",
    "fractions": "rate_limit: {interval: 1.5s, burst: 1}",
    "microseconds": "rate_limit: {interval: 500us, burst: 1}",
    "several units": "rate_limit: {interval: 1h30m.5s, burst: 1}",
}
REFUSED: Final = {
    "cert without key": "tls_server_config: {cert_file: cert.pem}",
    "an empty key": "tls_server_config: {cert_file: cert.pem, key_file: ''}",
    "a policy alone": "tls_server_config: {client_auth_type: NoClientCert}",
    "a CA alone": "tls_server_config: {client_ca_file: ca.pem}",
    "a CA without a policy": f"tls_server_config: {{{BOTH}, client_ca_file: ca.pem}}",
    "a CA without certificates": (
        f"tls_server_config: {{{BOTH}, client_ca_file: text.pem, client_auth_type: VerifyClientCertIfGiven}}"
    ),
    "names without a policy": f"tls_server_config: {{{BOTH}, client_allowed_sans: []}}",
    "names if given": (
        f"tls_server_config: {{{BOTH}, client_auth_type: VerifyClientCertIfGiven, client_allowed_sans: [a]}}"
    ),
    "a policy in capitals": f"tls_server_config: {{{BOTH}, client_auth_type: NOCLIENTCERT}}",
    "an empty version": f"tls_server_config: {{{BOTH}, min_version: ''}}",
    "an unknown version": "tls_server_config: {min_version: TLS14}",
    "an unknown suite": "tls_server_config: {cipher_suites: [TLS_RSA_WITH_AES_256_CBC_SHA2048]}",
    "an insecure suite": f"tls_server_config: {{{BOTH}, cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]}}",
    "an empty suite": "tls_server_config: {cipher_suites: ['']}",
    "an unknown curve": "tls_server_config: {curve_preferences: [CurveP257]}",
    "a number for a flag": "http_server_config: {http2: 1}",
    "another header": "http_server_config: {headers: {X-Powered-By: x}}",
    "a header in small letters": "http_server_config: {headers: {x-frame-options: deny}}",
    "another value": "http_server_config: {headers: {X-Frame-Options: DENY}}",
    "a value with a blank": "http_server_config: {headers: {X-Frame-Options: 'deny '}}",
    "an empty value": "http_server_config: {headers: {X-Content-Type-Options: ''}}",
    "a password": "basic_auth_users: {anna: invented}",
    "a hash of little cost": f"basic_auth_users: {{anna: {HASH.replace('$04$', '$03$')}}}",
    "a number without a unit": "rate_limit: {interval: 1.5, burst: 1}",
    "an empty interval": "rate_limit: {interval: '', burst: 1}",
    "days": "rate_limit: {interval: 1d, burst: 1}",
    "a burst in words": "rate_limit: {burst: many}",
    "a key twice": "rate_limit: {}\nrate_limit: {}",
    "an unknown key that is empty": "tls_server_config: {certfile: }",
    # which the toolkit takes, and docs/web-configuration.md lists
    "RequestClientCert": f"tls_server_config: {{{BOTH}, client_auth_type: RequestClientCert}}",
    "RequireAnyClientCert": f"tls_server_config: {{{BOTH}, client_auth_type: RequireAnyClientCert}}",
    "RequireClientCert": f"tls_server_config: {{{BOTH}, client_auth_type: RequireClientCert}}",
    "TLS10": f"tls_server_config: {{{BOTH}, min_version: TLS10}}",
    "TLS11": f"tls_server_config: {{{BOTH}, max_version: TLS11}}",
    "min above max": f"tls_server_config: {{{BOTH}, min_version: TLS13, max_version: TLS12}}",
    "no usable suite": f"tls_server_config: {{{BOTH}, cipher_suites: [TLS_RSA_WITH_AES_256_CBC_SHA]}}",
    "two certificates": f"tls_server_config: {{{BOTH}, cert: x}}",
    "nanoseconds": "rate_limit: {interval: 1000, burst: 1}",
    "a negative interval": "rate_limit: {interval: -1s, burst: 1}",
    "a negative burst": "rate_limit: {interval: 1s, burst: -1}",
    "a colon in a name": f"basic_auth_users: {{'a:b': {HASH}}}",
    "a header of two lines": 'http_server_config: {headers: {X-XSS-Protection: "0\\n1"}}',
    "a merge": "tls_server_config: {<<: {min_version: TLS12}}",
}


@pytest.mark.parametrize("text", TAKEN.values(), ids=TAKEN.keys())
def test_a_file_that_the_toolkit_takes_is_taken(folder: Path, text: str) -> None:
    assert (loaded(folder, text).tls is not None) is ("cert_file: cert.pem" in text)


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
def test_a_file_is_refused_with_a_reason(folder: Path, text: str) -> None:
    with pytest.raises(ConfigError):
        loaded(folder, text)


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("{interval: 0, burst: 5}", None),
        ("{burst: 5}", None),
        ("{interval: 1s}", RateLimit(1.0, 0)),
        ("{interval: 1.5s, burst: 3}", RateLimit(1.5, 3)),
        ("{interval: 500us, burst: 1}", RateLimit(0.0005, 1)),
        ("{interval: 1h30m.5s, burst: 1}", RateLimit(5400.5, 1)),
        ("{interval: 2µs, burst: 1}", RateLimit(0.000002, 1)),
    ],
)
def test_the_rate_is_that_of_the_file(folder: Path, text: str, limit: RateLimit | None) -> None:
    assert loaded(folder, f"rate_limit: {text}").rate_limit == limit


def test_a_header_has_its_value_as_it_was_written(folder: Path) -> None:
    empty = "Content-Security-Policy: '', X-Frame-Options: "
    text = f"{{X-XSS-Protection: 0, Strict-Transport-Security: 1.0, {empty}}}"
    config = loaded(folder, f"http_server_config: {{headers: {text}}}")
    assert config.headers == ((b"x-xss-protection", b"0"), (b"strict-transport-security", b"1.0"))


def test_the_log_says_what_python_cannot_choose(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    suites = "TLS_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_RSA_WITH_AES_128_CBC_SHA"
    config = loaded(folder, PAIR + f"  cipher_suites: [{suites}]\n")
    assert config.tls is not None
    names = {each["name"] for each in config.tls.get_ciphers() if not each["name"].startswith("TLS_")}
    assert names == {"ECDHE-RSA-AES128-GCM-SHA256"}
    assert caplog.messages == [
        "cipher_suites: skipped, because Python cannot choose them: "
        "TLS_AES_128_GCM_SHA256, TLS_RSA_WITH_AES_128_CBC_SHA"
    ]


def test_an_empty_file_is_as_good_as_none(folder: Path) -> None:
    assert loaded(folder, "---\n# nothing\n") == WebConfig()
