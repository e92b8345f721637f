"""Bytes in; out comes either a failure with a name or a page that Prometheus takes. Nothing else escapes."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import requests
import urllib3
from hypothesis import event, given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from exporter.api.endpoints import Snapshot
from exporter.api.failure import REASONS, Failure
from exporter.api.snapshot import (
    MAX_LABEL,
    Detail,
    ExtensionsSnapshot,
    QueuesSnapshot,
    read_extensions,
    read_queues,
)
from exporter.client.attempt import Attempt
from exporter.client.client import Client, detail_for
from exporter.client.transport import Transport
from exporter.collect.rounds import history_settings
from exporter.config import Settings, parse
from exporter.history import History, Round
from exporter.metrics.exposition import page
from exporter.metrics.negotiation import Format
from exporter.metrics.samples import account_samples
from exporter.metrics.text import TextEncoder
from exporter.metrics.view import SourceView, View
from tests.fuzz.bodies import SHOWN, START, Sent, sent, shown

MAX_BODY = 100_000
BROKE_OFF = "the answer stops in the middle"


class Wire(Transport):
    """Gives the client one prepared response, as urllib3 hands it over."""

    def __init__(self) -> None:
        self.next = Sent(b"")

    def send(self, request: requests.PreparedRequest, attempt: Attempt) -> requests.Response:
        response = requests.Response()
        response.status_code = self.next.status
        if self.next.encoding:
            response.headers["Content-Encoding"] = self.next.encoding
        if self.next.retry_after is not None:
            response.headers["Retry-After"] = self.next.retry_after
        if self.next.length:
            response.headers["Content-Length"] = str(len(self.next.body))
        response.raw = urllib3.HTTPResponse(io.BytesIO(self.next.body), preload_content=False)
        return response


def settings_of(names: bool, history: bool = True) -> Settings:
    return parse(
        "accounts: [{name: main, code: invented, statuses: {21: coaching}, queues: {exclude: [Support]}}]\n"
        f"collectors: {{history: {str(history).lower()}, "
        f"extensions: {{enabled: true, names: {str(names).lower()}, max: 4}}}}\n"
        "targets: [{queues: [S*], wait_limit: {critical: null}}]",
        Path("config.yaml"),
        {},
    )


@dataclass(frozen=True)
class Turn:
    """One round: what both endpoints send, and how the clocks have moved since the last one."""

    extensions: Sent
    queues: Sent
    elapsed: float
    """Monotonic seconds."""
    jump: float
    """By how much more our Unix clock has moved."""


@st.composite
def turns(draw: st.DrawFn) -> list[Turn]:
    """Rounds of one centre, in order or not, with pauses and clocks that jump."""
    answers = shown(draw(st.integers(1, 3)))
    place = 0
    made = []
    for _ in range(draw(st.integers(1, 5))):
        place = (place + draw(st.sampled_from([1, 1, 1, 0, 3, -2]))) % SHOWN
        extensions, queues = answers[place]
        made.append(
            Turn(
                draw(sent(extensions)),
                draw(sent(queues)),
                draw(st.sampled_from([5.0, 5.0, 5.0, 0.1, 14.9, 61.0, 4000.0])),
                draw(st.sampled_from([0.0] * 6 + [3600.0, -3600.0, -1e6, 1e9, -1.7e9])),
            )
        )
    return made


class Account:
    """One account without sockets: the client, the history and the page are the real ones."""

    def __init__(self, names: bool, history: bool) -> None:
        self.settings = settings_of(names, history)
        self.account = self.settings.accounts[0]
        self.wire = Wire()
        detail = detail_for(self.account, self.settings)
        self.client = Client(self.account, self.wire, MAX_BODY, detail)
        self.history = History(
            replace(history_settings(self.account, self.settings), min_interval=5.0, per_extension=True)
        )
        self.encoder = TextEncoder()
        self.at = self.received = 0.0
        self.failures: dict[str, str] = {}

    def ask(self, endpoint: str, answer: Sent) -> Snapshot | None:
        self.wire.next = answer
        try:
            snapshot = self.client.ask(endpoint, Attempt(60))
        except Failure as failure:
            assert failure.reason in REASONS
            # What no one foresaw would look like an answer that broke off; this wire breaks nothing off
            # but compressed bodies.
            assert failure.detail != BROKE_OFF or answer.encoding, failure
            self.failures[endpoint] = failure.reason
            event(f"{endpoint}: {failure.reason}")
            return None
        event(f"{endpoint}: ok")
        return snapshot

    def take(self, turn: Turn) -> View:
        self.failures = {}
        self.at += turn.elapsed
        self.received = max(0.0, (self.received or START) + turn.elapsed + turn.jump)
        extensions = self.ask("extensions", turn.extensions)
        queues = self.ask("queues", turn.queues)
        assert extensions is None or isinstance(extensions, ExtensionsSnapshot)
        assert queues is None or isinstance(queues, QueuesSnapshot)
        empty = self.failures.get("extensions") == "empty"
        self.history.observe(
            Round(self.at, extensions, queues, self.received, self.received, extensions_empty=empty)
        )
        sources = {
            source: SourceView(
                snapshot,
                self.received,
                source not in self.failures,
                0.1,
                None,
                1,
                {self.failures.get(source, "empty"): 1},
            )
            for source, snapshot in (("extensions", extensions), ("queues", queues))
        }
        totals = self.history.totals if self.settings.collectors.history else None
        offset = self.history.totals.clock_offset
        return View(self.account, self.settings, sources, {"label": 1}, {"21": 1}, offset, totals)

    def page(self, view: View, style: Format) -> str:
        return page([self.encoder.block(account_samples(view))], style).decode()


def samples(text: str) -> dict[Any, float]:
    """The page by prometheus-client's own parser; every series once, every value a number."""
    found: dict[Any, float] = {}
    for family in parse_text(text):
        for sample in family.samples:
            series = (sample.name, *sorted(sample.labels.items()))
            assert series not in found, f"{series} twice"
            assert math.isfinite(sample.value), f"{series} is {sample.value}"
            assert all(len(value) <= MAX_LABEL for value in sample.labels.values()), series
            found[series] = sample.value
    return found


