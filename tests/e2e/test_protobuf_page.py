"""A page in protobuf says what the page in text says, and more: an independent decoder reads both."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan
from typing import Any

import pytest
from hypothesis import given
from prometheus_client.parser import text_string_to_metric_families as parse_text
from prometheus_client.utils import floatToGoString

from exporter.history.histogram import Histogram
from exporter.history.totals import QueueTotals, Totals
from exporter.metrics.beginnings import OfAccount, SinceStart
from exporter.metrics.catalogue import FAMILIES
from exporter.metrics.exposition import ProcessMetrics, page
from exporter.metrics.negotiation import Format
from exporter.metrics.protobuf import ProtobufEncoder
from exporter.metrics.samples import account_samples
from exporter.metrics.text import TextEncoder
from exporter.metrics.view import View
from tests.metrics.test_exposition import Page, pages
from tests.metrics.test_golden import PAGES
from tests.support import protobuf

Series = dict[tuple[str, tuple[tuple[str, str], ...]], float]
LABELS = ("main", "1", "Sales")


def of_text(page: bytes) -> dict[str, tuple[str, str, Series]]:
    """Per family as its header names it: type, help, and the value of each series."""
    found = {}
    for family in parse_text(page.decode()):
        name = family.name + ("_total" if family.type == "counter" else "")
        series = {(each.name, tuple(sorted(each.labels.items()))): each.value for each in family.samples}
        found[name] = family.type, family.documentation, series
    return found


def of_protobuf(page: bytes) -> dict[str, tuple[str, str, Series]]:
    """The same of a page in protobuf, with classic buckets alone."""
    types = {0: "counter", 1: "gauge", 4: "histogram"}
    return {
        family.name: (types[family.type], family.help, dict(_series(family)))
        for family in protobuf.families(page)
    }


def _series(family: Any) -> Iterator[tuple[tuple[str, tuple[tuple[str, str], ...]], float]]:
    for metric in family.metric:
        labels = [(pair.name, pair.value) for pair in metric.label]

        def key(
            ending: str = "", more: tuple[tuple[str, str], ...] = (), labels: Any = labels
        ) -> tuple[str, tuple[tuple[str, str], ...]]:
            return family.name + ending, tuple(sorted((*labels, *more)))

        if family.type == 4:
            histogram = metric.histogram
            for bucket in histogram.bucket:
                bound = floatToGoString(bucket.upper_bound)  # type: ignore[no-untyped-call]
                yield key("_bucket", (("le", bound),)), bucket.cumulative_count
            yield key("_bucket", (("le", "+Inf"),)), histogram.sample_count
            yield key("_count"), histogram.sample_count
            yield key("_sum"), histogram.sample_sum
        else:
            yield key(), (metric.counter if family.type == 0 else metric.gauge).value


def same(ours: dict[str, tuple[str, str, Series]], theirs: dict[str, tuple[str, str, Series]]) -> None:
    """Compare, with NaN equal to itself."""
    assert list(ours) == list(theirs)
    for name, (kind, text, series) in theirs.items():
        assert ours[name][:2] == (kind, text)
        assert list(ours[name][2]) == list(series)
        for key, value in series.items():
            mine = ours[name][2][key]
            assert mine == value or (isnan(mine) and isnan(value)), key


@pytest.mark.parametrize("name", PAGES)
def test_golden_pages_say_the_same_in_protobuf_and_in_text(name: str) -> None:
    shown = PAGES[name]()
    binary = page([ProtobufEncoder().block(account_samples(each)) for each in shown], Format.PROTOBUF)
    lines = page([TextEncoder().block(account_samples(each)) for each in shown], Format.TEXT)
    same(of_protobuf(binary), of_text(lines))


@given(pages())
def test_any_page_says_the_same_in_protobuf_and_in_text(samples: Page) -> None:
    binary = page([ProtobufEncoder().block(samples)], Format.PROTOBUF)
    same(of_protobuf(binary), of_text(page([TextEncoder().block(samples)], Format.TEXT)))


def test_the_process_metrics_say_the_same_in_protobuf_and_in_text(monkeypatch: pytest.MonkeyPatch) -> None:
    process = ProcessMetrics()
    at_one_moment = list(process.registry.collect())
    monkeypatch.setattr(process.registry, "collect", lambda: at_one_moment)
    binary = process.page(Format.PROTOBUF)
    same(of_protobuf(binary), of_text(process.page(Format.TEXT)))
    (cpu,) = [family for family in protobuf.families(binary) if family.name == "process_cpu_seconds_total"]
    (start,) = [family for family in protobuf.families(binary) if family.name == "process_start_time_seconds"]
    assert created(cpu.metric[0].counter) == pytest.approx(start.metric[0].gauge.value, abs=0.001)


def created(counter: Any) -> float | None:
    """The start timestamp of a counter or a histogram, Unix seconds."""
    told = counter.created_timestamp
    return told.seconds + told.nanos / 1e9 if counter.HasField("created_timestamp") else None


def beginnings(encoder: ProtobufEncoder, view: View, now: float = 0.0) -> dict[str, set[float | None]]:
    """Per family of counters or histograms: when its series began, on a page of `now`."""
    assert view.totals
    block = encoder.block(account_samples(view), OfAccount(view.since, view.totals, now))
    return {
        family.name: {
            created(metric.counter if family.type == 0 else metric.histogram) for metric in family.metric
        }
        for family in protobuf.families(page([block], Format.PROTOBUF))
        if family.type != 1
    }


def test_counters_and_histograms_tell_when_they_began() -> None:
    (view,) = PAGES["history"]()
    assert view.totals
    began = beginnings(ProtobufEncoder(), View(**{**_fields(view), "since": 50.5}))
    assert began["voicenter_api_requests_total"] == {50.5}
    assert began["voicenter_call_talk_seconds"] == began["voicenter_calls_started_total"] == {None}
    (queue,) = view.totals.queues.values()
    for name in (
        "voicenter_queue_joins_total",
        "voicenter_queue_leaves_total",
        "voicenter_queue_wait_seconds",
    ):
        assert began[name] == {queue.since or None}


def _fields(view: View) -> dict[str, Any]:
    return {name: getattr(view, name) for name in View.__slots__}


def test_a_queue_that_came_back_has_begun_again() -> None:
    (view,) = PAGES["history"]()
    totals = Totals(1000.0)
    view = View(**{**_fields(view), "totals": totals})
    encoder = ProtobufEncoder()
    for since in (1000.0, 5000.125):
        waits = {outcome: Histogram((1.0,), since) for outcome in ("answered", "unanswered")}
        totals.begin_queue(QueueTotals("1", "Sales", waits, since))
        began = beginnings(encoder, view)
        assert began["voicenter_queue_joins_total"] == began["voicenter_queue_wait_seconds"] == {since}
        assert began["voicenter_calls_started_total"] == began["voicenter_ring_no_answer_total"] == {1000.0}


def test_a_histogram_tells_its_beginning_for_half_an_hour() -> None:
    """Later it would end a Prometheus 3.5 that takes start timestamps; counters are safe."""
    (view,) = PAGES["history"]()
    totals = Totals(1000.0)
    waits = {outcome: Histogram((1.0,), 1000.0) for outcome in ("answered", "unanswered")}
    totals.begin_queue(QueueTotals("1", "Sales", waits, 1000.0))
    encoder = ProtobufEncoder()
    for now, told in ((2799.0, 1000.0), (2801.0, None)):
        began = beginnings(encoder, View(**{**_fields(view), "totals": totals}), now)
        assert began["voicenter_queue_wait_seconds"] == {told}
        assert began["voicenter_queue_joins_total"] == {1000.0}


def test_an_encoder_that_remembers_writes_the_same_in_protobuf() -> None:
    histogram = Histogram((1.0, 2.0), 7.0)
    waits, joins = FAMILIES["voicenter_queue_wait_seconds"], FAMILIES["voicenter_queue_joins_total"]
    encoder = ProtobufEncoder()
    for number in range(3):
        histogram.observe(number)
        samples: Page = [(waits, [((*LABELS, "answered"), histogram)]), (joins, [(LABELS, number)])]
        begun = SinceStart(7.0 + number // 2)
        assert encoder.block(samples, begun) == ProtobufEncoder().block(samples, begun)


def test_a_histogram_that_did_not_change_is_not_written_again() -> None:
    waits, histogram = FAMILIES["voicenter_queue_wait_seconds"], Histogram((1.0, 2.0))
    encoder = ProtobufEncoder()
    first, again = (
        encoder.block([(waits, [((*LABELS, "answered"), histogram)])])[waits.name] for _ in range(2)
    )
    assert first[0] is again[0]


def test_what_is_gone_is_forgotten_in_protobuf() -> None:
    encoder = ProtobufEncoder()
    callers, waits = FAMILIES["voicenter_queue_callers"], FAMILIES["voicenter_queue_wait_seconds"]
    for number in range(100):
        labels = ("main", str(number), "Sales")
        encoder.block([(callers, [(labels, 1)]), (waits, [((*labels, "answered"), Histogram((1.0,)))])])
        assert len(encoder._heads) <= 2
    assert len(encoder._histograms[waits]) == 1
