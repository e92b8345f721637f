"""How far the three predictors of a wait are off, held against the waits of the callers who join."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import sqrt
from typing import NamedTuple, cast

from exporter.api.snapshot import QueuesSnapshot
from exporter.history.totals import Totals
from exporter.metrics.queue_agents import ESTIMATES, estimated_waits
from exporter.simulator.truth import Stay


class Prediction(NamedTuple):
    """How one predictor did in one day."""

    error: float
    """Root of the mean square, in seconds."""
    number: int
    """Of how many answered callers."""


@dataclass
class Predictions:
    """What the predictors said after each answer."""

    _moments: list[float] = field(default_factory=list)
    _said: list[Mapping[tuple[str, str], float]] = field(default_factory=list)
    """Seconds, by queue id and predictor."""

    def note(self, moment: float, queues: QueuesSnapshot, totals: Totals) -> None:
        """Take down what they say now, Unix seconds."""
        labels = [("", str(queue.id), queue.name) for queue in queues.queues]
        waits = [sorted(caller.duration for caller in queue.callers) for queue in queues.queues]
        ((_, samples),) = estimated_waits(labels, waits, totals)
        self._moments.append(moment)
        self._said.append({(series[1], series[3]): cast("float", value) for series, value in samples})

    def judged(self, stays: list[Stay]) -> dict[str, Prediction]:
        """Each predictor against the waits of the answered: as it stood when they joined."""
        squares: defaultdict[str, list[float]] = defaultdict(list)
        for stay in stays:
            place = bisect_right(self._moments, stay.join) - 1
            if stay.outcome != "answered" or stay.leave is None or place < 0:
                continue
            for method in ESTIMATES:
                said = self._said[place].get((str(stay.queue_id), method))
                if said is not None:
                    squares[method].append((said - (stay.leave - stay.join)) ** 2)
        return {
            method: Prediction(sqrt(sum(found) / len(found)), len(found)) for method, found in squares.items()
        }
