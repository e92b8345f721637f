"""A real Prometheus scrapes with TLS and a password, and finds the accounts by service discovery."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bcrypt
import trustme
import yaml

from tests.support.exporter import started
from tests.support.processes import wait_until
from tests.support.prometheus import prometheus, scrape_config

PASSWORD = "correct horse"


def test_prometheus_scrapes_over_tls_with_a_password(generation: str, tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    certificate.cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
    certificate.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    web_config = {
        "tls_server_config": {"cert_file": "cert.pem", "key_file": "key.pem"},
        "basic_auth_users": {"prometheus": hashed},
    }
    (tmp_path / "web.yaml").write_text(yaml.safe_dump(web_config))
    with started(["--demo", "--web.config.file", str(tmp_path / "web.yaml")]) as exporter:
        address = exporter.url.removeprefix("https://")
        secure: dict[str, Any] = {"scheme": "https", "tls_config": {"ca_file": str(tmp_path / "ca.pem")}}
        good = {"username": "prometheus", "password": PASSWORD}
        wrong = {"username": "prometheus", "password": "guess"}
        config = {
            "scrape_configs": [
                scrape_config("good", address, **secure, basic_auth=good),
                scrape_config("wrong", address, **secure, basic_auth=wrong),
                scrape_config("none", address, **secure),
            ]
        }
        with prometheus(generation, config, tmp_path) as server:
            server.await_series('up{job="good"} == 1 and on () voicenter_up{job="good"} == 1')
            server.await_series('count(up{job=~"wrong|none"} == 0) == 2')

            def only_the_good_one_enters() -> bool:
                errors = {each["scrapePool"]: each["lastError"] for each in server.targets()}
                return errors["good"] == "" and all("401" in errors[each] for each in ("wrong", "none"))

            wait_until(only_the_good_one_enters, "errors of those without the password")
            exporter.session.verify = str(tmp_path / "ca.pem")
            assert exporter.get("/-/healthy").status_code == 200


def test_prometheus_finds_the_accounts_and_probes_each(generation: str, tmp_path: Path) -> None:
    with started(["--demo", "--no-web.metrics-accounts"]) as exporter:
        address = exporter.url.removeprefix("http://")
        probing = {
            "job_name": "voicenter",
            "scrape_interval": "1s",
            "scrape_timeout": "1s",
            "metrics_path": "/probe",
            "http_sd_configs": [{"url": f"{exporter.url}/sd", "refresh_interval": "1s"}],
            "relabel_configs": [
                {"source_labels": ["__address__"], "target_label": "__param_target"},
                {"source_labels": ["__param_target"], "target_label": "instance"},
                {"target_label": "__address__", "replacement": address},
            ],
        }
        config = {"scrape_configs": [scrape_config("exporter", address), probing]}
        with prometheus(generation, config, tmp_path) as server:
            (found,) = server.await_series('voicenter_up{job="voicenter"} == 1')
            assert found.labels["account"] == found.labels["instance"] == "demo"
            server.await_series('voicenter_exporter_build_info{job="exporter"}')
            assert not server.query('voicenter_up{job="exporter"}')
