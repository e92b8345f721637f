"""The encoder writes what prometheus-client writes, byte for byte, and forgets what is gone."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.utils import floatToGoString

from exporter.history.histogram import Histogram
from exporter.metrics.catalogue import CATALOGUE, FAMILIES, Family
from exporter.metrics.exposition import ProcessMetrics, compress, page
from exporter.metrics.negotiation import Format, negotiate
from exporter.metrics.numbers import Sample, Samples
from exporter.metrics.samples import account_samples
from exporter.metrics.text import TextEncoder
from tests.metrics.test_golden import PAGES

LINES = (Format.TEXT, Format.OPENMETRICS)
Page = list[tuple[Family, Samples]]


class Peer:
    """The same samples as prometheus-client has them."""

    def __init__(self, samples: Page) -> None:
        self._samples = samples

    def collect(self) -> Iterator[Metric]:
        order = {family.name: place for place, family in enumerate(CATALOGUE)}
        for family, samples in sorted(self._samples, key=lambda item: order[item[0].name]):
            if samples:
                yield _metric(family, samples)


def _metric(family: Family, samples: Sequence[Sample]) -> Metric:
    kinds = {"gauge": GaugeMetricFamily, "counter": CounterMetricFamily, "histogram": HistogramMetricFamily}
    metric: Any = kinds[family.kind](family.name, family.help, labels=family.labels)
    for labels, value in samples:
        if isinstance(value, Histogram):
            bounds = [*map(floatToGoString, value.bounds), "+Inf"]
            metric.add_metric(labels, list(zip(bounds, accumulate(value.counts), strict=True)), value.sum)
        else:
            metric.add_metric(labels, value)
    assert isinstance(metric, Metric)
    return metric


def peer_page(samples: Page, style: Format) -> bytes:
    registry = CollectorRegistry()
    registry.register(Peer(samples))
    if style is Format.TEXT:
        return generate_latest(registry)
    return bytes(openmetrics.generate_latest(registry)).removesuffix(b"# EOF\n")  # type: ignore[no-untyped-call]


def our_page(samples: Page, style: Format) -> bytes:
    return page([TextEncoder().block(samples)], style)


@pytest.mark.parametrize("style", LINES)
@pytest.mark.parametrize("name", [name for name, views in PAGES.items() if len(views()) == 1])
def test_golden_pages_are_byte_identical_to_prometheus_clients(name: str, style: Format) -> None:
    samples = list(account_samples(PAGES[name]()[0]))
    assert our_page(samples, style) == peer_page(samples, style)


VALUES = st.one_of(st.integers(-(2**53), 2**53), st.floats(allow_nan=True), st.booleans())


@st.composite
def histograms(draw: st.DrawFn) -> Histogram:
    histogram = Histogram(tuple(sorted(draw(st.sets(st.floats(0.1, 1e6), min_size=1, max_size=4)))))
    for seconds in draw(st.lists(st.floats(0, 1e7), max_size=5)):
        histogram.observe(seconds)
    return histogram


@st.composite
def pages(draw: st.DrawFn) -> Page:
    families = draw(st.lists(st.sampled_from(CATALOGUE), max_size=6, unique=True))
    return [(family, draw(samples_of(family))) for family in families]


def samples_of(family: Family) -> st.SearchStrategy[Samples]:
    text = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
    account = st.just('an "account"')  # a block is of one account
    labels = st.tuples(*[account if name == "account" else text for name in family.labels])
    values = histograms() if family.kind == "histogram" else VALUES
    return st.lists(st.tuples(labels, values), max_size=4, unique_by=lambda sample: sample[0])


@given(pages(), st.sampled_from(LINES))
def test_any_page_is_byte_identical_to_prometheus_clients(samples: Page, style: Format) -> None:
    assert our_page(samples, style) == peer_page(samples, style)


def test_an_encoder_that_remembers_writes_the_same() -> None:
    histogram = Histogram((1.0, 2.0))
    waits, callers = FAMILIES["voicenter_queue_wait_seconds"], FAMILIES["voicenter_queue_callers"]
    encoder = TextEncoder()
    for number in range(3):
        histogram.observe(number)
        samples: Page = [
            (waits, [(("main", "1", "Sales", "answered"), histogram)]),
            (callers, [(("main", "1", "Sales"), number)]),
        ]
        assert page([encoder.block(samples)], Format.TEXT) == peer_page(samples, Format.TEXT)


@pytest.mark.parametrize("style", LINES)
@pytest.mark.parametrize("account", ["scale=", 'le="', 'a"le="b', "le=", "%s{}"])
def test_no_label_value_is_taken_for_the_bound_of_a_bucket(account: str, style: Format) -> None:
    samples: Page = [
        (
            FAMILIES["voicenter_queue_wait_seconds"],
            [((account, "le=", 'le="', "answered"), Histogram((1.0, 2.0)))],
        )
    ]
    assert our_page(samples, style) == peer_page(samples, style)


def test_a_histogram_that_takes_the_place_of_another_is_written_instead() -> None:
    waits, labels = FAMILIES["voicenter_queue_wait_seconds"], ("main", "1", "Sales", "answered")
    encoder = TextEncoder()
    for bounds in ((1.0, 2.0), (1.0, 2.0), (3.0,)):
        samples: Page = [(waits, [(labels, Histogram(bounds))])]
        assert our_page(samples, Format.TEXT) == page([encoder.block(samples)], Format.TEXT)


def test_the_lines_of_an_unchanged_histogram_are_not_written_again() -> None:
    waits, labels = FAMILIES["voicenter_queue_wait_seconds"], ("main", "1", "Sales", "answered")
    histogram = Histogram((1.0, 2.0))
    encoder = TextEncoder()
    first, again = (encoder.block([(waits, [(labels, histogram)])])[waits.name] for _ in range(2))
    assert first[0] is again[0]


def test_families_share_the_text_of_labels_that_they_show_alike() -> None:
    encoder = TextEncoder()
    alike = [FAMILIES[f"voicenter_queue_{name}"] for name in ("callers", "weight", "longest_wait_seconds")]
    queues = [("main", str(number), "Sales") for number in range(5)]
    encoder.block([(family, [(labels, 1) for labels in queues]) for family in alike])
    assert len(encoder._labels) == len(queues)


def test_what_is_gone_is_forgotten() -> None:
    encoder = TextEncoder()
    callers, waits = FAMILIES["voicenter_queue_callers"], FAMILIES["voicenter_queue_wait_seconds"]
    for number in range(1000):
        labels = ("main", str(number), "Sales")
        encoder.block([(callers, [(labels, 1)]), (waits, [((*labels, "answered"), Histogram((1.0,)))])])
        assert len(encoder._labels) <= 2
    assert len(encoder._histograms[waits]) == 1


@pytest.mark.parametrize(
    ("accept", "encoding", "expected"),
    [
        (None, None, (Format.TEXT, False)),
        ("text/plain;version=0.0.4", "gzip", (Format.TEXT, True)),
        ("*/*", "deflate, gzip;q=0.5", (Format.TEXT, True)),
        (
            "application/openmetrics-text;version=1.0.0,text/plain;q=0.5",
            "identity",
            (Format.OPENMETRICS, False),
        ),
        ("application/json", "br", (Format.TEXT, False)),
        ("application/openmetrics-text;version=x.y", "gzip;q=0", (Format.TEXT, False)),
        ("application/openmetrics-text;version=2.0.0,text/plain", "gzip; q=0.0", (Format.TEXT, False)),
        ("application/openmetrics-text;q=0", "gzip;q=1", (Format.TEXT, True)),
        ("text/plain;q=0.5,application/openmetrics-text;q=0.6", None, (Format.OPENMETRICS, False)),
        ("text/plain,application/openmetrics-text", None, (Format.TEXT, False)),
        (
            "application/openmetrics-text;version=x.y,application/openmetrics-text;version=0.0.1;q=0.1",
            None,
            (Format.OPENMETRICS, False),
        ),
        (
            'Application/OpenMetrics-Text; Version="1.0.0"; escaping=allow-utf-8',
            "GZIP",
            (Format.OPENMETRICS, True),
        ),
        (";;q=,=;,application/openmetrics-text;q=nan", ",;", (Format.OPENMETRICS, False)),
        ("text/plain; version=1.x", "br, GZIP; Q=0.0", (Format.TEXT, False)),
        (None, "gzip;q=0.001", (Format.TEXT, True)),
    ],
)
def test_format_and_compression_by_the_headers(
    accept: str | None, encoding: str | None, expected: tuple[Format, bool]
) -> None:
    assert negotiate(accept, encoding) == expected


def test_a_compressed_page_is_the_page() -> None:
    pieces = [b"page %d " % number for number in range(10_000)]
    assert zlib.decompress(compress(pieces), wbits=31) == b"".join(pieces)
    assert zlib.decompress(compress([]), wbits=31) == b""


@pytest.mark.parametrize("style", LINES)
def test_the_process_metrics_end_the_page(style: Format) -> None:
    end = ProcessMetrics().page(style)
    assert b"\nprocess_resident_memory_bytes " in end
    assert b"\npython_info{" in end
    assert b"_created" not in end
    assert end.endswith(b"# EOF\n") == (style is Format.OPENMETRICS)


@pytest.mark.parametrize("style", LINES)
def test_the_process_metrics_are_written_as_prometheus_client_writes_them(
    style: Format, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = ProcessMetrics()
    at_one_moment = list(process.registry.collect())
    monkeypatch.setattr(process.registry, "collect", lambda: at_one_moment)
    render: Any = openmetrics.generate_latest if style is Format.OPENMETRICS else generate_latest
    assert process.page(style) == process.page(style) == render(process.registry)
