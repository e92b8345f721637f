"""TLS as clients see it: versions, ciphers, client certificates, renewal."""

from __future__ import annotations

import datetime
import logging
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.web.rig import Running, ask, config_file, read_all, running, wait_until

REFUSED = (ConnectionError, ssl.SSLError, EOFError)
MUTUAL = "client_ca_file: ca.pem", "client_auth_type: RequireAndVerifyClientCert"


class Folder:
    """A folder with the server's pair, issued anew at will, and the authority of the clients."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.authority = trustme.CA()
        self.clients = trustme.CA()
        self.renew(self.authority)
        self.renew_client_authority(self.clients)

    def renew(self, authority: trustme.CA, key_type: trustme.KeyType = trustme.KeyType.ECDSA) -> None:
        """A new pair for the server."""
        pair = authority.issue_cert("127.0.0.1", key_type=key_type)
        self.replace("cert.pem", pair.cert_chain_pems[0].bytes())
        self.replace("key.pem", pair.private_key_pem.bytes())

    def renew_client_authority(self, authority: trustme.CA) -> None:
        """Another authority for clients."""
        self.replace("ca.pem", authority.cert_pem.bytes())

    def replace(self, name: str, content: bytes) -> None:
        """A file in one step, as tools do that renew certificates."""
        (self.path / "new").write_bytes(content)
        (self.path / "new").replace(self.path / name)

    @contextmanager
    def serving(self, *lines: str, **limits: Any) -> Iterator[Running]:
        """A server with these keys in its section, beside the pair."""
        keys = "".join(f"  {line}\n" for line in ("cert_file: cert.pem", "key_file: key.pem", *lines))
        with running(web_config=config_file(self.path, f"tls_server_config:\n{keys}"), **limits) as server:
            yield server

    def client(
        self, authority: trustme.CA | None = None, certificate: trustme.LeafCert | None = None
    ) -> ssl.SSLContext:
        """A client that trusts the server's authority."""
        context = ssl.create_default_context()
        (authority or self.authority).configure_trust(context)
        if certificate:
            certificate.configure_cert(context)
        return context


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A folder of its own for each test."""
    return Folder(tmp_path)


def of_version(context: ssl.SSLContext, version: ssl.TLSVersion) -> ssl.SSLContext:
    context.minimum_version = context.maximum_version = version
    return context


def test_pages_are_served_over_tls_and_not_without(folder: Folder) -> None:
    with folder.serving() as server:
        assert server.url.startswith("https://")
        assert server.ask(tls=folder.client()).status == 200
        refused = server.ask()
        assert (refused.status, refused.body[:42]) == (400, b"Bad Request: this port speaks TLS, ask it ")


def test_http_1_1_is_agreed_with_a_client_that_would_take_http_2(folder: Folder) -> None:
    client = folder.client()
    client.set_alpn_protocols(["h2", "http/1.1"])
    with folder.serving() as server, server.connect(client) as connection:
        assert isinstance(connection, ssl.SSLSocket)
        assert connection.selected_alpn_protocol() == "http/1.1"


@pytest.mark.parametrize(
    ("keys", "offered"),
    [
        ((), {"TLSv1.2", "TLSv1.3"}),
        (("min_version: TLS13",), {"TLSv1.3"}),
        (("max_version: TLS12",), {"TLSv1.2"}),
        (("min_version: TLS12", "max_version: TLS12"), {"TLSv1.2"}),
        (
            (
                "min_version: TLS13",
                "max_version: TLS13",
                "cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]",
            ),
            {"TLSv1.3"},
        ),
    ],
)
def test_versions_are_those_of_the_file(folder: Folder, keys: tuple[str, ...], offered: set[str]) -> None:
    agreed = set()
    with folder.serving(*keys) as server:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            try:
                with server.connect(of_version(folder.client(), version)) as connection:
                    assert isinstance(connection, ssl.SSLSocket)
                    agreed.add(connection.version())
            except REFUSED:
                pass
    assert agreed == offered


@pytest.mark.parametrize(
    ("name", "key_type", "agreed"),
    [
        ("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", trustme.KeyType.ECDSA, "ECDHE-ECDSA-AES256-GCM-SHA384"),
        (
            "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
            trustme.KeyType.ECDSA,
            "ECDHE-ECDSA-CHACHA20-POLY1305",
        ),
        ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", trustme.KeyType.RSA, "ECDHE-RSA-AES128-GCM-SHA256"),
    ],
)
def test_the_cipher_suite_is_that_of_the_file(
    folder: Folder, name: str, key_type: trustme.KeyType, agreed: str
) -> None:
    folder.renew(folder.authority, key_type)
    client = of_version(folder.client(), ssl.TLSVersion.TLSv1_2)
    with folder.serving(f"cipher_suites: [{name}]") as server, server.connect(client) as connection:
        assert isinstance(connection, ssl.SSLSocket)
        assert connection.cipher() == (agreed, "TLSv1.2", 256 if "AES_128" not in name else 128)


@pytest.mark.parametrize(("prefer", "agreed"), [("true", "AES256"), ("false", "AES128")])
def test_the_server_or_the_client_chooses_the_cipher_suite(folder: Folder, prefer: str, agreed: str) -> None:
    names = [f"TLS_ECDHE_ECDSA_WITH_{each}" for each in ("AES_256_GCM_SHA384", "AES_128_GCM_SHA256")]
    client = of_version(folder.client(), ssl.TLSVersion.TLSv1_2)
    client.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384")
    keys = f"cipher_suites: [{', '.join(names)}]", f"prefer_server_cipher_suites: {prefer}"
    with folder.serving(*keys) as server, server.connect(client) as connection:
        assert isinstance(connection, ssl.SSLSocket)
        assert agreed in str(connection.cipher())


def offers_x25519() -> bool:
    """Whether this Python can choose the curve: the first releases of 3.11 cannot."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).set_ecdh_curve("X25519")
    except ssl.SSLError:
        return False
    return True


