"""The client's requests, and the name that every failure has; sockets that misbehave are tested elsewhere."""

from __future__ import annotations

import gzip
import json
import logging
import os
import resource
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from unittest.mock import patch

import msgspec
import pytest
import requests
import responses

from exporter.api.failure import REASONS, Failure
from exporter.api.snapshot import Detail, ExtensionsSnapshot, QueuesSnapshot
from exporter.api.wire import LARGE
from exporter.client.attempt import Attempt
from exporter.client.client import Client, detail_for
from exporter.client.transport import Transport
from exporter.config import parse
from exporter.config.secret import Secret
from tests.support import answers

BASE = "https://vendor.example/comet/API"
EXTENSIONS_URL, QUEUES_URL = f"{BASE}/GetExtensionsCalls", f"{BASE}/GetQueuesCallers"


@pytest.fixture
def vendor() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def client(more: str = "", max_body: int = 1_000_000) -> Client:
    text = f"accounts: [{{name: main, code: MARKED, base_url: {BASE}{more}}}]"
    account = parse(text, Path("config.yaml"), {}).accounts[0]
    return Client(account, Transport(None, False, None), max_body, Detail.EXTENSIONS)


def failure(max_body: int = 1_000_000) -> Failure:
    with pytest.raises(Failure) as caught:
        client(max_body=max_body).ask("extensions", Attempt(5))
    assert "MARKED" not in str(caught.value) + repr(caught.value)
    return caught.value


