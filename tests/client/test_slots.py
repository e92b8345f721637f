"""Two large answers at a time: a third waits, and those that stall do not keep it waiting."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from exporter.api.endpoints import Snapshot
from exporter.api.failure import Failure
from exporter.api.snapshot import Detail
from exporter.client import slots
from exporter.client.attempt import Attempt
from exporter.client.client import Client
from exporter.client.transport import Transport
from exporter.config import parse
from tests.support.processes import PATIENCE, wait_until
from tests.support.vendor import GOOD, Exchange, Vendor, head, vendor

SIZE = 3 * 2**20
PART = SIZE // 2
LARGE_ANSWER = json.dumps(GOOD["extensions"]).encode().ljust(SIZE)


@pytest.fixture
def server() -> Iterator[Vendor]:
    with vendor() as running:
        yield running


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as running:
        yield running


@pytest.fixture
def ask(server: Vendor, pool: ThreadPoolExecutor) -> Callable[[], Future[Snapshot]]:
    """Starts an attempt."""
    text = f"accounts: [{{name: main, code: invented, base_url: {server.url}}}]"
    account = parse(text, Path("config.yaml"), {}).accounts[0]
    client = Client(account, Transport(None, False, None), 2**24, Detail.EXTENSIONS)
    return lambda: pool.submit(client.ask, "extensions", Attempt(PATIENCE))


def first_two_in_part(server: Vendor, go_on: Callable[[Exchange], None]) -> None:
    """Answer the first two requests with half of a large answer, and then as `go_on` does."""
    numbers = itertools.count()

    def answer(exchange: Exchange) -> None:
        exchange.send(head(200, {"Content-Length": str(SIZE)}))
        if next(numbers) < slots._SLOTS:
            exchange.send(LARGE_ANSWER[:PART])
            go_on(exchange)
        else:
            exchange.send(LARGE_ANSWER)

    server.behave(answer, "extensions")


def test_the_answer_that_stalled_longest_gives_way_to_one_that_waits(
    server: Vendor, ask: Callable[[], Future[Snapshot]]
) -> None:
    first_two_in_part(server, Exchange.hang)
    first = ask()
    wait_until(lambda: len(slots._holders) == 1, "the first has a slot")
    ask()
    wait_until(lambda: len(slots._holders) == 2, "the second has the other")
    assert ask().result(PATIENCE)
    with pytest.raises(Failure, match="timeout: a large answer stalled for 1 s while others waited"):
        first.result(PATIENCE)
    server.close()


def test_an_answer_that_comes_in_keeps_its_slot(
    server: Vendor, ask: Callable[[], Future[Snapshot]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slots, "PATIENCE", 10 * PATIENCE)
    released = threading.Event()

    def go_on(exchange: Exchange) -> None:
        released.wait(PATIENCE)
        exchange.send(LARGE_ANSWER[PART:])

    first_two_in_part(server, go_on)
    futures = [ask(), ask()]
    wait_until(lambda: len(slots._holders) == 2, "both slots are taken")
    futures.append(ask())
    wait_until(lambda: len(server.requests) == 3, "the third asks")
    released.set()
    assert all(each.result(PATIENCE) for each in futures)
