"""Attempts, answers and deadlines of one account, each sentence of the design on its own."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from exporter.api.endpoints import Snapshot
from exporter.api.failure import Failure
from exporter.api.snapshot import read_extensions, read_queues
from exporter.client.attempt import Attempt
from exporter.client.client import Client
from exporter.collect import account as module
from exporter.collect.account import MonitoredAccount
from exporter.collect.lanes import Lanes
from exporter.config import Settings, parse
from exporter.history import History
from exporter.metrics.negotiation import Format
from exporter.metrics.queues import QueueSamples
from tests.support import answers
from tests.support.clock import Clock

INTERVAL = 1.0
LONG = 600.0
"""An interval that no test outlasts, in seconds."""
BRIEF = 1.5
"""A deadline that an open gate keeps and a closed one does not, in seconds."""
SOON = 60.0
"""A deadline that no test reaches, in seconds."""


class Vendor(Client):
    """Answers as the test tells: each endpoint waits for its gate, and then answers or fails."""

    def __init__(self) -> None:
        self.gates = {"extensions": threading.Event(), "queues": threading.Event()}
        for gate in self.gates.values():
            gate.set()
        self.failures: dict[str, Failure] = {}
        self.started: dict[str, list[float]] = {"extensions": [], "queues": []}
        self.under_way = 0
        self.most_under_way: dict[str, int] = {"extensions": 0, "queues": 0}
        self._now = {"extensions": 0, "queues": 0}
        self.takes = 0.0
        """Seconds until it answers."""
        self.deaf = False
        """Does not even notice that its socket is shut, as in a resolver."""

    def ask(self, endpoint: str, attempt: Attempt) -> Snapshot:
        self.started[endpoint].append(time.monotonic())
        self._now[endpoint] += 1
        self.most_under_way[endpoint] = max(self._now[endpoint], self.most_under_way[endpoint])
        time.sleep(self.takes)
        try:
            while not self.gates[endpoint].wait(0.005):
                if attempt.expired and not self.deaf:
                    raise Failure("timeout", "told to hang")
            if endpoint in self.failures:
                raise self.failures[endpoint]
        finally:
            self._now[endpoint] -= 1
        if endpoint == "queues":
            return read_queues(answers.QUEUES)
        return read_extensions(answers.EXTENSIONS, {})

    def attempts(self) -> int:
        return len(self.started["extensions"])


def settings(poll_interval: float = 0.0, timeout: float = 5.0, min_interval: float = INTERVAL) -> Settings:
    """Settings of one account; the intervals, in seconds, are shorter than a file may ask for."""
    read = parse("accounts: [{name: main, code: c}]", Path("config.yaml"), {})
    account = replace(
        read.accounts[0], poll_interval=poll_interval, timeout=timeout, min_interval=min_interval
    )
    return replace(read, accounts=(account,))


Scenario = Callable[[MonitoredAccount, Vendor], Coroutine[Any, Any, None]]


def play(scenario: Scenario, configured: Settings | None = None) -> None:
    """Run a scenario with an account and its vendor."""
    configured = configured or settings()

    async def main() -> None:
        vendor = Vendor()
        account = MonitoredAccount(configured.accounts[0], configured, vendor, Lanes())
        account.start()
        try:
            await scenario(account, vendor)
        finally:
            account.stop()
            for gate in vendor.gates.values():
                gate.set()
            while under_way(account):
                await asyncio.sleep(0.005)

    asyncio.run(main())


def under_way(account: MonitoredAccount) -> bool:
    return any(endpoint.flight for endpoint in account.endpoints.values())


async def scrape(account: MonitoredAccount, within: float = SOON) -> dict[str, float]:
    """The values of a page's families that have one series or one per endpoint, by name and endpoint."""
    block = await account.block(Format.TEXT, time.monotonic() + within)
    values: dict[str, float] = {}
    for lines in block.values():
        for line in b"".join(lines).decode().splitlines():
            series, value = line.rsplit(" ", 1)
            values[series.replace('account="main",', "").replace('{account="main"}', "")] = float(value)
    return values


