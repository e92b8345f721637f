"""What is made of an account's samples for pages and views: once for each answer, and kept until the next."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, Final, Protocol, TypeVar

from exporter.collect.lanes import Lanes, Rendering
from exporter.metrics.beginnings import OfAccount
from exporter.metrics.catalogue import Family
from exporter.metrics.exposition import Encoder, Encoders
from exporter.metrics.negotiation import Format
from exporter.metrics.numbers import Samples
from exporter.metrics.queues import QueueSamples
from exporter.metrics.samples import account_samples
from exporter.metrics.view import View

RENDERED_AHEAD: Final = 6
"""Answers in the background that are rendered before somebody scrapes, after the last scrape."""

Made_co = TypeVar("Made_co", covariant=True)


class Maker(Protocol[Made_co]):
    """Makes something of the samples of an account."""

    def block(self, samples: Iterable[tuple[Family, Samples]], begun: OfAccount, /) -> Made_co: ...


class Rendered:
    """Used in the event loop; the making goes to a thread unless it is brief."""

    def __init__(self, lanes: Lanes, lock: threading.Lock) -> None:
        """`lock` is held while the totals of a view are read."""
        self._rendering = Rendering(lanes, lock)
        self._encoders = Encoders()
        self._queue_samples = QueueSamples()
        self._kept: dict[Maker[Any], tuple[object, asyncio.Future[Any]]] = {}
        self._read: dict[Encoder, int] = {}
        """How many answers are still rendered ahead, because somebody scraped lately."""

    def scraped(self, style: Format) -> Encoder:
        """The encoder of a format in which somebody scrapes now."""
        encoder = self._encoders.of(style)
        self._read[encoder] = RENDERED_AHEAD
        return encoder

    def read_lately(self) -> Iterable[Encoder]:
        """The encoders whose pages will probably be asked for again, for one answer more."""
        read = self._read
        self._read = {encoder: left - 1 for encoder, left in read.items() if left > 1}
        return read

    def of(self, maker: Maker[Made_co], key: object, view: Callable[[], View]) -> asyncio.Future[Made_co]:
        """What is kept if it was made of the same, as `key` tells, else what is in the making now."""
        kept = self._kept.get(maker)
        if kept is None or kept[0] != key:
            shown, samples = view(), self._queue_samples
            begun = OfAccount(shown.since, shown.totals, time.time())
            made = self._rendering.run(lambda: maker.block(account_samples(shown, samples), begun))
            self._kept[maker] = kept = key, made
        return kept[1]

    def forget(self) -> None:
        """Make everything anew."""
        self._kept.clear()