CURVES = [("CurveP384", "prime256v1")] + [("X25519", "secp521r1")] * offers_x25519()


@pytest.mark.parametrize(("name", "other"), CURVES)
def test_the_curve_is_that_of_the_file(folder: Folder, name: str, other: str) -> None:
    curve = {"CurveP384": "secp384r1", "X25519": "X25519"}[name]
    with folder.serving(f"curve_preferences: [{name}]") as server:
        client = folder.client()
        client.set_ecdh_curve(curve)
        assert server.ask(tls=client).status == 200
        client.set_ecdh_curve(other)
        with pytest.raises(REFUSED):
            server.ask(tls=client)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_required_client_certificate_is_verified(folder: Folder, version: ssl.TLSVersion) -> None:
    good, foreign = folder.clients.issue_cert("prometheus"), trustme.CA().issue_cert("prometheus")
    with folder.serving(*MUTUAL) as server:
        assert server.ask(tls=of_version(folder.client(certificate=good), version)).status == 200
        for certificate in (None, foreign):
            with pytest.raises(REFUSED):
                server.ask(tls=of_version(folder.client(certificate=certificate), version))


def test_an_optional_client_certificate_is_verified_if_given(folder: Folder) -> None:
    good, foreign = folder.clients.issue_cert("prometheus"), trustme.CA().issue_cert("prometheus")
    with folder.serving("client_ca_file: ca.pem", "client_auth_type: VerifyClientCertIfGiven") as server:
        for certificate in (None, good):
            assert server.ask(tls=folder.client(certificate=certificate)).status == 200
        with pytest.raises(REFUSED):
            server.ask(tls=folder.client(certificate=foreign))


def test_without_a_policy_a_client_certificate_does_not_matter(folder: Folder) -> None:
    with folder.serving() as server:
        assert server.ask(tls=folder.client(certificate=trustme.CA().issue_cert("x"))).status == 200


def test_without_a_client_ca_the_systems_authorities_hold(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, foreign = folder.clients.issue_cert("prometheus"), trustme.CA().issue_cert("prometheus")
    monkeypatch.setenv("SSL_CERT_FILE", str(folder.path / "ca.pem"))
    with folder.serving("client_auth_type: RequireAndVerifyClientCert") as server:
        assert server.ask(tls=folder.client(certificate=good)).status == 200
        for certificate in (None, foreign):
            with pytest.raises(REFUSED):
                server.ask(tls=folder.client(certificate=certificate))


def test_an_intermediate_authority_is_trusted_as_given(folder: Folder) -> None:
    intermediate = folder.clients.create_child_ca()
    below, beside = (each.issue_cert("prometheus") for each in (intermediate, folder.clients))
    folder.renew_client_authority(intermediate)
    with folder.serving(*MUTUAL) as server:
        assert server.ask(tls=folder.client(certificate=below)).status == 200
        with pytest.raises(REFUSED):
            server.ask(tls=folder.client(certificate=beside))


def test_a_list_without_names_lets_nobody_in(folder: Folder) -> None:
    client = folder.client(certificate=folder.clients.issue_cert("prometheus.example"))
    with folder.serving(*MUTUAL, "client_allowed_sans: []") as server, pytest.raises(REFUSED):
        server.ask(tls=client)


def test_of_several_curves_one_is_served_that_every_client_knows(folder: Folder) -> None:
    with folder.serving("curve_preferences: [CurveP521, CurveP256]") as server:
        client = folder.client()
        client.set_ecdh_curve("prime256v1")
        assert server.ask(tls=client).status == 200
        client.set_ecdh_curve("secp384r1")
        with pytest.raises(REFUSED):
            server.ask(tls=client)


ALLOWED = 'client_allowed_sans: [prometheus.example, ops@example.org, 192.0.2.7, "2001:db8::7", "spiffe://example.org/p"]'


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("prometheus.example", True),
        ("ops@example.org", True),
        ("192.0.2.7", True),
        ("2001:db8::7", True),
        ("spiffe://example.org/p", True),
        ("spiffe://example.org/q", False),
        ("other.example", False),
        ("sub.prometheus.example", False),
        ("*.example", False),
        ("192.0.2.8", False),
        ("", False),
    ],
)
def test_a_client_certificate_must_have_an_allowed_name(folder: Folder, name: str, allowed: bool) -> None:
    with folder.serving(*MUTUAL, ALLOWED) as server:
        client = folder.client()
        client_certificate(folder, name).configure_cert(client)
        if allowed:
            assert server.ask(tls=client).status == 200
        else:
            with pytest.raises(REFUSED):
                server.ask(tls=client)
            wait_until(lambda: server.connections() == 0, "the connection to end", pause=0.01)