def test_both_endpoints_are_asked_by_post_with_the_code_in_the_body_alone(
    vendor: responses.RequestsMock,
) -> None:
    vendor.post(EXTENSIONS_URL, answers.EXTENSIONS)
    vendor.post(QUEUES_URL, answers.QUEUES)
    asking = client()
    assert isinstance(asking.ask("extensions", Attempt(5)), ExtensionsSnapshot)
    assert isinstance(asking.ask("queues", Attempt(5)), QueuesSnapshot)
    for call in vendor.calls:
        assert json.loads(call.request.body or "") == {"code": "MARKED"}
        assert "MARKED" not in f"{call.request.url} {call.request.headers}"
        assert call.request.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (401, b"", "forbidden"),
        (403, b"", "forbidden"),
        (404, b"", "http_error"),
        (500, b"", "http_error"),
        (204, b"", "http_error"),
        (200, b"", "decode"),
        (200, answers.EXTENSIONS_AS_PRINTED, "decode"),
        (200, answers.extensions(), "empty"),
        (200, b'{"ERR": 1, "DESC": "Authorization failed."}', "unauthorized"),
        (200, b'{"ERR": 1, "DESC": "?"}', "bad_request"),
        (200, b'{"ERR": 2, "DESC": "Internal error."}', "api_error"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_answers_that_are_failures(
    vendor: responses.RequestsMock, status: int, body: bytes, reason: str
) -> None:
    vendor.post(EXTENSIONS_URL, body, status=status)
    assert failure().reason == reason


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_failure_and_never_followed(vendor: responses.RequestsMock, status: int) -> None:
    vendor.post(EXTENSIONS_URL, status=status, headers={"Location": "https://elsewhere.example/"})
    assert failure().reason == "http_error"
    assert len(vendor.calls) == 1


@pytest.mark.parametrize(
    ("status", "header", "expected"),
    [
        (429, "30", 30),
        (503, "7", 7),
        (503, "Thu, 01 Jan 1970 00:00:00 GMT", 0),
        (503, "soon", None),
        (503, "", None),
        (404, "30", None),
        (429, "9" * 400, 999_999_999),
    ],
)
def test_retry_after(
    vendor: responses.RequestsMock, status: int, header: str, expected: float | None
) -> None:
    vendor.post(EXTENSIONS_URL, status=status, headers={"Retry-After": header})
    assert failure().retry_after == expected


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (requests.exceptions.ConnectTimeout("MARKED"), "timeout"),
        (requests.exceptions.ReadTimeout("MARKED"), "timeout"),
        (requests.exceptions.SSLError("MARKED"), "tls"),
        (requests.exceptions.ProxyError("MARKED"), "connect"),
        (requests.exceptions.ConnectionError("MARKED"), "connect"),
        (requests.exceptions.InvalidURL("MARKED"), "connect"),
        (OSError(111, "MARKED"), "connect"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_requests_raises_has_a_name_and_keeps_its_text_to_itself(
    vendor: responses.RequestsMock, error: Exception, reason: str
) -> None:
    vendor.post(EXTENSIONS_URL, body=error)
    assert failure().reason == reason


def test_a_body_past_the_limit_is_too_large(vendor: responses.RequestsMock) -> None:
    vendor.post(EXTENSIONS_URL, b" " * 1001)
    assert failure(max_body=1000).reason == "too_large"


def test_a_compressed_body_is_measured_decoded(vendor: responses.RequestsMock) -> None:
    bomb = gzip.compress(b" " * 10_000_000)
    vendor.post(EXTENSIONS_URL, bomb, headers={"Content-Encoding": "gzip"})
    assert failure(max_body=1_000_000).reason == "too_large"


def test_a_compressed_body_is_read(vendor: responses.RequestsMock) -> None:
    body = gzip.compress(answers.EXTENSIONS)
    vendor.post(EXTENSIONS_URL, body, headers={"Content-Encoding": "gzip"})
    client().ask("extensions", Attempt(5))


@pytest.mark.parametrize(
    ("body", "encoding"),
    [(gzip.compress(answers.EXTENSIONS)[:-20], "gzip"), (b"no gzip", "gzip"), (b"x", "br")],
    ids=["cut", "no gzip", "another"],  # the bytes hold the time
)
def test_a_broken_compression_is_a_decode_failure(
    vendor: responses.RequestsMock, body: bytes, encoding: str
) -> None:
    vendor.post(EXTENSIONS_URL, body, headers={"Content-Encoding": encoding})
    assert failure().reason == "decode"


def test_a_large_body_is_never_decoded_without_types(vendor: responses.RequestsMock) -> None:
    """124 KB of gzip with one odd value took 659 MiB."""
    odd = b'{"ERR":0,"EXTENSIONS":[{"calls":"odd"}' + b',{"calls":[]}' * 100_000 + b"]}"
    assert len(odd) > LARGE
    vendor.post(EXTENSIONS_URL, gzip.compress(odd), headers={"Content-Encoding": "gzip"})
    with patch.object(msgspec, "convert", side_effect=AssertionError):
        assert failure(max_body=2**26).reason == "too_large"
    vendor.post(EXTENSIONS_URL, b'{"ERR":0,"EXTENSIONS":[{"calls":"odd"},{"calls":[]}]}')
    client().ask("extensions", Attempt(5))


def test_a_body_of_many_small_values_is_refused_before_it_swells(vendor: responses.RequestsMock) -> None:
    vendor.post(EXTENSIONS_URL, b'{"ERR":0,"EXTENSIONS":[' + b"{}," * 400_000 + b"{}]}")
    assert failure(max_body=2_000_000).reason == "too_large"


def test_an_answer_has_an_object_for_each_512_bytes_of_max_body_at_most(
    vendor: responses.RequestsMock,
) -> None:
    """About: those in its first bytes are not counted."""
    legs = [{"ivrid": f"{number:0200}"} for number in range(7810)]
    body = answers.extensions({"username": "S1", "calls": legs})
    vendor.post(EXTENSIONS_URL, body)
    client(max_body=7812 * 512).ask("extensions", Attempt(5))
    with pytest.raises(Failure, match="too_large: the answer holds more objects"):
        client(max_body=7500 * 512).ask("extensions", Attempt(5))


@pytest.mark.parametrize(("max_body", "most"), [(100_000, 1000), (1100 * 6 * 1024, 1100)])
def test_more_queues_than_a_page_could_show_are_refused(
    max_body: int, most: int, vendor: responses.RequestsMock
) -> None:
    asking = client(max_body=max_body)
    vendor.post(QUEUES_URL, answers.queues(*({"ID": each} for each in range(most))))
    asking.ask("queues", Attempt(5))
    vendor.post(QUEUES_URL, answers.queues(*({"ID": each} for each in range(most + 1))))
    with pytest.raises(Failure, match="too_large: the answer holds more queues"):
        asking.ask("queues", Attempt(5))


def test_an_account_without_extensions_can_be_allowed(vendor: responses.RequestsMock) -> None:
    vendor.post(EXTENSIONS_URL, answers.extensions())
    snapshot = client(", allow_empty: true").ask("extensions", Attempt(5))
    assert isinstance(snapshot, ExtensionsSnapshot)


@pytest.mark.parametrize("content", [None, "", "\n"])
def test_without_a_code_no_request_goes_out(
    vendor: responses.RequestsMock, tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "code"
    file.write_text("before\n")
    asking = _client_with_code_file(file)
    if content is None:
        file.unlink()
    else:
        file.write_text(content)
    with pytest.raises(Failure, match="credential"):
        asking.ask("extensions", Attempt(5))
    assert len(vendor.calls) == 0


def test_a_code_file_is_read_at_each_use_and_may_end_in_a_newline(
    vendor: responses.RequestsMock, tmp_path: Path
) -> None:
    vendor.post(QUEUES_URL, answers.QUEUES)
    file = tmp_path / "code"
    file.write_text("first\n")
    asking = _client_with_code_file(file)
    asking.ask("queues", Attempt(5))
    file.write_text("second\n")
    asking.ask("queues", Attempt(5))
    assert [json.loads(call.request.body or "")["code"] for call in vendor.calls] == ["first", "second"]


def _client_with_code_file(file: Path) -> Client:
    text = f"accounts: [{{name: main, code_file: {file}, base_url: {BASE}}}]"
    account = parse(text, Path("config.yaml"), {}).accounts[0]
    return Client(account, Transport(None, False, None), 1000, Detail.EXTENSIONS)


def test_a_proxys_credentials_stay_secret(
    vendor: responses.RequestsMock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    text = (
        f"accounts: [{{name: main, code: c, base_url: {BASE}, proxy_url: 'http://user:MARKED@127.0.0.1:9'}}]"
    )
    account = parse(text, Path("config.yaml"), {}).accounts[0]
    transport = Transport(None, False, account.proxy_url)
    vendor.post(EXTENSIONS_URL, body=requests.exceptions.ProxyError("http://user:MARKED@127.0.0.1:9"))
    with pytest.raises(Failure) as caught:
        Client(account, transport, 1000, Detail.EXTENSIONS).ask("extensions", Attempt(5))
    assert "MARKED" not in str(caught.value) + repr(account) + caplog.text
    assert isinstance(account.proxy_url, Secret)


def test_every_reason_has_advice() -> None:
    assert all(Failure(reason, "").advice for reason in REASONS)


@pytest.mark.parametrize(
    ("account", "collectors", "detail"),
    [
        ("", "history: false", Detail.COUNTS),
        ("", "history: true", Detail.EXTENSIONS),
        ("", "history: false, extensions: {enabled: true}", Detail.EXTENSIONS),
        (", extensions: {exclude: [x]}", "history: false", Detail.EXTENSIONS),
        ("", "history: false, extensions: {enabled: true, names: true}", Detail.NAMES),
        ("", "history: false, extensions: {names: true}", Detail.COUNTS),
    ],
)
def test_no_more_is_read_of_an_extension_than_somebody_needs(
    account: str, collectors: str, detail: Detail
) -> None:
    text = f"accounts: [{{name: main, code: c{account}}}]\ncollectors: {{{collectors}}}"
    settings = parse(text, Path("config.yaml"), {})
    assert detail_for(settings.accounts[0], settings) is detail


def test_a_lack_of_descriptors_has_its_own_name_and_ends_with_it() -> None:
    account = parse(
        "accounts: [{name: main, code: MARKED, base_url: 'http://127.0.0.1:9'}]", Path("config.yaml"), {}
    ).accounts[0]
    asking = Client(account, Transport(None, False, None), 1_000_000, Detail.EXTENSIONS)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    descriptors = [os.dup(0)]
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors[0] + 64, hard))
        with suppress(OSError):
            while True:
                descriptors.append(os.dup(0))
        with pytest.raises(Failure) as caught:
            asking.ask("queues", Attempt(5))
    finally:
        for each in descriptors:
            os.close(each)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert (caught.value.reason, caught.value.detail) == ("resources", "too many open files")
    with pytest.raises(Failure) as caught:
        asking.ask("queues", Attempt(5))
    assert caught.value.reason == "connect"
