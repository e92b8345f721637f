"""Attempts that go out together reach the history as one round, in order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from exporter.api.failure import Failure
from exporter.api.snapshot import Detail, read_extensions, read_queues
from exporter.collect import rounds as module
from exporter.collect.rounds import Rounds, RoundUnderWay
from exporter.config import Settings, parse
from tests.support import answers
from tests.support.clock import Clock

EPOCH = 1_700_000_000.0
"""Unix seconds of the vendor and of ours at second 0 of a test."""
SETTINGS = parse("accounts: [{name: main, code: c}]", Path("config.yaml"), {})
BOTH = ("extensions", "queues")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(unix_at_zero=EPOCH)
    monkeypatch.setattr(module, "time", clock)
    return clock


class Played:
    """One account's rounds, second by second."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.rounds = Rounds(SETTINGS.accounts[0], SETTINGS)

    def begin(self, second: float, *endpoints: str) -> RoundUnderWay:
        self.clock.now = second
        return self.rounds.begin(endpoints or BOTH)

    def queues(self, under_way: RoundUnderWay, *callers: str) -> None:
        joined = [{"CallID": each, "JoinTime": EPOCH, "Duration": self.clock.now} for each in callers]
        snapshot = read_queues(answers.queues({"ID": 1, "Name": "Sales", "Callers": joined}))
        self.rounds.end(under_way, "queues", snapshot, None)

    def extensions(
        self, under_way: RoundUnderWay, *legs: dict[str, object], detail: Detail = Detail.EXTENSIONS
    ) -> None:
        snapshot = read_extensions(answers.extensions(answers.extension("S1", *legs)), {}, detail)
        self.rounds.end(under_way, "extensions", snapshot, None)

    def fails(self, under_way: RoundUnderWay, endpoint: str, reason: str = "timeout") -> None:
        failure = Failure(reason, "told to fail")
        self.rounds.end(under_way, endpoint, None, failure)

    def leaves(self) -> dict[str, int]:
        seen = self.rounds.totals.queues["1"].leaves_seen
        return {outcome: number for outcome, number in seen.items() if number}


def answered(call: str, second: float) -> dict[str, object]:
    return answers.leg(ivrid=call, callStarted=EPOCH + second - 2, callAnswered=EPOCH + second)


def test_a_round_without_the_extensions_decides_no_leave(clock: Clock) -> None:
    played = Played(clock)
    for second in (0.0, 5.0):
        first = played.begin(second)
        played.queues(first, "c1")
        played.extensions(first)
    gone = played.begin(10.0)
    played.queues(gone)
    played.extensions(gone)
    backing_off = played.begin(15.0, "queues")
    played.queues(backing_off)
    assert played.leaves() == {}
    told = played.begin(20.0)
    played.queues(told)
    played.extensions(told, answered("c1", 8.0))
    assert played.leaves() == {"answered": 1}
    assert played.rounds.totals.queues["1"].waits["answered"].sum == 8.0


def test_a_round_is_fed_when_both_endpoints_have_ended_and_in_the_order_of_their_start(clock: Clock) -> None:
    played = Played(clock)
    slow = played.begin(0.0)
    played.queues(slow)
    later = played.begin(5.0, "queues")
    played.queues(later, "c1")
    assert not played.rounds.totals.queues
    played.extensions(slow)
    assert played.rounds.totals.queues["1"].joins == 1


def test_an_outcome_that_comes_twice_counts_once(clock: Clock) -> None:
    played = Played(clock)
    left_behind = played.begin(0.0)
    played.queues(left_behind)
    played.fails(left_behind, "extensions")
    later = played.begin(5.0)
    played.extensions(left_behind)  # the thread came back after it had been given up
    assert played.rounds.totals.calls_started == {}
    played.queues(later, "c1")
    played.extensions(later)
    assert played.rounds.totals.queues["1"].joins == 1


def test_empty_extensions_make_the_queues_of_their_round_no_data_either(clock: Clock) -> None:
    played = Played(clock)
    first = played.begin(0.0)
    played.queues(first, "c1")
    played.extensions(first)
    doubtful = played.begin(5.0)
    played.queues(doubtful)
    played.fails(doubtful, "extensions", "empty")
    again = played.begin(10.0)
    played.queues(again, "c1")
    played.extensions(again)
    assert played.leaves() == {}
    assert played.rounds.totals.queues["1"].joins == 0


def test_extensions_that_were_read_for_their_counts_alone_are_no_data(clock: Clock) -> None:
    played = Played(clock)
    for second, detail in ((0.0, Detail.EXTENSIONS), (5.0, Detail.COUNTS), (10.0, Detail.EXTENSIONS)):
        under_way = played.begin(second)
        played.queues(under_way)
        played.extensions(under_way, answered("c1", -60.0), detail=detail)
    assert played.rounds.totals.calls_started == played.rounds.totals.calls_ended == {}


@pytest.mark.parametrize("detail", [Detail.COUNTS, Detail.EXTENSIONS])
def test_without_history_the_clock_is_learned_from_new_calls(clock: Clock, detail: Detail) -> None:
    played = Played(clock)
    played.rounds.reconfigure(SETTINGS.accounts[0], without_history())
    for second, started in ((0, 3600), (10, 3606)):
        under_way = played.begin(second)
        played.extensions(under_way, {"ivrid": "a", "callStarted": EPOCH + started}, detail=detail)
        played.queues(under_way)
    assert played.rounds.clock_offset == pytest.approx(3600, abs=10)
    assert not played.rounds.totals.calls_started


def test_without_history_the_clock_is_learned_from_callers(clock: Clock) -> None:
    played = Played(clock)
    played.rounds.reconfigure(SETTINGS.accounts[0], without_history())
    under_way = played.begin(20)
    played.fails(under_way, "extensions")
    played.queues(under_way, "a")
    assert played.rounds.clock_offset == pytest.approx(0, abs=1)
    assert not played.rounds.totals.queues


def without_history() -> Settings:
    return replace(SETTINGS, collectors=replace(SETTINGS.collectors, history=False))


@pytest.mark.parametrize("shared", [True, False])
def test_a_scrape_that_shares_the_round_of_who_looks_counts_as_a_scrape(clock: Clock, shared: bool) -> None:
    """Scrapes a minute apart; somebody looks a second before each, later only now and then."""
    played = Played(clock)

    def round_at(second: float, *, viewed: bool) -> None:
        clock.now = second
        under_way = played.rounds.begin(BOTH, viewed=viewed)
        if viewed and shared:
            played.rounds.share()
        played.queues(under_way)
        played.extensions(under_way)

    for minute in range(10):
        round_at(minute * 60.0, viewed=True)
    round_at(600.0, viewed=False)
    assert played.rounds.totals.gaps == (0 if shared else 10)
