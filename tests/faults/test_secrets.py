"""No code, no password and nothing of a caller comes out, whatever goes wrong and however much is logged."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.conftest import CODE
from tests.faults.test_vendor import FAULTS, extensions
from tests.support.exporter import Exporter, exporter_of
from tests.support.processes import refusing_port, wait_until
from tests.support.vendor import CALL, EXTENSION, PRIVATE, Behaviour, Exchange, Vendor, answers, head, vendor

PASSWORD = "marked-proxy-password"
MARKS = (CODE, PASSWORD, *PRIVATE.values())
ALL_MARKS = " ".join(MARKS)


def sends(data: bytes) -> Behaviour:
    return lambda exchange: exchange.send(data)


def echo(exchange: Exchange) -> None:
    """Answer with the request itself."""
    exchange.answer(exchange.body)


def call_with(**fields: Any) -> dict[str, Any]:
    return extensions({**EXTENSION, "calls": [{**CALL, **fields}]})


WELL_KNOWN = json.dumps(extensions(EXTENSION)).encode()
LEAKS: dict[str, Behaviour] = {
    "DESC": answers({"ERR": 2, "DESC": ALL_MARKS}),
    "ERR": answers({"ERR": ALL_MARKS}),
    "an echo": echo,
    "text": answers(f"<html>{ALL_MARKS}</html>".encode()),
    "JSON that stops": answers(WELL_KNOWN[:-20]),
    "JSON with a wrong byte": answers(WELL_KNOWN.replace(b"Marked Agent", b"Marked Agent\xff")),
    "a status line": sends(f"HTTP/1.1 {CODE} {ALL_MARKS}\r\n\r\n".encode()),
    "a reason phrase": sends(f"HTTP/1.1 500 {ALL_MARKS}\r\nContent-Length: 0\r\n\r\n".encode()),
    "a header": answers(b"", 403, {"X-Trace": ALL_MARKS}),
    "Location": answers(b"", 302, {"Location": f"http://127.0.0.1:1/{CODE}?{PRIVATE['phone']}"}),
    "Retry-After": answers(b"", 404, {"Retry-After": ALL_MARKS}),
    "Content-Encoding": answers(b"", headers={"Content-Encoding": CODE}),
    "Content-Length": sends(f"HTTP/1.1 200 OK\r\nContent-Length: {CODE}\r\n\r\n{{}}".encode()),
    "a chunk's size": sends(head(200, {"Transfer-Encoding": "chunked"}) + f"{ALL_MARKS}\r\n".encode()),
    "gzip": answers(gzip.compress(ALL_MARKS.encode()), headers={"Content-Encoding": "gzip"}),
    "a header line": sends(f"HTTP/1.1 200 OK\r\n{ALL_MARKS}\r\n\r\n".encode()),
    "the call's status": answers(call_with(callstatus=ALL_MARKS, direction=ALL_MARKS)),
    "the call's id": answers(call_with(ivrid=ALL_MARKS, did=ALL_MARKS)),
    "types": answers(call_with(callStarted=ALL_MARKS, answered=ALL_MARKS, recording=ALL_MARKS)),
    "an agent's status": answers(extensions({**EXTENSION, "onlineUserStatus": ALL_MARKS})),
    "extensions": answers({"ERR": 0, "EXTENSIONS": ALL_MARKS}),
    "callers": answers({"ERR": 0, "QUEUES": [{"ID": 1, "Name": "Sales", "Callers": [ALL_MARKS]}]}),
    "keys": answers({"ERR": 0, ALL_MARKS: ALL_MARKS, "EXTENSIONS": [{ALL_MARKS: 1}]}),
    **{f"fault: {name}": behaviour for name, (behaviour, _) in FAULTS.items()},
}
PATHS = (
    "/metrics",
    "/",
    "/live",
    "/sd",
    "/probe?target=main",
    "/probe?target=main&debug=true",
    f"/probe?target={CODE}",
)


@pytest.fixture(scope="module")
def talkative() -> Iterator[Vendor]:
    with vendor() as server:
        yield server


@pytest.fixture(scope="module")
def exporter(talkative: Vendor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exporter]:
    folder = tmp_path_factory.mktemp("exporter")
    (folder / "code").write_text(f"{CODE}\n")
    common = {"code_file": str(folder / "code"), "timeout": "500ms", "min_interval": "0s"}
    flags = ["--log.level=debug", "--web.enable-lifecycle"]
    with refusing_port() as port:
        proxy = f"http://user:{PASSWORD}@127.0.0.1:{port}"
        config = {
            "accounts": [
                {
                    "name": "main",
                    "base_url": talkative.url,
                    **common,
                    "lines": {PRIVATE["did"]: "Sales line"},
                },
                {"name": "proxied", "base_url": "http://vendor.example", "proxy_url": proxy, **common},
            ],
            "collectors": {"extensions": {"enabled": True}},
            "max_body": "1MiB",
        }
        with exporter_of(config, folder, flags) as running:
            yield running


def search(where: str, text: str) -> None:
    for mark in MARKS:
        assert mark not in text, f"{mark} came out in {where}"


@pytest.mark.parametrize("leak", LEAKS)
def test_nothing_private_comes_out(leak: str, talkative: Vendor, exporter: Exporter) -> None:
    talkative.behave(LEAKS[leak])
    asked = talkative.count("queues")
    for path in PATHS:
        response = exporter.get(path)
        search(path, response.text)
        search(f"the headers of {path}", str(response.headers))
    assert talkative.count("queues") > asked
    search("the log", exporter.process.output)


def test_good_answers_bring_nothing_private_either(talkative: Vendor, exporter: Exporter) -> None:
    talkative.behave(Exchange.answer_well)
    wait_until(lambda: exporter.scrape().value("voicenter_up", account="main") == 1, "a good answer")
    for path in PATHS:
        search(path, exporter.get(path).text)
    search("the log", exporter.process.output)


def test_a_reload_that_fails_tells_no_secret(exporter: Exporter) -> None:
    file = Path(exporter.process.arguments[exporter.process.arguments.index("--config.file") + 1])
    before = file.read_text()
    try:
        for wrong in (
            f"accounts: [{{name: main, code: [{CODE}]}}]",
            f"accounts: [{{name: main, code: {CODE}, proxy_url: 'ftp://user:{PASSWORD}@h'}}]",
            f"accounts: [{{name: main, code: {CODE}, timeout: {PASSWORD}",
            f"accounts: [{{name: main, code: {CODE}}}, {{name: other, code: {CODE}}}]",
        ):
            file.write_text(wrong)
            answer = exporter.post("/-/reload")
            assert answer.status_code == 500
            if "timeout" not in wrong:
                search("the answer to a reload", answer.text)
                search("the log", exporter.process.output)
    finally:
        file.write_text(before)
    assert exporter.post("/-/reload").status_code == 200


def test_the_process_list_shows_no_secret(exporter: Exporter) -> None:
    search("the process list", Path(f"/proc/{exporter.process.pid}/cmdline").read_text())


def test_no_traceback_reaches_the_log(exporter: Exporter) -> None:
    assert "Traceback" not in exporter.process.output
    assert "internal error:" not in exporter.process.output
