"""Certificates that are not to be trusted, and proxies on the way."""

from __future__ import annotations

import base64
import datetime
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.faults.conftest import IMPATIENT_RESOLVER, ExporterOf, config_for, together
from tests.support.exporter import exporter_of
from tests.support.processes import MOMENT, refusing_port
from tests.support.vendor import Vendor, answers, vendor

LONG_AGO = datetime.datetime(2001, 1, 1, tzinfo=datetime.UTC)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return file


@contextmanager
def tls_vendor(authority: trustme.CA, name: str = "127.0.0.1", **certificate: Any) -> Iterator[Vendor]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name, **certificate).configure_cert(context)
    with vendor(context) as server:
        yield server


def test_a_certificate_of_the_configured_authority_is_accepted(
    authority: trustme.CA, ca_file: Path, exporter_for: ExporterOf
) -> None:
    with tls_vendor(authority) as server:
        server.behave(together())
        exporter = exporter_for(server.url, tls={"ca_file": str(ca_file)})
        for _ in range(3):
            assert exporter.scrape().value("voicenter_up") == 1
        assert {each.connection for each in server.requests} == {1, 2}


def test_the_authorities_of_the_environment_are_used(
    authority: trustme.CA, ca_file: Path, tmp_path: Path
) -> None:
    environment = {"REQUESTS_CA_BUNDLE": str(ca_file)}
    with (
        tls_vendor(authority) as server,
        exporter_of(config_for(server.url), tmp_path, environment=environment) as exporter,
    ):
        assert exporter.scrape().value("voicenter_up") == 1


@pytest.mark.parametrize(
    ("certificate", "because"),
    [
        ({"name": "vendor.example"}, "mismatch"),
        ({"not_before": LONG_AGO, "not_after": LONG_AGO + datetime.timedelta(days=1)}, "expired"),
    ],
    ids=["of another host", "expired"],
)
def test_a_bad_certificate_is_refused_and_told(
    certificate: dict[str, Any], because: str, authority: trustme.CA, ca_file: Path, exporter_for: ExporterOf
) -> None:
    with tls_vendor(authority, **certificate) as server:
        exporter = exporter_for(server.url, tls={"ca_file": str(ca_file)})
        page = exporter.scrape()
        assert page.failures("extensions") == page.failures("queues") == {"tls": 1}
        exporter.process.wait_for(because)
        assert not server.requests


def test_an_unknown_authority_is_refused(authority: trustme.CA, exporter_for: ExporterOf) -> None:
    with tls_vendor(authority) as server:
        assert exporter_for(server.url).scrape().failures("queues") == {"tls": 1}
        assert not server.requests


def test_verification_can_be_switched_off(authority: trustme.CA, exporter_for: ExporterOf) -> None:
    with tls_vendor(authority, "vendor.example") as server:
        exporter = exporter_for(server.url, tls={"insecure_skip_verify": True})
        for _ in range(2):
            assert exporter.scrape().value("voicenter_up") == 1
        output = exporter.process.output
        assert output.count("the certificate is not checked") == 1
        assert "InsecureRequestWarning" not in output


def test_a_handshake_that_stalls_is_a_timeout(authority: trustme.CA, exporter_for: ExporterOf) -> None:
    with tls_vendor(authority) as server:
        server.stall = True
        page = exporter_for(server.url, timeout="1s").scrape()
        assert page.failures("extensions") == page.failures("queues") == {"timeout": 1}
        assert page.seconds < MOMENT


def test_a_server_without_tls_is_a_tls_failure(vendor: Vendor, exporter_for: ExporterOf) -> None:
    vendor.greeting = b"HTTP/1.1 400 Bad Request\r\n\r\n"
    page = exporter_for(vendor.url.replace("http://", "https://")).scrape()
    assert page.failures("queues") == {"tls": 1}


def test_the_configured_proxy_is_used_with_its_credentials(vendor: Vendor, exporter_for: ExporterOf) -> None:
    proxy_url = f"http://user:marked-password@127.0.0.1:{vendor.port}"
    page = exporter_for("http://vendor.example/comet/API", proxy_url=proxy_url).scrape()
    assert page.value("voicenter_up") == 1
    credentials = base64.b64encode(b"user:marked-password").decode()
    for exchange in vendor.requests:
        assert exchange.path.startswith("http://vendor.example/comet/API/")
        assert exchange.headers["proxy-authorization"] == f"Basic {credentials}"


def test_the_proxy_of_the_environment_is_used_but_not_for_exceptions(vendor: Vendor, tmp_path: Path) -> None:
    proxies = dict.fromkeys(("HTTP_PROXY", "http_proxy"), f"http://127.0.0.1:{vendor.port}")
    exceptions = dict.fromkeys(("NO_PROXY", "no_proxy"), "vendor.invalid")
    environment = {**proxies, **exceptions, **IMPATIENT_RESOLVER}
    with exporter_of(
        config_for("http://vendor.example/comet/API"), tmp_path, environment=environment
    ) as exporter:
        assert exporter.scrape().value("voicenter_up") == 1
    with exporter_of(
        config_for("http://vendor.invalid/comet/API"), tmp_path, environment=environment
    ) as exporter:
        assert exporter.scrape(scrape_timeout=60).failures("queues") == {"connect": 1}


def test_a_proxy_that_refuses_is_reported(vendor: Vendor, exporter_for: ExporterOf) -> None:
    vendor.behave(answers(b"", 407))
    proxy_url = f"http://127.0.0.1:{vendor.port}"
    page = exporter_for("http://vendor.example/comet/API", proxy_url=proxy_url).scrape()
    assert page.failures("queues") == {"http_error": 1}


def test_a_dead_proxy_fails_to_connect(exporter_for: ExporterOf) -> None:
    with refusing_port() as port:
        proxy_url = f"http://user:marked-password@127.0.0.1:{port}"
        exporter = exporter_for("http://vendor.example/comet/API", proxy_url=proxy_url)
        assert exporter.scrape().failures("queues") == {"connect": 1}
    exporter.process.wait_for("proxy")
    assert "marked-password" not in exporter.process.output
