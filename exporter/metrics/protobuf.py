"""Samples → the bytes of a page in Prometheus' protobuf format: MetricFamily messages, each after its length.

The numbers in the comments are those of the fields in Prometheus' metrics.proto. A message of a counter or
a gauge differs each time in the eight bytes of its value, which stand at its end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate, chain
from operator import add
from struct import Struct, pack
from typing import Final

from exporter.history.histogram import Histogram
from exporter.history.native import ZERO_THRESHOLD, NativeBuckets
from exporter.metrics.beginnings import Beginnings, SinceStart
from exporter.metrics.catalogue import CATALOGUE, Family
from exporter.metrics.label_tables import LabelTables
from exporter.metrics.numbers import Block, Labels, Samples

_TYPES: Final[Mapping[str, int]] = {"counter": 0, "gauge": 1, "histogram": 4}
_double: Final = Struct("<d").pack
_UNKNOWN: Final = SinceStart()

# Prometheus 3.0 to 3.5 end with "unlock of unlocked mutex" (its issue 16318) when a native histogram began
# more than an hour ago. Samples may not be older than that. The start says nothing new by then.
_START_IS_SHOWN: Final = 1800.0  # seconds


class ProtobufEncoder:
    """Renders samples; remembers what precedes the value of each, and histograms that do not change."""

    def __init__(self) -> None:
        self._heads = LabelTables[bytes]()
        self._unchanged: dict[Family, tuple[Samples, bytes]] = {}
        self._histograms: dict[Family, dict[Labels, _HistogramMetric]] = {}
        self._version: object = None

    def block(self, samples: Iterable[tuple[Family, Samples]], beginnings: Beginnings = _UNKNOWN) -> Block:
        """The metrics of each family that has samples; all are of one account, or of none."""
        if self._version != beginnings.version:
            self._version = beginnings.version
            self._heads = LabelTables()
            self._unchanged.clear()
        block = Block(
            {
                family.name: self._of_histograms(family, of_family, beginnings.now)
                if family.kind == "histogram"
                else (self._plain(family, of_family, beginnings),)
                for family, of_family in samples
                if of_family
            }
        )
        self._heads.tidy()
        return block

    def _plain(self, family: Family, samples: Samples, beginnings: Beginnings) -> bytes:
        if not isinstance(samples, tuple):
            return self._of_numbers(family, samples, beginnings)
        known = self._unchanged.get(family)
        if known is None or known[0] is not samples:
            known = self._unchanged[family] = samples, self._of_numbers(family, samples, beginnings)
        return known[1]

    def _of_numbers(self, family: Family, samples: Samples, beginnings: Beginnings) -> bytes:
        # A head says nothing of its family but what makes this key.
        way = family.kind, family.labels, family.section
        known = self._heads.of(way, len(samples), lambda labels: _head(family, labels, beginnings))
        return b"".join([known[labels] + _double(value) for labels, value in samples])

    def _of_histograms(self, family: Family, samples: Samples, now: float) -> list[bytes]:
        known = self._histograms.get(family, {})
        try:
            return [known[labels].of(histogram, now) for labels, histogram in samples]
        except KeyError:
            self._histograms[family] = {
                labels: known.get(labels) or _HistogramMetric(family, labels) for labels, _ in samples
            }
            return self._of_histograms(family, samples, now)


def pieces(
    blocks: Sequence[Block], end: bytes = b"", families: tuple[Family, ...] = CATALOGUE
) -> list[bytes]:
    """The page of all blocks, and `end`: the exporter's process metrics if they are wanted."""
    parts: list[bytes] = []
    for name, header in _headers(families):
        metrics = list(chain.from_iterable([block[name] for block in blocks if name in block]))
        if metrics:
            parts += (_varint(len(header) + sum(map(len, metrics))), header, *metrics)
    parts.append(end)
    return parts


@lru_cache(maxsize=8)
def _headers(families: tuple[Family, ...]) -> list[tuple[str, bytes]]:
    """The names of the families in order, and what precedes the metrics: name (1), help (2) and type (3)."""
    return [
        (
            each.name,
            _message(0x0A, each.name.encode())
            + _message(0x12, each.help.encode())
            + bytes((0x18, _TYPES[each.kind])),
        )
        for each in families
    ]


