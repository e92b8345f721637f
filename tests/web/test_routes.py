"""Which page a path is, over HTTP from the installed exporter."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tests.faults.conftest import config_for
from tests.support.clients import place_of
from tests.support.exporter import Exporter, exporter_of
from tests.support.processes import PATIENCE
from tests.support.vendor import vendor

FLAGS = ["--web.telemetry-path=/deep/{x}", "--web.enable-lifecycle"]


@pytest.fixture(scope="module")
def exporter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exporter]:
    """An exporter with a telemetry path that a router could take for a pattern."""
    with (
        vendor() as server,
        exporter_of(config_for(server.url), tmp_path_factory.mktemp("routes"), FLAGS) as started,
    ):
        yield started


def test_braces_in_the_telemetry_path_are_braces_and_hide_no_other_page(exporter: Exporter) -> None:
    assert "voicenter_up" in exporter.get("/deep/{x}").text
    assert "voicenter_up" in exporter.get("/deep/%7Bx%7D").text
    assert exporter.get("/deep/other").status_code == 404
    assert exporter.get("/sd").json()[0]["targets"] == ["main"]
    assert exporter.get("/-/ready").text == "ready\n"


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/sd/", "../sd"),
        ("/-/ready/?a=b&c", "../ready?a=b&c"),
        ("/deep/{x}/", "../%7Bx%7D"),
    ],
)
def test_a_redirect_is_relative_whatever_host_the_request_names(
    exporter: Exporter, path: str, place: str
) -> None:
    answer = exporter.get(path, {"Host": "elsewhere.example"})
    assert (answer.status_code, answer.headers["Location"]) == (307, place)


@pytest.mark.parametrize("path", ["//", "//sd", "//sd/", "/nothing/", "/.", "//elsewhere.example/"])
def test_other_paths_are_nowhere(exporter: Exporter, path: str) -> None:
    with socket.create_connection(place_of(exporter.url), PATIENCE) as connection:
        connection.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        assert connection.makefile("rb").read().startswith(b"HTTP/1.1 404 ")


def test_a_page_of_another_site_cannot_make_a_browser_reload(exporter: Exporter) -> None:
    def reload(**headers: str) -> int:
        return exporter.post("/-/reload", headers=headers).status_code

    assert reload(**{"Sec-Fetch-Site": "cross-site"}) == 403
    assert reload(**{"Sec-Fetch-Site": "same-origin"}) == 200
    assert reload() == 200
    answer = exporter.get("/-/reload")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_a_version_that_is_no_number_is_no_error(exporter: Exporter) -> None:
    for accept in ("application/openmetrics-text; version=x.y", "text/plain;version=1.x"):
        answer = exporter.get("/deep/{x}", {"Accept": accept})
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")


@pytest.mark.parametrize(
    ("accepted", "encoding"), [("gzip;q=0", None), ("gzip; q=0.000", None), ("gzip;q=0.1", "gzip")]
)
def test_gzip_that_is_refused_is_not_sent(exporter: Exporter, accepted: str, encoding: str | None) -> None:
    answer = exporter.get("/deep/{x}", {"Accept-Encoding": accepted})
    assert answer.headers.get("Content-Encoding") == encoding
