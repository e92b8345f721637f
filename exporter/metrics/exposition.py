"""Samples → the bytes of a page in the format that is asked for, compressed if wanted."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from typing import Final, cast

from isal import isal_zlib
from prometheus_client import CollectorRegistry, GCCollector, Metric, PlatformCollector, ProcessCollector

from exporter.metrics import protobuf, text
from exporter.metrics.beginnings import SinceStart
from exporter.metrics.catalogue import CATALOGUE, Family, Kind
from exporter.metrics.negotiation import Format
from exporter.metrics.numbers import Block, Samples
from exporter.metrics.protobuf import ProtobufEncoder
from exporter.metrics.text import TextEncoder

_AT_A_TIME: Final = 4096  # pieces: some 300 kB


def compress(page: Sequence[bytes]) -> bytes:
    """The pieces of a page as gzip: a fifth of the time that zlib's level 1 takes, and no larger.

    A page of many accounts is never in memory whole.
    """
    gzip = isal_zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS | 16)  # 16: with its header and checksum
    starts = range(0, len(page), _AT_A_TIME)
    packed = [gzip.compress(b"".join(page[start : start + _AT_A_TIME])) for start in starts]
    return b"".join([*packed, gzip.flush()])


Encoder = TextEncoder | ProtobufEncoder


class Encoders:
    """The encoders of one account, or of no account; the one of a format remembers what it has written."""

    def __init__(self) -> None:
        self._text = TextEncoder()
        self._protobuf = ProtobufEncoder()

    def of(self, style: Format) -> Encoder:
        """The one whose blocks a page in this format is made of."""
        return self._protobuf if style is Format.PROTOBUF else self._text


def pieces(
    blocks: Sequence[Block], style: Format, end: bytes = b"", families: tuple[Family, ...] = CATALOGUE
) -> list[bytes]:
    """The page of all blocks, and `end`: the exporter's process metrics if they are wanted."""
    if style is Format.PROTOBUF:
        return protobuf.pieces(blocks, end, families)
    return text.pieces(blocks, style, end, families)


def page(
    blocks: Sequence[Block], style: Format, end: bytes = b"", families: tuple[Family, ...] = CATALOGUE
) -> bytes:
    """The same in one piece."""
    return b"".join(pieces(blocks, style, end, families))


class ProcessMetrics:
    """`process_*` and `python_*`, collected by prometheus-client."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)
        self._encoders = Encoders()
        self._families: dict[str, Family] = {}

    def page(self, style: Format) -> bytes:
        """The end of a page: these families, and in OpenMetrics the mark that it is whole."""
        collected = list(self.registry.collect())
        samples = [(self._family(metric), _samples(metric)) for metric in collected]
        block = self._encoders.of(style).block(samples, SinceStart(_process_start(collected)))
        return page([block], style, style.end, tuple(self._families.values()))

    def _family(self, metric: Metric) -> Family:
        family = self._families.get(metric.name)
        if family is None:
            name = metric.name + ("_total" if metric.type == "counter" else "")
            labels = tuple(metric.samples[0].labels)
            family = Family(name, cast(Kind, metric.type), labels, metric.documentation)
            self._families[metric.name] = family
        return family


def _samples(metric: Metric) -> Samples:
    return [(tuple(sample.labels.values()), sample.value) for sample in metric.samples]


def _process_start(collected: Iterable[Metric]) -> float:
    """Unix seconds; 0 where the system does not tell."""
    starts = [metric for metric in collected if metric.name == "process_start_time_seconds"]
    return starts[0].samples[0].value if starts else 0.0
