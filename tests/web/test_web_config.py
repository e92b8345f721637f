"""What the web configuration file may say, and what a mistake in it gets."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme

from exporter.config.errors import ConfigError
from exporter.web.tls import ServerContext
from exporter.web.tls_section import CIPHER_SUITES
from exporter.web.web_config import RateLimit, WebConfig, load

HASH = "$2y$04$vJDcFRmVcrVpHhCvNDmyYuxJwBqmQbYPwS3Oq.ZrkxWB9pD7MrcQK"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with certificates."""
    found = tmp_path_factory.mktemp("web")
    authority = trustme.CA()
    pair, other = authority.issue_cert("localhost"), authority.issue_cert("localhost")
    (found / "cert.pem").write_bytes(pair.cert_chain_pems[0].bytes())
    (found / "key.pem").write_bytes(pair.private_key_pem.bytes())
    (found / "other-key.pem").write_bytes(other.private_key_pem.bytes())
    (found / "ca.pem").write_bytes(authority.cert_pem.bytes())
    (found / "text.pem").write_text("no certificate\n")
    (found / "encrypted.pem").write_text("-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
    return found


def loaded(folder: Path, text: str) -> WebConfig:
    (folder / "web.yml").write_text(text)
    return load(folder / "web.yml")


def mistakes(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as told:
        loaded(folder, text)
    return [line.removeprefix(f"{folder}/web.yml:") for line in str(told.value).split("\n")]


PAIR = "tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n"
VERIFIED = PAIR + "  client_ca_file: ca.pem\n  client_auth_type: RequireAndVerifyClientCert\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n# nothing\n---\n",
        "tls_server_config:\nhttp_server_config:\nbasic_auth_users:\nrate_limit:\n",
        "tls_server_config: {}\nbasic_auth_users: {}\nrate_limit: {interval: 0}\n",
        "tls_server_config: {cert_file: , key_file: null}\nhttp_server_config: {http2: true, headers: {}}\n",
    ],
)
def test_an_empty_file_turns_nothing_on(folder: Path, text: str) -> None:
    assert loaded(folder, text) == WebConfig()


@pytest.mark.parametrize(
    "more",
    [
        "",
        "  client_auth_type: NoClientCert\n",
        "  client_auth_type: VerifyClientCertIfGiven\n  client_ca_file: ca.pem\n",
        "  client_ca_file: ca.pem\n  client_auth_type: RequireAndVerifyClientCert\n",
        "  min_version: TLS13\n",
        "  max_version: TLS12\n",
        "  min_version: TLS12\n  max_version: TLS13\n",
        f"  cipher_suites: [{', '.join(CIPHER_SUITES)}]\n",
        "  cipher_suites: []\n  curve_preferences: []\n",
        "  curve_preferences: [CurveP256]\n",
        "  curve_preferences: [CurveP521]\n  prefer_server_cipher_suites: false\n",
    ],
)
def test_what_the_format_offers_is_taken(folder: Path, more: str) -> None:
    assert loaded(folder, PAIR + more).tls is not None


