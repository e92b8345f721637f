"""What the environment of the process may and may not change about the requests."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme

from exporter.client.transport import Transport
from tests.faults.conftest import CODE, config_for
from tests.support.exporter import exporter_of
from tests.support.vendor import Vendor, vendor


@pytest.mark.parametrize("place", ["HOME", "NETRC"])
def test_a_netrc_file_is_never_read(place: str, vendor: Vendor, tmp_path: Path) -> None:
    file = tmp_path / ".netrc"
    file.write_text("default login somebody password else\n")
    file.chmod(0o600)
    environment = {place: str(tmp_path if place == "HOME" else file)}
    with exporter_of(config_for(vendor.url), tmp_path, environment=environment) as exporter:
        assert exporter.scrape().value("voicenter_up") == 1
    assert vendor.requests
    assert not any("authorization" in each.headers for each in vendor.requests)


def test_the_configured_authority_goes_before_that_of_the_environment(tmp_path: Path) -> None:
    good, other = trustme.CA(), trustme.CA()
    good.cert_pem.write_to_path(str(tmp_path / "good.pem"))
    other.cert_pem.write_to_path(str(tmp_path / "other.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    good.issue_cert("127.0.0.1").configure_cert(context)
    environment = {name: str(tmp_path / "other.pem") for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")}
    with vendor(context) as server:
        config = config_for(server.url, tls={"ca_file": str(tmp_path / "good.pem")})
        with exporter_of(config, tmp_path, environment=environment) as exporter:
            assert exporter.scrape().value("voicenter_up") == 1


def test_certificates_are_loaded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(bundle))
    loaded: list[str | None] = []
    create = ssl.create_default_context

    def noting(*, cafile: str | None = None, capath: str | None = None) -> ssl.SSLContext:
        loaded.append(cafile or capath)
        return create(cafile=cafile, capath=capath)

    monkeypatch.setattr(ssl, "create_default_context", noting)
    for _ in range(3):
        Transport(bundle, False, None).close()
    assert loaded == [str(bundle)]


def test_a_code_on_the_environment_is_read_and_shown_nowhere(vendor: Vendor, tmp_path: Path) -> None:
    config = config_for(vendor.url, code_env="INVENTED_CODE")
    del config["accounts"][0]["code"]
    flags = ("--log.level=debug",)
    with exporter_of(config, tmp_path, flags, environment={"INVENTED_CODE": CODE}) as exporter:
        pages = [exporter.get(path).text for path in ("/metrics", "/", "/probe?target=main&debug=true")]
        assert exporter.scrape().value("voicenter_up") == 1
        assert not any(CODE in text for text in (*pages, exporter.process.output))
        assert CODE not in Path(f"/proc/{exporter.process.pid}/cmdline").read_text()
    assert all(CODE.encode() in each.body for each in vendor.requests)
