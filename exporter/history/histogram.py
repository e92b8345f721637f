"""Observations of lengths of time with weights, in classic and in native buckets."""

from __future__ import annotations

from bisect import bisect_left

from exporter.history.native import NativeBuckets
from exporter.history.weights import Weight, unseen, unseen_seconds


class Histogram:
    """Observations in seconds, counted per bucket (each bucket's upper bound belongs to it).

    Numbers are exact, with fractions: pages round down what has to be whole, after adding up.
    """

    __slots__ = ("bounds", "count", "counts", "native", "since", "sum")

    def __init__(self, bounds: tuple[float, ...], since: float = 0.0) -> None:
        self.bounds = bounds
        self.since = since
        """When it began to count, Unix seconds; 0 if unknown."""
        self.native = NativeBuckets()
        """The same observations in finer buckets."""
        self.counts = [0.0] * (len(bounds) + 1)
        """Observations per bucket, not cumulated; the last one holds what exceeds every bound."""
        self.count = 0.0
        """How many observations there were; rises with every change of the histogram."""
        self.sum = 0.0

    def observe(self, seconds: float, weight: float = 1.0) -> None:
        """Count an observation, with the weight of those that it stands for; below 0 it counts as 0."""
        seconds = max(0.0, seconds)
        self.counts[bisect_left(self.bounds, seconds)] += weight
        self.count += weight
        self.sum += seconds * weight
        self.native.add(seconds, weight)

    def observe_weighed(self, seconds: float, weight: Weight) -> None:
        """Count an observation and the unseen ones that it stands for, each where it lies."""
        _, start, to, interval = weight
        self.observe(seconds, weight.own)
        if start == to:
            return
        self.count += unseen(start, to, interval)
        self.sum += unseen_seconds(start, to, interval)
        self.native.add_unseen(start, to, interval)
        for place in range(bisect_left(self.bounds, start), len(self.counts)):
            end = min(to, self.bounds[place]) if place < len(self.bounds) else to
            self.counts[place] += unseen(start, end, interval)
            start = end
            if start >= to:
                break