def success(values: dict[str, float]) -> tuple[float, float]:
    return tuple(values[f'voicenter_scrape_success{{source="{each}"}}'] for each in ("extensions", "queues"))  # type: ignore[return-value]


async def until(condition: Callable[[], bool]) -> None:
    async def wait() -> None:
        while not condition():
            await asyncio.sleep(0.002)

    await asyncio.wait_for(wait(), SOON)


def test_both_endpoints_are_asked_at_once() -> None:
    async def scenario(account: MonitoredAccount, vendor: Vendor) -> None:
        for gate in vendor.gates.values():
            gate.clear()
        page = asyncio.create_task(scrape(account))
        await until(lambda: all(vendor.started.values()))
        for gate in vendor.gates.values():
            gate.set()
        assert success(await page) == (1, 1)

    play(scenario)


def test_all_who_scrape_at_the_same_time_share_one_flight_and_the_finished_block() -> None:
    async def scenario(account: MonitoredAccount, vendor: Vendor) -> None:
        deadline = time.monotonic() + SOON
        blocks = await asyncio.gather(*(account.block(Format.TEXT, deadline) for _ in range(50)))
        assert vendor.attempts() == 1
        assert all(block is blocks[0] for block in blocks)

    play(scenario, settings(min_interval=LONG))


def test_scrapes_within_min_interval_see_the_same_numbers_success_or_failure() -> None:
    async def scenario(account: MonitoredAccount, vendor: Vendor) -> None:
        vendor.failures["queues"] = Failure("decode", "told to fail")
        first = await scrape(account)
        vendor.failures.clear()
        assert await scrape(account) == first
        assert success(first) == (1, 0)
        assert vendor.attempts() == 1

    play(scenario, settings(min_interval=LONG))


def test_who_looks_asks_like_a_scrape_and_shares_flights_and_answers_with_scrapes() -> None:
    async def scenario(account: MonitoredAccount, vendor: Vendor) -> None:
        deadline = time.monotonic() + SOON
        seen, scraped = await asyncio.gather(account.gathered(deadline), scrape(account))
        assert vendor.attempts() == 1
        assert seen["voicenter_up"] == {("main",): 1}
        assert seen["voicenter_queues"]["main",] == scraped["voicenter_queues"]
        assert await account.gathered(deadline) is seen
        assert await scrape(account) == scraped
        assert vendor.attempts() == 1

    play(scenario, settings(min_interval=LONG))


def test_a_scrape_waits_for_the_flight_until_its_own_deadline_and_counts_nothing() -> None:
    async def scenario(account: MonitoredAccount, vendor: Vendor) -> None:
        vendor.gates["queues"].clear()
        page = await scrape(account, within=BRIEF)
        assert success(page) == (1, 0)
        assert 'voicenter_agents{status="login"}' in page
        assert not any(name.startswith("voicenter_queue_callers") for name in page)
        assert page["voicenter_up"] == 0
        assert page['voicenter_api_requests_total{source="queues"}'] == 0
        assert sum(value for name, value in page.items() if name.startswith("voicenter_api_failures")) == 0

    play(scenario, settings(min_interval=LONG))


def test_a_late_answer_is_shown_by_the_next_scrape_that_has_no_newer_one_in_time() -> None:
    async def scenario(account: MonitoredAccount, vendor: Vendor) -> None:
        gate = vendor.gates["queues"]
        gate.clear()
        assert success(await scrape(account, within=BRIEF)) == (1, 0)
        gate.set()
        await until(lambda: account.endpoints["queues"].flight is None)
        gate.clear()
        await asyncio.sleep(INTERVAL)
        late = await scrape(account, within=BRIEF)
        assert len(vendor.started["queues"]) == 2
        assert success(late) == (1, 1)
        assert late["voicenter_queues"] == 2

    play(scenario)


