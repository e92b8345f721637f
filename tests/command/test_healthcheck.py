"""The health check against the installed exporter: plain, with TLS, client certificates and passwords."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bcrypt
import pytest
import trustme
import yaml

from exporter.command import healthcheck
from tests.support.exporter import Exporter, exporter_of, started
from tests.support.processes import refusing_port
from tests.support.vendor import vendor


@pytest.fixture(scope="module")
def demo() -> Iterator[Exporter]:
    """A simulated call centre."""
    with started(["--demo"]) as exporter:
        yield exporter


@pytest.fixture
def tls(tmp_path: Path) -> dict[str, Any]:
    """The section of a web configuration that turns TLS on."""
    authority = trustme.CA()
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(tmp_path / "server.pem")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return {"cert_file": str(tmp_path / "server.pem"), "key_file": str(tmp_path / "server.pem")}


def protected(folder: Path, web_config: dict[str, Any]) -> list[str]:
    (folder / "web.yml").write_text(yaml.safe_dump(web_config))
    return ["--demo", f"--web.config.file={folder / 'web.yml'}"]


def test_a_living_exporter_is_healthy(demo: Exporter, capsys: pytest.CaptureFixture[str]) -> None:
    assert healthcheck.main([f"{demo.url}/-/healthy"]) == 0
    assert capsys.readouterr().out == f"{demo.url}/-/healthy: answers\n"


@pytest.mark.parametrize("path", ["/metrics", "/sd"])
def test_accounts_are_seen_to_be_up(demo: Exporter, path: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert healthcheck.main(["--expect-up", demo.url + path]) == 0
    assert "voicenter_up is 1 for demo" in capsys.readouterr().out


def test_an_account_that_is_down_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with refusing_port() as port:
        config = {"accounts": [{"name": "main", "code": "7A1C", "base_url": f"http://127.0.0.1:{port}"}]}
        with exporter_of(config, tmp_path) as exporter:
            assert healthcheck.main([f"{exporter.url}/-/healthy"]) == 0
            assert healthcheck.main(["--expect-up", f"{exporter.url}/metrics"]) == 1
    assert "voicenter_up is 0 for main" in capsys.readouterr().err


def test_a_page_without_accounts_is_not_up(demo: Exporter, capsys: pytest.CaptureFixture[str]) -> None:
    assert healthcheck.main(["--expect-up", f"{demo.url}/-/healthy"]) == 1
    assert "voicenter_up is missing" in capsys.readouterr().err


def test_one_of_several_that_fails_is_a_failure(demo: Exporter) -> None:
    assert healthcheck.main([f"{demo.url}/-/healthy", f"{demo.url}/no-such-page"]) == 1


def test_tls_is_asked_without_a_look_at_the_certificate(tmp_path: Path, tls: dict[str, Any]) -> None:
    with started(protected(tmp_path, {"tls_server_config": tls})) as exporter:
        assert healthcheck.main([exporter.url.replace("http://", "https://") + "/-/ready"]) == 0


@pytest.fixture
def users() -> dict[str, str]:
    return {"prometheus": bcrypt.hashpw(b"correct horse", bcrypt.gensalt(4)).decode()}


@pytest.mark.parametrize("version", ["TLS12", "TLS13"])
def test_the_demand_for_a_client_certificate_is_a_sign_of_life(
    tmp_path: Path, tls: dict[str, Any], version: str, capsys: pytest.CaptureFixture[str]
) -> None:
    tls |= {
        "client_auth_type": "RequireAndVerifyClientCert",
        "client_ca_file": str(tmp_path / "ca.pem"),
        "max_version": version,
    }
    with started(protected(tmp_path, {"tls_server_config": tls})) as exporter:
        url = exporter.url.replace("http://", "https://")
        assert healthcheck.main([f"{url}/metrics"]) == 0
        assert "asks for a client certificate" in capsys.readouterr().out
        assert healthcheck.main(["--expect-up", f"{url}/metrics"]) == 1
        assert "asks for a client certificate, so nobody knows" in capsys.readouterr().err
        own = str(tmp_path / "server.pem")
        assert healthcheck.main(["--expect-up", f"--cert={own}", f"--key={own}", f"{url}/metrics"]) == 0


def test_the_demand_for_a_password_is_a_sign_of_life(
    tmp_path: Path, users: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with started(protected(tmp_path, {"basic_auth_users": users})) as exporter:
        assert healthcheck.main([f"{exporter.url}/-/healthy", f"{exporter.url}/metrics"]) == 0
    assert "asks for a password" in capsys.readouterr().out


def test_accounts_behind_a_password_are_seen_with_it_and_are_not_up_without(
    tmp_path: Path,
    users: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with started(protected(tmp_path, {"basic_auth_users": users})) as exporter:
        question = ["--expect-up", f"{exporter.url}/metrics"]
        assert healthcheck.main(question) == 1
        assert "asks for a password" in capsys.readouterr().err
        monkeypatch.setenv("HEALTHCHECK_USERNAME", "prometheus")
        monkeypatch.setenv("HEALTHCHECK_PASSWORD", "wrong")
        assert healthcheck.main(question) == 1
        assert "asks for another password" in capsys.readouterr().err
        monkeypatch.setenv("HEALTHCHECK_PASSWORD", "correct horse")
        assert healthcheck.main(question) == 0


def test_every_account_of_a_sd_is_looked_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The last five of 25 were not."""
    with vendor() as up, refusing_port() as port:
        urls = [up.url] * 20 + [f"http://127.0.0.1:{port}"] * 5
        accounts = [{"name": f"a{n:02}", "code": f"C{n}", "base_url": url} for n, url in enumerate(urls)]
        with exporter_of({"accounts": accounts}, tmp_path) as exporter:
            assert healthcheck.main(["--expect-up", f"{exporter.url}/sd"]) == 1
    assert "voicenter_up is 0 for a20, a21, a22, a23, a24" in capsys.readouterr().err


def test_without_a_url_port_10061_is_asked_without_tls_and_with(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tls: dict[str, Any], demo: Exporter
) -> None:
    monkeypatch.setattr(healthcheck, "HERE", demo.url.removeprefix("http://") + "/-/healthy")
    assert healthcheck.main([]) == 0
    with started(protected(tmp_path, {"tls_server_config": tls})) as exporter:
        monkeypatch.setattr(healthcheck, "HERE", exporter.url.partition("://")[2] + "/-/healthy")
        assert healthcheck.main([]) == 0


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_port_where_nobody_listens_is_unhealthy(scheme: str, capsys: pytest.CaptureFixture[str]) -> None:
    with refusing_port() as port:
        assert healthcheck.main([f"{scheme}://127.0.0.1:{port}/-/healthy"]) == 1
    assert "refused" in capsys.readouterr().err


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_process_that_accepts_and_says_nothing_is_unhealthy(scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert (
            healthcheck.main(["--timeout=0.2", f"{scheme}://127.0.0.1:{silent.getsockname()[1]}/-/healthy"])
            == 1
        )
