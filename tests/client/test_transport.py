"""Connections that are kept for the next attempt, and may have been closed meanwhile."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from exporter.api.snapshot import Detail
from exporter.client.attempt import Attempt
from exporter.client.client import Client
from exporter.client.transport import Transport
from exporter.config import parse
from tests.support.vendor import Exchange, vendor


def test_a_second_try_takes_none_of_the_connections_that_were_kept() -> None:
    together = threading.Barrier(3, timeout=10)

    def at_one_time(exchange: Exchange) -> None:
        together.wait()
        exchange.answer_well()

    def close_the_old(exchange: Exchange) -> None:
        if exchange.connection > 3:
            exchange.answer_well()

    with vendor() as server:
        text = f"accounts: [{{name: main, code: c, base_url: '{server.url}'}}]"
        account = parse(text, Path("config.yaml"), {}).accounts[0]
        client = Client(account, Transport(None, False, None), 1_000_000, Detail.EXTENSIONS)
        server.behave(at_one_time)
        with ThreadPoolExecutor(3) as pool:
            asked = [pool.submit(client.ask, "queues", Attempt(10)) for _ in range(3)]
            assert all(each.result() for each in asked)
        server.behave(close_the_old)
        assert client.ask("queues", Attempt(10))
        assert server.requests[-1].connection == 4
        assert server.count("queues") == 3 + 2