def test_an_answer_that_waited_for_a_place_is_shown_late_as_well() -> None:
    async def scenario(account: MonitoredAccount, vendor: Vendor) -> None:
        place = account.endpoints["queues"]._lanes._prompt = asyncio.Semaphore(0)
        assert success(await scrape(account, within=BRIEF)) == (0, 0)
        for _ in range(2):
            place.release()
        await until(lambda: not under_way(account))
        vendor.gates["queues"].clear()
        await asyncio.sleep(INTERVAL)
        assert success(await scrape(account, within=BRIEF)) == (1, 1)

    play(scenario)


def test_a_late_answer_is_shown_only_to_a_scrape_whose_own_deadline_missed_it() -> None:
    async def scenario(account: MonitoredAccount, vendor: Vendor) -> None:
        gate = vendor.gates["queues"]
        gate.clear()
        await scrape(account, within=0.01)
        gate.set()
        assert success(await scrape(account)) == (1, 1)
        gate.clear()
        await asyncio.sleep(INTERVAL)
        assert success(await scrape(account, within=BRIEF)) == (1, 0)

    play(scenario)


def test_an_answer_that_was_in_time_is_not_shown_again_in_place_of_a_newer_one() -> None:
    async def scenario(account: MonitoredAccount, vendor: Vendor) -> None:
        assert success(await scrape(account)) == (1, 1)
        vendor.gates["queues"].clear()
        await asyncio.sleep(INTERVAL)
        assert success(await scrape(account, within=BRIEF)) == (1, 0)

    play(scenario)


def test_a_late_answer_of_more_than_three_intervals_is_not_shown() -> None:
    async def scenario(account: MonitoredAccount, vendor: Vendor) -> None:
        gate = vendor.gates["queues"]
        gate.clear()
        await scrape(account, within=BRIEF)
        gate.set()
        await until(lambda: account.endpoints["queues"].flight is None)
        gate.clear()
        await asyncio.sleep(4 * 0.05)
        assert success(await scrape(account, within=BRIEF)) == (1, 0)

    play(scenario, settings(min_interval=0.05))


def test_a_failure_is_counted_once_by_its_attempt() -> None:
    async def scenario(account: MonitoredAccount, vendor: Vendor) -> None:
        vendor.failures["extensions"] = Failure("forbidden", "HTTP 403")
        pages = [await scrape(account) for _ in range(3)]
        name = 'voicenter_api_failures_total{reason="forbidden",source="extensions"}'
        assert [page[name] for page in pages] == [1, 1, 1]
        assert not any(series.startswith("voicenter_agents{") for series in pages[0])
        assert pages[0]["voicenter_queues"] == 2

    play(scenario, settings(min_interval=LONG))


def test_retry_after_puts_off_the_next_attempt_and_the_outcome_stands_uncounted() -> None:
    async def scenario(account: MonitoredAccount, vendor: Vendor) -> None:
        vendor.failures["queues"] = Failure("http_error", "HTTP 429", retry_after=3 * INTERVAL)
        await scrape(account)
        vendor.failures.clear()
        await asyncio.sleep(INTERVAL)
        page = await scrape(account)
        assert success(page) == (1, 0)
        assert page['voicenter_api_requests_total{source="queues"}'] == 1
        assert page['voicenter_api_requests_total{source="extensions"}'] == 2
        await asyncio.sleep(2.2 * INTERVAL)
        assert success(await scrape(account)) == (1, 1)

    play(scenario)


def test_an_attempt_ends_at_its_timeout() -> None:
    async def scenario(account: MonitoredAccount, vendor: Vendor) -> None:
        vendor.gates["queues"].clear()
        began = time.monotonic()
        page = await scrape(account)
        assert time.monotonic() - began < SOON / 2
        assert page['voicenter_api_failures_total{reason="timeout",source="queues"}'] == 1

    play(scenario, settings(timeout=0.1))