def client_certificate(folder: Folder, name: str) -> trustme.LeafCert:
    """A certificate of the clients' authority; trustme has no URIs and none without names."""
    if name and ":/" not in name:
        return folder.clients.issue_cert(name)
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = x509.load_pem_x509_certificate(folder.clients.cert_pem.bytes())
    issuer_key = serialization.load_pem_private_key(folder.clients.private_key_pem.bytes(), None)
    assert isinstance(issuer_key, ec.EllipticCurvePrivateKey)
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "prometheus.example")]))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
    )
    if name:
        names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(name)])
        builder = builder.add_extension(names, critical=False)
    pem = builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    form = serialization.PrivateFormat.TraditionalOpenSSL
    private = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    return trustme.LeafCert(private, pem, [])


def test_a_renewed_certificate_is_served_at_the_next_handshake(folder: Folder) -> None:
    other = trustme.CA()
    with folder.serving() as server, server.connect(folder.client()) as kept:
        assert ask(kept).status == 200
        folder.renew(other)
        assert server.ask(tls=folder.client(other)).status == 200
        with pytest.raises(ssl.SSLCertVerificationError):
            server.ask(tls=folder.client())
        assert ask(kept).status == 200


def test_clients_of_a_renewed_authority_are_taken_at_the_next_handshake(folder: Folder) -> None:
    other = trustme.CA()
    old, new = (folder.client(certificate=each.issue_cert("prometheus")) for each in (folder.clients, other))
    with folder.serving(*MUTUAL) as server:
        assert server.ask(tls=old).status == 200
        folder.renew_client_authority(other)
        assert server.ask(tls=new).status == 200
        with pytest.raises(REFUSED):
            server.ask(tls=old)


def test_other_versions_and_names_are_in_force_at_the_next_handshake(folder: Folder) -> None:
    client = folder.client(certificate=folder.clients.issue_cert("prometheus.example"))
    with folder.serving(*MUTUAL, ALLOWED) as server:
        assert server.ask(tls=of_version(client, ssl.TLSVersion.TLSv1_2)).status == 200
        text = (folder.path / "web.yml").read_text()
        folder.replace("web.yml", f"{text}  min_version: TLS13\n".encode())
        with pytest.raises(REFUSED):
            server.ask(tls=client)
        folder.replace("web.yml", text.replace("prometheus.example", "other.example").encode())
        with pytest.raises(REFUSED):
            server.ask(tls=client)


def test_half_a_renewal_changes_nothing_until_the_other_half(
    folder: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    other = trustme.CA()
    pair = other.issue_cert("127.0.0.1")
    with folder.serving() as server:
        folder.replace("cert.pem", pair.cert_chain_pems[0].bytes())
        for _ in range(3):
            assert server.ask(tls=folder.client()).status == 200
        assert server.web_config.error is not None
        assert "certificate and key do not belong together" in server.web_config.error
        folder.replace("key.pem", pair.private_key_pem.bytes())
        assert server.ask(tls=folder.client(other)).status == 200
        assert server.web_config.error is None
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert len(told) == 1


def test_silent_and_dripping_tls_clients_end_while_others_are_answered(folder: Folder) -> None:
    client = folder.client()
    with folder.serving(handshake_timeout=3.0, header_timeout=3.0) as server, ExitStack() as stack:
        silent = [stack.enter_context(server.connect()) for _ in range(200)]
        dripping = [stack.enter_context(server.connect(client)) for _ in range(200)]
        for part in (b"GET", b" /metrics", b" HTTP/1.1\r\n", b"Host"):
            for connection in dripping:
                with suppress(OSError):  # those that have ended already
                    connection.sendall(part)
            assert server.ask("/metrics", tls=client).status == 200
            assert server.ask("/-/healthy", tls=client).status == 200
        for connection in (*silent, *dripping):
            with suppress(ssl.SSLEOFError):
                assert read_all(connection) == b""


def test_shutdown_does_not_wait_for_idle_or_silent_tls_clients(folder: Folder) -> None:
    patient = {"shutdown_grace": 60, "handshake_timeout": 60, "flush_timeout": 60, "header_timeout": 60}
    with folder.serving(**patient) as server, server.connect(folder.client()) as idle, server.connect():
        assert ask(idle).status == 200
        server.stop()
        wait_until(server.server._loop.is_closed, "the end", timeout=30)


def test_ip_addresses_are_allowed_in_any_spelling(folder: Folder) -> None:
    client = folder.client(certificate=folder.clients.issue_cert("2001:db8::7"))
    with folder.serving(*MUTUAL, 'client_allowed_sans: ["2001:DB8:0:0:0:0:0:7"]') as server:
        assert server.ask(tls=client).status == 200