def counters(found: dict[Any, float]) -> Iterator[tuple[Any, float]]:
    """The series that may only rise while they are there."""
    for series, value in found.items():
        # The sum of a histogram of waits has no negative waits, so it only rises too.
        if series[0].endswith(("_total", "_bucket", "_count", "_sum")) and "_api_" not in series[0]:
            yield series, value


def check_histograms(found: dict[Any, float]) -> None:
    buckets: dict[Any, list[tuple[float, float]]] = {}
    for (name, *labels), value in found.items():
        if name.endswith("_bucket"):
            bound = float(dict(labels)["le"])
            rest = tuple(each for each in labels if each[0] != "le")
            buckets.setdefault((name.removesuffix("_bucket"), *rest), []).append((bound, value))
    for (name, *rest), rising in buckets.items():
        counts = [count for _, count in sorted(rising)]
        assert counts == sorted(counts)
        assert counts[-1] == found[f"{name}_count", *rest]


@pytest.mark.long
@given(turns(), st.booleans(), st.sampled_from([True, True, True, False]))
def test_rounds_of_damaged_answers_give_named_failures_and_valid_pages(
    sequence: list[Turn], names: bool, history: bool
) -> None:
    account = Account(names, history)
    before: dict[Any, float] = {}
    for turn in sequence:
        view = account.take(turn)
        found = samples(account.page(view, Format.TEXT))
        check_histograms(found)
        fallen = {series: value for series, value in counters(found) if value < before.get(series, 0)}
        assert not fallen
        before = found
        for endpoint, gauge in (("extensions", "voicenter_agents"), ("queues", "voicenter_queues")):
            there = any(series[0] == gauge for series in found)
            assert there == (endpoint not in account.failures)
        openmetrics = account.page(view, Format.OPENMETRICS) + "# EOF\n"
        assert list(parse_openmetrics(openmetrics))  # type: ignore[no-untyped-call]


DAMAGED = st.integers(1, 3).flatmap(
    lambda seed: st.integers(0, SHOWN - 1).flatmap(
        lambda place: st.sampled_from(shown(seed)[place]).flatmap(sent)
    )
)


@given(DAMAGED, st.sampled_from(Detail), st.booleans())
def test_decoders_raise_failures_and_nothing_else(answer: Sent, detail: Detail, allow_empty: bool) -> None:
    with suppress(Failure):
        read_extensions(answer.body, {21: "coaching"}, detail, allow_empty=allow_empty)
    with suppress(Failure):
        read_queues(answer.body)


@given(DAMAGED)
def test_a_failure_tells_nothing_that_the_answer_held(answer: Sent) -> None:
    marked = answer.body.replace(b"Talking", b"MARKED").replace(b"Incoming", b"MARKED")
    for read in (lambda body: read_extensions(body, {}), read_queues):
        try:
            read(marked)
        except Failure as failure:
            assert "MARKED" not in f"{failure} {failure.detail} {failure.advice}"


@given(st.integers(1, 3), st.integers(0, SHOWN - 1))
def test_answers_that_nobody_damaged_are_never_failures(seed: int, place: int) -> None:
    extensions, queues = shown(seed)[place]
    assert read_extensions(extensions, {}).activity.extensions == len(json.loads(extensions)["EXTENSIONS"])
    assert len(read_queues(queues).queues) == len(json.loads(queues)["QUEUES"])


DATES = st.sampled_from(
    [
        "Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 -0000", "Thu, 01 Jan 1970 00:00:00 +9999",
        "Wed, 21 Oct 2015 07:28:00 GMT", "21 Oct 99999999999999999999", "Wed, 21 Oct 2015", "0-0-0", "1e9",
        "١٢",
    ]
)  # fmt: skip
RETRY_AFTER = DATES | st.text(max_size=40) | st.integers().map(str) | st.datetimes().map(format_datetime)


@given(RETRY_AFTER, st.sampled_from([403, 404, 429, 500, 503]))
def test_any_retry_after_is_a_wait_or_nothing(header: str, status: int) -> None:
    account = Account(names=False, history=False)
    account.wire.next = Sent(b"", None, status, retry_after=header)
    with pytest.raises(Failure) as caught:
        account.client.ask("queues", Attempt(60))
    assert caught.value.reason == ("forbidden" if status == 403 else "http_error")
    wait = caught.value.retry_after
    assert wait is None or (status in (429, 500, 503) and 0 <= wait < math.inf)