def test_a_thread_that_hangs_is_left_behind_and_nothing_new_starts_meanwhile() -> None:
    async def scenario(account: MonitoredAccount, vendor: Vendor) -> None:
        vendor.deaf = True
        vendor.gates["queues"].clear()
        assert success(await scrape(account)) == (1, 0)
        await asyncio.sleep(INTERVAL)
        assert success(await scrape(account)) == (1, 0)
        assert len(vendor.started["queues"]) == 1
        assert len(vendor.started["extensions"]) == 2
        vendor.gates["queues"].set()
        await until(lambda: not account.endpoints["queues"].hangs)
        await asyncio.sleep(INTERVAL)
        assert success(await scrape(account)) == (1, 1)
        assert vendor.most_under_way["queues"] == 1

    play(scenario, settings(timeout=1.0))


def test_in_background_mode_scrapes_take_the_newest_answer_and_ask_nothing() -> None:
    async def scenario(account: MonitoredAccount, vendor: Vendor) -> None:
        await until(lambda: vendor.attempts() >= 3)
        rarely = settings(poll_interval=LONG)
        account.reconfigure(rarely.accounts[0], rarely, vendor)
        await until(lambda: not under_way(account))
        before = vendor.attempts()
        pages = [await scrape(account) for _ in range(20)]
        assert vendor.attempts() == before
        assert all(success(page) == (1, 1) for page in pages)

    play(scenario, settings(poll_interval=0.1, min_interval=0.05))


def test_a_background_answer_of_more_than_three_intervals_is_absent() -> None:
    async def scenario(account: MonitoredAccount, vendor: Vendor) -> None:
        await until(lambda: account.endpoints["queues"].newest is not None)
        account.stop()
        await until(lambda: not under_way(account))
        await asyncio.sleep(0.31)
        page = await scrape(account)
        assert success(page) == (0, 0)
        assert page["voicenter_up"] == 0

    play(scenario, settings(poll_interval=0.1, min_interval=0.05))


def test_background_answers_that_take_longer_than_three_intervals_do_not_flap() -> None:
    async def scenario(account: MonitoredAccount, vendor: Vendor) -> None:
        vendor.takes = 0.5
        await until(lambda: all(endpoint.newest for endpoint in account.endpoints.values()))
        pages = []
        while vendor.attempts() < 4:
            pages.append(success(await scrape(account)))
            await asyncio.sleep(0.02)
        assert set(pages) == {(1, 1)}

    play(scenario, settings(poll_interval=0.1, min_interval=0.05))


