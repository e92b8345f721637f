"""How long a scrape may wait for the vendor: what Prometheus tells, counted from the request's arrival."""

from __future__ import annotations

import asyncio
import base64
import threading
import time
from pathlib import Path

import bcrypt
import pytest
from starlette.types import Message, Scope

from exporter.collect.accounts import Accounts
from exporter.collect.pages import Pages
from exporter.config import parse
from exporter.metrics.negotiation import Format
from exporter.web.guard import Guard
from exporter.web.limits import Limits
from exporter.web.routes import LEAST_TIMEOUT, TIMEOUT_HEADER, Options, Routes, scrape_timeout
from tests.web.rig import config_file

OFFSET = 0.5
SETTINGS = parse(
    f"accounts: [{{name: main, code: c}}]\ntimeout_offset: {OFFSET * 1000:g}ms", Path("config.yaml"), {}
)


class NotingPages(Pages):
    """Notes when the page is asked for, and until when it may take."""

    asked = deadline = 0.0

    async def metrics(self, style: Format, *, compressed: bool, accounts: bool, deadline: float) -> bytes:
        self.asked, self.deadline = time.monotonic(), deadline
        return b""


def test_what_a_login_takes_is_taken_from_the_scrape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed = bcrypt.hashpw(b"correct horse", bcrypt.gensalt(10)).decode()
    begun: list[float] = []
    compare = bcrypt.checkpw

    def noting(password: bytes, hashed_password: bytes) -> bool:
        begun.append(time.monotonic())
        return compare(password, hashed_password)

    monkeypatch.setattr(bcrypt, "checkpw", noting)
    web_config = config_file(tmp_path, f"basic_auth_users: {{prometheus: {hashed}}}")
    password = base64.b64encode(b"prometheus:correct horse")
    headers = [(b"authorization", b"Basic " + password), (TIMEOUT_HEADER.lower().encode(), b"5")]
    scope: Scope = {
        "type": "http",
        "method": "GET",
        "path": "/metrics",
        "query_string": b"",
        "headers": headers,
    }

    async def scrape() -> tuple[NotingPages, int]:
        accounts, stopping = Accounts(SETTINGS), threading.Event()
        pages = NotingPages(accounts)
        guard = Guard(Routes(accounts, pages, Options(), stopping).app(), web_config, Limits(), stopping)
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request"}

        async def send(message: Message) -> None:
            sent.append(message)

        await guard(scope, receive, send)
        return pages, sent[0]["status"]

    pages, status = asyncio.run(scrape())
    assert status == 200
    arrived = pages.deadline - (5 - OFFSET)
    assert arrived < begun[0] < pages.asked


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("10", 9.5),
        ("0.75", 0.25),
        ("0.5", LEAST_TIMEOUT),
        ("0.001", LEAST_TIMEOUT),
        (None, 9.5),
        ("", 9.5),
        ("soon", 9.5),
        ("nan", 9.5),
        ("inf", 9.5),
        ("-3", 9.5),
        ("0", 9.5),
        ("1e400", 9.5),
    ],
)
def test_a_scrape_has_what_prometheus_tells_less_the_offset(header: str | None, seconds: float) -> None:
    assert scrape_timeout(header, OFFSET) == seconds