def test_a_curve_that_python_does_not_offer_is_reported(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ssl.SSLError("unknown group")

    monkeypatch.setattr(ServerContext, "set_ecdh_curve", refuse)
    with pytest.raises(ConfigError, match="does not offer the curve X25519"):
        loaded(folder, PAIR + "  curve_preferences: [X25519]\n")


def test_certificate_key_and_ca_may_stand_in_the_file(folder: Path) -> None:
    lines = ["tls_server_config:", "  client_auth_type: RequireAndVerifyClientCert"]
    for name, file in (("cert", "cert.pem"), ("key", "key.pem"), ("client_ca", "ca.pem")):
        lines += [f"  {name}: |", *(f"    {line}" for line in (folder / file).read_text().splitlines())]
    assert loaded(folder, "\n".join(lines)).tls is not None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            PAIR + "  certfile: x\n",
            "4: tls_server_config: unknown key 'certfile'; did you mean cert_file?",
        ),
        ("tls:\n", "1: unknown key 'tls'; expected one of tls_server_config, "),
        (
            "http_server_config:\n  http3: true\n",
            "2: http_server_config: unknown key 'http3'; did you mean",
        ),
        (
            "rate_limit: {rate: 1}\n",
            "1: rate_limit: unknown key 'rate'; expected one of interval, burst",
        ),
        (
            "basic_auth_users: {}\nbasic_auth_users: {}\n",
            "2: basic_auth_users: the key was given before, in line 1",
        ),
        ("- a\n", "1: found a list, expected a mapping of keys"),
        ("tls_server_config: [a]\n", "1: tls_server_config: found a list, expected a mapping of keys"),
        # certificate and key
        ("tls_server_config:\n  cert_file: cert.pem\n", "2: tls_server_config: TLS is on without a key_file"),
        ("tls_server_config:\n  key_file: key.pem\n", "2: tls_server_config: TLS is on without a cert_file"),
        (
            "tls_server_config:\n  cert: x\n  key_file: key.pem\n",
            "2: tls_server_config: certificate or key cannot",
        ),
        (PAIR + "  cert: x\n", "4: tls_server_config.cert: both cert and cert_file are given, expected one"),
        (
            PAIR.replace("key.pem", "none.pem"),
            "3: tls_server_config.key_file: {folder}/none.pem cannot be read: No ",
        ),
        (
            PAIR.replace("cert.pem", "."),
            "2: tls_server_config.cert_file: {folder} cannot be read: Is a directory",
        ),
        (
            PAIR.replace("key.pem", "other-key.pem"),
            "2: tls_server_config: certificate and key do not belong together",
        ),
        (
            PAIR.replace("cert.pem", "text.pem"),
            "2: tls_server_config: certificate or key cannot",
        ),
        (
            PAIR.replace("key.pem", "encrypted.pem"),
            "2: tls_server_config: the key is encrypted, expected one without",
        ),
        (PAIR.replace("key.pem", "[a]"), "3: tls_server_config.key_file: found a list, expected text"),
        # clients
        (
            PAIR + "  client_ca_file: ca.pem\n",
            "2: tls_server_config: a client CA without a client_auth_type, expected",
        ),
        (
            PAIR + "  client_ca_file: ca.pem\n  client_auth_type: NoClientCert\n",
            "2: tls_server_config: a client CA without a client_auth_type, expected Requ",
        ),
        (VERIFIED.replace("ca.pem", "text.pem"), "2: tls_server_config: the client CA cannot be read"),
        *(
            (
                PAIR + f"  client_auth_type: {name}\n",
                f"4: tls_server_config.client_auth_type: {name} is not offered: OpenSSL, from Python",
            )
            for name in ("RequestClientCert", "RequireAnyClientCert", "RequireClientCert")
        ),
        (
            PAIR + "  client_auth_type: Verify\n",
            "4: tls_server_config.client_auth_type: 'Verify' is not known, expec",
        ),
        (
            PAIR + "  client_allowed_sans: [a]\n",
            "2: tls_server_config: client_allowed_sans lets a client without",
        ),
        (
            VERIFIED.replace("RequireAndVerifyClientCert", "VerifyClientCertIfGiven")
            + "  client_allowed_sans: [a]\n",
            "2: tls_server_config: client_allowed_sans lets a client without a certificate pass, expected",
        ),
        # versions, ciphers, curves
        (
            PAIR + "  min_version: TLS10\n",
            "4: tls_server_config.min_version: TLS10 is not offered, expected TLS12 or",
        ),
        (
            PAIR + "  max_version: TLS11\n",
            "4: tls_server_config.max_version: TLS11 is not offered, expected TLS12 or",
        ),
        (
            PAIR + "  min_version: SSL3\n",
            "4: tls_server_config.min_version: 'SSL3' is not known, expected one of TLS",
        ),
        (
            PAIR + "  min_version: TLS13\n  max_version: TLS12\n",
            "2: tls_server_config: min_version is above max_ver",
        ),
        (
            PAIR + "  cipher_suites: [TLS_RSA_WITH_AES_128_CBC_SHA]\n",
            "4: tls_server_config.cipher_suites: TLS_RSA_WITH_AES_128_CBC_SHA is not offered",
        ),
        (
            PAIR + "  cipher_suites: [TLS_AES_128_GCM_SHA256]\n",
            "4: tls_server_config.cipher_suites: TLS_AES_128_GCM_SHA256 is not offered",
        ),
        (
            PAIR + "  cipher_suites: [AES]\n",
            "4: tls_server_config.cipher_suites: 'AES' is not known, expected one of",
        ),
        (
            PAIR + "  cipher_suites: AES\n",
            "4: tls_server_config.cipher_suites: found text, expected a list of texts",
        ),
        (
            PAIR + "  curve_preferences: [P256]\n",
            "4: tls_server_config.curve_preferences: 'P256' is not known, expec",
        ),
        (
            PAIR + "  prefer_server_cipher_suites: 1\n",
            "4: tls_server_config.prefer_server_cipher_suites: found a num",
        ),
        # the rest
        (
            "http_server_config: {http2: 2}\n",
            "1: http_server_config.http2: found a number, expected true or false",
        ),
        (
            "http_server_config: {headers: {X-Frame-Options: allow}}\n",
            "1: http_server_config.headers.X-Frame-Options: 'allow' is not offered, expected deny or",
        ),
        (
            "http_server_config: {headers: {X-Content-Type-Options: sniff}}\n",
            "1: http_server_config.headers.X-Content-Type-Options: 'sniff' is not offered, expected nosniff",
        ),
        (
            "http_server_config: {headers: {Server: x}}\n",
            "1: http_server_config.headers: unknown key 'Server'; expected one of Content-",
        ),
        (
            'http_server_config: {headers: {X-XSS-Protection: "0\\r\\nX: y"}}\n',
            "1: http_server_config.headers.X-XSS-Protection: holds characters that a header cannot",
        ),
        (
            "basic_auth_users: [a]\n",
            "1: basic_auth_users: found a list, expected user names with their bcrypt",
        ),
        (
            "basic_auth_users:\n  a: b\n",
            "2: basic_auth_users.a: is not a bcrypt hash, expected one such as `htpass",
        ),
        (
            "basic_auth_users:\n  a:\n",
            "2: basic_auth_users.a: is not a bcrypt hash, expected one such as `htpasswd",
        ),
        (
            f"basic_auth_users: {{'a:b': {HASH}}}\n",
            "1: basic_auth_users: a user name with a colon cannot log in",
        ),
        (
            "rate_limit: {interval: 1, burst: 1}\n",
            "1: rate_limit.interval: '1' is not a duration with a unit, expected a duration such as 1s",
        ),
        (
            "rate_limit: {interval: 1d}\n",
            "1: rate_limit.interval: '1d' is not a duration with a unit",
        ),
        (
            "rate_limit: {burst: -1}\n",
            "1: rate_limit.burst: '-1' is not a number of requests",
        ),
        ("basic_auth_user: {}\n", "1: unknown key 'basic_auth_user'; did you mean basic_auth_users?"),
        (
            "rate_limit: {interval: 1s, burst: 1.5}\n",
            "1: rate_limit.burst: found a number, expected a whole number",
        ),
    ],
)
def test_a_mistake_is_reported_with_its_place_and_what_was_expected(
    folder: Path, text: str, told: str
) -> None:
    (found,) = mistakes(folder, text)
    assert found.startswith(told.replace("{folder}", str(folder)))
    assert "expected" in found or "did you mean" in found


