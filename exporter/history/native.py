"""Buckets of a native histogram: a whole distribution with an error of a few per cent, in few numbers.

Prometheus' exponential buckets: bucket i of schema s holds what is above 2^((i-1)/2^s) and at most 2^(i/2^s).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from math import frexp
from typing import Final

from exporter.history.weights import unseen

FINEST: Final = 3
"""The schema of a new histogram: each bucket is 9 % wider than the one before."""
ZERO_THRESHOLD: Final = 1.0
"""Seconds up to which an observation counts into the zero bucket: the vendor tells whole seconds."""
MOST_BUCKETS: Final = 160
"""With more buckets than these, neighbours are merged in pairs; 160 reach from 1 s to 12 days."""

_FRACTIONS: Final = tuple(2 ** (step / 2**FINEST - 1) for step in range(2**FINEST))
"""The upper bounds within one power of two, as `frexp` has its fractions."""


class NativeBuckets:
    """Weights of observations, by the buckets that they fall into."""

    __slots__ = ("_by_index", "schema", "zero")

    def __init__(self) -> None:
        self.schema = FINEST
        """From 3 down: each step doubles the width of the buckets."""
        self.zero = 0.0
        """The weight of what is at most ZERO_THRESHOLD."""
        self._by_index: dict[int, float] = {}

    @property
    def positive(self) -> Mapping[int, float]:
        """The weight per index of each bucket above the zero bucket that holds something, in order."""
        return dict(sorted(self._by_index.items()))

    def add(self, seconds: float, weight: float) -> None:
        """Count an observation of so many seconds with this weight."""
        if seconds <= ZERO_THRESHOLD:
            self.zero += weight
            return
        self._put(_finest(seconds), weight)

    def add_unseen(self, start: float, end: float, interval: float) -> None:
        """Count the unseen stays between two lengths in seconds (see `weights`), in each bucket its part."""
        if start < ZERO_THRESHOLD:
            self.zero += unseen(start, min(ZERO_THRESHOLD, end), interval)
        for finest in range(_finest(max(start, ZERO_THRESHOLD)), _finest(max(end, ZERO_THRESHOLD)) + 1):
            part = unseen(max(start, _bound(finest - 1)), min(end, _bound(finest)), interval)
            if part > 0:
                self._put(finest, part)

    def _put(self, finest: int, weight: float) -> None:
        """Add to the bucket that holds a bucket of the finest schema."""
        buckets = self._by_index
        index = -(-finest >> (FINEST - self.schema))
        buckets[index] = buckets.get(index, 0.0) + weight
        if len(buckets) > MOST_BUCKETS:
            self._coarsen()

    def _coarsen(self) -> None:
        finer, self._by_index = self._by_index, {}
        self.schema -= 1
        for index, weight in finer.items():
            coarser = -(-index >> 1)
            self._by_index[coarser] = self._by_index.get(coarser, 0.0) + weight
        if len(self._by_index) > MOST_BUCKETS:
            self._coarsen()

    def runs(self) -> Iterator[tuple[int, list[float]]]:
        """The buckets above the zero bucket as runs without a gap: the first index, and the weights."""
        first, run = 0, list[float]()
        for index, weight in self.positive.items():
            if run and index != first + len(run):
                yield first, run
                run = []
            if not run:
                first = index
            run.append(weight)
        if run:
            yield first, run


def _finest(seconds: float) -> int:
    """The index of the bucket of the finest schema that holds so many seconds, above 1."""
    fraction, exponent = frexp(seconds)
    return bisect_left(_FRACTIONS, fraction) + ((exponent - 1) << FINEST)


def _bound(finest: int) -> float:
    """The upper bound of a bucket of the finest schema, above 1."""
    return 2 * _FRACTIONS[finest % 2**FINEST] * 2.0 ** (finest >> FINEST) if finest > 0 else ZERO_THRESHOLD