def test_polls_meet_the_whole_minute_and_never_come_within_min_interval(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock(1000.0)
    starts: list[float] = []

    class Loop:
        """Sleeps no longer than it takes to move the clock."""

        @staticmethod
        async def sleep(seconds: float) -> None:
            clock.now += seconds
            if len(starts) == 2000:
                raise asyncio.CancelledError

    async def scenario() -> None:
        configured = settings(poll_interval=10.0, min_interval=10.0)
        account = MonitoredAccount(configured.accounts[0], configured, Vendor(), Lanes())
        monkeypatch.setattr(module, "time", clock)
        monkeypatch.setattr("exporter.collect.account.asyncio.sleep", Loop.sleep)

        async def start_when_due(arrived: float, _: float) -> None:
            starts.append(arrived)

        monkeypatch.setattr(account, "_start_when_due", start_when_due)
        with pytest.raises(asyncio.CancelledError):
            await account._poll()

    asyncio.run(scenario())
    assert min(later - earlier for earlier, later in pairwise(starts)) >= 10.0
    phases = Counter(int(start % 10.0) for start in starts)
    assert all(0.08 < phases[second] / len(starts) < 0.12 for second in range(10))


def test_failures_are_logged_when_they_begin_change_and_end(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    async def scenario(account: MonitoredAccount, vendor: Vendor) -> None:
        for reason in ("forbidden", "forbidden", "timeout", "timeout", None, None):
            if reason:
                vendor.failures["queues"] = Failure(reason, "told to fail")
            else:
                vendor.failures.clear()
            await scrape(account)
            await asyncio.sleep(0.05)

    play(scenario, settings(min_interval=0.05))
    told = [(record.levelname, record.fields["reason"]) for record in caplog.records]  # type: ignore[attr-defined]
    assert told == [("WARNING", "forbidden"), ("WARNING", "timeout"), ("INFO", "timeout")]


def test_without_history_the_longest_call_is_there_all_the_same() -> None:
    async def scenario(account: MonitoredAccount, vendor: Vendor) -> None:
        page = await scrape(account)
        assert any(name.startswith("voicenter_longest_call_seconds") for name in page)
        assert not any(name.startswith("voicenter_queue_joins_total") for name in page)

    configured = settings(min_interval=LONG)
    collectors = replace(configured.collectors, history=False)
    play(scenario, replace(configured, collectors=collectors))


def test_a_new_configuration_keeps_what_was_counted() -> None:
    async def scenario(account: MonitoredAccount, vendor: Vendor) -> None:
        before = await scrape(account)
        changed = settings(timeout=4, min_interval=LONG)
        account.reconfigure(changed.accounts[0], changed, vendor)
        after = await scrape(account)
        name = 'voicenter_api_requests_total{source="queues"}'
        assert before[name] == after[name] == 1

    play(scenario, settings(min_interval=LONG))


def test_a_mistake_in_the_history_takes_no_gauge_with_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("MARKED")

    monkeypatch.setattr(History, "observe", fail)

    async def scenario(account: MonitoredAccount, vendor: Vendor) -> None:
        assert success(await scrape(account)) == (1, 1)

    play(scenario)
    assert "internal error in the history: ZeroDivisionError" in caplog.text
    assert "MARKED" not in caplog.text


def test_a_thread_that_cannot_be_started_is_a_failure_of_that_attempt_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_more_threads(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    async def scenario(account: MonitoredAccount, vendor: Vendor) -> None:
        with monkeypatch.context() as short:
            short.setattr(threading.Thread, "start", no_more_threads)
            page = await scrape(account)
        assert success(page) == (0, 0)
        assert page['voicenter_api_failures_total{reason="resources",source="queues"}'] == 1
        for _ in range(2):
            await asyncio.sleep(0.05)
            page = await scrape(account)
        assert success(page) == (1, 1)
        seconds = [page[name] for name in page if name.startswith("voicenter_agent_activity_seconds_total")]
        assert sum(seconds) > 0, "the history goes on"

    play(scenario, settings(min_interval=0.05))


def test_an_error_in_the_page_of_an_account_is_its_own_and_lasts_no_longer(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("MARKED")

    async def scenario(account: MonitoredAccount, vendor: Vendor) -> None:
        with monkeypatch.context() as broken:
            broken.setattr(QueueSamples, "samples", fail)
            assert await scrape(account) == {"voicenter_up": 0}
        assert success(await scrape(account)) == (1, 1)
        assert vendor.attempts() == 1

    play(scenario, settings(min_interval=LONG))
    assert "internal error in the page: ZeroDivisionError" in caplog.text
    assert "MARKED" not in caplog.text


def test_the_event_loop_does_not_wait_while_the_history_is_fed() -> None:
    async def scenario(account: MonitoredAccount, vendor: Vendor) -> None:
        await scrape(account)
        account._rendered.forget()
        account._rendered._rendering._took = 0.0  # brief enough for the loop itself
        lock = account._rounds.lock
        lock.acquire()
        rescue = threading.Timer(SOON, lock.release)  # if the loop does wait
        rescue.start()
        page = asyncio.create_task(scrape(account))
        await asyncio.sleep(0.05)
        assert not page.done()
        assert rescue.is_alive()
        rescue.cancel()
        lock.release()
        assert success(await page) == (1, 1)

    play(scenario, settings(min_interval=LONG))