def test_what_is_no_yaml_is_reported_with_its_line(folder: Path) -> None:
    (found,) = mistakes(folder, "rate_limit:\n  - [\nb")
    assert found.startswith("3: ")
    assert "not valid YAML" in found


def test_every_mistake_is_reported_with_the_others(folder: Path) -> None:
    found = mistakes(
        folder, "tls_server_config:\n  cert_file: x\n  min_version: 12\nbasic_auth_users: {a: b}\nc:\n"
    )
    assert [line.split(" ")[0] for line in found] == ["2:", "2:", "3:", "4:", "5:"]


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yml: cannot be read: No such file or directory"):
        load(tmp_path / "none.yml")


def test_nothing_secret_is_logged_or_shown(folder: Path) -> None:
    key = (folder / "key.pem").read_text()
    text = PAIR.replace(
        "key_file: key.pem", "key: |\n" + "".join(f"    {line}\n" for line in key.splitlines())
    )
    text = (
        text.replace("  cert_file: cert.pem", "  cert_file: text.pem") + f"basic_auth_users: {{a: {HASH}x}}\n"
    )
    for line in mistakes(folder, text):
        assert HASH not in line
        assert key.splitlines()[1] not in line
    shown = repr(loaded(folder, f"basic_auth_users: {{anna: {HASH}}}\n"))
    assert HASH not in shown


def test_headers_users_and_rate_limit_are_read(folder: Path) -> None:
    config = loaded(
        folder,
        "http_server_config:\n  http2: no\n  headers:\n    X-Frame-Options: deny\n"
        "    Content-Security-Policy: default-src 'self'\n    X-XSS-Protection: ''\n"
        "    Strict-Transport-Security:\n"
        f"basic_auth_users:\n  anna: {HASH}\n  12: {HASH}\nrate_limit:\n  interval: 1m30s\n  burst: 20\n",
    )
    assert config.headers == (
        (b"x-frame-options", b"deny"),
        (b"content-security-policy", b"default-src 'self'"),
    )
    assert config.users == {b"anna": HASH.encode(), b"12": HASH.encode()}
    assert config.rate_limit == RateLimit(90.0, 20)
