"""The samples of an account as they are, for who shows them otherwise than as the bytes of a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from exporter.metrics.beginnings import Beginnings
from exporter.metrics.catalogue import Family
from exporter.metrics.numbers import Labels, Samples

Gathered = Mapping[str, Mapping[Labels, float]]
"""Gauges and counters: per family name, the value of each label set."""


class Gatherer:
    """Stands where an encoder stands. Histograms are left out: they go on counting while they are shown."""

    def block(self, samples: Iterable[tuple[Family, Samples]], _: Beginnings | None = None) -> Gathered:
        """Everything that has one value."""
        return {
            family.name: {labels: value for labels, value in of_family if isinstance(value, (int, float))}
            for family, of_family in samples
            if family.kind != "histogram"
        }


GATHERER: Final = Gatherer()