def _head(family: Family, labels: Labels, beginnings: Beginnings) -> bytes:
    """A metric (4 of its family) up to its value: labels, and gauge (2) or counter (3)."""
    tag, before = 0x12, b""
    if family.kind == "counter":
        tag, before = 0x1A, _created(0x1A, beginnings.of(family, labels))
    start = _labels(family, labels) + bytes((tag, len(before) + 9)) + before + b"\x09"  # value (1)
    return b"\x22" + _varint(len(start) + 8) + start


def _labels(family: Family, labels: Labels) -> bytes:
    """Label pairs (1), each of a name (1) and a value (2)."""
    return b"".join(
        [
            _message(0x0A, _message(0x0A, name.encode()) + _message(0x12, value.encode()))
            for name, value in zip(family.labels, labels, strict=True)
        ]
    )


def _created(tag: int, since: float) -> bytes:
    """A timestamp of seconds (1) and nanoseconds (2), to the millisecond; nothing if it is not known."""
    seconds, thousandths = divmod(round(since * 1000), 1000)
    if not seconds:
        return b""
    return _message(tag, b"\x08" + _varint(seconds) + b"\x10" + _varint(thousandths * 1_000_000))


class _HistogramMetric:
    """The metric (4 of its family) of the histogram with these labels, written anew only when it changed."""

    __slots__ = ("_labels", "_name", "_shown", "_written")

    def __init__(self, family: Family, labels: Labels) -> None:
        self._name, self._labels = family.name, _labels(family, labels)
        self._shown: tuple[Histogram | None, float, float] = (None, 0.0, 0.0)

    def of(self, histogram: float | Histogram, now: float) -> bytes:
        """The metric of the histogram as it is now."""
        if not isinstance(histogram, Histogram):
            raise TypeError(f"{self._name} needs histograms")
        since = histogram.since if now - histogram.since < _START_IS_SHOWN else 0.0
        if (histogram, histogram.count, since) != self._shown:
            self._shown = histogram, histogram.count, since
            content = _histogram(histogram) + _created(0x7A, since)
            self._written = _message(0x22, self._labels + _message(0x3A, content))
        return self._written


def _histogram(histogram: Histogram) -> bytes:
    """Count (1) and sum (2), classic buckets (3), and the native form."""
    starts = map(_bucket_start, map(int, accumulate(histogram.counts)))  # the last one is +Inf: the count
    return b"".join(
        (
            b"\x08" + _varint(int(histogram.count)) + b"\x11" + _double(histogram.sum),
            *map(add, starts, _bounds(histogram.bounds)),
            b"\x21" + _double(histogram.count),
            _native(histogram.native),
        )
    )


def _native(native: NativeBuckets) -> bytes:
    """Schema (5), zero threshold (6) and count (8), then spans (12) and counts (14) of the other buckets.

    All counts are floats. Prometheus takes a histogram for a float one if its float count (4) is above 0; an
    empty one of integers before it does not matter.
    """
    schema = bytes((0x28, _zigzag(native.schema)))
    spans, weights, end = [], list[float](), 0
    for first, run in native.runs():
        spans.append(_span(first - end, len(run)))
        weights += run
        end = first + len(run)
    return b"".join(
        (
            schema + b"\x31" + _double(ZERO_THRESHOLD) + b"\x41" + _double(native.zero),
            *spans,
            _message(0x72, pack(f"<{len(weights)}d", *weights)) if weights else b"",
        )
    )


@lru_cache(maxsize=4096)
def _bucket_start(count: int) -> bytes:
    """A classic bucket (3) up to its bound: its cumulative count (1)."""
    written = b"\x08" + _varint(count)
    return bytes((0x1A, len(written) + 9)) + written


@lru_cache(maxsize=4096)
def _span(gap: int, length: int) -> bytes:
    """Some buckets in a row (12): how many empty ones stand before them (1), and how many they are (2)."""
    return _message(0x62, b"\x08" + _varint(_zigzag(gap)) + b"\x10" + _varint(length))


@lru_cache(maxsize=256)
def _bounds(bounds: tuple[float, ...]) -> tuple[bytes, ...]:
    """The upper bound (2) of each bucket."""
    return tuple(b"\x11" + _double(bound) for bound in bounds)


def _message(tag: int, content: bytes) -> bytes:
    return bytes((tag,)) + _varint(len(content)) + content


@lru_cache(maxsize=4096)
def _varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first; the eighth says that another byte follows."""
    if number < 0x80:
        return bytes((number,))
    parts = []
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes((*parts, number))


def _zigzag(number: int) -> int:
    """A signed number as one without a sign, small if it is near 0."""
    return -2 * number - 1 if number < 0 else 2 * number
